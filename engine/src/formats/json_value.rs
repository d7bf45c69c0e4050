//! JSON text of single values at the rims: rows for REST clients, and the rows they insert. Not for records.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde_json::Value as Json;

use super::decimal::{self, BigDecimal};
use super::java_map;
use super::json::{append_double, append_string};
use crate::expr::text::{format_date, format_result_timestamp};
use crate::types::{SqlType, StructField, Value};

/// Appends `value` of `data_type` as the REST API shows it: temporal values as ISO text, DECIMAL as a plain number, DOUBLE
/// always with a fraction or exponent, BYTES as base64.
pub fn value_to_rest_json(value: &Value, data_type: &SqlType, out: &mut String) {
    let mut bytes = std::mem::take(out).into_bytes();
    append_rest(value, data_type, &mut bytes);
    // Only whole texts were appended.
    *out = String::from_utf8(bytes).unwrap_or_default();
}

fn append_rest(value: &Value, data_type: &SqlType, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        Value::Integer(i) => out.extend_from_slice(itoa::Buffer::new().format(*i).as_bytes()),
        Value::BigInt(i) => out.extend_from_slice(itoa::Buffer::new().format(*i).as_bytes()),
        Value::Double(d) => append_double(*d, out),
        Value::Decimal { unscaled, scale } => decimal::append_plain_wide(*unscaled, *scale, out),
        Value::String(text) => append_string(text, out),
        Value::Bytes(bytes) => append_string(&STANDARD.encode(bytes), out),
        Value::Time(millis) => append_string(&time_text(*millis), out),
        Value::Date(days) => append_string(&format_date(*days), out),
        Value::Timestamp(millis) => append_string(&format_result_timestamp(*millis), out),
        Value::Array(items) => append_rest_items(items, data_type, out),
        Value::Map(entries) => append_rest_entries(entries, data_type, out),
        Value::Struct(values) => append_rest_fields(values, data_type, out),
    }
}

fn append_rest_items(items: &[Value], data_type: &SqlType, out: &mut Vec<u8>) {
    let SqlType::Array(item_type) = data_type else { return out.extend_from_slice(b"null") };
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        append_rest(item, item_type, out);
    }
    out.push(b']');
}

fn append_rest_entries(entries: &[(Value, Value)], data_type: &SqlType, out: &mut Vec<u8>) {
    let SqlType::Map(key_type, value_type) = data_type else { return out.extend_from_slice(b"null") };
    let names: Vec<String> = entries.iter().map(|(key, _)| name_text(key, key_type)).collect();
    out.push(b'{');
    for (place, index) in java_map::order(0..entries.len(), |i| &names[i]).into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        append_string(&names[index], out);
        out.push(b':');
        append_rest(&entries[index].1, value_type, out);
    }
    out.push(b'}');
}

/// A map key as the name of an object's field.
fn name_text(key: &Value, key_type: &SqlType) -> String {
    match key {
        Value::String(text) => text.to_string(),
        other => {
            let mut text = String::new();
            value_to_rest_json(other, key_type, &mut text);
            text.trim_matches('"').to_owned()
        }
    }
}

fn append_rest_fields(values: &[Value], data_type: &SqlType, out: &mut Vec<u8>) {
    let SqlType::Struct(fields) = data_type else { return out.extend_from_slice(b"null") };
    out.push(b'{');
    for (index, (field, value)) in fields.iter().zip(values).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        append_string(field.name.as_str(), out);
        out.push(b':');
        // ksqlDB writes a struct's timestamps as numbers (recorded/types-in-results).
        match value {
            Value::Timestamp(millis) => out.extend_from_slice(itoa::Buffer::new().format(*millis).as_bytes()),
            other => append_rest(other, &field.data_type, out),
        }
    }
    out.push(b'}');
}

/// `HH:mm`, or `HH:mm:ss` where the seconds are not zero; milliseconds are not shown (recorded/types-in-results).
fn time_text(millis: i32) -> String {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(millis.div_euclid(1_000) as u32, 0).unwrap_or_default();
    time.format(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

/// Why a JSON value was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonValueError {
    /// The client's fault, told in ksqlDB's words (code 40000).
    #[error("Can't coerce a field of type class {class} into type {data_type}")]
    NotCoercible { class: &'static str, data_type: String },
    /// ksqlDB only notices when it writes the row, and says no more than this (code 50000).
    #[error("Error in processing inserts. Check server logs for details.")]
    InsideOfValue,
}

/// The value of `data_type` that a client gave as JSON for one column of an inserted row.
///
/// The rules are those of `/inserts-stream`: integers widen to larger numbers, text becomes a DECIMAL, temporal value or
/// BYTES, and nothing else changes its kind. DECIMAL is rounded half up.
pub fn json_to_value(json: &Json, data_type: &SqlType) -> Result<Value, JsonValueError> {
    match convert(json, data_type) {
        Some(value) => Ok(value),
        None if fails_late(json, data_type) => Err(JsonValueError::InsideOfValue),
        None => Err(JsonValueError::NotCoercible { class: java_class(json), data_type: data_type.to_string() }),
    }
}

/// Array items and base64 text are first looked at when the row is written.
fn fails_late(json: &Json, data_type: &SqlType) -> bool {
    matches!((json, data_type), (Json::Array(_), SqlType::Array(_)) | (Json::String(_), SqlType::Bytes))
}

fn convert(json: &Json, data_type: &SqlType) -> Option<Value> {
    Some(match (json, data_type) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(b), SqlType::Boolean) => Value::Boolean(*b),
        (Json::Number(n), SqlType::Integer) => Value::Integer(n.as_str().parse().ok()?),
        (Json::Number(n), SqlType::BigInt) => Value::BigInt(n.as_str().parse().ok()?),
        (Json::Number(n), SqlType::Double) => Value::Double(n.as_str().parse().ok()?),
        (Json::Number(n), SqlType::Decimal { scale, .. }) => decimal_value(n.as_str(), *scale)?,
        (Json::String(text), SqlType::Decimal { scale, .. }) => decimal_value(text, *scale)?,
        (Json::String(text), SqlType::String) => Value::string(text),
        (Json::String(text), SqlType::Bytes) => Value::Bytes(STANDARD.decode(text).ok()?.into()),
        (Json::String(text), SqlType::Time) => parse_time(text)?,
        (Json::String(text), SqlType::Date) => parse_date(text)?,
        (Json::String(text), SqlType::Timestamp) => parse_timestamp(text)?,
        (Json::Array(items), SqlType::Array(item)) => {
            Value::Array(items.iter().map(|json| convert(json, item)).collect::<Option<_>>()?)
        }
        (Json::Object(entries), SqlType::Map(key, value)) if **key == SqlType::String => {
            let entry = |(name, json): (&String, &Json)| Some((Value::string(name), convert(json, value)?));
            Value::Map(entries.iter().map(entry).collect::<Option<_>>()?)
        }
        (Json::Object(entries), SqlType::Struct(fields)) => {
            Value::Struct(fields.iter().map(|field| struct_field(entries, field)).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// A field given under its name, or under one that is its name once upper-cased or freed of back-quotes.
fn struct_field(entries: &serde_json::Map<String, Json>, field: &StructField) -> Option<Value> {
    let name = field.name.as_str();
    let named = entries.iter().rfind(|(given, _)| folded_name(given) == name).or_else(|| entries.get_key_value(name));
    named.map_or(Some(Value::Null), |(_, json)| convert(json, &field.data_type))
}

/// A client's name for a column or field: upper case unless it stands in back-quotes or double quotes.
pub fn folded_name(given: &str) -> String {
    let quoted = ['`', '"'].iter().find_map(|&quote| given.strip_prefix(quote)?.strip_suffix(quote));
    quoted.map_or_else(|| given.to_uppercase(), str::to_owned)
}

fn decimal_value(text: &str, scale: u32) -> Option<Value> {
    let unscaled = BigDecimal::parse(text).ok()?.round_half_up(scale)?;
    Some(Value::Decimal { unscaled, scale })
}

fn parse_time(text: &str) -> Option<Value> {
    let time = ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|p| NaiveTime::parse_from_str(text, p).ok())?;
    Some(Value::Time((time.num_seconds_from_midnight() * 1_000 + time.nanosecond() / 1_000_000) as i32))
}

fn parse_date(text: &str) -> Option<Value> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(Value::Date(i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()?))
}

/// A date, or a date and time, with `Z` or an offset or without (UTC).
fn parse_timestamp(text: &str) -> Option<Value> {
    let zoned = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"]
        .iter()
        .find_map(|p| DateTime::parse_from_str(text, p).ok())
        .map(|moment| moment.timestamp_millis());
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|p| NaiveDateTime::parse_from_str(text, p).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
        .map(|moment| moment.and_utc().timestamp_millis());
    zoned.or(local).map(Value::Timestamp)
}

/// The class in which ksqlDB holds a value of a request.
fn java_class(json: &Json) -> &'static str {
    match json {
        Json::Null => "java.lang.Object",
        Json::Bool(_) => "java.lang.Boolean",
        Json::String(_) => "java.lang.String",
        Json::Array(_) => "io.vertx.core.json.JsonArray",
        Json::Object(_) => "io.vertx.core.json.JsonObject",
        Json::Number(n) if n.as_str().parse::<i32>().is_ok() => "java.lang.Integer",
        Json::Number(n) if n.as_str().parse::<i64>().is_ok() => "java.lang.Long",
        Json::Number(n) if n.as_str().bytes().all(|b| b.is_ascii_digit() || b == b'-') => "java.math.BigInteger",
        Json::Number(_) => "java.lang.Double",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structure() -> SqlType {
        let field = |name: &str, data_type| StructField { name: weir_parser::ast::Name::new(name), data_type };
        SqlType::Struct(vec![field("HOST", SqlType::String), field("PORT", SqlType::Integer)])
    }

    #[test]
    fn inserted_values_come_back_as_clients_see_them() {
        fn check(data_type: SqlType, json: &str, expected: Result<&str, &str>) {
            let parsed: Json = serde_json::from_str(json).unwrap();
            let got = json_to_value(&parsed, &data_type).map_err(|e| e.to_string()).map(|value| {
                let mut text = String::new();
                value_to_rest_json(&value, &data_type, &mut text);
                text
            });
            assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned), "{json}");
        }
        check(SqlType::Integer, "7", Ok("7"));
        check(
            SqlType::Integer,
            "\"seven\"",
            Err("Can't coerce a field of type class java.lang.String into type INTEGER"),
        );
        check(
            SqlType::Integer,
            "99999999999",
            Err("Can't coerce a field of type class java.lang.Long into type INTEGER"),
        );
        check(SqlType::BigInt, "9007199254740993", Ok("9007199254740993"));
        check(SqlType::BigInt, "1.5", Err("Can't coerce a field of type class java.lang.Double into type BIGINT"));
        check(SqlType::Double, "1", Ok("1.0"));
        check(SqlType::Double, "1e10", Ok("1.0E10"));
        check(SqlType::decimal(6, 3), "1.5", Ok("1.500"));
        check(SqlType::decimal(6, 3), "\"2.2545\"", Ok("2.255"));
        check(SqlType::String, "5", Err("Can't coerce a field of type class java.lang.Integer into type STRING"));
        check(
            SqlType::Boolean,
            "\"true\"",
            Err("Can't coerce a field of type class java.lang.String into type BOOLEAN"),
        );
        check(SqlType::Timestamp, "\"2024-05-06T07:08:09.123\"", Ok("\"2024-05-06T07:08:09.123\""));
        check(SqlType::Timestamp, "\"2024-05-06\"", Ok("\"2024-05-06T00:00:00.000\""));
        check(
            SqlType::Timestamp,
            "\"soon\"",
            Err("Can't coerce a field of type class java.lang.String into type TIMESTAMP"),
        );
        check(SqlType::Date, "\"1969-12-31\"", Ok("\"1969-12-31\""));
        check(SqlType::Time, "\"07:08:09\"", Ok("\"07:08:09\""));
        check(SqlType::Time, "\"07:08\"", Ok("\"07:08\""));
        check(SqlType::Time, "\"07:08:00.5\"", Ok("\"07:08\""));
        check(SqlType::Bytes, "\"aGk=\"", Ok("\"aGk=\""));
        check(SqlType::Bytes, "\"?\"", Err("Error in processing inserts. Check server logs for details."));
        check(SqlType::array(SqlType::String), "[\"a\",null]", Ok("[\"a\",null]"));
        check(
            SqlType::array(SqlType::String),
            "[1]",
            Err("Error in processing inserts. Check server logs for details."),
        );
        check(
            SqlType::array(SqlType::String),
            "\"a\"",
            Err("Can't coerce a field of type class java.lang.String into type ARRAY<STRING>"),
        );
        check(SqlType::map(SqlType::String, SqlType::Integer), "{\"x\":1}", Ok("{\"x\":1}"));
        check(structure(), "{\"host\":\"h\",\"PORT\":80}", Ok("{\"HOST\":\"h\",\"PORT\":80}"));
        check(
            structure(),
            "{\"HOST\":1}",
            Err(
                "Can't coerce a field of type class io.vertx.core.json.JsonObject into type STRUCT<`HOST` STRING, `PORT` INTEGER>",
            ),
        );
    }
}
