//! The processing log: what went wrong with which record, handed to a sink. Not the server's own log.

use std::sync::Arc;

use arrow_array::{BinaryArray, Int64Array};
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
pub struct TopicProcessingLog {
    pub topics: Arc<dyn Topics>,
    pub topic: String,
    /// Wall clock in ms, given by the driver.
    pub now_ms: fn() -> i64,
}

impl ProcessingLog for TopicProcessingLog {
    fn write(&self, entry: LogEntry) {
        let time = (self.now_ms)();
        let value = json!({"level": "ERROR", "logger": entry.logger, "time": time, "message": entry.message.to_json()})
            .to_string();
        let records = Records {
            keys: BinaryArray::from_iter([None::<&[u8]>]),
            values: BinaryArray::from_iter_values([value.as_bytes()]),
            timestamps: Int64Array::from(vec![time]),
            headers: None,
        };
        if let Err(error) = self.topics.append(&self.topic, vec![(Partition(0), records)]) {
            tracing::warn!(%error, topic = self.topic, "cannot write to the processing log");
        }
        TracingLog.write(entry);
    }
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
