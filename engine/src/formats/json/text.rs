//! JSON values as the text that a STRING column takes of them: numbers and words as Java prints them, objects as compact
//! JSON, arrays as `[a, b]`.

use super::scan::{Cursor, NumberToken, Scan};
use crate::formats::decimal::BigDecimal;

/// Appends the text of the value at the cursor.
pub fn append(cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Scan<()> {
    match cursor.peek() {
        Some(b'"') => {
            let token = cursor.string()?;
            out.extend_from_slice(cursor.unescaped(token).as_bytes());
            Ok(())
        }
        Some(b'[') => {
            out.push(b'[');
            cursor.items(|cursor, index| {
                if index > 0 {
                    out.extend_from_slice(b", ");
                }
                append(cursor, out)
            })?;
            out.push(b']');
            Ok(())
        }
        _ => append_compact(cursor, out),
    }
}

/// Appends the value at the cursor as compact JSON.
fn append_compact(cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Scan<()> {
    match cursor.peek() {
        Some(b'"') => {
            let token = cursor.string()?;
            append_string(&cursor.unescaped(token), out);
            Ok(())
        }
        Some(b'-' | b'0'..=b'9') => {
            append_number(cursor.number()?, out);
            Ok(())
        }
        Some(b'{') => {
            let mut separator = b'{';
            cursor.entries(|cursor, name| {
                out.push(separator);
                separator = b',';
                append_string(&cursor.unescaped(name), out);
                out.push(b':');
                append_compact(cursor, out)
            })?;
            if separator == b'{' {
                out.push(b'{');
            }
            out.push(b'}');
            Ok(())
        }
        Some(b'[') => {
            out.push(b'[');
            cursor.items(|cursor, index| {
                if index > 0 {
                    out.push(b',');
                }
                append_compact(cursor, out)
            })?;
            out.push(b']');
            Ok(())
        }
        _ => {
            let from = cursor.pos;
            cursor.skip_value()?;
            out.extend_from_slice(cursor.slice(from, cursor.pos).as_bytes());
            Ok(())
        }
    }
}

fn append_number(number: NumberToken<'_>, out: &mut Vec<u8>) {
    match number {
        NumberToken { text: "-0", .. } => out.push(b'0'),
        NumberToken { text, integer: true, .. } => out.extend_from_slice(text.as_bytes()),
        NumberToken { text, .. } => {
            let java = BigDecimal::parse(text).map_or_else(|_| text.to_owned(), |number| number.text());
            out.extend_from_slice(java.as_bytes());
        }
    }
}

/// Appends a JSON string with Jackson's escapes; what is not ASCII stays as it is.
pub fn append_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = super::scan::find_special(bytes, from);
        out.extend_from_slice(&bytes[from..at]);
        let Some(&special) = bytes.get(at) else { break };
        append_escape(special, out);
        from = at + 1;
    }
    out.push(b'"');
}

#[cold]
fn append_escape(byte: u8, out: &mut Vec<u8>) {
    let short: &[u8] = match byte {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        b'\n' => b"\\n",
        b'\r' => b"\\r",
        b'\t' => b"\\t",
        8 => b"\\b",
        12 => b"\\f",
        _ => return out.extend_from_slice(format!("\\u{byte:04X}").as_bytes()),
    };
    out.extend_from_slice(short);
}
