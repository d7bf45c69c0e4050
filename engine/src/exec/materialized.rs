//! What pull queries read: the committed state of a query's result, over all partitions, through one snapshot.

use std::ops::Bound;

use arrow_array::ArrayRef;

use super::TaskError;
use super::operators::decode_table_rows;
use super::processing_log::TaskLog;
use super::store::{StoreMeta, StoreSpec, ordered, prefix_end, read_i64, segment_ms};
use super::topology::{Materialized, MaterializedStore};
use crate::batch::{Batch, TableBatch};
use crate::plan::{KeyLookup, PullAccess};
use crate::state::{Snapshot, StateDb};
use crate::topic::partition_for_key;
use crate::types::{Column, Value, values_to_array};

/// Rows of a result: key columns, windows, value columns and row times; all present, none old.
pub type MaterializedRows = TableBatch;

/// Rows decoded at once by a scan.
const SCAN_ROWS: usize = 4096;

/// Reads a query's result. Cheap to make; holds no lock.
pub struct MaterializedView {
    materialized: Materialized,
    /// Of partition 0; the others differ in their number only.
    spec: StoreSpec,
    db: StateDb,
    query_id: String,
}

/// A found entry: key bytes, window start, stored value.
type Entry = (Vec<u8>, i64, Vec<u8>);

impl MaterializedView {
    pub(crate) fn new(materialized: Materialized, spec: StoreSpec, db: StateDb, query_id: String) -> Self {
        Self { materialized, spec, db, query_id }
    }

    pub fn partitions(&self) -> u32 {
        self.materialized.partitions
    }

    /// Rows found by `access` in committed state, in its order: look-ups by key and window start, scans partition by
    /// partition in key-byte order. `each` takes them batch by batch and stops the reading by returning false.
    ///
    /// # Errors
    /// `State` when the store cannot be read.
    pub fn pull(&self, access: &PullAccess, each: &mut dyn FnMut(MaterializedRows) -> bool) -> Result<(), TaskError> {
        let snapshot = self.db.snapshot();
        match access {
            PullAccess::KeyLookup(lookups) => {
                for lookup in lookups {
                    let entries = self.look_up(&*snapshot, lookup)?;
                    if !self.deliver(entries, each)? {
                        return Ok(());
                    }
                }
                Ok(())
            }
            // Bounds are checked on decoded keys: serialized keys need not sort as their values do.
            PullAccess::RangeScan { lower, upper } => {
                let bounds = (bound(lower.as_ref()), bound(upper.as_ref()));
                self.scan(&*snapshot, &mut |rows| match within(&rows, &bounds) {
                    Some(rows) => each(rows),
                    None => true,
                })
            }
            PullAccess::TableScan => self.scan(&*snapshot, each),
        }
    }

    fn in_partition(&self, partition: u32) -> StoreSpec {
        StoreSpec { partition, ..self.spec.clone() }
    }

    fn key_columns(&self) -> &[Column] {
        match &self.materialized.store {
            MaterializedStore::Aggregate(processor) => processor.key_columns(),
            MaterializedStore::Table(processor) => processor.key_columns(),
        }
    }

    fn look_up(&self, snapshot: &dyn Snapshot, lookup: &KeyLookup) -> Result<Vec<Entry>, TaskError> {
        let key: Vec<ArrayRef> = self
            .key_columns()
            .iter()
            .zip(&lookup.key)
            .map(|(column, value)| values_to_array(&column.data_type, std::slice::from_ref(value)))
            .collect();
        let encoded = match &self.materialized.store {
            MaterializedStore::Aggregate(processor) => processor.encode_key(&key)?,
            MaterializedStore::Table(processor) => processor.key_bytes(&key, None, 1)?,
        };
        let key = encoded.value(0);
        let spec = self.in_partition(partition_for_key(key, self.materialized.partitions).0);
        let entries = match (&self.materialized.store, spec.retention_ms) {
            (_, Some(_)) => windows_of(snapshot, &spec, key)?,
            (MaterializedStore::Table(processor), None) if processor.is_windowed() => {
                let mut from = Vec::new();
                spec.write_key(key, 0, &mut from);
                let length = from.len() + 16;
                range(snapshot, &spec, &from, &prefix_end(&from), &|stored| stored.len() == length)?
            }
            _ => {
                let mut stored = Vec::new();
                spec.write_key(key, 0, &mut stored);
                let value = snapshot.get_many(spec.id, &[&stored])?.pop().flatten();
                value.map(|value| (key.to_vec(), 0, value)).into_iter().collect()
            }
        };
        let size = self.window_size_ms();
        let inside = |(start, end): (i64, i64)| {
            (lookup.window_start.0..=lookup.window_start.1).contains(&start)
                && (lookup.window_end.0..=lookup.window_end.1).contains(&end)
        };
        Ok(entries
            .into_iter()
            .filter(|(stored, start, _)| match size {
                Some(size) => inside((*start, start.saturating_add(size))),
                None => self.stored_window(stored).is_none_or(inside),
            })
            .collect())
    }

    /// Bounds that a materialised windowed source keeps in its keys.
    fn stored_window(&self, key: &[u8]) -> Option<(i64, i64)> {
        match &self.materialized.store {
            MaterializedStore::Table(processor) if processor.is_windowed() => {
                let at = key.len().checked_sub(16)?;
                Some((read_i64(key, at)?, read_i64(key, at + 8)?))
            }
            _ => None,
        }
    }

    /// `Some` for windowed aggregates.
    fn window_size_ms(&self) -> Option<i64> {
        match &self.materialized.store {
            MaterializedStore::Aggregate(processor) => processor.window_size_ms(),
            MaterializedStore::Table(_) => None,
        }
    }

    fn scan(&self, snapshot: &dyn Snapshot, each: &mut dyn FnMut(MaterializedRows) -> bool) -> Result<(), TaskError> {
        for partition in 0..self.materialized.partitions {
            let spec = self.in_partition(partition);
            let meta = meta_of(snapshot, &spec)?;
            let mut from = spec.data_prefix();
            let to = prefix_end(&from);
            loop {
                let mut entries: Vec<Entry> = Vec::new();
                let mut next = None;
                snapshot.scan(spec.id, &from, &to, &mut |key, value| {
                    if entries.len() == SCAN_ROWS {
                        next = Some(key.to_vec());
                        return false;
                    }
                    if let Some((key, window)) = spec.split_key(key)
                        && spec.retention_ms.is_none_or(|retention| is_live(window, &meta, retention))
                    {
                        entries.push((key.to_vec(), window, value.to_vec()));
                    }
                    true
                })?;
                if !self.deliver(entries, each)? {
                    return Ok(());
                }
                match next {
                    Some(key) => from = key,
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// Decodes entries and takes them through the steps behind the store.
    fn deliver(&self, entries: Vec<Entry>, each: &mut dyn FnMut(MaterializedRows) -> bool) -> Result<bool, TaskError> {
        if entries.is_empty() {
            return Ok(true);
        }
        let rows = match &self.materialized.store {
            MaterializedStore::Aggregate(processor) => processor.decode_rows(&entries)?,
            MaterializedStore::Table(processor) => {
                let entries: Vec<(Vec<u8>, Vec<u8>)> = entries.into_iter().map(|(k, _, v)| (k, v)).collect();
                decode_table_rows(processor, &entries)?
            }
        };
        let mut log = TaskLog { query_id: &self.query_id, ..TaskLog::silent() };
        let mut batch = Some(Batch::Table(rows));
        for transform in &self.materialized.transforms {
            batch = match batch {
                Some(batch) => transform.apply(batch, &mut log)?,
                None => None,
            };
        }
        Ok(match batch {
            Some(Batch::Table(rows)) => present_rows(rows).is_none_or(each),
            _ => true,
        })
    }
}

/// The rows that the steps behind the store, such as HAVING, let pass.
fn present_rows(mut rows: TableBatch) -> Option<TableBatch> {
    let Some(present) = rows.new.present.take() else { return Some(rows) };
    let kept = super::operators::rows_where(rows.rows(), |row| present.value(row));
    (!kept.is_empty()).then(|| super::operators::take_table(&rows, &kept))
}

fn meta_of(snapshot: &dyn Snapshot, spec: &StoreSpec) -> Result<StoreMeta, TaskError> {
    let stored = snapshot.get_many(spec.id, &[&spec.meta_key()])?.pop().flatten();
    Ok(stored.and_then(|bytes| StoreMeta::decode(&bytes)).unwrap_or_default())
}

fn range(
    snapshot: &dyn Snapshot,
    spec: &StoreSpec,
    from: &[u8],
    to: &[u8],
    wanted: &dyn Fn(&[u8]) -> bool,
) -> Result<Vec<Entry>, TaskError> {
    let mut entries = Vec::new();
    snapshot.scan(spec.id, from, to, &mut |key, value| {
        if wanted(key)
            && let Some((key, window)) = spec.split_key(key)
        {
            entries.push((key.to_vec(), window, value.to_vec()));
        }
        true
    })?;
    Ok(entries)
}

/// The entries of a key in all live segments, by window start.
fn windows_of(snapshot: &dyn Snapshot, spec: &StoreSpec, key: &[u8]) -> Result<Vec<Entry>, TaskError> {
    let meta = meta_of(snapshot, spec)?;
    let (Some(oldest), Some(retention)) = (spec.oldest_segment(meta.stream_time), spec.retention_ms) else {
        return Ok(Vec::new());
    };
    let newest = meta.max_window_start.div_euclid(segment_ms(retention));
    let mut entries = Vec::new();
    for segment in oldest..=newest {
        let from = [spec.data_prefix().as_slice(), &ordered(segment), key].concat();
        let length = from.len() + 8;
        entries.extend(range(snapshot, spec, &from, &prefix_end(&from), &|stored| stored.len() == length)?);
    }
    entries.retain(|(found, start, _)| found == key && is_live(*start, &meta, retention));
    Ok(entries)
}

/// Whether a window is still within retention.
fn is_live(window_start: i64, meta: &StoreMeta, retention_ms: i64) -> bool {
    window_start > meta.stream_time.saturating_sub(retention_ms)
}

fn bound(side: Option<&(Value, bool)>) -> Bound<Vec<u8>> {
    let bytes = |value: &Value| match value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Bytes(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    };
    match side {
        None => Bound::Unbounded,
        Some((value, true)) => Bound::Included(bytes(value)),
        Some((value, false)) => Bound::Excluded(bytes(value)),
    }
}

/// The rows whose single key lies within bounds.
fn within(rows: &TableBatch, bounds: &(Bound<Vec<u8>>, Bound<Vec<u8>>)) -> Option<TableBatch> {
    use arrow_array::cast::AsArray;
    use std::ops::RangeBounds;
    let key = rows.key.first()?;
    let inside = |bytes: &[u8]| {
        RangeBounds::<[u8]>::contains(
            &(bounds.0.as_ref().map(Vec::as_slice), bounds.1.as_ref().map(Vec::as_slice)),
            bytes,
        )
    };
    let kept = super::operators::rows_where(rows.rows(), |row| {
        match (key.as_string_opt::<i32>(), key.as_binary_opt::<i32>()) {
            (Some(text), _) => inside(text.value(row).as_bytes()),
            (_, Some(bytes)) => inside(bytes.value(row)),
            _ => true,
        }
    });
    (!kept.is_empty()).then(|| super::operators::take_table(rows, &kept))
}
