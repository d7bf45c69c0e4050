//! DOUBLE as Java writes and reads it: `1.0E10`, `100.0`, `NaN`. Not for DECIMAL, see `decimal`.

/// Appends `value` as `Double.toString` gives it: plain from 1.0E-3 up to 1.0E7, otherwise with an exponent.
pub fn append(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        let word: &[u8] = match value {
            v if v.is_nan() => b"NaN",
            v if v > 0.0 => b"Infinity",
            _ => b"-Infinity",
        };
        return out.extend_from_slice(word);
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let magnitude = value.abs();
    if magnitude == 0.0 {
        return out.extend_from_slice(b"0.0");
    }
    let mut digits = [0u8; 20];
    let (count, exponent) = shortest(magnitude, &mut digits);
    lay_out(&digits[..count], exponent, out);
}

/// `value` in Java's text.
pub fn text(value: f64) -> String {
    let mut out = Vec::with_capacity(24);
    append(value, &mut out);
    out.into_iter().map(char::from).collect()
}

/// The shortest digits that read back as `value`, and the exponent of the first: value = d.ddd * 10^exponent.
fn shortest(value: f64, digits: &mut [u8; 20]) -> (usize, i32) {
    let mut buffer = ryu::Buffer::new();
    let (count, exponent) = split(buffer.format_finite(value).as_bytes(), digits);
    if count > 1 || value >= f64::MIN_POSITIVE {
        return (count, exponent);
    }
    // Java picks the nearest of the two-digit texts where one digit would do: 4.9E-324, not 5E-324.
    split(format!("{value:.1e}").as_bytes(), digits)
}

/// Takes a decimal text apart into its significant digits and the exponent of the first one.
fn split(text: &[u8], digits: &mut [u8; 20]) -> (usize, i32) {
    let (mut count, mut exponent, mut after_point, mut point_seen) = (0, 0i32, 0i32, false);
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'.' => point_seen = true,
            b'e' => {
                let rest: String = bytes.map(|&b| char::from(b)).collect();
                exponent = rest.parse().unwrap_or(0);
                break;
            }
            digit => {
                after_point += i32::from(point_seen);
                if (digit != b'0' || count > 0) && count < digits.len() {
                    digits[count] = digit;
                    count += 1;
                }
            }
        }
    }
    let first = exponent - after_point + count as i32 - 1;
    while count > 1 && digits[count - 1] == b'0' {
        count -= 1;
    }
    (count, first)
}

fn lay_out(digits: &[u8], exponent: i32, out: &mut Vec<u8>) {
    match exponent {
        0..=6 => {
            let whole = exponent as usize + 1;
            out.extend_from_slice(&digits[..whole.min(digits.len())]);
            out.extend(std::iter::repeat_n(b'0', whole.saturating_sub(digits.len())));
            out.push(b'.');
            out.extend_from_slice(digits.get(whole..).filter(|rest| !rest.is_empty()).unwrap_or(b"0"));
        }
        -3..=-1 => {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(b'0', (-exponent - 1) as usize));
            out.extend_from_slice(digits);
        }
        _ => {
            out.push(digits[0]);
            out.push(b'.');
            out.extend_from_slice(if digits.len() > 1 { &digits[1..] } else { b"0" });
            out.push(b'E');
            out.extend_from_slice(itoa::Buffer::new().format(exponent).as_bytes());
        }
    }
}

/// Reads text as `Double.parseDouble` does: blanks around it, `NaN`, `Infinity` and a trailing `d` or `f` are fine.
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c <= ' ');
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = match body {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ if body.starts_with("0x") || body.starts_with("0X") => hexadecimal(&body[2..])?,
        _ => {
            let number = body.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(body);
            let plain = number.bytes().enumerate().all(|(i, b)| match b {
                b'0'..=b'9' | b'.' | b'e' | b'E' => true,
                b'+' | b'-' => i > 0,
                _ => false,
            });
            plain.then(|| number.parse().ok()).flatten()?
        }
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// A number such as `1.8p3`: hexadecimal digits times a power of two, which must be there. Digits past the 60th bit only
/// say that there is more.
fn hexadecimal(text: &str) -> Option<f64> {
    let text = text.strip_suffix(['d', 'D', 'f', 'F']).filter(|rest| rest.contains(['p', 'P'])).unwrap_or(text);
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let is_exponent = exponent.trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut exponent = exponent.parse::<i32>().ok().filter(|_| is_exponent)?.saturating_sub(4 * fraction.len() as i32);
    let mut value = 0_u64;
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(digit.to_digit(16)?);
        if value >> 60 == 0 {
            value = value << 4 | digit;
        } else {
            value |= u64::from(digit != 0);
            exponent = exponent.saturating_add(4);
        }
    }
    if whole.len() + fraction.len() == 0 {
        return None;
    }
    // In two steps, so that neither power is out of range before the product is.
    let half = exponent.clamp(-2200, 2200) / 2;
    Some(value as f64 * 2_f64.powi(half) * 2_f64.powi(exponent.clamp(-2200, 2200) - half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_look_as_in_java() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (100.0, "100.0"),
            (-0.5, "-0.5"),
            (0.001, "0.001"),
            (0.000_99, "9.9E-4"),
            (1.0e-5, "1.0E-5"),
            (9_999_999.0, "9999999.0"),
            (1.0e7, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
            (1.0e10, "1.0E10"),
            (1.0e300, "1.0E300"),
            (1.0e23, "1.0E23"),
            (123.456, "123.456"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157E308"),
            (5e-324, "4.9E-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn text_reads_as_in_java() {
        for (text, expected) in [
            ("1.5", Some(1.5)),
            (" 1e3 ", Some(1000.0)),
            ("-.5", Some(-0.5)),
            ("+7d", Some(7.0)),
            ("Infinity", Some(f64::INFINITY)),
            ("inf", None),
            ("nan", None),
            ("+-1", None),
            ("", None),
            ("1_000", None),
            ("0x1.8p1", Some(3.0)),
            ("-0XAp-1f", Some(-5.0)),
            ("0x10", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert!(parse("NaN").is_some_and(f64::is_nan));
    }

    #[test]
    fn every_text_reads_back() {
        let mut bits = 0x9e37_79b9_7f4a_7c15u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(parse(&text(value)), Some(value));
            }
        }
    }
}
