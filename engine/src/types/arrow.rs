//! The mapping of SQL types to Arrow types, and arrays made of single values.

use std::sync::Arc;

use arrow_array::builder::*;
use arrow_array::types::*;
use arrow_array::{ArrayRef, ListArray, MapArray, PrimitiveArray, StructArray, new_null_array};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field, Fields, TimeUnit};

use super::{SqlType, Value};

/// The Arrow type in which a column of `data_type` lies.
///
/// DECIMAL is `Decimal128` up to precision 38, else `Decimal256`; TIME is `Time32(Millisecond)`, DATE `Date32`, TIMESTAMP
/// `Timestamp(Millisecond)` without zone. Every nested field is nullable but map keys.
pub fn arrow_type(data_type: &SqlType) -> DataType {
    match data_type {
        SqlType::Boolean => DataType::Boolean,
        SqlType::Integer => DataType::Int32,
        SqlType::BigInt => DataType::Int64,
        SqlType::Double => DataType::Float64,
        SqlType::Decimal { precision, scale } if *precision <= 38 => {
            DataType::Decimal128(*precision as u8, *scale as i8)
        }
        SqlType::Decimal { precision, scale } => {
            DataType::Decimal256((*precision).min(76) as u8, (*scale).min(76) as i8)
        }
        SqlType::String => DataType::Utf8,
        SqlType::Bytes => DataType::Binary,
        SqlType::Time => DataType::Time32(TimeUnit::Millisecond),
        SqlType::Date => DataType::Date32,
        SqlType::Timestamp => DataType::Timestamp(TimeUnit::Millisecond, None),
        SqlType::Array(item) => DataType::List(Arc::new(Field::new("item", arrow_type(item), true))),
        SqlType::Map(key, value) => {
            DataType::Map(Arc::new(Field::new("entries", DataType::Struct(map_fields(key, value)), false)), false)
        }
        SqlType::Struct(fields) => DataType::Struct(
            fields.iter().map(|f| Field::new(f.name.as_str(), arrow_type(&f.data_type), true)).collect(),
        ),
    }
}

fn map_fields(key: &SqlType, value: &SqlType) -> Fields {
    vec![Field::new("keys", arrow_type(key), false), Field::new("values", arrow_type(value), true)].into()
}

/// `rows` NULLs of `data_type`.
pub fn null_array(data_type: &SqlType, rows: usize) -> ArrayRef {
    new_null_array(&arrow_type(data_type), rows)
}

/// An array of `data_type` with one row per value. A value of another kind than the type asks for becomes NULL.
pub fn values_to_array(data_type: &SqlType, values: &[Value]) -> ArrayRef {
    match data_type {
        SqlType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(values.len());
            values.iter().for_each(|v| builder.append_option(if let Value::Boolean(b) = v { Some(*b) } else { None }));
            Arc::new(builder.finish())
        }
        SqlType::Integer => primitive::<Int32Type>(values, |v| if let Value::Integer(i) = v { Some(*i) } else { None }),
        SqlType::BigInt => primitive::<Int64Type>(values, |v| if let Value::BigInt(i) = v { Some(*i) } else { None }),
        SqlType::Double => primitive::<Float64Type>(values, |v| if let Value::Double(d) = v { Some(*d) } else { None }),
        SqlType::Time => {
            primitive::<Time32MillisecondType>(values, |v| if let Value::Time(t) = v { Some(*t) } else { None })
        }
        SqlType::Date => primitive::<Date32Type>(values, |v| if let Value::Date(d) = v { Some(*d) } else { None }),
        SqlType::Timestamp => {
            primitive::<TimestampMillisecondType>(values, |v| if let Value::Timestamp(t) = v { Some(*t) } else { None })
        }
        SqlType::Decimal { .. } => decimals(data_type, values),
        SqlType::String => {
            let mut builder = StringBuilder::new();
            values.iter().for_each(|v| builder.append_option(if let Value::String(s) = v { Some(&**s) } else { None }));
            Arc::new(builder.finish())
        }
        SqlType::Bytes => {
            let mut builder = BinaryBuilder::new();
            values.iter().for_each(|v| builder.append_option(if let Value::Bytes(b) = v { Some(&**b) } else { None }));
            Arc::new(builder.finish())
        }
        SqlType::Array(item) => lists(item, values),
        SqlType::Map(key, value) => maps(key, value, values),
        SqlType::Struct(fields) => {
            let nulls = NullBuffer::from_iter(values.iter().map(|v| matches!(v, Value::Struct(_))));
            if fields.is_empty() {
                return Arc::new(StructArray::new_empty_fields(values.len(), Some(nulls)));
            }
            let columns = fields.iter().enumerate().map(|(i, field)| {
                let column: Vec<Value> = values
                    .iter()
                    .map(|v| {
                        if let Value::Struct(items) = v {
                            items.get(i).cloned().unwrap_or(Value::Null)
                        } else {
                            Value::Null
                        }
                    })
                    .collect();
                values_to_array(&field.data_type, &column)
            });
            let DataType::Struct(arrow_fields) = arrow_type(data_type) else { unreachable!("a struct is a struct") };
            Arc::new(StructArray::new(arrow_fields, columns.collect(), Some(nulls)))
        }
    }
}

fn primitive<T: ArrowPrimitiveType>(values: &[Value], get: impl Fn(&Value) -> Option<T::Native>) -> ArrayRef {
    Arc::new(values.iter().map(get).collect::<PrimitiveArray<T>>())
}

fn decimals(data_type: &SqlType, values: &[Value]) -> ArrayRef {
    let unscaled = |v: &Value| if let Value::Decimal { unscaled, .. } = v { Some(*unscaled) } else { None };
    match arrow_type(data_type) {
        narrow @ DataType::Decimal128(..) => Arc::new(
            values
                .iter()
                .map(|v| unscaled(v).and_then(|n| n.to_i128()))
                .collect::<PrimitiveArray<Decimal128Type>>()
                .with_data_type(narrow),
        ),
        wide => Arc::new(values.iter().map(unscaled).collect::<PrimitiveArray<Decimal256Type>>().with_data_type(wide)),
    }
}

fn lists(item: &SqlType, values: &[Value]) -> ArrayRef {
    let nulls = NullBuffer::from_iter(values.iter().map(|v| matches!(v, Value::Array(_))));
    let lengths = values.iter().map(|v| if let Value::Array(items) = v { items.len() } else { 0 });
    let offsets = OffsetBuffer::from_lengths(lengths);
    let items: Vec<Value> =
        values.iter().flat_map(|v| if let Value::Array(items) = v { items.as_slice() } else { &[] }).cloned().collect();
    let field = Arc::new(Field::new("item", arrow_type(item), true));
    Arc::new(ListArray::new(field, offsets, values_to_array(item, &items), Some(nulls)))
}

/// Entries whose key is NULL are left out: Arrow maps have no such keys.
fn maps(key: &SqlType, value: &SqlType, values: &[Value]) -> ArrayRef {
    let entries = |v: &Value| -> Vec<(Value, Value)> {
        if let Value::Map(entries) = v {
            entries.iter().filter(|(k, _)| !k.is_null()).cloned().collect()
        } else {
            vec![]
        }
    };
    let nulls = NullBuffer::from_iter(values.iter().map(|v| matches!(v, Value::Map(_))));
    let rows: Vec<Vec<(Value, Value)>> = values.iter().map(entries).collect();
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(Vec::len));
    let (keys, items): (Vec<Value>, Vec<Value>) = rows.into_iter().flatten().unzip();
    let fields = map_fields(key, value);
    let columns = vec![values_to_array(key, &keys), values_to_array(value, &items)];
    let field = Arc::new(Field::new("entries", DataType::Struct(fields.clone()), false));
    Arc::new(MapArray::new(field, offsets, StructArray::new(fields, columns, None), Some(nulls), false))
}
