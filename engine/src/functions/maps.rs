//! Functions that take maps apart and put them together.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, MapArray, StringArray, StructArray};
use arrow_schema::DataType;
use hashbrown::HashMap;
use std::sync::Arc;

use super::java_text::compare_utf16;
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};
use crate::types::{SqlType, arrow_type, null_array};

const MAP: &str = "MAP";

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "map_keys",
        MAP,
        "The keys of a map.",
        &[("MAP_KEYS(MAP('a' := 1))", "['a']")],
        &[Overload::new("input MAP<STRING, T>", "ARRAY<STRING>", |c, a| {
            let map = a[0].maps();
            list_of(c.return_type, map.offsets().clone(), map.keys().clone(), map.nulls().cloned())
        })],
    ),
    Function::scalar(
        "map_values",
        MAP,
        "The values of a map.",
        &[("MAP_VALUES(MAP('a' := 1))", "[1]")],
        &[Overload::new("input MAP<STRING, T>", "ARRAY<T>", |c, a| {
            let map = a[0].maps();
            list_of(c.return_type, map.offsets().clone(), map.values().clone(), map.nulls().cloned())
        })],
    ),
    Function::scalar(
        "map_union",
        MAP,
        "The entries of both maps; where both have a key, the second's.",
        &[("MAP_UNION(MAP('a' := 1), MAP('a' := 2))", "{a=2}")],
        &[Overload::new("map1 MAP<STRING, T>, map2 MAP<STRING, T>", "MAP<STRING, T>", union)],
    ),
    Function::scalar(
        "as_map",
        MAP,
        "A map from an array of keys and an array of values.",
        &[("AS_MAP(ARRAY['a', 'b'], ARRAY[1])", "{a=1, b=NULL}")],
        &[Overload::new("keys ARRAY<STRING>, values ARRAY<T>", "MAP<STRING, T>", as_map)],
    ),
    Function::scalar(
        "entries",
        MAP,
        "The entries of a map as structs with K and V, sorted by key if asked.",
        &[("ENTRIES(MAP('b' := 2, 'a' := 1), true)", "[{K='a', V=1}, {K='b', V=2}]")],
        &[
            Overload::new("map MAP<STRING, INT>, sorted BOOLEAN", "ARRAY<STRUCT<K STRING, V INT>>", entries)
                .primitive(&[1]),
            Overload::new("map MAP<STRING, BIGINT>, sorted BOOLEAN", "ARRAY<STRUCT<K STRING, V BIGINT>>", entries)
                .primitive(&[1]),
            Overload::new("map MAP<STRING, DOUBLE>, sorted BOOLEAN", "ARRAY<STRUCT<K STRING, V DOUBLE>>", entries)
                .primitive(&[1]),
            Overload::new("map MAP<STRING, BOOLEAN>, sorted BOOLEAN", "ARRAY<STRUCT<K STRING, V BOOLEAN>>", entries)
                .primitive(&[1]),
            Overload::new("map MAP<STRING, STRING>, sorted BOOLEAN", "ARRAY<STRUCT<K STRING, V STRING>>", entries)
                .primitive(&[1]),
        ],
    ),
];

fn keys_of(map: &MapArray) -> &StringArray {
    map.keys().as_string()
}

fn union(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let maps = [0, 1].map(|i| arguments[i].maps());
    let gathered = gather_rows(context, |row, picks| {
        if maps.iter().all(|map| map.is_null(row)) {
            return Err(Stop::Null);
        }
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (source, map) in maps.iter().enumerate() {
            for i in map.get(row).into_iter().flatten() {
                put(&mut places, picks, keys_of(map).value(i), (source, i));
            }
        }
        Ok(())
    });
    let keys = gather(&maps.map(|map| map.keys().as_ref()), &gathered.picks);
    let values = gather(&maps.map(|map| map.values().as_ref()), &gathered.picks);
    map_of(context.return_type, gathered.offsets, keys, values, gathered.nulls)
}

/// Adds an entry to a row's picks, or replaces the one of the same key.
fn put<'a>(places: &mut HashMap<&'a str, usize>, picks: &mut Vec<Pick>, key: &'a str, pick: Pick) {
    let place = *places.entry(key).or_insert(picks.len());
    if place < picks.len() { picks[place] = pick } else { picks.push(pick) }
}

fn as_map(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let [keys, values] = [0, 1].map(|i| arguments[i].lists());
    let names: &StringArray = keys.values().as_string();
    let mut key_picks: Vec<Pick> = Vec::new();
    let gathered = gather_rows(context, |row, picks| {
        let (key_range, value_range) = (keys.at(row)?, values.at(row)?);
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (nth, i) in key_range.enumerate().filter(|(_, i)| names.is_valid(*i)) {
            let value = value_range.start + nth;
            let before = picks.len();
            put(&mut places, picks, names.value(i), if value < value_range.end { (0, value) } else { (1, 0) });
            if picks.len() > before {
                key_picks.push((0, i));
            }
        }
        Ok(())
    });
    let SqlType::Map(_, value_type) = context.return_type else { unreachable!("AS_MAP gives a map") };
    let missing = null_array(value_type, 1);
    let keys = gather(&[keys.values()], &key_picks);
    let values = gather(&[values.values(), &missing], &gathered.picks);
    map_of(context.return_type, gathered.offsets, keys, values, gathered.nulls)
}

fn entries(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (map, sorted) = (arguments[0].maps(), arguments[1].booleans());
    let keys = keys_of(map);
    let gathered = gather_rows(context, |row, picks| {
        let (range, sorted) = (map.at(row)?, sorted.at(row)?);
        let start = picks.len();
        picks.extend(range.map(|i| (0, i)));
        if sorted {
            picks[start..].sort_by(|(_, i), (_, j)| compare_utf16(keys.value(*i), keys.value(*j)));
        }
        Ok(())
    });
    let SqlType::Array(entry) = context.return_type else { unreachable!("ENTRIES gives an array") };
    let DataType::Struct(fields) = arrow_type(entry) else { unreachable!("of structs") };
    let columns = vec![gather(&[map.keys()], &gathered.picks), gather(&[map.values()], &gathered.picks)];
    let structs = Arc::new(StructArray::new(fields, columns, None));
    list_of(context.return_type, gathered.offsets, structs, gathered.nulls)
}
