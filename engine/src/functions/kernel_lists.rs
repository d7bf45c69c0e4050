//! Collectors of results that are lists of texts: all texts lie in one buffer.

use std::sync::Arc;

use arrow_array::builder::BooleanBufferBuilder;
use arrow_array::{ArrayRef, ListArray, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};

use super::CallContext;
use super::kernels::{COLUMN_BYTES_MAX, Row, nulls, settle};

/// The elements of the rows so far.
#[derive(Default)]
pub struct Texts {
    data: String,
    /// Where each text ends.
    ends: Vec<i32>,
    valid: Vec<bool>,
}

impl Texts {
    /// Adds an element to the row.
    pub fn push(&mut self, text: Option<&str>) {
        self.data.push_str(text.unwrap_or_default());
        self.end(text.is_some());
    }

    /// Adds an element that `write` appends.
    pub fn push_with(&mut self, write: impl FnOnce(&mut String)) {
        write(&mut self.data);
        self.end(true);
    }

    fn end(&mut self, valid: bool) {
        self.ends.push(self.data.len() as i32);
        self.valid.push(valid);
    }

    /// Elements so far, of all rows.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Takes back the empty texts at the end, down to `least` elements.
    pub fn drop_empty(&mut self, least: usize) {
        while self.len() > least {
            let before = self.ends.len().checked_sub(2).map_or(0, |i| self.ends[i]);
            if self.ends.last() != Some(&before) {
                return;
            }
            self.truncate(self.len() - 1);
        }
    }

    fn truncate(&mut self, elements: usize) {
        self.ends.truncate(elements);
        self.valid.truncate(elements);
        self.data.truncate(self.ends.last().map_or(0, |end| *end as usize));
    }

    fn into_array(self) -> StringArray {
        let offsets: Vec<i32> = std::iter::once(0).chain(self.ends).collect();
        let mut valid = BooleanBufferBuilder::new(self.valid.len());
        valid.append_slice(&self.valid);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        StringArray::new(offsets, Buffer::from_vec(self.data.into_bytes()), nulls(&mut valid))
    }
}

/// `ARRAY<STRING>`: the body pushes the row's elements.
pub fn string_list_rows(context: &mut CallContext<'_>, mut body: impl FnMut(usize, &mut Texts) -> Row<()>) -> ArrayRef {
    let rows = context.rows;
    let mut texts = Texts::default();
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut valid = BooleanBufferBuilder::new(rows);
    offsets.push(0);
    for row in 0..rows {
        let start = texts.len();
        let mut outcome = body(row, &mut texts);
        if texts.data.len() > COLUMN_BYTES_MAX {
            outcome = Err("the result is too long".into());
        }
        let kept = settle(context, row, outcome).is_some();
        if !kept {
            texts.truncate(start);
        }
        valid.append(kept);
        offsets.push(texts.len() as i32);
    }
    let field = Arc::new(Field::new_list_field(DataType::Utf8, true));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    Arc::new(ListArray::new(field, offsets, Arc::new(texts.into_array()), nulls(&mut valid)))
}
