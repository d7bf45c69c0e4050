//! A query that the threaded driver runs: its tasks with their place in the schedule, what a task does in its turn, and how
//! failures are kept and tried again.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hashbrown::HashMap;
use parking_lot::{Mutex, MutexGuard, RwLock};

use super::TaskError;
use super::processing_log::{LogEntry, LogMessage, ProcessingLog};
use super::query::{Node, Query};
use super::subscription::EndReason;
use super::task::{StreamTask, TaskCounters};
use super::threaded::{QueryError, QueryState, QueryStatus, Shared};
use crate::state::StateError;
use crate::topic::{CommitUnit, TopicError, Watch};

/// Steps of a task before others get their turn. Small, so that the tasks that read a partition stay close to each other and
/// share what was decoded (`shared_source`).
const STEPS_PER_TURN: usize = 4;
/// Steps of a task without state between its commits while there is a backlog, where commits cost next to nothing.
const STEPS_PER_COMMIT: usize = 16;
/// Output rows and bytes that wait for a commit at most.
const BUFFERED_ROWS_MAX: usize = 100_000;
const BUFFERED_BYTES_MAX: usize = 8 << 20;
/// Errors kept per query.
pub(super) const ERRORS_KEPT: usize = 10;

pub(super) struct RunningQuery {
    pub query: Query,
    pub tasks: RwLock<Vec<Arc<TaskCell>>>,
    pub watches: Mutex<Vec<Watch>>,
    pub paused: AtomicBool,
    pub stopped: AtomicBool,
    failure: Mutex<Failure>,
    /// One commit of all tasks at a time.
    committing: Mutex<()>,
}

#[derive(Default)]
struct Failure {
    errors: VecDeque<QueryError>,
    /// Tasks (by index) that failed and have not committed since.
    failing: HashMap<usize, Retry>,
}

#[derive(Clone, Copy)]
struct Retry {
    /// `None`: it is not tried again by itself.
    at: Option<Instant>,
    backoff_ms: u64,
}

pub(super) const IDLE: u8 = 0;
pub(super) const QUEUED: u8 = 1;
pub(super) const RUNNING: u8 = 2;
pub(super) const RUNNING_AGAIN: u8 = 3;

/// A task with its place in the scheduler.
pub(super) struct TaskCell {
    query: Arc<RunningQuery>,
    index: usize,
    pub schedule: AtomicU8,
    pub slot: Mutex<TaskSlot>,
    records_in: AtomicU64,
    records_out: AtomicU64,
    errors: AtomicU64,
    position: AtomicI64,
    /// The end of the source, as it was last heard of.
    end: AtomicI64,
    complete: AtomicBool,
}

pub(super) struct TaskSlot {
    /// `None` until it is opened, and after a failure until it is tried again.
    task: Option<StreamTask>,
    last_commit: Instant,
    /// Steps since the last commit.
    steps: usize,
    /// Counters of earlier incarnations.
    before: TaskCounters,
    pub timer_set: bool,
}

impl TaskSlot {
    /// Lets go of the task, keeping its counters.
    fn close(&mut self) -> Option<StreamTask> {
        let task = self.task.take()?;
        add(&mut self.before, task.counters);
        Some(task)
    }
}

/// How a turn ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing to do until something comes.
    Idle,
    More,
    /// All tasks of the query commit; then there may be more.
    CommitTogether,
}

impl RunningQuery {
    pub fn new(query: Query, paused: bool) -> Arc<Self> {
        let places = query.task_places().len();
        let running = Arc::new(Self {
            query,
            tasks: RwLock::default(),
            watches: Mutex::default(),
            paused: AtomicBool::new(paused),
            stopped: AtomicBool::new(false),
            failure: Mutex::default(),
            committing: Mutex::default(),
        });
        *running.tasks.write() = (0..places).map(|index| TaskCell::new(&running, index)).collect();
        running
    }

    fn commits_together(&self) -> bool {
        self.query.shared_writer.is_some()
    }

    /// Stops after a last commit. With `commit` unset, what was done since the last one is done again later.
    pub fn stop(&self, commit: bool, reason: EndReason) -> Result<(), TaskError> {
        self.stopped.store(true, Ordering::SeqCst);
        self.watches.lock().clear();
        let mut outcome = Ok(());
        if commit && self.commits_together() {
            outcome = self.commit_together();
        }
        // Upstream first, so that what repartition topics hold is written before their readers commit.
        for cell in self.tasks.read().iter() {
            let mut slot = cell.slot.lock();
            if let Some(mut task) = slot.close()
                && commit
                && outcome.is_ok()
                && !self.commits_together()
            {
                outcome = commit_alone(&self.query.node, &mut task);
            }
        }
        if let Err(error) = &outcome {
            tracing::warn!(%error, query = self.query.plan.id, "the last commit of a stopped query failed");
        }
        self.tasks.write().clear();
        if let Some(subscription) = &self.query.subscription {
            subscription.end(reason);
        }
        outcome
    }

    /// Commits all tasks as one.
    fn commit_together(&self) -> Result<(), TaskError> {
        let Some(writer) = &self.query.shared_writer else { return Ok(()) };
        let _one_at_a_time = self.committing.lock();
        let cells = self.tasks.read().clone();
        let mut slots: Vec<MutexGuard<'_, TaskSlot>> = cells.iter().map(|cell| cell.slot.lock()).collect();
        let mut unit = CommitUnit { group: self.query.group().to_string(), ..CommitUnit::default() };
        let mut any = false;
        for task in slots.iter_mut().filter_map(|slot| slot.task.as_mut()) {
            if let Some(mut of_task) = task.commit()? {
                any = true;
                unit.outputs.append(&mut of_task.outputs);
                unit.positions.append(&mut of_task.positions);
                unit.state.operations.append(&mut of_task.state.operations);
                unit.changelogs.append(&mut of_task.changelogs);
            }
        }
        if any {
            writer.commit(unit)?;
        }
        for slot in &mut slots {
            (slot.last_commit, slot.steps) = (Instant::now(), 0);
            let Some(task) = slot.task.as_mut() else { continue };
            committed(&self.query.node, task)?;
        }
        // What is stopped for good stays so, even if a commit was under way when that came.
        self.failure.lock().failing.retain(|_, retry| retry.at.is_none());
        Ok(())
    }

    /// Drops all tasks and what they sent; they are opened again from the last commit.
    fn abort_together(&self) {
        let _one_at_a_time = self.committing.lock();
        let cells = self.tasks.read().clone();
        let mut slots: Vec<MutexGuard<'_, TaskSlot>> = cells.iter().map(|cell| cell.slot.lock()).collect();
        slots.iter_mut().for_each(|slot| drop(slot.close()));
        if let Some(writer) = &self.query.shared_writer
            && let Err(error) = writer.abort()
        {
            tracing::warn!(%error, query = self.query.plan.id, "a transaction could not be aborted");
        }
    }

    pub fn status(&self, node: &Node) -> QueryStatus {
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
            if let Some(end) = node.topics.known_end(&source) {
                cell.end.fetch_max(end, Ordering::Relaxed);
            }
            lag += (cell.end.load(Ordering::Relaxed) - cell.position.load(Ordering::Relaxed)).max(0) as u64;
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

    /// Notes a task's failure and says when to try again, if at all.
    fn fail(&self, task: usize, error: &TaskError, shared: &Shared) -> Option<Instant> {
        let options = &shared.options;
        let mut failure = self.failure.lock();
        let backoff_ms = match failure.failing.get(&task) {
            None => options.retry_initial_ms,
            Some(earlier) => earlier.backoff_ms.saturating_mul(2).min(options.retry_max_ms),
        };
        let fenced = matches!(error, TaskError::Topic(TopicError::Fenced(_)));
        let at = (!fenced).then(|| Instant::now() + Duration::from_millis(backoff_ms));
        failure.failing.insert(task, Retry { at, backoff_ms });
        if failure.errors.len() == ERRORS_KEPT {
            failure.errors.pop_front();
        }
        let message = error.to_string();
        failure.errors.push_back(QueryError { time_ms: wall_clock_ms(), message: message.clone(), kind: kind(error) });
        let next = if fenced { "it stays stopped" } else { "it will be tried again" };
        tracing::warn!(query = self.query.plan.id, %error, "query failed; {next}");
        drop(failure);
        self.log_failure(message, &*shared.node.log);
        at
    }

    fn log_failure(&self, message: String, log: &dyn ProcessingLog) {
        let thread = std::thread::current().name().unwrap_or_default().to_string();
        log.write(LogEntry {
            logger: format!("processing.{}", self.query.plan.id),
            message: LogMessage::Thread { message, thread, cause: Vec::new() },
        });
    }

    /// Another process took over: lets go of all tasks without a commit, for good.
    pub fn fence(&self, reason: &str, shared: &Shared) {
        let error = TaskError::Topic(TopicError::Fenced(reason.to_string()));
        if self.commits_together() {
            self.abort_together();
        }
        let cells = self.tasks.read().clone();
        for cell in &cells {
            let mut slot = cell.slot.lock();
            drop(slot.close());
            self.failure.lock().failing.insert(cell.index, Retry { at: None, backoff_ms: 0 });
        }
        self.fail(0, &error, shared);
    }

    /// Notes the failure of all tasks at once and has them tried again.
    fn failed_together(&self, shared: &Arc<Shared>, error: &TaskError) {
        self.abort_together();
        let retry_at = self.fail(0, error, shared);
        let cells = self.tasks.read().clone();
        let retry = self.failure.lock().failing.get(&0).copied();
        for cell in &cells {
            if let Some(retry) = retry {
                self.failure.lock().failing.insert(cell.index, retry);
            }
            if let Some(at) = retry_at {
                shared.wake_at(at, cell);
            }
        }
    }

    fn succeeded(&self, task: usize) {
        let mut failure = self.failure.lock();
        if failure.failing.get(&task).is_some_and(|retry| retry.at.is_some()) {
            failure.failing.remove(&task);
        }
    }
}

pub(super) fn kind(error: &TaskError) -> &'static str {
    match error {
        TaskError::Record(_) | TaskError::Topic(TopicError::UnknownTopic(_) | TopicError::Refused(_)) => "USER",
        TaskError::State(_) | TaskError::Topic(_) => "SYSTEM",
        TaskError::Plan(_) => "UNKNOWN",
    }
}

/// Whether trying again later may help without anybody acting.
fn is_storage(error: &TaskError) -> bool {
    match error {
        TaskError::Topic(error) => error.is_transient(),
        TaskError::State(error) => matches!(error, StateError::Storage(_)),
        TaskError::Plan(_) | TaskError::Record(_) => false,
    }
}

pub(super) fn wall_clock_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
}

impl TaskCell {
    fn new(query: &Arc<RunningQuery>, index: usize) -> Arc<Self> {
        let first = query.query.first_offsets[index];
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
            position: AtomicI64::new(first.start),
            end: AtomicI64::new(first.end),
            complete: AtomicBool::new(false),
        })
    }

    /// Some steps of the task. True if there is more to do at once.
    pub fn turn(self: &Arc<Self>, shared: &Arc<Shared>) -> bool {
        let mut slot = self.slot.lock();
        if self.query.stopped.load(Ordering::SeqCst) {
            slot.task = None;
            return false;
        }
        let outcome = self.step_or_wait(shared, &mut slot);
        self.publish(&slot);
        match outcome {
            Ok(Turn::Idle) => false,
            Ok(Turn::More) => true,
            Ok(Turn::CommitTogether) => {
                drop(slot);
                match self.query.commit_together() {
                    Ok(()) => true,
                    Err(error) => {
                        self.query.failed_together(shared, &error);
                        false
                    }
                }
            }
            Err(error) => {
                self.failed(shared, slot, &error);
                false
            }
        }
    }

    /// Drops the task, and says when it is opened again from its last commit.
    fn failed(self: &Arc<Self>, shared: &Arc<Shared>, mut slot: MutexGuard<'_, TaskSlot>, error: &TaskError) {
        if self.query.commits_together() {
            drop(slot);
            return self.query.failed_together(shared, error);
        }
        drop(slot.close());
        let retry_at = self.query.fail(self.index, error, shared);
        if self.query.query.subscription.is_some() && !is_storage(error) {
            self.end_subscription(EndReason::Failed(error.to_string()));
        } else if let Some(at) = retry_at {
            shared.wake_at(at, self);
        }
    }

    /// A defect ended a turn half way. That is the query's failure, not the end of the thread.
    pub fn panicked(self: &Arc<Self>, shared: &Arc<Shared>, panic: &(dyn Any + Send)) -> bool {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        let error = TaskError::Plan(format!("an internal error stopped it: {}", text.unwrap_or("unknown")));
        self.failed(shared, self.slot.lock(), &error);
        false
    }

    fn step_or_wait(self: &Arc<Self>, shared: &Arc<Shared>, slot: &mut TaskSlot) -> Result<Turn, TaskError> {
        if self.waits_for_retry(shared, slot) {
            return Ok(Turn::Idle);
        }
        if self.query.paused.load(Ordering::SeqCst) {
            return self.pause(shared, slot);
        }
        self.steps(shared, slot)
    }

    /// A failed task waits for its next try.
    fn waits_for_retry(self: &Arc<Self>, shared: &Arc<Shared>, slot: &TaskSlot) -> bool {
        let retry = self.query.failure.lock().failing.get(&self.index).copied();
        let Some(retry) = retry.filter(|_| slot.task.is_none()) else { return false };
        match retry.at {
            None => true,
            Some(at) if at > Instant::now() => {
                shared.wake_at(at, self);
                true
            }
            Some(_) => false,
        }
    }

    /// Commits what was done; then the task reads nothing until RESUME.
    fn pause(&self, shared: &Shared, slot: &mut TaskSlot) -> Result<Turn, TaskError> {
        if self.query.commits_together() {
            let open = slot.task.as_ref().is_some_and(StreamTask::has_uncommitted);
            return Ok(if open { Turn::CommitTogether } else { Turn::Idle });
        }
        if let Some(mut task) = slot.close()
            && let Err(error) = commit_alone(&shared.node, &mut task)
        {
            self.query.fail(self.index, &error, shared);
        }
        Ok(Turn::Idle)
    }

    fn steps(self: &Arc<Self>, shared: &Arc<Shared>, slot: &mut TaskSlot) -> Result<Turn, TaskError> {
        let (node, query) = (&shared.node, &self.query.query);
        if slot.task.is_none() {
            slot.task = Some(query.open_task(self.index)?);
            slot.last_commit = Instant::now();
        }
        let Some(task) = slot.task.as_mut() else { return Ok(Turn::Idle) };
        let at_once = node.topics.commits_at_once();
        // Without state or record cache nothing is gained by waiting once the source is drained.
        let stateful = task.subtopology.is_stateful();
        let waits = !at_once || (stateful && query.options.cache_bytes > 0);
        let interval = Duration::from_millis(query.options.commit_interval_ms);
        for _ in 0..STEPS_PER_TURN {
            if !self.deliver(task) {
                return Ok(Turn::Idle);
            }
            let batch = task.fetch(&*node.topics, query.options.batch_rows)?;
            let idle = batch.rows() == 0;
            if idle {
                task.skip_to(batch.fetched.next_offset);
            } else {
                task.process(&batch)?;
                task.send()?;
                slot.steps += 1;
            }
            let full = task.buffered_rows() > BUFFERED_ROWS_MAX
                || task.buffered_bytes() > BUFFERED_BYTES_MAX
                || task.is_over_budget()
                || (at_once && !stateful && slot.steps >= STEPS_PER_COMMIT);
            let due = slot.last_commit.elapsed() >= interval;
            if task.has_uncommitted() && (full || due || task.is_complete() || (idle && !waits)) {
                if self.query.commits_together() {
                    return Ok(Turn::CommitTogether);
                }
                commit_alone(node, task)?;
                (slot.last_commit, slot.steps) = (Instant::now(), 0);
                self.query.succeeded(self.index);
            }
            if idle {
                if !task.has_uncommitted() {
                    self.query.succeeded(self.index);
                }
                if !self.deliver(task) {
                    return Ok(Turn::Idle);
                }
                self.finish_if_complete(task);
                if task.has_uncommitted() && !slot.timer_set {
                    slot.timer_set = true;
                    shared.wake_at(slot.last_commit + interval, self);
                }
                return Ok(Turn::Idle);
            }
        }
        Ok(Turn::More)
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
            self.position.store(task.position(), Ordering::Relaxed);
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

/// Commits one task by itself.
fn commit_alone(node: &Node, task: &mut StreamTask) -> Result<(), TaskError> {
    task.commit_alone()?;
    give_back(node, task)
}

/// A commit of all tasks is durable.
fn committed(node: &Node, task: &mut StreamTask) -> Result<(), TaskError> {
    task.committed();
    give_back(node, task)
}

/// Deletes consumed records of a repartition topic, now and then.
fn give_back(node: &Node, task: &mut StreamTask) -> Result<(), TaskError> {
    if let Some(offset) = task.consumed() {
        node.topics.delete_records_before(&task.source, offset)?;
    }
    Ok(())
}
