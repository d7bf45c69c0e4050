//! A full disk: writes are refused with a reason, reads go on, and nothing acknowledged is lost.

use std::path::PathBuf;

use serde_json::{Value as Json, json};
use weir_tests::{Server, SmallDisk, becomes, eventually};

const SETTINGS: &[(&str, &str)] = &[
    ("ksql.streams.commit.interval.ms", "1000"),
    ("ksql.query.retry.backoff.initial.ms", "100"),
    ("ksql.query.retry.backoff.max.ms", "500"),
    ("weir.state.write.buffer.bytes", "4194304"),
];
const STATEMENTS: &str = "
    CREATE STREAM SRC (G STRING, N BIGINT, PAD STRING) WITH (KAFKA_TOPIC='src', VALUE_FORMAT='JSON', PARTITIONS=1);
    CREATE STREAM COPIED AS SELECT G, N, PAD FROM SRC;
    CREATE TABLE COUNTED AS SELECT G, COUNT(*) C, SUM(N) S FROM SRC GROUP BY G;";

/// A record whose bytes no compression shrinks much.
fn record(number: u64) -> Json {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut pad = String::with_capacity(8_000);
    while pad.len() < 8_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        pad.push_str(&format!("{state:016x}"));
    }
    json!({ "value": { "G": format!("g{}", number % 5), "N": number, "PAD": pad } })
}

/// Appends until the server refuses; which numbers were acknowledged, and what it said.
async fn fill(server: &Server) -> (Vec<u64>, String) {
    let mut acknowledged = Vec::new();
    for number in 0..200_000 {
        let answer = server.try_produce("src", &[record(number)]).await.expect("an answer");
        if answer.status != 200 {
            return (acknowledged, answer.text);
        }
        acknowledged.push(number);
    }
    panic!("the disk never filled up");
}

/// Waits for the state ERROR of a query and gives its reason, as EXPLAIN tells it.
async fn reason_of_failure(server: &Server, sink: &str) -> String {
    let id = eventually("the query fails", async || {
        let query = server.query_of(sink).await;
        (query["state"] == "ERROR").then(|| query["id"].as_str().unwrap_or_default().to_string())
    })
    .await;
    let explained = server.ksql(&format!("EXPLAIN {id};")).await;
    let errors = explained[0]["queryDescription"]["queryErrors"].as_array().cloned().unwrap_or_default();
    errors.last().and_then(|error| error["errorMessage"].as_str()).unwrap_or_default().to_string()
}

/// Everything acknowledged is in the source, the copy and the counts.
async fn check_all(server: &Server, acknowledged: &[u64]) {
    eventually("the queries run again", async || {
        let copied = server.query_of("COPIED").await["state"] == "RUNNING";
        (copied && server.query_of("COUNTED").await["state"] == "RUNNING").then_some(())
    })
    .await;
    let numbers = |rows: Vec<Json>| -> Vec<u64> { rows.iter().filter_map(|row| row[2].as_u64()).collect() };
    let stored = numbers(server.records("SRC", "N").await);
    let lost: Vec<_> = acknowledged.iter().filter(|n| !stored.contains(n)).collect();
    assert!(lost.is_empty(), "acknowledged but lost: {lost:?}");
    becomes("the copy is complete", &stored, async || numbers(server.records("COPIED", "N").await)).await;
    let expected: Vec<String> = (0..5)
        .map(|group| {
            let of_group: Vec<u64> = stored.iter().copied().filter(|n| n % 5 == group).collect();
            json!([format!("g{group}"), of_group.len(), of_group.iter().sum::<u64>()]).to_string()
        })
        .collect();
    becomes("the counts are right", &expected, async || server.sorted("SELECT G, C, S FROM COUNTED;").await).await;
}

async fn full_server(disk: &SmallDisk) -> (Server, Vec<u64>) {
    let data: PathBuf = disk.path().join("data");
    let server = Server::over(&data, SETTINGS).await;
    server.ksql(STATEMENTS).await;
    let first: Vec<Json> = (1_000_000..1_000_005).map(record).collect();
    server.produce("src", &first).await;
    becomes("there is state to be pulled", &5, async || server.query("SELECT G FROM COUNTED;").await.len()).await;
    let (acknowledged, refusal) = fill(&server).await;
    println!("{} records fitted; then: {refusal}", acknowledged.len());
    assert!(refusal.contains("No space left"), "{refusal}");
    assert!(acknowledged.len() > 500, "{}", acknowledged.len());
    let answer = server.try_ksql("INSERT INTO SRC VALUES ('g0', 1, 'x');").await;
    assert!(answer.status >= 500 && answer.text.contains("No space left"), "{answer:?}");
    let pulled = server.query("SELECT G, C FROM COUNTED;").await;
    assert_eq!(pulled.len(), 5, "pull queries are answered: {pulled:?}");
    (server, acknowledged)
}

#[tokio::test]
async fn a_query_says_that_the_disk_is_full() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let (server, acknowledged) = full_server(&disk).await;
    // It commits once in a second, so that rows wait for their commit when the disk fills up.
    let reason = reason_of_failure(&server, "COUNTED").await;
    assert!(reason.contains("No space left"), "{reason}");
    disk.resize(400);
    check_all(&server, &acknowledged).await;
    server.produce("src", &[record(2_000_000)]).await;
}

#[tokio::test]
async fn a_restart_on_a_bigger_disk_finds_everything() {
    let Some(disk) = SmallDisk::mount(64) else { return };
    let (mut server, acknowledged) = full_server(&disk).await;
    server.kill9();
    disk.resize(400);
    server.up().await;
    check_all(&server, &acknowledged).await;
}
