//! The processing log as a topic and a stream, where the configuration asks for them (`ksql.logging.processing.*`).

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use weir_engine::config::Config;
use weir_engine::exec::TopicProcessingLog;
use weir_engine::plan::processing_log_topic;
use weir_engine::topic::{CleanupPolicy, TopicError, TopicSpec, Topics};

use crate::api::Shared;
use crate::api::error::ApiError;
use crate::statements::{Session, execute};

const STREAM_CREATE: &str = "ksql.logging.processing.stream.auto.create";
const TOPIC_CREATE: &str = "ksql.logging.processing.topic.auto.create";

fn is_wanted(config: &Config) -> bool {
    config.bool(STREAM_CREATE, false) || config.bool(TOPIC_CREATE, false)
}

/// The log that writes to the topic; `None` where neither topic nor stream is asked for.
pub fn log(topics: &Arc<dyn Topics>, config: &Config) -> Option<TopicProcessingLog> {
    let now_ms = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
    is_wanted(config).then(|| TopicProcessingLog::start(Arc::clone(topics), processing_log_topic(config), now_ms))
}

/// Makes the topic if it is wanted and missing.
pub fn create_topic(context: &Shared) -> Result<(), TopicError> {
    let config = context.config();
    if !is_wanted(config) {
        return Ok(());
    }
    let number = |name, default| config.i64(name, default).max(1);
    let spec = TopicSpec {
        name: processing_log_topic(config),
        partitions: number("ksql.logging.processing.topic.partitions", 1) as u32,
        replicas: number("ksql.logging.processing.topic.replication.factor", 1) as u16,
        cleanup: CleanupPolicy::Delete,
        retention_ms: None,
        kafka_configs: &[],
    };
    match context.engine.topics().create(&spec) {
        Ok(()) | Err(TopicError::TopicExists(_)) => Ok(()),
        Err(error) => Err(error),
    }
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
        processing_log_topic(config)
    );
    execute(context, &statement, Session::default()).map(drop)
}
