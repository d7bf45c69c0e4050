//! Text forms of values as casts and functions see them: temporal text, Java's text of doubles, containers.
//!
//! What a value looks like in a record is the business of `formats`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{NaiveDate, TimeDelta};

use super::decimal::{Decimal, write_decimal};
use crate::functions::datetime::Zone;
use crate::functions::datetime::calendar::{Civil, civil, hybrid_civil};
use crate::functions::java_text::{push_double, trim};
use crate::types::{SqlType, Value};

pub const MILLIS_OF_DAY: i64 = 86_400_000;

/// Parses `yyyy[-MM[-dd]]['T'[HH[:mm[:ss[.SSS]]]]][zone]` to ms since the epoch. Missing parts are the least, no zone is
/// UTC; zones are `Z`, `+0100`, `+01:00`, `+01` or a region.
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let text = trim(text);
    let (date, rest) = match text.find('T') {
        // Regions such as `UTC` hold the letter too, but only behind a time.
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    };
    let date = partial_date(date)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    let local = date.and_hms_opt(0, 0, 0)? + TimeDelta::milliseconds(partial_time(time)?);
    zoned_millis(local.and_utc().timestamp_millis(), zone.trim())
}

fn partial_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |p| digits(p, 2))?;
    let day = parts.next().map_or(Some(1), |p| digits(p, 2))?;
    if parts.next().is_some() {
        return None;
    }
    NaiveDate::from_ymd_opt(year as i32, month, day)
}

/// Ms of the day of `HH[:mm[:ss[.fraction]]]`; 0 for no text. `24:00`, as in Java, is the day's end.
fn partial_time(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let mut parts = text.split(':');
    let hours = digits(parts.next()?, 2)?;
    let minutes = parts.next().map_or(Some(0), |p| digits(p, 2))?;
    let (seconds, millis) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (seconds, fraction) = part.split_once('.').unwrap_or((part, "0"));
            (digits(seconds, 2)?, fraction_millis(fraction)?)
        }
    };
    let valid = hours <= 24 && minutes < 60 && seconds < 60 && parts.next().is_none();
    let time = ((hours * 60 + minutes) * 60 + seconds) as i64 * 1_000 + millis;
    (valid && time <= MILLIS_OF_DAY).then_some(time)
}

fn fraction_millis(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{text:0<3}")[..3].parse().ok()
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// The instant of a local time in a zone; no zone is UTC.
fn zoned_millis(local_ms: i64, zone: &str) -> Option<i64> {
    if zone.is_empty() || zone == "z" {
        return Some(local_ms);
    }
    let zone = Zone::parse(zone.trim_start_matches('[').trim_end_matches(']')).ok()?;
    Some(local_ms - i64::from(zone.offset_seconds_at_local(local_ms)) * 1_000)
}

/// Parses a date, in the partial forms of timestamps, to days since the epoch. A time of day is refused.
pub fn parse_date(text: &str) -> Option<i32> {
    let millis = parse_timestamp(text)?;
    (millis % MILLIS_OF_DAY == 0).then_some((millis / MILLIS_OF_DAY) as i32)
}

/// Parses `HH:mm[:ss[.fraction]]` to ms of the day.
pub fn parse_time(text: &str) -> Option<i32> {
    // A point may stand without digits; 24:00 is the end of a day, but no time of one.
    let text = text.strip_suffix('.').filter(|rest| rest.len() == 8).unwrap_or(text);
    if text.starts_with("24") {
        return None;
    }
    text.contains(':').then(|| partial_time(text).map(|millis| millis as i32))?
}

/// `yyyy-MM-dd'T'HH:mm:ss.SSS` in UTC.
pub fn format_timestamp(millis: i64) -> String {
    let mut out = String::with_capacity(23);
    write_timestamp(millis, &mut out);
    out
}

pub(crate) fn write_timestamp(millis: i64, out: &mut String) {
    write_date(civil(millis.div_euclid(MILLIS_OF_DAY)), out);
    write_millis_of_day(millis, out);
}

/// The same as result rows show it: Java's older classes count days before 1582-10-15 by the Julian calendar.
pub fn format_result_timestamp(millis: i64) -> String {
    let mut out = String::with_capacity(23);
    write_date(hybrid_civil(millis.div_euclid(MILLIS_OF_DAY)), &mut out);
    write_millis_of_day(millis, &mut out);
    out
}

fn write_millis_of_day(millis: i64, out: &mut String) {
    let (seconds, millis) = (millis.rem_euclid(MILLIS_OF_DAY) / 1_000, millis.rem_euclid(1_000));
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let _ = write!(out, "T{h:02}:{m:02}:{s:02}.{millis:03}");
}

/// `yyyy-MM-dd`; years before 1 count as those of their era, those of five digits have a sign.
fn write_date((year, month, day): Civil, out: &mut String) {
    let year = if year > 0 { year } else { 1 - year };
    let sign = if year > 9999 { "+" } else { "" };
    let _ = write!(out, "{sign}{year:04}-{month:02}-{day:02}");
}

/// `yyyy-MM-dd`.
pub fn format_date(days: i32) -> String {
    let mut out = String::with_capacity(10);
    write_date(civil(i64::from(days)), &mut out);
    out
}

/// `HH:mm`, or `HH:mm:ss` when there are seconds; milliseconds are dropped.
pub fn format_time(millis: i32) -> String {
    let seconds = millis / 1_000;
    let (h, m, s) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if s == 0 { format!("{h:02}:{m:02}") } else { format!("{h:02}:{m:02}:{s:02}") }
}

/// Words that literals may use for BOOLEAN: any prefix of true, yes, false or no, in any case.
pub(crate) fn parse_boolean_word(text: &str) -> Option<bool> {
    let word = trim(text).to_ascii_lowercase();
    let starts = |full: &str| !word.is_empty() && full.starts_with(&word);
    if starts("true") || starts("yes") {
        Some(true)
    } else if starts("false") || starts("no") {
        Some(false)
    } else {
        None
    }
}

/// The value's text as CAST to STRING has it; `null` for NULL.
pub fn value_text(value: &Value, data_type: &SqlType) -> String {
    let mut out = String::new();
    write_value(value, data_type, &mut out);
    out
}

/// The value as CAST to STRING has it; NULL is `null`, which only shows inside containers.
pub(crate) fn write_value(value: &Value, data_type: &SqlType, out: &mut String) {
    match (value, data_type) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Boolean(b), _) => out.push_str(if *b { "true" } else { "false" }),
        (Value::Integer(i), _) => out.push_str(itoa::Buffer::new().format(*i)),
        (Value::BigInt(i), _) => out.push_str(itoa::Buffer::new().format(*i)),
        (Value::Double(d), _) => push_double(*d, out),
        (Value::Decimal { unscaled, scale }, _) => {
            let number = Decimal::from_i256(*unscaled, *scale);
            write_decimal(&number.unscaled, number.scale, out);
        }
        (Value::String(s), _) => out.push_str(s),
        (Value::Bytes(b), _) => BASE64.encode_string(b, out),
        (Value::Time(t), _) => out.push_str(&format_time(*t)),
        (Value::Date(d), _) => write_date(civil(i64::from(*d)), out),
        (Value::Timestamp(t), _) => write_timestamp(*t, out),
        (Value::Array(items), SqlType::Array(item)) => {
            out.push('[');
            for (i, value) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_value(value, item, out);
            }
            out.push(']');
        }
        (Value::Map(entries), SqlType::Map(key_type, value_type)) => {
            out.push('{');
            for (i, (key, value)) in entries.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_value(key, key_type, out);
                out.push('=');
                write_value(value, value_type, out);
            }
            out.push('}');
        }
        (Value::Struct(values), SqlType::Struct(fields)) => {
            out.push_str("Struct{");
            let present = values.iter().zip(fields).filter(|(value, _)| !value.is_null());
            for (i, (value, field)) in present.enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                out.push_str(field.name.as_str());
                out.push('=');
                write_value(value, &field.data_type, out);
            }
            out.push('}');
        }
        _ => {}
    }
}

/// BYTES of base64 text, with or without padding.
pub(crate) fn parse_base64(text: &str) -> Option<Vec<u8>> {
    crate::functions::java_text::decode_base64(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(parse_timestamp(text), expected, "{text}");
        check("1970", Some(0));
        check("1970-02", Some(31 * MILLIS_OF_DAY));
        check("1970-01-02", Some(MILLIS_OF_DAY));
        check("1970-01-01T01", Some(3_600_000));
        check("1970-01-01T01:02:03.4", Some(3_723_400));
        check("1970-01-01T01:02:03.456Z", Some(3_723_456));
        check("1970-01-01T01:00:00+0100", Some(0));
        check("1970-01-01T01:00:00+01:00", Some(0));
        check("2020-07-01T02:00:00 Europe/Paris", Some(1_593_561_600_000));
        check("1970-01-01T24", Some(MILLIS_OF_DAY));
        check("1970-01-01T24:01", None);
        check("foo", None);
        check("1970-13", None);
        assert_eq!(format_timestamp(-1), "1969-12-31T23:59:59.999");
        assert_eq!(format_timestamp(-62_135_596_800_000), "0001-01-01T00:00:00.000");
        assert_eq!(format_result_timestamp(-62_135_596_800_000), "0001-01-03T00:00:00.000");
        assert_eq!(format_timestamp(253_402_300_800_000), "+10000-01-01T00:00:00.000");
    }

    #[test]
    fn dates_and_times() {
        assert_eq!(parse_date("1970-01"), Some(0));
        assert_eq!(parse_date("1970-01-01T01:00"), None);
        assert_eq!(parse_time("00:01"), Some(60_000));
        assert_eq!(parse_time("00"), None);
        assert_eq!(parse_time("24:00"), None);
        assert_eq!(format_date(-1), "1969-12-31");
        assert_eq!(format_time(60_000), "00:01");
        assert_eq!(format_time(61_999), "00:01:01");
    }
}
