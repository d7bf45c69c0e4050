//! Columns as one byte string per row, and back: how stores keep whole rows.
//!
//! The bytes are arrow-row's: comparable, self-contained, covering every SQL type. No columns, no bytes.

use arrow_array::ArrayRef;
use arrow_row::{OwnedRow, Row, RowConverter, RowParser, Rows, SortField};

use crate::exec::TaskError;
use crate::types::{Column, arrow_type};

pub(crate) struct RowCodec {
    /// `None`: there are no columns.
    converter: Option<(RowConverter, RowParser, OwnedRow)>,
}

/// The encoded rows of a batch.
pub(crate) struct EncodedRows(Option<Rows>);

impl EncodedRows {
    pub fn row(&self, row: usize) -> Option<Row<'_>> {
        self.0.as_ref().map(|rows| rows.row(row))
    }
    /// Appends the bytes of a row.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) {
        if let Some(bytes) = self.row(row) {
            out.extend_from_slice(bytes.as_ref());
        }
    }
}

fn bug(error: arrow_schema::ArrowError) -> TaskError {
    TaskError::Plan(error.to_string())
}

impl RowCodec {
    pub fn new(columns: &[Column]) -> Result<Self, TaskError> {
        if columns.is_empty() {
            return Ok(Self { converter: None });
        }
        let fields = columns.iter().map(|c| SortField::new(arrow_type(&c.data_type))).collect();
        let converter = RowConverter::new(fields).map_err(bug)?;
        let nulls: Vec<ArrayRef> = columns.iter().map(|c| crate::types::null_array(&c.data_type, 1)).collect();
        let null_row = converter.convert_columns(&nulls).map_err(bug)?.row(0).owned();
        let parser = converter.parser();
        Ok(Self { converter: Some((converter, parser, null_row)) })
    }

    pub fn encode(&self, columns: &[ArrayRef]) -> Result<EncodedRows, TaskError> {
        match &self.converter {
            Some((converter, ..)) => Ok(EncodedRows(Some(converter.convert_columns(columns).map_err(bug)?))),
            None => Ok(EncodedRows(None)),
        }
    }

    /// Columns of these rows; `None` is a row of NULLs.
    pub fn decode<'a>(&'a self, rows: impl Iterator<Item = Option<&'a [u8]>>) -> Result<Vec<ArrayRef>, TaskError> {
        match &self.converter {
            Some((converter, parser, null_row)) => {
                let rows = rows.map(|bytes| match bytes {
                    Some(bytes) => parser.parse(bytes),
                    None => null_row.row(),
                });
                converter.convert_rows(rows).map_err(|e| TaskError::corrupt(e.to_string()))
            }
            None => Ok(Vec::new()),
        }
    }
}
