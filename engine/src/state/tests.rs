//! The database's promises, checked on both backends with one body.

use std::path::Path;

use super::*;

const BUDGET: MemoryBudget = MemoryBudget { block_cache_bytes: 4 << 20, write_buffer_bytes: 4 << 20 };

fn on_both(check: impl Fn(StateDb)) {
    check(StateDb::in_memory());
    let folder = tempfile::tempdir().expect("a temporary folder");
    check(open(folder.path()));
}

fn open(folder: &Path) -> StateDb {
    StateDb::open(folder, BUDGET).expect("the database opens")
}

fn put(db: &StateDb, store: StoreId, entries: &[(&str, &str)]) {
    let mut batch = WriteBatch::default();
    entries.iter().for_each(|(k, v)| batch.put(store, k.as_bytes().to_vec(), v.as_bytes().to_vec()));
    db.write(batch, false).expect("the write succeeds");
}

fn all(snapshot: &dyn Snapshot, store: StoreId) -> String {
    let mut text = Vec::new();
    let each = &mut |k: &[u8], v: &[u8]| {
        text.push(format!("{}={}", k.escape_ascii(), v.escape_ascii()));
        true
    };
    snapshot.scan(store, &[], &[0xff; 16], each).expect("the scan succeeds");
    text.join(" ")
}

#[test]
fn stores_hold_ordered_entries_of_their_own() {
    on_both(|db| {
        let (a, b) = (db.open_store("a").unwrap(), db.open_store("b").unwrap());
        assert_eq!(db.open_store("a").unwrap(), a);
        put(&db, a, &[("k2", "2"), ("k1", "1"), ("k3", "3")]);
        put(&db, b, &[("k1", "other")]);
        assert_eq!(all(&*db.snapshot(), a), "k1=1 k2=2 k3=3");
        assert_eq!(all(&*db.snapshot(), b), "k1=other");
        let found = db.snapshot().get_many(a, &[b"k3", b"no", b"k1", b"k3"]).unwrap();
        assert_eq!(found, [Some(b"3".to_vec()), None, Some(b"1".to_vec()), Some(b"3".to_vec())]);
        let last = |from: &[u8], to: &[u8]| db.snapshot().last(a, from, to).unwrap().map(|(k, _)| k);
        assert_eq!(last(b"k1", b"k3"), Some(b"k2".to_vec()));
        assert_eq!(last(b"x", b"z"), None);
        let mut first = Vec::new();
        let each = &mut |k: &[u8], _: &[u8]| {
            first = k.to_vec();
            false
        };
        db.snapshot().scan(a, b"k2", b"k9", each).unwrap();
        assert_eq!(first, b"k2");
        assert_eq!(db.store_names(), ["a", "b"]);
    });
}

#[test]
fn snapshots_do_not_see_later_writes() {
    on_both(|db| {
        let store = db.open_store("s").unwrap();
        put(&db, store, &[("a", "1"), ("b", "1"), ("c", "1")]);
        let before = db.snapshot();
        let mut batch = WriteBatch::default();
        batch.delete(store, b"a".to_vec());
        batch.put(store, b"d".to_vec(), b"2".to_vec());
        batch.delete_range(store, b"b".to_vec(), b"c".to_vec());
        db.write(batch, true).unwrap();
        assert_eq!(all(&*before, store), "a=1 b=1 c=1");
        assert_eq!(before.get_many(store, &[b"d", b"a"]).unwrap(), [None, Some(b"1".to_vec())]);
        assert_eq!(all(&*db.snapshot(), store), "c=1 d=2");
    });
}

#[test]
fn a_dropped_store_ignores_writes_and_comes_back_empty() {
    on_both(|db| {
        let (gone, kept) = (db.open_store("gone").unwrap(), db.open_store("kept").unwrap());
        put(&db, gone, &[("a", "1")]);
        db.drop_store("gone").unwrap();
        db.drop_store("never was").unwrap();
        let mut batch = WriteBatch::default();
        batch.put(gone, b"b".to_vec(), b"2".to_vec());
        batch.put(kept, b"b".to_vec(), b"2".to_vec());
        db.write(batch, false).unwrap();
        assert_eq!(all(&*db.snapshot(), gone), "");
        assert_eq!(all(&*db.snapshot(), kept), "b=2");
        let again = db.open_store("gone").unwrap();
        assert_ne!(again, gone);
        assert_eq!(all(&*db.snapshot(), again), "");
    });
}

#[test]
fn what_was_written_is_there_after_an_end_without_flush() {
    let folder = tempfile::tempdir().unwrap();
    for round in ["1", "2"] {
        let db = open(folder.path());
        let store = db.open_store("s").unwrap();
        if round == "2" {
            assert_eq!(all(&*db.snapshot(), store), "k=1");
        }
        put(&db, store, &[("k", round)]);
    }
    let db = open(folder.path());
    let store = db.open_store("s").unwrap();
    assert_eq!(all(&*db.snapshot(), store), "k=2");
    db.flush().unwrap();
    db.reclaim(store, b"a", b"z");
    assert_eq!(all(&*db.snapshot(), store), "k=2");
}

#[test]
fn a_second_process_is_refused_by_name_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _db = open(folder.path());
    let refusal = StateDb::open(folder.path(), BUDGET).err().expect("the folder is taken");
    assert!(matches!(&refusal, StateError::Locked(name) if name == &folder.path().display().to_string()), "{refusal}");
}

#[test]
fn a_damaged_folder_is_called_damaged() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    std::fs::write(folder.path().join("CURRENT"), "no manifest").unwrap();
    let refusal = StateDb::open(folder.path(), BUDGET).err().expect("it cannot be read");
    assert!(matches!(refusal, StateError::Corrupt(_)), "{refusal}");
}

#[test]
fn stores_come_and_go_while_others_write() {
    on_both(|db| {
        let busy = db.open_store("busy").unwrap();
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let db = &db;
                scope.spawn(move || {
                    for i in 0..200 {
                        let mut batch = WriteBatch::default();
                        batch.put(busy, format!("{thread}/{i}").into_bytes(), vec![1]);
                        db.write(batch, i % 50 == 0).unwrap();
                    }
                });
            }
            for i in 0..5 {
                let name = format!("short-lived {i}");
                let store = db.open_store(&name).unwrap();
                put(&db, store, &[("a", "b")]);
                db.drop_store(&name).unwrap();
            }
        });
        let mut count = 0;
        let each = &mut |_: &[u8], _: &[u8]| {
            count += 1;
            true
        };
        db.snapshot().scan(busy, b"", b"\xff", each).unwrap();
        assert_eq!(count, 400);
    });
}
