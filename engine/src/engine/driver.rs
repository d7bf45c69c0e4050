//! What the engine asks of whoever runs its queries: the threaded runtime, or the simulation of tests.

use std::sync::Arc;

use parking_lot::Mutex;

use super::error::{EngineError, ErrorKind};
use crate::config::Config;
use crate::exec::{
    MaterializedView, OffsetReset, QueryOptions, QueryStatus, Runtime, Simulation, Subscription, TaskError,
};
use crate::plan::{self, QueryPlan};

/// How a query runs, by the session's and the server's properties.
pub fn query_options(config: &Config) -> QueryOptions {
    let offset_reset = config.get("auto.offset.reset").map(|value| {
        if value.trim().eq_ignore_ascii_case("earliest") { OffsetReset::Earliest } else { OffsetReset::Latest }
    });
    QueryOptions {
        service_id: plan::service_id(config).to_string(),
        offset_reset,
        cache_bytes: config.i64("cache.max.bytes.buffering", 10_000_000).max(0) as usize,
        commit_interval_ms: config.i64("commit.interval.ms", 2_000).max(1) as u64,
        batch_rows: config.i64("weir.batch.rows", 4_096).max(1) as usize,
        guarantee: crate::topic::kafka::guarantee(config),
        replicas: replicas(config),
        ..QueryOptions::default()
    }
}

/// `replication.factor`; -1: the cluster's default.
fn replicas(config: &Config) -> u16 {
    match config.i64("replication.factor", 1) {
        -1 => 0,
        n => u16::try_from(n.max(1)).unwrap_or(u16::MAX),
    }
}

impl From<TaskError> for EngineError {
    fn from(error: TaskError) -> Self {
        EngineError::new(ErrorKind::Retry, error.to_string())
    }
}

/// Runs queries. Implemented by the threaded runtime and by the simulation.
pub trait Driver: Send + Sync {
    /// Starts a persistent query: from its committed positions and state if it has any.
    fn start(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<(), EngineError>;
    /// Starts a query that ran in an earlier process. One that cannot start is kept in ERROR and tried again, where the driver can.
    fn restore(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<(), EngineError> {
        self.start(plan, options)
    }
    /// Starts a transient query whose rows go to the subscription.
    fn subscribe(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<Subscription, EngineError>;
    /// Stops a query after a last commit; `delete_internal`: also its state, positions and internal topics.
    fn stop(&self, id: &str, delete_internal: bool) -> Result<(), EngineError>;
    fn pause(&self, id: &str) -> Result<(), EngineError>;
    fn resume(&self, id: &str) -> Result<(), EngineError>;
    /// `None`: it does not run here.
    fn status(&self, id: &str) -> Option<QueryStatus>;
    /// `None`: the query keeps no table.
    fn materialized(&self, id: &str) -> Result<Option<MaterializedView>, EngineError>;
    /// Another process took over: persistent queries stop without a commit and stay in ERROR for this reason.
    fn fence(&self, reason: &str);
    /// Commits and stops everything.
    fn shutdown(&self) -> Result<(), EngineError>;
}

fn not_running(id: &str) -> EngineError {
    EngineError::statement(format!("Unknown queryId: {id}"))
}

fn no_subscription() -> EngineError {
    EngineError::new(ErrorKind::Bug, "a query with a sink was started for a client")
}

impl Driver for Runtime {
    fn restore(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<(), EngineError> {
        self.start_or_wait((*plan).clone(), options);
        Ok(())
    }
    fn start(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<(), EngineError> {
        Ok(Runtime::start(self, (*plan).clone(), options).map(drop)?)
    }
    fn subscribe(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<Subscription, EngineError> {
        Runtime::start(self, (*plan).clone(), options)?.subscription.ok_or_else(no_subscription)
    }
    fn stop(&self, id: &str, delete_internal: bool) -> Result<(), EngineError> {
        Runtime::stop(self, id, delete_internal)?;
        Ok(())
    }
    fn pause(&self, id: &str) -> Result<(), EngineError> {
        if Runtime::pause(self, id) { Ok(()) } else { Err(not_running(id)) }
    }
    fn resume(&self, id: &str) -> Result<(), EngineError> {
        if Runtime::resume(self, id) { Ok(()) } else { Err(not_running(id)) }
    }
    fn status(&self, id: &str) -> Option<QueryStatus> {
        Runtime::status(self, id)
    }
    fn materialized(&self, id: &str) -> Result<Option<MaterializedView>, EngineError> {
        Ok(Runtime::materialized(self, id)?)
    }
    fn fence(&self, reason: &str) {
        Runtime::fence(self, reason);
    }
    fn shutdown(&self) -> Result<(), EngineError> {
        Runtime::shutdown(self);
        Ok(())
    }
}

/// The simulation as a driver: queries move only when `run_until_idle` is called.
pub struct SimulatedDriver {
    simulation: Mutex<Simulation>,
    /// The first processing error; the queries stand still from then on.
    failed: Mutex<Option<String>>,
}

impl SimulatedDriver {
    pub fn new(simulation: Simulation) -> Self {
        Self { simulation: Mutex::new(simulation), failed: Mutex::default() }
    }

    /// Runs all queries until nothing is left to read, committing as it goes.
    pub fn run_until_idle(&self) {
        let mut failed = self.failed.lock();
        if failed.is_none()
            && let Err(error) = self.simulation.lock().run()
        {
            *failed = Some(error.to_string());
        }
    }

    /// Why a query failed, if one did.
    pub fn first_error(&self) -> Option<String> {
        self.failed.lock().clone()
    }
}

impl Driver for SimulatedDriver {
    fn start(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<(), EngineError> {
        Ok(self.simulation.lock().start((*plan).clone(), options).map(drop)?)
    }
    fn subscribe(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<Subscription, EngineError> {
        self.simulation.lock().start((*plan).clone(), options)?.ok_or_else(no_subscription)
    }
    fn stop(&self, id: &str, delete_internal: bool) -> Result<(), EngineError> {
        Ok(self.simulation.lock().stop(id, delete_internal)?)
    }
    fn pause(&self, _id: &str) -> Result<(), EngineError> {
        Err(EngineError::statement("the simulation does not pause queries"))
    }
    fn resume(&self, _id: &str) -> Result<(), EngineError> {
        Err(EngineError::statement("the simulation does not pause queries"))
    }
    fn status(&self, _id: &str) -> Option<QueryStatus> {
        None
    }
    fn materialized(&self, id: &str) -> Result<Option<MaterializedView>, EngineError> {
        Ok(self.simulation.lock().materialized(id)?)
    }
    fn fence(&self, reason: &str) {
        *self.failed.lock() = Some(reason.to_string());
    }
    fn shutdown(&self) -> Result<(), EngineError> {
        Ok(self.simulation.lock().run()?)
    }
}
