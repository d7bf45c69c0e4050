//! The accumulators of one query, run together over batches.

use std::ops::Range;

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_select::concat::concat;
use arrow_select::take::take;

use super::{Accumulators, Emitted, ResolvedAggregate};
use crate::functions::RowFailure;

/// First byte of an encoded slot.
const VERSION: u8 = 1;

/// All aggregates of a query: one accumulator each, slot i of all of them belonging to group i.
///
/// Arguments come as one list of arrays per aggregate, each array with one row per slot given.
pub struct AggregateSet {
    accumulators: Vec<Box<dyn Accumulators>>,
    slots: usize,
    failures: Vec<RowFailure>,
    /// The run in which a slot was last seen.
    seen: Vec<u32>,
    run: u32,
}

/// What table changes do to groups, in order. A change whose group stays is one step; one that moves a row between
/// groups is two, the old group first.
pub struct TableSteps {
    /// The group of each step.
    pub slots: Vec<u32>,
    /// The change that each step comes from.
    pub rows: Vec<u32>,
    /// Whether the change's old row is taken out.
    pub undo: Vec<bool>,
    /// Whether the change's new row is added.
    pub add: Vec<bool>,
}

impl TableSteps {
    /// Of the groups of each change's old and new row; `None`: there is no such row, or it belongs to no group.
    pub fn of_changes(old: &[Option<u32>], new: &[Option<u32>]) -> Self {
        let mut steps = Self { slots: Vec::new(), rows: Vec::new(), undo: Vec::new(), add: Vec::new() };
        for (row, (old, new)) in old.iter().zip(new).enumerate() {
            match (*old, *new) {
                (Some(old), Some(new)) if old == new => steps.push(new, row, true, true),
                (old, new) => {
                    if let Some(old) = old {
                        steps.push(old, row, true, false);
                    }
                    if let Some(new) = new {
                        steps.push(new, row, false, true);
                    }
                }
            }
        }
        steps
    }

    fn push(&mut self, slot: u32, row: usize, undo: bool, add: bool) {
        self.slots.push(slot);
        self.rows.push(row as u32);
        self.undo.push(undo);
        self.add.push(add);
    }

    /// The steps of `run` of one kind: their slots, and the rows of the changes.
    fn part(&self, run: &Range<usize>, kind: &[bool]) -> (Vec<u32>, UInt32Array) {
        let steps = run.clone().filter(|step| kind[*step]);
        let (slots, rows): (Vec<u32>, Vec<u32>) = steps.map(|step| (self.slots[step], self.rows[step])).unzip();
        (slots, UInt32Array::from(rows))
    }
}

impl AggregateSet {
    pub fn new(aggregates: &[ResolvedAggregate]) -> Self {
        let accumulators = aggregates.iter().map(|aggregate| (aggregate.create)()).collect();
        Self { accumulators, slots: 0, failures: Vec::new(), seen: Vec::new(), run: 0 }
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Makes room for `slots` groups; new ones are in the initial state.
    pub fn resize(&mut self, slots: usize) {
        self.accumulators.iter_mut().for_each(|accumulators| accumulators.resize(slots));
        self.seen.resize(slots, 0);
        self.slots = slots;
    }

    /// Puts a slot back to the initial state.
    pub fn reset(&mut self, slot: u32) {
        self.accumulators.iter_mut().for_each(|accumulators| accumulators.reset(slot));
    }

    /// Merges `from` into `into`; see `Accumulators::merge` for sessions.
    pub fn merge(&mut self, into: u32, from: u32) {
        self.accumulators.iter_mut().for_each(|accumulators| accumulators.merge(into, from));
    }

    /// Appends the state of a slot: a version byte, then each aggregate's state.
    pub fn encode(&self, slot: u32, out: &mut Vec<u8>) {
        out.push(VERSION);
        self.accumulators.iter().for_each(|accumulators| accumulators.encode(slot, out));
    }

    /// Reads what `encode` wrote, leaving `bytes` behind it. `None`: it does not decode; the slot is in the initial state.
    pub fn decode(&mut self, slot: u32, bytes: &mut &[u8]) -> Option<()> {
        let read = self.decode_all(slot, bytes);
        if read.is_none() {
            self.reset(slot);
        }
        read
    }

    fn decode_all(&mut self, slot: u32, bytes: &mut &[u8]) -> Option<()> {
        let (version, mut rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        for accumulators in &mut self.accumulators {
            accumulators.decode(slot, &mut rest)?;
        }
        *bytes = rest;
        Some(())
    }

    /// Adds row i of the arguments to group `slots[i]`, in row order.
    pub fn update(&mut self, slots: &[u32], arguments: &[Vec<ArrayRef>]) {
        for (accumulators, arguments) in self.accumulators.iter_mut().zip(arguments) {
            accumulators.update(slots, arguments);
            self.failures.append(&mut accumulators.take_failures());
        }
    }

    /// The results of these groups: a column per aggregate, a row per slot.
    pub fn results(&self, slots: &[u32]) -> Vec<ArrayRef> {
        self.accumulators.iter().map(|accumulators| accumulators.results(slots)).collect()
    }

    /// `update`; the results of each row's group just after that row.
    pub fn update_emitting(&mut self, slots: &[u32], arguments: &[Vec<ArrayRef>]) -> Vec<ArrayRef> {
        self.emit(slots, arguments, false).into_iter().map(|emitted| emitted.new).collect()
    }

    /// `update`; the results of each row's group just before and just after that row.
    pub fn update_emitting_with_old(
        &mut self,
        slots: &[u32],
        arguments: &[Vec<ArrayRef>],
    ) -> (Vec<ArrayRef>, Vec<ArrayRef>) {
        let emitted = self.emit(slots, arguments, true);
        emitted.into_iter().filter_map(|emitted| Some((emitted.old?, emitted.new))).unzip()
    }

    fn emit(&mut self, slots: &[u32], arguments: &[Vec<ArrayRef>], with_old: bool) -> Vec<Emitted> {
        let runs = self.runs(slots);
        let Self { accumulators, failures, .. } = self;
        let all = accumulators.iter_mut().zip(arguments);
        all.map(|(one, arguments)| one.update_emitting(slots, arguments, &runs, with_old, failures)).collect()
    }

    /// Takes old rows out and adds new ones; `old` and `new` are the arguments of the changes' rows on either side.
    pub fn undo_then_update(&mut self, steps: &TableSteps, old: &[Vec<ArrayRef>], new: &[Vec<ArrayRef>]) {
        for run in self.runs(&steps.slots) {
            let (undo, add) = (steps.part(&run, &steps.undo), steps.part(&run, &steps.add));
            for (i, accumulators) in self.accumulators.iter_mut().enumerate() {
                step(&mut **accumulators, &undo, &old[i], &add, &new[i], &mut self.failures);
            }
        }
    }

    /// `undo_then_update`; the results of each step's group just before and just after it.
    pub fn undo_then_update_emitting(
        &mut self,
        steps: &TableSteps,
        old: &[Vec<ArrayRef>],
        new: &[Vec<ArrayRef>],
    ) -> (Vec<ArrayRef>, Vec<ArrayRef>) {
        let mut emissions: Vec<Emission> = self.accumulators.iter().map(|_| Emission::new(true)).collect();
        for run in self.runs(&steps.slots) {
            let (undo, add) = (steps.part(&run, &steps.undo), steps.part(&run, &steps.add));
            let slots = &steps.slots[run];
            for (i, (accumulators, emission)) in self.accumulators.iter_mut().zip(&mut emissions).enumerate() {
                emission.before(accumulators.results_if(true, slots));
                step(&mut **accumulators, &undo, &old[i], &add, &new[i], &mut self.failures);
                emission.after(accumulators.results(slots));
            }
        }
        let all = self.accumulators.iter().zip(emissions);
        let emitted = all.map(|(accumulators, emission)| emission.finish(|| accumulators.results(&[])));
        emitted.filter_map(|emitted| Some((emitted.old?, emitted.new))).unzip()
    }

    /// Rows since the last call that could not be added or taken out, and why; for table changes, the change's row.
    pub fn take_failures(&mut self) -> Vec<RowFailure> {
        std::mem::take(&mut self.failures)
    }

    /// Heap bytes held, roughly.
    pub fn memory_bytes(&self) -> usize {
        self.accumulators.iter().map(|accumulators| accumulators.memory_bytes()).sum::<usize>()
            + self.seen.capacity() * 4
    }

    /// Cuts rows into runs, as long as possible, in which no slot repeats.
    fn runs(&mut self, slots: &[u32]) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut start = 0;
        self.begin_run();
        for (row, slot) in slots.iter().enumerate() {
            if self.seen[*slot as usize] == self.run {
                runs.push(start..row);
                start = row;
                self.begin_run();
            }
            self.seen[*slot as usize] = self.run;
        }
        if start < slots.len() {
            runs.push(start..slots.len());
        }
        runs
    }

    fn begin_run(&mut self) {
        self.run = self.run.wrapping_add(1);
        if self.run == 0 {
            self.seen.fill(0);
            self.run = 1;
        }
    }
}

type Part = (Vec<u32>, UInt32Array);

/// One run of table steps on one accumulator.
fn step(
    accumulators: &mut dyn Accumulators,
    undo: &Part,
    old: &[ArrayRef],
    add: &Part,
    new: &[ArrayRef],
    failures: &mut Vec<RowFailure>,
) {
    if !undo.0.is_empty() {
        accumulators.undo(&undo.0, &rows(old, &undo.1));
        failures.extend(accumulators.take_failures().into_iter().map(|failure| of_change(failure, &undo.1)));
    }
    if !add.0.is_empty() {
        accumulators.update(&add.0, &rows(new, &add.1));
        failures.extend(accumulators.take_failures().into_iter().map(|failure| of_change(failure, &add.1)));
    }
}

fn rows(arrays: &[ArrayRef], rows: &UInt32Array) -> Vec<ArrayRef> {
    arrays.iter().map(|array| take(array, rows, None).expect("steps are of rows of the changes")).collect()
}

fn of_change(failure: RowFailure, rows: &UInt32Array) -> RowFailure {
    RowFailure { row: rows.value(failure.row as usize), message: failure.message }
}

/// Failures of a part of a batch that begins at row `start`.
pub(super) fn shifted(failures: Vec<RowFailure>, start: usize) -> impl Iterator<Item = RowFailure> {
    failures.into_iter().map(move |f| RowFailure { row: f.row + start as u32, message: f.message })
}

/// Collects results run by run.
pub(super) struct Emission {
    old: Option<Vec<ArrayRef>>,
    new: Vec<ArrayRef>,
}

impl Emission {
    pub fn new(with_old: bool) -> Self {
        Self { old: with_old.then(Vec::new), new: Vec::new() }
    }
    pub fn before(&mut self, results: Option<ArrayRef>) {
        if let (Some(old), Some(results)) = (&mut self.old, results) {
            old.push(results);
        }
    }
    pub fn after(&mut self, results: ArrayRef) {
        self.new.push(results);
    }
    /// `empty` gives no rows of the right type.
    pub fn finish(self, empty: impl Fn() -> ArrayRef) -> Emitted {
        let joined = |parts: Vec<ArrayRef>| match parts.as_slice() {
            [] => empty(),
            [only] => only.clone(),
            _ => {
                let parts: Vec<&dyn Array> = parts.iter().map(|part| &**part).collect();
                concat(&parts).expect("results of one aggregate have one type")
            }
        };
        Emitted { old: self.old.map(&joined), new: joined(self.new) }
    }
}
