//! Topics: records, partitions, consumer positions, atomic commits and topic administration, behind one small trait.
//!
//! Records move in batches of contiguous bytes, never as an object per record. `embedded` keeps them in the node's own
//! store; a Kafka backing stands behind the same trait. Knows nothing of formats or SQL.

use std::sync::Arc;

use arrow_array::{BinaryArray, Int64Array};

use crate::batch::RowHeaders;
use crate::state::{StateError, WriteBatch};

pub mod embedded;

/// n records of one partition in offset order.
#[derive(Clone, Debug)]
pub struct Records {
    /// Null: no key.
    pub keys: BinaryArray,
    /// Null: a tombstone.
    pub values: BinaryArray,
    /// Record timestamps in ms.
    pub timestamps: Int64Array,
    pub headers: Option<RowHeaders>,
}

impl Records {
    pub fn len(&self) -> usize {
        self.timestamps.len()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Records as read back: with their offsets, which have gaps once a topic was compacted.
#[derive(Clone, Debug)]
pub struct FetchedRecords {
    pub records: Records,
    pub offsets: Int64Array,
    /// Where to read on.
    pub next_offset: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(pub u32);

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    pub topic: Arc<str>,
    pub partition: Partition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanupPolicy {
    Delete,
    Compact,
    CompactDelete,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    pub name: String,
    pub partitions: u32,
    pub replicas: u16,
    pub cleanup: CleanupPolicy,
    /// `None`: the backing's default; `Some(-1)`: for ever.
    pub retention_ms: Option<i64>,
}

/// The half-open range of offsets that a partition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    pub start: i64,
    pub end: i64,
}

/// Everything that one task's commit makes true at once: output records, consumer positions and state.
#[derive(Debug, Default)]
pub struct CommitUnit {
    /// The consumer group (query id) whose positions move.
    pub group: String,
    /// Sink, repartition and changelog records, in the order in which they are appended per partition.
    pub outputs: Vec<(TopicPartition, Records)>,
    /// The next offset to read of each source partition.
    pub positions: Vec<(TopicPartition, i64)>,
    pub state: WriteBatch,
}

#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    #[error("topic `{0}` does not exist")]
    UnknownTopic(String),
    #[error("topic `{0}` already exists")]
    TopicExists(String),
    #[error("topic `{topic}` has no partition {partition}; it has {partitions}")]
    UnknownPartition { topic: String, partition: u32, partitions: u32 },
    #[error("topic name `{0}` is illegal: it must have 1 to 249 of the characters a-z, A-Z, 0-9, `.`, `_` and `-`")]
    InvalidName(String),
    /// The device is full or failing; the caller stops the query and keeps what was acknowledged.
    #[error("cannot write to the log: {0}")]
    Storage(String),
    #[error("the log is damaged: {0}")]
    Corrupt(String),
}

impl From<StateError> for TopicError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Corrupt(what) => Self::Corrupt(what),
            other => Self::Storage(other.to_string()),
        }
    }
}

/// Called after records became readable on a watched topic. Must return at once.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A handle that ends its watch when dropped.
pub struct Watch(#[allow(dead_code)] pub Box<dyn std::any::Any + Send + Sync>);

pub trait Topics: Send + Sync {
    /// # Errors
    /// `TopicExists` when there is one of that name.
    fn create(&self, spec: &TopicSpec) -> Result<(), TopicError>;
    fn delete(&self, topic: &str) -> Result<(), TopicError>;
    fn describe(&self, topic: &str) -> Option<TopicSpec>;
    /// All topics by name.
    fn list(&self) -> Vec<TopicSpec>;
    fn offsets(&self, partition: &TopicPartition) -> Result<OffsetRange, TopicError>;
    /// Up to `max_rows` records from `offset` on (from the start of the partition if `offset` was trimmed away); empty at
    /// the end. Never blocks. Appended batches come back as they were appended where they fit, so readers at the same
    /// offset see the same batch boundaries.
    fn fetch(&self, partition: &TopicPartition, offset: i64, max_rows: usize) -> Result<FetchedRecords, TopicError>;
    /// The first offset whose record's timestamp is at least `timestamp_ms`; the end if there is none.
    fn offset_for_time(&self, partition: &TopicPartition, timestamp_ms: i64) -> Result<i64, TopicError>;
    /// Appends acknowledged records: durable (synced) when it returns. Gives the first offset of each.
    fn append(&self, topic: &str, records: Vec<(Partition, Records)>) -> Result<Vec<i64>, TopicError>;
    /// Applies a commit as one atomic step.
    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError>;
    /// Gives back the space of records below `offset`, which nobody needs any more. Whole batches go; it may be put off.
    fn delete_records_before(&self, partition: &TopicPartition, offset: i64) -> Result<(), TopicError>;
    /// The position last committed by `group` on a partition.
    fn committed(&self, group: &str, partition: &TopicPartition) -> Option<i64>;
    fn delete_group(&self, group: &str) -> Result<(), TopicError>;
    fn watch(&self, topic: &str, wake: Wake) -> Watch;
}

/// The partition that Kafka's default partitioner gives a non-null key: murmur2 of its bytes.
pub fn partition_for_key(key: &[u8], partitions: u32) -> Partition {
    Partition((murmur2(key) & 0x7fff_ffff) % partitions.max(1))
}

/// Murmur2 as Kafka's `Utils.murmur2` computes it.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    const SEED: u32 = 0x9747_b28c;
    let mut h = SEED ^ data.len() as u32;
    let mut chunks = data.chunks_exact(4);
    for chunk in &mut chunks {
        let mut k = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        k = k.wrapping_mul(M);
        h = h.wrapping_mul(M) ^ k;
    }
    let rest = chunks.remainder();
    if rest.len() >= 3 {
        h ^= u32::from(rest[2]) << 16;
    }
    if rest.len() >= 2 {
        h ^= u32::from(rest[1]) << 8;
    }
    if !rest.is_empty() {
        h ^= u32::from(rest[0]);
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    h ^ (h >> 15)
}

#[cfg(test)]
mod tests {
    use super::murmur2;

    #[test]
    fn murmur2_gives_kafkas_hashes() {
        for (text, hash) in [("21", -973932308i32), ("foobar", -790332482), ("a-little-bit-long-string", -985981536)] {
            assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
        }
    }
}
