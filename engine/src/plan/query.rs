//! From an analysed query to its execution steps up to the projection.
//!
//! Order of the steps: source, WHERE, then either PARTITION BY and table functions or GROUP BY, aggregation and HAVING,
//! and the projection. Only columns that a later step reads are kept.

use std::collections::BTreeSet;

use weir_parser::ast::{Emit, Expression, FunctionCall, Literal, Name};

use super::step::{
    ExecutionStep, ExtraColumn, FilterStep, FlatMapStep, SelectKeyStep, SelectStep, SourceStep, WindowSpecKind,
};
use super::{OutputColumn, ResultKind, aggregate, projection, serdes, window};
use crate::analyzer::query::{full_schema, header_type, is_table, shown_schema};
use crate::analyzer::scope::is_window_bound;
use crate::analyzer::typing::{self, RowScope};
use crate::analyzer::{AnalysisError, AnalyzedQuery, Item, QueryPurpose, functions, walk};
use crate::config::Config;
use crate::expr;
use crate::formats::Format;
use crate::metastore::{DataSource, SourceWindow};
use crate::types::{Column, LogicalSchema, SqlType};

/// A query's steps with what its result looks like.
#[derive(Debug)]
pub struct BuiltQuery {
    /// Ends with a `SelectStep`.
    pub root: ExecutionStep,
    pub result: ResultKind,
    pub window: Option<SourceWindow>,
    /// Columns that a client sees; for persistent queries without meaning.
    pub output_columns: Vec<OutputColumn>,
}

impl BuiltQuery {
    pub fn schema(&self) -> &LogicalSchema {
        self.root.schema()
    }
}

const WINDOWED_REPARTITION: &str = "Implicit repartitioning of windowed sources is not supported. See \
                                    https://github.com/confluentinc/ksql/issues/4385.";

/// Plans the steps of a query.
///
/// # Errors
/// Those of ksqlDB's logical planner, and what this version cannot run.
pub fn build(query: &AnalyzedQuery, purpose: QueryPurpose<'_>, config: &Config) -> Result<BuiltQuery, AnalysisError> {
    let source = query.source();
    if is_table(source) && items_have_table_functions(&query.items) {
        return Err(AnalysisError::statement("Table source is not supported with table functions"));
    }
    if purpose.is_persistent() && is_table(source) && source.is_windowed() {
        return Err(AnalysisError::statement("KSQL does not support persistent queries on windowed tables."));
    }
    let scope = RowScope::new(&full_schema(source), source.is_windowed(), shown_schema(source));
    let filter = query.filter.as_ref().map(with_times).transpose()?;
    if let Some(filter) = &filter {
        typing::predicate("WHERE", filter, &scope)?;
    }
    if query.window.is_some() && query.canonical.group_by.is_none() {
        let span = query.canonical.window_span;
        return Err(AnalysisError::at(span, "WINDOW clause requires a GROUP BY clause."));
    }
    let built = match &query.group_by {
        Some(group_by) => aggregate::build(query, group_by, filter, &scope, purpose, config)?,
        None => build_projection(query, filter, &scope, purpose, config)?,
    };
    check_supported(query)?;
    Ok(built)
}

/// Refuses what is valid but not built yet.
fn check_supported(query: &AnalyzedQuery) -> Result<(), AnalysisError> {
    let source = query.source();
    serdes::check_supported([&source.key_serde.format, &source.value_serde.format])?;
    if query.emit == Some(Emit::Final) {
        return Err(AnalysisError::not_supported_yet("EMIT FINAL is"));
    }
    match query.window.as_ref().map(|w| window::resolve(w, false)).transpose()?.map(|spec| spec.kind) {
        Some(WindowSpecKind::Hopping { .. }) => Err(AnalysisError::not_supported_yet("HOPPING windows are")),
        Some(WindowSpecKind::Session { .. }) => Err(AnalysisError::not_supported_yet("SESSION windows are")),
        _ => Ok(()),
    }
}

fn items_have_table_functions(items: &[Item]) -> bool {
    items.iter().any(|item| !functions::table_calls(&item.expression).is_empty())
}

/// Timestamps written as text become numbers.
pub fn with_times(expression: &Expression) -> Result<Expression, AnalysisError> {
    expr::rewrite_magic_timestamps(expression).map_err(|e| AnalysisError::statement(e.message))
}

fn build_projection(
    query: &AnalyzedQuery,
    filter: Option<Expression>,
    scope: &RowScope,
    purpose: QueryPurpose<'_>,
    config: &Config,
) -> Result<BuiltQuery, AnalysisError> {
    let source = query.source();
    let mut keys = result_keys(query, scope)?;
    let is_new_planner = config.bool("ksql.new.query.planner.enabled", false);
    if is_new_planner && purpose.is_persistent() && query.partition_by.is_none() && !is_table(source) {
        keys = selected_keys(query, &keys)?;
    }
    let (items, calls) = replace_table_functions(&query.items)?;
    let item_scope = with_table_function_columns(source, scope, &calls)?;
    let types = projection::item_types(&items, &item_scope)?;

    let mut used = columns_of(items.iter().map(|item| &item.expression));
    used.extend(columns_of(calls.iter().flat_map(|call| &call.arguments)));
    let after_filter = used.clone();
    used.extend(columns_of(keys.iter().map(|key| &key.expression)));
    used.extend(columns_of(filter.iter()));

    let mut step = if purpose.is_persistent() && is_table(source) {
        table_step(source)
    } else {
        source_step(source, &used, is_table(source) && filter.is_some())
    };
    step = filtered(step, filter);
    if !is_current_key(source, &keys) {
        step = select_key(step, &keys, &after_filter);
    }
    if !calls.is_empty() {
        step = flat_map(step, calls, &item_scope);
    }
    let projected = projection::project(query, step, &items, &types, &keys, purpose)?;
    Ok(BuiltQuery {
        result: if is_table(source) { ResultKind::Table } else { ResultKind::Stream },
        window: source.window,
        root: projected.0,
        output_columns: projected.1,
    })
}

/// A key column of a query's result before the projection.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultKey {
    /// Its name in the projection's input.
    pub name: Name,
    /// The select item that stands for it.
    pub expression: Expression,
    /// As messages print the expression.
    pub shown: String,
    pub data_type: SqlType,
}

/// The source's keys, or those of PARTITION BY.
fn result_keys(query: &AnalyzedQuery, scope: &RowScope) -> Result<Vec<ResultKey>, AnalysisError> {
    let source = query.source();
    let Some(partition_by) = &query.partition_by else {
        let key = |column: &Column| ResultKey {
            name: column.name.clone(),
            expression: walk::column(&column.name),
            shown: column.name.to_string(),
            data_type: column.data_type.clone(),
        };
        return Ok(source.schema.key.iter().map(key).collect());
    };
    if is_table(source) {
        return Err(cannot_repartition_table(source, &partition_by.keys));
    }
    if source.is_windowed() {
        return Err(AnalysisError::statement(WINDOWED_REPARTITION));
    }
    let keys = partition_by.keys.iter().zip(&partition_by.shown).map(|((name, expression), shown)| {
        let data_type = typing::select(expression, scope)?;
        Ok(ResultKey { name: name.clone(), expression: expression.clone(), shown: shown.clone(), data_type })
    });
    keys.collect()
}

/// ksqlDB's new planner: of a stream's keys those that the projection selects, in its order.
fn selected_keys(query: &AnalyzedQuery, keys: &[ResultKey]) -> Result<Vec<ResultKey>, AnalysisError> {
    let mut selected: Vec<ResultKey> = Vec::new();
    for item in &query.items {
        let key = keys.iter().find(|key| key.expression == item.expression);
        selected.extend(key.filter(|key| !selected.contains(key)).cloned());
    }
    if query.source().is_windowed() && selected != keys {
        return Err(AnalysisError::statement(WINDOWED_REPARTITION));
    }
    Ok(selected)
}

fn cannot_repartition_table(source: &DataSource, keys: &[(Name, Expression)]) -> AnalysisError {
    let advice = match &source.schema.key[..] {
        [key] => {
            let wanted: Vec<String> = keys.iter().map(|(_, expression)| expression.to_string()).collect();
            format!(
                "make sure that the criteria uses the TABLE's key column {} instead of [{}]",
                key.name.as_str(),
                wanted.join(", ")
            )
        }
        _ => "joins on tables with multiple columns is not yet supported.".to_string(),
    };
    AnalysisError::statement(format!("Cannot repartition a TABLE source. If this is a join, {advice}"))
}

/// # Errors
/// ksqlDB does not repartition windowed streams.
pub fn check_can_group(source: &DataSource) -> Result<(), AnalysisError> {
    if source.is_windowed() {
        return Err(AnalysisError::statement(WINDOWED_REPARTITION));
    }
    if source.value_serde.format == Format::Kafka {
        return Err(AnalysisError::statement(format!(
            "Source(s) {} are using the 'KAFKA' value format. This format does not yet support GROUP BY.\nThe KAFKA format \
             is primarily intended for use as a key format. It can be used as a value format, but can not be used in any \
             operation that requires a repartition or changelog topic.\nPlease re-register the source using a different \
             value format.",
            source.name.as_str()
        )));
    }
    Ok(())
}

fn is_current_key(source: &DataSource, keys: &[ResultKey]) -> bool {
    let current = source.schema.key.iter().map(|c| walk::column(&c.name));
    current.eq(keys.iter().map(|key| key.expression.clone()))
}

/// Names of all columns in these expressions.
pub fn columns_of<'e>(expressions: impl IntoIterator<Item = &'e Expression>) -> BTreeSet<Name> {
    expressions.into_iter().flat_map(|e| walk::columns(e)).map(|column| column.name.clone()).collect()
}

/// Reads a table whole into its store, as persistent queries do: pull queries read it there, and changelogs tell its rows.
pub fn table_step(table: &DataSource) -> ExecutionStep {
    let columns = table.schema.value.iter().map(|c| &c.name).chain(table.schema.headers.iter().map(|h| &h.name));
    let pseudo = ["ROWPARTITION", "ROWOFFSET"].map(Name::new);
    source_step(table, &columns.cloned().chain(pseudo).collect(), true)
}

/// Reads the used columns of a source. `keep_rows`: a table's old rows are needed later.
pub fn source_step(source: &DataSource, used: &BTreeSet<Name>, keep_rows: bool) -> ExecutionStep {
    let is_used = |name: &Name| used.contains(name);
    let mut schema = LogicalSchema::new(source.schema.key.clone(), Vec::new());
    schema.value.extend(source.schema.value.iter().filter(|c| is_used(&c.name)).cloned());
    let mut extra = Vec::new();
    for header in source.schema.headers.iter().filter(|h| is_used(&h.name)) {
        let column = header.name.clone();
        schema.value.push(Column { name: column.clone(), data_type: header_type(header) });
        extra.push(match &header.header_key {
            Some(key) => ExtraColumn::Header { column, key: key.clone() },
            None => ExtraColumn::Headers(column),
        });
    }
    if is_used(&Name::new("ROWPARTITION")) {
        schema.value.push(Column::new("ROWPARTITION", SqlType::Integer));
        extra.push(ExtraColumn::RowPartition);
    }
    if is_used(&Name::new("ROWOFFSET")) {
        schema.value.push(Column::new("ROWOFFSET", SqlType::BigInt));
        extra.push(ExtraColumn::RowOffset);
    }
    ExecutionStep::Source(SourceStep {
        source: source.name.clone(),
        kind: if is_table(source) { ResultKind::Table } else { ResultKind::Stream },
        topic: source.topic.clone(),
        declared: source.schema.clone(),
        key_serde: source.key_serde.clone(),
        value_serde: source.value_serde.clone(),
        window: source.window,
        timestamp: source.timestamp.clone(),
        schema,
        extra,
        store: keep_rows.then(|| "KsqlTopic-Reduce".to_string()),
    })
}

pub fn filtered(input: ExecutionStep, predicate: Option<Expression>) -> ExecutionStep {
    let Some(predicate) = predicate else { return input };
    let schema = input.schema().clone();
    ExecutionStep::Filter(FilterStep { input: Box::new(input), predicate, schema })
}

fn select_key(input: ExecutionStep, keys: &[ResultKey], used: &BTreeSet<Name>) -> ExecutionStep {
    let key = keys.iter().map(|k| Column { name: k.name.clone(), data_type: k.data_type.clone() }).collect();
    let is_value = |column: &&Column| used.contains(&column.name) && !keys.iter().any(|k| k.name == column.name);
    let values = input.schema().value.iter().chain(&input.schema().key);
    let schema = LogicalSchema::new(key, values.filter(is_value).cloned().collect());
    let keys = keys.iter().map(|k| k.expression.clone()).collect();
    ExecutionStep::SelectKey(SelectKeyStep { input: Box::new(input), keys, schema })
}

/// The column that holds the result of table function number `index`.
fn table_function_column(index: usize) -> Name {
    Name(format!("KSQL_SYNTH_{index}"))
}

/// Items over the columns that table functions give, and the calls in order.
fn replace_table_functions(items: &[Item]) -> Result<(Vec<Item>, Vec<FunctionCall>), AnalysisError> {
    let mut calls: Vec<FunctionCall> = Vec::new();
    let mut replaced = Vec::with_capacity(items.len());
    for item in items {
        let expression = walk::rewrite(&with_times(&item.expression)?, &mut |node| match node {
            Expression::Call(call) if functions::is_table_function(&call.name) => {
                calls.push(call.clone());
                Some(walk::column(&table_function_column(calls.len() - 1)))
            }
            _ => None,
        });
        replaced.push(Item { expression, ..item.clone() });
    }
    Ok((replaced, calls))
}

fn with_table_function_columns(
    source: &DataSource,
    scope: &RowScope,
    calls: &[FunctionCall],
) -> Result<RowScope, AnalysisError> {
    let mut schema = full_schema(source);
    for (index, call) in calls.iter().enumerate() {
        let data_type = expr::table_function_type(call, &scope.row).map_err(typing::plain_error)?;
        schema.value.push(Column { name: table_function_column(index), data_type });
    }
    Ok(RowScope::new(&schema, source.is_windowed(), scope.shown.clone()))
}

fn flat_map(input: ExecutionStep, calls: Vec<FunctionCall>, scope: &RowScope) -> ExecutionStep {
    let mut schema = input.schema().clone();
    for index in 0..calls.len() {
        let name = table_function_column(index);
        let column = scope.row.index_of(&name).map(|i| scope.row.columns[i].clone());
        schema.value.extend(column);
    }
    let functions = calls.into_iter().map(Expression::Call).collect();
    ExecutionStep::FlatMap(FlatMapStep { input: Box::new(input), functions, schema })
}

/// Materialises a SOURCE TABLE for pull queries, which see its own columns only.
pub fn materialize(source: &DataSource) -> ExecutionStep {
    let input = table_step(source);
    let mut schema = input.schema().clone();
    schema.value.truncate(source.schema.value.len() + source.schema.headers.len());
    let expressions = schema.value.iter().map(|c| walk::column(&c.name)).collect();
    ExecutionStep::Select(SelectStep { input: Box::new(input), expressions, schema })
}

/// Whether an expression is a key column or window bound of a step's output.
pub fn is_key_column(expression: &Expression, schema: &LogicalSchema, windowed: bool) -> bool {
    matches!(expression, Expression::Column(c) if schema.is_key(&c.name) || (windowed && is_window_bound(&c.name)))
}

/// A constant that groups all rows.
pub fn one_group() -> Expression {
    Expression::Literal(Literal::Integer(0))
}
