//! `MIN` and `MAX`. Of equal values the first stays.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_schema::DataType;

use super::codec::{Fixed, put_value, take_value};
use super::compare::{JavaOrder, compare_bytes, compare_text, heap_bytes};
use super::fold::Fold;
use super::numbers::Arithmetic;
use crate::types::{SqlType, Value};

/// Extremum of numbers; `MAX`: the greatest, else the least.
pub struct Extremum<T, const MAX: bool>(PhantomData<fn() -> T>);

impl<T, const MAX: bool> Default for Extremum<T, MAX> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

fn wanted(max: bool) -> Ordering {
    if max { Ordering::Greater } else { Ordering::Less }
}

impl<T: ArrowPrimitiveType, const MAX: bool> Arithmetic for Extremum<T, MAX>
where
    T::Native: Fixed + JavaOrder,
{
    type Input = T;
    type Output = T;
    /// Whether there is a value, and it.
    type State = (bool, T::Native);
    const NULLABLE: bool = true;

    fn add(&self, state: &mut Self::State, number: T::Native) -> bool {
        if !state.0 || number.java_cmp(state.1) == wanted(MAX) {
            *state = (true, number);
        }
        true
    }
    fn remove(&self, _state: &mut Self::State, _number: T::Native) -> bool {
        false
    }
    fn merge(&self, into: &mut Self::State, from: Self::State) {
        if from.0 {
            self.add(into, from.1);
        }
    }
    fn result(&self, state: Self::State) -> Option<T::Native> {
        state.0.then_some(state.1)
    }
    fn put(&self, (present, number): Self::State, out: &mut Vec<u8>) {
        present.put(out);
        if present {
            number.put(out);
        }
    }
    fn take(&self, bytes: &mut &[u8]) -> Option<Self::State> {
        if bool::take(bytes)? { Some((true, Fixed::take(bytes)?)) } else { Some(Self::State::default()) }
    }
    fn intermediates(&self, states: &[Self::State], data_type: &DataType) -> ArrayRef {
        let numbers: PrimitiveArray<T> = states.iter().map(|&state| self.result(state)).collect();
        Arc::new(numbers.with_data_type(data_type.clone()))
    }
    fn restore(&self, states: &ArrayRef) -> Option<Vec<Self::State>> {
        let state = |number: Option<T::Native>| number.map_or_else(Self::State::default, |number| (true, number));
        Some(states.as_primitive_opt::<T>()?.iter().map(state).collect())
    }
    fn failure(&self, _state: Self::State, _number: T::Native) -> String {
        "the aggregate cannot take rows back".to_owned()
    }
}

/// Extremum of STRING or BYTES.
pub struct TextExtremum {
    pub max: bool,
    pub data_type: SqlType,
}

impl TextExtremum {
    fn replaces(&self, candidate: &[u8], state: &Value) -> bool {
        let order = match state {
            Value::String(current) => compare_text(candidate, current.as_bytes()),
            Value::Bytes(current) => compare_bytes(candidate, current),
            _ => return true,
        };
        order == wanted(self.max)
    }
}

impl Fold for TextExtremum {
    type State = Value;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Value {
        Value::Null
    }
    fn add(&mut self, state: &mut Value, arguments: &[ArrayRef], row: usize) {
        let array = &arguments[0];
        if array.is_null(row) {
            return;
        }
        let candidate = match self.data_type {
            SqlType::String => array.as_string::<i32>().value(row).as_bytes(),
            _ => array.as_binary::<i32>().value(row),
        };
        if self.replaces(candidate, state) {
            *state = Value::from_array(array, row, &self.data_type);
        }
    }
    fn merge(&mut self, into: &mut Value, from: &Value) {
        let replaces = match from {
            Value::String(text) => self.replaces(text.as_bytes(), into),
            Value::Bytes(bytes) => self.replaces(bytes, into),
            _ => false,
        };
        if replaces {
            into.clone_from(from);
        }
    }
    fn result(&self, state: &Value) -> Value {
        state.clone()
    }
    fn put(&self, state: &Value, out: &mut Vec<u8>) {
        put_value(state, out);
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Value> {
        take_value(bytes, &self.data_type)
    }
    fn intermediate(&self, state: &Value) -> Value {
        state.clone()
    }
    fn restore(&mut self, state: Value) -> Option<Value> {
        Some(state)
    }
    fn heap_bytes(&self, state: &Value) -> usize {
        heap_bytes(state)
    }
}
