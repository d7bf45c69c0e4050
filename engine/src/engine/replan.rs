//! Statements that were carried out elsewhere, by ksqlDB, are planned once more for what they left behind.

use weir_parser::ast::{CreateAsSelect, Literal, ParsedStatement, Properties, SourceKind, Statement};

use super::error::ErrorKind;
use super::{Engine, EngineError, LoggedChange};
use crate::config::Config;
use crate::topic::{CleanupPolicy, TopicSpec};

impl Engine {
    /// The effect of a statement as ksqlDB logged it, its query numbered `query_number`. Its topics were made then, and may be gone
    /// or have been changed by now.
    ///
    /// # Errors
    /// Statements that cannot be planned; `ErrorKind::Retry` when topics cannot be asked for.
    pub fn replan(
        &self,
        statement: &ParsedStatement,
        overrides: &Config,
        query_number: u64,
    ) -> Result<LoggedChange, EngineError> {
        if let Statement::DropSource(drop) = &statement.statement {
            let metastore = self.metastore();
            return match metastore.source(&drop.name) {
                Some(source) => Ok(LoggedChange::Drop {
                    source: drop.name.clone(),
                    terminate: source.created_by.as_ref().map(|id| id.0.clone()),
                }),
                None if drop.if_exists => Ok(LoggedChange::Nothing),
                None => Err(EngineError::statement(format!("Source {} does not exist.", drop.name))),
            };
        }
        let asked = ParsedStatement { text: statement.text.clone(), statement: as_asked(&statement.statement) };
        let prepare = |assumed: Option<Option<TopicSpec>>| {
            let mut sandbox = self.sandbox();
            sandbox.number_queries_from(query_number);
            if let Some(own) = assumed {
                sandbox.assume_topics(own);
            }
            sandbox.prepare(&asked, overrides)
        };
        let prepared = match prepare(None) {
            Err(error) if error.kind != ErrorKind::Retry => {
                // With the topics as they must have been.
                prepare(Some(own_topic(&statement.statement)))?
            }
            outcome => outcome?,
        };
        Ok(LoggedChange::of(&prepared))
    }
}

/// The statement without what ksqlDB writes into its text and takes from nobody.
fn as_asked(statement: &Statement) -> Statement {
    let mut asked = statement.clone();
    match &mut asked {
        Statement::CreateSource(create) => remove(&mut create.properties, "CLEANUP_POLICY"),
        Statement::CreateAsSelect(create) => {
            remove(&mut create.properties, "CLEANUP_POLICY");
            if create.kind == SourceKind::Table && create.query.window.is_none() {
                remove(&mut create.properties, "RETENTION_MS");
            }
        }
        _ => {}
    }
    asked
}

fn remove(properties: &mut Properties, name: &str) {
    properties.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
}

/// The sink's topic as ksqlDB wrote it into the text.
fn own_topic(statement: &Statement) -> Option<TopicSpec> {
    let Statement::CreateAsSelect(CreateAsSelect { properties, .. }) = statement else { return None };
    let number = |name: &str| match properties.get(name)? {
        Literal::Integer(n) => Some(i64::from(*n)),
        Literal::BigInt(n) => Some(*n),
        _ => None,
    };
    let Literal::String(name) = properties.get("KAFKA_TOPIC")? else { return None };
    Some(TopicSpec {
        name: name.clone(),
        partitions: number("PARTITIONS").and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
        replicas: number("REPLICAS").and_then(|n| u16::try_from(n).ok()).unwrap_or(1),
        cleanup: CleanupPolicy::Delete,
        // A windowed table's is longer than the text says.
        retention_ms: None,
        kafka_configs: &[],
    })
}
