//! Records of every format: what decodes is encoded, and decodes to the same again; records alone and together agree.

use arrow_array::BinaryArray;
use weir_engine::formats::{Decoded, Decoder, Format, SerdeOptions, decoder, encoder};
use weir_engine::types::{Column, Value};

use super::{outcome, shapes, worded};

/// Between the records of an input.
const RECORD: u8 = 0x1e;

pub fn json(input: &[u8]) -> u64 {
    records(input, |_| Format::Json)
}

pub fn delimited(input: &[u8]) -> u64 {
    const DELIMITERS: [char; 4] = [',', '\t', ' ', '|'];
    records(input, |choice| Format::Delimited { delimiter: DELIMITERS[usize::from(choice / 64)] })
}

pub fn kafka(input: &[u8]) -> u64 {
    records(input, |choice| if choice > 250 { Format::None } else { Format::Kafka })
}

/// The first byte chooses schema and options, the others are records.
fn records(input: &[u8], format: impl Fn(u8) -> Format) -> u64 {
    let Some((&choice, rest)) = input.split_first() else { return 0 };
    let schemas = shapes::schemas();
    let columns = &schemas[usize::from(choice & 15) % schemas.len()];
    let options = SerdeOptions { format: format(choice), wrap_single: choice & 16 == 0 };
    let is_key = choice & 32 != 0;
    let decoder = match decoder(&options, columns, "topic", is_key) {
        Ok(decoder) => decoder,
        Err(refusal) => return worded(&refusal.0),
    };
    let payloads: Vec<Option<&[u8]>> = rest.split(|byte| *byte == RECORD).take(4).map(Some).chain([None]).collect();
    let wanted: Vec<usize> = (0..columns.len()).collect();
    let decoded = decoder.decode(&BinaryArray::from(payloads.clone()), &wanted);
    let rows = shapes::values(&decoded.columns, columns);
    alone(&*decoder, &payloads, columns, &decoded, &rows);
    if options.format != Format::None {
        assert_eq!(rows.len(), payloads.len(), "another number of rows");
        reads_back(&options, is_key, &*decoder, columns, &decoded, &rows);
    }
    let fill: Vec<Vec<bool>> = rows.iter().map(|row| row.iter().map(Value::is_null).collect()).collect();
    outcome((choice & 63, fill, decoded.failures.iter().map(|failure| worded(&failure.message)).collect::<Vec<_>>()))
}

/// Every record alone gives what it gives among others, also when some columns are not wanted.
fn alone(
    decoder: &dyn Decoder,
    payloads: &[Option<&[u8]>],
    columns: &[Column],
    decoded: &Decoded,
    rows: &[Vec<Value>],
) {
    for (row, payload) in payloads.iter().enumerate() {
        let one = BinaryArray::from(vec![*payload]);
        let wanted: Vec<usize> = (0..columns.len()).collect();
        let found = decoder.decode(&one, &wanted);
        let expected = decoded.failures.iter().find(|failure| failure.row as usize == row);
        assert_eq!(
            found.failures.first().map(|f| &f.message),
            expected.map(|f| &f.message),
            "alone it fails otherwise"
        );
        let values = shapes::values(&found.columns, columns);
        assert_eq!(format!("{:?}", values.first()), format!("{:?}", rows.get(row)), "row {row} alone is another");
        if columns.len() > 1 {
            let some = decoder.decode(&one, &[columns.len() - 1]);
            let last = shapes::values(&some.columns, &columns[columns.len() - 1..]);
            let wanted = rows.get(row).and_then(|row| row.last());
            assert_eq!(
                format!("{:?}", last.first().map(|r| &r[0])),
                format!("{wanted:?}"),
                "one column alone is another"
            );
        }
    }
}

/// What was decoded is encoded, and that decodes to the same.
fn reads_back(
    options: &SerdeOptions,
    is_key: bool,
    decoder: &dyn Decoder,
    columns: &[Column],
    decoded: &Decoded,
    rows: &[Vec<Value>],
) {
    let Ok(encoder) = encoder(options, columns, is_key) else { return };
    let Ok(payloads) = encoder.encode(&decoded.columns, decoded.present.as_ref(), rows.len()) else { return };
    let wanted: Vec<usize> = (0..columns.len()).collect();
    let again = decoder.decode(&payloads, &wanted);
    let failed = |row: usize| decoded.failures.iter().any(|failure| failure.row as usize == row);
    let values = shapes::values(&again.columns, columns);
    for (row, expected) in rows.iter().enumerate().filter(|(row, _)| !failed(*row)) {
        let problem = again.failures.iter().find(|failure| failure.row as usize == row).map(|failure| &failure.message);
        let text = format!("{:?}", payloads.value(row).escape_ascii().to_string());
        if is_lossy(options, expected) {
            continue;
        }
        assert_eq!(problem, None, "what was written is refused: {text}");
        let (found, expected) = (values[row].iter().map(unordered), expected.iter().map(unordered));
        assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{text} is another");
    }
}

/// DELIMITED has one text for NULL and for the empty text, and no quotes for blanks at the ends; JSON numbers go through decimal
/// numbers, which have no negative zero.
fn is_lossy(options: &SerdeOptions, row: &[Value]) -> bool {
    match options.format {
        Format::Delimited { .. } => row.iter().any(|value| match value {
            Value::String(text) => text.trim() != &**text || text.is_empty(),
            Value::Null => row.len() == 1,
            _ => false,
        }),
        Format::Json => row.iter().any(has_negative_zero),
        _ => false,
    }
}

/// A value as text in which the order of maps, which they do not keep, is that of their entries.
fn unordered(value: &Value) -> String {
    let joined = |items: &[Value]| items.iter().map(unordered).collect::<Vec<_>>().join(", ");
    match value {
        Value::Array(items) => format!("[{}]", joined(items)),
        Value::Struct(items) => format!("({})", joined(items)),
        Value::Map(entries) => {
            let entry = |(key, item): &(Value, Value)| format!("{}={}", unordered(key), unordered(item));
            let mut entries: Vec<String> = entries.iter().map(entry).collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        simple => format!("{simple:?}"),
    }
}

fn has_negative_zero(value: &Value) -> bool {
    match value {
        Value::Double(number) => *number == 0.0 && number.is_sign_negative(),
        Value::Array(items) | Value::Struct(items) => items.iter().any(has_negative_zero),
        Value::Map(entries) => entries.iter().any(|(_, item)| has_negative_zero(item)),
        _ => false,
    }
}
