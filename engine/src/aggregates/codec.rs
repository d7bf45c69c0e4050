//! How accumulators write their state: little-endian numbers, lengths as varints, values guided by their type.
//!
//! Readers trust nothing: what does not decode gives `None`, and no allocation is larger than the bytes at hand allow.

use std::sync::Arc;

use arrow_buffer::i256;

use crate::types::{SqlType, Value};

/// A number that is written in a fixed number of bytes.
pub trait Fixed: Copy {
    fn put(self, out: &mut Vec<u8>);
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

macro_rules! fixed {
    ($($number:ty),*) => {$(
        impl Fixed for $number {
            fn put(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn take(bytes: &mut &[u8]) -> Option<Self> {
                let (head, tail) = bytes.split_first_chunk()?;
                *bytes = tail;
                Some(Self::from_le_bytes(*head))
            }
        }
    )*};
}
fixed!(u8, i32, u32, i64, u64, f64, i128, i256);

impl Fixed for bool {
    fn put(self, out: &mut Vec<u8>) {
        out.push(u8::from(self));
    }
    fn take(bytes: &mut &[u8]) -> Option<Self> {
        match u8::take(bytes)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// Seven bits a byte, the lowest first.
pub fn put_length(mut length: usize, out: &mut Vec<u8>) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// A number of items that take at least one byte each.
pub fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    let mut length = 0_usize;
    for shift in (0..56).step_by(7) {
        let byte = u8::take(bytes)?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return (length <= bytes.len()).then_some(length);
        }
    }
    None
}

pub fn put_bytes(value: &[u8], out: &mut Vec<u8>) {
    put_length(value.len(), out);
    out.extend_from_slice(value);
}

pub fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_length(bytes)?;
    let (head, tail) = bytes.split_at_checked(length)?;
    *bytes = tail;
    Some(head)
}

/// Items behind their number.
pub fn put_list<T>(items: &[T], out: &mut Vec<u8>, mut put: impl FnMut(&T, &mut Vec<u8>)) {
    put_length(items.len(), out);
    for item in items {
        put(item, out);
    }
}

pub fn take_list<T>(bytes: &mut &[u8], mut take: impl FnMut(&mut &[u8]) -> Option<T>) -> Option<Vec<T>> {
    let length = take_length(bytes)?;
    let mut items = Vec::with_capacity(length.min(1024));
    for _ in 0..length {
        items.push(take(bytes)?);
    }
    Some(items)
}

/// A byte that says whether there is a value, then the value.
pub fn put_value(value: &Value, out: &mut Vec<u8>) {
    out.push(u8::from(!value.is_null()));
    match value {
        Value::Null => {}
        Value::Boolean(v) => v.put(out),
        Value::Integer(v) | Value::Time(v) | Value::Date(v) => v.put(out),
        Value::BigInt(v) | Value::Timestamp(v) => v.put(out),
        Value::Double(v) => v.put(out),
        Value::Decimal { unscaled, .. } => unscaled.put(out),
        Value::String(v) => put_bytes(v.as_bytes(), out),
        Value::Bytes(v) => put_bytes(v, out),
        Value::Array(items) => put_list(items, out, put_value),
        Value::Map(entries) => put_list(entries, out, |(key, item), out| {
            put_value(key, out);
            put_value(item, out);
        }),
        Value::Struct(fields) => fields.iter().for_each(|field| put_value(field, out)),
    }
}

/// Reads a value of `data_type` that `put_value` wrote.
pub fn take_value(bytes: &mut &[u8], data_type: &SqlType) -> Option<Value> {
    if !bool::take(bytes)? {
        return Some(Value::Null);
    }
    Some(match data_type {
        SqlType::Boolean => Value::Boolean(Fixed::take(bytes)?),
        SqlType::Integer => Value::Integer(Fixed::take(bytes)?),
        SqlType::Time => Value::Time(Fixed::take(bytes)?),
        SqlType::Date => Value::Date(Fixed::take(bytes)?),
        SqlType::BigInt => Value::BigInt(Fixed::take(bytes)?),
        SqlType::Timestamp => Value::Timestamp(Fixed::take(bytes)?),
        SqlType::Double => Value::Double(Fixed::take(bytes)?),
        SqlType::Decimal { scale, .. } => Value::Decimal { unscaled: Fixed::take(bytes)?, scale: *scale },
        SqlType::String => Value::string(std::str::from_utf8(take_bytes(bytes)?).ok()?),
        SqlType::Bytes => Value::Bytes(Arc::from(take_bytes(bytes)?)),
        SqlType::Array(item) => Value::Array(take_list(bytes, |bytes| take_value(bytes, item))?),
        SqlType::Map(key, item) => {
            Value::Map(take_list(bytes, |bytes| Some((take_value(bytes, key)?, take_value(bytes, item)?)))?)
        }
        SqlType::Struct(fields) => {
            Value::Struct(fields.iter().map(|field| take_value(bytes, &field.data_type)).collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_beyond_the_bytes_at_hand_are_refused() {
        for broken in [&[0xff_u8; 9][..], &[5, 0], &[0x80], &[]] {
            assert_eq!(take_length(&mut &*broken), None, "{broken:?}");
        }
        let mut out = Vec::new();
        put_bytes(&[7; 300], &mut out);
        assert_eq!(take_bytes(&mut &out[..]), Some(&[7_u8; 300][..]));
    }
}
