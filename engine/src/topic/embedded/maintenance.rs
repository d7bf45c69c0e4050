//! Retention and compaction of the embedded log, one partition after another, while others append and read.
//!
//! Retention removes whole batches from the start of a partition whose every record is older than the topic keeps.
//! Compaction keeps the last record of each key; records without a key stay. Tombstones go once their timestamp is 24 h
//! old and an earlier compaction has passed over them. Offsets never change; small batches are joined.

use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use arrow_array::{Array, BooleanArray, Int64Array};
use hashbrown::HashMap;

use super::batch_codec::{self, BatchHead, LogBatch};
use super::catalog::{log_key, partition_key};
use super::partition::PartitionLog;
use super::{EmbeddedLog, join};
use crate::state::WriteBatch;
use crate::topic::{CleanupPolicy, OffsetRange, Records, TopicError};

const TOMBSTONE_KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// Keys that one compaction looks at; more are left to the next.
const KEYS_MAX: usize = 1 << 20;
/// Consumed records are left on disk up to this size.
const GIVEN_BACK_BYTES_MAX: u64 = 256 << 20;
const JOINED_ROWS: usize = 1024;
const JOINED_BYTES: u64 = 1 << 20;

impl EmbeddedLog {
    /// Trims and compacts what is due at `now_ms`.
    ///
    /// # Errors
    /// `Storage` or `Corrupt`; partitions before the one that failed are done, and trying again is safe.
    pub fn maintain(&self, now_ms: i64) -> Result<(), TopicError> {
        let _one_at_a_time = self.maintenance.lock();
        let topics: Vec<_> = self.topics.read().values().cloned().collect();
        for topic in topics {
            let (trims, compacts) = match topic.spec.cleanup {
                CleanupPolicy::Delete => (true, false),
                CleanupPolicy::Compact => (false, true),
                CleanupPolicy::CompactDelete => (true, true),
            };
            let retention_ms = topic.spec.retention_ms.filter(|&ms| trims && ms >= 0);
            for partition in &topic.partitions {
                if let Some(retention_ms) = retention_ms {
                    self.trim(partition, now_ms.saturating_sub(retention_ms))?;
                }
                if compacts {
                    self.compact(partition, now_ms.saturating_sub(TOMBSTONE_KEPT_MS))?;
                }
            }
        }
        self.reclaim_given_back();
        Ok(())
    }

    /// Removes the leading batches whose timestamps all lie before `limit_ms`.
    fn trim(&self, partition: &PartitionLog, limit_ms: i64) -> Result<(), TopicError> {
        let range = OffsetRange { start: partition.start(), end: partition.end() };
        let (mut new_start, mut records, mut bytes) = (range.start, 0, 0);
        self.scan_batches(partition, range, &mut |last, value| {
            let head = BatchHead::read(value)?;
            if head.max_timestamp >= limit_ms {
                return Ok(ControlFlow::Break(()));
            }
            new_start = last + 1;
            records += u64::from(head.count);
            bytes += head.bytes;
            Ok(ControlFlow::Continue(()))
        })?;
        if new_start == range.start {
            return Ok(());
        }
        let key = |offset| log_key(partition.topic_id, partition.number, offset);
        let mut batch = WriteBatch::default();
        batch.delete_range(self.log, key(range.start), key(new_start));
        let written =
            self.write_maintained(partition, batch, Removed { records, bytes, start: new_start, cleaned: None })?;
        if written {
            partition.set_start(new_start);
            self.db.reclaim(self.log, &key(range.start), &key(new_start));
        }
        Ok(())
    }

    /// Removes the leading batches that end before `offset`, of a partition that is not compacted. The caller holds
    /// `maintenance`.
    pub(super) fn trim_before(&self, partition: &PartitionLog, offset: i64) -> Result<(), TopicError> {
        let state = *partition.append.lock();
        let start = partition.start();
        // Where the first batch that stays begins, and what was appended before it.
        let mut kept = (state.end, state.appended_records, state.appended_bytes);
        self.scan_batches(partition, OffsetRange { start: offset, end: state.end }, &mut |last, value| {
            let head = BatchHead::read(value)?;
            kept = (last - head.span as i64, head.records_before, head.bytes_before);
            Ok(ControlFlow::Break(()))
        })?;
        let (new_start, records, bytes) = kept;
        if new_start <= start {
            return Ok(());
        }
        let key = |offset| log_key(partition.topic_id, partition.number, offset);
        let mut batch = WriteBatch::default();
        batch.delete_range(self.log, key(start), key(new_start));
        let removed = Removed {
            records: records.saturating_sub(state.metadata.removed_records),
            bytes: bytes.saturating_sub(state.metadata.removed_bytes),
            start: new_start,
            cleaned: None,
        };
        if self.write_maintained(partition, batch, removed)? {
            partition.set_start(new_start);
            self.given_back_bytes.fetch_add(bytes.saturating_sub(state.metadata.removed_bytes), Ordering::Relaxed);
        }
        Ok(())
    }

    /// Reclaims the disk space of consumed records once they are many.
    fn reclaim_given_back(&self) {
        if self.given_back_bytes.load(Ordering::Relaxed) >= GIVEN_BACK_BYTES_MAX {
            self.given_back_bytes.store(0, Ordering::Relaxed);
            self.db.reclaim(self.log, &log_key(0, 0, 0), &log_key(u32::MAX, u32::MAX, i64::MAX));
        }
    }

    /// Writes what maintenance did with the partition's new metadata; not if the topic was deleted meanwhile.
    fn write_maintained(
        &self,
        partition: &PartitionLog,
        mut batch: WriteBatch,
        removed: Removed,
    ) -> Result<bool, TopicError> {
        let mut state = partition.append.lock();
        if state.deleted {
            return Ok(false);
        }
        let mut metadata = state.metadata_now();
        metadata.start = metadata.start.max(removed.start);
        metadata.removed_records += removed.records;
        metadata.removed_bytes += removed.bytes;
        if let Some((cleaned_to, cleaned_bytes)) = removed.cleaned {
            (metadata.cleaned_to, metadata.cleaned_bytes) = (cleaned_to, cleaned_bytes);
        }
        batch.put(self.topics_store, partition_key(partition.topic_id, partition.number), metadata.encode());
        self.db.write(batch, false)?;
        state.metadata = metadata;
        Ok(true)
    }

    /// Compacts once at least half of the partition's bytes came after the last time.
    fn compact(&self, partition: &PartitionLog, tombstone_limit_ms: i64) -> Result<(), TopicError> {
        let state = *partition.append.lock();
        let range = OffsetRange { start: partition.start(), end: state.end };
        let dirty = state.appended_bytes.saturating_sub(state.metadata.cleaned_bytes);
        let held = state.appended_bytes.saturating_sub(state.metadata.removed_bytes);
        if state.metadata.cleaned_to >= state.end || dirty.saturating_mul(2) < held {
            return Ok(());
        }
        let Some(latest) = self.latest_offsets(partition, state.metadata.cleaned_to.max(range.start), range.end)?
        else {
            return Ok(());
        };
        let mut compaction = Compaction {
            log: self,
            partition,
            latest,
            tombstone_limit_ms,
            cleaned_to: state.metadata.cleaned_to,
            pending: Vec::new(),
            pending_rows: 0,
            pending_bytes: 0,
        };
        let end = compaction.latest.end;
        self.scan_batches(partition, OffsetRange { start: range.start, end }, &mut |last, value| {
            compaction.add(batch_codec::decode(value, last)?)
        })?;
        compaction.flush()?;
        let cleaned = Some((end, compaction.latest.bytes_before_end));
        self.write_maintained(partition, WriteBatch::default(), Removed { cleaned, ..Removed::default() })?;
        Ok(())
    }

    /// The last offset of each key from `from` on, over as many batches as the key limit allows; `None`: there are none.
    fn latest_offsets(&self, partition: &PartitionLog, from: i64, end: i64) -> Result<Option<Latest>, TopicError> {
        let mut latest = Latest::default();
        self.scan_batches(partition, OffsetRange { start: from, end }, &mut |last, value| {
            let head = BatchHead::read(value)?;
            let batch = batch_codec::decode(value, last)?;
            latest.add(&batch);
            latest.end = last + 1;
            latest.bytes_before_end = head.bytes_before + head.bytes;
            let full = latest.offsets.len() >= KEYS_MAX;
            Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok((latest.end > from).then_some(latest))
    }
}

/// What a step of maintenance took away.
#[derive(Default)]
struct Removed {
    records: u64,
    bytes: u64,
    start: i64,
    /// Where compaction has come to: offset, and bytes appended up to it.
    cleaned: Option<(i64, u64)>,
}

/// The last offset of each key, by a 128-bit hash of the key under seeds of this process.
#[derive(Default)]
struct Latest {
    seeds: [RandomState; 2],
    offsets: HashMap<u128, i64>,
    end: i64,
    bytes_before_end: u64,
}

impl Latest {
    fn add(&mut self, batch: &LogBatch) {
        for row in (0..batch.records.len()).filter(|&row| batch.records.keys.is_valid(row)) {
            let hash = self.hash(batch.records.keys.value(row));
            self.offsets.insert(hash, batch.offset_at(row));
        }
    }
    fn hash(&self, key: &[u8]) -> u128 {
        u128::from(self.seeds[0].hash_one(key)) << 64 | u128::from(self.seeds[1].hash_one(key))
    }
    fn is_superseded(&self, key: &[u8], offset: i64) -> bool {
        self.offsets.get(&self.hash(key)).is_some_and(|&latest| latest > offset)
    }
}

/// One pass over a partition: what survives is collected and rewritten in bigger batches.
struct Compaction<'a> {
    log: &'a EmbeddedLog,
    partition: &'a PartitionLog,
    latest: Latest,
    tombstone_limit_ms: i64,
    cleaned_to: i64,
    /// Batches read and their survivors, not yet rewritten.
    pending: Vec<(LogBatch, Survivors)>,
    pending_rows: usize,
    pending_bytes: u64,
}

struct Survivors {
    records: Records,
    offsets: Int64Array,
}

impl Compaction<'_> {
    fn add(&mut self, batch: LogBatch) -> Result<ControlFlow<()>, TopicError> {
        let survivors = self.survivors(&batch)?;
        self.pending_rows += survivors.records.len();
        self.pending_bytes += batch_codec::record_bytes(&survivors.records);
        self.pending.push((batch, survivors));
        if self.pending_rows >= JOINED_ROWS || self.pending_bytes >= JOINED_BYTES {
            self.flush()?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn survivors(&self, batch: &LogBatch) -> Result<Survivors, TopicError> {
        let records = &batch.records;
        let keep: BooleanArray = (0..records.len()).map(|row| Some(self.survives(batch, row))).collect();
        let offsets: Int64Array = (0..records.len()).map(|row| batch.offset_at(row)).collect::<Vec<_>>().into();
        if keep.true_count() == records.len() {
            return Ok(Survivors { records: records.clone(), offsets });
        }
        let filter = |array: &dyn Array| {
            let kept = arrow_select::filter::filter(array, &keep).map_err(|e| TopicError::Corrupt(e.to_string()))?;
            Ok::<_, TopicError>(kept.to_data())
        };
        let headers = records.headers.as_ref();
        Ok(Survivors {
            records: Records {
                keys: filter(&records.keys)?.into(),
                values: filter(&records.values)?.into(),
                timestamps: filter(&records.timestamps)?.into(),
                headers: headers.map(|rows| {
                    rows.iter().enumerate().filter(|(i, _)| keep.value(*i)).map(|(_, h)| h.clone()).collect()
                }),
            },
            offsets: filter(&offsets)?.into(),
        })
    }

    fn survives(&self, batch: &LogBatch, row: usize) -> bool {
        let (records, offset) = (&batch.records, batch.offset_at(row));
        if records.keys.is_null(row) {
            return true;
        }
        let old_tombstone = records.values.is_null(row)
            && offset < self.cleaned_to
            && records.timestamps.value(row) < self.tombstone_limit_ms;
        !old_tombstone && !self.latest.is_superseded(records.keys.value(row), offset)
    }

    /// Replaces the pending batches by one, in one write with the partition's counts.
    fn flush(&mut self) -> Result<(), TopicError> {
        let pending = std::mem::take(&mut self.pending);
        (self.pending_rows, self.pending_bytes) = (0, 0);
        let unchanged = |(batch, survivors): &(LogBatch, Survivors)| batch.records.len() == survivors.records.len();
        let (Some((first, _)), Some((last, _))) = (pending.first(), pending.last()) else { return Ok(()) };
        if pending.len() == 1 && unchanged(&pending[0]) {
            return Ok(());
        }
        let (first_offset, last_offset) = (first.first_offset, last.last_offset);
        let mut removed = Removed::default();
        let mut batch = WriteBatch::default();
        let key = |offset| log_key(self.partition.topic_id, self.partition.number, offset);
        for (old, survivors) in &pending {
            removed.records += (old.records.len() - survivors.records.len()) as u64;
            removed.bytes += batch_codec::record_bytes(&old.records) - batch_codec::record_bytes(&survivors.records);
            batch.delete(self.log.log, key(old.last_offset));
        }
        let parts: Vec<_> =
            pending.into_iter().map(|(_, s)| (s.records, s.offsets)).filter(|(r, _)| !r.is_empty()).collect();
        if !parts.is_empty() {
            let (records, offsets) = join(parts)?;
            let span = (last_offset - first_offset) as u64;
            let listed = (records.len() as u64 != span + 1).then_some(&offsets);
            batch.put(self.log.log, key(last_offset), batch_codec::encode(&records, listed, first_offset, span));
        }
        self.log.write_maintained(self.partition, batch, removed)?;
        Ok(())
    }
}
