//! The threaded driver: worker threads take ready tasks from a run queue, topics wake them, a timer commits them. With `running`
//! the only part of `exec` that knows threads and time. What a task does is `task`'s business.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Instant;

use hashbrown::HashMap;
use parking_lot::{Condvar, Mutex, RwLock};

use super::TaskError;
use super::budget::StateBudget;
use super::materialized::MaterializedView;
use super::processing_log::{ProcessingLog, TracingLog};
use super::query::{Node, Query, QueryOptions};
use super::running::{IDLE, QUEUED, RUNNING, RUNNING_AGAIN, RunningQuery, TaskCell};
use super::shared_source::SharedSources;
use super::subscription::{EndReason, Subscription};
use super::task::TaskCounters;
use super::waiting::{self, Waiting};
use crate::plan::QueryPlan;
use crate::state::StateDb;
use crate::topic::{TopicError, Topics};

#[derive(Clone)]
pub struct RuntimeOptions {
    /// Worker threads; 0: one per core.
    pub threads: usize,
    /// Memory for the state that all tasks keep outside RocksDB.
    pub state_bytes: usize,
    pub log: Arc<dyn ProcessingLog>,
    /// `ksql.query.retry.backoff.initial.ms` and `.max.ms`.
    pub retry_initial_ms: u64,
    pub retry_max_ms: u64,
}

impl RuntimeOptions {
    /// By the server's properties; `weir.threads` and `weir.state.cache.bytes` are ours.
    pub fn from_config(config: &crate::config::Config) -> Self {
        let default = Self::default();
        let millis = |name, default: u64| config.i64(name, default as i64).max(1) as u64;
        Self {
            threads: config.i64("weir.threads", 0).max(0) as usize,
            state_bytes: config.i64("weir.state.cache.bytes", default.state_bytes as i64).max(1 << 20) as usize,
            retry_initial_ms: millis("ksql.query.retry.backoff.initial.ms", default.retry_initial_ms),
            retry_max_ms: millis("ksql.query.retry.backoff.max.ms", default.retry_max_ms),
            log: default.log,
        }
    }
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            threads: 0,
            state_bytes: 256 << 20,
            log: Arc::new(TracingLog),
            retry_initial_ms: 15_000,
            retry_max_ms: 900_000,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryState {
    Running,
    Paused,
    Error,
}

/// One failure of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    pub time_ms: i64,
    pub message: String,
    /// `USER`, `SYSTEM` or `UNKNOWN`.
    pub kind: &'static str,
}

#[derive(Clone, Debug)]
pub struct QueryStatus {
    pub state: QueryState,
    /// The last failures, oldest first.
    pub errors: Vec<QueryError>,
    pub counters: TaskCounters,
    /// Records of all sources that are not processed yet.
    pub lag: u64,
    pub tasks: usize,
    pub internal_topics: Vec<String>,
    pub application_id: String,
    /// One line per subtopology.
    pub topology: String,
}

/// What `start` gives: the id, and the queue of a transient query's rows.
pub struct QueryHandle {
    pub id: String,
    pub subscription: Option<Subscription>,
}

/// Runs queries on threads. Dropping it stops the threads without a commit; `shutdown` commits.
pub struct Runtime {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

pub(super) struct Shared {
    pub node: Node,
    pub options: RuntimeOptions,
    queries: RwLock<HashMap<String, Arc<RunningQuery>>>,
    ready: Mutex<VecDeque<Arc<TaskCell>>>,
    work: Condvar,
    pub stopping: AtomicBool,
    pub waiting: Waiting,
    /// Why nothing runs here any more: another process took over.
    fenced: RwLock<Option<String>>,
    timer: Mutex<Timers>,
    timer_changed: Condvar,
}

/// Tasks to be woken at a time.
#[derive(Default)]
struct Timers {
    due: Vec<(Instant, Weak<TaskCell>)>,
}

impl Runtime {
    pub fn new(topics: Arc<dyn Topics>, db: StateDb, options: RuntimeOptions) -> Self {
        let node = Node {
            topics,
            db,
            sources: Arc::new(SharedSources::default()),
            log: options.log.clone(),
            budget: StateBudget::new(options.state_bytes),
        };
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let shared = Arc::new(Shared {
            node,
            options,
            queries: RwLock::default(),
            ready: Mutex::default(),
            work: Condvar::new(),
            stopping: AtomicBool::new(false),
            waiting: Waiting::default(),
            fenced: RwLock::default(),
            timer: Mutex::default(),
            timer_changed: Condvar::new(),
        });
        let spawn = |name: String, body: fn(&Arc<Shared>)| {
            let shared = shared.clone();
            std::thread::Builder::new().name(name).spawn(move || body(&shared))
        };
        let mut handles = Vec::new();
        let workers = (0..threads).map(|i| spawn(format!("weir-worker-{i}"), work_loop));
        for handle in
            workers.chain([spawn("weir-timer".into(), timer_loop), spawn("weir-starter".into(), waiting::start_loop)])
        {
            match handle {
                Ok(handle) => handles.push(handle),
                Err(error) => tracing::error!(%error, "cannot start a thread"),
            }
        }
        Self { shared, threads: Mutex::new(handles) }
    }

    /// Starts a query, from its last commit if it ran before.
    ///
    /// # Errors
    /// When the plan cannot run, an internal topic cannot be made, or a query of that id runs already.
    pub fn start(&self, plan: QueryPlan, options: QueryOptions) -> Result<QueryHandle, TaskError> {
        self.shared.start(plan, options)
    }

    /// Starts a query of an earlier process. One that cannot start is kept in ERROR and tried again later.
    pub fn start_or_wait(&self, plan: QueryPlan, options: QueryOptions) {
        if let Err(error) = self.shared.start(plan.clone(), options.clone()) {
            self.shared.waiting.add(plan, options, &error, &self.shared);
        }
    }

    /// Stops a query after a last commit. True if there was one of that id.
    ///
    /// # Errors
    /// When internal topics or stores cannot be deleted.
    pub fn stop(&self, id: &str, delete_internal: bool) -> Result<bool, TaskError> {
        let waited = self.shared.waiting.stop(id, delete_internal, &self.shared.node)?;
        Ok(self.shared.stop(id, delete_internal)? || waited)
    }

    /// Stops reading; state and positions stay, pull queries go on. False: no such query.
    pub fn pause(&self, id: &str) -> bool {
        self.shared.set_paused(id, true)
    }

    pub fn resume(&self, id: &str) -> bool {
        self.shared.set_paused(id, false)
    }

    pub fn status(&self, id: &str) -> Option<QueryStatus> {
        let running = self.with(id, |running| running.status(&self.shared.node));
        running.or_else(|| self.shared.waiting.status(id))
    }

    /// Ids of all running queries.
    pub fn queries(&self) -> Vec<String> {
        self.shared.queries.read().keys().cloned().collect()
    }

    /// The rows' queue of a transient query.
    pub fn subscribe(&self, id: &str) -> Option<Subscription> {
        self.with(id, |running| running.query.subscription.clone()).flatten()
    }

    /// The committed state that pull queries read.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn materialized(&self, id: &str) -> Result<Option<MaterializedView>, TaskError> {
        self.with(id, |running| running.query.materialized()).unwrap_or(Ok(None))
    }

    /// Another process of the same identity took over: persistent queries stop without a commit and stay in ERROR.
    pub fn fence(&self, reason: &str) {
        *self.shared.fenced.write() = Some(reason.to_string());
        let running: Vec<Arc<RunningQuery>> = self.shared.queries.read().values().cloned().collect();
        for query in running.iter().filter(|query| query.query.subscription.is_none()) {
            query.fence(reason, &self.shared);
        }
    }

    /// Commits everything and ends the threads. Queries can be started again from here by another runtime.
    pub fn shutdown(&self) {
        let running: Vec<Arc<RunningQuery>> = self.shared.queries.write().drain().map(|(_, q)| q).collect();
        // Once the log does not take a commit, waiting for it query by query helps nobody.
        let mut commits = true;
        for query in running {
            commits &= query.stop(commits, EndReason::Terminated).is_ok();
            if query.query.subscription.is_some()
                && let Err(error) = query.query.delete_internal()
            {
                tracing::warn!(%error, query = query.query.plan.id, "cannot delete a transient query's state");
            }
        }
        self.shared.halt();
        self.join();
    }

    fn join(&self) {
        let threads: Vec<JoinHandle<()>> = self.threads.lock().drain(..).collect();
        for thread in threads {
            let _ = thread.join();
        }
    }

    fn with<T>(&self, id: &str, what: impl FnOnce(&Arc<RunningQuery>) -> T) -> Option<T> {
        let running = self.shared.queries.read().get(id).cloned();
        running.map(|running| what(&running))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.shared.halt();
        self.join();
        for (_, running) in self.shared.queries.write().drain() {
            running.stopped.store(true, Ordering::SeqCst);
            running.watches.lock().clear();
            running.tasks.write().clear();
        }
    }
}

impl Shared {
    pub fn start(self: &Arc<Self>, plan: QueryPlan, options: QueryOptions) -> Result<QueryHandle, TaskError> {
        let (id, paused) = (plan.id.clone(), options.paused);
        if self.queries.read().contains_key(&id) {
            return Err(TaskError::Plan(format!("query {id} runs already")));
        }
        if let Some(reason) = self.fenced.read().clone() {
            return Err(TopicError::Fenced(reason).into());
        }
        let query = Query::start(plan, options, self.node.clone())?;
        let subscription = query.subscription.clone();
        let running = RunningQuery::new(query, paused);
        let places = running.query.task_places();
        let cells = running.tasks.read().clone();
        for (cell, (_, source)) in cells.iter().zip(&places) {
            let (shared, cell) = (Arc::downgrade(self), Arc::downgrade(cell));
            let wake = Arc::new(move || {
                if let (Some(shared), Some(cell)) = (shared.upgrade(), cell.upgrade()) {
                    shared.wake(&cell);
                }
            });
            running.watches.lock().push(self.node.topics.watch(&source.topic, wake));
        }
        if let Some(subscription) = &subscription {
            let (shared, weak) = (Arc::downgrade(self), Arc::downgrade(&running));
            subscription.on_room(Arc::new(move || {
                if let (Some(shared), Some(running)) = (shared.upgrade(), weak.upgrade()) {
                    running.tasks.read().iter().for_each(|cell| shared.wake(cell));
                }
            }));
        }
        self.queries.write().insert(id.clone(), running);
        cells.iter().for_each(|cell| self.wake(cell));
        Ok(QueryHandle { id, subscription })
    }

    pub fn stop(&self, id: &str, delete_internal: bool) -> Result<bool, TaskError> {
        let Some(running) = self.queries.write().remove(id) else { return Ok(false) };
        // A failed last commit is logged; what it held is deleted or done again.
        let _ = running.stop(true, EndReason::Terminated);
        if delete_internal || running.query.subscription.is_some() {
            running.query.delete_internal()?;
        }
        Ok(true)
    }

    /// False: there is no query of that id.
    pub fn set_paused(&self, id: &str, paused: bool) -> bool {
        let Some(running) = self.queries.read().get(id).cloned() else { return self.waiting.set_paused(id, paused) };
        running.paused.store(paused, Ordering::SeqCst);
        running.tasks.read().iter().for_each(|cell| self.wake(cell));
        true
    }

    fn halt(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.waiting.halt();
        // Under the locks, so that no thread is between looking and waiting.
        let _ready = self.ready.lock();
        self.work.notify_all();
        let _timer = self.timer.lock();
        self.timer_changed.notify_all();
    }

    /// Puts a task into the run queue unless it is there.
    pub fn wake(&self, cell: &Arc<TaskCell>) {
        loop {
            let (from, to) = match cell.schedule.load(Ordering::SeqCst) {
                IDLE => (IDLE, QUEUED),
                RUNNING => (RUNNING, RUNNING_AGAIN),
                _ => return,
            };
            if cell.schedule.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                if to == QUEUED {
                    self.ready.lock().push_back(cell.clone());
                    self.work.notify_one();
                }
                return;
            }
        }
    }

    /// Wakes a task later.
    pub fn wake_at(&self, when: Instant, cell: &Arc<TaskCell>) {
        self.timer.lock().due.push((when, Arc::downgrade(cell)));
        self.timer_changed.notify_all();
    }
}

fn work_loop(shared: &Arc<Shared>) {
    loop {
        let cell = {
            let mut ready = shared.ready.lock();
            loop {
                if shared.stopping.load(Ordering::SeqCst) {
                    return;
                }
                match ready.pop_front() {
                    Some(cell) => break cell,
                    None => shared.work.wait(&mut ready),
                }
            }
        };
        cell.schedule.store(RUNNING, Ordering::SeqCst);
        let turn = AssertUnwindSafe(|| cell.turn(shared));
        let more = catch_unwind(turn).unwrap_or_else(|panic| cell.panicked(shared, &*panic));
        let again = cell.schedule.swap(IDLE, Ordering::SeqCst) == RUNNING_AGAIN;
        if more || again {
            shared.wake(&cell);
        }
    }
}

fn timer_loop(shared: &Arc<Shared>) {
    let mut timers = shared.timer.lock();
    while !shared.stopping.load(Ordering::SeqCst) {
        let now = Instant::now();
        let (due, later): (Vec<_>, Vec<_>) = timers.due.drain(..).partition(|(when, _)| *when <= now);
        timers.due = later;
        if !due.is_empty() {
            drop(timers);
            due.iter().filter_map(|(_, cell)| cell.upgrade()).for_each(|cell| {
                cell.slot.lock().timer_set = false;
                shared.wake(&cell);
            });
            timers = shared.timer.lock();
            continue;
        }
        match timers.due.iter().map(|(when, _)| *when).min() {
            Some(next) => {
                shared.timer_changed.wait_until(&mut timers, next);
            }
            None => shared.timer_changed.wait(&mut timers),
        }
    }
}
