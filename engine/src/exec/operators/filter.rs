//! WHERE and HAVING: keeps rows for which the predicate is true.

use arrow_buffer::BooleanBuffer;

use super::rows::{
    and_bits, is_set, rows_where, some_unset, stream_columns, table_columns, take_stream, take_table, true_bits,
};
use super::{CompiledExpression, Transform, sift_failures};
use crate::batch::{Batch, StreamBatch, TableBatch, TableSide};
use crate::exec::TaskError;
use crate::exec::processing_log::TaskLog;
use crate::plan::{FilterStep, row_schema};

/// Streams: rows with null value or without a true predicate go. Tables: a row that no longer passes becomes a tombstone if
/// its old value passed; a row that never passed emits nothing.
pub(crate) struct Filter {
    predicate: CompiledExpression,
    log_name: String,
}

impl Filter {
    pub fn new(step: &FilterStep, log_name: String) -> Result<Self, TaskError> {
        let input = row_schema(step.input.schema(), step.input.is_windowed());
        Ok(Self { predicate: CompiledExpression::new(&step.predicate, &input)?, log_name })
    }

    fn passes(
        &self,
        columns: &[arrow_array::ArrayRef],
        rows: usize,
        present: Option<&BooleanBuffer>,
        log: &mut TaskLog<'_>,
    ) -> BooleanBuffer {
        let mut failures = Vec::new();
        let mut passes = true_bits(&self.predicate.evaluate(columns, rows, &mut failures));
        sift_failures(&mut failures, present, &self.log_name, log);
        if !failures.is_empty() {
            let failed: hashbrown::HashSet<u32> = failures.iter().map(|f| f.row).collect();
            passes = BooleanBuffer::collect_bool(rows, |row| passes.value(row) && !failed.contains(&(row as u32)));
        }
        for failure in failures {
            let message = format!("Error evaluating predicate {}", self.predicate.text);
            log.record_error(&self.log_name, message, &failure.message);
        }
        and_bits(Some(&passes), present).unwrap_or(passes)
    }

    fn stream(&self, batch: StreamBatch, log: &mut TaskLog<'_>) -> Option<Batch> {
        let rows = batch.rows();
        let passes = self.passes(&stream_columns(&batch), rows, batch.value_present.as_ref(), log);
        match passes.count_set_bits() {
            0 => None,
            kept if kept == rows => Some(Batch::Stream(batch)),
            _ => Some(Batch::Stream(take_stream(&batch, &rows_where(rows, |row| passes.value(row))))),
        }
    }

    fn table(&self, mut batch: TableBatch, log: &mut TaskLog<'_>) -> Option<Batch> {
        let rows = batch.rows();
        let side_passes = |side: &TableSide, log: &mut TaskLog<'_>| {
            self.passes(&table_columns(&batch, side), rows, side.present.as_ref(), log)
        };
        let new = side_passes(&batch.new, log);
        let old = batch.old.as_ref().map(|side| side_passes(side, &mut TaskLog::silent()));
        let kept = rows_where(rows, |row| new.value(row) || is_set(old.as_ref(), row));
        batch.new.present = some_unset(new);
        if let (Some(side), Some(old)) = (&mut batch.old, old) {
            side.present = some_unset(old);
        }
        match kept.len() {
            0 => None,
            all if all == rows => Some(Batch::Table(batch)),
            _ => Some(Batch::Table(take_table(&batch, &kept))),
        }
    }
}

impl Transform for Filter {
    fn apply(&self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        Ok(match batch {
            Batch::Stream(batch) => self.stream(batch, log),
            Batch::Table(batch) => self.table(batch, log),
        })
    }
}
