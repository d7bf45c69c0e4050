//! Table functions: one row per element, several functions zipped.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, UInt32Array};
use arrow_select::take::take;

use super::rows::{is_set, stream_columns, take_stream};
use super::{CompiledExpression, Transform, sift_failures};
use crate::batch::Batch;
use crate::exec::TaskError;
use crate::exec::processing_log::TaskLog;
use crate::plan::{FlatMapStep, row_schema};

/// As many rows as the longest list of a row has elements; shorter lists give NULL. Null values and failing rows are dropped.
pub(crate) struct FlatMap {
    functions: Vec<CompiledExpression>,
    log_name: String,
}

impl FlatMap {
    pub fn new(step: &FlatMapStep, log_name: String) -> Result<Self, TaskError> {
        let input = row_schema(step.input.schema(), step.input.is_windowed());
        let functions =
            step.functions.iter().map(|e| CompiledExpression::table_function(e, &input)).collect::<Result<_, _>>()?;
        Ok(Self { functions, log_name })
    }
}

impl Transform for FlatMap {
    fn apply(&self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let Batch::Stream(batch) = batch else {
            return Err(TaskError::Plan("table functions run on streams only".into()));
        };
        let (rows, columns) = (batch.rows(), stream_columns(&batch));
        let mut dropped: Vec<bool> = (0..rows).map(|row| !is_set(batch.value_present.as_ref(), row)).collect();
        let mut lists: Vec<ListArray> = Vec::with_capacity(self.functions.len());
        let mut failures = Vec::new();
        for function in &self.functions {
            let list = function.evaluate(&columns, rows, &mut failures);
            let list = list
                .as_list_opt::<i32>()
                .ok_or_else(|| TaskError::Plan(format!("the table function {} gives no list", function.text)))?;
            lists.push(list.clone());
            sift_failures(&mut failures, batch.value_present.as_ref(), &self.log_name, log);
            for failure in failures.drain(..) {
                if !std::mem::replace(&mut dropped[failure.row as usize], true) {
                    let message = format!("Table function {} threw an exception: {}", function.text, failure.message);
                    log.record_error(&self.log_name, message, &failure.message);
                }
            }
        }
        let length = |list: &ListArray, row: usize| if list.is_valid(row) { list.value_length(row) as u32 } else { 0 };
        let counts: Vec<u32> = (0..rows)
            .map(|row| if dropped[row] { 0 } else { lists.iter().map(|l| length(l, row)).max().unwrap_or(0) })
            .collect();
        let source_rows: Vec<u32> =
            counts.iter().enumerate().flat_map(|(row, &n)| std::iter::repeat_n(row as u32, n as usize)).collect();
        if source_rows.is_empty() {
            return Ok(None);
        }
        let elements = |list: &ListArray| -> ArrayRef {
            let picks: UInt32Array = counts
                .iter()
                .enumerate()
                .flat_map(|(row, &n)| {
                    let (start, length) = (list.value_offsets()[row] as u32, length(list, row));
                    (0..n).map(move |i| (i < length).then_some(start + i))
                })
                .collect();
            take(list.values(), &picks, None).expect("elements lie in the list")
        };
        let mut out = take_stream(&batch, &source_rows.into());
        out.columns.extend(lists.iter().map(elements));
        Ok(Some(Batch::Stream(out)))
    }
}
