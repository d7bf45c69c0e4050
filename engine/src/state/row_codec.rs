//! Rows of SQL values as bytes: the values of table stores and aggregates.
//!
//! Layout: the version byte 1, then the row. A row (and a STRUCT): one presence bit per column (bit i % 8 of byte i / 8),
//! then the columns that are not NULL, each as
//! - BOOLEAN one byte; INTEGER, BIGINT, TIME, DATE, TIMESTAMP and DECIMAL up to 38 digits: zigzag variable-length number
//! - DOUBLE 8 bytes LE; longer DECIMAL: the unscaled number in 32 bytes LE
//! - STRING, BYTES: variable-length byte count, bytes
//! - ARRAY: count, presence bits, items; MAP: count, keys, presence bits of the values, values.
//!
//! The form delimits itself given the types; it does not order.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};

use super::StateError;
use super::bytes::{Reader, is_set, put_signed, put_varint};
use super::column_reader::ColumnReader;
use crate::types::{SqlType, Value, values_to_array};

const VERSION: u8 = 1;
const WHAT: &str = "a stored row";

/// Encodes and decodes rows of fixed column types.
#[derive(Clone, Debug)]
pub struct RowCodec {
    types: Arc<[SqlType]>,
}

impl RowCodec {
    pub fn new(types: &[SqlType]) -> Self {
        Self { types: types.into() }
    }

    /// Appends one row of `columns`, which have the codec's types.
    pub fn encode_row(&self, columns: &[ArrayRef], row: usize, out: &mut Vec<u8>) {
        out.push(VERSION);
        put_presence(out, columns.len(), |i| !columns[i].is_null(row));
        for (column, data_type) in columns.iter().zip(self.types.iter()) {
            if !column.is_null(row) {
                put_item(out, column, row, data_type);
            }
        }
    }

    /// One array per column with a row per entry; `None` gives a row of NULLs.
    ///
    /// # Errors
    /// `Corrupt` when an entry does not decode to exactly one row.
    pub fn decode_rows(&self, rows: &[Option<&[u8]>]) -> Result<Vec<ArrayRef>, StateError> {
        let mut columns: Vec<ColumnReader> = self.types.iter().map(|t| ColumnReader::new(t, rows.len())).collect();
        for row in rows {
            let Some(bytes) = row else {
                columns.iter_mut().for_each(ColumnReader::null);
                continue;
            };
            let mut reader = Reader::new(bytes, WHAT);
            if reader.u8()? != VERSION {
                return Err(reader.corrupt("unknown version"));
            }
            read_fields(&mut columns, &mut reader)?;
            reader.finish()?;
        }
        Ok(columns.into_iter().map(ColumnReader::finish).collect())
    }
}

/// Appends one value in the form a row of one such column would have, without the version. A value of another kind than
/// the type asks for is written as NULL.
pub fn encode_value(data_type: &SqlType, value: &Value, out: &mut Vec<u8>) {
    let column = values_to_array(data_type, std::slice::from_ref(value));
    put_presence(out, 1, |_| !column.is_null(0));
    if !column.is_null(0) {
        put_item(out, &column, 0, data_type);
    }
}

/// Reads what `encode_value` wrote and leaves `bytes` behind it.
///
/// # Errors
/// `Corrupt` when it does not decode.
pub fn decode_value(data_type: &SqlType, bytes: &mut &[u8]) -> Result<Value, StateError> {
    let mut reader = Reader::new(bytes, WHAT);
    let mut column = ColumnReader::new(data_type, 1);
    read_fields(std::slice::from_mut(&mut column), &mut reader)?;
    *bytes = reader.rest;
    Ok(Value::from_array(&column.finish(), 0, data_type))
}

fn put_presence(out: &mut Vec<u8>, count: usize, present: impl Fn(usize) -> bool) {
    let at = out.len();
    out.resize(at + count.div_ceil(8), 0);
    for i in (0..count).filter(|&i| present(i)) {
        out[at + i / 8] |= 1 << (i % 8);
    }
}

fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u128);
    out.extend_from_slice(bytes);
}

/// Appends the value at `row`, which is not NULL.
fn put_item(out: &mut Vec<u8>, array: &dyn Array, row: usize, data_type: &SqlType) {
    match data_type {
        SqlType::Boolean => out.push(u8::from(array.as_boolean().value(row))),
        SqlType::Integer => put_signed(out, array.as_primitive::<Int32Type>().value(row).into()),
        SqlType::BigInt => put_signed(out, array.as_primitive::<Int64Type>().value(row).into()),
        SqlType::Time => put_signed(out, array.as_primitive::<Time32MillisecondType>().value(row).into()),
        SqlType::Date => put_signed(out, array.as_primitive::<Date32Type>().value(row).into()),
        SqlType::Timestamp => put_signed(out, array.as_primitive::<TimestampMillisecondType>().value(row).into()),
        SqlType::Double => out.extend_from_slice(&array.as_primitive::<Float64Type>().value(row).to_le_bytes()),
        SqlType::Decimal { .. } => match array.as_primitive_opt::<Decimal128Type>() {
            Some(narrow) => put_signed(out, narrow.value(row)),
            None => out.extend_from_slice(&array.as_primitive::<Decimal256Type>().value(row).to_le_bytes()),
        },
        SqlType::String => put_sized(out, array.as_string::<i32>().value(row).as_bytes()),
        SqlType::Bytes => put_sized(out, array.as_binary::<i32>().value(row)),
        SqlType::Array(item) => {
            let list = array.as_list::<i32>();
            let (from, to) = (list.value_offsets()[row] as usize, list.value_offsets()[row + 1] as usize);
            put_varint(out, (to - from) as u128);
            put_items(out, list.values(), from..to, item);
        }
        SqlType::Map(key, value) => {
            let map = array.as_map();
            let (from, to) = (map.value_offsets()[row] as usize, map.value_offsets()[row + 1] as usize);
            put_varint(out, (to - from) as u128);
            (from..to).for_each(|i| put_item(out, map.keys(), i, key));
            put_items(out, map.values(), from..to, value);
        }
        SqlType::Struct(fields) => {
            let columns = array.as_struct().columns();
            put_presence(out, columns.len(), |i| !columns[i].is_null(row));
            for (column, field) in columns.iter().zip(fields).filter(|(column, _)| !column.is_null(row)) {
                put_item(out, column, row, &field.data_type);
            }
        }
    }
}

fn put_items(out: &mut Vec<u8>, items: &ArrayRef, range: std::ops::Range<usize>, data_type: &SqlType) {
    put_presence(out, range.len(), |i| !items.is_null(range.start + i));
    for i in range.filter(|&i| !items.is_null(i)) {
        put_item(out, items, i, data_type);
    }
}

/// Reads presence bits and then the values of a row into its columns.
fn read_fields(columns: &mut [ColumnReader], reader: &mut Reader) -> Result<(), StateError> {
    let presence = reader.bytes(columns.len().div_ceil(8))?;
    for (i, column) in columns.iter_mut().enumerate() {
        if is_set(presence, i) { read_item(column, reader)? } else { column.null() }
    }
    Ok(())
}

/// Reads a value that is not NULL.
fn read_item(column: &mut ColumnReader, reader: &mut Reader) -> Result<(), StateError> {
    match column {
        ColumnReader::Boolean(b) => b.append_value(reader.u8()? != 0),
        ColumnReader::Integer(b) => b.append_value(reader.number()?),
        ColumnReader::BigInt(b) => b.append_value(reader.number()?),
        ColumnReader::Double(b) => b.append_value(f64::from_le_bytes(reader.array()?)),
        ColumnReader::Decimal128(b) => b.append_value(reader.signed()?),
        ColumnReader::Decimal256(b) => b.append_value(reader.i256()?),
        ColumnReader::String(b) => b.append_value(text(reader)?),
        ColumnReader::Bytes(b) => b.append_value(reader.sized()?),
        ColumnReader::Time(b) => b.append_value(reader.number()?),
        ColumnReader::Date(b) => b.append_value(reader.number()?),
        ColumnReader::Timestamp(b) => b.append_value(reader.number()?),
        ColumnReader::Array { shape, items, .. } => {
            let count = item_count(reader)?;
            read_items(items, count, reader)?;
            shape.push(true, count);
        }
        ColumnReader::Map { shape, keys, values, .. } => {
            let count = item_count(reader)?;
            (0..count).try_for_each(|_| read_item(keys, reader))?;
            read_items(values, count, reader)?;
            shape.push(true, count);
        }
        ColumnReader::Struct { shape, fields, .. } => {
            read_fields(fields, reader)?;
            shape.push(true, 0);
        }
    }
    Ok(())
}

fn text<'a>(reader: &mut Reader<'a>) -> Result<&'a str, StateError> {
    std::str::from_utf8(reader.sized()?).map_err(|_| reader.corrupt("a STRING is not UTF-8"))
}

/// Each item takes at least its presence bit.
fn item_count(reader: &mut Reader) -> Result<usize, StateError> {
    let count = reader.varint()?;
    let most = reader.rest.len().saturating_mul(8);
    usize::try_from(count).ok().filter(|&n| n <= most).ok_or_else(|| reader.corrupt("an item count is out of bounds"))
}

fn read_items(items: &mut ColumnReader, count: usize, reader: &mut Reader) -> Result<(), StateError> {
    let presence = reader.bytes(count.div_ceil(8))?;
    for i in 0..count {
        if is_set(presence, i) { read_item(items, reader)? } else { items.null() }
    }
    Ok(())
}
