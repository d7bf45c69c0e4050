//! Keys of SQL values as bytes that order as the values do, column by column, NULL first.
//!
//! Layout of a value: `00` for NULL, else `01` and
//! - BOOLEAN one byte; INTEGER, TIME, DATE 4 and BIGINT, TIMESTAMP 8 bytes BE, sign bit flipped
//! - DOUBLE 8 bytes BE, sign bit flipped, all bits flipped if negative; DECIMAL 16 or (over 38 digits) 32 bytes BE, sign
//!   bit flipped
//! - STRING, BYTES: the bytes; where more follows, `00` in them is `00 ff` and `00 01` ends them
//! - ARRAY: `01` and the item, for each; then `00`. MAP: the same with key and value, in the order of the keys' bytes
//! - STRUCT: its fields as values.
//!
//! So keys of one STRING or BYTES column order like their bytes. `store_metadata` versions the stores that hold such keys.

use std::ops::Bound;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer, i256};

use super::StateError;
use super::bytes::Reader;
use super::column_reader::ColumnReader;
use crate::types::{SqlType, Value, values_to_array};

const NULL: u8 = 0;
const PRESENT: u8 = 1;
const END: u8 = 0;
const ITEM: u8 = 1;
const ESCAPE: u8 = 0;
const ESCAPED_ZERO: u8 = 0xff;
const ESCAPED_END: u8 = 1;

/// Encodes and decodes keys of fixed column types.
#[derive(Clone, Debug)]
pub struct KeyCodec {
    types: Arc<[SqlType]>,
}

impl KeyCodec {
    pub fn new(types: &[SqlType]) -> Self {
        Self { types: types.into() }
    }

    /// One key per row. `rows` counts where there are no columns.
    pub fn encode(&self, columns: &[ArrayRef], rows: usize) -> BinaryArray {
        let mut bytes = Vec::with_capacity(rows * 12 * columns.len());
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0i32);
        for row in 0..rows {
            self.encode_row(columns, row, &mut bytes);
            ends.push(bytes.len() as i32);
        }
        BinaryArray::new(OffsetBuffer::new(ScalarBuffer::from(ends)), Buffer::from_vec(bytes), None)
    }

    /// Appends the key of one row.
    pub fn encode_row(&self, columns: &[ArrayRef], row: usize, out: &mut Vec<u8>) {
        for (i, (column, data_type)) in columns.iter().zip(self.types.iter()).enumerate() {
            put_key(out, column, row, data_type, i + 1 == self.types.len());
        }
    }

    /// One array per column with a row per key.
    ///
    /// # Errors
    /// `Corrupt` when a key does not decode to exactly one row.
    pub fn decode(&self, keys: &[&[u8]]) -> Result<Vec<ArrayRef>, StateError> {
        let mut columns: Vec<ColumnReader> = self.types.iter().map(|t| ColumnReader::new(t, keys.len())).collect();
        let last = columns.len();
        for key in keys {
            let mut reader = Reader::new(key, "a stored key");
            for (i, column) in columns.iter_mut().enumerate() {
                read_key(column, &mut reader, i + 1 == last)?;
            }
            reader.finish()?;
        }
        Ok(columns.into_iter().map(ColumnReader::finish).collect())
    }

    /// The half-open range of key bytes that holds exactly the keys whose single column lies within the bounds. Without
    /// bounds, all keys, NULL too.
    pub fn range_bounds(&self, lower: Bound<&Value>, upper: Bound<&Value>) -> (Vec<u8>, Vec<u8>) {
        let from = match lower {
            Bound::Included(value) => self.encode_value(value),
            Bound::Excluded(value) => successor(self.encode_value(value)),
            Bound::Unbounded if matches!(upper, Bound::Unbounded) => Vec::new(),
            Bound::Unbounded => vec![PRESENT],
        };
        let to = match upper {
            Bound::Included(value) => successor(self.encode_value(value)),
            Bound::Excluded(value) => self.encode_value(value),
            Bound::Unbounded => vec![PRESENT + 1],
        };
        (from, to)
    }

    fn encode_value(&self, value: &Value) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(data_type) = self.types.first() {
            let column = values_to_array(data_type, std::slice::from_ref(value));
            put_key(&mut out, &column, 0, data_type, self.types.len() == 1);
        }
        out
    }
}

/// The next byte string.
fn successor(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}

fn put_key(out: &mut Vec<u8>, array: &dyn Array, row: usize, data_type: &SqlType, last: bool) {
    if array.is_null(row) {
        return out.push(NULL);
    }
    out.push(PRESENT);
    match data_type {
        SqlType::Boolean => out.push(u8::from(array.as_boolean().value(row))),
        SqlType::Integer => put_i32(out, array.as_primitive::<Int32Type>().value(row)),
        SqlType::Time => put_i32(out, array.as_primitive::<Time32MillisecondType>().value(row)),
        SqlType::Date => put_i32(out, array.as_primitive::<Date32Type>().value(row)),
        SqlType::BigInt => put_i64(out, array.as_primitive::<Int64Type>().value(row)),
        SqlType::Timestamp => put_i64(out, array.as_primitive::<TimestampMillisecondType>().value(row)),
        SqlType::Double => put_i64(out, total_order(array.as_primitive::<Float64Type>().value(row).to_bits() as i64)),
        SqlType::Decimal { .. } => put_decimal(out, array, row),
        SqlType::String => put_bytes(out, array.as_string::<i32>().value(row).as_bytes(), last),
        SqlType::Bytes => put_bytes(out, array.as_binary::<i32>().value(row), last),
        SqlType::Array(item) => {
            let list = array.as_list::<i32>();
            for i in list.value_offsets()[row]..list.value_offsets()[row + 1] {
                out.push(ITEM);
                put_key(out, list.values(), i as usize, item, false);
            }
            out.push(END);
        }
        SqlType::Map(key, value) => put_entries(out, array, row, key, value),
        SqlType::Struct(fields) => {
            for (column, field) in array.as_struct().columns().iter().zip(fields) {
                put_key(out, column, row, &field.data_type, false);
            }
        }
    }
}

fn put_i32(out: &mut Vec<u8>, value: i32) {
    out.extend_from_slice(&(value ^ i32::MIN).to_be_bytes());
}

fn put_i64(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(&(value ^ i64::MIN).to_be_bytes());
}

/// The bits of a DOUBLE as a signed number that orders as the DOUBLE does. Its own inverse.
fn total_order(bits: i64) -> i64 {
    bits ^ ((bits >> 63) & i64::MAX)
}

fn put_decimal(out: &mut Vec<u8>, array: &dyn Array, row: usize) {
    let at = out.len();
    match array.as_primitive_opt::<Decimal128Type>() {
        Some(narrow) => out.extend_from_slice(&narrow.value(row).to_be_bytes()),
        None => out.extend_from_slice(&array.as_primitive::<Decimal256Type>().value(row).to_be_bytes()),
    }
    out[at] ^= 0x80;
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8], last: bool) {
    if last {
        return out.extend_from_slice(bytes);
    }
    for &byte in bytes {
        out.push(byte);
        if byte == ESCAPE {
            out.push(ESCAPED_ZERO);
        }
    }
    out.extend_from_slice(&[ESCAPE, ESCAPED_END]);
}

fn put_entries(out: &mut Vec<u8>, array: &dyn Array, row: usize, key: &SqlType, value: &SqlType) {
    let map = array.as_map();
    let mut entries: Vec<Vec<u8>> = (map.value_offsets()[row]..map.value_offsets()[row + 1])
        .map(|i| {
            let mut entry = vec![ITEM];
            put_key(&mut entry, map.keys(), i as usize, key, false);
            put_key(&mut entry, map.values(), i as usize, value, false);
            entry
        })
        .collect();
    entries.sort_unstable();
    entries.iter().for_each(|entry| out.extend_from_slice(entry));
    out.push(END);
}

fn read_key(column: &mut ColumnReader, reader: &mut Reader, last: bool) -> Result<(), StateError> {
    match reader.u8()? {
        NULL => {
            column.null();
            return Ok(());
        }
        PRESENT => {}
        _ => return Err(reader.corrupt("unknown tag of a value")),
    }
    match column {
        ColumnReader::Boolean(b) => b.append_value(reader.u8()? != 0),
        ColumnReader::Integer(b) => b.append_value(read_i32(reader)?),
        ColumnReader::Time(b) => b.append_value(read_i32(reader)?),
        ColumnReader::Date(b) => b.append_value(read_i32(reader)?),
        ColumnReader::BigInt(b) => b.append_value(read_i64(reader)?),
        ColumnReader::Timestamp(b) => b.append_value(read_i64(reader)?),
        ColumnReader::Double(b) => b.append_value(f64::from_bits(total_order(read_i64(reader)?) as u64)),
        ColumnReader::Decimal128(b) => {
            let mut bytes = reader.array::<16>()?;
            bytes[0] ^= 0x80;
            b.append_value(i128::from_be_bytes(bytes));
        }
        ColumnReader::Decimal256(b) => {
            let mut bytes = reader.array::<32>()?;
            bytes[0] ^= 0x80;
            b.append_value(i256::from_be_bytes(bytes));
        }
        ColumnReader::String(b) => {
            let bytes = read_bytes(reader, last)?;
            b.append_value(std::str::from_utf8(&bytes).map_err(|_| reader.corrupt("a STRING is not UTF-8"))?);
        }
        ColumnReader::Bytes(b) => b.append_value(read_bytes(reader, last)?),
        ColumnReader::Array { shape, items, .. } => {
            let count = read_items(reader, |reader| read_key(items, reader, false))?;
            shape.push(true, count);
        }
        ColumnReader::Map { shape, keys, values, .. } => {
            let count = read_items(reader, |reader| {
                if reader.rest.first() == Some(&NULL) {
                    return Err(reader.corrupt("the key of a MAP is NULL"));
                }
                read_key(keys, reader, false)?;
                read_key(values, reader, false)
            })?;
            shape.push(true, count);
        }
        ColumnReader::Struct { shape, fields, .. } => {
            fields.iter_mut().try_for_each(|field| read_key(field, reader, false))?;
            shape.push(true, 0);
        }
    }
    Ok(())
}

fn read_i32(reader: &mut Reader) -> Result<i32, StateError> {
    Ok(i32::from_be_bytes(reader.array()?) ^ i32::MIN)
}

fn read_i64(reader: &mut Reader) -> Result<i64, StateError> {
    Ok(i64::from_be_bytes(reader.array()?) ^ i64::MIN)
}

fn read_bytes<'a>(reader: &mut Reader<'a>, last: bool) -> Result<std::borrow::Cow<'a, [u8]>, StateError> {
    if last {
        return Ok(std::mem::take(&mut reader.rest).into());
    }
    let mut out = Vec::new();
    loop {
        match (reader.u8()?, reader.rest.first()) {
            (ESCAPE, Some(&ESCAPED_ZERO)) => out.push(ESCAPE),
            (ESCAPE, Some(&ESCAPED_END)) => {
                reader.bytes(1)?;
                return Ok(out.into());
            }
            (ESCAPE, _) => return Err(reader.corrupt("an escape is unknown")),
            (byte, _) => {
                out.push(byte);
                continue;
            }
        }
        reader.bytes(1)?;
    }
}

fn read_items(
    reader: &mut Reader,
    mut item: impl FnMut(&mut Reader) -> Result<(), StateError>,
) -> Result<usize, StateError> {
    let mut count = 0;
    loop {
        match reader.u8()? {
            END => return Ok(count),
            ITEM => item(reader)?,
            _ => return Err(reader.corrupt("an item's mark is unknown")),
        }
        count += 1;
    }
}
