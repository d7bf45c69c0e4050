//! SPLIT and SPLIT_TO_MAP: literal delimiters.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{BinaryBuilder, ListBuilder};

use super::kernels::*;
use super::strings::STRING;
use super::{Argument, CallContext, Function, Overload};
use crate::types::Value;

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "split",
        STRING,
        "The pieces between the delimiters, empty ones too; an empty delimiter gives every character.",
        &[
            ("SPLIT('a,,b,', ',')", "['a', '', 'b', '']"),
            ("SPLIT('abc', '')", "['a', 'b', 'c']"),
            ("SPLIT('', '.')", "['']"),
        ],
        &[
            Overload::new("string STRING, delimiter STRING", "ARRAY<STRING>", split),
            Overload::new("bytes BYTES, delimiter BYTES", "ARRAY<BYTES>", split_bytes),
        ],
    ),
    Function::scalar(
        "split_to_map",
        STRING,
        "The entries between entry delimiters as a map, each cut at the key-value delimiter.",
        &[("SPLIT_TO_MAP('a:1,b:2', ',', ':')", "{a='1', b='2'}"), ("SPLIT_TO_MAP('a:1/b:2', '/', '=')", "{}")],
        &[Overload::new(
            "input STRING, entryDelimiter STRING, kvDelimiter STRING",
            "MAP<STRING, STRING>",
            split_to_map,
        )],
    ),
];

fn split(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (texts, delimiters) = (arguments[0].strings(), arguments[1].strings());
    string_list_rows(context, |row, items| {
        let (text, delimiter) = (texts.at(row)?, delimiters.at(row)?);
        if delimiter.is_empty() && !text.is_empty() {
            for (at, c) in text.char_indices() {
                items.push(Some(&text[at..at + c.len_utf8()]));
            }
        } else if delimiter.is_empty() {
            items.push(Some(""));
        } else {
            text.split(delimiter).for_each(|piece| items.push(Some(piece)));
        }
        Ok(())
    })
}

fn split_bytes(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (inputs, delimiters) = (arguments[0].bytes(), arguments[1].bytes());
    let mut builder = ListBuilder::new(BinaryBuilder::new());
    for row in 0..context.rows {
        let (Some(input), Some(delimiter)) = (inputs.get(row), delimiters.get(row)) else {
            builder.append(false);
            continue;
        };
        let values = builder.values();
        if delimiter.is_empty() && !input.is_empty() {
            for byte in input {
                values.append_value([*byte]);
            }
        } else {
            pieces(input, delimiter, |piece| values.append_value(piece));
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

fn pieces<'a>(input: &'a [u8], delimiter: &[u8], mut take: impl FnMut(&'a [u8])) {
    let mut start = 0;
    if !delimiter.is_empty() {
        for found in memchr::memmem::find_iter(input, delimiter) {
            take(&input[start..found]);
            start = found + delimiter.len();
        }
    }
    take(&input[start..]);
}

fn split_to_map(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let [texts, entry_delimiters, key_delimiters] = [0, 1, 2].map(|i| arguments[i].strings());
    value_rows(context, |row| {
        let (text, between, within) = (texts.at(row)?, entry_delimiters.at(row)?, key_delimiters.at(row)?);
        if between.is_empty() || within.is_empty() || between == within {
            return Err(Stop::Null);
        }
        let mut entries: Vec<(Value, Value)> = Vec::new();
        for entry in text.split(between).filter(|entry| entry.contains(within)) {
            let mut parts = entry.split(within);
            let (key, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let (key, value) = (Value::string(key), Value::string(value));
            match entries.iter_mut().find(|(k, _)| *k == key) {
                Some(slot) => slot.1 = value,
                None => entries.push((key, value)),
            }
        }
        Ok(Value::Map(entries))
    })
}
