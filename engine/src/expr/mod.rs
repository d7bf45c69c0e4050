//! Expressions: typing them against a row's schema, and compiling them to trees of array functions.
//!
//! Arrays in, an array and the set of failed rows out. A failing row is NULL and goes to the processing log; it never
//! stops the batch. Knows nothing of sources or queries: names are looked up in a `RowSchema` only.

use std::sync::Arc;

use arrow_array::ArrayRef;
use weir_parser::ast::Expression;

use crate::functions::RowFailure;
use crate::types::{RowSchema, SqlType};

/// Why an expression cannot be typed or compiled. The message is ksqlDB's, without any `Invalid Select: ` prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    pub message: String,
}

/// A compiled expression. Immutable and shared by tasks.
pub trait PhysicalExpression: Send + Sync {
    /// `columns` as the `RowSchema` lists them, `rows` each. The result has `rows` rows of `data_type()`.
    fn evaluate(&self, columns: &[ArrayRef], rows: usize, failures: &mut Vec<RowFailure>) -> ArrayRef;
    fn data_type(&self) -> &SqlType;
}

/// The type of an expression; `None` for an untyped NULL.
pub fn expression_type(_expression: &Expression, _schema: &RowSchema) -> Result<Option<SqlType>, ExpressionError> {
    Err(ExpressionError { message: "not written yet".into() })
}

/// Compiles an expression against the columns of a row.
pub fn compile(_expression: &Expression, _schema: &RowSchema) -> Result<Arc<dyn PhysicalExpression>, ExpressionError> {
    Err(ExpressionError { message: "not written yet".into() })
}
