//! `EARLIEST_BY_OFFSET` and `LATEST_BY_OFFSET`, of one value or of n.
//!
//! Every value is stamped from a counter as it comes, so that sessions which merge know whose value was first. The
//! counter goes on above every stamp that is read back from a store.

use arrow_array::{Array, ArrayRef};

use super::codec::{Fixed, put_list, put_value, take_list, take_value};
use super::compare::heap_bytes;
use super::fold::Fold;
use crate::types::{SqlType, Value};

/// What all of them share.
pub struct Stamping {
    data_type: SqlType,
    ignore_nulls: bool,
    next_stamp: u64,
}

pub struct Stamped {
    stamp: u64,
    value: Value,
}

impl Stamping {
    pub fn new(data_type: SqlType, ignore_nulls: bool) -> Self {
        Self { data_type, ignore_nulls, next_stamp: 0 }
    }

    fn stamp(&mut self, value: Value) -> Stamped {
        let stamp = self.next_stamp;
        self.next_stamp = stamp.saturating_add(1);
        Stamped { stamp, value }
    }

    fn skips(&self, array: &ArrayRef, row: usize) -> bool {
        self.ignore_nulls && array.is_null(row)
    }

    fn value(&mut self, array: &ArrayRef, row: usize) -> Stamped {
        let value = Value::from_array(array, row, &self.data_type);
        self.stamp(value)
    }

    fn take(&mut self, bytes: &mut &[u8]) -> Option<Stamped> {
        let stamped = Stamped { stamp: Fixed::take(bytes)?, value: take_value(bytes, &self.data_type)? };
        self.next_stamp = self.next_stamp.max(stamped.stamp.saturating_add(1));
        Some(stamped)
    }

    /// Reads what `Stamped::intermediate` gave.
    fn restore(&mut self, stamped: Value) -> Option<Stamped> {
        let Value::Struct(mut fields) = stamped else { return None };
        let (Some(value), Some(Value::BigInt(stamp)), None) = (fields.pop(), fields.pop(), fields.pop()) else {
            return None;
        };
        let stamp = u64::try_from(stamp).ok()?;
        self.next_stamp = self.next_stamp.max(stamp.saturating_add(1));
        Some(Stamped { stamp, value })
    }
}

impl Stamped {
    fn put(&self, out: &mut Vec<u8>) {
        self.stamp.put(out);
        put_value(&self.value, out);
    }
    /// SEQ and VAL.
    fn intermediate(&self) -> Value {
        Value::Struct(vec![Value::BigInt(self.stamp as i64), self.value.clone()])
    }
    fn copy(&self) -> Stamped {
        Stamped { stamp: self.stamp, value: self.value.clone() }
    }
}

/// The last value, or the first one. A group of the last value is stamped with NULL when it begins, at its first row or
/// merge, as in ksqlDB: so a fresh slot is later than all sessions that are merged into it, and only the row that joins
/// them counts.
pub struct One<const LATEST: bool>(pub Stamping);

impl<const LATEST: bool> Fold for One<LATEST> {
    /// `None`: nothing happened to the group yet.
    type State = Option<Stamped>;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Self::State {
        None
    }
    fn add(&mut self, state: &mut Self::State, arguments: &[ArrayRef], row: usize) {
        if LATEST && state.is_none() {
            *state = Some(self.0.stamp(Value::Null));
        }
        if (LATEST || state.is_none()) && !self.0.skips(&arguments[0], row) {
            *state = Some(self.0.value(&arguments[0], row));
        }
    }
    fn merge(&mut self, into: &mut Self::State, from: &Self::State) {
        if LATEST && into.is_none() {
            *into = Some(self.0.stamp(Value::Null));
        }
        let Some(other) = from else { return };
        let wins = |known: &Stamped| if LATEST { other.stamp > known.stamp } else { other.stamp < known.stamp };
        if into.as_ref().is_none_or(wins) {
            *into = Some(other.copy());
        }
    }
    fn result(&self, state: &Self::State) -> Value {
        state.as_ref().map_or(Value::Null, |stamped| stamped.value.clone())
    }
    fn put(&self, state: &Self::State, out: &mut Vec<u8>) {
        state.is_some().put(out);
        if let Some(stamped) = state {
            stamped.put(out);
        }
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Self::State> {
        if bool::take(bytes)? { self.0.take(bytes).map(Some) } else { Some(None) }
    }
    fn intermediate(&self, state: &Self::State) -> Value {
        state.as_ref().map_or(Value::Null, Stamped::intermediate)
    }
    fn restore(&mut self, state: Value) -> Option<Self::State> {
        if state.is_null() { Some(None) } else { self.0.restore(state).map(Some) }
    }
    fn heap_bytes(&self, state: &Self::State) -> usize {
        state.as_ref().map_or(0, |stamped| heap_bytes(&stamped.value))
    }
}

/// The first or last n values, in order.
pub struct Several {
    pub stamping: Stamping,
    pub n: usize,
    pub latest: bool,
}

impl Fold for Several {
    type State = Vec<Stamped>;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Self::State {
        Vec::new()
    }
    fn add(&mut self, state: &mut Self::State, arguments: &[ArrayRef], row: usize) {
        let full = state.len() >= self.n;
        if self.stamping.skips(&arguments[0], row) || (full && !self.latest) {
            return;
        }
        if full {
            state.remove(0);
        }
        state.push(self.stamping.value(&arguments[0], row));
    }
    /// Keeps the first n of both, even of the latest values: ksqlDB does so.
    fn merge(&mut self, into: &mut Self::State, from: &Self::State) {
        into.extend(from.iter().map(Stamped::copy));
        into.sort_by_key(|stamped| stamped.stamp);
        into.truncate(self.n);
    }
    fn result(&self, state: &Self::State) -> Value {
        Value::Array(state.iter().map(|stamped| stamped.value.clone()).collect())
    }
    fn put(&self, state: &Self::State, out: &mut Vec<u8>) {
        put_list(state, out, Stamped::put);
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Self::State> {
        take_list(bytes, |bytes| self.stamping.take(bytes)).filter(|state| state.len() <= self.n)
    }
    fn intermediate(&self, state: &Self::State) -> Value {
        Value::Array(state.iter().map(Stamped::intermediate).collect())
    }
    fn restore(&mut self, state: Value) -> Option<Self::State> {
        let Value::Array(entries) = state else { return None };
        let state: Option<Vec<Stamped>> = entries.into_iter().map(|entry| self.stamping.restore(entry)).collect();
        state.filter(|state| state.len() <= self.n)
    }
    fn heap_bytes(&self, state: &Self::State) -> usize {
        state.capacity() * size_of::<Stamped>() + state.iter().map(|s| heap_bytes(&s.value)).sum::<usize>()
    }
}
