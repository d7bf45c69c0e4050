//! `+ - * / %` and unary minus over arrays.

use std::sync::Arc;

use arrow_arith::arity::{binary, unary};
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray};
use arrow_buffer::i256;
use weir_parser::ast::ArithmeticOperator as Op;

use super::cast::{to_double, to_int64};
use super::decimal::{NarrowColumn, decimal_array, overflow_message, power_of_ten, wide_power_of_ten, wide_value};
use super::node::{Failures, Input, Node, NodeRef, repeat};
use super::typing::digits;
use crate::types::{SqlType, arrow_type};

const NULL_OPERAND: &str = "An operand of an arithmetic expression is NULL";
const BY_ZERO: &str = "/ by zero";

pub(crate) struct Arithmetic {
    pub operator: Op,
    pub left: NodeRef,
    pub right: NodeRef,
    pub data_type: SqlType,
}

impl Node for Arithmetic {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let left = self.left.evaluate(input, failures);
        // A constant right side stays one row where the kernel can use that.
        let constant = self.right.constant().filter(|c| c.is_valid(0));
        match &self.data_type {
            SqlType::String => {
                let right = self.right.evaluate(input, failures);
                concatenate(&left, &right)
            }
            SqlType::Integer => {
                let right = operand::<Int32Type>(constant, || self.right.evaluate(input, failures), Clone::clone);
                raise_nulls(&left, &right, failures);
                integers::<Int32Type>(self.operator, left.as_primitive(), &right, failures)
            }
            SqlType::BigInt => {
                let right = operand::<Int64Type>(constant, || self.right.evaluate(input, failures), to_int64);
                let left = to_int64(&left);
                raise_nulls(&left, &right, failures);
                integers::<Int64Type>(self.operator, left.as_primitive(), &right, failures)
            }
            SqlType::Double => {
                let right = operand::<Float64Type>(constant, || self.right.evaluate(input, failures), to_double);
                let left = to_double(&left);
                raise_nulls(&left, &right, failures);
                doubles(self.operator, left.as_primitive(), &right)
            }
            _ => {
                let right = match constant {
                    Some(value) => repeat(value, self.right.data_type(), input.rows),
                    None => self.right.evaluate(input, failures),
                };
                self.decimals(&left, &right, failures)
            }
        }
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
    fn can_fail(&self) -> bool {
        self.data_type != SqlType::String || self.left.can_fail() || self.right.can_fail()
    }
}

enum Operand<T: ArrowPrimitiveType> {
    Array(PrimitiveArray<T>),
    /// A value that is not NULL.
    Scalar(T::Native),
}

fn operand<T: ArrowPrimitiveType>(
    constant: Option<&ArrayRef>,
    evaluate: impl FnOnce() -> ArrayRef,
    convert: impl Fn(&ArrayRef) -> ArrayRef,
) -> Operand<T> {
    match constant {
        Some(value) => Operand::Scalar(convert(value).as_primitive::<T>().value(0)),
        None => Operand::Array(convert(&evaluate()).as_primitive().clone()),
    }
}

fn raise_nulls<T: ArrowPrimitiveType>(left: &ArrayRef, right: &Operand<T>, failures: &mut Failures) {
    raise_null_rows(left, failures);
    if let Operand::Array(right) = right {
        raise_null_rows(right, failures);
    }
}

fn raise_null_rows(array: &dyn Array, failures: &mut Failures) {
    if array.null_count() > 0 {
        (0..array.len()).filter(|row| array.is_null(*row)).for_each(|row| failures.raise(row, NULL_OPERAND));
    }
}

fn apply<T: ArrowPrimitiveType>(
    left: &PrimitiveArray<T>,
    right: &Operand<T>,
    f: impl Fn(T::Native, T::Native) -> T::Native,
) -> ArrayRef {
    match right {
        Operand::Scalar(value) => Arc::new(unary::<T, _, T>(left, |l| f(l, *value))),
        Operand::Array(right) => {
            Arc::new(binary::<T, T, _, T>(left, right, f).expect("both operands have the batch's rows"))
        }
    }
}

/// Whole numbers, wrapping around; division by zero raises.
fn integers<T: ArrowPrimitiveType>(
    operator: Op,
    left: &PrimitiveArray<T>,
    right: &Operand<T>,
    failures: &mut Failures,
) -> ArrayRef
where
    T::Native: Whole,
{
    match operator {
        Op::Add => apply(left, right, Whole::add),
        Op::Subtract => apply(left, right, Whole::subtract),
        Op::Multiply => apply(left, right, Whole::multiply),
        Op::Divide | Op::Modulo => {
            let zero = T::Native::default();
            match right {
                Operand::Scalar(value) if *value == zero => {
                    (0..left.len()).for_each(|row| failures.raise(row, BY_ZERO));
                }
                Operand::Scalar(_) => {}
                Operand::Array(right) => {
                    let zeros = right.values().iter().enumerate().filter(|(_, v)| **v == zero);
                    zeros.for_each(|(row, _)| failures.raise(row, BY_ZERO));
                }
            }
            if operator == Op::Divide { apply(left, right, Whole::divide) } else { apply(left, right, Whole::modulo) }
        }
    }
}

/// Java's arithmetic; division by zero, which has raised already, gives zero.
trait Whole: Copy + PartialEq + Default {
    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    fn divide(self, other: Self) -> Self;
    fn modulo(self, other: Self) -> Self;
}

macro_rules! whole {
    ($($native:ty),*) => {$(
        impl Whole for $native {
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn subtract(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn multiply(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            fn divide(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_div(other) }
            }
            fn modulo(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_rem(other) }
            }
        }
    )*};
}
whole!(i32, i64);

fn doubles(operator: Op, left: &PrimitiveArray<Float64Type>, right: &Operand<Float64Type>) -> ArrayRef {
    match operator {
        Op::Add => apply(left, right, |l, r| l + r),
        Op::Subtract => apply(left, right, |l, r| l - r),
        Op::Multiply => apply(left, right, |l, r| l * r),
        Op::Divide => apply(left, right, |l, r| l / r),
        Op::Modulo => apply(left, right, |l, r| l % r),
    }
}

/// STRING + STRING, where a NULL shows as `null`.
fn concatenate(left: &ArrayRef, right: &ArrayRef) -> ArrayRef {
    let (left, right) = (left.as_string::<i32>(), right.as_string::<i32>());
    let bytes = left.values().len() + right.values().len();
    let mut builder = StringBuilder::with_capacity(left.len(), bytes);
    let mut text = String::new();
    for (l, r) in left.iter().zip(right) {
        text.clear();
        text.push_str(l.unwrap_or("null"));
        text.push_str(r.unwrap_or("null"));
        builder.append_value(&text);
    }
    Arc::new(builder.finish())
}

impl Arithmetic {
    fn decimals(&self, left: &ArrayRef, right: &ArrayRef, failures: &mut Failures) -> ArrayRef {
        raise_null_rows(left, failures);
        raise_null_rows(right, failures);
        let ((p1, s1), (p2, s2)) = (digits(self.left.data_type()), digits(self.right.data_type()));
        let (precision, scale) = digits(&self.data_type);
        let scales = match self.operator {
            Op::Multiply => (0, 0),
            Op::Divide => (scale - s1 + s2, 0),
            _ => (scale - s1, scale - s2),
        };
        let widest = precision.max(p1 + scales.0).max(p2 + scales.1);
        let plan = DecimalPlan { operator: self.operator, scales, data_type: &self.data_type };
        let fast = match (NarrowColumn::new(left), NarrowColumn::new(right)) {
            (Some(l), Some(r)) if widest <= 38 => plan.narrow(&l, &r, left, right, failures),
            _ => None,
        };
        fast.unwrap_or_else(|| plan.wide(left, right, failures))
    }
}

struct DecimalPlan<'a> {
    operator: Op,
    /// Powers of ten by which the operands are raised first.
    scales: (u32, u32),
    data_type: &'a SqlType,
}

const INEXACT: &str = "Rounding necessary";
const IMPOSSIBLE: &str = "Division impossible";

/// Whether a whole quotient has no more than so many digits, but for zeros at its end: Java finds no remainder otherwise.
fn keeps_quotient(quotient: &str, precision: u32) -> bool {
    quotient.trim_start_matches('-').trim_end_matches('0').len() <= precision as usize
}

impl DecimalPlan<'_> {
    /// For numbers that cannot leave 38 digits.
    fn narrow(
        &self,
        l: &NarrowColumn<'_>,
        r: &NarrowColumn<'_>,
        left: &ArrayRef,
        right: &ArrayRef,
        failures: &mut Failures,
    ) -> Option<ArrayRef> {
        let (raise_left, raise_right) = (power_of_ten(self.scales.0)?, power_of_ten(self.scales.1)?);
        let precision = digits(self.data_type).0;
        let quotient_limit = power_of_ten(precision).map_or(u128::MAX, i128::unsigned_abs);
        let mut values = Vec::with_capacity(left.len());
        for row in 0..left.len() {
            if left.is_null(row) || right.is_null(row) {
                values.push(0);
                continue;
            }
            let (l, r) = (l.value(row).wrapping_mul(raise_left), r.value(row).wrapping_mul(raise_right));
            values.push(match self.operator {
                Op::Add => l.wrapping_add(r),
                Op::Subtract => l.wrapping_sub(r),
                Op::Multiply => l.wrapping_mul(r),
                Op::Divide | Op::Modulo if r == 0 => {
                    failures.raise(row, BY_ZERO);
                    0
                }
                Op::Divide => {
                    if l % r != 0 {
                        failures.raise(row, INEXACT);
                    }
                    l / r
                }
                Op::Modulo => {
                    if (l / r).unsigned_abs() >= quotient_limit && !keeps_quotient(&(l / r).to_string(), precision) {
                        failures.raise(row, IMPOSSIBLE);
                    }
                    l % r
                }
            });
        }
        let array = PrimitiveArray::<Decimal128Type>::from_iter_values(values);
        Some(Arc::new(array.with_data_type(arrow_type(self.data_type))))
    }

    fn wide(&self, left: &ArrayRef, right: &ArrayRef, failures: &mut Failures) -> ArrayRef {
        let limit = match self.data_type {
            SqlType::Decimal { precision, .. } => wide_power_of_ten(*precision),
            _ => None,
        };
        let values = (0..left.len()).map(|row| {
            if left.is_null(row) || right.is_null(row) {
                return None;
            }
            match self.wide_row(wide_value(left, row), wide_value(right, row), limit) {
                Ok(value) => Some(value),
                Err(message) => {
                    failures.raise(row, message);
                    None
                }
            }
        });
        decimal_array(self.data_type, values.collect::<Vec<_>>().into_iter())
    }

    fn wide_row(&self, left: i256, right: i256, limit: Option<i256>) -> Result<i256, String> {
        let overflow = || {
            let (precision, scale) = digits(self.data_type);
            overflow_message(precision, scale, "a longer number")
        };
        let raise =
            |value: i256, by: u32| wide_power_of_ten(by).and_then(|p| value.checked_mul(p)).ok_or_else(overflow);
        let (l, r) = (raise(left, self.scales.0)?, raise(right, self.scales.1)?);
        let is_division = matches!(self.operator, Op::Divide | Op::Modulo);
        if is_division && r == i256::ZERO {
            return Err(BY_ZERO.into());
        }
        let result = match self.operator {
            Op::Add => l.checked_add(r),
            Op::Subtract => l.checked_sub(r),
            Op::Multiply => l.checked_mul(r),
            Op::Divide if l.wrapping_rem(r) != i256::ZERO => return Err(INEXACT.into()),
            Op::Divide => l.checked_div(r),
            Op::Modulo if !keeps_quotient(&l.wrapping_div(r).to_string(), digits(self.data_type).0) => {
                return Err(IMPOSSIBLE.into());
            }
            Op::Modulo => l.checked_rem(r),
        };
        let result = result.ok_or_else(overflow)?;
        match limit {
            Some(limit) if result.wrapping_abs() >= limit => Err(overflow()),
            _ => Ok(result),
        }
    }
}

pub(crate) struct Negate {
    pub value: NodeRef,
}

impl Node for Negate {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let value = self.value.evaluate(input, failures);
        raise_null_rows(&value, failures);
        match self.value.data_type() {
            SqlType::Integer => {
                Arc::new(unary::<_, _, Int32Type>(value.as_primitive::<Int32Type>(), i32::wrapping_neg))
            }
            SqlType::BigInt => Arc::new(unary::<_, _, Int64Type>(value.as_primitive::<Int64Type>(), i64::wrapping_neg)),
            SqlType::Double => Arc::new(unary::<_, _, Float64Type>(value.as_primitive::<Float64Type>(), |v| -v)),
            decimal => {
                let rows =
                    (0..value.len()).map(|row| value.is_valid(row).then(|| wide_value(&value, row).wrapping_neg()));
                decimal_array(decimal, rows)
            }
        }
    }
    fn data_type(&self) -> &SqlType {
        self.value.data_type()
    }
    fn can_fail(&self) -> bool {
        self.value.can_fail() || self.value.nullable()
    }
}
