//! Changes held back by the record cache, told once per group at the next flush.

use std::sync::Arc;

use arrow_array::Array;
use arrow_buffer::BooleanBuffer;
use arrow_select::interleave::interleave;
use hashbrown::HashMap;

use super::super::rows::{is_set, some_unset};
use super::Aggregate;
use super::input::Input;
use crate::batch::{Batch, Header, RowHeaders, TableBatch, TableSide};
use crate::exec::processing_log::TaskLog;

/// The record cache: rows as last emitted, of slots that changed since, and the headers of their last records.
#[derive(Default)]
pub(super) struct Held {
    /// Only if somebody downstream needs old values.
    old: Vec<(Vec<u32>, TableSide)>,
    headers: HashMap<u32, Arc<[Header]>>,
}

impl Aggregate {
    /// Keeps the changes for the next flush.
    pub(super) fn hold(&mut self, input: &Input, log: &mut TaskLog<'_>) {
        let mut touched = Vec::new();
        for &slot in &input.slots {
            let entry = self.index.entry_mut(slot);
            if !std::mem::replace(&mut entry.pending, true) {
                touched.push(slot);
            }
        }
        if self.processor.emits_old && !touched.is_empty() {
            let side = self.current(&touched);
            self.held.old.push((touched, side));
        }
        match &input.headers {
            Some(headers) => self.held.headers.extend(input.slots.iter().copied().zip(headers.iter().cloned())),
            // The last record of a group gives the headers, if only by having none.
            None if !self.held.headers.is_empty() => {
                input.slots.iter().for_each(|slot| drop(self.held.headers.remove(slot)));
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
        let held = std::mem::take(&mut self.held.old);
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

    /// The rows that changed since the last flush, each once.
    pub(super) fn flush_held(&mut self) -> Option<Batch> {
        let mut slots: Vec<u32> = self.dirty.iter().copied().filter(|&s| self.index.entry(s).pending).collect();
        if slots.is_empty() {
            return None;
        }
        self.index.sort_by_access(&mut slots);
        let old = self.take_held_old(&slots);
        let stored: Vec<&[u8]> = slots.iter().map(|&s| self.index.entry(s).key.as_slice()).collect();
        let key = self.processor.key_arrays(&stored);
        let starts = slots.iter().map(|&s| self.index.entry(s).window).collect();
        let none: Arc<[Header]> = Arc::from([]);
        let headers = (!self.held.headers.is_empty()).then(|| {
            slots.iter().map(|s| self.held.headers.remove(s).unwrap_or_else(|| none.clone())).collect::<RowHeaders>()
        });
        for &slot in &slots {
            self.index.entry_mut(slot).pending = false;
        }
        Some(Batch::Table(TableBatch {
            key,
            old,
            new: self.current(&slots),
            rowtime: slots.iter().map(|&s| self.groups.rowtime[s as usize]).collect::<Vec<_>>().into(),
            window: self.processor.window_bounds(starts),
            headers,
        }))
    }
}
