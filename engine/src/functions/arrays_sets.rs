//! Arrays as lists and sets: concatenation, distinct elements, union, intersection, difference, removal. Elements are the
//! same when their key bytes are equal, so every type works, NULL included.

use arrow_array::{Array, ArrayRef};
use hashbrown::HashSet;

use super::arrays::ARRAY;
use super::extremes::{same_values, value_keys};
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "array_concat",
        ARRAY,
        "The elements of both arrays, one array after the other.",
        &[("ARRAY_CONCAT(ARRAY[1], ARRAY[2])", "[1, 2]")],
        &[Overload::new("left ARRAY<T>, right ARRAY<T>", "ARRAY<T>", concat)],
    ),
    Function::scalar(
        "array_distinct",
        ARRAY,
        "The elements without repetitions, in the order of their first occurrence.",
        &[("ARRAY_DISTINCT(ARRAY[1, 2, 1])", "[1, 2]")],
        &[Overload::new("array ARRAY<T>", "ARRAY<T>", |c, a| {
            let lists = a[0].lists();
            let keys = value_keys(lists.values());
            list_rows(c, &[lists.values()], |row, picks| {
                let mut seen = HashSet::new();
                picks.extend(lists.at(row)?.filter(|i| seen.insert(&keys[*i])).map(|i| (0, i)));
                Ok(())
            })
        })],
    ),
    Function::scalar(
        "array_except",
        ARRAY,
        "The distinct elements of the first array that are not in the second.",
        &[("ARRAY_EXCEPT(ARRAY[1, 2, 2], ARRAY[1])", "[2]")],
        &[Overload::new("left ARRAY<T>, right ARRAY<T>", "ARRAY<T>", |c, a| keep_left(c, a, false))],
    ),
    Function::scalar(
        "array_intersect",
        ARRAY,
        "The distinct elements of the first array that are in the second too.",
        &[("ARRAY_INTERSECT(ARRAY[1, 2, 3], ARRAY[3, 2])", "[2, 3]")],
        &[Overload::new("left ARRAY<T>, right ARRAY<T>", "ARRAY<T>", |c, a| keep_left(c, a, true))],
    ),
    Function::scalar(
        "array_union",
        ARRAY,
        "The distinct elements of both arrays.",
        &[("ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])", "[1, 2, 3]")],
        &[Overload::new("left ARRAY<T>, right ARRAY<T>", "ARRAY<T>", union)],
    ),
    Function::scalar(
        "array_remove",
        ARRAY,
        "The array without the elements that equal a value.",
        &[("ARRAY_REMOVE(ARRAY[1, 2, 1], 1)", "[2]")],
        &[Overload::new("array ARRAY<T>, element T", "ARRAY<T>", |c, a| {
            let (lists, victims) = (a[0].lists(), a[1].array());
            let same = same_values(lists.values(), victims, &c.argument_types[1]);
            list_rows(c, &[lists.values()], |row, picks| {
                picks.extend(lists.at(row)?.filter(|i| !same(*i, row)).map(|i| (0, i)));
                Ok(())
            })
        })],
    ),
];

fn concat(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let [left, right] = [0, 1].map(|i| arguments[i].lists());
    let sources: [&dyn Array; 2] = [left.values(), right.values()];
    list_rows(context, &sources, |row, picks| {
        if left.is_null(row) && right.is_null(row) {
            return Err(Stop::Null);
        }
        picks.extend(left.get(row).into_iter().flatten().map(|i| (0, i)));
        picks.extend(right.get(row).into_iter().flatten().map(|i| (1, i)));
        Ok(())
    })
}

fn keep_left(context: &mut CallContext<'_>, arguments: &[Argument<'_>], common: bool) -> ArrayRef {
    let [left, right] = [0, 1].map(|i| arguments[i].lists());
    let [left_keys, right_keys] = [left, right].map(|list| value_keys(list.values()));
    list_rows(context, &[left.values()], |row, picks| {
        let (mine, others) = (left.at(row)?, right.at(row)?);
        let others: HashSet<_> = right_keys[others].iter().collect();
        let mut seen = HashSet::new();
        let kept = mine.filter(|i| others.contains(&left_keys[*i]) == common && seen.insert(&left_keys[*i]));
        picks.extend(kept.map(|i| (0, i)));
        Ok(())
    })
}

fn union(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let [left, right] = [0, 1].map(|i| arguments[i].lists());
    let keys = [left, right].map(|list| value_keys(list.values()));
    let sources: [&dyn Array; 2] = [left.values(), right.values()];
    list_rows(context, &sources, |row, picks| {
        let (mine, others) = (left.at(row)?, right.at(row)?);
        let mut seen = HashSet::new();
        let all = mine.map(|i| (0, i)).chain(others.map(|i| (1, i)));
        picks.extend(all.filter(|(source, i)| seen.insert(&keys[*source][*i])));
        Ok(())
    })
}
