//! The REST API of ksqlDB over the engine.
//!
//! `context` is what all endpoints share; `api` holds one file per endpoint and knows HTTP and JSON; `statements` executes
//! what `/ksql` is asked to; `command_log` keeps applied statements and replays them, `takeover` those
//! that ksqlDB wrote; `readiness` says whether the node has come up; `properties` is the table of
//! configuration names.

pub mod api;
pub mod command_log;
pub mod context;
#[doc(hidden)]
pub mod fuzzing;
pub mod metrics;
mod processing_log;
pub mod properties;
pub mod readiness;
pub mod server;
pub mod statements;
mod takeover;
