//! Formats: record bytes to columns and back, by ksqlDB's rules for JSON, DELIMITED, KAFKA and NONE.
//!
//! Decoders fill Arrow arrays straight from the records' bytes, guided by the schema: no tree of values per record, only
//! the columns that are asked for. A record that does not fit is reported and becomes a row of NULLs marked as failed.

mod decimal;
mod delimited;
mod info;
mod java_double;
mod java_map;
mod json;
mod json_row;
pub mod json_value;
mod kafka;
mod none;
mod payloads;
mod sink;

use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_buffer::BooleanBuffer;
use serde::{Deserialize, Serialize};

use crate::types::Column;

pub use info::{FORMATS, FormatError, FormatInfo, parse_delimiter, validate};
pub use java_double::{append as append_java_double, parse as parse_java_double, text as java_double_text};
pub use json_row::{JsonRowError, json_row};
pub use json_value::{JsonValueError, value_to_rest_json};
use payloads::Payloads;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    None,
    Kafka,
    Delimited {
        delimiter: char,
    },
    Json,
    /// A registry format: parsed and validated, not executed yet.
    Registry(RegistryFormat),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RegistryFormat {
    Avro,
    Protobuf,
    ProtobufNoSr,
    JsonSr,
}

impl Format {
    /// The format's name as listings show it: `JSON`, `DELIMITED`, ...
    pub fn name(&self) -> &'static str {
        match self {
            Format::None => "NONE",
            Format::Kafka => "KAFKA",
            Format::Delimited { .. } => "DELIMITED",
            Format::Json => "JSON",
            Format::Registry(RegistryFormat::Avro) => "AVRO",
            Format::Registry(RegistryFormat::Protobuf) => "PROTOBUF",
            Format::Registry(RegistryFormat::ProtobufNoSr) => "PROTOBUF_NOSR",
            Format::Registry(RegistryFormat::JsonSr) => "JSON_SR",
        }
    }
}

/// How one side (key or value) of a topic's records is laid out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SerdeOptions {
    pub format: Format,
    /// Single column: `true` wraps it in a record with one field, `false` writes the bare value. Already settled by the
    /// planner from format defaults, WRAP_SINGLE_VALUE and side; ignored with several columns.
    pub wrap_single: bool,
}

/// Why a record could not be read; goes to the processing log, whose fields these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeFailure {
    pub row: u32,
    pub message: String,
    /// Messages down the cause chain.
    pub cause: Vec<String>,
}

/// The decoded columns of n records.
pub struct Decoded {
    /// One per wanted column, in the order of `wanted`.
    pub columns: Vec<ArrayRef>,
    /// Unset: the payload was null (as opposed to a row of NULLs). `None`: none was.
    pub present: Option<BooleanBuffer>,
    /// Rows that could not be read, ascending; NULL in every column.
    pub failures: Vec<DecodeFailure>,
}

/// Reads one side of records of one schema. Immutable, shared by tasks.
pub trait Decoder: Send + Sync {
    /// `payloads`: one per record. Decodes the columns whose indexes (into the declared columns) are in `wanted`.
    fn decode(&self, payloads: &BinaryArray, wanted: &[usize]) -> Decoded;
}

/// Writes one side of records of one schema.
pub trait Encoder: Send + Sync {
    /// `columns`: all declared columns, n rows each. Rows unset in `present` become null payloads. Fails only for rows that
    /// the format cannot hold.
    fn encode(
        &self,
        columns: &[ArrayRef],
        present: Option<&BooleanBuffer>,
        rows: usize,
    ) -> Result<BinaryArray, EncodeError>;
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EncodeError {
    pub row: u32,
    pub message: String,
}

/// Refusals of a schema by a format carry ksqlDB's `reason` text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnsupportedSchema(pub String);

/// A decoder for the declared columns of a source's key or value. `topic` is named in failures.
///
/// # Errors
/// When the format cannot hold the columns, or is a registry format.
pub fn decoder(
    options: &SerdeOptions,
    columns: &[Column],
    topic: &str,
    is_key: bool,
) -> Result<Box<dyn Decoder>, UnsupportedSchema> {
    validate(options, columns, is_key)?;
    Ok(match &options.format {
        // Without columns no payload is looked at, whatever its format.
        _ if columns.is_empty() => Box::new(none::NoneSerde),
        Format::None => Box::new(none::NoneSerde),
        Format::Kafka => Box::new(kafka::KafkaDecoder::new(columns, topic)),
        Format::Delimited { delimiter } => Box::new(delimited::DelimitedDecoder::new(*delimiter, columns, topic)),
        Format::Json => Box::new(json::JsonDecoder::new(columns, options.wrap_single, topic, is_key)),
        Format::Registry(_) => return Err(not_supported(&options.format)),
    })
}

/// An encoder for the columns of a sink's key or value.
///
/// # Errors
/// As `decoder`.
pub fn encoder(
    options: &SerdeOptions,
    columns: &[Column],
    is_key: bool,
) -> Result<Box<dyn Encoder>, UnsupportedSchema> {
    validate(options, columns, is_key)?;
    Ok(match &options.format {
        Format::None => Box::new(none::NoneSerde),
        Format::Kafka => Box::new(kafka::KafkaEncoder::new(columns)),
        Format::Delimited { delimiter } => Box::new(delimited::DelimitedEncoder::new(*delimiter, columns)),
        Format::Json => Box::new(json::JsonEncoder::new(columns, options.wrap_single)),
        Format::Registry(_) => return Err(not_supported(&options.format)),
    })
}

fn not_supported(format: &Format) -> UnsupportedSchema {
    UnsupportedSchema(format!("The '{}' format is not supported yet", format.name()))
}

/// Which payloads are there.
fn presence(payloads: &BinaryArray) -> Option<BooleanBuffer> {
    payloads.nulls().map(|nulls| nulls.inner().clone())
}

#[cfg(test)]
mod tests;
