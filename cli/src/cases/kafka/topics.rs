//! The topics of one case on a broker: names of its own, times that the broker can hold, and reading that waits.
//!
//! The case and the engine see the names and times that the case has; only the broker sees others. What the case left is
//! removed when this is dropped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::Int64Array;
use weir_engine::topic::kafka::KafkaTopics;
use weir_engine::topic::{
    CommitUnit, FetchedRecords, Guarantee, OffsetRange, Partition, Records, TopicError, TopicPartition, TopicSpec,
    Topics, Wake, Watch, Writer,
};

use super::left::Left;

/// How long records that the broker has may take to come.
const READ_LIMIT: Duration = Duration::from_secs(10);
/// How long one look waits for them.
const READ_WAIT: Duration = Duration::from_millis(50);
/// What a broker says of a topic that was made without a retention.
const BROKER_RETENTION_MS: i64 = 604_800_000;
/// Cases have times far from today, also in the future.
const ANY_TIME: &[(&str, &str)] =
    &[("message.timestamp.type", "CreateTime"), ("message.timestamp.after.max.ms", "9223372036854775807")];

pub struct CaseTopics {
    broker: Arc<KafkaTopics>,
    outward: Arc<Outward>,
}

/// From the case to the broker and back.
struct Outward {
    /// Stands before the names of topics and groups.
    prefix: String,
    /// Is added to the times of records.
    shift_ms: i64,
    left: Left,
}

impl Outward {
    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn at(&self, at: &TopicPartition) -> TopicPartition {
        TopicPartition { topic: self.name(&at.topic).into(), partition: at.partition }
    }

    fn back(&self, at: &TopicPartition) -> TopicPartition {
        let name = at.topic.strip_prefix(&self.prefix).unwrap_or(&at.topic);
        TopicPartition { topic: name.into(), partition: at.partition }
    }

    fn records(&self, records: Records) -> Records {
        shifted(records, self.shift_ms)
    }

    fn unit(&self, unit: CommitUnit) -> CommitUnit {
        if !unit.positions.is_empty() {
            self.left.group(&unit.group);
        }
        let outputs = unit.outputs.into_iter().map(|(at, records)| (self.at(&at), self.records(records))).collect();
        let mut positions = unit.positions;
        for position in &mut positions {
            position.at = self.at(&position.at);
            position.partition_time = position.partition_time.map(|ms| ms.saturating_add(self.shift_ms));
        }
        let mut changelogs = unit.changelogs;
        for end in &mut changelogs {
            end.changelog = self.at(&end.changelog);
        }
        CommitUnit { group: self.name(&unit.group), outputs, positions, state: unit.state, changelogs }
    }

    /// An error in the case's own names.
    fn error(&self, error: TopicError) -> TopicError {
        use TopicError as E;
        let own = |text: String| text.replace(&self.prefix, "");
        match error {
            E::UnknownTopic(topic) => E::UnknownTopic(own(topic)),
            E::TopicExists(topic) => E::TopicExists(own(topic)),
            E::UnknownPartition { topic, partition, partitions } => {
                E::UnknownPartition { topic: own(topic), partition, partitions }
            }
            E::InvalidName(topic) => E::InvalidName(own(topic)),
            E::Storage(text) => E::Storage(own(text)),
            E::Corrupt(text) => E::Corrupt(own(text)),
            E::Unavailable(text) => E::Unavailable(own(text)),
            E::Refused(text) => E::Refused(own(text)),
            E::Fenced(text) => E::Fenced(own(text)),
        }
    }
}

fn shifted(records: Records, by_ms: i64) -> Records {
    if by_ms == 0 {
        return records;
    }
    let timestamps: Int64Array = records.timestamps.unary(|ms| ms.wrapping_add(by_ms));
    Records { timestamps, ..records }
}

impl CaseTopics {
    /// `prefix`: for this case alone.
    pub fn new(broker: KafkaTopics, prefix: String, shift_ms: i64) -> Self {
        Self { broker: Arc::new(broker), outward: Arc::new(Outward { prefix, shift_ms, left: Left::default() }) }
    }

    /// In the case's names and with the settings that it asked for.
    fn described(&self, spec: TopicSpec) -> Option<TopicSpec> {
        let name = spec.name.strip_prefix(&self.outward.prefix)?.to_string();
        let retention_ms = self.outward.left.retention_ms(&name).or(spec.retention_ms);
        Some(TopicSpec { name, retention_ms, ..spec })
    }

    fn own<T>(&self, outcome: Result<T, TopicError>) -> Result<T, TopicError> {
        outcome.map_err(|error| self.outward.error(error))
    }

    fn fetched(&self, fetched: FetchedRecords) -> FetchedRecords {
        FetchedRecords { records: shifted(fetched.records, -self.outward.shift_ms), ..fetched }
    }
}

impl Topics for CaseTopics {
    fn create(&self, spec: &TopicSpec) -> Result<(), TopicError> {
        // Records of 1970 must outlive their case.
        let on_broker = TopicSpec {
            name: self.outward.name(&spec.name),
            retention_ms: Some(-1),
            kafka_configs: ANY_TIME,
            ..spec.clone()
        };
        self.own(self.broker.create(&on_broker))?;
        self.outward.left.topic(&spec.name, spec.retention_ms.unwrap_or(BROKER_RETENTION_MS));
        Ok(())
    }

    fn delete(&self, topic: &str) -> Result<(), TopicError> {
        self.own(self.broker.delete(&self.outward.name(topic)))?;
        self.outward.left.topic_is_gone(topic);
        Ok(())
    }

    fn describe(&self, topic: &str) -> Option<TopicSpec> {
        self.broker.describe(&self.outward.name(topic)).and_then(|spec| self.described(spec))
    }

    fn list(&self) -> Vec<TopicSpec> {
        self.broker.list().into_iter().filter_map(|spec| self.described(spec)).collect()
    }

    fn offsets(&self, partition: &TopicPartition) -> Result<OffsetRange, TopicError> {
        self.own(self.broker.offsets(&self.outward.at(partition)))
    }

    /// Empty only at the end of the partition: the simulation takes that for "nothing is left".
    fn fetch(&self, partition: &TopicPartition, offset: i64, max_rows: usize) -> Result<FetchedRecords, TopicError> {
        if max_rows == 0 {
            return self.read(partition, offset, 0, Duration::ZERO);
        }
        let end = self.offsets(partition)?.end;
        let (at, begun) = (self.outward.at(partition), Instant::now());
        let mut from = offset;
        loop {
            // No more than there are: a reader waits for all that it is asked for.
            let rows = max_rows.min((end - from).max(1) as usize);
            let wait = if from < end { READ_WAIT } else { Duration::ZERO };
            let fetched = self.own(self.broker.read(&at, from, rows, wait))?;
            from = from.max(fetched.next_offset);
            if !fetched.records.is_empty() || from >= end {
                return Ok(self.fetched(fetched));
            }
            if begun.elapsed() >= READ_LIMIT {
                let topic = &partition.topic;
                let text =
                    format!("{topic} ends at {end}, and what lies from {from} on did not come in {READ_LIMIT:?}");
                return Err(TopicError::Unavailable(text));
            }
        }
    }

    fn read(
        &self,
        partition: &TopicPartition,
        offset: i64,
        max_rows: usize,
        wait: Duration,
    ) -> Result<FetchedRecords, TopicError> {
        let fetched = self.own(self.broker.read(&self.outward.at(partition), offset, max_rows, wait))?;
        Ok(self.fetched(fetched))
    }

    fn known_end(&self, partition: &TopicPartition) -> Option<i64> {
        self.broker.known_end(&self.outward.at(partition))
    }

    fn offset_for_time(&self, partition: &TopicPartition, timestamp_ms: i64) -> Result<i64, TopicError> {
        let shifted_ms = timestamp_ms.saturating_add(self.outward.shift_ms);
        self.own(self.broker.offset_for_time(&self.outward.at(partition), shifted_ms))
    }

    fn append(&self, topic: &str, records: Vec<(Partition, Records)>) -> Result<Vec<i64>, TopicError> {
        let records = records.into_iter().map(|(partition, records)| (partition, self.outward.records(records)));
        self.own(self.broker.append(&self.outward.name(topic), records.collect()))
    }

    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError> {
        self.own(self.broker.commit(self.outward.unit(unit)))
    }

    fn writer(self: Arc<Self>, application_id: &str, guarantee: Guarantee) -> Result<Arc<dyn Writer>, TopicError> {
        let inner = self.broker.clone().writer(&self.outward.name(application_id), guarantee);
        Ok(Arc::new(CaseWriter { inner: self.own(inner)?, outward: self.outward.clone() }))
    }

    fn commits_at_once(&self) -> bool {
        self.broker.commits_at_once()
    }

    fn delete_records_before(&self, partition: &TopicPartition, offset: i64) -> Result<(), TopicError> {
        self.own(self.broker.delete_records_before(&self.outward.at(partition), offset))
    }

    fn committed(&self, group: &str, partition: &TopicPartition) -> Result<Option<i64>, TopicError> {
        self.own(self.broker.committed(&self.outward.name(group), &self.outward.at(partition)))
    }

    fn delete_group(&self, group: &str) -> Result<(), TopicError> {
        self.own(self.broker.delete_group(&self.outward.name(group)))?;
        self.outward.left.group_is_gone(group);
        Ok(())
    }

    fn watch(&self, topic: &str, wake: Wake) -> Watch {
        self.broker.watch(&self.outward.name(topic), wake)
    }
}

impl Drop for CaseTopics {
    fn drop(&mut self) {
        let told = |what: &str, outcome: Result<(), TopicError>| {
            if let Err(error) = outcome {
                eprintln!("{what} stays on the broker: {error}");
            }
        };
        for topic in self.outward.left.topics() {
            let name = self.outward.name(&topic);
            told(&name, self.broker.delete(&name));
        }
        for group in self.outward.left.groups() {
            let name = self.outward.name(&group);
            told(&name, self.broker.delete_group(&name));
        }
    }
}

struct CaseWriter {
    inner: Arc<dyn Writer>,
    outward: Arc<Outward>,
}

impl Writer for CaseWriter {
    fn send(&self, outputs: &mut Vec<(TopicPartition, Records)>) -> Result<(), TopicError> {
        let outward = &self.outward;
        let mut sent = outputs.drain(..).map(|(at, records)| (outward.at(&at), outward.records(records))).collect();
        let outcome = self.inner.send(&mut sent);
        outputs.extend(sent.into_iter().map(|(at, records)| (outward.back(&at), shifted(records, -outward.shift_ms))));
        outcome.map_err(|error| outward.error(error))
    }

    fn commit(&self, unit: CommitUnit) -> Result<(), TopicError> {
        self.inner.commit(self.outward.unit(unit)).map_err(|error| self.outward.error(error))
    }

    fn abort(&self) -> Result<(), TopicError> {
        self.inner.abort().map_err(|error| self.outward.error(error))
    }
}
