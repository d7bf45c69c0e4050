//! Executes the statements of a `/ksql` request: all are parsed, tried on a scratch copy, then executed in order.
//!
//! `entity` gives the JSON shapes; one file per family of statements. Follows rest-api reference 3 and recorded/NOTES.md.

mod assert;
mod change;
mod describe;
mod entity;
mod explain;
mod list;
mod session;

use serde_json::Value as Json;
use weir_engine::config::Config;
use weir_engine::engine::{EngineError, Sandbox};
use weir_parser::ast::{ParsedStatement, Query, Statement};

use crate::api::Shared;
use crate::api::error::ApiError;
use crate::context::ServerContext;

pub use change::restore;
pub use session::Session;

/// Executes a request's text. Gives the entities of the answer.
///
/// # Errors
/// The first statement that does not parse, does not pass on the scratch copy, or fails while it is executed. In the
/// first two cases nothing was executed.
pub fn execute(context: &Shared, text: &str, mut session: Session) -> Result<Vec<Json>, ApiError> {
    let statements = session.parse(text, context.config())?;
    let _turn = statements.iter().any(|one| is_change(&one.statement)).then(|| context.statement_turn.lock());
    let mut trial = session.clone();
    let mut sandbox = context.engine.sandbox();
    for statement in &statements {
        check(context, statement, &mut trial, &mut sandbox)?;
    }
    let mut entities = Vec::new();
    for statement in &statements {
        context.metrics.statements.inc();
        entities.extend(run(context, statement, &mut session)?);
    }
    Ok(entities)
}

/// Whether a statement goes into the command log. The others need not wait for a cluster that is slow to take one.
fn is_change(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::CreateSource(_)
            | Statement::CreateAsSelect(_)
            | Statement::InsertInto(_)
            | Statement::DropSource(_)
            | Statement::AlterSource(_)
            | Statement::CreateType { .. }
            | Statement::DropType { .. }
            | Statement::Terminate(_)
            | Statement::Pause(_)
            | Statement::Resume(_)
    )
}

/// Tries a statement on the scratch copy.
fn check(
    context: &ServerContext,
    statement: &ParsedStatement,
    session: &mut Session,
    sandbox: &mut Sandbox,
) -> Result<(), ApiError> {
    let text = &statement.text;
    let in_statement = |error: EngineError| ApiError::from_engine(error, text);
    match &statement.statement {
        Statement::Query(query) => Err(refused_query(sandbox, query, text, session)),
        Statement::Print(_) => Err(wrong_endpoint(text)),
        Statement::InsertValues(insert) => {
            check_inserts_enabled(context, &session.overrides)?;
            context.engine.check_insert(sandbox.metastore(), insert).map(drop).map_err(in_statement)
        }
        Statement::SetProperty { name, value } => session.set(name, value, text, context.config()),
        Statement::UnsetProperty { name } => session.unset(name, text),
        Statement::Define { name, value } => {
            session.variables.define(name, value.clone());
            Ok(())
        }
        Statement::Undefine { name } => {
            session.variables.undefine(name);
            Ok(())
        }
        Statement::Terminate(selector) => {
            change::check_control(context, sandbox, selector, "terminate", text).map(|ids| sandbox.terminate(&ids))
        }
        Statement::Pause(selector) => change::check_control(context, sandbox, selector, "pause", text).map(drop),
        Statement::Resume(selector) => change::check_control(context, sandbox, selector, "resume", text).map(drop),
        Statement::CreateSource(_)
        | Statement::CreateAsSelect(_)
        | Statement::InsertInto(_)
        | Statement::DropSource(_)
        | Statement::AlterSource(_)
        | Statement::CreateType { .. }
        | Statement::DropType { .. } => {
            let prepared = sandbox.prepare(statement, &session.overrides).map_err(in_statement)?;
            if prepared.query().is_some() { sandbox.check_query_limit().map_err(in_statement) } else { Ok(()) }
        }
        Statement::Describe(describe) => describe::check(context, sandbox.metastore(), describe, text),
        Statement::Explain(explain) => explain::check(sandbox, explain, &session.overrides, text),
        _ => Ok(()),
    }
}

/// A SELECT belongs to the query endpoints; ksqlDB looks up its sources before it says so.
fn refused_query(sandbox: &Sandbox, query: &Query, text: &str, session: &Session) -> ApiError {
    match sandbox.plan_push(query, text, &session.overrides, 0) {
        Err(error) if error.message.starts_with("Exception while preparing statement") => {
            ApiError::from_engine(error, text)
        }
        _ => wrong_endpoint(text),
    }
}

fn wrong_endpoint(text: &str) -> ApiError {
    ApiError::statement(
        40002,
        "The following statement types should be issued to the websocket endpoint '/query':\n\t* PRINT\n\t* SELECT",
        text,
    )
}

fn check_inserts_enabled(context: &ServerContext, overrides: &Config) -> Result<(), ApiError> {
    if context.config().overridden(overrides).bool("ksql.insert.into.values.enabled", true) {
        return Ok(());
    }
    Err(ApiError::generic(40000, "The server has disabled INSERT INTO ... VALUES functionality."))
}

/// Executes one statement; `None`: it has no entity.
fn run(context: &Shared, statement: &ParsedStatement, session: &mut Session) -> Result<Option<Json>, ApiError> {
    let text = &statement.text;
    match &statement.statement {
        Statement::InsertValues(insert) => context
            .engine
            .insert_values(insert, context.now_ms())
            .map(|()| None)
            .map_err(|error| ApiError::from_engine(error, text)),
        Statement::SetProperty { name, value } => session.set(name, value, text, context.config()).map(|()| None),
        Statement::UnsetProperty { name } => session.unset(name, text).map(|()| None),
        Statement::Define { name, value } => {
            session.variables.define(name, value.clone());
            Ok(None)
        }
        Statement::Undefine { name } => Ok(session.undefine(name, text)),
        Statement::Terminate(selector) => change::terminate(context, selector, text, &session.overrides).map(Some),
        Statement::Pause(selector) => change::pause(context, selector, true, text, &session.overrides).map(Some),
        Statement::Resume(selector) => change::pause(context, selector, false, text, &session.overrides).map(Some),
        Statement::CreateSource(_)
        | Statement::CreateAsSelect(_)
        | Statement::InsertInto(_)
        | Statement::DropSource(_)
        | Statement::AlterSource(_)
        | Statement::CreateType { .. }
        | Statement::DropType { .. } => change::apply(context, statement, &session.overrides).map(Some),
        Statement::List(what) => list::list(context, what, session, text).map(Some),
        Statement::Describe(what) => describe::describe(context, what, text).map(Some),
        Statement::Explain(what) => explain::explain(context, what, &session.overrides, text).map(Some),
        Statement::Assert(what) => assert::assert(context, what, text).map(Some),
        Statement::AlterSystem { name, .. } => Err(no_alter_system(context, name, text)),
        Statement::CreateConnector { .. } | Statement::DropConnector { .. } => Err(no_connect(context, text)),
        Statement::RunScript { .. } => {
            Err(ApiError::statement(40001, "RUN SCRIPT is executed by the shell, not by the server.", text))
        }
        Statement::Query(_) | Statement::Print(_) => Err(wrong_endpoint(text)),
    }
}

/// Queries share nothing that a statement could alter for all of them.
fn no_alter_system(context: &ServerContext, name: &str, text: &str) -> ApiError {
    let reason = if context.config().bool("ksql.runtime.feature.shared.enabled", false) {
        format!("'{name}' is not altered while the server runs. Set it in the server's properties and restart.")
    } else {
        "Cannot alter system configs when KSQL_SHARED_RUNTIME_ENABLED is turned off.".to_string()
    };
    let message = format!("Could not write the statement '{text}' into the command topic.\nCaused by: {reason}");
    ApiError::statement(50000, message, text)
}

/// There is no Connect cluster to ask.
fn no_connect(context: &ServerContext, text: &str) -> ApiError {
    let url = context.config().get("ksql.connect.url").unwrap_or("http://localhost:8083");
    ApiError::statement(
        50000,
        format!(
            "Connect to {url} failed: Connection refused\nCaused by: Could not connect to the server. Please check the server details are correct and that the server is running."
        ),
        text,
    )
}
