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
        None => Err(ExpressionError::new(unreadable(text))),
    }
}

/// Java's complaint about the text with its missing parts filled in, and the form that is wanted.
fn unreadable(text: &str) -> String {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let (time, zone) = time.split_at(time.find(['Z', '+', '-']).unwrap_or(time.len()));
    let full = format!("{}T{time}{}{zone}", padded_date(date), "00:00:00.000".get(time.len()..).unwrap_or_default());
    let at = first_mismatch(&full, "0000-00-00T00:00:00.000");
    format!(
        "Failed to parse timestamp '{text}': Text '{full}' could not be parsed at index {at}\nRequired format is: \
         \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an optional numeric 4-digit timezone, for example: '2020-05-26T23:59:58.000' \
         or with tz: '2020-05-26T23:59:58.000+0200'. A trailing 'Z' instead of tz indicates the zero UTC offset. Partials \
         are also supported, for example \"2020-05-26\""
    )
}

/// A date's missing month and day are the first.
fn padded_date(date: &str) -> String {
    let missing = 2_usize.saturating_sub(date.matches('-').count());
    format!("{date}{}", "-01".repeat(missing))
}

/// The first place where a text has no digit, or not the sign, that `form` has there.
fn first_mismatch(text: &str, form: &str) -> usize {
    let fits = |(c, wanted): (char, char)| if wanted == '0' { c.is_ascii_digit() } else { c == wanted };
    text.chars().zip(form.chars()).take_while(|pair| fits(*pair)).count()
}
