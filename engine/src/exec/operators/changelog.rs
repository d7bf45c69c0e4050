//! Changelog values as Kafka Streams' stores of ksqlDB hold them: the columns in the query's value format.

use arrow_array::{ArrayRef, BinaryArray};
use arrow_buffer::BooleanBuffer;

use crate::exec::TaskError;
use crate::formats::{self, Decoded, Decoder, Encoder, Format, SerdeOptions};
use crate::types::Column;

pub(super) struct ValueCodec {
    encoder: Box<dyn Encoder>,
    decoder: Box<dyn Decoder>,
}

impl ValueCodec {
    /// `None`: the format cannot hold the columns. The changelog then has values as the store itself.
    pub fn new(format: &Format, columns: &[Column], store: &str) -> Option<Self> {
        let serde = SerdeOptions { wrap_single: format.info().single_value_wrapped, format: format.clone() };
        let encoder = formats::encoder(&serde, columns, false).ok()?;
        let decoder = formats::decoder(&serde, columns, store, false).ok()?;
        Some(Self { encoder, decoder })
    }

    /// Null where `present` is unset.
    pub fn encode(
        &self,
        columns: &[ArrayRef],
        present: Option<&BooleanBuffer>,
        rows: usize,
    ) -> Result<BinaryArray, TaskError> {
        self.encoder.encode(columns, present, rows).map_err(|e| TaskError::Record(e.message))
    }

    /// The wanted columns of a changelog's values.
    pub fn decode(&self, values: &BinaryArray, wanted: &[usize]) -> Result<Decoded, TaskError> {
        let decoded = self.decoder.decode(values, wanted);
        match decoded.failures.first() {
            Some(failure) => Err(TaskError::corrupt(format!("a changelog value does not decode: {}", failure.message))),
            None => Ok(decoded),
        }
    }
}
