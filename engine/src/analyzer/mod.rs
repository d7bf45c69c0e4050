//! From names to columns: looks up what a query refers to and checks ksqlDB's rules on it, without any I/O.
//!
//! `scope` qualifies a query's columns (its canonical form); `query` resolves and expands it; `aggregation` holds the
//! rules of GROUP BY; `typing` words errors of expressions. How a query is computed is the business of `plan`.

pub mod aggregation;
mod error;
pub mod functions;
mod names;
pub mod query;
pub mod scope;
pub mod typing;
pub mod walk;

pub use error::{AnalysisError, AnalysisErrorKind, RepeatedText};
pub use names::NameGenerator;
pub use query::{AnalyzedQuery, Item, PartitionBy, QueryPurpose};
pub use scope::Scope;
