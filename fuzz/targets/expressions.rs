//! Expressions on a table that has a column of every type.

use std::cell::OnceCell;

use arrow_array::{Array, ArrayRef};
use weir_engine::expr::{self, ExpressionRef};
use weir_engine::formats::value_to_rest_json;
use weir_engine::types::{RowSchema, Value};
use weir_parser::ast::Expression;

use super::{outcome, shapes, worded};

thread_local! {
    static TABLE: OnceCell<(RowSchema, Vec<ArrayRef>)> = const { OnceCell::new() };
}

/// An expression may be refused or fail for rows; what it gives has its type, and each row alone gives the same.
pub fn expression(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    let parsed = match weir_parser::parse_expression(&text) {
        Ok(parsed) => parsed,
        Err(error) => return worded(&error.message),
    };
    TABLE.with(|table| {
        let (schema, columns) = table.get_or_init(shapes::table);
        let typed = expr::expression_type(&parsed, schema);
        if let Ok((value, data_type)) = expr::evaluate_constant(&parsed) {
            shown(&value, data_type.as_ref());
        }
        match expr::compile(&parsed, schema) {
            Ok(compiled) => {
                assert!(typed.is_ok_and(|t| t.as_ref() == Some(compiled.data_type())), "typing and compiling differ");
                evaluated(&parsed, &compiled, columns)
            }
            Err(error) => worded(&error.message),
        }
    })
}

fn evaluated(parsed: &Expression, compiled: &ExpressionRef, columns: &[ArrayRef]) -> u64 {
    let mut failures = Vec::new();
    let all = compiled.evaluate(columns, shapes::ROWS, &mut failures);
    assert_eq!(all.len(), shapes::ROWS, "another number of rows");
    assert!(
        failures.iter().all(|failure| (failure.row as usize) < shapes::ROWS),
        "a failure of a row that is not there"
    );
    let value = |array: &ArrayRef, row| Value::from_array(array, row, compiled.data_type());
    let values: Vec<Value> = (0..all.len()).map(|row| value(&all, row)).collect();
    values.iter().for_each(|value| shown(value, Some(compiled.data_type())));
    if !is_random(parsed) {
        for (row, expected) in values.iter().enumerate() {
            let one: Vec<ArrayRef> = columns.iter().map(|column| column.slice(row, 1)).collect();
            let alone = value(&compiled.evaluate(&one, 1, &mut Vec::new()), 0);
            assert!(format!("{alone:?}") == format!("{expected:?}"), "row {row} alone is {alone:?}, not {expected:?}");
        }
    }
    let nulls: Vec<bool> = values.iter().map(Value::is_null).collect();
    outcome((nulls, failures.first().map(|failure| worded(&failure.message)), compiled.data_type().base_name()))
}

/// Prints a value in the ways in which clients see it.
fn shown(value: &Value, data_type: Option<&weir_engine::types::SqlType>) {
    if let Some(data_type) = data_type {
        let mut json = String::new();
        value_to_rest_json(value, data_type, &mut json);
        let refused = serde_json::from_str::<serde_json::Value>(&json).is_err();
        assert!(!refused || json.len() > 100, "no JSON: {json}");
        let _ = expr::text::value_text(value, data_type);
    }
}

/// Whether the expression looks at the clock or at chance.
fn is_random(expression: &Expression) -> bool {
    const NAMES: [&str; 4] = ["RANDOM", "UUID", "UNIX_TIMESTAMP", "UNIX_DATE"];
    expr::visit::calls_of(expression)
        .iter()
        .any(|call| NAMES.iter().any(|name| call.name.as_str().eq_ignore_ascii_case(name)))
}
