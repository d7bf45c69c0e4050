//! Regular expressions and LIKE.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use weir_engine::types::{SqlType, Value};

use crate::family::Family;
use crate::inputs::{one_of, pick, rows, text};

const TEXT: SqlType = SqlType::String;

/// Generated patterns repeat what can take nothing within repetitions, where the engines go round differently.
const TOLERATED: usize = 2;

const CHARACTERS: [&str; 22] = [
    "a", "b", "A", "B", "1", "2", "_", " ", "-", ".", "\n", "\r", "é", "É", "ß", "😀", "k", "\u{212a}", "\t", "$",
    "\\", "\u{2028}",
];

fn subject(random: &mut ChaCha8Rng) -> String {
    let plain = random.random_bool(0.6);
    (0..random.random_range(0..10))
        .map(|_| if plain { *pick(random, &["a", "b", "a", "b", "1", " "]) } else { *pick(random, &CHARACTERS) })
        .collect()
}

/// Without surrogate pairs, between whose halves Java finds empty matches.
fn flat_subject(random: &mut ChaCha8Rng) -> String {
    subject(random).replace('😀', "é")
}

/// A pattern of one or more pieces.
fn pattern(random: &mut ChaCha8Rng, depth: usize) -> String {
    let mut out: String = (0..random.random_range(1..4)).map(|_| piece(random, depth)).collect();
    if random.random_bool(0.15) {
        out = format!("{out}|{}", piece(random, depth));
    }
    out
}

fn piece(random: &mut ChaCha8Rng, depth: usize) -> String {
    const QUANTIFIERS: [&str; 20] = [
        "", "", "", "", "", "", "", "*", "+", "?", "*?", "+?", "??", "++", "*+", "?+", "{2}", "{1,2}", "{1,}?",
        "{0,2}+",
    ];
    format!("{}{}", atom(random, depth), pick(random, &QUANTIFIERS))
}

fn atom(random: &mut ChaCha8Rng, depth: usize) -> String {
    const ATOMS: [&str; 84] = [
        "a",
        "b",
        "ab",
        "A",
        "1",
        ".",
        ".",
        "\\d",
        "\\w",
        "\\s",
        "\\D",
        "\\W",
        "\\S",
        "\\h",
        "\\H",
        "\\v",
        "\\V",
        "\\R",
        "^",
        "$",
        "\\b",
        "\\B",
        "\\A",
        "\\z",
        "\\Z",
        "\\t",
        "\\n",
        "\\x41",
        "\\u0061",
        "\\x{1F600}",
        "\\0101",
        "\\cA",
        "\\e",
        "\\\\",
        "\\.",
        "\\-",
        "\\Qa.b\\E",
        "\\Q[",
        "é",
        "(?i)",
        "(?s)",
        "(?m)",
        "(?x) ",
        "(?d)",
        "(?u)",
        "(?U)",
        "(?-i)",
        "(?is-m)",
        "\\1",
        "\\2",
        "\\k<n>",
        "[ab]",
        "[^a]",
        "[a-c1-3]",
        "[a-z&&[^b]]",
        "[a-z&&b-d]",
        "[ab[12]]",
        "[^ab&&[b]]",
        "[\\w&&\\D]",
        "[\\]\\-]",
        "[a-]",
        "[&&a]",
        "[a&b]",
        "[.$]",
        "[\\s\\S]",
        "[^\\d\\s]",
        "\\p{L}",
        "\\p{Lu}",
        "\\p{Alpha}",
        "\\p{Punct}",
        "\\p{IsAlphabetic}",
        "\\pL",
        "\\P{Lower}",
        "\\p{javaUpperCase}",
        "\\p{IsLatin}",
        "\\p{InGreek}",
        "\\p{ASCII}",
        "\\p{Space}",
        "\\p{XDigit}",
        "[\\p{L}&&[^a]]",
        "[\\x61-\\x63]",
        "[\\Qab\\E]",
        "\\X",
        "{",
    ];
    if depth == 0 || random.random_bool(0.6) {
        return (*pick(random, &ATOMS)).to_string();
    }
    let inner = pattern(random, depth - 1);
    match random.random_range(0..14) {
        0..=4 => format!("({inner})"),
        5 | 6 => format!("(?:{inner})"),
        7 => format!("(?={inner})"),
        8 => format!("(?!{inner})"),
        9 => format!("(?>{inner})"),
        10 => format!("(?<n>{inner})"),
        11 => format!("(?<={})", pick(random, &["a", "ab", "a|b", "\\d", "a{1,2}", "[ab]\\w?", "^", "\n"])),
        12 => format!("(?<!{})", pick(random, &["a", "ab", "a|b1", "\\s", "b{2}"])),
        _ => format!("(?{}:{inner})", pick(random, &["i", "s", "m", "-i", "is", "x", "iu"])),
    }
}

/// Patterns that people write.
fn usual(random: &mut ChaCha8Rng) -> &'static str {
    one_of(
        random,
        &[
            "[0-9]+",
            "(a+)(b*)",
            "^\\s*(.*?)\\s*$",
            "(\\w+) (\\w+)",
            "a|b",
            "(a|ab)(c|bcd)?",
            "\\$",
            "[^a-z]",
            "(?i)AB",
            "\\bab\\b",
            "(a)(?:b)?(1)?",
            "(?<x>a)(?<y>b)",
            "(a|b)*1",
            "(?=b)",
            "\\s+",
            "$",
            "^",
            "a??",
            "(a)|b",
            "(.)\\1",
            "",
            "a{2,3}",
            "(?m)^.",
            "(?m).$",
            "[\\w.]+",
            "(ab|a)(b?)",
        ],
    )
}

fn any_pattern(random: &mut ChaCha8Rng) -> String {
    if random.random_bool(0.4) { usual(random).to_string() } else { pattern(random, 2) }
}

#[test]
fn extracts() {
    let inputs = rows(800, |random| {
        // The groups of generated patterns may be repeated with nothing in them, which the engines count differently.
        let usual_only = random.random_bool(0.4);
        let pattern = if usual_only { usual(random).to_string() } else { pattern(random, 2) };
        let group = if usual_only { *pick(random, &[0, 0, 1, 2, 5]) } else { 0 };
        vec![text(pattern), text(flat_subject(random)), Value::Integer(group)]
    });
    let types = [TEXT, TEXT, SqlType::Integer];
    for (operation, expression) in
        [("regex.extract", "REGEXP_EXTRACT(A, B, C)"), ("regex.extract_all", "REGEXP_EXTRACT_ALL(A, B, C)")]
    {
        Family { tolerated: TOLERATED, ..Family::new(&[operation], expression, &types) }.check(&inputs);
    }
}

#[test]
fn replacements() {
    const REPLACEMENTS: [&str; 14] =
        ["", "x", "$0", "[$1]", "$2$1", "\\$1", "\\\\", "$", "\\", "${n}", "${x}", "$10", "a$9", "${1}"];
    let inputs = rows(810, |random| {
        vec![text(flat_subject(random)), text(any_pattern(random)), text(pick(random, &REPLACEMENTS))]
    });
    let family = Family::new(&["regex.replace"], "REGEXP_REPLACE(A, B, C)", &[TEXT, TEXT, TEXT]);
    Family { tolerated: TOLERATED, ..family }.check(&inputs);
}

#[test]
fn splits() {
    let inputs = rows(820, |random| vec![text(flat_subject(random)), text(any_pattern(random))]);
    let family = Family::new(&["regex.split"], "REGEXP_SPLIT_TO_ARRAY(A, B)", &[TEXT, TEXT]);
    Family { tolerated: TOLERATED, ..family }.check(&inputs);
}

#[test]
fn likes() {
    let inputs = rows(830, |random| {
        let part = |random: &mut ChaCha8Rng| {
            *pick(random, &["%", "_", "a", "b", "%", "!", "\\", ".", "*", "😀", "\n", "[", "^", "$"])
        };
        let pattern: String = (0..random.random_range(0..6)).map(|_| part(random)).collect();
        vec![text(subject(random)), text(pattern)]
    });
    Family::new(&["regex.like"], "A LIKE B", &[TEXT, TEXT]).check(&inputs);
    let family = Family::new(&["regex.like"], "A LIKE B ESCAPE '!'", &[TEXT, TEXT]);
    Family { constants: &["!"], ..family }.check(&inputs);
}
