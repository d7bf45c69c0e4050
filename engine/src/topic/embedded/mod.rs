//! The embedded log: topics kept in the node's own store.
//!
//! A record batch is one entry of the log store under (topic id, partition, last offset), so that the first entry at or
//! after an offset is the batch that holds it, or the next one there is. Offsets are given out under a lock per
//! partition; a commit is one write of outputs, positions and state; an append is written the same way and then waits for
//! a disk sync that it shares with others. Followers read recent batches from memory (`partition`), others from the
//! store. `maintenance` trims and compacts. Bytes: `batch_codec`, `catalog`.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow_array::{Array, BinaryArray, Int64Array};
use parking_lot::{Mutex, RwLock};

use self::batch_codec::{BatchHead, LogBatch};
use self::catalog::{TOPIC_STORE, log_key};
use self::partition::{PartitionLog, TailBudget};
use self::watchers::Watchers;
use super::*;
use crate::state::{LOG_STORE, Snapshot, StateDb, StateError, StoreId, WriteBatch};

mod append;
mod batch_codec;
mod catalog;
mod maintenance;
mod partition;
mod regroup;
#[cfg(test)]
mod tests;

/// Memory for recently appended batches of all partitions, unless told otherwise.
pub const TAIL_BYTES_DEFAULT: usize = 8 << 20;
/// Stored batches with fewer records are handed out together with those that follow.
const SMALL_BATCH_ROWS: usize = 256;
/// Batches are not joined beyond this many bytes of keys and values.
const JOINED_BYTES_MAX: u64 = 4 << 20;

pub struct EmbeddedLog {
    db: StateDb,
    log: StoreId,
    topics_store: StoreId,
    topics: RwLock<BTreeMap<String, Arc<Topic>>>,
    positions: Mutex<Positions>,
    tails: TailBudget,
    watchers: Arc<Watchers>,
    /// One trim or compaction at a time.
    maintenance: Mutex<()>,
    /// Bytes of consumed records that are deleted but still take space.
    given_back_bytes: AtomicU64,
}

/// Committed positions: group -> (topic id, partition) -> the next offset to read.
type Positions = HashMap<String, HashMap<(u32, u32), i64>>;

struct Topic {
    id: u32,
    spec: TopicSpec,
    partitions: Vec<Arc<PartitionLog>>,
}

/// What a partition holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionSize {
    pub records: u64,
    /// Of keys and values, before compression.
    pub bytes: u64,
}

/// Reads an entry of the log or of its catalogue as opening and following it do, for the fuzzer: records and bytes of a
/// batch, or `None` for what does not decode.
pub(crate) fn read_entry(kind: u8, bytes: &[u8]) -> Option<(usize, usize)> {
    match kind {
        0 => {
            let batch = batch_codec::decode(bytes, 1_000).ok()?;
            let payloads = batch.records.keys.iter().chain(&batch.records.values);
            Some((batch.records.len(), payloads.flatten().map(<[u8]>::len).sum()))
        }
        1 => catalog::decode_topic(b"topic", bytes).ok().map(|(_, spec)| (spec.partitions as usize, 0)),
        _ => catalog::PartitionMetadata::decode(bytes).ok().map(|metadata| (metadata.encode().len(), 0)),
    }
}

impl EmbeddedLog {
    /// Opens the log in a database and finds all topics, offsets and positions again.
    ///
    /// # Errors
    /// `Corrupt` when what is stored does not decode; `Storage` when it cannot be read.
    pub fn open(db: StateDb) -> Result<Self, TopicError> {
        Self::open_with_tail(db, TAIL_BYTES_DEFAULT)
    }

    /// As `open`, with `tail_bytes` of memory for recent batches.
    pub fn open_with_tail(db: StateDb, tail_bytes: usize) -> Result<Self, TopicError> {
        let (log, topics_store) = (db.open_store(LOG_STORE)?, db.open_store(TOPIC_STORE)?);
        let (topics, positions) = {
            let snapshot = db.snapshot();
            (read_topics(&*snapshot, log, topics_store)?, read_positions(&*snapshot, topics_store)?)
        };
        Ok(Self {
            db,
            log,
            topics_store,
            topics: RwLock::new(topics),
            positions: Mutex::new(positions),
            tails: TailBudget::new(tail_bytes),
            watchers: Arc::default(),
            maintenance: Mutex::default(),
            given_back_bytes: AtomicU64::new(0),
        })
    }

    /// How much a partition holds, without reading it.
    pub fn size(&self, partition: &TopicPartition) -> Result<PartitionSize, TopicError> {
        let (_, partition) = self.partition(partition)?;
        let state = partition.append.lock();
        Ok(PartitionSize {
            records: state.appended_records.saturating_sub(state.metadata.removed_records),
            bytes: state.appended_bytes.saturating_sub(state.metadata.removed_bytes),
        })
    }

    fn topic(&self, name: &str) -> Result<Arc<Topic>, TopicError> {
        self.topics.read().get(name).cloned().ok_or_else(|| TopicError::UnknownTopic(name.to_string()))
    }

    fn partition(&self, at: &TopicPartition) -> Result<(u32, Arc<PartitionLog>), TopicError> {
        let topic = self.topic(&at.topic)?;
        Ok((topic.id, topic.partition(at.partition)?))
    }

    /// The stored batches from the one that holds `offset` on, until `each` breaks.
    fn scan_batches(
        &self,
        partition: &PartitionLog,
        range: OffsetRange,
        each: &mut dyn FnMut(i64, &[u8]) -> Result<ControlFlow<()>, TopicError>,
    ) -> Result<(), TopicError> {
        let key = |offset| log_key(partition.topic_id, partition.number, offset);
        let mut failure = Ok(());
        self.db.snapshot().scan(self.log, &key(range.start), &key(range.end), &mut |key, value| {
            let flow = catalog::last_offset_of(key).map_err(TopicError::from).and_then(|last| each(last, value));
            match flow {
                Ok(flow) => flow.is_continue(),
                Err(e) => {
                    failure = Err(e);
                    false
                }
            }
        })?;
        failure
    }

    /// Up to `max_rows` records out of the batches from `offset` on; `next_offset` is past `offset` in any case.
    fn fetch_some(
        &self,
        partition: &PartitionLog,
        offset: i64,
        end: i64,
        max_rows: usize,
    ) -> Result<FetchedRecords, TopicError> {
        let batches = self.batches_from(partition, offset, end, max_rows)?;
        let mut parts = Vec::with_capacity(batches.len());
        let (mut rows, mut next_offset) = (0, end);
        for batch in &batches {
            let from = batch.row_of(offset);
            let take = (batch.records.len() - from).min(max_rows - rows);
            next_offset =
                if from + take < batch.records.len() { batch.offset_at(from + take) } else { batch.last_offset + 1 };
            rows += take;
            parts.push(part(batch, from, take));
            if rows == max_rows {
                break;
            }
        }
        let (records, offsets) = join(parts)?;
        Ok(FetchedRecords { records, offsets, next_offset })
    }

    /// Batches from the one that holds `offset` on: one, or several small ones.
    fn batches_from(
        &self,
        partition: &PartitionLog,
        offset: i64,
        end: i64,
        max_rows: usize,
    ) -> Result<Vec<Arc<LogBatch>>, TopicError> {
        let mut taken = Taken { rows: 0, bytes: 0, max_rows };
        if let Some(batches) = partition.tail_from(offset, |batch| taken.is_enough(batch)) {
            return Ok(batches);
        }
        let mut batches = Vec::new();
        self.scan_batches(partition, OffsetRange { start: offset, end }, &mut |last, value| {
            let batch = Arc::new(batch_codec::decode(value, last)?);
            let enough = taken.is_enough(&batch);
            batches.push(batch);
            Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(batches)
    }
}

impl Topic {
    fn partition(&self, at: Partition) -> Result<Arc<PartitionLog>, TopicError> {
        self.partitions.get(at.0 as usize).cloned().ok_or_else(|| TopicError::UnknownPartition {
            topic: self.spec.name.clone(),
            partition: at.0,
            partitions: self.spec.partitions,
        })
    }
}

/// Counts how much a fetch has got.
struct Taken {
    rows: usize,
    bytes: u64,
    max_rows: usize,
}

impl Taken {
    /// Whether this batch is the last to take.
    fn is_enough(&mut self, batch: &LogBatch) -> bool {
        let rows = batch.records.len();
        self.rows += rows;
        self.bytes += batch_codec::record_bytes(&batch.records);
        rows >= SMALL_BATCH_ROWS || self.rows >= self.max_rows || self.bytes >= JOINED_BYTES_MAX
    }
}

fn read_topics(
    snapshot: &dyn Snapshot,
    log: StoreId,
    topics_store: StoreId,
) -> Result<BTreeMap<String, Arc<Topic>>, TopicError> {
    let mut found = Vec::new();
    snapshot.scan(topics_store, b"t", b"u", &mut |key, value| {
        found.push(catalog::decode_topic(&key[1..], value));
        true
    })?;
    found
        .into_iter()
        .map(|topic| {
            let (id, spec) = topic?;
            let name: Arc<str> = spec.name.as_str().into();
            let partitions = (0..spec.partitions)
                .map(|number| Ok(Arc::new(PartitionLog::recover(&name, id, number, snapshot, log, topics_store)?)))
                .collect::<Result<_, StateError>>()?;
            Ok((spec.name.clone(), Arc::new(Topic { id, spec, partitions })))
        })
        .collect()
}

fn read_positions(snapshot: &dyn Snapshot, topics_store: StoreId) -> Result<Positions, TopicError> {
    let mut found = Vec::new();
    snapshot.scan(topics_store, b"g", b"h", &mut |key, value| {
        found.push(catalog::decode_position(key, value));
        true
    })?;
    let mut positions = Positions::new();
    for position in found {
        let (topic_id, partition, group, offset) = position?;
        positions.entry(group).or_default().insert((topic_id, partition), offset);
    }
    Ok(positions)
}

/// Commits are atomic whatever the guarantee: everything goes with them, nothing ahead.
struct EmbeddedWriter(Arc<EmbeddedLog>);

impl Writer for EmbeddedWriter {
    fn send(&self, _outputs: &mut Vec<(TopicPartition, Records)>) -> Result<(), TopicError> {
        Ok(())
    }
    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError> {
        self.0.commit(unit)
    }
    fn abort(&self) -> Result<(), TopicError> {
        Ok(())
    }
}

impl Topics for EmbeddedLog {
    fn create(&self, spec: &TopicSpec) -> Result<(), TopicError> {
        if !catalog::is_valid_name(&spec.name) {
            return Err(TopicError::InvalidName(spec.name.clone()));
        }
        let mut topics = self.topics.write();
        if topics.contains_key(&spec.name) {
            return Err(TopicError::TopicExists(spec.name.clone()));
        }
        let stored = self.db.snapshot().get_many(self.topics_store, &[catalog::NEXT_ID_KEY])?.pop().flatten();
        let id = stored.map_or(Ok(0), |bytes| {
            let bytes = bytes.try_into().map_err(|_| TopicError::Corrupt("the next topic id is not four bytes".into()));
            bytes.map(u32::from_be_bytes)
        })?;
        let mut batch = WriteBatch::default();
        batch.put(self.topics_store, catalog::NEXT_ID_KEY.to_vec(), (id + 1).to_be_bytes().to_vec());
        batch.put(self.topics_store, catalog::topic_key(&spec.name), catalog::encode_topic(id, spec));
        self.db.write(batch, true)?;
        let name: Arc<str> = spec.name.as_str().into();
        let partitions = (0..spec.partitions).map(|number| Arc::new(PartitionLog::empty(&name, id, number))).collect();
        topics.insert(spec.name.clone(), Arc::new(Topic { id, spec: spec.clone(), partitions }));
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), TopicError> {
        let mut topics = self.topics.write();
        let topic = topics.get(name).cloned().ok_or_else(|| TopicError::UnknownTopic(name.to_string()))?;
        let mut states: Vec<_> = topic.partitions.iter().map(|partition| partition.append.lock()).collect();
        let mut batch = WriteBatch::default();
        batch.delete(self.topics_store, catalog::topic_key(name));
        for kind in [b'p', b'g'] {
            let (from, to) = (catalog::topic_entries(kind, topic.id), catalog::topic_entries(kind, topic.id + 1));
            batch.delete_range(self.topics_store, from, to);
        }
        batch.delete_range(self.log, log_key(topic.id, 0, 0), log_key(topic.id + 1, 0, 0));
        self.db.write(batch, false)?;
        for state in &mut states {
            state.deleted = true;
        }
        for partition in &topic.partitions {
            partition.clear_tail();
        }
        self.positions.lock().values_mut().for_each(|group| group.retain(|(id, _), _| *id != topic.id));
        topics.remove(name);
        Ok(self.db.sync()?)
    }

    fn describe(&self, topic: &str) -> Option<TopicSpec> {
        self.topics.read().get(topic).map(|topic| topic.spec.clone())
    }

    fn list(&self) -> Vec<TopicSpec> {
        self.topics.read().values().map(|topic| topic.spec.clone()).collect()
    }

    fn offsets(&self, partition: &TopicPartition) -> Result<OffsetRange, TopicError> {
        let (_, partition) = self.partition(partition)?;
        let start = partition.start();
        Ok(OffsetRange { start, end: partition.end().max(start) })
    }

    fn fetch(&self, partition: &TopicPartition, offset: i64, max_rows: usize) -> Result<FetchedRecords, TopicError> {
        let (_, partition) = self.partition(partition)?;
        let end = partition.end();
        let mut offset = offset.max(partition.start());
        while offset < end && max_rows > 0 {
            let fetched = self.fetch_some(&partition, offset, end, max_rows)?;
            if !fetched.records.is_empty() {
                return Ok(fetched);
            }
            // Compaction left nothing of these batches behind `offset`.
            offset = fetched.next_offset;
        }
        Ok(nothing(offset))
    }

    fn read(
        &self,
        partition: &TopicPartition,
        offset: i64,
        max_rows: usize,
        _wait: Duration,
    ) -> Result<FetchedRecords, TopicError> {
        self.fetch(partition, offset, max_rows)
    }

    fn offset_for_time(&self, partition: &TopicPartition, timestamp_ms: i64) -> Result<i64, TopicError> {
        let (_, partition) = self.partition(partition)?;
        let range = OffsetRange { start: partition.start(), end: partition.end() };
        let mut found = range.end;
        self.scan_batches(&partition, range, &mut |last, value| {
            if BatchHead::read(value)?.max_timestamp < timestamp_ms {
                return Ok(ControlFlow::Continue(()));
            }
            let batch = batch_codec::decode(value, last)?;
            let timestamps = batch.records.timestamps.values();
            let row = timestamps
                .iter()
                .enumerate()
                .position(|(row, &t)| t >= timestamp_ms && batch.offset_at(row) >= range.start);
            Ok(row.map_or(ControlFlow::Continue(()), |row| {
                found = batch.offset_at(row);
                ControlFlow::Break(())
            }))
        })?;
        Ok(found)
    }

    fn append(&self, topic: &str, records: Vec<(Partition, Records)>) -> Result<Vec<i64>, TopicError> {
        let found = self.topic(topic)?;
        let outputs = records
            .into_iter()
            .map(|(partition, records)| Ok((found.partition(partition)?, records)))
            .collect::<Result<Vec<_>, TopicError>>()?;
        let offsets = self.write_outputs(outputs, WriteBatch::default())?;
        self.watchers.wake(topic);
        self.db.sync()?;
        Ok(offsets)
    }

    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError> {
        let mut batch = unit.state;
        let mut positions = Vec::with_capacity(unit.positions.len());
        for Position { at, offset, .. } in &unit.positions {
            let (topic_id, partition) = self.partition(at)?;
            let key = catalog::position_key(topic_id, partition.number, &unit.group);
            batch.put(self.topics_store, key, offset.to_be_bytes().to_vec());
            positions.push(((topic_id, partition.number), *offset));
        }
        let mut topics: Vec<Arc<str>> = Vec::new();
        let mut outputs = Vec::with_capacity(unit.outputs.len());
        for (at, records) in regroup::regroup(unit.outputs)? {
            outputs.push((self.partition(&at)?.1, records));
            if !topics.contains(&at.topic) {
                topics.push(at.topic);
            }
        }
        self.write_outputs(outputs, batch)?;
        if !positions.is_empty() {
            self.positions.lock().entry(unit.group).or_default().extend(positions);
        }
        for topic in &topics {
            self.watchers.wake(topic);
        }
        Ok(())
    }

    fn writer(self: Arc<Self>, _application_id: &str, _guarantee: Guarantee) -> Result<Arc<dyn Writer>, TopicError> {
        Ok(Arc::new(EmbeddedWriter(self)))
    }

    fn commits_at_once(&self) -> bool {
        true
    }

    fn delete_records_before(&self, partition: &TopicPartition, offset: i64) -> Result<(), TopicError> {
        let topic = self.topic(&partition.topic)?;
        match self.maintenance.try_lock() {
            Some(_one_at_a_time) if topic.spec.cleanup == CleanupPolicy::Delete => {
                self.trim_before(&*topic.partition(partition.partition)?, offset)
            }
            _ => Ok(()),
        }
    }

    fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<i64>, TopicError> {
        let Ok((topic_id, partition)) = self.partition(partition) else { return Ok(None) };
        let positions = self.positions.lock();
        Ok(positions.get(group).and_then(|group| group.get(&(topic_id, partition.number)).copied()))
    }

    fn delete_group(&self, group: &str) -> Result<(), TopicError> {
        let mut positions = self.positions.lock();
        let mut batch = WriteBatch::default();
        for (topic_id, partition) in positions.get(group).into_iter().flat_map(|group| group.keys()) {
            batch.delete(self.topics_store, catalog::position_key(*topic_id, *partition, group));
        }
        self.db.write(batch, true)?;
        positions.remove(group);
        Ok(())
    }

    fn watch(&self, topic: &str, wake: Wake) -> Watch {
        self.watchers.watch(topic, wake)
    }
}

fn nothing(next_offset: i64) -> FetchedRecords {
    let none = || BinaryArray::new_null(0);
    let timestamps = Int64Array::from(Vec::<i64>::new());
    FetchedRecords {
        records: Records { keys: none(), values: none(), timestamps: timestamps.clone(), headers: None },
        offsets: timestamps,
        next_offset,
    }
}

/// Rows `from .. from + take` of a batch and their offsets, without a copy of bytes.
fn part(batch: &LogBatch, from: usize, take: usize) -> (Records, Int64Array) {
    let records = if take == batch.records.len() { batch.records.clone() } else { slice(&batch.records, from, take) };
    let offsets = match &batch.offsets {
        Some(offsets) => offsets.slice(from, take),
        None => (0..take).map(|row| batch.first_offset + (from + row) as i64).collect::<Vec<_>>().into(),
    };
    (records, offsets)
}

fn slice(records: &Records, from: usize, take: usize) -> Records {
    Records {
        keys: records.keys.slice(from, take),
        values: records.values.slice(from, take),
        timestamps: records.timestamps.slice(from, take),
        headers: records.headers.as_ref().map(|headers| headers[from..from + take].to_vec()),
    }
}

/// Puts parts with their offsets behind one another; a single one as it is.
fn join(mut parts: Vec<(Records, Int64Array)>) -> Result<(Records, Int64Array), TopicError> {
    if parts.len() == 1 {
        return Ok(parts.remove(0));
    }
    let (records, offsets): (Vec<Records>, Vec<Int64Array>) = parts.into_iter().unzip();
    Ok((join_records(&records)?, join_numbers(&offsets)))
}

/// Puts records behind one another; a single part as it is.
fn join_records(parts: &[Records]) -> Result<Records, TopicError> {
    if let [single] = parts {
        return Ok(single.clone());
    }
    let bytes = |get: fn(&Records) -> &BinaryArray| -> Result<BinaryArray, TopicError> {
        let arrays: Vec<&dyn Array> = parts.iter().map(|records| get(records) as &dyn Array).collect();
        if arrays.is_empty() {
            return Ok(BinaryArray::new_null(0));
        }
        let joined = arrow_select::concat::concat(&arrays).map_err(|e| TopicError::Corrupt(e.to_string()))?;
        Ok(joined.to_data().into())
    };
    let none: Arc<[crate::batch::Header]> = Arc::from([]);
    let headers = parts.iter().any(|records| records.headers.is_some()).then(|| {
        let of = |records: &Records| records.headers.clone().unwrap_or_else(|| vec![none.clone(); records.len()]);
        parts.iter().flat_map(of).collect()
    });
    Ok(Records {
        keys: bytes(|r| &r.keys)?,
        values: bytes(|r| &r.values)?,
        timestamps: join_numbers(&parts.iter().map(|records| records.timestamps.clone()).collect::<Vec<_>>()),
        headers,
    })
}

fn join_numbers(parts: &[Int64Array]) -> Int64Array {
    parts.iter().flat_map(|part| part.values().iter().copied()).collect::<Vec<_>>().into()
}
