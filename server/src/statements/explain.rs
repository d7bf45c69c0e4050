//! EXPLAIN, and LIST QUERIES EXTENDED: what a query computes and how it is doing.

use serde_json::{Map, Value as Json, json};
use weir_engine::config::Config;
use weir_engine::engine::Sandbox;
use weir_engine::exec::QueryState;
use weir_engine::plan::{self, QueryPlan};
use weir_parser::ast::{Explain, Name, ParsedStatement, Statement};

use super::entity;
use crate::api::error::ApiError;
use crate::context::ServerContext;

/// Whether there is something to explain after the statements that the sandbox has seen.
pub fn check(sandbox: &Sandbox, what: &Explain, overrides: &Config, text: &str) -> Result<(), ApiError> {
    match what {
        Explain::Query(name) if sandbox.metastore().query(name.as_str()).is_some() => Ok(()),
        Explain::Query(name) => Err(unknown_query(name, text)),
        Explain::Statement { text: inner, statement } => {
            planned(sandbox.clone(), statement, inner, overrides, 0, text).map(drop)
        }
    }
}

pub fn explain(context: &ServerContext, what: &Explain, overrides: &Config, text: &str) -> Result<Json, ApiError> {
    let description = match what {
        Explain::Query(name) => {
            let query = context.engine.persistent_query(name.as_str()).ok_or_else(|| unknown_query(name, text))?;
            description(context, &query.plan, &query.plan.text, true)
        }
        Explain::Statement { text: inner, statement } => {
            let plan = planned(context.engine.sandbox(), statement, inner, overrides, context.random(), text)?;
            let inner = format!("{};", inner.trim_end_matches(';'));
            let mut description = description(context, &plan, &inner, false);
            let overridden: Map<String, Json> =
                overrides.iter().map(|(name, value)| (name.to_string(), json!(value))).collect();
            description["overriddenProperties"] = Json::Object(overridden);
            description
        }
    };
    Ok(json!({
        "@type": "queryDescription", "statementText": text, "queryDescription": description, "warnings": [],
    }))
}

fn unknown_query(id: &Name, text: &str) -> ApiError {
    let id = id.as_str();
    let message = format!("Query with id:{id} does not exist, use SHOW QUERIES to view the full set of queries.");
    ApiError::statement(40001, message, text)
}

/// Plans the explained statement, whose text is `inner`; `random` makes the id of a transient query unique.
fn planned(
    mut sandbox: Sandbox,
    statement: &Statement,
    inner: &str,
    overrides: &Config,
    random: u64,
    text: &str,
) -> Result<QueryPlan, ApiError> {
    let refused = |error| ApiError::from_engine(error, text);
    match statement {
        Statement::Query(query) => {
            let mut query = query.clone();
            // A pull query is explained as the stream of changes that it looks into.
            query.emit.get_or_insert(weir_parser::ast::Emit::Changes);
            sandbox.plan_push(&query, inner, overrides, random).map_err(refused)
        }
        Statement::CreateAsSelect(_) | Statement::InsertInto(_) => {
            let parsed = ParsedStatement { text: inner.to_string(), statement: statement.clone() };
            let prepared = sandbox.prepare(&parsed, overrides).map_err(refused)?;
            prepared.query().cloned().ok_or_else(|| no_query(text))
        }
        _ => Err(no_query(text)),
    }
}

fn no_query(text: &str) -> ApiError {
    ApiError::statement(40001, "The provided statement does not run a ksql query", text)
}

pub fn all_queries(context: &ServerContext, text: &str) -> Json {
    let mut descriptions: Vec<Json> = context
        .engine
        .persistent_queries()
        .iter()
        .map(|query| description(context, &query.plan, &query.plan.text, true))
        .collect();
    for push in context.push_queries.lock().values() {
        descriptions.push(description(context, &push.plan, &push.plan.text, true));
    }
    json!({ "@type": "query_descriptions", "statementText": text, "queryDescriptions": descriptions, "warnings": [] })
}

fn description(context: &ServerContext, query: &QueryPlan, text: &str, running: bool) -> Json {
    let explained = plan::explain(query);
    let persistent = context.engine.persistent_query(&query.id);
    let status = if running { context.engine.driver().status(&query.id) } else { None };
    let mut host_status = Map::new();
    if running && persistent.is_some() {
        host_status.insert(context.host.clone(), json!(entity::query_state(context, &query.id).0));
    }
    let overridden: Map<String, Json> = persistent
        .as_ref()
        .map(|q| q.overrides.iter().map(|(name, value)| (name.to_string(), json!(value))).collect())
        .unwrap_or_default();
    let errors: Vec<Json> = status
        .iter()
        .flat_map(|s| &s.errors)
        .map(|e| json!({ "timestamp": e.time_ms, "errorMessage": e.message, "type": e.kind }))
        .collect();
    let service_id = plan::service_id(context.config());
    let group = match &status {
        Some(status) => status.application_id.clone(),
        None if query.sink.is_some() => plan::persistent_application_id(service_id, &query.id),
        None => query.id.clone(),
    };
    let state = status.as_ref().map(|s| if s.state == QueryState::Error { "ERROR" } else { "RUNNING" });
    json!({
        "id": query.id,
        "statementText": text,
        "windowType": query.window_word(),
        "fields": query_fields(query),
        "sources": query.sources.iter().map(|s| s.as_str()).collect::<Vec<_>>(),
        "sinks": query.sink.iter().map(|s| s.as_str()).collect::<Vec<_>>(),
        "topology": explained.topology,
        "executionPlan": explained.execution_plan,
        "overriddenProperties": overridden,
        "ksqlHostQueryStatus": host_status,
        "queryType": if query.sink.is_some() { "PERSISTENT" } else { "PUSH" },
        "queryErrors": errors,
        "tasksMetadata": [],
        "consumerGroupId": group,
        "state": state,
    })
}

/// Columns of the result; a transient query lists its key, then every selected column.
fn query_fields(query: &QueryPlan) -> Vec<Json> {
    if query.sink.is_some() {
        return entity::fields(query.root.schema());
    }
    let keys = query.root.schema().key.iter();
    let keys = keys.map(|c| json!({ "name": c.name.as_str(), "schema": entity::schema(&c.data_type), "type": "KEY" }));
    let values = query.output_columns.iter().map(|c| json!({ "name": c.name, "schema": entity::schema(&c.data_type) }));
    keys.chain(values).collect()
}
