//! `/query-stream` and `/query`: push queries, pull queries and PRINT, answered row by row.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::Stream;
use serde::Deserialize;
use weir_engine::config::Config;
use weir_engine::engine::{EngineError, PullAnswer, PushQuery};
use weir_engine::exec::{EndReason, Next, ResultRows};
use weir_parser::ast::{ParsedStatement, Query, Statement};

use super::Shared;
use super::error::ApiError;
use super::framing::{AnswerKind, Framer, Framing};
use super::negotiation::{DELIMITED, JSON, V1_JSON, choose, not_found};
use super::print;
use super::request::{Overrides, json_body, one_statement};
use crate::context::{RunningPushQuery, ServerContext};

#[derive(Deserialize)]
struct QueryStreamBody {
    sql: Option<String>,
    #[serde(default)]
    properties: Option<Overrides>,
    #[serde(default, rename = "sessionVariables")]
    session_variables: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Deserialize)]
struct KsqlBody {
    #[serde(default)]
    ksql: Option<String>,
    #[serde(default, rename = "streamsProperties")]
    streams_properties: Option<Overrides>,
    #[serde(default, rename = "sessionVariables")]
    session_variables: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Which of the two endpoints was asked; they differ in defaults and error shapes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    QueryStream,
    Query,
}

impl Endpoint {
    /// `/query` labels what fails while preparing a statement as JSON, `/query-stream` labels no error (recorded/NOTES.md).
    fn preparing(self, error: ApiError) -> ApiError {
        if self == Endpoint::Query { error } else { error.without_content_type() }
    }
}

pub async fn query_stream(State(context): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(media) = choose(&headers, &[DELIMITED, JSON, V1_JSON], DELIMITED) else { return not_found() };
    let body: QueryStreamBody = match json_body(&body) {
        Ok(body) => body,
        Err(error) => return respond(error.without_content_type()),
    };
    let Some(sql) = body.sql else {
        return respond(
            ApiError::generic(40000, "Invalid JSON in request: Missing required creator property 'sql'")
                .without_content_type(),
        );
    };
    let asked = Asked { sql, overrides: body.properties, variables: body.session_variables, media };
    answer(context, Endpoint::QueryStream, asked).await
}

pub async fn query(State(context): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(media) = choose(&headers, &[DELIMITED, V1_JSON, JSON], V1_JSON) else { return not_found() };
    let body: KsqlBody = match json_body(&body) {
        Ok(body) => body,
        Err(error) => return respond(error.without_content_type()),
    };
    let sql = body.ksql.unwrap_or_default();
    if sql.trim().is_empty() {
        return respond(ApiError::generic(40000, "\"ksql\" field must be populated"));
    }
    // On this endpoint plain JSON is a name for StreamedRows.
    let media = if media == JSON { V1_JSON } else { media };
    let asked = Asked { sql, overrides: body.streams_properties, variables: body.session_variables, media };
    answer(context, Endpoint::Query, asked).await
}

struct Asked {
    sql: String,
    overrides: Option<Overrides>,
    variables: Option<serde_json::Map<String, serde_json::Value>>,
    media: &'static str,
}

fn respond(error: ApiError) -> Response {
    axum::response::IntoResponse::into_response(error)
}

/// Where topics are a cluster's, starting a query waits for it, which a thread that serves requests must not.
async fn answer(context: Shared, endpoint: Endpoint, asked: Asked) -> Response {
    if context.kafka.is_none() {
        return answer_now(context, endpoint, asked);
    }
    let answered = tokio::task::spawn_blocking(move || answer_now(context, endpoint, asked)).await;
    answered
        .unwrap_or_else(|_| respond(ApiError::generic(50000, "The server encountered an internal error; see its log.")))
}

fn answer_now(context: Shared, endpoint: Endpoint, asked: Asked) -> Response {
    let (overrides, statement) = match prepared(&context, endpoint, &asked) {
        Ok(prepared) => prepared,
        Err(error) => return respond(endpoint.preparing(error)),
    };
    match &statement.statement {
        Statement::Query(query) => {
            let answered = select(&context, query, &statement.text, &overrides, asked.media);
            answered.unwrap_or_else(|error| respond(refused(endpoint, error, &statement.text)))
        }
        Statement::Print(print) => {
            let unmigrated = endpoint == Endpoint::Query;
            print::answer(context, print.clone(), asked.media, unmigrated)
        }
        _ if endpoint == Endpoint::Query => respond(ApiError::generic(
            40000,
            "Statement type `io.confluent.ksql.parser.KsqlParser$PreparedStatement' not supported for this resource",
        )),
        _ => respond(
            ApiError::statement(
                40001,
                format!("Neither a query nor a print statement\nStatement: {}", asked.sql),
                statement.text.clone(),
            )
            .without_content_type(),
        ),
    }
}

/// The properties and the statement. `/query-stream` does not mind properties that the query has no use for: unknown ones,
/// and in pull queries wrong values (recorded/NOTES.md).
fn prepared(context: &Shared, endpoint: Endpoint, asked: &Asked) -> Result<(Config, ParsedStatement), ApiError> {
    let checked = asked.overrides.clone().unwrap_or_default().check(context.config())?;
    let is_lenient = endpoint == Endpoint::QueryStream;
    if let Some(error) = checked.unknown.filter(|_| !is_lenient) {
        return Err(error);
    }
    let statement = one_statement(&asked.sql, asked.variables.as_ref(), context.config())?;
    let is_pull = matches!(&statement.statement, Statement::Query(query) if query.emit.is_none());
    match checked.wrong {
        Some(error) if !(is_lenient && is_pull) => Err(error),
        _ => Ok((checked.config, statement)),
    }
}

/// An error found while planning or starting a query.
fn refused(endpoint: Endpoint, error: EngineError, text: &str) -> ApiError {
    let unknown_source = error.message.contains("does not exist.");
    let error = ApiError::from_engine(error, text);
    if unknown_source { endpoint.preparing(error) } else { error.without_content_type() }
}

fn select(
    context: &Shared,
    query: &Query,
    text: &str,
    overrides: &Config,
    media: &'static str,
) -> Result<Response, EngineError> {
    let framing = Framing::of(media);
    if query.emit.is_some() {
        let push = context.engine.push(query, text, overrides, context.random())?;
        return Ok(stream_answer(context, push, framing, media));
    }
    match context.engine.pull(query, text, overrides, context.random())? {
        PullAnswer::Scan(scan) => Ok(stream_answer(context, scan, framing, media)),
        PullAnswer::Rows { columns, batches } => {
            context.metrics.pull_queries.inc();
            let framer = Framer::new(framing, AnswerKind::Pull, columns);
            let mut frames = vec![framer.header(&format!("query_{}", context.now_ms()))];
            for columns in batches {
                let rows = columns.first().map_or(0, arrow_len);
                frames.extend(framer.rows(&ResultRows { columns, tombstones: None, rows }));
            }
            frames.extend(framer.end(None));
            Ok(body_response(media, pull_body(framing, frames)))
        }
    }
}

fn arrow_len(array: &weir_engine::ArrayRef) -> usize {
    array.len()
}

/// A pull answer is complete: lines must still leave one per frame in the delimited framing, where clients parse frames.
fn pull_body(framing: Framing, frames: Vec<Bytes>) -> Body {
    if framing == Framing::Delimited {
        return Body::from_stream(futures_util::stream::iter(
            frames.into_iter().map(Ok::<_, std::convert::Infallible>),
        ));
    }
    Body::from(frames.concat())
}

fn body_response(media: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

fn stream_answer(context: &Shared, push: PushQuery, framing: Framing, media: &'static str) -> Response {
    let id = push.plan.id.clone();
    let running = RunningPushQuery { plan: Arc::clone(&push.plan), rows: push.subscription.clone() };
    context.push_queries.lock().insert(id.clone(), running);
    context.metrics.push_queries.inc();
    let framer = Framer::new(framing, AnswerKind::Push, push.plan.output_columns.clone());
    let mut frames = vec![framer.header(&id)];
    frames.reverse();
    let stream =
        AnswerStream { context: Arc::clone(context), id, push, framer, frames, ended: false, asked_to_wake: false };
    body_response(media, Body::from_stream(stream))
}

/// The body of a push query's answer. The query ends when this is dropped.
struct AnswerStream {
    context: Arc<ServerContext>,
    id: String,
    push: PushQuery,
    framer: Framer,
    /// Frames still to be sent, last first.
    frames: Vec<Bytes>,
    ended: bool,
    /// The queue was asked to wake this task, and looked at once more after that.
    asked_to_wake: bool,
}

impl Drop for AnswerStream {
    fn drop(&mut self) {
        self.context.push_queries.lock().remove(&self.id);
    }
}

impl Stream for AnswerStream {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(frame) = self.frames.pop() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match self.push.subscription.try_next() {
                Next::Rows(batch) => {
                    let mut frames = self.framer.rows(&batch);
                    frames.reverse();
                    self.frames = frames;
                }
                Next::Empty if self.asked_to_wake => {
                    self.asked_to_wake = false;
                    return Poll::Pending;
                }
                Next::Empty => {
                    // Rows may come between the look and the request to be woken: look once more.
                    let waker = task.waker().clone();
                    self.push.subscription.on_rows(Arc::new(move || waker.wake_by_ref()));
                    self.asked_to_wake = true;
                }
                Next::End(end) => {
                    self.ended = true;
                    let last = self.last_frame(&end);
                    self.frames.extend(last);
                }
            }
        }
    }
}

impl AnswerStream {
    fn last_frame(&self, end: &EndReason) -> Option<Bytes> {
        match end {
            EndReason::Limit => self.framer.end(Some("Limit Reached")),
            EndReason::Completed | EndReason::Terminated => self.framer.end(Some("Query Completed")),
            EndReason::Failed(reason) => Some(self.framer.error(&ApiError::generic(50000, reason.clone()))),
        }
    }
}
