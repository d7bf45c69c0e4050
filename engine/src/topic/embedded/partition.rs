//! One partition in memory: where it starts and ends, and its recently appended batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;

use super::batch_codec::{BatchHead, LogBatch, record_bytes};
use super::catalog::{self, PartitionMetadata, log_key};
use crate::state::{Snapshot, StateError, StoreId};

pub(super) struct PartitionLog {
    pub topic: Arc<str>,
    pub topic_id: u32,
    pub number: u32,
    /// Held while offsets are given out and written: one append after another.
    pub append: Mutex<AppendState>,
    start: AtomicI64,
    end: AtomicI64,
    /// The last batches, without gaps up to the end.
    tail: Mutex<VecDeque<Arc<LogBatch>>>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AppendState {
    pub end: i64,
    pub appended_records: u64,
    pub appended_bytes: u64,
    pub metadata: PartitionMetadata,
    /// The topic is gone: nothing more may be written.
    pub deleted: bool,
}

impl AppendState {
    /// The metadata to write with a trim or compaction.
    pub fn metadata_now(&self) -> PartitionMetadata {
        PartitionMetadata {
            end: self.end,
            appended_records: self.appended_records,
            appended_bytes: self.appended_bytes,
            ..self.metadata
        }
    }
}

impl PartitionLog {
    pub fn empty(topic: &Arc<str>, topic_id: u32, number: u32) -> Self {
        Self::new(topic, topic_id, number, AppendState::default())
    }

    /// Finds start, end and counts of a partition in the stores.
    pub fn recover(
        topic: &Arc<str>,
        topic_id: u32,
        number: u32,
        snapshot: &dyn Snapshot,
        log: StoreId,
        topics: StoreId,
    ) -> Result<Self, StateError> {
        let stored = snapshot.get_many(topics, &[&catalog::partition_key(topic_id, number)])?.pop().flatten();
        let metadata = stored.map(|bytes| PartitionMetadata::decode(&bytes)).transpose()?.unwrap_or_default();
        let mut state = AppendState {
            end: metadata.end,
            appended_records: metadata.appended_records,
            appended_bytes: metadata.appended_bytes,
            metadata,
            deleted: false,
        };
        let (from, to) = (log_key(topic_id, number, 0), log_key(topic_id, number, i64::MAX));
        if let Some((key, value)) = snapshot.last(log, &from, &to)? {
            let last_offset = catalog::last_offset_of(&key)?;
            if last_offset >= state.end {
                let head = BatchHead::read(&value)?;
                state.end = last_offset + 1;
                state.appended_records = head.records_before + u64::from(head.count);
                state.appended_bytes = head.bytes_before + head.bytes;
            }
        }
        Ok(Self::new(topic, topic_id, number, state))
    }

    fn new(topic: &Arc<str>, topic_id: u32, number: u32, state: AppendState) -> Self {
        Self {
            topic: topic.clone(),
            topic_id,
            number,
            start: AtomicI64::new(state.metadata.start),
            end: AtomicI64::new(state.end),
            append: Mutex::new(state),
            tail: Mutex::default(),
        }
    }

    pub fn start(&self) -> i64 {
        self.start.load(Ordering::Acquire)
    }
    pub fn end(&self) -> i64 {
        self.end.load(Ordering::Acquire)
    }
    pub fn set_start(&self, start: i64) {
        self.start.store(start, Ordering::Release);
    }

    /// Makes a written batch readable. The caller holds `append`.
    pub fn publish(&self, batch: LogBatch) {
        let end = batch.last_offset + 1;
        self.tail.lock().push_back(Arc::new(batch));
        self.end.store(end, Ordering::Release);
    }

    /// The batches of the tail from the one that holds `offset` on, until `enough` says so; `None` where the tail begins
    /// later.
    pub fn tail_from(&self, offset: i64, mut enough: impl FnMut(&LogBatch) -> bool) -> Option<Vec<Arc<LogBatch>>> {
        let tail = self.tail.lock();
        if tail.front().is_none_or(|batch| batch.first_offset > offset) {
            return None;
        }
        let at = tail.partition_point(|batch| batch.last_offset < offset);
        let mut found = Vec::new();
        for batch in tail.range(at..) {
            found.push(batch.clone());
            if enough(batch) {
                break;
            }
        }
        Some(found)
    }

    fn drop_oldest(&self) {
        self.tail.lock().pop_front();
    }

    pub fn clear_tail(&self) {
        self.tail.lock().clear();
    }
}

/// Keeps the tails of all partitions within a budget by dropping the oldest batches of the node.
pub(super) struct TailBudget {
    bytes_max: usize,
    state: Mutex<TailUse>,
}

#[derive(Default)]
struct TailUse {
    bytes: usize,
    /// In order of appending: whose batch, and how big.
    batches: VecDeque<(Arc<PartitionLog>, usize)>,
}

impl TailBudget {
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, state: Mutex::default() }
    }

    /// Counts a batch that was published in `partition`. The caller holds the partition's `append`.
    pub fn add(&self, partition: &Arc<PartitionLog>, bytes: usize) {
        let mut state = self.state.lock();
        state.bytes += bytes;
        state.batches.push_back((partition.clone(), bytes));
        while state.bytes > self.bytes_max {
            let Some((oldest, bytes)) = state.batches.pop_front() else { break };
            oldest.drop_oldest();
            state.bytes -= bytes;
        }
    }
}

/// Bytes that a batch holds in memory.
pub(super) fn memory_bytes(batch: &LogBatch) -> usize {
    const ROW_BYTES: usize = 16;
    const BATCH_BYTES: usize = 512;
    let headers = batch.records.headers.iter().flatten().flat_map(|row| row.iter());
    let header_bytes: usize = headers.map(|h| h.key.len() + h.value.as_ref().map_or(0, Vec::len) + 48).sum();
    BATCH_BYTES + record_bytes(&batch.records) as usize + batch.records.len() * ROW_BYTES + header_bytes
}
