//! The engine: statement -> plan -> topology -> tasks -> results. A library without HTTP.

pub mod aggregates;
pub mod analyzer;
pub mod batch;
pub mod config;
pub mod exec;
pub mod expr;
pub mod formats;
pub mod functions;
pub mod metastore;
pub mod plan;
pub mod state;
pub mod topic;
pub mod types;
