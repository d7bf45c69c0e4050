//! Accumulators made of one state per slot, for the aggregates that are not pure arithmetic; and the loops of those that
//! are.

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, PrimitiveArray};

use super::Accumulators;
use crate::functions::RowFailure;
use crate::types::{SqlType, Value, values_to_array};

/// What one group does with a row. `self` holds what all groups share: types, limits, counters.
pub trait Fold: Send {
    type State: Send;

    fn initial(&self) -> Self::State;
    fn add(&mut self, state: &mut Self::State, arguments: &[ArrayRef], row: usize);
    /// Takes a row back out.
    ///
    /// # Errors
    /// Why the row cannot be taken out of this state.
    fn remove(&mut self, _state: &mut Self::State, _arguments: &[ArrayRef], _row: usize) -> Result<(), String> {
        Err("the aggregate cannot take rows back".to_owned())
    }
    fn merge(&mut self, into: &mut Self::State, from: &Self::State);
    fn result(&self, state: &Self::State) -> Value;
    fn put(&self, state: &Self::State, out: &mut Vec<u8>);
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Self::State>;
    /// Whether `intermediate` and `restore` are there.
    const HAS_INTERMEDIATE: bool = false;
    /// A state as ksqlDB keeps it, of the aggregate's intermediate type.
    fn intermediate(&self, _state: &Self::State) -> Value {
        Value::Null
    }
    /// Reads what `intermediate` gave. `None`: it is no state.
    fn restore(&mut self, _state: Value) -> Option<Self::State> {
        None
    }
    fn heap_bytes(&self, state: &Self::State) -> usize;
    fn limit_values(&mut self, _limit: usize) {}
}

/// The accumulators of a fold.
pub struct Folded<F: Fold> {
    fold: F,
    states: Vec<F::State>,
    return_type: SqlType,
    failures: Vec<RowFailure>,
}

impl<F: Fold> Folded<F> {
    pub fn new(fold: F, return_type: SqlType) -> Self {
        Self { fold, states: Vec::new(), return_type, failures: Vec::new() }
    }
}

impl<F: Fold> Accumulators for Folded<F> {
    fn resize(&mut self, slots: usize) {
        let fold = &self.fold;
        self.states.resize_with(slots, || fold.initial());
    }
    fn reset(&mut self, slot: u32) {
        self.states[slot as usize] = self.fold.initial();
    }
    fn update(&mut self, slots: &[u32], arguments: &[ArrayRef]) {
        for (row, slot) in slots.iter().enumerate() {
            self.fold.add(&mut self.states[*slot as usize], arguments, row);
        }
    }
    fn undo(&mut self, slots: &[u32], arguments: &[ArrayRef]) {
        for (row, slot) in slots.iter().enumerate() {
            if let Err(message) = self.fold.remove(&mut self.states[*slot as usize], arguments, row) {
                self.failures.push(RowFailure { row: row as u32, message });
            }
        }
    }
    fn merge(&mut self, into: u32, from: u32) {
        if into == from {
            return;
        }
        let [into, from] = self
            .states
            .get_disjoint_mut([into as usize, from as usize])
            .expect("merged slots are below the number of slots");
        self.fold.merge(into, from);
    }
    fn results(&self, slots: &[u32]) -> ArrayRef {
        let values: Vec<Value> = slots.iter().map(|slot| self.fold.result(&self.states[*slot as usize])).collect();
        values_to_array(&self.return_type, &values)
    }
    fn encode(&self, slot: u32, out: &mut Vec<u8>) {
        self.fold.put(&self.states[slot as usize], out);
    }
    fn decode(&mut self, slot: u32, bytes: &mut &[u8]) -> Option<()> {
        self.states[slot as usize] = self.fold.take(bytes)?;
        Some(())
    }
    fn intermediates(&self, slots: &[u32], intermediate_type: &SqlType) -> Option<ArrayRef> {
        let value = |slot: &u32| self.fold.intermediate(&self.states[*slot as usize]);
        F::HAS_INTERMEDIATE.then(|| values_to_array(intermediate_type, &slots.iter().map(value).collect::<Vec<_>>()))
    }
    fn restore(&mut self, slots: &[u32], states: &ArrayRef, intermediate_type: &SqlType) -> Option<()> {
        for (row, slot) in slots.iter().enumerate() {
            self.states[*slot as usize] = self.fold.restore(Value::from_array(states, row, intermediate_type))?;
        }
        Some(())
    }
    fn memory_bytes(&self) -> usize {
        let behind: usize = self.states.iter().map(|state| self.fold.heap_bytes(state)).sum();
        self.states.capacity() * size_of::<F::State>() + behind
    }
    fn take_failures(&mut self) -> Vec<RowFailure> {
        std::mem::take(&mut self.failures)
    }
    fn limit_values(&mut self, limit: usize) {
        self.fold.limit_values(limit);
    }
}

/// Calls `visit(row, slot, value)` for each row that is not NULL, in order; without a branch per row if none is.
#[inline]
pub fn for_each_number<T: ArrowPrimitiveType>(
    slots: &[u32],
    array: &PrimitiveArray<T>,
    mut visit: impl FnMut(usize, usize, T::Native),
) {
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => {
            for (row, (slot, value)) in slots.iter().zip(array.values()).enumerate() {
                visit(row, *slot as usize, *value);
            }
        }
        Some(nulls) => {
            for (row, ((slot, value), valid)) in slots.iter().zip(array.values()).zip(nulls).enumerate() {
                if valid {
                    visit(row, *slot as usize, *value);
                }
            }
        }
    }
}
