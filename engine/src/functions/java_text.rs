//! How Java writes doubles and decimals, and Java's UTF-16 view of strings: lengths, positions and slices.

use arrow_buffer::i256;

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
