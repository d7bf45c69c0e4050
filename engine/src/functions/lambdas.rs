//! TRANSFORM, FILTER and REDUCE. The lambda's body runs once over the elements of all rows; a row any of whose elements
//! failed is NULL as a whole.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use hashbrown::HashSet;
use std::ops::Range;

use super::extremes::value_keys;
use super::kernels::*;
use super::{Argument, CallContext, Function, Lambda, Overload};

const LAMBDA: &str = "LAMBDA";

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "transform",
        LAMBDA,
        "The collection with a lambda applied to each element, or two to each entry.",
        &[
            ("TRANSFORM(ARRAY[1, 2], x => x * 2)", "[2, 4]"),
            ("TRANSFORM(MAP('a' := 1), (k, v) => UCASE(k), (k, v) => v + 1)", "{A=2}"),
        ],
        &[
            Overload::new("array ARRAY<T>, function (T) => R", "ARRAY<R>", transform_array),
            Overload::new(
                "map MAP<K, V>, biFunction1 (K, V) => R, biFunction2 (K, V) => T",
                "MAP<R, T>",
                transform_map,
            ),
        ],
    ),
    Function::scalar(
        "filter",
        LAMBDA,
        "The elements or entries for which a lambda is true.",
        &[("FILTER(ARRAY[1, 5], x => x > 2)", "[5]"), ("FILTER(MAP('a' := 1, 'b' := 5), (k, v) => v > 3)", "{b=5}")],
        &[
            Overload::new("array ARRAY<T>, function (T) => BOOLEAN", "ARRAY<T>", filter_array),
            Overload::new("map MAP<K, V>, biFunction (K, V) => BOOLEAN", "MAP<K, V>", filter_map),
        ],
    ),
    Function::scalar(
        "reduce",
        LAMBDA,
        "What is left when a lambda takes a state and each element or entry in turn to the next state.",
        &[("REDUCE(ARRAY[1, 2, 3], 0, (s, x) => s + x)", "6"), ("REDUCE(MAP('a' := 1), 2, (s, k, v) => s + v)", "3")],
        &[
            Overload::new("list ARRAY<T>, initialState S, reduceFunction (S, T) => S", "S", |c, a| {
                let lists = a[0].lists();
                reduce(c, a, |row| lists.get(row), &[lists.values()])
            }),
            Overload::new("map MAP<K, V>, initialState S, reduceFunction (S, K, V) => S", "S", |c, a| {
                let maps = a[0].maps();
                reduce(c, a, |row| maps.get(row), &[maps.keys(), maps.values()])
            }),
        ],
    ),
];

fn lambda<'a>(argument: &Argument<'a>) -> &'a dyn Lambda {
    match argument {
        Argument::Lambda(lambda) => *lambda,
        _ => unreachable!("overload resolution hands lambdas to lambda parameters"),
    }
}

/// The elements of the rows that are not NULL, in order, and to which row each belongs.
struct Elements {
    picks: Gathered,
    row_of: Vec<u32>,
}

impl Elements {
    fn new(context: &mut CallContext<'_>, range: impl Fn(usize) -> Option<Range<usize>>) -> Self {
        let mut row_of = Vec::new();
        let picks = gather_rows(context, |row, picks| {
            let range = or_null(range(row))?;
            row_of.extend(range.clone().map(|_| row as u32));
            picks.extend(range.map(|i| (0, i)));
            Ok(())
        });
        Self { picks, row_of }
    }

    /// The elements' parts (values, or keys and values) that lie in `source`.
    fn take(&self, source: &ArrayRef) -> ArrayRef {
        let in_place = self.picks.picks.len() == source.len();
        if in_place { source.clone() } else { gather(&[source], &self.picks.picks) }
    }

    /// The NULL rows, those among `context`'s failures since `before` included.
    fn nulls(&self, context: &CallContext<'_>, before: usize) -> Option<NullBuffer> {
        mask_failures(context, before, self.picks.nulls.clone())
    }
}

fn mask_failures(context: &CallContext<'_>, before: usize, nulls: Option<NullBuffer>) -> Option<NullBuffer> {
    if context.failures.len() == before {
        return nulls;
    }
    let mut valid = vec![true; context.rows];
    context.failures[before..].iter().for_each(|failure| valid[failure.row as usize] = false);
    NullBuffer::union(nulls.as_ref(), Some(&NullBuffer::from(valid)))
}

/// Runs a lambda, and reports every row that failed in it once.
fn call(context: &mut CallContext<'_>, lambda: &dyn Lambda, parameters: &[ArrayRef], row_of: &[u32]) -> ArrayRef {
    let before = context.failures.len();
    let result = lambda.call(context, parameters, row_of);
    let mut seen: HashSet<u32> = HashSet::new();
    let mut index = 0;
    context.failures.retain(|failure| {
        index += 1;
        index <= before || seen.insert(failure.row)
    });
    result
}

fn transform_array(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (lists, before) = (arguments[0].lists(), context.failures.len());
    let elements = Elements::new(context, |row| lists.get(row));
    let values = call(context, lambda(&arguments[1]), &[elements.take(lists.values())], &elements.row_of);
    let nulls = elements.nulls(context, before);
    list_of(context.return_type, elements.picks.offsets, values, nulls)
}

fn transform_map(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (map, before) = (arguments[0].maps(), context.failures.len());
    let elements = Elements::new(context, |row| map.get(row));
    let parameters = [elements.take(map.keys()), elements.take(map.values())];
    let keys = call(context, lambda(&arguments[1]), &parameters, &elements.row_of);
    let values = call(context, lambda(&arguments[2]), &parameters, &elements.row_of);
    let key_bytes = value_keys(&keys);
    let failed: HashSet<u32> = context.failures[before..].iter().map(|f| f.row).collect();
    let offsets = elements.picks.offsets.clone();
    let null_rows = elements.picks.nulls.clone();
    let kept = gather_rows(context, |row, picks| {
        if failed.contains(&(row as u32)) || null_rows.as_ref().is_some_and(|n| n.is_null(row)) {
            return Err(Stop::Null);
        }
        let mut seen = HashSet::new();
        let range = offsets[row] as usize..offsets[row + 1] as usize;
        for (i, key) in range.clone().zip(&key_bytes[range]) {
            if values.is_null(i) || keys.is_null(i) {
                return Err("TRANSFORM gives a NULL in a map".into());
            }
            if !seen.insert(key) {
                return Err("Duplicate key: TRANSFORM gives the same key for two entries".into());
            }
            picks.push((0, i));
        }
        Ok(())
    });
    let (keys, values) = (gather(&[&keys], &kept.picks), gather(&[&values], &kept.picks));
    map_of(context.return_type, kept.offsets, keys, values, kept.nulls)
}

/// The elements that pass: by row, as places in the source. A row that failed is NULL.
fn passing(
    context: &mut CallContext<'_>,
    arguments: &[Argument<'_>],
    range: impl Fn(usize) -> Option<Range<usize>>,
    sources: &[&ArrayRef],
    null_value_fails: bool,
) -> Gathered {
    let before = context.failures.len();
    let elements = Elements::new(context, &range);
    let parameters: Vec<ArrayRef> = sources.iter().map(|source| elements.take(source)).collect();
    let passes = call(context, lambda(&arguments[1]), &parameters, &elements.row_of);
    let passes: &BooleanArray = passes.as_boolean();
    let failed: HashSet<u32> = context.failures[before..].iter().map(|f| f.row).collect();
    let offsets = elements.picks.offsets.clone();
    gather_rows(context, |row, picks| {
        let range = or_null(range(row))?;
        if failed.contains(&(row as u32)) {
            return Err(Stop::Null);
        }
        for (nth, i) in range.enumerate() {
            match passes.get(offsets[row] as usize + nth) {
                None => return Err("FILTER's lambda gives NULL".into()),
                Some(true) if null_value_fails && sources.iter().any(|s| s.is_null(i)) => {
                    return Err("FILTER keeps a map entry whose value is NULL".into());
                }
                Some(true) => picks.push((0, i)),
                Some(false) => {}
            }
        }
        Ok(())
    })
}

fn filter_array(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let lists = arguments[0].lists();
    let kept = passing(context, arguments, |row| lists.get(row), &[lists.values()], false);
    list_of(context.return_type, kept.offsets, gather(&[lists.values()], &kept.picks), kept.nulls)
}

fn filter_map(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let map = arguments[0].maps();
    let kept = passing(context, arguments, |row| map.get(row), &[map.keys(), map.values()], true);
    let (keys, values) = (gather(&[map.keys()], &kept.picks), gather(&[map.values()], &kept.picks));
    map_of(context.return_type, kept.offsets, keys, values, kept.nulls)
}

/// Takes the n-th element of every row that has one in step n, so there are as many calls as the longest row has elements.
fn reduce(
    context: &mut CallContext<'_>,
    arguments: &[Argument<'_>],
    range: impl Fn(usize) -> Option<Range<usize>>,
    sources: &[&ArrayRef],
) -> ArrayRef {
    let (initial, lambda, before) = (arguments[1].array(), lambda(&arguments[2]), context.failures.len());
    let ranges: Vec<Range<usize>> = (0..context.rows).map(|row| range(row).unwrap_or(0..0)).collect();
    let mut state = initial.clone();
    let mut active: Vec<usize> = (0..context.rows).filter(|row| initial.is_valid(*row)).collect();
    for step in 0.. {
        let failed: HashSet<u32> = context.failures[before..].iter().map(|f| f.row).collect();
        active.retain(|row| ranges[*row].len() > step && !failed.contains(&(*row as u32)));
        if active.is_empty() {
            break;
        }
        let rows: Vec<Pick> = active.iter().map(|row| (0, *row)).collect();
        let elements: Vec<Pick> = active.iter().map(|row| (0, ranges[*row].start + step)).collect();
        let mut parameters = vec![gather(&[&state], &rows)];
        parameters.extend(sources.iter().map(|source| gather(&[source], &elements)));
        let row_of: Vec<u32> = active.iter().map(|row| *row as u32).collect();
        let next = call(context, lambda, &parameters, &row_of);
        let mut picks: Vec<Pick> = (0..context.rows).map(|row| (0, row)).collect();
        active.iter().enumerate().for_each(|(i, row)| picks[*row] = (1, i));
        state = gather(&[&state, &next], &picks);
    }
    let nulls = mask_failures(context, before, None);
    match nulls {
        None => state,
        Some(nulls) => {
            let valid: BooleanBuffer = nulls.inner().clone();
            pick_rows(context, &[&state], |row| if valid.value(row) { Ok((0, row)) } else { Err(Stop::Null) })
        }
    }
}
