//! `SUM` over numbers and `SUM_LIST` over lists of numbers. Integers wrap silently; DECIMALs keep their type and fail.

use std::marker::PhantomData;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Decimal256Type};
use arrow_array::{Array, ArrayRef, ArrowNativeTypeOp};
use arrow_buffer::i256;
use arrow_schema::DataType;

use super::codec::Fixed;
use super::fold::Fold;
use super::numbers::{Arithmetic, In, plain_column, plain_numbers};
use crate::types::{SqlType, Value};

/// Sum of INT, BIGINT or DOUBLE in its own type.
pub struct Sum<T>(PhantomData<fn() -> T>);

impl<T> Default for Sum<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: ArrowPrimitiveType> Arithmetic for Sum<T>
where
    T::Native: Fixed,
{
    type Input = T;
    type Output = T;
    type State = T::Native;

    fn add(&self, state: &mut T::Native, number: T::Native) -> bool {
        *state = state.add_wrapping(number);
        true
    }
    fn remove(&self, state: &mut T::Native, number: T::Native) -> bool {
        *state = state.sub_wrapping(number);
        true
    }
    fn merge(&self, into: &mut T::Native, from: T::Native) {
        *into = into.add_wrapping(from);
    }
    fn result(&self, state: T::Native) -> Option<T::Native> {
        Some(state)
    }
    fn put(&self, state: T::Native, out: &mut Vec<u8>) {
        state.put(out);
    }
    fn take(&self, bytes: &mut &[u8]) -> Option<T::Native> {
        T::Native::take(bytes)
    }
    fn intermediates(&self, states: &[T::Native], data_type: &DataType) -> ArrayRef {
        plain_column::<T>(states.to_vec(), data_type)
    }
    fn restore(&self, states: &ArrayRef) -> Option<Vec<T::Native>> {
        plain_numbers::<T>(states).map(<[_]>::to_vec)
    }
}

/// Sum of unscaled numbers that stays below 10^precision.
pub struct DecimalSum<T: ArrowPrimitiveType> {
    bound: T::Native,
    precision: u32,
    scale: u32,
}

/// The two widths in which DECIMALs lie.
pub trait Unscaled: ArrowPrimitiveType {
    fn text(number: Self::Native) -> String;
}
impl Unscaled for Decimal128Type {
    fn text(number: i128) -> String {
        number.to_string()
    }
}
impl Unscaled for Decimal256Type {
    fn text(number: i256) -> String {
        number.to_string()
    }
}

impl<T: Unscaled> DecimalSum<T> {
    /// `precision` is at most what `T` can hold.
    pub fn new(precision: u32, scale: u32) -> Self {
        let ten = (0..10).fold(T::Native::ZERO, |n, _| n.add_wrapping(T::Native::ONE));
        Self { bound: ten.pow_wrapping(precision), precision, scale }
    }

    fn within(&self, sum: Result<T::Native, arrow_schema::ArrowError>) -> Option<T::Native> {
        let bound = self.bound;
        sum.ok().filter(|sum| sum.is_lt(bound) && sum.is_gt(bound.neg_wrapping()))
    }
}

impl<T: Unscaled> Arithmetic for DecimalSum<T>
where
    T::Native: Fixed,
{
    type Input = T;
    type Output = T;
    type State = T::Native;

    fn add(&self, state: &mut T::Native, number: T::Native) -> bool {
        let sum = self.within(state.add_checked(number));
        *state = sum.unwrap_or(*state);
        sum.is_some()
    }
    fn remove(&self, state: &mut T::Native, number: T::Native) -> bool {
        let sum = self.within(state.sub_checked(number));
        *state = sum.unwrap_or(*state);
        sum.is_some()
    }
    fn merge(&self, into: &mut T::Native, from: T::Native) {
        self.add(into, from);
    }
    fn result(&self, state: T::Native) -> Option<T::Native> {
        Some(state)
    }
    fn put(&self, state: T::Native, out: &mut Vec<u8>) {
        state.put(out);
    }
    fn take(&self, bytes: &mut &[u8]) -> Option<T::Native> {
        self.within(Ok(T::Native::take(bytes)?))
    }
    fn intermediates(&self, states: &[T::Native], data_type: &DataType) -> ArrayRef {
        plain_column::<T>(states.to_vec(), data_type)
    }
    fn restore(&self, states: &ArrayRef) -> Option<Vec<T::Native>> {
        plain_numbers::<T>(states)?.iter().map(|sum| self.within(Ok(*sum))).collect()
    }
    fn failure(&self, state: T::Native, number: In<Self>) -> String {
        let (precision, scale) = (self.precision, self.scale);
        let got =
            state.add_checked(number).map_or_else(|_| "a wider number".to_owned(), |v| scaled(&T::text(v), scale));
        format!(
            "Numeric field overflow: A field with precision {precision} and scale {scale} must round to an absolute \
             value less than 10^{}. Got {got}",
            precision.saturating_sub(scale)
        )
    }
}

/// Puts the decimal point into an unscaled number.
pub fn scaled(unscaled: &str, scale: u32) -> String {
    let (sign, digits) = unscaled.strip_prefix('-').map_or(("", unscaled), |digits| ("-", digits));
    let scale = scale as usize;
    if scale == 0 {
        return unscaled.to_owned();
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// `SUM_LIST`: sum of all elements of all lists that are not NULL.
pub struct ListSum<T>(fn(T) -> Value);

impl<T> ListSum<T> {
    pub fn new(value: fn(T) -> Value) -> Self {
        Self(value)
    }
}

/// `from` with the elements of the list at `row` added or subtracted; a NULL list has none.
fn list_total<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize, from: T::Native, subtract: bool) -> T::Native {
    let lists = array.as_list::<i32>();
    if lists.is_null(row) {
        return from;
    }
    let items = lists.value(row);
    items
        .as_primitive::<T>()
        .iter()
        .flatten()
        .fold(from, |total, item| if subtract { total.sub_wrapping(item) } else { total.add_wrapping(item) })
}

impl<T: ListNumber> Fold for ListSum<T> {
    type State = T;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> T {
        T::ZERO
    }
    fn add(&mut self, state: &mut T, arguments: &[ArrayRef], row: usize) {
        *state = list_total::<T::Arrow>(&arguments[0], row, *state, false);
    }
    fn remove(&mut self, state: &mut T, arguments: &[ArrayRef], row: usize) -> Result<(), String> {
        *state = list_total::<T::Arrow>(&arguments[0], row, *state, true);
        Ok(())
    }
    fn merge(&mut self, into: &mut T, from: &T) {
        *into = into.add_wrapping(*from);
    }
    fn result(&self, state: &T) -> Value {
        self.0(*state)
    }
    fn put(&self, state: &T, out: &mut Vec<u8>) {
        state.put(out);
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<T> {
        T::take(bytes)
    }
    fn intermediate(&self, state: &T) -> Value {
        self.0(*state)
    }
    fn restore(&mut self, state: Value) -> Option<T> {
        T::of(&state)
    }
    fn heap_bytes(&self, _state: &T) -> usize {
        0
    }
}

/// A number with the Arrow type of the lists that hold it.
pub trait ListNumber: Fixed + ArrowNativeTypeOp + Send {
    type Arrow: ArrowPrimitiveType<Native = Self>;
    fn of(value: &Value) -> Option<Self>;
}
macro_rules! list_number {
    ($number:ty, $arrow:ident, $variant:ident) => {
        impl ListNumber for $number {
            type Arrow = arrow_array::types::$arrow;
            fn of(value: &Value) -> Option<Self> {
                if let Value::$variant(number) = value { Some(*number) } else { None }
            }
        }
    };
}
list_number!(i32, Int32Type, Integer);
list_number!(i64, Int64Type, BigInt);
list_number!(f64, Float64Type, Double);

/// The type that lists of `ARRAY<item>` sum up to.
pub fn item_type(list: &SqlType) -> SqlType {
    if let SqlType::Array(item) = list { (**item).clone() } else { list.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unscaled_numbers_get_their_point() {
        for (unscaled, scale, expected) in [("150", 2, "1.50"), ("-5", 2, "-0.05"), ("7", 0, "7")] {
            assert_eq!(scaled(unscaled, scale), expected);
        }
    }
}
