//! One task's part of a window store: a value per key and window start, dropped in whole segments once too old.
//!
//! Layout: key = task partition (u32 BE), segment (u64 BE), the key's bytes, window start in ms (u64 BE); segment and start
//! have their sign bit flipped so that they order as signed numbers do. The segment is the window start divided by the
//! segment interval, which is half of the retention and at least a minute, as in Kafka Streams.

use super::{Snapshot, StateError, StoreId, WriteBatch};

const SEGMENT_INTERVAL_MS_MIN: i64 = 60_000;
const KEY_AT: usize = 12;
const START_BYTES: usize = 8;

#[derive(Clone, Copy, Debug)]
pub struct WindowStore {
    pub store: StoreId,
    pub partition: u32,
    retention_ms: i64,
    segment_interval_ms: i64,
}

/// An entry as a scan hands it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowEntry<'a> {
    pub key: &'a [u8],
    pub window_start_ms: i64,
    pub value: &'a [u8],
}

impl WindowStore {
    pub fn new(store: StoreId, partition: u32, retention_ms: i64) -> Self {
        let segment_interval_ms = (retention_ms / 2).max(SEGMENT_INTERVAL_MS_MIN);
        Self { store, partition, retention_ms, segment_interval_ms }
    }

    /// One answer per (key, window start), in order.
    pub fn get_many(&self, snapshot: &dyn Snapshot, keys: &[(&[u8], i64)]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let mut bytes = Vec::with_capacity(keys.iter().map(|(key, _)| key.len() + KEY_AT + START_BYTES).sum());
        keys.iter().for_each(|(key, start)| self.append_stored(&mut bytes, key, *start));
        let mut rest = bytes.as_slice();
        let stored: Vec<&[u8]> = keys
            .iter()
            .map(|(key, _)| {
                let (head, tail) = rest.split_at(KEY_AT + key.len() + START_BYTES);
                rest = tail;
                head
            })
            .collect();
        snapshot.get_many(self.store, &stored)
    }

    pub fn put(&self, batch: &mut WriteBatch, key: &[u8], window_start_ms: i64, value: Vec<u8>) {
        batch.put(self.store, self.stored(key, window_start_ms), value);
    }

    pub fn delete(&self, batch: &mut WriteBatch, key: &[u8], window_start_ms: i64) {
        batch.delete(self.store, self.stored(key, window_start_ms));
    }

    /// Removes every entry of this partition.
    pub fn clear(&self, batch: &mut WriteBatch) {
        batch.delete_range(self.store, self.partition.to_be_bytes().to_vec(), self.end());
    }

    /// The first window start whose segment is kept at `stream_time_ms`; windows that start before it are gone.
    pub fn first_live_start_ms(&self, stream_time_ms: i64) -> i64 {
        let oldest = stream_time_ms.saturating_sub(self.retention_ms);
        oldest.div_euclid(self.segment_interval_ms).saturating_mul(self.segment_interval_ms)
    }

    /// Drops the segments that lie wholly before `stream_time_ms` less the retention. Calling it once per segment interval
    /// of stream time is enough.
    pub fn expire(&self, batch: &mut WriteBatch, stream_time_ms: i64) {
        let live = self.segment(self.first_live_start_ms(stream_time_ms));
        batch.delete_range(self.store, self.partition.to_be_bytes().to_vec(), self.segment_prefix(live));
    }

    /// All windows of `key` with `from_ms <= start < to_ms` (`None`: no bound), by start, until `each` returns false.
    pub fn scan_key(
        &self,
        snapshot: &dyn Snapshot,
        key: &[u8],
        from_ms: Option<i64>,
        to_ms: Option<i64>,
        each: &mut dyn FnMut(WindowEntry) -> bool,
    ) -> Result<(), StateError> {
        let (from_ms, to_ms) = (from_ms.unwrap_or(i64::MIN), to_ms.unwrap_or(i64::MAX));
        let mut segment = self.segment(from_ms);
        while from_ms < to_ms {
            let Some(found) = self.next_segment(snapshot, segment)? else { break };
            if found > self.segment(to_ms.saturating_sub(1)) {
                break;
            }
            let prefix = [&self.segment_prefix(found)[..], key].concat();
            let from = [&prefix[..], &ordered(from_ms)].concat();
            // Keys that merely begin with `key` lie in between; they are longer.
            let to = [&prefix[..], &[0xff; START_BYTES + 1]].concat();
            let mut go_on = true;
            snapshot.scan(self.store, &from, &to, &mut |stored, value| {
                if stored.len() == prefix.len() + START_BYTES {
                    let entry = entry(stored, value);
                    go_on = entry.window_start_ms < to_ms && each(entry);
                }
                go_on
            })?;
            if !go_on || found == i64::MAX {
                break;
            }
            segment = found + 1;
        }
        Ok(())
    }

    /// All entries by segment, key and start, until `each` returns false.
    pub fn scan(&self, snapshot: &dyn Snapshot, each: &mut dyn FnMut(WindowEntry) -> bool) -> Result<(), StateError> {
        let mut damaged = false;
        snapshot.scan(self.store, &self.partition.to_be_bytes(), &self.end(), &mut |stored, value| {
            damaged = stored.len() < KEY_AT + START_BYTES;
            !damaged && each(entry(stored, value))
        })?;
        if damaged { Err(StateError::Corrupt("a window store has a key that is too short".into())) } else { Ok(()) }
    }

    /// One line per entry, keys and values as escaped text.
    pub fn dump(&self, snapshot: &dyn Snapshot) -> Result<String, StateError> {
        let mut text = format!(
            "window store, partition {}, retention {} ms, segments of {} ms\n",
            self.partition, self.retention_ms, self.segment_interval_ms
        );
        self.scan(snapshot, &mut |WindowEntry { key, window_start_ms, value }| {
            text.push_str(&format!("{} @ {window_start_ms} = {}\n", key.escape_ascii(), value.escape_ascii()));
            true
        })?;
        Ok(text)
    }

    fn segment(&self, window_start_ms: i64) -> i64 {
        window_start_ms.div_euclid(self.segment_interval_ms)
    }

    /// The first segment at or after `segment` that has entries.
    fn next_segment(&self, snapshot: &dyn Snapshot, segment: i64) -> Result<Option<i64>, StateError> {
        let mut found = None;
        snapshot.scan(self.store, &self.segment_prefix(segment), &self.end(), &mut |stored, _| {
            found = stored.get(4..KEY_AT).map(unordered);
            false
        })?;
        Ok(found)
    }

    fn segment_prefix(&self, segment: i64) -> Vec<u8> {
        [&self.partition.to_be_bytes()[..], &ordered(segment)].concat()
    }

    fn stored(&self, key: &[u8], window_start_ms: i64) -> Vec<u8> {
        let mut out = Vec::with_capacity(KEY_AT + key.len() + START_BYTES);
        self.append_stored(&mut out, key, window_start_ms);
        out
    }

    fn append_stored(&self, out: &mut Vec<u8>, key: &[u8], window_start_ms: i64) {
        out.extend_from_slice(&self.partition.to_be_bytes());
        out.extend_from_slice(&ordered(self.segment(window_start_ms)));
        out.extend_from_slice(key);
        out.extend_from_slice(&ordered(window_start_ms));
    }

    fn end(&self) -> Vec<u8> {
        self.partition.saturating_add(1).to_be_bytes().to_vec()
    }
}

fn entry<'a>(stored: &'a [u8], value: &'a [u8]) -> WindowEntry<'a> {
    let start_at = stored.len() - START_BYTES;
    WindowEntry { key: &stored[KEY_AT..start_at], window_start_ms: unordered(&stored[start_at..]), value }
}

fn ordered(value: i64) -> [u8; 8] {
    (value as u64 ^ 1 << 63).to_be_bytes()
}

fn unordered(bytes: &[u8]) -> i64 {
    (bytes.iter().fold(0u64, |n, &b| n << 8 | u64::from(b)) ^ 1 << 63) as i64
}
