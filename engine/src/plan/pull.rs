//! Pull queries: what ksqlDB allows in them, and how a table's rows are found.

use weir_parser::ast::{Name, Query, SelectItem, SourceKind};

use super::context::PlanContext;
use super::query::with_times;
use super::{OutputColumn, PullPlan, QueryPlan, lookup, projection, push, row_schema};
use crate::analyzer::query::shown_schema;
use crate::analyzer::scope::is_window_bound;
use crate::analyzer::typing::{self, RowScope};
use crate::analyzer::{AnalysisError, AnalyzedQuery, QueryPurpose, Scope, functions, query as analysis, walk};
use crate::metastore::{DataSource, QueryId};
use crate::types::{Column, HeaderColumn, LogicalSchema};

/// What answers a pull query.
#[derive(Clone, Debug)]
pub enum PullOutcome {
    /// Rows of a materialised table.
    Table(PullPlan),
    /// A scan of a stream up to its present end.
    Stream(Box<QueryPlan>),
}

const HELP: &str =
    " See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.";

/// A refusal with the advice that ksqlDB adds to most of them.
pub(super) fn refusal(message: &str) -> AnalysisError {
    AnalysisError::statement(format!("{message}{HELP}"))
}

/// Plans a pull query. `text` is the statement as sent; `random` makes the id of a stream's scan unique.
///
/// # Errors
/// What ksqlDB refuses, and what this version cannot run.
pub fn plan_pull(
    context: &PlanContext<'_>,
    query: &Query,
    text: &str,
    random: u64,
) -> Result<PullOutcome, AnalysisError> {
    analysis::check_clauses(query)?;
    let scope = Scope::of(query, context.metastore)?;
    let canonical = scope.qualify(query, context.metastore, false)?;
    analysis::check_clauses(&canonical)?;
    check_enabled(context)?;
    plan_canonical(context, canonical, scope, text, random).map_err(|e| e.in_pull_query(text))
}

fn plan_canonical(
    context: &PlanContext<'_>,
    canonical: Query,
    scope: Scope,
    text: &str,
    random: u64,
) -> Result<PullOutcome, AnalysisError> {
    if scope.is_join() {
        return Err(refusal("Pull queries don't support JOIN clauses."));
    }
    let analyzed = analysis::analyze(canonical.clone(), scope.clone(), QueryPurpose::Pull)?;
    check_clauses(context, &analyzed)?;
    if analyzed.source().kind == SourceKind::Table {
        return table_plan(context, &analyzed).map(PullOutcome::Table);
    }
    if !context.config.bool("ksql.query.pull.stream.enabled", true) {
        return Err(AnalysisError::statement(
            "Pull queries on streams are disabled. To create a push query on the stream, add EMIT CHANGES to the end. To \
             enable pull queries on streams, set the ksql.query.pull.stream.enabled config to 'true'.",
        ));
    }
    push::plan_transient(context, canonical, scope, text, random).map(|plan| PullOutcome::Stream(Box::new(plan)))
}

fn check_enabled(context: &PlanContext<'_>) -> Result<(), AnalysisError> {
    if context.config.bool("ksql.pull.queries.enable", true) {
        return Ok(());
    }
    Err(AnalysisError::statement(format!(
        "Pull queries are disabled.{HELP}\nPlease set ksql.pull.queries.enable=true to enable this feature.\n"
    )))
}

/// Clauses and columns that pull queries do not have.
fn check_clauses(context: &PlanContext<'_>, query: &AnalyzedQuery) -> Result<(), AnalysisError> {
    let clauses = [
        ("WINDOW", query.window.is_some()),
        ("GROUP BY", query.group_by.is_some()),
        ("PARTITION BY", query.partition_by.is_some()),
        ("HAVING", query.having.is_some()),
        ("EMIT", query.emit.is_some()),
    ];
    if let Some((clause, _)) = clauses.into_iter().find(|(_, present)| *present) {
        return Err(refusal(&format!("Pull queries don't support {clause} clauses.")));
    }
    if query.limit.is_some() && !context.config.bool("ksql.query.pull.limit.clause.enabled", true) {
        return Err(refusal(
            "LIMIT clause in pull queries is currently disabled. You can enable them by setting \
             ksql.query.pull.limit.clause.enabled=true.",
        ));
    }
    if query.limit.is_some_and(|n| n < 0) {
        return Err(refusal("Pull queries don't support negative integers in the LIMIT clause."));
    }
    let items = query.items.iter().map(|item| &item.expression);
    for (clause, expressions) in [("SELECT", items.collect::<Vec<_>>()), ("WHERE", query.filter.iter().collect())] {
        let columns = expressions.into_iter().flat_map(walk::columns).map(|c| c.name.as_str());
        let mut disallowed: Vec<&str> = columns.filter(|c| matches!(*c, "ROWPARTITION" | "ROWOFFSET")).collect();
        disallowed.sort_unstable();
        disallowed.dedup();
        if !disallowed.is_empty() {
            let quoted: Vec<String> = disallowed.iter().map(|name| format!("`{name}`")).collect();
            let list = quoted.join(", ");
            return Err(refusal(&format!(
                "Pull queries don't support the following columns in {clause} clauses: {list}\n"
            )));
        }
    }
    Ok(())
}

fn table_plan(context: &PlanContext<'_>, query: &AnalyzedQuery) -> Result<PullPlan, AnalysisError> {
    let source = query.source();
    if query.items.iter().any(|item| !functions::table_calls(&item.expression).is_empty()) {
        return Err(AnalysisError::statement("Table source is not supported with table functions"));
    }
    let has_star = query.canonical.select.iter().any(|item| matches!(item, SelectItem::All { .. }));
    if has_star && !query.is_star {
        return Err(AnalysisError::statement(
            "Pull queries only support wildcards in the projects if they are the only expression",
        ));
    }
    let kept = kept_schema(source);
    let scope = RowScope::new(&kept, source.is_windowed(), shown_schema(source));
    let select = output_columns(query, source, &scope)?;
    let materialized_by = materializing_query(context, source)?;
    let filter = query.filter.as_ref().map(with_times).transpose()?;
    if let Some(filter) = &filter {
        typing::boolean("WHERE", filter, &scope)?;
    }
    let (access, residual) = lookup::find_access(context, source, filter.as_ref(), &scope)?;
    if let Some(filter) = &filter {
        typing::predicate("WHERE", filter, &scope)?;
    }
    Ok(PullPlan {
        query: materialized_by,
        source: source.name.clone(),
        schema: source.schema.clone(),
        window: source.window,
        access,
        filter: residual,
        select,
        row_schema: row_schema(&kept, source.is_windowed()),
        limit: query.limit.map(|n| u64::try_from(n).unwrap_or(0)),
    })
}

/// The columns of the kept rows: header columns follow the value columns.
fn kept_schema(source: &DataSource) -> LogicalSchema {
    let header = |h: &HeaderColumn| Column { name: h.name.clone(), data_type: analysis::header_type(h) };
    let value = source.schema.value.iter().cloned().chain(source.schema.headers.iter().map(header)).collect();
    LogicalSchema::new(source.schema.key.clone(), value)
}

/// The one query that keeps the table's rows.
fn materializing_query(context: &PlanContext<'_>, source: &DataSource) -> Result<QueryId, AnalysisError> {
    let running = source.created_by.as_ref().filter(|id| context.metastore.query(&id.0).is_some());
    running.cloned().ok_or_else(|| {
        let name = source.name.as_str();
        refusal(&format!(
            "The `{name}` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_{name} AS \
             SELECT * FROM {name}'."
        ))
    })
}

/// Output columns with their expressions; a key column keeps its mark only under its own name.
fn output_columns(
    query: &AnalyzedQuery,
    source: &DataSource,
    scope: &RowScope,
) -> Result<Vec<(OutputColumn, weir_parser::ast::Expression)>, AnalysisError> {
    let mut items = query.items.clone();
    for item in &mut items {
        item.expression = with_times(&item.expression)?;
    }
    let types = projection::item_types(&items, scope)?;
    let is_key = |name: &Name, expression: &weir_parser::ast::Expression| {
        let keeps_name = *expression == walk::column(name);
        keeps_name && (source.schema.is_key(name) || (source.is_windowed() && is_window_bound(name)))
    };
    let column = |(item, data_type): (analysis::Item, _)| {
        let is_key = is_key(&item.name, &item.expression);
        (OutputColumn { name: item.name.0, data_type, is_key }, item.expression)
    };
    Ok(items.into_iter().zip(types).map(column).collect())
}
