//! Changelog values as Kafka Streams' stores of ksqlDB hold them: the columns in the query's value format.

use arrow_array::builder::BinaryBuilder;
use arrow_array::{Array, ArrayRef, BinaryArray};
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

/// The store's values of a changelog's: `encode` appends that of a row; what is null stays null.
pub(super) fn stored_values(logged: &BinaryArray, mut encode: impl FnMut(usize, &mut Vec<u8>)) -> BinaryArray {
    let mut out = BinaryBuilder::with_capacity(logged.len(), 2 * logged.value_data().len());
    let mut stored = Vec::new();
    for row in 0..logged.len() {
        if logged.is_null(row) {
            out.append_null();
            continue;
        }
        stored.clear();
        encode(row, &mut stored);
        out.append_value(&stored);
    }
    out.finish()
}
