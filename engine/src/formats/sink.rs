//! Growing columns that can take back their last rows: where the decoders put what they read.
//!
//! Arrow's own builders cannot be shortened, which a failed record or a repeated JSON field asks for.

use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, ListArray, MapArray, PrimitiveArray, StringArray, StructArray,
};
use arrow_buffer::{
    ArrowNativeType, BooleanBufferBuilder, Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer, i256,
};
use arrow_schema::{DataType, Field};

use super::json::{Fields, type_text};
use crate::types::{SqlType, arrow_type, null_array};

/// A column of numbers.
pub struct Numbers<T> {
    values: Vec<T>,
    nulls: NullBufferBuilder,
}

impl<T: ArrowNativeType> Numbers<T> {
    fn new(rows: usize) -> Self {
        Self { values: Vec::with_capacity(rows), nulls: NullBufferBuilder::new(rows) }
    }
    #[inline]
    pub fn push(&mut self, value: Option<T>) {
        self.values.push(value.unwrap_or_default());
        self.nulls.append(value.is_some());
    }
    fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.nulls.truncate(rows);
    }
    fn finish<P: ArrowPrimitiveType<Native = T>>(mut self) -> PrimitiveArray<P> {
        PrimitiveArray::new(ScalarBuffer::from(self.values), self.nulls.finish())
    }
}

/// A column of texts or byte strings.
pub struct Runs {
    offsets: Vec<i32>,
    data: Vec<u8>,
    nulls: NullBufferBuilder,
}

impl Runs {
    fn new(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, data: Vec::with_capacity(bytes), nulls: NullBufferBuilder::new(rows) }
    }
    #[inline]
    pub fn push(&mut self, value: &[u8]) {
        self.data.extend_from_slice(value);
        self.close();
    }
    /// For a value that is written in place: append to it, then `close`.
    pub fn open(&mut self) -> &mut Vec<u8> {
        &mut self.data
    }
    #[inline]
    pub fn close(&mut self) {
        self.offsets.push(self.data.len() as i32);
        self.nulls.append_non_null();
    }
    pub fn push_null(&mut self) {
        self.data.truncate(self.offsets[self.offsets.len() - 1] as usize);
        self.offsets.push(self.data.len() as i32);
        self.nulls.append_null();
    }
    /// Whether all data can be addressed by the offsets.
    fn in_bounds(&self) -> bool {
        i32::try_from(self.data.len()).is_ok()
    }
    fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.data.truncate(self.offsets[self.offsets.len() - 1] as usize);
        self.nulls.truncate(rows);
    }
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }
    pub fn value(&self, row: usize) -> &[u8] {
        &self.data[self.offsets[row] as usize..self.offsets[row + 1] as usize]
    }
    fn parts(mut self) -> (OffsetBuffer<i32>, Buffer, Option<arrow_buffer::NullBuffer>) {
        (OffsetBuffer::new(ScalarBuffer::from(self.offsets)), Buffer::from_vec(self.data), self.nulls.finish())
    }
    /// Everything pushed was valid UTF-8.
    fn into_strings(self) -> ArrayRef {
        let rows = self.len();
        let (offsets, data, nulls) = self.parts();
        StringArray::try_new(offsets, data, nulls)
            .map_or_else(|_| null_array(&SqlType::String, rows), |strings| Arc::new(strings) as ArrayRef)
    }
    fn into_bytes(self) -> ArrayRef {
        let (offsets, data, nulls) = self.parts();
        Arc::new(BinaryArray::new(offsets, data, nulls))
    }
}

/// A column of truth values.
pub struct Booleans {
    values: BooleanBufferBuilder,
    nulls: NullBufferBuilder,
}

impl Booleans {
    #[inline]
    pub fn push(&mut self, value: Option<bool>) {
        self.values.append(value.unwrap_or_default());
        self.nulls.append(value.is_some());
    }
}

/// A column of lists.
pub struct Lists {
    pub item: Box<Sink>,
    /// The column's type as messages name it.
    pub type_text: String,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Lists {
    /// Ends a list whose items were pushed to `item`.
    pub fn close(&mut self) {
        self.offsets.push(self.item.len() as i32);
        self.nulls.append_non_null();
    }
    fn push_null(&mut self) {
        self.offsets.push(self.item.len() as i32);
        self.nulls.append_null();
    }
    fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.item.truncate(self.offsets[self.offsets.len() - 1] as usize);
        self.nulls.truncate(rows);
    }
}

/// A column of maps with text keys.
pub struct Maps {
    /// The column's type as messages name it.
    pub type_text: String,
    pub keys: Runs,
    pub values: Box<Sink>,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Maps {
    pub fn close(&mut self) {
        self.offsets.push(self.keys.len() as i32);
        self.nulls.append_non_null();
    }
    fn push_null(&mut self) {
        self.offsets.push(self.keys.len() as i32);
        self.nulls.append_null();
    }
    /// Takes back the entries of a map that is not closed yet.
    pub fn reopen(&mut self) {
        let entries = self.offsets[self.offsets.len() - 1] as usize;
        self.keys.truncate(entries);
        self.values.truncate(entries);
    }
    /// The entries of the map that is not closed yet.
    pub fn open_entries(&self) -> std::ops::Range<usize> {
        self.offsets[self.offsets.len() - 1] as usize..self.keys.len()
    }
    fn truncate(&mut self, rows: usize) {
        self.offsets.truncate(rows + 1);
        self.reopen();
        self.nulls.truncate(rows);
    }
}

/// A column of structs. `fields` are kept at the same length by whoever pushes.
pub struct Structs {
    /// The column's type as messages name it.
    pub type_text: String,
    pub fields: Fields,
    nulls: NullBufferBuilder,
    rows: usize,
}

impl Structs {
    /// Structs so far.
    pub fn rows(&self) -> usize {
        self.rows
    }
    pub fn close(&mut self) {
        self.rows += 1;
        self.nulls.append_non_null();
    }
}

/// A growing column of one SQL type.
pub enum Sink {
    Boolean(Booleans),
    Integer(Numbers<i32>),
    BigInt(Numbers<i64>),
    Double(Numbers<f64>),
    Decimal { numbers: Numbers<i128>, precision: u32, scale: u32 },
    WideDecimal { numbers: Numbers<i256>, precision: u32, scale: u32 },
    String(Runs),
    Bytes(Runs),
    Time(Numbers<i32>),
    Date(Numbers<i32>),
    Timestamp(Numbers<i64>),
    Array(Lists),
    Map(Maps),
    Struct(Structs),
}

impl Sink {
    /// Room for `rows` values; `bytes` is what texts may take together.
    pub fn new(data_type: &SqlType, rows: usize, bytes: usize) -> Sink {
        let nulls = || NullBufferBuilder::new(rows);
        let offsets = || {
            let mut offsets = Vec::with_capacity(rows + 1);
            offsets.push(0);
            offsets
        };
        match data_type {
            SqlType::Boolean => Sink::Boolean(Booleans { values: BooleanBufferBuilder::new(rows), nulls: nulls() }),
            SqlType::Integer => Sink::Integer(Numbers::new(rows)),
            SqlType::BigInt => Sink::BigInt(Numbers::new(rows)),
            SqlType::Double => Sink::Double(Numbers::new(rows)),
            SqlType::Decimal { precision, scale } if *precision <= 38 => {
                Sink::Decimal { numbers: Numbers::new(rows), precision: *precision, scale: *scale }
            }
            SqlType::Decimal { precision, scale } => {
                Sink::WideDecimal { numbers: Numbers::new(rows), precision: *precision, scale: *scale }
            }
            SqlType::String => Sink::String(Runs::new(rows, bytes)),
            SqlType::Bytes => Sink::Bytes(Runs::new(rows, bytes)),
            SqlType::Time => Sink::Time(Numbers::new(rows)),
            SqlType::Date => Sink::Date(Numbers::new(rows)),
            SqlType::Timestamp => Sink::Timestamp(Numbers::new(rows)),
            SqlType::Array(item) => {
                let item = Box::new(Sink::new(item, rows, bytes));
                Sink::Array(Lists { item, type_text: type_text(data_type), offsets: offsets(), nulls: nulls() })
            }
            SqlType::Map(_, value) => Sink::Map(Maps {
                type_text: type_text(data_type),
                keys: Runs::new(rows, 0),
                values: Box::new(Sink::new(value, rows, bytes)),
                offsets: offsets(),
                nulls: nulls(),
            }),
            SqlType::Struct(fields) => {
                let fields = Fields::new(fields.iter().map(|f| (f.name.as_str(), &f.data_type)), rows, bytes);
                Sink::Struct(Structs { type_text: type_text(data_type), fields, nulls: nulls(), rows: 0 })
            }
        }
    }

    pub fn push_null(&mut self) {
        match self {
            Sink::Boolean(booleans) => booleans.push(None),
            Sink::Integer(numbers) | Sink::Time(numbers) | Sink::Date(numbers) => numbers.push(None),
            Sink::BigInt(numbers) | Sink::Timestamp(numbers) => numbers.push(None),
            Sink::Double(numbers) => numbers.push(None),
            Sink::Decimal { numbers, .. } => numbers.push(None),
            Sink::WideDecimal { numbers, .. } => numbers.push(None),
            Sink::String(runs) | Sink::Bytes(runs) => runs.push_null(),
            Sink::Array(lists) => lists.push_null(),
            Sink::Map(maps) => maps.push_null(),
            Sink::Struct(structs) => {
                structs.fields.sinks().for_each(Sink::push_null);
                structs.rows += 1;
                structs.nulls.append_null();
            }
        }
    }

    /// Takes back all rows from `rows` on, and what was begun behind them.
    pub fn truncate(&mut self, rows: usize) {
        match self {
            Sink::Boolean(booleans) => {
                booleans.values.truncate(rows);
                booleans.nulls.truncate(rows);
            }
            Sink::Integer(numbers) | Sink::Time(numbers) | Sink::Date(numbers) => numbers.truncate(rows),
            Sink::BigInt(numbers) | Sink::Timestamp(numbers) => numbers.truncate(rows),
            Sink::Double(numbers) => numbers.truncate(rows),
            Sink::Decimal { numbers, .. } => numbers.truncate(rows),
            Sink::WideDecimal { numbers, .. } => numbers.truncate(rows),
            Sink::String(runs) | Sink::Bytes(runs) => runs.truncate(rows),
            Sink::Array(lists) => lists.truncate(rows),
            Sink::Map(maps) => maps.truncate(rows),
            Sink::Struct(structs) => {
                structs.fields.sinks().for_each(|field| field.truncate(rows));
                structs.rows = structs.rows.min(rows);
                structs.nulls.truncate(rows);
            }
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Sink::Boolean(booleans) => booleans.values.len(),
            Sink::Integer(numbers) | Sink::Time(numbers) | Sink::Date(numbers) => numbers.values.len(),
            Sink::BigInt(numbers) | Sink::Timestamp(numbers) => numbers.values.len(),
            Sink::Double(numbers) => numbers.values.len(),
            Sink::Decimal { numbers, .. } => numbers.values.len(),
            Sink::WideDecimal { numbers, .. } => numbers.values.len(),
            Sink::String(runs) | Sink::Bytes(runs) => runs.len(),
            Sink::Array(lists) => lists.offsets.len() - 1,
            Sink::Map(maps) => maps.offsets.len() - 1,
            Sink::Struct(structs) => structs.rows,
        }
    }

    /// Whether no offset overflowed; texts can grow over what an array can address.
    pub fn in_bounds(&self) -> bool {
        match self {
            Sink::String(runs) | Sink::Bytes(runs) => runs.in_bounds(),
            Sink::Array(lists) => i32::try_from(lists.item.len()).is_ok() && lists.item.in_bounds(),
            Sink::Map(maps) => maps.keys.in_bounds() && maps.values.in_bounds(),
            Sink::Struct(structs) => structs.fields.iter().all(Sink::in_bounds),
            _ => true,
        }
    }

    /// The column as an array of `data_type`, which is the type the sink was made for.
    pub fn finish(self, data_type: &SqlType) -> ArrayRef {
        match self {
            Sink::Boolean(mut booleans) => {
                Arc::new(BooleanArray::new(booleans.values.finish(), booleans.nulls.finish()))
            }
            Sink::Integer(numbers) => Arc::new(numbers.finish::<Int32Type>()),
            Sink::BigInt(numbers) => Arc::new(numbers.finish::<Int64Type>()),
            Sink::Double(numbers) => Arc::new(numbers.finish::<Float64Type>()),
            Sink::Decimal { numbers, .. } => {
                Arc::new(numbers.finish::<Decimal128Type>().with_data_type(arrow_type(data_type)))
            }
            Sink::WideDecimal { numbers, .. } => {
                Arc::new(numbers.finish::<Decimal256Type>().with_data_type(arrow_type(data_type)))
            }
            Sink::String(runs) => runs.into_strings(),
            Sink::Bytes(runs) => runs.into_bytes(),
            Sink::Time(numbers) => Arc::new(numbers.finish::<Time32MillisecondType>()),
            Sink::Date(numbers) => Arc::new(numbers.finish::<Date32Type>()),
            Sink::Timestamp(numbers) => Arc::new(numbers.finish::<TimestampMillisecondType>()),
            Sink::Array(lists) => finish_lists(lists, data_type),
            Sink::Map(maps) => finish_maps(maps, data_type),
            Sink::Struct(structs) => finish_structs(structs, data_type),
        }
    }
}

fn finish_lists(mut lists: Lists, data_type: &SqlType) -> ArrayRef {
    let SqlType::Array(item) = data_type else { return null_array(data_type, lists.offsets.len() - 1) };
    let field = Arc::new(Field::new("item", arrow_type(item), true));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(lists.offsets));
    Arc::new(ListArray::new(field, offsets, lists.item.finish(item), lists.nulls.finish()))
}

fn finish_maps(mut maps: Maps, data_type: &SqlType) -> ArrayRef {
    let rows = maps.offsets.len() - 1;
    let (SqlType::Map(_, value), DataType::Map(entries, sorted)) = (data_type, arrow_type(data_type)) else {
        return null_array(data_type, rows);
    };
    let DataType::Struct(fields) = entries.data_type().clone() else { return null_array(data_type, rows) };
    let columns = vec![maps.keys.into_strings(), maps.values.finish(value)];
    let offsets = OffsetBuffer::new(ScalarBuffer::from(maps.offsets));
    let pairs = StructArray::new(fields, columns, None);
    Arc::new(MapArray::new(entries, offsets, pairs, maps.nulls.finish(), sorted))
}

fn finish_structs(mut structs: Structs, data_type: &SqlType) -> ArrayRef {
    let nulls = structs.nulls.finish();
    let (SqlType::Struct(fields), DataType::Struct(arrow_fields)) = (data_type, arrow_type(data_type)) else {
        return null_array(data_type, structs.rows);
    };
    if fields.is_empty() {
        return Arc::new(StructArray::new_empty_fields(structs.rows, nulls));
    }
    let columns = structs.fields.into_sinks().zip(fields).map(|(sink, field)| sink.finish(&field.data_type)).collect();
    let array = StructArray::new(arrow_fields, columns, nulls);
    debug_assert_eq!(array.len(), structs.rows);
    Arc::new(array)
}
