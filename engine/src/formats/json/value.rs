//! One JSON value into one column, by ksqlDB's rules of which JSON fits which SQL type.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hashbrown::HashMap;

use super::scan::{Cursor, Fault, NumberToken, Scan, StringToken, wrong};
use super::text;
use crate::formats::sink::{Lists, Maps, Runs, Sink, Structs};
use crate::formats::{decimal, java_double};
use crate::types::SqlType;

/// How the values of a column that nobody wants are checked.
pub enum Check {
    /// Every value fits.
    Anything,
    /// By reading it, and taking it back.
    Read,
}

impl Check {
    pub fn of(data_type: &SqlType) -> Check {
        if *data_type == SqlType::String { Check::Anything } else { Check::Read }
    }
}

/// Takes a value of an unwanted column.
#[inline]
pub fn check(cursor: &mut Cursor<'_>, how: &Check, sink: &mut Sink) -> Scan<()> {
    match how {
        Check::Anything => cursor.skip_value(),
        Check::Read => {
            let result = read(cursor, sink);
            sink.truncate(0);
            result
        }
    }
}

/// Reads the value at the cursor as the next row of `sink`.
///
/// # Errors
/// `Type` when the value does not fit, with the cursor anywhere in it; `Syntax` for broken JSON.
#[inline]
pub fn read(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Scan<()> {
    if cursor.peek() == Some(b'n') {
        cursor.word("null")?;
        sink.push_null();
        return Ok(());
    }
    match sink {
        Sink::BigInt(numbers) | Sink::Timestamp(numbers) => numbers.push(Some(bigint(cursor, "BIGINT")?)),
        Sink::String(runs) => string(cursor, runs)?,
        Sink::Integer(numbers) => numbers.push(Some(integer(cursor)?)),
        Sink::Double(numbers) => numbers.push(Some(double(cursor)?)),
        Sink::Boolean(booleans) => booleans.push(Some(boolean(cursor)?)),
        Sink::Decimal { numbers, precision, scale } => {
            let fitted = decimal_text(cursor, *precision, *scale)?;
            numbers.push(Some(fitted.as_i128()));
        }
        Sink::WideDecimal { numbers, precision, scale } => {
            let fitted = decimal_text(cursor, *precision, *scale)?;
            numbers.push(Some(fitted));
        }
        Sink::Bytes(runs) => bytes(cursor, runs)?,
        Sink::Time(numbers) => numbers.push(Some(time(cursor)?)),
        Sink::Date(numbers) => {
            let days = bigint(cursor, "BIGINT")?;
            numbers.push(Some(days.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32));
        }
        nested => read_nested(cursor, nested)?,
    }
    Ok(())
}

fn read_nested(cursor: &mut Cursor<'_>, sink: &mut Sink) -> Scan<()> {
    let opens = cursor.peek();
    match sink {
        Sink::Array(lists) if opens == Some(b'[') => {
            cursor.items(|cursor, index| {
                read(cursor, &mut lists.item).map_err(|fault| at(fault, format!("[{index}]")))
            })?;
            lists.close();
            Ok(())
        }
        Sink::Map(maps) if opens == Some(b'{') => map(cursor, maps),
        Sink::Struct(structs) if opens == Some(b'{') => {
            let row = structs.rows();
            structs.fields.read_object(cursor, row)?;
            structs.close();
            Ok(())
        }
        Sink::Array(Lists { type_text, .. })
        | Sink::Map(Maps { type_text, .. })
        | Sink::Struct(Structs { type_text, .. }) => mismatch(cursor, type_text),
        _ => mismatch(cursor, "an unknown type"),
    }
}

fn at(mut fault: Box<Fault>, segment: String) -> Box<Fault> {
    if let Fault::Type { path, .. } = &mut *fault {
        path.push(segment);
    }
    fault
}

/// "Can't convert type" with Jackson's name of the value at the cursor, if that is JSON at all.
#[cold]
pub fn mismatch<T>(cursor: &mut Cursor<'_>, required: &str) -> Scan<T> {
    let node = node_name(cursor)?;
    wrong(format!("Can't convert type. sourceType: {node}, requiredType: {required}"))
}

fn node_name(cursor: &mut Cursor<'_>) -> Scan<&'static str> {
    Ok(match cursor.peek() {
        Some(b'"') => "TextNode",
        Some(b'{') => "ObjectNode",
        Some(b'[') => "ArrayNode",
        Some(b't' | b'f') => "BooleanNode",
        Some(b'-' | b'0'..=b'9') => {
            let number = cursor.number()?;
            match (number.integer, number.text.parse::<i64>()) {
                (false, _) => "DecimalNode",
                (true, Ok(value)) if i32::try_from(value).is_ok() => "IntNode",
                (true, Ok(_)) => "LongNode",
                (true, Err(_)) => "BigIntegerNode",
            }
        }
        _ => return cursor.unexpected_value(),
    })
}

#[cold]
fn not_coercible<T>(target: &str) -> Scan<T> {
    wrong(format!("Can't coerce string to type. targetType: {target}"))
}

#[inline]
fn bigint(cursor: &mut Cursor<'_>, required: &str) -> Scan<i64> {
    match cursor.peek() {
        Some(b'-' | b'0'..=b'9') => {
            let number = cursor.number()?;
            Ok(number.small.unwrap_or_else(|| low_bits(number)))
        }
        Some(b'"') => {
            let token = cursor.string()?;
            cursor.unescaped(token).parse().or_else(|_| not_coercible(required))
        }
        _ => mismatch(cursor, required),
    }
}

fn integer(cursor: &mut Cursor<'_>) -> Scan<i32> {
    match cursor.peek() {
        Some(b'"') => {
            let token = cursor.string()?;
            cursor.unescaped(token).parse().or_else(|_| not_coercible("INTEGER"))
        }
        _ => Ok(bigint(cursor, "INTEGER")? as i32),
    }
}

/// The low 64 bits of a number's whole part, as Java narrows big numbers.
fn low_bits(number: NumberToken<'_>) -> i64 {
    let text = number.text.strip_prefix('-').unwrap_or(number.text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i64>().unwrap_or(0)),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let kept = (whole.len() as i64).saturating_add(exponent).max(0) as usize;
    let mut value = 0i64;
    for digit in whole.bytes().chain(fraction.bytes()).take(kept) {
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
    }
    // After 64 more zeros no low bit is left.
    for _ in 0..kept.saturating_sub(whole.len() + fraction.len()).min(64) {
        value = value.wrapping_mul(10);
    }
    if number.text.starts_with('-') { value.wrapping_neg() } else { value }
}

fn double(cursor: &mut Cursor<'_>) -> Scan<f64> {
    match cursor.peek() {
        Some(b'-' | b'0'..=b'9') => {
            let number = cursor.number()?;
            let value = match number.small {
                Some(small) if small.unsigned_abs() < 1 << 53 => small as f64,
                _ => number.text.parse().unwrap_or(f64::NAN),
            };
            // Numbers pass through BigDecimal, which has no negative zero.
            Ok(if value == 0.0 { 0.0 } else { value })
        }
        Some(b'"') => {
            let token = cursor.string()?;
            java_double::parse(&cursor.unescaped(token)).map_or_else(|| not_coercible("DOUBLE"), Ok)
        }
        _ => mismatch(cursor, "DOUBLE"),
    }
}

fn boolean(cursor: &mut Cursor<'_>) -> Scan<bool> {
    match cursor.peek() {
        Some(b't') => cursor.word("true").map(|()| true),
        Some(b'f') => cursor.word("false").map(|()| false),
        _ => mismatch(cursor, "BOOLEAN"),
    }
}

#[inline]
fn string(cursor: &mut Cursor<'_>, runs: &mut Runs) -> Scan<()> {
    if cursor.peek() == Some(b'"') {
        let token = cursor.string()?;
        push_string(cursor, token, runs);
        return Ok(());
    }
    text::append(cursor, runs.open())?;
    runs.close();
    Ok(())
}

#[inline]
fn push_string(cursor: &Cursor<'_>, token: StringToken, runs: &mut Runs) {
    if token.escaped {
        runs.push(cursor.unescaped(token).as_bytes());
    } else {
        runs.push(cursor.text(token).as_bytes());
    }
}

fn decimal_text(cursor: &mut Cursor<'_>, precision: u32, scale: u32) -> Scan<arrow_buffer::i256> {
    let fitted = match cursor.peek() {
        Some(b'-' | b'0'..=b'9') => decimal::fit(cursor.number()?.text, precision, scale),
        Some(b'"') => {
            let token = cursor.string()?;
            decimal::fit(&cursor.unescaped(token), precision, scale)
        }
        _ => return mismatch(cursor, &format!("DECIMAL({precision}, {scale})")),
    };
    fitted.or_else(|error| wrong(error.to_string()))
}

fn bytes(cursor: &mut Cursor<'_>, runs: &mut Runs) -> Scan<()> {
    if cursor.peek() != Some(b'"') {
        return mismatch(cursor, "BYTES");
    }
    let token = cursor.string()?;
    let encoded = cursor.unescaped(token);
    if STANDARD.decode_vec(encoded.as_bytes(), runs.open()).is_err() {
        return wrong(format!("Value is not a valid Base64 encoded string: {encoded}"));
    }
    runs.close();
    Ok(())
}

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

fn time(cursor: &mut Cursor<'_>) -> Scan<i32> {
    let millis = bigint(cursor, "BIGINT")?;
    if !(0..DAY_MS).contains(&millis) {
        return wrong(format!("Time values must use number of milliseconds greater than 0 and less than {DAY_MS}."));
    }
    Ok(millis as i32)
}

fn map(cursor: &mut Cursor<'_>, maps: &mut Maps) -> Scan<()> {
    let (pos, depth) = (cursor.pos, cursor.depth());
    let values = cursor.entries(|cursor, name| {
        push_string(cursor, name, &mut maps.keys);
        read(cursor, &mut maps.values).map_err(|fault| at(fault, format!(".{}.value", cursor.unescaped(name))))
    });
    // A repeated key may make an earlier wrong value harmless, so that is looked at first.
    if repeats_a_key(maps) {
        maps.reopen();
        cursor.rewind(pos, depth);
        last_values(cursor, maps)?;
    } else {
        values?;
    }
    maps.close();
    Ok(())
}

fn repeats_a_key(maps: &Maps) -> bool {
    let entries = maps.open_entries();
    if entries.len() <= 8 {
        return entries.clone().any(|i| (entries.start..i).any(|j| maps.keys.value(i) == maps.keys.value(j)));
    }
    let mut seen = hashbrown::HashSet::with_capacity(entries.len());
    entries.clone().any(|i| !seen.insert(maps.keys.value(i)))
}

/// Reads a map in which keys repeat: the last value of each counts, at the key's first place.
fn last_values(cursor: &mut Cursor<'_>, maps: &mut Maps) -> Scan<()> {
    let mut order: Vec<(StringToken, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    cursor.entries(|cursor, name| {
        let place = *places.entry(cursor.unescaped(name).into_owned()).or_insert_with(|| {
            order.push((name, 0));
            order.len() - 1
        });
        order[place].1 = cursor.pos;
        cursor.skip_value()
    })?;
    let (end, depth) = (cursor.pos, cursor.depth());
    for (name, pos) in order {
        push_string(cursor, name, &mut maps.keys);
        cursor.rewind(pos, depth + 1);
        read(cursor, &mut maps.values).map_err(|fault| at(fault, format!(".{}.value", cursor.unescaped(name))))?;
    }
    cursor.rewind(end, depth);
    Ok(())
}
