//! The command log: every statement that changed something, as one record of the command topic, in order.
//!
//! Record key: the command id as a JSON string; value: JSON with the statement's text, the session's and the server's
//! properties and the change itself (`LoggedChange`). Follows runtime reference 8.3.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use weir_engine::config::Config;
use weir_engine::engine::{EngineError, ErrorKind, LoggedChange};
use weir_engine::topic::{CleanupPolicy, Partition, Records, TopicError, TopicPartition, TopicSpec, Topics};
use weir_engine::{Array, BinaryArray, Int64Array};

/// Version of the record's layout.
const VERSION: u32 = 1;
/// Records read at once while restoring.
const FETCH_ROWS: usize = 1_000;
/// Longest wait for records before looking again.
const POLL: Duration = Duration::from_millis(20);

/// How a command ended.
#[derive(Clone, Debug, Serialize)]
pub struct CommandStatus {
    pub status: &'static str,
    pub message: String,
    #[serde(rename = "queryId")]
    pub query_id: Option<String>,
}

/// One record of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    pub statement: String,
    pub streams_properties: BTreeMap<String, String>,
    pub original_properties: BTreeMap<String, String>,
    pub change: LoggedChange,
    /// Queries that a PAUSE (`true`) or RESUME (`false`) named.
    #[serde(default)]
    pub paused: Vec<(String, bool)>,
    pub version: u32,
    #[serde(skip)]
    pub command_id: String,
}

pub struct CommandLog {
    topics: Arc<dyn Topics>,
    partition: TopicPartition,
    original_properties: BTreeMap<String, String>,
    state: Mutex<LogState>,
}

#[derive(Default)]
struct LogState {
    /// Commands written so far.
    commands: i64,
    statuses: BTreeMap<String, CommandStatus>,
}

fn properties(config: &Config) -> BTreeMap<String, String> {
    config.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

impl CommandLog {
    /// Opens the command topic of the service, creating it when it is missing.
    pub fn open(topics: Arc<dyn Topics>, config: &Config) -> Result<Self, EngineError> {
        let service_id = config.get("ksql.service.id").unwrap_or("default_");
        let name = format!("_confluent-ksql-{service_id}_command_topic");
        let spec = TopicSpec {
            name: name.clone(),
            partitions: 1,
            replicas: 1,
            cleanup: CleanupPolicy::Delete,
            retention_ms: Some(-1),
            kafka_configs: &[("min.insync.replicas", "1"), ("unclean.leader.election.enable", "false")],
        };
        match topics.create(&spec) {
            Ok(()) | Err(TopicError::TopicExists(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let partition = TopicPartition { topic: name.into(), partition: Partition(0) };
        Ok(Self { topics, partition, original_properties: properties(config), state: Mutex::default() })
    }

    /// All commands in order.
    pub fn read(&self) -> Result<Vec<Command>, EngineError> {
        let mut commands = Vec::new();
        let range = self.topics.offsets(&self.partition)?;
        let mut offset = range.start;
        while offset < range.end {
            let fetched = self.topics.read(&self.partition, offset, FETCH_ROWS, POLL)?;
            offset = fetched.next_offset;
            for row in 0..fetched.records.len() {
                commands.push(read_command(&fetched.records, row)?);
            }
        }
        self.state.lock().commands = commands.len() as i64;
        Ok(commands)
    }

    /// The sequence number that the next command gets: 0, 2, 4, ... as transaction markers take the odd ones.
    pub fn next_sequence_number(&self) -> i64 {
        self.state.lock().commands * 2
    }

    /// The sequence number of the last command; -1 when there is none.
    pub fn last_sequence_number(&self) -> i64 {
        self.next_sequence_number() - 2
    }

    /// Writes a command; durable when it returns. Gives its sequence number.
    pub fn append(
        &self,
        command_id: &str,
        statement: &str,
        overrides: &Config,
        change: LoggedChange,
        paused: Vec<(String, bool)>,
        now_ms: i64,
    ) -> Result<i64, EngineError> {
        let command = Command {
            statement: statement.to_string(),
            streams_properties: properties(overrides),
            original_properties: self.original_properties.clone(),
            change,
            paused,
            version: VERSION,
            command_id: String::new(),
        };
        let bug = |e: serde_json::Error| EngineError::new(ErrorKind::Bug, format!("a command does not serialise: {e}"));
        let key = serde_json::to_vec(command_id).map_err(bug)?;
        let value = serde_json::to_vec(&command).map_err(bug)?;
        let records = Records {
            keys: BinaryArray::from_vec(vec![&key]),
            values: BinaryArray::from_vec(vec![&value]),
            timestamps: Int64Array::from(vec![now_ms]),
            headers: None,
        };
        self.topics.append(&self.partition.topic, vec![(Partition(0), records)])?;
        let mut state = self.state.lock();
        let sequence_number = state.commands * 2;
        state.commands += 1;
        Ok(sequence_number)
    }

    pub fn set_status(&self, command_id: &str, status: CommandStatus) {
        self.state.lock().statuses.insert(command_id.to_string(), status);
    }
    pub fn status(&self, command_id: &str) -> Option<CommandStatus> {
        self.state.lock().statuses.get(command_id).cloned()
    }
    pub fn statuses(&self) -> Vec<(String, CommandStatus)> {
        self.state.lock().statuses.iter().map(|(id, status)| (id.clone(), status.clone())).collect()
    }
}

fn read_command(records: &Records, row: usize) -> Result<Command, EngineError> {
    let corrupt = |reason: String| {
        EngineError::new(ErrorKind::Bug, format!("the command topic cannot be read at record {row}: {reason}"))
    };
    if records.values.is_null(row) {
        return Err(corrupt("it has no value".into()));
    }
    let mut command: Command = serde_json::from_slice(records.values.value(row)).map_err(|e| corrupt(e.to_string()))?;
    if command.version != VERSION {
        return Err(corrupt(format!("its version is {}, this server reads {VERSION}", command.version)));
    }
    command.command_id = serde_json::from_slice(records.keys.value(row)).unwrap_or_default();
    Ok(command)
}
