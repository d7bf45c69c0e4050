//! The ksqlDB dialect: SQL text to tokens to a typed syntax tree, and back to canonical SQL text.
//!
//! Knows words and shapes only; what a name refers to and whether types fit is the engine's business.

pub mod ast;
pub mod span;
