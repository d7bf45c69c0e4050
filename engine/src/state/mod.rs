//! State of the node: one key-value database with a store (column family) per purpose, written in atomic batches.
//!
//! RocksDB on disk; an ordered map in memory serves tests and the case runner. Keys order by bytes.

use std::path::Path;
use std::sync::Arc;

/// Which store (column family) of the database; small and stable while the database is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(pub u32);

/// Writes that become visible and durable together.
#[derive(Debug, Default)]
pub struct WriteBatch {
    pub operations: Vec<Write>,
}

#[derive(Debug)]
pub enum Write {
    Put {
        store: StoreId,
        key: Vec<u8>,
        value: Vec<u8>,
    },
    Delete {
        store: StoreId,
        key: Vec<u8>,
    },
    /// `from` inclusive, `to` exclusive.
    DeleteRange {
        store: StoreId,
        from: Vec<u8>,
        to: Vec<u8>,
    },
}

impl WriteBatch {
    pub fn put(&mut self, store: StoreId, key: Vec<u8>, value: Vec<u8>) {
        self.operations.push(Write::Put { store, key, value });
    }
    pub fn delete(&mut self, store: StoreId, key: Vec<u8>) {
        self.operations.push(Write::Delete { store, key });
    }
    pub fn delete_range(&mut self, store: StoreId, from: Vec<u8>, to: Vec<u8>) {
        self.operations.push(Write::DeleteRange { store, from, to });
    }
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("the data folder {0} is in use by another process")]
    Locked(String),
    #[error("cannot write to the data folder: {0}")]
    Storage(String),
    #[error("the data folder is damaged: {0}")]
    Corrupt(String),
}

/// Memory that the whole node may use for state, whatever the number of queries.
#[derive(Clone, Copy, Debug)]
pub struct MemoryBudget {
    pub block_cache_bytes: usize,
    pub write_buffer_bytes: usize,
}

/// The node's database. Cheap to clone.
#[derive(Clone)]
pub struct StateDb(Arc<dyn Backend>);

/// A consistent view of committed state.
pub trait Snapshot: Send {
    /// One answer per key, in order.
    fn get_many(&self, store: StoreId, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StateError>;
    /// Entries with `from <= key < to` in key order, until `each` returns false.
    fn scan(
        &self,
        store: StoreId,
        from: &[u8],
        to: &[u8],
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StateError>;
}

trait Backend: Send + Sync {
    fn open_store(&self, name: &str) -> Result<StoreId, StateError>;
    fn drop_store(&self, name: &str) -> Result<(), StateError>;
    fn store_names(&self) -> Vec<String>;
    fn write(&self, batch: WriteBatch, sync: bool) -> Result<(), StateError>;
    fn snapshot(&self) -> Box<dyn Snapshot + '_>;
    fn flush(&self) -> Result<(), StateError>;
}

impl StateDb {
    /// Opens or creates the database in a folder.
    ///
    /// # Errors
    /// `Locked` when another process has it open; `Corrupt` when it cannot be read; `Storage` on other I/O trouble.
    pub fn open(_folder: &Path, _budget: MemoryBudget) -> Result<Self, StateError> {
        Err(StateError::Storage("not written yet".into()))
    }
    pub fn in_memory() -> Self {
        unimplemented!()
    }
    /// The store of that name, created if missing.
    pub fn open_store(&self, name: &str) -> Result<StoreId, StateError> {
        self.0.open_store(name)
    }
    pub fn drop_store(&self, name: &str) -> Result<(), StateError> {
        self.0.drop_store(name)
    }
    pub fn store_names(&self) -> Vec<String> {
        self.0.store_names()
    }
    /// `sync`: on disk when it returns; else it survives the death of the process but not of the machine.
    pub fn write(&self, batch: WriteBatch, sync: bool) -> Result<(), StateError> {
        self.0.write(batch, sync)
    }
    pub fn snapshot(&self) -> Box<dyn Snapshot + '_> {
        self.0.snapshot()
    }
    pub fn flush(&self) -> Result<(), StateError> {
        self.0.flush()
    }
}
