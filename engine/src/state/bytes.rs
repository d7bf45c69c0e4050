//! Reading and writing of small binary forms: checked reads that never run past the end, and variable-length numbers.

use arrow_buffer::i256;

use super::StateError;

/// Appends `value` in groups of seven bits, lowest first, the top bit set on all but the last.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number so that small magnitudes are short: 0, -1, 1, -2 are 0, 1, 2, 3.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i128) {
    put_varint(out, ((value << 1) ^ (value >> 127)) as u128);
}

/// A cursor over bytes; every read checks that they are there.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub rest: &'a [u8],
    /// What is being read, for the error.
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub fn new(rest: &'a [u8], what: &'static str) -> Self {
        Self { rest, what }
    }
    pub fn corrupt(&self, why: &str) -> StateError {
        StateError::Corrupt(format!("{}: {why}", self.what))
    }
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8], StateError> {
        match self.rest.split_at_checked(length) {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(head)
            }
            None => Err(self.corrupt(&format!("{length} bytes expected, {} left", self.rest.len()))),
        }
    }
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let mut out = [0; N];
        out.copy_from_slice(self.bytes(N)?);
        Ok(out)
    }
    pub fn u8(&mut self) -> Result<u8, StateError> {
        Ok(self.array::<1>()?[0])
    }
    pub fn varint(&mut self) -> Result<u128, StateError> {
        let (mut value, mut shift) = (0u128, 0);
        loop {
            let byte = self.u8()?;
            if shift > 126 || (shift == 126 && byte > 3) {
                return Err(self.corrupt("a number is too long"));
            }
            value |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }
    pub fn signed(&mut self) -> Result<i128, StateError> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i128 ^ -((raw & 1) as i128))
    }
    /// A signed number that must fit `T`.
    pub fn number<T: TryFrom<i128>>(&mut self) -> Result<T, StateError> {
        let value = self.signed()?;
        T::try_from(value).map_err(|_| self.corrupt("a number is out of its type's range"))
    }
    /// A count or length; at most as many as there could be with `unit_bytes` each in what is left.
    pub fn length(&mut self, unit_bytes: usize) -> Result<usize, StateError> {
        let value = self.varint()?;
        let most = self.rest.len() / unit_bytes.max(1);
        usize::try_from(value).ok().filter(|&n| n <= most).ok_or_else(|| self.corrupt("a length is out of bounds"))
    }
    /// Bytes behind their length.
    pub fn sized(&mut self) -> Result<&'a [u8], StateError> {
        let length = self.length(1)?;
        self.bytes(length)
    }
    pub fn i256(&mut self) -> Result<i256, StateError> {
        Ok(i256::from_le_bytes(self.array::<32>()?))
    }
    pub fn finish(&self) -> Result<(), StateError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.corrupt("bytes are left over")) }
    }
}

pub(super) fn is_set(bits: &[u8], index: usize) -> bool {
    bits[index / 8] & (1 << (index % 8)) != 0
}
