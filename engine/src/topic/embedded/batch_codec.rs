//! Record batches as bytes: the values of the log store.
//!
//! Layout, little endian: 0 version = 1; 1 flags (1 LZ4 body, 2 some keys null, 4 some values null, 8 headers, 16 offsets
//! listed); 2 bytes per timestamp (0: all are the base, 4, 8); 3 zero; 4 record count u32; 8 last less first offset u64;
//! 16 base (least) timestamp i64; 24 greatest timestamp i64; 32 records and 40 bytes appended to the partition before this
//! batch, u64; 48 bytes of keys and values u64; 56 body length u64 before compression; 64 the body:
//! timestamps less the base; if listed, offsets less the first (u64 each); key ends and value ends, (count + 1) u32 each
//! from 0; if flagged, presence bits of keys, of values; key bytes; value bytes; if flagged, headers per record: count,
//! then per header the name's length and bytes, the value's length plus one (0: null) and bytes, all lengths variable.

use std::sync::Arc;

use arrow_array::{Array, BinaryArray, Int64Array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};

use crate::batch::{Header, RowHeaders};
use crate::state::{Reader, StateError, put_varint};
use crate::topic::Records;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 64;
/// Bodies from this size on are compressed.
const COMPRESS_BYTES_MIN: usize = 4096;
const WHAT: &str = "a record batch";

const LZ4: u8 = 1;
const KEY_NULLS: u8 = 2;
const VALUE_NULLS: u8 = 4;
const HEADERS: u8 = 8;
const OFFSETS: u8 = 16;

/// Records of one partition with their place in it.
#[derive(Clone, Debug)]
pub(super) struct LogBatch {
    pub first_offset: i64,
    pub last_offset: i64,
    pub records: Records,
    /// `None`: consecutive from `first_offset`.
    pub offsets: Option<Int64Array>,
}

impl LogBatch {
    pub fn offset_at(&self, row: usize) -> i64 {
        self.offsets.as_ref().map_or(self.first_offset + row as i64, |offsets| offsets.value(row))
    }
    /// The first row whose offset is at least `offset`; the row count if there is none.
    pub fn row_of(&self, offset: i64) -> usize {
        match &self.offsets {
            None => (offset.saturating_sub(self.first_offset).max(0) as usize).min(self.records.len()),
            Some(offsets) => offsets.values().partition_point(|&o| o < offset),
        }
    }
}

/// The fixed part of a stored batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct BatchHead {
    flags: u8,
    timestamp_bytes: u8,
    pub count: u32,
    pub span: u64,
    base_timestamp: i64,
    pub max_timestamp: i64,
    pub records_before: u64,
    pub bytes_before: u64,
    pub bytes: u64,
    body_bytes: u64,
}

impl BatchHead {
    pub fn read(value: &[u8]) -> Result<Self, StateError> {
        let mut reader = Reader::new(value, WHAT);
        let [version, flags, timestamp_bytes, _] = reader.array()?;
        if version != VERSION || !matches!(timestamp_bytes, 0 | 4 | 8) {
            return Err(reader.corrupt("unknown version"));
        }
        Ok(Self {
            flags,
            timestamp_bytes,
            count: u32::from_le_bytes(reader.array()?),
            span: u64::from_le_bytes(reader.array()?),
            base_timestamp: i64::from_le_bytes(reader.array()?),
            max_timestamp: i64::from_le_bytes(reader.array()?),
            records_before: u64::from_le_bytes(reader.array()?),
            bytes_before: u64::from_le_bytes(reader.array()?),
            bytes: u64::from_le_bytes(reader.array()?),
            body_bytes: u64::from_le_bytes(reader.array()?),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[VERSION, self.flags, self.timestamp_bytes, 0]);
        out.extend_from_slice(&self.count.to_le_bytes());
        out.extend_from_slice(&self.span.to_le_bytes());
        out.extend_from_slice(&self.base_timestamp.to_le_bytes());
        out.extend_from_slice(&self.max_timestamp.to_le_bytes());
        for number in [self.records_before, self.bytes_before, self.bytes, self.body_bytes] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Bytes of the keys and values of these records.
pub(super) fn record_bytes(records: &Records) -> u64 {
    [&records.keys, &records.values].iter().map(|array| data(array).len() as u64).sum()
}

/// Writes what came before a batch in its partition into its encoded form.
pub(super) fn set_before(value: &mut [u8], records: u64, bytes: u64) {
    value[32..40].copy_from_slice(&records.to_le_bytes());
    value[40..48].copy_from_slice(&bytes.to_le_bytes());
}

/// Encodes at least one record. `offsets`: `None` where they are consecutive; `span`: last less first offset.
pub(super) fn encode(records: &Records, offsets: Option<&Int64Array>, first_offset: i64, span: u64) -> Vec<u8> {
    let timestamps = records.timestamps.values();
    let base_timestamp = timestamps.iter().copied().min().unwrap_or(0);
    let max_timestamp = timestamps.iter().copied().max().unwrap_or(0);
    let timestamp_bytes = match max_timestamp.wrapping_sub(base_timestamp) as u64 {
        0 => 0,
        spread if u32::try_from(spread).is_ok() => 4,
        _ => 8,
    };
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    let mut head = BatchHead {
        flags: flag(records.keys.null_count() > 0, KEY_NULLS)
            | flag(records.values.null_count() > 0, VALUE_NULLS)
            | flag(records.headers.is_some(), HEADERS)
            | flag(offsets.is_some(), OFFSETS),
        timestamp_bytes,
        count: records.len() as u32,
        span,
        base_timestamp,
        max_timestamp,
        records_before: 0,
        bytes_before: 0,
        bytes: record_bytes(records),
        body_bytes: 0,
    };
    let mut out = Vec::with_capacity(HEAD_BYTES + head.bytes as usize + records.len() * 17 + 32);
    head.write(&mut out);
    put_body(&mut out, records, offsets.map(|o| (o, first_offset)), &head);
    head.body_bytes = (out.len() - HEAD_BYTES) as u64;
    if out.len() - HEAD_BYTES >= COMPRESS_BYTES_MIN {
        compress(&mut out, &mut head);
    }
    let mut written = Vec::with_capacity(HEAD_BYTES);
    head.write(&mut written);
    out[..HEAD_BYTES].copy_from_slice(&written);
    out
}

/// Replaces the body by its compressed form if that saves an eighth.
fn compress(out: &mut Vec<u8>, head: &mut BatchHead) {
    let body = &out[HEAD_BYTES..];
    let mut packed = vec![0; HEAD_BYTES + lz4_flex::block::get_maximum_output_size(body.len())];
    if let Ok(length) = lz4_flex::block::compress_into(body, &mut packed[HEAD_BYTES..])
        && length < body.len() - body.len() / 8
    {
        out.clear();
        out.extend_from_slice(&packed[..HEAD_BYTES + length]);
        head.flags |= LZ4;
    }
}

fn put_body(out: &mut Vec<u8>, records: &Records, offsets: Option<(&Int64Array, i64)>, head: &BatchHead) {
    let base = head.base_timestamp;
    match head.timestamp_bytes {
        0 => {}
        4 => records.timestamps.values().iter().for_each(|t| out.extend_from_slice(&((t - base) as u32).to_le_bytes())),
        _ => records
            .timestamps
            .values()
            .iter()
            .for_each(|t| out.extend_from_slice(&(t.wrapping_sub(base) as u64).to_le_bytes())),
    }
    if let Some((offsets, first)) = offsets {
        offsets.values().iter().for_each(|o| out.extend_from_slice(&((o - first) as u64).to_le_bytes()));
    }
    for array in [&records.keys, &records.values] {
        let ends = array.value_offsets();
        for end in ends {
            out.extend_from_slice(&((end - ends[0]) as u32).to_le_bytes());
        }
    }
    for array in [&records.keys, &records.values] {
        if let Some(nulls) = array.nulls().filter(|nulls| nulls.null_count() > 0) {
            let bits = nulls.inner().sliced();
            out.extend_from_slice(&bits.as_slice()[..records.len().div_ceil(8)]);
        }
    }
    out.extend_from_slice(data(&records.keys));
    out.extend_from_slice(data(&records.values));
    if let Some(headers) = &records.headers {
        for row in headers {
            put_headers(out, row);
        }
    }
}

fn put_headers(out: &mut Vec<u8>, row: &[Header]) {
    put_varint(out, row.len() as u128);
    for header in row {
        put_varint(out, header.key.len() as u128);
        out.extend_from_slice(header.key.as_bytes());
        put_varint(out, header.value.as_ref().map_or(0, |value| value.len() as u128 + 1));
        out.extend_from_slice(header.value.as_deref().unwrap_or(&[]));
    }
}

/// The bytes that a possibly sliced array refers to.
fn data(array: &BinaryArray) -> &[u8] {
    let ends = array.value_offsets();
    &array.value_data()[ends[0] as usize..ends[ends.len() - 1] as usize]
}

/// Reads a stored batch; keys and values refer to one buffer of its body.
///
/// # Errors
/// `Corrupt` when the bytes are no such batch.
pub(super) fn decode(value: &[u8], last_offset: i64) -> Result<LogBatch, StateError> {
    let head = BatchHead::read(value)?;
    let stored = &value[HEAD_BYTES..];
    let body = if head.has(LZ4) { decompress(stored, head.body_bytes)? } else { stored.to_vec() };
    let body = Buffer::from_vec(body);
    if body.len() as u64 != head.body_bytes {
        return Err(StateError::Corrupt(format!("{WHAT}: its body is of another length")));
    }
    let first_offset = i64::try_from(head.span).ok().and_then(|span| last_offset.checked_sub(span));
    let first_offset = first_offset.ok_or_else(|| StateError::Corrupt(format!("{WHAT}: its offsets overflow")))?;
    let mut reader = Reader::new(&body, WHAT);
    let count = head.count as usize;
    let timestamps = read_timestamps(&mut reader, &head)?;
    let offsets =
        if head.has(OFFSETS) { Some(read_offsets(&mut reader, first_offset, last_offset, count)?) } else { None };
    if offsets.is_none() && head.span + 1 != u64::from(head.count) {
        return Err(reader.corrupt("its offsets do not match its records"));
    }
    let key_ends = read_ends(&mut reader, count)?;
    let value_ends = read_ends(&mut reader, count)?;
    let mut presence = |flagged: bool| -> Result<Option<NullBuffer>, StateError> {
        if !flagged {
            return Ok(None);
        }
        let at = body.len() - reader.rest.len();
        let length = count.div_ceil(8);
        reader.bytes(length)?;
        Ok(Some(NullBuffer::new(BooleanBuffer::new(body.slice_with_length(at, length), 0, count))))
    };
    let key_presence = presence(head.has(KEY_NULLS))?;
    let value_presence = presence(head.has(VALUE_NULLS))?;
    let keys = read_binary(&mut reader, &body, key_ends, key_presence)?;
    let values = read_binary(&mut reader, &body, value_ends, value_presence)?;
    let headers = if head.has(HEADERS) {
        Some((0..count).map(|_| read_headers(&mut reader)).collect::<Result<RowHeaders, _>>()?)
    } else {
        None
    };
    reader.finish()?;
    Ok(LogBatch { first_offset, last_offset, records: Records { keys, values, timestamps, headers }, offsets })
}

fn decompress(packed: &[u8], length: u64) -> Result<Vec<u8>, StateError> {
    const RATIO_MAX: u64 = 256;
    if length > (packed.len() as u64).saturating_mul(RATIO_MAX) {
        return Err(StateError::Corrupt(format!("{WHAT}: its length is out of bounds")));
    }
    lz4_flex::block::decompress(packed, length as usize).map_err(|e| StateError::Corrupt(format!("{WHAT}: {e}")))
}

fn read_timestamps(reader: &mut Reader, head: &BatchHead) -> Result<Int64Array, StateError> {
    let (count, base) = (head.count as usize, head.base_timestamp);
    let bytes = reader.bytes(count * head.timestamp_bytes as usize)?;
    let timestamps: Vec<i64> = match head.timestamp_bytes {
        // Every record has at least one byte of key ends, so a wrong count cannot ask for much more than there is.
        0 if count > reader.rest.len() => return Err(reader.corrupt("its count is out of bounds")),
        0 => vec![base; count],
        4 => words::<4>(bytes).map(|w| base.wrapping_add(i64::from(u32::from_le_bytes(w)))).collect(),
        _ => words::<8>(bytes).map(|w| base.wrapping_add(u64::from_le_bytes(w) as i64)).collect(),
    };
    Ok(Int64Array::from(timestamps))
}

fn read_offsets(reader: &mut Reader, first: i64, last: i64, count: usize) -> Result<Int64Array, StateError> {
    let offsets: Vec<i64> =
        words::<8>(reader.bytes(count * 8)?).map(|w| first.wrapping_add(u64::from_le_bytes(w) as i64)).collect();
    let ascend = offsets.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascend || offsets.first().is_some_and(|&o| o < first) || offsets.last().is_some_and(|&o| o > last) {
        return Err(reader.corrupt("its offsets do not ascend"));
    }
    Ok(Int64Array::from(offsets))
}

fn read_ends(reader: &mut Reader, count: usize) -> Result<Vec<i32>, StateError> {
    let ends: Vec<i32> = words::<4>(reader.bytes((count + 1) * 4)?).map(i32::from_le_bytes).collect();
    if ends[0] != 0 || ends.windows(2).any(|pair| pair[0] > pair[1]) {
        return Err(reader.corrupt("its ends do not ascend"));
    }
    Ok(ends)
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    bytes.as_chunks::<N>().0.iter().copied()
}

fn read_binary(
    reader: &mut Reader,
    body: &Buffer,
    ends: Vec<i32>,
    presence: Option<NullBuffer>,
) -> Result<BinaryArray, StateError> {
    let at = body.len() - reader.rest.len();
    let length = ends[ends.len() - 1] as usize;
    reader.bytes(length)?;
    let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
    Ok(BinaryArray::new(ends, body.slice_with_length(at, length), presence))
}

fn read_headers(reader: &mut Reader) -> Result<Arc<[Header]>, StateError> {
    let count = reader.length(2)?;
    (0..count)
        .map(|_| {
            let key =
                String::from_utf8(reader.sized()?.to_vec()).map_err(|_| reader.corrupt("a header is not UTF-8"))?;
            let value = match reader.varint()? {
                0 => None,
                length => Some(reader.bytes(usize::try_from(length - 1).unwrap_or(usize::MAX))?.to_vec()),
            };
            Ok(Header { key, value })
        })
        .collect()
}
