//! Exact decimal numbers: one at a time (`Decimal`, for literals, text and slow paths), and the reading and writing of
//! DECIMAL arrays.

use std::str::FromStr;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Decimal256Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_buffer::i256;
use arrow_schema::DataType;
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::types::{SqlType, arrow_type};

/// `unscaled / 10^scale`; the scale may be negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub unscaled: BigInt,
    pub scale: i32,
}

pub(crate) fn big_power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

impl Decimal {
    /// Reads what Java's `BigDecimal` reads: sign, digits with a point, exponent.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].strip_prefix('+').unwrap_or(&text[at + 1..]).parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (sign, digits) = match mantissa.as_bytes().first()? {
            b'-' => ("-", &mantissa[1..]),
            b'+' => ("", &mantissa[1..]),
            _ => ("", mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{sign}{whole}{fraction}");
        let is_digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        if !is_digits || whole.len() + fraction.len() == 0 {
            return None;
        }
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        // A million digits are no number that a user means.
        (scale.unsigned_abs() < 1_000_000).then_some(())?;
        Some(Decimal { unscaled: BigInt::from_str(&all).ok()?, scale })
    }

    /// The number that the shortest text of a finite double shows.
    pub fn from_f64(value: f64) -> Option<Decimal> {
        if !value.is_finite() {
            return None;
        }
        let mut buffer = ryu::Buffer::new();
        Decimal::parse(buffer.format_finite(value))
    }

    pub fn from_i256(unscaled: i256, scale: u32) -> Decimal {
        Decimal { unscaled: to_big(unscaled), scale: scale as i32 }
    }

    /// Rounded HALF_UP to `scale`.
    pub fn rescale(&self, scale: i32) -> BigInt {
        if scale >= self.scale {
            return &self.unscaled * big_power_of_ten((scale - self.scale) as u32);
        }
        let divisor = big_power_of_ten((self.scale - scale) as u32);
        let quotient = &self.unscaled / &divisor;
        let rest = (&self.unscaled % &divisor).abs();
        if rest * 2 >= divisor { quotient + self.unscaled.signum_or_one() } else { quotient }
    }

    /// At `scale`, if that needs no rounding.
    pub fn rescale_exactly(&self, scale: i32) -> Option<BigInt> {
        let rescaled = self.rescale(scale);
        let back = Decimal { unscaled: rescaled.clone(), scale };
        (back.cmp(self) == std::cmp::Ordering::Equal).then_some(rescaled)
    }

    pub fn cmp(&self, other: &Decimal) -> std::cmp::Ordering {
        let scale = self.scale.max(other.scale);
        self.rescale(scale).cmp(&other.rescale(scale))
    }

    /// The value if it is whole and fits 64 bits.
    pub fn to_integer(&self) -> Option<i64> {
        self.rescale_exactly(0)?.to_i64()
    }
}

trait SignumOrOne {
    fn signum_or_one(&self) -> BigInt;
}

impl SignumOrOne for BigInt {
    fn signum_or_one(&self) -> BigInt {
        BigInt::from(if self.is_negative() { -1 } else { 1 })
    }
}

pub(crate) fn to_big(value: i256) -> BigInt {
    match value.to_i128() {
        Some(narrow) => BigInt::from(narrow),
        None => BigInt::from_signed_bytes_le(&value.to_le_bytes()),
    }
}

/// `None` when the number has more than 256 bits.
pub(crate) fn to_i256(value: &BigInt) -> Option<i256> {
    if let Some(narrow) = value.to_i128() {
        return Some(i256::from_i128(narrow));
    }
    let bytes = value.to_signed_bytes_le();
    if bytes.len() > 32 {
        return None;
    }
    let mut full = [if value.is_negative() { 0xff } else { 0 }; 32];
    full[..bytes.len()].copy_from_slice(&bytes);
    Some(i256::from_le_bytes(full))
}

/// Whether `unscaled` has at most `precision` digits.
pub(crate) fn fits(unscaled: &BigInt, precision: u32) -> bool {
    // A digit takes more than three bits, so that most numbers need no power of ten.
    unscaled.bits() <= u64::from(precision) * 3 || unscaled.abs() < big_power_of_ten(precision)
}

/// 10^exponent for an exponent up to 38.
pub(crate) fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// 10^exponent, up to 76.
pub(crate) fn wide_power_of_ten(exponent: u32) -> Option<i256> {
    i256::from_i128(10).checked_pow(exponent)
}

/// The message of a number that does not fit its DECIMAL type.
pub(crate) fn overflow_message(precision: u32, scale: u32, value: &str) -> String {
    format!(
        "Numeric field overflow: A field with precision {precision} and scale {scale} must round to an absolute value less than 10^{}. Got {value}",
        precision.saturating_sub(scale)
    )
}

/// Reads an integer or DECIMAL array as 128-bit unscaled numbers.
pub(crate) enum NarrowColumn<'a> {
    Integer(&'a PrimitiveArray<Int32Type>),
    BigInt(&'a PrimitiveArray<Int64Type>),
    Decimal(&'a PrimitiveArray<Decimal128Type>),
}

impl<'a> NarrowColumn<'a> {
    /// `None` for arrays of other kinds.
    pub fn new(array: &'a dyn Array) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Int32 => NarrowColumn::Integer(array.as_primitive()),
            DataType::Int64 => NarrowColumn::BigInt(array.as_primitive()),
            DataType::Decimal128(..) => NarrowColumn::Decimal(array.as_primitive()),
            _ => return None,
        })
    }
    #[inline]
    pub fn value(&self, row: usize) -> i128 {
        match self {
            NarrowColumn::Integer(a) => a.value(row) as i128,
            NarrowColumn::BigInt(a) => a.value(row) as i128,
            NarrowColumn::Decimal(a) => a.value(row),
        }
    }
}

/// The unscaled number at `row` of an integer or DECIMAL array.
pub(crate) fn wide_value(array: &dyn Array, row: usize) -> i256 {
    match (NarrowColumn::new(array), array.as_primitive_opt::<Decimal256Type>()) {
        (Some(narrow), _) => i256::from_i128(narrow.value(row)),
        (None, Some(wide)) => wide.value(row),
        (None, None) => i256::ZERO,
    }
}

/// A DECIMAL array of `data_type` from unscaled numbers.
pub(crate) fn decimal_array(data_type: &SqlType, values: impl Iterator<Item = Option<i256>>) -> ArrayRef {
    match arrow_type(data_type) {
        narrow @ DataType::Decimal128(..) => Arc::new(
            values
                .map(|v| v.and_then(|n| n.to_i128()))
                .collect::<PrimitiveArray<Decimal128Type>>()
                .with_data_type(narrow),
        ),
        wide => Arc::new(values.collect::<PrimitiveArray<Decimal256Type>>().with_data_type(wide)),
    }
}

/// Writes a number plainly, with all the digits of its scale.
pub(crate) fn write_decimal(unscaled: &BigInt, scale: i32, out: &mut String) {
    let digits = unscaled.magnitude().to_string();
    if unscaled.is_negative() {
        out.push('-');
    }
    if scale <= 0 {
        out.push_str(&digits);
        if !unscaled.is_zero() {
            out.extend(std::iter::repeat_n('0', scale.unsigned_abs() as usize));
        }
        return;
    }
    let scale = scale as usize;
    let missing = (scale + 1).saturating_sub(digits.len());
    let padded = "0".repeat(missing) + &digits;
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    out.push_str(whole);
    out.push('.');
    out.push_str(fraction);
}
