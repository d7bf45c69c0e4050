//! The single-threaded driver: runs tasks in a fixed (or seeded) order until nothing is left to do. Serves `weir test`, the case
//! files and fault simulation; the same tasks run in production.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::TaskError;
use super::budget::StateBudget;
use super::materialized::MaterializedView;
use super::processing_log::{ProcessingLog, TracingLog};
use super::query::{Node, Query, QueryOptions};
use super::shared_source::SharedSources;
use super::subscription::{EndReason, Subscription};
use super::task::StreamTask;
use crate::plan::QueryPlan;
use crate::state::StateDb;
use crate::topic::{TopicPartition, Topics};

/// Memory for the state of all tasks.
const STATE_BYTES: usize = 256 << 20;

#[derive(Clone, Copy, Debug)]
pub struct SimulationOptions {
    /// `Some`: tasks run in an order drawn from it; `None`: in the order in which queries started.
    pub seed: Option<u64>,
    /// Steps of a task between its commits.
    pub steps_per_commit: usize,
}

impl Default for SimulationOptions {
    fn default() -> Self {
        Self { seed: None, steps_per_commit: 1 }
    }
}

pub struct Simulation {
    node: Node,
    options: SimulationOptions,
    random: StdRng,
    queries: Vec<SimulatedQuery>,
}

struct SimulatedQuery {
    query: Query,
    tasks: Vec<SimulatedTask>,
}

struct SimulatedTask {
    task: StreamTask,
    steps: usize,
}

impl Simulation {
    pub fn new(topics: Arc<dyn Topics>, db: StateDb, options: SimulationOptions) -> Self {
        Self::with_log(topics, db, options, Arc::new(TracingLog))
    }

    pub fn with_log(
        topics: Arc<dyn Topics>,
        db: StateDb,
        options: SimulationOptions,
        log: Arc<dyn ProcessingLog>,
    ) -> Self {
        let node = Node {
            topics,
            db,
            sources: Arc::new(SharedSources::default()),
            log,
            budget: StateBudget::new(STATE_BYTES),
        };
        Self { node, options, random: StdRng::seed_from_u64(options.seed.unwrap_or_default()), queries: Vec::new() }
    }

    /// Starts a query; it goes on from its last commit if it ran before. Transient ones give their rows' queue.
    pub fn start(&mut self, plan: QueryPlan, options: QueryOptions) -> Result<Option<Subscription>, TaskError> {
        let query = Query::start(plan, options, self.node.clone())?;
        let tasks = (0..query.task_places().len())
            .map(|i| Ok(SimulatedTask { task: query.open_task(i)?, steps: 0 }))
            .collect::<Result<_, TaskError>>()?;
        let subscription = query.subscription.clone();
        self.queries.push(SimulatedQuery { query, tasks });
        Ok(subscription)
    }

    /// Stops a query after a commit.
    pub fn stop(&mut self, id: &str, delete_internal: bool) -> Result<(), TaskError> {
        let Some(at) = self.queries.iter().position(|q| q.query.plan.id == id) else { return Ok(()) };
        let mut stopped = self.queries.remove(at);
        for task in &mut stopped.tasks {
            task.task.commit_alone()?;
        }
        stopped.tasks.clear();
        if delete_internal {
            stopped.query.delete_internal()?;
        }
        Ok(())
    }

    /// Drops a query's tasks without a commit, as a crash would.
    pub fn kill(&mut self, id: &str) {
        self.queries.retain(|q| q.query.plan.id != id);
    }

    /// Runs all queries until no task has anything to read, then commits.
    pub fn run(&mut self) -> Result<(), TaskError> {
        let ids: Vec<String> = self.queries.iter().map(|q| q.query.plan.id.clone()).collect();
        loop {
            let mut any = false;
            for id in &ids {
                any |= self.run_query(id)?;
            }
            if !any {
                return Ok(());
            }
        }
    }

    /// Runs one query until its tasks have nothing to read. True if anything was processed.
    pub fn run_query(&mut self, id: &str) -> Result<bool, TaskError> {
        let mut any = false;
        while self.pass(id, usize::MAX)? {
            any = true;
        }
        Ok(any)
    }

    /// At most `steps` steps over the query's tasks, without a final commit. True if anything was processed.
    pub fn run_steps(&mut self, id: &str, steps: usize) -> Result<bool, TaskError> {
        let Some(at) = self.queries.iter().position(|q| q.query.plan.id == id) else { return Ok(false) };
        let mut left = steps;
        let mut any = false;
        while left > 0 {
            let before = left;
            for index in self.order(at) {
                if left > 0 && self.step(at, index, usize::MAX)? {
                    left -= 1;
                }
            }
            any |= left < before;
            if left == before {
                break;
            }
        }
        Ok(any)
    }

    /// Processes exactly one record of a source partition through the whole query, repartitions included. False if
    /// there is none.
    pub fn process_next(&mut self, id: &str, partition: &TopicPartition) -> Result<bool, TaskError> {
        let Some(at) = self.queries.iter().position(|q| q.query.plan.id == id) else { return Ok(false) };
        let mut any = false;
        for index in 0..self.queries[at].tasks.len() {
            if self.queries[at].tasks[index].task.source == *partition {
                any |= self.step(at, index, 1)?;
            }
        }
        for index in 0..self.queries[at].tasks.len() {
            self.queries[at].tasks[index].task.commit_alone()?;
            self.deliver(at, index);
        }
        loop {
            let mut moved = false;
            for index in 0..self.queries[at].tasks.len() {
                if self.queries[at].tasks[index].task.subtopology.internal_source {
                    while self.step(at, index, usize::MAX)? {
                        moved = true;
                    }
                    self.queries[at].tasks[index].task.commit_alone()?;
                    self.deliver(at, index);
                }
            }
            if !moved {
                return Ok(any);
            }
        }
    }

    /// The state that pull queries read.
    pub fn materialized(&self, id: &str) -> Result<Option<MaterializedView>, TaskError> {
        self.queries.iter().find(|q| q.query.plan.id == id).map_or(Ok(None), |q| q.query.materialized())
    }

    /// Names of the topics that a query made for itself.
    pub fn internal_topics(&self, id: &str) -> Vec<String> {
        let query = self.queries.iter().find(|q| q.query.plan.id == id);
        query.map_or_else(Vec::new, |q| q.query.topology.internal_topics.iter().map(|t| t.name.clone()).collect())
    }

    fn order(&mut self, at: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.queries[at].tasks.len()).collect();
        if self.options.seed.is_some() {
            order.shuffle(&mut self.random);
        }
        order
    }

    /// One step of each task, then commits of those that are due or idle.
    fn pass(&mut self, id: &str, max_rows: usize) -> Result<bool, TaskError> {
        let Some(at) = self.queries.iter().position(|q| q.query.plan.id == id) else { return Ok(false) };
        let mut any = false;
        for index in self.order(at) {
            let moved = self.step(at, index, max_rows)?;
            any |= moved;
            if !moved {
                any |= self.queries[at].tasks[index].task.commit_alone()?;
                self.deliver(at, index);
            }
        }
        let done = self.queries[at].tasks.iter().all(|t| t.task.is_complete() || t.task.subtopology.internal_source);
        if let (Some(subscription), true, false) =
            (&self.queries[at].query.subscription, self.queries[at].query.options.bounded && done, any)
        {
            subscription.end(EndReason::Completed);
        }
        Ok(any)
    }

    fn step(&mut self, at: usize, index: usize, max_rows: usize) -> Result<bool, TaskError> {
        let SimulatedQuery { query, tasks } = &mut self.queries[at];
        let SimulatedTask { task, steps } = &mut tasks[index];
        let batch = task.fetch(&*self.node.topics, max_rows.min(query.options.batch_rows))?;
        if batch.rows() == 0 {
            return Ok(false);
        }
        task.process(&batch)?;
        *steps += 1;
        if *steps % self.options.steps_per_commit.max(1) == 0 || task.is_over_budget() {
            task.commit_alone()?;
        }
        self.deliver(at, index);
        Ok(true)
    }

    fn deliver(&mut self, at: usize, index: usize) {
        let SimulatedQuery { query, tasks } = &mut self.queries[at];
        if let Some(subscription) = &query.subscription {
            subscription.offer(tasks[index].task.results());
        }
    }
}
