//! The threaded driver: worker threads take ready tasks from a run queue, topics wake them, a timer commits them. The only part of
//! `exec` that knows threads and time. What a task does is `task`'s business.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hashbrown::HashMap;
use parking_lot::{Condvar, Mutex, RwLock};

use super::TaskError;
use super::budget::StateBudget;
use super::materialized::MaterializedView;
use super::processing_log::{LogEntry, LogMessage, ProcessingLog, TracingLog};
use super::query::{Node, Query, QueryOptions};
use super::shared_source::SharedSources;
use super::subscription::{EndReason, Subscription};
use super::task::{StreamTask, TaskCounters};
use crate::plan::QueryPlan;
use crate::state::{StateDb, StateError};
use crate::topic::{TopicError, Topics, Watch};

/// Steps of a task before others get their turn. Small, so that the tasks that read a partition stay close to each other and
/// share what was decoded (`shared_source`).
const STEPS_PER_TURN: usize = 4;
/// Steps of a task without state between its commits while there is a backlog.
const STEPS_PER_COMMIT: usize = 16;
/// Output rows and bytes that wait for a commit at most.
const BUFFERED_ROWS_MAX: usize = 100_000;
const BUFFERED_BYTES_MAX: usize = 8 << 20;
/// Errors kept per query.
const ERRORS_KEPT: usize = 10;

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

struct Shared {
    node: Node,
    options: RuntimeOptions,
    queries: RwLock<HashMap<String, Arc<RunningQuery>>>,
    ready: Mutex<VecDeque<Arc<TaskCell>>>,
    work: Condvar,
    stopping: AtomicBool,
    timer: Mutex<Timers>,
    timer_changed: Condvar,
}

/// Tasks to be woken at a time.
#[derive(Default)]
struct Timers {
    due: Vec<(Instant, Weak<TaskCell>)>,
}

struct RunningQuery {
    query: Query,
    tasks: RwLock<Vec<Arc<TaskCell>>>,
    watches: Mutex<Vec<Watch>>,
    paused: AtomicBool,
    stopped: AtomicBool,
    failure: Mutex<Failure>,
}

#[derive(Default)]
struct Failure {
    errors: VecDeque<QueryError>,
    /// Tasks (by index) that failed and have not committed since.
    failing: HashMap<usize, Retry>,
}

#[derive(Clone, Copy)]
struct Retry {
    at: Instant,
    backoff_ms: u64,
}

const IDLE: u8 = 0;
const QUEUED: u8 = 1;
const RUNNING: u8 = 2;
const RUNNING_AGAIN: u8 = 3;

/// A task with its place in the scheduler.
struct TaskCell {
    query: Arc<RunningQuery>,
    index: usize,
    schedule: AtomicU8,
    slot: Mutex<TaskSlot>,
    records_in: AtomicU64,
    records_out: AtomicU64,
    errors: AtomicU64,
    position: AtomicU64,
    complete: AtomicBool,
}

struct TaskSlot {
    /// `None` until it is opened, and after a failure until it is tried again.
    task: Option<StreamTask>,
    last_commit: Instant,
    /// Steps since the last commit.
    steps: usize,
    /// Counters of earlier incarnations.
    before: TaskCounters,
    timer_set: bool,
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
            timer: Mutex::default(),
            timer_changed: Condvar::new(),
        });
        let spawn = |name: String, body: fn(&Arc<Shared>)| {
            let shared = shared.clone();
            std::thread::Builder::new().name(name).spawn(move || body(&shared))
        };
        let mut handles = Vec::new();
        let workers = (0..threads).map(|i| spawn(format!("weir-worker-{i}"), work_loop));
        for handle in workers.chain([spawn("weir-timer".into(), timer_loop)]) {
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
        let (id, paused) = (plan.id.clone(), options.paused);
        if self.shared.queries.read().contains_key(&id) {
            return Err(TaskError::Plan(format!("query {id} runs already")));
        }
        let query = Query::start(plan, options, self.shared.node.clone())?;
        let subscription = query.subscription.clone();
        let running = Arc::new(RunningQuery {
            query,
            tasks: RwLock::default(),
            watches: Mutex::default(),
            paused: AtomicBool::new(paused),
            stopped: AtomicBool::new(false),
            failure: Mutex::default(),
        });
        let places = running.query.task_places();
        let cells: Vec<Arc<TaskCell>> = (0..places.len()).map(|index| TaskCell::new(&running, index)).collect();
        running.tasks.write().clone_from(&cells);
        for (cell, (_, source)) in cells.iter().zip(&places) {
            let (shared, cell) = (Arc::downgrade(&self.shared), Arc::downgrade(cell));
            let wake = Arc::new(move || {
                if let (Some(shared), Some(cell)) = (shared.upgrade(), cell.upgrade()) {
                    shared.wake(&cell);
                }
            });
            running.watches.lock().push(self.shared.node.topics.watch(&source.topic, wake));
        }
        if let Some(subscription) = &subscription {
            let (shared, weak) = (Arc::downgrade(&self.shared), Arc::downgrade(&running));
            subscription.on_room(Arc::new(move || {
                if let (Some(shared), Some(running)) = (shared.upgrade(), weak.upgrade()) {
                    running.tasks.read().iter().for_each(|cell| shared.wake(cell));
                }
            }));
        }
        self.shared.queries.write().insert(id.clone(), running);
        cells.iter().for_each(|cell| self.shared.wake(cell));
        Ok(QueryHandle { id, subscription })
    }

    /// Stops a query after a last commit. True if there was one of that id.
    ///
    /// # Errors
    /// When internal topics or stores cannot be deleted.
    pub fn stop(&self, id: &str, delete_internal: bool) -> Result<bool, TaskError> {
        let Some(running) = self.shared.queries.write().remove(id) else { return Ok(false) };
        running.stop(&self.shared.node, EndReason::Terminated);
        if delete_internal || running.query.subscription.is_some() {
            running.query.delete_internal()?;
        }
        Ok(true)
    }

    /// Stops reading; state and positions stay, pull queries go on. False: no such query.
    pub fn pause(&self, id: &str) -> bool {
        self.with(id, |running| {
            running.paused.store(true, Ordering::SeqCst);
            running.tasks.read().iter().for_each(|cell| self.shared.wake(cell));
        })
        .is_some()
    }

    pub fn resume(&self, id: &str) -> bool {
        self.with(id, |running| {
            running.paused.store(false, Ordering::SeqCst);
            running.tasks.read().iter().for_each(|cell| self.shared.wake(cell));
        })
        .is_some()
    }

    pub fn status(&self, id: &str) -> Option<QueryStatus> {
        self.with(id, |running| running.status(&self.shared.node))
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

    /// Commits everything and ends the threads. Queries can be started again from here by another runtime.
    pub fn shutdown(&self) {
        let running: Vec<Arc<RunningQuery>> = self.shared.queries.write().drain().map(|(_, q)| q).collect();
        for query in running {
            query.stop(&self.shared.node, EndReason::Terminated);
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
    fn halt(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.work.notify_all();
        self.timer_changed.notify_all();
    }

    /// Puts a task into the run queue unless it is there.
    fn wake(&self, cell: &Arc<TaskCell>) {
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
    fn wake_at(&self, when: Instant, cell: &Arc<TaskCell>) {
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

impl RunningQuery {
    fn stop(&self, node: &Node, reason: EndReason) {
        self.stopped.store(true, Ordering::SeqCst);
        self.watches.lock().clear();
        // Upstream first, so that what repartition topics hold is written before their readers commit.
        for cell in self.tasks.read().iter() {
            let mut slot = cell.slot.lock();
            if let Some(mut task) = slot.task.take()
                && let Err(error) = commit(node, &mut task)
            {
                tracing::warn!(%error, query = self.query.plan.id, "the last commit of a stopped query failed");
            }
        }
        self.tasks.write().clear();
        if let Some(subscription) = &self.query.subscription {
            subscription.end(reason);
        }
    }

    fn status(&self, node: &Node) -> QueryStatus {
        let failure = self.failure.lock();
        let paused = self.paused.load(Ordering::SeqCst);
        let state = match (!failure.failing.is_empty(), paused) {
            (true, _) => QueryState::Error,
            (false, true) => QueryState::Paused,
            (false, false) => QueryState::Running,
        };
        let errors = failure.errors.iter().cloned().collect();
        drop(failure);
        let (mut counters, mut lag) = (TaskCounters::default(), 0);
        let tasks = self.tasks.read();
        for (cell, (_, source)) in tasks.iter().zip(self.query.task_places()) {
            counters.records_in += cell.records_in.load(Ordering::Relaxed);
            counters.records_out += cell.records_out.load(Ordering::Relaxed);
            counters.errors += cell.errors.load(Ordering::Relaxed);
            if let Ok(range) = node.topics.offsets(&source) {
                lag += (range.end - cell.position.load(Ordering::Relaxed) as i64).max(0) as u64;
            }
        }
        QueryStatus {
            state,
            errors,
            counters,
            lag,
            tasks: tasks.len(),
            internal_topics: self.query.topology.internal_topics.iter().map(|t| t.name.clone()).collect(),
            application_id: self.query.topology.application_id.clone(),
            topology: self.query.topology.to_string(),
        }
    }

    /// Notes a task's failure and says when to try again.
    fn fail(&self, task: usize, error: &TaskError, options: &RuntimeOptions, log: &dyn ProcessingLog) -> Instant {
        let mut failure = self.failure.lock();
        let backoff_ms = match failure.failing.get(&task) {
            None => options.retry_initial_ms,
            Some(earlier) => earlier.backoff_ms.saturating_mul(2).min(options.retry_max_ms),
        };
        let at = Instant::now() + Duration::from_millis(backoff_ms);
        failure.failing.insert(task, Retry { at, backoff_ms });
        if failure.errors.len() == ERRORS_KEPT {
            failure.errors.pop_front();
        }
        let message = error.to_string();
        failure.errors.push_back(QueryError { time_ms: wall_clock_ms(), message: message.clone(), kind: kind(error) });
        tracing::warn!(query = self.query.plan.id, %error, "query failed; it will be tried again");
        let thread = std::thread::current().name().unwrap_or_default().to_string();
        log.write(LogEntry {
            logger: format!("processing.{}", self.query.plan.id),
            message: LogMessage::Thread { message, thread, cause: Vec::new() },
        });
        at
    }

    fn succeeded(&self, task: usize) {
        self.failure.lock().failing.remove(&task);
    }
}

fn kind(error: &TaskError) -> &'static str {
    match error {
        TaskError::Record(_) => "USER",
        TaskError::State(_) | TaskError::Topic(_) => "SYSTEM",
        TaskError::Plan(_) => "UNKNOWN",
    }
}

/// Whether trying again later may help without anybody acting.
fn is_storage(error: &TaskError) -> bool {
    matches!(error, TaskError::Topic(TopicError::Storage(_)) | TaskError::State(StateError::Storage(_)))
}

fn wall_clock_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

impl TaskCell {
    fn new(query: &Arc<RunningQuery>, index: usize) -> Arc<Self> {
        Arc::new(Self {
            query: query.clone(),
            index,
            schedule: AtomicU8::new(IDLE),
            slot: Mutex::new(TaskSlot {
                task: None,
                last_commit: Instant::now(),
                steps: 0,
                before: TaskCounters::default(),
                timer_set: false,
            }),
            records_in: AtomicU64::new(0),
            records_out: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            position: AtomicU64::new(0),
            complete: AtomicBool::new(false),
        })
    }

    /// Some steps of the task. True if there is more to do at once.
    fn turn(self: &Arc<Self>, shared: &Arc<Shared>) -> bool {
        let mut slot = self.slot.lock();
        if self.query.stopped.load(Ordering::SeqCst) {
            slot.task = None;
            return false;
        }
        if self.must_wait(shared, &mut slot) {
            return false;
        }
        match self.steps(shared, &mut slot) {
            Ok(more) => {
                self.publish(&slot);
                more
            }
            Err(error) => {
                self.publish(&slot);
                self.failed(shared, &mut slot, &error);
                false
            }
        }
    }

    /// Drops the task, and says when it is opened again from its last commit.
    fn failed(self: &Arc<Self>, shared: &Arc<Shared>, slot: &mut TaskSlot, error: &TaskError) {
        if let Some(task) = slot.task.take() {
            add(&mut slot.before, task.counters);
        }
        let retry_at = self.query.fail(self.index, error, &shared.options, &*shared.node.log);
        if self.query.query.subscription.is_some() && !is_storage(error) {
            self.end_subscription(EndReason::Failed(error.to_string()));
        } else {
            shared.wake_at(retry_at, self);
        }
    }

    /// A defect ended a turn half way. That is the query's failure, not the end of the thread.
    fn panicked(self: &Arc<Self>, shared: &Arc<Shared>, panic: &(dyn Any + Send)) -> bool {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        let error = TaskError::Plan(format!("an internal error stopped it: {}", text.unwrap_or("unknown")));
        self.failed(shared, &mut self.slot.lock(), &error);
        false
    }

    /// A failed query waits for its next try, a paused one for RESUME (after committing what it did).
    fn must_wait(self: &Arc<Self>, shared: &Arc<Shared>, slot: &mut TaskSlot) -> bool {
        let retry_at = self.query.failure.lock().failing.get(&self.index).map(|retry| retry.at);
        if let Some(retry_at) = retry_at
            && slot.task.is_none()
            && retry_at > Instant::now()
        {
            shared.wake_at(retry_at, self);
            return true;
        }
        if self.query.paused.load(Ordering::SeqCst) {
            if let Some(mut task) = slot.task.take() {
                add(&mut slot.before, task.counters);
                if let Err(error) = commit(&shared.node, &mut task) {
                    self.query.fail(self.index, &error, &shared.options, &*shared.node.log);
                }
            }
            return true;
        }
        false
    }

    fn steps(self: &Arc<Self>, shared: &Arc<Shared>, slot: &mut TaskSlot) -> Result<bool, TaskError> {
        let (node, query) = (&shared.node, &self.query.query);
        if slot.task.is_none() {
            slot.task = Some(query.open_task(self.index)?);
            slot.last_commit = Instant::now();
        }
        let Some(task) = slot.task.as_mut() else { return Ok(false) };
        // Without state or record cache nothing is gained by waiting once the source is drained.
        let stateful = task.subtopology.is_stateful();
        let waits = stateful && query.options.cache_bytes > 0;
        let interval = Duration::from_millis(query.options.commit_interval_ms);
        for _ in 0..STEPS_PER_TURN {
            if !self.deliver(task) {
                return Ok(false);
            }
            let batch = task.fetch(&*node.topics, query.options.batch_rows)?;
            let idle = batch.rows() == 0;
            if !idle {
                task.process(&batch)?;
                slot.steps += 1;
            }
            let full = task.buffered_rows() > BUFFERED_ROWS_MAX
                || task.buffered_bytes() > BUFFERED_BYTES_MAX
                || task.is_over_budget()
                || (!stateful && slot.steps >= STEPS_PER_COMMIT);
            let due = slot.last_commit.elapsed() >= interval;
            if task.has_uncommitted() && (full || due || task.is_complete() || (idle && !waits)) {
                commit(node, task)?;
                (slot.last_commit, slot.steps) = (Instant::now(), 0);
                self.query.succeeded(self.index);
            }
            if idle {
                if !task.has_uncommitted() {
                    self.query.succeeded(self.index);
                }
                if !self.deliver(task) {
                    return Ok(false);
                }
                self.finish_if_complete(task);
                if task.has_uncommitted() && !slot.timer_set {
                    slot.timer_set = true;
                    shared.wake_at(slot.last_commit + interval, self);
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Hands rows to the client. False: it must take some first, or wants no more.
    fn deliver(&self, task: &mut StreamTask) -> bool {
        let Some(subscription) = &self.query.query.subscription else { return true };
        if !task.results().is_empty() {
            subscription.offer(task.results());
        }
        task.results().is_empty() && subscription.ended().is_none()
    }

    fn finish_if_complete(&self, task: &mut StreamTask) {
        if !task.is_complete() || !task.results().is_empty() {
            return;
        }
        self.complete.store(true, Ordering::SeqCst);
        let bounded =
            |cell: &Arc<TaskCell>| cell.complete.load(Ordering::SeqCst) || std::ptr::eq(Arc::as_ptr(cell), self);
        if self.query.tasks.read().iter().all(bounded) {
            self.end_subscription(EndReason::Completed);
        }
    }

    fn end_subscription(&self, reason: EndReason) {
        if let Some(subscription) = &self.query.query.subscription {
            subscription.end(reason);
        }
    }

    fn publish(&self, slot: &TaskSlot) {
        let mut counters = slot.before;
        if let Some(task) = &slot.task {
            add(&mut counters, task.counters);
            self.position.store(task.position() as u64, Ordering::Relaxed);
        }
        self.records_in.store(counters.records_in, Ordering::Relaxed);
        self.records_out.store(counters.records_out, Ordering::Relaxed);
        self.errors.store(counters.errors, Ordering::Relaxed);
    }
}

fn add(sum: &mut TaskCounters, more: TaskCounters) {
    sum.records_in += more.records_in;
    sum.records_out += more.records_out;
    sum.errors += more.errors;
}

fn commit(node: &Node, task: &mut StreamTask) -> Result<(), TaskError> {
    if let Some(unit) = task.commit()? {
        node.topics.commit(unit)?;
    }
    task.committed();
    if let Some(offset) = task.consumed() {
        node.topics.delete_records_before(&task.source, offset)?;
    }
    Ok(())
}
