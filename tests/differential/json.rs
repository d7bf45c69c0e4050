//! Functions on JSON text, against Jackson.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use weir_engine::types::{SqlType, Value};

use crate::family::Family;
use crate::inputs::{one_of, pick, rows, text};

const TEXT: SqlType = SqlType::String;

fn scalar(random: &mut ChaCha8Rng) -> &'static str {
    one_of(
        random,
        &[
            "1",
            "-1",
            "0",
            "-0",
            "1.50",
            "1e5",
            "1E-7",
            "-0.0",
            "12345678901234567890",
            "1.23450",
            "1e400",
            "0.00001",
            "100E3",
            "01",
            "+1",
            ".5",
            "1.",
            "true",
            "false",
            "null",
            "nul",
            "NaN",
            "\"a\"",
            "\"\"",
            "\"é😀\"",
            r#""\u00e9\n\t\/\"\\""#,
            r#""\u0001\u001f""#,
            "\"\u{7f}\u{2028}\"",
            r#""\ud83d\ude00""#,
            r#""\x""#,
            "\"a",
            "'a'",
            "2147483648",
            "1e2",
            "-12.0E+3",
        ],
    )
}

fn json(random: &mut ChaCha8Rng, depth: usize) -> String {
    let blank = |random: &mut ChaCha8Rng| *pick(random, &["", "", "", " ", "\n", "\t "]);
    let count = random.random_range(0..4);
    match random.random_range(0..3) {
        0 if depth > 0 => {
            let items: Vec<String> =
                (0..count).map(|_| format!("{}{}{}", blank(random), json(random, depth - 1), blank(random))).collect();
            format!("[{}]", items.join(","))
        }
        1 if depth > 0 => {
            let member = |random: &mut ChaCha8Rng| {
                let key = *pick(random, &["a", "b", "a", "x y", "é", ""]);
                format!("{}\"{key}\"{}:{}{}", blank(random), blank(random), blank(random), json(random, depth - 1))
            };
            let members: Vec<String> = (0..count).map(|_| member(random)).collect();
            format!("{{{}}}", members.join(","))
        }
        _ => scalar(random).to_string(),
    }
}

/// Mostly sound JSON, also with something before or behind it.
fn document(random: &mut ChaCha8Rng) -> String {
    let before = *pick(random, &["", "", "", "", " ", "\n", "\u{feff}", ","]);
    let behind = *pick(random, &["", "", "", "", " ", "\n", " garbage", "x", "]", " 1", ","]);
    format!("{before}{}{behind}", if random.random_bool(0.03) { String::new() } else { json(random, 3) })
}

#[test]
fn whole_documents() {
    let inputs = rows(700, |random| vec![text(document(random))]);
    for (operation, expression) in [
        ("json.is_json", "IS_JSON_STRING(A)"),
        ("json.length", "JSON_ARRAY_LENGTH(A)"),
        ("json.items", "JSON_ITEMS(A)"),
        ("json.keys", "JSON_KEYS(A)"),
    ] {
        Family::new(&[operation], expression, &[TEXT]).check(&inputs);
    }
}

#[test]
fn paths() {
    for (pointer, path) in
        [("", "$"), ("/a", "$.a"), ("/a/b", "$.a.b"), ("/0", "$[0]"), ("/a/1", "$.a[1]"), ("/x y", "$[\"x y\"]")]
    {
        let inputs = rows(710, |random| vec![text(document(random))]);
        let expression = format!("EXTRACTJSONFIELD(A, '{path}')");
        let family = Family::new(&["json.extract"], &expression, &[TEXT]);
        Family { constants: &[pointer], ..family }.check(&inputs);
    }
}

#[test]
fn joined_documents() {
    let inputs = rows(720, |random| vec![text(document(random)), text(document(random))]);
    Family::new(&["json.concat"], "JSON_CONCAT(A, B)", &[TEXT, TEXT]).check(&inputs);
}

#[test]
fn membership() {
    let inputs = rows(730, |random| vec![text(document(random)), Value::Integer(*pick(random, &[1, 0, -1, 100]))]);
    Family::new(&["json.contains_int"], "JSON_ARRAY_CONTAINS(A, B)", &[TEXT, SqlType::Integer]).check(&inputs);
}
