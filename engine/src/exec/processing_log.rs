//! The processing log: what went wrong with which record, handed to a sink. Not the server's own log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow_array::BinaryArray;
use serde_json::{Value as Json, json};

use crate::topic::{Partition, Records, Topics};

/// One entry. `logger` is `processing.<query id>.<step path>`.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    pub logger: String,
    pub message: LogMessage,
}

/// ksqlDB's payloads; `Display` is their JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum LogMessage {
    /// `target`: `key` or `value`.
    Deserialization {
        target: &'static str,
        message: String,
        cause: Vec<String>,
        topic: String,
    },
    RecordProcessing {
        message: String,
        cause: Vec<String>,
    },
    Production {
        message: String,
    },
    Serialization {
        target: &'static str,
        message: String,
        cause: Vec<String>,
        topic: String,
    },
    Thread {
        message: String,
        thread: String,
        cause: Vec<String>,
    },
}

/// All payloads of an entry, of which one is not null.
const PAYLOADS: [&str; 5] = [
    "deserializationError",
    "recordProcessingError",
    "productionError",
    "serializationError",
    "kafkaStreamsThreadError",
];

impl LogMessage {
    pub fn text(&self) -> &str {
        match self {
            LogMessage::Deserialization { message, .. }
            | LogMessage::RecordProcessing { message, .. }
            | LogMessage::Production { message }
            | LogMessage::Serialization { message, .. }
            | LogMessage::Thread { message, .. } => message,
        }
    }

    /// The `message` field of an entry on the topic.
    pub fn to_json(&self) -> Json {
        let (number, name, payload) = match self {
            LogMessage::Deserialization { target, message, cause, topic } => (
                0,
                "deserializationError",
                json!({"target": target, "errorMessage": message, "recordB64": null, "cause": cause, "topic": topic}),
            ),
            LogMessage::RecordProcessing { message, cause } => {
                (1, "recordProcessingError", json!({"errorMessage": message, "record": null, "cause": cause}))
            }
            LogMessage::Production { message } => (2, "productionError", json!({"errorMessage": message})),
            LogMessage::Serialization { target, message, cause, topic } => (
                3,
                "serializationError",
                json!({"target": target, "errorMessage": message, "record": null, "cause": cause, "topic": topic}),
            ),
            LogMessage::Thread { message, thread, cause } => {
                (4, "kafkaStreamsThreadError", json!({"errorMessage": message, "threadName": thread, "cause": cause}))
            }
        };
        let mut object = serde_json::Map::new();
        object.insert("type".into(), json!(number));
        object.extend(PAYLOADS.map(|name| (name.to_string(), Json::Null)));
        object.insert(name.into(), payload);
        Json::Object(object)
    }
}

/// Where entries go. Called on the task's thread: must be quick and must not fail.
pub trait ProcessingLog: Send + Sync {
    fn write(&self, entry: LogEntry);
}

/// Entries as events of the server's log.
pub struct TracingLog;

impl ProcessingLog for TracingLog {
    fn write(&self, entry: LogEntry) {
        tracing::warn!(target: "processing", logger = entry.logger, "{}", entry.message.to_json());
    }
}

/// Entries as JSON records of the processing log topic, and as events.
///
/// Tasks only put entries into a bounded queue; a thread of its own appends them in batches. Entries that find the queue
/// full are counted and left out of the topic: a flood of bad records must not stop the good ones.
pub struct TopicProcessingLog {
    entries: SyncSender<(i64, LogEntry)>,
    now_ms: fn() -> i64,
    left_out: AtomicU64,
}

/// Entries that wait to be appended at most.
const QUEUED_ENTRIES: usize = 10_000;
/// Entries appended at once at most.
const APPENDED_ENTRIES: usize = 1_000;

impl TopicProcessingLog {
    /// Starts the appending thread; it ends when the log is dropped. `now_ms` is the wall clock.
    pub fn start(topics: Arc<dyn Topics>, topic: String, now_ms: fn() -> i64) -> Self {
        let (entries, queued) = sync_channel(QUEUED_ENTRIES);
        std::thread::spawn(move || append_entries(&*topics, &topic, &queued));
        Self { entries, now_ms, left_out: AtomicU64::new(0) }
    }
}

impl ProcessingLog for TopicProcessingLog {
    fn write(&self, entry: LogEntry) {
        TracingLog.write(entry.clone());
        if self.entries.try_send(((self.now_ms)(), entry)).is_err() {
            let left_out = self.left_out.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::warn!(left_out, "the processing log is full; entries are left out of its topic");
        }
    }
}

fn append_entries(topics: &dyn Topics, topic: &str, queued: &Receiver<(i64, LogEntry)>) {
    while let Ok(first) = queued.recv() {
        let batch: Vec<(i64, LogEntry)> =
            std::iter::once(first).chain(queued.try_iter().take(APPENDED_ENTRIES)).collect();
        let values: Vec<String> = batch.iter().map(|(time, entry)| entry_json(*time, entry)).collect();
        let records = Records {
            keys: BinaryArray::new_null(batch.len()),
            values: BinaryArray::from_iter_values(&values),
            timestamps: batch.iter().map(|(time, _)| *time).collect::<Vec<i64>>().into(),
            headers: None,
        };
        if let Err(error) = topics.append(topic, vec![(Partition(0), records)]) {
            tracing::warn!(%error, topic, "cannot write to the processing log");
        }
    }
}

fn entry_json(time: i64, entry: &LogEntry) -> String {
    json!({"logger": entry.logger, "level": "ERROR", "time": time, "message": entry.message.to_json()}).to_string()
}

/// The log as one task's steps see it: names the query, counts errors.
pub(crate) struct TaskLog<'a> {
    pub sink: &'a dyn ProcessingLog,
    pub query_id: &'a str,
    pub errors: u64,
}

/// Swallows everything: for rows whose errors were written before.
struct Silence;

impl ProcessingLog for Silence {
    fn write(&self, _: LogEntry) {}
}

impl TaskLog<'_> {
    /// For evaluating old sides: their errors were written when they were new.
    pub fn silent() -> TaskLog<'static> {
        TaskLog { sink: &Silence, query_id: "", errors: 0 }
    }
    pub fn write(&mut self, step: &str, message: LogMessage) {
        self.errors += 1;
        self.sink.write(LogEntry { logger: format!("processing.{}.{step}", self.query_id), message });
    }
    pub fn record_error(&mut self, step: &str, message: impl Into<String>, cause: &str) {
        let cause = if cause.is_empty() { Vec::new() } else { vec![cause.to_string()] };
        self.write(step, LogMessage::RecordProcessing { message: message.into(), cause });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_name_all_payloads_in_ksqldbs_order() {
        let message = LogMessage::RecordProcessing { message: "bad".into(), cause: vec!["why".into()] };
        let entry = LogEntry { logger: "processing.Q.Project".into(), message };
        assert_eq!(
            entry_json(7, &entry),
            r#"{"logger":"processing.Q.Project","level":"ERROR","time":7,"message":{"type":1,"deserializationError":null,"#
                .to_string()
                + r#""recordProcessingError":{"errorMessage":"bad","record":null,"cause":["why"]},"productionError":null,"#
                + r#""serializationError":null,"kafkaStreamsThreadError":null}}"#
        );
    }
}
