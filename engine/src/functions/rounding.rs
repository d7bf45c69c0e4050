//! CEIL, FLOOR, ROUND and TRUNC on every numeric type. Decimals are rounded as unscaled numbers, doubles with places as
//! the shortest decimal that reads back as the double.

use std::cmp::Ordering;

use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_buffer::i256;

use super::kernels::*;
use super::math::{MATHEMATICAL, same_type};
use super::{Argument, CallContext, Function, Overload};
use crate::types::SqlType;

use arrow_array::ArrayRef;

/// Where a number between two multiples of the unit goes.
#[derive(Clone, Copy)]
enum Mode {
    Ceiling,
    Floor,
    /// To the nearer, and from the middle to the greater one.
    HalfTowardPositive,
    TowardZero,
}

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "ceil",
        MATHEMATICAL,
        "The smallest whole number that is not less than the value.",
        &[("CEIL(1.2E0)", "2.0"), ("CEIL(1.23)", "2.00"), ("CEIL(-7)", "-7")],
        &[
            Overload::new("value INT", "INT", identity),
            Overload::new("value BIGINT", "BIGINT", identity),
            Overload::new("value DOUBLE", "DOUBLE", |_, a| primitive_map::<Float64Type, Float64Type>(&a[0], f64::ceil)),
            Overload::of("value DECIMAL", same_type, |c, a| decimal_to_units(c, a, Mode::Ceiling)),
        ],
    ),
    Function::scalar(
        "floor",
        MATHEMATICAL,
        "The greatest whole number that is not more than the value.",
        &[("FLOOR(-1.5E0)", "-2.0"), ("FLOOR(-1.50)", "-2.00")],
        &[
            Overload::new("value INT", "INT", identity),
            Overload::new("value BIGINT", "BIGINT", identity),
            Overload::new("value DOUBLE", "DOUBLE", |_, a| {
                primitive_map::<Float64Type, Float64Type>(&a[0], f64::floor)
            }),
            Overload::of("value DECIMAL", same_type, |c, a| decimal_to_units(c, a, Mode::Floor)),
        ],
    ),
    Function::scalar(
        "round",
        MATHEMATICAL,
        "The value rounded to a whole number or to decimal places; the middle goes to the greater number.",
        &[
            ("ROUND(2.5E0)", "3"),
            ("ROUND(-1.5E0)", "-1"),
            ("ROUND(1234.5E0, -2)", "1200.0"),
            ("ROUND(1.234567E0, 2)", "1.23"),
            ("ROUND(1.235, 2)", "1.240"),
            ("ROUND(2.5)", "3"),
        ],
        &[
            Overload::new("value BIGINT", "BIGINT", identity).primitive(&[0]),
            Overload::new("value INT", "BIGINT", widen).primitive(&[0]),
            Overload::new("value DOUBLE", "BIGINT", |_, a| {
                primitive_map::<Float64Type, Int64Type>(&a[0], round_double)
            }),
            Overload::new("value DOUBLE, decimalPlaces INT", "DOUBLE", |c, a| {
                double_to_places(c, a, Mode::HalfTowardPositive)
            }),
            Overload::of("value DECIMAL", without_scale, |c, a| decimal_to_integer(c, a, Mode::HalfTowardPositive)),
            Overload::of("value DECIMAL, decimalPlaces INT", same_type, |c, a| {
                decimal_to_places(c, a, Mode::HalfTowardPositive)
            }),
        ],
    ),
    Function::scalar(
        "trunc",
        MATHEMATICAL,
        "The value cut to a whole number or to decimal places.",
        &[("TRUNC(-1.9E0)", "-1"), ("TRUNC(1.239E0, 2)", "1.23"), ("TRUNC(-1.239, 1)", "-1.200")],
        &[
            Overload::new("value BIGINT", "BIGINT", identity),
            Overload::new("value INT", "BIGINT", widen),
            Overload::new("value DOUBLE", "BIGINT", |_, a| {
                primitive_map::<Float64Type, Int64Type>(&a[0], |x| x as i64)
            }),
            Overload::new("value DOUBLE, decimalPlaces INT", "DOUBLE", |c, a| double_to_places(c, a, Mode::TowardZero)),
            Overload::of("value DECIMAL", without_scale, |c, a| decimal_to_integer(c, a, Mode::TowardZero)),
            Overload::of("value DECIMAL, decimalPlaces INT", same_type, |c, a| {
                decimal_to_places(c, a, Mode::TowardZero)
            }),
        ],
    ),
];

fn identity(_: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    arguments[0].array().clone()
}

fn widen(_: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    primitive_map::<Int32Type, Int64Type>(&arguments[0], i64::from)
}

/// `DECIMAL(p, s)` to `DECIMAL(p - s, 0)`.
fn without_scale(types: &[SqlType]) -> Result<SqlType, String> {
    match types.first() {
        Some(SqlType::Decimal { precision, scale }) if precision > scale => Ok(SqlType::decimal(precision - scale, 0)),
        _ => Err("DECIMAL precision must be >= 1: DECIMAL(0,0)".to_owned()),
    }
}

fn round_double(value: f64) -> i64 {
    let floor = value.floor();
    if value - floor >= 0.5 { (floor + 1.0) as i64 } else { floor as i64 }
}

fn scale_of(data_type: &SqlType) -> i64 {
    if let SqlType::Decimal { scale, .. } = data_type { i64::from(*scale) } else { 0 }
}

fn decimal_to_units(context: &mut CallContext<'_>, arguments: &[Argument<'_>], mode: Mode) -> ArrayRef {
    let (values, scale) = (arguments[0].decimals(), scale_of(&context.argument_types[0]));
    decimal_rows(context, |row| Ok(round_multiple(values.at(row)?, scale, mode)))
}

fn decimal_to_integer(context: &mut CallContext<'_>, arguments: &[Argument<'_>], mode: Mode) -> ArrayRef {
    let (values, scale) = (arguments[0].decimals(), scale_of(&context.argument_types[0]));
    decimal_rows(context, |row| Ok(divide(values.at(row)?, scale, mode)))
}

fn decimal_to_places(context: &mut CallContext<'_>, arguments: &[Argument<'_>], mode: Mode) -> ArrayRef {
    let (values, places) = (arguments[0].decimals(), arguments[1].integers());
    let scale = scale_of(&context.argument_types[0]);
    decimal_rows(context, |row| Ok(round_multiple(values.at(row)?, scale - i64::from(places.at(row)?), mode)))
}

fn double_to_places(context: &mut CallContext<'_>, arguments: &[Argument<'_>], mode: Mode) -> ArrayRef {
    let (values, places) = (arguments[0].doubles(), arguments[1].integers());
    primitive_rows::<Float64Type>(context, |row| {
        let (value, places) = (values.at(row)?, places.at(row)?);
        if !value.is_finite() {
            return Err(format!("{value} cannot be rounded to decimal places").into());
        }
        Ok(round_shortest(value, i64::from(places), mode))
    })
}

/// The double read from the value's shortest decimal rounded to `places`.
fn round_shortest(value: f64, places: i64, mode: Mode) -> f64 {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let fraction_digits = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i64);
    let unscaled: i128 = mantissa.replace('.', "").parse().unwrap_or(0);
    let scale = fraction_digits - exponent.parse::<i64>().unwrap_or(0);
    if places >= scale {
        // A decimal has no negative zero.
        return value + 0.0;
    }
    let rounded = divide(i256::from_i128(unscaled), scale - places, mode);
    format!("{rounded}e{}", -places).parse().unwrap_or(value)
}

/// The nearest multiple of 10^digits by `mode`; the number itself when there are no digits to drop.
fn round_multiple(unscaled: i256, digits: i64, mode: Mode) -> i256 {
    match power_of_ten(digits) {
        _ if digits <= 0 => unscaled,
        Some(unit) => divide(unscaled, digits, mode).wrapping_mul(unit),
        None => i256::ZERO,
    }
}

fn power_of_ten(digits: i64) -> Option<i256> {
    (0..=76).contains(&digits).then(|| i256::from_i128(10).wrapping_pow(digits as u32))
}

/// `unscaled / 10^digits` as a whole number by `mode`.
fn divide(unscaled: i256, digits: i64, mode: Mode) -> i256 {
    if digits <= 0 {
        return unscaled;
    }
    let Some(unit) = power_of_ten(digits) else { return i256::ZERO };
    let quotient = unscaled.wrapping_div(unit);
    let rest = unscaled.wrapping_sub(quotient.wrapping_mul(unit));
    let negative = unscaled.is_negative();
    let twice = rest.wrapping_abs().wrapping_mul(i256::from_i128(2));
    let away = rest != i256::ZERO
        && match mode {
            Mode::TowardZero => false,
            Mode::Ceiling => !negative,
            Mode::Floor => negative,
            Mode::HalfTowardPositive => match twice.cmp(&unit) {
                Ordering::Greater => true,
                Ordering::Equal => !negative,
                Ordering::Less => false,
            },
        };
    let step = i256::from_i128(if negative { -1 } else { 1 });
    if away { quotient.wrapping_add(step) } else { quotient }
}
