//! `COLLECT_LIST` and `COLLECT_SET`: the values of a group in the order in which they came, NULL among them.

use arrow_array::ArrayRef;

use super::codec::{put_list, put_value, take_list, take_value};
use super::compare::{heap_bytes, same};
use super::distinct::DistinctValues;
use super::fold::Fold;
use crate::types::{SqlType, Value};

pub struct CollectList {
    data_type: SqlType,
    /// Values beyond it are ignored.
    limit: usize,
}

impl CollectList {
    pub fn new(data_type: SqlType) -> Self {
        Self { data_type, limit: usize::MAX }
    }
}

impl Fold for CollectList {
    type State = Vec<Value>;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Self::State {
        Vec::new()
    }
    fn add(&mut self, state: &mut Self::State, arguments: &[ArrayRef], row: usize) {
        if state.len() < self.limit {
            state.push(Value::from_array(&arguments[0], row, &self.data_type));
        }
    }
    /// Removes the last equal value; none is no error.
    fn remove(&mut self, state: &mut Self::State, arguments: &[ArrayRef], row: usize) -> Result<(), String> {
        let value = Value::from_array(&arguments[0], row, &self.data_type);
        if let Some(position) = state.iter().rposition(|known| same(known, &value)) {
            state.remove(position);
        }
        Ok(())
    }
    fn merge(&mut self, into: &mut Self::State, from: &Self::State) {
        let room = self.limit.saturating_sub(into.len());
        into.extend(from.iter().take(room).cloned());
    }
    fn result(&self, state: &Self::State) -> Value {
        Value::Array(state.clone())
    }
    fn put(&self, state: &Self::State, out: &mut Vec<u8>) {
        put_list(state, out, put_value);
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Self::State> {
        take_list(bytes, |bytes| take_value(bytes, &self.data_type))
    }
    fn intermediate(&self, state: &Self::State) -> Value {
        self.result(state)
    }
    fn restore(&mut self, state: Value) -> Option<Self::State> {
        if let Value::Array(items) = state { Some(items) } else { None }
    }
    fn heap_bytes(&self, state: &Self::State) -> usize {
        state.capacity() * size_of::<Value>() + state.iter().map(heap_bytes).sum::<usize>()
    }
    fn limit_values(&mut self, limit: usize) {
        self.limit = limit;
    }
}

/// `None`: a value repeats.
fn distinct(items: Vec<Value>) -> Option<DistinctValues> {
    let mut values = DistinctValues::default();
    for value in items {
        if values.position(&value).is_some() {
            return None;
        }
        values.push(value);
    }
    Some(values)
}

pub struct CollectSet {
    data_type: SqlType,
    limit: usize,
}

impl CollectSet {
    pub fn new(data_type: SqlType) -> Self {
        Self { data_type, limit: usize::MAX }
    }

    fn insert(&self, state: &mut DistinctValues, value: Value) {
        if state.len() < self.limit && state.position(&value).is_none() {
            state.push(value);
        }
    }
}

impl Fold for CollectSet {
    type State = DistinctValues;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Self::State {
        DistinctValues::default()
    }
    fn add(&mut self, state: &mut Self::State, arguments: &[ArrayRef], row: usize) {
        self.insert(state, Value::from_array(&arguments[0], row, &self.data_type));
    }
    fn merge(&mut self, into: &mut Self::State, from: &Self::State) {
        from.values().iter().for_each(|value| self.insert(into, value.clone()));
    }
    fn result(&self, state: &Self::State) -> Value {
        Value::Array(state.values().to_vec())
    }
    fn put(&self, state: &Self::State, out: &mut Vec<u8>) {
        put_list(state.values(), out, put_value);
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Self::State> {
        distinct(take_list(bytes, |bytes| take_value(bytes, &self.data_type))?)
    }
    fn intermediate(&self, state: &Self::State) -> Value {
        self.result(state)
    }
    fn restore(&mut self, state: Value) -> Option<Self::State> {
        if let Value::Array(items) = state { distinct(items) } else { None }
    }
    fn heap_bytes(&self, state: &Self::State) -> usize {
        state.heap_bytes()
    }
    fn limit_values(&mut self, limit: usize) {
        self.limit = limit;
    }
}
