//! JSON pictures of keys and values, to record bytes and back, by the format of their topic.
//!
//! Follows runtime reference 12: JSON is taken as it stands, DELIMITED text is the line itself, KAFKA by column type.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value as Json;
use weir_engine::formats::{Format, SerdeOptions};
use weir_engine::metastore::{DataSource, SourceWindowKind};
use weir_engine::types::{Column, SqlType};

use super::case::{CaseWindow, CaseWindowKind};

/// The bytes of a pictured key or value; `None` for null.
pub fn to_bytes(picture: &Json, serde: &SerdeOptions, columns: &[Column]) -> Result<Option<Vec<u8>>, String> {
    if picture.is_null() {
        return Ok(None);
    }
    match &serde.format {
        Format::None => Ok(None),
        Format::Json => serde_json::to_vec(picture).map(Some).map_err(|e| e.to_string()),
        Format::Delimited { .. } => Ok(Some(plain_text(picture).into_bytes())),
        Format::Kafka => kafka_bytes(picture, columns.first().map(|c| &c.data_type)).map(Some),
        Format::Registry(_) => Err(format!("records in {} are not supported yet", serde.format.name())),
    }
}

fn plain_text(picture: &Json) -> String {
    match picture {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn kafka_bytes(picture: &Json, data_type: Option<&SqlType>) -> Result<Vec<u8>, String> {
    let text = plain_text(picture);
    let wrong = |_| format!("{text} is no value of a KAFKA column");
    Ok(match data_type {
        Some(SqlType::Integer) => text.parse::<i32>().map_err(|e| wrong(e.to_string()))?.to_be_bytes().to_vec(),
        Some(SqlType::BigInt) => text.parse::<i64>().map_err(|e| wrong(e.to_string()))?.to_be_bytes().to_vec(),
        Some(SqlType::Double) => text.parse::<f64>().map_err(|e| wrong(e.to_string()))?.to_be_bytes().to_vec(),
        Some(SqlType::Bytes) => BASE64.decode(&text).map_err(|e| wrong(e.to_string()))?,
        _ => text.into_bytes(),
    })
}

/// Appends a window to key bytes as windowed keys carry it.
pub fn append_window(key: &mut Vec<u8>, window: CaseWindow, kind: Option<SourceWindowKind>) {
    let session = kind == Some(SourceWindowKind::Session) || (kind.is_none() && window.kind == CaseWindowKind::Session);
    if session {
        key.extend_from_slice(&window.end.unwrap_or(window.start).to_be_bytes());
    }
    key.extend_from_slice(&window.start.to_be_bytes());
}

/// Splits the window off a key of a windowed source.
pub fn split_window<'a>(key: &'a [u8], source: &DataSource) -> (&'a [u8], Option<CaseWindow>) {
    let Some(window) = source.window else { return (key, None) };
    let session = window.kind == SourceWindowKind::Session;
    let width = if session { 16 } else { 8 };
    let Some(at) = key.len().checked_sub(width) else { return (key, None) };
    let number = |from: usize| key.get(from..from + 8).and_then(|b| b.try_into().ok()).map_or(0, i64::from_be_bytes);
    let picture = if session {
        CaseWindow { start: number(at + 8), end: Some(number(at)), kind: CaseWindowKind::Session }
    } else {
        let start = number(at);
        let end = window.size_ms.map(|size| start.saturating_add(size));
        CaseWindow { start, end, kind: CaseWindowKind::Time }
    };
    (&key[..at], Some(picture))
}

/// The picture of a record's key or value. Bytes that are not what the format says are shown as text.
pub fn from_bytes(bytes: Option<&[u8]>, serde: &SerdeOptions, columns: &[Column]) -> Json {
    let Some(bytes) = bytes else { return Json::Null };
    let text = || Json::String(String::from_utf8_lossy(bytes).into_owned());
    match &serde.format {
        Format::Json => serde_json::from_slice(bytes).unwrap_or_else(|_| text()),
        Format::Kafka => kafka_picture(bytes, columns.first().map(|c| &c.data_type)).unwrap_or_else(text),
        _ => text(),
    }
}

fn kafka_picture(bytes: &[u8], data_type: Option<&SqlType>) -> Option<Json> {
    Some(match data_type? {
        SqlType::Integer => i32::from_be_bytes(bytes.try_into().ok()?).into(),
        SqlType::BigInt => i64::from_be_bytes(bytes.try_into().ok()?).into(),
        SqlType::Double => f64::from_be_bytes(bytes.try_into().ok()?).into(),
        SqlType::Bytes => Json::String(BASE64.encode(bytes)),
        _ => return None,
    })
}
