//! Constructors of arrays, maps and structs, and access to their parts.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StringArray, StructArray, UInt32Array};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::DataType;
use arrow_select::interleave::interleave;

use super::compare::same;
use super::node::{Failures, Input, Node, NodeRef, take_rows, with_nulls};
use crate::types::{SqlType, StructField, Value, arrow_type, null_array};

/// A struct array of `rows` rows, also when there are no fields.
pub(crate) fn struct_array(
    fields: &[StructField],
    columns: Vec<ArrayRef>,
    nulls: Option<NullBuffer>,
    rows: usize,
) -> ArrayRef {
    let DataType::Struct(arrow_fields) = arrow_type(&SqlType::Struct(fields.to_vec())) else {
        unreachable!("a struct is a struct")
    };
    if columns.is_empty() {
        return Arc::new(StructArray::new_empty_fields(rows, nulls));
    }
    Arc::new(StructArray::new(arrow_fields, columns, nulls))
}

/// The cells `(part, row)` of several arrays of one type, put together.
fn gather(data_type: &SqlType, parts: &[ArrayRef], cells: &[(usize, usize)]) -> ArrayRef {
    if cells.is_empty() {
        return null_array(data_type, 0);
    }
    let parts: Vec<&dyn Array> = parts.iter().map(|p| &**p).collect();
    interleave(&parts, cells).expect("all parts have one type")
}

pub(crate) struct ArrayConstructor {
    pub items: Vec<NodeRef>,
    pub data_type: SqlType,
}

impl Node for ArrayConstructor {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let parts: Vec<ArrayRef> = self.items.iter().map(|item| item.evaluate(input, failures)).collect();
        let cells: Vec<_> = (0..input.rows).flat_map(|row| (0..parts.len()).map(move |part| (part, row))).collect();
        let SqlType::Array(item) = &self.data_type else { return null_array(&self.data_type, input.rows) };
        let DataType::List(field) = arrow_type(&self.data_type) else { unreachable!("an array is a list") };
        let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(parts.len(), input.rows));
        Arc::new(ListArray::new(field, offsets, gather(item, &parts, &cells), None))
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
    fn can_fail(&self) -> bool {
        self.items.iter().any(|item| item.can_fail())
    }
    fn nullable(&self) -> bool {
        false
    }
}

pub(crate) struct MapConstructor {
    pub keys: Vec<NodeRef>,
    pub values: Vec<NodeRef>,
    pub data_type: SqlType,
}

/// A NULL key of STRING as the text that Java writes for it; Arrow's maps have no NULL keys.
fn null_as_text(keys: ArrayRef) -> ArrayRef {
    match keys.as_string_opt::<i32>() {
        Some(texts) if texts.null_count() > 0 => {
            Arc::new(texts.iter().map(|key| Some(key.unwrap_or("null"))).collect::<StringArray>())
        }
        _ => keys,
    }
}

/// The entries of a row that stay: those with a key, and of equal keys the last.
fn kept_entries(keys: &[ArrayRef], key_type: &SqlType, row: usize) -> Vec<usize> {
    let values: Vec<Value> = keys.iter().map(|key| Value::from_array(key, row, key_type)).collect();
    let is_last = |i: usize| !values[i + 1..].iter().any(|later| same(later, &values[i]));
    (0..values.len()).filter(|i| !values[*i].is_null() && is_last(*i)).collect()
}

impl Node for MapConstructor {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let keys: Vec<ArrayRef> = self.keys.iter().map(|key| null_as_text(key.evaluate(input, failures))).collect();
        let values: Vec<ArrayRef> = self.values.iter().map(|value| value.evaluate(input, failures)).collect();
        let SqlType::Map(key_type, value_type) = &self.data_type else {
            return null_array(&self.data_type, input.rows);
        };
        // Constant keys are the same for all rows.
        let fixed = self.keys.iter().all(|key| key.constant().is_some()) && input.rows > 0;
        let shared = fixed.then(|| kept_entries(&keys, key_type, 0));
        let (mut cells, mut lengths) = (Vec::new(), Vec::with_capacity(input.rows));
        for row in 0..input.rows {
            let own;
            let kept = match &shared {
                Some(kept) => kept,
                None => {
                    own = kept_entries(&keys, key_type, row);
                    &own
                }
            };
            cells.extend(kept.iter().map(|entry| (*entry, row)));
            lengths.push(kept.len());
        }
        let columns = vec![gather(key_type, &keys, &cells), gather(value_type, &values, &cells)];
        let DataType::Map(field, sorted) = arrow_type(&self.data_type) else { unreachable!("a map is a map") };
        let DataType::Struct(fields) = field.data_type() else { unreachable!("entries are structs") };
        let entries = StructArray::new(fields.clone(), columns, None);
        Arc::new(MapArray::new(field, OffsetBuffer::from_lengths(lengths), entries, None, sorted))
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
    fn can_fail(&self) -> bool {
        self.keys.iter().chain(&self.values).any(|part| part.can_fail())
    }
    fn nullable(&self) -> bool {
        false
    }
}

pub(crate) struct StructConstructor {
    pub columns: Vec<NodeRef>,
    pub data_type: SqlType,
}

impl Node for StructConstructor {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let columns = self.columns.iter().map(|column| column.evaluate(input, failures)).collect();
        let SqlType::Struct(fields) = &self.data_type else { return null_array(&self.data_type, input.rows) };
        struct_array(fields, columns, None, input.rows)
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
    fn can_fail(&self) -> bool {
        self.columns.iter().any(|column| column.can_fail())
    }
    fn nullable(&self) -> bool {
        false
    }
}

/// `struct->field`.
pub(crate) struct Dereference {
    pub base: NodeRef,
    pub index: usize,
    pub data_type: SqlType,
}

impl Node for Dereference {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let base = self.base.evaluate(input, failures);
        let column = base.as_struct().column(self.index);
        match base.nulls().filter(|n| n.null_count() > 0) {
            Some(nulls) => with_nulls(column, nulls),
            None => column.clone(),
        }
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
    fn can_fail(&self) -> bool {
        self.base.can_fail()
    }
}

/// `array[index]` and `map[key]`.
pub(crate) struct Subscript {
    pub base: NodeRef,
    pub index: NodeRef,
    pub data_type: SqlType,
}

impl Node for Subscript {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let base = self.base.evaluate(input, failures);
        let index = self.index.evaluate(input, failures);
        match self.base.data_type() {
            SqlType::Map(key_type, _) => {
                if **key_type != *self.index.data_type() {
                    return null_array(&self.data_type, input.rows);
                }
                map_values(base.as_map(), &index, key_type)
            }
            _ => list_items(base.as_list::<i32>(), &index, failures),
        }
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
}

/// The items at 1-based positions, or counted from the end when negative; NULL out of range.
fn list_items(list: &ListArray, index: &ArrayRef, failures: &mut Failures) -> ArrayRef {
    let position = |row: usize| match index.as_primitive_opt::<Int32Type>() {
        Some(narrow) => i64::from(narrow.value(row)),
        None => index.as_primitive::<Int64Type>().value(row),
    };
    let mut places = Vec::with_capacity(list.len());
    for row in 0..list.len() {
        if list.is_null(row) {
            places.push(None);
            continue;
        }
        if index.is_null(row) {
            failures.raise(row, "The index of an ARRAY is NULL");
            places.push(None);
            continue;
        }
        let (start, end) = (i64::from(list.offsets()[row]), i64::from(list.offsets()[row + 1]));
        let place = match position(row) {
            0 => None,
            p if p > 0 => start.checked_add(p - 1).filter(|place| *place < end),
            p => end.checked_add(p).filter(|place| *place >= start),
        };
        places.push(place.map(|place| place as u32));
    }
    take_rows(list.values(), &UInt32Array::from(places))
}

fn map_values(map: &MapArray, key: &ArrayRef, key_type: &SqlType) -> ArrayRef {
    let keys = map.keys();
    let places = (0..map.len()).map(|row| {
        if map.is_null(row) || key.is_null(row) {
            return None;
        }
        let mut entries = map.offsets()[row] as usize..map.offsets()[row + 1] as usize;
        let found = match (keys.as_string_opt::<i32>(), key.as_string_opt::<i32>()) {
            (Some(keys), Some(key)) => entries.find(|entry| keys.value(*entry) == key.value(row)),
            _ => {
                let wanted = Value::from_array(key, row, key_type);
                entries.find(|entry| same(&Value::from_array(keys, *entry, key_type), &wanted))
            }
        };
        found.map(|entry| entry as u32)
    });
    take_rows(map.values(), &places.collect::<UInt32Array>())
}
