//! Decimal numbers in text: reading them into a DECIMAL without rounding, and Java's `BigDecimal` texts of them.

use arrow_buffer::i256;
use num_bigint::BigInt;

/// Why a number is no value of a DECIMAL type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("{0}")]
    NotANumber(String),
    #[error(
        "Numeric field overflow: A field with precision {precision} and scale {scale} must round to an absolute value \
         less than 10^{}. Got {value}", precision - scale
    )]
    Overflow { precision: u32, scale: u32, value: String },
    #[error(
        "Cannot fit decimal '{value}' into DECIMAL({precision}, {scale}) without rounding. (Requires {needs_precision},{needs_scale})"
    )]
    Rounding { precision: u32, scale: u32, value: String, needs_precision: usize, needs_scale: i64 },
}

/// The unscaled value of `text` in `DECIMAL(precision, scale)`.
///
/// # Errors
/// When `text` is no number, too large, or has digits beyond the scale.
pub fn fit(text: &str, precision: u32, scale: u32) -> Result<i256, DecimalError> {
    match fit_narrow(text.as_bytes(), precision, scale) {
        Some(unscaled) => Ok(i256::from_i128(unscaled)),
        None => BigDecimal::parse(text)?.fit(precision, scale),
    }
}

/// The common case in plain 128-bit arithmetic; `None` leaves everything else, errors too, to `BigDecimal`.
fn fit_narrow(text: &[u8], precision: u32, scale: u32) -> Option<i128> {
    let (negative, digits) = match text.first()? {
        b'-' => (true, &text[1..]),
        _ => (false, text),
    };
    if digits.len() > 37 || precision > 38 {
        return None;
    }
    let (mut unscaled, mut fraction, mut point_seen, mut any) = (0i128, 0u32, false, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                unscaled = unscaled * 10 + i128::from(byte - b'0');
                fraction += u32::from(point_seen);
                any = true;
            }
            b'.' if !point_seen => point_seen = true,
            _ => return None,
        }
    }
    let scaled = if fraction <= scale {
        unscaled.checked_mul(10i128.checked_pow(scale - fraction)?)?
    } else {
        let divisor = 10i128.checked_pow(fraction - scale)?;
        if unscaled % divisor != 0 {
            return None;
        }
        unscaled / divisor
    };
    (any && scaled < 10i128.checked_pow(precision)?).then_some(if negative { -scaled } else { scaled })
}

/// A decimal number of any size as Java holds it: `digits` * 10^-`scale`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BigDecimal {
    negative: bool,
    /// Without leading zeros; `0` for zero.
    digits: String,
    scale: i64,
}

impl BigDecimal {
    /// # Errors
    /// `NotANumber` with Java's words.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let bad = |message: String| DecimalError::NotANumber(message);
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match body.find(['e', 'E']) {
            Some(at) => (&body[..at], body[at + 1..].parse::<i32>().map_err(|_| bad("No digits found.".into()))?),
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if let Some(wrong) = whole.chars().chain(fraction.chars()).find(|c| !c.is_ascii_digit()) {
            return Err(bad(if wrong == '.' {
                "Character array contains more than one decimal point.".into()
            } else {
                format!(
                    "Character {wrong} is neither a decimal digit number, decimal point, nor \"e\" notation exponential mark."
                )
            }));
        }
        if whole.is_empty() && fraction.is_empty() {
            return Err(bad("Index 0 out of bounds for length 0".into()));
        }
        let all = format!("{whole}{fraction}");
        let digits = match all.trim_start_matches('0') {
            "" => "0",
            significant => significant,
        };
        let zero = digits == "0";
        Ok(Self {
            negative: negative && !zero,
            digits: digits.to_owned(),
            scale: fraction.len() as i64 - i64::from(exponent),
        })
    }

    fn is_zero(&self) -> bool {
        self.digits == "0"
    }

    fn fit(&self, precision: u32, scale: u32) -> Result<i256, DecimalError> {
        if self.is_zero() {
            return Ok(i256::ZERO);
        }
        let whole_digits = self.digits.len() as i64 - self.scale;
        if whole_digits > i64::from(precision - scale.min(precision)) {
            return Err(DecimalError::Overflow { precision, scale, value: self.plain() });
        }
        let missing_zeros = i64::from(scale) - self.scale;
        let kept = self.digits.len() as i64 + missing_zeros.min(0);
        let cut = if missing_zeros >= 0 { "" } else { &self.digits[kept.max(0) as usize..] };
        if kept <= 0 || cut.bytes().any(|b| b != b'0') {
            return Err(DecimalError::Rounding {
                precision,
                scale,
                value: self.plain(),
                needs_precision: self.digits.len(),
                needs_scale: self.scale,
            });
        }
        let mut text = self.digits[..kept as usize].to_owned();
        text.extend(std::iter::repeat_n('0', missing_zeros.max(0) as usize));
        let overflow = || DecimalError::Overflow { precision, scale, value: self.plain() };
        let magnitude = i256::from_string(&text).ok_or_else(overflow)?;
        Ok(if self.negative { magnitude.wrapping_neg() } else { magnitude })
    }

    /// `toPlainString`, but with an exponent where that would be thousands of zeros.
    pub fn plain(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.scale.abs() > 2_000 {
            return self.text();
        }
        let body = match usize::try_from(self.scale) {
            Ok(0) => self.digits.clone(),
            Ok(scale) => {
                let padded = format!("{:0>width$}", self.digits, width = scale + 1);
                let point = padded.len() - scale;
                format!("{}.{}", &padded[..point], &padded[point..])
            }
            Err(_) if self.is_zero() => "0".to_owned(),
            Err(_) => format!("{}{}", self.digits, "0".repeat(self.scale.unsigned_abs() as usize)),
        };
        format!("{sign}{body}")
    }

    /// `toString`: plain where the scale is not negative and the number not tiny, else with an exponent.
    pub fn text(&self) -> String {
        let adjusted = self.digits.len() as i64 - 1 - self.scale;
        if self.scale >= 0 && adjusted >= -6 {
            return self.plain();
        }
        let sign = if self.negative { "-" } else { "" };
        let (first, rest) = self.digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        match adjusted {
            0 => format!("{sign}{first}{point}{rest}"),
            _ => format!("{sign}{first}{point}{rest}E{adjusted:+}"),
        }
    }

    /// The unscaled value after rounding half up to `scale`, if it fits 256 bits.
    pub fn round_half_up(&self, scale: u32) -> Option<i256> {
        let missing_zeros = i64::from(scale) - self.scale;
        if self.is_zero() || self.digits.len() as i64 + missing_zeros < 0 {
            return Some(i256::ZERO);
        }
        if missing_zeros > 80 {
            return None;
        }
        let unscaled: BigInt = self.digits.parse().ok()?;
        let rounded = if missing_zeros >= 0 {
            unscaled * BigInt::from(10).pow(missing_zeros as u32)
        } else {
            let divisor = BigInt::from(10).pow(missing_zeros.unsigned_abs() as u32);
            (unscaled + &divisor / 2) / divisor
        };
        let magnitude = i256::from_string(&rounded.to_string())?;
        Some(if self.negative { magnitude.wrapping_neg() } else { magnitude })
    }
}

/// Appends an unscaled DECIMAL in plain notation with all of its `scale` digits.
pub fn append_plain(unscaled: i128, scale: u32, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    append_digits(unscaled < 0, buffer.format(unscaled.unsigned_abs()).as_bytes(), scale as usize, out);
}

/// As `append_plain`, for precisions over 38.
pub fn append_plain_wide(unscaled: i256, scale: u32, out: &mut Vec<u8>) {
    match unscaled.to_i128() {
        Some(narrow) => append_plain(narrow, scale, out),
        None => {
            let text = unscaled.to_string();
            let digits = text.strip_prefix('-').unwrap_or(&text);
            append_digits(unscaled.is_negative(), digits.as_bytes(), scale as usize, out);
        }
    }
}

fn append_digits(negative: bool, digits: &[u8], scale: usize, out: &mut Vec<u8>) {
    if negative {
        out.push(b'-');
    }
    if scale == 0 {
        return out.extend_from_slice(digits);
    }
    if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        out.extend_from_slice(whole);
        out.push(b'.');
        out.extend_from_slice(fraction);
    } else {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', scale - digits.len()));
        out.extend_from_slice(digits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_without_rounding_or_are_refused() {
        fn check(text: &str, precision: u32, scale: u32, expected: Result<i128, &str>) {
            let got = fit(text, precision, scale).map(|n| n.to_i128().unwrap()).map_err(|e| e.to_string());
            assert_eq!(got, expected.map_err(str::to_owned), "{text}");
        }
        check("1.5", 6, 2, Ok(150));
        check("-0.05", 6, 2, Ok(-5));
        check("1.500", 6, 2, Ok(150));
        check("1e2", 6, 2, Ok(10_000));
        check("15E-1", 6, 2, Ok(150));
        check("0e999999999", 6, 2, Ok(0));
        check("+3", 6, 2, Ok(300));
        check("9999.99", 6, 2, Ok(999_999));
        check("12345678901234567890123456789012345678", 38, 0, Ok(12_345_678_901_234_567_890_123_456_789_012_345_678));
        check("1.005", 6, 2, Err("Cannot fit decimal '1.005' into DECIMAL(6, 2) without rounding. (Requires 4,3)"));
        check(
            "10000",
            6,
            2,
            Err(
                "Numeric field overflow: A field with precision 6 and scale 2 must round to an absolute value less than 10^4. \
                 Got 10000",
            ),
        );
        assert!(fit("1e999999999", 6, 2).is_err());
        assert!(fit("1e-999999999", 6, 2).is_err());
        assert!(fit("1e99999999999", 6, 2).is_err());
        assert!(fit("", 6, 2).is_err());
        assert!(fit("x", 6, 2).is_err());
        assert!(fit("1.2.3", 6, 2).is_err());
        assert!(fit("-", 6, 2).is_err());
    }

    #[test]
    fn texts_are_those_of_java() {
        for (text, expected) in [
            ("1.50", "1.50"),
            ("1e5", "1E+5"),
            ("1.5e5", "1.5E+5"),
            ("0.0000001", "1E-7"),
            ("0.000001", "0.000001"),
            ("-0.0", "0.0"),
            ("100.0", "100.0"),
            ("15e-1", "1.5"),
            ("1e0", "1"),
        ] {
            assert_eq!(BigDecimal::parse(text).unwrap().text(), expected, "{text}");
        }
    }

    #[test]
    fn plain_keeps_the_scale() {
        for (unscaled, scale, expected) in
            [(1230, 2, "12.30"), (-50, 2, "-0.50"), (5, 3, "0.005"), (0, 2, "0.00"), (7, 0, "7"), (-7, 1, "-0.7")]
        {
            let mut out = vec![];
            append_plain(unscaled, scale, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn rounding_half_up() {
        for (text, scale, expected) in
            [("1.005", 2, 101), ("-1.005", 2, -101), ("1.004", 2, 100), ("7", 2, 700), ("1e-9", 2, 0)]
        {
            assert_eq!(
                BigDecimal::parse(text).unwrap().round_half_up(scale),
                Some(i256::from_i128(expected)),
                "{text}"
            );
        }
    }
}
