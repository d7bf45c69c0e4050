//! The database as ordered maps in memory. A snapshot shares the maps; the first write while one is alive copies the
//! touched map (its keys; values are shared).

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use parking_lot::RwLock;

use super::{Backend, Snapshot, StateError, StoreId, Write, WriteBatch};

type Entries = Arc<BTreeMap<Vec<u8>, Arc<Vec<u8>>>>;

#[derive(Default)]
pub(super) struct MemoryBackend {
    stores: RwLock<Stores>,
}

#[derive(Default)]
struct Stores {
    names: BTreeMap<String, StoreId>,
    /// By store id; `None` once dropped.
    entries: Vec<Option<Entries>>,
}

impl Backend for MemoryBackend {
    fn open_store(&self, name: &str) -> Result<StoreId, StateError> {
        let mut stores = self.stores.write();
        if let Some(id) = stores.names.get(name) {
            return Ok(*id);
        }
        let id = StoreId(stores.entries.len() as u32);
        stores.entries.push(Some(Entries::default()));
        stores.names.insert(name.to_string(), id);
        Ok(id)
    }

    fn drop_store(&self, name: &str) -> Result<(), StateError> {
        let mut stores = self.stores.write();
        if let Some(id) = stores.names.remove(name) {
            stores.entries[id.0 as usize] = None;
        }
        Ok(())
    }

    fn store_names(&self) -> Vec<String> {
        self.stores.read().names.keys().cloned().collect()
    }

    fn write(&self, batch: WriteBatch) -> Result<(), StateError> {
        let mut stores = self.stores.write();
        for operation in batch.operations {
            let Some(Some(entries)) = stores.entries.get_mut(operation.store().0 as usize) else { continue };
            let entries = Arc::make_mut(entries);
            match operation {
                Write::Put { key, value, .. } => {
                    entries.insert(key, Arc::new(value));
                }
                Write::Delete { key, .. } => {
                    entries.remove(&key);
                }
                Write::Entries { entries: written, .. } => {
                    for (key, value) in written.in_key_order() {
                        match value {
                            Some(value) => drop(entries.insert(key.to_vec(), Arc::new(value.to_vec()))),
                            None => drop(entries.remove(key)),
                        }
                    }
                }
                Write::DeleteRange { from, to, .. } => remove_range(entries, &from, &to),
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StateError> {
        Ok(())
    }

    fn snapshot(&self) -> Box<dyn Snapshot + '_> {
        Box::new(MemorySnapshot { entries: self.stores.read().entries.clone() })
    }

    fn flush(&self) -> Result<(), StateError> {
        Ok(())
    }

    fn reclaim(&self, _store: StoreId, _from: &[u8], _to: &[u8]) {}

    fn memory_bytes(&self) -> usize {
        let stores = self.stores.read();
        stores.entries.iter().flatten().flat_map(|entries| entries.iter()).map(|(k, v)| k.len() + v.len()).sum()
    }
}

fn remove_range(entries: &mut BTreeMap<Vec<u8>, Arc<Vec<u8>>>, from: &[u8], to: &[u8]) {
    if from >= to {
        return;
    }
    let mut tail = entries.split_off(from);
    let mut kept = tail.split_off(to);
    entries.append(&mut kept);
}

struct MemorySnapshot {
    entries: Vec<Option<Entries>>,
}

impl MemorySnapshot {
    fn store(&self, store: StoreId) -> Option<&Entries> {
        self.entries.get(store.0 as usize)?.as_ref()
    }
}

impl Snapshot for MemorySnapshot {
    fn get_many(&self, store: StoreId, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let entries = self.store(store);
        Ok(keys.iter().map(|key| entries?.get(*key).map(|value| value.to_vec())).collect())
    }

    fn scan(
        &self,
        store: StoreId,
        from: &[u8],
        to: &[u8],
        each: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), StateError> {
        let Some(entries) = self.store(store).filter(|_| from < to) else { return Ok(()) };
        for (key, value) in entries.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to))) {
            if !each(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn last(&self, store: StoreId, from: &[u8], to: &[u8]) -> Result<Option<(Vec<u8>, Vec<u8>)>, StateError> {
        let Some(entries) = self.store(store).filter(|_| from < to) else { return Ok(None) };
        let mut range = entries.range::<[u8], _>((Bound::Included(from), Bound::Excluded(to)));
        Ok(range.next_back().map(|(key, value)| (key.clone(), value.to_vec())))
    }
}
