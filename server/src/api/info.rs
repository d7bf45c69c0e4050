//! The GET endpoints: server information, health, command statuses, property names, metadata, probes, metrics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::Shared;
use super::error::ApiError;
use super::negotiation::{OLD_STYLE, V1_JSON, choose, not_found};
use crate::context::{KSQL_VERSION, ServerContext};
use crate::properties;

/// A JSON answer of an old-style endpoint; they always label it `application/json`.
pub fn old_style(headers: &HeaderMap, body: impl FnOnce() -> Result<String, ApiError>) -> Response {
    if choose(headers, OLD_STYLE, V1_JSON).is_none() {
        return not_found();
    }
    match body() {
        Ok(text) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response(),
        Err(error) => error.into_response(),
    }
}

fn to_json(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|e| ApiError::generic(50000, e.to_string()))
}

fn service_id(context: &ServerContext) -> String {
    context.config().get("ksql.service.id").unwrap_or("default_").to_string()
}

/// The identity of the embedded log stands where a Kafka cluster's would.
const CLUSTER_ID: &str = "weir-embedded-log";
/// How long a health check waits for the cluster, and how long its answer holds.
const PING: Duration = Duration::from_secs(3);
const PING_AGE: Duration = Duration::from_secs(5);

fn cluster_id(context: &ServerContext) -> String {
    match &context.kafka {
        Some(kafka) => kafka.cluster_id().unwrap_or_default(),
        None => CLUSTER_ID.to_string(),
    }
}

pub async fn root() -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, HeaderValue::from_static("/info"))]).into_response()
}

pub async fn info(State(context): State<Shared>, headers: HeaderMap) -> Response {
    old_style(&headers, || {
        to_json(&json!({ "KsqlServerInfo": {
            "version": KSQL_VERSION,
            "kafkaClusterId": cluster_id(&context),
            "ksqlServiceId": service_id(&context),
            "serverStatus": "RUNNING",
        }}))
    })
}

pub async fn health(State(context): State<Shared>, headers: HeaderMap) -> Response {
    let asked = Arc::clone(&context);
    let kafka = tokio::task::spawn_blocking(move || kafka_trouble(&asked)).await.unwrap_or_default();
    old_style(&headers, || {
        let part = |trouble: Option<String>| match trouble {
            None => json!({ "isHealthy": true }),
            Some(reason) => json!({ "isHealthy": false, "message": reason }),
        };
        let ready = context.readiness.is_ready();
        let starting = (!ready).then(|| context.readiness.reason().unwrap_or_else(|| "The server is starting.".into()));
        let commands = starting.clone().or_else(|| context.command_log.fenced());
        to_json(&json!({
            "isHealthy": kafka.is_none() && commands.is_none(),
            "details": { "metastore": part(starting), "kafka": part(kafka), "commandRunner": part(commands) },
            "serverState": if ready { "READY" } else { "INITIALIZING" },
        }))
    })
}

/// Why the cluster cannot be worked with, asked now and then.
fn kafka_trouble(context: &ServerContext) -> Option<String> {
    let kafka = context.kafka.as_ref()?;
    let mut last = context.kafka_health.lock();
    if let Some((at, trouble)) = &*last
        && at.elapsed() < PING_AGE
    {
        return trouble.clone();
    }
    let trouble = kafka.ping(PING).err().map(|error| error.to_string());
    *last = Some((Instant::now(), trouble.clone()));
    trouble
}

/// Node-to-node endpoints that a single node has switched off.
pub async fn switched_off(headers: HeaderMap) -> Response {
    if choose(&headers, OLD_STYLE, V1_JSON).is_none() {
        return not_found();
    }
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], "").into_response()
}

pub async fn all_statuses(State(context): State<Shared>, headers: HeaderMap) -> Response {
    old_style(&headers, || {
        let statuses: serde_json::Map<String, serde_json::Value> = context
            .command_log
            .statuses()
            .into_iter()
            .map(|(command_id, status)| (command_id, json!(status.status)))
            .collect();
        to_json(&json!({ "commandStatuses": statuses }))
    })
}

const COMMAND_TYPES: &[&str] = &["topic", "stream", "table", "cluster", "pause", "resume", "terminate", "type"];

pub async fn status(
    State(context): State<Shared>,
    Path((kind, entity, action)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    old_style(&headers, || {
        if !COMMAND_TYPES.contains(&kind.as_str()) {
            let name = kind.to_uppercase();
            let message = format!("No enum constant io.confluent.ksql.rest.entity.CommandId.Type.{name}");
            return Err(ApiError::generic(50000, message).without_content_type());
        }
        match context.command_log.status(&format!("{kind}/{entity}/{action}")) {
            Some(status) => to_json(&status),
            None => Err(ApiError::generic(40400, "Command not found")),
        }
    })
}

pub async fn is_valid_property(
    State(context): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    old_style(&headers, || {
        if properties::is_denied(&name, context.config()) {
            return Err(ApiError::generic(40000, properties::denied_message(&[&name])));
        }
        Ok("true".into())
    })
}

fn cluster(context: &ServerContext) -> serde_json::Value {
    json!({
        "scope": { "path": [], "clusters": { "kafka-cluster": cluster_id(context), "ksql-cluster": service_id(context) } },
        "id": "",
    })
}

pub async fn metadata(State(context): State<Shared>, headers: HeaderMap) -> Response {
    old_style(&headers, || to_json(&json!({ "version": KSQL_VERSION, "clusterId": cluster(&context) })))
}

pub async fn metadata_id(State(context): State<Shared>, headers: HeaderMap) -> Response {
    old_style(&headers, || to_json(&cluster(&context)))
}

pub async fn probe() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], "{}").into_response()
}

/// Prometheus text.
pub async fn metrics(State(context): State<Shared>) -> Response {
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], context.metrics.text(&context)).into_response()
}
