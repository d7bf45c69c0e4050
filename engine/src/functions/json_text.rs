//! TO_JSON_STRING: a value of any type as JSON text.

use std::fmt::Write as _;

use arrow_array::ArrayRef;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::java_text::*;
use super::json_write::push_quoted;
use super::kernels::*;
use super::{Argument, CallContext};
use crate::expr::text::write_value;
use crate::types::{SqlType, Value};

pub fn to_json_string(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (array, data_type) = (arguments[0].array(), &context.argument_types[0]);
    string_rows(context, |row, out| {
        push(&Value::from_array(array, row, data_type), data_type, out);
        Ok(())
    })
}

fn push(value: &Value, data_type: &SqlType, out: &mut String) {
    match (value, data_type) {
        (Value::Double(d), _) if d.is_finite() => push_double(*d, out),
        (Value::Boolean(_) | Value::Integer(_) | Value::BigInt(_) | Value::Decimal { .. }, _) => push_plain(value, out),
        (Value::Array(items), SqlType::Array(item)) => {
            out.push('[');
            for (i, value) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                push(value, item, out);
            }
            out.push(']');
        }
        (Value::Map(entries), SqlType::Map(_, item)) => {
            let key = |value: &Value| {
                let mut text = String::new();
                push_plain(value, &mut text);
                text
            };
            push_object(entries.iter().map(|(k, v)| (key(k), v, &**item)).collect(), out);
        }
        (Value::Struct(values), SqlType::Struct(fields)) => {
            let members = fields.iter().zip(values).map(|(f, v)| (f.name.as_str().to_owned(), v, &f.data_type));
            push_object(members.collect(), out);
        }
        (Value::Null, _) => out.push_str("null"),
        _ => {
            let mut text = String::new();
            push_plain(value, &mut text);
            push_quoted(&text, out);
        }
    }
}

fn push_object(mut members: Vec<(String, &Value, &SqlType)>, out: &mut String) {
    members.sort_by(|a, b| compare_utf16(&a.0, &b.0));
    out.push('{');
    for (i, (name, value, data_type)) in members.into_iter().enumerate() {
        out.push_str(if i > 0 { "," } else { "" });
        push_quoted(&name, out);
        out.push(':');
        push(value, data_type, out);
    }
    out.push('}');
}

/// A simple value without quotes.
fn push_plain(value: &Value, out: &mut String) {
    let written = match value {
        Value::Null => write!(out, "null"),
        Value::Boolean(b) => write!(out, "{b}"),
        Value::Integer(i) => write!(out, "{i}"),
        Value::BigInt(i) => write!(out, "{i}"),
        Value::String(s) => write!(out, "{s}"),
        Value::Bytes(b) => write!(out, "{}", STANDARD.encode(b)),
        Value::Date(_) | Value::Time(_) | Value::Timestamp(_) => {
            write_value(value, &SqlType::String, out);
            Ok(())
        }
        Value::Double(d) => {
            push_double(*d, out);
            Ok(())
        }
        Value::Decimal { unscaled, scale } => {
            push_decimal(*unscaled, *scale, out);
            Ok(())
        }
        Value::Array(_) | Value::Map(_) | Value::Struct(_) => Ok(()),
    };
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}
