//! Which slot of the flat state arrays belongs to which key and window: a hash index over key bytes, with the order of last
//! access. Knows nothing of what the slots hold.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Slot numbers are dense and reused; a reused slot keeps its key buffer, so steady state allocates nothing.
#[derive(Default)]
pub(crate) struct KeyIndex {
    table: HashTable<u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    hasher: DefaultHashBuilder,
    key_bytes: usize,
}

#[derive(Default)]
pub(crate) struct Entry {
    hash: u64,
    pub key: Vec<u8>,
    /// Window start in ms; 0 when unwindowed.
    pub window: i64,
    /// Position in the order of accesses.
    pub last_access: u64,
    /// Not written to the store yet.
    pub dirty: bool,
    /// Not emitted downstream yet (record cache on).
    pub pending: bool,
    live: bool,
}

impl KeyIndex {
    /// The slot of a key and whether it was added just now.
    pub fn find_or_insert(&mut self, key: &[u8], window: i64) -> (u32, bool) {
        let hash = self.hasher.hash_one((key, window));
        let entries = &self.entries;
        if let Some(slot) = self.table.find(hash, |&slot| {
            let entry = &entries[slot as usize];
            entry.hash == hash && entry.window == window && entry.key == key
        }) {
            return (*slot, false);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry::default());
            (self.entries.len() - 1) as u32
        });
        let entry = &mut self.entries[slot as usize];
        entry.key.clear();
        entry.key.extend_from_slice(key);
        (entry.hash, entry.window, entry.live, entry.dirty, entry.pending) = (hash, window, true, false, false);
        self.key_bytes += key.len();
        let entries = &self.entries;
        self.table.insert_unique(hash, slot, |&slot| entries[slot as usize].hash);
        (slot, true)
    }

    pub fn entry(&self, slot: u32) -> &Entry {
        &self.entries[slot as usize]
    }
    pub fn entry_mut(&mut self, slot: u32) -> &mut Entry {
        &mut self.entries[slot as usize]
    }
    /// Slots ever handed out; state arrays need this many places.
    pub fn slots(&self) -> usize {
        self.entries.len()
    }
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Forgets a slot; the caller resets its state when it is handed out again.
    pub fn remove(&mut self, slot: u32) {
        let hash = self.entries[slot as usize].hash;
        if let Ok(found) = self.table.find_entry(hash, |&other| other == slot) {
            found.remove();
            let entry = &mut self.entries[slot as usize];
            self.key_bytes -= entry.key.len();
            (entry.live, entry.dirty, entry.pending) = (false, false, false);
            self.free.push(slot);
        }
    }

    /// Slots for which `test` holds.
    pub fn select(&self, test: impl Fn(&Entry) -> bool) -> Vec<u32> {
        (0..self.entries.len() as u32)
            .filter(|&slot| {
                let entry = &self.entries[slot as usize];
                entry.live && test(entry)
            })
            .collect()
    }

    /// The `count` clean slots that were accessed longest ago.
    pub fn oldest_clean(&self, count: usize) -> Vec<u32> {
        let mut clean = self.select(|entry| !entry.dirty && !entry.pending);
        if clean.len() > count && count > 0 {
            clean.select_nth_unstable_by_key(count - 1, |&slot| self.entries[slot as usize].last_access);
        }
        clean.truncate(count);
        clean
    }

    /// Orders slots by when they were last accessed.
    pub fn sort_by_access(&self, slots: &mut [u32]) {
        slots.sort_unstable_by_key(|&slot| self.entries[slot as usize].last_access);
    }

    /// Heap bytes held, roughly.
    pub fn memory_bytes(&self) -> usize {
        self.key_bytes + self.len() * (size_of::<Entry>() + 16)
    }
}

#[cfg(test)]
mod tests {
    use super::KeyIndex;

    #[test]
    fn slots_are_found_reused_and_evicted_oldest_first() {
        let mut index = KeyIndex::default();
        for (i, key) in ["a", "b", "c"].iter().enumerate() {
            let (slot, added) = index.find_or_insert(key.as_bytes(), 0);
            assert_eq!((slot, added), (i as u32, true), "{key}");
            index.entry_mut(slot).last_access = [5, 3, 4][i];
        }
        assert_eq!(index.find_or_insert(b"b", 0), (1, false));
        assert_eq!(index.find_or_insert(b"b", 10), (3, true), "another window is another slot");
        index.entry_mut(3).dirty = true;
        assert_eq!(index.oldest_clean(1), [1]);
        index.remove(1);
        assert_eq!(index.len(), 3);
        assert_eq!(index.find_or_insert(b"d", 0), (1, true), "the slot is used again");
    }
}
