//! One task's part of a key-value store: tables and aggregates without windows.
//!
//! Layout: key = task partition, u32 BE, then the key's bytes; value as the operator gives it. `store_metadata` has the
//! entries that describe the store.

use super::{Snapshot, StateError, StoreId, WriteBatch};

#[derive(Clone, Copy, Debug)]
pub struct KeyValueStore {
    pub store: StoreId,
    pub partition: u32,
}

impl KeyValueStore {
    pub fn new(store: StoreId, partition: u32) -> Self {
        Self { store, partition }
    }

    /// One answer per key, in order.
    pub fn get_many(&self, snapshot: &dyn Snapshot, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let mut bytes = Vec::with_capacity(keys.iter().map(|key| key.len() + 4).sum());
        for key in keys {
            bytes.extend_from_slice(&self.partition.to_be_bytes());
            bytes.extend_from_slice(key);
        }
        let mut rest = bytes.as_slice();
        let stored: Vec<&[u8]> = keys
            .iter()
            .map(|key| {
                let (head, tail) = rest.split_at(key.len() + 4);
                rest = tail;
                head
            })
            .collect();
        snapshot.get_many(self.store, &stored)
    }

    pub fn put(&self, batch: &mut WriteBatch, key: &[u8], value: Vec<u8>) {
        batch.put(self.store, self.stored(key), value);
    }

    pub fn delete(&self, batch: &mut WriteBatch, key: &[u8]) {
        batch.delete(self.store, self.stored(key));
    }

    /// Removes every entry of this partition.
    pub fn clear(&self, batch: &mut WriteBatch) {
        batch.delete_range(self.store, self.stored(&[]), self.end());
    }

    /// Entries with `from <= key < to` (`None`: to the last) in key order, until `each` returns false.
    pub fn scan(
        &self,
        snapshot: &dyn Snapshot,
        from: &[u8],
        to: Option<&[u8]>,
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StateError> {
        let end = to.map_or_else(|| self.end(), |to| self.stored(to));
        snapshot.scan(self.store, &self.stored(from), &end, &mut |key, value| each(&key[4..], value))
    }

    /// One line per entry, keys and values as escaped text.
    pub fn dump(&self, snapshot: &dyn Snapshot) -> Result<String, StateError> {
        let mut text = format!("key-value store, partition {}\n", self.partition);
        self.scan(snapshot, &[], None, &mut |key, value| {
            text.push_str(&format!("{} = {}\n", key.escape_ascii(), value.escape_ascii()));
            true
        })?;
        Ok(text)
    }

    fn stored(&self, key: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(4 + key.len());
        out.extend_from_slice(&self.partition.to_be_bytes());
        out.extend_from_slice(key);
        out
    }

    fn end(&self) -> Vec<u8> {
        self.partition.saturating_add(1).to_be_bytes().to_vec()
    }
}
