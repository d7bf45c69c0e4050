//! The common type of the elements of `ARRAY[...]`, map keys, map values and IN lists (language reference 5.6).

use weir_parser::ast::{Expression, Literal};

use super::ExpressionError;
use super::constant::decimal_of_text;
use super::scope::Scope;
use super::text::parse_boolean_word;
use super::typing::{digits, type_of};
use crate::types::{SqlType, StructField};

/// The type to which all of `items` can be brought; `None` when all are untyped NULLs.
///
/// # Errors
/// `operator does not exist: ...` or `invalid input syntax for type ...`.
pub(crate) fn common_type(items: &[&Expression], scope: &Scope) -> Result<Option<SqlType>, ExpressionError> {
    let mut typed = Vec::with_capacity(items.len());
    for item in items {
        if let Some(data_type) = type_of(item, scope)? {
            typed.push((*item, data_type));
        }
    }
    let Some((first, first_type)) = typed.first() else { return Ok(None) };
    let mut common = first_type.clone();
    if string_literal(first).is_some() {
        let decides = |t: &SqlType| t.is_numeric() || *t == SqlType::Boolean;
        if let Some((_, data_type)) = typed.iter().find(|(_, t)| decides(t)) {
            common = data_type.clone();
        }
    }
    for (item, data_type) in &typed {
        common = match merge_expression(&common, item, data_type, scope)? {
            Some(merged) => merged,
            None => {
                return Err(ExpressionError::new(format!(
                    "operator does not exist: {common} = {data_type} ({item})\nHint: You might need to add explicit type casts."
                )));
            }
        };
    }
    Ok(Some(common))
}

fn string_literal(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Literal(Literal::String(text)) => Some(text),
        _ => None,
    }
}

/// Whether an expression is a literal, so that it may be converted more freely than by a widening cast.
pub(crate) fn is_literal(expression: &Expression) -> bool {
    match expression {
        Expression::Literal(_) => true,
        Expression::Negate(value) => matches!(**value, Expression::Literal(_)),
        _ => false,
    }
}

/// `common` widened so that it takes `item`; `None` when they have nothing in common.
fn merge_expression(
    common: &SqlType,
    item: &Expression,
    data_type: &SqlType,
    scope: &Scope,
) -> Result<Option<SqlType>, ExpressionError> {
    match (common, item) {
        (_, Expression::Literal(Literal::String(text))) => return merge_string(common, text),
        (SqlType::Array(element), Expression::Array(items)) => {
            return Ok(merge_all(element, items, scope)?.map(SqlType::array));
        }
        (SqlType::Map(key, value), Expression::Map(entries)) => {
            let Some(key) = merge_all(key, entries.iter().map(|(k, _)| k), scope)? else { return Ok(None) };
            let merged = merge_all(value, entries.iter().map(|(_, v)| v), scope)?;
            return Ok(merged.map(|value| SqlType::map(key, value)));
        }
        (SqlType::Struct(fields), Expression::Struct(values)) => {
            let mut fields = fields.clone();
            for (name, value) in values {
                let Some(value_type) = type_of(value, scope)? else { continue };
                match fields.iter_mut().find(|f| f.name == *name) {
                    Some(field) => match merge_expression(&field.data_type, value, &value_type, scope)? {
                        Some(merged) => field.data_type = merged,
                        None => return Ok(None),
                    },
                    None => fields.push(StructField { name: name.clone(), data_type: value_type }),
                }
            }
            return Ok(Some(SqlType::Struct(fields)));
        }
        (SqlType::String, _) if is_literal(item) => return Ok(Some(SqlType::String)),
        _ => {}
    }
    Ok(merge_types(common, data_type))
}

fn merge_all<'a>(
    common: &SqlType,
    items: impl IntoIterator<Item = &'a Expression>,
    scope: &Scope,
) -> Result<Option<SqlType>, ExpressionError> {
    let mut common = common.clone();
    for item in items {
        let Some(data_type) = type_of(item, scope)? else { continue };
        match merge_expression(&common, item, &data_type, scope)? {
            Some(merged) => common = merged,
            None => return Ok(None),
        }
    }
    Ok(Some(common))
}

fn merge_string(common: &SqlType, text: &str) -> Result<Option<SqlType>, ExpressionError> {
    let invalid = || {
        let base = common.base_name();
        ExpressionError::new(format!("invalid input syntax for type {base}: \"{text}\"."))
    };
    match common {
        SqlType::String => Ok(Some(SqlType::String)),
        SqlType::Boolean => parse_boolean_word(text).map(|_| Some(SqlType::Boolean)).ok_or_else(invalid),
        SqlType::Double => text.trim().parse::<f64>().map(|_| Some(SqlType::Double)).map_err(|_| invalid()),
        numeric if numeric.is_numeric() => {
            let (_, data_type) = decimal_of_text(text.trim()).ok_or_else(invalid)?;
            // Only what is written as an integer is one: `2e1` is a DECIMAL.
            let narrow = text.trim().parse::<i64>().ok().map(|n| match i32::try_from(n) {
                Ok(_) => SqlType::Integer,
                Err(_) => SqlType::BigInt,
            });
            Ok(widest(numeric, &narrow.unwrap_or(data_type)))
        }
        SqlType::Time | SqlType::Date | SqlType::Timestamp | SqlType::Bytes => Ok(Some(common.clone())),
        SqlType::Array(_) | SqlType::Map(..) | SqlType::Struct(_) => Ok(None),
        _ => Err(invalid()),
    }
}

/// The common type of two types that no literal helps along.
pub(crate) fn merge_types(left: &SqlType, right: &SqlType) -> Option<SqlType> {
    match (left, right) {
        _ if left == right => Some(left.clone()),
        _ if left.is_numeric() && right.is_numeric() => widest(left, right),
        (SqlType::Array(l), SqlType::Array(r)) => Some(SqlType::array(merge_types(l, r)?)),
        (SqlType::Map(lk, lv), SqlType::Map(rk, rv)) => Some(SqlType::map(merge_types(lk, rk)?, merge_types(lv, rv)?)),
        (SqlType::Struct(l), SqlType::Struct(r)) => {
            let mut fields = l.clone();
            for field in r {
                match fields.iter_mut().find(|f| f.name == field.name) {
                    Some(twin) => twin.data_type = merge_types(&twin.data_type, &field.data_type)?,
                    None => fields.push(field.clone()),
                }
            }
            Some(SqlType::Struct(fields))
        }
        _ => None,
    }
}

fn widest(left: &SqlType, right: &SqlType) -> Option<SqlType> {
    Some(match (left, right) {
        (SqlType::Double, _) | (_, SqlType::Double) => SqlType::Double,
        (SqlType::Decimal { .. }, _) | (_, SqlType::Decimal { .. }) => {
            let ((p1, s1), (p2, s2)) = (digits(left), digits(right));
            let scale = s1.max(s2);
            SqlType::decimal((p1 - s1).max(p2 - s2) + scale, scale)
        }
        (SqlType::Integer, SqlType::Integer) => SqlType::Integer,
        _ => SqlType::BigInt,
    })
}
