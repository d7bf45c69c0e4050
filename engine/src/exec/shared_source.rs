//! Reading a source partition once for all tasks that follow it closely: the last few fetched batches with the columns that any
//! follower wanted. Rows and rules are `operators::source`'s business.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::{ArrayRef, BinaryArray};
use arrow_buffer::BooleanBuffer;
use hashbrown::HashMap;
use parking_lot::Mutex;

use super::TaskError;
use super::operators::{key_presence, split_windowed_keys};
use crate::batch::WindowBounds;
use crate::formats::{self, DecodeFailure, Decoded, Decoder, SerdeOptions};
use crate::metastore::SourceWindow;
use crate::topic::{FetchedRecords, TopicPartition, Topics};
use crate::types::LogicalSchema;

/// Decoded batches kept per source partition: as many as some turns of a task take, so that the tasks of one round of
/// turns find what the first of them decoded.
const BATCHES_KEPT: usize = 16;
/// Bytes of records in all kept batches of a node; beyond that a partition keeps one batch.
const KEPT_BYTES_MAX: usize = 32 << 20;

/// How a topic's records are laid out: what decides whether two queries can share decoded batches.
pub struct Declaration {
    pub topic: String,
    identity: String,
    key_columns: usize,
    value_columns: usize,
    key: Option<Box<dyn Decoder>>,
    value: Box<dyn Decoder>,
    window: Option<SourceWindow>,
}

impl Declaration {
    pub(crate) fn new(
        topic: &str,
        declared: &LogicalSchema,
        (key_serde, value_serde): (&SerdeOptions, &SerdeOptions),
        window: Option<SourceWindow>,
    ) -> Result<Self, TaskError> {
        let key =
            if declared.key.is_empty() { None } else { Some(formats::decoder(key_serde, &declared.key, topic, true)?) };
        Ok(Self {
            topic: topic.to_string(),
            identity: format!("{declared}|{key_serde:?}|{value_serde:?}|{window:?}"),
            key_columns: declared.key.len(),
            value_columns: declared.value.len(),
            key,
            value: formats::decoder(value_serde, &declared.value, topic, false)?,
            window,
        })
    }

    pub(crate) fn decode_values(&self, payloads: &BinaryArray, wanted: &[usize]) -> Decoded {
        self.value.decode(payloads, wanted)
    }

    /// Decodes keys at once; values when they are asked for.
    /// `asked`: the offset from which it was fetched.
    pub fn open(&self, asked: i64, fetched: FetchedRecords) -> SourceBatch {
        let mut key_failures = Vec::new();
        let (bare, window) = match self.window {
            Some(window) => {
                let (bare, bounds) = split_windowed_keys(&fetched.records.keys, window, &mut key_failures);
                (Some(bare), Some(bounds))
            }
            None => (None, None),
        };
        let (keys, key_present) = match &self.key {
            Some(decoder) => {
                let wanted: Vec<usize> = (0..self.key_columns).collect();
                let decoded = decoder.decode(bare.as_ref().unwrap_or(&fetched.records.keys), &wanted);
                key_failures.extend(decoded.failures);
                let present = key_presence(&decoded.columns, decoded.present);
                (decoded.columns, present)
            }
            None => (Vec::new(), None),
        };
        let values = SourceValues {
            columns: vec![None; self.value_columns],
            present: None,
            failures: Arc::new([]),
            decoded: false,
        };
        SourceBatch { asked, fetched, keys, key_present, key_failures, window, values: Mutex::new(values) }
    }
}

/// Fetched records with their decoded columns, shared by followers.
pub struct SourceBatch {
    asked: i64,
    pub fetched: FetchedRecords,
    pub(crate) keys: Vec<ArrayRef>,
    pub(crate) key_present: Option<BooleanBuffer>,
    pub(crate) key_failures: Vec<DecodeFailure>,
    pub(crate) window: Option<WindowBounds>,
    values: Mutex<SourceValues>,
}

/// The value columns decoded so far, by position in the declaration.
#[derive(Clone)]
pub(crate) struct SourceValues {
    pub columns: Vec<Option<ArrayRef>>,
    pub present: Option<BooleanBuffer>,
    pub failures: Arc<[DecodeFailure]>,
    decoded: bool,
}

impl SourceValues {
    pub fn column(&self, index: usize) -> ArrayRef {
        self.columns[index].clone().expect("asked for when it was decoded")
    }
}

impl SourceBatch {
    pub fn rows(&self) -> usize {
        self.fetched.records.len()
    }

    /// The values with at least the wanted columns, decoding what is missing.
    pub(crate) fn values(&self, declaration: &Declaration, wanted: &[usize]) -> SourceValues {
        let mut values = self.values.lock();
        let missing: Vec<usize> = wanted.iter().copied().filter(|&i| values.columns[i].is_none()).collect();
        if !missing.is_empty() || !values.decoded {
            let decoded = declaration.decode_values(&self.fetched.records.values, &missing);
            for (index, column) in missing.into_iter().zip(decoded.columns) {
                values.columns[index] = Some(column);
            }
            values.present = decoded.present;
            let mut failures = values.failures.to_vec();
            failures.extend(decoded.failures);
            failures.sort_by_key(|f| f.row);
            failures.dedup_by_key(|f| f.row);
            values.failures = failures.into();
            values.decoded = true;
        }
        values.clone()
    }
}

type SourceKey = (TopicPartition, String);

/// The decoded windows of all source partitions of a node.
#[derive(Default)]
pub struct SharedSources {
    sources: Mutex<HashMap<SourceKey, Arc<Mutex<SharedSource>>>>,
    /// Bytes of records in kept batches.
    kept_bytes: AtomicUsize,
}

#[derive(Default)]
struct SharedSource {
    batches: Vec<Arc<SourceBatch>>,
    followers: Vec<FollowerPlace>,
    next_follower: u64,
}

/// Who follows a source, and how far.
struct FollowerPlace {
    id: u64,
    /// Positions of the value columns that it wants.
    wanted: Vec<usize>,
    /// The offset that it asked for last.
    offset: i64,
}

impl SharedSource {
    /// How many followers have yet to read a batch.
    fn readers_to_come(&self, batch: &SourceBatch) -> usize {
        let last = batch.fetched.next_offset;
        self.followers.iter().filter(|follower| follower.offset < last).count()
    }

    /// Takes out the batch that the fewest followers will ask for, the oldest of those: one that runs far behind must not
    /// push out what the others share.
    fn drop_least_wanted(&mut self) -> Option<Arc<SourceBatch>> {
        let wanted = |at: &usize| self.readers_to_come(&self.batches[*at]);
        let least = (0..self.batches.len()).min_by_key(wanted)?;
        Some(self.batches.remove(least))
    }
}

/// One task's part in a shared source. Leaves when dropped.
pub(crate) struct Follower {
    sources: Arc<SharedSources>,
    key: SourceKey,
    source: Arc<Mutex<SharedSource>>,
    id: u64,
}

impl SharedSources {
    pub(crate) fn follow(
        self: &Arc<Self>,
        partition: TopicPartition,
        declaration: &Declaration,
        wanted: Vec<usize>,
    ) -> Follower {
        let key = (partition, declaration.identity.clone());
        let mut sources = self.sources.lock();
        let source = sources.entry(key.clone()).or_default().clone();
        let mut shared = source.lock();
        let id = shared.next_follower;
        shared.next_follower += 1;
        shared.followers.push(FollowerPlace { id, wanted, offset: i64::MIN });
        drop(shared);
        Follower { sources: self.clone(), key, source, id }
    }
}

impl Follower {
    /// The batch at `offset`: a kept one, or fetched and decoded now. Empty at the end of the partition.
    pub fn batch_at(
        &self,
        topics: &dyn Topics,
        declaration: &Declaration,
        offset: i64,
        max_rows: usize,
    ) -> Result<Arc<SourceBatch>, TaskError> {
        let mut shared = self.source.lock();
        if let Some(place) = shared.followers.iter_mut().find(|follower| follower.id == self.id) {
            place.offset = offset;
        }
        if let Some(found) = shared.batches.iter().find(|b| b.starts_at(offset) && b.rows() <= max_rows) {
            return Ok(found.clone());
        }
        let batch = Arc::new(declaration.open(offset, topics.fetch(&self.key.0, offset, max_rows)?));
        if batch.rows() > 0 && shared.followers.len() > 1 {
            let mut union: Vec<usize> =
                shared.followers.iter().flat_map(|follower| follower.wanted.iter().copied()).collect();
            union.sort_unstable();
            union.dedup();
            batch.values(declaration, &union);
            self.keep(&mut shared, batch.clone());
        }
        Ok(batch)
    }

    fn keep(&self, shared: &mut SharedSource, batch: Arc<SourceBatch>) {
        let kept_bytes = &self.sources.kept_bytes;
        kept_bytes.fetch_add(batch.record_bytes(), Ordering::Relaxed);
        shared.batches.push(batch);
        while shared.batches.len() > BATCHES_KEPT
            || (shared.batches.len() > 1 && kept_bytes.load(Ordering::Relaxed) > KEPT_BYTES_MAX)
        {
            let dropped = shared.drop_least_wanted().map_or(0, |batch| batch.record_bytes());
            kept_bytes.fetch_sub(dropped, Ordering::Relaxed);
        }
    }
}

impl SourceBatch {
    fn record_bytes(&self) -> usize {
        self.fetched.records.keys.value_data().len() + self.fetched.records.values.value_data().len()
    }
    fn starts_at(&self, offset: i64) -> bool {
        self.fetched.offsets.values().first().is_some_and(|first| (self.asked..=*first).contains(&offset))
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut sources = self.sources.sources.lock();
        let mut shared = self.source.lock();
        shared.followers.retain(|follower| follower.id != self.id);
        if shared.followers.len() < 2 {
            let dropped = shared.batches.drain(..).map(|batch| batch.record_bytes()).sum();
            self.sources.kept_bytes.fetch_sub(dropped, Ordering::Relaxed);
        }
        if shared.followers.is_empty() {
            sources.remove(&self.key);
        }
    }
}
