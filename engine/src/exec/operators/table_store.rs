//! Materialises a table source: keeps the latest row of each key, for pull queries and restarts, and tells what it was before.
//!
//! A stored value is the row's time (i64, big-endian) and its value columns as `RowCodec` writes them. The changelog has the
//! columns in the source's value format, and the time as its records'.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, Int64Array};
use arrow_buffer::BooleanBuffer;

use super::changelog::{ValueCodec, stored_values};
use super::rows::{is_set, some_unset};
use super::{Operator, StateOptions, StatefulProcessor};
use crate::batch::{Batch, Header, RowHeaders, TableBatch, TableSide, WindowBounds};
use crate::exec::TaskError;
use crate::exec::key_index::KeyIndex;
use crate::exec::processing_log::TaskLog;
use crate::exec::store::{StorePart, read_i64};
use crate::formats::{self, Decoder, Encoder, Format, SerdeOptions};
use crate::state::RowCodec;
use crate::topic::CommitUnit;
use crate::types::{Column, LogicalSchema};

pub(crate) struct TableStoreProcessor {
    store: String,
    schema: LogicalSchema,
    key_encoder: Box<dyn Encoder>,
    key_decoder: Box<dyn Decoder>,
    values: RowCodec,
    logged: Option<ValueCodec>,
    windowed: bool,
    /// Somebody downstream needs old values.
    emits_old: bool,
}

impl TableStoreProcessor {
    pub fn new(
        store: &str,
        schema: &LogicalSchema,
        (key_serde, value_format): (&SerdeOptions, &Format),
        windowed: bool,
        emits_old: bool,
    ) -> Result<Self, TaskError> {
        Ok(Self {
            store: store.to_string(),
            schema: schema.clone(),
            key_encoder: formats::encoder(key_serde, &schema.key, true)?,
            key_decoder: formats::decoder(key_serde, &schema.key, store, true)?,
            values: RowCodec::new(&schema.value.iter().map(|c| c.data_type.clone()).collect::<Vec<_>>()),
            logged: ValueCodec::new(value_format, &schema.value, store),
            windowed,
            emits_old,
        })
    }
}

/// Rows of committed entries: key bytes (with window bounds if windowed) and stored values.
pub(crate) fn decode_table_rows(
    processor: &TableStoreProcessor,
    entries: &[(Vec<u8>, Vec<u8>)],
) -> Result<TableBatch, TaskError> {
    let stored: Vec<&[u8]> = entries.iter().map(|(key, _)| key.as_slice()).collect();
    let (key, window) = processor.decode_keys(&stored);
    let columns = processor.values.decode_rows(&entries.iter().map(|(_, value)| value.get(8..)).collect::<Vec<_>>())?;
    let rowtime: Int64Array =
        entries.iter().map(|(_, value)| read_i64(value, 0).unwrap_or_default()).collect::<Vec<_>>().into();
    Ok(TableBatch { key, old: None, new: TableSide { columns, present: None }, rowtime, window, headers: None })
}

impl TableStoreProcessor {
    pub fn key_columns(&self) -> &[Column] {
        &self.schema.key
    }
    pub fn is_windowed(&self) -> bool {
        self.windowed
    }
    /// Store bytes of the keys of a batch.
    pub fn key_bytes(
        &self,
        key: &[ArrayRef],
        window: Option<&WindowBounds>,
        rows: usize,
    ) -> Result<BinaryArray, TaskError> {
        let keys = self.key_encoder.encode(key, None, rows).map_err(|e| TaskError::Record(e.message))?;
        Ok(match window {
            None => keys,
            Some(window) => BinaryArray::from_iter_values((0..rows).map(|row| {
                [keys.value(row), &window.start.value(row).to_be_bytes(), &window.end.value(row).to_be_bytes()].concat()
            })),
        })
    }
}

impl StatefulProcessor for TableStoreProcessor {
    fn store_name(&self) -> &str {
        &self.store
    }
    fn retention_ms(&self) -> Option<i64> {
        None
    }
    fn restore(&self, values: &BinaryArray, timestamps: &Int64Array) -> Result<BinaryArray, TaskError> {
        let Some(logged) = &self.logged else { return Ok(values.clone()) };
        let columns = logged.decode(values, &(0..self.schema.value.len()).collect::<Vec<_>>())?.columns;
        Ok(stored_values(values, |row, stored| {
            stored.extend_from_slice(&timestamps.value(row).to_be_bytes());
            self.values.encode_row(&columns, row, stored);
        }))
    }
    fn open(self: Arc<Self>, store: StorePart, options: StateOptions) -> Box<dyn Operator> {
        Box::new(TableStore {
            processor: self,
            store,
            options,
            index: KeyIndex::default(),
            slots: Vec::new(),
            dirty: Vec::new(),
            accesses: 0,
            bytes: 0,
        })
    }
}

/// The state of one task.
struct TableStore {
    processor: Arc<TableStoreProcessor>,
    store: StorePart,
    options: StateOptions,
    index: KeyIndex,
    slots: Vec<Slot>,
    dirty: Vec<u32>,
    accesses: u64,
    bytes: usize,
}

/// A key's row now and, while a change waits in the record cache, as last emitted. Values are as stored; empty: no row.
#[derive(Default)]
struct Slot {
    current: Vec<u8>,
    emitted: Vec<u8>,
    change_time: i64,
    headers: Option<Arc<[Header]>>,
}

impl Slot {
    /// Record cache: the key had no row at the last commit and has none now, so nobody hears of what was between.
    fn passed_unseen(&self) -> bool {
        self.current.is_empty() && self.emitted.is_empty()
    }
}

impl TableStore {
    /// Slots of these keys, filled from the store where they were not in memory.
    fn slots_of(&mut self, keys: &BinaryArray) -> Result<Vec<u32>, TaskError> {
        let mut slots = Vec::with_capacity(keys.len());
        let mut missing = Vec::new();
        for key in keys {
            let (slot, added) = self.index.find_or_insert(key.unwrap_or_default(), 0);
            if added {
                missing.push(slot);
            }
            slots.push(slot);
        }
        self.slots.resize_with(self.index.slots(), Slot::default);
        let index = &self.index;
        let found = self.store.get_many(missing.iter().map(|&slot| (index.entry(slot).key.as_slice(), 0)))?;
        for (slot, value) in missing.into_iter().zip(found) {
            let state = &mut self.slots[slot as usize];
            state.current.clear();
            state.current.extend_from_slice(value.as_deref().unwrap_or_default());
            self.bytes += state.current.len();
        }
        Ok(slots)
    }
}

/// Stored bytes; empty ones are no row.
fn stored(bytes: &[u8]) -> Option<&[u8]> {
    (!bytes.is_empty()).then_some(bytes)
}

impl Operator for TableStore {
    fn process(&mut self, batch: Batch, _: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let Batch::Table(mut batch) = batch else {
            return Err(TaskError::Plan("only a table can be materialised".into()));
        };
        let rows = batch.rows();
        let keys = self.processor.key_bytes(&batch.key, batch.window.as_ref(), rows)?;
        let slots = self.slots_of(&keys)?;
        let (mut old_bytes, mut old_ends) = (Vec::new(), Vec::with_capacity(rows));
        for (row, &slot) in slots.iter().enumerate() {
            self.accesses += 1;
            let entry = self.index.entry_mut(slot);
            entry.last_access = self.accesses;
            if !std::mem::replace(&mut entry.dirty, true) {
                self.dirty.push(slot);
            }
            let state = &mut self.slots[slot as usize];
            if self.options.record_cache {
                if !std::mem::replace(&mut entry.pending, true) {
                    state.emitted.clone_from(&state.current);
                }
                state.headers = batch.headers.as_ref().map(|headers| headers[row].clone());
            } else if self.processor.emits_old {
                old_bytes.extend_from_slice(&state.current);
                old_ends.push(old_bytes.len());
            }
            self.bytes -= state.current.len();
            state.current.clear();
            state.change_time = batch.rowtime.value(row);
            if is_set(batch.new.present.as_ref(), row) {
                state.current.extend_from_slice(&state.change_time.to_be_bytes());
                self.processor.values.encode_row(&batch.new.columns, row, &mut state.current);
            }
            self.bytes += state.current.len();
        }
        if self.options.record_cache {
            return Ok(None);
        }
        if self.processor.emits_old {
            let starts = std::iter::once(0).chain(old_ends.iter().copied());
            batch.old = Some(self.processor.side(starts.zip(&old_ends).map(|(start, &end)| &old_bytes[start..end]))?);
        }
        Ok(Some(Batch::Table(batch)))
    }

    fn flush(&mut self, _: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let mut slots = Vec::with_capacity(self.dirty.len());
        for &slot in &self.dirty {
            if std::mem::take(&mut self.index.entry_mut(slot).pending) && !self.slots[slot as usize].passed_unseen() {
                slots.push(slot);
            }
        }
        if slots.is_empty() {
            return Ok(None);
        }
        self.index.sort_by_access(&mut slots);
        let old = if self.processor.emits_old {
            Some(self.processor.side(slots.iter().map(|&s| self.slots[s as usize].emitted.as_slice()))?)
        } else {
            None
        };
        let new = self.processor.side(slots.iter().map(|&s| self.slots[s as usize].current.as_slice()))?;
        let rowtime: Int64Array = slots.iter().map(|&s| self.slots[s as usize].change_time).collect::<Vec<_>>().into();
        let stored: Vec<&[u8]> = slots.iter().map(|&s| self.index.entry(s).key.as_slice()).collect();
        let (key, window) = self.processor.decode_keys(&stored);
        let headers: RowHeaders =
            slots.iter().map(|&s| self.slots[s as usize].headers.take().unwrap_or_else(|| Arc::from([]))).collect();
        let headers = headers.iter().any(|h| !h.is_empty()).then_some(headers);
        Ok(Some(Batch::Table(TableBatch { key, old, new, rowtime, window, headers })))
    }

    fn commit(&mut self, unit: &mut CommitUnit) -> Result<(), TaskError> {
        let mut written = std::mem::take(&mut self.dirty);
        written.retain(|&slot| {
            let state = &self.slots[slot as usize];
            self.index.entry_mut(slot).dirty = false;
            if self.options.record_cache && state.passed_unseen() {
                return false;
            }
            self.store.write(self.index.entry(slot).key.as_slice(), 0, stored(&state.current), state.change_time);
            true
        });
        let (slots, processor) = (&self.slots, &self.processor);
        let rows = || written.iter().map(|&slot| slots[slot as usize].current.as_slice());
        self.store.commit(unit, || match &processor.logged {
            Some(logged) => {
                let side = processor.side(rows())?;
                logged.encode(&side.columns, side.present.as_ref(), written.len())
            }
            None => Ok(rows().map(stored).collect()),
        })
    }

    fn committed(&mut self) {
        if !self.options.budget.is_exceeded() {
            return;
        }
        for slot in self.index.oldest_clean(self.index.len() / 2 + 1) {
            self.bytes -= self.slots[slot as usize].current.len();
            self.slots[slot as usize] = Slot::default();
            self.index.remove(slot);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.bytes + self.index.memory_bytes() + self.index.len() * size_of::<Slot>()
    }
}

impl TableStoreProcessor {
    /// Stored rows as a side; empty bytes are no row.
    fn side<'a>(&self, rows: impl Iterator<Item = &'a [u8]> + Clone) -> Result<TableSide, TaskError> {
        let present: Vec<bool> = rows.clone().map(|bytes| !bytes.is_empty()).collect();
        let columns = self.values.decode_rows(&rows.map(|bytes| bytes.get(8..)).collect::<Vec<_>>())?;
        Ok(TableSide { columns, present: some_unset(BooleanBuffer::from(present)) })
    }

    /// Key columns and windows of stored keys.
    fn decode_keys(&self, stored: &[&[u8]]) -> (Vec<ArrayRef>, Option<WindowBounds>) {
        let at = |key: &[u8]| if self.windowed { key.len().saturating_sub(16) } else { key.len() };
        let keys = BinaryArray::from_iter_values(stored.iter().map(|key| &key[..at(key)]));
        let wanted: Vec<usize> = (0..self.schema.key.len()).collect();
        let key = self.key_decoder.decode(&keys, &wanted).columns;
        let window = self.windowed.then(|| {
            let bound = |key: &[u8], offset: usize| read_i64(key, at(key) + offset).unwrap_or_default();
            WindowBounds {
                start: stored.iter().map(|key| bound(key, 0)).collect::<Vec<_>>().into(),
                end: stored.iter().map(|key| bound(key, 8)).collect::<Vec<_>>().into(),
            }
        });
        (key, window)
    }
}
