//! GROUP BY: rekeys rows by the grouping expressions. Aggregation itself, and the topic in between, are other steps.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_buffer::BooleanBuffer;
use arrow_row::{RowConverter, SortField};
use arrow_select::interleave::interleave;

use super::rows::{is_set, rows_where, some_unset, stream_columns, table_columns, take_arrays, take_headers, take_i64};
use super::{CompiledExpression, Transform, sift_failures};
use crate::batch::{Batch, StreamBatch, TableBatch, TableSide};
use crate::exec::TaskError;
use crate::exec::processing_log::TaskLog;
use crate::plan::{GroupByStep, row_schema};
use crate::types::{Column, arrow_type};

/// Rows whose group has a NULL are skipped and logged. A table's change whose group changes becomes two: the old group's
/// loss, then the new group's gain.
pub(crate) struct GroupBy {
    keys: Vec<CompiledExpression>,
    key_columns: Vec<Column>,
    /// Positions of the output's value columns in the input row.
    values: Vec<usize>,
    log_name: String,
}

/// The groups of n rows; unset rows belong to none.
struct Groups {
    keys: Vec<ArrayRef>,
    present: Option<BooleanBuffer>,
}

impl GroupBy {
    pub fn new(step: &GroupByStep, log_name: String) -> Result<Self, TaskError> {
        let input = row_schema(step.input.schema(), step.input.is_windowed());
        let keys = step.keys.iter().map(|e| CompiledExpression::new(e, &input)).collect::<Result<_, _>>()?;
        let values = step
            .schema
            .value
            .iter()
            .map(|c| input.index_of(&c.name).ok_or_else(|| TaskError::Plan(format!("no column {}", c.name.as_str()))))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys, key_columns: step.schema.key.clone(), values, log_name })
    }

    fn groups(
        &self,
        columns: &[ArrayRef],
        rows: usize,
        present: Option<&BooleanBuffer>,
        log: &mut TaskLog<'_>,
    ) -> Groups {
        let mut failures = Vec::new();
        let mut excluded: Option<Vec<bool>> = None;
        let mut keys = Vec::with_capacity(self.keys.len());
        for (i, (key, column)) in self.keys.iter().zip(&self.key_columns).enumerate() {
            let array = key.evaluate_as(&column.data_type, columns, rows, &mut failures);
            sift_failures(&mut failures, present, &self.log_name, log);
            for failure in failures.drain(..) {
                let seen = &mut excluded.get_or_insert_with(|| vec![false; rows])[failure.row as usize];
                if !std::mem::replace(seen, true) {
                    let message = format!(
                        "Error calculating group-by column with index {i}. The source row will be excluded from the table."
                    );
                    log.record_error(&self.log_name, message, &failure.message);
                }
            }
            if array.null_count() > 0 {
                let excluded = excluded.get_or_insert_with(|| vec![false; rows]);
                for row in (0..rows).filter(|&row| array.is_null(row) && is_set(present, row)) {
                    if !std::mem::replace(&mut excluded[row], true) {
                        let message = format!(
                            "Group-by column with index {i} resolved to null. The source row will be excluded from the table."
                        );
                        log.record_error(&self.log_name, message, "");
                    }
                }
            }
            keys.push(array);
        }
        let present = match excluded {
            Some(excluded) => {
                some_unset(BooleanBuffer::collect_bool(rows, |row| is_set(present, row) && !excluded[row]))
            }
            None => present.cloned(),
        };
        Groups { keys, present }
    }

    fn stream(&self, batch: StreamBatch, log: &mut TaskLog<'_>) -> Option<Batch> {
        let (rows, columns) = (batch.rows(), stream_columns(&batch));
        let groups = self.groups(&columns, rows, batch.value_present.as_ref(), log);
        let mut out: Vec<ArrayRef> = groups.keys;
        out.extend(self.values.iter().map(|&i| columns[i].clone()));
        let (mut rowtime, mut headers) = (batch.rowtime, batch.headers);
        if let Some(present) = groups.present {
            let kept = rows_where(rows, |row| present.value(row));
            if kept.is_empty() {
                return None;
            }
            out = take_arrays(&out, &kept);
            rowtime = take_i64(&rowtime, &kept);
            headers = take_headers(headers.as_ref(), &kept);
        }
        let batch =
            StreamBatch { columns: out, rowtime, key_present: None, value_present: None, window: None, headers };
        Some(Batch::Stream(batch))
    }

    fn table(&self, batch: TableBatch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let rows = batch.rows();
        let old_side =
            batch.old.clone().ok_or_else(|| TaskError::Plan("GROUP BY of a table needs old values".into()))?;
        let (new_columns, old_columns) = (table_columns(&batch, &batch.new), table_columns(&batch, &old_side));
        let new = self.groups(&new_columns, rows, batch.new.present.as_ref(), log);
        let old = self.groups(&old_columns, rows, old_side.present.as_ref(), &mut TaskLog::silent());
        let same = equal_rows(&old.keys, &new.keys, &self.key_columns, rows)?;
        // Each output row: (side whose group it has, input row, old value there, new value there).
        let mut picks: Vec<(usize, usize, bool, bool)> = Vec::with_capacity(rows);
        for row in 0..rows {
            match (is_set(old.present.as_ref(), row), is_set(new.present.as_ref(), row)) {
                (true, true) if same(row) => picks.push((1, row, true, true)),
                (before, after) => {
                    picks.extend(before.then_some((0, row, true, false)));
                    picks.extend(after.then_some((1, row, false, true)));
                }
            }
        }
        if picks.is_empty() {
            return Ok(None);
        }
        let from: UInt32Array = picks.iter().map(|p| p.1 as u32).collect::<Vec<_>>().into();
        let places: Vec<(usize, usize)> = picks.iter().map(|p| (p.0, p.1)).collect();
        let gather = |(old, new): (&ArrayRef, &ArrayRef)| {
            interleave(&[old.as_ref(), new.as_ref()], &places).expect("both sides have one type")
        };
        let side = |columns: &[ArrayRef], there: &dyn Fn(usize) -> bool| {
            let present = BooleanBuffer::collect_bool(picks.len(), there);
            let columns = self
                .values
                .iter()
                .map(|&i| super::rows::hide_absent(super::rows::take_array(&columns[i], &from), Some(&present)))
                .collect();
            TableSide { columns, present: some_unset(present) }
        };
        Ok(Some(Batch::Table(TableBatch {
            key: old.keys.iter().zip(&new.keys).map(gather).collect(),
            old: Some(side(&old_columns, &|i| picks[i].2)),
            new: side(&new_columns, &|i| picks[i].3),
            rowtime: take_i64(&batch.rowtime, &from),
            window: None,
            headers: take_headers(batch.headers.as_ref(), &from),
        })))
    }
}

/// Whether row i has the same values on both sides.
fn equal_rows(
    a: &[ArrayRef],
    b: &[ArrayRef],
    columns: &[Column],
    rows: usize,
) -> Result<impl Fn(usize) -> bool, TaskError> {
    let encoded = if columns.is_empty() || rows == 0 {
        None
    } else {
        let fields = columns.iter().map(|c| SortField::new(arrow_type(&c.data_type))).collect();
        let bug = |e: arrow_schema::ArrowError| TaskError::Plan(e.to_string());
        let converter = Arc::new(RowConverter::new(fields).map_err(bug)?);
        Some((converter.convert_columns(a).map_err(bug)?, converter.convert_columns(b).map_err(bug)?))
    };
    Ok(move |row: usize| encoded.as_ref().is_none_or(|(a, b)| a.row(row) == b.row(row)))
}

impl Transform for GroupBy {
    fn apply(&self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        match batch {
            Batch::Stream(batch) => Ok(self.stream(batch, log)),
            Batch::Table(batch) => self.table(batch, log),
        }
    }
}
