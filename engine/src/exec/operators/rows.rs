//! Batches as rows: the arrays that expressions see, and picking, gluing and hiding rows. No SQL in here.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array, UInt32Array};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use arrow_select::concat::concat;
use arrow_select::nullif::nullif;
use arrow_select::take::take;

use crate::batch::{RowHeaders, StreamBatch, TableBatch, TableSide, WindowBounds};

/// The arrays of a stream's rows as `plan::row_schema` lists them.
pub(crate) fn stream_columns(batch: &StreamBatch) -> Vec<ArrayRef> {
    let mut columns = batch.columns.clone();
    push_pseudo_columns(&mut columns, &batch.rowtime, batch.window.as_ref());
    columns
}

/// The arrays of one side of a table's changes as `plan::row_schema` lists them.
pub(crate) fn table_columns(batch: &TableBatch, side: &TableSide) -> Vec<ArrayRef> {
    let mut columns = batch.key.clone();
    columns.extend(side.columns.iter().cloned());
    push_pseudo_columns(&mut columns, &batch.rowtime, batch.window.as_ref());
    columns
}

fn push_pseudo_columns(columns: &mut Vec<ArrayRef>, rowtime: &Int64Array, window: Option<&WindowBounds>) {
    columns.push(Arc::new(rowtime.clone()));
    if let Some(window) = window {
        columns.push(Arc::new(window.start.clone()));
        columns.push(Arc::new(window.end.clone()));
    }
}

pub(crate) fn take_array(array: &ArrayRef, rows: &UInt32Array) -> ArrayRef {
    take(array, rows, None).expect("row numbers lie in the batch")
}

pub(crate) fn take_arrays(arrays: &[ArrayRef], rows: &UInt32Array) -> Vec<ArrayRef> {
    arrays.iter().map(|array| take_array(array, rows)).collect()
}

pub(crate) fn take_i64(array: &Int64Array, rows: &UInt32Array) -> Int64Array {
    Int64Array::new(rows.values().iter().map(|&row| array.value(row as usize)).collect(), None)
}

pub(crate) fn take_bits(bits: Option<&BooleanBuffer>, rows: &UInt32Array) -> Option<BooleanBuffer> {
    bits.map(|bits| BooleanBuffer::collect_bool(rows.len(), |i| bits.value(rows.value(i) as usize)))
}

pub(crate) fn take_headers(headers: Option<&RowHeaders>, rows: &UInt32Array) -> Option<RowHeaders> {
    headers.map(|headers| rows.values().iter().map(|&row| headers[row as usize].clone()).collect())
}

pub(crate) fn take_window(window: Option<&WindowBounds>, rows: &UInt32Array) -> Option<WindowBounds> {
    window.map(|w| WindowBounds { start: take_i64(&w.start, rows), end: take_i64(&w.end, rows) })
}

pub(crate) fn take_side(side: &TableSide, rows: &UInt32Array) -> TableSide {
    TableSide { columns: take_arrays(&side.columns, rows), present: take_bits(side.present.as_ref(), rows) }
}

pub(crate) fn take_stream(batch: &StreamBatch, rows: &UInt32Array) -> StreamBatch {
    StreamBatch {
        columns: take_arrays(&batch.columns, rows),
        rowtime: take_i64(&batch.rowtime, rows),
        key_present: take_bits(batch.key_present.as_ref(), rows),
        value_present: take_bits(batch.value_present.as_ref(), rows),
        window: take_window(batch.window.as_ref(), rows),
        headers: take_headers(batch.headers.as_ref(), rows),
    }
}

pub(crate) fn take_table(batch: &TableBatch, rows: &UInt32Array) -> TableBatch {
    TableBatch {
        key: take_arrays(&batch.key, rows),
        old: batch.old.as_ref().map(|side| take_side(side, rows)),
        new: take_side(&batch.new, rows),
        rowtime: take_i64(&batch.rowtime, rows),
        window: take_window(batch.window.as_ref(), rows),
        headers: take_headers(batch.headers.as_ref(), rows),
    }
}

/// Numbers of the rows for which `keep` holds.
pub(crate) fn rows_where(rows: usize, keep: impl Fn(usize) -> bool) -> UInt32Array {
    (0..rows).filter(|&row| keep(row)).map(|row| row as u32).collect::<Vec<u32>>().into()
}

pub(crate) fn is_set(bits: Option<&BooleanBuffer>, row: usize) -> bool {
    bits.is_none_or(|bits| bits.value(row))
}

/// Both; `None` stands for all set.
pub(crate) fn and_bits(a: Option<&BooleanBuffer>, b: Option<&BooleanBuffer>) -> Option<BooleanBuffer> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a & b),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    }
}

/// Bits that are all set become `None`.
pub(crate) fn some_unset(bits: BooleanBuffer) -> Option<BooleanBuffer> {
    (bits.count_set_bits() < bits.len()).then_some(bits)
}

/// NULL where `present` is unset.
pub(crate) fn hide_absent(array: ArrayRef, present: Option<&BooleanBuffer>) -> ArrayRef {
    match present {
        Some(present) => nullif(&array, &BooleanArray::new(!present, None)).expect("equal lengths"),
        None => array,
    }
}

/// The bits of a predicate's result: true and not NULL.
pub(crate) fn true_bits(array: &ArrayRef) -> BooleanBuffer {
    match array.as_any().downcast_ref::<BooleanArray>() {
        Some(mask) => match mask.nulls() {
            Some(nulls) => mask.values() & nulls.inner(),
            None => mask.values().clone(),
        },
        None => BooleanBuffer::new_unset(array.len()),
    }
}

/// One batch of all changes in order. At least one part.
pub(crate) fn concat_tables(parts: &[&TableBatch]) -> TableBatch {
    let rows: Vec<usize> = parts.iter().map(|p| p.rows()).collect();
    let old: Option<Vec<&TableSide>> = parts.iter().map(|p| p.old.as_ref()).collect();
    let new: Vec<&TableSide> = parts.iter().map(|p| &p.new).collect();
    TableBatch {
        key: concat_columns(&parts.iter().map(|p| p.key.as_slice()).collect::<Vec<_>>()),
        old: old.map(|sides| concat_sides(&sides, &rows)),
        new: concat_sides(&new, &rows),
        rowtime: concat_i64(parts.iter().map(|p| &p.rowtime)),
        window: concat_windows(parts.iter().map(|p| p.window.as_ref())),
        headers: concat_headers(parts.iter().map(|p| p.headers.as_ref()), &rows),
    }
}

fn concat_sides(sides: &[&TableSide], rows: &[usize]) -> TableSide {
    TableSide {
        columns: concat_columns(&sides.iter().map(|s| s.columns.as_slice()).collect::<Vec<_>>()),
        present: concat_bits(sides.iter().map(|s| s.present.as_ref()), rows),
    }
}

fn concat_columns(parts: &[&[ArrayRef]]) -> Vec<ArrayRef> {
    (0..parts[0].len())
        .map(|column| {
            let arrays: Vec<&dyn Array> = parts.iter().map(|part| part[column].as_ref()).collect();
            concat(&arrays).expect("batches of one step have one schema")
        })
        .collect()
}

fn concat_i64<'a>(parts: impl Iterator<Item = &'a Int64Array>) -> Int64Array {
    Int64Array::from(parts.flat_map(|part| part.values().iter().copied()).collect::<Vec<i64>>())
}

fn concat_bits<'a>(parts: impl Iterator<Item = Option<&'a BooleanBuffer>>, rows: &[usize]) -> Option<BooleanBuffer> {
    let mut builder = BooleanBufferBuilder::new(rows.iter().sum());
    let mut any = false;
    for (part, &rows) in parts.zip(rows) {
        match part {
            Some(bits) => {
                any = true;
                builder.append_buffer(bits);
            }
            None => builder.append_n(rows, true),
        }
    }
    any.then(|| builder.finish())
}

fn concat_windows<'a>(parts: impl Iterator<Item = Option<&'a WindowBounds>>) -> Option<WindowBounds> {
    let parts: Vec<&WindowBounds> = parts.collect::<Option<_>>()?;
    Some(WindowBounds {
        start: concat_i64(parts.iter().map(|w| &w.start)),
        end: concat_i64(parts.iter().map(|w| &w.end)),
    })
}

fn concat_headers<'a>(parts: impl Iterator<Item = Option<&'a RowHeaders>>, rows: &[usize]) -> Option<RowHeaders> {
    let parts: Vec<Option<&RowHeaders>> = parts.collect();
    parts.iter().any(Option::is_some).then(|| {
        let mut out = RowHeaders::new();
        for (part, &rows) in parts.iter().zip(rows) {
            match part {
                Some(headers) => out.extend(headers.iter().cloned()),
                None => out.extend(std::iter::repeat_n(Arc::from([]), rows)),
            }
        }
        out
    })
}
