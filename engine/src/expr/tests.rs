//! Expressions from text to values: columns of four rows that the cases of the parts below read.

mod arithmetic;
mod batches;
mod calls;
mod casts;
mod comparisons;
mod constants;
mod containers;
mod lambdas;
mod lists;
mod logic;

use arrow_array::ArrayRef;
use arrow_buffer::i256;
use weir_parser::ast::{Expression, SelectItem, Statement};

use super::*;
use crate::types::{Column, RowSchema, StructField, Value, values_to_array};

fn parse(text: &str) -> Expression {
    let sql = format!("SELECT {text} FROM S EMIT CHANGES;");
    let Ok(Statement::Query(query)) = weir_parser::parse_statement(&sql).map(|p| p.statement) else {
        panic!("does not parse: {text}")
    };
    match query.select.into_iter().next() {
        Some(SelectItem::Expression { expression, .. }) => expression,
        other => panic!("no expression: {other:?}"),
    }
}

/// Columns that the cases use, with the values of some rows.
fn columns() -> Vec<(&'static str, SqlType, Vec<Value>)> {
    let point =
        SqlType::Struct(vec![StructField { name: weir_parser::ast::Name::new("F"), data_type: SqlType::Integer }]);
    let decimal = |unscaled: i128| Value::Decimal { unscaled: i256::from_i128(unscaled), scale: 2 };
    let bytes = |bytes: &[u8]| Value::Bytes(Arc::from(bytes));
    let map = |k: &str, v: i32| Value::Map(vec![(Value::string(k), Value::Integer(v))]);
    vec![
        ("A", SqlType::Integer, vec![Value::Integer(7), Value::Integer(0), Value::Null, Value::Integer(i32::MAX)]),
        ("B", SqlType::BigInt, vec![Value::BigInt(2), Value::BigInt(-3), Value::BigInt(4), Value::Null]),
        ("D", SqlType::Double, vec![Value::Double(1.5), Value::Double(0.0), Value::Double(-2.0), Value::Null]),
        ("C", SqlType::decimal(4, 2), vec![decimal(150), decimal(-25), Value::Null, decimal(9999)]),
        ("S", SqlType::String, vec![Value::string("abc"), Value::string("12"), Value::Null, Value::string("")]),
        ("T", SqlType::Boolean, vec![Value::Boolean(true), Value::Boolean(false), Value::Null, Value::Boolean(true)]),
        (
            "TS",
            SqlType::Timestamp,
            vec![Value::Timestamp(0), Value::Timestamp(-2000), Value::Null, Value::Timestamp(1)],
        ),
        ("DT", SqlType::Date, vec![Value::Date(0), Value::Date(18_262), Value::Null, Value::Date(-1)]),
        ("TM", SqlType::Time, vec![Value::Time(0), Value::Time(36_001_500), Value::Null, Value::Time(86_399_000)]),
        ("BB", SqlType::Bytes, vec![bytes(&[1, 0x7F]), bytes(&[0x80]), Value::Null, bytes(&[])]),
        (
            "L",
            SqlType::array(SqlType::Integer),
            vec![
                Value::Array(vec![Value::Integer(1), Value::Null]),
                Value::Array(vec![]),
                Value::Null,
                Value::Array(vec![Value::Integer(5)]),
            ],
        ),
        (
            "M",
            SqlType::map(SqlType::String, SqlType::Integer),
            vec![map("a", 1), map("b", 2), Value::Null, map("a", 3)],
        ),
        (
            "P",
            point,
            vec![
                Value::Struct(vec![Value::Integer(1)]),
                Value::Struct(vec![Value::Null]),
                Value::Null,
                Value::Struct(vec![Value::Integer(9)]),
            ],
        ),
    ]
}

fn schema() -> RowSchema {
    RowSchema::new(columns().into_iter().map(|(name, data_type, _)| Column::new(name, data_type)).collect())
}

fn arrays() -> Vec<ArrayRef> {
    columns().into_iter().map(|(_, data_type, values)| values_to_array(&data_type, &values)).collect()
}

const ROWS: usize = 4;

/// The value of each row as text, with `!` behind rows that failed as a whole and `?` per guarded failure.
fn evaluate(text: &str, columns: &[ArrayRef], rows: usize) -> Vec<String> {
    let compiled = compile(&parse(text), &schema()).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut failures = Vec::new();
    let array = compiled.evaluate(columns, rows, &mut failures);
    assert_eq!(array.len(), rows, "{text}");
    assert_eq!(array.data_type(), &crate::types::arrow_type(compiled.data_type()), "{text}");
    (0..rows)
        .map(|row| {
            let mut out = String::new();
            let value = Value::from_array(&array, row, compiled.data_type());
            text::write_value(&value, compiled.data_type(), &mut out);
            for failure in failures.iter().filter(|f| f.row as usize == row) {
                out.push(if is_guarded(failure) { '?' } else { '!' });
            }
            out
        })
        .collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(evaluate(text, &arrays(), ROWS).join(" "), expected, "{text}");
}

#[track_caller]
fn check_type(text: &str, expected: &str) {
    let shown = expression_type(&parse(text), &schema()).map(|t| t.map_or("null".into(), |t| t.to_string()));
    assert_eq!(shown.unwrap_or_else(|e| e.to_string()), expected, "{text}");
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    let refusal = compile(&parse(text), &schema()).err().map(|e| e.to_string());
    assert_eq!(refusal.as_deref(), Some(expected), "{text}");
}
