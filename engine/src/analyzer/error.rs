//! Why a statement was refused, in ksqlDB's words, and what the answer repeats of the statement.

use weir_parser::span::Span;

/// Who must act, and in which of ksqlDB's error shapes the answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnalysisErrorKind {
    /// The user can change the statement: `statement_error` 40001.
    Statement,
    /// Likewise, but ksqlDB answers without the statement's text: `generic_error` 40000.
    Request,
    /// Something the statement needs is not configured (a schema registry): `generic_error` 42801.
    Precondition,
    /// ksqlDB fails while it carries the statement out: `statement_error` 50000.
    Execution,
}

/// The text that an error's answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepeatedText {
    /// The statement as it was sent.
    AsSent,
    /// The statement in canonical form with its injected properties.
    Rewritten(String),
    /// Only the part that is wrong.
    Fragment(String),
}

/// A refused statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AnalysisError {
    pub kind: AnalysisErrorKind,
    /// ksqlDB's text, with prefixes and place.
    pub message: String,
    pub repeats: RepeatedText,
    /// Where in the statement's text.
    pub span: Option<Span>,
}

impl AnalysisError {
    pub fn new(kind: AnalysisErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), repeats: RepeatedText::AsSent, span: None }
    }
    pub fn statement(message: impl Into<String>) -> Self {
        Self::new(AnalysisErrorKind::Statement, message)
    }
    pub fn request(message: impl Into<String>) -> Self {
        Self::new(AnalysisErrorKind::Request, message)
    }
    pub fn execution(message: impl Into<String>) -> Self {
        Self::new(AnalysisErrorKind::Execution, message)
    }
    /// An error with its place: `Line: l, Col: c: message`.
    pub fn at(span: Span, message: impl AsRef<str>) -> Self {
        let message = format!("Line: {}, Col: {}: {}", span.line, span.column, message.as_ref());
        Self { span: Some(span), ..Self::statement(message) }
    }
    /// An error about an expression of the statement.
    pub fn about(fragment: impl ToString, message: impl Into<String>) -> Self {
        Self { repeats: RepeatedText::Fragment(fragment.to_string()), ..Self::statement(message) }
    }
    /// A valid statement that cannot be run by this version.
    pub fn not_supported_yet(what: &str) -> Self {
        Self::statement(format!("{what} not supported yet."))
    }

    pub fn with_text(self, text: impl Into<String>) -> Self {
        Self { repeats: RepeatedText::Rewritten(text.into()), ..self }
    }

    /// Found while the statement's tree is built or its columns are qualified.
    pub fn failed_to_prepare(self) -> Self {
        self.prefixed("Failed to prepare statement: ")
    }

    /// Found while sources are looked up.
    pub fn exception_while_preparing(self) -> Self {
        self.prefixed("Exception while preparing statement: ")
    }

    fn prefixed(self, prefix: &str) -> Self {
        Self { message: format!("{prefix}{}", self.message), ..self }
    }

    /// Found while the schema of a CSAS or CTAS is determined: the answer repeats the rewritten statement. An error about
    /// an expression names that in its message.
    pub fn in_output_schema(self, rewritten: &str) -> Self {
        if self.kind != AnalysisErrorKind::Statement || self.is_found_late() {
            return self;
        }
        let named = self.with_fragment_in_message();
        named.prefixed("Could not determine output schema for query due to error: ").with_text(rewritten)
    }

    /// Found while a push query is planned.
    pub fn in_push_query(self) -> Self {
        let repeats = self.repeats.clone();
        Self { repeats, ..self.with_fragment_in_message() }
    }

    /// Found while a pull query is planned: both the expression and the whole text are named.
    pub fn in_pull_query(self, text: &str) -> Self {
        if !matches!(self.repeats, RepeatedText::Fragment(_)) {
            return self;
        }
        let named = self.with_fragment_in_message();
        Self { message: format!("{}\nStatement: {text}", named.message), repeats: RepeatedText::AsSent, ..named }
    }

    /// ksqlDB compiles predicates only when the query is built, after the schema was determined.
    fn is_found_late(&self) -> bool {
        self.message.starts_with("Invalid Predicate: ")
    }

    fn with_fragment_in_message(self) -> Self {
        match &self.repeats {
            RepeatedText::Fragment(fragment) => {
                Self { message: format!("{}\nStatement: {fragment}", self.message), ..self }
            }
            _ => self,
        }
    }
}
