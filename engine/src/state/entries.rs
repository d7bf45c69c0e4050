//! Puts and deletes of one store as contiguous bytes: a commit of many small entries without an allocation for each.

/// Entries in the order of writing; a later one of the same key wins.
#[derive(Debug, Default)]
pub struct Entries {
    bytes: Vec<u8>,
    ends: Vec<Ends>,
}

/// Where an entry's key and value end in the bytes; it begins where the one before it ends.
#[derive(Clone, Copy, Debug)]
struct Ends {
    key: usize,
    value: usize,
    deleted: bool,
}

impl Entries {
    /// Makes room for `entries` more of `bytes` each, roughly.
    pub fn reserve(&mut self, entries: usize, bytes: usize) {
        self.bytes.reserve(entries * bytes);
        self.ends.reserve(entries);
    }

    /// Adds an entry whose key `write_key` appends; `None` deletes.
    pub fn push(&mut self, write_key: impl FnOnce(&mut Vec<u8>), value: Option<&[u8]>) {
        write_key(&mut self.bytes);
        let key = self.bytes.len();
        self.bytes.extend_from_slice(value.unwrap_or_default());
        self.ends.push(Ends { key, value: self.bytes.len(), deleted: value.is_none() });
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// Of all keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).map_or(0, |before| self.ends[before].value)
    }
    fn key(&self, index: usize) -> &[u8] {
        &self.bytes[self.start(index)..self.ends[index].key]
    }
    fn entry(&self, index: usize) -> (&[u8], Option<&[u8]>) {
        let ends = self.ends[index];
        (self.key(index), (!ends.deleted).then(|| &self.bytes[ends.key..ends.value]))
    }

    /// Keys with their values (`None`: deleted) in key order, of equal keys in the order of writing. Sorted tables take
    /// neighbours much faster than keys in any order.
    pub fn in_key_order(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let shared = self.shared_prefix();
        let head = |index: usize| {
            let mut head = [0; 8];
            let rest = &self.key(index)[shared..];
            let length = rest.len().min(8);
            head[..length].copy_from_slice(&rest[..length]);
            u64::from_be_bytes(head)
        };
        let mut order: Vec<(u64, u32)> = (0..self.len()).map(|index| (head(index), index as u32)).collect();
        order.sort_unstable_by(|a, b| {
            let whole = || self.key(a.1 as usize).cmp(self.key(b.1 as usize));
            a.0.cmp(&b.0).then_with(whole).then_with(|| a.1.cmp(&b.1))
        });
        order.into_iter().map(|(_, index)| self.entry(index as usize))
    }

    /// How many bytes all keys have in common at their beginning.
    fn shared_prefix(&self) -> usize {
        let Some(_) = self.ends.first() else { return 0 };
        let first = self.key(0);
        (1..self.len()).fold(first.len(), |shared, index| {
            let pairs = first[..shared].iter().zip(self.key(index));
            pairs.take_while(|(a, b)| a == b).count()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Entries;

    fn check(keys: &[&str]) {
        let mut entries = Entries::default();
        let mut expected = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            let value = (number % 3 != 0).then(|| number.to_string().into_bytes());
            entries.push(|out| out.extend_from_slice(key.as_bytes()), value.as_deref());
            expected.push((key.as_bytes().to_vec(), number, value));
        }
        expected.sort();
        let found: Vec<_> = entries.in_key_order().map(|(k, v)| (k.to_vec(), v.map(<[u8]>::to_vec))).collect();
        assert_eq!(found, expected.into_iter().map(|(k, _, v)| (k, v)).collect::<Vec<_>>(), "{keys:?}");
    }

    #[test]
    fn keys_come_in_order_and_equal_keys_as_written() {
        check(&[]);
        check(&["b"]);
        check(&["b", "a", "c"]);
        check(&["prefix-b", "prefix", "prefix-a", "prefix-b"]);
        check(&["same-first-8-bytes-2", "same-first-8-bytes-1", "same-first-8-bytes-1", ""]);
    }
}
