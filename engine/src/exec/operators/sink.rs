//! Ends of a subtopology: records for a topic (sink or repartition), or rows for the client of a transient query.

use arrow_array::{Array, ArrayRef, BinaryArray, Int64Array, UInt32Array};
use arrow_buffer::BooleanBuffer;
use arrow_select::take::take;

use super::rows::{rows_where, stream_columns, table_columns, take_headers, take_i64};
use super::source::timestamp_expression;
use super::{CompiledExpression, change};
use crate::batch::{Batch, WindowBounds};
use crate::exec::TaskError;
use crate::exec::processing_log::{LogMessage, TaskLog};
use crate::exec::subscription::ResultRows;
use crate::formats::{self, EncodeError, Encoder, SerdeOptions};
use crate::metastore::{SourceWindow, SourceWindowKind, TimestampColumn};
use crate::plan::{Repartition, ResultKind, SinkStep, row_schema};
use crate::topic::{Partition, Records, TopicPartition, partition_for_key};
use crate::types::LogicalSchema;

/// Encodes rows and places them by key. Null keys go round the partitions in turn.
pub(crate) struct Sink {
    pub topic: String,
    pub partitions: u32,
    key_columns: usize,
    key: Option<Box<dyn Encoder>>,
    value: Option<Box<dyn Encoder>>,
    window: Option<SourceWindow>,
    timestamp: Option<CompiledExpression>,
    /// Write a table's changes with both sides, for regrouping.
    changes: bool,
    /// A repartition topic.
    internal: bool,
    log_name: String,
}

/// What a sink keeps per task.
#[derive(Default)]
pub(crate) struct SinkState {
    unkeyed: u32,
}

impl Sink {
    pub fn new(step: &SinkStep, partitions: u32, log_name: String) -> Result<Self, TaskError> {
        let timestamp = step.timestamp.as_ref().map(|t| sink_timestamp(t, step)).transpose()?;
        let serdes = (&step.key_serde, &step.value_serde);
        Ok(Self {
            timestamp,
            window: step.window,
            ..Self::plain(&step.topic, &step.schema, serdes, partitions, log_name)?
        })
    }

    pub fn of_repartition(
        topic: &str,
        repartition: &Repartition,
        schema: &LogicalSchema,
        kind: ResultKind,
        partitions: u32,
    ) -> Result<Self, TaskError> {
        let serdes = (&repartition.key_serde, &repartition.value_serde);
        let plain = Self::plain(topic, schema, serdes, partitions, repartition.name.clone())?;
        Ok(Self { changes: kind == ResultKind::Table, internal: true, ..plain })
    }

    fn plain(
        topic: &str,
        schema: &LogicalSchema,
        (key, value): (&SerdeOptions, &SerdeOptions),
        partitions: u32,
        log_name: String,
    ) -> Result<Self, TaskError> {
        let encoder = |columns: &[_], serde, is_key| {
            (!columns.is_empty()).then(|| formats::encoder(serde, columns, is_key)).transpose()
        };
        Ok(Self {
            topic: topic.to_string(),
            partitions,
            key_columns: schema.key.len(),
            key: encoder(&schema.key, key, true)?,
            value: encoder(&schema.value, value, false)?,
            window: None,
            timestamp: None,
            changes: false,
            internal: false,
            log_name,
        })
    }

    /// The records of a batch by partition.
    pub fn encode(
        &self,
        batch: Batch,
        state: &mut SinkState,
        log: &mut TaskLog<'_>,
    ) -> Result<Vec<(TopicPartition, Records)>, TaskError> {
        let rows = match &batch {
            Batch::Stream(b) => b.rows(),
            Batch::Table(b) => b.rows(),
        };
        let row_columns = match &batch {
            Batch::Stream(b) => stream_columns(b),
            Batch::Table(b) => table_columns(b, &b.new),
        };
        let (key_present, values, rowtime, window, headers) = match batch {
            Batch::Stream(b) => {
                let values = self.encode_values(&b.columns[self.key_columns..], b.value_present.as_ref(), rows, log)?;
                (b.key_present, values, b.rowtime, b.window, b.headers)
            }
            Batch::Table(b) => {
                let mut values = self.encode_values(&b.new.columns, b.new.present.as_ref(), rows, log)?;
                if self.changes {
                    let old = b.old.as_ref().ok_or_else(|| TaskError::Plan("regrouping needs old values".into()))?;
                    let old = self.encode_values(&old.columns, old.present.as_ref(), rows, log)?;
                    values = change::join(&old, &values);
                }
                (None, values, b.rowtime, b.window, b.headers)
            }
        };
        let keys =
            self.encode_keys(&row_columns[..self.key_columns], key_present.as_ref(), window.as_ref(), rows, log)?;
        let records = Records { keys, values, timestamps: rowtime, headers };
        Ok(self.place(self.stamped(records, &row_columns, log), state))
    }

    fn encode_values(
        &self,
        columns: &[ArrayRef],
        present: Option<&BooleanBuffer>,
        rows: usize,
        log: &mut TaskLog<'_>,
    ) -> Result<BinaryArray, TaskError> {
        match &self.value {
            Some(encoder) => encoder.encode(columns, present, rows).map_err(|e| self.refused("value", e, log)),
            // Between subtopologies a row without value columns must not look like a null record.
            None if self.internal => {
                let there = |row| present.is_none_or(|bits| bits.value(row));
                Ok((0..rows).map(|row| there(row).then_some(&b""[..])).collect())
            }
            None => Ok(BinaryArray::new_null(rows)),
        }
    }

    fn encode_keys(
        &self,
        columns: &[ArrayRef],
        present: Option<&BooleanBuffer>,
        window: Option<&WindowBounds>,
        rows: usize,
        log: &mut TaskLog<'_>,
    ) -> Result<BinaryArray, TaskError> {
        let keys = match &self.key {
            Some(encoder) => encoder.encode(columns, present, rows).map_err(|e| self.refused("key", e, log))?,
            None => BinaryArray::new_null(rows),
        };
        Ok(match (self.window, window) {
            (Some(declared), Some(bounds)) => windowed_keys(&keys, declared.kind, bounds),
            _ => keys,
        })
    }

    fn refused(&self, target: &'static str, error: EncodeError, log: &mut TaskLog<'_>) -> TaskError {
        let message = format!("Error serializing message to topic: {}. {}", self.topic, error.message);
        let cause = vec![error.message];
        let entry = LogMessage::Serialization { target, message: message.clone(), cause, topic: self.topic.clone() };
        log.write(&format!("{}.serializer", self.log_name), entry);
        TaskError::Record(message)
    }

    /// Records with the times that the sink's TIMESTAMP column gives; those without a valid time are logged and dropped.
    fn stamped(&self, records: Records, columns: &[ArrayRef], log: &mut TaskLog<'_>) -> Records {
        let Some(expression) = &self.timestamp else { return records };
        let rows = records.len();
        let mut failures = Vec::new();
        let times = expression.evaluate(columns, rows, &mut failures);
        let mut causes: hashbrown::HashMap<u32, String> = failures.into_iter().map(|f| (f.row, f.message)).collect();
        let Some(times) = times.as_any().downcast_ref::<Int64Array>() else { return records };
        // A tombstone has no column to take a time from.
        let is_tombstone = |row: usize| records.values.is_null(row);
        let time = |row| if is_tombstone(row) { records.timestamps.value(row) } else { time_at(times, row) };
        let stamps: Vec<i64> = (0..rows).map(time).collect();
        let kept = rows_where(rows, |row| stamps[row] >= 0);
        if kept.len() < rows {
            for row in (0..rows).filter(|&row| stamps[row] < 0) {
                let cause = causes.remove(&(row as u32)).unwrap_or_else(|| bad_time(times, row));
                let message = format!("Error writing row with extracted timestamp: {cause}");
                log.record_error(&self.log_name, message, &cause);
            }
        }
        let stamped = Records { timestamps: stamps.into(), ..records };
        if kept.len() == rows { stamped } else { take_records(&stamped, &kept) }
    }

    fn place(&self, records: Records, state: &mut SinkState) -> Vec<(TopicPartition, Records)> {
        let target =
            |partition: u32| TopicPartition { topic: self.topic.as_str().into(), partition: Partition(partition) };
        if self.partitions <= 1 {
            return vec![(target(0), records)];
        }
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); self.partitions as usize];
        for row in 0..records.len() {
            let partition = if records.keys.is_valid(row) {
                partition_for_key(bare_key(records.keys.value(row), self.window), self.partitions).0
            } else {
                state.unkeyed = (state.unkeyed + 1) % self.partitions;
                state.unkeyed
            };
            rows[partition as usize].push(row as u32);
        }
        let part = |(partition, rows): (usize, Vec<u32>)| {
            (target(partition as u32), take_records(&records, &UInt32Array::from(rows)))
        };
        rows.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()).map(part).collect()
    }
}

/// Why a record cannot have the time of a row.
fn bad_time(times: &Int64Array, row: usize) -> String {
    if times.is_valid(row) {
        format!("the timestamp {} is negative", times.value(row))
    } else {
        "the timestamp is NULL".to_string()
    }
}

/// The time in a row, or -1.
fn time_at(times: &Int64Array, row: usize) -> i64 {
    if times.is_valid(row) { times.value(row) } else { -1 }
}

fn take_records(records: &Records, rows: &UInt32Array) -> Records {
    let bytes = |array: &BinaryArray| -> BinaryArray {
        let taken = take(array, rows, None).expect("row numbers lie in the batch");
        taken.as_any().downcast_ref::<BinaryArray>().cloned().unwrap_or_else(|| BinaryArray::new_null(rows.len()))
    };
    Records {
        keys: bytes(&records.keys),
        values: bytes(&records.values),
        timestamps: take_i64(&records.timestamps, rows),
        headers: take_headers(records.headers.as_ref(), rows),
    }
}

/// Windowed keys are placed by all their bytes' key part, so that a key's windows lie together.
fn bare_key(key: &[u8], window: Option<SourceWindow>) -> &[u8] {
    let suffix = match window {
        None => 0,
        Some(SourceWindow { kind: SourceWindowKind::Session, .. }) => 16,
        Some(_) => 8,
    };
    &key[..key.len().saturating_sub(suffix)]
}

fn windowed_keys(keys: &BinaryArray, kind: SourceWindowKind, bounds: &WindowBounds) -> BinaryArray {
    let mut builder =
        arrow_array::builder::BinaryBuilder::with_capacity(keys.len(), keys.value_data().len() + 16 * keys.len());
    let mut windowed = Vec::new();
    for (row, key) in keys.iter().enumerate() {
        let Some(key) = key else {
            builder.append_null();
            continue;
        };
        windowed.clear();
        windowed.extend_from_slice(key);
        if kind == SourceWindowKind::Session {
            windowed.extend_from_slice(&bounds.end.value(row).to_be_bytes());
        }
        windowed.extend_from_slice(&bounds.start.value(row).to_be_bytes());
        builder.append_value(&windowed);
    }
    builder.finish()
}

fn sink_timestamp(timestamp: &TimestampColumn, step: &SinkStep) -> Result<CompiledExpression, TaskError> {
    let column = step
        .schema
        .find(&timestamp.column)
        .ok_or_else(|| TaskError::Plan(format!("no timestamp column {}", timestamp.column.as_str())))?;
    let input = row_schema(&step.schema, step.input.is_windowed());
    CompiledExpression::new(&timestamp_expression(column, timestamp.format.as_deref()), &input)
}

/// Rows for a client: the value columns of the query's last step.
pub(crate) struct Results {
    value_columns: std::ops::Range<usize>,
}

impl Results {
    /// Column i of the client is value column i of the query's last step: key and value columns may share a name.
    pub fn new(schema: &LogicalSchema) -> Self {
        Self { value_columns: schema.key.len()..schema.key.len() + schema.value.len() }
    }

    /// Null values of a stream are no rows for a client; a table's are tombstones with filled keys.
    pub fn rows(&self, batch: Batch) -> Option<ResultRows> {
        match batch {
            Batch::Stream(batch) => {
                let batch = match &batch.value_present {
                    None => batch,
                    Some(present) => {
                        let kept = rows_where(batch.rows(), |row| present.value(row));
                        super::rows::take_stream(&batch, &kept)
                    }
                };
                let columns = batch.columns[self.value_columns.clone()].to_vec();
                (batch.rows() > 0).then(|| ResultRows { columns, rows: batch.rows(), tombstones: None })
            }
            Batch::Table(batch) => {
                let columns = batch.new.columns.clone();
                let tombstones = batch.new.present.as_ref().map(|present| !present);
                (batch.rows() > 0).then(|| ResultRows { columns, rows: batch.rows(), tombstones })
            }
        }
    }
}
