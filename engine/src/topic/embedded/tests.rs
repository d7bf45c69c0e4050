//! The embedded log's promises: order, atomic commits, restarts, trimming and compaction, over both databases.

use proptest::prelude::*;

use super::batch_codec::{decode, encode};
use super::*;
use crate::batch::Header;
use crate::state::MemoryBudget;

const BUDGET: MemoryBudget = MemoryBudget { block_cache_bytes: 4 << 20, write_buffer_bytes: 4 << 20 };
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Runs a check over both databases, with a tail and without one (all reads from the store).
fn on_all(check: impl Fn(EmbeddedLog)) {
    for tail_bytes in [TAIL_BYTES_DEFAULT, 0] {
        check(EmbeddedLog::open_with_tail(StateDb::in_memory(), tail_bytes).unwrap());
        let folder = tempfile::tempdir().unwrap();
        check(open(folder.path(), tail_bytes));
    }
}

fn open(folder: &std::path::Path, tail_bytes: usize) -> EmbeddedLog {
    EmbeddedLog::open_with_tail(StateDb::open(folder, BUDGET).unwrap(), tail_bytes).unwrap()
}

fn position(at: TopicPartition, offset: i64) -> Position {
    Position { at, offset, partition_time: None }
}

fn topic(name: &str, cleanup: CleanupPolicy, retention_ms: Option<i64>) -> TopicSpec {
    TopicSpec { name: name.into(), partitions: 2, replicas: 1, cleanup, retention_ms, kafka_configs: &[] }
}

fn create(log: &EmbeddedLog, name: &str) {
    log.create(&topic(name, CleanupPolicy::Delete, None)).unwrap();
}

fn at(topic: &str, partition: u32) -> TopicPartition {
    TopicPartition { topic: topic.into(), partition: Partition(partition) }
}

/// Records out of `key=value@timestamp` words; `-` is null.
fn records(text: &str) -> Records {
    let rows: Vec<(&str, &str, i64)> = text
        .split_whitespace()
        .map(|word| {
            let (key, rest) = word.split_once('=').unwrap();
            let (value, timestamp) = rest.split_once('@').unwrap_or((rest, "0"));
            (key, value, timestamp.parse().unwrap())
        })
        .collect();
    let optional = |word: &str| (word != "-").then(|| word.as_bytes().to_vec());
    Records {
        keys: rows.iter().map(|row| optional(row.0)).collect(),
        values: rows.iter().map(|row| optional(row.1)).collect(),
        timestamps: rows.iter().map(|row| row.2).collect::<Vec<_>>().into(),
        headers: None,
    }
}

/// Everything from `offset` on as `offset:key=value` words, read with fetches of at most `max_rows`.
fn read(log: &EmbeddedLog, at: &TopicPartition, mut offset: i64, max_rows: usize) -> String {
    let mut words = Vec::new();
    loop {
        let fetched = log.fetch(at, offset, max_rows).unwrap();
        if fetched.records.is_empty() {
            return words.join(" ");
        }
        assert!(fetched.records.len() <= max_rows && fetched.next_offset > offset);
        let text = |array: &BinaryArray, row| {
            if array.is_null(row) { "-".into() } else { array.value(row).escape_ascii().to_string() }
        };
        for row in 0..fetched.records.len() {
            let (key, value) = (text(&fetched.records.keys, row), text(&fetched.records.values, row));
            words.push(format!("{}:{key}={value}", fetched.offsets.value(row)));
        }
        offset = fetched.next_offset;
    }
}

fn append(log: &EmbeddedLog, topic: &str, partition: u32, text: &str) -> i64 {
    log.append(topic, vec![(Partition(partition), records(text))]).unwrap()[0]
}

#[test]
fn what_is_appended_is_read_in_order_from_any_offset() {
    on_all(|log| {
        create(&log, "t");
        assert_eq!(append(&log, "t", 0, "a=1 b=2"), 0);
        assert_eq!(append(&log, "t", 0, "-=3 c=-"), 2);
        assert_eq!(append(&log, "t", 1, "d=4"), 0);
        for max_rows in [1, 3, 100] {
            assert_eq!(read(&log, &at("t", 0), 0, max_rows), "0:a=1 1:b=2 2:-=3 3:c=-");
            assert_eq!(read(&log, &at("t", 0), 1, max_rows), "1:b=2 2:-=3 3:c=-");
        }
        assert_eq!(read(&log, &at("t", 1), 0, 10), "0:d=4");
        assert_eq!(log.offsets(&at("t", 0)).unwrap(), OffsetRange { start: 0, end: 4 });
        assert_eq!(log.size(&at("t", 0)).unwrap(), PartitionSize { records: 4, bytes: 6 });
        assert_eq!(log.fetch(&at("t", 0), 99, 5).unwrap().next_offset, 99);
        assert!(matches!(log.fetch(&at("t", 2), 0, 1), Err(TopicError::UnknownPartition { .. })));
        assert!(matches!(log.fetch(&at("u", 0), 0, 1), Err(TopicError::UnknownTopic(_))));
    });
}

#[test]
fn a_big_batch_comes_back_as_it_was_appended() {
    on_all(|log| {
        create(&log, "t");
        let text: Vec<String> = (0..500).map(|i| format!("k{i}=value-{i}")).collect();
        append(&log, "t", 0, &text.join(" "));
        append(&log, "t", 0, "z=1");
        let fetched = log.fetch(&at("t", 0), 0, 10_000).unwrap();
        assert_eq!((fetched.records.len(), fetched.next_offset), (500, 500));
        assert_eq!(fetched.records.values.value(499), b"value-499");
    });
}

#[test]
fn topics_are_created_listed_and_deleted() {
    on_all(|log| {
        create(&log, "b");
        create(&log, "a");
        append(&log, "a", 0, "x=1");
        let names = |log: &EmbeddedLog| log.list().into_iter().map(|spec| spec.name).collect::<Vec<_>>();
        assert_eq!(names(&log), ["a", "b"]);
        assert!(matches!(log.create(&topic("a", CleanupPolicy::Delete, None)), Err(TopicError::TopicExists(_))));
        for name in ["", "a/b", "ä", "..", &"x".repeat(250)] {
            assert!(matches!(log.create(&topic(name, CleanupPolicy::Delete, None)), Err(TopicError::InvalidName(_))));
        }
        log.delete("a").unwrap();
        assert_eq!(names(&log), ["b"]);
        create(&log, "a");
        assert_eq!(read(&log, &at("a", 0), 0, 10), "");
        assert_eq!(append(&log, "a", 0, "y=2"), 0);
    });
}

#[test]
fn a_commit_moves_outputs_positions_and_state_at_once() {
    on_all(|log| {
        create(&log, "in");
        create(&log, "out");
        let store = log.db.open_store("counts").unwrap();
        let unit = |out: &str| {
            let mut state = WriteBatch::default();
            state.put(store, b"k".to_vec(), b"1".to_vec());
            let outputs =
                vec![(at("out", 1), records("a=1")), (at(out, 0), records("b=2")), (at("out", 1), records("c=3"))];
            CommitUnit {
                group: "q".into(),
                outputs,
                positions: vec![position(at("in", 0), 7)],
                state,
                ..CommitUnit::default()
            }
        };
        let stored = || log.db.snapshot().get_many(store, &[b"k"]).unwrap().remove(0);
        assert!(log.commit(unit("missing")).is_err());
        assert_eq!((log.committed("q", &at("in", 0)).unwrap(), stored()), (None, None));
        assert_eq!(read(&log, &at("out", 1), 0, 10), "");
        log.commit(unit("out")).unwrap();
        assert_eq!((log.committed("q", &at("in", 0)).unwrap(), stored()), (Some(7), Some(b"1".to_vec())));
        assert_eq!(read(&log, &at("out", 1), 0, 10), "0:a=1 1:c=3");
        assert_eq!(read(&log, &at("out", 0), 0, 10), "0:b=2");
        log.delete_group("q").unwrap();
        assert_eq!(log.committed("q", &at("in", 0)).unwrap(), None);
    });
}

#[test]
fn a_restart_finds_topics_offsets_positions_and_records() {
    let folder = tempfile::tempdir().unwrap();
    {
        let log = open(folder.path(), 1 << 20);
        log.create(&topic("t", CleanupPolicy::CompactDelete, Some(-1))).unwrap();
        append(&log, "t", 0, "a=1 b=2");
        let positions = vec![Position { at: at("t", 0), offset: 1, partition_time: None }];
        log.commit(CommitUnit { group: "q".into(), positions, ..CommitUnit::default() }).unwrap();
    }
    let log = open(folder.path(), 1 << 20);
    assert_eq!(log.describe("t"), Some(topic("t", CleanupPolicy::CompactDelete, Some(-1))));
    assert_eq!(log.committed("q", &at("t", 0)).unwrap(), Some(1));
    assert_eq!(append(&log, "t", 0, "c=3"), 2);
    assert_eq!(read(&log, &at("t", 0), 0, 10), "0:a=1 1:b=2 2:c=3");
    assert_eq!(log.size(&at("t", 0)).unwrap().records, 3);
    create(&log, "next");
    assert_eq!(read(&log, &at("next", 0), 0, 10), "");
}

#[test]
fn retention_trims_old_batches_and_readers_go_on_behind_them() {
    let folder = tempfile::tempdir().unwrap();
    let end_of = |log: &EmbeddedLog| log.offsets(&at("t", 0)).unwrap();
    {
        let log = open(folder.path(), 0);
        log.create(&topic("t", CleanupPolicy::Delete, Some(1000))).unwrap();
        append(&log, "t", 0, "a=1@0 b=2@100");
        append(&log, "t", 0, "c=3@5000");
        assert_eq!(log.offset_for_time(&at("t", 0), 50).unwrap(), 1);
        log.maintain(5500).unwrap();
        assert_eq!(end_of(&log), OffsetRange { start: 2, end: 3 });
        assert_eq!(read(&log, &at("t", 0), 0, 10), "2:c=3");
        assert_eq!(log.size(&at("t", 0)).unwrap(), PartitionSize { records: 1, bytes: 2 });
        log.maintain(50_000).unwrap();
        assert_eq!(read(&log, &at("t", 0), 0, 10), "");
    }
    let log = open(folder.path(), 0);
    assert_eq!(end_of(&log), OffsetRange { start: 3, end: 3 });
    assert_eq!(append(&log, "t", 0, "d=4@50000"), 3);
    assert_eq!(read(&log, &at("t", 0), 0, 10), "3:d=4");
}

#[test]
fn compaction_keeps_the_last_record_of_each_key() {
    let folder = tempfile::tempdir().unwrap();
    {
        let log = open(folder.path(), 0);
        log.create(&topic("t", CleanupPolicy::Compact, None)).unwrap();
        append(&log, "t", 0, "a=1 b=1 -=x");
        append(&log, "t", 0, "a=2");
        append(&log, "t", 0, "b=- c=1");
        log.maintain(1000).unwrap();
        assert_eq!(read(&log, &at("t", 0), 0, 2), "2:-=x 3:a=2 4:b=- 5:c=1");
        assert_eq!(log.size(&at("t", 0)).unwrap().records, 4);
        append(&log, "t", 0, "a=33333333 c=444444");
        log.maintain(2 * DAY_MS).unwrap();
        assert_eq!(read(&log, &at("t", 0), 0, 10), "2:-=x 6:a=33333333 7:c=444444");
        assert_eq!(read(&log, &at("t", 0), 4, 10), "6:a=33333333 7:c=444444");
    }
    let log = open(folder.path(), 0);
    assert_eq!(append(&log, "t", 0, "d=5"), 8);
    assert_eq!(log.size(&at("t", 0)).unwrap().records, 4);
}

#[test]
fn concurrent_appends_leave_no_gaps_and_keep_each_threads_order() {
    on_all(|log| {
        create(&log, "t");
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let log = &log;
                scope.spawn(move || {
                    (0..30).for_each(|i| _ = append(log, "t", 0, &format!("{thread}={i} {thread}={i}")));
                });
            }
            scope.spawn(|| (0..10).for_each(|_| log.maintain(0).unwrap()));
        });
        let all = read(&log, &at("t", 0), 0, 7);
        let mut next = [0; 3];
        for (n, word) in all.split(' ').enumerate() {
            let (offset, rest) = word.split_once(':').unwrap();
            let (thread, i) = rest.split_once('=').unwrap();
            assert_eq!(offset, n.to_string());
            let seen = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(i.parse::<usize>().unwrap(), *seen / 2);
            *seen += 1;
        }
        assert_eq!(next, [60; 3]);
    });
}

#[test]
fn a_watch_wakes_until_it_is_dropped() {
    let log = EmbeddedLog::open(StateDb::in_memory()).unwrap();
    create(&log, "t");
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = count.clone();
    let watch = log.watch("t", Arc::new(move || _ = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst)));
    append(&log, "t", 0, "a=1");
    drop(watch);
    append(&log, "t", 0, "a=2");
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn consumed_batches_are_given_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path(), 0);
    create(&log, "t");
    for batch in ["a=1 b=2", "c=3 d=4", "e=5"] {
        append(&log, "t", 0, batch);
    }
    let at = at("t", 0);
    let check = |log: &EmbeddedLog, below: i64, start: i64, records: u64| {
        log.delete_records_before(&at, below).unwrap();
        assert_eq!(log.offsets(&at).unwrap(), OffsetRange { start, end: 5 }, "{below}");
        assert_eq!(log.size(&at).unwrap().records, records, "{below}");
    };
    check(&log, 1, 0, 5);
    check(&log, 3, 2, 3);
    check(&log, 1, 2, 3);
    drop(log);
    let log = open(folder.path(), 0);
    check(&log, 4, 4, 1);
    check(&log, 5, 5, 0);
    append(&log, "t", 0, "f=6");
    assert_eq!(read(&log, &at, 0, 10), "5:f=6");
}

#[test]
fn commits_append_batches_of_a_good_size() {
    on_all(|log| {
        create(&log, "t");
        let many: String = (0..10_000).map(|n| format!("k{n}={n} ")).collect();
        let outputs = vec![
            (at("t", 0), records("a=1")),
            (at("t", 1), records("b=1")),
            (at("t", 0), records("a=2 a=3")),
            (at("t", 1), records(&many)),
        ];
        log.commit(CommitUnit { outputs, ..CommitUnit::default() }).unwrap();
        assert_eq!(read(&log, &at("t", 0), 0, 10), "0:a=1 1:a=2 2:a=3");
        let first = log.fetch(&at("t", 1), 0, usize::MAX).unwrap();
        assert!(first.records.len() <= 2 * 4096, "{}", first.records.len());
        let words = read(&log, &at("t", 1), 0, 100_000);
        assert_eq!(words.split(' ').count(), 10_001);
        assert!(words.starts_with("0:b=1 1:k0=0 2:k1=1") && words.ends_with("10000:k9999=9999"));
    });
}

/// Bytes that the first version wrote: one record `k` -> `v` at 5 ms, with a header `h` that is null.
#[test]
fn version_one_batches_stay_readable() {
    let stored = b"\x01\x08\x00\x00\x01\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\
\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x16\0\0\0\0\0\0\0\
\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0kv\x01\x01h\0";
    let mut expected = records("k=v@5");
    expected.headers = Some(vec![Arc::from([Header { key: "h".into(), value: None }])]);
    assert_eq!(encode(&expected, None, 0, 0), stored);
    let batch = decode(stored, 9).unwrap();
    assert_eq!((batch.first_offset, format!("{:?}", batch.records)), (9, format!("{expected:?}")));
}

fn any_records() -> impl Strategy<Value = Records> {
    let bytes = || proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40));
    let header = (any::<String>(), bytes()).prop_map(|(key, value)| Header { key, value });
    let headers = proptest::collection::vec(header, 0..3);
    let row = (bytes(), bytes(), any::<i64>(), headers);
    (proptest::collection::vec(row, 1..300), any::<bool>()).prop_map(|(rows, with_headers)| Records {
        keys: rows.iter().map(|row| row.0.clone()).collect(),
        values: rows.iter().map(|row| row.1.clone()).collect(),
        timestamps: rows.iter().map(|row| row.2).collect::<Vec<_>>().into(),
        headers: with_headers.then(|| rows.iter().map(|row| row.3.clone().into()).collect()),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_round_trip_and_damage_never_panics(
        records in any_records(), from in 0usize..50, gap in 1i64..9, damage in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4)
    ) {
        let from = from.min(records.len() - 1);
        let records = slice(&records, from, records.len() - from);
        let rows = records.len() as i64;
        let offsets: Int64Array = (0..rows).map(|row| 100 + row * gap).collect::<Vec<_>>().into();
        let stored = encode(&records, Some(&offsets), 100, ((rows - 1) * gap) as u64);
        let batch = decode(&stored, 100 + (rows - 1) * gap).unwrap();
        prop_assert_eq!(&batch.records.keys, &records.keys);
        prop_assert_eq!(&batch.records.values, &records.values);
        prop_assert_eq!(&batch.records.timestamps, &records.timestamps);
        prop_assert_eq!(&batch.records.headers, &records.headers);
        prop_assert_eq!(batch.offsets.as_ref(), Some(&offsets));
        let mut damaged = stored;
        for (at, byte) in damage {
            let length = damaged.len();
            damaged[at % length] = byte;
        }
        let _ = decode(&damaged, 5);
        damaged.truncate(damaged.len() / 2);
        let _ = decode(&damaged, 5);
    }
}
