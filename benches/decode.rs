//! Decoding JSON records to Arrow columns, ours and arrow-json's, on the same bytes.

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Schema};
use weir_engine::formats::{self, Format, SerdeOptions};
use weir_engine::topic::Records;
use weir_engine::types::{Column, SqlType};

use crate::Figures;
use crate::data::Bids;
use crate::measure::measured;

pub const ALL: &[usize] = &[0, 1, 2, 3, 4, 5, 6];
pub const TWO: &[usize] = &[0, 2];
/// Times that the records are decoded: CPU time is counted in hundredths of a second.
const PASSES: usize = 5;

/// Names as the records spell them, and whether the column is BIGINT (else STRING).
const COLUMNS: [(&str, bool); 7] = [
    ("auction", true),
    ("bidder", true),
    ("price", true),
    ("channel", false),
    ("url", false),
    ("dateTime", true),
    ("extra", false),
];

pub fn ours(records: usize, wanted: &[usize]) -> Result<Figures, String> {
    let column = |(name, number): &(&str, bool)| {
        Column::new(name.to_uppercase(), if *number { SqlType::BigInt } else { SqlType::String })
    };
    let columns: Vec<Column> = COLUMNS.iter().map(column).collect();
    let options = SerdeOptions { format: Format::Json, wrap_single: true };
    let decoder = formats::decoder(&options, &columns, "bids", false).map_err(|e| e.to_string())?;
    decode(records, |batch| {
        let decoded = decoder.decode(&batch.values, wanted);
        match decoded.failures.first() {
            Some(failure) => Err(failure.message.clone()),
            None => Ok(decoded.columns),
        }
    })
}

pub fn arrow_json(records: usize) -> Result<Figures, String> {
    let field =
        |(name, number): &(&str, bool)| Field::new(*name, if *number { DataType::Int64 } else { DataType::Utf8 }, true);
    let schema = Arc::new(Schema::new(COLUMNS.iter().map(field).collect::<Vec<Field>>()));
    decode(records, |batch| {
        let builder = ReaderBuilder::new(Arc::clone(&schema)).with_batch_size(batch.len());
        let mut decoder = builder.build_decoder().map_err(|e| e.to_string())?;
        for row in 0..batch.values.len() {
            decoder.decode(batch.values.value(row)).map_err(|e| e.to_string())?;
        }
        let decoded = decoder.flush().map_err(|e| e.to_string())?;
        Ok(decoded.map(|batch| batch.columns().to_vec()).unwrap_or_default())
    })
}

/// Decodes the same records some times. Every column must hold a value for every record.
fn decode(records: usize, decode: impl Fn(&Records) -> Result<Vec<ArrayRef>, String>) -> Result<Figures, String> {
    let mut bids = Bids::new(10_000);
    let batches: Vec<Records> = bids.batches(records).collect();
    let (_, figures) = measured(records * PASSES, || {
        for batch in batches.iter().cycle().take(batches.len() * PASSES) {
            let columns = black_box(decode(batch)?);
            if columns.is_empty() || columns.iter().any(|c| c.len() != batch.len() || c.null_count() > 0) {
                return Err("a value is missing".into());
            }
        }
        Ok(())
    })?;
    Ok(Figures { written_per_record: None, ..figures })
}
