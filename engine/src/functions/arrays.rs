//! Functions on arrays that look at elements or ranges: length, containment, join, slice, extremes, sorting, series.
//! Set operations are in `arrays_sets`.

use std::cmp::Ordering;

use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_array::{PrimitiveArray, cast::AsArray, types::ArrowPrimitiveType};
use std::sync::Arc;

use super::extremes::{compare, is_comparable, same_values};
use super::java_text::{push_decimal, push_double};
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};
use crate::types::SqlType;

pub const ARRAY: &str = "ARRAY";

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "ARRAY_LENGTH",
        ARRAY,
        "The number of elements.",
        &[("ARRAY_LENGTH(ARRAY[1, 2])", "2")],
        &[Overload::new("array ARRAY<T>", "INT", |c, a| {
            let lists = a[0].lists();
            primitive_rows::<Int32Type>(c, |row| lists.at(row).map(|range| range.len() as i32))
        })],
    ),
    Function::scalar(
        "ARRAY_CONTAINS",
        ARRAY,
        "Whether the array has an element that equals the value; NULL equals NULL.",
        &[("ARRAY_CONTAINS(ARRAY[1, 2], 2)", "true"), ("ARRAY_CONTAINS(ARRAY['a'], 'b')", "false")],
        &[Overload::new("array ARRAY<T>, val T", "BOOLEAN", |c, a| {
            let (lists, wanted) = (a[0].lists(), a[1].array());
            let same = same_values(lists.values(), wanted, &c.argument_types[1]);
            boolean_rows(c, |row| Ok(lists.get(row).is_some_and(|mut range| range.any(|i| same(i, row)))))
        })],
    ),
    Function::scalar(
        "ARRAY_JOIN",
        ARRAY,
        "The elements as one text with a delimiter (a comma by default) between them.",
        &[("ARRAY_JOIN(ARRAY[1, NULL], '|')", "'1|null'"), ("ARRAY_JOIN(ARRAY[true, false])", "'true,false'")],
        &[
            Overload::new("array ARRAY<T>", "STRING", join),
            Overload::new("array ARRAY<T>, delimiter STRING", "STRING", join),
        ],
    ),
    Function::scalar(
        "array_max",
        ARRAY,
        "The greatest element that is not NULL.",
        &[("ARRAY_MAX(ARRAY[1, 3, 2])", "3")],
        &[Overload::of("array ARRAY<T>", comparable_element, |c, a| extreme(c, a, Ordering::Greater))],
    ),
    Function::scalar(
        "array_min",
        ARRAY,
        "The least element that is not NULL.",
        &[("ARRAY_MIN(ARRAY[1, NULL])", "1")],
        &[Overload::of("array ARRAY<T>", comparable_element, |c, a| extreme(c, a, Ordering::Less))],
    ),
    Function::scalar(
        "array_sort",
        ARRAY,
        "The elements in order, ASC by default or DESC; NULLs come last.",
        &[("ARRAY_SORT(ARRAY[2, NULL, 1], 'DESC')", "[2, 1, NULL]"), ("ARRAY_SORT(ARRAY[2, 1])", "[1, 2]")],
        &[
            Overload::of("input ARRAY<T>", comparable_array, sort),
            Overload::of("input ARRAY<T>, direction STRING", comparable_array, sort),
        ],
    ),
    Function::scalar(
        "slice",
        ARRAY,
        "The elements from one 1-based position to another, both included.",
        &[("SLICE(ARRAY[1, 2, 3], 1, 2)", "[1, 2]"), ("SLICE(ARRAY[1, 2, 3], 2, 3)", "[2, 3]")],
        &[Overload::new("in ARRAY<T>, from INT, to INT", "ARRAY<T>", slice)],
    ),
    Function::scalar(
        "generate_series",
        ARRAY,
        "The whole numbers from a start to an end, both included, by a step.",
        &[("GENERATE_SERIES(1, 7, 3)", "[1, 4, 7]"), ("GENERATE_SERIES(3, 1)", "[3, 2, 1]")],
        &[
            Overload::new("start INT, end INT", "ARRAY<INT>", series::<Int32Type>).primitive(&[0, 1]),
            Overload::new("start INT, end INT, step INT", "ARRAY<INT>", series::<Int32Type>).primitive(&[0, 1, 2]),
            Overload::new("start BIGINT, end BIGINT", "ARRAY<BIGINT>", series::<Int64Type>).primitive(&[0, 1]),
            Overload::new("start BIGINT, end BIGINT, step INT", "ARRAY<BIGINT>", series::<Int64Type>)
                .primitive(&[0, 1, 2]),
        ],
    ),
];

/// The element type of an array type.
pub fn element_type(data_type: &SqlType) -> &SqlType {
    if let SqlType::Array(item) = data_type { item } else { data_type }
}

fn comparable_element(types: &[SqlType]) -> Result<SqlType, String> {
    let element = types.first().map(element_type).ok_or("an argument is missing")?;
    if is_comparable(element) { Ok(element.clone()) } else { Err(format!("{element} has no order")) }
}

fn comparable_array(types: &[SqlType]) -> Result<SqlType, String> {
    comparable_element(types).map(SqlType::array)
}

fn extreme(context: &mut CallContext<'_>, arguments: &[Argument<'_>], wanted: Ordering) -> ArrayRef {
    let (lists, element) = (arguments[0].lists(), context.return_type);
    let values = lists.values();
    pick_rows(context, &[values], |row| {
        let better = |best: usize, i: usize| if compare(values, i, values, best, element) == wanted { i } else { best };
        let best = lists.at(row)?.filter(|i| values.is_valid(*i)).reduce(better);
        or_null(best.map(|i| (0, i)))
    })
}

fn sort(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (lists, directions) = (arguments[0].lists(), arguments.get(1).map(Argument::strings));
    let (values, element) = (lists.values(), element_type(context.return_type));
    list_rows(context, &[values], |row, picks| {
        let descending = match directions {
            None => false,
            Some(directions) => match directions.at(row)?.to_ascii_uppercase().as_str() {
                "ASC" | "ASCENDING" => false,
                "DESC" | "DESCENDING" => true,
                _ => return Err(Stop::Null),
            },
        };
        let start = picks.len();
        picks.extend(lists.at(row)?.map(|i| (0, i)));
        picks[start..].sort_by(|(_, i), (_, j)| match (values.is_valid(*i), values.is_valid(*j)) {
            (true, true) if descending => compare(values, *j, values, *i, element),
            (true, true) => compare(values, *i, values, *j, element),
            (x, y) => y.cmp(&x),
        });
        Ok(())
    })
}

fn slice(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (lists, from, to) = (arguments[0].lists(), arguments[1].integers(), arguments[2].integers());
    list_rows(context, &[lists.values()], |row, picks| {
        let range = lists.at(row)?;
        let length = range.len() as i64;
        let start = from.get(row).map_or(0, |p| i64::from(p) - 1);
        let end = to.get(row).map_or(length, i64::from);
        if start < 0 || start > length || end < 0 || end > length {
            return Err(Stop::Null);
        }
        if start > end {
            return Err(format!("the slice starts at {} after its end {end}", start + 1).into());
        }
        picks.extend((range.start + start as usize..range.start + end as usize).map(|i| (0, i)));
        Ok(())
    })
}

fn join(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (lists, delimiters) = (arguments[0].lists(), arguments.get(1).map(Argument::strings));
    let (values, element) = (lists.values(), element_type(&context.argument_types[0]));
    string_rows(context, |row, out| {
        let range = lists.at(row)?;
        let delimiter = delimiters.map_or(",", |d| d.get(row).unwrap_or(""));
        let start = range.start;
        for i in range {
            if i > start {
                out.push_str(delimiter);
            }
            push_element(values, i, element, out)?;
        }
        Ok(())
    })
}

fn push_element(values: &dyn Array, i: usize, element: &SqlType, out: &mut String) -> Result<(), String> {
    let is_simple = matches!(element, SqlType::Boolean | SqlType::String) || element.is_numeric();
    if !is_simple {
        return Err(format!("error: hit a value of type {element} but ARRAY_JOIN takes only simple values"));
    }
    if values.is_null(i) {
        out.push_str("null");
        return Ok(());
    }
    match element {
        SqlType::Boolean => out.push_str(if values.as_boolean().value(i) { "true" } else { "false" }),
        SqlType::Integer => {
            out.push_str(itoa::Buffer::new().format(values.as_primitive::<Int32Type>().value(i)));
        }
        SqlType::BigInt => {
            out.push_str(itoa::Buffer::new().format(values.as_primitive::<Int64Type>().value(i)));
        }
        SqlType::Double => push_double(values.as_primitive::<arrow_array::types::Float64Type>().value(i), out),
        SqlType::Decimal { scale, .. } => {
            push_decimal(Decimals::new(values).get(i).unwrap_or_default(), *scale, out);
        }
        _ => out.push_str(values.as_string::<i32>().value(i)),
    }
    Ok(())
}

/// The longest series of one row; a longer one is a slip, and must not exhaust the memory.
const SERIES_MAX: i128 = 1 << 26;

fn series<T>(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef
where
    T: ArrowPrimitiveType<Native: Into<i64> + TryFrom<i64>>,
{
    let [starts, ends] = [0, 1].map(|i| arguments[i].array().as_primitive::<T>());
    let steps = arguments.get(2).map(Argument::integers);
    let mut values: Vec<T::Native> = Vec::new();
    let gathered = gather_rows(context, |row, picks| {
        let (start, end): (i64, i64) = (starts.at(row)?.into(), ends.at(row)?.into());
        let step = steps.map_or(Ok(if end > start { 1 } else { -1 }), |s| s.at(row))?;
        let distance = i128::from(end) - i128::from(start);
        if step == 0 {
            return Err("GENERATE_SERIES step cannot be zero".into());
        }
        if distance != 0 && (distance > 0) != (step > 0) {
            return Err("GENERATE_SERIES step has wrong sign".into());
        }
        let count = distance / i128::from(step) + 1;
        if count > SERIES_MAX {
            return Err(format!("GENERATE_SERIES would give {count} values").into());
        }
        for i in 0..count as i64 {
            picks.push((0, 0));
            values.extend(T::Native::try_from(start + i * i64::from(step)));
        }
        Ok(())
    });
    let values = Arc::new(PrimitiveArray::<T>::from_iter_values(values));
    list_of(context.return_type, gathered.offsets, values, gathered.nulls)
}
