//! `AVG`: the sum in the argument's type (integers wrap) by the number of values; 0.0 without any.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type};
use arrow_array::{ArrayRef, ArrowNativeTypeOp, Int64Array};
use arrow_schema::DataType;

use super::codec::Fixed;
use super::numbers::{Arithmetic, plain_column, plain_numbers, struct_columns, struct_of};

pub struct Average<T>(PhantomData<fn() -> T>);

impl<T> Default for Average<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Numbers that become DOUBLE as Java's cast does.
pub trait ToDouble {
    fn to_double(self) -> f64;
}
impl ToDouble for i32 {
    fn to_double(self) -> f64 {
        f64::from(self)
    }
}
impl ToDouble for i64 {
    fn to_double(self) -> f64 {
        self as f64
    }
}
impl ToDouble for f64 {
    fn to_double(self) -> f64 {
        self
    }
}

impl<T: ArrowPrimitiveType> Arithmetic for Average<T>
where
    T::Native: Fixed + ToDouble,
{
    type Input = T;
    type Output = Float64Type;
    /// Sum and count.
    type State = (T::Native, i64);

    fn add(&self, state: &mut Self::State, number: T::Native) -> bool {
        *state = (state.0.add_wrapping(number), state.1.wrapping_add(1));
        true
    }
    fn remove(&self, state: &mut Self::State, number: T::Native) -> bool {
        *state = (state.0.sub_wrapping(number), state.1.wrapping_sub(1));
        true
    }
    fn merge(&self, into: &mut Self::State, from: Self::State) {
        *into = (into.0.add_wrapping(from.0), into.1.wrapping_add(from.1));
    }
    fn result(&self, (sum, count): Self::State) -> Option<f64> {
        Some(if count == 0 { 0.0 } else { sum.to_double() / count as f64 })
    }
    fn put(&self, (sum, count): Self::State, out: &mut Vec<u8>) {
        sum.put(out);
        count.put(out);
    }
    fn take(&self, bytes: &mut &[u8]) -> Option<Self::State> {
        Some((Fixed::take(bytes)?, Fixed::take(bytes)?))
    }
    fn intermediates(&self, states: &[Self::State], data_type: &DataType) -> ArrayRef {
        let sums = plain_column::<T>(states.iter().map(|state| state.0).collect(), &T::DATA_TYPE);
        let counts = Int64Array::from_iter_values(states.iter().map(|state| state.1));
        struct_of(data_type, vec![sums, Arc::new(counts)])
    }
    fn restore(&self, states: &ArrayRef) -> Option<Vec<Self::State>> {
        let [sums, counts] = struct_columns(states)? else { return None };
        let (sums, counts) = (plain_numbers::<T>(sums)?, plain_numbers::<Int64Type>(counts)?);
        Some(sums.iter().copied().zip(counts.iter().copied()).collect())
    }
}
