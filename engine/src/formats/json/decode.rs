//! JSON records into columns.

use std::borrow::Cow;

use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};

use super::fields::Fields;
use super::scan::{Cursor, Fault, Scan, syntax};
use super::type_text;
use super::value::{mismatch, read};
use crate::formats::sink::Sink;
use crate::formats::{DecodeFailure, Decoded, Decoder, presence};
use crate::types::{Column, SqlType, StructField};

/// Reads JSON records of one schema.
pub struct JsonDecoder {
    columns: Vec<Column>,
    /// Records are objects with a field per column; otherwise the bare value of the only column.
    wrapped: bool,
    topic: String,
    is_key: bool,
    /// The type of a whole record, for messages.
    record_type: String,
}

impl JsonDecoder {
    pub fn new(columns: &[Column], wrap_single: bool, topic: &str, is_key: bool) -> Self {
        let fields = columns.iter().map(|c| StructField { name: c.name.clone(), data_type: c.data_type.clone() });
        Self {
            columns: columns.to_vec(),
            wrapped: columns.len() != 1 || wrap_single,
            topic: topic.to_owned(),
            is_key,
            record_type: type_text(&SqlType::Struct(fields.collect())),
        }
    }

    fn failure(&self, row: usize, fault: Fault) -> DecodeFailure {
        let side = if self.is_key { "key" } else { "value" };
        let cause = match fault {
            Fault::Syntax(message) => vec![message],
            Fault::Type { message, .. } if message == NULL_RECORD => {
                return DecodeFailure { row: row as u32, message, cause: vec![] };
            }
            Fault::Type { message, path } => causes(&message, &path),
        };
        let message = format!("Failed to deserialize {side} from topic: {}. {}", self.topic, cause[0]);
        DecodeFailure { row: row as u32, message, cause }
    }

    fn decode_records(&self, payloads: &BinaryArray, failures: &mut Vec<DecodeFailure>, record: &mut dyn RecordReader) {
        let texts = Texts::of(payloads);
        for row in 0..payloads.len() {
            if payloads.is_null(row) {
                record.null(row);
                continue;
            }
            let result = texts.record(payloads, row).and_then(|text| {
                let mut cursor = Cursor::new(text);
                cursor.skip_blanks();
                record.read(&mut cursor, row)
            });
            if let Err(fault) = result {
                record.null(row);
                failures.push(self.failure(row, *fault));
            }
        }
    }
}

impl Decoder for JsonDecoder {
    fn decode(&self, payloads: &BinaryArray, wanted: &[usize]) -> Decoded {
        let rows = payloads.len();
        let mut failures = Vec::new();
        if self.columns.is_empty() {
            return Decoded { columns: vec![], present: presence(payloads), failures };
        }
        if !self.wrapped {
            let mut reader = BareReader::new(&self.columns[0].data_type, rows, self.is_key);
            self.decode_records(payloads, &mut failures, &mut reader);
            let present = without(presence(payloads), &reader.null_keys, rows);
            let column = reader.sink.finish(&self.columns[0].data_type);
            return Decoded { columns: wanted.iter().map(|_| column.clone()).collect(), present, failures };
        }
        let mut reader = ObjectReader::new(self, payloads, wanted);
        self.decode_records(payloads, &mut failures, &mut reader);
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(wanted.len());
        let mut sinks: Vec<Option<Sink>> = reader.fields.into_sinks().map(Some).collect();
        for (place, &index) in wanted.iter().enumerate() {
            let earlier = wanted[..place].iter().position(|&other| other == index);
            columns.push(match (earlier, sinks[index].take()) {
                (None, Some(sink)) => sink.finish(&self.columns[index].data_type),
                (Some(same), _) => columns[same].clone(),
                (None, None) => crate::types::null_array(&self.columns[index].data_type, rows),
            });
        }
        Decoded { columns, present: presence(payloads), failures }
    }
}

/// `present` with `rows_out` unset.
fn without(present: Option<BooleanBuffer>, rows_out: &[usize], rows: usize) -> Option<BooleanBuffer> {
    if rows_out.is_empty() {
        return present;
    }
    let mut bits = BooleanBufferBuilder::new(rows);
    match present {
        Some(present) => bits.append_buffer(&present),
        None => bits.append_n(rows, true),
    }
    rows_out.iter().for_each(|&row| bits.set_bit(row, false));
    Some(bits.finish())
}

/// What a record that is the word `null` fails with where an object is expected.
const NULL_RECORD: &str = "Cannot invoke \"org.apache.kafka.connect.data.Struct.schema()\" because \"struct\" is null";

/// The messages of the exceptions nested at each step of the path, and of the one at the root.
fn causes(message: &str, path: &[String]) -> Vec<String> {
    let mut located = "$".to_owned();
    located.extend(path.iter().rev().map(String::as_str));
    let mut causes = vec![format!("{message}, path: {located}")];
    for inner in (1..=path.len()).rev() {
        let rest: String = path[..inner].iter().rev().map(String::as_str).collect();
        causes.push(format!("{message}, path: {rest}"));
    }
    causes.push(message.to_owned());
    causes
}

/// Takes records one by one, as row 0, 1, ...
trait RecordReader {
    fn read(&mut self, cursor: &mut Cursor<'_>, row: usize) -> Scan<()>;
    /// Makes `row` NULL in every column, whatever was read for it so far.
    fn null(&mut self, row: usize);
}

/// From here on a batch's texts are watched: arrays of ones grow by half when printed with blanks.
const LARGE_BYTES: usize = 1 << 29;

struct ObjectReader<'d> {
    fields: Fields,
    decoder: &'d JsonDecoder,
    /// The batch is so large that texts made of it might outgrow an array.
    large: bool,
}

impl<'d> ObjectReader<'d> {
    fn new(decoder: &'d JsonDecoder, payloads: &BinaryArray, wanted: &[usize]) -> Self {
        let rows = payloads.len();
        let bytes = payloads.value_data().len().min(rows.saturating_mul(32));
        let named = decoder.columns.iter().map(|c| (c.name.as_str(), &c.data_type));
        let mut fields = Fields::new(named, rows, bytes);
        for (index, column) in decoder.columns.iter().enumerate() {
            if !wanted.contains(&index) {
                fields.set_unwanted(index, &column.data_type);
            }
        }
        Self { fields, decoder, large: payloads.value_data().len() > LARGE_BYTES }
    }
}

impl RecordReader for ObjectReader<'_> {
    #[inline]
    fn read(&mut self, cursor: &mut Cursor<'_>, row: usize) -> Scan<()> {
        if cursor.peek() == Some(b'{') {
            self.fields.read_object(cursor, row)?;
            return if !self.large || self.fields.iter().all(Sink::in_bounds) { Ok(()) } else { too_large() };
        }
        match cursor.peek() {
            None => missing(&self.decoder.record_type),
            Some(b'n') => {
                cursor.word("null")?;
                super::scan::wrong(NULL_RECORD)
            }
            Some(_) => {
                let pos = cursor.pos;
                cursor.skip_value()?;
                cursor.rewind(pos, 0);
                mismatch(cursor, &self.decoder.record_type)
            }
        }
    }

    fn null(&mut self, row: usize) {
        for sink in self.fields.wanted_sinks() {
            sink.truncate(row);
            sink.push_null();
        }
    }
}

struct BareReader {
    sink: Sink,
    /// What an empty record lacks; `None` where it reads as an empty text.
    required: Option<String>,
    is_key: bool,
    /// Rows whose key was the word `null`, which is no key.
    null_keys: Vec<usize>,
}

impl BareReader {
    fn new(data_type: &SqlType, rows: usize, is_key: bool) -> Self {
        let required = match data_type {
            SqlType::String => None,
            SqlType::Integer => Some("INTEGER".to_owned()),
            SqlType::Time | SqlType::Date | SqlType::Timestamp => Some("BIGINT".to_owned()),
            other => Some(type_text(other)),
        };
        Self { sink: Sink::new(data_type, rows, 0), required, is_key, null_keys: Vec::new() }
    }
}

impl RecordReader for BareReader {
    fn read(&mut self, cursor: &mut Cursor<'_>, row: usize) -> Scan<()> {
        match (cursor.peek(), &self.required, &mut self.sink) {
            (None, Some(required), _) => return missing(required),
            (None, None, Sink::String(runs)) => runs.push(b""),
            (Some(b'n'), _, sink) => {
                read(cursor, sink)?;
                if self.is_key {
                    self.null_keys.push(row);
                }
            }
            (_, _, sink) => {
                let pos = cursor.pos;
                if let Err(fault) = read(cursor, sink) {
                    cursor.rewind(pos, 0);
                    cursor.skip_value()?;
                    return Err(fault);
                }
            }
        }
        if self.sink.in_bounds() { Ok(()) } else { too_large() }
    }

    fn null(&mut self, row: usize) {
        self.sink.truncate(row);
        self.sink.push_null();
    }
}

fn missing<T>(required: &str) -> Scan<T> {
    super::scan::wrong(format!("Can't convert type. sourceType: MissingNode, requiredType: {required}"))
}

fn too_large<T>() -> Scan<T> {
    syntax("The texts of one batch of records take more than 2 GB")
}

/// The payloads as text: checked in one go where all are valid, else record by record.
enum Texts<'p> {
    All { text: &'p str, first: usize },
    Each,
}

impl<'p> Texts<'p> {
    fn of(payloads: &'p BinaryArray) -> Self {
        let first = payloads.value_offsets().first().copied().unwrap_or(0) as usize;
        let last = payloads.value_offsets().last().copied().unwrap_or(0) as usize;
        match std::str::from_utf8(&payloads.value_data()[first..last]) {
            Ok(text) => Texts::All { text, first },
            Err(_) => Texts::Each,
        }
    }

    #[inline]
    fn record(&self, payloads: &'p BinaryArray, row: usize) -> Scan<&'p str> {
        if let Texts::All { text, first } = self {
            let offsets = payloads.value_offsets();
            // `None`: records that are only valid glued together.
            if let Some(text) = text.get(offsets[row] as usize - first..offsets[row + 1] as usize - first) {
                return Ok(text);
            }
        }
        let bytes = payloads.value(row);
        std::str::from_utf8(bytes).or_else(|error| syntax(invalid_utf8(bytes, error.valid_up_to())))
    }
}

fn invalid_utf8(bytes: &[u8], at: usize) -> Cow<'static, str> {
    let lead = bytes[at];
    if lead < 0xc2 || lead > 0xf4 {
        return format!("Invalid UTF-8 start byte 0x{lead:x}").into();
    }
    match bytes[at + 1..].iter().take(3).find(|b| **b & 0xc0 != 0x80) {
        Some(middle) => format!("Invalid UTF-8 middle byte 0x{middle:x}").into(),
        None => "Unexpected end-of-input in a multi-byte character".into(),
    }
}
