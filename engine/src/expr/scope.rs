//! The names an expression may use: a row's columns, and the parameters of the lambdas around it.

use arrow_array::ArrayRef;
use weir_parser::ast::Name;

use super::ExpressionError;
use crate::types::{Column, RowSchema, SqlType, null_array};

#[derive(Clone)]
pub(crate) struct Scope {
    /// Columns of the row, then lambda parameters, as their arrays are handed over.
    columns: Vec<Column>,
    /// How many of `columns` are the row's.
    outer: usize,
}

impl Scope {
    pub fn new(schema: &RowSchema) -> Self {
        Self { columns: schema.columns.to_vec(), outer: schema.columns.len() }
    }
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn find(&self, name: &Name) -> Option<(usize, &SqlType)> {
        let index = self.columns.iter().position(|c| &c.name == name)?;
        Some((index, &self.columns[index].data_type))
    }

    /// One row in which everything is NULL.
    pub fn null_row(&self) -> Vec<ArrayRef> {
        self.columns.iter().map(|column| null_array(&column.data_type, 1)).collect()
    }

    /// This scope with a lambda's parameters, which have different names.
    pub fn with_parameters(&self, names: &[Name], types: &[SqlType]) -> Result<Scope, ExpressionError> {
        for name in names {
            match self.find(name) {
                Some((index, _)) if index < self.outer => {
                    let message = format!("Lambda function argument can't be a column name: {}", name.as_str());
                    return Err(ExpressionError::new(message));
                }
                Some(_) => {
                    return Err(ExpressionError::new("Reusing lambda arguments in nested lambda is not allowed"));
                }
                None => {}
            }
        }
        let mut scope = self.clone();
        let parameters = names.iter().zip(types);
        scope.columns.extend(parameters.map(|(n, t)| Column { name: n.clone(), data_type: t.clone() }));
        Ok(scope)
    }
}
