//! Aggregation per group, or per group and time window: flat accumulators behind a hash index, a store behind those.
//!
//! A stored value is the group's time (i64, big-endian), then the accumulators' states in order. The changelog has in the
//! value format what ksqlDB has there: the group's latest input row, then the states in their intermediate types.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::{Array, ArrayRef, BinaryArray, Int64Array, UInt32Array};
use arrow_buffer::BooleanBuffer;
use arrow_select::interleave::interleave;
use hashbrown::HashMap;
use weir_parser::ast::Expression;

use super::changelog::ValueCodec;
use super::latest::LatestRows;
use super::rows::{concat_tables, is_set, rows_where, some_unset, stream_columns, table_columns, take_arrays};
use super::time_window::{assign, size_ms};
use super::{CompiledExpression, Operator, StateOptions, StatefulProcessor, sift_failures};
use crate::aggregates::{Accumulators, ResolvedAggregate};
use crate::batch::{Batch, Header, RowHeaders, StreamBatch, TableBatch, TableSide, WindowBounds};
use crate::exec::TaskError;
use crate::exec::key_index::KeyIndex;
use crate::exec::processing_log::TaskLog;
use crate::exec::store::{StorePart, read_i64};
use crate::formats::{self, Decoder, Encoder, Format, SerdeOptions};
use crate::functions::RowFailure;
use crate::plan::{AggregateStep, WindowSpec, WindowSpecKind, row_schema};
use crate::topic::CommitUnit;
use crate::types::{Column, RowSchema};

/// Adds each row to its group (a table's old value is taken out first) and emits the group's new row.
pub(crate) struct AggregateProcessor {
    store: String,
    key_columns: Vec<Column>,
    key_encoder: Option<Box<dyn Encoder>>,
    key_decoder: Option<Box<dyn Decoder>>,
    /// Positions of the input's value columns in the input row.
    carried: Range<usize>,
    logged: Option<ValueCodec>,
    calls: Vec<Call>,
    window: Option<WindowSpec>,
    /// Somebody downstream needs old values.
    emits_old: bool,
    log_name: String,
}

struct Call {
    resolved: ResolvedAggregate,
    arguments: Vec<CompiledExpression>,
}

impl AggregateProcessor {
    pub fn new(
        step: &AggregateStep,
        (key_serde, value_format): (&SerdeOptions, &Format),
        emits_old: bool,
        log_name: String,
    ) -> Result<Self, TaskError> {
        if step.emit_final || matches!(step.window, Some(WindowSpec { kind: WindowSpecKind::Session { .. }, .. })) {
            return Err(TaskError::Plan("session windows and EMIT FINAL do not run yet".into()));
        }
        let schema = step.input.schema();
        let input = row_schema(schema, step.input.is_windowed());
        let calls: Vec<Call> =
            step.aggregates.iter().map(|call| compile_call(call, &input)).collect::<Result<_, _>>()?;
        let has_intermediate = |ResolvedAggregate { create, intermediate_type, .. }: &ResolvedAggregate| {
            create().intermediates(&[], intermediate_type).is_some()
        };
        let states = calls.iter().zip(&step.schema.value).map(|(call, result)| Column {
            name: result.name.clone(),
            data_type: call.resolved.intermediate_type.clone(),
        });
        let columns: Vec<Column> = schema.value.iter().cloned().chain(states).collect();
        let logged = if calls.iter().all(|call| has_intermediate(&call.resolved)) {
            ValueCodec::new(value_format, &columns, &step.store)
        } else {
            None
        };
        let keyed = !schema.key.is_empty();
        Ok(Self {
            store: step.store.clone(),
            key_columns: schema.key.clone(),
            key_encoder: keyed.then(|| formats::encoder(key_serde, &schema.key, true)).transpose()?,
            key_decoder: keyed.then(|| formats::decoder(key_serde, &schema.key, &step.store, true)).transpose()?,
            carried: schema.key.len()..schema.key.len() + schema.value.len(),
            logged,
            calls,
            window: step.window.clone(),
            emits_old,
            log_name,
        })
    }

    fn key_bytes(&self, keys: &[ArrayRef], rows: usize) -> Result<BinaryArray, TaskError> {
        match &self.key_encoder {
            Some(encoder) => encoder.encode(keys, None, rows).map_err(|e| TaskError::Record(e.message)),
            None => Ok(BinaryArray::from_iter_values(std::iter::repeat_n(b"", rows))),
        }
    }

    /// Key columns of stored key bytes.
    fn key_arrays(&self, stored: &[&[u8]]) -> Vec<ArrayRef> {
        let wanted: Vec<usize> = (0..self.key_columns.len()).collect();
        let keys = BinaryArray::from_iter_values(stored);
        self.key_decoder.as_ref().map_or_else(Vec::new, |decoder| decoder.decode(&keys, &wanted).columns)
    }

    fn window_bounds(&self, starts: Vec<i64>) -> Option<WindowBounds> {
        let size = size_ms(self.window.as_ref()?);
        let end = starts.iter().map(|start| start.saturating_add(size)).collect::<Vec<_>>().into();
        Some(WindowBounds { start: starts.into(), end })
    }

    /// Rows of committed entries (key bytes, window start, stored value).
    pub fn decode_rows(&self, entries: &[(Vec<u8>, i64, Vec<u8>)]) -> Result<TableBatch, TaskError> {
        let mut groups = Groups::new(self);
        groups.grow(entries.len());
        for (slot, (_, _, value)) in entries.iter().enumerate() {
            groups.decode(slot as u32, value)?;
        }
        let slots: Vec<u32> = (0..entries.len() as u32).collect();
        let stored: Vec<&[u8]> = entries.iter().map(|(key, ..)| key.as_slice()).collect();
        Ok(TableBatch {
            key: self.key_arrays(&stored),
            old: None,
            new: TableSide { columns: groups.columns(&slots), present: None },
            rowtime: groups.rowtime.clone().into(),
            window: self.window_bounds(entries.iter().map(|e| e.1).collect()),
            headers: None,
        })
    }

    pub fn key_columns(&self) -> &[Column] {
        &self.key_columns
    }
    pub fn window_size_ms(&self) -> Option<i64> {
        self.window.as_ref().map(size_ms)
    }
    /// Store bytes of one key.
    pub fn encode_key(&self, keys: &[ArrayRef]) -> Result<BinaryArray, TaskError> {
        self.key_bytes(keys, 1)
    }
}

fn compile_call(call: &crate::plan::AggregateCall, input: &RowSchema) -> Result<Call, TaskError> {
    let mut types = Vec::new();
    for argument in &call.arguments {
        types.push(crate::expr::expression_type(argument, input)?);
    }
    let resolved = resolve(call, &types)?;
    let arguments = call
        .arguments
        .iter()
        .enumerate()
        .map(|(i, argument)| match resolved.argument_types.get(i) {
            Some(wanted) if types[i].as_ref() != Some(wanted) => {
                let cast = Expression::Cast { value: Box::new(argument.clone()), data_type: wanted.to_data_type() };
                CompiledExpression::new(&cast, input)
            }
            _ => CompiledExpression::new(argument, input),
        })
        .collect::<Result<_, _>>()?;
    Ok(Call { resolved, arguments })
}

impl StatefulProcessor for AggregateProcessor {
    fn store_name(&self) -> &str {
        &self.store
    }
    fn retention_ms(&self) -> Option<i64> {
        self.window.as_ref().map(|window| window.retention_ms)
    }
    fn restore(&self, values: &BinaryArray, timestamps: &Int64Array) -> Result<BinaryArray, TaskError> {
        let Some(logged) = &self.logged else { return Ok(values.clone()) };
        let states: Vec<usize> = (self.carried.len()..self.carried.len() + self.calls.len()).collect();
        let there: Vec<u32> = (0..values.len()).filter(|&row| values.is_valid(row)).map(|row| row as u32).collect();
        let mut groups = Groups::new(self);
        groups.grow(values.len());
        groups.rowtime.copy_from_slice(timestamps.values());
        let columns = logged.decode(values, &states)?.columns;
        let rows = UInt32Array::from(there.clone());
        for ((accumulators, call), column) in groups.accumulators.iter_mut().zip(&self.calls).zip(&columns) {
            let column = super::rows::take_array(column, &rows);
            accumulators
                .restore(&there, &column, &call.resolved.intermediate_type)
                .ok_or_else(|| TaskError::corrupt("a changelog value is no state of its aggregate"))?;
        }
        let mut out = BinaryBuilder::with_capacity(values.len(), values.value_data().len());
        let mut stored = Vec::new();
        for row in 0..values.len() {
            if values.is_null(row) {
                out.append_null();
                continue;
            }
            stored.clear();
            groups.encode(row as u32, &mut stored);
            out.append_value(&stored);
        }
        Ok(out.finish())
    }
    fn open(self: Arc<Self>, store: StorePart, options: StateOptions) -> Box<dyn Operator> {
        Box::new(Aggregate {
            latest: (store.is_logged() && self.logged.is_some()).then(LatestRows::default),
            groups: Groups::new(&self),
            stream_time: store.meta.stream_time,
            processor: self,
            holds_all: store.opened_empty(),
            store,
            options,
            index: KeyIndex::default(),
            dirty: Vec::new(),
            accesses: 0,
            held_old: Vec::new(),
            held_headers: HashMap::new(),
            runs: Runs::default(),
            encoded: Vec::new(),
        })
    }
}

/// The state of groups in flat arrays, one place per slot.
struct Groups {
    /// Largest time of the group's records.
    rowtime: Vec<i64>,
    /// The group has had a record.
    exists: Vec<bool>,
    accumulators: Vec<Box<dyn Accumulators>>,
}

impl Groups {
    fn new(processor: &AggregateProcessor) -> Self {
        let accumulators = processor.calls.iter().map(|call| (call.resolved.create)()).collect();
        Self { rowtime: Vec::new(), exists: Vec::new(), accumulators }
    }

    fn grow(&mut self, slots: usize) {
        if slots > self.rowtime.len() {
            self.rowtime.resize(slots, i64::MIN);
            self.exists.resize(slots, false);
            self.accumulators.iter_mut().for_each(|a| a.resize(slots));
        }
    }

    fn reset(&mut self, slot: u32) {
        self.rowtime[slot as usize] = i64::MIN;
        self.exists[slot as usize] = false;
        self.accumulators.iter_mut().for_each(|a| a.reset(slot));
    }

    fn encode(&self, slot: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.rowtime[slot as usize].to_be_bytes());
        self.accumulators.iter().for_each(|a| a.encode(slot, out));
    }

    fn decode(&mut self, slot: u32, value: &[u8]) -> Result<(), TaskError> {
        let mut read = || {
            let rowtime = read_i64(value, 0)?;
            let mut rest = value.get(8..)?;
            self.rowtime[slot as usize] = rowtime;
            self.exists[slot as usize] = true;
            self.accumulators.iter_mut().try_for_each(|a| a.decode(slot, &mut rest))
        };
        read().ok_or_else(|| TaskError::corrupt("a stored aggregate does not decode"))
    }

    fn columns(&self, slots: &[u32]) -> Vec<ArrayRef> {
        self.accumulators.iter().map(|a| a.results(slots)).collect()
    }

    /// Heap bytes of `live` groups, roughly. Places that wait to be used again do not count: they are part of a size that
    /// was reached before.
    fn memory_bytes(&self, live: usize) -> usize {
        let slots = self.rowtime.len().max(1);
        let accumulators: usize = self.accumulators.iter().map(|a| a.memory_bytes()).sum();
        live * (size_of::<i64>() + size_of::<bool>() + accumulators / slots)
    }
}

/// The state of one task.
struct Aggregate {
    processor: Arc<AggregateProcessor>,
    store: StorePart,
    options: StateOptions,
    index: KeyIndex,
    groups: Groups,
    stream_time: i64,
    dirty: Vec<u32>,
    accesses: u64,
    /// Record cache with old values: rows as last emitted, of slots that changed since.
    held_old: Vec<(Vec<u32>, TableSide)>,
    held_headers: HashMap<u32, Arc<[Header]>>,
    /// Of dirty slots, if the changelog wants them.
    latest: Option<LatestRows>,
    /// Every group of the store is in memory: an unknown key is a new one.
    holds_all: bool,
    runs: Runs,
    /// The stored value that is being put together.
    encoded: Vec<u8>,
}

/// Rows on their way into groups, after windows multiplied or dropped them.
struct Input {
    key: Vec<ArrayRef>,
    slots: Vec<u32>,
    starts: Option<Vec<i64>>,
    rowtime: Int64Array,
    headers: Option<RowHeaders>,
    added: Side,
    removed: Option<Side>,
}

/// One side of the rows: what the accumulators and the changelog take from it.
struct Side {
    present: Option<BooleanBuffer>,
    arguments: Vec<Vec<ArrayRef>>,
    carried: Vec<ArrayRef>,
}

impl Aggregate {
    fn stream_input(&mut self, batch: StreamBatch, log: &mut TaskLog<'_>) -> Result<Option<Input>, TaskError> {
        let rows = batch.rows();
        let columns = stream_columns(&batch);
        let present = match (&batch.value_present, &batch.key_present) {
            (None, None) => None,
            (value, key) => super::rows::and_bits(value.as_ref(), key.as_ref()),
        };
        if let Some(present) = present {
            // Null keys and null values never reach a group.
            let kept = rows_where(rows, |row| present.value(row));
            if kept.is_empty() {
                return Ok(None);
            }
            let mut batch = super::rows::take_stream(&batch, &kept);
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
            rowtime = super::rows::take_i64(&rowtime, &rows);
            headers = super::rows::take_headers(headers.as_ref(), &rows);
            added = Side {
                present: None,
                arguments: added.arguments.iter().map(|a| take_arrays(a, &rows)).collect(),
                carried: take_arrays(&added.carried, &rows),
            };
        }
        Ok(Some(Input { key, slots, starts: Some(assigned.starts), rowtime, headers, added, removed: None }))
    }

    fn table_input(&mut self, batch: TableBatch, log: &mut TaskLog<'_>) -> Result<Option<Input>, TaskError> {
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

    /// The rows of groups as they are now.
    fn current(&self, slots: &[u32]) -> TableSide {
        let exists = BooleanBuffer::collect_bool(slots.len(), |i| self.groups.exists[slots[i] as usize]);
        TableSide { columns: self.groups.columns(slots), present: some_unset(exists) }
    }

    /// Notes the rows for the changelog: of each the new side, or the old one that was taken out.
    fn note_latest(&mut self, input: &Input) {
        let Some(latest) = &mut self.latest else { return };
        latest.compact(&self.dirty);
        let present = input.added.present.as_ref();
        let removed = input.removed.as_ref().map(|side| side.carried.as_slice());
        latest.note(&input.slots, self.index.slots(), (&input.added.carried, removed), |row| is_set(present, row));
    }

    /// The changelog's values of groups that changed since the last commit.
    fn logged_values(&self, slots: &[u32]) -> Result<BinaryArray, TaskError> {
        let (Some(logged), Some(latest)) = (&self.processor.logged, &self.latest) else {
            let mut out = BinaryBuilder::new();
            let mut stored = Vec::new();
            for &slot in slots {
                stored.clear();
                self.groups.encode(slot, &mut stored);
                out.append_value(&stored);
            }
            return Ok(out.finish());
        };
        let mut columns = latest.columns(slots);
        for (accumulators, call) in self.groups.accumulators.iter().zip(&self.processor.calls) {
            columns.extend(accumulators.intermediates(slots, &call.resolved.intermediate_type));
        }
        logged.encode(&columns, None, slots.len())
    }

    /// Applies rows `from..to`, among which no group may occur twice if one is also taken out of.
    fn apply(&mut self, input: &Input, from: usize, to: usize, log: &mut TaskLog<'_>) {
        if let Some(removed) = &input.removed {
            self.add(input, removed, from, to, true, log);
        }
        self.add(input, &input.added, from, to, false, log);
        for row in from..to {
            self.touch(input.slots[row], input.rowtime.value(row));
        }
    }

    /// Notes that a record of this time reached a group.
    fn touch(&mut self, slot: u32, time: i64) {
        let latest = &mut self.groups.rowtime[slot as usize];
        *latest = (*latest).max(time);
        self.groups.exists[slot as usize] = true;
        let entry = self.index.entry_mut(slot);
        if !std::mem::replace(&mut entry.dirty, true) {
            self.dirty.push(slot);
        }
    }

    fn log_failures(&self, failures: Vec<RowFailure>, log: &mut TaskLog<'_>) {
        for failure in failures {
            let message = format!("Error applying the aggregate to a record: {}", failure.message);
            log.record_error(&self.processor.log_name, message, &failure.message);
        }
    }

    fn add(&mut self, input: &Input, side: &Side, from: usize, to: usize, undo: bool, log: &mut TaskLog<'_>) {
        let whole = from == 0 && to == input.slots.len();
        let picked: Option<UInt32Array> = side.present.as_ref().map(|present| {
            let there = rows_where(to - from, |i| present.value(from + i));
            there.values().iter().map(|i| i + from as u32).collect::<Vec<_>>().into()
        });
        let slots: Vec<u32>;
        let slots: &[u32] = match &picked {
            Some(rows) => {
                slots = rows.values().iter().map(|&row| input.slots[row as usize]).collect();
                &slots
            }
            None => &input.slots[from..to],
        };
        let mut failures = Vec::new();
        for (accumulators, arguments) in self.groups.accumulators.iter_mut().zip(&side.arguments) {
            let part: Vec<ArrayRef> = match &picked {
                Some(rows) => take_arrays(arguments, rows),
                None if whole => arguments.clone(),
                None => arguments.iter().map(|a| a.slice(from, to - from)).collect(),
            };
            if undo {
                accumulators.undo(slots, &part);
            } else {
                accumulators.update(slots, &part);
            }
            failures.append(&mut accumulators.take_failures());
        }
        self.log_failures(failures, log);
    }

    /// Every change at once.
    fn emit_each(&mut self, input: &Input, log: &mut TaskLog<'_>) -> Option<Batch> {
        if input.removed.is_none() && input.added.present.is_none() {
            return Some(Batch::Table(self.emit_rows(input, log)));
        }
        self.emit_runs(input, log)
    }

    /// Every change of rows that are only added: the accumulators give their results around each row.
    fn emit_rows(&mut self, input: &Input, log: &mut TaskLog<'_>) -> TableBatch {
        let runs = self.runs.of(&input.slots, self.index.slots());
        let emits_old = self.processor.emits_old;
        let (mut old_columns, mut new_columns, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        for (accumulators, arguments) in self.groups.accumulators.iter_mut().zip(&input.added.arguments) {
            let emitted = accumulators.update_emitting(&input.slots, arguments, &runs, emits_old, &mut failures);
            old_columns.extend(emitted.old);
            new_columns.push(emitted.new);
        }
        self.log_failures(failures, log);
        let (mut rowtime, mut existed) = (Vec::with_capacity(input.slots.len()), Vec::new());
        for (row, &slot) in input.slots.iter().enumerate() {
            existed.push(self.groups.exists[slot as usize]);
            self.touch(slot, input.rowtime.value(row));
            rowtime.push(self.groups.rowtime[slot as usize]);
        }
        TableBatch {
            key: input.key.clone(),
            old: emits_old
                .then(|| TableSide { columns: old_columns, present: some_unset(BooleanBuffer::from(existed)) }),
            new: TableSide { columns: new_columns, present: None },
            rowtime: rowtime.into(),
            window: input.starts.as_ref().and_then(|starts| self.processor.window_bounds(starts.clone())),
            headers: input.headers.clone(),
        }
    }

    /// Every change, in runs of rows in which no group occurs twice.
    fn emit_runs(&mut self, input: &Input, log: &mut TaskLog<'_>) -> Option<Batch> {
        let mut parts: Vec<TableBatch> = Vec::new();
        for run in self.runs.of(&input.slots, self.index.slots()) {
            let (from, to) = (run.start, run.end);
            let slots = &input.slots[run];
            let old = self.processor.emits_old.then(|| self.current(slots));
            self.apply(input, from, to, log);
            parts.push(TableBatch {
                key: input.key.iter().map(|k| k.slice(from, to - from)).collect(),
                old,
                new: self.current(slots),
                rowtime: slots.iter().map(|&s| self.groups.rowtime[s as usize]).collect::<Vec<_>>().into(),
                window: input
                    .starts
                    .as_ref()
                    .and_then(|starts| self.processor.window_bounds(starts[from..to].to_vec())),
                headers: input.headers.as_ref().map(|headers| headers[from..to].to_vec()),
            });
        }
        let parts: Vec<&TableBatch> = parts.iter().collect();
        (!parts.is_empty()).then(|| Batch::Table(concat_tables(&parts)))
    }

    /// Keeps the changes for the next flush.
    fn hold(&mut self, input: &Input, log: &mut TaskLog<'_>) {
        let mut touched = Vec::new();
        for &slot in &input.slots {
            let entry = self.index.entry_mut(slot);
            if !std::mem::replace(&mut entry.pending, true) {
                touched.push(slot);
            }
        }
        if self.processor.emits_old && !touched.is_empty() {
            let side = self.current(&touched);
            self.held_old.push((touched, side));
        }
        match &input.headers {
            Some(headers) => self.held_headers.extend(input.slots.iter().copied().zip(headers.iter().cloned())),
            // The last record of a group gives the headers, if only by having none.
            None if !self.held_headers.is_empty() => {
                input.slots.iter().for_each(|slot| drop(self.held_headers.remove(slot)));
            }
            None => {}
        }
        if input.removed.is_none() {
            self.apply(input, 0, input.slots.len(), log);
            return;
        }
        for run in self.runs.of(&input.slots, self.index.slots()) {
            self.apply(input, run.start, run.end, log);
        }
    }

    /// Old sides of pending slots, in the order of `slots`.
    fn take_held_old(&mut self, slots: &[u32]) -> Option<TableSide> {
        let held = std::mem::take(&mut self.held_old);
        if !self.processor.emits_old || held.is_empty() {
            return None;
        }
        let mut places: HashMap<u32, (usize, usize)> = HashMap::new();
        for (part, (touched, _)) in held.iter().enumerate() {
            places.extend(touched.iter().enumerate().map(|(row, &slot)| (slot, (part, row))));
        }
        let places: Vec<(usize, usize)> = slots.iter().map(|slot| places[slot]).collect();
        let columns = (0..held[0].1.columns.len())
            .map(|column| {
                let parts: Vec<&dyn Array> = held.iter().map(|(_, side)| side.columns[column].as_ref()).collect();
                interleave(&parts, &places).expect("parts have one type")
            })
            .collect();
        let present =
            BooleanBuffer::collect_bool(places.len(), |i| is_set(held[places[i].0].1.present.as_ref(), places[i].1));
        Some(TableSide { columns, present: some_unset(present) })
    }

    fn forget(&mut self, slots: &[u32]) {
        for &slot in slots {
            self.groups.reset(slot);
            self.index.remove(slot);
        }
    }
}

/// Cuts rows into runs in which no slot occurs twice.
#[derive(Default)]
struct Runs {
    /// By slot: the run in which it was last seen.
    seen: Vec<u64>,
    run: u64,
}

impl Runs {
    /// Runs that cover all rows in order; slots are below `slot_count`.
    fn of(&mut self, slots: &[u32], slot_count: usize) -> Vec<Range<usize>> {
        self.seen.resize(slot_count.max(self.seen.len()), 0);
        self.run += 1;
        let (mut runs, mut from) = (Vec::new(), 0);
        for (row, &slot) in slots.iter().enumerate() {
            if self.seen[slot as usize] == self.run {
                runs.push(from..row);
                from = row;
                self.run += 1;
            }
            self.seen[slot as usize] = self.run;
        }
        if from < slots.len() {
            runs.push(from..slots.len());
        }
        runs
    }
}

impl Operator for Aggregate {
    fn process(&mut self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let input = match batch {
            Batch::Stream(batch) => self.stream_input(batch, log)?,
            Batch::Table(batch) => self.table_input(batch, log)?,
        };
        let Some(input) = input else { return Ok(None) };
        self.note_latest(&input);
        if self.options.record_cache {
            self.hold(&input, log);
            return Ok(None);
        }
        Ok(self.emit_each(&input, log))
    }

    fn flush(&mut self, _: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let mut slots: Vec<u32> = self.dirty.iter().copied().filter(|&s| self.index.entry(s).pending).collect();
        if slots.is_empty() {
            return Ok(None);
        }
        self.index.sort_by_access(&mut slots);
        let old = self.take_held_old(&slots);
        let stored: Vec<&[u8]> = slots.iter().map(|&s| self.index.entry(s).key.as_slice()).collect();
        let key = self.processor.key_arrays(&stored);
        let starts = slots.iter().map(|&s| self.index.entry(s).window).collect();
        let none: Arc<[Header]> = Arc::from([]);
        let headers = (!self.held_headers.is_empty()).then(|| {
            slots.iter().map(|s| self.held_headers.remove(s).unwrap_or_else(|| none.clone())).collect::<RowHeaders>()
        });
        for &slot in &slots {
            self.index.entry_mut(slot).pending = false;
        }
        Ok(Some(Batch::Table(TableBatch {
            key,
            old,
            new: self.current(&slots),
            rowtime: slots.iter().map(|&s| self.groups.rowtime[s as usize]).collect::<Vec<_>>().into(),
            window: self.processor.window_bounds(starts),
            headers,
        })))
    }

    fn commit(&mut self, unit: &mut CommitUnit) -> Result<(), TaskError> {
        self.store.advance(self.stream_time);
        self.store.reserve(self.dirty.len());
        let written = std::mem::take(&mut self.dirty);
        let values =
            if self.store.is_logged() && !written.is_empty() { Some(self.logged_values(&written)?) } else { None };
        for &slot in &written {
            let entry = self.index.entry_mut(slot);
            entry.dirty = false;
            self.encoded.clear();
            self.groups.encode(slot, &mut self.encoded);
            let time = self.groups.rowtime[slot as usize];
            self.store.write(entry.key.as_slice(), entry.window, Some(&self.encoded), time);
        }
        if let Some(oldest) = self.store.expire() {
            let spec = self.store.spec.clone();
            let gone = self.index.select(|entry| spec.segment_of(entry.window).is_some_and(|s| s < oldest));
            self.forget(&gone);
        }
        if let Some(latest) = &mut self.latest {
            latest.clear();
        }
        self.store.commit(unit, || Ok(values.unwrap_or_else(|| BinaryArray::new_null(0))))
    }

    fn committed(&mut self) {
        if self.options.budget.is_exceeded() {
            self.holds_all = false;
            let old = self.index.oldest_clean(self.index.len() / 2 + 1);
            self.forget(&old);
        }
    }

    fn memory_bytes(&self) -> usize {
        let latest = self.latest.as_ref().map_or(0, LatestRows::memory_bytes);
        self.index.memory_bytes() + self.groups.memory_bytes(self.index.len()) + latest
    }
}

fn resolve(
    call: &crate::plan::AggregateCall,
    types: &[Option<crate::types::SqlType>],
) -> Result<ResolvedAggregate, TaskError> {
    let function = crate::aggregates::find(&call.function)
        .ok_or_else(|| TaskError::Plan(format!("there is no aggregate function {}", call.function)))?;
    let constant = |e: &Expression| crate::expr::evaluate_constant(e).map(|(value, _)| value);
    let literals = call.literals.iter().map(constant).collect::<Result<Vec<_>, _>>()?;
    let resolved = (function.resolve)(types, &literals).map_err(TaskError::Plan)?;
    Ok(match call.limit {
        Some(limit) => resolved.limited(usize::try_from(limit).unwrap_or(usize::MAX)),
        None => resolved,
    })
}
