//! Statements that change something: logged, applied, and answered with a command status.

use std::time::Duration;

use serde_json::{Value as Json, json};
use weir_engine::config::Config;
use weir_engine::engine::{EngineError, ErrorKind, LoggedChange, Prepared, Sandbox};
use weir_engine::metastore::QueryId;
use weir_engine::plan::StatementPlan;
use weir_parser::ast::{ParsedStatement, QuerySelector, SourceKind, Statement};

use crate::api::error::ApiError;
use crate::command_log::{Command, CommandStatus, Decision, NewCommand, Order};
use crate::context::ServerContext;
use crate::takeover;

/// Between two tries to learn what a command of ksqlDB needs to know of its topics.
const RETRY: Duration = Duration::from_secs(1);

/// Plans, logs and applies a statement.
pub fn apply(context: &ServerContext, statement: &ParsedStatement, overrides: &Config) -> Result<Json, ApiError> {
    let text = &statement.text;
    let refused = |error: EngineError| ApiError::from_engine(error, text);
    context.engine.advance_query_number(context.command_log.next_query_number());
    let prepared = context.engine.sandbox().prepare(statement, overrides).map_err(refused)?;
    if let StatementPlan::NoOp { warning } = &prepared.plan {
        return Ok(json!({
            "@type": "warning_entity", "statementText": text, "message": warning, "warnings": [],
        }));
    }
    let command_id = command_id(&statement.statement);
    let shown = shown_text(&statement.statement, &prepared);
    let command = NewCommand {
        command_id: &command_id,
        statement: &shown,
        overrides,
        decision: LoggedChange::of(&prepared).into(),
        now_ms: context.now_ms(),
    };
    let apply = || context.engine.apply(prepared);
    let (applied, sequence_number) = context.command_log.write(&command, Order::ApplyFirst, apply).map_err(refused)?;
    let status =
        CommandStatus { status: "SUCCESS", message: applied.message, query_id: applied.query_id.map(|id| id.0) };
    Ok(answer(context, &shown, &command_id, status, sequence_number))
}

fn answer(context: &ServerContext, text: &str, command_id: &str, status: CommandStatus, sequence_number: i64) -> Json {
    let entity = json!({
        "@type": "currentStatus",
        "statementText": text,
        "commandId": command_id,
        "commandStatus": status,
        "commandSequenceNumber": sequence_number,
        "warnings": [],
    });
    context.command_log.set_status(command_id, status);
    entity
}

fn kind_word(kind: SourceKind) -> &'static str {
    if kind == SourceKind::Stream { "stream" } else { "table" }
}

/// ``<type>/<entity>/<action>``: names are back-quoted in creations only.
fn command_id(statement: &Statement) -> String {
    match statement {
        Statement::CreateSource(create) => format!("{}/`{}`/create", kind_word(create.kind), create.name.as_str()),
        Statement::CreateAsSelect(create) => format!("{}/`{}`/create", kind_word(create.kind), create.name.as_str()),
        Statement::InsertInto(insert) => format!("stream/`{}`/create", insert.target.as_str()),
        Statement::DropSource(drop) => format!("{}/{}/drop", kind_word(drop.kind), drop.name.as_str()),
        Statement::AlterSource(alter) => format!("{}/{}/alter", kind_word(alter.kind), alter.name.as_str()),
        Statement::CreateType { name, .. } => format!("type/{}/create", name.as_str()),
        Statement::DropType { name, .. } => format!("type/{}/drop", name.as_str()),
        _ => "cluster/unknown/execute".into(),
    }
}

/// The text that the answer repeats: rewritten for creations; DROP loses its DELETE TOPIC.
fn shown_text(statement: &Statement, prepared: &Prepared) -> String {
    match statement {
        Statement::DropSource(drop) if drop.delete_topic => {
            let exists = if drop.if_exists { " IF EXISTS" } else { "" };
            format!("DROP {}{exists} {};", kind_word(drop.kind).to_uppercase(), drop.name)
        }
        _ => prepared.text.clone(),
    }
}

/// Checks a TERMINATE, PAUSE or RESUME and gives the persistent queries that it names.
pub fn check_control(
    context: &ServerContext,
    sandbox: &Sandbox,
    selector: &QuerySelector,
    verb: &str,
    text: &str,
) -> Result<Vec<QueryId>, ApiError> {
    if let QuerySelector::Id(name) = selector
        && name.as_str().to_ascii_lowercase().contains("transient_")
    {
        let id = name.as_str();
        let known = context.push_queries.lock().keys().any(|known| known.eq_ignore_ascii_case(id));
        return if known {
            Ok(Vec::new())
        } else {
            Err(ApiError::generic(40000, format!("Failed to {verb} query with query ID: '{id}'")))
        };
    }
    sandbox.select_queries(selector, verb).map_err(|error| ApiError::from_engine(error, text))
}

/// Stops persistent queries for good, or ends a push query.
pub fn terminate(
    context: &ServerContext,
    selector: &QuerySelector,
    text: &str,
    overrides: &Config,
) -> Result<Json, ApiError> {
    let refused = |error: EngineError| ApiError::from_engine(error, text);
    let ids = check_control(context, &context.engine.sandbox(), selector, "terminate", text)?;
    if let (QuerySelector::Id(name), true) = (selector, ids.is_empty()) {
        let id = name.as_str();
        let running = context.push_queries.lock();
        if let Some((_, query)) = running.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)) {
            query.rows.end(weir_engine::exec::EndReason::Terminated);
        }
        return Ok(json!({
            "@type": "terminate_query", "statementText": text, "queryId": id.to_uppercase(),
            "wasTerminated": true, "warnings": [],
        }));
    }
    let command_id = format!("terminate/{}/execute", entity_of(selector, &ids));
    let change = LoggedChange::Terminate { queries: ids.iter().map(|id| id.0.clone()).collect() };
    let command = NewCommand {
        command_id: &command_id,
        statement: text,
        overrides,
        decision: change.into(),
        now_ms: context.now_ms(),
    };
    let apply = || context.engine.terminate(&ids);
    let ((), sequence_number) = context.command_log.write(&command, Order::LogFirst, apply).map_err(refused)?;
    let status = CommandStatus { status: "SUCCESS", message: "Query terminated.".into(), query_id: None };
    Ok(answer(context, text, &command_id, status, sequence_number))
}

fn entity_of(selector: &QuerySelector, ids: &[QueryId]) -> String {
    match (selector, ids.first()) {
        (QuerySelector::All, _) => "ALL".into(),
        (QuerySelector::Id(_), Some(id)) => id.0.clone(),
        (QuerySelector::Id(name), None) => name.as_str().to_string(),
    }
}

/// Pauses or resumes persistent queries. A push query is accepted as well, and goes on.
pub fn pause(
    context: &ServerContext,
    selector: &QuerySelector,
    pause: bool,
    text: &str,
    overrides: &Config,
) -> Result<Json, ApiError> {
    let refused = |error: EngineError| ApiError::from_engine(error, text);
    let (verb, done) = if pause { ("pause", "Query paused.") } else { ("resume", "Query resumed.") };
    let ids = check_control(context, &context.engine.sandbox(), selector, verb, text)?;
    let command_id = format!("{verb}/{}/execute", entity_of(selector, &ids));
    let paused = ids.iter().map(|id| (id.0.clone(), pause)).collect();
    let command = NewCommand {
        command_id: &command_id,
        statement: text,
        overrides,
        decision: Decision { change: LoggedChange::Nothing, paused },
        now_ms: context.now_ms(),
    };
    let apply = || if pause { context.engine.pause(&ids) } else { context.engine.resume(&ids) };
    let ((), sequence_number) = context.command_log.write(&command, Order::LogFirst, apply).map_err(refused)?;
    let status = CommandStatus { status: "SUCCESS", message: done.into(), query_id: None };
    Ok(answer(context, text, &command_id, status, sequence_number))
}

/// Brings the node back from its command log: registers everything, then starts what still runs.
///
/// # Errors
/// When the log cannot be read. `Retry` may help, but not once anything was registered.
pub fn restore(context: &ServerContext) -> Result<(), EngineError> {
    let commands = context.command_log.read()?;
    let mut paused: Vec<String> = Vec::new();
    let mut next_number = 0;
    for command in commands {
        let sequence_number = command.sequence_number;
        restore_command(context, command, next_number, &mut paused);
        next_number = sequence_number as u64 + 1;
    }
    context.engine.advance_query_number(context.command_log.next_query_number());
    for (id, error) in context.engine.start_restored(&paused) {
        tracing::error!(query = %id, %error, "a query of the command log could not be started");
    }
    Ok(())
}

fn restore_command(context: &ServerContext, command: Command, next_number: u64, paused: &mut Vec<String>) {
    let decided = match &command.decision {
        Some(decision) => Ok(decision.clone()),
        None => taken_over(context, &command, next_number),
    };
    let decision = match decided {
        Ok(decision) => decision,
        Err(error) => {
            let (statement, number) = (&command.statement, command.sequence_number);
            tracing::warn!(number, statement, %error, "a statement of ksqlDB's command topic is left out");
            let status = CommandStatus { status: "ERROR", message: error.message, query_id: None };
            context.command_log.set_status(&command.command_id, status);
            return;
        }
    };
    let query_id = match &decision.change {
        LoggedChange::Source { query: Some(query), .. } | LoggedChange::Insert { query } => Some(query.id.clone()),
        _ => None,
    };
    context.engine.restore(decision.change, &command.overrides);
    for (id, pause) in decision.paused {
        paused.retain(|known| known != &id);
        if pause {
            paused.push(id);
        }
    }
    let status = CommandStatus { status: "SUCCESS", message: "Statement executed".into(), query_id };
    context.command_log.set_status(&command.command_id, status);
}

/// Decides upon ksqlDB's command; waits for a cluster that does not answer.
fn taken_over(context: &ServerContext, command: &Command, next_number: u64) -> Result<Decision, EngineError> {
    loop {
        match takeover::decide(context, command, next_number) {
            Err(error) if error.kind == ErrorKind::Retry && !context.readiness.is_stopping() => {
                context.readiness.waits_for(&error.message);
                std::thread::sleep(RETRY);
            }
            outcome => return outcome,
        }
    }
}
