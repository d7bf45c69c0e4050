//! Why a task cannot go on. A bad record never gets here: it goes to the processing log.

use crate::expr::ExpressionError;
use crate::formats::UnsupportedSchema;
use crate::state::StateError;
use crate::topic::TopicError;

/// Stops the query's step; the driver drops uncommitted work and tries again later.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The plan asks for something that cannot run: the planner or an older version made it.
    #[error("the query cannot run: {0}")]
    Plan(String),
    /// A record that stops the query, because ksqlDB's rules or a setting say so.
    #[error("{0}")]
    Record(String),
    #[error(transparent)]
    State(#[from] StateError),
    #[error(transparent)]
    Topic(#[from] TopicError),
}

impl TaskError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        TaskError::State(StateError::Corrupt(what.into()))
    }
}

impl From<ExpressionError> for TaskError {
    fn from(error: ExpressionError) -> Self {
        TaskError::Plan(error.message)
    }
}

impl From<UnsupportedSchema> for TaskError {
    fn from(error: UnsupportedSchema) -> Self {
        TaskError::Plan(error.0)
    }
}
