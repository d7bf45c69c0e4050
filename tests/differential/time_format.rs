//! Dates, times and timestamps as text, by patterns and by casts; offsets of zones.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use weir_engine::types::{SqlType, Value};

use crate::family::Family;
use crate::inputs::{one_of, pick, rows, text};

const TEXT: SqlType = SqlType::String;
const DAY_MS: i64 = 86_400_000;

pub const ZONES: [&str; 26] = [
    "UTC",
    "GMT",
    "Z",
    "+02:00",
    "-0530",
    "+05:45:10",
    "GMT+1",
    "UTC-03:30",
    "America/Los_Angeles",
    "America/New_York",
    "Europe/London",
    "Europe/Paris",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Pacific/Auckland",
    "Africa/Cairo",
    "Asia/Shanghai",
    "America/Chicago",
    "Europe/Moscow",
    "Asia/Dubai",
];

/// Mostly of our time, some far away.
pub fn instant(random: &mut ChaCha8Rng) -> i64 {
    match random.random_range(0..12) {
        0 => random.random_range(-62_135_596_800_000..-2_000_000_000_000),
        1 => random.random_range(-80_000_000_000_000..-60_000_000_000_000),
        2 => random.random_range(4_000_000_000_000..300_000_000_000_000),
        3 => *pick(random, &[0, -1, 1, 951_782_400_000, 4_102_444_800_000, -62_135_596_800_000, 253_402_300_800_000]),
        4 => random.random_range(0..60_000) * DAY_MS,
        // The hours around changes of clocks in 2018 and 2021.
        5 => {
            *pick(random, &[1_520_762_400_000, 1_541_318_400_000, 1_616_893_200_000, 1_635_642_000_000])
                + random.random_range(-4..5) * 1_800_000
        }
        _ => random.random_range(-2_000_000_000_000..3_000_000_000_000),
    }
}

/// A pattern of the letters that `letters` has, with literals, quotes, optional parts and padding.
pub fn pattern(random: &mut ChaCha8Rng, letters: &[char]) -> String {
    let mut out = String::new();
    let mut open = 0;
    for _ in 0..random.random_range(1..7) {
        match random.random_range(0..20) {
            0 => out.push_str(one_of(random, &["'T'", "''", "'o''clock'", "' at '", "'", "''''"])),
            1..=4 => out.push_str(one_of(random, &["-", " ", ":", ".", "/", ", ", "é", "_", "%"])),
            5 => {
                out.push('[');
                open += 1;
            }
            6 if open > 0 || random.random_bool(0.1) => {
                out.push(']');
                open -= 1;
            }
            7 => out.push_str(one_of(random, &["p", "pp", "ppp", "pppp", "pppppp"])),
            _ => {
                let letter = *pick(random, letters);
                let count = *pick(random, &[1, 1, 2, 2, 2, 3, 4, 4, 5, 6]);
                out.extend(std::iter::repeat_n(letter, count));
            }
        }
    }
    out
}

pub const DATE_LETTERS: [char; 20] =
    ['G', 'u', 'y', 'y', 'Y', 'D', 'M', 'M', 'L', 'Q', 'q', 'w', 'W', 'd', 'd', 'E', 'e', 'c', 'F', 'g'];
pub const TIME_LETTERS: [char; 16] = ['a', 'h', 'H', 'H', 'k', 'K', 'm', 'm', 's', 's', 'S', 'S', 'A', 'n', 'N', 'B'];
pub const ZONE_LETTERS: [char; 7] = ['V', 'z', 'O', 'X', 'x', 'Z', 'v'];

pub fn all_letters() -> Vec<char> {
    [&DATE_LETTERS[..], &TIME_LETTERS, &ZONE_LETTERS, &['b', 'j']].concat()
}

/// Those that can be read: periods of the day cannot, and names of zones are looked at on their own.
pub fn readable_letters() -> Vec<char> {
    all_letters().into_iter().filter(|letter| !"Bzv".contains(*letter)).collect()
}

#[test]
fn timestamps() {
    let letters = all_letters();
    let inputs = rows(100, |random| {
        vec![Value::Timestamp(instant(random)), text(pattern(random, &letters)), text(pick(random, &ZONES))]
    });
    let types = [SqlType::Timestamp, TEXT, TEXT];
    Family::new(&["time.format_timestamp"], "FORMAT_TIMESTAMP(A, B, C)", &types).check(&inputs);
}

#[test]
fn timestamps_by_usual_patterns() {
    const PATTERNS: [&str; 14] = [
        "yyyy-MM-dd HH:mm:ss.SSS",
        "yyyy-MM-dd'T'HH:mm:ssXXX",
        "EEE, d MMM yyyy HH:mm:ss Z",
        "dd/MM/yy hh:mm a",
        "yyyyMMddHHmmssSSS",
        "EEEE MMMM d",
        "yyyy-'W'ww-e",
        "yyyy-DDD",
        "HH:mm:ss zzz",
        "zzzz VV",
        "O OOOO",
        "uuuu-MM-dd G",
        "QQQ yyyy",
        "YYYY-MM-dd",
    ];
    let inputs = rows(101, |random| {
        vec![Value::Timestamp(instant(random)), text(pick(random, &PATTERNS)), text(pick(random, &ZONES))]
    });
    let types = [SqlType::Timestamp, TEXT, TEXT];
    Family::new(&["time.format_timestamp"], "FORMAT_TIMESTAMP(A, B, C)", &types).check(&inputs);
}

#[test]
fn dates() {
    let letters = [&DATE_LETTERS[..], &['H']].concat();
    let inputs = rows(110, |random| {
        vec![Value::Date(instant(random).div_euclid(DAY_MS) as i32), text(pattern(random, &letters))]
    });
    Family::new(&["time.format_date"], "FORMAT_DATE(A, B)", &[SqlType::Date, TEXT]).check(&inputs);
}

#[test]
fn times() {
    let letters = [&TIME_LETTERS[..], &['y']].concat();
    let inputs = rows(120, |random| {
        let time = if random.random_bool(0.2) {
            random.random_range(0..24) * 3_600_000
        } else {
            random.random_range(0..86_400_000)
        };
        vec![Value::Time(time), text(pattern(random, &letters))]
    });
    Family::new(&["time.format_time"], "FORMAT_TIME(A, B)", &[SqlType::Time, TEXT]).check(&inputs);
}

#[test]
fn offsets() {
    let inputs = rows(130, |random| {
        vec![Value::Timestamp(instant(random)), text(pick(random, &ZONES)), text(pick(random, &ZONES))]
    });
    let types = [SqlType::Timestamp, TEXT, TEXT];
    Family::new(&["time.convert_tz"], "UNIX_TIMESTAMP(CONVERT_TZ(A, B, C))", &types).check(&inputs);
}

#[test]
fn casts() {
    let inputs = rows(140, |random| vec![Value::Timestamp(instant(random))]);
    Family::new(&["time.timestamp_to_text"], "CAST(A AS STRING)", &[SqlType::Timestamp]).check(&inputs);
    let inputs = rows(141, |random| vec![Value::Date(instant(random).div_euclid(DAY_MS) as i32)]);
    Family::new(&["time.date_to_text"], "CAST(A AS STRING)", &[SqlType::Date]).check(&inputs);
    let inputs = rows(142, |random| {
        vec![Value::Time(random.random_range(0..24) * 3_600_000 + random.random_range(0..90_000) % 3_600_000)]
    });
    Family::new(&["time.time_to_text"], "CAST(A AS STRING)", &[SqlType::Time]).check(&inputs);
}
