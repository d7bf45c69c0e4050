//! JSON nodes as compact text, as Jackson writes them: numbers with a point or an exponent in the form of `BigDecimal`.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// Appends a node.
pub fn push_node(node: &Json, out: &mut String) {
    match node {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => push_number(number.as_str(), out),
        Json::String(text) => push_quoted(text, out),
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                push_node(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (i, (name, member)) in members.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                push_quoted(name, out);
                out.push(':');
                push_node(member, out);
            }
            out.push('}');
        }
    }
}

/// Appends the node's text: a text node's own, another's JSON.
pub fn push_text_of(node: &Json, out: &mut String) {
    match node {
        Json::String(text) => out.push_str(text),
        other => push_node(other, out),
    }
}

pub fn push_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, b)| *b < b' ' || *b == b'"' || *b == b'\\') {
        out.push_str(&text[start..at]);
        start = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            8 => out.push_str("\\b"),
            12 => out.push_str("\\f"),
            other => {
                let _ = write!(out, "\\u{other:04X}");
            }
        }
    }
    out.push_str(&text[start..]);
    out.push('"');
}

/// A number as it stood in the document, in the form that an exact decimal (or a whole number) has in Java.
fn push_number(text: &str, out: &mut String) {
    let (sign, plain) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = plain.split_once(['e', 'E']).unwrap_or((plain, ""));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = whole.chars().chain(fraction.chars()).collect();
    let digits = digits.trim_start_matches('0');
    let sign = if digits.is_empty() { "" } else { sign };
    if fraction.is_empty() && exponent.is_empty() {
        let _ = write!(out, "{sign}{}", if digits.is_empty() { "0" } else { digits });
        return;
    }
    let digits = if digits.is_empty() { "0" } else { digits };
    let scale = fraction.len() as i64 - exponent.parse::<i64>().unwrap_or(0);
    let adjusted = digits.len() as i64 - 1 - scale;
    out.push_str(sign);
    if scale >= 0 && adjusted >= -6 {
        let missing = (scale + 1 - digits.len() as i64).max(0) as usize;
        let padded = "0".repeat(missing) + digits;
        let (whole, fraction) = padded.split_at(padded.len() - scale as usize);
        let _ = write!(out, "{whole}{}{fraction}", if scale > 0 { "." } else { "" });
        return;
    }
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    if adjusted != 0 {
        let _ = write!(out, "E{adjusted:+}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_exact_decimals() {
        let check = |text: &str, expected: &str| {
            let mut out = String::new();
            push_number(text, &mut out);
            assert_eq!(out, expected, "of {text}");
        };
        check("1.50", "1.50");
        check("-0", "0");
        check("-0.0", "0.0");
        check("1e5", "1E+5");
        check("100E3", "1.00E+5");
        check("0.00001", "0.00001");
        check("1E-7", "1E-7");
        check("-12.5e-3", "-0.0125");
        check("12345678901234567890", "12345678901234567890");
    }
}
