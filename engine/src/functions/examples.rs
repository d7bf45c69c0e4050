//! Every example of a function, run as a query would run it: parsed, typed, compiled and evaluated.

use weir_parser::ast::Expression;

use super::{FunctionKind, all};
use crate::expr;
use crate::types::{RowSchema, SqlType, Value};

#[test]
fn examples_give_what_they_say() {
    let mut wrong = Vec::new();
    for function in all() {
        for (call, expected) in function.examples {
            let found = evaluate(call, function.kind).unwrap_or_else(|problem| problem);
            if found != *expected {
                wrong.push(format!("{call} is {found}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

pub(super) fn evaluate(call: &str, kind: FunctionKind) -> Result<String, String> {
    let expression = weir_parser::parse_expression(call).map_err(|e| e.message)?;
    let (value, data_type) = match (kind, &expression) {
        (FunctionKind::Table, Expression::Call(call)) => {
            let schema = RowSchema::new(Vec::new());
            let compiled = expr::compile_table_function(call, &schema).map_err(|e| e.message)?;
            let array = compiled.evaluate(&[], 1, &mut Vec::new());
            (Value::from_array(&array, 0, compiled.data_type()), compiled.data_type().clone())
        }
        _ => {
            let (value, data_type) = expr::evaluate_constant(&expression).map_err(|e| e.message)?;
            (value, data_type.unwrap_or(SqlType::String))
        }
    };
    Ok(shown(&value, &data_type))
}

/// A value in the notation of the examples: quoted text, `[a, b]`, `{key=value}`.
pub(crate) fn shown(value: &Value, data_type: &SqlType) -> String {
    match (value, data_type) {
        (Value::Null, _) => "NULL".into(),
        (Value::Array(items), SqlType::Array(item)) => {
            format!("[{}]", items.iter().map(|value| shown(value, item)).collect::<Vec<_>>().join(", "))
        }
        (Value::Map(entries), SqlType::Map(_, value_type)) => {
            let mut entries: Vec<String> = entries
                .iter()
                .map(|(k, v)| format!("{}={}", expr::text::value_text(k, &SqlType::String), shown(v, value_type)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        (Value::Struct(values), SqlType::Struct(fields)) => {
            let field = |(value, field): (&Value, &crate::types::StructField)| {
                format!("{}={}", field.name.as_str(), shown(value, &field.data_type))
            };
            format!("{{{}}}", values.iter().zip(fields).map(field).collect::<Vec<_>>().join(", "))
        }
        (Value::Time(ms), _) => format!("'{:02}:{:02}:{:02}'", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60),
        (Value::Boolean(_) | Value::Integer(_) | Value::BigInt(_) | Value::Double(_) | Value::Decimal { .. }, _) => {
            expr::text::value_text(value, data_type)
        }
        _ => format!("'{}'", expr::text::value_text(value, data_type)),
    }
}
