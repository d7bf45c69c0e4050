//! Topics of a Kafka cluster, through librdkafka.
//!
//! Records are read ahead by one reader per partition (`readers`), written by an idempotent producer or by transactional ones
//! (`writers`); `native` is the only part that knows librdkafka's C interface, `settings` the names of properties. State lies
//! in the node's own database: it is written after the cluster has the commit, with the changelog offset that it reflects.

mod identity;
mod ledger;
mod native;
mod readers;
mod settings;
mod writers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::{BinaryArray, Int64Array};
use futures_executor::block_on;
use hashbrown::HashMap;
use parking_lot::Mutex;
use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::types::RDKafkaType;

use super::watchers::Watchers;
use super::{
    CleanupPolicy, CommitUnit, FetchedRecords, Guarantee, Ledger, OffsetRange, Partition, Records, TopicError,
    TopicPartition, TopicSpec, Topics, Wake, Watch, Writer,
};
use crate::config::Config;
use crate::state::StateDb;
pub use identity::Identity;
use ledger::KafkaLedger;
use native::{Client, NativeError, PartitionOffset};
use readers::Readers;
use settings::Settings;
pub use settings::guarantee;
use writers::{AtLeastOnceWriter, Producer, TransactionalWriter};

/// Longest wait for one request to the cluster.
const REQUEST: Duration = Duration::from_secs(10);
/// How long the description of a topic is taken for true without asking again.
const DESCRIPTION_AGE: Duration = Duration::from_secs(1);
/// How long the configuration of a topic is.
const CONFIGURATION_AGE: Duration = Duration::from_secs(60);
/// How long a created or deleted topic may take to show.
const PROPAGATION: Duration = Duration::from_secs(10);
/// How long after a request without answer others are refused at once.
const SILENCE: Duration = Duration::from_secs(3);
/// Records of a partition are given back this often, as by Kafka Streams' `repartition.purge.interval.ms`.
const PURGE_INTERVAL: Duration = Duration::from_secs(30);
/// How often readers are looked for that nobody needs or whose topic is gone.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// The topics of a cluster. Opening it reaches no broker yet.
pub struct KafkaTopics {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    db: StateDb,
    /// Answers questions about topics, offsets and groups; creates no topics by asking.
    client: Client,
    admin: AdminClient<DefaultClientContext>,
    watchers: Arc<Watchers>,
    readers: Readers,
    producer: Mutex<Option<Arc<Producer>>>,
    described: Mutex<HashMap<String, Described>>,
    purged: Mutex<HashMap<TopicPartition, Instant>>,
    /// When and why the cluster last gave no answer.
    silent: Mutex<Option<(Instant, String)>>,
}

struct Described {
    spec: Option<TopicSpec>,
    at: Instant,
    configured_at: Instant,
}

impl KafkaTopics {
    /// # Errors
    /// `Refused` when a property cannot be used; says which.
    pub fn open(config: &Config, db: StateDb) -> Result<Self, TopicError> {
        let settings = Settings::new(config)?;
        let client =
            Client::new(RDKafkaType::RD_KAFKA_CONSUMER, &settings.admin()).map_err(|e| topic_error(&e, None))?;
        let admin = settings.admin().create().map_err(|e: KafkaError| TopicError::Refused(e.to_string()))?;
        let watchers = Arc::new(Watchers::default());
        let shared = Arc::new(Shared {
            readers: Readers::new(settings.clone(), watchers.clone()),
            settings,
            db,
            client,
            admin,
            watchers,
            producer: Mutex::default(),
            described: Mutex::default(),
            purged: Mutex::default(),
            silent: Mutex::default(),
        });
        let weak = Arc::downgrade(&shared);
        let housekeeping = move || {
            loop {
                std::thread::sleep(HOUSEKEEPING);
                let Some(shared) = weak.upgrade() else { return };
                shared.readers.stop_idle();
                // librdkafka tells nobody who only waits for records that their topic was deleted.
                if let Ok(topics) = shared.client.metadata(None, REQUEST) {
                    shared.readers.compare(&topics.into_iter().map(|topic| topic.name).collect());
                }
            }
        };
        std::thread::Builder::new()
            .name("weir-readers".into())
            .spawn(housekeeping)
            .map_err(|e| TopicError::Storage(format!("cannot start a thread: {e}")))?;
        Ok(Self { shared })
    }

    /// Claims to be the one process of the service; `lost` is called when another one does. `topic`: one that is there.
    ///
    /// # Errors
    /// `Refused` when a property cannot be used.
    pub fn claim_identity(
        &self,
        topic: &str,
        lost: impl FnOnce(String) + Send + 'static,
    ) -> Result<Identity, TopicError> {
        Identity::claim(&self.shared.settings, topic, lost)
    }

    /// Whether a broker answers.
    ///
    /// # Errors
    /// `Unavailable` with the reason.
    pub fn ping(&self, timeout: Duration) -> Result<(), TopicError> {
        self.shared.client.metadata(None, timeout).map(drop).map_err(|e| topic_error(&e, None))
    }

    /// The identity of the cluster, as far as it is known.
    pub fn cluster_id(&self) -> Option<String> {
        self.shared.client.cluster_id()
    }
}

/// Who has to act, by librdkafka's code.
fn topic_error(error: &NativeError, topic: Option<&str>) -> TopicError {
    let about = topic.map_or(String::new(), |topic| format!(" (topic {topic})"));
    match error.code {
        Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition => {
            TopicError::UnknownTopic(topic.unwrap_or("?").to_string())
        }
        Code::ProducerFenced | Code::Fenced | Code::InvalidProducerEpoch | Code::FencedInstanceId => {
            TopicError::Fenced(format!("{error}{about}"))
        }
        Code::MessageSizeTooLarge
        | Code::InvalidMessageSize
        | Code::InvalidRecord
        | Code::InvalidTopic
        | Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed
        | Code::SaslAuthenticationFailed
        | Code::Authentication
        | Code::PolicyViolation
        | Code::InvalidConfig
        | Code::InvalidPartitions
        | Code::InvalidReplicationFactor
        | Code::UnsupportedVersion
        | Code::UnsupportedFeature
        | Code::InvalidArgument => TopicError::Refused(format!("{error}{about}")),
        _ => TopicError::Unavailable(format!("{error}{about}")),
    }
}

fn admin_error(code: Code, topic: &str) -> TopicError {
    topic_error(
        &NativeError { code, text: code.to_string(), fatal: false, retriable: false, aborts: false },
        Some(topic),
    )
}

fn rdkafka_error(error: &KafkaError, topic: &str) -> TopicError {
    match error.rdkafka_error_code() {
        Some(code) => admin_error(code, topic),
        None => TopicError::Unavailable(error.to_string()),
    }
}

/// Asks again for a while when the coordinator of a group or a topic is only just being settled.
fn settled<T>(mut ask: impl FnMut() -> Result<T, NativeError>) -> Result<T, NativeError> {
    let begun = Instant::now();
    loop {
        match ask() {
            Err(error) if is_settling(error.code) && begun.elapsed() < REQUEST => {
                std::thread::sleep(Duration::from_millis(50));
            }
            outcome => return outcome,
        }
    }
}

fn is_settling(code: Code) -> bool {
    matches!(
        code,
        Code::NotCoordinator
            | Code::CoordinatorNotAvailable
            | Code::CoordinatorLoadInProgress
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::UnstableOffsetCommit
            | Code::ConcurrentTransactions
    )
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

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(REQUEST)).operation_timeout(Some(REQUEST))
}

/// The topic-level configuration of a new topic. Internal topics keep the records' own timestamps whatever the broker does.
fn configuration(spec: &TopicSpec) -> Vec<(&'static str, String)> {
    let policy = match spec.cleanup {
        CleanupPolicy::Delete => "delete",
        CleanupPolicy::Compact => "compact",
        CleanupPolicy::CompactDelete => "compact,delete",
    };
    let mut set = vec![("cleanup.policy", policy.to_string())];
    if let Some(retention_ms) = spec.retention_ms {
        set.push(("retention.ms", retention_ms.to_string()));
    }
    set.extend(spec.kafka_configs.iter().map(|(name, value)| (*name, value.to_string())));
    set
}

impl Shared {
    /// The producer for everything that is not part of a transaction.
    fn producer(&self) -> Result<Arc<Producer>, TopicError> {
        let mut producer = self.producer.lock();
        if let Some(producer) = &*producer {
            return Ok(producer.clone());
        }
        let made = Arc::new(Producer::open(&self.settings.writer())?);
        *producer = Some(made.clone());
        Ok(made)
    }

    fn commit_group(&self, group: &str, offsets: &[PartitionOffset]) -> Result<(), TopicError> {
        if offsets.is_empty() {
            return Ok(());
        }
        settled(|| self.client.commit_group(group, offsets, REQUEST)).map_err(|e| match e.code {
            Code::UnknownMemberId | Code::NonEmptyGroup | Code::RebalanceInProgress => TopicError::Fenced(format!(
                "the consumer group {group} has members of another process (is ksqlDB running with this ksql.service.id?): {e}"
            )),
            _ => topic_error(&e, None),
        })
    }

    /// A request that somebody waits for. After one without answer the next ones fail at once for a while, so that their
    /// waits do not add up.
    fn ask<T>(&self, topic: Option<&str>, ask: impl FnOnce() -> Result<T, NativeError>) -> Result<T, TopicError> {
        if let Some((at, reason)) = &*self.silent.lock()
            && at.elapsed() < SILENCE
        {
            return Err(TopicError::Unavailable(reason.clone()));
        }
        let outcome = ask().map_err(|e| topic_error(&e, topic));
        *self.silent.lock() = match &outcome {
            Err(TopicError::Unavailable(reason)) => Some((Instant::now(), reason.clone())),
            _ => None,
        };
        outcome
    }

    fn describe(&self, topic: &str) -> Result<Option<TopicSpec>, TopicError> {
        let now = Instant::now();
        let before = {
            let described = self.described.lock();
            match described.get(topic) {
                Some(known) if now - known.at < DESCRIPTION_AGE && known.spec.is_some() => {
                    return Ok(known.spec.clone());
                }
                Some(known) if now - known.configured_at < CONFIGURATION_AGE => known.spec.clone(),
                _ => None,
            }
        };
        let found = self.ask(Some(topic), || self.client.metadata(Some(topic), REQUEST))?;
        let Some(found) = found.into_iter().find(|found| found.name == topic) else {
            self.described.lock().remove(topic);
            return Ok(None);
        };
        let configured_at = self.described.lock().get(topic).map(|known| known.configured_at);
        let (spec, configured_at) = match (before, configured_at) {
            (Some(before), Some(at)) => {
                (TopicSpec { partitions: found.partitions, replicas: found.replicas, ..before }, at)
            }
            _ => {
                let mut specs = self.configured(std::slice::from_ref(&found))?;
                (specs.pop().ok_or_else(|| TopicError::UnknownTopic(topic.to_string()))?, now)
            }
        };
        let known = Described { spec: Some(spec.clone()), at: now, configured_at };
        self.described.lock().insert(topic.to_string(), known);
        Ok(Some(spec))
    }

    /// Topics with their cleanup policy and retention, as far as those are set on the topic itself.
    fn configured(&self, topics: &[native::TopicMetadata]) -> Result<Vec<TopicSpec>, TopicError> {
        if topics.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<ResourceSpecifier> = topics.iter().map(|topic| ResourceSpecifier::Topic(&topic.name)).collect();
        let answers = block_on(self.admin.describe_configs(&asked, &options())).map_err(|e| rdkafka_error(&e, "?"))?;
        let spec = |(topic, answer): (&native::TopicMetadata, Result<rdkafka::admin::ConfigResource, Code>)| {
            let resource = answer.ok()?;
            let value = |name: &str| resource.get(name).and_then(|entry| entry.value.clone());
            let cleanup = match value("cleanup.policy").unwrap_or_default() {
                policy if policy.contains("compact") && policy.contains("delete") => CleanupPolicy::CompactDelete,
                policy if policy.contains("compact") => CleanupPolicy::Compact,
                _ => CleanupPolicy::Delete,
            };
            Some(TopicSpec {
                name: topic.name.clone(),
                partitions: topic.partitions,
                replicas: topic.replicas,
                cleanup,
                retention_ms: value("retention.ms").and_then(|ms| ms.parse().ok()),
                kafka_configs: &[],
            })
        };
        Ok(topics.iter().zip(answers).filter_map(spec).collect())
    }

    fn check(&self, at: &TopicPartition) -> Result<(), TopicError> {
        let spec = self.describe(&at.topic)?.ok_or_else(|| TopicError::UnknownTopic(at.topic.to_string()))?;
        if at.partition.0 < spec.partitions {
            return Ok(());
        }
        Err(TopicError::UnknownPartition {
            topic: at.topic.to_string(),
            partition: at.partition.0,
            partitions: spec.partitions,
        })
    }

    /// Waits until the cluster shows a topic as created or deleted.
    fn wait_until(&self, topic: &str, there: bool) -> Result<(), TopicError> {
        let begun = Instant::now();
        while begun.elapsed() < PROPAGATION {
            self.described.lock().remove(topic);
            if self.describe(topic)?.is_some() == there {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(TopicError::Unavailable(format!(
            "topic {topic} does not show as {} yet",
            if there { "created" } else { "deleted" }
        )))
    }
}

impl Topics for KafkaTopics {
    fn create(&self, spec: &TopicSpec) -> Result<(), TopicError> {
        let set = configuration(spec);
        let replicas = if spec.replicas == 0 { -1 } else { i32::from(spec.replicas) };
        let mut topic = NewTopic::new(&spec.name, spec.partitions as i32, TopicReplication::Fixed(replicas));
        for (name, value) in &set {
            topic = topic.set(name, value);
        }
        let answers = block_on(self.shared.admin.create_topics([&topic], &options()))
            .map_err(|e| rdkafka_error(&e, &spec.name))?;
        match answers.into_iter().next() {
            Some(Err((_, Code::TopicAlreadyExists))) => Err(TopicError::TopicExists(spec.name.clone())),
            Some(Err((_, Code::InvalidTopic))) => Err(TopicError::InvalidName(spec.name.clone())),
            Some(Err((_, code))) => Err(admin_error(code, &spec.name)),
            Some(Ok(_)) | None => self.shared.wait_until(&spec.name, true),
        }
    }

    fn delete(&self, topic: &str) -> Result<(), TopicError> {
        self.shared.readers.forget(topic);
        let answers =
            block_on(self.shared.admin.delete_topics(&[topic], &options())).map_err(|e| rdkafka_error(&e, topic))?;
        if let Some(Err((_, code))) = answers.into_iter().next() {
            return Err(admin_error(code, topic));
        }
        if let Some(producer) = &*self.shared.producer.lock() {
            producer.forget(topic);
        }
        self.shared.wait_until(topic, false)
    }

    fn describe(&self, topic: &str) -> Option<TopicSpec> {
        self.shared.describe(topic).unwrap_or_else(|error| {
            tracing::warn!(topic, %error, "a topic cannot be described");
            None
        })
    }

    fn try_describe(&self, topic: &str) -> Result<Option<TopicSpec>, TopicError> {
        self.shared.describe(topic)
    }

    fn list(&self) -> Vec<TopicSpec> {
        let listed = self.shared.ask(None, || self.shared.client.metadata(None, REQUEST));
        let listed = listed.and_then(|topics| self.shared.configured(&topics)).unwrap_or_else(|error| {
            tracing::warn!(%error, "topics cannot be listed");
            Vec::new()
        });
        let by_name: BTreeMap<String, TopicSpec> = listed.into_iter().map(|spec| (spec.name.clone(), spec)).collect();
        by_name.into_values().collect()
    }

    fn offsets(&self, partition: &TopicPartition) -> Result<OffsetRange, TopicError> {
        self.shared.check(partition)?;
        let (client, number) = (&self.shared.client, partition.partition.0);
        let (start, end) = self
            .shared
            .ask(Some(&partition.topic), || settled(|| client.offsets(&partition.topic, number, REQUEST)))?;
        Ok(OffsetRange { start, end })
    }

    fn fetch(&self, partition: &TopicPartition, offset: i64, max_rows: usize) -> Result<FetchedRecords, TopicError> {
        self.read(partition, offset, max_rows, Duration::ZERO)
    }

    fn read(
        &self,
        partition: &TopicPartition,
        offset: i64,
        max_rows: usize,
        wait: Duration,
    ) -> Result<FetchedRecords, TopicError> {
        if max_rows == 0 {
            return Ok(nothing(offset));
        }
        match self.shared.readers.take(partition, offset, max_rows, wait) {
            // Retention may have taken what was asked for; anything else is an offset that never was.
            Err(TopicError::Corrupt(reason)) => match self.offsets(partition)? {
                range if offset < range.start => Ok(nothing(range.start)),
                range => {
                    Err(TopicError::Corrupt(format!("{reason}; the topic ends at {}: was it made anew?", range.end)))
                }
            },
            outcome => outcome,
        }
    }

    fn known_end(&self, partition: &TopicPartition) -> Option<i64> {
        self.shared.readers.known_end(partition)
    }

    fn offset_for_time(&self, partition: &TopicPartition, timestamp_ms: i64) -> Result<i64, TopicError> {
        let (topic, number) = (partition.topic.to_string(), partition.partition.0);
        let at = PartitionOffset { topic, partition: number, offset: timestamp_ms, metadata: None };
        let found =
            self.shared.client.offset_for_time(at, REQUEST).map_err(|e| topic_error(&e, Some(&partition.topic)))?;
        if found >= 0 { Ok(found) } else { Ok(self.offsets(partition)?.end) }
    }

    fn append(&self, topic: &str, records: Vec<(Partition, Records)>) -> Result<Vec<i64>, TopicError> {
        for (partition, _) in &records {
            self.shared.check(&TopicPartition { topic: topic.into(), partition: *partition })?;
        }
        self.shared.producer()?.append(topic, records)
    }

    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError> {
        AtLeastOnceWriter::new(self.shared.clone()).commit(unit)
    }

    fn writer(self: Arc<Self>, application_id: &str, guarantee: Guarantee) -> Result<Arc<dyn Writer>, TopicError> {
        Ok(match guarantee {
            Guarantee::AtLeastOnce => Arc::new(AtLeastOnceWriter::new(self.shared.clone())),
            Guarantee::ExactlyOnce => {
                let (settings, db) = (self.shared.settings.clone(), self.shared.db.clone());
                Arc::new(TransactionalWriter::open(settings, db, application_id)?)
            }
        })
    }

    fn ledger(&self, transactional_id: &str) -> Result<Option<Box<dyn Ledger>>, TopicError> {
        Ok(Some(Box::new(KafkaLedger::open(self.shared.settings.clone(), transactional_id)?)))
    }

    fn commits_at_once(&self) -> bool {
        false
    }

    fn delete_records_before(&self, partition: &TopicPartition, offset: i64) -> Result<(), TopicError> {
        let mut purged = self.shared.purged.lock();
        if purged.get(partition).is_some_and(|at| at.elapsed() < PURGE_INTERVAL) {
            return Ok(());
        }
        purged.insert(partition.clone(), Instant::now());
        drop(purged);
        let mut list = TopicPartitionList::new();
        let number = partition.partition.0 as i32;
        list.add_partition_offset(&partition.topic, number, rdkafka::Offset::Offset(offset))
            .map_err(|e| rdkafka_error(&e, &partition.topic))?;
        // What is not given back now is given back the next time.
        if let Err(error) = block_on(self.shared.admin.delete_records(&list, &options())) {
            tracing::debug!(topic = &*partition.topic, %error, "consumed records stay for now");
        }
        Ok(())
    }

    fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<i64>, TopicError> {
        let offsets = self.shared.ask(None, || settled(|| self.shared.client.group_offsets(group, REQUEST)))?;
        let found =
            offsets.into_iter().find(|at| at.topic == *partition.topic && at.partition == partition.partition.0);
        Ok(found.map(|at| at.offset))
    }

    fn delete_group(&self, group: &str) -> Result<(), TopicError> {
        let answers =
            block_on(self.shared.admin.delete_groups(&[group], &options())).map_err(|e| rdkafka_error(&e, group))?;
        match answers.into_iter().next() {
            Some(Err((_, code))) if code != Code::GroupIdNotFound => Err(admin_error(code, group)),
            _ => Ok(()),
        }
    }

    fn watch(&self, topic: &str, wake: Wake) -> Watch {
        self.shared.watchers.watch(topic, wake)
    }
}
