//! The command topic on a real broker: written as ksqlDB writes it, enough to come back from with an empty folder, taken over from
//! ksqlDB; and a server that starts and goes on while the broker is away.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use weir_tests::{Broker, Server, becomes, eventually};

const SOURCE: &str = "CREATE STREAM SRC (K STRING KEY, G STRING, V BIGINT) WITH (KAFKA_TOPIC='src', VALUE_FORMAT='JSON', PARTITIONS=2);";
const OUT: &str = "CREATE STREAM OUT WITH (KAFKA_TOPIC='out') AS SELECT * FROM SRC WHERE V > 1;";
const COUNTS: &str = "CREATE TABLE COUNTS WITH (KAFKA_TOPIC='counts') AS SELECT G, COUNT(*) C, SUM(V) S FROM SRC GROUP BY G;";
/// What a statement that needs the broker may take while that is away.
const PATIENCE: Duration = Duration::from_secs(30);

fn settings<'a>(broker: &'a Broker, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut settings = vec![
        ("bootstrap.servers", broker.bootstrap()),
        ("ksql.service.id", "test_"),
        ("ksql.streams.commit.interval.ms", "100"),
        ("ksql.query.retry.backoff.initial.ms", "200"),
    ];
    settings.extend(more);
    settings
}

/// Offset, key and value of all commands.
async fn commands(broker: &Broker, count: usize) -> Vec<(i64, String, Json)> {
    let count = count.to_string();
    let topic = ["--topic", "_confluent-ksql-test__command_topic", "--from-beginning", "--isolation-level", "read_committed"];
    let mut args = topic.to_vec();
    args.extend(["--max-messages", &count, "--timeout-ms", "30000"]);
    args.extend(["--property", "print.key=true", "--property", "print.offset=true"]);
    let printed = broker.tool("consume", &args, "").await;
    let parse = |line: &str| {
        let mut parts = line.splitn(3, '\t');
        let offset = parts.next()?.strip_prefix("Offset:")?.parse().ok()?;
        Some((offset, parts.next()?.to_string(), serde_json::from_str(parts.next()?).ok()?))
    };
    printed.lines().map(|line| parse(line).unwrap_or_else(|| panic!("no command: {line}"))).collect()
}

fn sequence_number(answer: &Json) -> i64 {
    answer[0]["commandSequenceNumber"].as_i64().expect("a number")
}

fn query_id(answer: &Json) -> String {
    answer[0]["commandStatus"]["queryId"].as_str().expect("a query id").to_string()
}

async fn states(server: &Server) -> Vec<(String, String)> {
    let listed = server.ksql("SHOW QUERIES;").await;
    let text = |value: &Json| value.as_str().unwrap_or_default().to_string();
    let queries = listed[0]["queries"].as_array().cloned().unwrap_or_default();
    let mut states: Vec<_> = queries.iter().map(|query| (text(&query["id"]), text(&query["state"]))).collect();
    states.sort();
    states
}

fn expected_states(states: &[(&str, &str)]) -> Vec<(String, String)> {
    states.iter().map(|(id, state)| ((*id).to_string(), (*state).to_string())).collect()
}

async fn insert(server: &Server, rows: &[(&str, &str, i64)]) {
    let one = |(k, g, v): &(&str, &str, i64)| format!("INSERT INTO SRC (K, G, V) VALUES ('{k}', '{g}', {v});");
    server.ksql(&rows.iter().map(one).collect::<String>()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_lie_in_kafka_as_ksqldb_writes_them() {
    let broker = Broker::start().await;
    let mut server = Server::with(&settings(&broker, &[])).await;
    assert_eq!(sequence_number(&server.ksql(SOURCE).await), 0);
    let created = server.ksql(OUT).await;
    assert_eq!((sequence_number(&created), query_id(&created)), (2, "CSAS_OUT_1".to_string()));
    assert_eq!(sequence_number(&server.ksql("PAUSE CSAS_OUT_1;").await), 4);

    let written = commands(&broker, 3).await;
    let offsets: Vec<i64> = written.iter().map(|(offset, ..)| *offset).collect();
    let keys: Vec<&str> = written.iter().map(|(_, key, _)| key.as_str()).collect();
    assert_eq!(offsets, [0, 2, 4]);
    assert_eq!(keys, ["\"stream/`SRC`/create\"", "\"stream/`OUT`/create\"", "\"pause/CSAS_OUT_1/execute\""]);
    for (_, _, command) in &written {
        let fields: Vec<&str> = command.as_object().expect("an object").keys().map(String::as_str).collect();
        let mut expected = ["statement", "streamsProperties", "originalProperties", "plan", "version", "weir"];
        // The map of this test sorts its keys; the order of the bytes is the unit tests' business.
        expected.sort_unstable();
        assert_eq!(fields, expected);
        assert_eq!((&command["version"], &command["plan"]), (&json!(18), &Json::Null));
        assert_eq!(command["streamsProperties"], json!({ "auto.offset.reset": "earliest" }));
    }

    // Numbers go on after a restart, one behind the last command's offset.
    server.restart().await;
    assert_eq!(states(&server).await, expected_states(&[("CSAS_OUT_1", "RUNNING")]));
    let created = server.ksql(COUNTS).await;
    assert_eq!((sequence_number(&created), query_id(&created)), (6, "CTAS_COUNTS_5".to_string()));

    // A second server of the service takes over; the first notices with its next statement and changes nothing.
    let second = Server::with(&settings(&broker, &[])).await;
    let refused = server.try_ksql("CREATE STREAM LATE AS SELECT * FROM SRC;").await;
    assert_eq!(refused.status, 500, "{}", refused.text);
    let newer = "There is a newer producer with the same transactionalId which fences the current one.";
    assert_eq!(refused.message(), newer);
    assert!(server.log_text().contains("took over the command topic"), "it is logged");
    let health = server.get("/healthcheck").await.expect("it answers").json();
    assert_eq!((&health["isHealthy"], &health["details"]["commandRunner"]["isHealthy"]), (&json!(false), &json!(false)));
    let created = second.ksql("CREATE STREAM LATE AS SELECT * FROM SRC;").await;
    assert_eq!(query_id(&created), "CSAS_LATE_7");
}

/// Streams, tables, queries and state come back from Kafka alone, and counting goes on.
async fn comes_back(guarantee: &str) {
    let broker = Broker::start().await;
    let mut server = Server::with(&settings(&broker, &[("ksql.streams.processing.guarantee", guarantee)])).await;
    server.ksql(&[SOURCE, OUT, COUNTS].concat()).await;
    insert(&server, &[("a", "x", 1), ("b", "x", 2), ("c", "y", 3)]).await;
    let sql = "SELECT G, C, S FROM COUNTS;";
    let mut expected = vec![r#"["x",2,3]"#.to_string(), r#"["y",1,3]"#.to_string()];
    becomes("first counts", &expected, async || server.sorted(sql).await).await;
    for (round, graceful) in [true, false].into_iter().enumerate() {
        if graceful {
            assert!(server.stop().await.success());
        } else {
            // What is committed by now must come back; what is not is done again.
            tokio::time::sleep(Duration::from_millis(500)).await;
            server.kill9();
        }
        std::fs::remove_dir_all(server.data_dir()).expect("the folder goes");
        server.up().await;
        let running = [("CSAS_OUT_1", "RUNNING"), ("CTAS_COUNTS_3", "RUNNING")];
        becomes("queries run", &expected_states(&running), async || states(&server).await).await;
        becomes("counts are back", &expected, async || server.sorted(sql).await).await;
        insert(&server, &[("d", "x", 10)]).await;
        expected[0] = format!(r#"["x",{},{}]"#, 3 + round, 13 + 10 * round);
        becomes("counting goes on", &expected, async || server.sorted(sql).await).await;
        let rows = 3 + round;
        let out = async || server.query("SELECT * FROM OUT;").await.len();
        becomes("the stream's rows came once each", &rows, out).await;
    }
    assert!(server.log_text().contains("weir::restore"), "the log tells of restoring:\n{}", server.log_text());
    assert_eq!(server.ksql("SHOW STREAMS;").await[0]["streams"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_folder_comes_back_at_least_once() {
    comes_back("at_least_once").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_folder_comes_back_exactly_once() {
    comes_back("exactly_once_v2").await;
}

/// A record of ksqlDB's with as much of its plan as is looked at.
fn ksqldb_command(key: &str, statement: &str, query_id: Option<&str>) -> String {
    let plan = query_id.map(|id| json!({ "@type": "ksqlPlanV1", "queryPlan": { "queryId": id } }));
    let value = json!({
        "statement": statement, "streamsProperties": { "auto.offset.reset": "earliest", "num.stream.threads": 1 },
        "originalProperties": { "ksql.extension.dir": "ext" }, "plan": plan, "version": 18,
    });
    format!("\"{key}\"#{value}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn ksqldbs_command_topic_is_taken_over() {
    let broker = Broker::start().await;
    broker.create_topic("_confluent-ksql-test__command_topic", 1, &["retention.ms=-1"]).await;
    for topic in ["src", "out"] {
        broker.create_topic(topic, 2, &[]).await;
    }
    let source = "CREATE STREAM SRC (K STRING KEY, G STRING, V BIGINT) WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='src', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON');";
    let sink = "WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='out', PARTITIONS=2, REPLICAS=1, RETENTION_MS=604800000)";
    let out = format!("CREATE STREAM OUT {sink} AS SELECT * FROM SRC SRC WHERE (SRC.V > 1) EMIT CHANGES;");
    let gone = "CREATE TABLE GONE WITH (CLEANUP_POLICY='compact', KAFKA_TOPIC='gone', PARTITIONS=2, REPLICAS=1, RETENTION_MS=604800000) AS SELECT SRC.G G, COUNT(*) C FROM SRC SRC GROUP BY SRC.G EMIT CHANGES;";
    let records = [
        ksqldb_command("stream/`SRC`/create", source, None),
        ksqldb_command("type/T/create", "CREATE TYPE T AS STRUCT<A INT>;", None),
        ksqldb_command("stream/`OUT`/create", &out, Some("CSAS_OUT_41")),
        ksqldb_command("stream/`NEXT`/create", "CREATE STREAM NEXT AS SOMETHING THAT NOBODY READS;", Some("CSAS_NEXT_43")),
        ksqldb_command("table/`GONE`/create", gone, Some("CTAS_GONE_45")),
        ksqldb_command("terminate/CTAS_GONE_45/execute", "TERMINATE CTAS_GONE_45;", None),
        ksqldb_command("table/GONE/drop", "DROP TABLE GONE;", None),
        ksqldb_command("pause/ALL/execute", "PAUSE ALL;", None),
        ksqldb_command("resume/CSAS_OUT_41/execute", "RESUME CSAS_OUT_41;", None),
    ];
    let keyed = ["--topic", "_confluent-ksql-test__command_topic", "--property", "parse.key=true", "--property", "key.separator=#"];
    broker.tool("produce", &keyed, &records.concat()).await;

    let server = Server::with(&settings(&broker, &[])).await;
    let names = async |sql: &str, field: &str| {
        let listed = server.ksql(sql).await;
        let names = listed[0][field].as_array().cloned().unwrap_or_default();
        names.iter().map(|source| source["name"].as_str().unwrap_or_default().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names("SHOW STREAMS;", "streams").await, ["OUT", "SRC"]);
    assert!(names("SHOW TABLES;", "tables").await.is_empty());
    assert_eq!(server.ksql("SHOW TYPES;").await[0]["types"].as_object().map(serde_json::Map::len), Some(1));
    assert_eq!(states(&server).await, expected_states(&[("CSAS_OUT_41", "RUNNING")]));
    let log = server.log_text();
    assert!(log.contains("is left out") && log.contains("SOMETHING THAT NOBODY READS"), "{log}");

    insert(&server, &[("a", "x", 1), ("b", "x", 2)]).await;
    becomes("the query runs", &1, async || server.query("SELECT * FROM OUT;").await.len()).await;
    let created = server.ksql("CREATE STREAM MORE AS SELECT * FROM OUT;").await;
    // Plain records of the test have no markers: the ninth lies at 8.
    assert_eq!((sequence_number(&created), query_id(&created)), (9, "CSAS_MORE_9".to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_its_topic_waits_in_error_and_the_others_run() {
    let broker = Broker::start().await;
    let mut server = Server::with(&settings(&broker, &[])).await;
    server.ksql(&[SOURCE, OUT].concat()).await;
    server.ksql("CREATE STREAM B (K STRING KEY, V INT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON', PARTITIONS=1);").await;
    server.ksql("CREATE STREAM C AS SELECT * FROM B;").await;
    server.stop().await;
    broker.tool("topics", &["--delete", "--topic", "b"], "").await;
    server.up().await;
    let expected = [("CSAS_C_5", "ERROR"), ("CSAS_OUT_1", "RUNNING")];
    assert_eq!(states(&server).await, expected_states(&expected));
    let explained = server.ksql("EXPLAIN CSAS_C_5;").await;
    let reason = explained[0]["queryDescription"]["queryErrors"][0]["errorMessage"].as_str().unwrap_or_default();
    assert!(reason.contains("`b` does not exist"), "{explained}");
    insert(&server, &[("a", "x", 2)]).await;
    becomes("the other query runs", &1, async || server.query("SELECT * FROM OUT;").await.len()).await;
    broker.create_topic("b", 1, &[]).await;
    let expected = [("CSAS_C_5", "RUNNING"), ("CSAS_OUT_1", "RUNNING")];
    becomes("it starts once it can", &expected_states(&expected), async || states(&server).await).await;
    server.ksql("INSERT INTO B VALUES ('k', 7);").await;
    becomes("and works", &1, async || server.query("SELECT * FROM C;").await.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_outlives_a_broker_that_is_away() {
    let broker = Broker::start().await;
    let mut server = Server::with(&settings(&broker, &[])).await;
    server.ksql(&[SOURCE, OUT].concat()).await;
    insert(&server, &[("a", "x", 2)]).await;
    becomes("the query runs", &1, async || server.query("SELECT * FROM OUT;").await.len()).await;

    broker.kill().await;
    for sql in ["CREATE STREAM X AS SELECT * FROM SRC;", "TERMINATE CSAS_OUT_1;", "INSERT INTO SRC VALUES ('b', 'x', 3);"] {
        let begun = Instant::now();
        let (refused, listed) = tokio::join!(server.try_ksql(sql), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let begun = Instant::now();
            states(&server).await;
            begun.elapsed()
        });
        assert!(refused.status >= 500 && refused.message().contains("Kafka is not available"), "{sql}: {}", refused.text);
        assert!(begun.elapsed() < PATIENCE, "{sql} took {:?}", begun.elapsed());
        assert!(listed < Duration::from_secs(2), "SHOW QUERIES took {listed:?} beside {sql}");
    }
    let health = server.get("/healthcheck").await.expect("it answers").json();
    assert_eq!(health["details"]["kafka"]["isHealthy"], json!(false));

    // A start without a broker listens, says so, and comes up with it.
    server.kill9();
    server.up_unready().await;
    let refused = server.try_ksql("SHOW QUERIES;").await;
    let code = serde_json::from_str::<Json>(&refused.text).map(|body| body["error_code"].clone()).unwrap_or_default();
    assert_eq!((refused.status, code), (503, json!(50302)), "{}", refused.text);
    assert!(refused.message().starts_with("KSQL is not yet ready to serve requests."), "{}", refused.message());
    let health = server.get("/healthcheck").await.expect("it answers").json();
    assert_eq!((&health["isHealthy"], &health["serverState"]), (&json!(false), &json!("INITIALIZING")));
    eventually("the log says what it waits for", async || server.log_text().contains("is not ready and tries again").then_some(()))
        .await;

    broker.start_again().await;
    eventually("the server is ready", async || server.get("/info").await.ok().filter(|a| a.status == 200)).await;
    becomes("the query is back", &expected_states(&[("CSAS_OUT_1", "RUNNING")]), async || states(&server).await).await;
    insert(&server, &[("c", "x", 4)]).await;
    eventually("and works", async || (server.query("SELECT * FROM OUT;").await.len() >= 2).then_some(())).await;
    assert_eq!(query_id(&server.ksql("CREATE STREAM X AS SELECT * FROM SRC;").await).split('_').next(), Some("CSAS"));
}
