//! Table functions: a list per row, whose elements become rows.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::OffsetBuffer;

use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};
use crate::types::{SqlType, null_array};

pub static FUNCTIONS: &[Function] = &[
    Function::table(
        "explode",
        "A row for each element of an array.",
        &[("EXPLODE(ARRAY[1, 2])", "[1, 2]")],
        &[
            Overload::new("list ARRAY<T>", "ARRAY<T>", |_, a| a[0].array().clone()),
            Overload::of("input ARRAY<DECIMAL>", super::math::same_type, |_, a| a[0].array().clone()),
        ],
    ),
    Function::table(
        "cube_explode",
        "A row for each combination of the array's elements, with the others NULL.",
        &[("CUBE_EXPLODE(ARRAY['a', 'b'])", "[[NULL, NULL], [NULL, 'b'], ['a', NULL], ['a', 'b']]")],
        &[Overload::new("columns ARRAY<T>", "ARRAY<ARRAY<T>>", cube_explode)],
    ),
];

/// Elements of an array that can be cubed: 2^20 rows come of it.
const CUBE_ELEMENTS_MAX: usize = 20;

fn cube_explode(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let lists = arguments[0].lists();
    let values = lists.values();
    let mut inner_lengths: Vec<usize> = Vec::new();
    let mut inner_picks: Vec<Pick> = Vec::new();
    let outer = gather_rows(context, |row, picks| {
        let range = lists.at(row)?;
        if range.len() > CUBE_ELEMENTS_MAX {
            return Err(format!("CUBE_EXPLODE takes at most {CUBE_ELEMENTS_MAX} elements, got {}", range.len()).into());
        }
        let valid: Vec<usize> = range.clone().filter(|i| values.is_valid(*i)).collect();
        for mask in 0..1_u32 << valid.len() {
            // The last element is the lowest bit.
            let mut bit = valid.len();
            for i in range.clone() {
                let shown = values.is_valid(i) && {
                    bit -= 1;
                    mask >> bit & 1 == 1
                };
                inner_picks.push(if shown { (0, i) } else { (1, 0) });
            }
            inner_lengths.push(range.len());
            picks.push((0, 0));
        }
        Ok(())
    });
    let SqlType::Array(inner_type) = context.return_type else { unreachable!("CUBE_EXPLODE gives arrays") };
    let SqlType::Array(element) = &**inner_type else { unreachable!("of arrays") };
    let null = null_array(element, 1);
    let inner_values = gather(&[values, &null], &inner_picks);
    let inner: ArrayRef = list_of(inner_type, OffsetBuffer::from_lengths(inner_lengths), inner_values, None);
    list_of(context.return_type, outer.offsets, inner, outer.nulls)
}
