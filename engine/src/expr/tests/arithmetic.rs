//! `+ - * / %` and the sign: values, result types, refusals.

use super::*;

#[test]
fn arithmetic() {
    check("A + 1", "8 1 null! -2147483648");
    check("A + B", "9 -3 null! null!");
    check("10 / A", "1 null! null! 0");
    check("-7 % B", "-1 -1 -3 null!");
    check("A * 0.5", "3.5 0.0 null! 1073741823.5");
    check("C + C", "3.00 -0.50 null! 199.98");
    check("C * C", "2.2500 0.0625 null! 9998.0001");
    check("1.0 / C", "null! -4.000000 null! null!");
    check("C % 1", "0.50 -0.25 null! 0.99");
    check("D / 0", "Infinity NaN -Infinity null!");
    check("S + 'x'", "abcx 12x nullx x");
    check("-A", "-7 0 null! -2147483647");
    check_type("A + B", "BIGINT");
    check_type("A + C", "DECIMAL(13, 2)");
    check_type("C / C", "DECIMAL(11, 7)");
    check_type("C + D", "DOUBLE");
}

#[test]
fn arithmetic_refused() {
    check_type(
        "S + 1",
        "Error processing expression: (S + 1). Unsupported arithmetic types. STRING INTEGER\nStatement: (S + 1)",
    );
    check_type(
        "T + 1.5",
        "Error processing expression: (T + 1.5). Unsupported arithmetic types. BOOLEAN DECIMAL\nStatement: (T + 1.5)",
    );
    check_type(
        "A + NULL",
        "Error processing expression: (A + null). Arithmetic on types INTEGER and null are not supported.\nStatement: (A + null)",
    );
    check_type("X + 1", "Error processing expression: (X + 1). Unknown column X.\nStatement: (X + 1)");
    check_refused("-S", "Line 1, Column 1: Object of type \"java.lang.String\" cannot be converted to a numeric type");
}

#[test]
fn decimal_results_have_room_for_every_digit() {
    for (text, expected) in [
        ("C + A", "DECIMAL(13, 2)"),
        ("A - C", "DECIMAL(13, 2)"),
        ("C + B", "DECIMAL(22, 2)"),
        ("C * A", "DECIMAL(15, 2)"),
        ("B * C", "DECIMAL(24, 2)"),
        ("C / A", "DECIMAL(15, 13)"),
        ("A / C", "DECIMAL(18, 6)"),
        ("C / B", "DECIMAL(24, 22)"),
        ("C % A", "DECIMAL(4, 2)"),
        ("B % C", "DECIMAL(4, 2)"),
        ("1.5 + 2.25", "DECIMAL(4, 2)"),
        ("1.5 * 2.25", "DECIMAL(6, 3)"),
        ("1.5 / 2.5", "DECIMAL(8, 6)"),
        ("7 % 2.5", "DECIMAL(2, 1)"),
        (".05 + 1.", "DECIMAL(4, 2)"),
        ("C * D", "DOUBLE"),
        ("D % A", "DOUBLE"),
        ("A + 1E0", "DOUBLE"),
    ] {
        check_type(text, expected);
    }
}

#[test]
fn decimals_are_exact_or_fail() {
    check("1 / 3.0", "null! null! null! null!");
    check("C / 4", "0.3750000000000 -0.0625000000000 null! 24.9975000000000");
    check("C / 0", "null! null! null! null!");
    check("C % 0.0", "null! null! null! null!");
    check("-7.5 % 2", "-1.5 -1.5 -1.5 -1.5");
}

#[test]
fn whole_numbers_wrap_around() {
    check("2147483647 + 1", "-2147483648 -2147483648 -2147483648 -2147483648");
    check("-2147483648 / -1", "-2147483648 -2147483648 -2147483648 -2147483648");
    check("A * A", "49 0 null! 1");
    check("9223372036854775807 + B", "-9223372036854775807 9223372036854775804 -9223372036854775805 null!");
    check("B / 0", "null! null! null! null!");
    check("A % 0", "null! null! null! null!");
    check("-7 / 2", "-3 -3 -3 -3");
    check("-7 % 3", "-1 -1 -1 -1");
    check("7 % -3", "1 1 1 1");
}

#[test]
fn doubles_know_infinity_and_no_number() {
    check("D % 0", "NaN NaN NaN null!");
    check("-D / 0", "-Infinity NaN Infinity null!");
    check("D + 1E308 * 10", "Infinity Infinity Infinity null!");
}

#[test]
fn a_null_text_is_added_as_a_word() {
    check("S + S", "abcabc 1212 nullnull ");
    check("CAST(NULL AS STRING) + 'x'", "nullx nullx nullx nullx");
}

#[test]
fn only_numbers_and_texts_are_added() {
    for (text, types) in [
        ("S - S", "STRING STRING"),
        ("T + T", "BOOLEAN BOOLEAN"),
        ("TS + 1", "TIMESTAMP INTEGER"),
        ("L + L", "ARRAY ARRAY"),
        ("BB + BB", "BYTES BYTES"),
        ("P * 2", "STRUCT INTEGER"),
    ] {
        let shown = parse(text);
        let expected =
            format!("Error processing expression: {shown}. Unsupported arithmetic types. {types}\nStatement: {shown}");
        check_type(text, &expected);
    }
    for (text, types) in
        [("NULL + A", "null and INTEGER"), ("S + NULL", "STRING and null"), ("NULL + NULL", "null and null")]
    {
        let shown = parse(text);
        let message = format!("Arithmetic on types {types} are not supported.");
        check_type(text, &format!("Error processing expression: {shown}. {message}\nStatement: {shown}"));
    }
}
