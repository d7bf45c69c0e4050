//! Which formats are consistent with all payloads of a topic seen so far.

use std::fmt::Write;

use chrono::DateTime;
use weir_engine::{Array, BinaryArray};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Key,
    Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Candidate {
    Session,
    Json,
    Hopping,
    Tumbling,
    Int,
    BigInt,
    Double,
    String,
}

impl Candidate {
    /// In the order in which they are listed; the first one left is also how payloads are shown.
    const ALL: [Candidate; 8] = [
        Candidate::Session,
        Candidate::Json,
        Candidate::Hopping,
        Candidate::Tumbling,
        Candidate::Int,
        Candidate::BigInt,
        Candidate::Double,
        Candidate::String,
    ];

    fn name(self) -> &'static str {
        match self {
            Candidate::Session => "SESSION(KAFKA_STRING)",
            Candidate::Json => "JSON",
            Candidate::Hopping => "HOPPING(KAFKA_STRING)",
            Candidate::Tumbling => "TUMBLING(KAFKA_STRING)",
            Candidate::Int => "KAFKA_INT",
            Candidate::BigInt => "KAFKA_BIGINT",
            Candidate::Double => "KAFKA_DOUBLE",
            Candidate::String => "KAFKA_STRING",
        }
    }

    fn fits(self, bytes: &[u8], side: Side) -> bool {
        let text = std::str::from_utf8(bytes);
        let session = side == Side::Key && session_window(bytes).is_some();
        match self {
            Candidate::Session => session,
            _ if session => false,
            Candidate::Json => text.is_ok_and(is_json),
            Candidate::Hopping | Candidate::Tumbling => side == Side::Key && time_window(bytes).is_some(),
            Candidate::Int => bytes.len() == 4,
            Candidate::BigInt | Candidate::Double => bytes.len() == 8,
            Candidate::String => text.is_ok(),
        }
    }

    fn show(self, bytes: &[u8]) -> Option<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self {
            Candidate::Session => {
                session_window(bytes).map(|(key, start, end)| format!("[{}@{start}/{end}]", text(key)))
            }
            Candidate::Hopping | Candidate::Tumbling => {
                time_window(bytes).map(|(key, start)| format!("[{}@{start}/-]", text(key)))
            }
            Candidate::Int => bytes.try_into().ok().map(|b| i32::from_be_bytes(b).to_string()),
            Candidate::BigInt => bytes.try_into().ok().map(|b| i64::from_be_bytes(b).to_string()),
            Candidate::Double => bytes.try_into().ok().map(|b| f64::from_be_bytes(b).to_string()),
            Candidate::Json | Candidate::String => Some(text(bytes)),
        }
    }
}

/// The first JSON value of the text counts, as it does for ksqlDB's reader.
fn is_json(text: &str) -> bool {
    serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>().next().is_some_and(|v| v.is_ok())
}

/// 2100-01-01; later session bounds are taken for text.
const PLAUSIBLE_MS_MAX: i64 = 4_102_444_800_000;

fn number(bytes: &[u8]) -> Option<i64> {
    bytes.try_into().ok().map(i64::from_be_bytes)
}

fn session_window(bytes: &[u8]) -> Option<(&[u8], i64, i64)> {
    let at = bytes.len().checked_sub(16)?;
    let (end, start) = (number(&bytes[at..at + 8])?, number(&bytes[at + 8..])?);
    (0 <= start && start <= end && end <= PLAUSIBLE_MS_MAX).then_some((&bytes[..at], start, end))
}

fn time_window(bytes: &[u8]) -> Option<(&[u8], i64)> {
    let at = bytes.len().checked_sub(8).filter(|at| *at > 0)?;
    let start = number(&bytes[at..])?;
    (start >= 0 && std::str::from_utf8(&bytes[..at]).is_ok()).then_some((&bytes[..at], start))
}

/// The formats still possible for one side of a topic's records.
pub struct FormatGuess {
    side: Side,
    left: Vec<Candidate>,
    any_seen: bool,
}

impl FormatGuess {
    pub fn new(side: Side) -> Self {
        Self { side, left: Candidate::ALL.to_vec(), any_seen: false }
    }

    /// Drops the formats that a payload rules out.
    pub fn narrow(&mut self, payload: Option<&[u8]>) {
        let Some(bytes) = payload else { return };
        self.any_seen = true;
        let side = self.side;
        self.left.retain(|candidate| candidate.fits(bytes, side));
    }

    pub fn text(&self) -> String {
        if !self.any_seen {
            return "¯\\_(ツ)_/¯ - no data processed".into();
        }
        if self.left.is_empty() {
            return "unrecognised".into();
        }
        self.left.iter().map(|c| c.name()).collect::<Vec<_>>().join(" or ")
    }

    pub fn show(&self, payload: Option<&[u8]>) -> String {
        let Some(bytes) = payload else { return "<null>".into() };
        self.left.first().and_then(|c| c.show(bytes)).unwrap_or_else(|| {
            bytes.iter().fold(String::from("0x"), |mut hex, byte| {
                let _ = write!(hex, "{byte:02X}");
                hex
            })
        })
    }
}

/// One side of a record; `None` for null.
pub fn payload(array: &BinaryArray, row: usize) -> Option<&[u8]> {
    array.is_valid(row).then(|| array.value(row))
}

/// `2024/05/01 12:00:00.000 Z`.
pub fn time_text(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .map_or_else(|| ms.to_string(), |time| time.format("%Y/%m/%d %H:%M:%S%.3f Z").to_string())
}
