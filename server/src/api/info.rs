//! The GET endpoints: server information, health, command statuses, property names, metadata, probes, metrics.

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

pub async fn root() -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, HeaderValue::from_static("/info"))]).into_response()
}

pub async fn info(State(context): State<Shared>, headers: HeaderMap) -> Response {
    old_style(&headers, || {
        to_json(&json!({ "KsqlServerInfo": {
            "version": KSQL_VERSION,
            "kafkaClusterId": CLUSTER_ID,
            "ksqlServiceId": service_id(&context),
            "serverStatus": "RUNNING",
        }}))
    })
}

pub async fn health(headers: HeaderMap) -> Response {
    let healthy = json!({ "isHealthy": true });
    old_style(&headers, || {
        to_json(&json!({
            "isHealthy": true,
            "details": { "metastore": healthy, "kafka": healthy, "commandRunner": healthy },
            "serverState": "READY",
        }))
    })
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
        "scope": { "path": [], "clusters": { "kafka-cluster": CLUSTER_ID, "ksql-cluster": service_id(context) } },
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
