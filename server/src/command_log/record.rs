//! The bytes of a command.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use weir_engine::Array;
use weir_engine::config::Config;
use weir_engine::engine::{EngineError, ErrorKind, LoggedChange};
use weir_engine::topic::Records;

use super::NewCommand;
use crate::properties;

/// ksqlDB's version of the layout; it refuses newer ones, and so does this server.
const VERSION: u32 = 18;
/// What stands in place of a secret, as in ksqlDB's.
const HIDDEN: &str = "[hidden]";

/// What a statement came to: replaying it needs no planning and touches no topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decision {
    pub change: LoggedChange,
    /// Queries that a PAUSE (`true`) or RESUME (`false`) named.
    #[serde(default)]
    pub paused: Vec<(String, bool)>,
}

impl From<LoggedChange> for Decision {
    fn from(change: LoggedChange) -> Self {
        Self { change, paused: Vec::new() }
    }
}

/// A command as read back.
#[derive(Clone, Debug)]
pub struct Command {
    pub command_id: String,
    pub statement: String,
    pub overrides: Config,
    /// `None`: ksqlDB wrote it.
    pub decision: Option<Decision>,
    /// The id that ksqlDB gave the statement's query.
    pub query_id: Option<String>,
    pub sequence_number: i64,
}

/// Field order as ksqlDB writes it; ours last.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    statement: &'a str,
    streams_properties: Map<String, Json>,
    original_properties: &'a BTreeMap<String, String>,
    /// ksqlDB's own plan, which nobody else makes.
    plan: Option<Json>,
    version: u32,
    weir: &'a Decision,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    statement: String,
    #[serde(default)]
    streams_properties: Map<String, Json>,
    #[serde(default)]
    plan: Option<Json>,
    #[serde(default)]
    version: Option<u32>,
    #[serde(default)]
    weir: Option<Decision>,
    /// Where the decision stood in version 1 of our own records.
    #[serde(default)]
    change: Option<LoggedChange>,
    #[serde(default)]
    paused: Vec<(String, bool)>,
}

/// The server's properties, as text and without secrets.
pub fn original_properties(config: &Config) -> BTreeMap<String, String> {
    let shown = |(name, value): (&str, &str)| {
        (name.to_string(), if properties::is_secret(name) { HIDDEN } else { value }.to_string())
    };
    config.iter().map(shown).collect()
}

pub fn encode(command: &NewCommand<'_>, original_properties: &BTreeMap<String, String>) -> Result<Records, EngineError> {
    let bug = |e: serde_json::Error| EngineError::new(ErrorKind::Bug, format!("a command does not serialise: {e}"));
    let typed = |(name, value): (&str, &str)| (name.to_string(), properties::typed(name, value));
    let written = Written {
        statement: command.statement,
        streams_properties: command.overrides.iter().map(typed).collect(),
        original_properties,
        plan: None,
        version: VERSION,
        weir: &command.decision,
    };
    let key = serde_json::to_vec(command.command_id).map_err(bug)?;
    let value = serde_json::to_vec(&written).map_err(bug)?;
    Ok(super::records(&key, &value, command.now_ms))
}

pub fn read(records: &Records, row: usize, sequence_number: i64) -> Result<Command, EngineError> {
    let corrupt = |reason: String| {
        let message = format!("the command topic cannot be read at {sequence_number}: {reason}");
        EngineError::new(ErrorKind::Bug, message)
    };
    if records.values.is_null(row) {
        return Err(corrupt("the record has no value".into()));
    }
    let found: Found = serde_json::from_slice(records.values.value(row)).map_err(|e| corrupt(e.to_string()))?;
    if let Some(version) = found.version.filter(|version| *version > VERSION) {
        return Err(corrupt(format!("the record's version is {version}, this server reads up to {VERSION}")));
    }
    let query_id = found.plan.as_ref().and_then(|plan| plan["queryPlan"]["queryId"].as_str()).map(String::from);
    let text = |value: Json| match value {
        Json::String(text) => text,
        other => other.to_string(),
    };
    let overrides = found.streams_properties.into_iter().map(|(name, value)| (name, text(value)));
    let in_version_1 = |change| Decision { change, paused: found.paused };
    Ok(Command {
        command_id: serde_json::from_slice(records.keys.value(row)).unwrap_or_default(),
        statement: found.statement,
        overrides: Config::new(overrides),
        decision: found.weir.or_else(|| found.change.map(in_version_1)),
        query_id,
        sequence_number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(overrides: &[(&str, &str)], server: &[(&str, &str)]) -> Records {
        let config = |pairs: &[(&str, &str)]| Config::new(pairs.iter().map(|(n, v)| ((*n).into(), (*v).into())));
        let command = NewCommand {
            command_id: "terminate/ALL/execute",
            statement: "TERMINATE ALL;",
            overrides: &config(overrides),
            decision: LoggedChange::Terminate { queries: vec!["Q".into()] }.into(),
            now_ms: 7,
        };
        encode(&command, &original_properties(&config(server))).expect("it serialises")
    }

    #[test]
    fn commands_have_ksqldbs_fields_in_its_order_and_ours_last() {
        let overrides = [("auto.offset.reset", "earliest"), ("num.stream.threads", "1"), ("ksql.suppress.enabled", "true")];
        let records = written(&overrides, &[("sasl.jaas.config", "x password=\"p\""), ("listeners", "http://h:1")]);
        assert_eq!(records.keys.value(0), b"\"terminate/ALL/execute\"");
        assert_eq!(
            std::str::from_utf8(records.values.value(0)).expect("text"),
            "{\"statement\":\"TERMINATE ALL;\",\"streamsProperties\":{\"auto.offset.reset\":\"earliest\",\
             \"ksql.suppress.enabled\":true,\"num.stream.threads\":1},\"originalProperties\":{\"listeners\":\"http://h:1\",\
             \"sasl.jaas.config\":\"[hidden]\"},\"plan\":null,\"version\":18,\"weir\":{\"change\":{\"change\":\"Terminate\",\
             \"queries\":[\"Q\"]},\"paused\":[]}}"
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let command = read(&written(&[("num.stream.threads", "1")], &[]), 0, 4).expect("it reads");
        assert_eq!(command.overrides.get("num.stream.threads"), Some("1"));
        assert_eq!((command.command_id.as_str(), command.sequence_number), ("terminate/ALL/execute", 4));
        assert!(matches!(command.decision.expect("ours").change, LoggedChange::Terminate { queries } if queries == ["Q"]));
    }

    #[test]
    fn ksqldbs_commands_and_our_first_layout_are_read() {
        let read_text = |value: &str| read(&super::super::records(b"\"k\"", value.as_bytes(), 0), 0, 0);
        let ksqldb = r#"{"statement":"S;","streamsProperties":{"a":1},"originalProperties":{},"version":18,
            "plan":{"queryPlan":{"queryId":"CSAS_S_7"}}}"#;
        let command = read_text(ksqldb).expect("it reads");
        assert_eq!((command.decision.is_none(), command.query_id.as_deref()), (true, Some("CSAS_S_7")));
        let first = r#"{"statement":"S;","streamsProperties":{},"originalProperties":{},"change":{"change":"Nothing"},
            "paused":[["Q",true]],"version":1}"#;
        assert_eq!(read_text(first).expect("it reads").decision.expect("ours").paused, [("Q".to_string(), true)]);
        assert!(read_text(r#"{"statement":"S;","version":19}"#).is_err());
    }
}
