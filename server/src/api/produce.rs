//! `POST /topics/{topic}`: records into the log in the style of the Confluent REST Proxy v2, JSON and binary.
//!
//! Body `{"records": [{"key": …, "value": …, "partition": n, "timestamp": ms}]}`; the content type chooses the embedded
//! format: `application/vnd.kafka.json.v2+json` (also plain JSON) or `application/vnd.kafka.binary.v2+json` (base64).

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use weir_engine::topic::{Partition, Records, partition_for_key};
use weir_engine::{BinaryBuilder, Int64Array};

use super::Shared;
use super::error::ApiError;

const MEDIA: &str = "application/vnd.kafka.v2+json";

#[derive(Deserialize)]
struct Produce<'a> {
    #[serde(borrow)]
    records: Vec<ProducedRecord<'a>>,
}

#[derive(Deserialize)]
struct ProducedRecord<'a> {
    #[serde(borrow, default)]
    key: Option<&'a RawValue>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    partition: Option<u32>,
    timestamp: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Embedded {
    Json,
    Binary,
}

pub async fn produce(
    State(context): State<Shared>,
    Path(topic): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if context.config().is_strict() {
        return super::negotiation::not_found();
    }
    let written = tokio::task::spawn_blocking(move || {
        let embedded = embedded_format(&headers)?;
        write(&context, &topic, embedded, &body)
    })
    .await;
    match written {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA))], text).into_response(),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(_) => ApiError::generic(50000, "The records could not be written.").into_response(),
    }
}

/// The REST Proxy's error shape: `{"error_code", "message"}`.
struct Refusal {
    status: StatusCode,
    error_code: u32,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, error_code: u32, message: impl Into<String>) -> Self {
        Self { status, error_code, message: message.into() }
    }
    fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, 42201, message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error_code": self.error_code, "message": self.message }).to_string();
        (self.status, [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA))], body).into_response()
    }
}

fn embedded_format(headers: &HeaderMap) -> Result<Embedded, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or(MEDIA);
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/vnd.kafka.binary.v2+json" => Ok(Embedded::Binary),
        // The last is what curl sends where it is told nothing.
        "application/vnd.kafka.json.v2+json" | "application/json" | MEDIA | "application/x-www-form-urlencoded" => {
            Ok(Embedded::Json)
        }
        other => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            415,
            format!(
                "content type `{other}` is not known; use application/vnd.kafka.json.v2+json or application/vnd.kafka.binary.v2+json"
            ),
        )),
    }
}

fn read(body: &[u8]) -> Result<Produce<'_>, Refusal> {
    serde_json::from_slice(body).map_err(|e| Refusal::unprocessable(format!("the body is no list of records: {e}")))
}

type Payload = Option<Vec<u8>>;

impl ProducedRecord<'_> {
    /// Key and value; `row` is the record's position in the request.
    fn payloads(&self, row: usize, embedded: Embedded) -> Result<(Payload, Payload), Refusal> {
        let of = |raw, side| {
            payload(raw, embedded).map_err(|e| Refusal::unprocessable(format!("records[{row}].{side}: {e}")))
        };
        Ok((of(self.key, "key")?, of(self.value, "value")?))
    }
}

/// Reads a body without writing its records, for the fuzzer: how many there are.
pub(crate) fn count(body: &[u8], is_json: bool) -> Result<usize, String> {
    let embedded = if is_json { Embedded::Json } else { Embedded::Binary };
    let request = read(body).map_err(|refusal| refusal.message)?;
    for (row, record) in request.records.iter().enumerate() {
        record.payloads(row, embedded).map_err(|refusal| refusal.message)?;
    }
    Ok(request.records.len())
}

struct PartitionRecords {
    keys: BinaryBuilder,
    values: BinaryBuilder,
    timestamps: Vec<i64>,
    /// Positions of the records in the request.
    rows: Vec<usize>,
}

fn write(context: &Shared, topic: &str, embedded: Embedded, body: &[u8]) -> Result<String, Refusal> {
    let request = read(body)?;
    let described = context
        .engine
        .topics()
        .try_describe(topic)
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, 50002, error.to_string()))?
        .ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, 40401, format!("Topic {topic} not found.")))?;
    let mut by_partition: BTreeMap<u32, PartitionRecords> = BTreeMap::new();
    for (row, record) in request.records.iter().enumerate() {
        let (key, value) = record.payloads(row, embedded)?;
        let partition = match (record.partition, &key) {
            (Some(p), _) if p < described.partitions => p,
            (Some(p), _) => {
                return Err(Refusal::new(
                    StatusCode::NOT_FOUND,
                    40402,
                    format!("Partition {p} not found; topic {topic} has {}.", described.partitions),
                ));
            }
            (None, Some(key)) => partition_for_key(key, described.partitions).0,
            (None, None) => row as u32 % described.partitions.max(1),
        };
        let records = by_partition.entry(partition).or_insert_with(|| PartitionRecords {
            keys: BinaryBuilder::new(),
            values: BinaryBuilder::new(),
            timestamps: Vec::new(),
            rows: Vec::new(),
        });
        records.keys.append_option(key);
        records.values.append_option(value);
        records.timestamps.push(record.timestamp.unwrap_or_else(|| context.now_ms()));
        records.rows.push(row);
    }
    append(context, topic, request.records.len(), by_partition)
}

fn append(
    context: &Shared,
    topic: &str,
    rows: usize,
    by_partition: BTreeMap<u32, PartitionRecords>,
) -> Result<String, Refusal> {
    let mut places = Vec::new();
    let mut batches = Vec::new();
    for (partition, mut records) in by_partition {
        places.push((partition, records.rows));
        let batch = Records {
            keys: records.keys.finish(),
            values: records.values.finish(),
            timestamps: Int64Array::from(records.timestamps),
            headers: None,
        };
        batches.push((Partition(partition), batch));
    }
    let first_offsets = context
        .engine
        .topics()
        .append(topic, batches)
        .map_err(|e| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, 50002, e.to_string()))?;
    let mut offsets = vec![json!(null); rows];
    for ((partition, rows), first) in places.iter().zip(first_offsets) {
        for (i, row) in rows.iter().enumerate() {
            offsets[*row] =
                json!({ "partition": partition, "offset": first + i as i64, "error_code": null, "error": null });
        }
    }
    Ok(json!({ "offsets": offsets, "key_schema_id": null, "value_schema_id": null }).to_string())
}

/// The bytes of a key or value; `None` for null. JSON text is kept as it was sent.
fn payload(raw: Option<&RawValue>, embedded: Embedded) -> Result<Payload, String> {
    let Some(raw) = raw.map(RawValue::get).filter(|text| *text != "null") else { return Ok(None) };
    match embedded {
        Embedded::Json => Ok(Some(raw.as_bytes().to_vec())),
        Embedded::Binary => {
            let text: String = serde_json::from_str(raw).map_err(|_| "expected base64 text".to_string())?;
            BASE64.decode(&text).map(Some).map_err(|e| format!("not base64: {e}"))
        }
    }
}
