//! The database on disk: one RocksDB, a column family per store, one block cache and one write-buffer budget for all.
//!
//! Store `x` is the column family `store/x`. Write-ahead log records carry every write; `sync` makes the log durable and
//! is shared by all threads that wait for it. Settings keep an idle node small: little is allocated before it is used.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, RwLock};
use rocksdb::{
    BlockBasedOptions, BoundColumnFamily, Cache, ColumnFamilyDescriptor, DBCompressionType,
    DBRawIteratorWithThreadMode, DBWithThreadMode, Error, ErrorKind, LogLevel, LruCacheOptions, MultiThreaded, Options,
    ReadOptions, SnapshotWithThreadMode, WriteBufferManager, WriteOptions,
};

use super::{Backend, LOG_STORE, MemoryBudget, Snapshot, StateError, StoreId, Write, WriteBatch};

type Db = DBWithThreadMode<MultiThreaded>;
type Family<'a> = Arc<BoundColumnFamily<'a>>;

const FAMILY_PREFIX: &str = "store/";
/// Values of at least this size in the log store lie in blob files, which compactions do not rewrite.
const BLOB_BYTES_MIN: u64 = 2048;

pub(super) struct RocksBackend {
    db: Db,
    stores: RwLock<StoreTable>,
    shared: SharedMemory,
    syncs: SyncGroup,
    first_failure: FirstFailure,
}

/// Why writing failed first. RocksDB tells that to one writer only; the next ones hear of "previous error" until it has recovered.
#[derive(Default)]
struct FirstFailure {
    failing: AtomicBool,
    reason: Mutex<Option<String>>,
}

impl FirstFailure {
    /// How long the writer that knows may take to say so.
    const PATIENCE: Duration = Duration::from_millis(100);

    /// The error that a user can act on.
    fn explain(&self, error: StateError) -> StateError {
        let StateError::Storage(text) = error else { return error };
        if !text.contains("previous error") {
            self.failing.store(true, Ordering::Release);
            *self.reason.lock() = Some(text.clone());
            return StateError::Storage(text);
        }
        let begun = Instant::now();
        while begun.elapsed() < Self::PATIENCE {
            if let Some(reason) = &*self.reason.lock() {
                return StateError::Storage(reason.clone());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        StateError::Storage(text)
    }

    fn forget(&self) {
        if self.failing.swap(false, Ordering::AcqRel) {
            *self.reason.lock() = None;
        }
    }
}

/// Which column family belongs to a store id. Ids are given anew at each start.
#[derive(Default)]
struct StoreTable {
    ids: BTreeMap<String, StoreId>,
    /// By store id: the column family's name; `None` once dropped.
    families: Vec<Option<String>>,
}

impl StoreTable {
    fn add(&mut self, name: &str) -> StoreId {
        let id = StoreId(self.families.len() as u32);
        self.families.push(Some(family_name(name)));
        self.ids.insert(name.to_string(), id);
        id
    }
}

struct SharedMemory {
    cache: Cache,
    write_buffers: WriteBufferManager,
    budget: MemoryBudget,
}

impl RocksBackend {
    pub fn open(folder: &Path, budget: MemoryBudget) -> Result<Self, StateError> {
        std::fs::create_dir_all(folder).map_err(|e| StateError::Storage(format!("{}: {e}", folder.display())))?;
        let refused = |e: Error| opening_error(&e, folder);
        let mut cache_options = LruCacheOptions::default();
        cache_options.set_capacity(budget.block_cache_bytes);
        cache_options.set_num_shard_bits(2);
        let shared = SharedMemory {
            cache: Cache::new_lru_cache_opts(&cache_options),
            write_buffers: WriteBufferManager::new_write_buffer_manager(budget.write_buffer_bytes, false),
            budget,
        };
        let options = database_options(&shared);
        let names = existing_stores(folder, &options).map_err(refused)?;
        let families =
            names.iter().map(|name| ColumnFamilyDescriptor::new(family_name(name), store_options(name, &shared)));
        let default = ColumnFamilyDescriptor::new("default", store_options("default", &shared));
        let db = Db::open_cf_descriptors(&options, folder, families.chain([default])).map_err(refused)?;
        let mut stores = StoreTable::default();
        for name in &names {
            stores.add(name);
        }
        Ok(Self {
            db,
            stores: RwLock::new(stores),
            shared,
            syncs: SyncGroup::default(),
            first_failure: FirstFailure::default(),
        })
    }

    fn family(&self, store: StoreId) -> Option<Family<'_>> {
        let stores = self.stores.read();
        let name = stores.families.get(store.0 as usize)?.as_deref()?;
        self.db.cf_handle(name)
    }

    fn to_rocks(&self, batch: WriteBatch) -> rocksdb::WriteBatch {
        let bytes = batch.operations.iter().map(operation_bytes).sum::<usize>();
        let mut out = rocksdb::WriteBatch::with_capacity_bytes(bytes);
        let mut families: Vec<(StoreId, Option<Family<'_>>)> = Vec::new();
        for operation in batch.operations {
            let store = operation.store();
            let at = families.iter().position(|(id, _)| *id == store).unwrap_or_else(|| {
                families.push((store, self.family(store)));
                families.len() - 1
            });
            let Some(family) = &families[at].1 else { continue };
            match &operation {
                Write::Put { key, value, .. } => out.put_cf(family, key, value),
                Write::Delete { key, .. } => out.delete_cf(family, key),
                Write::Entries { entries, .. } => entries.in_key_order().for_each(|(key, value)| match value {
                    Some(value) => out.put_cf(family, key, value),
                    None => out.delete_cf(family, key),
                }),
                Write::DeleteRange { from, to, .. } if from < to => out.delete_range_cf(family, from, to),
                Write::DeleteRange { .. } => {}
            }
        }
        out
    }
}

fn operation_bytes(operation: &Write) -> usize {
    const HEAD_BYTES: usize = 16;
    HEAD_BYTES
        + match operation {
            Write::Put { key, value, .. } => key.len() + value.len(),
            Write::Delete { key, .. } => key.len(),
            Write::Entries { entries, .. } => entries.bytes() + entries.len() * HEAD_BYTES,
            Write::DeleteRange { from, to, .. } => from.len() + to.len(),
        }
}

impl Backend for RocksBackend {
    fn open_store(&self, name: &str) -> Result<StoreId, StateError> {
        let mut stores = self.stores.write();
        if let Some(id) = stores.ids.get(name) {
            return Ok(*id);
        }
        self.db.create_cf(family_name(name), &store_options(name, &self.shared)).map_err(|e| error(&e))?;
        Ok(stores.add(name))
    }

    fn drop_store(&self, name: &str) -> Result<(), StateError> {
        let mut stores = self.stores.write();
        let Some(id) = stores.ids.get(name).copied() else { return Ok(()) };
        self.db.drop_cf(&family_name(name)).map_err(|e| error(&e))?;
        stores.ids.remove(name);
        stores.families[id.0 as usize] = None;
        Ok(())
    }

    fn store_names(&self) -> Vec<String> {
        self.stores.read().ids.keys().cloned().collect()
    }

    fn write(&self, batch: WriteBatch) -> Result<(), StateError> {
        let mut options = WriteOptions::default();
        options.set_ignore_missing_column_families(true);
        match self.db.write_opt(self.to_rocks(batch), &options) {
            Ok(()) => {
                self.first_failure.forget();
                Ok(())
            }
            Err(e) => Err(self.first_failure.explain(error(&e))),
        }
    }

    fn sync(&self) -> Result<(), StateError> {
        self.syncs.run(|| self.db.flush_wal(true).map_err(|e| self.first_failure.explain(error(&e))))
    }

    fn snapshot(&self) -> Box<dyn Snapshot + '_> {
        Box::new(RocksSnapshot { backend: self, snapshot: self.db.snapshot() })
    }

    fn flush(&self) -> Result<(), StateError> {
        let families: Vec<_> = {
            let stores = self.stores.read();
            stores.families.iter().flatten().filter_map(|name| self.db.cf_handle(name)).collect()
        };
        families.iter().try_for_each(|family| self.db.flush_cf(family).map_err(|e| error(&e)))
    }

    fn reclaim(&self, store: StoreId, from: &[u8], to: &[u8]) {
        let Some(family) = self.family(store) else { return };
        let is_log = self.stores.read().ids.get(LOG_STORE) == Some(&store);
        // Blob files are only rewritten here: if every compaction did it, much of the log would be copied time and again.
        let rewrite_blobs = |on: &str| {
            if is_log && let Err(error) = self.db.set_options_cf(&family, &[("enable_blob_garbage_collection", on)]) {
                tracing::warn!(%error, "disk space of the log cannot be reclaimed");
            }
        };
        rewrite_blobs("true");
        self.db.compact_range_cf(&family, Some(from), Some(to));
        rewrite_blobs("false");
    }

    fn memory_bytes(&self) -> usize {
        self.shared.cache.get_usage() + self.shared.write_buffers.get_usage()
    }
}

struct RocksSnapshot<'a> {
    backend: &'a RocksBackend,
    snapshot: SnapshotWithThreadMode<'a, Db>,
}

impl RocksSnapshot<'_> {
    fn read_options(&self, range: Option<(&[u8], &[u8])>) -> ReadOptions {
        let mut options = ReadOptions::default();
        options.set_snapshot(&self.snapshot);
        if let Some((from, to)) = range {
            options.set_iterate_lower_bound(from);
            options.set_iterate_upper_bound(to);
        }
        options
    }
}

impl Snapshot for RocksSnapshot<'_> {
    fn get_many(&self, store: StoreId, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let Some(family) = self.backend.family(store) else { return Ok(vec![None; keys.len()]) };
        let options = self.read_options(None);
        if let [key] = keys {
            return Ok(vec![self.backend.db.get_cf_opt(&family, key, &options).map_err(|e| error(&e))?]);
        }
        let found = self.backend.db.batched_multi_get_cf_opt(&family, keys.iter().copied(), false, &options);
        found.into_iter().map(|value| Ok(value.map_err(|e| error(&e))?.map(|bytes| bytes.to_vec()))).collect()
    }

    fn scan(
        &self,
        store: StoreId,
        from: &[u8],
        to: &[u8],
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StateError> {
        let Some(family) = self.backend.family(store).filter(|_| from < to) else { return Ok(()) };
        let mut entries = self.backend.db.raw_iterator_cf_opt(&family, self.read_options(Some((from, to))));
        entries.seek(from);
        while let Some((key, value)) = entries.item() {
            if !each(key, value) {
                return Ok(());
            }
            entries.next();
        }
        ended_well(&entries)
    }

    fn last(&self, store: StoreId, from: &[u8], to: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, StateError> {
        let Some(family) = self.backend.family(store).filter(|_| from < to) else { return Ok(None) };
        let mut entries = self.backend.db.raw_iterator_cf_opt(&family, self.read_options(Some((from, to))));
        entries.seek_to_last();
        match entries.item() {
            Some((key, value)) => Ok(Some((key.to_vec(), value.to_vec()))),
            None => ended_well(&entries).map(|()| None),
        }
    }
}

fn ended_well(entries: &DBRawIteratorWithThreadMode<'_, Db>) -> Result<(), StateError> {
    entries.status().map_err(|e| error(&e))
}

/// One disk sync for all threads that wait for one: a sync covers everything written before it began.
#[derive(Default)]
struct SyncGroup {
    state: Mutex<SyncState>,
    done: Condvar,
}

#[derive(Default)]
struct SyncState {
    running: bool,
    begun: u64,
    finished: u64,
    /// The last sync that failed, and why.
    failure: Option<(u64, String)>,
}

impl SyncGroup {
    fn run(&self, sync: impl Fn() -> Result<(), StateError>) -> Result<(), StateError> {
        let mut state = self.state.lock();
        // A sync that already runs may have begun before this caller's write; the one after it covers the write.
        let needed = state.begun + 1;
        while state.finished < needed && state.running {
            self.done.wait(&mut state);
        }
        if state.finished >= needed {
            return match &state.failure {
                Some((number, why)) if *number >= needed => Err(StateError::Storage(why.clone())),
                _ => Ok(()),
            };
        }
        state.running = true;
        state.begun += 1;
        let number = state.begun;
        drop(state);
        let result = sync();
        let mut state = self.state.lock();
        state.running = false;
        state.finished = number;
        if let Err(e) = &result {
            state.failure = Some((number, e.to_string()));
        }
        self.done.notify_all();
        result
    }
}

fn family_name(store: &str) -> String {
    format!("{FAMILY_PREFIX}{store}")
}

fn existing_stores(folder: &Path, options: &Options) -> Result<Vec<String>, Error> {
    if !folder.join("CURRENT").exists() {
        return Ok(Vec::new());
    }
    let families = Db::list_cf(options, folder)?;
    Ok(families.iter().filter_map(|name| name.strip_prefix(FAMILY_PREFIX)).map(str::to_string).collect())
}

fn database_options(shared: &SharedMemory) -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_write_buffer_manager(&shared.write_buffers);
    options.set_max_total_wal_size((shared.budget.write_buffer_bytes as u64).max(8 << 20));
    options.set_max_background_jobs(2);
    options.set_max_open_files(512);
    options.set_skip_stats_update_on_db_open(true);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options.set_log_level(LogLevel::Warn);
    options.set_max_log_file_size(1 << 20);
    options.set_keep_log_file_num(2);
    options.set_manifest_preallocation_size(64 << 10);
    options.set_max_manifest_file_size(16 << 20);
    options.set_avoid_unnecessary_blocking_io(true);
    options
}

/// What a store's column family is set to; the log store holds few big values, the others many small ones.
fn store_options(name: &str, shared: &SharedMemory) -> Options {
    let is_log = name == LOG_STORE;
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&shared.cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_format_version(6);
    table.set_block_size(8 << 10);
    if !is_log {
        table.set_bloom_filter(10.0, false);
        table.set_optimize_filters_for_memory(true);
    }
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size((shared.budget.write_buffer_bytes / 2).clamp(1 << 20, 16 << 20));
    options.set_max_write_buffer_number(3);
    options.set_arena_block_size(if is_log { 1 << 20 } else { 64 << 10 });
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_target_file_size_base(16 << 20);
    options.set_max_bytes_for_level_base(64 << 20);
    if is_log {
        options.set_enable_blob_files(true);
        options.set_min_blob_size(BLOB_BYTES_MIN);
        options.set_blob_file_size(64 << 20);
        options.set_blob_gc_age_cutoff(0.5);
        options.set_blob_gc_force_threshold(0.5);
    }
    options
}

fn opening_error(e: &Error, folder: &Path) -> StateError {
    let message = e.as_ref();
    let locked = e.kind() == ErrorKind::IOError && message.contains("LOCK") && message.to_lowercase().contains("lock ");
    if locked { StateError::Locked(folder.display().to_string()) } else { error(e) }
}

fn error(e: &Error) -> StateError {
    match e.kind() {
        ErrorKind::Corruption => StateError::Corrupt(e.to_string()),
        _ => StateError::Storage(e.to_string()),
    }
}
