//! `kill -9` of the server and of the broker under load, on a real Kafka broker: with exactly-once a `read_committed` consumer
//! sees each result once and equal to a plain loop over the input; with at-least-once nothing is lost.
//!
//! `WEIR_FAULT_RECORDS` and `WEIR_FAULT_KILLS` make it larger than it is in every run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rand::RngExt;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value as Json;
use weir_tests::{Broker, Server, eventually, seeded};

const PARTITIONS: i32 = 4;
const RECORDS: u64 = 60_000;
/// The time of the first record. Of today: older records would leave the sinks by retention, later ones than now be refused.
static START_MS: LazyLock<i64> = LazyLock::new(|| {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_millis() as i64;
    let span_ms = number_from("WEIR_FAULT_RECORDS", RECORDS) as i64 * 5;
    (now - span_ms).div_euclid(WINDOW_MS) * WINDOW_MS
});
const WINDOW_MS: i64 = 10_000;
const STATEMENTS: &str = "
    CREATE STREAM SRC (K STRING KEY, N BIGINT, G STRING, V BIGINT)
        WITH (KAFKA_TOPIC='src', VALUE_FORMAT='JSON');
    CREATE STREAM KEPT WITH (KAFKA_TOPIC='kept') AS SELECT K, N, V FROM SRC WHERE V % 3 <> 0;
    CREATE TABLE SUMS WITH (KAFKA_TOPIC='sums') AS
        SELECT G, COUNT(*) C, SUM(V) S FROM SRC WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY G;";

fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Record `n` of the input.
struct Record {
    key: String,
    group: String,
    value: i64,
    timestamp_ms: i64,
}

fn record(n: u64) -> Record {
    Record {
        key: format!("k{}", n % 1009),
        group: format!("g{}", n % 101),
        value: ((n * 7919) % 1000) as i64,
        // Out of order within a window's grace, 200 records a second.
        timestamp_ms: *START_MS + n as i64 * 5 - (n as i64 % 7) * 900,
    }
}

/// Produces `records` records, evenly over the time that the kills take, whatever happens to the broker.
fn produce(bootstrap: &str, records: u64, per_second: u64, done: Arc<AtomicBool>, sent: Arc<AtomicU64>) {
    let producer: ThreadedProducer<DefaultProducerContext> = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("log_level", "0")
        .create()
        .expect("a producer");
    let begun = Instant::now();
    for n in 0..records {
        let due = begun + Duration::from_micros(n * 1_000_000 / per_second);
        if let Some(early) = due.checked_duration_since(Instant::now()).filter(|early| early.as_millis() > 1) {
            std::thread::sleep(early);
        }
        let Record { key, group, value, timestamp_ms } = record(n);
        let json = format!(r#"{{"N":{n},"G":"{group}","V":{value}}}"#);
        let mut next = BaseRecord::to("src").key(&key).payload(&json).timestamp(timestamp_ms);
        while let Err((_, unsent)) = producer.send(next) {
            next = unsent;
            std::thread::sleep(Duration::from_millis(5));
        }
        sent.store(n + 1, Ordering::SeqCst);
    }
    producer.flush(Duration::from_secs(120)).expect("all records are delivered");
    done.store(true, Ordering::SeqCst);
}

/// All committed records of a topic: partition, key and value in order of offset.
fn read_all(bootstrap: &str, topic: &str) -> Vec<(i32, Vec<u8>, Json)> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "reader")
        .set("isolation.level", "read_committed")
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .set("log_level", "0")
        .create()
        .expect("a consumer");
    let mut assignment = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        assignment.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
    }
    consumer.assign(&assignment).expect("an assignment");
    let (mut records, mut ended) = (Vec::new(), 0);
    while ended < PARTITIONS {
        match consumer.poll(Duration::from_secs(30)) {
            None => panic!("{topic} gives nothing for 30 seconds"),
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
            Some(Err(error)) => panic!("{topic}: {error}"),
            Some(Ok(message)) => {
                let value = serde_json::from_slice(message.payload().expect("a value")).expect("JSON");
                records.push((message.partition(), message.key().unwrap_or_default().to_vec(), value));
            }
        }
    }
    records
}

/// Counts and sums by group and window start, as a plain loop computes them.
fn reference(records: u64) -> BTreeMap<(String, i64), (i64, i64)> {
    let mut sums: BTreeMap<(String, i64), (i64, i64)> = BTreeMap::new();
    for Record { group, value, timestamp_ms, .. } in (0..records).map(record) {
        let sum = sums.entry((group, timestamp_ms.div_euclid(WINDOW_MS) * WINDOW_MS)).or_default();
        *sum = (sum.0 + 1, sum.1 + value);
    }
    sums
}

/// Group and window start of a sink key: the group's text and 8 bytes.
fn windowed_key(key: &[u8]) -> (String, i64) {
    let (group, start) = key.split_at(key.len() - 8);
    let start = i64::from_be_bytes(start.try_into().expect("8 bytes"));
    (String::from_utf8(group.to_vec()).expect("a text"), start)
}

/// Updates of each window in order of offset.
fn updates(bootstrap: &str) -> BTreeMap<(String, i64), Vec<(i64, i64)>> {
    let mut updates: BTreeMap<(String, i64), Vec<(i64, i64)>> = BTreeMap::new();
    for (_, key, value) in read_all(bootstrap, "sums") {
        let number = |name: &str| value[name].as_i64().expect("a number");
        updates.entry(windowed_key(&key)).or_default().push((number("C"), number("S")));
    }
    updates
}

/// What disturbs the run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Server,
    Broker,
}

struct Run {
    broker: Broker,
    records: u64,
    // Keeps the server's log for failing tests.
    _server: Server,
}

/// Runs the queries over a growing input while processes are killed, until everything has been processed.
async fn run(guarantee: &str, fault: Fault, kills: u64, records: u64) -> Run {
    let mut random = seeded();
    let broker = Broker::start().await;
    let bootstrap = broker.bootstrap().to_string();
    broker.create_topic("src", PARTITIONS as u32, &["retention.ms=-1"]).await;
    let settings = [
        ("bootstrap.servers", bootstrap.as_str()),
        ("ksql.streams.processing.guarantee", guarantee),
        ("ksql.streams.commit.interval.ms", "100"),
        ("ksql.query.retry.backoff.initial.ms", "100"),
        ("ksql.query.retry.backoff.max.ms", "1000"),
    ];
    let mut server = Server::with(&settings).await;
    server.ksql(STATEMENTS).await;
    let (done, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    // The kills take about this long.
    let seconds = kills * if fault == Fault::Server { 1 } else { 8 };
    let producing = std::thread::spawn({
        let (bootstrap, done, sent) = (bootstrap.clone(), done.clone(), sent.clone());
        move || produce(&bootstrap, records, records / seconds.max(1), done, sent)
    });
    for _ in 0..kills {
        match fault {
            Fault::Server => {
                tokio::time::sleep(Duration::from_millis(random.random_range(100..1200))).await;
                server.kill9();
                server.up().await;
            }
            Fault::Broker => {
                tokio::time::sleep(Duration::from_millis(random.random_range(500..3000))).await;
                broker.kill().await;
                tokio::time::sleep(Duration::from_millis(random.random_range(0..1000))).await;
                broker.start_again().await;
            }
        }
    }
    eventually("the producer ends", async || done.load(Ordering::SeqCst).then_some(())).await;
    producing.join().expect("the producer ends well");
    assert_eq!(sent.load(Ordering::SeqCst), records);
    drained(&server, &bootstrap, records).await;
    Run { broker, records, _server: server }
}

/// Waits until the last results of all groups are in the sinks.
async fn drained(server: &Server, bootstrap: &str, records: u64) {
    let expected: i64 = reference(records).values().map(|(count, _)| count).sum();
    let expected_kept = (0..records).filter(|n| record(*n).value % 3 != 0).count();
    let begun = Instant::now();
    loop {
        let counted: i64 = updates(bootstrap).values().filter_map(|u| u.iter().map(|(count, _)| *count).max()).sum();
        let kept: BTreeSet<u64> = read_all(bootstrap, "kept").iter().filter_map(|(.., v)| v["N"].as_u64()).collect();
        if counted >= expected && kept.len() >= expected_kept {
            return;
        }
        let metrics = server.get("/metrics").await.map(|answer| answer.text).unwrap_or_default();
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "{counted} of {expected} counted, {} of {expected_kept} kept\n{metrics}\n{}",
            kept.len(),
            server.ksql("LIST QUERIES EXTENDED;").await
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Each result once, in order, and the same as without faults.
fn check_exactly_once(run: &Run) {
    let mut kept: Vec<u64> = Vec::new();
    let mut last_of_key: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for (_, key, value) in read_all(run.broker.bootstrap(), "kept") {
        let n = value["N"].as_u64().expect("a number");
        if let Some(before) = last_of_key.insert(key, n) {
            assert!(before < n, "record {n} came after {before} of the same key");
        }
        kept.push(n);
    }
    kept.sort_unstable();
    let expected: Vec<u64> = (0..run.records).filter(|n| record(*n).value % 3 != 0).collect();
    assert_eq!(kept.len(), expected.len(), "results of the filter are missing or twice");
    assert!(kept == expected, "results of the filter differ");
    let updates = updates(run.broker.bootstrap());
    for (window, updates) in &updates {
        assert!(updates.windows(2).all(|pair| pair[0].0 < pair[1].0), "{window:?}: {updates:?}");
    }
    let last: BTreeMap<_, _> = updates.into_iter().filter_map(|(window, u)| Some((window, *u.last()?))).collect();
    assert!(last == reference(run.records), "counts and sums differ from the reference");
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_once_survives_kills_of_the_server() {
    let kills = number_from("WEIR_FAULT_KILLS", 6);
    let run = run("exactly_once_v2", Fault::Server, kills, number_from("WEIR_FAULT_RECORDS", RECORDS)).await;
    check_exactly_once(&run);
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_once_survives_kills_of_the_broker() {
    let kills = number_from("WEIR_FAULT_KILLS", 6).div_ceil(4);
    let run = run("exactly_once_v2", Fault::Broker, kills, number_from("WEIR_FAULT_RECORDS", RECORDS)).await;
    check_exactly_once(&run);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_least_once_loses_nothing_when_the_server_is_killed() {
    let kills = number_from("WEIR_FAULT_KILLS", 6);
    let run = run("at_least_once", Fault::Server, kills, number_from("WEIR_FAULT_RECORDS", RECORDS)).await;
    let kept = read_all(run.broker.bootstrap(), "kept");
    let mut numbers: Vec<u64> = kept.iter().filter_map(|(_, _, value)| value["N"].as_u64()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let expected: Vec<u64> = (0..run.records).filter(|n| record(*n).value % 3 != 0).collect();
    assert!(numbers == expected, "{} of {} results are there", numbers.len(), expected.len());
    println!("{} results were sent more than once", kept.len() - numbers.len());
    let updates = updates(run.broker.bootstrap());
    for (window, (count, _)) in reference(run.records) {
        let seen = updates.get(&window).and_then(|u| u.last()).map_or(0, |last| last.0);
        assert!(seen >= count, "{window:?}: {seen} of {count} counted");
    }
}
