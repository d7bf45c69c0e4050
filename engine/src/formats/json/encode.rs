//! Columns into JSON records.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::BooleanBuffer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::text::append_string;
use crate::formats::{EncodeError, Encoder, Payloads, decimal, java_double};
use crate::types::{Column, SqlType};

/// Writes JSON records of one schema: compact, every column in order, NULL as `null`.
pub struct JsonEncoder {
    columns: Vec<Column>,
    /// What stands before each column's value: `{"A":`, `,"B":`. `None`: the bare value of the only column.
    prefixes: Option<Vec<Vec<u8>>>,
}

impl JsonEncoder {
    pub fn new(columns: &[Column], wrap_single: bool) -> Self {
        let wrapped = columns.len() != 1 || wrap_single;
        let prefixes = wrapped.then(|| prefixes(columns.iter().map(|c| c.name.as_str())));
        Self { columns: columns.to_vec(), prefixes }
    }
}

fn prefixes<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Vec<u8>> {
    let prefix = |(index, name): (usize, &str)| {
        let mut prefix = vec![if index == 0 { b'{' } else { b',' }];
        append_string(name, &mut prefix);
        prefix.push(b':');
        prefix
    };
    names.enumerate().map(prefix).collect()
}

impl Encoder for JsonEncoder {
    fn encode(
        &self,
        columns: &[ArrayRef],
        present: Option<&BooleanBuffer>,
        rows: usize,
    ) -> Result<BinaryArray, EncodeError> {
        if self.columns.is_empty() {
            return Ok(BinaryArray::new_null(rows));
        }
        let writers: Vec<ValueWriter<'_>> =
            columns.iter().zip(&self.columns).map(|(array, c)| ValueWriter::new(array, &c.data_type)).collect();
        let mut payloads = Payloads::new(rows, rows * 16 * writers.len());
        for row in 0..rows {
            let absent = present.is_some_and(|present| !present.value(row));
            let Some(prefixes) = &self.prefixes else {
                if absent || writers[0].is_null(row) {
                    payloads.push_null();
                } else {
                    writers[0].append(row, payloads.open());
                    payloads.close(row)?;
                }
                continue;
            };
            if absent {
                payloads.push_null();
                continue;
            }
            append_object(prefixes, &writers, row, payloads.open());
            payloads.close(row)?;
        }
        Ok(payloads.finish())
    }
}

fn append_object(prefixes: &[Vec<u8>], writers: &[ValueWriter<'_>], row: usize, out: &mut Vec<u8>) {
    for (prefix, writer) in prefixes.iter().zip(writers) {
        out.extend_from_slice(prefix);
        writer.append(row, out);
    }
    out.extend_from_slice(if prefixes.is_empty() { b"{}" } else { b"}" });
}

/// Writes the values of one array as JSON.
pub enum ValueWriter<'a> {
    Boolean(&'a BooleanArray),
    Integer(&'a Int32Array),
    BigInt(&'a Int64Array),
    Double(&'a Float64Array),
    Decimal(&'a Decimal128Array, u32),
    WideDecimal(&'a Decimal256Array, u32),
    String(&'a StringArray),
    Bytes(&'a BinaryArray),
    Time(&'a Time32MillisecondArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMillisecondArray),
    Array(&'a ListArray, Box<ValueWriter<'a>>),
    Map(&'a MapArray, &'a StringArray, Box<ValueWriter<'a>>),
    Struct(&'a StructArray, Vec<Vec<u8>>, Vec<ValueWriter<'a>>),
    /// An array of another type than the column's, or a map without text keys: NULLs only.
    Unfit,
}

impl<'a> ValueWriter<'a> {
    pub fn new(array: &'a ArrayRef, data_type: &SqlType) -> Self {
        Self::of(array, data_type).unwrap_or(ValueWriter::Unfit)
    }

    fn of(array: &'a ArrayRef, data_type: &SqlType) -> Option<Self> {
        Some(match data_type {
            SqlType::Boolean => ValueWriter::Boolean(array.as_boolean_opt()?),
            SqlType::Integer => ValueWriter::Integer(array.as_primitive_opt::<Int32Type>()?),
            SqlType::BigInt => ValueWriter::BigInt(array.as_primitive_opt::<Int64Type>()?),
            SqlType::Double => ValueWriter::Double(array.as_primitive_opt::<Float64Type>()?),
            SqlType::Decimal { scale, .. } => match array.as_primitive_opt::<Decimal128Type>() {
                Some(narrow) => ValueWriter::Decimal(narrow, *scale),
                None => ValueWriter::WideDecimal(array.as_primitive_opt::<Decimal256Type>()?, *scale),
            },
            SqlType::String => ValueWriter::String(array.as_string_opt::<i32>()?),
            SqlType::Bytes => ValueWriter::Bytes(array.as_binary_opt::<i32>()?),
            SqlType::Time => ValueWriter::Time(array.as_primitive_opt::<Time32MillisecondType>()?),
            SqlType::Date => ValueWriter::Date(array.as_primitive_opt::<Date32Type>()?),
            SqlType::Timestamp => ValueWriter::Timestamp(array.as_primitive_opt::<TimestampMillisecondType>()?),
            SqlType::Array(item) => {
                let lists = array.as_list_opt::<i32>()?;
                ValueWriter::Array(lists, Box::new(Self::new(lists.values(), item)))
            }
            SqlType::Map(_, value) => {
                let maps = array.as_map_opt()?;
                let values = Box::new(Self::new(maps.values(), value));
                ValueWriter::Map(maps, maps.keys().as_string_opt::<i32>()?, values)
            }
            SqlType::Struct(fields) => {
                let structs = array.as_struct_opt()?;
                let writers =
                    fields.iter().zip(structs.columns()).map(|(f, column)| Self::new(column, &f.data_type)).collect();
                ValueWriter::Struct(structs, prefixes(fields.iter().map(|f| f.name.as_str())), writers)
            }
        })
    }

    pub fn is_null(&self, row: usize) -> bool {
        match self {
            ValueWriter::Boolean(array) => array.is_null(row),
            ValueWriter::Integer(array) => array.is_null(row),
            ValueWriter::BigInt(array) => array.is_null(row),
            ValueWriter::Double(array) => array.is_null(row),
            ValueWriter::Decimal(array, _) => array.is_null(row),
            ValueWriter::WideDecimal(array, _) => array.is_null(row),
            ValueWriter::String(array) => array.is_null(row),
            ValueWriter::Bytes(array) => array.is_null(row),
            ValueWriter::Time(array) => array.is_null(row),
            ValueWriter::Date(array) => array.is_null(row),
            ValueWriter::Timestamp(array) => array.is_null(row),
            ValueWriter::Array(array, _) => array.is_null(row),
            ValueWriter::Map(array, ..) => array.is_null(row),
            ValueWriter::Struct(array, ..) => array.is_null(row),
            ValueWriter::Unfit => true,
        }
    }

    /// Appends the value at `row` as compact JSON.
    pub fn append(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return out.extend_from_slice(b"null");
        }
        match self {
            ValueWriter::Boolean(array) => out.extend_from_slice(if array.value(row) { b"true" } else { b"false" }),
            ValueWriter::Integer(array) => append_integer(array.value(row), out),
            ValueWriter::BigInt(array) => append_integer(array.value(row), out),
            ValueWriter::Double(array) => append_double(array.value(row), out),
            ValueWriter::Decimal(array, scale) => decimal::append_plain(array.value(row), *scale, out),
            ValueWriter::WideDecimal(array, scale) => decimal::append_plain_wide(array.value(row), *scale, out),
            ValueWriter::String(array) => append_string(array.value(row), out),
            ValueWriter::Bytes(array) => append_base64(array.value(row), out),
            ValueWriter::Time(array) => append_integer(array.value(row), out),
            ValueWriter::Date(array) => append_integer(array.value(row), out),
            ValueWriter::Timestamp(array) => append_integer(array.value(row), out),
            ValueWriter::Array(array, items) => append_items(array, items, row, out),
            ValueWriter::Map(array, keys, values) => append_entries(array, keys, values, row, out),
            ValueWriter::Struct(_, prefixes, writers) => append_object(prefixes, writers, row, out),
            ValueWriter::Unfit => out.extend_from_slice(b"null"),
        }
    }
}

fn append_integer<I: itoa::Integer>(value: I, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A number, or the quoted word for what JSON has no number for.
pub fn append_double(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        return java_double::append(value, out);
    }
    out.push(b'"');
    java_double::append(value, out);
    out.push(b'"');
}

fn append_base64(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    append_base64_text(bytes, out);
    out.push(b'"');
}

/// Appends the base64 text of `bytes`, without quotes.
pub fn append_base64_text(bytes: &[u8], out: &mut Vec<u8>) {
    let from = out.len();
    out.resize(from + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(bytes, &mut out[from..]).unwrap_or(0);
    out.truncate(from + written);
}

fn append_items(array: &ListArray, items: &ValueWriter<'_>, row: usize, out: &mut Vec<u8>) {
    let offsets = array.value_offsets();
    out.push(b'[');
    for (index, item) in (offsets[row]..offsets[row + 1]).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        items.append(item as usize, out);
    }
    out.push(b']');
}

fn append_entries(array: &MapArray, keys: &StringArray, values: &ValueWriter<'_>, row: usize, out: &mut Vec<u8>) {
    let offsets = array.value_offsets();
    let entries = offsets[row] as usize..offsets[row + 1] as usize;
    let mut separator = b'{';
    let mut append = |entry: usize| {
        out.push(separator);
        separator = b',';
        append_string(keys.value(entry), out);
        out.push(b':');
        values.append(entry, out);
    };
    if entries.len() < 2 {
        entries.for_each(&mut append);
    } else {
        crate::formats::java_map::order(entries, |entry| keys.value(entry)).into_iter().for_each(&mut append);
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
}
