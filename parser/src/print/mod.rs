//! Canonical SQL text of the tree: what a server repeats, stores and puts into messages.
//!
//! Every part prints through `Display`, and `parse(print(x)) == x`. Expressions are fully parenthesised. A query takes
//! one line for each clause. Statements print without their `;`, which [`statement_text`] adds.

mod expression;
mod query;
mod statement;

use std::fmt;

use crate::ast::{DataType, Literal, Name, Properties, Statement};
use crate::keyword::is_reserved;

/// The statement with its `;`, as servers give it in `statementText`.
pub fn statement_text(statement: &Statement) -> String {
    format!("{statement};")
}

/// A type as in schemas shown to clients, where every field name is back-quoted.
pub fn schema_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Array(element) => format!("ARRAY<{}>", schema_type(element)),
        DataType::Map(key, value) => format!("MAP<{}, {}>", schema_type(key), schema_type(value)),
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, field)| format!("{} {}", quoted_name(name), schema_type(field)))
                .collect();
            format!("STRUCT<{}>", fields.join(", "))
        }
        plain => plain.to_string(),
    }
}

/// A name in back-quotes, whatever it looks like.
pub fn quoted_name(name: &Name) -> String {
    format!("`{}`", name.as_str().replace('`', "``"))
}

/// A string literal.
pub fn quoted_string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether the word means itself without quotes.
fn is_plain(word: &str) -> bool {
    let mut letters = word.bytes();
    letters
        .next()
        .is_some_and(|b| b.is_ascii_uppercase() || b == b'_')
        && letters.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'@'))
        && !is_reserved(word)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.as_str()) {
            f.write_str(self.as_str())
        } else {
            f.write_str(&quoted_name(self))
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("null"),
            Literal::Boolean(value) => write!(f, "{value}"),
            Literal::Integer(value) => write!(f, "{value}"),
            Literal::BigInt(value) => write!(f, "{value}"),
            Literal::Decimal(digits) => f.write_str(digits),
            Literal::Double(value) => f.write_str(&double(*value)),
            Literal::String(text) => f.write_str(&quoted_string(text)),
        }
    }
}

/// Always with a fraction and an exponent, as `1.0E5`: anything shorter would be a DECIMAL.
fn double(value: f64) -> String {
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataType::Boolean => f.write_str("BOOLEAN"),
            DataType::Integer => f.write_str("INTEGER"),
            DataType::BigInt => f.write_str("BIGINT"),
            DataType::Double => f.write_str("DOUBLE"),
            DataType::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            DataType::String => f.write_str("STRING"),
            DataType::Bytes => f.write_str("BYTES"),
            DataType::Time => f.write_str("TIME"),
            DataType::Date => f.write_str("DATE"),
            DataType::Timestamp => f.write_str("TIMESTAMP"),
            DataType::Array(element) => write!(f, "ARRAY<{element}>"),
            DataType::Map(key, value) => write!(f, "MAP<{key}, {value}>"),
            DataType::Struct(fields) => {
                f.write_str("STRUCT<")?;
                list(f, fields, ", ", |f, (name, data_type)| {
                    write!(f, "{name} {data_type}")
                })?;
                f.write_str(">")
            }
            DataType::Custom(name) => name.fmt(f),
        }
    }
}

/// `(A='x', B=1)`, in the order given.
impl fmt::Display for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        list(f, &self.0, ", ", |f, (name, value)| {
            if is_plain(name) {
                write!(f, "{name}={value}")
            } else {
                write!(f, "{}={value}", quoted_string(name))
            }
        })?;
        f.write_str(")")
    }
}

/// The items with `separator` between them.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    separator: &str,
    mut item: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, one) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(separator)?;
        }
        item(f, one)?;
    }
    Ok(())
}

/// Items that print themselves, parted by `, `.
fn commas<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    list(f, items, ", ", |f, item| item.fmt(f))
}
