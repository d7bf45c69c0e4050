//! Queries that could not be started, as their topic is gone or the cluster does not answer: they are kept in ERROR with the
//! reason, and tried again with growing pauses.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hashbrown::HashMap;
use parking_lot::{Condvar, Mutex};

use super::TaskError;
use super::query::{Node, QueryOptions, delete_internal};
use super::running::{ERRORS_KEPT, kind, wall_clock_ms};
use super::task::TaskCounters;
use super::threaded::{QueryError, QueryState, QueryStatus, Shared};
use super::topology::{Topology, application_id};
use crate::plan::QueryPlan;

#[derive(Default)]
pub(super) struct Waiting {
    queries: Mutex<HashMap<String, WaitingQuery>>,
    changed: Condvar,
}

struct WaitingQuery {
    plan: QueryPlan,
    options: QueryOptions,
    errors: VecDeque<QueryError>,
    backoff_ms: u64,
    due: Instant,
    /// It is being started right now.
    starting: bool,
    /// It was stopped meanwhile, maybe with all that it has.
    stopped: Option<bool>,
}

impl WaitingQuery {
    fn failed(&mut self, error: &TaskError, shared: &Shared) {
        let max = shared.options.retry_max_ms;
        self.backoff_ms = self.backoff_ms.saturating_mul(2).clamp(shared.options.retry_initial_ms.min(max), max);
        self.due = Instant::now() + Duration::from_millis(self.backoff_ms);
        if self.errors.len() == ERRORS_KEPT {
            self.errors.pop_front();
        }
        let message = format!("The query could not be started: {error}");
        tracing::warn!(query = self.plan.id, "{message}; it will be tried again");
        self.errors.push_back(QueryError { time_ms: wall_clock_ms(), message, kind: kind(error) });
    }
}

impl Waiting {
    pub fn add(&self, plan: QueryPlan, options: QueryOptions, error: &TaskError, shared: &Shared) {
        let id = plan.id.clone();
        let mut query = WaitingQuery {
            plan,
            options,
            errors: VecDeque::new(),
            backoff_ms: 0,
            due: Instant::now(),
            starting: false,
            stopped: None,
        };
        query.failed(error, shared);
        self.queries.lock().insert(id, query);
        self.changed.notify_all();
    }

    pub fn halt(&self) {
        let _queries = self.queries.lock();
        self.changed.notify_all();
    }

    /// Forgets a query, with what it left if `all` is set. False: none of that id waits.
    pub fn stop(&self, id: &str, all: bool, node: &Node) -> Result<bool, TaskError> {
        let mut queries = self.queries.lock();
        let Some(query) = queries.get_mut(id) else { return Ok(false) };
        if query.starting {
            query.stopped = Some(all);
            return Ok(true);
        }
        let gone = queries.remove(id);
        drop(queries);
        if let Some(query) = gone.filter(|_| all) {
            // Names do not depend on the number of partitions, which nobody knows once the topic is gone.
            let application_id = application_id(&query.options.service_id, &query.plan, query.options.start_ms);
            let changelogs = query.options.changelogs;
            delete_internal(&Topology::compile(&query.plan, application_id, changelogs, &|_| Some(1))?, node)?;
        }
        Ok(true)
    }

    /// Whether a query starts paused once it can. False: none of that id waits.
    pub fn set_paused(&self, id: &str, paused: bool) -> bool {
        self.queries.lock().get_mut(id).map(|query| query.options.paused = paused).is_some()
    }

    pub fn status(&self, id: &str) -> Option<QueryStatus> {
        let queries = self.queries.lock();
        let query = queries.get(id)?;
        Some(QueryStatus {
            state: QueryState::Error,
            errors: query.errors.iter().cloned().collect(),
            counters: TaskCounters::default(),
            lag: 0,
            tasks: 0,
            internal_topics: Vec::new(),
            application_id: application_id(&query.options.service_id, &query.plan, query.options.start_ms),
            topology: String::new(),
        })
    }
}

/// Starts queries that are due, until the runtime stops.
pub(super) fn start_loop(shared: &Arc<Shared>) {
    let waiting = &shared.waiting;
    let mut queries = waiting.queries.lock();
    while !shared.stopping.load(Ordering::SeqCst) {
        let due = queries.values_mut().min_by_key(|query| query.due);
        let Some(query) = due else {
            waiting.changed.wait(&mut queries);
            continue;
        };
        if query.due > Instant::now() {
            let due = query.due;
            waiting.changed.wait_until(&mut queries, due);
            continue;
        }
        query.starting = true;
        let (id, plan, options) = (query.plan.id.clone(), query.plan.clone(), query.options.clone());
        drop(queries);
        let outcome = shared.start(plan, options.clone());
        queries = waiting.queries.lock();
        let Some(query) = queries.get_mut(&id) else { continue };
        query.starting = false;
        let (stopped, paused) = (query.stopped, query.options.paused);
        if let (Err(error), None) = (&outcome, stopped) {
            query.failed(error, shared);
            continue;
        }
        queries.remove(&id);
        drop(queries);
        if outcome.is_ok() {
            match stopped {
                Some(all) => {
                    if let Err(error) = shared.stop(&id, all) {
                        tracing::warn!(query = id, %error, "a stopped query left something behind");
                    }
                }
                None => {
                    tracing::warn!(query = id, "the query is started");
                    if paused != options.paused {
                        shared.set_paused(&id, paused);
                    }
                }
            }
        }
        queries = waiting.queries.lock();
    }
}
