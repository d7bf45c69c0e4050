//! Numbers to text and back, exact arithmetic, rounding.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use weir_engine::types::{SqlType, Value};

use crate::family::{Family, agree_exactly};
use crate::inputs::{decimal, double, pick, rows, text};

/// Java before 19 does not always find the shortest text of a double; ours is that of later ones.
fn shortest_of_same(ours: &str, theirs: &str) -> bool {
    let number = |text: &str| text[1..].parse::<f64>().ok();
    agree_exactly(ours, theirs) || (number(ours).is_some() && number(ours) == number(theirs))
}

/// Rounding of that text may then give another double nearby.
fn nearly_of_same(ours: &str, theirs: &str) -> bool {
    let bits = |text: &str| u64::from_str_radix(&text[1..], 16).ok();
    let is_near = || bits(ours).zip(bits(theirs)).is_some_and(|(x, y)| x.abs_diff(y) <= 4);
    agree_exactly(ours, theirs) || is_near()
}

fn doubles(family: u64) -> Vec<Vec<Value>> {
    rows(family, |random| vec![Value::Double(double(random))])
}

#[test]
fn doubles_as_text() {
    let family = Family::new(&["number.double_to_text"], "CAST(A AS STRING)", &[SqlType::Double]);
    Family { agree: shortest_of_same, ..family }.check(&doubles(300));
}

#[test]
fn doubles_to_other_numbers() {
    for (i, (operation, expression)) in [
        ("number.double_to_integer", "CAST(A AS INTEGER)"),
        ("number.double_to_bigint", "CAST(A AS BIGINT)"),
        ("number.round_double", "ROUND(A)"),
        ("number.trunc_double", "TRUNC(A)"),
        ("number.ceil_double", "CEIL(A)"),
        ("number.floor_double", "FLOOR(A)"),
    ]
    .into_iter()
    .enumerate()
    {
        Family::new(&[operation], expression, &[SqlType::Double]).check(&doubles(310 + i as u64));
    }
}

#[test]
fn doubles_to_places() {
    for (operation, expression) in
        [("number.round_double_places", "ROUND(A, B)"), ("number.trunc_double_places", "TRUNC(A, B)")]
    {
        let inputs = rows(320, |random| {
            let places =
                if random.random_bool(0.9) { random.random_range(-4..8) } else { random.random_range(-400..400) };
            vec![Value::Double(double(random)), Value::Integer(places)]
        });
        let operations = [operation];
        let family = Family::new(&operations, expression, &[SqlType::Double, SqlType::Integer]);
        Family { agree: nearly_of_same, ..family }.check(&inputs);
    }
}

#[test]
fn doubles_to_decimals() {
    for (i, (precision, scale)) in
        [("4", "2"), ("10", "0"), ("20", "10"), ("38", "19"), ("60", "30")].into_iter().enumerate()
    {
        let expression = format!("CAST(A AS DECIMAL({precision}, {scale}))");
        let family = Family::new(&["number.double_to_decimal"], &expression, &[SqlType::Double]);
        Family { constants: &[precision, scale], agree: shortest_of_same, ..family }.check(&doubles(330 + i as u64));
    }
}

/// Texts that are numbers, nearly so, or nothing of the kind.
fn number_text(random: &mut ChaCha8Rng) -> String {
    let number = match random.random_range(0..7) {
        0 => random.random::<i32>().to_string(),
        1 => random.random::<i64>().to_string(),
        2 => format!("{:e}", double(random)),
        3 => format!("{}{}", pick(random, &["+", "", "-"]), decimal(random, 20, 5)),
        4 => format!("{}{}{}", decimal(random, 4, 4), pick(random, &["e", "E"]), random.random_range(-20..20)),
        5 => {
            format!("{}{}", decimal(random, 3, 3), pick(random, &["d", "f", "D", "F", "L", "e", "x", " 1", "_0", "."]))
        }
        _ => (*pick(
            random,
            &[
                "",
                " ",
                "+",
                "-",
                ".",
                "1.",
                ".5",
                "-.5",
                "NaN",
                "Infinity",
                "-Infinity",
                "inf",
                "1e",
                "0x10",
                "0x1p3",
                "1e400",
                "--1",
                "+-1",
                "1,000",
                "٣",
                "2147483648",
                "-2147483648",
                "9223372036854775808",
                "1e-400",
                "infinity",
                "nan",
                "e5",
                "1e+5",
                "00012",
            ],
        ))
        .to_string(),
    };
    let blanks = ["", "", "", " ", "\t", "\n ", "\u{a0}", "\u{2003}", "\u{0}"];
    format!("{}{number}{}", pick(random, &blanks), pick(random, &blanks))
}

#[test]
fn texts_as_numbers() {
    let inputs = rows(340, |random| vec![text(number_text(random))]);
    for (operation, expression, constants) in [
        ("number.text_to_integer", "CAST(A AS INTEGER)", &[][..]),
        ("number.text_to_bigint", "CAST(A AS BIGINT)", &[]),
        ("number.text_to_double", "CAST(A AS DOUBLE)", &[]),
        ("number.text_to_decimal", "CAST(A AS DECIMAL(10, 2))", &["10", "2"]),
        ("number.text_to_decimal", "CAST(A AS DECIMAL(50, 5))", &["50", "5"]),
    ] {
        let family = Family::new(std::slice::from_ref(&operation), expression, &[SqlType::String]);
        Family { constants, ..family }.check(&inputs);
    }
}

/// Precision and scale of operands: those that fit 128 bits, and wide ones.
const DECIMALS: [(usize, usize); 6] = [(4, 2), (10, 0), (9, 9), (18, 6), (30, 10), (38, 2)];

fn decimals(family: u64, (precision, scale): (usize, usize)) -> Vec<Vec<Value>> {
    rows(family, |random| vec![text(decimal(random, precision - scale, scale))])
}

#[test]
fn decimals_to_other_numbers() {
    for (i, (precision, scale)) in DECIMALS.into_iter().enumerate() {
        let from = format!("CAST(A AS DECIMAL({precision}, {scale}))");
        let inputs = decimals(350 + i as u64, (precision, scale));
        for (operation, expression, constants) in [
            ("number.decimal_to_double", format!("CAST({from} AS DOUBLE)"), &[][..]),
            ("number.decimal_to_integer", format!("CAST({from} AS INTEGER)"), &[]),
            ("number.decimal_to_bigint", format!("CAST({from} AS BIGINT)"), &[]),
            ("number.decimal_to_decimal", format!("CAST({from} AS DECIMAL(12, 1))"), &["12", "1"]),
            ("number.decimal_to_decimal", format!("CAST({from} AS DECIMAL(45, 12))"), &["45", "12"]),
        ] {
            let family = Family::new(std::slice::from_ref(&operation), &expression, &[SqlType::String]);
            Family { constants, ..family }.check(&inputs);
        }
    }
}

/// Whole and fraction digits are padded to the scale, as the oracle's operand has as many as its text.
fn at_scale(random: &mut ChaCha8Rng, (precision, scale): (usize, usize)) -> String {
    let number = decimal(random, precision - scale, scale);
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    if scale == 0 { whole.to_string() } else { format!("{whole}.{fraction:0<scale$}") }
}

#[test]
fn decimals_rounded() {
    for (i, (precision, scale)) in DECIMALS.into_iter().enumerate() {
        let from = format!("CAST(A AS DECIMAL({precision}, {scale}))");
        let inputs = rows(360 + i as u64, |random| {
            vec![text(at_scale(random, (precision, scale))), Value::Integer(random.random_range(-4..12))]
        });
        let one: Vec<Vec<Value>> = inputs.iter().map(|row| row[..1].to_vec()).collect();
        let types = [SqlType::String, SqlType::Integer];
        for (operation, name) in [("number.ceil_decimal", "CEIL"), ("number.floor_decimal", "FLOOR")] {
            Family::new(&[operation], &format!("{name}({from})"), &types[..1]).check(&one);
        }
        if precision > scale {
            for (operation, name) in [("number.round_decimal", "ROUND"), ("number.trunc_decimal", "TRUNC")] {
                Family::new(&[operation], &format!("{name}({from})"), &types[..1]).check(&one);
            }
        }
        for (operation, name) in [("number.round_decimal_places", "ROUND"), ("number.trunc_decimal_places", "TRUNC")] {
            Family::new(&[operation], &format!("{name}({from}, B)"), &types).check(&inputs);
        }
    }
}

/// Precision and scale of a result (language reference 6.1).
fn result_type(operator: &str, (p1, s1): (usize, usize), (p2, s2): (usize, usize)) -> (usize, usize) {
    let widest = s1.max(s2);
    match operator {
        "+" | "-" => (widest + (p1 - s1).max(p2 - s2) + 1, widest),
        "*" => (p1 + p2, s1 + s2),
        "/" => {
            let scale = 6.max(s1 + p2 + 1);
            (p1 - s1 + s2 + scale, scale)
        }
        _ => ((p1 - s1).min(p2 - s2) + widest, widest),
    }
}

#[test]
fn decimal_arithmetic() {
    let types = [SqlType::String, SqlType::String];
    for operator in ["+", "-", "*", "/", "%"] {
        for (i, (left, right)) in
            [((4, 2), (5, 1)), ((10, 0), (6, 6)), ((18, 6), (9, 3)), ((30, 10), (20, 5)), ((12, 4), (12, 4))]
                .into_iter()
                .enumerate()
        {
            let (precision, scale) = result_type(operator, left, right);
            let of = |column: &str, (p, s): (usize, usize)| format!("CAST({column} AS DECIMAL({p}, {s}))");
            let expression = format!("{} {operator} {}", of("A", left), of("B", right));
            let inputs = rows(370 + i as u64, |random| {
                let few = ["0.5", "2", "4", "-2.5", "10", "1", "0"];
                let second =
                    if random.random_bool(0.5) { (*pick(random, &few)).to_string() } else { at_scale(random, right) };
                vec![text(at_scale(random, left)), text(second)]
            });
            let fits = |row: &&Vec<Value>| {
                right.0 - right.1 >= 2
                    || !matches!(&row[1], Value::String(t) if !t.starts_with("0.") && !t.starts_with("-0."))
            };
            let inputs: Vec<Vec<Value>> = inputs.iter().filter(fits).cloned().collect();
            let (precision, scale) = (precision.to_string(), scale.to_string());
            let operation = ["number.arithmetic", operator];
            let family = Family::new(&operation, &expression, &types);
            Family { constants: &[&precision, &scale], ..family }.check(&inputs);
        }
    }
}

#[test]
fn plain_arithmetic() {
    for operator in ["+", "-", "*", "/", "%"] {
        let expression = format!("A {operator} B");
        let whole = |random: &mut ChaCha8Rng| *pick(random, &[0, 1, -1, 7, -7, i32::MAX, i32::MIN, 100_000, -65_536]);
        let integers = rows(380, |random| vec![Value::Integer(whole(random)), Value::Integer(whole(random))]);
        let types = [SqlType::Integer, SqlType::Integer];
        Family::new(&["number.int_arithmetic", operator], &expression, &types).check(&integers);
        let long = |random: &mut ChaCha8Rng| *pick(random, &[0, 1, -1, 7, i64::MAX, i64::MIN, 1 << 33, -5_000_000_000]);
        let bigints = rows(381, |random| vec![Value::BigInt(long(random)), Value::BigInt(long(random))]);
        let types = [SqlType::BigInt, SqlType::BigInt];
        Family::new(&["number.bigint_arithmetic", operator], &expression, &types).check(&bigints);
        let doubles = rows(382, |random| vec![Value::Double(double(random)), Value::Double(double(random))]);
        let types = [SqlType::Double, SqlType::Double];
        Family::new(&["number.double_arithmetic", operator], &expression, &types).check(&doubles);
    }
}
