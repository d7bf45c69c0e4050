//! The state of groups in flat arrays.

use arrow_array::ArrayRef;

use crate::aggregates::Accumulators;
use crate::exec::TaskError;
use crate::exec::store::read_i64;

use super::AggregateProcessor;

/// The state of groups in flat arrays, one place per slot.
pub(super) struct Groups {
    /// Largest time of the group's records.
    pub rowtime: Vec<i64>,
    /// The group has had a record.
    pub exists: Vec<bool>,
    pub accumulators: Vec<Box<dyn Accumulators>>,
}

impl Groups {
    pub fn new(processor: &AggregateProcessor) -> Self {
        let accumulators = processor.calls.iter().map(|call| (call.resolved.create)()).collect();
        Self { rowtime: Vec::new(), exists: Vec::new(), accumulators }
    }

    pub fn grow(&mut self, slots: usize) {
        if slots > self.rowtime.len() {
            self.rowtime.resize(slots, i64::MIN);
            self.exists.resize(slots, false);
            self.accumulators.iter_mut().for_each(|a| a.resize(slots));
        }
    }

    pub fn reset(&mut self, slot: u32) {
        self.rowtime[slot as usize] = i64::MIN;
        self.exists[slot as usize] = false;
        self.accumulators.iter_mut().for_each(|a| a.reset(slot));
    }

    pub fn encode(&self, slot: u32, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.rowtime[slot as usize].to_be_bytes());
        self.accumulators.iter().for_each(|a| a.encode(slot, out));
    }

    pub fn decode(&mut self, slot: u32, value: &[u8]) -> Result<(), TaskError> {
        let mut read = || {
            let rowtime = read_i64(value, 0)?;
            let mut rest = value.get(8..)?;
            self.rowtime[slot as usize] = rowtime;
            self.exists[slot as usize] = true;
            self.accumulators.iter_mut().try_for_each(|a| a.decode(slot, &mut rest))
        };
        read().ok_or_else(|| TaskError::corrupt("a stored aggregate does not decode"))
    }

    pub fn columns(&self, slots: &[u32]) -> Vec<ArrayRef> {
        self.accumulators.iter().map(|a| a.results(slots)).collect()
    }

    /// Heap bytes of `live` groups, roughly. Places that wait to be used again do not count: they are part of a size that
    /// was reached before.
    pub fn memory_bytes(&self, live: usize) -> usize {
        let slots = self.rowtime.len().max(1);
        let accumulators: usize = self.accumulators.iter().map(|a| a.memory_bytes()).sum();
        live * (size_of::<i64>() + size_of::<bool>() + accumulators / slots)
    }
}
