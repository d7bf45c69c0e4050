//! Push queries, and bounded scans of streams, which run like them.

use weir_parser::ast::Query;

use super::context::PlanContext;
use super::{QueryPlan, query};
use crate::analyzer::{AnalysisError, QueryPurpose, Scope, query as analysis};

/// Plans a push query. `text` is the statement as sent; `random` makes the id unique.
///
/// # Errors
/// What ksqlDB refuses, and what this version cannot run.
pub fn plan_push(
    context: &PlanContext<'_>,
    query: &Query,
    text: &str,
    random: u64,
) -> Result<QueryPlan, AnalysisError> {
    analysis::check_clauses(query)?;
    let scope = Scope::of(query, context.metastore)?;
    let canonical = scope.qualify(query, context.metastore, false)?;
    analysis::check_clauses(&canonical)?;
    plan_transient(context, canonical, scope, text, random).map_err(AnalysisError::in_push_query)
}

/// Plans a canonical query whose rows go to a client.
pub(super) fn plan_transient(
    context: &PlanContext<'_>,
    canonical: Query,
    scope: Scope,
    text: &str,
    random: u64,
) -> Result<QueryPlan, AnalysisError> {
    let alias = scope.first().alias.clone();
    let analyzed = analysis::analyze(canonical, scope, QueryPurpose::Push)?;
    let built = query::build(&analyzed, QueryPurpose::Push, context.config)?;
    let prefix = context.config.get("ksql.transient.prefix").unwrap_or("transient_");
    Ok(QueryPlan {
        id: format!("{prefix}{}_{random}", alias.as_str()),
        sources: analyzed.scope.sources.iter().map(|s| s.source.name.clone()).collect(),
        sink: None,
        result: built.result,
        root: built.root,
        text: text.to_string(),
        limit: analyzed.limit.map(|n| u64::try_from(n).unwrap_or(0)),
        output_columns: built.output_columns,
    })
}
