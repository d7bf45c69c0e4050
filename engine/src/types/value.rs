//! One SQL value on its own: literals, inserted rows, rows handed to clients. Never used per row on a hot path.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::i256;

use super::SqlType;

/// A single value. Its `SqlType` is carried beside it, not in it; `Decimal` is the unscaled number.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Boolean(bool),
    Integer(i32),
    BigInt(i64),
    Double(f64),
    /// Unscaled: 1.50 of `DECIMAL(3, 2)` is 150.
    Decimal {
        unscaled: i256,
        scale: u32,
    },
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    Time(i32),
    Date(i32),
    Timestamp(i64),
    Array(Vec<Value>),
    /// In insertion order.
    Map(Vec<(Value, Value)>),
    /// Field values in the order of the type's fields.
    Struct(Vec<Value>),
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
    pub fn string(text: impl AsRef<str>) -> Value {
        Value::String(Arc::from(text.as_ref()))
    }

    /// The value at `row` of an array of `data_type`.
    pub fn from_array(array: &dyn Array, row: usize, data_type: &SqlType) -> Value {
        if array.is_null(row) {
            return Value::Null;
        }
        match data_type {
            SqlType::Boolean => Value::Boolean(array.as_boolean().value(row)),
            SqlType::Integer => Value::Integer(array.as_primitive::<Int32Type>().value(row)),
            SqlType::BigInt => Value::BigInt(array.as_primitive::<Int64Type>().value(row)),
            SqlType::Double => Value::Double(array.as_primitive::<Float64Type>().value(row)),
            SqlType::Decimal { scale, .. } => {
                let unscaled = match array.as_primitive_opt::<Decimal128Type>() {
                    Some(narrow) => i256::from_i128(narrow.value(row)),
                    None => array.as_primitive::<Decimal256Type>().value(row),
                };
                Value::Decimal { unscaled, scale: *scale }
            }
            SqlType::String => Value::string(array.as_string::<i32>().value(row)),
            SqlType::Bytes => Value::Bytes(Arc::from(array.as_binary::<i32>().value(row))),
            SqlType::Time => Value::Time(array.as_primitive::<Time32MillisecondType>().value(row)),
            SqlType::Date => Value::Date(array.as_primitive::<Date32Type>().value(row)),
            SqlType::Timestamp => Value::Timestamp(array.as_primitive::<TimestampMillisecondType>().value(row)),
            SqlType::Array(item) => {
                let items: ArrayRef = array.as_list::<i32>().value(row);
                Value::Array((0..items.len()).map(|i| Value::from_array(&items, i, item)).collect())
            }
            SqlType::Map(key, value) => {
                let entries = array.as_map().value(row);
                let (keys, values) = (entries.column(0), entries.column(1));
                Value::Map(
                    (0..entries.len())
                        .map(|i| (Value::from_array(keys, i, key), Value::from_array(values, i, value)))
                        .collect(),
                )
            }
            SqlType::Struct(fields) => {
                let columns = array.as_struct();
                Value::Struct(
                    fields
                        .iter()
                        .enumerate()
                        .map(|(i, field)| Value::from_array(columns.column(i), row, &field.data_type))
                        .collect(),
                )
            }
        }
    }
}
