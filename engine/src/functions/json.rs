//! Functions on JSON text. Only the first JSON value of a text is read; what follows it is ignored.

use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, cast::AsArray};
use serde_json::{Map, Value as Json};

use super::json_path::JsonPath;
use super::json_write::{push_node, push_text_of};
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};
use crate::types::{SqlType, Value};

const JSON: &str = "JSON";

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "extractjsonfield",
        JSON,
        "The text at a path of a JSON text.",
        &[
            ("EXTRACTJSONFIELD('{\"a\":[{\"b\":1}]}', '$.a[0].b')", "'1'"),
            ("EXTRACTJSONFIELD('{\"a\":1}', '$.b')", "NULL"),
        ],
        &[Overload::new("input STRING, path STRING", "STRING", extract)],
    ),
    Function::scalar(
        "is_json_string",
        JSON,
        "Whether the text is JSON.",
        &[("IS_JSON_STRING('[1]')", "true"), ("IS_JSON_STRING('abc')", "false"), ("IS_JSON_STRING('')", "false")],
        &[Overload::new("input STRING", "BOOLEAN", |c, a| {
            let texts = a[0].strings();
            boolean_rows(c, |row| Ok(texts.get(row).is_some_and(|text| matches!(parse(text), Ok(Some(_))))))
        })],
    ),
    Function::scalar(
        "json_array_contains",
        JSON,
        "Whether a JSON array has an element of the value's type that equals it.",
        &[
            ("JSON_ARRAY_CONTAINS('[1,2]', 2)", "true"),
            ("JSON_ARRAY_CONTAINS('[1.0]', 1)", "false"),
            ("JSON_ARRAY_CONTAINS('{}', 1)", "false"),
        ],
        &[Overload::new("jsonArray STRING, val T", "BOOLEAN", contains)],
    ),
    Function::scalar(
        "json_array_length",
        JSON,
        "The number of elements of a JSON array.",
        &[("JSON_ARRAY_LENGTH('[1,2]')", "2"), ("JSON_ARRAY_LENGTH('{}')", "NULL")],
        &[Overload::new("jsonArray STRING", "INT", |c, a| {
            let texts = a[0].strings();
            primitive_rows::<Int32Type>(c, |row| match parse(texts.at(row)?)? {
                Some(Json::Array(items)) => Ok(items.len() as i32),
                _ => Err(Stop::Null),
            })
        })],
    ),
    Function::scalar(
        "json_concat",
        JSON,
        "JSON objects merged into one, or other JSON values as one array.",
        &[
            ("JSON_CONCAT('{\"a\":1}', '{\"b\":2}')", "'{\"a\":1,\"b\":2}'"),
            ("JSON_CONCAT('[1,2]', '{\"a\":1}')", "'[1,2,{\"a\":1}]'"),
            ("JSON_CONCAT('null', 'null')", "'[null,null]'"),
        ],
        &[Overload::new("jsonStrings STRING...", "STRING", concat)],
    ),
    Function::scalar(
        "json_items",
        JSON,
        "The elements of a JSON array as JSON texts.",
        &[("JSON_ITEMS('[1,\"a\"]')", "['1', '\"a\"']")],
        &[Overload::new("jsonItems STRING", "ARRAY<STRING>", |c, a| {
            let texts = a[0].strings();
            string_list_rows(c, |row, items| match parse(texts.at(row)?)? {
                Some(Json::Array(elements)) => {
                    for element in &elements {
                        items.push_with(|out| push_node(element, out));
                    }
                    Ok(())
                }
                _ => Err("the text is not a JSON array".into()),
            })
        })],
    ),
    Function::scalar(
        "json_keys",
        JSON,
        "The keys of a JSON object.",
        &[("JSON_KEYS('{\"b\":1,\"a\":2}')", "['b', 'a']"), ("JSON_KEYS('[]')", "NULL")],
        &[Overload::new("jsonObj STRING", "ARRAY<STRING>", |c, a| {
            let texts = a[0].strings();
            string_list_rows(c, |row, items| match parse(texts.at(row)?)? {
                Some(Json::Object(members)) => {
                    members.iter().for_each(|(key, _)| items.push(Some(key)));
                    Ok(())
                }
                _ => Err(Stop::Null),
            })
        })],
    ),
    Function::scalar(
        "json_records",
        JSON,
        "The members of a JSON object as a map of texts.",
        &[("JSON_RECORDS('{\"a\":\"x\",\"b\":1}')", "{a='x', b='1'}")],
        &[Overload::new("jsonObj STRING", "MAP<STRING, STRING>", |c, a| {
            let texts = a[0].strings();
            value_rows(c, |row| match parse(texts.at(row)?)? {
                Some(Json::Object(members)) => {
                    let entry = |(key, node): (String, Json)| (Value::string(key), Value::string(text_of(&node)));
                    Ok(Value::Map(members.into_iter().map(entry).collect()))
                }
                _ => Err(Stop::Null),
            })
        })],
    ),
    Function::scalar(
        "to_json_string",
        JSON,
        "The value as JSON text.",
        &[
            ("TO_JSON_STRING(STRUCT(b := 1, a := 'x'))", "'{\"A\":\"x\",\"B\":1}'"),
            ("TO_JSON_STRING(ARRAY[1, NULL])", "'[1,null]'"),
        ],
        &[Overload::new("val T", "STRING", super::json_text::to_json_string)],
    ),
];

/// The first JSON value of a text; `None` for a text without any. What follows a value does not matter, but must not touch a
/// number or a word.
fn parse(text: &str) -> Result<Option<Json>, String> {
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    let value = values.next().transpose().map_err(|e| format!("Invalid JSON format: {e}"))?;
    let next = text[values.byte_offset()..].chars().next();
    let touches = match &value {
        Some(Json::Number(_)) => next.is_some_and(|c| !" \t\n\r".contains(c)),
        Some(Json::Null | Json::Bool(_)) => next.is_some_and(|c| c.is_alphanumeric() || "_$".contains(c)),
        _ => false,
    };
    if touches { Err("Invalid JSON format: a space is missing between values".into()) } else { Ok(value) }
}

/// Text nodes as they are, all others as compact JSON.
fn text_of(node: &Json) -> String {
    let mut out = String::new();
    push_text_of(node, &mut out);
    out
}

thread_local! {
    static PATHS: Compiled<JsonPath> = Compiled::new(JsonPath::parse);
}

fn extract(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (texts, paths) = (arguments[0].strings(), arguments[1].strings());
    string_rows(context, |row, out| {
        let (text, path) = (texts.at(row)?, paths.at(row)?);
        let path = PATHS.with(|paths| paths.get(path))?;
        let root = or_null(parse(text)?)?;
        push_text_of(or_null(path.find(&root))?, out);
        Ok(())
    })
}

fn contains(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (texts, wanted, data_type) = (arguments[0].strings(), arguments[1].array(), &context.argument_types[1]);
    boolean_rows(context, |row| {
        let text = texts.get(row).ok_or("the JSON array is NULL")?;
        Ok(any_element(text, |item| matches(item, wanted, row, data_type)))
    })
}

/// Whether an element of a JSON array is as wanted. What stands behind it is not looked at.
fn any_element(text: &str, wanted: impl Fn(&Json) -> bool) -> bool {
    let Some(mut rest) = text.trim_ascii_start().strip_prefix('[') else { return false };
    loop {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Json>();
        let Some(Ok(value)) = values.next() else { return false };
        if wanted(&value) {
            return true;
        }
        let Some(after) = rest[values.byte_offset()..].trim_ascii_start().strip_prefix(',') else { return false };
        rest = after;
    }
}

/// Whether a JSON node is of the SQL type's kind and equals the row's value.
fn matches(node: &Json, wanted: &dyn Array, row: usize, data_type: &SqlType) -> bool {
    if wanted.is_null(row) {
        return node.is_null();
    }
    let number =
        |is_whole: bool| node.as_number().map(ToString::to_string).filter(|n| n.contains(['.', 'e', 'E']) != is_whole);
    match data_type {
        SqlType::Integer => {
            number(true).is_some_and(|n| n.parse() == Ok(wanted.as_primitive::<Int32Type>().value(row)))
        }
        SqlType::BigInt => number(true).is_some_and(|n| n.parse() == Ok(wanted.as_primitive::<Int64Type>().value(row))),
        SqlType::Double => {
            number(false).is_some_and(|n| n.parse() == Ok(wanted.as_primitive::<Float64Type>().value(row)))
        }
        SqlType::String => node.as_str() == Some(wanted.as_string::<i32>().value(row)),
        SqlType::Boolean => node.as_bool() == Some(wanted.as_boolean().value(row)),
        _ => false,
    }
}

fn concat(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let texts: Vec<_> = arguments.iter().map(Argument::strings).collect();
    string_rows(context, |row, out| {
        let mut nodes = Vec::with_capacity(texts.len());
        for text in &texts {
            nodes.push(or_null(parse(text.at(row)?)?)?);
        }
        if nodes.is_empty() {
            return Err(Stop::Null);
        }
        let joined = if nodes.iter().all(Json::is_object) { merge(nodes) } else { join(nodes) };
        push_node(&joined, out);
        Ok(())
    })
}

fn merge(nodes: Vec<Json>) -> Json {
    let mut all = Map::new();
    for node in nodes {
        if let Json::Object(members) = node {
            all.extend(members);
        }
    }
    Json::Object(all)
}

fn join(nodes: Vec<Json>) -> Json {
    let items = nodes.into_iter().flat_map(|node| if let Json::Array(items) = node { items } else { vec![node] });
    Json::Array(items.collect())
}
