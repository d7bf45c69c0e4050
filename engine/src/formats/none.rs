//! The format NONE: no columns, null payloads; what bytes arrive is not looked at.

use arrow_array::{ArrayRef, BinaryArray};
use arrow_buffer::BooleanBuffer;

use super::{DecodeFailure, Decoded, Decoder, EncodeError, Encoder};

pub struct NoneSerde;

impl Decoder for NoneSerde {
    fn decode(&self, payloads: &BinaryArray, _wanted: &[usize]) -> Decoded {
        Decoded { columns: vec![], present: super::presence(payloads), failures: Vec::<DecodeFailure>::new() }
    }
}

impl Encoder for NoneSerde {
    fn encode(
        &self,
        _columns: &[ArrayRef],
        _present: Option<&BooleanBuffer>,
        rows: usize,
    ) -> Result<BinaryArray, EncodeError> {
        Ok(BinaryArray::new_null(rows))
    }
}
