//! The format DELIMITED: one CSV row per record, by the rules of the CSV library that ksqlDB uses.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, BinaryArray};
use arrow_buffer::BooleanBuffer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::append_base64_text;
use super::sink::Sink;
use super::{DecodeFailure, Decoded, Decoder, EncodeError, Encoder, Payloads, decimal, java_double};
use crate::types::{Column, SqlType};

pub struct DelimitedDecoder {
    delimiter: char,
    columns: Vec<Column>,
    topic: String,
}

impl DelimitedDecoder {
    pub fn new(delimiter: char, columns: &[Column], topic: &str) -> Self {
        Self { delimiter, columns: columns.to_vec(), topic: topic.to_owned() }
    }

    fn read_record(&self, payload: &[u8], row: &mut Row, sinks: &mut [Sink], unwanted: &[bool]) -> Result<(), String> {
        let text = String::from_utf8_lossy(payload);
        row.split(&text, self.delimiter)?;
        if row.fields.len() != self.columns.len() {
            return Err(format!(
                "Column count mismatch on deserialization. topic: {}, expected: {}, got: {}",
                self.topic,
                self.columns.len(),
                row.fields.len()
            ));
        }
        for (index, sink) in sinks.iter_mut().enumerate() {
            push(row.field(index, &text), sink)?;
            if unwanted[index] {
                sink.truncate(0);
            }
        }
        Ok(())
    }
}

impl Decoder for DelimitedDecoder {
    fn decode(&self, payloads: &BinaryArray, wanted: &[usize]) -> Decoded {
        let rows = payloads.len();
        let mut failures = Vec::new();
        let mut sinks: Vec<Sink> = self.columns.iter().map(|c| Sink::new(&c.data_type, rows, 0)).collect();
        let unwanted: Vec<bool> = (0..sinks.len()).map(|index| !wanted.contains(&index)).collect();
        let mut fields = Row::default();
        for row in 0..rows {
            let result = if payloads.is_null(row) {
                Err(None)
            } else if sinks.is_empty() {
                Ok(())
            } else {
                self.read_record(payloads.value(row), &mut fields, &mut sinks, &unwanted).map_err(Some)
            };
            let Err(reason) = result else { continue };
            for (sink, unwanted) in sinks.iter_mut().zip(&unwanted) {
                sink.truncate(if *unwanted { 0 } else { row });
                if !unwanted {
                    sink.push_null();
                }
            }
            if let Some(reason) = reason {
                let message = "Error deserializing delimited".to_owned();
                failures.push(DecodeFailure { row: row as u32, message, cause: vec![reason] });
            }
        }
        let finished: Vec<ArrayRef> =
            sinks.into_iter().zip(&self.columns).map(|(sink, c)| sink.finish(&c.data_type)).collect();
        let columns = wanted.iter().map(|&index| finished[index].clone()).collect();
        Decoded { columns, present: super::presence(payloads), failures }
    }
}

/// The fields of one CSV row.
#[derive(Default)]
struct Row {
    /// Where each field lies: in the record, or in `unquoted`.
    fields: Vec<Place>,
    unquoted: String,
}

struct Place {
    from: usize,
    to: usize,
    quoted: bool,
}

impl Row {
    fn field<'t>(&'t self, index: usize, text: &'t str) -> &'t str {
        let Place { from, to, quoted } = self.fields[index];
        if quoted { &self.unquoted[from..to] } else { &text[from..to] }
    }

    /// Takes apart the first row of `text` that is not empty.
    fn split(&mut self, text: &str, delimiter: char) -> Result<(), String> {
        self.fields.clear();
        self.unquoted.clear();
        let start = text.len() - text.trim_start_matches(['\r', '\n']).len();
        if start == text.len() {
            return Err("No fields in record".to_owned());
        }
        let mut at = start;
        loop {
            let end = if text[at..].starts_with('"') && delimiter != '"' {
                self.quoted_field(text, at, delimiter)?
            } else {
                let end = text[at..].find([delimiter, '\r', '\n']).map_or(text.len(), |length| at + length);
                self.fields.push(Place { from: at, to: end, quoted: false });
                end
            };
            if !text[end..].starts_with(delimiter) {
                return Ok(());
            }
            at = end + delimiter.len_utf8();
        }
    }

    /// The field whose opening quote is at `open`; gives where the text goes on behind it.
    fn quoted_field(&mut self, text: &str, open: usize, delimiter: char) -> Result<usize, String> {
        let from = self.unquoted.len();
        let mut at = open + 1;
        loop {
            let Some(quote) = text[at..].find('"').map(|length| at + length) else {
                return Err("(startline 1) EOF reached before encapsulated token finished".to_owned());
            };
            self.unquoted.push_str(&text[at..quote]);
            at = quote + 1;
            if !text[at..].starts_with('"') {
                break;
            }
            self.unquoted.push('"');
            at += 1;
        }
        self.fields.push(Place { from, to: self.unquoted.len(), quoted: true });
        for (offset, c) in text[at..].char_indices() {
            if c == delimiter || c == '\r' || c == '\n' {
                return Ok(at + offset);
            }
            if !c.is_whitespace() {
                return Err("(line 1) invalid char between encapsulated token and delimiter".to_owned());
            }
        }
        Ok(text.len())
    }
}

/// The value that a field's text has in a column. An empty field is NULL.
fn push(field: &str, sink: &mut Sink) -> Result<(), String> {
    if field.is_empty() {
        sink.push_null();
        return Ok(());
    }
    match sink {
        Sink::Boolean(booleans) => booleans.push(Some(field.eq_ignore_ascii_case("true"))),
        Sink::Integer(numbers) => numbers.push(Some(number(field)?)),
        Sink::BigInt(numbers) | Sink::Timestamp(numbers) => numbers.push(Some(number(field)?)),
        Sink::Double(numbers) => {
            let value = java_double::parse(field).ok_or_else(|| no_number(field))?;
            numbers.push(Some(value));
        }
        Sink::Decimal { numbers, precision, scale } => {
            let unscaled = decimal::fit(field, *precision, *scale).map_err(|e| e.to_string())?;
            numbers.push(Some(unscaled.as_i128()));
        }
        Sink::WideDecimal { numbers, precision, scale } => {
            let unscaled = decimal::fit(field, *precision, *scale).map_err(|e| e.to_string())?;
            numbers.push(Some(unscaled));
        }
        Sink::String(runs) => runs.push(field.as_bytes()),
        Sink::Bytes(runs) => {
            let decoded = STANDARD.decode_vec(field, runs.open());
            decoded.map_err(|_| format!("Value is not a valid Base64 encoded string: {field}"))?;
            runs.close();
        }
        Sink::Time(numbers) => {
            let millis: i64 = number(field)?;
            if !(0..86_400_000).contains(&millis) {
                return Err(
                    "Time values must use number of milliseconds greater than 0 and less than 86400000.".to_owned()
                );
            }
            numbers.push(Some(millis as i32));
        }
        Sink::Date(numbers) => {
            let days: i64 = number(field)?;
            numbers.push(Some(days.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32));
        }
        // `validate` admits no nested type.
        Sink::Array(_) | Sink::Map(_) | Sink::Struct(_) => sink.push_null(),
    }
    if sink.in_bounds() { Ok(()) } else { Err("The texts of one batch of records take more than 2 GB".to_owned()) }
}

fn number<N: std::str::FromStr>(field: &str) -> Result<N, String> {
    field.parse().map_err(|_| no_number(field))
}

fn no_number(field: &str) -> String {
    format!("For input string: \"{field}\"")
}

pub struct DelimitedEncoder {
    delimiter: char,
    columns: Vec<Column>,
}

impl DelimitedEncoder {
    pub fn new(delimiter: char, columns: &[Column]) -> Self {
        Self { delimiter, columns: columns.to_vec() }
    }
}

impl Encoder for DelimitedEncoder {
    fn encode(
        &self,
        columns: &[ArrayRef],
        present: Option<&BooleanBuffer>,
        rows: usize,
    ) -> Result<BinaryArray, EncodeError> {
        if self.columns.is_empty() {
            return Ok(BinaryArray::new_null(rows));
        }
        let mut payloads = Payloads::new(rows, rows * 8 * columns.len());
        let mut text = Vec::new();
        let mut delimiter = [0u8; 4];
        let delimiter = self.delimiter.encode_utf8(&mut delimiter).as_bytes();
        for row in 0..rows {
            if present.is_some_and(|present| !present.value(row)) {
                payloads.push_null();
                continue;
            }
            let out = payloads.open();
            for (index, (array, column)) in columns.iter().zip(&self.columns).enumerate() {
                if index > 0 {
                    out.extend_from_slice(delimiter);
                }
                if !array.is_null(row) {
                    text.clear();
                    append_text(array, &column.data_type, row, &mut text);
                    append_field(&text, index == 0, delimiter, out);
                }
            }
            payloads.close(row)?;
        }
        Ok(payloads.finish())
    }
}

/// Appends a field, in quotes where a reader would need them or where the CSV library plays safe.
fn append_field(text: &[u8], first: bool, delimiter: &[u8], out: &mut Vec<u8>) {
    if !needs_quotes(text, first, delimiter) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for &byte in text {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn needs_quotes(text: &[u8], first: bool, delimiter: &[u8]) -> bool {
    let (Some(&start), Some(&end)) = (text.first(), text.last()) else { return first };
    (first && !start.is_ascii_alphanumeric())
        || start <= b'#'
        || end <= b' '
        || memchr::memchr3(b'"', b'\r', b'\n', text).is_some()
        || memchr::memmem::find(text, delimiter).is_some()
}

fn append_text(array: &ArrayRef, data_type: &SqlType, row: usize, out: &mut Vec<u8>) {
    fn integer<I: itoa::Integer>(value: I, out: &mut Vec<u8>) {
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }
    match data_type {
        SqlType::Boolean => out.extend_from_slice(if array.as_boolean().value(row) { b"true" } else { b"false" }),
        SqlType::Integer => integer(array.as_primitive::<Int32Type>().value(row), out),
        SqlType::BigInt => integer(array.as_primitive::<Int64Type>().value(row), out),
        SqlType::Double => java_double::append(array.as_primitive::<Float64Type>().value(row), out),
        SqlType::Decimal { scale, .. } => match array.as_primitive_opt::<Decimal128Type>() {
            Some(narrow) => decimal::append_plain(narrow.value(row), *scale, out),
            None => decimal::append_plain_wide(array.as_primitive::<Decimal256Type>().value(row), *scale, out),
        },
        SqlType::String => out.extend_from_slice(array.as_string::<i32>().value(row).as_bytes()),
        SqlType::Bytes => append_base64_text(array.as_binary::<i32>().value(row), out),
        SqlType::Time => integer(array.as_primitive::<Time32MillisecondType>().value(row), out),
        SqlType::Date => integer(array.as_primitive::<Date32Type>().value(row), out),
        SqlType::Timestamp => integer(array.as_primitive::<TimestampMillisecondType>().value(row), out),
        // `validate` admits no nested type.
        SqlType::Array(_) | SqlType::Map(..) | SqlType::Struct(_) => {}
    }
}
