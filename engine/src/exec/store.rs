//! One task's part of a store: where its keys lie in the database, its changelog, and how both are written at commit.
//!
//! Layout of a store (layout version 2), all integers big-endian:
//!
//! | key | value |
//! | --- | --- |
//! | partition u32, 0 | layout version u8, changelog position i64, stream time i64, largest window start i64 |
//! | partition u32, 1, key bytes | the operator's state |
//! | partition u32, 1, segment i64 (sign bit flipped), key bytes, window start i64 (sign bit flipped) | the operator's state |
//!
//! Windows lie in segments of time, so that expiry drops whole ranges and a look-up of a key reads one range per segment.
//! Changelog keys are Kafka Streams': the key bytes; of windows the key bytes, window start i64 and sequence u32, always 0.

use std::time::{Duration, Instant};

use arrow_array::Int64Array;
use arrow_array::builder::BinaryBuilder;

use super::TaskError;
use crate::state::{Entries, StateDb, StoreId, WriteBatch};
use crate::topic::{ChangelogEnd, CommitUnit, Records, TopicError, TopicPartition, Topics};

/// Longest wait for records of a changelog before looking again.
const RESTORE_POLL: Duration = Duration::from_millis(20);
const VERSION: u8 = 2;
/// Behind window starts in changelog keys: windows of aggregates have one entry each.
const SEQUENCE: [u8; 4] = [0; 4];
const META: u8 = 0;
const DATA: u8 = 1;
/// Kafka Streams' smallest segment.
const SEGMENT_MS_MIN: i64 = 60_000;
/// Changelog records read at once when a store is restored.
const RESTORE_ROWS: usize = 16_384;
/// How long a changelog may give nothing while it is read.
const RESTORE_PATIENCE: Duration = Duration::from_secs(60);
/// A restoring that takes longer says how far it is, this often.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(2);

/// What an operator needs to know to open its part.
#[derive(Clone)]
pub(crate) struct StoreSpec {
    pub id: StoreId,
    pub partition: u32,
    pub changelog: Option<TopicPartition>,
    /// `None`: not windowed.
    pub retention_ms: Option<i64>,
}

/// Fixed-size facts about a part, committed with its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreMeta {
    pub changelog_position: i64,
    pub stream_time: i64,
    pub max_window_start: i64,
}

impl Default for StoreMeta {
    fn default() -> Self {
        Self { changelog_position: 0, stream_time: i64::MIN, max_window_start: i64::MIN }
    }
}

/// Where the changelog position lies in encoded metadata: behind the version.
const CHANGELOG_POSITION_AT: usize = 1;

impl StoreMeta {
    fn encode(self) -> Vec<u8> {
        let mut out = vec![VERSION];
        for number in [self.changelog_position, self.stream_time, self.max_window_start] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out
    }
    /// # Errors
    /// Another layout version, or bytes that are no metadata.
    fn read(bytes: &[u8]) -> Result<Self, TaskError> {
        if let Some(&version) = bytes.first().filter(|&&version| version != VERSION) {
            return Err(TaskError::corrupt(format!(
                "the store has layout version {version}, this program reads version {VERSION}"
            )));
        }
        Self::decode(bytes).ok_or_else(|| TaskError::corrupt("store metadata does not decode"))
    }
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&version, numbers) = bytes.split_first()?;
        if version != VERSION || numbers.len() != 24 {
            return None;
        }
        Some(Self {
            changelog_position: read_i64(numbers, 0)?,
            stream_time: read_i64(numbers, 8)?,
            max_window_start: read_i64(numbers, 16)?,
        })
    }
}

/// A big-endian i64 at a byte position.
pub(crate) fn read_i64(bytes: &[u8], at: usize) -> Option<i64> {
    Some(i64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Big-endian with the sign bit flipped: byte order is number order.
pub(crate) fn ordered(number: i64) -> [u8; 8] {
    ((number as u64) ^ (1 << 63)).to_be_bytes()
}

pub(crate) fn from_ordered(bytes: &[u8]) -> Option<i64> {
    Some((u64::from_be_bytes(bytes.try_into().ok()?) ^ (1 << 63)) as i64)
}

/// Length of a segment of windows for a retention, as Kafka Streams chooses it.
pub(crate) fn segment_ms(retention_ms: i64) -> i64 {
    (retention_ms / 2).max(SEGMENT_MS_MIN)
}

impl StoreSpec {
    pub fn meta_key(&self) -> Vec<u8> {
        let mut key = self.partition.to_be_bytes().to_vec();
        key.push(META);
        key
    }
    /// First bytes of all entries of this part.
    pub fn data_prefix(&self) -> Vec<u8> {
        let mut key = self.partition.to_be_bytes().to_vec();
        key.push(DATA);
        key
    }
    pub fn segment_of(&self, window_start: i64) -> Option<i64> {
        self.retention_ms.map(|retention| window_start.div_euclid(segment_ms(retention)))
    }
    /// Appends the store key of an entry.
    pub fn write_key(&self, key: &[u8], window_start: i64, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.partition.to_be_bytes());
        out.push(DATA);
        match self.segment_of(window_start) {
            Some(segment) => {
                out.extend_from_slice(&ordered(segment));
                out.extend_from_slice(key);
                out.extend_from_slice(&ordered(window_start));
            }
            None => out.extend_from_slice(key),
        }
    }
    /// Key bytes and window start of a store key.
    pub fn split_key<'a>(&self, stored: &'a [u8]) -> Option<(&'a [u8], i64)> {
        match self.retention_ms {
            None => Some((stored.get(5..)?, 0)),
            Some(_) => {
                let rest = stored.get(13..)?;
                let at = rest.len().checked_sub(8)?;
                Some((&rest[..at], from_ordered(&rest[at..])?))
            }
        }
    }
    /// The oldest segment that is still kept.
    pub fn oldest_segment(&self, stream_time: i64) -> Option<i64> {
        let retention = self.retention_ms?;
        (stream_time > i64::MIN).then(|| stream_time.saturating_sub(retention).div_euclid(segment_ms(retention)))
    }
}

/// Bytes after which no key with `prefix` lies.
pub(crate) fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}

/// An open part: reads committed entries, gathers the writes of the next commit.
pub(crate) struct StorePart {
    pub spec: StoreSpec,
    db: StateDb,
    pub meta: StoreMeta,
    /// Segments below are gone from the store.
    expired_below: Option<i64>,
    changed: bool,
    /// The store held nothing when it was opened.
    opened_empty: bool,
    entries: Entries,
    /// What is written behind the entries.
    writes: WriteBatch,
    log: Option<ChangelogBuffer>,
    key_arena: Vec<u8>,
    key_ends: Vec<usize>,
}

struct ChangelogBuffer {
    target: TopicPartition,
    keys: BinaryBuilder,
    values: BinaryBuilder,
    timestamps: Vec<i64>,
    /// The key that is being put together.
    key: Vec<u8>,
}

impl ChangelogBuffer {
    fn push(&mut self, key: &[u8], window: Option<i64>, value: Option<&[u8]>, timestamp: i64) {
        match window {
            Some(window) => {
                self.key.clear();
                self.key.extend_from_slice(key);
                self.key.extend_from_slice(&window.to_be_bytes());
                self.key.extend_from_slice(&SEQUENCE);
                self.keys.append_value(&self.key);
            }
            None => self.keys.append_value(key),
        }
        self.values.append_option(value);
        self.timestamps.push(timestamp.max(0));
    }
}

impl StorePart {
    /// Opens the part and brings it up to the end of its changelog.
    pub fn open(spec: StoreSpec, db: &StateDb, topics: &dyn Topics) -> Result<Self, TaskError> {
        let meta_key = spec.meta_key();
        let stored = db.snapshot().get_many(spec.id, &[&meta_key])?.pop().flatten();
        let meta = match stored {
            Some(bytes) => StoreMeta::read(&bytes)?,
            None => StoreMeta::default(),
        };
        let expired_below = spec.oldest_segment(meta.stream_time);
        let log = spec.changelog.clone().map(|target| ChangelogBuffer {
            target,
            keys: BinaryBuilder::new(),
            values: BinaryBuilder::new(),
            timestamps: Vec::new(),
            key: Vec::new(),
        });
        let mut part = Self {
            spec,
            db: db.clone(),
            meta,
            expired_below,
            changed: false,
            opened_empty: false,
            entries: Entries::default(),
            writes: WriteBatch::default(),
            log,
            key_arena: Vec::new(),
            key_ends: Vec::new(),
        };
        part.restore(topics)?;
        part.opened_empty = part.meta == StoreMeta::default();
        Ok(part)
    }

    /// Replays the changelog's tail that the store does not reflect yet.
    fn restore(&mut self, topics: &dyn Topics) -> Result<(), TaskError> {
        let Some(changelog) = self.spec.changelog.clone() else { return Ok(()) };
        let range = topics.offsets(&changelog)?;
        if self.meta.changelog_position > range.end {
            // The topic was made anew: the store is ahead of it and stays what it is.
            self.meta.changelog_position = range.end;
        }
        let first = self.meta.changelog_position.max(range.start);
        let (mut told, mut heard, mut rows) = (Instant::now(), Instant::now(), 0);
        while self.meta.changelog_position < range.end {
            let fetched = topics.read(&changelog, self.meta.changelog_position, RESTORE_ROWS, RESTORE_POLL)?;
            if fetched.next_offset <= self.meta.changelog_position {
                if heard.elapsed() > RESTORE_PATIENCE {
                    return Err(TopicError::Unavailable(format!("the changelog {} gives no records", changelog.topic)).into());
                }
                continue;
            }
            heard = Instant::now();
            rows += fetched.records.len();
            self.restore_records(&fetched.records)?;
            self.meta.changelog_position = fetched.next_offset;
            let mut batch = WriteBatch::default();
            batch.entries(self.spec.id, std::mem::take(&mut self.entries));
            batch.put(self.spec.id, self.spec.meta_key(), self.meta.encode());
            self.db.write(batch, false)?;
            if told.elapsed() >= PROGRESS_INTERVAL {
                told = Instant::now();
                let percent = 100 * (fetched.next_offset - first) / (range.end - first).max(1);
                tracing::info!(target: "weir::restore", "{}-{}: {rows} records, {percent} %", changelog.topic, changelog.partition.0);
            }
        }
        self.expired_below = None;
        Ok(())
    }

    fn restore_records(&mut self, records: &Records) -> Result<(), TaskError> {
        let (keys, values) = (&records.keys, &records.values);
        for row in 0..records.len() {
            let (key, window) = self.split_changelog_key(keys.value(row))?;
            let value = arrow_array::Array::is_valid(values, row).then(|| values.value(row));
            if value.is_some() {
                self.meta.max_window_start = self.meta.max_window_start.max(window);
            }
            self.entries.push(|out| self.spec.write_key(key, window, out), value);
            self.meta.stream_time = self.meta.stream_time.max(records.timestamps.value(row));
        }
        Ok(())
    }

    fn split_changelog_key<'a>(&self, key: &'a [u8]) -> Result<(&'a [u8], i64), TaskError> {
        if self.spec.retention_ms.is_none() {
            return Ok((key, 0));
        }
        let split = key.strip_suffix(&SEQUENCE).and_then(|windowed| {
            let at = windowed.len().checked_sub(8)?;
            Some((&windowed[..at], read_i64(windowed, at)?))
        });
        split.ok_or_else(|| TaskError::corrupt("a changelog key without window"))
    }

    /// Committed values of these keys, one answer each.
    pub fn get_many<'a>(
        &mut self,
        keys: impl Iterator<Item = (&'a [u8], i64)>,
    ) -> Result<Vec<Option<Vec<u8>>>, TaskError> {
        self.key_arena.clear();
        self.key_ends.clear();
        for (key, window) in keys {
            self.spec.write_key(key, window, &mut self.key_arena);
            self.key_ends.push(self.key_arena.len());
        }
        if self.key_ends.is_empty() {
            return Ok(Vec::new());
        }
        let mut start = 0;
        let slices: Vec<&[u8]> = self
            .key_ends
            .iter()
            .map(|&end| {
                let slice = &self.key_arena[start..end];
                start = end;
                slice
            })
            .collect();
        Ok(self.db.snapshot().get_many(self.spec.id, &slices)?)
    }

    /// Whether a window may have an entry in the store.
    pub fn may_hold_window(&self, window_start: i64) -> bool {
        self.spec.retention_ms.is_none() || window_start <= self.meta.max_window_start
    }

    /// Nothing was in the store when it was opened: it holds what was written since.
    pub fn opened_empty(&self) -> bool {
        self.opened_empty
    }

    /// Makes room for that many writes.
    pub fn reserve(&mut self, writes: usize) {
        const ENTRY_BYTES: usize = 56;
        self.entries.reserve(writes, ENTRY_BYTES);
    }

    /// Puts (`Some`) or deletes (`None`) an entry with the next commit. `timestamp` is the changelog record's.
    pub fn write(&mut self, key: &[u8], window: i64, value: Option<&[u8]>, timestamp: i64) {
        self.changed = true;
        self.meta.max_window_start = self.meta.max_window_start.max(window);
        if let Some(log) = &mut self.log {
            log.push(key, self.spec.retention_ms.map(|_| window), value, timestamp);
        }
        self.entries.push(|out| self.spec.write_key(key, window, out), value);
    }

    /// Notes the operator's stream time, which is committed with the entries.
    pub fn advance(&mut self, stream_time: i64) {
        if stream_time > self.meta.stream_time {
            self.meta.stream_time = stream_time;
            self.changed |= self.spec.retention_ms.is_some();
        }
    }

    /// Drops segments that fell out of retention. Gives the oldest segment kept, if any were dropped.
    pub fn expire(&mut self) -> Option<i64> {
        let oldest = self.spec.oldest_segment(self.meta.stream_time)?;
        if self.expired_below.is_some_and(|below| below >= oldest) {
            return None;
        }
        let prefix = self.spec.data_prefix();
        let to = [prefix.as_slice(), &ordered(oldest)].concat();
        self.writes.delete_range(self.spec.id, prefix, to);
        self.expired_below = Some(oldest);
        self.changed = true;
        Some(oldest)
    }

    /// Moves the gathered writes into a commit.
    pub fn commit(&mut self, unit: &mut CommitUnit) {
        if !self.changed {
            return;
        }
        self.changed = false;
        if let Some(log) = &mut self.log
            && !log.timestamps.is_empty()
        {
            self.meta.changelog_position += log.timestamps.len() as i64;
            let records = Records {
                keys: log.keys.finish(),
                values: log.values.finish(),
                timestamps: Int64Array::from(std::mem::take(&mut log.timestamps)),
                headers: None,
            };
            unit.outputs.push((log.target.clone(), records));
        }
        self.writes.put(self.spec.id, self.spec.meta_key(), self.meta.encode());
        unit.changelogs.extend(self.spec.changelog.clone().map(|changelog| ChangelogEnd {
            changelog,
            store: self.spec.id,
            key: self.spec.meta_key(),
            value: self.meta.encode(),
            position_at: CHANGELOG_POSITION_AT,
        }));
        unit.state.entries(self.spec.id, std::mem::take(&mut self.entries));
        unit.state.operations.append(&mut self.writes.operations);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_order_as_bytes() {
        let numbers = [i64::MIN, -5, -1, 0, 1, 1 << 40, i64::MAX];
        for pair in numbers.windows(2) {
            assert!(ordered(pair[0]) < ordered(pair[1]), "{pair:?}");
        }
        assert!(numbers.iter().all(|&n| from_ordered(&ordered(n)) == Some(n)));
    }

    #[test]
    fn store_keys_split_back() {
        for retention_ms in [None, Some(86_400_000)] {
            let spec = StoreSpec { id: StoreId(1), partition: 7, changelog: None, retention_ms };
            let mut key = Vec::new();
            spec.write_key(b"abc", 60_000, &mut key);
            let window = if retention_ms.is_some() { 60_000 } else { 0 };
            assert_eq!(spec.split_key(&key), Some((&b"abc"[..], window)));
            assert!(key.starts_with(&spec.data_prefix()) && key < prefix_end(&spec.data_prefix()));
        }
    }

    #[test]
    fn version_two_entries_stay_readable() {
        let spec = StoreSpec { id: StoreId(1), partition: 3, changelog: None, retention_ms: Some(1_000) };
        let stored = b"\0\0\0\x03\x01\x80\0\0\0\0\0\0\x01key\x80\0\0\0\0\0\xea\x60";
        let mut written = Vec::new();
        spec.write_key(b"key", 60_000, &mut written);
        assert_eq!(written, stored);
        assert_eq!(spec.split_key(stored), Some((&b"key"[..], 60_000)));
        let meta = b"\x02\0\0\0\0\0\0\0\x2a\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\x05";
        let read = StoreMeta { changelog_position: 42, stream_time: 7, max_window_start: 5 };
        assert_eq!(StoreMeta::decode(meta), Some(read));
        assert_eq!(read.encode(), meta);
        let refused = StoreMeta::read(&[&b"\x01"[..], &meta[1..]].concat()).unwrap_err().to_string();
        assert!(refused.contains("the store has layout version 1, this program reads version 2"), "{refused}");
    }
}
