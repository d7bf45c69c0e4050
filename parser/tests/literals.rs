//! Literals: which type their form gives them, and where their range ends.

use weir_parser::ast::{Expression, Literal};
use weir_parser::parse_expression;

fn check(text: &str, expected: Literal) {
    assert_eq!(parse_expression(text).map_err(|e| e.message), Ok(Expression::Literal(expected)), "{text}");
}

fn refused(text: &str, expected: &str) {
    let message = parse_expression(text).map_err(|e| e.message);
    assert_eq!(message, Err(format!("Failed to prepare statement: {expected}")), "{text}");
}

fn decimal(digits: &str) -> Literal {
    Literal::Decimal(digits.to_owned())
}

#[test]
fn whole_numbers_are_as_wide_as_they_need_to_be() {
    check("0", Literal::Integer(0));
    check("007", Literal::Integer(7));
    check("2147483647", Literal::Integer(i32::MAX));
    check("-2147483648", Literal::Integer(i32::MIN));
    check("- 2147483648", Literal::Integer(i32::MIN));
    check("2147483648", Literal::BigInt(2_147_483_648));
    check("-2147483649", Literal::BigInt(-2_147_483_649));
    check("9223372036854775807", Literal::BigInt(i64::MAX));
    check("-9223372036854775808", Literal::BigInt(i64::MIN));
    refused("9223372036854775808", "line 1:9: Invalid numeric literal: 9223372036854775808");
    refused("-9223372036854775809", "line 1:9: Invalid numeric literal: -9223372036854775809");
}

#[test]
fn a_point_makes_a_decimal_and_an_exponent_a_double() {
    for digits in ["1.5", ".5", "1.", "-.5", "00.10", "12345678901234567890.123456789"] {
        check(digits, decimal(digits));
    }
    check("1E5", Literal::Double(1e5));
    check("1.5e-3", Literal::Double(0.0015));
    check(".5E1", Literal::Double(5.0));
    check("1.E+2", Literal::Double(100.0));
    check("1E-400", Literal::Double(0.0));
    check("-1.7976931348623157E308", Literal::Double(f64::MIN));
    refused("1E400", "line 1:9: Number overflows DOUBLE: 1E400");
    refused("-1.7976931348623159E308", "line 1:9: Number overflows DOUBLE: -1.7976931348623159E308");
}

#[test]
fn words_and_texts() {
    check("null", Literal::Null);
    check("True", Literal::Boolean(true));
    check("FALSE", Literal::Boolean(false));
    check("'it''s -- no comment'", Literal::String("it's -- no comment".to_owned()));
    check("'two\nlines'", Literal::String("two\nlines".to_owned()));
    check("'no \\n escape'", Literal::String("no \\n escape".to_owned()));
    check("''", Literal::String(String::new()));
}

#[test]
fn a_decimal_may_be_written_as_text() {
    check("DECIMAL '1.20'", decimal("1.20"));
    check("decimal '-1.5'", decimal("-1.5"));
    check("DECIMAL '5'", decimal("5."));
    check("DECIMAL '.5'", decimal("0.5"));
    check("DECIMAL '1.5E1'", decimal("15."));
    check("DECIMAL '1E3'", decimal("1000."));
    check("DECIMAL '2e-3'", decimal("0.002"));
    check("DECIMAL '+12.5E-1'", decimal("1.25"));
    for text in ["abc", "", ".", "1.2.3", "1E", "E5", "--1", "1E999999999", "0x1F"] {
        refused(&format!("DECIMAL '{text}'"), &format!("line 1:9: Invalid numeric literal: {text}"));
    }
}

#[test]
fn no_other_type_may() {
    refused("DATE '2020-01-01'", "Unknown type: DATE, location: Line: 1, Col: 8");
    refused("1 + `x` 'y'", "Unknown type: x, location: Line: 1, Col: 12");
}
