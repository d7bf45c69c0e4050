//! Decoding JSON records to Arrow columns, ours and arrow-json's, on the same bytes.

use std::hint::black_box;
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Schema};
use weir_engine::Array;
use weir_engine::formats::{self, Format, SerdeOptions};
use weir_engine::types::{Column, SqlType};

use crate::Figures;
use crate::data::Bids;
use crate::measure::measured;

pub const ALL: &[usize] = &[0, 1, 2, 3, 4, 5, 6];
pub const TWO: &[usize] = &[0, 2];

const COLUMNS: [(&str, bool); 7] = [
    ("AUCTION", true),
    ("BIDDER", true),
    ("PRICE", true),
    ("CHANNEL", false),
    ("URL", false),
    ("DATETIME", true),
    ("EXTRA", false),
];

pub fn ours(records: usize, wanted: &[usize]) -> Result<Figures, String> {
    let columns: Vec<Column> = COLUMNS
        .iter()
        .map(|(name, number)| Column::new(*name, if *number { SqlType::BigInt } else { SqlType::String }))
        .collect();
    let options = SerdeOptions { format: Format::Json, wrap_single: true };
    let decoder = formats::decoder(&options, &columns, "bids", false).map_err(|e| e.to_string())?;
    let batches = Bids::new(10_000).batches(records);
    let (_, figures) = measured(records, || {
        for batch in &batches {
            let decoded = decoder.decode(&batch.values, wanted);
            if !decoded.failures.is_empty() {
                return Err(decoded.failures[0].message.clone());
            }
            black_box(decoded.columns);
        }
        Ok(())
    })?;
    Ok(Figures { written_per_record: None, ..figures })
}

pub fn arrow_json(records: usize) -> Result<Figures, String> {
    // arrow-json matches names exactly: it gets the spelling of the records.
    const SPELLED: [&str; 7] = ["auction", "bidder", "price", "channel", "url", "dateTime", "extra"];
    let fields: Vec<Field> = SPELLED
        .iter()
        .zip(COLUMNS)
        .map(|(name, (_, number))| Field::new(*name, if number { DataType::Int64 } else { DataType::Utf8 }, true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batches = Bids::new(10_000).batches(records);
    let (_, figures) = measured(records, || {
        for batch in &batches {
            let mut decoder = ReaderBuilder::new(Arc::clone(&schema))
                .with_batch_size(batch.len())
                .build_decoder()
                .map_err(|e| e.to_string())?;
            for row in 0..batch.values.len() {
                decoder.decode(batch.values.value(row)).map_err(|e| e.to_string())?;
            }
            black_box(decoder.flush().map_err(|e| e.to_string())?);
        }
        Ok(())
    })?;
    Ok(Figures { written_per_record: None, ..figures })
}
