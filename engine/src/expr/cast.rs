//! CAST over arrays (language reference 5.4), and the conversions that comparisons and arithmetic need.

use std::sync::Arc;

use arrow_arith::arity::unary;
use arrow_array::builder::{BinaryBuilder, BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, ListArray, MapArray, StructArray, UInt32Array};
use arrow_buffer::{OffsetBuffer, i256};
use arrow_schema::DataType;
use num_bigint::BigInt;

use super::decimal::{
    Decimal, NarrowColumn, decimal_array, fits, overflow_message, to_big, to_i256, wide_value, write_decimal,
};
use super::node::{Failures, Input, Node, NodeRef, take_rows};
use super::text::{MILLIS_OF_DAY, parse_base64, parse_date, parse_time, parse_timestamp, write_value};
use super::typing::digits;
use crate::formats::parse_java_double;
use crate::functions::java_text::{ascii_digits, push_double, trim};
use crate::types::{SqlType, StructField, Value, arrow_type, null_array};

pub(crate) struct Cast {
    pub value: NodeRef,
    pub target: SqlType,
}

impl Node for Cast {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let value = self.value.evaluate(input, failures);
        cast_array(&value, self.value.data_type(), &self.target, failures)
    }
    fn data_type(&self) -> &SqlType {
        &self.target
    }
    fn can_fail(&self) -> bool {
        self.value.can_fail() || !is_safe(self.value.data_type(), &self.target)
    }
}

/// Whether a cast can fail for no value.
fn is_safe(from: &SqlType, to: &SqlType) -> bool {
    use SqlType as T;
    match (from, to) {
        (T::Integer | T::BigInt | T::Double, T::Integer | T::BigInt | T::Double) => true,
        (T::Integer, T::Decimal { precision, scale }) => precision - scale >= 10,
        (T::BigInt, T::Decimal { precision, scale }) => precision - scale >= 19,
        (_, T::String) | (T::Timestamp | T::Date, T::Timestamp | T::Date | T::Time) => true,
        _ => from == to,
    }
}

/// Whether values of `from` may be cast to `to`.
pub(crate) fn can_cast(from: &SqlType, to: &SqlType) -> bool {
    use SqlType as T;
    match (from, to) {
        _ if from == to => true,
        (T::Bytes, _) => false,
        (_, T::String) => true,
        (T::Integer | T::BigInt | T::Double | T::Decimal { .. }, _) => to.is_numeric(),
        (T::String, T::Array(_) | T::Map(..) | T::Struct(_)) => false,
        (T::String, _) => true,
        (T::Timestamp, T::Time | T::Date) | (T::Date, T::Timestamp) => true,
        (T::Array(from), T::Array(to)) => can_cast(from, to),
        (T::Map(from_key, from_value), T::Map(to_key, to_value)) => {
            can_cast(from_key, to_key) && can_cast(from_value, to_value)
        }
        (T::Struct(from), T::Struct(to)) => to.iter().all(|field| match from.iter().find(|f| f.name == field.name) {
            Some(source) => can_cast(&source.data_type, &field.data_type),
            None => true,
        }),
        _ => false,
    }
}

/// Casts every row; rows that cannot be cast raise.
pub(crate) fn cast_array(array: &ArrayRef, from: &SqlType, to: &SqlType, failures: &mut Failures) -> ArrayRef {
    use SqlType as T;
    match (from, to) {
        _ if from == to => array.clone(),
        (_, T::String) => to_text(array, from),
        (T::String, _) => from_text(array, to, failures),
        (_, T::BigInt) => to_int64_from(array, from),
        (T::Double, T::Integer) => {
            Arc::new(unary::<_, _, Int32Type>(array.as_primitive::<Float64Type>(), |v| v as i32))
        }
        (_, T::Integer) => {
            Arc::new(unary::<_, _, Int32Type>(to_int64_from(array, from).as_primitive::<Int64Type>(), |v| v as i32))
        }
        (_, T::Double) => to_double_from(array, from),
        (_, T::Decimal { precision, scale }) => to_decimal(array, from, *precision, *scale, failures),
        (T::Timestamp, T::Date) => {
            let millis = array.as_primitive::<TimestampMillisecondType>();
            Arc::new(unary::<_, _, Date32Type>(millis, |v| v.div_euclid(MILLIS_OF_DAY) as i32))
        }
        (T::Timestamp, T::Time) => {
            let millis = array.as_primitive::<TimestampMillisecondType>();
            Arc::new(unary::<_, _, Time32MillisecondType>(millis, |v| v.rem_euclid(MILLIS_OF_DAY) as i32))
        }
        (T::Date, T::Timestamp) => to_millis(array, failures),
        (T::Array(from), T::Array(to)) => cast_list(array, from, to, failures),
        (T::Map(from_key, from_value), T::Map(..)) => cast_map(array, from_key, from_value, to, failures),
        (T::Struct(from), T::Struct(to)) => cast_struct(array, from, to, failures),
        _ => null_array(to, array.len()),
    }
}

fn to_text(array: &ArrayRef, from: &SqlType) -> ArrayRef {
    let mut builder = StringBuilder::new();
    let mut text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
            continue;
        }
        text.clear();
        match from {
            SqlType::Integer => {
                text.push_str(itoa::Buffer::new().format(array.as_primitive::<Int32Type>().value(row)));
            }
            SqlType::BigInt => text.push_str(itoa::Buffer::new().format(array.as_primitive::<Int64Type>().value(row))),
            SqlType::Double => push_double(array.as_primitive::<Float64Type>().value(row), &mut text),
            other => write_value(&Value::from_array(array, row, other), other, &mut text),
        }
        builder.append_value(&text);
    }
    Arc::new(builder.finish())
}

fn from_text(array: &ArrayRef, to: &SqlType, failures: &mut Failures) -> ArrayRef {
    match to {
        SqlType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(array.len());
            array.as_string::<i32>().iter().for_each(|text| builder.append_option(text.map(parse_boolean)));
            Arc::new(builder.finish())
        }
        SqlType::Integer => parse::<Int32Type>(array, failures, to, |t| ascii_digits(trim(t)).parse().ok()),
        SqlType::BigInt => parse::<Int64Type>(array, failures, to, |t| ascii_digits(trim(t)).parse().ok()),
        SqlType::Double => parse::<Float64Type>(array, failures, to, parse_double),
        SqlType::Time => parse::<Time32MillisecondType>(array, failures, to, parse_time),
        SqlType::Date => parse::<Date32Type>(array, failures, to, parse_date),
        SqlType::Timestamp => parse::<TimestampMillisecondType>(array, failures, to, parse_timestamp),
        SqlType::Bytes => {
            let mut builder = BinaryBuilder::new();
            for (row, text) in array.as_string::<i32>().iter().enumerate() {
                let bytes = text.and_then(parse_base64);
                if let (Some(text), None) = (text, &bytes) {
                    failures.raise(row, unreadable(text, to));
                }
                builder.append_option(bytes);
            }
            Arc::new(builder.finish())
        }
        SqlType::Decimal { precision, scale } => {
            let numbers = array.as_string::<i32>().iter().enumerate().map(|(row, text)| {
                let text = text?;
                let number = Decimal::parse(&ascii_digits(trim(text)));
                if number.is_none() {
                    failures.raise(row, unreadable(text, to));
                }
                fit(&number?, *precision, *scale, row, failures)
            });
            decimal_array(to, numbers.collect::<Vec<_>>().into_iter())
        }
        _ => null_array(to, array.len()),
    }
}

fn unreadable(text: &str, to: &SqlType) -> String {
    format!("Cannot read '{text}' as {to}")
}

fn parse<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    failures: &mut Failures,
    to: &SqlType,
    parse: impl Fn(&str) -> Option<T::Native>,
) -> ArrayRef {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(array.len());
    for (row, text) in array.as_string::<i32>().iter().enumerate() {
        let value = text.and_then(&parse);
        if let (Some(text), None) = (text, value) {
            failures.raise(row, unreadable(text, to));
        }
        builder.append_option(value);
    }
    Arc::new(builder.finish())
}

/// Any prefix of `true` or `yes` is true, every other text false.
fn parse_boolean(text: &str) -> bool {
    let word = trim(text).to_ascii_lowercase();
    !word.is_empty() && ("true".starts_with(&word) || "yes".starts_with(&word))
}

/// What Java reads as a double, but for the words.
fn parse_double(text: &str) -> Option<f64> {
    if text.contains(['N', 'I']) { None } else { parse_java_double(text) }
}

/// The unscaled number of DECIMAL(precision, scale), rounded HALF_UP; raises when there are too many digits.
fn fit(number: &Decimal, precision: u32, scale: u32, row: usize, failures: &mut Failures) -> Option<i256> {
    let unscaled = number.rescale(scale as i32);
    if fits(&unscaled, precision) {
        return to_i256(&unscaled);
    }
    let mut text = String::new();
    write_decimal(&number.unscaled, number.scale, &mut text);
    failures.raise(row, overflow_message(precision, scale, &text));
    None
}

fn to_decimal(array: &ArrayRef, from: &SqlType, precision: u32, scale: u32, failures: &mut Failures) -> ArrayRef {
    let to = SqlType::decimal(precision, scale);
    let number = |row: usize| match from {
        SqlType::Double => Decimal::from_f64(array.as_primitive::<Float64Type>().value(row)),
        other => Some(Decimal { unscaled: to_big(wide_value(array, row)), scale: digits(other).1 as i32 }),
    };
    let numbers = (0..array.len()).map(|row| {
        if array.is_null(row) {
            return None;
        }
        match number(row) {
            Some(number) => fit(&number, precision, scale, row, failures),
            None => {
                failures.raise(row, "Infinite or NaN");
                None
            }
        }
    });
    decimal_array(&to, numbers.collect::<Vec<_>>().into_iter())
}

/// INTEGER or BIGINT as BIGINT.
pub(crate) fn to_int64(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Int32 => Arc::new(unary::<_, _, Int64Type>(array.as_primitive::<Int32Type>(), i64::from)),
        _ => array.clone(),
    }
}

fn to_int64_from(array: &ArrayRef, from: &SqlType) -> ArrayRef {
    match from {
        SqlType::Double => Arc::new(unary::<_, _, Int64Type>(array.as_primitive::<Float64Type>(), |v| v as i64)),
        SqlType::Decimal { scale, .. } => {
            let divisor = super::decimal::big_power_of_ten(*scale);
            let mut builder = PrimitiveBuilder::<Int64Type>::with_capacity(array.len());
            for row in 0..array.len() {
                let whole = |row| low_bits(&(to_big(wide_value(array, row)) / &divisor));
                builder.append_option(array.is_valid(row).then(|| whole(row)));
            }
            Arc::new(builder.finish())
        }
        _ => to_int64(array),
    }
}

/// The lowest 64 bits in two's complement.
fn low_bits(value: &BigInt) -> i64 {
    to_i256(value).map_or(0, |v| v.as_i128() as i64)
}

/// Any number but DECIMAL as DOUBLE.
pub(crate) fn to_double(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Int32 => Arc::new(unary::<_, _, Float64Type>(array.as_primitive::<Int32Type>(), f64::from)),
        DataType::Int64 => Arc::new(unary::<_, _, Float64Type>(array.as_primitive::<Int64Type>(), |v| v as f64)),
        DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => decimal_to_double(array, *scale as u32),
        _ => array.clone(),
    }
}

fn to_double_from(array: &ArrayRef, from: &SqlType) -> ArrayRef {
    match from {
        SqlType::Decimal { scale, .. } => decimal_to_double(array, *scale),
        _ => to_double(array),
    }
}

/// The double next to each number: a division of exact doubles where both are, else by way of text.
fn decimal_to_double(array: &ArrayRef, scale: u32) -> ArrayRef {
    const EXACT: i128 = 1 << 53;
    let narrow = NarrowColumn::new(array);
    let mut builder = PrimitiveBuilder::<Float64Type>::with_capacity(array.len());
    let mut text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
            continue;
        }
        let small = narrow.as_ref().map(|n| n.value(row)).filter(|v| v.abs() <= EXACT && scale <= 22);
        builder.append_value(match small {
            Some(value) => value as f64 / 10_f64.powi(scale as i32),
            None => {
                text.clear();
                write_decimal(&to_big(wide_value(array, row)), scale as i32, &mut text);
                text.parse().unwrap_or(f64::NAN)
            }
        });
    }
    Arc::new(builder.finish())
}

/// TIMESTAMP, DATE (midnight) or text as TIMESTAMP.
pub(crate) fn to_millis(array: &ArrayRef, failures: &mut Failures) -> ArrayRef {
    match array.data_type() {
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>();
            Arc::new(unary::<_, _, TimestampMillisecondType>(days, |v| i64::from(v) * MILLIS_OF_DAY))
        }
        DataType::Utf8 => from_text(array, &SqlType::Timestamp, failures),
        _ => array.clone(),
    }
}

/// TIME or text as TIME.
pub(crate) fn to_time(array: &ArrayRef, failures: &mut Failures) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8 => from_text(array, &SqlType::Time, failures),
        _ => array.clone(),
    }
}

/// Casts the elements of n containers; an element that fails fails the row whose range holds it.
fn cast_elements(
    parent: &dyn Array,
    offsets: &OffsetBuffer<i32>,
    elements: &ArrayRef,
    types: (&SqlType, &SqlType),
    failures: &mut Failures,
) -> ArrayRef {
    let mut inner = Failures::default();
    let cast = cast_array(elements, types.0, types.1, &mut inner);
    let cast = inner.null_raised(cast);
    for failure in inner.into_all() {
        let row = offsets.partition_point(|start| *start <= failure.row as i32);
        if row > 0 && row < offsets.len() && parent.is_valid(row - 1) {
            failures.raise(row - 1, failure.message);
        }
    }
    cast
}

fn cast_list(array: &ArrayRef, from: &SqlType, to: &SqlType, failures: &mut Failures) -> ArrayRef {
    let list = array.as_list::<i32>();
    let items = cast_elements(list, list.offsets(), list.values(), (from, to), failures);
    let DataType::List(field) = arrow_type(&SqlType::array(to.clone())) else { unreachable!("an array is a list") };
    Arc::new(ListArray::new(field, list.offsets().clone(), items, list.nulls().cloned()))
}

fn cast_map(
    array: &ArrayRef,
    from_key: &SqlType,
    from_value: &SqlType,
    to: &SqlType,
    failures: &mut Failures,
) -> ArrayRef {
    let SqlType::Map(to_key, to_value) = to else { return null_array(to, array.len()) };
    let map = array.as_map();
    let keys = cast_elements(map, map.offsets(), map.keys(), (from_key, to_key), failures);
    let values = cast_elements(map, map.offsets(), map.values(), (from_value, to_value), failures);
    let Some(keys) = without_nulls(keys) else { return null_array(to, array.len()) };
    let DataType::Map(field, sorted) = arrow_type(to) else { unreachable!("a map is a map") };
    let DataType::Struct(fields) = field.data_type() else { unreachable!("entries are structs") };
    let entries = StructArray::new(fields.clone(), vec![keys, values], None);
    Arc::new(MapArray::new(field, map.offsets().clone(), entries, map.nulls().cloned(), sorted))
}

/// Arrow's maps have no NULL keys: where a key failed (and its row with it), another stands in. `None`: all failed.
fn without_nulls(keys: ArrayRef) -> Option<ArrayRef> {
    if keys.null_count() == 0 {
        return Some(keys);
    }
    let any = (0..keys.len()).find(|i| keys.is_valid(*i))? as u32;
    let indices = (0..keys.len() as u32).map(|i| if keys.is_valid(i as usize) { i } else { any });
    Some(take_rows(&keys, &UInt32Array::from_iter_values(indices)))
}

fn cast_struct(array: &ArrayRef, from: &[StructField], to: &[StructField], failures: &mut Failures) -> ArrayRef {
    let source = array.as_struct();
    let columns = to.iter().map(|field| {
        let Some(index) = from.iter().position(|f| f.name == field.name) else {
            return null_array(&field.data_type, array.len());
        };
        let mut inner = Failures::default();
        let cast = cast_array(source.column(index), &from[index].data_type, &field.data_type, &mut inner);
        let cast = inner.null_raised(cast);
        for failure in inner.into_all() {
            if source.is_valid(failure.row as usize) {
                failures.raise(failure.row as usize, failure.message);
            }
        }
        cast
    });
    super::container::struct_array(to, columns.collect(), source.nulls().cloned(), array.len())
}
