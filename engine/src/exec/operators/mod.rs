//! Operators: each file holds one processor, an immutable description with compiled expressions that tasks share, and, where it
//! keeps anything, its state of one task. Batches in, batches out; they never touch topics or clocks.

mod aggregate;
mod change;
mod changelog;
mod filter;
mod flat_map;
mod group_by;
mod latest;
mod rows;
mod select;
mod select_key;
mod sink;
mod source;
mod table_store;
mod time_window;

use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array};
use arrow_buffer::BooleanBuffer;
use weir_parser::ast::Expression;

pub(crate) use aggregate::AggregateProcessor;
pub(crate) use change::{join as join_change, split as split_change};
pub(crate) use filter::Filter;
pub(crate) use flat_map::FlatMap;
pub(crate) use group_by::GroupBy;
pub(crate) use rows::{rows_where, take_table};
pub(crate) use select::Select;
pub(crate) use select_key::SelectKey;
pub(crate) use sink::{Results, Sink, SinkState};
pub(crate) use source::{SourceReader, key_presence, split_windowed_keys};
pub(crate) use table_store::{TableStoreProcessor, decode_table_rows};

use super::TaskError;
use super::budget::BudgetShare;
use super::processing_log::TaskLog;
use super::store::StorePart;
use crate::batch::Batch;
use crate::expr::{self, PhysicalExpression};
use crate::functions::RowFailure;
use crate::topic::CommitUnit;
use crate::types::{RowSchema, SqlType};

/// A step without state.
pub(crate) trait Transform: Send + Sync {
    /// `None`: nothing comes out of this batch.
    fn apply(&self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError>;
}

/// A step with a store: makes its state for one task.
pub(crate) trait StatefulProcessor: Send + Sync {
    fn store_name(&self) -> &str;
    /// `None`: not windowed.
    fn retention_ms(&self) -> Option<i64>;
    /// The stored values of changelog records; null values stay null.
    fn restore(&self, values: &BinaryArray, timestamps: &Int64Array) -> Result<BinaryArray, TaskError>;
    fn open(self: Arc<Self>, store: StorePart, options: StateOptions) -> Box<dyn Operator>;
}

#[derive(Clone)]
pub(crate) struct StateOptions {
    /// Emit only the last change per key and commit; else every change.
    pub record_cache: bool,
    /// Memory above which clean entries are dropped after a commit.
    pub budget: Arc<BudgetShare>,
}

/// A step's state of one task.
pub(crate) trait Operator: Send {
    fn process(&mut self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError>;
    /// What the record cache held back, in order of last access.
    fn flush(&mut self, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError>;
    /// Puts the state's changes into a commit. Everything is flushed by then.
    fn commit(&mut self, unit: &mut CommitUnit) -> Result<(), TaskError>;
    /// The commit is done: entries beyond the memory budget may go.
    fn committed(&mut self);
    fn memory_bytes(&self) -> usize;
}

/// A step of a subtopology.
#[derive(Clone)]
pub(crate) enum Processor {
    Transform(Arc<dyn Transform>),
    Stateful(Arc<dyn StatefulProcessor>),
}

/// An expression with the text by which the processing log names it.
pub(crate) struct CompiledExpression {
    expression: Arc<dyn PhysicalExpression>,
    pub text: String,
}

impl CompiledExpression {
    pub fn new(expression: &Expression, schema: &RowSchema) -> Result<Self, TaskError> {
        Ok(Self { expression: expr::compile(expression, schema)?, text: expression.to_string() })
    }
    /// A call of a table function: gives the list of each row.
    pub fn table_function(expression: &Expression, schema: &RowSchema) -> Result<Self, TaskError> {
        let Expression::Call(call) = expression else {
            return Err(TaskError::Plan(format!("{expression} is no table function")));
        };
        Ok(Self { expression: expr::compile_table_function(call, schema)?, text: expression.to_string() })
    }
    pub fn evaluate(&self, columns: &[ArrayRef], rows: usize, failures: &mut Vec<RowFailure>) -> ArrayRef {
        self.expression.evaluate(columns, rows, failures)
    }
    /// As `data_type`, for an untyped NULL too.
    pub fn evaluate_as(
        &self,
        data_type: &SqlType,
        columns: &[ArrayRef],
        rows: usize,
        failures: &mut Vec<RowFailure>,
    ) -> ArrayRef {
        let array = self.expression.evaluate(columns, rows, failures);
        if array.data_type() == &arrow_schema::DataType::Null {
            return crate::types::null_array(data_type, rows);
        }
        array
    }
}

/// Keeps the failures that failed a whole row that exists; writes those of guarded parts, which became NULL inside.
pub(crate) fn sift_failures(
    failures: &mut Vec<RowFailure>,
    present: Option<&BooleanBuffer>,
    log_name: &str,
    log: &mut TaskLog<'_>,
) {
    failures.retain(|failure| {
        let there = rows::is_set(present, failure.row as usize);
        let guarded = expr::is_guarded(failure);
        if there && guarded {
            log.record_error(log_name, failure.message.clone(), "");
        }
        there && !guarded
    });
}
