//! GROUP BY: grouping, aggregation, HAVING and the projection over their result.

use std::collections::BTreeSet;

use weir_parser::ast::{Emit, Expression, FunctionCall, Literal, Name};

use super::query::{self, BuiltQuery, ResultKey};
use super::step::{AggregateCall, AggregateStep, ExecutionStep, GroupByStep, Repartition, WindowSpec};
use super::{ResultKind, projection, row_schema, serdes, window};
use crate::aggregates::{self, ResolvedAggregate};
use crate::analyzer::aggregation::{self, Aggregation, variable};
use crate::analyzer::query::is_table;
use crate::analyzer::scope::is_window_bound;
use crate::analyzer::typing::{self, RowScope};
use crate::analyzer::{AnalysisError, AnalyzedQuery, QueryPurpose, RepeatedText, walk};
use crate::config::Config;
use crate::expr;
use crate::formats::{self, SerdeOptions};
use crate::metastore::DataSource;
use crate::types::{Column, LogicalSchema, SqlType, Value};

const STORE: &str = "Aggregate-Aggregate-Materialize";

/// Plans an aggregation; `group_by` is empty for aggregates without GROUP BY.
pub fn build(
    query: &AnalyzedQuery,
    group_by: &[Expression],
    filter: Option<Expression>,
    scope: &RowScope,
    purpose: QueryPurpose<'_>,
    config: &Config,
) -> Result<BuiltQuery, AnalysisError> {
    let source = query.source();
    let windowed = query.window.is_some();
    let mut names = query.scope.name_generator();
    let aggregation = aggregation::analyze(&query.items, group_by, query.having.as_ref(), windowed, &mut names)?;
    check_grouped(&aggregation, purpose)?;
    query::check_can_group(source)?;
    if windowed && is_table(source) {
        return Err(AnalysisError::statement("Windowing not supported for table aggregations."));
    }
    let emit_final = query.emit == Some(Emit::Final);
    let spec = query.window.as_ref().map(|w| window::resolve(w, emit_final)).transpose()?;
    let keys = key_columns(&aggregation, scope, &mut names)?;
    let resolved: Vec<Resolved> =
        aggregation.calls.iter().map(|call| resolve(call, scope, config)).collect::<Result<_, _>>()?;
    if is_table(source) {
        check_undo(&resolved)?;
    }
    check_intermediate_types(&resolved, &source.value_serde)?;

    let required = required_columns(query, group_by);
    let step = if purpose.is_persistent() && is_table(source) {
        query::table_step(source)
    } else {
        {
            let mut used: BTreeSet<Name> = required.iter().cloned().collect();
            used.extend(query::columns_of(filter.iter()));
            query::source_step(source, &used, is_table(source))
        }
    };
    let step = query::filtered(step, filter);
    let step = group_by_step(source, step, &aggregation, &keys, &required);
    let step = aggregate_step(step, resolved, spec.as_ref(), emit_final);
    let result_scope = result_scope(&step);
    let step = with_having(step, &aggregation, &result_scope)?;

    let result_keys: Vec<ResultKey> = aggregation
        .keys
        .iter()
        .zip(&keys)
        .map(|(key, column)| ResultKey {
            name: key.name.clone(),
            expression: walk::column(&key.name),
            shown: key.expression.to_string(),
            data_type: column.data_type.clone(),
        })
        .collect();
    let types = projection::item_types(&aggregation.items, &result_scope)
        .map_err(|e| with_original_calls(e, &aggregation.calls))?;
    let (root, output_columns) = projection::project(query, step, &aggregation.items, &types, &result_keys, purpose)?;
    Ok(BuiltQuery { root, result: ResultKind::Table, window: spec.as_ref().map(window::of_result), output_columns })
}

/// What is carried into the groups: all columns that the query names behind its WHERE, in order of their first use. ksqlDB
/// counts rows as `COUNT(ROWTIME)`.
fn required_columns(query: &AnalyzedQuery, group_by: &[Expression]) -> Vec<Name> {
    let mut required: Vec<Name> = Vec::new();
    let items = query.items.iter().map(|item| &item.expression);
    for expression in items.chain(group_by).chain(&query.having) {
        walk::visit(expression, &mut |node| {
            let name = match node {
                Expression::Column(column) => column.name.clone(),
                Expression::Call(call) if call.star || takes_rowtime(call) => Name::new("ROWTIME"),
                _ => return,
            };
            if !is_window_bound(&name) && !required.contains(&name) {
                required.push(name);
            }
        });
    }
    required
}

/// Whether this aggregate is told no argument but needs one: it gets the row's time, as in ksqlDB.
fn takes_rowtime(call: &FunctionCall) -> bool {
    call.arguments.is_empty() && aggregates::find(call.name.as_str()).is_some_and(|function| !function.counts_rows())
}

/// Kept tables need a key.
fn check_grouped(aggregation: &Aggregation, purpose: QueryPurpose<'_>) -> Result<(), AnalysisError> {
    if !aggregation.keys.is_empty() || !purpose.is_persistent() {
        return Ok(());
    }
    let calls: Vec<String> = aggregation.calls.iter().map(shown_call).collect();
    let kind = match purpose {
        QueryPurpose::Persistent { create_table: true, .. } => "TABLE",
        _ => "STREAM",
    };
    Err(AnalysisError::statement(format!(
        "CREATE {kind} AS SELECT statement does not support aggregate function [{}] without a GROUP BY clause.",
        calls.join(", ")
    )))
}

/// ksqlDB counts rows as `COUNT(ROWTIME)`.
fn shown_call(call: &FunctionCall) -> String {
    if call.star {
        return format!("{}(ROWTIME)", call.name.as_str());
    }
    Expression::Call(call.clone()).to_string()
}

/// The grouping columns; one constant column when there are none.
fn key_columns(
    aggregation: &Aggregation,
    scope: &RowScope,
    names: &mut crate::analyzer::NameGenerator,
) -> Result<Vec<Column>, AnalysisError> {
    if aggregation.keys.is_empty() {
        return Ok(vec![Column { name: names.generated(), data_type: SqlType::Integer }]);
    }
    let column = |key: &aggregation::GroupKey| {
        Ok(Column { name: key.name.clone(), data_type: typing::select(&key.expression, scope)? })
    };
    aggregation.keys.iter().map(column).collect()
}

/// A call with its types settled.
struct Resolved {
    call: AggregateCall,
    aggregate: ResolvedAggregate,
}

/// A limit that is negative or no number means none.
fn limit(function: &str, config: &Config) -> Option<u64> {
    config.get(&format!("ksql.functions.{}.limit", function.to_lowercase()))?.trim().parse().ok()
}

fn resolve(call: &FunctionCall, scope: &RowScope, config: &Config) -> Result<Resolved, AnalysisError> {
    let name = call.name.as_str();
    let function = aggregates::find(name)
        .ok_or_else(|| AnalysisError::statement(format!("Can't find any functions with the name '{name}'")))?;
    let arguments =
        if takes_rowtime(call) { vec![walk::column(&Name::new("ROWTIME"))] } else { call.arguments.clone() };
    let types: Vec<Option<SqlType>> = arguments
        .iter()
        .map(|argument| expr::expression_type(argument, &scope.row).map_err(typing::plain_error))
        .collect::<Result<_, _>>()?;
    let refuse = |message: String| AnalysisError::statement(message);
    if !arguments.is_empty() {
        function.check(&types).map_err(refuse)?;
    }
    let literal_count = (function.literal_arguments)(arguments.len()).min(arguments.len());
    let split = arguments.len() - literal_count;
    let literals = literal_values(name, &arguments, split)?;
    let aggregate = (function.resolve)(&types[..split], &literals).map_err(refuse)?;
    let call = AggregateCall {
        function: name.to_string(),
        arguments: arguments[..split].to_vec(),
        literals: arguments[split..].to_vec(),
        data_type: aggregate.return_type.clone(),
        limit: limit(name, config),
    };
    Ok(Resolved { call, aggregate })
}

/// The values of the arguments from `split` on, which must be constants.
fn literal_values(name: &str, arguments: &[Expression], split: usize) -> Result<Vec<Value>, AnalysisError> {
    let value = |(i, argument): (usize, &Expression)| {
        let is_literal = match argument {
            Expression::Literal(_) => true,
            Expression::Negate(inner) => matches!(**inner, Expression::Literal(_)),
            _ => false,
        };
        if is_literal && let Ok((value, _)) = expr::evaluate_constant(argument) {
            return Ok(value);
        }
        Err(AnalysisError::statement(format!(
            "Parameter {} passed to function {name} must be a literal constant, but was expression: '{argument}'",
            i + 1
        )))
    };
    arguments.iter().enumerate().skip(split).map(value).collect()
}

fn check_undo(resolved: &[Resolved]) -> Result<(), AnalysisError> {
    let mut names: Vec<&str> = Vec::new();
    for function in resolved.iter().filter(|r| !r.aggregate.supports_undo).map(|r| r.call.function.as_str()) {
        if !names.contains(&function) {
            names.push(function);
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let plural = if names.len() == 1 { "" } else { "s" };
    Err(AnalysisError::statement(format!(
        "The aggregation function{plural} {} cannot be applied to a table source, only to a stream source.",
        projection::all_of(&names)
    )))
}

fn check_intermediate_types(resolved: &[Resolved], value_serde: &SerdeOptions) -> Result<(), AnalysisError> {
    let columns: Vec<Column> = resolved
        .iter()
        .enumerate()
        .map(|(i, r)| Column { name: variable(i), data_type: r.aggregate.intermediate_type.clone() })
        .collect();
    formats::validate(value_serde, &columns, false).map_err(|_| {
        AnalysisError::statement(
            "One of the functions used in the statement has an intermediate type that the value format can not handle. \
             Please remove the function or change the format.",
        )
    })
}

fn group_by_step(
    source: &DataSource,
    input: ExecutionStep,
    aggregation: &Aggregation,
    keys: &[Column],
    required: &[Name],
) -> ExecutionStep {
    let row = row_schema(input.schema(), input.is_windowed());
    let value = required.iter().filter_map(|name| row.index_of(name)).map(|i| row.columns[i].clone()).collect();
    let expressions: Vec<Expression> = match &aggregation.keys[..] {
        [] => vec![query::one_group()],
        keys => keys.iter().map(|key| key.expression.clone()).collect(),
    };
    let keeps_key =
        !is_table(source) && source.schema.key.len() == 1 && expressions == [walk::column(&source.schema.key[0].name)];
    let repartition = (!keeps_key).then(|| Repartition {
        name: "Aggregate-GroupBy".to_string(),
        key_serde: serdes::internal_key(&source.key_serde, keys),
        value_serde: serdes::internal_value(&source.value_serde),
    });
    ExecutionStep::GroupBy(GroupByStep {
        input: Box::new(input),
        keys: expressions,
        repartition,
        schema: LogicalSchema::new(keys.to_vec(), value),
    })
}

fn aggregate_step(
    input: ExecutionStep,
    resolved: Vec<Resolved>,
    window: Option<&WindowSpec>,
    emit_final: bool,
) -> ExecutionStep {
    let calls: Vec<AggregateCall> = resolved.into_iter().map(|r| r.call).collect();
    let column = |(i, call): (usize, &AggregateCall)| Column { name: variable(i), data_type: call.data_type.clone() };
    let value = calls.iter().enumerate().map(column).collect();
    let schema = LogicalSchema::new(input.schema().key.clone(), value);
    ExecutionStep::Aggregate(AggregateStep {
        input: Box::new(input),
        aggregates: calls,
        window: window.cloned(),
        emit_final,
        store: STORE.to_string(),
        schema,
    })
}

fn result_scope(step: &ExecutionStep) -> RowScope {
    RowScope::new(step.schema(), step.is_windowed(), step.schema().to_string())
}

fn with_having(
    step: ExecutionStep,
    aggregation: &Aggregation,
    scope: &RowScope,
) -> Result<ExecutionStep, AnalysisError> {
    let Some(having) = &aggregation.having else { return Ok(step) };
    typing::predicate("HAVING", having, scope).map_err(|e| with_original_calls(e, &aggregation.calls))?;
    Ok(query::filtered(step, Some(having.clone())))
}

/// Messages name aggregates as they were written.
fn with_original_calls(error: AnalysisError, calls: &[FunctionCall]) -> AnalysisError {
    let original = |text: &str| {
        calls.iter().enumerate().rev().fold(text.to_string(), |text, (i, call)| {
            text.replace(variable(i).as_str(), &Expression::Call(call.clone()).to_string())
        })
    };
    let repeats = match &error.repeats {
        RepeatedText::Fragment(fragment) => RepeatedText::Fragment(original(fragment)),
        other => other.clone(),
    };
    AnalysisError { message: original(&error.message), repeats, ..error }
}

/// Whether an argument is a number written out, for literals that take the type of a sink's column.
pub fn is_numeric_literal(expression: &Expression) -> bool {
    match expression {
        Expression::Literal(literal) => {
            matches!(literal, Literal::Integer(_) | Literal::BigInt(_) | Literal::Decimal(_) | Literal::Double(_))
        }
        Expression::Negate(inner) => is_numeric_literal(inner),
        _ => false,
    }
}
