//! Coercion of single values: STRICT for inserted rows and looked-up keys, LAX for literals in lists (language
//! reference 5.5).

use std::sync::Arc;

use super::decimal::{Decimal, fits, to_i256};
use super::text::{parse_base64, parse_boolean_word, parse_date, parse_time, parse_timestamp, write_value};
use crate::formats::parse_java_double;
use crate::functions::java_text::trim;
use crate::types::{SqlType, Value};

/// A value that cannot become one of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Expected type {to} but got {from}: {value}")]
pub struct CoercionError {
    pub from: SqlType,
    pub to: SqlType,
    /// The value's text.
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Strict,
    Lax,
}

/// Widens a value, or reads temporal and base64 text. NULL becomes NULL of any type.
///
/// # Errors
/// When the types do not allow it, or this value does not fit.
pub fn coerce_strict(value: &Value, from: &SqlType, to: &SqlType) -> Result<Value, CoercionError> {
    coerce(Mode::Strict, value, from, to)
}

/// As `coerce_strict`, but also turns numbers, booleans and temporal values into text, and reads them from text.
///
/// # Errors
/// When the types do not allow it, or this value does not fit.
pub fn coerce_lax(value: &Value, from: &SqlType, to: &SqlType) -> Result<Value, CoercionError> {
    coerce(Mode::Lax, value, from, to)
}

fn coerce(mode: Mode, value: &Value, from: &SqlType, to: &SqlType) -> Result<Value, CoercionError> {
    let coerced = match (value, to) {
        (Value::Null, _) => Some(Value::Null),
        (Value::Array(items), SqlType::Array(to_item)) => {
            let SqlType::Array(from_item) = from else { return Err(error(value, from, to)) };
            let items = items.iter().map(|item| coerce(mode, item, from_item, to_item));
            Some(Value::Array(items.collect::<Result<_, _>>()?))
        }
        (Value::Map(entries), SqlType::Map(to_key, to_value)) => {
            let SqlType::Map(from_key, from_value) = from else { return Err(error(value, from, to)) };
            let entries = entries
                .iter()
                .map(|(k, v)| Ok((coerce(mode, k, from_key, to_key)?, coerce(mode, v, from_value, to_value)?)));
            Some(Value::Map(entries.collect::<Result<_, CoercionError>>()?))
        }
        (Value::Struct(values), SqlType::Struct(to_fields)) => {
            let SqlType::Struct(from_fields) = from else { return Err(error(value, from, to)) };
            let fields = to_fields.iter().map(|field| match from_fields.iter().position(|f| f.name == field.name) {
                Some(i) => coerce(mode, &values[i], &from_fields[i].data_type, &field.data_type),
                None => Ok(Value::Null),
            });
            Some(Value::Struct(fields.collect::<Result<_, _>>()?))
        }
        (Value::String(text), _) if *to != SqlType::String => from_text(mode, text, to),
        _ if mode == Mode::Lax && *to == SqlType::String => to_text(value, from),
        _ => widen(value, to),
    };
    coerced.ok_or_else(|| error(value, from, to))
}

fn error(value: &Value, from: &SqlType, to: &SqlType) -> CoercionError {
    let mut text = String::new();
    write_value(value, from, &mut text);
    CoercionError { from: from.clone(), to: to.clone(), value: text }
}

fn to_text(value: &Value, from: &SqlType) -> Option<Value> {
    if matches!(value, Value::Array(_) | Value::Map(_) | Value::Struct(_) | Value::Bytes(_)) {
        return None;
    }
    let mut text = String::new();
    write_value(value, from, &mut text);
    Some(Value::string(text))
}

fn from_text(mode: Mode, text: &str, to: &SqlType) -> Option<Value> {
    match to {
        SqlType::Timestamp => parse_timestamp(text).map(Value::Timestamp),
        SqlType::Date => parse_date(text).map(Value::Date),
        SqlType::Time => parse_time(text).map(Value::Time),
        SqlType::Bytes => parse_base64(text).map(|bytes| Value::Bytes(Arc::from(bytes))),
        _ if mode == Mode::Strict => None,
        SqlType::Boolean => parse_boolean_word(text).map(Value::Boolean),
        SqlType::Integer => Decimal::parse(trim(text))?.to_integer()?.try_into().ok().map(Value::Integer),
        SqlType::BigInt => Decimal::parse(trim(text))?.to_integer().map(Value::BigInt),
        SqlType::Double => parse_java_double(text).filter(|d| !d.is_nan()).map(Value::Double),
        SqlType::Decimal { precision, scale } => to_decimal(&Decimal::parse(trim(text))?, *precision, *scale),
        _ => None,
    }
}

fn to_decimal(number: &Decimal, precision: u32, scale: u32) -> Option<Value> {
    let unscaled = number.rescale_exactly(scale as i32)?;
    fits(&unscaled, precision).then(|| to_i256(&unscaled).map(|unscaled| Value::Decimal { unscaled, scale }))?
}

fn widen(value: &Value, to: &SqlType) -> Option<Value> {
    match (value, to) {
        (Value::Boolean(_), SqlType::Boolean)
        | (Value::Integer(_), SqlType::Integer)
        | (Value::BigInt(_), SqlType::BigInt)
        | (Value::Double(_), SqlType::Double)
        | (Value::String(_), SqlType::String)
        | (Value::Bytes(_), SqlType::Bytes)
        | (Value::Time(_), SqlType::Time)
        | (Value::Date(_), SqlType::Date)
        | (Value::Timestamp(_), SqlType::Timestamp) => Some(value.clone()),
        (Value::Integer(i), SqlType::BigInt) => Some(Value::BigInt(*i as i64)),
        (_, SqlType::Decimal { precision, scale }) => to_decimal(&number(value)?, *precision, *scale),
        (Value::Integer(i), SqlType::Double) => Some(Value::Double(*i as f64)),
        (Value::BigInt(i), SqlType::Double) => Some(Value::Double(*i as f64)),
        (Value::Decimal { .. }, SqlType::Double) => {
            let mut text = String::new();
            write_value(value, to, &mut text);
            text.parse().ok().map(Value::Double)
        }
        _ => None,
    }
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(i) => Some(Decimal { unscaled: (*i).into(), scale: 0 }),
        Value::BigInt(i) => Some(Decimal { unscaled: (*i).into(), scale: 0 }),
        Value::Decimal { unscaled, scale } => Some(Decimal::from_i256(*unscaled, *scale)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict() {
        let check = |value: Value, from: SqlType, to: SqlType, expected: Option<Value>| {
            assert_eq!(coerce_strict(&value, &from, &to).ok(), expected, "{value:?} to {to}");
        };
        check(Value::Integer(3), SqlType::Integer, SqlType::BigInt, Some(Value::BigInt(3)));
        check(Value::BigInt(3), SqlType::BigInt, SqlType::Integer, None);
        check(Value::Integer(3), SqlType::Integer, SqlType::String, None);
        check(Value::string("3"), SqlType::String, SqlType::Integer, None);
        check(Value::string("1970"), SqlType::String, SqlType::Timestamp, Some(Value::Timestamp(0)));
        let (narrow, wide) = (SqlType::decimal(2, 1), SqlType::decimal(4, 2));
        let of = |unscaled: i128, scale| Value::Decimal { unscaled: arrow_buffer::i256::from_i128(unscaled), scale };
        check(of(15, 1), narrow.clone(), wide.clone(), Some(of(150, 2)));
        check(of(155, 2), wide, narrow, None);
    }

    #[test]
    fn lax() {
        let check = |value: Value, from: SqlType, to: SqlType, expected: Option<Value>| {
            assert_eq!(coerce_lax(&value, &from, &to).ok(), expected, "{value:?} to {to}");
        };
        check(Value::Integer(3), SqlType::Integer, SqlType::String, Some(Value::string("3")));
        check(Value::string("2e1"), SqlType::String, SqlType::Integer, Some(Value::Integer(20)));
        check(Value::string("Y"), SqlType::String, SqlType::Boolean, Some(Value::Boolean(true)));
        check(Value::string("maybe"), SqlType::String, SqlType::Boolean, None);
    }
}
