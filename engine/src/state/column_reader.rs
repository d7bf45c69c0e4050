//! A column of any SQL type that grows row by row out of decoded values; the codecs say how values are read.

use std::sync::Arc;

use arrow_array::builder::*;
use arrow_array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use crate::types::{SqlType, arrow_type};

pub(super) enum ColumnReader {
    Boolean(BooleanBuilder),
    Integer(Int32Builder),
    BigInt(Int64Builder),
    Double(Float64Builder),
    Decimal128(Decimal128Builder),
    Decimal256(Decimal256Builder),
    String(StringBuilder),
    Bytes(BinaryBuilder),
    Time(Time32MillisecondBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMillisecondBuilder),
    Array { data_type: DataType, shape: NestedShape, items: Box<ColumnReader> },
    Map { data_type: DataType, shape: NestedShape, keys: Box<ColumnReader>, values: Box<ColumnReader> },
    Struct { data_type: DataType, shape: NestedShape, fields: Vec<ColumnReader> },
}

/// Presence of the rows and, of lists and maps, where each row ends.
pub(super) struct NestedShape {
    presence: NullBufferBuilder,
    ends: Vec<i32>,
}

impl NestedShape {
    fn new(rows: usize) -> Self {
        Self { presence: NullBufferBuilder::new(rows), ends: vec![0] }
    }
    pub fn push(&mut self, present: bool, items: usize) {
        self.presence.append(present);
        self.ends.push(self.ends[self.ends.len() - 1] + items as i32);
    }
    fn offsets(&self) -> OffsetBuffer<i32> {
        OffsetBuffer::new(ScalarBuffer::from(self.ends.clone()))
    }
}

impl ColumnReader {
    pub fn new(sql_type: &SqlType, rows: usize) -> Self {
        let data_type = arrow_type(sql_type);
        let shape = NestedShape::new(rows);
        match sql_type {
            SqlType::Boolean => Self::Boolean(BooleanBuilder::with_capacity(rows)),
            SqlType::Integer => Self::Integer(Int32Builder::with_capacity(rows)),
            SqlType::BigInt => Self::BigInt(Int64Builder::with_capacity(rows)),
            SqlType::Double => Self::Double(Float64Builder::with_capacity(rows)),
            SqlType::Decimal { .. } => match data_type {
                DataType::Decimal128(..) => {
                    Self::Decimal128(Decimal128Builder::with_capacity(rows).with_data_type(data_type))
                }
                _ => Self::Decimal256(Decimal256Builder::with_capacity(rows).with_data_type(data_type)),
            },
            SqlType::String => Self::String(StringBuilder::with_capacity(rows, rows * 16)),
            SqlType::Bytes => Self::Bytes(BinaryBuilder::with_capacity(rows, rows * 16)),
            SqlType::Time => Self::Time(Time32MillisecondBuilder::with_capacity(rows)),
            SqlType::Date => Self::Date(Date32Builder::with_capacity(rows)),
            SqlType::Timestamp => Self::Timestamp(TimestampMillisecondBuilder::with_capacity(rows)),
            SqlType::Array(item) => Self::Array { data_type, shape, items: Box::new(Self::new(item, rows)) },
            SqlType::Map(key, value) => Self::Map {
                data_type,
                shape,
                keys: Box::new(Self::new(key, rows)),
                values: Box::new(Self::new(value, rows)),
            },
            SqlType::Struct(fields) => Self::Struct {
                data_type,
                shape,
                fields: fields.iter().map(|field| Self::new(&field.data_type, rows)).collect(),
            },
        }
    }

    pub fn null(&mut self) {
        match self {
            Self::Boolean(b) => b.append_null(),
            Self::Integer(b) => b.append_null(),
            Self::BigInt(b) => b.append_null(),
            Self::Double(b) => b.append_null(),
            Self::Decimal128(b) => b.append_null(),
            Self::Decimal256(b) => b.append_null(),
            Self::String(b) => b.append_null(),
            Self::Bytes(b) => b.append_null(),
            Self::Time(b) => b.append_null(),
            Self::Date(b) => b.append_null(),
            Self::Timestamp(b) => b.append_null(),
            Self::Array { shape, .. } | Self::Map { shape, .. } => shape.push(false, 0),
            Self::Struct { shape, fields, .. } => {
                shape.push(false, 0);
                fields.iter_mut().for_each(Self::null);
            }
        }
    }

    pub fn finish(self) -> ArrayRef {
        match self {
            Self::Boolean(mut b) => Arc::new(b.finish()),
            Self::Integer(mut b) => Arc::new(b.finish()),
            Self::BigInt(mut b) => Arc::new(b.finish()),
            Self::Double(mut b) => Arc::new(b.finish()),
            Self::Decimal128(mut b) => Arc::new(b.finish()),
            Self::Decimal256(mut b) => Arc::new(b.finish()),
            Self::String(mut b) => Arc::new(b.finish()),
            Self::Bytes(mut b) => Arc::new(b.finish()),
            Self::Time(mut b) => Arc::new(b.finish()),
            Self::Date(mut b) => Arc::new(b.finish()),
            Self::Timestamp(mut b) => Arc::new(b.finish()),
            Self::Array { data_type, mut shape, items } => {
                let DataType::List(field) = data_type else { unreachable!("an array column lies in lists") };
                Arc::new(ListArray::new(field, shape.offsets(), items.finish(), shape.presence.finish()))
            }
            Self::Map { data_type, mut shape, keys, values } => {
                let DataType::Map(field, ordered) = data_type else { unreachable!("a map column lies in maps") };
                let DataType::Struct(fields) = field.data_type().clone() else { unreachable!("maps hold entries") };
                let entries = StructArray::new(fields, vec![keys.finish(), values.finish()], None);
                Arc::new(MapArray::new(field, shape.offsets(), entries, shape.presence.finish(), ordered))
            }
            Self::Struct { data_type, mut shape, fields } => {
                let DataType::Struct(arrow_fields) = data_type else { unreachable!("a struct lies in structs") };
                let presence = shape.presence.finish();
                if fields.is_empty() {
                    return Arc::new(StructArray::new_empty_fields(shape.ends.len() - 1, presence));
                }
                let columns = fields.into_iter().map(Self::finish).collect();
                Arc::new(StructArray::new(arrow_fields, columns, presence))
            }
        }
    }
}
