//! Text compared with ROWTIME, WINDOWSTART or WINDOWEND is a timestamp (language reference 6.3).

use weir_parser::ast::{Expression, Literal};

use super::ExpressionError;
use super::text::parse_timestamp;
use super::visit::rewrite;

/// A copy in which string literals compared with ROWTIME, WINDOWSTART or WINDOWEND are BIGINT milliseconds.
///
/// # Errors
/// When such a text is no timestamp.
pub fn rewrite_magic_timestamps(expression: &Expression) -> Result<Expression, ExpressionError> {
    let mut problem = None;
    let mut convert = |e: &Expression| match timestamp_literal(e) {
        Ok(converted) => converted,
        Err(error) => {
            problem.get_or_insert(error);
            e.clone()
        }
    };
    let rewritten = rewrite(expression, &mut |e| match e {
        Expression::Comparison { operator, left, right } if is_time_column(left) || is_time_column(right) => {
            let (left, right) = (Box::new(convert(left)), Box::new(convert(right)));
            Some(Expression::Comparison { operator: *operator, left, right })
        }
        Expression::Between { value, lower, upper, negated } if is_time_column(value) => Some(Expression::Between {
            value: value.clone(),
            lower: Box::new(convert(lower)),
            upper: Box::new(convert(upper)),
            negated: *negated,
        }),
        _ => None,
    });
    problem.map_or(Ok(rewritten), Err)
}

fn is_time_column(expression: &Expression) -> bool {
    matches!(expression, Expression::Column(c) if matches!(c.name.as_str(), "ROWTIME" | "WINDOWSTART" | "WINDOWEND"))
}

fn timestamp_literal(expression: &Expression) -> Result<Expression, ExpressionError> {
    let Expression::Literal(Literal::String(text)) = expression else { return Ok(expression.clone()) };
    match parse_timestamp(text) {
        Some(millis) => Ok(Expression::Literal(Literal::BigInt(millis))),
        None => Err(ExpressionError::new(format!(
            "Failed to parse timestamp '{text}'. Required format is: \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an optional numeric or 4-letter timezone, for example: '2020-05-26T23.59.58.000' or '2020-05-26T23.59.58.000+0100'."
        ))),
    }
}
