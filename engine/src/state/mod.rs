//! State of the node: one key-value database with a store (column family) per purpose, written in atomic batches.
//!
//! RocksDB on disk; an ordered map in memory serves tests and the case runner. Keys order by bytes. `exec::store` lays
//! operators' entries out in it; `row_codec` turns rows of SQL values into bytes and back.
//!
//! After a failed write (a full disk) the database goes on answering reads and refuses writes; once there is room it takes
//! writes again by itself, within seconds.

use std::path::Path;
use std::sync::Arc;

mod bytes;
mod column_reader;
mod entries;
mod memory;
mod rocks;
mod row_codec;

pub(crate) use bytes::{Reader, put_varint};
pub use entries::Entries;
pub use row_codec::{RowCodec, decode_value, encode_value};

/// The store whose values are whole record batches; on disk they lie beside the sorted tables and are never rewritten.
pub const LOG_STORE: &str = "weir.log";

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
    /// Many puts and deletes at once.
    Entries {
        store: StoreId,
        entries: Entries,
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
    pub fn entries(&mut self, store: StoreId, entries: Entries) {
        if !entries.is_empty() {
            self.operations.push(Write::Entries { store, entries });
        }
    }
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}

impl Write {
    fn store(&self) -> StoreId {
        match self {
            Write::Put { store, .. }
            | Write::Delete { store, .. }
            | Write::Entries { store, .. }
            | Write::DeleteRange { store, .. } => *store,
        }
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
    /// The greatest entry with `from <= key < to`.
    fn last(&self, store: StoreId, from: &[u8], to: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, StateError>;
}

trait Backend: Send + Sync {
    fn open_store(&self, name: &str) -> Result<StoreId, StateError>;
    fn drop_store(&self, name: &str) -> Result<(), StateError>;
    fn store_names(&self) -> Vec<String>;
    fn write(&self, batch: WriteBatch) -> Result<(), StateError>;
    fn sync(&self) -> Result<(), StateError>;
    fn snapshot(&self) -> Box<dyn Snapshot + '_>;
    fn flush(&self) -> Result<(), StateError>;
    fn reclaim(&self, store: StoreId, from: &[u8], to: &[u8]);
    fn memory_bytes(&self) -> usize;
}

impl StateDb {
    /// Opens or creates the database in a folder.
    ///
    /// # Errors
    /// `Locked` when another process has it open; `Corrupt` when it cannot be read; `Storage` on other I/O trouble.
    pub fn open(folder: &Path, budget: MemoryBudget) -> Result<Self, StateError> {
        Ok(Self(Arc::new(rocks::RocksBackend::open(folder, budget)?)))
    }
    pub fn in_memory() -> Self {
        Self(Arc::new(memory::MemoryBackend::default()))
    }
    /// The store of that name, created if missing.
    pub fn open_store(&self, name: &str) -> Result<StoreId, StateError> {
        self.0.open_store(name)
    }
    /// Removes a store with all that is in it. What is still written to its id is ignored; reads find nothing.
    pub fn drop_store(&self, name: &str) -> Result<(), StateError> {
        self.0.drop_store(name)
    }
    /// Names of the stores there are, in order.
    pub fn store_names(&self) -> Vec<String> {
        self.0.store_names()
    }
    /// `sync`: on disk when it returns; else it survives the death of the process but not of the machine.
    ///
    /// # Errors
    /// `Storage` when the device refuses: nothing was written, or (only with `sync`) it is visible but may not be durable.
    pub fn write(&self, batch: WriteBatch, sync: bool) -> Result<(), StateError> {
        self.0.write(batch)?;
        if sync { self.0.sync() } else { Ok(()) }
    }
    /// Makes all that was written before durable. Threads that call it at the same time share one disk sync.
    pub fn sync(&self) -> Result<(), StateError> {
        self.0.sync()
    }
    pub fn snapshot(&self) -> Box<dyn Snapshot + '_> {
        self.0.snapshot()
    }
    /// Writes what is buffered in memory to tables.
    pub fn flush(&self) -> Result<(), StateError> {
        self.0.flush()
    }
    /// Gives back the disk space of deleted entries in a range; may take a while.
    pub fn reclaim(&self, store: StoreId, from: &[u8], to: &[u8]) {
        self.0.reclaim(store, from, to);
    }
    /// Bytes of memory that the block cache and the write buffers use now (in memory: that all entries use).
    pub fn memory_bytes(&self) -> usize {
        self.0.memory_bytes()
    }
}

#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod tests;
