//! What flows between operators: `StreamBatch` (facts) and `TableBatch` (changes) over Arrow arrays.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use arrow_buffer::BooleanBuffer;

/// One Kafka header; the value may be null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub key: String,
    pub value: Option<Vec<u8>>,
}

/// The headers of each row, in record order. Rows that come from one record share theirs.
pub type RowHeaders = Vec<Arc<[Header]>>;

/// Window of each row in ms: `start` inclusive; `end` exclusive for time windows, inclusive for sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowBounds {
    pub start: Int64Array,
    pub end: Int64Array,
}

/// Independent facts, n rows in offset order.
#[derive(Clone, Debug)]
pub struct StreamBatch {
    /// Key columns, then value columns, as the producing step's schema lists them; n rows each.
    pub columns: Vec<ArrayRef>,
    /// Event time of each row in ms; never null.
    pub rowtime: Int64Array,
    /// Unset bits: the record's key was null. `None`: no key was.
    pub key_present: Option<BooleanBuffer>,
    /// Unset bits: the record's value was null (all value columns are NULL then). `None`: no value was.
    pub value_present: Option<BooleanBuffer>,
    pub window: Option<WindowBounds>,
    /// `None`: no row has headers.
    pub headers: Option<RowHeaders>,
}

impl StreamBatch {
    pub fn rows(&self) -> usize {
        self.rowtime.len()
    }
}

/// Changes of keys, n rows in the order in which they happened. A null `new` is a tombstone, a null `old` an insert.
#[derive(Clone, Debug)]
pub struct TableBatch {
    /// Key columns only.
    pub key: Vec<ArrayRef>,
    /// `None`: nobody downstream asked for old values.
    pub old: Option<TableSide>,
    pub new: TableSide,
    /// Event time of each change in ms.
    pub rowtime: Int64Array,
    pub window: Option<WindowBounds>,
    pub headers: Option<RowHeaders>,
}

/// One side of n changes: the value columns, and which rows exist on this side.
#[derive(Clone, Debug)]
pub struct TableSide {
    pub columns: Vec<ArrayRef>,
    /// Unset bits: no row on this side (all its columns are NULL). `None`: all rows exist.
    pub present: Option<BooleanBuffer>,
}

impl TableBatch {
    pub fn rows(&self) -> usize {
        self.rowtime.len()
    }
}

#[derive(Clone, Debug)]
pub enum Batch {
    Stream(StreamBatch),
    Table(TableBatch),
}
