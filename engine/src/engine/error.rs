//! Why the engine refused or failed something, by who must act. The server maps kinds to ksqlDB's error codes.

use weir_parser::span::Span;

/// Who must act, and in which of ksqlDB's two error shapes the answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The user's statement; answered as `statement_error`.
    Statement,
    /// The user's request or its target; answered as `generic_error`.
    Request,
    /// An ASSERT that does not hold.
    Assertion,
    /// Something the statement needs is not configured (a schema registry).
    Precondition,
    /// A statement that cannot be carried out; answered as `statement_error` with a server status.
    Execution,
    /// Storage or runtime trouble; a retry may help.
    Retry,
    /// A defect of the engine.
    Bug,
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    pub kind: ErrorKind,
    pub message: String,
    /// The statement text that the answer repeats, where it is not the text as sent.
    pub statement_text: Option<String>,
    pub span: Option<Span>,
}

impl EngineError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), statement_text: None, span: None }
    }
    pub fn statement(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Statement, message)
    }
    pub fn request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Request, message)
    }
    pub fn with_text(self, text: impl Into<String>) -> Self {
        Self { statement_text: Some(text.into()), ..self }
    }
}

impl From<crate::topic::TopicError> for EngineError {
    fn from(error: crate::topic::TopicError) -> Self {
        use crate::topic::TopicError as E;
        let kind = match &error {
            E::UnknownTopic(_) | E::TopicExists(_) | E::InvalidName(_) | E::UnknownPartition { .. } | E::Refused(_) => {
                ErrorKind::Request
            }
            E::Storage(_) | E::Unavailable(_) | E::Fenced(_) => ErrorKind::Retry,
            E::Corrupt(_) => ErrorKind::Bug,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<crate::state::StateError> for EngineError {
    fn from(error: crate::state::StateError) -> Self {
        Self::new(ErrorKind::Retry, error.to_string())
    }
}

impl From<crate::analyzer::AnalysisError> for EngineError {
    fn from(error: crate::analyzer::AnalysisError) -> Self {
        use crate::analyzer::{AnalysisErrorKind, RepeatedText};
        let kind = match error.kind {
            AnalysisErrorKind::Statement => ErrorKind::Statement,
            AnalysisErrorKind::Request => ErrorKind::Request,
            AnalysisErrorKind::Precondition => ErrorKind::Precondition,
            AnalysisErrorKind::Execution => ErrorKind::Execution,
        };
        let statement_text = match error.repeats {
            RepeatedText::AsSent => None,
            RepeatedText::Rewritten(text) | RepeatedText::Fragment(text) => Some(text),
        };
        Self { kind, message: error.message, statement_text, span: error.span }
    }
}
