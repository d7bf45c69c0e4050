//! What a store says of itself: the version of its layout and the changelog position that it reflects.
//!
//! Layout: keys begin with `ff ff ff ff` (no task has that partition) and one letter.
//! - `ff ff ff ff 'f'` -> one byte, the format version, now 1.
//! - `ff ff ff ff 'c'` and the partition, u32 BE -> the next changelog offset to restore from, i64 BE.

use super::{Snapshot, StateError, StoreId, WriteBatch};

const FORMAT_VERSION: u8 = 1;
const PREFIX: [u8; 4] = [0xff; 4];

/// The metadata entries of one store.
#[derive(Clone, Copy, Debug)]
pub struct StoreMetadata {
    pub store: StoreId,
}

impl StoreMetadata {
    /// Checks that this program can read the store; marks a new one with the current version.
    ///
    /// # Errors
    /// `Corrupt` when a later version wrote it.
    pub fn check_format(&self, snapshot: &dyn Snapshot, batch: &mut WriteBatch) -> Result<(), StateError> {
        let key = format_key();
        match snapshot.get_many(self.store, &[&key])?.pop().flatten().as_deref() {
            None => {
                batch.put(self.store, key, vec![FORMAT_VERSION]);
                Ok(())
            }
            Some([FORMAT_VERSION]) => Ok(()),
            Some(other) => Err(StateError::Corrupt(format!("a store has the unknown format version {other:?}"))),
        }
    }

    /// The changelog offset up to which (exclusive) the partition's entries reflect the changelog.
    pub fn changelog_position(&self, snapshot: &dyn Snapshot, partition: u32) -> Result<Option<i64>, StateError> {
        let found = snapshot.get_many(self.store, &[&changelog_key(partition)])?.pop().flatten();
        found.map(|bytes| offset(&bytes)).transpose()
    }

    pub fn put_changelog_position(&self, batch: &mut WriteBatch, partition: u32, offset: i64) {
        batch.put(self.store, changelog_key(partition), offset.to_be_bytes().to_vec());
    }

    /// One line per entry, in words.
    pub fn dump(&self, snapshot: &dyn Snapshot) -> Result<String, StateError> {
        let mut text = String::new();
        snapshot.scan(self.store, &PREFIX, &[0xff; 5], &mut |key, value| {
            let line = match (key.get(4), key.get(5..9), value) {
                (Some(b'f'), _, [version]) => format!("format version {version}\n"),
                (Some(b'c'), Some(partition), bytes) => format!(
                    "changelog of partition {} restored up to {}\n",
                    partition.iter().fold(0u32, |n, &b| n << 8 | u32::from(b)),
                    offset(bytes).map_or_else(|e| e.to_string(), |offset| offset.to_string()),
                ),
                _ => format!("unknown entry {}\n", key.escape_ascii()),
            };
            text.push_str(&line);
            true
        })?;
        Ok(text)
    }
}

fn format_key() -> Vec<u8> {
    [&PREFIX[..], b"f"].concat()
}

fn changelog_key(partition: u32) -> Vec<u8> {
    [&PREFIX[..], b"c", &partition.to_be_bytes()].concat()
}

fn offset(bytes: &[u8]) -> Result<i64, StateError> {
    let array = bytes.try_into().map_err(|_| StateError::Corrupt("a changelog position is not eight bytes".into()))?;
    Ok(i64::from_be_bytes(array))
}
