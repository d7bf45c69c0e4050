//! The unit of work: one subtopology over one partition. Pure steps: it never waits, reads a clock or draws a random number;
//! what it did becomes true with the driver's commit.

use std::collections::VecDeque;
use std::sync::Arc;

use super::TaskError;
use super::budget::BudgetShare;
use super::operators::{Operator, Processor, SinkState, StateOptions, Transform};
use super::processing_log::{ProcessingLog, TaskLog};
use super::shared_source::{Follower, SourceBatch};
use super::subscription::ResultRows;
use super::topology::{End, Subtopology};
use crate::batch::Batch;
use crate::topic::{CommitUnit, Position, Records, TopicPartition, Topics, Writer};

/// Records of a repartition topic that are given back together.
const RELEASED_ROWS: i64 = 65_536;

/// What a task has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounters {
    pub records_in: u64,
    pub records_out: u64,
    /// Records that went to the processing log.
    pub errors: u64,
}

pub struct StreamTask {
    query_id: String,
    group: String,
    writer: Arc<dyn Writer>,
    pub(crate) subtopology: Arc<Subtopology>,
    pub(crate) source: TopicPartition,
    stages: Vec<Stage>,
    sink: SinkState,
    follower: Follower,
    /// The next offset to process.
    position: i64,
    committed_position: i64,
    /// The highest timestamp seen in the source.
    partition_time: Option<i64>,
    /// Where a bounded run ends.
    end_offset: Option<i64>,
    /// Positions are not kept for transient queries.
    keeps_position: bool,
    outputs: Vec<(TopicPartition, Records)>,
    output_rows: usize,
    output_bytes: usize,
    /// Up to where the source was last given back.
    released: i64,
    results: VecDeque<ResultRows>,
    log: Arc<dyn ProcessingLog>,
    budget: Arc<BudgetShare>,
    pub(crate) counters: TaskCounters,
}

enum Stage {
    Transform(Arc<dyn Transform>),
    Stateful(Box<dyn Operator>),
}

/// Everything a task is opened with.
pub(crate) struct TaskParts {
    pub query_id: String,
    /// The consumer group.
    pub group: String,
    pub writer: Arc<dyn Writer>,
    pub subtopology: Arc<Subtopology>,
    pub source: TopicPartition,
    pub stores: Vec<super::store::StorePart>,
    pub state: StateOptions,
    pub follower: Follower,
    pub position: i64,
    pub end_offset: Option<i64>,
    pub keeps_position: bool,
    pub log: Arc<dyn ProcessingLog>,
}

impl StreamTask {
    /// `parts.stores` in the order of the subtopology's stateful steps.
    pub(crate) fn new(parts: TaskParts) -> Self {
        let mut stores = parts.stores.into_iter();
        let stage = |processor: &Processor| match processor {
            Processor::Transform(transform) => Some(Stage::Transform(transform.clone())),
            Processor::Stateful(p) => {
                stores.next().map(|store| Stage::Stateful(p.clone().open(store, parts.state.clone())))
            }
        };
        let stages = parts.subtopology.processors.iter().filter_map(stage).collect();
        Self {
            query_id: parts.query_id,
            group: parts.group,
            writer: parts.writer,
            subtopology: parts.subtopology,
            source: parts.source,
            stages,
            sink: SinkState::default(),
            follower: parts.follower,
            position: parts.position,
            committed_position: parts.position,
            partition_time: None,
            end_offset: parts.end_offset,
            keeps_position: parts.keeps_position,
            outputs: Vec::new(),
            output_rows: 0,
            output_bytes: 0,
            released: parts.position,
            results: VecDeque::new(),
            log: parts.log,
            budget: parts.state.budget,
            counters: TaskCounters::default(),
        }
    }

    pub fn position(&self) -> i64 {
        self.position
    }

    /// The next records of the source, decoded or taken from another query's reading; empty at the end.
    pub fn fetch(&self, topics: &dyn Topics, max_rows: usize) -> Result<Arc<SourceBatch>, TaskError> {
        let room = self.end_offset.map_or(i64::MAX, |end| (end - self.position).max(0)) as usize;
        self.follower.batch_at(topics, &self.subtopology.reader.declaration, self.position, max_rows.min(room))
    }

    /// A bounded run has read all it should.
    pub fn is_complete(&self) -> bool {
        self.end_offset.is_some_and(|end| self.position >= end)
    }

    /// Takes records through all steps. Outputs wait for the commit, results of transient queries in `take_results`.
    ///
    /// # Errors
    /// After an error the task's state is undefined: drop it and open it anew from its last commit.
    pub fn process(&mut self, source: &SourceBatch) -> Result<(), TaskError> {
        let sink = self.log.clone();
        let query_id = self.query_id.clone();
        let mut log = TaskLog { sink: &*sink, query_id: &query_id, errors: 0 };
        self.counters.records_in += source.rows() as u64;
        let batch = self.subtopology.reader.read(source, self.source.partition.0, &mut log)?;
        if let Some(batch) = batch {
            self.run(0, batch, &mut log)?;
        }
        self.position = source.fetched.next_offset;
        self.partition_time = self.partition_time.max(source.fetched.records.timestamps.values().iter().copied().max());
        self.counters.errors += log.errors;
        Ok(())
    }

    /// Takes a batch through the stages from `from` on and out.
    fn run(&mut self, from: usize, batch: Batch, log: &mut TaskLog<'_>) -> Result<(), TaskError> {
        let mut batch = batch;
        for stage in &mut self.stages[from..] {
            let out = match stage {
                Stage::Transform(transform) => transform.apply(batch, log)?,
                Stage::Stateful(operator) => operator.process(batch, log)?,
            };
            match out {
                Some(next) => batch = next,
                None => return Ok(()),
            }
        }
        let subtopology = self.subtopology.clone();
        match &subtopology.end {
            End::Topic(sink) => {
                for (target, records) in sink.encode(batch, &mut self.sink, log)? {
                    self.output_rows += records.len();
                    self.output_bytes += records.keys.value_data().len() + records.values.value_data().len();
                    self.counters.records_out += records.len() as u64;
                    self.outputs.push((target, records));
                }
            }
            End::Client(results) => {
                if let Some(rows) = results.rows(batch) {
                    self.counters.records_out += rows.rows as u64;
                    self.results.push_back(rows);
                }
            }
            End::Nothing => {}
        }
        Ok(())
    }

    /// There is nothing to process up to an offset.
    pub fn skip_to(&mut self, offset: i64) {
        self.position = self.position.max(offset);
    }

    /// Sends outputs ahead of the commit, where the log takes them.
    ///
    /// # Errors
    /// As from `process`.
    pub fn send(&mut self) -> Result<(), TaskError> {
        if !self.outputs.is_empty() {
            self.writer.send(&mut self.outputs)?;
            if self.outputs.is_empty() {
                (self.output_rows, self.output_bytes) = (0, 0);
            }
        }
        Ok(())
    }

    /// Makes everything since the last commit true. False if there was nothing.
    ///
    /// # Errors
    /// As from `process`.
    pub fn commit_alone(&mut self) -> Result<bool, TaskError> {
        let unit = self.commit()?;
        let any = unit.is_some();
        if let Some(unit) = unit {
            self.writer.commit(unit)?;
        }
        self.committed();
        Ok(any)
    }

    /// Flushes record caches and hands over everything since the last commit. `None`: nothing to commit.
    pub fn commit(&mut self) -> Result<Option<CommitUnit>, TaskError> {
        let sink = self.log.clone();
        let query_id = self.query_id.clone();
        let mut log = TaskLog { sink: &*sink, query_id: &query_id, errors: 0 };
        for stage in 0..self.stages.len() {
            if let Stage::Stateful(operator) = &mut self.stages[stage]
                && let Some(batch) = operator.flush(&mut log)?
            {
                self.run(stage + 1, batch, &mut log)?;
            }
        }
        self.counters.errors += log.errors;
        let mut unit = CommitUnit { group: self.group.clone(), ..CommitUnit::default() };
        unit.outputs = std::mem::take(&mut self.outputs);
        (self.output_rows, self.output_bytes) = (0, 0);
        for stage in &mut self.stages {
            if let Stage::Stateful(operator) = stage {
                operator.commit(&mut unit)?;
            }
        }
        if self.keeps_position && self.position != self.committed_position {
            let partition_time = self.partition_time;
            unit.positions.push(Position { at: self.source.clone(), offset: self.position, partition_time });
        }
        let empty = unit.outputs.is_empty() && unit.positions.is_empty() && unit.state.is_empty();
        Ok((!empty).then_some(unit))
    }

    /// The unit that `commit` gave is durable.
    pub fn committed(&mut self) {
        self.committed_position = self.position;
        for stage in &mut self.stages {
            if let Stage::Stateful(operator) = stage {
                operator.committed();
            }
        }
    }

    /// Whether there is anything that a commit would change.
    pub fn has_uncommitted(&self) -> bool {
        self.position != self.committed_position
    }

    /// Output rows that wait for the commit.
    pub fn buffered_rows(&self) -> usize {
        self.output_rows
    }

    /// Bytes of keys and values of those rows.
    pub fn buffered_bytes(&self) -> usize {
        self.output_bytes
    }

    /// The offset below which nobody needs the records of the source any more: a repartition topic has no other reader.
    /// Given from time to time.
    pub fn consumed(&mut self) -> Option<i64> {
        let due = self.subtopology.internal_source && self.committed_position - self.released >= RELEASED_ROWS;
        due.then(|| {
            self.released = self.committed_position;
            self.released
        })
    }

    /// Heap bytes held by state, roughly.
    pub fn memory_bytes(&self) -> usize {
        let state = |stage: &Stage| match stage {
            Stage::Stateful(operator) => operator.memory_bytes(),
            Stage::Transform(_) => 0,
        };
        self.stages.iter().map(state).sum()
    }

    /// Its state outgrew the task's part of memory: commit, so that clean entries can go.
    pub fn is_over_budget(&self) -> bool {
        self.budget.note(self.memory_bytes());
        self.budget.is_exceeded()
    }

    /// Rows for the client that were not taken yet.
    pub(crate) fn results(&mut self) -> &mut VecDeque<ResultRows> {
        &mut self.results
    }
}
