//! Topics of statements: which one is used, which is to be created, and what must hold of one that is there.

use weir_parser::ast::{Literal, Properties, SourceKind};

use super::context::PlanContext;
use super::properties;
use crate::analyzer::AnalysisError;
use crate::topic::{CleanupPolicy, TopicSpec};

/// ksqlDB's retention of topics that say nothing: seven days.
pub const DEFAULT_RETENTION_MS: i64 = 604_800_000;

/// # Errors
/// Names that Kafka refuses.
pub fn check_name(name: &str) -> Result<(), AnalysisError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.trim().is_empty() {
        return Err(AnalysisError::statement("Must have non-empty topic name."));
    }
    if name.len() <= 249 && name.chars().all(legal) && name != "." && name != ".." {
        return Ok(());
    }
    Err(AnalysisError::execution(format!(
        "Failed to check if exists for topic: {name}\nCaused by: The request attempted to perform an operation on an \
         invalid topic."
    )))
}

/// CLEANUP_POLICY is never the user's, RETENTION_MS not that of tables without windows.
///
/// # Errors
/// ksqlDB's texts.
pub fn check_properties(given: &Properties, kind: SourceKind, windowed: bool) -> Result<(), AnalysisError> {
    if given.get("CLEANUP_POLICY").is_some() {
        return Err(AnalysisError::request(
            "Invalid config variable in the WITH clause: CLEANUP_POLICY.\nThe CLEANUP_POLICY config is automatically \
             inferred based on the type of source (STREAM or TABLE).\nUsers can't set the CLEANUP_POLICY config manually.",
        ));
    }
    if given.get("RETENTION_MS").is_some() && kind == SourceKind::Table && !windowed {
        return Err(AnalysisError::request(
            "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support retention.",
        ));
    }
    Ok(())
}

/// The policy and its word in statements.
pub fn cleanup(kind: SourceKind, windowed_aggregate: bool) -> (CleanupPolicy, Literal) {
    let (policy, word) = match (kind, windowed_aggregate) {
        (SourceKind::Stream, _) => (CleanupPolicy::Delete, "delete"),
        (SourceKind::Table, false) => (CleanupPolicy::Compact, "compact"),
        (SourceKind::Table, true) => (CleanupPolicy::CompactDelete, "compact,delete"),
    };
    (policy, Literal::String(word.to_string()))
}

/// The topic that a statement wants; absent parts follow an existing topic.
#[derive(Debug)]
pub struct WantedTopic<'a> {
    pub name: &'a str,
    pub partitions: Option<i64>,
    pub replicas: Option<i64>,
    /// Compared with an existing topic's where both are known.
    pub retention_ms: Option<i64>,
    pub cleanup: CleanupPolicy,
}

/// The topic to create, `None` when it is there.
///
/// # Errors
/// A topic that is there with another layout, or numbers that Kafka refuses.
pub fn resolve(context: &PlanContext<'_>, wanted: &WantedTopic<'_>) -> Result<Option<TopicSpec>, AnalysisError> {
    if let Some(existing) = (context.topics)(wanted.name) {
        return check_existing(wanted, &existing).map(|()| None);
    }
    let refuse = |reason: &str| {
        let name = wanted.name;
        Err(AnalysisError::execution(format!("Failed to guarantee existence of topic {name}\nCaused by: {reason}")))
    };
    let partitions = match wanted.partitions.unwrap_or(1) {
        -1 => 1,
        n if n < 1 => return refuse("Number of partitions was set to an invalid non-positive value."),
        n => u32::try_from(n).unwrap_or(u32::MAX),
    };
    // A cluster says itself what it cannot do.
    let on_cluster = context.config.get("bootstrap.servers").is_some_and(|servers| !servers.trim().is_empty());
    let replicas = match wanted.replicas.unwrap_or(-1) {
        -1 if on_cluster => 0,
        -1 | 1 => 1,
        n if n < 1 => return refuse("Replication factor must be larger than 0."),
        n if on_cluster => u16::try_from(n).unwrap_or(u16::MAX),
        n => {
            return refuse(&format!(
                "Unable to replicate the partition {n} time(s): The target replication factor of {n} cannot be reached \
                 because only 1 broker(s) are registered."
            ));
        }
    };
    let retention_ms = match wanted.cleanup {
        CleanupPolicy::Compact => None,
        CleanupPolicy::Delete => Some(wanted.retention_ms.unwrap_or(DEFAULT_RETENTION_MS)),
        CleanupPolicy::CompactDelete => wanted.retention_ms,
    };
    Ok(Some(TopicSpec { name: wanted.name.to_string(), partitions, replicas, cleanup: wanted.cleanup, retention_ms, kafka_configs: &[] }))
}

fn check_existing(wanted: &WantedTopic<'_>, existing: &TopicSpec) -> Result<(), AnalysisError> {
    let partitions = wanted.partitions.filter(|n| *n != -1).unwrap_or(i64::from(existing.partitions));
    let replicas = wanted.replicas.filter(|n| *n != -1).unwrap_or(i64::from(existing.replicas));
    let retention = wanted.retention_ms.zip(existing.retention_ms);
    let same_retention = retention.is_none_or(|(wanted, existing)| wanted == existing);
    if partitions == i64::from(existing.partitions) && replicas <= i64::from(existing.replicas) && same_retention {
        return Ok(());
    }
    let retention = retention.map_or(String::new(), |(w, e)| format!(", and {w} retention (topic has {e})"));
    Err(AnalysisError::execution(format!(
        "A Kafka topic with the name '{}' already exists, with different partition/replica/retention configuration than \
         required. KSQL expects {partitions} partitions (topic has {}), {replicas} replication factor (topic has \
         {}){retention}.",
        wanted.name, existing.partitions, existing.replicas
    )))
}

/// PARTITIONS, REPLICAS and RETENTION_MS as given.
pub fn given_layout(given: &Properties) -> [Option<i64>; 3] {
    ["PARTITIONS", "REPLICAS", "RETENTION_MS"].map(|name| properties::number(given, name))
}
