//! Text to dates, times and timestamps. Texts are made by Java from the pattern itself and then, some of them, damaged.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use weir_engine::types::{SqlType, Value};

use crate::family::Family;
use crate::inputs::{pick, rows, text};
use crate::java::answers;
use crate::time_format::{DATE_LETTERS, TIME_LETTERS, ZONES, instant, pattern, readable_letters};

const TEXT: SqlType = SqlType::String;

/// Of each pattern a text as Java formats it: rows of text and pattern, and a zone.
fn written(family: u64, operation: &str, row: impl FnMut(&mut ChaCha8Rng) -> (i64, String)) -> Vec<Vec<Value>> {
    written_in(family, operation, &ZONES, row)
}

fn written_in(
    family: u64,
    operation: &str,
    zones: &[&str],
    mut row: impl FnMut(&mut ChaCha8Rng) -> (i64, String),
) -> Vec<Vec<Value>> {
    let mut damage = Vec::new();
    let calls = rows(family, |random| {
        let (number, letters) = row(random);
        damage.push((random.random_range(0..8), random.random::<u32>() as usize));
        vec![Value::BigInt(number), text(letters), text(pick(random, zones))]
    });
    let as_text = |value: &Value| match value {
        Value::BigInt(number) => Some(number.to_string()),
        Value::String(text) => Some(text.to_string()),
        _ => None,
    };
    let oracle: Vec<Vec<Option<String>>> = calls
        .iter()
        .map(|call| std::iter::once(Some(operation.to_string())).chain(call.iter().map(as_text)).collect())
        .collect();
    let texts = answers(&oracle);
    let row = |((call, answer), (kind, place)): ((&Vec<Value>, &String), &(u32, usize))| {
        let formatted = answer.strip_prefix('=').unwrap_or("2020-01-01");
        vec![text(damaged(formatted, *kind, *place)), call[1].clone(), call[2].clone()]
    };
    calls.iter().zip(&texts).zip(&damage).map(row).collect()
}

fn damaged(text: &str, kind: u32, place: usize) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return String::new();
    }
    let at = place % chars.len();
    match kind {
        0 => return text.to_lowercase(),
        1 => return text.to_uppercase(),
        2 => {
            chars.remove(at);
        }
        3 => chars.insert(at, ['0', '9', ' ', '-', '+', 'x'][place / 64 % 6]),
        _ => {}
    }
    chars.into_iter().collect()
}

#[test]
fn timestamps() {
    let letters = readable_letters();
    let inputs = written(200, "time.format_timestamp", |random| (instant(random), pattern(random, &letters)));
    Family::new(&["time.parse_timestamp"], "UNIX_TIMESTAMP(PARSE_TIMESTAMP(A, B, C))", &[TEXT, TEXT, TEXT])
        .check(&inputs);
}

#[test]
fn timestamps_by_usual_patterns() {
    const PATTERNS: [&str; 22] = [
        "yyyy-MM-dd HH:mm:ss.SSS",
        "yyyy-MM-dd'T'HH:mm:ssXXX",
        "EEE, d MMM yyyy HH:mm:ss Z",
        "dd/MM/yy hh:mm a",
        "yyyyMMddHHmmssSSS",
        "yyyy-MM-dd[ HH:mm[:ss]]",
        "yyyy-DDD",
        "HH:mm:ss",
        "yyyy-MM-dd HH:mm VV",
        "yyyy-MM-dd HH:mm O",
        "uuuu-MM-dd G",
        "yyyy-MM",
        "MM-dd HH",
        "yyyy",
        "D",
        "hh a",
        "d MMMM yyyy",
        "EEEE d",
        "YYYY-ww-e",
        "yyyy-MM-dd'T'HH:mm:ss.SSSX",
        "A",
        "H:m:s.n",
    ];
    let inputs =
        written(201, "time.format_timestamp", |random| (instant(random), (*pick(random, &PATTERNS)).to_string()));
    Family::new(&["time.parse_timestamp"], "UNIX_TIMESTAMP(PARSE_TIMESTAMP(A, B, C))", &[TEXT, TEXT, TEXT])
        .check(&inputs);
    Family::new(&["time.parse_timestamp"], "STRINGTOTIMESTAMP(A, B, C)", &[TEXT, TEXT, TEXT]).check(&inputs);
}

/// Zones whose names no others share, in the years and months in which all of tzdata's zones of a name agree.
#[test]
fn zone_names() {
    const PATTERNS: [&str; 3] = ["yyyy-MM-dd HH:mm z", "yyyy-MM-dd HH:mm zzzz", "z yyyy-MM-dd"];
    const NAMED: [&str; 8] = [
        "UTC",
        "America/Los_Angeles",
        "America/New_York",
        "Europe/Paris",
        "Asia/Tokyo",
        "Australia/Sydney",
        "Europe/Moscow",
        "Asia/Kathmandu",
    ];
    let inputs = written_in(202, "time.format_timestamp", &NAMED, |random| {
        let (year, month) = (random.random_range(0..20), *pick(random, &[10, 190]));
        let day = 14_610 + year * 365 + month;
        (day * 86_400_000 + random.random_range(0..86_400) * 1000, (*pick(random, &PATTERNS)).to_string())
    });
    Family::new(&["time.parse_timestamp"], "UNIX_TIMESTAMP(PARSE_TIMESTAMP(A, B, C))", &[TEXT, TEXT, TEXT])
        .check(&inputs);
}

fn two_columns(rows: &[Vec<Value>]) -> Vec<Vec<Value>> {
    rows.iter().map(|row| row[..2].to_vec()).collect()
}

#[test]
fn times() {
    let inputs = written(210, "time.format_time", |random| {
        let letters =
            if random.random_bool(0.3) { "HH:mm:ss.SSS".to_string() } else { pattern(random, &TIME_LETTERS[..15]) };
        (random.random_range(0..86_400_000), letters)
    });
    Family::new(&["time.parse_time"], "PARSE_TIME(A, B)", &[TEXT, TEXT]).check(&two_columns(&inputs));
}

#[test]
fn dates() {
    let inputs = written(220, "time.format_date", |random| {
        let usual =
            ["yyyy-MM-dd", "dd MMM uuuu", "yyyyMMdd", "d/M/yy", "yyyy DDD", "EEE yyyy-MM-dd", "YYYY ww e", "y-M-d G"];
        let letters =
            if random.random_bool(0.7) { (*pick(random, &usual)).to_string() } else { pattern(random, &DATE_LETTERS) };
        (instant(random).div_euclid(86_400_000), letters)
    });
    Family::new(&["time.string_to_date"], "STRINGTODATE(A, B)", &[TEXT, TEXT]).check(&two_columns(&inputs));
}

#[test]
fn dates_by_simple_patterns() {
    const PATTERNS: [&str; 20] = [
        "yyyy-MM-dd",
        "dd/MM/yyyy",
        "d MMM yyyy",
        "yyyyMMdd",
        "MMM-yyyy",
        "yy-M-d",
        "EEE, d MMMM yyyy",
        "yyyy DDD",
        "yyyy",
        "MM/dd/yy",
        "yyyy-MM-dd G",
        "w yyyy",
        "'on' yyyy-MM-dd",
        "u w yyyy",
        "W MM yyyy",
        "F E MM yyyy",
        "yyyy-MM-dd HH:mm",
        "y M d",
        "yyyy-MM-dd z",
        "yyyy-MM-dd X",
    ];
    const TEXTS: [&str; 34] = [
        "2019-05-11",
        "2019-5-1",
        "1500-02-29",
        "1582-10-10",
        "0001-01-01",
        "2019-13-41",
        "11/05/2019",
        "11/5/19",
        "1 jan 2020",
        "31 DEC 1999",
        "20200229",
        "2020022",
        "JAN-2022",
        "february-2022",
        "70-1-1",
        "45-1-1",
        "46-12-31",
        "99-1-1",
        "Sat, 3 August 2024",
        "2020 366",
        "2019 366",
        "2020",
        " 2020-01-01",
        "2020-01-01x",
        "-1-01-01",
        "2020-00-00",
        "10 2020",
        "on 2020-01-01",
        "1 10 2020",
        "2 Tue 10 2020",
        "2020-01-01 00:00",
        "2020-01-01 10:00",
        "2020-01-01 +01",
        "0044-03-15 BC",
    ];
    let inputs = rows(230, |random| {
        let (source, letters) = (*pick(random, &TEXTS), *pick(random, &PATTERNS));
        let source = if random.random_bool(0.3) {
            damaged(source, random.random_range(0..4), random.random::<u32>() as usize)
        } else {
            source.to_string()
        };
        vec![text(source), text(letters)]
    });
    Family::new(&["time.parse_date"], "PARSE_DATE(A, B)", &[TEXT, TEXT]).check(&inputs);
}

#[test]
fn casts() {
    const TEXTS: [&str; 20] = [
        "00:00",
        "23:59",
        "23:59:59",
        "12:30:15.5",
        "12:30:15.123456789",
        "24:00",
        "24:00:00",
        "1:00",
        "12:60",
        "12:00:60",
        "12",
        "12:30:",
        "12:30:15.",
        " 12:30",
        "12:30 ",
        "T12:30",
        "12:30:15.1234567891",
        "12:30Z",
        "",
        "25:00",
    ];
    let inputs = rows(240, |random| vec![text(pick(random, &TEXTS))]);
    Family::new(&["time.text_to_time"], "CAST(A AS TIME)", &[TEXT]).check(&inputs);
}
