//! Accumulators over one numeric argument: flat arrays of states, tight loops, nothing allocated per row.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, PrimitiveArray, StructArray};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::fold::for_each_number;
use super::{Accumulators, Emitted};
use crate::functions::RowFailure;
use crate::types::{SqlType, arrow_type};

/// Arithmetic of one group over numbers that are not NULL.
pub trait Arithmetic: Send {
    type Input: ArrowPrimitiveType;
    type Output: ArrowPrimitiveType;
    type State: Copy + Default + Send;
    /// Whether `result` can be NULL.
    const NULLABLE: bool = false;

    /// `false`: the number cannot be added; the state is as before.
    fn add(&self, state: &mut Self::State, number: In<Self>) -> bool;
    /// The inverse of `add`, where there is one.
    fn remove(&self, state: &mut Self::State, number: In<Self>) -> bool;
    fn merge(&self, into: &mut Self::State, from: Self::State);
    fn result(&self, state: Self::State) -> Option<Out<Self>>;
    fn put(&self, state: Self::State, out: &mut Vec<u8>);
    fn take(&self, bytes: &mut &[u8]) -> Option<Self::State>;
    /// States in ksqlDB's intermediate type: `data_type` in Arrow.
    fn intermediates(&self, states: &[Self::State], data_type: &DataType) -> ArrayRef;
    /// Reads what `intermediates` gave. `None`: it is no state.
    fn restore(&self, states: &ArrayRef) -> Option<Vec<Self::State>>;
    /// Why `add` or `remove` gave `false`.
    fn failure(&self, _state: Self::State, _number: In<Self>) -> String {
        String::new()
    }
}

/// Numbers as a column that is never NULL.
pub fn plain_column<T: ArrowPrimitiveType>(numbers: Vec<T::Native>, data_type: &DataType) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(numbers), None).with_data_type(data_type.clone()))
}

/// The numbers of a column without NULLs.
pub fn plain_numbers<T: ArrowPrimitiveType>(column: &ArrayRef) -> Option<&[T::Native]> {
    let numbers = column.as_primitive_opt::<T>().filter(|numbers| numbers.null_count() == 0)?;
    Some(numbers.values())
}

/// The columns of a STRUCT without NULLs.
pub fn struct_columns(column: &ArrayRef) -> Option<&[ArrayRef]> {
    let structs = column.as_struct_opt().filter(|structs| structs.null_count() == 0)?;
    Some(structs.columns())
}

/// Columns as a STRUCT of `data_type`.
pub fn struct_of(data_type: &DataType, columns: Vec<ArrayRef>) -> ArrayRef {
    let DataType::Struct(fields) = data_type else { unreachable!("the intermediate type is a STRUCT") };
    Arc::new(StructArray::new(fields.clone(), columns, None))
}

pub type In<A> = <<A as Arithmetic>::Input as ArrowPrimitiveType>::Native;
pub type Out<A> = <<A as Arithmetic>::Output as ArrowPrimitiveType>::Native;

pub struct Numbers<A: Arithmetic> {
    arithmetic: A,
    states: Vec<A::State>,
    data_type: DataType,
    failures: Vec<RowFailure>,
}

impl<A: Arithmetic> Numbers<A> {
    pub fn new(arithmetic: A, return_type: &SqlType) -> Self {
        Self { arithmetic, states: Vec::new(), data_type: arrow_type(return_type), failures: Vec::new() }
    }

    fn array(&self, values: Vec<Out<A>>, valid: Option<Vec<bool>>) -> ArrayRef {
        let nulls = valid.map(|valid| NullBuffer::new(BooleanBuffer::from(valid)));
        let array = PrimitiveArray::<A::Output>::new(ScalarBuffer::from(values), nulls);
        Arc::new(array.with_data_type(self.data_type.clone()))
    }

    fn array_of(&self, states: &[A::State]) -> ArrayRef {
        let value = |state: &A::State| self.arithmetic.result(*state).unwrap_or_default();
        let valid = A::NULLABLE.then(|| states.iter().map(|s| self.arithmetic.result(*s).is_some()).collect());
        self.array(states.iter().map(value).collect(), valid)
    }
}

impl<A: Arithmetic> Accumulators for Numbers<A> {
    fn resize(&mut self, slots: usize) {
        self.states.resize(slots, A::State::default());
    }
    fn reset(&mut self, slot: u32) {
        self.states[slot as usize] = A::State::default();
    }
    fn update(&mut self, slots: &[u32], arguments: &[ArrayRef]) {
        let Self { arithmetic, states, failures, .. } = self;
        for_each_number::<A::Input>(slots, arguments[0].as_primitive(), |row, slot, number| {
            if !arithmetic.add(&mut states[slot], number) {
                let message = arithmetic.failure(states[slot], number);
                failures.push(RowFailure { row: row as u32, message });
            }
        });
    }
    fn undo(&mut self, slots: &[u32], arguments: &[ArrayRef]) {
        let Self { arithmetic, states, failures, .. } = self;
        for_each_number::<A::Input>(slots, arguments[0].as_primitive(), |row, slot, number| {
            if !arithmetic.remove(&mut states[slot], number) {
                let message = arithmetic.failure(states[slot], number);
                failures.push(RowFailure { row: row as u32, message });
            }
        });
    }
    fn merge(&mut self, into: u32, from: u32) {
        if into != from {
            let from = self.states[from as usize];
            self.arithmetic.merge(&mut self.states[into as usize], from);
        }
    }
    fn results(&self, slots: &[u32]) -> ArrayRef {
        let value = |slot: &u32| self.arithmetic.result(self.states[*slot as usize]);
        let valid = A::NULLABLE.then(|| slots.iter().map(|slot| value(slot).is_some()).collect());
        self.array(slots.iter().map(|slot| value(slot).unwrap_or_default()).collect(), valid)
    }
    fn encode(&self, slot: u32, out: &mut Vec<u8>) {
        self.arithmetic.put(self.states[slot as usize], out);
    }
    fn decode(&mut self, slot: u32, bytes: &mut &[u8]) -> Option<()> {
        self.states[slot as usize] = self.arithmetic.take(bytes)?;
        Some(())
    }
    fn intermediates(&self, slots: &[u32], intermediate_type: &SqlType) -> Option<ArrayRef> {
        let states: Vec<A::State> = slots.iter().map(|slot| self.states[*slot as usize]).collect();
        Some(self.arithmetic.intermediates(&states, &arrow_type(intermediate_type)))
    }
    fn restore(&mut self, slots: &[u32], states: &ArrayRef, _: &SqlType) -> Option<()> {
        let states = self.arithmetic.restore(states)?;
        slots.iter().zip(states).for_each(|(slot, state)| self.states[*slot as usize] = state);
        Some(())
    }
    fn memory_bytes(&self) -> usize {
        self.states.capacity() * size_of::<A::State>()
    }
    fn take_failures(&mut self) -> Vec<RowFailure> {
        std::mem::take(&mut self.failures)
    }

    /// Row by row: every state is copied as it is left, and turned into results at the end.
    fn update_emitting(
        &mut self,
        slots: &[u32],
        arguments: &[ArrayRef],
        _runs: &[Range<usize>],
        with_old: bool,
        failures: &mut Vec<RowFailure>,
    ) -> Emitted {
        let mut old = Vec::with_capacity(if with_old { slots.len() } else { 0 });
        let mut new = Vec::with_capacity(slots.len());
        let numbers = arguments[0].as_primitive::<A::Input>();
        let has_nulls = arguments[0].null_count() > 0;
        for (row, slot) in slots.iter().enumerate() {
            let state = &mut self.states[*slot as usize];
            if with_old {
                old.push(*state);
            }
            let number = numbers.values()[row];
            let present = !has_nulls || arguments[0].is_valid(row);
            if present && !self.arithmetic.add(state, number) {
                let message = self.arithmetic.failure(*state, number);
                failures.push(RowFailure { row: row as u32, message });
            }
            new.push(*state);
        }
        Emitted { old: with_old.then(|| self.array_of(&old)), new: self.array_of(&new) }
    }
}
