//! INSERT INTO ... SELECT: a query whose result goes to a stream that is there already.

use weir_parser::ast::{DataType, Expression, InsertInto, Name, SourceKind};

use super::aggregate::is_numeric_literal;
use super::context::PlanContext;
use super::properties::{self, PropertyOwner};
use super::query::{self, BuiltQuery};
use super::step::ExecutionStep;
use super::{QueryPlan, ResultKind, StatementPlan, create_as};
use crate::analyzer::scope::similar_source_hint;
use crate::analyzer::{AnalysisError, AnalyzedQuery, QueryPurpose, Scope, query as analysis};
use crate::metastore::{DataSource, MetaStore, QueryId, QueryLinks};
use crate::types::{Column, SqlType};

const RESERVED_PREFIXES: [&str; 4] = ["INSERTQUERY_", "CTAS_", "CSAS_", "CST_"];

/// Plans the statement; `text` is the statement as sent.
pub fn plan(
    context: &PlanContext<'_>,
    insert: &InsertInto,
    text: &str,
) -> Result<(StatementPlan, MetaStore), AnalysisError> {
    analysis::check_clauses(&insert.query)?;
    if insert.query.limit.is_some() {
        let message = "INSERT INTO statements don't support LIMIT clause.";
        return Err(AnalysisError::statement(message).failed_to_prepare());
    }
    properties::check(&insert.properties, PropertyOwner::InsertInto)?;
    let sink = target(context, insert)?;
    let scope = Scope::of(&insert.query, context.metastore)?;
    let canonical = scope.qualify(&insert.query, context.metastore, true)?;
    analysis::check_clauses(&canonical)?;
    let id = query_id(context, insert)?;
    check_writable(context, sink)?;

    let purpose = QueryPurpose::Persistent { sink: &sink.name, create_table: false };
    let mut analyzed = analysis::analyze(canonical, scope, purpose)?;
    fit_literals(&mut analyzed, sink);
    let built = query::build(&analyzed, purpose, context.config)?;
    if built.result == ResultKind::Table {
        return Err(AnalysisError::statement(format!(
            "Incompatible data sink and query result. Data sink ({}) type is KSTREAM but select query result is KTABLE.",
            sink.name.as_str()
        )));
    }
    let built = fit_result(built, sink)?;
    super::serdes::check_supported([&sink.key_serde.format, &sink.value_serde.format])?;
    let read: Vec<Name> = analyzed.scope.sources.iter().map(|s| s.source.name.clone()).collect();
    let links = QueryLinks { id: id.clone(), sources: read.clone(), sink: Some(sink.name.clone()) };
    let query = QueryPlan {
        id: id.0,
        sources: read,
        sink: Some(sink.name.clone()),
        result: built.result,
        root: create_as::sink_step(built, sink),
        text: text.to_string(),
        limit: None,
        output_columns: Vec::new(),
    };
    Ok((StatementPlan::InsertInto { query }, context.metastore.with_query(links)))
}

fn target<'a>(context: &PlanContext<'a>, insert: &InsertInto) -> Result<&'a DataSource, AnalysisError> {
    let name = &insert.target;
    let Some(sink) = context.metastore.source(name) else {
        let hint = similar_source_hint(context.metastore, name);
        let message = format!("Source `{}` does not exist.{hint}", name.as_str());
        return Err(AnalysisError::at(insert.target_span, message).exception_while_preparing());
    };
    if sink.kind == SourceKind::Table {
        let name = name.as_str();
        let message = format!("INSERT INTO can only be used to insert into a stream. {name} is a table.");
        return Err(AnalysisError::statement(message).exception_while_preparing());
    }
    Ok(sink)
}

fn check_writable(context: &PlanContext<'_>, sink: &DataSource) -> Result<(), AnalysisError> {
    let name = sink.name.as_str();
    if !sink.schema.headers.is_empty() {
        return Err(AnalysisError::statement(format!("Cannot insert into {name} because it has header columns")));
    }
    if sink.read_only {
        return Err(AnalysisError::statement(format!("Cannot insert into read-only stream: {name}")));
    }
    if context.is_read_only_topic(&sink.topic) {
        return Err(AnalysisError::statement(format!("Cannot insert into read-only topic: {}", sink.topic)));
    }
    Ok(())
}

/// QUERY_ID, or the next generated id.
fn query_id(context: &PlanContext<'_>, insert: &InsertInto) -> Result<QueryId, AnalysisError> {
    let refuse = |message: String| Err(AnalysisError::statement(message));
    let Some(given) = properties::text(&insert.properties, "QUERY_ID") else {
        return Ok(QueryId(format!("INSERTQUERY_{}", context.next_query_number)));
    };
    let id = given.to_ascii_uppercase();
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return refuse(format!("Query IDs may contain only alphanumeric characters and '_'. Got: '{given}'"));
    }
    if RESERVED_PREFIXES.iter().any(|prefix| id.starts_with(prefix)) {
        return refuse(format!(
            "Query IDs must not start with a reserved query ID prefix (INSERTQUERY_, CTAS_, CSAS_, CST_). Got '{id}'."
        ));
    }
    if context.metastore.query(&id).is_some() {
        return refuse(format!("Query ID '{id}' already exists."));
    }
    Ok(QueryId(id))
}

/// Numbers written out take the type of the sink's DECIMAL column.
fn fit_literals(query: &mut AnalyzedQuery, sink: &DataSource) {
    for item in &mut query.items {
        let column = sink.schema.value.iter().find(|c| c.name == item.name);
        if let Some(Column { data_type: SqlType::Decimal { precision, scale }, .. }) = column
            && is_numeric_literal(&item.expression)
        {
            item.expression = cast(item.expression.clone(), *precision, *scale);
        }
    }
}

fn cast(value: Expression, precision: u32, scale: u32) -> Expression {
    Expression::Cast { value: Box::new(value), data_type: DataType::Decimal { precision, scale } }
}

/// The result's columns are the sink's; DECIMALs may become wider.
fn fit_result(built: BuiltQuery, sink: &DataSource) -> Result<BuiltQuery, AnalysisError> {
    let result = built.schema();
    let fits = result.key.len() == sink.schema.key.len()
        && result.value.len() == sink.schema.value.len()
        && result.key.iter().zip(&sink.schema.key).all(|(r, s)| r == s)
        && result.value.iter().zip(&sink.schema.value).all(|(r, s)| r.name == s.name && widens(r, s));
    if !fits {
        return Err(AnalysisError::statement(format!(
            "Incompatible schema between results and sink.\nResult schema is {result}\nSink schema is {}",
            sink.schema
        )));
    }
    let ExecutionStep::Select(mut select) = built.root else { return Ok(built) };
    for (i, column) in sink.schema.value.iter().enumerate() {
        let narrower = select.schema.value[i].data_type != column.data_type;
        if let SqlType::Decimal { precision, scale } = column.data_type
            && narrower
        {
            select.expressions[i] = cast(select.expressions[i].clone(), precision, scale);
            select.schema.value[i].data_type = column.data_type.clone();
        }
    }
    Ok(BuiltQuery { root: ExecutionStep::Select(select), ..built })
}

fn widens(from: &Column, to: &Column) -> bool {
    match (&from.data_type, &to.data_type) {
        (SqlType::Decimal { precision: p, scale: s }, SqlType::Decimal { precision, scale }) => {
            s <= scale && p - s <= precision - scale
        }
        (from, to) => from == to,
    }
}
