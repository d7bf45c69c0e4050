//! One query as the drivers run it: its compiled topology, its internal topics and stores, and how its tasks are opened.

use std::sync::Arc;

use super::TaskError;
use super::budget::StateBudget;
use super::materialized::MaterializedView;
use super::operators::{Processor, StateOptions};
use super::processing_log::ProcessingLog;
use super::shared_source::SharedSources;
use super::store::{StorePart, StoreSpec};
use super::subscription::Subscription;
use super::task::{StreamTask, TaskParts};
use super::topology::{Subtopology, Topology, application_id};
use crate::plan::{QueryPlan, ResultKind};
use crate::state::StateDb;
use crate::topic::{
    CommitUnit, Guarantee, OffsetRange, Partition, Position, TopicError, TopicPartition, TopicSpec, Topics, Writer,
};

/// Where a query starts that has no committed position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetReset {
    Earliest,
    Latest,
}

#[derive(Clone, Debug)]
pub struct QueryOptions {
    /// `ksql.service.id`.
    pub service_id: String,
    /// `auto.offset.reset`; `None`: streams latest, tables earliest.
    pub offset_reset: Option<OffsetReset>,
    /// `cache.max.bytes.buffering`: 0 turns the record cache off. Its memory is the node's budget for state.
    pub cache_bytes: usize,
    pub commit_interval_ms: u64,
    /// Records taken in one step.
    pub batch_rows: usize,
    /// Write changelog topics. Transient queries never do.
    pub changelogs: bool,
    /// Write records to them even where log and store are one database, whose commits need none; for tests.
    pub redundant_changelogs: bool,
    /// Start at the earliest offset and end at the end offsets captured at the start.
    pub bounded: bool,
    /// A bound on the memory of each task's state, below the node's own.
    pub state_bytes: Option<usize>,
    /// Part of a transient query's application id.
    pub start_ms: i64,
    /// Read nothing until RESUME.
    pub paused: bool,
    /// `processing.guarantee`.
    pub guarantee: Guarantee,
    /// `replication.factor`: replicas of internal topics; 0 leaves it to the cluster.
    pub replicas: u16,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self {
            service_id: "default_".into(),
            offset_reset: None,
            cache_bytes: 10_000_000,
            commit_interval_ms: 2000,
            batch_rows: 4096,
            changelogs: true,
            redundant_changelogs: false,
            bounded: false,
            state_bytes: None,
            start_ms: 0,
            paused: false,
            guarantee: Guarantee::AtLeastOnce,
            replicas: 1,
        }
    }
}

/// What all queries of a node share.
#[derive(Clone)]
pub(crate) struct Node {
    pub topics: Arc<dyn Topics>,
    pub db: StateDb,
    pub sources: Arc<SharedSources>,
    pub log: Arc<dyn ProcessingLog>,
    pub budget: Arc<StateBudget>,
}

pub(crate) struct Query {
    pub plan: QueryPlan,
    pub options: QueryOptions,
    pub topology: Topology,
    pub node: Node,
    pub subscription: Option<Subscription>,
    /// The writer of all tasks, when they commit together; else each has its own.
    pub shared_writer: Option<Arc<dyn Writer>>,
    /// End offsets of a bounded run, in the order of `task_places`.
    end_offsets: Vec<Option<i64>>,
    /// Positions in the sources and their ends when the query started, in the order of `task_places`.
    pub first_offsets: Vec<OffsetRange>,
    /// Start positions of tasks that have committed none.
    start_offsets: Vec<i64>,
}

impl Query {
    /// Compiles the plan, creates internal topics and settles where reading starts.
    pub fn start(plan: QueryPlan, options: QueryOptions, node: Node) -> Result<Self, TaskError> {
        let transient = plan.is_transient();
        let application_id = application_id(&options.service_id, &plan, options.start_ms);
        let topics = node.topics.clone();
        let partitions_of = |topic: &str| topics.describe(topic).map(|spec| spec.partitions);
        let topology = Topology::compile(&plan, application_id, options.changelogs && !transient, &partitions_of)?;
        for spec in &topology.internal_topics {
            match node.topics.create(&TopicSpec { replicas: options.replicas, ..spec.clone() }) {
                Ok(()) | Err(TopicError::TopicExists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let subscription = transient.then(|| Subscription::new(plan.limit));
        // Before anything is read: it ends what an earlier process left open.
        let together = options.guarantee == Guarantee::ExactlyOnce && !transient && !node.topics.commits_at_once();
        let shared_writer = if together {
            Some(node.topics.clone().writer(&topology.application_id, Guarantee::ExactlyOnce)?)
        } else {
            None
        };
        let mut query = Self {
            plan,
            options,
            topology,
            node,
            subscription,
            shared_writer,
            end_offsets: Vec::new(),
            first_offsets: Vec::new(),
            start_offsets: Vec::new(),
        };
        query.settle_offsets()?;
        Ok(query)
    }

    fn settle_offsets(&mut self) -> Result<(), TaskError> {
        let mut unit = CommitUnit { group: self.group().to_string(), ..CommitUnit::default() };
        for (subtopology, source) in self.task_places() {
            let range = self.node.topics.offsets(&source)?;
            let reset = self.options.offset_reset.unwrap_or(match subtopology.kind {
                ResultKind::Stream => OffsetReset::Latest,
                ResultKind::Table => OffsetReset::Earliest,
            });
            let earliest = subtopology.internal_source || self.options.bounded || reset == OffsetReset::Earliest;
            let start = if earliest { range.start } else { range.end };
            self.start_offsets.push(start);
            self.end_offsets.push((self.options.bounded && !subtopology.internal_source).then_some(range.end));
            let committed =
                if self.keeps_position() { self.node.topics.committed(&unit.group, &source)? } else { None };
            self.first_offsets.push(OffsetRange { start: committed.unwrap_or(start), end: range.end });
            // So that a restart before the first commit starts at the same place.
            if self.keeps_position() && committed.is_none() && !earliest {
                unit.positions.push(Position { at: source, offset: start, partition_time: None });
            }
        }
        if !unit.positions.is_empty() {
            self.node.topics.commit(unit)?;
        }
        Ok(())
    }

    /// The consumer group that the query reads as.
    pub fn group(&self) -> &str {
        &self.topology.application_id
    }

    fn keeps_position(&self) -> bool {
        self.subscription.is_none()
    }

    /// Subtopology and source partition of each task, upstream first.
    pub fn task_places(&self) -> Vec<(Arc<Subtopology>, TopicPartition)> {
        let places = |s: &Arc<Subtopology>| {
            let topic: Arc<str> = s.source_topic.as_str().into();
            let s = s.clone();
            (0..s.partitions)
                .map(move |p| (s.clone(), TopicPartition { topic: topic.clone(), partition: Partition(p) }))
                .collect::<Vec<_>>()
        };
        self.topology.subtopologies.iter().flat_map(places).collect()
    }

    /// Opens a task (by its index in `task_places`) at its last commit, restoring its stores.
    pub fn open_task(&self, index: usize) -> Result<StreamTask, TaskError> {
        let (subtopology, source) =
            self.task_places().into_iter().nth(index).ok_or_else(|| TaskError::Plan("there is no such task".into()))?;
        if let Some(writer) = &self.shared_writer {
            writer.prepare()?;
        }
        let mut stores = Vec::new();
        for processor in &subtopology.processors {
            if let Processor::Stateful(processor) = processor {
                let spec = self.store_spec(processor.store_name(), source.partition.0, processor.retention_ms())?;
                stores.push(StorePart::open(spec, &self.node.db, &*self.node.topics, &**processor)?);
            }
        }
        let topics = &self.node.topics;
        let committed = if self.keeps_position() { topics.committed(self.group(), &source)? } else { None };
        let writer = match &self.shared_writer {
            Some(writer) => writer.clone(),
            None => topics.clone().writer(self.group(), Guarantee::AtLeastOnce)?,
        };
        let reader = &subtopology.reader;
        let follower = self.node.sources.follow(source.clone(), &reader.declaration, reader.decoded_columns());
        let record_cache = self.options.cache_bytes > 0;
        Ok(StreamTask::new(TaskParts {
            query_id: self.plan.id.clone(),
            group: self.group().to_string(),
            writer,
            stores,
            state: StateOptions {
                record_cache,
                budget: self.node.budget.share(subtopology.is_stateful(), self.options.state_bytes),
            },
            follower,
            position: committed.unwrap_or(self.start_offsets[index]),
            end_offset: self.end_offsets[index],
            keeps_position: self.keeps_position(),
            log: self.node.log.clone(),
            subtopology,
            source,
        }))
    }

    fn store_spec(&self, store: &str, partition: u32, retention_ms: Option<i64>) -> Result<StoreSpec, TaskError> {
        let changelog = self.topology.changelog_topic(store);
        // In the embedded log a changelog would repeat what the same database holds, written in the same step.
        let apart = self.options.redundant_changelogs || !self.node.topics.commits_at_once();
        let logged = apart && self.topology.internal_topics.iter().any(|t| t.name == changelog);
        Ok(StoreSpec {
            id: self.node.db.open_store(&self.topology.store_name(store))?,
            partition,
            changelog: logged
                .then(|| TopicPartition { topic: changelog.as_str().into(), partition: Partition(partition) }),
            retention_ms,
        })
    }

    /// The state that pull queries read.
    pub fn materialized(&self) -> Result<Option<MaterializedView>, TaskError> {
        let Some(materialized) = &self.topology.materialized else { return Ok(None) };
        let processor = materialized.store.processor();
        let spec = self.store_spec(processor.store_name(), 0, processor.retention_ms())?;
        Ok(Some(MaterializedView::new(materialized.clone(), spec, self.node.db.clone(), self.plan.id.clone())))
    }

    /// Deletes internal topics, stores and positions. No task may be open.
    pub fn delete_internal(&self) -> Result<(), TaskError> {
        delete_internal(&self.topology, &self.node)
    }
}

/// Deletes the internal topics, stores and positions of a query that does not run.
pub(super) fn delete_internal(topology: &Topology, node: &Node) -> Result<(), TaskError> {
    for spec in &topology.internal_topics {
        match node.topics.delete(&spec.name) {
            Ok(()) | Err(TopicError::UnknownTopic(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for store in topology.stores() {
        node.db.drop_store(&topology.store_name(&store))?;
    }
    node.topics.delete_group(&topology.application_id)?;
    Ok(())
}
