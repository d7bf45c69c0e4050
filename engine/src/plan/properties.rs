//! Properties of WITH clauses: which statement knows which, their types, and ksqlDB's words for wrong ones.

use weir_parser::ast::{Literal, Properties};

use crate::analyzer::AnalysisError;
use crate::formats::parse_delimiter;
use crate::functions::datetime::DateTimePattern;
use crate::metastore::{SourceWindow, SourceWindowKind};

/// A statement with a WITH clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyOwner {
    Create,
    CreateAs,
    InsertInto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PropertyType {
    Text,
    NonEmptyText,
    Int,
    Short,
    Long,
    Boolean,
    Delimiter,
    WindowType,
    WindowSize,
    NullableRepresentation,
}

use PropertyType::{
    Boolean, Delimiter, Int, Long, NonEmptyText, NullableRepresentation, Short, Text, WindowSize, WindowType,
};

const CREATE: u8 = 1;
const CREATE_AS: u8 = 2;
const INSERT_INTO: u8 = 4;
const BOTH: u8 = CREATE | CREATE_AS;

/// Name, type and the statements that know the property.
const PROPERTIES: &[(&str, PropertyType, u8)] = &[
    ("KAFKA_TOPIC", NonEmptyText, BOTH),
    ("PARTITIONS", Int, BOTH),
    ("REPLICAS", Short, BOTH),
    ("RETENTION_MS", Long, BOTH),
    ("CLEANUP_POLICY", Text, BOTH),
    ("FORMAT", Text, BOTH),
    ("KEY_FORMAT", Text, BOTH),
    ("VALUE_FORMAT", Text, BOTH),
    ("KEY_DELIMITER", Delimiter, BOTH),
    ("VALUE_DELIMITER", Delimiter, BOTH),
    ("WRAP_SINGLE_VALUE", Boolean, BOTH),
    ("TIMESTAMP", Text, BOTH),
    ("TIMESTAMP_FORMAT", Text, BOTH),
    ("KEY_SCHEMA_ID", Int, BOTH),
    ("VALUE_SCHEMA_ID", Int, BOTH),
    ("KEY_SCHEMA_FULL_NAME", Text, BOTH),
    ("VALUE_SCHEMA_FULL_NAME", Text, BOTH),
    ("VALUE_AVRO_SCHEMA_FULL_NAME", Text, BOTH),
    ("KEY_PROTOBUF_NULLABLE_REPRESENTATION", NullableRepresentation, BOTH),
    ("VALUE_PROTOBUF_NULLABLE_REPRESENTATION", NullableRepresentation, BOTH),
    ("WINDOW_TYPE", WindowType, CREATE),
    ("WINDOW_SIZE", WindowSize, CREATE),
    ("SOURCED_BY_CONNECTOR", Text, CREATE),
    ("QUERY_ID", Text, INSERT_INTO),
];

/// Checks a WITH clause on its own.
///
/// # Errors
/// Wrong values, missing and unknown properties and pairs that exclude each other.
pub fn check(properties: &Properties, owner: PropertyOwner) -> Result<(), AnalysisError> {
    check_all(properties, owner).map_err(|message| AnalysisError::statement(message).failed_to_prepare())
}

fn check_all(properties: &Properties, owner: PropertyOwner) -> Result<(), String> {
    let owner_bit = match owner {
        PropertyOwner::Create => CREATE,
        PropertyOwner::CreateAs => CREATE_AS,
        PropertyOwner::InsertInto => INSERT_INTO,
    };
    let known = || PROPERTIES.iter().filter(|(_, _, owners)| owners & owner_bit != 0);
    for (name, kind, _) in known() {
        if let Some(value) = properties.get(name) {
            check_value(name, *kind, value)?;
        }
    }
    if owner == PropertyOwner::Create && properties.get("KAFKA_TOPIC").is_none() {
        return Err("Missing required property \"KAFKA_TOPIC\" which has no default value.".into());
    }
    let mut unknown: Vec<String> = properties.0.iter().map(|(name, _)| name.to_ascii_uppercase()).collect();
    if let Some((_, repeated)) = unknown.iter().enumerate().find(|(i, name)| unknown[..*i].contains(name)) {
        return Err(format!("Property {repeated} is given more than once in the WITH clause."));
    }
    unknown.retain(|name| !known().any(|(known, ..)| known == name));
    if !unknown.is_empty() {
        unknown.sort();
        return Err(format!("Invalid config variable(s) in the WITH clause: {}", unknown.join(",")));
    }
    check_pairs(properties)
}

fn check_pairs(properties: &Properties) -> Result<(), String> {
    for side in ["KEY_FORMAT", "VALUE_FORMAT"] {
        if properties.get("FORMAT").is_some() && properties.get(side).is_some() {
            return Err(format!(
                "Cannot supply both '{side}' and 'FORMAT' properties, as 'FORMAT' sets both key and value formats. Either \
                 use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'."
            ));
        }
    }
    if properties.get("VALUE_AVRO_SCHEMA_FULL_NAME").is_some() && properties.get("VALUE_SCHEMA_FULL_NAME").is_some() {
        return Err(
            "Cannot supply both 'VALUE_AVRO_SCHEMA_FULL_NAME' and 'VALUE_SCHEMA_FULL_NAME' properties. Please \
                    only set 'VALUE_SCHEMA_FULL_NAME'."
                .into(),
        );
    }
    if let Some(pattern) = text(properties, "TIMESTAMP_FORMAT") {
        check_datetime_pattern(&pattern)
            .map_err(|reason| format!("Invalid datetime format for config:TIMESTAMP_FORMAT, reason:{reason}"))?;
    }
    window(properties).map(|_| ())
}

fn check_value(name: &str, kind: PropertyType, value: &Literal) -> Result<(), String> {
    let invalid = |reason: &str| Err(format!("Invalid value {} for property {name}: {reason}", plain_text(value)));
    match kind {
        Int | Short | Long => check_number(kind, value).or_else(|reason| invalid(&reason)),
        Boolean => match value {
            Literal::Boolean(_) => Ok(()),
            Literal::String(s) if ["true", "false"].iter().any(|word| s.trim().eq_ignore_ascii_case(word)) => Ok(()),
            _ => invalid("Expected value to be either true or false"),
        },
        _ => {
            let Literal::String(text) = value else {
                return invalid(&format!("Expected value to be a string, but it was a {}", java_class(value)));
            };
            check_text(kind, text).or_else(|reason| match reason {
                Reason::Value(reason) => invalid(&reason),
                Reason::Configuration(reason) => Err(format!("Configuration {name} is invalid: {reason}")),
            })
        }
    }
}

fn check_number(kind: PropertyType, value: &Literal) -> Result<(), String> {
    let (word, bits, min, max) = match kind {
        Short => ("SHORT", "16-bit integer (short)", i64::from(i16::MIN), i64::from(i16::MAX)),
        Long => ("LONG", "64-bit integer (long)", i64::MIN, i64::MAX),
        _ => ("INT", "32-bit integer", i64::from(i32::MIN), i64::from(i32::MAX)),
    };
    let in_range = |n: i64| (min..=max).contains(&n);
    match value {
        Literal::Integer(n) if in_range(i64::from(*n)) => Ok(()),
        Literal::BigInt(n) if in_range(*n) => Ok(()),
        Literal::String(s) if s.trim().parse().is_ok_and(in_range) => Ok(()),
        Literal::String(_) => Err(format!("Not a number of type {word}")),
        _ => Err(format!("Expected value to be a {bits}, but it was a {}", java_class(value))),
    }
}

enum Reason {
    Value(String),
    Configuration(String),
}

fn check_text(kind: PropertyType, text: &str) -> Result<(), Reason> {
    match kind {
        NonEmptyText if text.is_empty() => Err(Reason::Value("String must be non-empty".into())),
        Delimiter => parse_delimiter(text).map(|_| ()).map_err(|e| Reason::Configuration(e.to_string())),
        WindowType if window_kind(text).is_none() => {
            Err(Reason::Value("String must be one of: SESSION, HOPPING, TUMBLING, null".into()))
        }
        WindowSize => parse_window_size(text).map(|_| ()).map_err(Reason::Configuration),
        NullableRepresentation if !["OPTIONAL", "WRAPPER"].contains(&text) => {
            Err(Reason::Value("String must be one of: OPTIONAL, WRAPPER, null".into()))
        }
        _ => Ok(()),
    }
}

fn java_class(value: &Literal) -> &'static str {
    match value {
        Literal::Null => "null",
        Literal::Boolean(_) => "java.lang.Boolean",
        Literal::Integer(_) => "java.lang.Integer",
        Literal::BigInt(_) => "java.lang.Long",
        Literal::Decimal(_) => "java.math.BigDecimal",
        Literal::Double(_) => "java.lang.Double",
        Literal::String(_) => "java.lang.String",
    }
}

fn plain_text(value: &Literal) -> String {
    match value {
        Literal::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A property's text.
pub fn text(properties: &Properties, name: &str) -> Option<String> {
    properties.get(name).map(plain_text)
}

/// A property's whole number; it was checked to be one.
pub fn number(properties: &Properties, name: &str) -> Option<i64> {
    text(properties, name).and_then(|text| text.trim().parse().ok())
}

pub fn boolean(properties: &Properties, name: &str) -> Option<bool> {
    text(properties, name).map(|text| text.trim().eq_ignore_ascii_case("true"))
}

/// A name as the parser would fold it: upper case unless back-quoted or double-quoted.
pub fn folded_name(text: &str) -> String {
    for quote in ['`', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.to_string();
        }
    }
    text.to_ascii_uppercase()
}

fn window_kind(text: &str) -> Option<SourceWindowKind> {
    let kinds = [
        ("SESSION", SourceWindowKind::Session),
        ("HOPPING", SourceWindowKind::Hopping),
        ("TUMBLING", SourceWindowKind::Tumbling),
    ];
    kinds.into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, kind)| kind)
}

/// `WINDOW_TYPE` and `WINDOW_SIZE` together.
pub fn window(properties: &Properties) -> Result<Option<SourceWindow>, String> {
    let kind = text(properties, "WINDOW_TYPE").and_then(|t| window_kind(&t));
    let size_ms = text(properties, "WINDOW_SIZE").map(|t| parse_window_size(&t)).transpose()?;
    match (kind, size_ms) {
        (None, Some(_)) => Err("'WINDOW_SIZE' should not be set for non-windowed sources.".into()),
        (None, None) => Ok(None),
        (Some(SourceWindowKind::Session), Some(_)) => {
            Err("'WINDOW_SIZE' should not be set for SESSION windows.".into())
        }
        (Some(kind @ SourceWindowKind::Session), None) => Ok(Some(SourceWindow { kind, size_ms: None })),
        (Some(kind), None) => Err(format!(
            "{} windows require 'WINDOW_SIZE' to be provided in the WITH clause. For example: 'WINDOW_SIZE'='10 SECONDS'",
            if kind == SourceWindowKind::Tumbling { "TUMBLING" } else { "HOPPING" }
        )),
        (Some(kind), Some(size_ms)) => Ok(Some(SourceWindow { kind, size_ms: Some(size_ms) })),
    }
}

/// `'<n> <unit>'` in ms.
fn parse_window_size(text: &str) -> Result<i64, String> {
    let wrong = |reason: String| Err(format!("Invalid duration: '{text}'. {reason}"));
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let [number, unit] = tokens[..] else {
        return wrong(format!("Expected 2 tokens, got: {}", tokens.len()));
    };
    let Ok(amount) = number.parse::<i64>() else { return wrong(format!("Not numeric: '{number}'")) };
    if amount <= 0 {
        return wrong("The size of a window must be larger than zero.".into());
    }
    let unit = unit.to_ascii_uppercase();
    let ms = |factor: i64| amount.saturating_mul(factor);
    match unit.strip_suffix('S').unwrap_or(&unit) {
        "NANOSECOND" => Ok(amount / 1_000_000),
        "MICROSECOND" => Ok(amount / 1_000),
        "MILLISECOND" => Ok(amount),
        "SECOND" => Ok(ms(1_000)),
        "MINUTE" => Ok(ms(60_000)),
        "HOUR" => Ok(ms(3_600_000)),
        "DAY" => Ok(ms(86_400_000)),
        _ => wrong(format!(
            "Unknown time unit: '{unit}'\nSupported time units are: NANOSECONDS, MICROSECONDS, MILLISECONDS, SECONDS, \
             MINUTES, HOURS, DAYS"
        )),
    }
}

/// The reason alone: the property's name stands before it.
fn check_datetime_pattern(pattern: &str) -> Result<(), String> {
    let prefix = format!("Invalid date pattern '{pattern}': ");
    DateTimePattern::new(pattern)
        .map(|_| ())
        .map_err(|reason| reason.strip_prefix(&prefix).map_or(reason.clone(), str::to_owned))
}

/// The clause with injected properties, sorted by name. Format names are upper case; injected values do not replace
/// given ones.
pub fn canonical(given: &Properties, injected: &[(&str, Literal)]) -> Properties {
    let mut all: Vec<(String, Literal)> = given
        .0
        .iter()
        .map(|(name, value)| {
            let name = name.to_ascii_uppercase();
            let value = match value {
                Literal::String(text) if name.ends_with("FORMAT") && name != "TIMESTAMP_FORMAT" => {
                    Literal::String(text.to_ascii_uppercase())
                }
                other => other.clone(),
            };
            (name, value)
        })
        .collect();
    for (name, value) in injected {
        if !all.iter().any(|(known, _)| known == name) {
            all.push(((*name).to_string(), value.clone()));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Properties(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pairs: &[(&str, &str)], expected: &str) {
        let given = pairs.iter().map(|(n, v)| ((*n).to_string(), Literal::String((*v).to_string()))).collect();
        let message = check_all(&Properties(given), PropertyOwner::CreateAs).map_or_else(|m| m, |()| "ok".into());
        assert_eq!(message, expected, "{pairs:?}");
    }

    #[test]
    fn wrong_properties_are_named_as_ksqldb_names_them() {
        check(&[("PARTITIONS", "2"), ("VALUE_DELIMITER", "TAB")], "ok");
        check(&[("PARTITIONS", "lots")], "Invalid value lots for property PARTITIONS: Not a number of type INT");
        check(&[("B", ""), ("A", "")], "Invalid config variable(s) in the WITH clause: A,B");
        check(
            &[("TIMESTAMP_FORMAT", "not a {format")],
            "Invalid datetime format for config:TIMESTAMP_FORMAT, reason:Unknown pattern letter: o",
        );
    }
}
