//! Commands that ksqlDB wrote: their texts are planned anew, as its plans are not ours. Queries keep the ids that it gave them, so
//! that they go on at the offsets of its consumer groups.

use weir_engine::engine::{EngineError, LoggedChange};
use weir_parser::VariableMap;
use weir_parser::ast::{QuerySelector, Statement};

use crate::command_log::{Command, Decision};
use crate::context::ServerContext;

/// What ksqlDB's command comes to here.
///
/// # Errors
/// Statements that this engine does not plan; `ErrorKind::Retry` when the cluster does not answer.
pub fn decide(context: &ServerContext, command: &Command, next_number: u64) -> Result<Decision, EngineError> {
    let mut statements = weir_parser::parse_script(&command.statement, &VariableMap::default())
        .map_err(|e| EngineError::statement(e.to_string()))?;
    let statement = match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => statement,
        _ => return Err(EngineError::statement("the record does not hold one statement")),
    };
    let engine = &context.engine;
    let named = |selector: &QuerySelector, verb| engine.select_queries(selector, verb);
    let paused = |selector: &QuerySelector, verb, pause| {
        let ids = named(selector, verb)?;
        Ok(Decision { change: LoggedChange::Nothing, paused: ids.into_iter().map(|id| (id.0, pause)).collect() })
    };
    match &statement.statement {
        Statement::Terminate(selector) => {
            let queries = named(selector, "terminate")?.into_iter().map(|id| id.0).collect();
            Ok(LoggedChange::Terminate { queries }.into())
        }
        Statement::Pause(selector) => paused(selector, "pause", true),
        Statement::Resume(selector) => paused(selector, "resume", false),
        _ => {
            let number = command.query_id.as_deref().and_then(number_of).unwrap_or(next_number);
            engine.replan(&statement, &command.overrides, number).map(Decision::from)
        }
    }
}

/// The number at the end of a query id. Ids that a statement gave itself have none that matters.
fn number_of(query_id: &str) -> Option<u64> {
    query_id.rsplit_once('_')?.1.parse().ok()
}
