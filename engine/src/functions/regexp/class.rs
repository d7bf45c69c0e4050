//! Character classes of Java's regular expressions: `[a-z&&[^b]]` and the letters that stand for a class.

use super::java::{Flags, Reader, push_char};
use super::property;

/// Reads a class from its `[` on and gives it in the other syntax.
pub(super) fn bracket(reader: &mut Reader) -> Result<String, String> {
    reader.next_raw();
    let mut out = String::from("[");
    if reader.peek() == Some('^') {
        reader.next();
        out.push('^');
    }
    let folds = reader.flags.ignore_case && reader.flags.unicode_case;
    // What the class holds so far, the sets to be intersected one by one.
    let mut operand = String::new();
    let mut operands: Vec<String> = Vec::new();
    loop {
        let c = reader.peek().ok_or("Unclosed character class")?;
        match c {
            ']' if !operand.is_empty() || !operands.is_empty() => {
                reader.next();
                break;
            }
            '[' => operand.push_str(&bracket(reader)?),
            '&' if reader.second() == Some('&') => {
                while reader.peek() == Some('&') {
                    reader.next();
                }
                operands.extend(Some(std::mem::take(&mut operand)).filter(|set| !set.is_empty()));
            }
            _ => item(reader, &mut operand)?,
        }
    }
    operands.extend(Some(operand).filter(|set| !set.is_empty()));
    if operands.is_empty() {
        return Err("Bad class syntax".into());
    }
    out.push_str(&operands.join("&&"));
    out.push(']');
    Ok(if folds { format!("(?i:{out})") } else { out })
}

/// A character, a range of them, or an escape that is a class.
fn item(reader: &mut Reader, out: &mut String) -> Result<(), String> {
    let first = match single(reader)? {
        Ok(c) => c,
        Err(class) => {
            out.push_str(&class);
            return Ok(());
        }
    };
    if reader.peek() != Some('-') || matches!(reader.second(), Some('[' | ']') | None) {
        push_range(first, first, reader.flags, out);
        return Ok(());
    }
    reader.next();
    match single(reader)? {
        Ok(last) if first <= last => push_range(first, last, reader.flags, out),
        _ => return Err("Illegal character range".into()),
    }
    Ok(())
}

/// The next character, or the class that an escape stands for.
fn single(reader: &mut Reader) -> Result<Result<char, String>, String> {
    let c = reader.next().ok_or("Unclosed character class")?;
    if c != '\\' {
        return Ok(Ok(c));
    }
    let escaped = reader.next_raw().ok_or("Unclosed character class")?;
    if escaped == 'p' || escaped == 'P' {
        return property::escape(reader, escaped == 'P').map(Err);
    }
    if let Some(class) = predefined(escaped, reader.flags) {
        return Ok(Err(class));
    }
    let found = reader.escaped_char(escaped)?;
    found.map(Ok).ok_or_else(|| format!("Illegal/unsupported escape sequence: \\{escaped}"))
}

/// A range, with the ASCII letters in both cases where case is ignored.
fn push_range(first: char, last: char, flags: Flags, out: &mut String) {
    let mut push = |first: char, last: char| {
        push_char(first, out);
        if first != last {
            out.push('-');
            push_char(last, out);
        }
    };
    push(first, last);
    if flags.ignore_case && !flags.unicode_case {
        let upper: fn(&char) -> char = char::to_ascii_uppercase;
        for (low, high, change) in [('a', 'z', upper), ('A', 'Z', char::to_ascii_lowercase)] {
            let (from, to) = (first.max(low), last.min(high));
            if from <= to {
                push(change(&from), change(&to));
            }
        }
    }
}

/// The class that a letter after a backslash stands for.
pub(super) fn predefined(letter: char, flags: Flags) -> Option<String> {
    let (positive, negated) = (letter.to_ascii_lowercase(), letter.is_ascii_uppercase());
    let class = match positive {
        'd' if flags.unicode_classes => r"\p{Nd}",
        'w' if flags.unicode_classes => r"\w",
        's' if flags.unicode_classes => r"\p{White_Space}",
        'd' => "0-9",
        'w' => "a-zA-Z0-9_",
        's' => r"\t-\r\x20",
        'h' => r"\x20\t\xA0\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}",
        'v' => r"\n\x0B\f\r\x{85}\x{2028}\x{2029}",
        _ => return None,
    };
    Some(format!("[{}{class}]", if negated { "^" } else { "" }))
}
