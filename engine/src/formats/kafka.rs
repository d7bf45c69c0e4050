//! The format KAFKA: one bare value as Kafka's own serializers write it, big-endian.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_buffer::BooleanBuffer;

use super::sink::Sink;
use super::{DecodeFailure, Decoded, Decoder, EncodeError, Encoder, Payloads};
use crate::types::{Column, SqlType};

pub struct KafkaDecoder {
    data_type: Option<SqlType>,
    topic: String,
}

impl KafkaDecoder {
    pub fn new(columns: &[Column], topic: &str) -> Self {
        Self { data_type: columns.first().map(|c| c.data_type.clone()), topic: topic.to_owned() }
    }
}

impl Decoder for KafkaDecoder {
    fn decode(&self, payloads: &BinaryArray, wanted: &[usize]) -> Decoded {
        let present = super::presence(payloads);
        let mut failures = Vec::new();
        let Some(data_type) = &self.data_type else { return Decoded { columns: vec![], present, failures } };
        let mut sink = Sink::new(data_type, payloads.len(), payloads.value_data().len());
        for row in 0..payloads.len() {
            if payloads.is_null(row) {
                sink.push_null();
            } else if let Err(reason) = push(payloads.value(row), &mut sink) {
                sink.push_null();
                let message = format!("Error deserializing KAFKA message from topic: {}", self.topic);
                failures.push(DecodeFailure { row: row as u32, message, cause: vec![reason.to_owned()] });
            }
        }
        let column = sink.finish(data_type);
        Decoded { columns: wanted.iter().map(|_| column.clone()).collect(), present, failures }
    }
}

#[inline]
fn push(payload: &[u8], sink: &mut Sink) -> Result<(), &'static str> {
    match sink {
        Sink::Integer(numbers) => match payload.try_into() {
            Ok(bytes) => numbers.push(Some(i32::from_be_bytes(bytes))),
            Err(_) => return Err("Size of data received by IntegerDeserializer is not 4"),
        },
        Sink::BigInt(numbers) => match payload.try_into() {
            Ok(bytes) => numbers.push(Some(i64::from_be_bytes(bytes))),
            Err(_) => return Err("Size of data received by LongDeserializer is not 8"),
        },
        Sink::Double(numbers) => match payload.try_into() {
            Ok(bytes) => numbers.push(Some(f64::from_be_bytes(bytes))),
            Err(_) => return Err("Size of data received by Deserializer is not 8"),
        },
        // As in Java, what is not UTF-8 becomes replacement characters.
        Sink::String(runs) => runs.push(String::from_utf8_lossy(payload).as_bytes()),
        Sink::Bytes(runs) => runs.push(payload),
        other => other.push_null(),
    }
    Ok(())
}

pub struct KafkaEncoder {
    data_type: Option<SqlType>,
}

impl KafkaEncoder {
    pub fn new(columns: &[Column]) -> Self {
        Self { data_type: columns.first().map(|c| c.data_type.clone()) }
    }
}

impl Encoder for KafkaEncoder {
    fn encode(
        &self,
        columns: &[ArrayRef],
        present: Option<&BooleanBuffer>,
        rows: usize,
    ) -> Result<BinaryArray, EncodeError> {
        let (Some(array), Some(data_type)) = (columns.first(), &self.data_type) else {
            return Ok(BinaryArray::new_null(rows));
        };
        let mut payloads = Payloads::new(rows, rows * 8);
        for row in 0..rows {
            if array.is_null(row) || present.is_some_and(|present| !present.value(row)) {
                payloads.push_null();
                continue;
            }
            append(array, data_type, row, payloads.open());
            payloads.close(row)?;
        }
        Ok(payloads.finish())
    }
}

#[inline]
fn append(array: &ArrayRef, data_type: &SqlType, row: usize, out: &mut Vec<u8>) {
    match data_type {
        SqlType::Integer => out.extend_from_slice(&array.as_primitive::<Int32Type>().value(row).to_be_bytes()),
        SqlType::BigInt => out.extend_from_slice(&array.as_primitive::<Int64Type>().value(row).to_be_bytes()),
        SqlType::Double => out.extend_from_slice(&array.as_primitive::<Float64Type>().value(row).to_be_bytes()),
        SqlType::String => out.extend_from_slice(array.as_string::<i32>().value(row).as_bytes()),
        SqlType::Bytes => out.extend_from_slice(array.as_binary::<i32>().value(row)),
        // `validate` admits no other type.
        _ => {}
    }
}
