//! No input stops a query or the server: bad records go to the processing log, bad statements and requests get an answer.

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weir_tests::{LIMIT, Server, becomes};

const SETTINGS: &[(&str, &str)] = &[("ksql.streams.commit.interval.ms", "50")];
const STATEMENTS: &str = "
    CREATE STREAM SRC (K STRING KEY, V INT, D DOUBLE, A ARRAY<INT>, O STRUCT<X BIGINT, Y STRING>, S STRING, B DECIMAL(6,2))
        WITH (KAFKA_TOPIC='src', KEY_FORMAT='KAFKA', VALUE_FORMAT='JSON', PARTITIONS=1);
    CREATE STREAM COPIED AS SELECT K, V, D, A, O, S, B FROM SRC;
    CREATE TABLE COUNTED AS SELECT K, COUNT(*) C, SUM(V) SV FROM SRC GROUP BY K;";

async fn good(server: &Server, v: i64) {
    server.produce_bytes("src", Some(b"good"), Some(format!(r#"{{"V":{v},"S":"s"}}"#).as_bytes())).await;
}

/// Nesting of JSON arrays, `depth` deep.
fn nested(depth: usize) -> Vec<u8> {
    [r#"{"V":1,"S":"#.as_bytes(), &b"[".repeat(depth), &b"]".repeat(depth), b"}"].concat()
}

/// Records that cannot be read as the stream's columns.
fn unreadable() -> Vec<Vec<u8>> {
    let texts = [
        "",
        "{",
        "}",
        "nope",
        "[1,2,3]",
        "17",
        "\"text\"",
        r#"{"V":1"#,
        r#"{"V":"#,
        r#"{"V":}"#,
        r#"{"V":{"deep":1}}"#,
        r#"{"V":[1]}"#,
        r#"{"V":"no number"}"#,
        r#"{"V":99999999999999999999999999}"#,
        r#"{"D":"x"}"#,
        r#"{"A":{"x":1}}"#,
        r#"{"A":[1,"x"]}"#,
        r#"{"O":[1]}"#,
        r#"{"O":{"X":{}}}"#,
        r#"{"B":123456789.12}"#,
        r#"{"S":"\ud800 \u12"}"#,
    ];
    let mut records: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    records.push(b"\xff\xfe\x00\x01".to_vec());
    records.push(b"{\"V\xff\":1,\"S\":\"\xc3\x28".to_vec());
    records
}

/// Odd records that are fine, or whose fate is a matter of taste: they must only do no harm.
fn odd() -> Vec<Vec<u8>> {
    let texts = [
        "{}",
        "null",
        r#"{"V":null,"D":null,"A":null,"O":null,"S":null,"B":null}"#,
        r#"{"unknown":1,"V":1,"more":{"x":[1,2,{"y":null}]}}"#,
        r#"{"V":1,"V":2}"#,
        r#"{"v":1,"s":"lower"}"#,
        r#"{"D":1e400}"#,
        r#"{"D":-1e-400}"#,
        r#"{"V":1.5}"#,
        r#"{"V":true}"#,
        r#"{"S":{"a":1}}"#,
        r#"{"S":12345678901234567890123456789}"#,
        "  {\"V\" : 1 }  trailing",
        "{\"S\":\"\u{0}\u{1}\"}",
    ];
    let mut records: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    records.push(b"{\"S\":\"\xc3\x28\xff\"}".to_vec());
    records.push(nested(100));
    records.push(nested(100_000));
    records.push([b"{\"A\":".as_slice(), &b"[".repeat(100_000)].concat());
    records.push([b"{\"x\":".repeat(100_000), b"1".to_vec()].concat());
    records.push([b"{\"V\":1,\"D\":", b"9".repeat(100_000).as_slice(), b"}"].concat());
    records
}

#[tokio::test]
async fn queries_go_on_after_bad_records() {
    let server = Server::with(SETTINGS).await;
    server.ksql(STATEMENTS).await;
    good(&server, 1).await;
    let unreadable = unreadable();
    for record in unreadable.iter().chain(&odd()) {
        server.produce_bytes("src", Some(b"bad"), Some(record)).await;
    }
    for key in [None, Some(&b""[..]), Some(&b"\xff\xfe"[..])] {
        server.produce_bytes("src", key, Some(br#"{"V":1}"#)).await;
        server.produce_bytes("src", key, None).await;
    }
    good(&server, 2).await;

    let counted = vec![json!(["good", 2, 3])];
    becomes("good records around the bad ones count", &counted, async || {
        server.query("SELECT K, C, SV FROM COUNTED WHERE K = 'good';").await
    })
    .await;
    server.drained().await;
    for sink in ["COPIED", "COUNTED"] {
        assert_eq!(server.query_of(sink).await["statusCount"], json!({ "RUNNING": 1 }), "{sink}");
        let failed = server.metric(sink, "records_failed_total").await;
        assert!(
            failed >= unreadable.len() as u64,
            "{sink}: {failed} records in the log, {} unreadable",
            unreadable.len()
        );
    }
    let copied = server.query("SELECT V FROM COPIED WHERE K = 'good';").await;
    assert_eq!(copied, [json!([1]), json!([2])]);
}

#[tokio::test]
async fn a_record_of_10_mb_passes_through() {
    let server = Server::with(SETTINGS).await;
    server.ksql(STATEMENTS).await;
    let text = "x".repeat(10 << 20);
    server.produce("src", &[json!({ "key": "k", "value": { "V": 1, "S": text } })]).await;
    good(&server, 2).await;
    becomes("both are copied", &vec![json!([10 << 20]), json!([1])], async || {
        server.query("SELECT LEN(S) FROM COPIED;").await
    })
    .await;
}

#[tokio::test]
async fn a_number_that_overflows_is_the_record_s_fault() {
    let server = Server::with(SETTINGS).await;
    server
        .ksql(
            "CREATE STREAM N (A BIGINT, B BIGINT) WITH (KAFKA_TOPIC='n', VALUE_FORMAT='JSON', PARTITIONS=1);
             CREATE STREAM Q AS SELECT A / B AS R, A + B AS S, CAST(A AS INT) AS I FROM N;",
        )
        .await;
    for (a, b) in [(6, 3), (i64::MAX, 1), (1, 0), (i64::MIN, -1), (8, 4)] {
        server.produce("n", &[json!({ "value": { "A": a, "B": b } })]).await;
    }
    becomes("all rows come out", &5, async || server.query("SELECT R, S, I FROM Q;").await.len()).await;
    let rows = server.query("SELECT R, S, I FROM Q;").await;
    assert_eq!((&rows[0], &rows[4]), (&json!([2, 9, 6]), &json!([2, 12, 8])));
    assert!(server.metric("Q", "records_failed_total").await > 0);
}

#[tokio::test]
async fn statements_name_what_is_wrong() {
    let server = Server::start().await;
    server.ksql(STATEMENTS).await;
    let check = async |sql: &str, part: &str| {
        let answer = server.try_ksql(sql).await;
        assert_eq!(answer.status, 400, "{sql}: {}", answer.text);
        let message = answer.message().to_uppercase();
        assert!(message.contains(&part.to_uppercase()), "{sql}: `{part}` is not in: {}", answer.text);
    };
    check("CREATE STREAM X AS SELECT MISSING FROM SRC;", "MISSING").await;
    check("CREATE STREAM X AS SELECT NO_SUCH_FUNCTION(V) FROM SRC;", "NO_SUCH_FUNCTION").await;
    check("CREATE STREAM X AS SELECT * FROM NO_SUCH_SOURCE;", "NO_SUCH_SOURCE").await;
    check("CREATE STREAM X AS SELECT S + D AS Z FROM SRC;", "+").await;
    check("CREATE STREAM X AS SELECT LEN(A) AS Z FROM SRC;", "LEN").await;
    check("CREATE STREAM X AS SELECT O->NOPE AS Z FROM SRC;", "NOPE").await;
    check("CREATE STREAM X AS SELECT * FROM SRC WHERE V = 'text';", "V").await;
    check(
        "CREATE STREAM Y (V NO_SUCH_TYPE) WITH (KAFKA_TOPIC='y', VALUE_FORMAT='JSON', PARTITIONS=1);",
        "NO_SUCH_TYPE",
    )
    .await;
    check(
        "CREATE STREAM Y (V INT) WITH (KAFKA_TOPIC='y', VALUE_FORMAT='NO_SUCH_FORMAT', PARTITIONS=1);",
        "NO_SUCH_FORMAT",
    )
    .await;
    check("CREATE STREAM Y (V INT) WITH (KAFKA_TOPIC='missing_topic', VALUE_FORMAT='JSON');", "missing_topic").await;
    check(
        "CREATE STREAM Y (V INT) WITH (KAFKA_TOPIC='y', VALUE_FORMAT='JSON', PARTITIONS=1, NO_SUCH_KEY='x');",
        "NO_SUCH_KEY",
    )
    .await;
    check("CREATE STREAM SRC (V INT) WITH (KAFKA_TOPIC='y', VALUE_FORMAT='JSON', PARTITIONS=1);", "SRC").await;
    check("INSERT INTO SRC (K, NOPE) VALUES ('k', 1);", "NOPE").await;
    check("INSERT INTO SRC (K, V) VALUES ('k', 'text');", "V").await;
    check("DROP STREAM NO_SUCH_SOURCE;", "NO_SUCH_SOURCE").await;
    check("TERMINATE NO_SUCH_QUERY;", "NO_SUCH_QUERY").await;
    check("DESCRIBE NO_SUCH_SOURCE;", "NO_SUCH_SOURCE").await;
    check("CREATE STREAM X AS SELECT * FORM SRC;", "line 1:29").await;
    check("SELEKT 1;", "SELEKT").await;
    assert_eq!(server.ksql("LIST STREAMS;").await[0]["streams"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn deep_and_long_statements_are_answered() {
    let server = Server::start().await;
    server.ksql(STATEMENTS).await;
    let deep = |open: &str, close: &str, n: usize| {
        format!("SELECT {}V{} FROM SRC EMIT CHANGES LIMIT 1;", open.repeat(n), close.repeat(n))
    };
    let texts = [
        deep("(", ")", 50_000),
        deep("ABS(", ")", 50_000),
        deep("NOT ", "", 50_000),
        deep("- ", "", 50_000),
        deep("CASE WHEN TRUE THEN ", " END", 20_000),
        deep("ARRAY[", "]", 50_000),
        format!("SELECT V{} FROM SRC EMIT CHANGES LIMIT 1;", " + V".repeat(50_000)),
        format!("SELECT V FROM SRC WHERE V = 1{} EMIT CHANGES LIMIT 1;", " OR V = 1".repeat(50_000)),
        format!(
            "CREATE STREAM Z (V {}INT{}) WITH (KAFKA_TOPIC='z', VALUE_FORMAT='JSON', PARTITIONS=1);",
            "ARRAY<".repeat(50_000),
            ">".repeat(50_000)
        ),
        format!("SELECT '{}' FROM SRC", "x".repeat(1 << 20)),
    ];
    for text in texts {
        let answer = server.try_ksql(&text).await;
        assert!((400..=500).contains(&answer.status), "{}: {}", &text[..60], answer.status);
    }
    server.ksql("LIST STREAMS;").await;
}

#[tokio::test]
async fn malformed_bodies_are_refused() {
    let server = Server::start().await;
    server.ksql(STATEMENTS).await;
    let binary: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let deep = "[".repeat(200_000).into_bytes();
    let bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "[]",
        "17",
        "null",
        "\"x\"",
        "{\"ksql\":",
        "{\"ksql\":17}",
        "{\"sql\":[]}",
        "{\"sql\":{}}",
        "{\"ksql\":\"LIST STREAMS\",\"streamsProperties\":17}",
        "{\"target\":17}",
        "{\"records\":17}",
        "{\"records\":[17]}",
        "{\"records\":[{\"key\":}]}",
        "{\"records\":[{\"partition\":\"x\"}]}",
        "{\"records\":[{\"partition\":-1}]}",
        "{\"records\":[{\"partition\":7,\"value\":1}]}",
        "{\"records\":[{\"timestamp\":1e99}]}",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .chain([binary, deep])
    .collect();
    for path in ["/ksql", "/query", "/query-stream", "/close-query", "/inserts-stream", "/topics/src"] {
        for body in &bodies {
            let answer = server.post(path, body.clone()).await.expect("an answer");
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
            let no_statements = path == "/ksql" && answer.text == "[]";
            assert!(no_statements || (400..=500).contains(&answer.status), "{path} {shown}: {answer:?}");
        }
    }
    for path in ["/nope", "/ksql/nope", "/topics", "/topics/nope", "/%00", "/../../etc/passwd", "/topics/%ff"] {
        let answer = server.post(path, r#"{"records":[{"value":1}]}"#).await.expect("an answer");
        assert!((400..=405).contains(&answer.status), "{path}: {answer:?}");
    }
    server.ksql("LIST STREAMS;").await;
}

/// Sends bytes and reads what comes until the server closes or says enough; the status, if any.
async fn raw(server: &Server, bytes: &[u8]) -> Option<u16> {
    let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).await.expect("a connection");
    // The server may close before it has read everything.
    let _ = socket.write_all(bytes).await;
    let _ = socket.shutdown().await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(LIMIT, socket.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server neither answers nor closes");
    String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok())
}

#[tokio::test]
async fn malformed_http_is_refused() {
    let server = Server::start().await;
    let huge = format!("GET /info HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let many = format!("GET /info HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(5000));
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y".repeat(100_000));
    let requests: [&[u8]; 9] = [
        b"\x00\x01\x02\x03\xff\xfe\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /info HTTP/9.9\r\n\r\n",
        b"POST /ksql HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{}",
        b"POST /ksql HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n{}",
        b"POST /ksql HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}",
        huge.as_bytes(),
        many.as_bytes(),
        long.as_bytes(),
    ];
    for request in requests {
        let status = raw(&server, request).await;
        assert!(
            status.is_none_or(|status| status >= 400),
            "{status:?}: {}",
            String::from_utf8_lossy(&request[..request.len().min(60)])
        );
    }
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &[0xff; 300]].concat();
    raw(&server, &preface).await;
    assert_eq!(raw(&server, b"GET /info HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await, Some(200));
    let _: Json = server.ksql("LIST STREAMS;").await;
}
