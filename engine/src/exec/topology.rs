//! Where a query computes: its plan cut at repartition topics into subtopologies, with stores and internal topics named as
//! ksqlDB names them. Compiles the steps; opens nothing.

use std::fmt;
use std::sync::Arc;

use super::TaskError;
use super::operators::{
    AggregateProcessor, Filter, FlatMap, GroupBy, Processor, Results, Select, SelectKey, Sink, SourceReader,
    StatefulProcessor, TableStoreProcessor, Transform,
};
use crate::formats::SerdeOptions;
use crate::plan::{ExecutionStep, GroupByStep, QueryPlan, ResultKind, persistent_application_id};
use crate::topic::{CleanupPolicy, TopicSpec};

/// Extra time for which changelogs of windows are kept, as `ksql.sink.window.change.log.additional.retention`.
const CHANGELOG_EXTRA_RETENTION_MS: i64 = 86_400_000;

/// A compiled query. Immutable; its tasks share it.
///
/// `Display` prints one line per subtopology.
pub struct Topology {
    pub application_id: String,
    pub subtopologies: Vec<Arc<Subtopology>>,
    /// Repartition and changelog topics, to be created before tasks start.
    pub internal_topics: Vec<TopicSpec>,
    pub(crate) materialized: Option<Materialized>,
}

/// A source topic, the steps behind it, and where their output goes.
pub struct Subtopology {
    pub index: usize,
    pub source_topic: String,
    pub partitions: u32,
    /// Reads an internal topic: always from its start.
    pub internal_source: bool,
    pub kind: ResultKind,
    pub(crate) reader: SourceReader,
    pub(crate) processors: Vec<Processor>,
    pub(crate) end: End,
    names: Vec<String>,
}

pub(crate) enum End {
    Topic(Sink),
    /// The client of a transient query.
    Client(Results),
    /// The materialisation of a source table.
    Nothing,
}

/// The state that pull queries read, and the steps between it and the rows of the query's result.
#[derive(Clone)]
pub(crate) struct Materialized {
    pub store: MaterializedStore,
    pub transforms: Vec<Arc<dyn Transform>>,
    pub partitions: u32,
}

#[derive(Clone)]
pub(crate) enum MaterializedStore {
    Aggregate(Arc<AggregateProcessor>),
    Table(Arc<TableStoreProcessor>),
}

impl MaterializedStore {
    pub fn processor(&self) -> Arc<dyn StatefulProcessor> {
        match self {
            MaterializedStore::Aggregate(processor) => processor.clone(),
            MaterializedStore::Table(processor) => processor.clone(),
        }
    }
}

impl Subtopology {
    /// Whether its tasks keep state, and so commit by time rather than after each step.
    pub fn is_stateful(&self) -> bool {
        self.processors.iter().any(|p| matches!(p, Processor::Stateful(_)))
    }
}

/// `_confluent-ksql-<service id>query_<query id>`, or `...transient_<query id>_<start in ms>`.
pub fn application_id(service_id: &str, plan: &QueryPlan, start_ms: i64) -> String {
    if plan.is_transient() {
        format!("_confluent-ksql-{service_id}transient_{}_{start_ms}", plan.id)
    } else {
        persistent_application_id(service_id, &plan.id)
    }
}

impl QueryPlan {
    /// Whether its rows go to a client: neither a sink nor the materialisation of a source table.
    pub fn is_transient(&self) -> bool {
        self.sink.is_none() && !self.output_columns.is_empty()
    }
}

impl Topology {
    /// Compiles a plan. `partitions_of` knows the topics that exist.
    ///
    /// # Errors
    /// `Plan` when a step cannot run or a topic is missing.
    pub fn compile(
        plan: &QueryPlan,
        application_id: String,
        changelogs: bool,
        partitions_of: &dyn Fn(&str) -> Option<u32>,
    ) -> Result<Self, TaskError> {
        let mut builder = Builder {
            application_id,
            sink: plan.sink.as_ref().map_or_else(String::new, |name| name.as_str().to_string()),
            partitions_of,
            changelogs,
            done: Vec::new(),
            internal: Vec::new(),
            materialized: None,
        };
        let mut steps = vec![&plan.root];
        while let Some(input) = steps[steps.len() - 1].input() {
            steps.push(input);
        }
        steps.reverse();
        let mut open = builder.source(steps[0], &steps[1..])?;
        for (at, step) in steps.iter().enumerate().skip(1) {
            open = builder.step(step, &steps[at + 1..], open)?;
        }
        if matches!(open.end, End::Nothing) && plan.is_transient() {
            open.end = End::Client(Results::new(plan.root.schema()));
            open.names.push("client".into());
        }
        builder.done.push(Arc::new(open.finish()));
        Ok(Topology {
            application_id: builder.application_id,
            subtopologies: builder.done,
            internal_topics: builder.internal,
            materialized: builder.materialized,
        })
    }

    /// The database's name of a store.
    pub(crate) fn store_name(&self, store: &str) -> String {
        format!("{}-{store}", self.application_id)
    }
    pub(crate) fn changelog_topic(&self, store: &str) -> String {
        format!("{}-{store}-changelog", self.application_id)
    }
    /// Names of all stores, as steps name them.
    pub(crate) fn stores(&self) -> Vec<String> {
        let stateful = |p: &Processor| match p {
            Processor::Stateful(p) => Some(p.store_name().to_string()),
            Processor::Transform(_) => None,
        };
        self.subtopologies.iter().flat_map(|s| s.processors.iter().filter_map(stateful)).collect()
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for s in &self.subtopologies {
            writeln!(f, "{}: {} x{} -> {}", s.index, s.source_topic, s.partitions, s.names.join(" -> "))?;
        }
        Ok(())
    }
}

struct Builder<'a> {
    application_id: String,
    /// The sink's name, which is its name in the processing log.
    sink: String,
    partitions_of: &'a dyn Fn(&str) -> Option<u32>,
    changelogs: bool,
    done: Vec<Arc<Subtopology>>,
    internal: Vec<TopicSpec>,
    materialized: Option<Materialized>,
}

/// A subtopology that is being put together.
struct Open {
    index: usize,
    source_topic: String,
    partitions: u32,
    internal_source: bool,
    kind: ResultKind,
    reader: SourceReader,
    processors: Vec<Processor>,
    end: End,
    names: Vec<String>,
    key_serde: SerdeOptions,
}

impl Open {
    fn finish(self) -> Subtopology {
        let Open { index, source_topic, partitions, internal_source, kind, reader, processors, end, names, .. } = self;
        Subtopology { index, source_topic, partitions, internal_source, kind, reader, processors, end, names }
    }
}

impl Builder<'_> {
    fn source(&mut self, step: &ExecutionStep, behind: &[&ExecutionStep]) -> Result<Open, TaskError> {
        let ExecutionStep::Source(source) = step else {
            return Err(TaskError::Plan("a query starts with a source".into()));
        };
        let partitions = (self.partitions_of)(&source.topic)
            .ok_or_else(|| TaskError::Plan(format!("topic `{}` does not exist", source.topic)))?;
        let mut open = Open {
            index: 0,
            source_topic: source.topic.clone(),
            partitions,
            internal_source: false,
            kind: source.kind,
            reader: SourceReader::new(source, "KsqlTopic.Source".into())?,
            processors: Vec::new(),
            end: End::Nothing,
            names: Vec::new(),
            key_serde: source.key_serde.clone(),
        };
        if let (ResultKind::Table, Some(store)) = (source.kind, &source.store) {
            let needs_old = |step: &&ExecutionStep| matches!(step, ExecutionStep::Filter(_) | ExecutionStep::GroupBy(_));
            let emits_old = behind.iter().any(needs_old);
            let (schema, windowed) = (step.schema(), step.is_windowed());
            let processor = TableStoreProcessor::new(store, schema, &open.key_serde, windowed, emits_old)?;
            self.stateful(MaterializedStore::Table(Arc::new(processor)), &mut open);
        }
        Ok(open)
    }

    fn step(&mut self, step: &ExecutionStep, behind: &[&ExecutionStep], mut open: Open) -> Result<Open, TaskError> {
        match step {
            ExecutionStep::Source(_) => return Err(TaskError::Plan("a source has no input".into())),
            ExecutionStep::Filter(s) => {
                let name = if matches!(*s.input, ExecutionStep::Aggregate(_)) { "HavingFilter" } else { "WhereFilter" };
                self.transform(Arc::new(Filter::new(s, name.into())?), name, &mut open);
            }
            ExecutionStep::Select(s) => {
                self.transform(Arc::new(Select::new(s, "Project".into())?), "Project", &mut open);
            }
            ExecutionStep::SelectKey(s) => {
                self.transform(Arc::new(SelectKey::new(s, "PartitionBy".into())?), "PartitionBy", &mut open);
            }
            ExecutionStep::FlatMap(s) => {
                self.transform(Arc::new(FlatMap::new(s, "FlatMap".into())?), "FlatMap", &mut open);
            }
            ExecutionStep::GroupBy(s) => {
                self.transform(Arc::new(GroupBy::new(s, "Aggregate.GroupBy".into())?), "GroupBy", &mut open);
                if s.repartition.is_some() {
                    open = self.repartition(s, step.result(), open)?;
                }
            }
            ExecutionStep::Aggregate(s) => {
                let emits_old = behind.iter().any(|step| matches!(step, ExecutionStep::Filter(_)));
                let log_name = "Aggregate.Aggregate".to_string();
                let processor = Arc::new(AggregateProcessor::new(s, &open.key_serde, emits_old, log_name)?);
                self.stateful(MaterializedStore::Aggregate(processor), &mut open);
            }
            ExecutionStep::Sink(s) => {
                let partitions = (self.partitions_of)(&s.topic)
                    .ok_or_else(|| TaskError::Plan(format!("topic `{}` does not exist", s.topic)))?;
                open.end = End::Topic(Sink::new(s, partitions, self.sink.clone())?);
                open.names.push(s.topic.clone());
            }
        }
        Ok(open)
    }

    fn transform(&mut self, transform: Arc<dyn Transform>, name: &str, open: &mut Open) {
        if let Some(materialized) = &mut self.materialized {
            materialized.transforms.push(transform.clone());
        }
        open.names.push(name.into());
        open.processors.push(Processor::Transform(transform));
    }

    fn stateful(&mut self, store: MaterializedStore, open: &mut Open) {
        let processor = store.processor();
        open.names.push(processor.store_name().into());
        if self.changelogs {
            let retention_ms = processor.retention_ms();
            self.internal.push(TopicSpec {
                name: format!("{}-{}-changelog", self.application_id, processor.store_name()),
                partitions: open.partitions,
                replicas: 1,
                cleanup: if retention_ms.is_some() { CleanupPolicy::CompactDelete } else { CleanupPolicy::Compact },
                retention_ms: retention_ms.map(|ms| ms.saturating_add(CHANGELOG_EXTRA_RETENTION_MS)),
                kafka_configs: &[("message.timestamp.type", "CreateTime")],
            });
        }
        open.processors.push(Processor::Stateful(processor));
        self.materialized = Some(Materialized { store, transforms: Vec::new(), partitions: open.partitions });
    }

    /// Ends a subtopology at a repartition topic and starts the next one behind it.
    fn repartition(&mut self, step: &GroupByStep, kind: ResultKind, mut open: Open) -> Result<Open, TaskError> {
        let Some(repartition) = &step.repartition else { return Ok(open) };
        self.materialized = None;
        let topic = format!("{}-{}-repartition", self.application_id, repartition.name);
        let partitions = open.partitions;
        self.internal.push(TopicSpec {
            name: topic.clone(),
            partitions,
            replicas: 1,
            cleanup: CleanupPolicy::Delete,
            retention_ms: Some(-1),
            kafka_configs: &[("segment.bytes", "52428800"), ("message.timestamp.type", "CreateTime")],
        });
        open.end = End::Topic(Sink::of_repartition(&topic, repartition, &step.schema, kind, partitions)?);
        open.names.push(topic.clone());
        let index = open.index + 1;
        self.done.push(Arc::new(open.finish()));
        Ok(Open {
            index,
            reader: SourceReader::of_repartition(&topic, repartition, step, kind)?,
            source_topic: topic,
            partitions,
            internal_source: true,
            kind,
            processors: Vec::new(),
            end: End::Nothing,
            names: Vec::new(),
            key_serde: repartition.key_serde.clone(),
        })
    }
}
