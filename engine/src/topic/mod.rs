//! Topics: records, partitions, consumer positions, atomic commits and topic administration, behind one small trait.
//!
//! Records move in batches of contiguous bytes, never as an object per record. `embedded` keeps them in the node's own
//! store; `kafka` in the topics of a Kafka cluster, behind the same trait. Knows nothing of formats or SQL.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{BinaryArray, Int64Array};

use crate::batch::RowHeaders;
use crate::state::{StateError, StoreId, WriteBatch};

pub mod embedded;
pub mod kafka;
mod patterns;
mod watchers;

pub use patterns::{SYSTEM_TOPICS, is_named_by};

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
    /// Further settings that a new topic of a Kafka cluster gets; not read back.
    pub kafka_configs: &'static [(&'static str, &'static str)],
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
    pub positions: Vec<Position>,
    pub state: WriteBatch,
    /// Where the changelogs of the written stores end; for backings that give out offsets only when records are delivered.
    pub changelogs: Vec<ChangelogEnd>,
}

/// How far a group has read a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub at: TopicPartition,
    /// The next offset to read.
    pub offset: i64,
    /// The highest timestamp seen in the partition, in ms; `None`: not known. Kafka Streams keeps it beside the offset.
    pub partition_time: Option<i64>,
}

/// An entry of `CommitUnit::state` that holds the end of a changelog: 8 bytes, big-endian, at `position_at` of `value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangelogEnd {
    pub changelog: TopicPartition,
    pub store: StoreId,
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    pub position_at: usize,
}

/// What a query's outputs hold to when a process or broker dies. `processing.guarantee`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Guarantee {
    #[default]
    AtLeastOnce,
    ExactlyOnce,
}

/// Takes the outputs of a query's tasks to the log.
pub trait Writer: Send + Sync {
    /// Called before a task is opened at its last commit: what an earlier writer left open is ended by then.
    ///
    /// # Errors
    /// `Fenced` when another process took over, `Unavailable` when the cluster does not answer.
    fn prepare(&self) -> Result<(), TopicError> {
        Ok(())
    }
    /// Sends outputs ahead of their commit, so that the commit has less to wait for; keeps the order per partition. Leaves
    /// those in `outputs` that go with the commit.
    ///
    /// # Errors
    /// When earlier outputs were lost: the tasks that use this writer have to start over from their last commit.
    fn send(&self, outputs: &mut Vec<(TopicPartition, Records)>) -> Result<(), TopicError>;
    /// Makes a commit true: all outputs, sent ahead or with it, then positions and state. After an error nothing of it may be
    /// taken for done: `abort`, and open the tasks anew.
    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError>;
    /// Drops what was sent since the last commit, as far as the guarantee allows.
    fn abort(&self) -> Result<(), TopicError>;
}

/// A partition with a single writer, whose records become readable one transaction at a time. Opening another of the same id
/// fences it.
pub trait Ledger: Send + Sync {
    /// Makes sure that records can be written: after an error the open transaction is ended, whichever way it went.
    fn ready(&self) -> Result<(), TopicError>;
    /// Writes records that nobody reads before `commit`. Gives the offset of the first.
    ///
    /// # Errors
    /// `Fenced` when another process took the ledger over. After any error nothing is left to commit.
    fn put(&self, at: &TopicPartition, records: &Records) -> Result<i64, TopicError>;
    /// Makes them readable.
    fn commit(&self) -> Result<(), TopicError>;
    /// Takes them back; their offsets stay used up.
    fn abort(&self) -> Result<(), TopicError>;
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
    /// The cluster cannot be reached or is not ready; trying again may help.
    #[error("Kafka is not available: {0}")]
    Unavailable(String),
    /// The cluster took no record or request of this kind; somebody has to change something.
    #[error("Kafka refused it: {0}")]
    Refused(String),
    /// Another process with the same identity took over.
    #[error("fenced: {0}")]
    Fenced(String),
}

impl TopicError {
    /// Whether trying again later may help without anybody acting.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Storage(_) | Self::Unavailable(_))
    }
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
    /// As `describe`, but tells an absent topic from a cluster that does not answer.
    fn try_describe(&self, topic: &str) -> Result<Option<TopicSpec>, TopicError> {
        Ok(self.describe(topic))
    }
    /// All topics by name.
    fn list(&self) -> Vec<TopicSpec>;
    fn offsets(&self, partition: &TopicPartition) -> Result<OffsetRange, TopicError>;
    /// Up to `max_rows` records from `offset` on (from the start of the partition if `offset` was trimmed away); empty at
    /// the end, or (Kafka) when nothing has been read ahead yet. Never blocks. Appended batches come back as they were appended where they fit, so readers at the same
    /// offset see the same batch boundaries.
    fn fetch(&self, partition: &TopicPartition, offset: i64, max_rows: usize) -> Result<FetchedRecords, TopicError>;
    /// As `fetch`, but waits up to `wait` for records where they come from elsewhere. `next_offset` at or past the end tells
    /// that there is nothing more.
    fn read(
        &self,
        partition: &TopicPartition,
        offset: i64,
        max_rows: usize,
        wait: Duration,
    ) -> Result<FetchedRecords, TopicError>;
    /// The end of a partition without asking anybody else; `None` when it is not known.
    fn known_end(&self, partition: &TopicPartition) -> Option<i64> {
        self.offsets(partition).ok().map(|range| range.end)
    }
    /// The first offset whose record's timestamp is at least `timestamp_ms`; the end if there is none.
    fn offset_for_time(&self, partition: &TopicPartition, timestamp_ms: i64) -> Result<i64, TopicError>;
    /// Appends acknowledged records: durable (synced) when it returns. Gives the first offset of each.
    fn append(&self, topic: &str, records: Vec<(Partition, Records)>) -> Result<Vec<i64>, TopicError>;
    /// Applies a commit as one step: atomic in the embedded log, at least once on Kafka. Queries commit through their writer.
    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError>;
    /// The writer of a query, known to the log under `application_id`. With exactly-once it is one for all of its tasks, which
    /// commit together; it fences earlier ones of the same application id.
    fn writer(self: Arc<Self>, application_id: &str, guarantee: Guarantee) -> Result<Arc<dyn Writer>, TopicError>;
    /// The ledger of exactly that transactional id. `None`: there are no transactions of records here, and `append` does.
    fn ledger(&self, _transactional_id: &str) -> Result<Option<Box<dyn Ledger>>, TopicError> {
        Ok(None)
    }
    /// Commits cost next to nothing here, so a drained task commits at once; else it waits for its interval.
    fn commits_at_once(&self) -> bool;
    /// Gives back the space of records below `offset`, which nobody needs any more. Whole batches go; it may be put off.
    fn delete_records_before(&self, partition: &TopicPartition, offset: i64) -> Result<(), TopicError>;
    /// The position last committed by `group` on a partition.
    fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<i64>, TopicError>;
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
