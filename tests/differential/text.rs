//! Text and bytes.

use rand::RngExt;
use weir_engine::types::{SqlType, Value};

use crate::family::Family;
use crate::inputs::{pick, rows, text, words};

const TEXT: SqlType = SqlType::String;
const NUMBER: SqlType = SqlType::Integer;

#[test]
fn functions_of_one_text() {
    let inputs = rows(400, |random| vec![text(words(random, 12))]);
    for name in ["lcase", "ucase", "len", "trim", "initcap", "mask", "md5"] {
        let (operation, expression) = (format!("text.{name}"), format!("{name}(A)"));
        Family::new(&[&operation], &expression, &[TEXT]).check(&inputs);
    }
}

#[test]
fn parts_of_text() {
    let inputs = rows(410, |random| {
        let number = |random: &mut rand_chacha::ChaCha8Rng| {
            Value::Integer(*pick(random, &[0, 1, 2, 3, 5, 9, -1, -2, -4, -20, 30, i32::MAX, i32::MIN]))
        };
        vec![text(words(random, 10)), number(random), number(random)]
    });
    let two: Vec<Vec<Value>> = inputs.iter().map(|row| row[..2].to_vec()).collect();
    Family::new(&["text.substring"], "SUBSTRING(A, B, C)", &[TEXT, NUMBER, NUMBER]).check(&inputs);
    Family::new(&["text.substring"], "SUBSTRING(A, B)", &[TEXT, NUMBER]).check(&two);
}

#[test]
fn padding() {
    let inputs = rows(420, |random| {
        vec![text(words(random, 6)), Value::Integer(random.random_range(-2..20)), text(words(random, 3))]
    });
    Family::new(&["text.lpad"], "LPAD(A, B, C)", &[TEXT, NUMBER, TEXT]).check(&inputs);
    Family::new(&["text.rpad"], "RPAD(A, B, C)", &[TEXT, NUMBER, TEXT]).check(&inputs);
}

#[test]
fn searches() {
    let word = |random: &mut rand_chacha::ChaCha8Rng, longest: usize| -> String {
        let length = random.random_range(0..=longest);
        (0..length).map(|_| *pick(random, &['a', 'b', 'a', '😀', 'é', '.'])).collect()
    };
    let inputs = rows(430, |random| {
        let (position, occurrence) = (random.random_range(-9..10), random.random_range(-1..4));
        vec![
            text(word(random, 10)),
            text(format!("{}a", word(random, 1))),
            Value::Integer(position),
            Value::Integer(occurrence),
        ]
    });
    Family::new(&["text.instr"], "INSTR(A, B, C, D)", &[TEXT, TEXT, NUMBER, NUMBER]).check(&inputs);
    // Where nothing is replaced everywhere, Java also looks between the halves of surrogate pairs.
    let plain = |word: String| text(word.replace('😀', "é"));
    let inputs = rows(431, |random| vec![plain(word(random, 10)), plain(word(random, 2)), plain(word(random, 2))]);
    Family::new(&["text.replace"], "REPLACE(A, B, C)", &[TEXT, TEXT, TEXT]).check(&inputs);
    let two: Vec<Vec<Value>> = inputs.iter().map(|row| row[..2].to_vec()).collect();
    Family::new(&["text.split"], "SPLIT(A, B)", &[TEXT, TEXT]).check(&two);
}

#[test]
fn orders() {
    let inputs = rows(440, |random| vec![text(words(random, 3)), text(words(random, 3))]);
    Family::new(&["text.compare"], "A < B", &[TEXT, TEXT]).check(&inputs);
}

#[test]
fn code_points() {
    let inputs = rows(450, |random| {
        let code = *pick(random, &[-1, 0, 75, 0xD7FF, 0xE000, 0x1_F600, 0x10_FFFF, 0x11_0000, 22909]);
        let other = random.random_range(0..0xD800);
        vec![Value::Integer(if random.random_bool(0.5) { code } else { other })]
    });
    Family::new(&["text.chr"], "CHR(A)", &[NUMBER]).check(&inputs);
}

#[test]
fn encodings() {
    let to_bytes = rows(460, |random| {
        let digits = *pick(
            random,
            &["", "1aB2", "abc", "zz", "IQ==", "IQ", "aGVsbG8=", "a-_b", "QUJD\n", "====", "QQ=", "QR=="],
        );
        let any = if random.random_bool(0.5) { digits.to_string() } else { words(random, 8) };
        vec![text(any), text(*pick(random, &["hex", "utf8", "ascii", "base64"]))]
    });
    Family::new(&["text.to_bytes"], "TO_BYTES(A, B)", &[TEXT, TEXT]).check(&to_bytes);
    let from_bytes = rows(461, |random| {
        let length = random.random_range(0..9);
        let high = [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0xc0, 0xed, 0xa0, 0x41, 0x7f];
        let bytes: Vec<u8> =
            (0..length).map(|_| if random.random_bool(0.7) { *pick(random, &high) } else { random.random() }).collect();
        vec![Value::Bytes(bytes.into()), text(*pick(random, &["hex", "utf8", "ascii", "base64"]))]
    });
    Family::new(&["text.from_bytes"], "FROM_BYTES(A, B)", &[SqlType::Bytes, TEXT]).check(&from_bytes);
}
