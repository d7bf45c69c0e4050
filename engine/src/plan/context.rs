//! What planning may look at: the metastore, properties and topics as they are when the statement is planned.

use crate::config::Config;
use crate::metastore::MetaStore;
use crate::topic::{SYSTEM_TOPICS, TopicSpec, is_named_by};

/// Everything that a plan depends on beside the statement.
pub struct PlanContext<'a> {
    pub metastore: &'a MetaStore,
    /// The session's properties over the server's.
    pub config: &'a Config,
    /// The topic of that name, if there is one.
    pub topics: &'a dyn Fn(&str) -> Option<TopicSpec>,
    /// Number of the next query id.
    pub next_query_number: u64,
}

/// `ksql.service.id`.
pub fn service_id(config: &Config) -> &str {
    config.get("ksql.service.id").unwrap_or("default_")
}

/// Application id, and so consumer group, of a persistent query: `_confluent-ksql-<service id>query_<query id>`.
pub fn persistent_application_id(service_id: &str, query_id: &str) -> String {
    format!("_confluent-ksql-{service_id}query_{query_id}")
}

/// The topic of the processing log: `ksql.logging.processing.topic.name`, or one named after the service.
pub fn processing_log_topic(config: &Config) -> String {
    let default = || format!("{}ksql_processing_log", service_id(config));
    config.get("ksql.logging.processing.topic.name").map_or_else(default, str::to_string)
}

/// Topics that only the server writes, and those of `ksql.readonly.topics`.
pub fn is_read_only_topic(config: &Config, topic: &str) -> bool {
    topic.starts_with("_confluent-ksql-")
        || topic == processing_log_topic(config)
        || is_named_by(topic, config.get("ksql.readonly.topics").unwrap_or(SYSTEM_TOPICS))
}

impl PlanContext<'_> {
    /// Whether schema registry formats can be used.
    pub(super) fn has_registry(&self) -> bool {
        self.config.get("ksql.schema.registry.url").is_some_and(|url| !url.trim().is_empty())
    }

    pub(super) fn is_read_only_topic(&self, topic: &str) -> bool {
        is_read_only_topic(self.config, topic)
    }
}
