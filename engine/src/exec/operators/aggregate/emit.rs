//! Changes told one by one, without a record cache.

use std::ops::Range;

use arrow_buffer::BooleanBuffer;

use super::super::rows::{concat_tables, some_unset};
use super::Aggregate;
use super::input::Input;
use crate::batch::{Batch, TableBatch, TableSide};
use crate::exec::processing_log::TaskLog;

impl Aggregate {
    /// Every change at once.
    pub(super) fn emit_each(&mut self, input: &Input, log: &mut TaskLog<'_>) -> Option<Batch> {
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
}

/// Cuts rows into runs in which no slot occurs twice.
#[derive(Default)]
pub(super) struct Runs {
    /// By slot: the run in which it was last seen.
    seen: Vec<u64>,
    run: u64,
}

impl Runs {
    /// Runs that cover all rows in order; slots are below `slot_count`.
    pub fn of(&mut self, slots: &[u32], slot_count: usize) -> Vec<Range<usize>> {
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
