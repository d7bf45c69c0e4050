//! Functions on text that give text or a number: case, length, parts, search, replacement. Positions count UTF-16 units.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::Buffer;

use super::java_text::*;
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};

pub const STRING: &str = "STRING";

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "lcase",
        STRING,
        "The text in lower case.",
        &[("LCASE('AbC')", "'abc'")],
        &[Overload::new("input STRING", "STRING", |c, a| {
            change_case(c, a[0].strings(), |bytes| bytes.make_ascii_lowercase(), |s| s.to_lowercase())
        })],
    ),
    Function::scalar(
        "ucase",
        STRING,
        "The text in upper case.",
        &[("UCASE('aB')", "'AB'"), ("UCASE('straße')", "'STRASSE'")],
        &[Overload::new("input STRING", "STRING", |c, a| {
            change_case(c, a[0].strings(), |bytes| bytes.make_ascii_uppercase(), |s| s.to_uppercase())
        })],
    ),
    Function::scalar(
        "initcap",
        STRING,
        "The text with every word's first letter in upper case and all others in lower case.",
        &[("INITCAP('the   Quick br0wn fOx')", "'The   Quick Br0wn Fox'"), ("INITCAP('some_string')", "'Some_string'")],
        &[Overload::new("str STRING", "STRING", initcap)],
    ),
    Function::scalar(
        "len",
        STRING,
        "The length of a text in UTF-16 units, or of bytes.",
        &[("LEN('abc')", "3"), ("LEN('')", "0")],
        &[
            Overload::new("input STRING", "INT", |c, a| {
                let texts = a[0].strings();
                primitive_rows::<Int32Type>(c, |row| texts.at(row).map(|s| utf16_len(s) as i32))
            }),
            Overload::new("input BYTES", "INT", |c, a| {
                let bytes = a[0].bytes();
                primitive_rows::<Int32Type>(c, |row| bytes.at(row).map(|b| b.len() as i32))
            }),
        ],
    ),
    Function::scalar(
        "trim",
        STRING,
        "The text without spaces and control characters at its ends.",
        &[("TRIM('  a ')", "'a'")],
        &[Overload::new("input STRING", "STRING", |c, a| {
            let texts = a[0].strings();
            string_rows(c, |row, out| {
                out.push_str(trim(texts.at(row)?));
                Ok(())
            })
        })],
    ),
    Function::scalar(
        "substring",
        STRING,
        "The part of a text or of bytes that starts at a 1-based position; a negative position counts from the end.",
        &[
            ("SUBSTRING('stream', -3, 2)", "'ea'"),
            ("SUBSTRING('some string', 0, 2)", "'so'"),
            ("SUBSTRING('short', 6)", "''"),
        ],
        &[
            Overload::new("str STRING, pos INT, length INT", "STRING", substring),
            Overload::new("str STRING, pos INT", "STRING", substring),
            Overload::new("bytes BYTES, pos INT, length INT", "BYTES", sub_bytes),
            Overload::new("bytes BYTES, pos INT", "BYTES", sub_bytes),
        ],
    ),
    Function::scalar(
        "instr",
        STRING,
        "The 1-based position of the n-th occurrence of a text in another, or 0; a negative start searches backwards.",
        &[
            ("INSTR('CORPORATE FLOOR', 'OR')", "2"),
            ("INSTR('CORPORATE FLOOR', 'OR', 3, 2)", "14"),
            ("INSTR('CORPORATE FLOOR', 'OR', -3)", "5"),
            ("INSTR('corporate floor', 'or', -4, 2)", "2"),
        ],
        &[
            Overload::new("str STRING, substring STRING", "INT", instr),
            Overload::new("str STRING, substring STRING, position INT", "INT", instr).primitive(&[2]),
            Overload::new("str STRING, substring STRING, position INT, occurrence INT", "INT", instr)
                .primitive(&[2, 3]),
        ],
    ),
    Function::scalar(
        "replace",
        STRING,
        "The text with every occurrence of a text replaced by another.",
        &[("REPLACE('abab', 'a', 'x')", "'xbxb'"), ("REPLACE('anaconda', 'a', 'o')", "'onocondo'")],
        &[Overload::new("str STRING, oldStr STRING, newStr STRING", "STRING", replace)],
    ),
    Function::scalar(
        "concat",
        STRING,
        "The arguments one after the other; NULLs are left out.",
        &[("CONCAT('a', NULL, 'b')", "'ab'")],
        &[
            Overload::new("inputs STRING...", "STRING", |c, a| {
                let texts: Vec<_> = a.iter().map(Argument::strings).collect();
                string_rows(c, |row, out| {
                    texts.iter().filter_map(|t| t.get(row)).for_each(|s| out.push_str(s));
                    Ok(())
                })
            }),
            Overload::new("inputs BYTES...", "BYTES", |c, a| {
                let bytes: Vec<_> = a.iter().map(Argument::bytes).collect();
                bytes_rows(c, |row, out| {
                    bytes.iter().filter_map(|t| t.get(row)).for_each(|b| out.extend_from_slice(b));
                    Ok(())
                })
            }),
        ],
    ),
    Function::scalar(
        "concat_ws",
        STRING,
        "The arguments from the second on, with the first between them; NULLs are left out.",
        &[("CONCAT_WS('-', 'a', NULL, 'b')", "'a-b'")],
        &[
            Overload::new("inputs STRING...", "STRING", concat_ws),
            Overload::new("inputs BYTES...", "BYTES", concat_ws_bytes),
        ],
    ),
    Function::scalar(
        "elt",
        STRING,
        "The n-th of the texts that follow n, or NULL.",
        &[("ELT(2, 'a', 'b')", "'b'"), ("ELT(3, 'a', 'b')", "NULL")],
        &[Overload::new("pos INT, args STRING...", "STRING", |c, a| {
            let (positions, texts) = (a[0].integers(), a[1..].iter().map(Argument::strings).collect::<Vec<_>>());
            string_rows(c, |row, out| {
                let index = usize::try_from(positions.at(row)?).ok().and_then(|p| p.checked_sub(1));
                out.push_str(or_null(index.and_then(|i| texts.get(i)))?.at(row)?);
                Ok(())
            })
        })
        .primitive(&[0])],
    ),
    Function::scalar(
        "field",
        STRING,
        "The 1-based position of the first text among those that follow it, or 0.",
        &[("FIELD('b', 'a', 'b')", "2"), ("FIELD('hello', NULL, 'world')", "0")],
        &[Overload::new("str STRING, args STRING...", "INT", |c, a| {
            let (wanted, texts) = (a[0].strings(), a[1..].iter().map(Argument::strings).collect::<Vec<_>>());
            primitive_rows::<Int32Type>(c, |row| {
                let found = wanted.get(row).and_then(|w| texts.iter().position(|t| t.get(row) == Some(w)));
                Ok(found.map_or(0, |index| index as i32 + 1))
            })
        })],
    ),
    Function::scalar(
        "chr",
        STRING,
        "The character of a code point, or of a text such as \\u004b.",
        &[("CHR(75)", "'K'"), ("CHR('\\u004b')", "'K'"), ("CHR('75')", "NULL"), ("CHR(-1)", "NULL")],
        &[
            Overload::new("decimalCode INT", "STRING", |c, a| {
                let codes = a[0].integers();
                string_rows(c, |row, out| {
                    out.push(or_null(u32::try_from(codes.at(row)?).ok().and_then(char::from_u32))?);
                    Ok(())
                })
            }),
            Overload::new("utf16Code STRING", "STRING", |c, a| {
                let codes = a[0].strings();
                string_rows(c, |row, out| {
                    out.push_str(&or_null(unescape_unicode(codes.at(row)?))?);
                    Ok(())
                })
            }),
        ],
    ),
    Function::scalar(
        "md5",
        STRING,
        "The MD5 digest of the text's UTF-8 bytes in lower-case hexadecimal.",
        &[("MD5('')", "'d41d8cd98f00b204e9800998ecf8427e'")],
        &[Overload::new("s STRING", "STRING", |c, a| {
            let texts = a[0].strings();
            string_rows(c, |row, out| {
                for byte in super::md5::digest(texts.at(row)?.as_bytes()) {
                    out.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
                }
                Ok(())
            })
        })],
    ),
];

/// Changes all values in one go when they are ASCII, which keeps every offset.
fn change_case(
    context: &mut CallContext<'_>,
    texts: &StringArray,
    ascii: fn(&mut [u8]),
    unicode: fn(&str) -> String,
) -> ArrayRef {
    let (start, end) = (texts.value_offsets()[0] as usize, texts.value_offsets()[texts.len()] as usize);
    if texts.value_data()[start..end].is_ascii() {
        let mut bytes = texts.value_data()[..end].to_vec();
        ascii(&mut bytes[start..]);
        // What lies before the first offset may be cut in the middle of a character; it is never read.
        bytes[..start].fill(b' ');
        return Arc::new(StringArray::new(texts.offsets().clone(), Buffer::from_vec(bytes), texts.nulls().cloned()));
    }
    string_rows(context, |row, out| {
        out.push_str(&unicode(texts.at(row)?));
        Ok(())
    })
}

fn initcap(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let texts = arguments[0].strings();
    string_rows(context, |row, out| {
        let mut at_start = true;
        let text = texts.at(row)?.trim_start_matches(is_java_whitespace);
        let lower = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) };
        for c in lower.chars() {
            // Java takes one UTF-16 unit for a character here.
            match c {
                _ if c.is_ascii() && at_start => out.push(c.to_ascii_uppercase()),
                _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
                _ if at_start && c.len_utf16() == 1 => out.extend(c.to_uppercase()),
                _ => out.push(c),
            }
            at_start = is_java_whitespace(c);
        }
        Ok(())
    })
}

/// The 0-based range of a 1-based position and a length within `length` units.
fn sub_range(length: usize, position: i32, count: Option<i32>) -> (usize, usize) {
    let position = i64::from(position);
    let start = match position {
        ..0 => (length as i64 + position).max(0),
        0 => 0,
        _ => (position - 1).min(length as i64),
    } as usize;
    let end = count.map_or(length, |n| start.saturating_add(n.max(0) as usize).min(length));
    (start, end)
}

fn substring(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (texts, positions) = (arguments[0].strings(), arguments[1].integers());
    let lengths = arguments.get(2).map(Argument::integers);
    string_rows(context, |row, out| {
        let (text, position) = (texts.at(row)?, positions.at(row)?);
        let count = lengths.map(|l| l.at(row)).transpose()?;
        let (start, end) = sub_range(utf16_len(text), position, count);
        push_utf16_slice(text, start, end, out);
        Ok(())
    })
}

fn sub_bytes(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (bytes, positions) = (arguments[0].bytes(), arguments[1].integers());
    let lengths = arguments.get(2).map(Argument::integers);
    bytes_rows(context, |row, out| {
        let (bytes, position) = (bytes.at(row)?, positions.at(row)?);
        let count = lengths.map(|l| l.at(row)).transpose()?;
        let (start, end) = sub_range(bytes.len(), position, count);
        out.extend_from_slice(&bytes[start..end]);
        Ok(())
    })
}

fn instr(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (texts, wanted) = (arguments[0].strings(), arguments[1].strings());
    let positions = arguments.get(2).map(Argument::integers);
    let occurrences = arguments.get(3).map(Argument::integers);
    primitive_rows::<Int32Type>(context, |row| {
        let position = positions.map_or(Ok(1), |p| p.at(row))?;
        let occurrence = occurrences.map_or(Ok(1), |o| o.at(row))?;
        let (Some(text), Some(wanted)) = (texts.get(row), wanted.get(row)) else { return Ok(0) };
        if text.is_ascii() && wanted.is_ascii() {
            return Ok(position_of(text.as_bytes(), wanted.as_bytes(), position, occurrence));
        }
        let (text, wanted): (Vec<u16>, Vec<u16>) = (text.encode_utf16().collect(), wanted.encode_utf16().collect());
        Ok(position_of(&text, &wanted, position, occurrence))
    })
}

/// The 1-based position of the n-th, maybe overlapping, occurrence from `position` on, or 0.
fn position_of<T: PartialEq>(text: &[T], wanted: &[T], position: i32, occurrence: i32) -> i32 {
    let length = text.len() as i64;
    if i64::from(position).abs() > length || occurrence <= 0 || wanted.len() > text.len() {
        return 0;
    }
    let last = text.len() - wanted.len();
    let matches = |&start: &usize| text[start..start + wanted.len()] == *wanted;
    let nth = occurrence as usize - 1;
    let found = if position > 0 {
        (position as usize - 1..=last).filter(matches).nth(nth)
    } else {
        let from = ((length + i64::from(position)) as usize).min(last);
        (0..=from).rev().filter(matches).nth(nth)
    };
    found.map_or(0, |start| start as i32 + 1)
}

fn replace(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let [texts, old, new] = [0, 1, 2].map(|i| arguments[i].strings());
    string_rows(context, |row, out| {
        let (text, old, new) = (texts.at(row)?, old.at(row)?, new.at(row)?);
        let mut end = 0;
        for (start, found) in text.match_indices(old) {
            out.push_str(&text[end..start]);
            out.push_str(new);
            end = start + found.len();
        }
        out.push_str(&text[end..]);
        Ok(())
    })
}

fn concat_ws(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let texts: Vec<_> = arguments.iter().map(|a| a.array().as_string::<i32>()).collect();
    string_rows(context, |row, out| {
        let [separators, texts @ ..] = texts.as_slice() else { return Err(TOO_FEW.into()) };
        if texts.is_empty() {
            return Err(TOO_FEW.into());
        }
        let separator = separators.at(row)?;
        for (i, text) in texts.iter().filter_map(|t| t.get(row)).enumerate() {
            if i > 0 {
                out.push_str(separator);
            }
            out.push_str(text);
        }
        Ok(())
    })
}

const TOO_FEW: &str = "Function Concat_WS expects at least two input arguments.";

fn concat_ws_bytes(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let values: Vec<_> = arguments.iter().map(Argument::bytes).collect();
    bytes_rows(context, |row, out| {
        let [separators, values @ ..] = values.as_slice() else { return Err(TOO_FEW.into()) };
        if values.is_empty() {
            return Err(TOO_FEW.into());
        }
        let separator = separators.at(row)?;
        for (i, bytes) in values.iter().filter_map(|t| t.get(row)).enumerate() {
            if i > 0 {
                out.extend_from_slice(separator);
            }
            out.extend_from_slice(bytes);
        }
        Ok(())
    })
}

/// The text of Java escapes `\uXXXX`; `None` when the text does not start with one.
fn unescape_unicode(text: &str) -> Option<String> {
    if !text.starts_with("\\u") || text.len() < 6 {
        return None;
    }
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(digits) = rest.strip_prefix("\\u") {
            let digits = digits.trim_start_matches('u');
            units.push(u16::from_str_radix(digits.get(..4)?, 16).ok()?);
            rest = &digits[4..];
        } else {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(String::from_utf16_lossy(&units))
}
