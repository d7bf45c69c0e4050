//! `STDDEV_SAMP`, `STDDEV_SAMPLE` and `CORRELATION`.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowNativeTypeOp, Float64Array, Int64Array};
use arrow_schema::DataType;

use super::average::ToDouble;
use super::codec::Fixed;
use super::fold::Fold;
use super::numbers::{Arithmetic, plain_column, plain_numbers, struct_columns, struct_of};
use crate::types::{SqlType, Value};

/// Spread of a sample by the recurrence of Youngs and Cramer. With `ROOT` its standard deviation; without, its variance,
/// which is what ksqlDB's deprecated `STDDEV_SAMP` gives.
pub struct Spread<T, const ROOT: bool>(PhantomData<fn() -> T>);

impl<T, const ROOT: bool> Default for Spread<T, ROOT> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Arithmetic that differs between integers and DOUBLE.
pub trait Sampled: ArrowNativeTypeOp + ToDouble + Fixed {
    /// `count * number - sum`.
    fn deviation(count: i64, number: Self, sum: Self) -> f64;
    /// `sum / count` in this type, integers without a fraction; `count` is not 0.
    fn own_mean(sum: Self, count: i64) -> f64;
}
macro_rules! sampled_integer {
    ($($number:ty),*) => {$(
        impl Sampled for $number {
            fn deviation(count: i64, number: Self, sum: Self) -> f64 {
                count.wrapping_mul(i64::from(number)).wrapping_sub(i64::from(sum)) as f64
            }
            fn own_mean(sum: Self, count: i64) -> f64 {
                i64::from(sum).wrapping_div(count) as f64
            }
        }
    )*};
}
sampled_integer!(i32, i64);
impl Sampled for f64 {
    fn deviation(count: i64, number: Self, sum: Self) -> f64 {
        count as f64 * number - sum
    }
    fn own_mean(sum: Self, count: i64) -> f64 {
        sum / count as f64
    }
}

/// Sum of squared differences from the mean.
#[derive(Clone, Copy, Default)]
pub struct Moments<N> {
    sum: N,
    count: i64,
    m2: f64,
}

impl<T: ArrowPrimitiveType, const ROOT: bool> Arithmetic for Spread<T, ROOT>
where
    T::Native: Sampled,
{
    type Input = T;
    type Output = Float64Type;
    type State = Moments<T::Native>;

    fn add(&self, state: &mut Self::State, number: T::Native) -> bool {
        let count = state.count.wrapping_add(1);
        let sum = state.sum.add_wrapping(number);
        if count > 1 {
            let deviation = T::Native::deviation(count, number, sum);
            state.m2 += deviation * deviation / (count as f64 * (count - 1) as f64);
        }
        (state.sum, state.count) = (sum, count);
        true
    }
    fn remove(&self, state: &mut Self::State, number: T::Native) -> bool {
        let count = state.count;
        if count > 1 {
            let deviation = T::Native::deviation(count, number, state.sum);
            state.m2 -= deviation * deviation / (count as f64 * (count - 1) as f64);
        }
        *state = Moments { sum: state.sum.sub_wrapping(number), count: count.wrapping_sub(1), m2: state.m2 };
        true
    }
    fn merge(&self, into: &mut Self::State, from: Self::State) {
        if into.count == 0 || from.count == 0 {
            *into = if into.count == 0 { from } else { *into };
            return;
        }
        let mean = |m: &Moments<T::Native>| {
            if ROOT { m.sum.to_double() / m.count as f64 } else { T::Native::own_mean(m.sum, m.count) }
        };
        let distance = mean(into) - mean(&from);
        let (a, b) = (into.count as f64, from.count as f64);
        *into = Moments {
            sum: into.sum.add_wrapping(from.sum),
            count: into.count.wrapping_add(from.count),
            m2: into.m2 + from.m2 + distance * distance * a * b / (a + b),
        };
    }
    fn result(&self, state: Self::State) -> Option<f64> {
        if state.count < 2 {
            return Some(0.0);
        }
        let variance = state.m2 / (state.count - 1) as f64;
        Some(if ROOT { variance.sqrt() } else { variance })
    }
    fn put(&self, state: Self::State, out: &mut Vec<u8>) {
        state.sum.put(out);
        state.count.put(out);
        state.m2.put(out);
    }
    fn take(&self, bytes: &mut &[u8]) -> Option<Self::State> {
        Some(Moments { sum: Fixed::take(bytes)?, count: Fixed::take(bytes)?, m2: Fixed::take(bytes)? })
    }
    fn intermediates(&self, states: &[Self::State], data_type: &DataType) -> ArrayRef {
        let sums = plain_column::<T>(states.iter().map(|state| state.sum).collect(), &T::DATA_TYPE);
        let counts = Int64Array::from_iter_values(states.iter().map(|state| state.count));
        let m2 = Float64Array::from_iter_values(states.iter().map(|state| state.m2));
        struct_of(data_type, vec![sums, Arc::new(counts), Arc::new(m2)])
    }
    fn restore(&self, states: &ArrayRef) -> Option<Vec<Self::State>> {
        let [sums, counts, m2] = struct_columns(states)? else { return None };
        let (sums, counts) = (plain_numbers::<T>(sums)?, plain_numbers::<Int64Type>(counts)?);
        let m2 = plain_numbers::<Float64Type>(m2)?;
        let state = |row: usize| Moments { sum: sums[row], count: counts[row], m2: m2[row] };
        Some((0..sums.len()).map(state).collect())
    }
}

/// Pearson's correlation of two arguments of one type; rows with a NULL do not count.
pub struct Correlation {
    pub data_type: SqlType,
}

#[derive(Clone, Copy, Default)]
pub struct Products {
    count: i64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Correlation {
    fn pair(&self, arguments: &[ArrayRef], row: usize) -> Option<(f64, f64)> {
        let double = |array: &ArrayRef| match self.data_type {
            SqlType::Integer => array.as_primitive::<Int32Type>().value(row).to_double(),
            SqlType::BigInt => array.as_primitive::<Int64Type>().value(row).to_double(),
            _ => array.as_primitive::<Float64Type>().value(row),
        };
        let present = arguments[0].is_valid(row) && arguments[1].is_valid(row);
        present.then(|| (double(&arguments[0]), double(&arguments[1])))
    }
}

fn shift(state: &mut Products, (x, y): (f64, f64), sign: f64) {
    *state = Products {
        count: state.count.wrapping_add(sign as i64),
        x: state.x + sign * x,
        y: state.y + sign * y,
        xx: state.xx + sign * x * x,
        yy: state.yy + sign * y * y,
        xy: state.xy + sign * x * y,
    };
}

impl Fold for Correlation {
    type State = Products;
    const HAS_INTERMEDIATE: bool = true;

    fn initial(&self) -> Products {
        Products::default()
    }
    fn add(&mut self, state: &mut Products, arguments: &[ArrayRef], row: usize) {
        if let Some(pair) = self.pair(arguments, row) {
            shift(state, pair, 1.0);
        }
    }
    fn remove(&mut self, state: &mut Products, arguments: &[ArrayRef], row: usize) -> Result<(), String> {
        if let Some(pair) = self.pair(arguments, row) {
            shift(state, pair, -1.0);
        }
        Ok(())
    }
    fn merge(&mut self, into: &mut Products, from: &Products) {
        *into = Products {
            count: into.count.wrapping_add(from.count),
            x: into.x + from.x,
            y: into.y + from.y,
            xx: into.xx + from.xx,
            yy: into.yy + from.yy,
            xy: into.xy + from.xy,
        };
    }
    fn result(&self, s: &Products) -> Value {
        let n = s.count as f64;
        let spread = (n * s.xx - s.x * s.x) * (n * s.yy - s.y * s.y);
        let together = n * s.xy - s.x * s.y;
        Value::Double(if s.count < 2 { f64::NAN } else { together / spread.sqrt() })
    }
    fn put(&self, s: &Products, out: &mut Vec<u8>) {
        s.count.put(out);
        for sum in [s.x, s.y, s.xx, s.yy, s.xy] {
            sum.put(out);
        }
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Products> {
        let count = Fixed::take(bytes)?;
        let mut sum = || f64::take(bytes);
        Some(Products { count, x: sum()?, y: sum()?, xx: sum()?, yy: sum()?, xy: sum()? })
    }
    fn intermediate(&self, s: &Products) -> Value {
        let sums = [s.x, s.y, s.xx, s.yy, s.xy].map(Value::Double);
        Value::Struct(sums.into_iter().chain([Value::BigInt(s.count)]).collect())
    }
    fn restore(&mut self, state: Value) -> Option<Products> {
        let Value::Struct(fields) = state else { return None };
        let [
            Value::Double(x),
            Value::Double(y),
            Value::Double(xx),
            Value::Double(yy),
            Value::Double(xy),
            Value::BigInt(count),
        ] = fields[..]
        else {
            return None;
        };
        Some(Products { count, x, y, xx, yy, xy })
    }
    fn heap_bytes(&self, _state: &Products) -> usize {
        0
    }
}
