//! What the engine asks of whoever runs its queries: the threaded runtime, or the simulated driver of tests.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use arrow_buffer::BooleanBuffer;

use super::error::EngineError;
use crate::batch::WindowBounds;
use crate::config::Config;
use crate::plan::{PullAccess, QueryPlan};

/// How a query runs, taken from the session's and server's properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryOptions {
    /// `auto.offset.reset`: `Some(true)` earliest, `Some(false)` latest, `None`: streams latest, tables earliest.
    pub from_earliest: Option<bool>,
    /// `cache.max.bytes.buffering`; 0: every change is emitted.
    pub cache_bytes: usize,
    pub commit_interval_ms: i64,
    /// Ends at the end offsets seen at its start (pull queries over streams).
    pub bounded: bool,
    /// `ksql.timestamp.throw.on.invalid`.
    pub fail_on_invalid_timestamp: bool,
    /// `ksql.fail.on.deserialization.error`.
    pub fail_on_deserialization_error: bool,
}

impl QueryOptions {
    pub fn from_config(config: &Config) -> Self {
        let from_earliest =
            config.get("auto.offset.reset").map(|value| value.trim().eq_ignore_ascii_case("earliest"));
        Self {
            from_earliest,
            cache_bytes: config.i64("cache.max.bytes.buffering", 10_000_000).max(0) as usize,
            commit_interval_ms: config.i64("commit.interval.ms", 2_000).max(1),
            bounded: false,
            fail_on_invalid_timestamp: config.bool("ksql.timestamp.throw.on.invalid", false),
            fail_on_deserialization_error: config.bool("ksql.fail.on.deserialization.error", false),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryState {
    Running,
    Paused,
    Error,
}

/// How a query is doing.
#[derive(Clone, Debug)]
pub struct QueryStatus {
    pub state: QueryState,
    /// The last errors, newest last: (time in ms, message).
    pub errors: Vec<(i64, String)>,
    pub records_in: u64,
    pub records_out: u64,
    pub records_failed: u64,
    /// Records of its source topics that it has not processed yet.
    pub lag: u64,
}

/// Rows for a client of a push query: columns in output order.
#[derive(Clone, Debug)]
pub struct RowBatch {
    pub columns: Vec<ArrayRef>,
    /// Set bits: the row deletes its key; only key columns are filled. `None`: none does.
    pub tombstones: Option<BooleanBuffer>,
    pub rows: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionEnd {
    LimitReached,
    /// A bounded scan came to its end, or the query was closed.
    Completed,
    /// The query was terminated or its source dropped.
    Terminated,
    Failed(String),
}

/// The client's end of a push query. Dropping it stops the query.
pub struct Subscription {
    /// Bounded; the query waits while it is full.
    pub rows: Arc<dyn RowQueue>,
    /// Stops the query when dropped.
    pub guard: Box<dyn std::any::Any + Send + Sync>,
}

/// The queue between a push query and its client.
pub trait RowQueue: Send + Sync {
    /// The next rows, `Ok(None)` when there are none yet, `Err` once the query has ended and all rows were taken.
    fn try_next(&self) -> Result<Option<RowBatch>, SubscriptionEnd>;
    /// Calls `wake` once when rows or the end are there; at once if they are already.
    fn on_ready(&self, wake: Box<dyn FnOnce() + Send>);
    /// Ends the query from outside; its client sees `Completed`.
    fn close(&self);
}

/// Rows of a materialised table: columns of its schema (keys, then values) with their times and windows.
pub struct TableRows {
    pub columns: Vec<ArrayRef>,
    pub rowtime: Int64Array,
    pub window: Option<WindowBounds>,
}

/// Committed state of a materialising query.
pub trait MaterializedView: Send + Sync {
    /// Rows in key-lookup order, or partition by partition in key-byte order. Stops early once `limit` rows were found,
    /// when it is given.
    fn read(&self, access: &PullAccess, limit: Option<usize>) -> Result<Vec<TableRows>, EngineError>;
}

/// Runs queries. Implemented by the threaded runtime and by the simulated driver.
pub trait Driver: Send + Sync {
    /// Starts a persistent query: from its committed positions and state if it has any.
    fn start(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<(), EngineError>;
    /// Starts a transient query whose rows go to the subscription.
    fn subscribe(&self, plan: Arc<QueryPlan>, options: QueryOptions) -> Result<Subscription, EngineError>;
    /// Stops a query after a last commit; `delete_internal`: also its state, positions and internal topics.
    fn stop(&self, id: &str, delete_internal: bool) -> Result<(), EngineError>;
    fn pause(&self, id: &str) -> Result<(), EngineError>;
    fn resume(&self, id: &str) -> Result<(), EngineError>;
    /// `None`: it does not run here.
    fn status(&self, id: &str) -> Option<QueryStatus>;
    /// `None`: the query keeps no table.
    fn materialized(&self, id: &str) -> Option<Arc<dyn MaterializedView>>;
    /// Commits and stops everything.
    fn shutdown(&self) -> Result<(), EngineError>;
}
