//! `/inserts-stream`: a first line with the target, then a row per line; an acknowledgement per durable row.
//!
//! Served on HTTP/1.1 too, which one client needs (rest-api reference 5.3), but not in strict mode. The answer starts as soon as the first line is
//! checked; the request body may stay open for ever.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::State;
use axum::http::{HeaderMap, Version};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use tokio_stream::wrappers::ReceiverStream;
use weir_engine::engine::RowValues;
use weir_engine::formats::json_value::folded_name;
use weir_engine::formats::{JsonRowError, JsonValueError, json_row};
use weir_engine::metastore::DataSource;
use weir_parser::ast::Name;

use super::Shared;
use super::error::ApiError;
use super::negotiation::{DELIMITED, JSON, choose, not_found};
use super::request::{Overrides, invalid_json};

const DRAINED_BYTES_MAX: usize = 1 << 20;
const DRAIN_MAX: Duration = Duration::from_millis(200);

/// Rows are read ahead of their acknowledgements by at most this many.
const ACKS_AHEAD: usize = 200;

#[derive(Deserialize)]
struct Target {
    target: Option<String>,
    #[serde(default)]
    properties: Option<Overrides>,
}

pub async fn inserts_stream(
    State(context): State<Shared>,
    version: Version,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if version < Version::HTTP_2 && context.config().is_strict() {
        let message = "This endpoint is only available when using HTTP2";
        return ApiError::generic(40004, message).without_content_type().into_response();
    }
    let Some(media) = choose(&headers, &[DELIMITED, JSON], DELIMITED) else {
        drain(body).await;
        return not_found();
    };
    let mut lines = Lines::new(body.into_data_stream());
    let source = match lines.next().await {
        Some(line) => match open_target(&context, &line) {
            Ok(source) => source,
            Err(error) => return error.without_content_type().into_response(),
        },
        None => return ApiError::generic(40000, "Empty insert stream").without_content_type().into_response(),
    };
    let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(ACKS_AHEAD);
    let array = media == JSON;
    tokio::spawn(async move {
        // A closed channel means that the client went away: nobody is left to tell.
        let _ = write_rows(context, source, lines, array, sender).await;
    });
    let frames = ReceiverStream::new(receiver).map(Ok::<_, std::convert::Infallible>);
    let mut response = Response::new(Body::from_stream(frames));
    response.headers_mut().remove("content-type");
    response
}

/// Reads a refused body to its end, within bounds: a client that is still sending may otherwise see its stream reset
/// before it sees the refusal.
async fn drain(body: Body) {
    let mut left = DRAINED_BYTES_MAX;
    let mut frames = body.into_data_stream();
    let read = async {
        while let Some(Ok(bytes)) = frames.next().await {
            left = left.saturating_sub(bytes.len());
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_MAX, read).await;
}

fn open_target(context: &Shared, line: &[u8]) -> Result<Arc<DataSource>, ApiError> {
    let first: Target = serde_json::from_slice(line).map_err(|e| ApiError::generic(40000, invalid_json(line, &e)))?;
    let target = first.target.ok_or_else(|| {
        ApiError::generic(40000, "Invalid JSON in request: Missing required creator property 'target'")
    })?;
    let overrides = first.properties.unwrap_or_default().into_config(context.config())?;
    if !context.config().overridden(&overrides).bool("ksql.insert.into.values.enabled", true) {
        return Err(ApiError::generic(40000, "The server has disabled INSERT INTO ... VALUES functionality."));
    }
    let name = Name::new(folded_name(&target));
    context.engine.insert_target(&name).map_err(|e| ApiError::generic(40001, e.message))
}

async fn write_rows(
    context: Shared,
    source: Arc<DataSource>,
    mut lines: Lines,
    array: bool,
    acks: tokio::sync::mpsc::Sender<Bytes>,
) -> Result<(), tokio::sync::mpsc::error::SendError<Bytes>> {
    if array {
        acks.send(Bytes::from_static(b"[")).await?;
    }
    let mut seq = 0u64;
    while let Some(line) = lines.next().await {
        let inserted = insert(&context, &source, line).await;
        let element = match &inserted {
            Ok(()) => json!({ "seq": seq, "status": "ok" }),
            Err(error) => json!({
                "@type": "InsertError", "status": "error", "seq": seq,
                "message": error.message, "error_code": error.error_code,
            }),
        };
        let comma = if array && seq > 0 { "," } else { "" };
        let newline = if array { "" } else { "\n" };
        acks.send(Bytes::from(format!("{comma}{element}{newline}"))).await?;
        if inserted.is_err() {
            break;
        }
        seq += 1;
    }
    if array {
        acks.send(Bytes::from_static(b"]")).await?;
    }
    Ok(())
}

async fn insert(context: &Shared, source: &Arc<DataSource>, line: Bytes) -> Result<(), ApiError> {
    let row = read_row(source, &line)?;
    let (context, source) = (Arc::clone(context), Arc::clone(source));
    let written =
        tokio::task::spawn_blocking(move || context.engine.insert_row(&source.name, &row, context.now_ms())).await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(ApiError::generic(50000, error.message)),
        Err(_) => Err(ApiError::generic(50000, "Error in processing inserts. Check server logs for details.")),
    }
}

fn read_row(source: &DataSource, line: &[u8]) -> Result<RowValues, ApiError> {
    let (values, rowtime_ms) = json_row(line, &source.schema).map_err(|error| {
        let code = if matches!(error, JsonRowError::Value(JsonValueError::InsideOfValue)) { 50000 } else { 40000 };
        ApiError::generic(code, error.to_string())
    })?;
    if let Some(missing) = source.schema.key.iter().find(|key| !values.iter().any(|(name, _)| name == &key.name)) {
        let message = format!("Key field must be specified: {}", missing.name.as_str());
        return Err(ApiError::generic(40000, message));
    }
    Ok(RowValues { values, rowtime_ms })
}

/// The lines of a body as they arrive; the last one may lack its newline, blank ones are skipped.
struct Lines {
    body: BodyDataStream,
    buffer: BytesMut,
    ended: bool,
}

impl Lines {
    fn new(body: BodyDataStream) -> Self {
        Self { body, buffer: BytesMut::new(), ended: false }
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(at) = self.buffer.iter().position(|b| *b == b'\n') {
                let line = self.buffer.split_to(at + 1).freeze();
                if line.trim_ascii().is_empty() {
                    continue;
                }
                return Some(line);
            }
            if self.ended {
                let rest = self.buffer.split().freeze();
                return (!rest.trim_ascii().is_empty()).then_some(rest);
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                // A broken connection sends no more rows; those that came whole are written.
                Some(Err(_)) => {
                    self.buffer.clear();
                    self.ended = true;
                }
                None => self.ended = true,
            }
        }
    }
}
