//! `COUNT_DISTINCT`: an estimate by HyperLogLog with 2^14 registers, the same number as ksqlDB's.
//!
//! Registers are kept as a sorted list of those that are set while they are few, and as an array of all beyond that.

use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, cast::AsArray};

use super::codec::{Fixed, put_list, take_list};
use super::fold::Fold;
use crate::types::{SqlType, Value};

const INDEX_BITS: u32 = 14;
const REGISTERS: usize = 1 << INDEX_BITS;
/// Registers hold 5 bits; no rank is above 19.
const MAX_RANK: usize = 31;
/// Set registers beyond which the array of all is smaller to walk.
const MAX_SPARSE: usize = 512;

pub struct CountDistinct {
    pub data_type: SqlType,
}

pub enum Sketch {
    /// (register, rank) by register, ranks above 0.
    Sparse(Vec<(u16, u8)>),
    Dense(Box<Registers>),
}

pub struct Registers {
    ranks: Vec<u8>,
    /// How many registers have each rank.
    with_rank: [u32; MAX_RANK + 1],
}

impl Registers {
    fn of(set: &[(u16, u8)]) -> Self {
        let mut registers = Self { ranks: vec![0; REGISTERS], with_rank: [0; MAX_RANK + 1] };
        registers.with_rank[0] = REGISTERS as u32;
        for (register, rank) in set {
            registers.raise(*register, *rank);
        }
        registers
    }
    fn raise(&mut self, register: u16, rank: u8) {
        let old = &mut self.ranks[register as usize];
        if rank > *old {
            self.with_rank[*old as usize] -= 1;
            self.with_rank[rank as usize] += 1;
            *old = rank;
        }
    }
}

impl Sketch {
    fn offer(&mut self, hash: u32) {
        let register = (hash >> (u32::BITS - INDEX_BITS)) as u16;
        let rank = ((hash << INDEX_BITS) | ((1 << (INDEX_BITS - 1)) + 1)).leading_zeros() + 1;
        self.raise(register, rank as u8);
    }

    fn raise(&mut self, register: u16, rank: u8) {
        match self {
            Sketch::Dense(registers) => registers.raise(register, rank),
            Sketch::Sparse(set) => {
                match set.binary_search_by_key(&register, |(register, _)| *register) {
                    Ok(position) => set[position].1 = set[position].1.max(rank),
                    Err(position) => set.insert(position, (register, rank)),
                }
                if set.len() > MAX_SPARSE {
                    *self = Sketch::Dense(Box::new(Registers::of(set)));
                }
            }
        }
    }

    fn set_registers(&self) -> Vec<(u16, u8)> {
        match self {
            Sketch::Sparse(set) => set.clone(),
            Sketch::Dense(registers) => {
                let all = registers.ranks.iter().enumerate();
                all.filter(|(_, rank)| **rank > 0).map(|(register, rank)| (register as u16, *rank)).collect()
            }
        }
    }

    fn with_rank(&self) -> [u32; MAX_RANK + 1] {
        match self {
            Sketch::Dense(registers) => registers.with_rank,
            Sketch::Sparse(set) => {
                let mut with_rank = [0; MAX_RANK + 1];
                with_rank[0] = (REGISTERS - set.len()) as u32;
                for (_, rank) in set {
                    with_rank[*rank as usize] += 1;
                }
                with_rank
            }
        }
    }

    fn estimate(&self) -> i64 {
        let m = REGISTERS as f64;
        let with_rank = self.with_rank();
        let sum: f64 = with_rank.iter().zip(0..).map(|(n, rank)| f64::from(*n) * 0.5_f64.powi(rank)).sum();
        let estimate = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
        let small = estimate <= 2.5 * m && with_rank[0] > 0;
        let distinct = if small { m * (m / f64::from(with_rank[0])).ln() } else { estimate };
        (distinct + 0.5).floor() as i64
    }
}

impl CountDistinct {
    fn hash(&self, array: &ArrayRef, row: usize) -> u32 {
        match self.data_type {
            SqlType::Integer => hash_long(i64::from(array.as_primitive::<Int32Type>().value(row))),
            SqlType::BigInt => hash_long(array.as_primitive::<Int64Type>().value(row)),
            SqlType::Double => hash_long(array.as_primitive::<Float64Type>().value(row).to_bits() as i64),
            SqlType::String => hash_bytes(array.as_string::<i32>().value(row).as_bytes()),
            SqlType::Bytes => hash_bytes(array.as_binary::<i32>().value(row)),
            _ => hash_bytes(text(&Value::from_array(array, row, &self.data_type), &self.data_type).as_bytes()),
        }
    }
}

impl Fold for CountDistinct {
    type State = Sketch;

    fn initial(&self) -> Sketch {
        Sketch::Sparse(Vec::new())
    }
    fn add(&mut self, state: &mut Sketch, arguments: &[ArrayRef], row: usize) {
        if !arguments[0].is_null(row) {
            state.offer(self.hash(&arguments[0], row));
        }
    }
    fn merge(&mut self, into: &mut Sketch, from: &Sketch) {
        from.set_registers().into_iter().for_each(|(register, rank)| into.raise(register, rank));
    }
    fn result(&self, state: &Sketch) -> Value {
        Value::BigInt(state.estimate())
    }
    fn put(&self, state: &Sketch, out: &mut Vec<u8>) {
        put_list(&state.set_registers(), out, |(register, rank), out| {
            out.extend_from_slice(&register.to_le_bytes());
            out.push(*rank);
        });
    }
    fn take(&mut self, bytes: &mut &[u8]) -> Option<Sketch> {
        let set = take_list(bytes, |bytes| {
            Some((u16::from_le_bytes([u8::take(bytes)?, u8::take(bytes)?]), u8::take(bytes)?))
        })?;
        let sound = |(register, rank): &(u16, u8)| {
            usize::from(*register) < REGISTERS && (1..=MAX_RANK).contains(&usize::from(*rank))
        };
        let ordered = set.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (ordered && set.iter().all(sound)).then(|| match set.len() {
            0..=MAX_SPARSE => Sketch::Sparse(set),
            _ => Sketch::Dense(Box::new(Registers::of(&set))),
        })
    }
    fn heap_bytes(&self, state: &Sketch) -> usize {
        match state {
            Sketch::Sparse(set) => set.capacity() * size_of::<(u16, u8)>(),
            Sketch::Dense(_) => REGISTERS + size_of::<Registers>(),
        }
    }
}

/// Multiplier of 32-bit MurmurHash2.
const MULTIPLIER: u32 = 0x5bd1_e995;

fn mixed(block: u32) -> u32 {
    let block = block.wrapping_mul(MULTIPLIER);
    (block ^ (block >> 24)).wrapping_mul(MULTIPLIER)
}

fn finished(hash: u32) -> u32 {
    let hash = (hash ^ (hash >> 13)).wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

/// The variant for 64-bit numbers: the low half, then the high half.
fn hash_long(number: i64) -> u32 {
    let low = mixed(number as u32);
    finished(low.wrapping_mul(MULTIPLIER) ^ mixed((number >> 32) as u32))
}

/// MurmurHash2 with seed -1. The bytes behind the last full block count from the end, signed.
fn hash_bytes(bytes: &[u8]) -> u32 {
    let (blocks, tail) = bytes.as_chunks::<4>();
    let mut hash = blocks.iter().fold(u32::MAX ^ bytes.len() as u32, |hash, block| {
        hash.wrapping_mul(MULTIPLIER) ^ mixed(u32::from_le_bytes(*block))
    });
    if !tail.is_empty() {
        for (shift, byte) in tail.iter().rev().enumerate() {
            hash ^= (i32::from(*byte as i8) as u32) << (8 * shift);
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    finished(hash)
}

/// The text of a value by which it is told from others.
fn text(value: &Value, data_type: &SqlType) -> String {
    let listed = |items: Vec<String>| items.join(", ");
    match (value, data_type) {
        (Value::Null, _) => "null".to_owned(),
        (Value::Boolean(v), _) => v.to_string(),
        (Value::Integer(v), _) => v.to_string(),
        (Value::BigInt(v), _) => v.to_string(),
        (Value::Double(v), _) => v.to_string(),
        (Value::Decimal { unscaled, scale }, _) => super::sum::scaled(&unscaled.to_string(), *scale),
        (Value::String(v), _) => v.to_string(),
        (Value::Bytes(v), _) => format!("{v:?}"),
        (Value::Time(ms), _) => {
            let seconds = ms / 1000;
            format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        }
        (Value::Date(days), _) => chrono::DateTime::from_timestamp(i64::from(*days) * 86_400, 0)
            .map_or_else(|| days.to_string(), |t| t.format("%Y-%m-%d").to_string()),
        (Value::Timestamp(ms), _) => {
            chrono::DateTime::from_timestamp_millis(*ms).map_or_else(|| ms.to_string(), |t| timestamp_text(&t))
        }
        (Value::Array(items), SqlType::Array(item)) => {
            format!("[{}]", listed(items.iter().map(|v| text(v, item)).collect()))
        }
        (Value::Map(entries), SqlType::Map(key, item)) => {
            format!(
                "{{{}}}",
                listed(entries.iter().map(|(k, v)| format!("{}={}", text(k, key), text(v, item))).collect())
            )
        }
        (Value::Struct(values), SqlType::Struct(fields)) => {
            let present = values.iter().zip(fields).filter(|(v, _)| !v.is_null());
            let fields: Vec<String> =
                present.map(|(v, f)| format!("{}={}", f.name.as_str(), text(v, &f.data_type))).collect();
            format!("Struct{{{}}}", fields.join(","))
        }
        _ => String::new(),
    }
}

/// Without trailing zeros in the fraction, which has at least one digit.
fn timestamp_text(time: &chrono::DateTime<chrono::Utc>) -> String {
    let text = time.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
    let short = text.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_near_the_truth_sparse_and_dense() {
        let mut sketch = Sketch::Sparse(Vec::new());
        for n in 1..=200_000_i64 {
            sketch.offer(hash_long(n));
            if [1, 10, 100, 1000, 10_000, 200_000].contains(&n) {
                let error = (sketch.estimate() - n).abs() as f64 / n as f64;
                assert!(error < 0.02, "{n} distinct values are estimated as {}", sketch.estimate());
            }
        }
    }

    #[test]
    fn texts_hash_by_all_of_their_bytes() {
        let hashes: std::collections::HashSet<u32> =
            ["", "a", "ab", "abc", "abcd", "abcde", "é"].iter().map(|text| hash_bytes(text.as_bytes())).collect();
        assert_eq!(hashes.len(), 7);
    }
}
