//! Which slot of the flat state arrays belongs to which key and window: a hash index over key bytes, with the order of last
//! access. Knows nothing of what the slots hold.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Slot numbers are dense and reused. Look-ups touch the table and, for a hit, one entry: short keys lie in it.
#[derive(Default)]
pub(crate) struct KeyIndex {
    table: HashTable<Place>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    hasher: DefaultHashBuilder,
    /// Of keys outside of their entries.
    key_bytes: usize,
}

/// A table place: the slot, and its key's hash so that the table grows without looking at the entries.
#[derive(Clone, Copy)]
struct Place {
    hash: u32,
    slot: u32,
}

#[derive(Default)]
pub(crate) struct Entry {
    pub key: Key,
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

const SHORT_KEY_BYTES: usize = 22;

/// Key bytes, inside when they are few.
pub(crate) enum Key {
    Short { length: u8, bytes: [u8; SHORT_KEY_BYTES] },
    Long(Box<[u8]>),
}

impl Default for Key {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Key {
    fn new(key: &[u8]) -> Self {
        if key.len() > SHORT_KEY_BYTES {
            return Self::Long(key.into());
        }
        let mut bytes = [0; SHORT_KEY_BYTES];
        bytes[..key.len()].copy_from_slice(key);
        Self::Short { length: key.len() as u8, bytes }
    }
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => &bytes[..*length as usize],
            Self::Long(bytes) => bytes,
        }
    }
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Short { .. } => 0,
            Self::Long(bytes) => bytes.len(),
        }
    }
}

/// Spreads the 32 bits that are kept of a hash over the 64 that the table looks at.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl KeyIndex {
    /// The slot of a key and whether it was added just now.
    pub fn find_or_insert(&mut self, key: &[u8], window: i64) -> (u32, bool) {
        let hash = self.hash(key, window);
        let entries = &self.entries;
        let found = self.table.find(spread(hash), |place| {
            let entry = &entries[place.slot as usize];
            place.hash == hash && entry.window == window && entry.key.as_slice() == key
        });
        if let Some(place) = found {
            return (place.slot, false);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry::default());
            (self.entries.len() - 1) as u32
        });
        let key = Key::new(key);
        self.key_bytes += key.heap_bytes();
        self.entries[slot as usize] = Entry { key, window, live: true, ..Entry::default() };
        self.table.insert_unique(spread(hash), Place { hash, slot }, |place| spread(place.hash));
        (slot, true)
    }

    fn hash(&self, key: &[u8], window: i64) -> u32 {
        self.hasher.hash_one((key, window)) as u32
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
        let entry = &self.entries[slot as usize];
        let hash = self.hash(entry.key.as_slice(), entry.window);
        if let Ok(found) = self.table.find_entry(spread(hash), |place| place.slot == slot) {
            found.remove();
            self.key_bytes -= self.entries[slot as usize].key.heap_bytes();
            self.entries[slot as usize] = Entry::default();
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
        let mut order: Vec<(u64, u32)> =
            slots.iter().map(|&slot| (self.entries[slot as usize].last_access, slot)).collect();
        order.sort_unstable();
        slots.iter_mut().zip(order).for_each(|(slot, (_, next))| *slot = next);
    }

    /// Heap bytes held, roughly.
    pub fn memory_bytes(&self) -> usize {
        self.key_bytes + self.len() * (size_of::<Entry>() + 2 * size_of::<Place>())
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
