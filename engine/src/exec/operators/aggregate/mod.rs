//! Aggregation per group, or per group and time window: flat accumulators behind a hash index, a store behind those.
//!
//! A stored value is the group's time (i64, big-endian), then the accumulators' states in order. The changelog has in the
//! value format what ksqlDB has there: the group's latest input row, then the states in their intermediate types.

mod emit;
mod groups;
mod held;
mod input;
mod processor;

use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::{Array, ArrayRef, BinaryArray, UInt32Array};
use arrow_buffer::BooleanBuffer;

use super::latest::LatestRows;
use super::rows::{is_set, rows_where, some_unset, take_arrays};
use super::{Operator, StateOptions};
use crate::batch::{Batch, TableSide};
use crate::exec::TaskError;
use crate::exec::key_index::KeyIndex;
use crate::exec::processing_log::TaskLog;
use crate::exec::store::StorePart;
use crate::functions::RowFailure;
use crate::topic::CommitUnit;

use emit::Runs;
use groups::Groups;
use held::Held;
use input::{Input, Side};
pub(crate) use processor::AggregateProcessor;

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
    held: Held,
    /// Of dirty slots, if the changelog wants them.
    latest: Option<LatestRows>,
    /// Every group of the store is in memory: an unknown key is a new one.
    holds_all: bool,
    runs: Runs,
    /// The stored value that is being put together.
    encoded: Vec<u8>,
}

impl Aggregate {
    fn new(processor: Arc<AggregateProcessor>, store: StorePart, options: StateOptions) -> Self {
        Self {
            latest: (store.is_logged() && processor.logged.is_some()).then(LatestRows::default),
            groups: Groups::new(&processor),
            stream_time: store.meta.stream_time,
            processor,
            holds_all: store.opened_empty(),
            store,
            options,
            index: KeyIndex::default(),
            dirty: Vec::new(),
            accesses: 0,
            held: Held::default(),
            runs: Runs::default(),
            encoded: Vec::new(),
        }
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

    fn forget(&mut self, slots: &[u32]) {
        for &slot in slots {
            self.groups.reset(slot);
            self.index.remove(slot);
        }
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
        Ok(self.flush_held())
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
