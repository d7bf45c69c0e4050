//! COALESCE, IFNULL, NULLIF and AS_VALUE, on any type.

use arrow_array::{Array, ArrayRef};

use super::extremes::same_values;
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};

const CONDITIONAL: &str = "CONDITIONAL";

pub static FUNCTIONS: &[Function] =
    &[
        Function::scalar(
            "COALESCE",
            CONDITIONAL,
            "The first argument that is not NULL.",
            &[("COALESCE(NULL, 2)", "2"), ("COALESCE('a', 'b')", "'a'")],
            &[Overload::new("first T, others T...", "T", first_valid)],
        ),
        Function::scalar(
            "IFNULL",
            CONDITIONAL,
            "The first argument, or the second if the first is NULL.",
            &[("IFNULL(NULL, 'x')", "'x'"), ("IFNULL('a', 'x')", "'a'")],
            &[Overload::new("expression T, altValue T", "T", first_valid)],
        ),
        Function::scalar(
            "NULLIF",
            CONDITIONAL,
            "NULL if the arguments are equal, else the first.",
            &[("NULLIF(1, 1)", "NULL"), ("NULLIF('a', 'b')", "'a'")],
            &[Overload::new("expression1 T, expression2 T", "T", |c, a| {
                let (first, second) = (a[0].array(), a[1].array());
                let same = same_values(first, second, &c.argument_types[0]);
                pick_rows(c, &[first], |row| {
                    if first.is_null(row) || same(row, row) { Err(Stop::Null) } else { Ok((0, row)) }
                })
            })],
        ),
        Function::scalar(
            "AS_VALUE",
            "OTHER",
            "The argument itself: copies a key column into the value.",
            &[("AS_VALUE(5)", "5")],
            &[Overload::new("keyColumn T", "T", |_, a| a[0].array().clone())],
        ),
    ];

fn first_valid(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    if arguments[0].array().null_count() == 0 {
        return arguments[0].array().clone();
    }
    let sources: Vec<&dyn Array> = arguments.iter().map(|a| a.array().as_ref()).collect();
    pick_rows(context, &sources, |row| {
        or_null(sources.iter().position(|s| s.is_valid(row)).map(|source| (source, row)))
    })
}
