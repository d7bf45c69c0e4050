//! The sources of a query, and the columns that its expressions can mean.
//!
//! `qualify` turns a query into its canonical form: every column with the alias of its source, every select item with a
//! name. Columns that no source has stay as they are; the analysis refuses them later, as ksqlDB does.

use std::sync::Arc;

use weir_parser::ast::{
    AliasedSource, ColumnReference, Emit, Expression, FunctionCall, Name, Query, SelectItem, SourceKind, TimeUnit,
};

use super::error::AnalysisError;
use super::names::NameGenerator;
use super::{functions, walk};
use crate::metastore::{DataSource, MetaStore};
use crate::types::SqlType;

/// Event time, partition and offset of a row: columns of every source that `SELECT *` does not list.
pub const PSEUDO_COLUMNS: [&str; 3] = ["ROWTIME", "ROWPARTITION", "ROWOFFSET"];
pub const WINDOW_BOUNDS: [&str; 2] = ["WINDOWSTART", "WINDOWEND"];

pub fn is_system_column(name: &Name) -> bool {
    PSEUDO_COLUMNS.contains(&name.as_str()) || is_window_bound(name)
}

pub fn is_window_bound(name: &Name) -> bool {
    WINDOW_BOUNDS.contains(&name.as_str())
}

/// One source of a query under its alias.
#[derive(Clone, Debug)]
pub struct ScopeSource {
    pub alias: Name,
    pub source: Arc<DataSource>,
}

impl ScopeSource {
    /// Whether the source's rows have this column: declared, header, pseudo or, if windowed, window bound.
    pub fn has(&self, name: &Name) -> bool {
        let schema = &self.source.schema;
        schema.find(name).is_some()
            || schema.headers.iter().any(|h| &h.name == name)
            || PSEUDO_COLUMNS.contains(&name.as_str())
            || (self.source.is_windowed() && is_window_bound(name))
    }

    /// Declared and header columns, in the order of `SELECT *`.
    pub fn column_names(&self) -> impl Iterator<Item = &Name> {
        let schema = &self.source.schema;
        schema.columns().map(|c| &c.name).chain(schema.headers.iter().map(|h| &h.name))
    }
}

/// The sources of a query, left-most first.
#[derive(Clone, Debug)]
pub struct Scope {
    pub sources: Vec<ScopeSource>,
}

impl Scope {
    /// Looks up the sources of a query.
    ///
    /// # Errors
    /// A source that does not exist.
    pub fn of(query: &Query, metastore: &MetaStore) -> Result<Scope, AnalysisError> {
        let relation = &query.from;
        let named = std::iter::once(&relation.source).chain(relation.joins.iter().map(|join| &join.source));
        let find = |aliased: &AliasedSource| {
            let source = metastore.source(&aliased.name).ok_or_else(|| {
                AnalysisError::statement(unknown_source(metastore, &aliased.name)).exception_while_preparing()
            })?;
            Ok(ScopeSource { alias: aliased.alias_or_name().clone(), source: Arc::clone(source) })
        };
        Ok(Scope { sources: named.map(find).collect::<Result<_, AnalysisError>>()? })
    }

    pub fn is_join(&self) -> bool {
        self.sources.len() > 1
    }

    /// The left-most source.
    pub fn first(&self) -> &ScopeSource {
        &self.sources[0]
    }

    pub fn name_generator(&self) -> NameGenerator {
        NameGenerator::new(self.sources.iter().flat_map(ScopeSource::column_names).cloned())
    }

    /// The canonical form of a query: types resolved, columns qualified, select items named, EMIT written out for
    /// persistent queries.
    ///
    /// # Errors
    /// Ambiguous columns, unknown aliases and types, lambda parameters that hide a column.
    pub fn qualify(&self, query: &Query, metastore: &MetaStore, persistent: bool) -> Result<Query, AnalysisError> {
        self.check_aliases(query)?;
        let qualify = |expression: &Expression| self.qualify_expression(expression, metastore);
        let all = |list: &Vec<Expression>| list.iter().map(qualify).collect::<Result<Vec<_>, _>>();
        let mut canonical = query.clone();
        for aliased in std::iter::once(&mut canonical.from.source)
            .chain(canonical.from.joins.iter_mut().map(|join| &mut join.source))
        {
            aliased.alias = Some(aliased.alias_or_name().clone());
        }
        for join in &mut canonical.from.joins {
            join.on = qualify(&join.on)?;
        }
        canonical.filter = query.filter.as_ref().map(qualify).transpose()?;
        canonical.group_by = query.group_by.as_ref().map(all).transpose()?;
        canonical.partition_by = query.partition_by.as_ref().map(all).transpose()?;
        canonical.having = query.having.as_ref().map(qualify).transpose()?;
        canonical.select = self.qualify_select(&query.select, metastore)?;
        if persistent && canonical.emit.is_none() {
            canonical.emit = Some(Emit::Changes);
        }
        Ok(canonical)
    }

    /// Every qualifier is the alias of a source: ksqlDB finds the others before it looks at any column.
    fn check_aliases(&self, query: &Query) -> Result<(), AnalysisError> {
        let items = query.select.iter().filter_map(|item| match item {
            SelectItem::All { .. } => None,
            SelectItem::StructAll { expression, .. } | SelectItem::Expression { expression, .. } => Some(expression),
        });
        let conditions = query.from.joins.iter().map(|join| &join.on).chain(&query.filter);
        let grouping = query.group_by.iter().chain(&query.partition_by).flatten().chain(&query.having);
        for column in conditions.chain(grouping).chain(items).flat_map(walk::columns) {
            column.qualifier.as_ref().map_or(Ok(()), |alias| self.known_alias(alias).map(drop))?;
        }
        Ok(())
    }

    fn qualify_select(&self, items: &[SelectItem], metastore: &MetaStore) -> Result<Vec<SelectItem>, AnalysisError> {
        let mut names = self.name_generator();
        items
            .iter()
            .map(|item| {
                Ok(match item {
                    SelectItem::All { source, span } => {
                        if let Some(alias) = source {
                            self.known_alias(alias)?;
                        }
                        SelectItem::All { source: source.clone(), span: *span }
                    }
                    SelectItem::StructAll { expression, span } => SelectItem::StructAll {
                        expression: self.qualify_expression(expression, metastore)?,
                        span: *span,
                    },
                    SelectItem::Expression { expression, alias, span } => {
                        let expression = self.qualify_expression(expression, metastore)?;
                        let alias = alias.clone().unwrap_or_else(|| self.item_name(&expression, &mut names));
                        SelectItem::Expression { expression, alias: Some(alias), span: *span }
                    }
                })
            })
            .collect()
    }

    /// The output name of an item without alias.
    fn item_name(&self, expression: &Expression, names: &mut NameGenerator) -> Name {
        let Expression::Column(column) = expression else { return names.name_of(expression) };
        let clashes = self.is_join()
            && !is_window_bound(&column.name)
            && self.sources.iter().filter(|s| s.has(&column.name)).count() > 1;
        match &column.qualifier {
            Some(alias) if clashes => Name(format!("{}_{}", alias.as_str(), column.name.as_str())),
            _ => column.name.clone(),
        }
    }

    fn known_alias(&self, alias: &Name) -> Result<&ScopeSource, AnalysisError> {
        self.sources.iter().find(|s| &s.alias == alias).ok_or_else(|| {
            let message = format!("'{}' is not a valid stream/table name or alias.", alias.as_str());
            AnalysisError::statement(message).failed_to_prepare()
        })
    }

    fn qualify_expression(&self, expression: &Expression, metastore: &MetaStore) -> Result<Expression, AnalysisError> {
        self.check_lambdas(expression)?;
        walk::try_rewrite(expression, &mut |node| match node {
            Expression::Column(column) => Ok(Some(self.qualify_column(column)?)),
            Expression::Cast { value, data_type } => {
                let resolved = SqlType::resolve(data_type, &|name| metastore.custom_type(name).cloned())
                    .map_err(|e| AnalysisError::statement(e.to_string()).failed_to_prepare())?;
                let value = Box::new(self.qualify_expression(value, metastore)?);
                Ok(Some(Expression::Cast { value, data_type: resolved.to_data_type() }))
            }
            Expression::Call(call) if call.arguments.iter().any(|argument| self.is_unit_name(argument)) => {
                self.qualify_units(call, metastore).map(Some)
            }
            Expression::AtTimeZone { .. } => Err(AnalysisError::statement("not yet implemented").failed_to_prepare()),
            _ => Ok(None),
        })
    }

    /// Whether this is no column but may be the name of an interval unit: `DAY` is a name, `DAYS` is a word of its own.
    fn is_unit_name(&self, expression: &Expression) -> bool {
        let Expression::Column(ColumnReference { qualifier: None, name, .. }) = expression else { return false };
        TimeUnit::of_word(name.as_str()).is_some() && !self.sources.iter().any(|source| source.has(name))
    }

    /// A call in which names of units stand for units where the function takes them.
    fn qualify_units(&self, call: &FunctionCall, metastore: &MetaStore) -> Result<Expression, AnalysisError> {
        let argument = |(position, argument): (usize, &Expression)| match argument {
            Expression::Column(column)
                if self.is_unit_name(argument) && functions::takes_unit(&call.name, position) =>
            {
                Ok(TimeUnit::of_word(column.name.as_str()).map_or_else(|| argument.clone(), Expression::Unit))
            }
            Expression::Column(column) if self.is_unit_name(argument) => Ok(Expression::Column(column.clone())),
            other => self.qualify_expression(other, metastore),
        };
        let arguments = call.arguments.iter().enumerate().map(argument).collect::<Result<_, AnalysisError>>()?;
        Ok(Expression::Call(FunctionCall { arguments, ..call.clone() }))
    }

    fn qualify_column(&self, column: &ColumnReference) -> Result<Expression, AnalysisError> {
        let qualifier = match &column.qualifier {
            Some(alias) => Some(self.known_alias(alias)?.alias.clone()),
            None => self.source_of(column)?.map(|s| s.alias.clone()),
        };
        Ok(Expression::Column(ColumnReference { qualifier, ..column.clone() }))
    }

    /// The one source that has an unqualified column.
    fn source_of(&self, column: &ColumnReference) -> Result<Option<&ScopeSource>, AnalysisError> {
        let found: Vec<&ScopeSource> = self.sources.iter().filter(|s| s.has(&column.name)).collect();
        if found.len() < 2 {
            return Ok(found.first().copied());
        }
        let name = column.name.as_str();
        let mut candidates: Vec<String> = found.iter().map(|s| format!("{}.{name}", s.alias.as_str())).collect();
        candidates.sort();
        let message = format!("Column '{name}' is ambiguous. Could be {}.", candidates.join(" or "));
        Err(AnalysisError::at(column.span, message).exception_while_preparing())
    }

    /// A lambda's parameter may neither be a column's name nor be used again inside.
    fn check_lambdas(&self, expression: &Expression) -> Result<(), AnalysisError> {
        let refuse = |message: String| Err(AnalysisError::statement(message).exception_while_preparing());
        let mut result = Ok(());
        walk::visit(expression, &mut |node| {
            let Expression::Lambda { parameters, body } = node else { return };
            let column = parameters.iter().find(|p| self.sources.iter().any(|s| s.has(p)));
            if result.is_err() {
            } else if let Some(column) = column {
                result = refuse(format!("Lambda function argument can't be a column name: {}", column.as_str()));
            } else if reuses(body, parameters) {
                result = refuse("Reusing lambda arguments in nested lambda is not allowed".into());
            }
        });
        result
    }
}

fn reuses(body: &Expression, outer: &[Name]) -> bool {
    let mut found = false;
    walk::visit(body, &mut |node| {
        if let Expression::Lambda { parameters, .. } = node {
            found |= parameters.iter().any(|p| outer.contains(p));
        }
    });
    found
}

/// `X does not exist.` with a hint when a name differs only by case.
pub fn unknown_source(metastore: &MetaStore, name: &Name) -> String {
    format!("{} does not exist.{}", name.as_str(), similar_source_hint(metastore, name))
}

/// `\nDid you mean ...` when there is a source whose name differs only by case.
pub fn similar_source_hint(metastore: &MetaStore, name: &Name) -> String {
    let similar: Vec<&Name> = metastore
        .sources()
        .map(|source| &source.name)
        .filter(|known| *known != name && known.as_str().eq_ignore_ascii_case(name.as_str()))
        .collect();
    match similar[..] {
        [] => String::new(),
        [known] if known.as_str().bytes().all(|b| !b.is_ascii_lowercase()) => {
            format!("\nDid you mean {}? Hint: try removing double quotes from the source name.", known.as_str())
        }
        [known, ..] => format!(
            "\nDid you mean \"{}\"? Hint: wrap the source name in double quotes to make it case-sensitive.",
            known.as_str()
        ),
    }
}

/// `stream` or `table`.
pub fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Stream => "stream",
        SourceKind::Table => "table",
    }
}
