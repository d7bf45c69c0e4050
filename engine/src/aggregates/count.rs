//! `COUNT`: rows whose argument is not NULL, or all rows without an argument.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, Int64Array};

use super::codec::Fixed;
use super::{Accumulators, Emitted};
use crate::functions::RowFailure;
use crate::types::SqlType;

#[derive(Default)]
pub struct Count {
    counts: Vec<i64>,
}

impl Count {
    fn bump(&mut self, slot: u32, by: i64) {
        let count = &mut self.counts[slot as usize];
        *count = count.wrapping_add(by);
    }
    fn shift(&mut self, slots: &[u32], arguments: &[ArrayRef], by: i64) {
        match arguments.first().and_then(|array| array.nulls()).filter(|nulls| nulls.null_count() > 0) {
            None => slots.iter().for_each(|slot| self.bump(*slot, by)),
            Some(nulls) => {
                for (slot, valid) in slots.iter().zip(nulls) {
                    self.bump(*slot, if valid { by } else { 0 });
                }
            }
        }
    }
}

impl Accumulators for Count {
    fn resize(&mut self, slots: usize) {
        self.counts.resize(slots, 0);
    }
    fn reset(&mut self, slot: u32) {
        self.counts[slot as usize] = 0;
    }
    fn update(&mut self, slots: &[u32], arguments: &[ArrayRef]) {
        self.shift(slots, arguments, 1);
    }
    fn undo(&mut self, slots: &[u32], arguments: &[ArrayRef]) {
        self.shift(slots, arguments, -1);
    }
    fn merge(&mut self, into: u32, from: u32) {
        if into != from {
            self.bump(into, self.counts[from as usize]);
        }
    }
    fn results(&self, slots: &[u32]) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(slots.iter().map(|slot| self.counts[*slot as usize])))
    }
    fn encode(&self, slot: u32, out: &mut Vec<u8>) {
        self.counts[slot as usize].put(out);
    }
    fn decode(&mut self, slot: u32, bytes: &mut &[u8]) -> Option<()> {
        self.counts[slot as usize] = i64::take(bytes)?;
        Some(())
    }
    fn intermediates(&self, slots: &[u32], _: &SqlType) -> Option<ArrayRef> {
        Some(self.results(slots))
    }
    fn restore(&mut self, slots: &[u32], states: &ArrayRef, _: &SqlType) -> Option<()> {
        let states = states.as_primitive_opt::<Int64Type>().filter(|states| states.null_count() == 0)?;
        slots.iter().zip(states.values()).for_each(|(slot, count)| self.counts[*slot as usize] = *count);
        Some(())
    }
    fn memory_bytes(&self) -> usize {
        self.counts.capacity() * size_of::<i64>()
    }
    fn update_emitting(
        &mut self,
        slots: &[u32],
        arguments: &[ArrayRef],
        _runs: &[Range<usize>],
        with_old: bool,
        _failures: &mut Vec<RowFailure>,
    ) -> Emitted {
        let nulls = arguments.first().and_then(|array| array.nulls());
        let mut old = Vec::with_capacity(if with_old { slots.len() } else { 0 });
        let mut new = Vec::with_capacity(slots.len());
        for (row, slot) in slots.iter().enumerate() {
            let count = &mut self.counts[*slot as usize];
            if with_old {
                old.push(*count);
            }
            *count = count.wrapping_add(i64::from(nulls.is_none_or(|nulls| nulls.is_valid(row))));
            new.push(*count);
        }
        let array = |counts: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(counts)) };
        Emitted { old: with_old.then(|| array(old)), new: array(new) }
    }
}
