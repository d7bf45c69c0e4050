//! `ATTR`: the value of a group in which all values are equal, else NULL. NULL is a value like any other.

use arrow_array::ArrayRef;

use super::codec::{Fixed, put_length, put_value, take_list, take_value};
use super::distinct::DistinctValues;
use super::fold::Fold;
use crate::types::{SqlType, Value};

/// Different values and how often each occurs, at least once.
#[derive(Default)]
pub struct Occurrences {
    values: DistinctValues,
    /// As long as `values`.
    counts: Vec<i64>,
}

impl Occurrences {
    /// Counts a value `times` more; a new one is ignored when there are `max_values` already.
    pub fn add(&mut self, value: &Value, times: i64, max_values: usize) {
        match self.values.position(value) {
            Some(position) => self.counts[position] = self.counts[position].wrapping_add(times),
            None if self.values.len() < max_values => {
                self.values.push(value.clone());
                self.counts.push(times);
            }
            None => {}
        }
    }

    /// Counts a value once less and forgets it at zero. Whether it was there.
    pub fn remove(&mut self, value: &Value) -> bool {
        let Some(position) = self.values.position(value) else { return false };
        self.counts[position] -= 1;
        if self.counts[position] == 0 {
            self.values.remove(position);
            self.counts.remove(position);
        }
        true
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Value, i64)> {
        self.values.values().iter().zip(self.counts.iter().copied())
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        put_length(self.counts.len(), out);
        for (value, count) in self.iter() {
            put_value(value, out);
            count.put(out);
        }
    }

    pub fn take(bytes: &mut &[u8], data_type: &SqlType) -> Option<Self> {
        Self::of(take_list(bytes, |bytes| Some((take_value(bytes, data_type)?, i64::take(bytes)?)))?)
    }

    /// `None`: a value repeats or does not occur.
    pub fn of(counted: Vec<(Value, i64)>) -> Option<Self> {
        let mut occurrences = Self::default();
        for (value, count) in counted {
            if count < 1 || occurrences.values.position(&value).is_some() {
                return None;
            }
            occurrences.add(&value, count, usize::MAX);
        }
        Some(occurrences)
    }

    pub fn heap_bytes(&self) -> usize {
        self.values.heap_bytes() + self.counts.capacity() * size_of::<i64>()
    }
}

pub struct Attribute {
    pub data_type: SqlType,
}

impl Fold for Attribute {
    type State = Occurrences;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Occurrences {
        Occurrences::default()
    }
    fn add(&mut self, state: &mut Occurrences, arguments: &[ArrayRef], row: usize) {
        state.add(&Value::from_array(&arguments[0], row, &self.data_type), 1, usize::MAX);
    }
    fn remove(&mut self, state: &mut Occurrences, arguments: &[ArrayRef], row: usize) -> Result<(), String> {
        state.remove(&Value::from_array(&arguments[0], row, &self.data_type));
        Ok(())
    }
    fn merge(&mut self, into: &mut Occurrences, from: &Occurrences) {
        from.iter().for_each(|(value, count)| into.add(value, count, usize::MAX));
    }
    fn result(&self, state: &Occurrences) -> Value {
        let mut values = state.iter().map(|(value, _)| value);
        match (values.next(), values.next()) {
            (Some(only), None) => only.clone(),
            _ => Value::Null,
        }
    }
    fn put(&self, state: &Occurrences, out: &mut Vec<u8>) {
        state.put(out);
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Occurrences> {
        Occurrences::take(bytes, &self.data_type)
    }
    /// Counts beyond INT, which is ksqlDB's type of them, stay at its greatest.
    fn intermediate(&self, state: &Occurrences) -> Value {
        let count = |count: i64| Value::Integer(i32::try_from(count).unwrap_or(i32::MAX));
        Value::Array(state.iter().map(|(value, n)| Value::Struct(vec![value.clone(), count(n)])).collect())
    }
    fn restore(&mut self, state: Value) -> Option<Occurrences> {
        let Value::Array(entries) = state else { return None };
        let counted = |entry| match entry {
            Value::Struct(mut fields) if fields.len() == 2 => match (fields.pop(), fields.pop()) {
                (Some(Value::Integer(count)), Some(value)) => Some((value, i64::from(count))),
                _ => None,
            },
            _ => None,
        };
        Occurrences::of(entries.into_iter().map(counted).collect::<Option<Vec<_>>>()?)
    }
    fn heap_bytes(&self, state: &Occurrences) -> usize {
        state.heap_bytes()
    }
}
