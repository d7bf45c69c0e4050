//! The processing log as a topic and a stream, where the configuration asks for them (`ksql.logging.processing.*`).

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use weir_engine::config::Config;
use weir_engine::exec::TopicProcessingLog;
use weir_engine::plan::service_id;
use weir_engine::topic::{CleanupPolicy, TopicError, TopicSpec, Topics};

use crate::api::Shared;
use crate::api::error::ApiError;
use crate::statements::{Session, execute};

const STREAM_CREATE: &str = "ksql.logging.processing.stream.auto.create";
const TOPIC_CREATE: &str = "ksql.logging.processing.topic.auto.create";

fn topic_name(config: &Config) -> String {
    let default = || format!("{}ksql_processing_log", service_id(config));
    config.get("ksql.logging.processing.topic.name").map_or_else(default, String::from)
}

/// The log that writes to the topic, which is made if it is missing; `None` where neither topic nor stream is asked for.
pub fn open(topics: &Arc<dyn Topics>, config: &Config) -> Result<Option<TopicProcessingLog>, TopicError> {
    if !config.bool(STREAM_CREATE, false) && !config.bool(TOPIC_CREATE, false) {
        return Ok(None);
    }
    let name = topic_name(config);
    let spec = TopicSpec {
        name: name.clone(),
        partitions: config.i64("ksql.logging.processing.topic.partitions", 1).max(1) as u32,
        replicas: 1,
        cleanup: CleanupPolicy::Delete,
        retention_ms: None,
        kafka_configs: &[],
    };
    match topics.create(&spec) {
        Ok(()) | Err(TopicError::TopicExists(_)) => {}
        Err(error) => return Err(error),
    }
    let now_ms = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
    Ok(Some(TopicProcessingLog::start(Arc::clone(topics), name, now_ms)))
}

/// Registers the stream over the log's topic, unless it is there already.
pub fn create_stream(context: &Shared) -> Result<(), ApiError> {
    let config = context.config();
    if !config.bool(STREAM_CREATE, false) {
        return Ok(());
    }
    let stream = config.get("ksql.logging.processing.stream.name").unwrap_or("KSQL_PROCESSING_LOG");
    let statement = format!(
        "CREATE STREAM IF NOT EXISTS {stream} (logger VARCHAR, level VARCHAR, `TIME` BIGINT, message STRUCT<\
         type INTEGER, \
         deserializationError STRUCT<target VARCHAR, errorMessage VARCHAR, recordB64 VARCHAR, cause ARRAY<VARCHAR>, `topic` VARCHAR>, \
         recordProcessingError STRUCT<errorMessage VARCHAR, record VARCHAR, cause ARRAY<VARCHAR>>, \
         productionError STRUCT<errorMessage VARCHAR>, \
         serializationError STRUCT<target VARCHAR, errorMessage VARCHAR, record VARCHAR, cause ARRAY<VARCHAR>, `topic` VARCHAR>, \
         kafkaStreamsThreadError STRUCT<errorMessage VARCHAR, threadName VARCHAR, cause ARRAY<VARCHAR>>>) \
         WITH (KAFKA_TOPIC='{}', VALUE_FORMAT='JSON', KEY_FORMAT='KAFKA');",
        topic_name(config)
    );
    execute(context, &statement, Session::default()).map(drop)
}
