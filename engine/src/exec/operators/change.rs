//! How a table's change lies in a repartition topic: as Kafka Streams writes a changed value.
//!
//! | payload | |
//! | --- | --- |
//! | old, 0 | the row is gone from its group |
//! | new, 1 | the row came into its group |
//! | length of new (zigzag varint), new, old, 2 | the row changed within its group |

use arrow_array::builder::BinaryBuilder;
use arrow_array::{Array, BinaryArray};

const OLD: u8 = 0;
const NEW: u8 = 1;
const BOTH: u8 = 2;

/// Payloads of old and new values; null where neither is there.
pub(crate) fn join(old: &BinaryArray, new: &BinaryArray) -> BinaryArray {
    let bytes = old.value_data().len() + new.value_data().len() + 4 * new.len();
    let mut out = BinaryBuilder::with_capacity(new.len(), bytes);
    let mut payload = Vec::new();
    let at = |array: &BinaryArray, row: usize| array.is_valid(row).then_some(row);
    for row in 0..new.len() {
        payload.clear();
        match (at(old, row), at(new, row)) {
            (Some(row), None) => {
                payload.extend_from_slice(old.value(row));
                payload.push(OLD);
            }
            (None, Some(row)) => {
                payload.extend_from_slice(new.value(row));
                payload.push(NEW);
            }
            (Some(_), Some(_)) => {
                push_length(new.value(row).len(), &mut payload);
                payload.extend_from_slice(new.value(row));
                payload.extend_from_slice(old.value(row));
                payload.push(BOTH);
            }
            (None, None) => {
                out.append_null();
                continue;
            }
        }
        out.append_value(&payload);
    }
    out.finish()
}

/// Old and new values. `None`: a payload is no change.
pub(crate) fn split(payloads: &BinaryArray) -> Option<(BinaryArray, BinaryArray)> {
    let mut old = BinaryBuilder::with_capacity(payloads.len(), 0);
    let mut new = BinaryBuilder::with_capacity(payloads.len(), payloads.value_data().len());
    for payload in payloads {
        let (flag, rest) = payload?.split_last()?;
        let (before, after) = match *flag {
            OLD => (Some(rest), None),
            NEW => (None, Some(rest)),
            BOTH => {
                let (length, rest) = read_length(rest)?;
                let (after, before) = rest.split_at_checked(length)?;
                (Some(before), Some(after))
            }
            _ => return None,
        };
        old.append_option(before);
        new.append_option(after);
    }
    Some((old.finish(), new.finish()))
}

fn push_length(length: usize, out: &mut Vec<u8>) {
    let mut rest = (length as u64) << 1;
    while rest >= 0x80 {
        out.push((rest as u8) | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number: u64 = 0;
    for (i, &byte) in bytes.iter().enumerate().take(5) {
        number |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            let even = number & 1 == 0;
            return even.then_some(((number >> 1) as usize, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(values: &[Option<&str>]) -> BinaryArray {
        values.iter().map(|value| value.map(str::as_bytes)).collect()
    }

    #[test]
    fn changes_lie_as_kafka_streams_writes_them() {
        let long = "n".repeat(100);
        let old = array(&[Some("old"), None, Some("old"), Some(""), Some("o")]);
        let new = array(&[None, Some("new"), Some("new!"), Some(""), Some(&long)]);
        let joined = join(&old, &new);
        let last = [b"\xc8\x01", long.as_bytes(), b"o\x02"].concat();
        let expected: [&[u8]; 5] = [b"old\0", b"new\x01", b"\x08new!old\x02", b"\0\x02", &last];
        assert_eq!(joined.iter().map(Option::unwrap).collect::<Vec<_>>(), expected);
        assert_eq!(split(&joined), Some((old, new)));
    }

    #[test]
    fn other_payloads_are_no_changes() {
        for payload in [Some(""), Some("x\x03"), Some("\x08x\x02"), Some("\x01x\x02"), Some("\u{7f}\x02"), None] {
            assert_eq!(split(&array(&[payload])), None, "{payload:?}");
        }
    }
}
