//! `kill -9` at random instants under load: what was acknowledged is there, and every query's output is exactly that of a run
//! without faults.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::RngExt;
use reqwest::Client;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;
use weir_tests::{Server, becomes, seeded};

const KILLS: usize = 20;
const BATCH: u64 = 40;
const SETTINGS: &[(&str, &str)] =
    &[("ksql.streams.commit.interval.ms", "50"), ("ksql.query.retry.backoff.initial.ms", "50")];
const STATEMENTS: &str = "
    CREATE STREAM SRC (K STRING KEY, N BIGINT, G STRING, V BIGINT)
        WITH (KAFKA_TOPIC='src', KEY_FORMAT='JSON', VALUE_FORMAT='JSON', PARTITIONS=3);
    CREATE STREAM KEPT WITH (KAFKA_TOPIC='kept') AS SELECT K, N, V FROM SRC WHERE V % 3 <> 0;
    CREATE TABLE BY_GROUP AS SELECT G, COUNT(*) C, SUM(V) S FROM SRC GROUP BY G;
    CREATE TABLE BY_WINDOW AS SELECT K, COUNT(*) C, SUM(V) S FROM SRC WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY K;";
const START_MS: i64 = 1_700_000_000_000;

/// What the producer knows of its records, by number.
#[derive(Default)]
struct Sent {
    acknowledged: BTreeSet<u64>,
    /// The answer never came: they may be there or not. They are not sent again.
    unknown: BTreeSet<u64>,
}

/// A record as it lies in the source topic.
#[derive(Clone, Debug)]
struct Stored {
    partition: i64,
    offset: i64,
    timestamp_ms: i64,
    key: String,
    number: u64,
    group: String,
    value: i64,
}

fn record(number: u64) -> Json {
    json!({
        "key": format!("k{}", number % 37),
        "value": { "N": number, "G": format!("g{}", number % 11), "V": (number * 7919) % 1000 },
        "timestamp": START_MS + number as i64 * 5 - (number as i64 % 7) * 900,
    })
}

/// Sends batches one after another to whichever address the server has, until it is told to stop.
async fn keep_producing(url: Arc<Mutex<String>>, stop: Arc<AtomicBool>) -> Sent {
    let client = Client::builder().timeout(Duration::from_secs(5)).build().expect("an HTTP client");
    let mut sent = Sent::default();
    let mut next = 0;
    while !stop.load(Ordering::SeqCst) {
        let numbers = next..next + BATCH;
        next += BATCH;
        let body = json!({ "records": numbers.clone().map(record).collect::<Vec<_>>() }).to_string();
        let address = format!("{}/topics/src", url.lock().await);
        let outcome = client.post(address).body(body).send().await;
        match outcome {
            Ok(response) if response.status() == 200 => sent.acknowledged.extend(numbers),
            _ => {
                sent.unknown.extend(numbers);
                // The server is down: a pause keeps the numbers small.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_under_load_change_nothing() {
    let mut random = seeded();
    let mut server = Server::with(SETTINGS).await;
    server.ksql(STATEMENTS).await;
    let (url, stop) = (Arc::new(Mutex::new(server.url.clone())), Arc::new(AtomicBool::new(false)));
    let producer = tokio::spawn(keep_producing(url.clone(), stop.clone()));
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(random.random_range(20..600))).await;
        server.kill9();
        server.up().await;
        url.lock().await.clone_from(&server.url);
    }
    stop.store(true, Ordering::SeqCst);
    let sent = producer.await.expect("the producer ends");
    server.drained().await;

    let stored = read_source(&server).await;
    check_source(&stored, &sent);
    check_outputs(&server, &stored).await;
    compare_with_undisturbed_run(&server, &stored).await;
}

/// The source topic in order of partition and offset.
async fn read_source(server: &Server) -> Vec<Stored> {
    let rows = server.records("SRC", "ROWTIME, K, N, G, V").await;
    let text = |value: &Json| value.as_str().expect("a text").to_string();
    let number = |value: &Json| value.as_i64().expect("a number");
    rows.iter()
        .map(|row| Stored {
            partition: number(&row[0]),
            offset: number(&row[1]),
            timestamp_ms: number(&row[2]),
            key: text(&row[3]),
            number: number(&row[4]) as u64,
            group: text(&row[5]),
            value: number(&row[6]),
        })
        .collect()
}

/// Offsets have no gaps; acknowledged records are there once, others at most once and in whole batches per partition.
fn check_source(stored: &[Stored], sent: &Sent) {
    let mut next_offset = BTreeMap::new();
    for record in stored {
        let expected = next_offset.entry(record.partition).or_insert(0);
        assert_eq!(record.offset, *expected, "offsets of partition {} have a gap", record.partition);
        *expected += 1;
    }
    let numbers: BTreeSet<u64> = stored.iter().map(|record| record.number).collect();
    assert_eq!(numbers.len(), stored.len(), "a record is in the source topic twice");
    let lost: Vec<_> = sent.acknowledged.difference(&numbers).collect();
    assert!(lost.is_empty(), "acknowledged but lost: {lost:?}");
    let invented: Vec<_> =
        numbers.iter().filter(|n| !sent.acknowledged.contains(n) && !sent.unknown.contains(n)).collect();
    assert!(invented.is_empty(), "never sent: {invented:?}");
    println!(
        "{} records acknowledged, {} stored, {} unknown",
        sent.acknowledged.len(),
        stored.len(),
        sent.unknown.len()
    );
    assert!(sent.acknowledged.len() > 1_000, "there was too little load to prove anything");
}

/// Sinks and tables hold what a plain loop over the source computes.
async fn check_outputs(server: &Server, stored: &[Stored]) {
    let kept = stored.iter().filter(|r| r.value % 3 != 0);
    let kept: Vec<Json> = kept.map(|r| json!([r.partition, r.number])).collect();
    becomes("the sink of the filter holds each record once and in order", &kept, async || {
        let rows = server.records("KEPT", "N").await;
        rows.iter().map(|row| json!([row[0], row[2]])).collect()
    })
    .await;

    let mut groups: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    let mut windows: BTreeMap<(&str, i64), (i64, i64)> = BTreeMap::new();
    for record in stored {
        let start_ms = record.timestamp_ms.div_euclid(10_000) * 10_000;
        for sums in [groups.entry(&record.group).or_default(), windows.entry((&record.key, start_ms)).or_default()] {
            sums.0 += 1;
            sums.1 += record.value;
        }
    }
    let groups = sorted(groups.iter().map(|(group, (count, sum))| json!([group, count, sum])));
    becomes("counts and sums by group", &groups, async || server.sorted("SELECT G, C, S FROM BY_GROUP;").await).await;
    let windows = sorted(windows.iter().map(|((key, start), (count, sum))| json!([key, start, count, sum])));
    let pull = "SELECT K, WINDOWSTART, C, S FROM BY_WINDOW;";
    becomes("counts and sums by window", &windows, async || server.sorted(pull).await).await;
}

fn sorted(rows: impl Iterator<Item = Json>) -> Vec<String> {
    let mut rows: Vec<String> = rows.map(|row| row.to_string()).collect();
    rows.sort();
    rows
}

/// The same records through a server that nobody disturbs give the same tables.
async fn compare_with_undisturbed_run(killed: &Server, stored: &[Stored]) {
    let calm = Server::with(SETTINGS).await;
    calm.ksql(STATEMENTS).await;
    for chunk in stored.chunks(500) {
        let records: Vec<Json> = chunk
            .iter()
            .map(|r| {
                let value = json!({ "N": r.number, "G": r.group, "V": r.value });
                json!({ "key": r.key, "value": value, "partition": r.partition, "timestamp": r.timestamp_ms })
            })
            .collect();
        calm.produce("src", &records).await;
    }
    for pull in ["SELECT * FROM BY_GROUP;", "SELECT * FROM BY_WINDOW;"] {
        let expected = killed.sorted(pull).await;
        becomes(pull, &expected, async || calm.sorted(pull).await).await;
    }
    let expected = killed.records("KEPT", "K, N, V").await;
    becomes("the sink of the filter", &expected, async || calm.records("KEPT", "K, N, V").await).await;
}
