//! Order and equality of values as ksqlDB's runtime has them: Java's, where they differ from Rust's.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hasher};

use arrow_buffer::i256;

use crate::types::Value;

/// Order of numbers: total, NaN is equal to itself and above everything, -0.0 is below 0.0.
pub trait JavaOrder: Copy {
    fn java_cmp(self, other: Self) -> Ordering;
}

macro_rules! natural_order {
    ($($number:ty),*) => {$(
        impl JavaOrder for $number {
            fn java_cmp(self, other: Self) -> Ordering {
                self.cmp(&other)
            }
        }
    )*};
}
natural_order!(i32, i64, i128, i256);

impl JavaOrder for f64 {
    fn java_cmp(self, other: Self) -> Ordering {
        if self < other {
            Ordering::Less
        } else if self > other {
            Ordering::Greater
        } else {
            canonical(self).total_cmp(&canonical(other))
        }
    }
}

/// One NaN for all of them.
fn canonical(number: f64) -> f64 {
    if number.is_nan() { f64::NAN.abs() } else { number }
}

/// Order of UTF-16 code units: characters beyond U+FFFF are below U+E000.
pub fn compare_text(a: &[u8], b: &[u8]) -> Ordering {
    match a.iter().zip(b).find(|(x, y)| x != y) {
        None => a.len().cmp(&b.len()),
        Some((x, y)) => {
            let rank = |byte: u8| if byte >= 0xf0 { (0xed_u8, byte) } else { (byte, 0) };
            rank(*x).cmp(&rank(*y))
        }
    }
}

/// Order of signed bytes.
pub fn compare_bytes(a: &[u8], b: &[u8]) -> Ordering {
    a.iter().map(|x| *x as i8).cmp(b.iter().map(|x| *x as i8))
}

/// Order of two values of one type that can be ordered; others are all equal.
pub fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Integer(x), Value::Integer(y))
        | (Value::Time(x), Value::Time(y))
        | (Value::Date(x), Value::Date(y)) => x.cmp(y),
        (Value::BigInt(x), Value::BigInt(y)) | (Value::Timestamp(x), Value::Timestamp(y)) => x.cmp(y),
        (Value::Double(x), Value::Double(y)) => x.java_cmp(*y),
        (Value::Decimal { unscaled: x, .. }, Value::Decimal { unscaled: y, .. }) => x.cmp(y),
        (Value::String(x), Value::String(y)) => compare_text(x.as_bytes(), y.as_bytes()),
        (Value::Bytes(x), Value::Bytes(y)) => compare_bytes(x, y),
        _ => Ordering::Equal,
    }
}

/// Equality of two values of one type: NULL and NaN are equal to themselves, 0.0 is not -0.0, maps have no order.
pub fn same(a: &Value, b: &Value) -> bool {
    let all_same = |x: &[Value], y: &[Value]| x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y));
    match (a, b) {
        (Value::Double(x), Value::Double(y)) => x.java_cmp(*y).is_eq(),
        (Value::Array(x), Value::Array(y)) | (Value::Struct(x), Value::Struct(y)) => all_same(x, y),
        (Value::Map(x), Value::Map(y)) => {
            x.len() == y.len() && x.iter().all(|(key, item)| y.iter().any(|(k, i)| same(key, k) && same(item, i)))
        }
        _ => a == b,
    }
}

/// A hash that is equal for values that are the `same`.
pub fn hash(value: &Value) -> u64 {
    let mix = |a: u64, b: u64| (a ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let of_bytes = |bytes: &[u8]| {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        hasher.finish()
    };
    match value {
        Value::Null => 0x51,
        Value::Boolean(v) => mix(1, u64::from(*v)),
        Value::Integer(v) | Value::Time(v) | Value::Date(v) => mix(2, *v as u64),
        Value::BigInt(v) | Value::Timestamp(v) => mix(3, *v as u64),
        Value::Double(v) => mix(4, canonical(*v).to_bits()),
        Value::Decimal { unscaled, .. } => of_bytes(&unscaled.to_le_bytes()),
        Value::String(text) => of_bytes(text.as_bytes()),
        Value::Bytes(bytes) => of_bytes(bytes),
        Value::Array(items) | Value::Struct(items) => items.iter().fold(5, |all, item| mix(all, hash(item))),
        Value::Map(entries) => entries.iter().fold(6, |all, (k, v)| all.wrapping_add(mix(hash(k), hash(v)))),
    }
}

/// Heap bytes behind a value, roughly.
pub fn heap_bytes(value: &Value) -> usize {
    let of_all = |items: &[Value]| items.iter().map(|item| size_of::<Value>() + heap_bytes(item)).sum();
    match value {
        Value::String(text) => text.len() + 16,
        Value::Bytes(bytes) => bytes.len() + 16,
        Value::Array(items) | Value::Struct(items) => of_all(items),
        Value::Map(entries) => {
            entries.iter().map(|(k, v)| 2 * size_of::<Value>() + heap_bytes(k) + heap_bytes(v)).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_javas() {
        assert!((-0.0).java_cmp(0.0).is_lt());
        assert!(f64::NAN.java_cmp(f64::INFINITY).is_gt());
        assert!(f64::NAN.java_cmp(-f64::NAN).is_eq());
        let text = |a: &str, b: &str| compare_text(a.as_bytes(), b.as_bytes());
        assert!(text("ab", "abc").is_lt());
        assert!(text("\u{1F600}", "\u{FF01}").is_lt(), "surrogates are below U+FF01");
        assert!(text("\u{1F600}", "\u{D7FF}").is_gt());
        assert!(text("\u{1F600}", "\u{1F601}").is_lt());
        assert!(compare_bytes(&[0x80], &[0x01]).is_lt(), "bytes are signed");
    }

    #[test]
    fn equality_is_javas() {
        assert!(same(&Value::Double(f64::NAN), &Value::Double(f64::NAN)));
        assert!(!same(&Value::Double(0.0), &Value::Double(-0.0)));
        let map = |keys: &[i32]| Value::Map(keys.iter().map(|k| (Value::Integer(*k), Value::Null)).collect());
        assert!(same(&map(&[1, 2]), &map(&[2, 1])));
    }
}
