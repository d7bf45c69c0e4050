//! Writing: one idempotent producer for everything that is delivered at least once, and a transactional one per query for
//! exactly-once.
//!
//! Outputs are handed to the client as they come and their deliveries counted; a commit waits for those that are still open.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use parking_lot::{Condvar, Mutex};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::types::RDKafkaType;

use super::native::{Client, Deliveries, NativeError, PartitionOffset, TopicHandle};
use super::{Settings, Shared, topic_error};
use crate::state::{StateDb, WriteBatch};
use crate::topic::{ChangelogEnd, CommitUnit, Partition, Position, Records, TopicError, TopicPartition, Writer};

/// Longest wait for a request about transactions or groups before it is tried again.
const REQUEST: Duration = Duration::from_secs(10);
/// How long a commit is tried while the cluster does not answer; the query then fails and starts over.
const COMMIT_LIMIT: Duration = Duration::from_secs(30);
/// How long a record that somebody waits for may take.
const APPEND_LIMIT: Duration = Duration::from_secs(20);
/// Bytes of a writer's records that may wait for delivery; beyond, it waits.
const OPEN_BYTES_MAX: usize = 4 << 20;

/// A producing client with the topics it knows.
pub(super) struct Producer {
    pub client: Client,
    topics: Mutex<HashMap<Arc<str>, Arc<TopicHandle>>>,
}

impl Producer {
    pub fn open(settings: &rdkafka::ClientConfig) -> Result<Self, TopicError> {
        let client = Client::new(RDKafkaType::RD_KAFKA_PRODUCER, settings).map_err(|e| topic_error(&e, None))?;
        Ok(Self { client, topics: Mutex::default() })
    }

    fn topic(&self, name: &Arc<str>) -> Result<Arc<TopicHandle>, TopicError> {
        let mut topics = self.topics.lock();
        if let Some(topic) = topics.get(name) {
            return Ok(topic.clone());
        }
        let topic = Arc::new(self.client.topic(name).map_err(|e| topic_error(&e, Some(name)))?);
        topics.insert(name.clone(), topic.clone());
        Ok(topic)
    }

    /// Forgets a topic that was deleted.
    pub fn forget(&self, topic: &str) {
        self.topics.lock().remove(topic);
    }

    pub fn produce(&self, at: &TopicPartition, records: &Records, open: &Arc<Open>) -> Result<(), TopicError> {
        let topic = self.topic(&at.topic)?;
        self.client.produce(&topic, at.partition.0, records, open.batch(at, records));
        Ok(())
    }

    /// Sends records and waits for their delivery. Gives the first offset of each batch.
    pub fn append(&self, topic: &str, batches: Vec<(Partition, Records)>) -> Result<Vec<i64>, TopicError> {
        let topic: Arc<str> = topic.into();
        let mut firsts = Vec::with_capacity(batches.len());
        for (partition, records) in batches {
            let open = Arc::new(Open::default());
            let at = TopicPartition { topic: topic.clone(), partition };
            self.produce(&at, &records, &open)?;
            firsts.push((open, at, records.len() as i64));
        }
        let _ = self.client.flush(Duration::ZERO);
        firsts
            .into_iter()
            .map(|(open, at, rows)| {
                let ends = open.wait(APPEND_LIMIT)?;
                Ok(ends.get(&at).map_or(0, |end| end - rows))
            })
            .collect()
    }
}

/// Records of a writer that are on their way.
#[derive(Default)]
pub(super) struct Open {
    state: Mutex<OpenState>,
    changed: Condvar,
}

#[derive(Default)]
struct OpenState {
    batches: usize,
    bytes: usize,
    error: Option<(Arc<str>, NativeError)>,
    /// Behind the last delivered record of each partition since it was last asked for.
    ends: HashMap<TopicPartition, i64>,
}

/// One batch of them.
struct OpenBatch {
    open: Arc<Open>,
    at: TopicPartition,
    bytes: usize,
    end: AtomicI64,
    failed: AtomicUsize,
}

impl Open {
    fn batch(self: &Arc<Self>, at: &TopicPartition, records: &Records) -> Arc<OpenBatch> {
        let bytes = records.keys.value_data().len() + records.values.value_data().len() + records.len();
        let mut state = self.state.lock();
        state.batches += 1;
        state.bytes += bytes;
        Arc::new(OpenBatch {
            open: self.clone(),
            at: at.clone(),
            bytes,
            end: AtomicI64::new(-1),
            failed: AtomicUsize::new(0),
        })
    }

    /// Waits until no more than `bytes` are on their way.
    fn wait_for_room(&self, bytes: usize, limit: Duration) -> Result<(), TopicError> {
        let deadline = Instant::now() + limit;
        let mut state = self.state.lock();
        loop {
            if let Some((topic, error)) = &state.error {
                return Err(topic_error(error, Some(topic)));
            }
            if state.bytes <= bytes && (bytes > 0 || state.batches == 0) {
                return Ok(());
            }
            if self.changed.wait_until(&mut state, deadline).timed_out() {
                return Err(TopicError::Unavailable(format!("{} bytes were not delivered in {limit:?}", state.bytes)));
            }
        }
    }

    /// Waits until everything is delivered. Gives the ends of the partitions written since the last time.
    pub fn wait(&self, limit: Duration) -> Result<HashMap<TopicPartition, i64>, TopicError> {
        self.wait_for_room(0, limit)?;
        Ok(std::mem::take(&mut self.state.lock().ends))
    }

    fn check(&self) -> Result<(), TopicError> {
        match &self.state.lock().error {
            Some((topic, error)) => Err(topic_error(error, Some(topic))),
            None => Ok(()),
        }
    }
}

impl Deliveries for OpenBatch {
    fn delivered(&self, offset: i64) {
        self.end.fetch_max(offset + 1, Ordering::Relaxed);
    }

    fn failed(&self, error: NativeError) {
        if self.failed.fetch_add(1, Ordering::Relaxed) == 0 {
            self.open.state.lock().error.get_or_insert((self.at.topic.clone(), error));
        }
    }

    fn finished(&self) {
        let mut state = self.open.state.lock();
        state.batches -= 1;
        state.bytes -= self.bytes;
        let end = self.end.load(Ordering::Relaxed);
        if end >= 0 {
            let known = state.ends.entry(self.at.clone()).or_insert(end);
            *known = end.max(*known);
        }
        drop(state);
        self.open.changed.notify_all();
    }
}

/// Kafka Streams' metadata beside a committed offset: version 2, the partition's time, no processors.
fn position_metadata(partition_time: Option<i64>) -> Option<String> {
    use base64::Engine as _;
    let mut bytes = vec![2];
    bytes.extend_from_slice(&partition_time?.to_be_bytes());
    Some(base64::engine::general_purpose::STANDARD.encode(bytes))
}

fn group_offsets(positions: &[Position]) -> Vec<PartitionOffset> {
    let of = |position: &Position| PartitionOffset {
        topic: position.at.topic.to_string(),
        partition: position.at.partition.0,
        offset: position.offset,
        metadata: position_metadata(position.partition_time),
    };
    positions.iter().map(of).collect()
}

/// The state of a commit with the changelog offsets that the deliveries told.
fn state_with_ends(
    mut state: WriteBatch,
    changelogs: Vec<ChangelogEnd>,
    ends: &HashMap<TopicPartition, i64>,
) -> WriteBatch {
    for mut changelog in changelogs {
        if let Some(end) = ends.get(&changelog.changelog) {
            changelog.value[changelog.position_at..changelog.position_at + 8].copy_from_slice(&end.to_be_bytes());
            state.put(changelog.store, changelog.key, changelog.value);
        }
    }
    state
}

/// The writer of one task: outputs are delivered, then state is written, then offsets move.
pub(super) struct AtLeastOnceWriter {
    topics: Arc<Shared>,
    open: Mutex<Arc<Open>>,
}

impl AtLeastOnceWriter {
    pub fn new(topics: Arc<Shared>) -> Self {
        Self { topics, open: Mutex::default() }
    }

    fn open(&self) -> Arc<Open> {
        self.open.lock().clone()
    }
}

impl Writer for AtLeastOnceWriter {
    fn send(&self, outputs: &mut Vec<(TopicPartition, Records)>) -> Result<(), TopicError> {
        let open = self.open();
        open.check()?;
        for (at, records) in outputs.drain(..) {
            open.wait_for_room(OPEN_BYTES_MAX, COMMIT_LIMIT)?;
            self.topics.producer()?.produce(&at, &records, &open)?;
        }
        Ok(())
    }

    fn commit(&self, mut unit: CommitUnit) -> Result<(), TopicError> {
        self.send(&mut unit.outputs)?;
        let _ = self.topics.producer()?.client.flush(Duration::ZERO);
        let ends = self.open().wait(COMMIT_LIMIT)?;
        self.topics.db.write(state_with_ends(unit.state, unit.changelogs, &ends), false)?;
        self.topics.commit_group(&unit.group, &group_offsets(&unit.positions))
    }

    fn abort(&self) -> Result<(), TopicError> {
        // What was sent cannot be taken back; nobody waits for it any more.
        *self.open.lock() = Arc::default();
        Ok(())
    }
}

/// The writer of a query: one transaction per commit, over outputs, changelogs and offsets of all its tasks.
pub(super) struct TransactionalWriter {
    db: StateDb,
    settings: Settings,
    application_id: String,
    transactional_id: String,
    state: Mutex<Transactions>,
}

struct Transactions {
    producer: Option<Arc<Producer>>,
    open: Arc<Open>,
    /// When the open transaction began.
    begun: Option<Instant>,
}

impl TransactionalWriter {
    /// Fences earlier writers of the same application.
    pub fn open(settings: Settings, db: StateDb, application_id: &str) -> Result<Self, TopicError> {
        let writer = Self {
            db,
            settings,
            application_id: application_id.to_string(),
            transactional_id: transactional_id(application_id),
            state: Mutex::new(Transactions { producer: None, open: Arc::default(), begun: None }),
        };
        writer.producer(&mut writer.state.lock())?;
        Ok(writer)
    }

    /// The producer, made and initialised if there is none.
    fn producer(&self, state: &mut Transactions) -> Result<Arc<Producer>, TopicError> {
        if let Some(producer) = &state.producer {
            return Ok(producer.clone());
        }
        let producer = Arc::new(Producer::open(&self.settings.transactional(&self.transactional_id))?);
        retried(COMMIT_LIMIT, || producer.client.init_transactions(REQUEST)).map_err(|e| self.error(&e, false))?;
        state.producer = Some(producer.clone());
        Ok(producer)
    }

    /// The producer with a transaction open.
    fn begun(&self, state: &mut Transactions) -> Result<Arc<Producer>, TopicError> {
        let producer = self.producer(state)?;
        if state.begun.is_none() {
            producer.client.begin_transaction().map_err(|e| self.error(&e, false))?;
            state.begun = Some(Instant::now());
            state.open = Arc::default();
        }
        Ok(producer)
    }

    fn expired(&self, state: &Transactions) -> bool {
        let timeout = self.settings.writer().get("transaction.timeout.ms").and_then(|ms| ms.parse().ok());
        state.begun.is_some_and(|begun| begun.elapsed() >= Duration::from_millis(timeout.unwrap_or(60_000)))
    }

    fn error(&self, error: &NativeError, expired: bool) -> TopicError {
        match error.code {
            Code::ProducerFenced | Code::Fenced | Code::InvalidProducerEpoch if expired => TopicError::Unavailable(
                "the transaction was open for longer than transaction.timeout.ms and was aborted by the broker".into(),
            ),
            Code::ProducerFenced | Code::Fenced | Code::InvalidProducerEpoch | Code::UnknownMemberId => {
                TopicError::Fenced(format!(
                    "another process took over {} (same ksql.service.id): {error}",
                    self.application_id
                ))
            }
            _ => topic_error(error, None),
        }
    }

    fn commit_transaction(&self, state: &mut Transactions, unit: CommitUnit) -> Result<(), TopicError> {
        let producer = self.begun(state)?;
        for (at, records) in &unit.outputs {
            producer.produce(at, records, &state.open)?;
        }
        let expired = self.expired(state);
        let native = |e: NativeError| self.error(&e, expired);
        if !unit.positions.is_empty() {
            let offsets = group_offsets(&unit.positions);
            retried(COMMIT_LIMIT, || producer.client.send_offsets(&unit.group, &offsets, REQUEST)).map_err(native)?;
        }
        // Flushes first; asked again after a time-out, as the outcome is not known until it answers.
        retried(COMMIT_LIMIT, || producer.client.commit_transaction(REQUEST)).map_err(native)?;
        state.begun = None;
        let ends = state.open.wait(COMMIT_LIMIT)?;
        Ok(self.db.write(state_with_ends(unit.state, unit.changelogs, &ends), false)?)
    }
}

impl Writer for TransactionalWriter {
    fn prepare(&self) -> Result<(), TopicError> {
        self.producer(&mut self.state.lock()).map(drop)
    }

    fn send(&self, outputs: &mut Vec<(TopicPartition, Records)>) -> Result<(), TopicError> {
        if outputs.is_empty() {
            return Ok(());
        }
        let mut state = self.state.lock();
        let producer = self.begun(&mut state)?;
        let open = state.open.clone();
        drop(state);
        for (at, records) in outputs.drain(..) {
            open.wait_for_room(OPEN_BYTES_MAX, COMMIT_LIMIT)?;
            producer.produce(&at, &records, &open)?;
        }
        Ok(())
    }

    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError> {
        let mut state = self.state.lock();
        if unit.outputs.is_empty() && unit.positions.is_empty() && state.begun.is_none() {
            return Ok(self.db.write(unit.state, false)?);
        }
        self.commit_transaction(&mut state, unit)
    }

    fn abort(&self) -> Result<(), TopicError> {
        let mut state = self.state.lock();
        let Some(producer) = state.producer.clone() else { return Ok(()) };
        if producer.client.fatal_error().is_some() {
            // Only a new producer can go on. It is made when a task is opened again, so never after being fenced: that
            // would fence the other process in turn.
            (state.producer, state.begun) = (None, None);
            return Ok(());
        }
        if state.begun.take().is_none() {
            return Ok(());
        }
        producer.client.purge();
        let aborted = retried(COMMIT_LIMIT, || producer.client.abort_transaction(REQUEST));
        if aborted.is_err() {
            state.producer = None;
        }
        Ok(())
    }
}

/// `<application id>-<uuid>-1`, the first and only thread. The same in every process of an application, so that they fence one
/// another.
fn transactional_id(application_id: &str) -> String {
    format!("{application_id}-{}-1", uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, application_id.as_bytes()))
}

/// Tries again while the client says that this may help.
pub(super) fn retried(limit: Duration, mut call: impl FnMut() -> Result<(), NativeError>) -> Result<(), NativeError> {
    let begun = Instant::now();
    loop {
        match call() {
            Err(error) if error.retriable && !error.fatal && begun.elapsed() < limit => {
                std::thread::sleep(Duration::from_millis(100));
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_carry_the_partition_time_as_kafka_streams_does() {
        assert_eq!(position_metadata(Some(1_795_200_001_000)).as_deref(), Some("AgAAAaH6QiPo"));
        assert_eq!(position_metadata(None), None);
    }

    #[test]
    fn transactional_ids_are_stable() {
        assert_eq!(transactional_id("a"), transactional_id("a"));
        assert_ne!(transactional_id("a"), transactional_id("b"));
    }
}
