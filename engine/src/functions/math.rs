//! Arithmetic on one or two numbers: absolute value, roots, logarithms, trigonometry. Rounding is in `rounding`.

use std::sync::Arc;

use arrow_arith::arity::binary;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, cast::AsArray};
use arrow_buffer::i256;

use super::kernels::*;
use super::{Argument, Function, Overload};
use crate::types::SqlType;

pub const MATHEMATICAL: &str = "MATHEMATICAL";

/// Three overloads of one argument, each computed as a double.
macro_rules! of_double {
    ($name:literal, $description:literal, $examples:expr, $body:expr) => {
        Function::scalar(
            $name,
            MATHEMATICAL,
            $description,
            $examples,
            &[
                Overload::new("value INT", "DOUBLE", |_, a| {
                    primitive_map::<Int32Type, Float64Type>(&a[0], |x| $body(f64::from(x)))
                }),
                Overload::new("value BIGINT", "DOUBLE", |_, a| {
                    primitive_map::<Int64Type, Float64Type>(&a[0], |x| $body(x as f64))
                }),
                Overload::new("value DOUBLE", "DOUBLE", |_, a| primitive_map::<Float64Type, Float64Type>(&a[0], $body)),
            ],
        )
    };
}

/// Three overloads of two arguments of one type, each computed as doubles.
macro_rules! of_two_doubles {
    ($($one:expr,)* => $first:literal, $second:literal, $body:expr) => {
        &[
            $($one,)*
            Overload::new(concat!($first, " INT, ", $second, " INT"), "DOUBLE", |_, a| {
                two::<Int32Type>(a, f64::from, $body)
            }),
            Overload::new(concat!($first, " BIGINT, ", $second, " BIGINT"), "DOUBLE", |_, a| {
                two::<Int64Type>(a, |x| x as f64, $body)
            }),
            Overload::new(concat!($first, " DOUBLE, ", $second, " DOUBLE"), "DOUBLE", |_, a| {
                two::<Float64Type>(a, |x| x, $body)
            }),
        ]
    };
}

fn two<T: ArrowPrimitiveType>(
    arguments: &[Argument<'_>],
    widen: impl Fn(T::Native) -> f64,
    body: impl Fn(f64, f64) -> f64,
) -> ArrayRef {
    let (a, b) = (arguments[0].array().as_primitive::<T>(), arguments[1].array().as_primitive::<T>());
    Arc::new(
        binary::<T, T, _, Float64Type>(a, b, |x, y| body(widen(x), widen(y))).expect("arguments have equal lengths"),
    )
}

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "abs",
        MATHEMATICAL,
        "The absolute value.",
        &[("ABS(-2)", "2"), ("ABS(-2.5)", "2.5"), ("ABS(-1.5E0)", "1.5")],
        &[
            Overload::new("value INT", "INT", |_, a| primitive_map::<Int32Type, Int32Type>(&a[0], i32::wrapping_abs)),
            Overload::new("value BIGINT", "BIGINT", |_, a| {
                primitive_map::<Int64Type, Int64Type>(&a[0], i64::wrapping_abs)
            }),
            Overload::new("value DOUBLE", "DOUBLE", |_, a| primitive_map::<Float64Type, Float64Type>(&a[0], f64::abs)),
            Overload::of("value DECIMAL", same_type, |c, a| {
                let values = a[0].decimals();
                decimal_rows(c, |row| values.at(row).map(i256::wrapping_abs))
            }),
        ],
    ),
    Function::scalar(
        "sign",
        MATHEMATICAL,
        "The sign: -1, 0 or 1; 0 for NaN.",
        &[("SIGN(-3)", "-1"), ("SIGN(0)", "0"), ("SIGN(2.5E0)", "1")],
        &[
            Overload::new("value INT", "INT", |_, a| primitive_map::<Int32Type, Int32Type>(&a[0], i32::signum)),
            Overload::new("value BIGINT", "INT", |_, a| {
                primitive_map::<Int64Type, Int32Type>(&a[0], |x| x.signum() as i32)
            }),
            Overload::new("value DOUBLE", "INT", |_, a| {
                primitive_map::<Float64Type, Int32Type>(&a[0], |x| i32::from(x > 0.0) - i32::from(x < 0.0))
            }),
        ],
    ),
    of_double!(
        "sqrt",
        "The square root; NaN for a negative value.",
        &[("SQRT(9)", "3.0"), ("SQRT(-1)", "NaN")],
        f64::sqrt
    ),
    of_double!("cbrt", "The cube root.", &[("CBRT(8)", "2.0")], f64::cbrt),
    of_double!("exp", "Euler's number to the power of the value.", &[("EXP(0)", "1.0")], f64::exp),
    of_double!("ln", "The natural logarithm.", &[("LN(1)", "0.0"), ("LN(0)", "-Infinity"), ("LN(-1)", "NaN")], f64::ln),
    Function::scalar(
        "log",
        MATHEMATICAL,
        "The natural logarithm of a value, or with two arguments the logarithm of the second to the base of the first.",
        &[("LOG(1)", "0.0"), ("LOG(13)", "2.5649493574615367"), ("LOG(1, 2)", "NaN"), ("LOG(15, 0)", "-Infinity")],
        of_two_doubles!(
            Overload::new("value INT", "DOUBLE", |_, a| {
                primitive_map::<Int32Type, Float64Type>(&a[0], |x| f64::from(x).ln())
            }),
            Overload::new("value BIGINT", "DOUBLE", |_, a| {
                primitive_map::<Int64Type, Float64Type>(&a[0], |x| (x as f64).ln())
            }),
            Overload::new("value DOUBLE", "DOUBLE", |_, a| primitive_map::<Float64Type, Float64Type>(&a[0], f64::ln)),
            => "base", "value", log_to_base
        ),
    ),
    Function::scalar(
        "power",
        MATHEMATICAL,
        "The base raised to the exponent.",
        &[("POWER(2, 10)", "1024.0"), ("POWER(0, 0)", "1.0"), ("POWER(15, -1)", "0.06666666666666667")],
        of_two_doubles!(=> "base", "exponent", java_pow),
    ),
    of_double!("sin", "The sine of an angle in radians.", &[("SIN(0)", "0.0")], f64::sin),
    of_double!("cos", "The cosine of an angle in radians.", &[("COS(0)", "1.0")], f64::cos),
    of_double!("tan", "The tangent of an angle in radians.", &[("TAN(0)", "0.0")], f64::tan),
    of_double!("sinh", "The hyperbolic sine.", &[("SINH(0)", "0.0")], f64::sinh),
    of_double!("cosh", "The hyperbolic cosine.", &[("COSH(0)", "1.0")], f64::cosh),
    of_double!("tanh", "The hyperbolic tangent.", &[("TANH(0)", "0.0")], f64::tanh),
    of_double!("asin", "The angle in radians whose sine is the value.", &[("ASIN(0)", "0.0")], f64::asin),
    of_double!(
        "acos",
        "The angle in radians whose cosine is the value.",
        &[("ACOS(1)", "0.0"), ("ACOS(2)", "NaN")],
        f64::acos
    ),
    of_double!("atan", "The angle in radians whose tangent is the value.", &[("ATAN(0)", "0.0")], f64::atan),
    of_double!(
        "cot",
        "The cotangent of an angle in radians.",
        &[("COT(1)", "0.6420926159343306"), ("COT(0)", "Infinity")],
        |x: f64| 1.0 / x.tan()
    ),
    Function::scalar(
        "atan2",
        MATHEMATICAL,
        "The angle in radians of the point (x, y).",
        &[("ATAN2(1, 1)", "0.7853981633974483")],
        of_two_doubles!(=> "y", "x", f64::atan2),
    ),
    of_double!("degrees", "An angle in radians as degrees.", &[("DEGREES(PI())", "180.0")], |x: f64| x
        * (180.0 / std::f64::consts::PI)),
    of_double!("radians", "An angle in degrees as radians.", &[("RADIANS(180)", "3.141592653589793")], |x: f64| x
        * (std::f64::consts::PI / 180.0)),
    Function::scalar(
        "pi",
        MATHEMATICAL,
        "The ratio of a circle's circumference to its diameter.",
        &[("PI()", "3.141592653589793")],
        &[Overload::new("", "DOUBLE", |c, _| primitive_rows::<Float64Type>(c, |_| Ok(std::f64::consts::PI)))],
    ),
    Function::scalar(
        "random",
        MATHEMATICAL,
        "A random number of at least 0 and less than 1.",
        &[],
        &[Overload::new("", "DOUBLE", |c, _| {
            let clock = c.clock;
            primitive_rows::<Float64Type>(c, |_| Ok((clock.random() >> 11) as f64 / (1u64 << 53) as f64))
        })],
    ),
];

/// The type of the first argument.
pub fn same_type(types: &[SqlType]) -> Result<SqlType, String> {
    types.first().cloned().ok_or_else(|| "an argument is missing".to_owned())
}

fn log_to_base(base: f64, value: f64) -> f64 {
    if base <= 0.0 || base == 1.0 { f64::NAN } else { value.ln() / base.ln() }
}

/// Unlike C's pow, 1 to the power of NaN or infinity and -1 to the power of infinity are NaN.
fn java_pow(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) { f64::NAN } else { base.powf(exponent) }
}
