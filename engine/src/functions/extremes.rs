//! How values are ordered and when they are the same, on arrays of any comparable type; GREATEST and LEAST.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_row::{RowConverter, SortField};

use super::java_text::compare_utf16;
use super::kernels::*;
use super::math::MATHEMATICAL;
use super::{Argument, CallContext, Function, Overload};
use crate::types::SqlType;

/// Overloads for every comparable type.
macro_rules! comparable {
    ($evaluate:expr) => {
        &[
            Overload::new("val1 INT, vals INT...", "INT", $evaluate),
            Overload::new("val1 BIGINT, vals BIGINT...", "BIGINT", $evaluate),
            Overload::new("val1 DOUBLE, vals DOUBLE...", "DOUBLE", $evaluate),
            Overload::new("val1 STRING, vals STRING...", "STRING", $evaluate),
            Overload::new("val1 BYTES, vals BYTES...", "BYTES", $evaluate),
            Overload::new("val1 DATE, vals DATE...", "DATE", $evaluate),
            Overload::new("val1 TIME, vals TIME...", "TIME", $evaluate),
            Overload::new("val1 TIMESTAMP, vals TIMESTAMP...", "TIMESTAMP", $evaluate),
            Overload::of("val1 DECIMAL, vals DECIMAL...", widest_decimal, |c, a| {
                let widened: Vec<_> =
                    a.iter().zip(c.argument_types).map(|(a, t)| rescale(a.array(), t, c.return_type)).collect();
                let widened: Vec<_> = widened.into_iter().map(Argument::Array).collect();
                $evaluate(c, &widened)
            }),
        ]
    };
}

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "greatest",
        MATHEMATICAL,
        "The greatest argument; NULLs are left out.",
        &[("GREATEST(1, NULL, 3)", "3"), ("GREATEST('a', 'B')", "'a'"), ("GREATEST(1.5, 2.25)", "2.25")],
        comparable!(greatest),
    ),
    Function::scalar(
        "least",
        MATHEMATICAL,
        "The least argument; NULLs are left out.",
        &[("LEAST(2, 1)", "1"), ("LEAST('a', NULL)", "'a'")],
        comparable!(least),
    ),
];

fn greatest(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    extreme(context, arguments, Ordering::Greater)
}

fn least(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    extreme(context, arguments, Ordering::Less)
}

fn extreme(context: &mut CallContext<'_>, arguments: &[Argument<'_>], wanted: Ordering) -> ArrayRef {
    let sources: Vec<&dyn Array> = arguments.iter().map(|a| a.array().as_ref()).collect();
    let data_type = context.return_type;
    pick_rows(context, &sources, |row| {
        let mut best: Option<usize> = None;
        for (i, source) in sources.iter().enumerate().filter(|(_, s)| s.is_valid(row)) {
            if best.is_none_or(|b| compare(*source, row, sources[b], row, data_type) == wanted) {
                best = Some(i);
            }
        }
        or_null(best.map(|source| (source, row)))
    })
}

/// The narrowest DECIMAL that holds the whole digits and the scale of every argument.
fn widest_decimal(types: &[SqlType]) -> Result<SqlType, String> {
    let mut whole = 0;
    let mut places = 0;
    for data_type in types {
        let SqlType::Decimal { precision, scale } = data_type else {
            return Err(format!("{data_type} is not a DECIMAL"));
        };
        whole = whole.max(precision - scale);
        places = places.max(*scale);
    }
    Ok(SqlType::decimal(whole + places, places))
}

/// A decimal array with the digits of another scale that is not smaller.
fn rescale(array: &ArrayRef, from: &SqlType, to: &SqlType) -> ArrayRef {
    let (SqlType::Decimal { scale, .. }, SqlType::Decimal { scale: wanted, .. }) = (from, to) else {
        return array.clone();
    };
    if from == to {
        return array.clone();
    }
    let factor = arrow_buffer::i256::from_i128(10).wrapping_pow(wanted.saturating_sub(*scale));
    let values = Decimals::new(array);
    let mut failures = Vec::new();
    let mut context = CallContext {
        rows: array.len(),
        argument_types: &[],
        return_type: to,
        failures: &mut failures,
        clock: &super::SystemClock,
    };
    decimal_rows(&mut context, |row| Ok(values.at(row)?.wrapping_mul(factor)))
}

/// Whether ksqlDB can put values of the type in order.
pub fn is_comparable(data_type: &SqlType) -> bool {
    !matches!(data_type, SqlType::Array(_) | SqlType::Map(..) | SqlType::Struct(_))
}

/// Compares two values that are not NULL, of arrays of one type that has an order. Text compares by UTF-16 units, bytes as
/// signed numbers, NaN after all other doubles.
pub fn compare(a: &dyn Array, i: usize, b: &dyn Array, j: usize, data_type: &SqlType) -> Ordering {
    match data_type {
        SqlType::Boolean => a.as_boolean().value(i).cmp(&b.as_boolean().value(j)),
        SqlType::Integer => ordered::<Int32Type>(a, i, b, j),
        SqlType::BigInt => ordered::<Int64Type>(a, i, b, j),
        SqlType::Date => ordered::<Date32Type>(a, i, b, j),
        SqlType::Time => ordered::<Time32MillisecondType>(a, i, b, j),
        SqlType::Timestamp => ordered::<TimestampMillisecondType>(a, i, b, j),
        SqlType::Double => {
            let (x, y) = (a.as_primitive::<Float64Type>().value(i), b.as_primitive::<Float64Type>().value(j));
            x.is_nan().cmp(&y.is_nan()).then_with(|| x.total_cmp(&y))
        }
        SqlType::Decimal { .. } => Decimals::new(a).get(i).cmp(&Decimals::new(b).get(j)),
        SqlType::String => compare_utf16(a.as_string::<i32>().value(i), b.as_string::<i32>().value(j)),
        SqlType::Bytes => {
            let signed = |bytes: &'_ [u8]| bytes.iter().map(|b| *b as i8).collect::<Vec<_>>();
            signed(a.as_binary::<i32>().value(i)).cmp(&signed(b.as_binary::<i32>().value(j)))
        }
        SqlType::Array(_) | SqlType::Map(..) | SqlType::Struct(_) => Ordering::Equal,
    }
}

fn ordered<T: ArrowPrimitiveType<Native: Ord>>(a: &dyn Array, i: usize, b: &dyn Array, j: usize) -> Ordering {
    a.as_primitive::<T>().value(i).cmp(&b.as_primitive::<T>().value(j))
}

/// Says whether value i of the first array and value j of the second are the same; two NULLs are.
pub fn same_values<'a>(
    a: &'a dyn Array,
    b: &'a dyn Array,
    data_type: &'a SqlType,
) -> Box<dyn Fn(usize, usize) -> bool + 'a> {
    if is_comparable(data_type) {
        return Box::new(move |i, j| match (a.is_valid(i), b.is_valid(j)) {
            (true, true) => compare(a, i, b, j, data_type) == Ordering::Equal,
            (x, y) => x == y,
        });
    }
    let [a, b] = [a, b].map(value_keys);
    Box::new(move |i, j| a[i] == b[j])
}

/// One byte string per value; equal exactly where the values are the same (NULL too). The order of a map's entries counts.
pub fn value_keys(array: &dyn Array) -> Vec<Box<[u8]>> {
    let converter = RowConverter::new(vec![SortField::new(array.data_type().clone())]);
    let array = arrow_array::make_array(array.to_data());
    let rows = converter.and_then(|converter| converter.convert_columns(std::slice::from_ref(&array)));
    match rows {
        Ok(rows) => rows.iter().map(|row| row.as_ref().into()).collect(),
        Err(_) => (0..array.len()).map(|i| format!("{:?}", array.slice(i, 1)).into_bytes().into()).collect(),
    }
}
