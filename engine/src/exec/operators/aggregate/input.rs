//! Rows on their way into groups: keys looked up, windows assigned, arguments computed.

use arrow_array::{Array, ArrayRef, BinaryArray, Int64Array, UInt32Array};
use arrow_buffer::BooleanBuffer;

use super::super::rows::{
    and_bits, rows_where, stream_columns, table_columns, take_arrays, take_headers, take_i64, take_stream,
};
use super::super::time_window::assign;
use super::super::{CompiledExpression, sift_failures};
use super::Aggregate;
use crate::batch::{RowHeaders, StreamBatch, TableBatch};
use crate::exec::TaskError;
use crate::exec::processing_log::TaskLog;

/// Rows on their way into groups, after windows multiplied or dropped them.
pub(super) struct Input {
    pub key: Vec<ArrayRef>,
    pub slots: Vec<u32>,
    pub starts: Option<Vec<i64>>,
    pub rowtime: Int64Array,
    pub headers: Option<RowHeaders>,
    pub added: Side,
    pub removed: Option<Side>,
}

/// One side of the rows: what the accumulators and the changelog take from it.
pub(super) struct Side {
    pub present: Option<BooleanBuffer>,
    pub arguments: Vec<Vec<ArrayRef>>,
    pub carried: Vec<ArrayRef>,
}

impl Aggregate {
    pub(super) fn stream_input(
        &mut self,
        batch: StreamBatch,
        log: &mut TaskLog<'_>,
    ) -> Result<Option<Input>, TaskError> {
        let rows = batch.rows();
        let columns = stream_columns(&batch);
        let present = match (&batch.value_present, &batch.key_present) {
            (None, None) => None,
            (value, key) => and_bits(value.as_ref(), key.as_ref()),
        };
        if let Some(present) = present {
            // Null keys and null values never reach a group.
            let kept = rows_where(rows, |row| present.value(row));
            if kept.is_empty() {
                return Ok(None);
            }
            let mut batch = take_stream(&batch, &kept);
            (batch.key_present, batch.value_present) = (None, None);
            return self.stream_input(batch, log);
        }
        let keys = self.processor.key_bytes(&batch.columns[..self.processor.key_columns.len()], rows)?;
        let mut added = self.side(&columns, rows, None, log)?;
        let mut key: Vec<ArrayRef> = batch.columns[..self.processor.key_columns.len()].to_vec();
        let (mut rowtime, mut headers) = (batch.rowtime.clone(), batch.headers.clone());
        let Some(window) = self.processor.window.clone() else {
            let slots = self.slots_of(&keys, None, None)?;
            return Ok(Some(Input { key, slots, starts: None, rowtime, headers, added, removed: None }));
        };
        let assigned = assign(&window, &batch.rowtime, &mut self.stream_time)
            .ok_or_else(|| TaskError::Plan("session windows do not run yet".into()))?;
        if assigned.late > 0 {
            tracing::debug!(query = log.query_id, late = assigned.late, "rows came after their window closed");
        }
        if assigned.starts.is_empty() {
            return Ok(None);
        }
        let slots = self.slots_of(&keys, assigned.rows.as_deref(), Some(&assigned.starts))?;
        if let Some(rows) = assigned.rows {
            let rows = UInt32Array::from(rows);
            key = take_arrays(&key, &rows);
            rowtime = take_i64(&rowtime, &rows);
            headers = take_headers(headers.as_ref(), &rows);
            added = Side {
                present: None,
                arguments: added.arguments.iter().map(|a| take_arrays(a, &rows)).collect(),
                carried: take_arrays(&added.carried, &rows),
            };
        }
        Ok(Some(Input { key, slots, starts: Some(assigned.starts), rowtime, headers, added, removed: None }))
    }

    pub(super) fn table_input(&mut self, batch: TableBatch, log: &mut TaskLog<'_>) -> Result<Option<Input>, TaskError> {
        if self.processor.window.is_some() {
            return Err(TaskError::Plan("a table cannot be aggregated by window".into()));
        }
        let rows = batch.rows();
        let keys = self.processor.key_bytes(&batch.key, rows)?;
        let slots = self.slots_of(&keys, None, None)?;
        let added = self.side(&table_columns(&batch, &batch.new), rows, batch.new.present.as_ref(), log)?;
        let removed = match &batch.old {
            Some(old) => {
                let columns = table_columns(&batch, old);
                Some(self.side(&columns, rows, old.present.as_ref(), &mut TaskLog::silent())?)
            }
            None => None,
        };
        let TableBatch { key, rowtime, headers, .. } = batch;
        Ok(Some(Input { key, slots, starts: None, rowtime, headers, added, removed }))
    }

    fn side(
        &self,
        columns: &[ArrayRef],
        rows: usize,
        present: Option<&BooleanBuffer>,
        log: &mut TaskLog<'_>,
    ) -> Result<Side, TaskError> {
        let mut failures = Vec::new();
        let mut arguments = Vec::with_capacity(self.processor.calls.len());
        for call in &self.processor.calls {
            let evaluate = |(i, argument): (usize, &CompiledExpression)| {
                let array = argument.evaluate_as(&call.resolved.argument_types[i], columns, rows, &mut failures);
                sift_failures(&mut failures, present, &self.processor.log_name, log);
                for failure in failures.drain(..) {
                    let message = format!("Error computing expression {}: {}", argument.text, failure.message);
                    log.record_error(&self.processor.log_name, message, &failure.message);
                }
                array
            };
            arguments.push(call.arguments.iter().enumerate().map(evaluate).collect());
        }
        let carried = if self.latest.is_some() { columns[self.processor.carried.clone()].to_vec() } else { Vec::new() };
        Ok(Side { present: present.cloned(), arguments, carried })
    }

    /// The slot of each row (of `rows`, or all in order) in its window; unknown groups are fetched in one look-up.
    fn slots_of(
        &mut self,
        keys: &BinaryArray,
        rows: Option<&[u32]>,
        starts: Option<&[i64]>,
    ) -> Result<Vec<u32>, TaskError> {
        let count = rows.map_or(keys.len(), <[u32]>::len);
        let mut slots = Vec::with_capacity(count);
        let mut added_slots = Vec::new();
        for i in 0..count {
            let key = keys.value(rows.map_or(i, |rows| rows[i] as usize));
            let (slot, added) = self.index.find_or_insert(key, starts.map_or(0, |starts| starts[i]));
            if added {
                added_slots.push(slot);
            }
            self.accesses += 1;
            self.index.entry_mut(slot).last_access = self.accesses;
            slots.push(slot);
        }
        self.groups.grow(self.index.slots());
        for &slot in &added_slots {
            self.groups.reset(slot);
        }
        let holds_all = self.holds_all;
        added_slots.retain(|&slot| !holds_all && self.store.may_hold_window(self.index.entry(slot).window));
        let index = &self.index;
        let wanted = added_slots.iter().map(|&slot| (index.entry(slot).key.as_slice(), index.entry(slot).window));
        let found = self.store.get_many(wanted)?;
        for (slot, value) in added_slots.into_iter().zip(found) {
            if let Some(value) = value {
                self.groups.decode(slot, &value)?;
            }
        }
        Ok(slots)
    }
}
