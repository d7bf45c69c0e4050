//! LPAD and RPAD on text and bytes.

use arrow_array::ArrayRef;

use super::java_text::{push_utf16_slice, utf16_len};
use super::kernels::*;
use super::strings::STRING;
use super::{Argument, CallContext, Function, Overload};

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "lpad",
        STRING,
        "The input padded from the left, or cut, to a length.",
        &[("LPAD('foo', 7, 'Bar')", "'BarBfoo'"), ("LPAD('foo', 2, 'Bar')", "'fo'"), ("LPAD('foo', 7, '')", "NULL")],
        &[
            Overload::new("input STRING, targetLen INT, padding STRING", "STRING", |c, a| pad_text(c, a, true)),
            Overload::new("input BYTES, targetLen INT, padding BYTES", "BYTES", |c, a| pad_bytes(c, a, true)),
        ],
    ),
    Function::scalar(
        "rpad",
        STRING,
        "The input padded to the right, or cut, to a length.",
        &[("RPAD('foo', 7, 'Bar')", "'fooBarB'"), ("RPAD('foo', 2, 'Bar')", "'fo'")],
        &[
            Overload::new("input STRING, targetLen INT, padding STRING", "STRING", |c, a| pad_text(c, a, false)),
            Overload::new("input BYTES, targetLen INT, padding BYTES", "BYTES", |c, a| pad_bytes(c, a, false)),
        ],
    ),
];

/// The longest padded value. A greater length in a query is a slip, and must not exhaust the memory.
const LENGTH_MAX: usize = 1 << 28;

fn checked_length(length: i32) -> Row<usize> {
    let length = usize::try_from(length).map_err(|_| Stop::Null)?;
    if length > LENGTH_MAX { Err(format!("the padded length {length} is too great").into()) } else { Ok(length) }
}

fn pad_text(context: &mut CallContext<'_>, arguments: &[Argument<'_>], left: bool) -> ArrayRef {
    let (texts, lengths, paddings) = (arguments[0].strings(), arguments[1].integers(), arguments[2].strings());
    string_rows(context, |row, out| {
        let (text, length, padding) = (texts.at(row)?, checked_length(lengths.at(row)?)?, paddings.at(row)?);
        if padding.is_empty() {
            return Err(Stop::Null);
        }
        let own = utf16_len(text);
        if own >= length || !left {
            push_utf16_slice(text, 0, length, out);
        }
        let (unit, mut missing) = (utf16_len(padding), length.saturating_sub(own));
        while missing > 0 {
            push_utf16_slice(padding, 0, missing, out);
            missing = missing.saturating_sub(unit);
        }
        if own < length && left {
            out.push_str(text);
        }
        Ok(())
    })
}

fn pad_bytes(context: &mut CallContext<'_>, arguments: &[Argument<'_>], left: bool) -> ArrayRef {
    let (inputs, lengths, paddings) = (arguments[0].bytes(), arguments[1].integers(), arguments[2].bytes());
    bytes_rows(context, |row, out| {
        let (input, length, padding) = (inputs.at(row)?, checked_length(lengths.at(row)?)?, paddings.at(row)?);
        if padding.is_empty() {
            return Err(Stop::Null);
        }
        let own = &input[..input.len().min(length)];
        let fill = padding.iter().cycle().take(length - own.len());
        if left {
            out.extend(fill);
            out.extend_from_slice(own);
        } else {
            out.extend_from_slice(own);
            out.extend(fill);
        }
        Ok(())
    })
}
