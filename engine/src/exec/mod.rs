//! Runs query plans: plan -> `Topology` -> `StreamTask`s over batches -> commits, and the two drivers of tasks.
//!
//! Tasks are pure steps: no clock, thread or chance. `simulated` drives them single-threaded from a seed, `threaded` on worker
//! threads; both run the same code. Knows nothing of statements, HTTP or how a plan was made.

mod budget;
mod error;
mod key_index;
mod materialized;
mod operators;
mod processing_log;
mod query;
mod running;
mod shared_source;
mod simulated;
mod store;
mod subscription;
mod task;
mod threaded;
mod topology;
mod waiting;

pub use error::TaskError;
pub use materialized::{MaterializedRows, MaterializedView};
pub(crate) use operators::{join_change, split_change};
pub use processing_log::{LogEntry, LogMessage, ProcessingLog, TopicProcessingLog, TracingLog};
pub use query::{OffsetReset, QueryOptions};
pub use shared_source::SharedSources;
pub use simulated::{Simulation, SimulationOptions};
pub(crate) use store::StoreMeta;
pub use subscription::{EndReason, Next, ResultRows, Subscription};
pub use task::{StreamTask, TaskCounters};
pub use threaded::{QueryError, QueryHandle, QueryState, QueryStatus, Runtime, RuntimeOptions};
pub use topology::{Subtopology, Topology};

#[cfg(test)]
mod tests;
