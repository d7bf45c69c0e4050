//! From names to columns: looks up what a query refers to and checks ksqlDB's rules on it, without any I/O.
//!
//! `scope` qualifies a query's columns (its canonical form); `query` resolves and expands it; `aggregation` holds the
//! rules of GROUP BY; `typing` words errors of expressions. How a query is computed is the business of `plan`.

mod error;
pub mod walk;
mod names;
pub mod functions;
pub mod scope;
pub mod query;
pub mod aggregation;
pub mod typing;

pub use error::{AnalysisError, AnalysisErrorKind, RepeatedText};
pub use names::NameGenerator;
pub use query::{AnalyzedQuery, Item, PartitionBy, QueryPurpose};
pub use scope::Scope;
