//! What goes wrong around a broker ends in a retry or in a query in ERROR that says why: the server stays up, other queries go on,
//! and nothing has to be restarted once it is mended.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value as Json, json};
use weir_tests::{Broker, Server, SmallDisk, becomes, eventually};

const SOURCE: &str =
    "CREATE STREAM SRC (K STRING KEY, G STRING, V BIGINT) WITH (KAFKA_TOPIC='src', VALUE_FORMAT='JSON', PARTITIONS=2);";
const KEPT: &str = "CREATE STREAM KEPT WITH (KAFKA_TOPIC='kept') AS SELECT * FROM SRC WHERE V > 0;";
const COUNTS: &str =
    "CREATE TABLE COUNTS WITH (KAFKA_TOPIC='counts') AS SELECT G, COUNT(*) C, SUM(V) S FROM SRC GROUP BY G;";

fn settings<'a>(broker: &'a Broker, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut settings = vec![
        ("bootstrap.servers", broker.bootstrap()),
        ("ksql.streams.commit.interval.ms", "100"),
        ("ksql.query.retry.backoff.initial.ms", "200"),
        ("ksql.query.retry.backoff.max.ms", "1000"),
    ];
    settings.extend(more);
    settings
}

fn row(number: i64) -> Json {
    json!({ "key": format!("k{}", number % 7), "value": { "G": format!("g{}", number % 3), "V": number } })
}

async fn produce(server: &Server, numbers: std::ops::Range<i64>) {
    server.produce("src", &numbers.map(row).collect::<Vec<_>>()).await;
}

/// Counts and sums of the rows `1..=last` by group.
fn counts(last: i64) -> Vec<String> {
    let of_group = |g: i64| (1..=last).filter(|n| n % 3 == g).collect::<Vec<_>>();
    let mut rows: Vec<String> = (0..3)
        .map(|g| json!([format!("g{g}"), of_group(g).len(), of_group(g).iter().sum::<i64>()]).to_string())
        .collect();
    rows.sort();
    rows
}

async fn becomes_counted(server: &Server, last: i64) {
    becomes("counts and sums", &counts(last), async || server.sorted("SELECT G, C, S FROM COUNTS;").await).await;
}

/// Waits until the query that writes `sink` is in ERROR for a reason with this text.
async fn fails_with(server: &Server, sink: &str, reason: &str) {
    eventually(&format!("{sink} fails with `{reason}`"), async || {
        let query = server.query_of(sink).await;
        let id = query["id"].as_str()?;
        let failed = query["state"] == "ERROR";
        let explained = server.ksql(&format!("EXPLAIN {id};")).await.to_string();
        (failed && explained.contains(reason)).then_some(())
    })
    .await;
}

async fn becomes_running(server: &Server, sink: &str) {
    becomes(&format!("{sink} runs"), &json!("RUNNING"), async || server.query_of(sink).await["state"].clone()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_comes_back_needs_no_restart() {
    for guarantee in ["at_least_once", "exactly_once_v2"] {
        let broker = Broker::start().await;
        let settings = settings(&broker, &[("ksql.streams.processing.guarantee", guarantee)]);
        let server = Server::with(&settings).await;
        server.ksql(&[SOURCE, KEPT, COUNTS].concat()).await;
        produce(&server, 1..100).await;
        becomes_counted(&server, 99).await;
        broker.kill().await;
        // Answers that need no broker come at once.
        assert_eq!(server.query_of("KEPT").await["sinks"], json!(["KEPT"]));
        assert_eq!(server.sorted("SELECT G, C, S FROM COUNTS;").await, counts(99));
        tokio::time::sleep(Duration::from_secs(2)).await;
        broker.start_again().await;
        eventually("the broker takes records again", async || {
            let rows: Vec<Json> = (100..200).map(row).collect();
            server.try_produce("src", &rows).await.ok().filter(|answer| answer.status == 200)
        })
        .await;
        becomes_counted(&server, 199).await;
        becomes_running(&server, "KEPT").await;
        becomes_running(&server, "COUNTS").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_large_records_and_lost_topics_stop_nobody_else() {
    let broker = Broker::start().await;
    let server = Server::with(&settings(&broker, &[])).await;
    server.ksql(&[SOURCE, KEPT, COUNTS].concat()).await;
    produce(&server, 1..50).await;

    // A record that is not JSON is left out.
    server.produce_bytes("src", Some(b"k"), Some(b"{not json")).await;
    produce(&server, 50..100).await;
    becomes_counted(&server, 99).await;
    becomes_running(&server, "COUNTS").await;

    // A result that the sink's limit does not let in stops its own query, and says so.
    broker.create_topic("small", 2, &["max.message.bytes=2000"]).await;
    let large = "CREATE STREAM SMALL WITH (KAFKA_TOPIC='small') AS SELECT K, G, RPAD('x', CAST(V AS INT) * 100, 'x') T FROM SRC;";
    server.ksql(large).await;
    fails_with(&server, "SMALL", "too large").await;
    becomes_running(&server, "COUNTS").await;

    // So does a sink topic that is deleted under it; made again, it goes on.
    broker.tool("topics", &["--delete", "--topic", "kept"], "").await;
    produce(&server, 100..150).await;
    fails_with(&server, "KEPT", "kept").await;
    becomes_counted(&server, 149).await;
    broker.create_topic("kept", 2, &[]).await;
    becomes_running(&server, "KEPT").await;
    eventually("results come again", async || {
        produce(&server, 150..151).await;
        let printed = broker.tool("offsets", &["--topic", "kept"], "").await;
        printed.lines().any(|line| !line.ends_with(":0") && line.starts_with("kept:")).then_some(())
    })
    .await;

    // A source topic that is deleted stops its readers alone.
    broker.create_topic("other", 1, &[]).await;
    let other = "CREATE STREAM OTHER (V BIGINT) WITH (KAFKA_TOPIC='other', VALUE_FORMAT='JSON');
        CREATE STREAM COPY WITH (KAFKA_TOPIC='copy') AS SELECT * FROM OTHER;";
    server.ksql(other).await;
    broker.tool("topics", &["--delete", "--topic", "other"], "").await;
    fails_with(&server, "COPY", "other").await;
    becomes_running(&server, "COUNTS").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_transaction_is_done_again_and_a_second_process_fences_the_first() {
    let broker = Broker::start().await;
    let eos = [("ksql.streams.processing.guarantee", "exactly_once_v2"), ("transaction.timeout.ms", "2000")];
    let settings = settings(&broker, &eos);
    let server = Server::with(&settings).await;
    server.ksql(&[SOURCE, COUNTS].concat()).await;
    produce(&server, 1..100).await;
    becomes_counted(&server, 99).await;

    // Records keep a transaction open while the process sleeps for longer than the broker lets it.
    produce(&server, 100..200).await;
    signal(&server, "STOP");
    tokio::time::sleep(Duration::from_secs(14)).await;
    signal(&server, "CONT");
    produce(&server, 200..300).await;
    becomes_counted(&server, 299).await;
    becomes_running(&server, "COUNTS").await;

    // Another process with the same service id, on a folder of its own.
    let second = Server::with(&settings).await;
    eventually("the first is fenced", async || {
        let rows: Vec<Json> = (300..400).map(row).collect();
        let _ = second.try_produce("src", &rows[..0]).await;
        (second.query_of("COUNTS").await["state"] == "RUNNING").then_some(())
    })
    .await;
    produce(&second, 300..400).await;
    becomes_counted(&second, 399).await;
    fails_with(&server, "COUNTS", "fenced").await;
    produce(&second, 400..500).await;
    becomes_counted(&second, 499).await;
}

fn signal(server: &Server, name: &str) {
    let pid = server.pid().expect("the server runs").to_string();
    let done = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill runs");
    assert!(done.success(), "the server takes a signal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_queries_with_state_until_there_is_room() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let broker = Broker::start().await;
    let settings =
        settings(&broker, &[("weir.state.write.buffer.bytes", "2097152"), ("weir.state.cache.bytes", "1048576")]);
    let server = Server::over(disk.path(), &settings).await;
    server.ksql(&[SOURCE, "CREATE TABLE WIDE AS SELECT K, LATEST_BY_OFFSET(G) G FROM SRC GROUP BY K;"].concat()).await;
    let pad = |n: usize| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(64);
    let mut sent = 0;
    eventually("the disk is full", async || {
        let next = sent..sent + 1000;
        sent += 1000;
        let rows: Vec<Json> =
            next.map(|n| json!({ "key": format!("key{n}"), "value": { "G": pad(n), "V": 1 } })).collect();
        server.produce("src", &rows).await;
        (server.query_of("WIDE").await["state"] == "ERROR").then_some(())
    })
    .await;
    fails_with(&server, "WIDE", "cannot write").await;
    disk.resize(400);
    becomes_running(&server, "WIDE").await;
    becomes("all keys are there", &sent, async || server.query("SELECT K FROM WIDE;").await.len()).await;
}
