//! Expressions: typing them against a row's schema, and compiling them to trees of array functions.
//!
//! Arrays in, an array and the set of failed rows out. A failing row is NULL and goes to the processing log; it never
//! stops the batch. Knows nothing of sources or queries: names are looked up in a `RowSchema` only.

mod arithmetic;
mod call;
mod case;
mod cast;
pub mod coerce;
mod common_type;
mod compare;
mod compile;
mod constant;
mod container;
mod decimal;
mod like;
mod logical;
mod magic;
mod node;
mod scope;
pub mod text;
mod typing;
pub mod visit;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::ArrayRef;

use crate::functions::RowFailure;
use crate::types::SqlType;

pub use coerce::{CoercionError, coerce_lax, coerce_strict};
pub use compile::{compile, compile_table_function};
pub use constant::{evaluate_constant, literal_type, literal_value};
pub use magic::rewrite_magic_timestamps;
pub use typing::{comparison_name, expression_type, table_function_type};

/// Why an expression cannot be typed or compiled. The message is ksqlDB's, without any `Invalid Select: ` prefix.
///
/// `expression_type` finds most errors; those of `compile` alone are the ones that ksqlDB finds when it generates code
/// (`Invalid Select: <message>. expression: <e>, schema:<s>`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionError {
    pub message: String,
    /// The expression at fault, where ksqlDB attaches it: `Display` appends `\nStatement: <it>` to the message, and error
    /// answers give it as their statement text.
    pub statement: Option<String>,
}

impl ExpressionError {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), statement: None }
    }
    pub fn at(message: impl Into<String>, statement: impl ToString) -> Self {
        Self { message: message.into(), statement: Some(statement.to_string()) }
    }
}

impl std::fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.statement {
            Some(statement) => write!(f, "\nStatement: {statement}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ExpressionError {}

/// A compiled expression. Immutable and shared by tasks.
pub trait PhysicalExpression: Send + Sync {
    /// `columns` as the `RowSchema` lists them, `rows` each. The result has `rows` rows of `data_type()`.
    ///
    /// A row that fails as a whole is NULL and reported once with the cause. A guarded part that fails (a call's
    /// argument, a CAST, ...) becomes NULL inside the expression and is reported with a message for which
    /// `is_guarded` holds; a row may have several of these.
    fn evaluate(&self, columns: &[ArrayRef], rows: usize, failures: &mut Vec<RowFailure>) -> ArrayRef;
    fn data_type(&self) -> &SqlType;
}

pub(crate) const GUARDED: &str = "Error processing ";

/// Whether a failure is that of a guarded part, which did not fail its row; its message is complete as it stands.
pub fn is_guarded(failure: &RowFailure) -> bool {
    failure.message.starts_with(GUARDED)
}

/// A shared compiled expression.
pub type ExpressionRef = Arc<dyn PhysicalExpression>;
