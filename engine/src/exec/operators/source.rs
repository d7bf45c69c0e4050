//! Reading a source: decoded records become rows by the rules for keys, nulls and timestamps. Which records are fetched, and
//! that several queries share the decoding, is `shared_source`'s business.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, Int32Array, Int64Array};
use arrow_buffer::BooleanBuffer;

use super::{CompiledExpression, change};
use super::rows::{hide_absent, is_set, rows_where, some_unset, take_stream, take_table};
use crate::batch::{Batch, Header, StreamBatch, TableBatch, TableSide, WindowBounds};
use crate::exec::TaskError;
use crate::exec::processing_log::{LogMessage, TaskLog};
use crate::exec::shared_source::{Declaration, SourceBatch};
use crate::formats::DecodeFailure;
use crate::metastore::TimestampColumn;
use crate::plan::{ExtraColumn, GroupByStep, Repartition, ResultKind, SourceStep};
use crate::types::{Column, LogicalSchema, RowSchema, SqlType, StructField, Value, values_to_array};
use weir_parser::ast::{ColumnReference, Expression, FunctionCall, Literal};

/// Turns decoded records into a batch of the step's schema.
///
/// Unreadable records and records without a valid timestamp are logged and dropped; tables also drop null keys.
pub(crate) struct SourceReader {
    pub declaration: Arc<Declaration>,
    pub kind: ResultKind,
    /// Where the output's value columns come from, before `extra`.
    places: Vec<Place>,
    timestamp: Option<TimestampReader>,
    extra: Vec<ExtraColumn>,
    /// The payloads are old and new values of a table that was grouped anew.
    pub changes: bool,
    log_name: String,
}

struct TimestampReader {
    expression: CompiledExpression,
    /// A key or value column.
    place: Place,
}

/// Where in a record a column lies.
#[derive(Clone, Copy)]
enum Place {
    /// A position in the declared key columns.
    Key(usize),
    /// A position in the declared value columns.
    Value(usize),
    /// The record's time.
    Time,
}

impl SourceReader {
    pub fn new(step: &SourceStep, log_name: String) -> Result<Self, TaskError> {
        let declared = &step.declared;
        let declaration = Declaration::new(&step.topic, declared, (&step.key_serde, &step.value_serde), step.window)?;
        let value_columns = step.schema.value.len() - step.extra.len();
        let places = step.schema.value[..value_columns]
            .iter()
            .map(|c| {
                declared.value.iter().position(|d| d.name == c.name).map(Place::Value).ok_or_else(|| {
                    TaskError::Plan(format!("source {} has no column {}", step.source.as_str(), c.name.as_str()))
                })
            })
            .collect::<Result<_, _>>()?;
        let timestamp = step.timestamp.as_ref().map(|t| timestamp_reader(t, declared)).transpose()?;
        Ok(Self {
            declaration: Arc::new(declaration),
            kind: step.kind,
            places,
            timestamp,
            extra: step.extra.clone(),
            changes: false,
            log_name,
        })
    }

    /// Reads a repartition topic back. Values repeat the grouping columns and the time, which the record has anyway: those
    /// are not decoded.
    pub fn of_repartition(
        topic: &str,
        repartition: &Repartition,
        step: &GroupByStep,
        kind: ResultKind,
    ) -> Result<Self, TaskError> {
        let schema = &step.schema;
        let declaration = Declaration::new(topic, schema, (&repartition.key_serde, &repartition.value_serde), None)?;
        let is_column = |e: &Expression, c: &Column| matches!(e, Expression::Column(column) if column.name == c.name);
        let place = |(i, column): (usize, &Column)| match step.keys.iter().position(|e| is_column(e, column)) {
            Some(key) => Place::Key(key),
            None if column.name.as_str() == "ROWTIME" => Place::Time,
            None => Place::Value(i),
        };
        Ok(Self {
            declaration: Arc::new(declaration),
            kind,
            places: schema.value.iter().enumerate().map(place).collect(),
            timestamp: None,
            extra: Vec::new(),
            changes: kind == ResultKind::Table,
            log_name: format!("{}.Source", repartition.name),
        })
    }

    /// Value columns that this reader needs decoded.
    pub fn decoded_columns(&self) -> Vec<usize> {
        let timestamp = self.timestamp.as_ref().map(|reader| &reader.place);
        let value = |place: &Place| match place {
            Place::Value(i) => Some(*i),
            Place::Key(_) | Place::Time => None,
        };
        let mut columns: Vec<usize> = self.places.iter().chain(timestamp).filter_map(value).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The rows of these records. `None`: all were dropped.
    pub fn read(
        &self,
        source: &SourceBatch,
        partition: u32,
        log: &mut TaskLog<'_>,
    ) -> Result<Option<Batch>, TaskError> {
        if self.changes {
            return self.read_changes(source, log);
        }
        let rows = source.rows();
        let values = source.values(&self.declaration, &self.decoded_columns());
        let mut kept = vec![true; rows];
        self.drop_failed("key", &source.key_failures, &mut kept, log);
        self.drop_failed("value", &values.failures, &mut kept, log);
        let rowtime = self.rowtime(source, &values.columns, values.present.as_ref(), &mut kept, log)?;
        let mut columns = self.columns(source, &|i| values.column(i), values.present.as_ref());
        for extra in &self.extra {
            columns.push(hide_absent(extra_column(extra, source, partition), values.present.as_ref()));
        }
        if self.kind == ResultKind::Table {
            for (row, keep) in kept.iter_mut().enumerate() {
                if *keep && !is_set(source.key_present.as_ref(), row) {
                    *keep = false;
                    log.record_error(&self.log_name, "Skipping record due to null key.", "");
                }
            }
        }
        let batch = match self.kind {
            ResultKind::Stream => Batch::Stream(StreamBatch {
                columns: source.keys.iter().cloned().chain(columns).collect(),
                rowtime,
                key_present: source.key_present.clone(),
                value_present: values.present.clone(),
                window: source.window.clone(),
                headers: source.fetched.records.headers.clone(),
            }),
            ResultKind::Table => Batch::Table(TableBatch {
                key: source.keys.clone(),
                old: None,
                new: TableSide { columns, present: values.present.clone() },
                rowtime,
                window: source.window.clone(),
                headers: source.fetched.records.headers.clone(),
            }),
        };
        Ok(keep_rows(batch, &kept))
    }

    /// The value columns before `extra`.
    fn columns(
        &self,
        source: &SourceBatch,
        value: &dyn Fn(usize) -> ArrayRef,
        present: Option<&BooleanBuffer>,
    ) -> Vec<ArrayRef> {
        let column = |place: &Place| match *place {
            Place::Value(i) => value(i),
            Place::Key(i) => hide_absent(source.keys[i].clone(), present),
            Place::Time => hide_absent(Arc::new(source.fetched.records.timestamps.clone()), present),
        };
        self.places.iter().map(column).collect()
    }

    fn drop_failed(&self, target: &'static str, failures: &[DecodeFailure], kept: &mut [bool], log: &mut TaskLog<'_>) {
        for failure in failures {
            if std::mem::replace(&mut kept[failure.row as usize], false) {
                let message = LogMessage::Deserialization {
                    target,
                    message: failure.message.clone(),
                    cause: failure.cause.clone(),
                    topic: self.declaration.topic.clone(),
                };
                log.write(&format!("{}.deserializer", self.log_name), message);
            }
        }
    }

    /// Event times; rows without a valid one are dropped.
    fn rowtime(
        &self,
        source: &SourceBatch,
        values: &[Option<ArrayRef>],
        present: Option<&BooleanBuffer>,
        kept: &mut [bool],
        log: &mut TaskLog<'_>,
    ) -> Result<Int64Array, TaskError> {
        let record_times = &source.fetched.records.timestamps;
        let Some(reader) = &self.timestamp else {
            if let Some(row) = (0..kept.len()).find(|&row| kept[row] && record_times.value(row) < 0) {
                return Err(TaskError::Record(format!(
                    "record at offset {} of topic `{}` has the negative timestamp {}",
                    source.fetched.offsets.value(row),
                    self.declaration.topic,
                    record_times.value(row)
                )));
            }
            return Ok(record_times.clone());
        };
        let (column, in_value) = match reader.place {
            Place::Key(i) => (source.keys[i].clone(), false),
            Place::Value(i) => (values[i].clone().expect("decoded above"), true),
            Place::Time => return Ok(record_times.clone()),
        };
        let mut failures = Vec::new();
        let times = reader.expression.evaluate(&[column], kept.len(), &mut failures);
        let times = times
            .as_any()
            .downcast_ref::<Int64Array>()
            .cloned()
            .ok_or_else(|| TaskError::Plan("the TIMESTAMP column gives no BIGINT".into()))?;
        let mut causes: hashbrown::HashMap<u32, String> = failures.into_iter().map(|f| (f.row, f.message)).collect();
        let mut out = Vec::with_capacity(kept.len());
        for (row, keep) in kept.iter_mut().enumerate() {
            let tombstone = in_value && !is_set(present, row);
            let time = match times.is_valid(row) {
                _ if tombstone => record_times.value(row),
                true => times.value(row),
                false => -1,
            };
            if *keep && time < 0 {
                *keep = false;
                // A negative time is dropped without a word.
                if times.is_null(row) {
                    let cause = causes.remove(&(row as u32)).unwrap_or_default();
                    log.record_error(&self.log_name, "Failed to extract timestamp from row", &cause);
                }
            }
            out.push(time);
        }
        Ok(out.into())
    }

    fn read_changes(&self, source: &SourceBatch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let (old, new) = change::split(&source.fetched.records.values)
            .ok_or_else(|| TaskError::corrupt(format!("a record of {} is no change", self.declaration.topic)))?;
        let mut kept = vec![true; source.rows()];
        let wanted = self.decoded_columns();
        let mut side = |payloads: &BinaryArray, log: &mut TaskLog<'_>| {
            let decoded = self.declaration.decode_values(payloads, &wanted);
            self.drop_failed("value", &decoded.failures, &mut kept, log);
            let value = |i: usize| decoded.columns[wanted.partition_point(|&w| w < i)].clone();
            let columns = self.columns(source, &value, decoded.present.as_ref());
            TableSide { columns, present: decoded.present }
        };
        let (old, new) = (side(&old, log), side(&new, log));
        let batch = Batch::Table(TableBatch {
            key: source.keys.clone(),
            old: Some(old),
            new,
            rowtime: source.fetched.records.timestamps.clone(),
            window: None,
            headers: source.fetched.records.headers.clone(),
        });
        Ok(keep_rows(batch, &kept))
    }
}

fn keep_rows(batch: Batch, kept: &[bool]) -> Option<Batch> {
    if kept.iter().all(|&keep| keep) {
        return (!kept.is_empty()).then_some(batch);
    }
    let rows = rows_where(kept.len(), |row| kept[row]);
    (!rows.is_empty()).then(|| match batch {
        Batch::Stream(batch) => Batch::Stream(take_stream(&batch, &rows)),
        Batch::Table(batch) => Batch::Table(take_table(&batch, &rows)),
    })
}

fn timestamp_reader(timestamp: &TimestampColumn, declared: &LogicalSchema) -> Result<TimestampReader, TaskError> {
    let at = |columns: &[Column]| columns.iter().position(|c| c.name == timestamp.column);
    let (place, column) = match (at(&declared.key), at(&declared.value)) {
        (Some(i), _) => (Place::Key(i), &declared.key[i]),
        (None, Some(i)) => (Place::Value(i), &declared.value[i]),
        (None, None) => return Err(TaskError::Plan(format!("no timestamp column {}", timestamp.column.as_str()))),
    };
    let expression = timestamp_expression(column, timestamp.format.as_deref());
    let schema = RowSchema::new(vec![column.clone()]);
    Ok(TimestampReader { expression: CompiledExpression::new(&expression, &schema)?, place })
}

/// Ms since the epoch as BIGINT, from a BIGINT, TIMESTAMP or STRING column.
pub(crate) fn timestamp_expression(column: &Column, format: Option<&str>) -> Expression {
    let reference =
        Expression::Column(ColumnReference { qualifier: None, name: column.name.clone(), span: Default::default() });
    let call = |name: &str, arguments: Vec<Expression>| {
        Expression::Call(FunctionCall {
            name: weir_parser::ast::Name::new(name),
            arguments,
            star: false,
            span: Default::default(),
        })
    };
    match (&column.data_type, format) {
        (SqlType::String, Some(format)) => {
            call("STRINGTOTIMESTAMP", vec![reference, Expression::Literal(Literal::String(format.to_string()))])
        }
        (SqlType::Timestamp, _) => call("UNIX_TIMESTAMP", vec![reference]),
        _ => reference,
    }
}

fn extra_column(extra: &ExtraColumn, source: &SourceBatch, partition: u32) -> ArrayRef {
    let rows = source.rows();
    let headers = source.fetched.records.headers.as_ref();
    let of_row = |row: usize| -> &[Header] { headers.map_or(&[], |headers| &headers[row]) };
    let bytes = |header: &Header| header.value.as_deref().map_or(Value::Null, |v| Value::Bytes(v.into()));
    match extra {
        ExtraColumn::RowPartition => Arc::new(Int32Array::from(vec![partition as i32; rows])),
        ExtraColumn::RowOffset => Arc::new(source.fetched.offsets.clone()),
        ExtraColumn::Headers(_) => {
            let field = |name: &str, data_type| StructField { name: weir_parser::ast::Name::new(name), data_type };
            let item = SqlType::Struct(vec![field("KEY", SqlType::String), field("VALUE", SqlType::Bytes)]);
            let row_value = |row| {
                let entry = |h: &Header| Value::Struct(vec![Value::string(&h.key), bytes(h)]);
                Value::Array(of_row(row).iter().map(entry).collect())
            };
            values_to_array(&SqlType::array(item), &(0..rows).map(row_value).collect::<Vec<_>>())
        }
        ExtraColumn::Header { key, .. } => {
            let last = |row| of_row(row).iter().rev().find(|h| &h.key == key).map_or(Value::Null, bytes);
            values_to_array(&SqlType::Bytes, &(0..rows).map(last).collect::<Vec<_>>())
        }
    }
}


/// Splits windowed keys: the key bytes, and the bounds. Keys that are too short for a window are failures.
pub(crate) fn split_windowed_keys(
    keys: &BinaryArray,
    window: crate::metastore::SourceWindow,
    failures: &mut Vec<DecodeFailure>,
) -> (BinaryArray, WindowBounds) {
    let session = window.kind == crate::metastore::SourceWindowKind::Session;
    let suffix = if session { 16 } else { 8 };
    let (mut starts, mut ends) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
    let mut bare: Vec<Option<&[u8]>> = Vec::with_capacity(keys.len());
    let number = |bytes: &[u8], at: usize| crate::exec::store::read_i64(bytes, at).unwrap_or_default();
    for (row, key) in keys.iter().enumerate() {
        let split = key.and_then(|key| key.len().checked_sub(suffix).map(|at| key.split_at(at)));
        if let (Some(_), None) = (key, split) {
            let message = "A windowed key is shorter than its window".to_string();
            failures.push(DecodeFailure { row: row as u32, message, cause: Vec::new() });
        }
        let (start, end) = match split {
            Some((_, bounds)) if session => (number(bounds, 8), number(bounds, 0)),
            Some((_, bounds)) => {
                let start = number(bounds, 0);
                (start, start.saturating_add(window.size_ms.unwrap_or_default()))
            }
            None => (0, 0),
        };
        bare.push(split.map(|(key, _)| key));
        starts.push(start);
        ends.push(end);
    }
    let bounds = WindowBounds { start: starts.into(), end: ends.into() };
    (BinaryArray::from_iter(bare), bounds)
}

/// A key is there unless its payload is null or its only column is NULL.
pub(crate) fn key_presence(keys: &[ArrayRef], payload_present: Option<BooleanBuffer>) -> Option<BooleanBuffer> {
    match keys {
        [single] if single.null_count() > 0 => {
            let valid = BooleanBuffer::collect_bool(single.len(), |row| {
                single.is_valid(row) && is_set(payload_present.as_ref(), row)
            });
            some_unset(valid)
        }
        [] => None,
        _ => payload_present,
    }
}
