//! `HISTOGRAM`: how often each text occurs, for the first thousand different ones. NULL counts as the text `null`.

use arrow_array::ArrayRef;

use super::attribute::Occurrences;
use super::fold::Fold;
use crate::types::{SqlType, Value};

const MAX_KEYS: usize = 1000;

pub struct Histogram;

fn key(arguments: &[ArrayRef], row: usize) -> Value {
    match Value::from_array(&arguments[0], row, &SqlType::String) {
        Value::Null => Value::string("null"),
        text => text,
    }
}

impl Fold for Histogram {
    type State = Occurrences;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Occurrences {
        Occurrences::default()
    }
    fn add(&mut self, state: &mut Occurrences, arguments: &[ArrayRef], row: usize) {
        state.add(&key(arguments, row), 1, MAX_KEYS);
    }
    fn remove(&mut self, state: &mut Occurrences, arguments: &[ArrayRef], row: usize) -> Result<(), String> {
        let text = key(arguments, row);
        if state.remove(&text) { Ok(()) } else { Err(format!("the histogram has no value {text:?} to take back")) }
    }
    fn merge(&mut self, into: &mut Occurrences, from: &Occurrences) {
        from.iter().for_each(|(value, count)| into.add(value, count, MAX_KEYS));
    }
    fn result(&self, state: &Occurrences) -> Value {
        Value::Map(state.iter().map(|(value, count)| (value.clone(), Value::BigInt(count))).collect())
    }
    fn put(&self, state: &Occurrences, out: &mut Vec<u8>) {
        state.put(out);
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Occurrences> {
        Occurrences::take(bytes, &SqlType::String)
    }
    fn intermediate(&self, state: &Occurrences) -> Value {
        self.result(state)
    }
    fn restore(&mut self, state: Value) -> Option<Occurrences> {
        let Value::Map(entries) = state else { return None };
        let count = |(text, count)| if let Value::BigInt(count) = count { Some((text, count)) } else { None };
        Occurrences::of(entries.into_iter().map(count).collect::<Option<Vec<_>>>()?)
    }
    fn heap_bytes(&self, state: &Occurrences) -> usize {
        state.heap_bytes()
    }
}
