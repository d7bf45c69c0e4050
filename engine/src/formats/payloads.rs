//! Growing record payloads: one run of bytes that the encoders append to.

use arrow_array::BinaryArray;
use arrow_buffer::{Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};

use super::EncodeError;

pub struct Payloads {
    offsets: Vec<i32>,
    data: Vec<u8>,
    nulls: NullBufferBuilder,
}

impl Payloads {
    /// Room for `rows` payloads of `bytes` together.
    pub fn new(rows: usize, bytes: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, data: Vec::with_capacity(bytes), nulls: NullBufferBuilder::new(rows) }
    }

    /// Where to append the next payload; `close` ends it.
    pub fn open(&mut self) -> &mut Vec<u8> {
        &mut self.data
    }

    /// # Errors
    /// When the payloads take more than an array can hold.
    pub fn close(&mut self, row: usize) -> Result<(), EncodeError> {
        let end = i32::try_from(self.data.len()).map_err(|_| EncodeError {
            row: row as u32,
            message: "The records of one batch take more than 2 GB".to_owned(),
        })?;
        self.offsets.push(end);
        self.nulls.append_non_null();
        Ok(())
    }

    pub fn push_null(&mut self) {
        self.offsets.push(self.offsets[self.offsets.len() - 1]);
        self.nulls.append_null();
    }

    pub fn finish(mut self) -> BinaryArray {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        BinaryArray::new(offsets, Buffer::from_vec(self.data), self.nulls.finish())
    }
}
