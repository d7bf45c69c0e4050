//! Values that are all different, in the order in which they came, with an index once there are many.

use hashbrown::HashTable;

use super::compare::{hash, heap_bytes, same};
use crate::types::Value;

/// Up to this many, looking at all is as fast as an index.
const UNINDEXED: usize = 16;

#[derive(Default)]
pub struct DistinctValues {
    values: Vec<Value>,
    /// Positions in `values` by hash, once there are more than `UNINDEXED`.
    index: Option<HashTable<u32>>,
}

impl DistinctValues {
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn position(&self, value: &Value) -> Option<usize> {
        match &self.index {
            None => self.values.iter().position(|known| same(known, value)),
            Some(index) => {
                index.find(hash(value), |at| same(&self.values[*at as usize], value)).map(|position| *position as usize)
            }
        }
    }

    /// Adds a value that has no position yet.
    pub fn push(&mut self, value: Value) {
        let position = self.values.len() as u32;
        self.values.push(value);
        let values = &self.values;
        match &mut self.index {
            Some(index) => {
                let hashed = hash(&values[position as usize]);
                index.insert_unique(hashed, position, |at| hash(&values[*at as usize]));
            }
            None if values.len() > UNINDEXED => self.index(),
            None => {}
        }
    }

    pub fn remove(&mut self, position: usize) {
        self.values.remove(position);
        self.index = None;
        if self.values.len() > UNINDEXED {
            self.index();
        }
    }

    fn index(&mut self) {
        let values = &self.values;
        let mut index = HashTable::with_capacity(values.len() * 2);
        for (position, value) in values.iter().enumerate() {
            index.insert_unique(hash(value), position as u32, |at| hash(&values[*at as usize]));
        }
        self.index = Some(index);
    }

    pub fn heap_bytes(&self) -> usize {
        let index = self.index.as_ref().map_or(0, |index| index.capacity() * 5);
        self.values.capacity() * size_of::<Value>() + self.values.iter().map(heap_bytes).sum::<usize>() + index
    }
}
