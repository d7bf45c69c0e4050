//! Error answers: one table from the engine's error kinds to ksqlDB's HTTP status, code and shape.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use weir_engine::engine::{EngineError, ErrorKind};

/// An error answer. Keys are written in the order that clients rely on.
#[derive(Clone, Debug, Serialize)]
pub struct ApiError {
    #[serde(skip)]
    pub status: StatusCode,
    #[serde(rename = "@type")]
    pub kind: &'static str,
    pub error_code: u32,
    pub message: String,
    #[serde(rename = "statementText", skip_serializing_if = "Option::is_none")]
    pub statement_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entities: Option<[(); 0]>,
    /// ksqlDB labels only errors of the old-style endpoints as JSON (recorded/NOTES.md).
    #[serde(skip)]
    pub with_content_type: bool,
}

impl ApiError {
    pub fn generic(error_code: u32, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16((error_code / 100) as u16).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            status,
            kind: "generic_error",
            error_code,
            message: message.into(),
            statement_text: None,
            entities: None,
            with_content_type: true,
        }
    }

    pub fn statement(error_code: u32, message: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            kind: "statement_error",
            statement_text: Some(text.into()),
            entities: Some([]),
            ..Self::generic(error_code, message)
        }
    }

    pub fn without_content_type(self) -> Self {
        Self { with_content_type: false, ..self }
    }

    /// The answer for an engine error raised by a statement whose text (as sent) is `text`.
    pub fn from_engine(error: EngineError, text: &str) -> Self {
        let shown = error.statement_text.clone().unwrap_or_else(|| text.to_string());
        match error.kind {
            ErrorKind::Statement => Self::statement(40001, error.message, shown),
            ErrorKind::Execution => Self::statement(50000, error.message, shown),
            ErrorKind::Request => Self::generic(40000, error.message),
            ErrorKind::Assertion => Self::generic(41700, error.message),
            ErrorKind::Precondition => Self::generic(42801, error.message),
            ErrorKind::Retry | ErrorKind::Bug => Self::generic(50000, error.message),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        response.headers_mut().remove("content-type");
        if self.with_content_type {
            response.headers_mut().insert("content-type", axum::http::HeaderValue::from_static("application/json"));
        }
        response
    }
}
