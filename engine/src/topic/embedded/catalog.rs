//! Topic metadata, partition metadata and committed positions as entries of the topic store.
//!
//! Layout, big endian:
//! - `i` -> the next topic id, u32
//! - `t` name -> version 1, id u32, partitions u32, replicas u16, cleanup (0 delete, 1 compact, 2 both), retention
//!   (0 none, 1 and ms i64)
//! - `p` topic id u32, partition u32 -> version 1, then the numbers of `PartitionMetadata` in order, eight bytes each
//! - `g` topic id u32, partition u32, group -> the next offset to read, i64.

use crate::state::{Reader, StateError};
use crate::topic::{CleanupPolicy, TopicSpec};

pub(super) const TOPIC_STORE: &str = "weir.topics";
pub(super) const NEXT_ID_KEY: &[u8] = b"i";
const VERSION: u8 = 1;
const WHAT: &str = "topic metadata";
const CLEANUPS: [CleanupPolicy; 3] = [CleanupPolicy::Delete, CleanupPolicy::Compact, CleanupPolicy::CompactDelete];

/// What trimming and compaction did to a partition, and where it ended then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PartitionMetadata {
    pub start: i64,
    pub removed_records: u64,
    pub removed_bytes: u64,
    /// Records before this offset were compacted.
    pub cleaned_to: i64,
    /// Bytes appended up to `cleaned_to`.
    pub cleaned_bytes: u64,
    pub end: i64,
    pub appended_records: u64,
    pub appended_bytes: u64,
}

impl PartitionMetadata {
    pub fn encode(&self) -> Vec<u8> {
        let numbers = [
            self.start as u64,
            self.removed_records,
            self.removed_bytes,
            self.cleaned_to as u64,
            self.cleaned_bytes,
            self.end as u64,
            self.appended_records,
            self.appended_bytes,
        ];
        let mut out = vec![VERSION];
        for number in &numbers {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = versioned(bytes)?;
        let mut next = || reader.array().map(u64::from_be_bytes);
        let metadata = Self {
            start: next()? as i64,
            removed_records: next()?,
            removed_bytes: next()?,
            cleaned_to: next()? as i64,
            cleaned_bytes: next()?,
            end: next()? as i64,
            appended_records: next()?,
            appended_bytes: next()?,
        };
        reader.finish()?;
        Ok(metadata)
    }
}

pub(super) fn encode_topic(id: u32, spec: &TopicSpec) -> Vec<u8> {
    let mut out = vec![VERSION];
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&spec.partitions.to_be_bytes());
    out.extend_from_slice(&spec.replicas.to_be_bytes());
    out.push(CLEANUPS.iter().position(|&c| c == spec.cleanup).unwrap_or(0) as u8);
    out.push(u8::from(spec.retention_ms.is_some()));
    if let Some(retention_ms) = spec.retention_ms {
        out.extend_from_slice(&retention_ms.to_be_bytes());
    }
    out
}

pub(super) fn decode_topic(name: &[u8], bytes: &[u8]) -> Result<(u32, TopicSpec), StateError> {
    let mut reader = versioned(bytes)?;
    let id = u32::from_be_bytes(reader.array()?);
    let spec = TopicSpec {
        name: String::from_utf8(name.to_vec()).map_err(|_| reader.corrupt("a name is not UTF-8"))?,
        partitions: u32::from_be_bytes(reader.array()?),
        replicas: u16::from_be_bytes(reader.array()?),
        cleanup: *CLEANUPS.get(reader.u8()? as usize).ok_or_else(|| reader.corrupt("unknown clean-up policy"))?,
        retention_ms: match reader.u8()? {
            0 => None,
            _ => Some(i64::from_be_bytes(reader.array()?)),
        },
        kafka_configs: &[],
    };
    reader.finish()?;
    Ok((id, spec))
}

fn versioned(bytes: &[u8]) -> Result<Reader<'_>, StateError> {
    let mut reader = Reader::new(bytes, WHAT);
    if reader.u8()? == VERSION { Ok(reader) } else { Err(reader.corrupt("unknown version")) }
}

pub(super) fn topic_key(name: &str) -> Vec<u8> {
    [b"t", name.as_bytes()].concat()
}

pub(super) fn partition_key(topic_id: u32, partition: u32) -> Vec<u8> {
    [&b"p"[..], &topic_id.to_be_bytes(), &partition.to_be_bytes()].concat()
}

pub(super) fn position_key(topic_id: u32, partition: u32, group: &str) -> Vec<u8> {
    [&b"g"[..], &topic_id.to_be_bytes(), &partition.to_be_bytes(), group.as_bytes()].concat()
}

/// Where entries of one kind (`p` or `g`) of a topic begin; those of the next id are their end.
pub(super) fn topic_entries(kind: u8, topic_id: u32) -> Vec<u8> {
    [&[kind][..], &topic_id.to_be_bytes()].concat()
}

/// The key of a record batch: topic id u32, partition u32, the batch's last offset i64, all big endian.
pub(super) fn log_key(topic_id: u32, partition: u32, last_offset: i64) -> Vec<u8> {
    [&topic_id.to_be_bytes()[..], &partition.to_be_bytes(), &last_offset.to_be_bytes()].concat()
}

/// The last offset in a log key.
pub(super) fn last_offset_of(log_key: &[u8]) -> Result<i64, StateError> {
    let mut reader = Reader::new(log_key, WHAT);
    reader.bytes(8)?;
    Ok(i64::from_be_bytes(reader.array()?))
}

/// A committed position out of its entry: topic id, partition, group, offset.
pub(super) fn decode_position(key: &[u8], value: &[u8]) -> Result<(u32, u32, String, i64), StateError> {
    let mut reader = Reader::new(key, "a committed position");
    reader.bytes(1)?;
    let (topic_id, partition) = (u32::from_be_bytes(reader.array()?), u32::from_be_bytes(reader.array()?));
    let group = String::from_utf8(reader.rest.to_vec()).map_err(|_| reader.corrupt("a group is not UTF-8"))?;
    let offset = i64::from_be_bytes(Reader::new(value, "a committed position").array()?);
    Ok((topic_id, partition, group, offset))
}

/// Kafka's rules for topic names.
pub(super) fn is_valid_name(name: &str) -> bool {
    (1..=249).contains(&name.len())
        && name != "."
        && name != ".."
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}
