//! Literals, and expressions without columns that are evaluated on their own.

use num_traits::Signed;
use weir_parser::ast::{Expression, Literal};

use super::decimal::{Decimal, to_i256};
use super::{ExpressionError, compile, expression_type};
use crate::types::{RowSchema, SqlType, Value};

/// The type of a literal; `None` for NULL.
pub fn literal_type(literal: &Literal) -> Option<SqlType> {
    Some(match literal {
        Literal::Null => return None,
        Literal::Boolean(_) => SqlType::Boolean,
        Literal::Integer(_) => SqlType::Integer,
        Literal::BigInt(_) => SqlType::BigInt,
        Literal::Decimal(text) => decimal_of_text(text).map_or(SqlType::decimal(1, 0), |(_, data_type)| data_type),
        Literal::Double(_) => SqlType::Double,
        Literal::String(_) => SqlType::String,
    })
}

/// The value of a literal, of its `literal_type`.
pub fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Boolean(b) => Value::Boolean(*b),
        Literal::Integer(i) => Value::Integer(*i),
        Literal::BigInt(i) => Value::BigInt(*i),
        Literal::Decimal(text) => decimal_of_text(text).map_or(Value::Null, |(number, t)| decimal_value(&number, &t)),
        Literal::Double(d) => Value::Double(*d),
        Literal::String(text) => Value::string(text),
    }
}

/// A number as a value of a DECIMAL type of its own scale.
pub(crate) fn decimal_value(number: &Decimal, data_type: &SqlType) -> Value {
    let SqlType::Decimal { scale, .. } = data_type else { return Value::Null };
    match to_i256(&number.rescale(*scale as i32)) {
        Some(unscaled) => Value::Decimal { unscaled, scale: *scale },
        None => Value::Null,
    }
}

/// A decimal literal and its type (language reference 1.3).
pub(crate) fn decimal_of_text(text: &str) -> Option<(Decimal, SqlType)> {
    let mut number = Decimal::parse(text)?;
    if number.scale < 0 {
        number = Decimal { unscaled: number.rescale(0), scale: 0 };
    }
    let significant = number.unscaled.abs().to_string().len() as u32;
    let scale = number.scale as u32;
    let precision = if significant <= scale { scale + 1 } else { significant };
    Some((number, SqlType::decimal(precision, scale)))
}

/// The value and type of an expression without columns; the type is `None` for an untyped NULL.
///
/// # Errors
/// When it does not compile, or fails when evaluated.
pub fn evaluate_constant(expression: &Expression) -> Result<(Value, Option<SqlType>), ExpressionError> {
    if let Expression::Literal(literal) = expression {
        return Ok((literal_value(literal), literal_type(literal)));
    }
    let schema = RowSchema::new(vec![]);
    let Some(data_type) = expression_type(expression, &schema)? else { return Ok((Value::Null, None)) };
    let compiled = compile(expression, &schema)?;
    let mut failures = Vec::new();
    let array = compiled.evaluate(&[], 1, &mut failures);
    match failures.into_iter().find(|f| !super::is_guarded(f)) {
        Some(failure) => Err(ExpressionError::new(failure.message)),
        None => Ok((Value::from_array(&array, 0, &data_type), Some(data_type))),
    }
}
