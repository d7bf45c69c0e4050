//! Where generated records go: to a server over HTTP, or straight into the topics of a Kafka cluster.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arrow_array::Int64Array;
use arrow_array::builder::BinaryBuilder;
use weir_engine::config::Config;
use weir_engine::state::StateDb;
use weir_engine::topic::kafka::KafkaTopics;
use weir_engine::topic::{CleanupPolicy, Partition, Records, TopicError, TopicSpec, Topics as _, partition_for_key};

use super::record::Record;
use crate::client::Client;

/// How long a cluster may take to answer for the first time.
const PING: Duration = Duration::from_secs(10);

/// Takes batches of records; returns when they are durable. Clones write to the same place.
#[derive(Clone)]
pub enum Destination {
    Server(Client),
    Kafka(Arc<Cluster>),
}

impl Destination {
    pub async fn write(&self, topic: Arc<str>, records: Vec<Record>) -> Result<(), String> {
        match self {
            Destination::Server(client) => client.produce(&topic, body(&records)).await.map_err(|e| e.to_string()),
            Destination::Kafka(cluster) => {
                let cluster = Arc::clone(cluster);
                let written = tokio::task::spawn_blocking(move || cluster.append(&topic, &records));
                written.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
            }
        }
    }
}

/// Records as the body of a request.
fn body(records: &[Record]) -> String {
    use std::fmt::Write as _;
    let mut body = String::from("{\"records\":[");
    for (i, record) in records.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let key = record.key.as_deref().unwrap_or("null");
        let (value, timestamp_ms) = (&record.value, record.timestamp_ms);
        let _ = write!(body, r#"{comma}{{"key":{key},"value":{value},"timestamp":{timestamp_ms}}}"#);
    }
    body.push_str("]}");
    body
}

/// A Kafka cluster that answers.
pub struct Cluster {
    topics: KafkaTopics,
    /// Records without key go from partition to partition.
    turn: AtomicU32,
}

impl Cluster {
    /// # Errors
    /// When no broker answers there; says where.
    pub fn reach(bootstrap_servers: &str) -> Result<Self, String> {
        let config = Config::new([("bootstrap.servers".to_string(), bootstrap_servers.to_string())]);
        let reached = KafkaTopics::open(&config, StateDb::in_memory()).and_then(|topics| {
            topics.ping(PING)?;
            Ok(topics)
        });
        let topics = reached.map_err(|e| format!("--bootstrap-servers {bootstrap_servers}: {e}"))?;
        Ok(Self { topics, turn: AtomicU32::new(0) })
    }

    /// Makes a topic unless it is there; true if it was not. `retention_ms`: the cluster's own where there is none.
    pub fn make_topic(&self, name: &str, partitions: u32, retention_ms: Option<i64>) -> Result<bool, TopicError> {
        let spec = TopicSpec {
            name: name.to_string(),
            partitions,
            replicas: 0,
            cleanup: CleanupPolicy::Delete,
            retention_ms,
            kafka_configs: &[],
        };
        match self.topics.create(&spec) {
            Ok(()) => Ok(true),
            Err(TopicError::TopicExists(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub fn topic_names(&self) -> Vec<String> {
        self.topics.list().into_iter().map(|spec| spec.name).collect()
    }

    pub fn delete_topic(&self, name: &str) -> Result<(), TopicError> {
        match self.topics.delete(name) {
            Err(TopicError::UnknownTopic(_)) => Ok(()),
            outcome => outcome,
        }
    }

    /// Keys and values are the JSON text; a key's partition is the one that every Kafka client gives it.
    fn append(&self, topic: &str, records: &[Record]) -> Result<(), TopicError> {
        let described = self.topics.describe(topic).ok_or_else(|| TopicError::UnknownTopic(topic.to_string()))?;
        let mut by_partition: BTreeMap<u32, (BinaryBuilder, BinaryBuilder, Vec<i64>)> = BTreeMap::new();
        for record in records {
            let partition = match &record.key {
                Some(key) => partition_for_key(key.as_bytes(), described.partitions).0,
                None => self.turn.fetch_add(1, Ordering::Relaxed) % described.partitions.max(1),
            };
            let (keys, values, timestamps) = by_partition.entry(partition).or_default();
            keys.append_option(record.key.as_ref());
            values.append_value(&record.value);
            timestamps.push(record.timestamp_ms);
        }
        let batches = by_partition.into_iter().map(|(partition, (mut keys, mut values, timestamps))| {
            let timestamps = Int64Array::from(timestamps);
            let records = Records { keys: keys.finish(), values: values.finish(), timestamps, headers: None };
            (Partition(partition), records)
        });
        self.topics.append(topic, batches.collect()).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json() {
        let record = |key: Option<&str>| Record {
            topic: 0,
            key: key.map(str::to_string),
            value: "{\"a\":1}".into(),
            timestamp_ms: 7,
        };
        assert_eq!(
            body(&[record(Some("\"k\"")), record(None)]),
            r#"{"records":[{"key":"k","value":{"a":1},"timestamp":7},{"key":null,"value":{"a":1},"timestamp":7}]}"#
        );
    }
}
