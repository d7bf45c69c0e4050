//! How Java writes doubles and decimals, and Java's UTF-16 view of strings: lengths, positions and slices.

use std::borrow::Cow;

use arrow_buffer::i256;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Appends a double as Java prints it: `1.0`, `1.0E10`, `NaN`, `-Infinity`.
pub fn push_double(value: f64, out: &mut String) {
    out.push_str(&crate::formats::java_double_text(value));
}

/// Appends a decimal with all digits of its scale.
pub fn push_decimal(unscaled: i256, scale: u32, out: &mut String) {
    let digits = unscaled.wrapping_abs().to_string();
    let digits = digits.trim_start_matches('-');
    let scale = scale as usize;
    if unscaled.is_negative() {
        out.push('-');
    }
    if scale == 0 {
        out.push_str(digits);
        return;
    }
    let whole = digits.len().saturating_sub(scale);
    out.push_str(if whole == 0 { "0" } else { &digits[..whole] });
    out.push('.');
    (digits.len()..scale).for_each(|_| out.push('0'));
    out.push_str(&digits[whole..]);
}

/// Length in UTF-16 code units.
pub fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// Appends the code units `start..end`. Half of a surrogate pair, which UTF-8 cannot hold, becomes `?`.
pub fn push_utf16_slice(text: &str, start: usize, end: usize, out: &mut String) {
    if start >= end {
        return;
    }
    if text.is_ascii() {
        let end = end.min(text.len());
        out.push_str(&text[start.min(end)..end]);
        return;
    }
    let mut unit = 0;
    for c in text.chars() {
        let next = unit + c.len_utf16();
        if unit >= end {
            break;
        }
        if unit >= start && next <= end {
            out.push(c);
        } else if next > start {
            out.push('?');
        }
        unit = next;
    }
}

/// Compares as Java compares strings: by UTF-16 code units.
pub fn compare_utf16(a: &str, b: &str) -> std::cmp::Ordering {
    // Byte order and code-unit order differ only where a surrogate pair meets a character from U+E000 on.
    let differing = a.bytes().zip(b.bytes()).find(|(x, y)| x != y);
    match differing {
        Some((x, y)) if x >= 0xEE && y >= 0xEE => a.encode_utf16().cmp(b.encode_utf16()),
        _ => a.cmp(b),
    }
}

/// Without blanks and control characters at both ends, as `String.trim`.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// The zeros of the scripts that have decimal digits, of those that fit one UTF-16 unit.
const ZEROS: [u32; 36] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
];

/// The text with the digits of all scripts as ASCII digits, which Java reads as numbers too.
pub fn ascii_digits(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let digit = |c: char| {
        let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&u32::from(c)));
        zero.and_then(|zero| char::from_digit(u32::from(c) - zero, 10)).unwrap_or(c)
    };
    Cow::Owned(text.chars().map(digit).collect())
}

/// Padding may be missing, and the bits that no byte needs may be anything.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The bytes of base64 text, as `Base64.getDecoder` reads it: padding is whole or missing.
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let is_whole = !text.ends_with('=') || text.len().is_multiple_of(4);
    is_whole.then(|| BASE64.decode(text).ok())?
}

/// `Character.isWhitespace`: no blank that must not be broken.
pub fn is_java_whitespace(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{1c}'..='\u{1f}' | ' ' | '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200a}')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{205f}' | '\u{3000}')
}

/// Appends UTF-8 as Java decodes it: U+FFFD for what is malformed, one for a surrogate written as three bytes.
pub fn push_utf8(bytes: &[u8], out: &mut String) {
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => return out.push_str(text),
            Err(error) => {
                let (valid, malformed) = rest.split_at(error.valid_up_to());
                out.push_str(std::str::from_utf8(valid).unwrap_or_default());
                out.push(char::REPLACEMENT_CHARACTER);
                let is_next = |i: usize| malformed.get(i).is_some_and(|byte| byte & 0xC0 == 0x80);
                let length = match malformed {
                    [0xED, 0xA0..=0xBF, ..] if is_next(2) => 3,
                    [0xED, 0xA0..=0xBF, ..] => 2,
                    _ => error.error_len().unwrap_or(malformed.len()),
                };
                rest = &malformed[length..];
            }
        }
    }
}
