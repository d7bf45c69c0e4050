//! `/close-query`: ends a push query that this node answers.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;

use super::Shared;
use super::error::ApiError;
use super::request::json_body;

#[derive(Deserialize)]
struct CloseBody {
    #[serde(rename = "queryId")]
    query_id: Option<String>,
}

pub async fn close_query(State(context): State<Shared>, body: Bytes) -> Response {
    let closed = json_body::<CloseBody>(&body).and_then(|body| {
        let id = body.query_id.ok_or_else(|| {
            ApiError::generic(40000, "Invalid JSON in request: Missing required creator property 'queryId'")
        })?;
        let running = context.push_queries.lock();
        let (_, query) = running
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&id))
            .ok_or_else(|| ApiError::generic(40000, format!("No query with id {id}")))?;
        query.rows.end(weir_engine::exec::EndReason::Terminated);
        Ok(())
    });
    match closed {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => error.without_content_type().into_response(),
    }
}
