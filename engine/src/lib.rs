//! The engine: statement -> plan -> topology -> tasks -> results. A library without HTTP.

pub mod aggregates;
pub mod analyzer;
pub mod batch;
pub mod config;
pub mod engine;
pub mod exec;
pub mod expr;
pub mod formats;
pub mod functions;
#[doc(hidden)]
pub mod fuzzing;
pub mod metastore;
pub mod plan;
pub mod state;
pub mod topic;
pub mod types;

// The Arrow types that callers handle, so that they need no dependency of their own.
pub use arrow_array::builder::BinaryBuilder;
pub use arrow_array::{Array, ArrayRef, BinaryArray, Int64Array};
