//! `/ksql`: statements, answered with a list of entities.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::Shared;
use super::error::ApiError;
use super::negotiation::{OLD_STYLE, V1_JSON, choose, not_found};
use super::request::{Overrides, json_body, variables};
use crate::statements::{Session, execute};

#[derive(Deserialize)]
pub(crate) struct KsqlRequest {
    #[serde(default)]
    ksql: Option<Json>,
    #[serde(default, rename = "streamsProperties")]
    streams_properties: Option<Overrides>,
    #[serde(default, rename = "sessionVariables")]
    session_variables: Option<Map<String, Json>>,
    #[serde(default, rename = "commandSequenceNumber")]
    command_sequence_number: Option<i64>,
}

pub async fn ksql(State(context): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    if choose(&headers, OLD_STYLE, V1_JSON).is_none() {
        return not_found();
    }
    match answer(&context, &body).await {
        Ok(entities) => {
            let text = Json::Array(entities).to_string();
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
        }
        Err(error) => {
            context.metrics.statement_errors.inc();
            error.into_response()
        }
    }
}

impl KsqlRequest {
    /// The statements; other JSON values count as their text.
    pub(crate) fn text(&self) -> String {
        match &self.ksql {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }
}

async fn answer(context: &Shared, body: &[u8]) -> Result<Vec<Json>, ApiError> {
    let request: KsqlRequest = json_body(body)?;
    let text = request.text();
    let overrides = request.streams_properties.unwrap_or_default().into_config(context.config());
    let overrides = overrides.map_err(|error| match error.error_code {
        50000 => ApiError::statement(50000, error.message, text.clone()),
        _ => error,
    })?;
    if request.session_variables.iter().flatten().any(|(_, value)| value.is_null()) {
        return Err(ApiError::generic(50000, "Failed to deserialize buffer").without_content_type());
    }
    let session = Session { overrides, variables: variables(request.session_variables.as_ref()) };
    wait_for_command(context, request.command_sequence_number).await?;
    let shared = Arc::clone(context);
    tokio::task::spawn_blocking(move || execute(&shared, &text, session))
        .await
        .map_err(|_| ApiError::generic(50000, "The server encountered an internal error; see its log."))?
}

/// Waits until the command log has been applied up to a number that the client has seen.
async fn wait_for_command(context: &Shared, wanted: Option<i64>) -> Result<(), ApiError> {
    let Some(wanted) = wanted.filter(|number| *number >= 0) else { return Ok(()) };
    let limit = context.config().i64("ksql.server.command.response.timeout.ms", 5_000).max(0) as u64;
    let reached = async {
        while context.command_log.last_sequence_number() < wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_millis(limit), reached).await.map_err(|_| {
        ApiError::generic(
            50301,
            format!("Timed out while waiting for a previous command to execute. command sequence number: {wanted}"),
        )
    })
}

/// Ending the whole cluster from a client is not something that a single node offers.
pub async fn terminate_cluster(headers: HeaderMap) -> Response {
    if choose(&headers, OLD_STYLE, V1_JSON).is_none() {
        return not_found();
    }
    ApiError::generic(
        50000,
        "Terminating the cluster is not supported yet; stop the server and remove its data folder.",
    )
    .into_response()
}
