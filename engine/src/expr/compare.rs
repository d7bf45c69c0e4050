//! Comparisons, BETWEEN, IN and IS NULL. Their results are never NULL: whatever is compared with NULL is FALSE.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use weir_parser::ast::ComparisonOperator as Op;

use super::cast::{to_double, to_int64, to_millis, to_time};
use super::decimal::{Decimal, NarrowColumn, power_of_ten, to_big, wide_value};
use super::logical::boolean_array;
use super::node::{Failures, Input, Node, NodeRef};
use super::typing::digits;
use crate::types::{SqlType, Value};

pub(crate) struct Comparison {
    pub operator: Op,
    pub left: NodeRef,
    pub right: NodeRef,
}

/// One side of a comparison.
struct Side<'a> {
    /// A single row when `is_constant`.
    array: ArrayRef,
    data_type: &'a SqlType,
    is_constant: bool,
}

impl<'a> Side<'a> {
    fn evaluate(node: &'a NodeRef, input: &Input<'_>, failures: &mut Failures) -> Self {
        let constant = node.constant().cloned();
        let is_constant = constant.is_some();
        let array = constant.unwrap_or_else(|| node.evaluate(input, failures));
        Side { array, data_type: node.data_type(), is_constant }
    }
    fn converted(&self, convert: impl FnOnce(&ArrayRef) -> ArrayRef) -> Side<'a> {
        Side { array: convert(&self.array), ..*self }
    }
    #[inline]
    fn at(&self, row: usize) -> usize {
        if self.is_constant { 0 } else { row }
    }
    /// Which rows are not NULL; `None`: all.
    fn valid(&self, rows: usize) -> Option<BooleanBuffer> {
        if self.is_constant {
            return self.array.is_null(0).then(|| BooleanBuffer::new_unset(rows));
        }
        self.array.nulls().filter(|n| n.null_count() > 0).map(|n: &NullBuffer| n.inner().clone())
    }
}

impl Node for Comparison {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let left = Side::evaluate(&self.left, input, failures);
        let right = Side::evaluate(&self.right, input, failures);
        boolean_array(compare(self.operator, &left, &right, input.rows, failures))
    }
    fn data_type(&self) -> &SqlType {
        &SqlType::Boolean
    }
    fn can_fail(&self) -> bool {
        may_parse(&self.left, &self.right) || self.left.can_fail() || self.right.can_fail()
    }
    fn nullable(&self) -> bool {
        false
    }
}

/// Whether comparing these reads text as something else, which may fail.
fn may_parse(left: &NodeRef, right: &NodeRef) -> bool {
    let (left, right) = (left.data_type(), right.data_type());
    left != right && (*left == SqlType::String || *right == SqlType::String)
}

/// The bits of `left operator right`, NULLs taken care of.
fn compare(operator: Op, left: &Side<'_>, right: &Side<'_>, rows: usize, failures: &mut Failures) -> BooleanBuffer {
    let bits = compare_values(operator, left, right, rows, failures);
    let (left_valid, right_valid) = (left.valid(rows), right.valid(rows));
    let null_safe = matches!(operator, Op::IsDistinctFrom | Op::IsNotDistinctFrom);
    if !null_safe {
        let bits = left_valid.map_or(bits.clone(), |valid| &bits & &valid);
        return right_valid.map_or(bits.clone(), |valid| &bits & &valid);
    }
    if left_valid.is_none() && right_valid.is_none() {
        return bits;
    }
    let all = || BooleanBuffer::new_set(rows);
    let (l, r) = (left_valid.unwrap_or_else(all), right_valid.unwrap_or_else(all));
    BooleanBuffer::collect_bool(rows, |row| match (l.value(row), r.value(row)) {
        (true, true) => bits.value(row),
        (l, r) => (l == r) == (operator == Op::IsNotDistinctFrom),
    })
}

fn compare_values(
    operator: Op,
    left: &Side<'_>,
    right: &Side<'_>,
    rows: usize,
    failures: &mut Failures,
) -> BooleanBuffer {
    use SqlType as T;
    match (left.data_type, right.data_type) {
        (T::Integer, T::Integer) => primitives::<Int32Type>(operator, left, right, rows),
        (T::Date, T::Date) => primitives::<Date32Type>(operator, left, right, rows),
        (T::Time, T::Time) => primitives::<Time32MillisecondType>(operator, left, right, rows),
        (T::Integer | T::BigInt, T::Integer | T::BigInt) => {
            primitives::<Int64Type>(operator, &left.converted(to_int64), &right.converted(to_int64), rows)
        }
        (T::Decimal { .. }, T::Double) | (T::Double, T::Decimal { .. }) => {
            order(operator, rows, |row| mixed_number(left, left.at(row)).cmp(&mixed_number(right, right.at(row))))
        }
        (T::Double, _) | (_, T::Double) => {
            primitives::<Float64Type>(operator, &left.converted(to_double), &right.converted(to_double), rows)
        }
        (T::Decimal { .. }, _) | (_, T::Decimal { .. }) => decimals(operator, left, right, rows),
        (T::String, T::String) => {
            let (l, r) = (left.array.as_string::<i32>(), right.array.as_string::<i32>());
            match operator {
                Op::Equal | Op::IsNotDistinctFrom => {
                    BooleanBuffer::collect_bool(rows, |row| l.value(left.at(row)) == r.value(right.at(row)))
                }
                _ => order(operator, rows, |row| utf16_order(l.value(left.at(row)), r.value(right.at(row)))),
            }
        }
        (T::Bytes, T::Bytes) => {
            let (l, r) = (left.array.as_binary::<i32>(), right.array.as_binary::<i32>());
            let signed = |bytes: &'_ [u8]| bytes.iter().map(|b| *b as i8).collect::<Vec<_>>();
            order(operator, rows, |row| signed(l.value(left.at(row))).cmp(&signed(r.value(right.at(row)))))
        }
        (T::Boolean, T::Boolean) => {
            let (l, r) = (left.array.as_boolean(), right.array.as_boolean());
            order(operator, rows, |row| l.value(left.at(row)).cmp(&r.value(right.at(row))))
        }
        (T::Time, _) | (_, T::Time) => {
            let (l, r) = converted((left, right), rows, failures, to_time);
            primitives::<Time32MillisecondType>(operator, &l, &r, rows)
        }
        (T::Timestamp | T::Date, _) | (_, T::Timestamp | T::Date) => {
            let (l, r) = converted((left, right), rows, failures, to_millis);
            primitives::<TimestampMillisecondType>(operator, &l, &r, rows)
        }
        _ => order(operator, rows, |row| {
            let value = |side: &Side<'_>| Value::from_array(&side.array, side.at(row), side.data_type);
            if same(&value(left), &value(right)) { Ordering::Equal } else { Ordering::Less }
        }),
    }
}

/// Both sides converted. Text that cannot be read fails the rows in which it meets a value: what is compared with NULL is
/// not read.
fn converted<'a>(
    (left, right): (&Side<'a>, &Side<'a>),
    rows: usize,
    failures: &mut Failures,
    convert: fn(&ArrayRef, &mut Failures) -> ArrayRef,
) -> (Side<'a>, Side<'a>) {
    let (mut of_left, mut of_right) = (Failures::default(), Failures::default());
    let sides =
        (left.converted(|array| convert(array, &mut of_left)), right.converted(|array| convert(array, &mut of_right)));
    let is_null = |side: &Side<'_>, row: usize| side.array.is_null(side.at(row));
    for (side, other, unread) in [(left, right, of_left), (right, left, of_right)] {
        for failure in unread.into_all() {
            let failed = failure.row as usize;
            let meets = if side.is_constant { 0..rows } else { failed..failed + 1 };
            for row in meets.filter(|row| !is_null(other, *row)) {
                failures.raise(row, failure.message.clone());
            }
        }
    }
    sides
}

fn primitives<T: ArrowPrimitiveType>(operator: Op, left: &Side<'_>, right: &Side<'_>, rows: usize) -> BooleanBuffer
where
    T::Native: PartialOrd,
{
    let (l, r) = (left.array.as_primitive::<T>().values(), right.array.as_primitive::<T>().values());
    match (left.is_constant, right.is_constant) {
        (false, true) => {
            let constant = r[0];
            apply(operator, rows, |row| l[row], |_| constant)
        }
        (true, false) => {
            let constant = l[0];
            apply(operator, rows, |_| constant, |row| r[row])
        }
        (false, false) => apply(operator, rows, |row| l[row], |row| r[row]),
        (true, true) => {
            let (l, r) = (l[0], r[0]);
            apply(operator, rows, |_| l, |_| r)
        }
    }
}

#[inline]
fn apply<V: PartialOrd>(
    operator: Op,
    rows: usize,
    left: impl Fn(usize) -> V,
    right: impl Fn(usize) -> V,
) -> BooleanBuffer {
    match operator {
        Op::Equal | Op::IsNotDistinctFrom => BooleanBuffer::collect_bool(rows, |row| left(row) == right(row)),
        Op::NotEqual | Op::IsDistinctFrom => BooleanBuffer::collect_bool(rows, |row| left(row) != right(row)),
        Op::LessThan => BooleanBuffer::collect_bool(rows, |row| left(row) < right(row)),
        Op::LessThanOrEqual => BooleanBuffer::collect_bool(rows, |row| left(row) <= right(row)),
        Op::GreaterThan => BooleanBuffer::collect_bool(rows, |row| left(row) > right(row)),
        Op::GreaterThanOrEqual => BooleanBuffer::collect_bool(rows, |row| left(row) >= right(row)),
    }
}

fn order(operator: Op, rows: usize, compare: impl Fn(usize) -> Ordering) -> BooleanBuffer {
    apply(operator, rows, compare, |_| Ordering::Equal)
}

/// The order of UTF-16 code units, which puts surrogate pairs (four bytes in UTF-8) before U+E000 and above.
pub(crate) fn utf16_order(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let common = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    match (left.get(common), right.get(common)) {
        (Some(l), Some(r)) => {
            let rank = |byte: u8| if matches!(byte, 0xEE | 0xEF) { u16::from(byte) + 0x100 } else { u16::from(byte) };
            rank(*l).cmp(&rank(*r))
        }
        (l, r) => l.is_some().cmp(&r.is_some()),
    }
}

fn mixed_number(side: &Side<'_>, row: usize) -> Number {
    match side.data_type {
        SqlType::Double => {
            let value = side.array.as_primitive::<Float64Type>().value(row);
            Decimal::from_f64(value).map_or(Number::Extreme(value), Number::Exact)
        }
        other => {
            Number::Exact(Decimal { unscaled: to_big(wide_value(&side.array, row)), scale: digits(other).1 as i32 })
        }
    }
}

/// A DECIMAL or DOUBLE as an exact number, or one of the doubles that are none.
enum Number {
    Exact(Decimal),
    Extreme(f64),
}

impl Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self, other) {
            (Number::Exact(l), Number::Exact(r)) => l.cmp(r),
            (Number::Extreme(l), Number::Extreme(r)) => l.total_cmp(r),
            (Number::Extreme(l), Number::Exact(_)) => l.total_cmp(&0.0),
            (Number::Exact(_), Number::Extreme(r)) => 0.0_f64.total_cmp(r),
        }
    }
}

fn decimals(operator: Op, left: &Side<'_>, right: &Side<'_>, rows: usize) -> BooleanBuffer {
    let ((p1, s1), (p2, s2)) = (digits(left.data_type), digits(right.data_type));
    let scale = s1.max(s2);
    let widest = (p1 + scale - s1).max(p2 + scale - s2);
    let narrow = (NarrowColumn::new(&left.array), NarrowColumn::new(&right.array));
    let powers = (power_of_ten(scale - s1), power_of_ten(scale - s2));
    if let ((Some(l), Some(r)), (Some(raise_l), Some(raise_r)), true) = (narrow, powers, widest <= 38) {
        let left_value = |row| l.value(left.at(row)).wrapping_mul(raise_l);
        return apply(operator, rows, left_value, |row| r.value(right.at(row)).wrapping_mul(raise_r));
    }
    order(operator, rows, |row| mixed_number(left, left.at(row)).cmp(&mixed_number(right, right.at(row))))
}

/// Equality inside containers: NULL equals NULL, maps have no order, doubles are equal as Java's objects are.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Double(l), Value::Double(r)) => l.total_cmp(r) == Ordering::Equal || l.is_nan() && r.is_nan(),
        (Value::Array(l), Value::Array(r)) | (Value::Struct(l), Value::Struct(r)) => {
            l.len() == r.len() && l.iter().zip(r).all(|(l, r)| same(l, r))
        }
        (Value::Map(l), Value::Map(r)) => {
            l.len() == r.len() && l.iter().all(|(key, value)| r.iter().any(|(k, v)| same(key, k) && same(value, v)))
        }
        _ => left == right,
    }
}

pub(crate) struct Between {
    pub value: NodeRef,
    pub lower: NodeRef,
    pub upper: NodeRef,
    pub negated: bool,
}

impl Node for Between {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let value = Side::evaluate(&self.value, input, failures);
        let lower = Side::evaluate(&self.lower, input, failures);
        let upper = Side::evaluate(&self.upper, input, failures);
        let above = compare(Op::GreaterThanOrEqual, &value, &lower, input.rows, failures);
        let below = compare(Op::LessThanOrEqual, &value, &upper, input.rows, failures);
        let inside = &above & &below;
        boolean_array(if self.negated { !&inside } else { inside })
    }
    fn data_type(&self) -> &SqlType {
        &SqlType::Boolean
    }
    fn can_fail(&self) -> bool {
        let parts = [&self.value, &self.lower, &self.upper];
        parts.iter().any(|part| part.can_fail())
            || may_parse(&self.value, &self.lower)
            || may_parse(&self.value, &self.upper)
    }
    fn nullable(&self) -> bool {
        false
    }
}

pub(crate) struct InList {
    pub value: NodeRef,
    /// Of the value's type.
    pub list: Vec<NodeRef>,
    pub negated: bool,
}

impl Node for InList {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let value = Side::evaluate(&self.value, input, failures);
        let mut found = BooleanBuffer::new_unset(input.rows);
        for item in &self.list {
            let item = Side::evaluate(item, input, failures);
            if item.is_constant && item.array.is_null(0) {
                continue;
            }
            found = &found | &compare(Op::Equal, &value, &item, input.rows, failures);
        }
        boolean_array(if self.negated { !&found } else { found })
    }
    fn data_type(&self) -> &SqlType {
        &SqlType::Boolean
    }
    fn can_fail(&self) -> bool {
        self.value.can_fail() || self.list.iter().any(|item| item.can_fail())
    }
    fn nullable(&self) -> bool {
        false
    }
}

pub(crate) struct IsNull {
    pub value: NodeRef,
    pub negated: bool,
}

impl Node for IsNull {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let value = self.value.evaluate(input, failures);
        let valid = value.nulls().map_or_else(|| BooleanBuffer::new_set(input.rows), |n| n.inner().clone());
        boolean_array(if self.negated { valid } else { !&valid })
    }
    fn data_type(&self) -> &SqlType {
        &SqlType::Boolean
    }
    fn can_fail(&self) -> bool {
        self.value.can_fail()
    }
    fn nullable(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_code_unit_order() {
        let check = |left: &str, right: &str| {
            let expected = left.encode_utf16().cmp(right.encode_utf16());
            assert_eq!(utf16_order(left, right), expected, "{left} {right}");
        };
        for (left, right) in
            [("", "a"), ("b10", "b2"), ("B2", "b2"), ("\u{ffff}", "\u{10000}"), ("é", "z"), ("ab", "a")]
        {
            check(left, right);
            check(right, left);
        }
    }
}
