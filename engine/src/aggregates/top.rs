//! `TOPK` and `TOPKDISTINCT`: the k greatest values, descending; of equal ones the newer behind the older.

use std::cmp::Ordering;

use arrow_array::ArrayRef;

use super::codec::{put_list, put_value, take_list, take_value};
use super::compare::{compare, heap_bytes};
use super::fold::Fold;
use crate::types::{SqlType, Value};

pub struct Top {
    /// Types of the arguments. With more than one an entry is a struct of them all, ordered by the first.
    pub argument_types: Vec<SqlType>,
    pub entry_type: SqlType,
    pub k: usize,
    pub distinct: bool,
}

/// What an entry is ordered by.
fn sort_key(entry: &Value) -> &Value {
    match entry {
        Value::Struct(fields) => &fields[0],
        simple => simple,
    }
}

impl Top {
    /// Where a value goes; `None`: it has no place among the k.
    fn place(&self, state: &[Value], key: &Value) -> Option<usize> {
        let place = state.partition_point(|entry| compare(sort_key(entry), key) != Ordering::Less);
        let known = self.distinct && place > 0 && compare(sort_key(&state[place - 1]), key).is_eq();
        (place < self.k && !known).then_some(place)
    }

    fn sound(&self, entries: Vec<Value>) -> Option<Vec<Value>> {
        let sound = |entry: &Value| !entry.is_null() && !sort_key(entry).is_null();
        (entries.len() <= self.k && entries.iter().all(sound)).then_some(entries)
    }

    fn insert(&self, state: &mut Vec<Value>, place: usize, entry: Value) {
        state.insert(place, entry);
        state.truncate(self.k);
    }
}

impl Fold for Top {
    type State = Vec<Value>;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Self::State {
        Vec::new()
    }
    fn add(&mut self, state: &mut Self::State, arguments: &[ArrayRef], row: usize) {
        if arguments[0].is_null(row) {
            return;
        }
        let value = |(array, data_type): (&ArrayRef, &SqlType)| Value::from_array(array, row, data_type);
        let key = value((&arguments[0], &self.argument_types[0]));
        let Some(place) = self.place(state, &key) else { return };
        let entry = match self.argument_types.len() {
            1 => key,
            _ => Value::Struct(arguments.iter().zip(&self.argument_types).map(value).collect()),
        };
        self.insert(state, place, entry);
    }
    fn merge(&mut self, into: &mut Self::State, from: &Self::State) {
        for entry in from {
            if let Some(place) = self.place(into, sort_key(entry)) {
                self.insert(into, place, entry.clone());
            }
        }
    }
    fn result(&self, state: &Self::State) -> Value {
        Value::Array(state.clone())
    }
    fn put(&self, state: &Self::State, out: &mut Vec<u8>) {
        put_list(state, out, put_value);
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Self::State> {
        self.sound(take_list(bytes, |bytes| take_value(bytes, &self.entry_type))?)
    }
    fn intermediate(&self, state: &Self::State) -> Value {
        self.result(state)
    }
    fn restore(&mut self, state: Value) -> Option<Self::State> {
        if let Value::Array(entries) = state { self.sound(entries) } else { None }
    }
    fn heap_bytes(&self, state: &Self::State) -> usize {
        state.capacity() * size_of::<Value>() + state.iter().map(heap_bytes).sum::<usize>()
    }
}
