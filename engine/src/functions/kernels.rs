//! Rows in, arrays out: typed views of the arguments and collectors of results, so that a function's body is only what it
//! does to one row. Nothing here knows a particular function.
//!
//! A body asks a view for the row's value with `at(row)?`, which ends the row as NULL when the argument is NULL; a message
//! turned into `Stop` ends it as failed. Text is appended straight to the result's buffer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::BooleanBufferBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, ListArray, MapArray, PrimitiveArray, StringArray,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::DataType;

pub use super::kernel_lists::string_list_rows;
use super::{Argument, CallContext};
use crate::types::{SqlType, Value, arrow_type, values_to_array};

/// Why a row has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    Null,
    Fail(String),
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Stop::Fail(message)
    }
}

impl From<&str> for Stop {
    fn from(message: &str) -> Self {
        Stop::Fail(message.to_owned())
    }
}

/// One row's outcome.
pub type Row<T> = Result<T, Stop>;

/// NULL where there is no value.
pub fn or_null<T>(value: Option<T>) -> Row<T> {
    value.ok_or(Stop::Null)
}

/// A typed view of a column.
pub trait Column {
    type Item<'a>
    where
        Self: 'a;
    fn get(&self, row: usize) -> Option<Self::Item<'_>>;
    /// The row's value; a NULL ends the row as NULL.
    fn at(&self, row: usize) -> Row<Self::Item<'_>> {
        self.get(row).ok_or(Stop::Null)
    }
}

macro_rules! columns {
    ($a:lifetime: $($array:ty => $item:ty),*) => {$(
        impl Column for $array {
            type Item<$a> = $item;
            fn get(&self, row: usize) -> Option<Self::Item<'_>> {
                self.is_valid(row).then(|| self.value(row))
            }
        }
    )*};
}
columns!('a: StringArray => &'a str, BinaryArray => &'a [u8], BooleanArray => bool);

impl<T: ArrowPrimitiveType> Column for PrimitiveArray<T> {
    type Item<'a> = T::Native;
    fn get(&self, row: usize) -> Option<T::Native> {
        self.is_valid(row).then(|| self.value(row))
    }
}

/// Rows are ranges of the elements.
impl Column for ListArray {
    type Item<'a> = std::ops::Range<usize>;
    fn get(&self, row: usize) -> Option<Self::Item<'_>> {
        self.is_valid(row).then(|| self.value_offsets()[row] as usize..self.value_offsets()[row + 1] as usize)
    }
}

/// Rows are ranges of the entries.
impl Column for MapArray {
    type Item<'a> = std::ops::Range<usize>;
    fn get(&self, row: usize) -> Option<Self::Item<'_>> {
        self.is_valid(row).then(|| self.value_offsets()[row] as usize..self.value_offsets()[row + 1] as usize)
    }
}

/// A DECIMAL column of either width, as unscaled numbers.
pub enum Decimals<'a> {
    Narrow(&'a PrimitiveArray<Decimal128Type>),
    Wide(&'a PrimitiveArray<Decimal256Type>),
}

impl<'a> Decimals<'a> {
    pub fn new(array: &'a dyn Array) -> Self {
        match array.as_primitive_opt::<Decimal128Type>() {
            Some(narrow) => Decimals::Narrow(narrow),
            None => Decimals::Wide(array.as_primitive()),
        }
    }
}

impl Column for Decimals<'_> {
    type Item<'a>
        = i256
    where
        Self: 'a;
    fn get(&self, row: usize) -> Option<i256> {
        match self {
            Decimals::Narrow(array) => array.get(row).map(i256::from_i128),
            Decimals::Wide(array) => array.get(row),
        }
    }
}

impl Argument<'_> {
    pub(super) fn strings(&self) -> &StringArray {
        self.array().as_string()
    }
    pub(super) fn bytes(&self) -> &BinaryArray {
        self.array().as_binary()
    }
    pub(super) fn booleans(&self) -> &BooleanArray {
        self.array().as_boolean()
    }
    pub(super) fn integers(&self) -> &PrimitiveArray<Int32Type> {
        self.array().as_primitive()
    }
    pub(super) fn bigints(&self) -> &PrimitiveArray<Int64Type> {
        self.array().as_primitive()
    }
    pub(super) fn doubles(&self) -> &PrimitiveArray<Float64Type> {
        self.array().as_primitive()
    }
    pub(super) fn dates(&self) -> &PrimitiveArray<Date32Type> {
        self.array().as_primitive()
    }
    pub(super) fn times(&self) -> &PrimitiveArray<Time32MillisecondType> {
        self.array().as_primitive()
    }
    pub(super) fn timestamps(&self) -> &PrimitiveArray<TimestampMillisecondType> {
        self.array().as_primitive()
    }
    pub(super) fn decimals(&self) -> Decimals<'_> {
        Decimals::new(self.array())
    }
    pub(super) fn lists(&self) -> &ListArray {
        self.array().as_list()
    }
    pub(super) fn maps(&self) -> &MapArray {
        self.array().as_map()
    }
}

/// Keeps a row's value, or reports why there is none.
pub(super) fn settle<T>(context: &mut CallContext<'_>, row: usize, outcome: Row<T>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(Stop::Null) => None,
        Err(Stop::Fail(message)) => {
            context.fail(row, message);
            None
        }
    }
}

/// Numbers, dates, times and timestamps.
pub fn primitive_rows<T: ArrowPrimitiveType>(
    context: &mut CallContext<'_>,
    mut body: impl FnMut(usize) -> Row<T::Native>,
) -> ArrayRef {
    let rows = context.rows;
    let mut values = vec![T::Native::default(); rows];
    let mut valid = BooleanBufferBuilder::new(rows);
    for (row, slot) in values.iter_mut().enumerate() {
        let value = settle(context, row, body(row));
        valid.append(value.is_some());
        *slot = value.unwrap_or_default();
    }
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls(&mut valid)))
}

/// One array of numbers to another, NULL to NULL; the arithmetic must not fail.
pub fn primitive_map<A: ArrowPrimitiveType, B: ArrowPrimitiveType>(
    argument: &Argument<'_>,
    body: impl Fn(A::Native) -> B::Native,
) -> ArrayRef {
    Arc::new(argument.array().as_primitive::<A>().unary::<_, B>(body))
}

pub fn boolean_rows(context: &mut CallContext<'_>, mut body: impl FnMut(usize) -> Row<bool>) -> ArrayRef {
    Arc::new(
        (0..context.rows)
            .map(|row| {
                let outcome = body(row);
                settle(context, row, outcome)
            })
            .collect::<BooleanArray>(),
    )
}

/// DECIMALs of the context's result type, from unscaled numbers; one that does not fit its precision fails.
pub fn decimal_rows(context: &mut CallContext<'_>, mut body: impl FnMut(usize) -> Row<i256>) -> ArrayRef {
    match arrow_type(context.return_type) {
        narrow @ DataType::Decimal128(..) => {
            let array = primitive_rows::<Decimal128Type>(context, |row| {
                body(row)?.to_i128().ok_or_else(|| Stop::from("Numeric field overflow"))
            });
            Arc::new(array.as_primitive::<Decimal128Type>().clone().with_data_type(narrow))
        }
        wide => {
            let array = primitive_rows::<Decimal256Type>(context, body);
            Arc::new(array.as_primitive::<Decimal256Type>().clone().with_data_type(wide))
        }
    }
}

/// Bytes of one result column before 2 GB are reached, where Arrow's offsets end.
pub(super) const COLUMN_BYTES_MAX: usize = i32::MAX as usize;

/// The body appends the row's text and must leave what is already there.
pub fn string_rows(context: &mut CallContext<'_>, mut body: impl FnMut(usize, &mut String) -> Row<()>) -> ArrayRef {
    let rows = context.rows;
    let mut text = String::new();
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut valid = BooleanBufferBuilder::new(rows);
    offsets.push(0);
    for row in 0..rows {
        let start = text.len();
        let mut outcome = body(row, &mut text);
        if text.len() > COLUMN_BYTES_MAX {
            outcome = Err("the result is too long".into());
        }
        let kept = settle(context, row, outcome).is_some();
        if !kept {
            text.truncate(start);
        }
        valid.append(kept);
        offsets.push(text.len() as i32);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Arc::new(StringArray::new(offsets, Buffer::from_vec(text.into_bytes()), nulls(&mut valid)))
}

/// The body appends the row's bytes and must leave what is already there.
pub fn bytes_rows(context: &mut CallContext<'_>, mut body: impl FnMut(usize, &mut Vec<u8>) -> Row<()>) -> ArrayRef {
    let rows = context.rows;
    let mut data = Vec::new();
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut valid = BooleanBufferBuilder::new(rows);
    offsets.push(0);
    for row in 0..rows {
        let start = data.len();
        let mut outcome = body(row, &mut data);
        if data.len() > COLUMN_BYTES_MAX {
            outcome = Err("the result is too long".into());
        }
        let kept = settle(context, row, outcome).is_some();
        if !kept {
            data.truncate(start);
        }
        valid.append(kept);
        offsets.push(data.len() as i32);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Arc::new(BinaryArray::new(offsets, Buffer::from_vec(data), nulls(&mut valid)))
}

pub(super) fn nulls(valid: &mut BooleanBufferBuilder) -> Option<NullBuffer> {
    Some(NullBuffer::new(valid.finish())).filter(|n| n.null_count() > 0)
}

/// Results of any type as single values; for containers that have no typed collector.
pub fn value_rows(context: &mut CallContext<'_>, mut body: impl FnMut(usize) -> Row<Value>) -> ArrayRef {
    let values: Vec<Value> = (0..context.rows)
        .map(|row| {
            let outcome = body(row);
            settle(context, row, outcome).unwrap_or(Value::Null)
        })
        .collect();
    values_to_array(context.return_type, &values)
}

/// Where an element of a gathered array comes from: which source, and which of its rows.
pub type Pick = (usize, usize);

/// The picked elements of several arrays of one type.
pub fn gather(sources: &[&dyn Array], picks: &[Pick]) -> ArrayRef {
    arrow_select::interleave::interleave(sources, picks).expect("sources have one type and picks are in range")
}

/// A column of any type in which the body picks each row from the sources.
pub fn pick_rows(
    context: &mut CallContext<'_>,
    sources: &[&dyn Array],
    mut body: impl FnMut(usize) -> Row<Pick>,
) -> ArrayRef {
    let null = crate::types::null_array(context.return_type, 1);
    let mut all: Vec<&dyn Array> = sources.to_vec();
    all.push(&null);
    let picks: Vec<Pick> = (0..context.rows)
        .map(|row| {
            let outcome = body(row);
            settle(context, row, outcome).unwrap_or((sources.len(), 0))
        })
        .collect();
    gather(&all, &picks)
}

/// Which elements each row of a list or map takes from the sources.
pub struct Gathered {
    pub picks: Vec<Pick>,
    pub offsets: OffsetBuffer<i32>,
    pub nulls: Option<NullBuffer>,
}

/// The body pushes the picks of one row.
pub fn gather_rows(context: &mut CallContext<'_>, mut body: impl FnMut(usize, &mut Vec<Pick>) -> Row<()>) -> Gathered {
    let rows = context.rows;
    let mut picks = Vec::new();
    let mut lengths = Vec::with_capacity(rows);
    let mut valid = BooleanBufferBuilder::new(rows);
    for row in 0..rows {
        let start = picks.len();
        let outcome = body(row, &mut picks);
        let kept = settle(context, row, outcome).is_some();
        if !kept {
            picks.truncate(start);
        }
        valid.append(kept);
        lengths.push(picks.len() - start);
    }
    Gathered { picks, offsets: OffsetBuffer::from_lengths(lengths), nulls: nulls(&mut valid) }
}

/// An ARRAY column whose elements the body picks from the sources, which are arrays of the element type.
pub fn list_rows(
    context: &mut CallContext<'_>,
    sources: &[&dyn Array],
    body: impl FnMut(usize, &mut Vec<Pick>) -> Row<()>,
) -> ArrayRef {
    let gathered = gather_rows(context, body);
    let values = gather(sources, &gathered.picks);
    list_of(context.return_type, gathered.offsets, values, gathered.nulls)
}

/// A list column from its parts.
pub fn list_of(
    data_type: &SqlType,
    offsets: OffsetBuffer<i32>,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let DataType::List(field) = arrow_type(data_type) else { unreachable!("an ARRAY lies in a list") };
    Arc::new(ListArray::new(field, offsets, values, nulls))
}

/// A map column from its parts; no key may be NULL.
pub fn map_of(
    data_type: &SqlType,
    offsets: OffsetBuffer<i32>,
    keys: ArrayRef,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    let DataType::Map(field, _) = arrow_type(data_type) else { unreachable!("a MAP lies in a map") };
    let DataType::Struct(fields) = field.data_type().clone() else { unreachable!("entries are structs") };
    let entries = arrow_array::StructArray::new(fields, vec![keys, values], None);
    Arc::new(MapArray::new(field, offsets, entries, nulls, false))
}

/// Things compiled from text (patterns, zones), kept per thread so that a constant argument is compiled once.
pub struct Compiled<T: 'static> {
    kept: RefCell<HashMap<String, Result<Arc<T>, String>>>,
    compile: fn(&str) -> Result<T, String>,
}

/// Distinct texts that are kept; texts that come from data must not fill the memory.
const COMPILED_MAX: usize = 512;

impl<T> Compiled<T> {
    pub fn new(compile: fn(&str) -> Result<T, String>) -> Self {
        Self { kept: RefCell::new(HashMap::new()), compile }
    }

    pub fn get(&self, text: &str) -> Result<Arc<T>, String> {
        let mut kept = self.kept.borrow_mut();
        if let Some(found) = kept.get(text) {
            return found.clone();
        }
        if kept.len() >= COMPILED_MAX {
            kept.clear();
        }
        let compiled = (self.compile)(text).map(Arc::new);
        kept.insert(text.to_owned(), compiled.clone());
        compiled
    }
}
