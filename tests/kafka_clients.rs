//! Other clients of Kafka and Weir at one broker: what they write Weir reads, and the other way round. Keys, timestamps,
//! headers and tombstones stay what they are. Java's console tools and librdkafka's own producer and consumer stand for them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Value as Json, json};
use weir_tests::{Broker, LIMIT, Server, becomes};

/// A record as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    timestamp: Option<i64>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

async fn server_on(broker: &Broker, settings: &[(&str, &str)]) -> Server {
    let mut all = vec![
        ("bootstrap.servers", broker.bootstrap()),
        ("ksql.streams.auto.offset.reset", "earliest"),
        ("ksql.streams.commit.interval.ms", "50"),
    ];
    all.extend_from_slice(settings);
    Server::with(&all).await
}

fn an_hour_ago() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    now.as_millis() as i64 - 3_600_000
}

/// Writes records in order to partition 0.
fn produce(broker: &Broker, topic: &str, records: &[Seen]) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", broker.bootstrap()).create().expect("a producer");
    for record in records {
        let headers = record
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: value.as_ref() }));
        let mut next: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).partition(0).headers(headers);
        (next.key, next.payload) = (record.key.as_deref(), record.value.as_deref());
        next.timestamp = record.timestamp;
        producer.send(next).map_err(|(error, _)| error).expect("room in the producer's queue");
    }
    producer.flush(LIMIT).expect("the broker takes the records");
}

/// All records of partition 0.
fn consume(broker: &Broker, topic: &str) -> Vec<Seen> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker.bootstrap())
        .set("group.id", "a-client")
        .set("enable.partition.eof", "true")
        .create()
        .expect("a consumer");
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset(topic, 0, Offset::Beginning).expect("a position");
    consumer.assign(&partitions).expect("an assignment");
    let mut seen = Vec::new();
    while let Some(Ok(message)) = consumer.poll(Duration::from_secs(10)) {
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            headers.iter().map(|header| (header.key.to_string(), header.value.map(<[u8]>::to_vec))).collect()
        });
        seen.push(Seen {
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            timestamp: message.timestamp().to_millis(),
            headers,
        });
    }
    seen
}

fn record(key: Option<&str>, value: Option<&str>, timestamp: i64, headers: &[(&str, Option<&[u8]>)]) -> Seen {
    Seen {
        key: key.map(|key| key.as_bytes().to_vec()),
        value: value.map(|value| value.as_bytes().to_vec()),
        timestamp: Some(timestamp),
        headers: headers.iter().map(|(key, value)| ((*key).to_string(), value.map(<[u8]>::to_vec))).collect(),
    }
}

#[tokio::test]
async fn records_of_librdkafka_pass_with_key_time_headers_and_tombstones() {
    let broker = Broker::start().await;
    broker.create_topic("in", 1, &[]).await;
    let at = an_hour_ago();
    let written = [
        record(
            Some("a"),
            Some(r#"{"V":1}"#),
            at,
            &[("trace", Some(b"t-1")), ("trace", Some(b"t-2")), ("raw", Some(&[0, 255]))],
        ),
        record(Some("b"), Some(r#"{"V":2}"#), at + 5, &[("empty", Some(b"")), ("null", None)]),
        record(None, Some(r#"{"V":3}"#), at + 3, &[]),
        record(Some("a"), None, at + 9, &[("why", Some(b"gone"))]),
        record(Some(""), Some(r#"{"V":4}"#), at + 10, &[]),
    ];
    produce(&broker, "in", &written);
    assert_eq!(consume(&broker, "in"), written);

    let server = server_on(&broker, &[]).await;
    server.ksql("CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');").await;
    server.ksql("CREATE STREAM O WITH (KAFKA_TOPIC='out') AS SELECT * FROM S;").await;
    becomes("the sink has what the client wrote", &written.to_vec(), async || consume(&broker, "out")).await;

    server
        .ksql(
            "CREATE STREAM H (K STRING KEY, V INT, H ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS)
             WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');",
        )
        .await;
    server.ksql("CREATE STREAM C WITH (KAFKA_TOPIC='columns') AS SELECT K, H, ROWTIME AS T FROM H;").await;
    let columns = |headers: Json, timestamp: i64| Some(json!({"H": headers, "T": timestamp}));
    let expected = vec![
        columns(
            json!([
                {"KEY": "trace", "VALUE": "dC0x"}, {"KEY": "trace", "VALUE": "dC0y"}, {"KEY": "raw", "VALUE": "AP8="}
            ]),
            at,
        ),
        columns(json!([{"KEY": "empty", "VALUE": ""}, {"KEY": "null", "VALUE": null}]), at + 5),
        columns(json!([]), at + 3),
        None,
        columns(json!([]), at + 10),
    ];
    becomes("headers and times are columns", &expected, async || {
        let json = |seen: Seen| seen.value.map(|bytes| serde_json::from_slice::<Json>(&bytes).expect("a JSON value"));
        consume(&broker, "columns").into_iter().map(json).collect::<Vec<_>>()
    })
    .await;
}

#[tokio::test]
async fn records_of_javas_console_tools_pass_and_inserted_rows_reach_them() {
    const WRITE: &[&str] = &[
        "--topic",
        "in",
        "--property",
        "parse.key=true",
        "--property",
        "parse.headers=true",
        "--property",
        "null.marker=NULL",
    ];
    let broker = Broker::start().await;
    broker.create_topic("in", 1, &[]).await;
    let lines = "a:1,b:2\tk1\t{\"V\":1}\nNULL\tk2\t{\"V\":2}\nc:3\tk1\tNULL\nNULL\tNULL\t{\"V\":4}\n";
    broker.tool("produce", WRITE, lines).await;
    let server = server_on(&broker, &[]).await;
    server.ksql("CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='in', VALUE_FORMAT='JSON');").await;
    server.ksql("CREATE STREAM O WITH (KAFKA_TOPIC='out') AS SELECT * FROM S;").await;
    let at = an_hour_ago();
    server.ksql(&format!("INSERT INTO S (ROWTIME, K, V) VALUES ({at}, 'k5', 5);")).await;

    let read = async |topic: &str| {
        let print = ["print.timestamp=true", "print.partition=true", "print.headers=true", "print.key=true"];
        let mut args = vec!["--topic", topic, "--from-beginning", "--max-messages", "5", "--timeout-ms", "60000"];
        args.extend(print.iter().flat_map(|property| ["--property", property]));
        broker.tool("consume", &args, "").await
    };
    let source = read("in").await;
    for part in ["a:1,b:2\tk1\t{\"V\":1}", "NO_HEADERS\tk2\t{\"V\":2}", "c:3\tk1\tnull", "NO_HEADERS\tnull\t{\"V\":4}"]
    {
        assert!(source.contains(part), "{part} is missing:\n{source}");
    }
    let inserted = format!("CreateTime:{at}\tPartition:0\tNO_HEADERS\tk5\t{{\"V\":5}}");
    assert!(source.contains(&inserted), "{inserted} is missing:\n{source}");
    assert_eq!(read("out").await, source);
}

#[tokio::test]
async fn compressed_topics_are_read_and_written() {
    let broker = Broker::start().await;
    for codec in ["gzip", "snappy", "lz4", "zstd"] {
        let (input, output) = (format!("in-{codec}"), format!("out-{codec}"));
        // The broker keeps what comes in another way in this codec.
        broker.create_topic(&input, 1, &[&format!("compression.type={codec}")]).await;
        let lines: String = (0..100).map(|n| format!("k{n}:{{\"V\":{n}}}\n")).collect();
        let write = ["--topic", &input, "--property", "parse.key=true", "--property", "key.separator=:"];
        broker.tool("produce", &[&write[..], &["--compression-codec", codec]].concat(), &lines).await;

        let service = format!("{codec}_");
        let settings = [("ksql.streams.producer.compression.type", codec), ("ksql.service.id", &service)];
        let server = server_on(&broker, &settings).await;
        let source =
            format!("CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='{input}', VALUE_FORMAT='JSON');");
        server.ksql(&source).await;
        server.ksql(&format!("CREATE STREAM O WITH (KAFKA_TOPIC='{output}') AS SELECT * FROM S;")).await;
        let args = ["--topic", &output, "--from-beginning", "--max-messages", "100", "--timeout-ms", "60000"];
        let format = ["--property", "print.key=true", "--property", "key.separator=:"];
        assert_eq!(broker.tool("consume", &[&args[..], &format].concat(), "").await, lines, "{codec}");
        let dumped = dump(&broker, &output).await;
        assert!(dumped.contains(&format!("compresscodec: {codec}")), "{output} is not compressed: {dumped}");
    }
}

/// What the broker's log of partition 0 says of its batches.
async fn dump(broker: &Broker, topic: &str) -> String {
    let log = broker.folder().join(format!("broker-1/data/{topic}-0/00000000000000000000.log"));
    let log = log.display().to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/kafka");
    let mut command = tokio::process::Command::new(script);
    let output = command.args(["run", "kafka.tools.DumpLogSegments", "--files", &log]).output();
    String::from_utf8_lossy(&output.await.expect("scripts/kafka runs").stdout).into_owned()
}
