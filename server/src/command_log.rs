//! The command log: every statement that changed something, as one record of the command topic, in order.
//!
//! Follows ksqlDB (runtime reference 8.3): record key = the command id as a JSON string; value = JSON with the statement's text, the
//! session's and the server's properties, ksqlDB's plan and a version. Our own decision (`LoggedChange`) stands beside them in
//! `weir`; records without it were written by ksqlDB. On Kafka each record is a transaction under the bare service id.

mod record;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;
use weir_engine::config::Config;
use weir_engine::engine::{EngineError, ErrorKind};
use weir_engine::topic::{CleanupPolicy, Ledger, Partition, Records, TopicError, TopicPartition, TopicSpec, Topics};
use weir_engine::{BinaryArray, Int64Array};

pub use record::{Command, Decision};

/// Records read at once while restoring.
const FETCH_ROWS: usize = 1_000;
/// Longest wait for records before looking again.
const POLL: Duration = Duration::from_millis(20);
/// How long reading may make no progress.
const STALL: Duration = Duration::from_secs(30);
/// The embedded log has no transaction markers: its numbers leave room for them, so that they look like ksqlDB's.
const OFFSETS_PER_COMMAND: i64 = 2;

/// How a command ended.
#[derive(Clone, Debug, Serialize)]
pub struct CommandStatus {
    pub status: &'static str,
    pub message: String,
    #[serde(rename = "queryId")]
    pub query_id: Option<String>,
}

/// A command about to be written.
pub struct NewCommand<'a> {
    pub command_id: &'a str,
    pub statement: &'a str,
    pub overrides: &'a Config,
    pub decision: Decision,
    pub now_ms: i64,
}

/// Which comes first where the log has no transactions, so that one of the two cannot be undone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// A statement that fails now must not come back at the next start.
    ApplyFirst,
    /// What was refused for want of room must not have happened.
    LogFirst,
}

pub struct CommandLog {
    topics: Arc<dyn Topics>,
    partition: TopicPartition,
    service_id: String,
    replicas: u16,
    original_properties: BTreeMap<String, String>,
    state: Mutex<LogState>,
    /// One statement is written at a time. `None`: not connected, or the log has no transactions.
    ledger: Mutex<Option<Box<dyn Ledger>>>,
}

#[derive(Default)]
struct LogState {
    /// Sequence number of the last command.
    last: Option<i64>,
    /// Behind the last record or marker that is known.
    next_offset: i64,
    /// A command that is applied, of which it is not known whether its transaction was committed at this offset.
    uncertain: Option<(i64, Records)>,
    /// Why nothing can be written any more: another process does.
    fenced: Option<String>,
    statuses: BTreeMap<String, CommandStatus>,
}

impl CommandLog {
    /// The command log of the service; reaches no broker yet.
    pub fn new(topics: Arc<dyn Topics>, config: &Config) -> Self {
        let service_id = config.get("ksql.service.id").unwrap_or("default_").to_string();
        let name = format!("_confluent-ksql-{service_id}_command_topic");
        Self {
            topics,
            partition: TopicPartition { topic: name.into(), partition: Partition(0) },
            service_id,
            replicas: u16::try_from(config.i64("ksql.internal.topic.replicas", 1)).unwrap_or(1),
            original_properties: record::original_properties(config),
            state: Mutex::default(),
            ledger: Mutex::default(),
        }
    }

    /// The command topic's name.
    pub fn topic(&self) -> &str {
        &self.partition.topic
    }

    /// Creates the command topic when it is missing, and becomes its writer: an earlier process of the service is fenced.
    pub fn connect(&self) -> Result<(), EngineError> {
        let spec = TopicSpec {
            name: self.partition.topic.to_string(),
            partitions: 1,
            replicas: self.replicas,
            cleanup: CleanupPolicy::Delete,
            retention_ms: Some(-1),
            kafka_configs: &[("min.insync.replicas", "1"), ("unclean.leader.election.enable", "false")],
        };
        match self.topics.create(&spec) {
            Ok(()) | Err(TopicError::TopicExists(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let mut ledger = self.ledger.lock();
        if ledger.is_none() {
            *ledger = self.topics.ledger(&self.service_id)?;
        }
        Ok(())
    }

    /// All commands in order.
    pub fn read(&self) -> Result<Vec<Command>, EngineError> {
        let has_markers = self.ledger.lock().is_some();
        let mut commands = Vec::new();
        let start = self.topics.offsets(&self.partition)?.start;
        let next_offset = self.read_from(start, |offset, records, row| {
            let number = if has_markers { offset } else { offset * OFFSETS_PER_COMMAND };
            commands.push(record::read(records, row, number)?);
            Ok(())
        })?;
        let mut state = self.state.lock();
        state.last = commands.last().map(|command: &Command| command.sequence_number);
        state.next_offset = next_offset;
        Ok(commands)
    }

    /// Gives all records from an offset on to `each`; then where they end.
    fn read_from(
        &self,
        mut offset: i64,
        mut each: impl FnMut(i64, &Records, usize) -> Result<(), EngineError>,
    ) -> Result<i64, EngineError> {
        let end = self.topics.offsets(&self.partition)?.end;
        let mut moved = Instant::now();
        while offset < end {
            let fetched = self.topics.read(&self.partition, offset, FETCH_ROWS, POLL)?;
            if fetched.next_offset == offset {
                if moved.elapsed() > STALL {
                    let message = format!("nothing comes from the command topic at offset {offset} of {end}");
                    return Err(EngineError::new(ErrorKind::Retry, message));
                }
                continue;
            }
            (offset, moved) = (fetched.next_offset, Instant::now());
            for row in 0..fetched.records.len() {
                each(fetched.offsets.value(row), &fetched.records, row)?;
            }
        }
        Ok(offset.max(end))
    }

    /// The number that the next query gets: one behind the last command's offset, as ksqlDB counts.
    pub fn next_query_number(&self) -> u64 {
        self.state.lock().last.map_or(0, |last| last as u64 + 1)
    }

    /// The sequence number of the last command; -1 when there is none.
    pub fn last_sequence_number(&self) -> i64 {
        self.state.lock().last.unwrap_or(-1)
    }

    /// Why this process is not the writer any more.
    pub fn fenced(&self) -> Option<String> {
        self.state.lock().fenced.clone()
    }

    /// Writes a command and applies it: on Kafka both or none, as the record's transaction ends with what `apply` gives. Gives
    /// that and the command's sequence number.
    ///
    /// # Errors
    /// Those of `apply`, and `ErrorKind::Execution` in ksqlDB's words when the command cannot be written.
    pub fn write<T>(
        &self,
        command: &NewCommand<'_>,
        order: Order,
        apply: impl FnOnce() -> Result<T, EngineError>,
    ) -> Result<(T, i64), EngineError> {
        let records = record::encode(command, &self.original_properties)?;
        let ledger = self.ledger.lock();
        let Some(ledger) = &*ledger else {
            let append = || self.append(records);
            return match order {
                Order::ApplyFirst => apply().and_then(|applied| Ok((applied, append()?))),
                Order::LogFirst => append().and_then(|number| Ok((apply()?, number))),
            };
        };
        let refused = |error: TopicError| self.refused(command.statement, error);
        self.catch_up(&**ledger).map_err(refused)?;
        let number = ledger.put(&self.partition, &records).map_err(refused)?;
        let applied = apply().inspect_err(|_| {
            if let Err(error) = ledger.abort() {
                tracing::warn!(%error, "the record of a failed statement could not be taken back");
            }
        })?;
        self.commit(&**ledger, number, records).map_err(refused)?;
        Ok((applied, number))
    }

    fn commit(&self, ledger: &dyn Ledger, number: i64, records: Records) -> Result<(), TopicError> {
        let outcome = ledger.commit();
        let mut state = self.state.lock();
        match outcome {
            Ok(()) => (state.last, state.next_offset) = (Some(number), number + OFFSETS_PER_COMMAND),
            Err(_) => state.uncertain = Some((number, records)),
        }
        outcome
    }

    fn append(&self, records: Records) -> Result<i64, EngineError> {
        let offsets = self.topics.append(&self.partition.topic, vec![(Partition(0), records)])?;
        let mut state = self.state.lock();
        let number = offsets.first().copied().unwrap_or(0) * OFFSETS_PER_COMMAND;
        state.last = Some(number);
        Ok(number)
    }

    /// Sees to it that the log holds what this process applied, and nothing else: whoever writes without having applied what is in
    /// the log would contradict it.
    fn catch_up(&self, ledger: &dyn Ledger) -> Result<(), TopicError> {
        let (known, uncertain) = {
            let state = self.state.lock();
            if let Some(reason) = &state.fenced {
                return Err(TopicError::Fenced(reason.clone()));
            }
            (state.next_offset, state.uncertain.clone())
        };
        ledger.ready()?;
        let mut found = Vec::new();
        if self.topics.offsets(&self.partition)?.end > known {
            let read = self.read_from(known, |offset, _, _| {
                found.push(offset);
                Ok(())
            });
            self.state.lock().next_offset = read.map_err(|e| TopicError::Unavailable(e.message))?;
        }
        let own = uncertain.as_ref().map(|(offset, _)| *offset);
        if let Some(foreign) = found.iter().find(|offset| Some(**offset) != own) {
            return Err(TopicError::Fenced(format!(
                "another server with ksql.service.id={} wrote to the command topic (offset {foreign}); restart this one to follow",
                self.service_id
            )));
        }
        let Some((offset, records)) = uncertain else { return Ok(()) };
        if found.is_empty() {
            let number = ledger.put(&self.partition, &records)?;
            self.state.lock().uncertain = None;
            return self.commit(ledger, number, records);
        }
        let mut state = self.state.lock();
        (state.last, state.uncertain) = (Some(offset), None);
        Ok(())
    }

    /// ksqlDB's words for a command that could not be written.
    fn refused(&self, statement: &str, error: TopicError) -> EngineError {
        let message = match error {
            TopicError::Fenced(reason) => {
                let mut state = self.state.lock();
                if state.fenced.is_none() {
                    tracing::error!(
                        service_id = self.service_id,
                        "another server with the same ksql.service.id took over the command topic; this one takes no more \
                         statements that change anything: {reason}"
                    );
                    state.fenced = Some(reason.clone());
                }
                reason
            }
            other => format!("Could not write the statement '{statement}' into the command topic.\nCaused by: {other}"),
        };
        EngineError::new(ErrorKind::Execution, message)
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

/// Reads a record's bytes as a command, for the fuzzer.
pub(crate) fn read_record(key: &[u8], value: &[u8]) -> Result<Command, EngineError> {
    record::read(&records(key, value, 0), 0, 0)
}

/// One record.
fn records(key: &[u8], value: &[u8], now_ms: i64) -> Records {
    Records {
        keys: BinaryArray::from_vec(vec![key]),
        values: BinaryArray::from_vec(vec![value]),
        timestamps: Int64Array::from(vec![now_ms]),
        headers: None,
    }
}
