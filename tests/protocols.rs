//! Queries and inserts over HTTP/1.1 and cleartext HTTP/2: framings, frames, ends.

use std::time::Duration;

use reqwest::{Body, Client, Response};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weir_tests::{LIMIT, Server, becomes, eventually};

const DELIMITED: &str = "application/vnd.ksqlapi.delimited.v1";
const V1: &str = "application/vnd.ksql.v1+json";
const PUSH: &str = "SELECT * FROM S EMIT CHANGES;";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Http {
    One,
    /// Cleartext, with prior knowledge.
    Two,
}

fn client(http: Http) -> Client {
    let builder = Client::builder().read_timeout(Duration::from_secs(20));
    let builder = if http == Http::Two { builder.http2_prior_knowledge() } else { builder.http1_only() };
    builder.build().expect("an HTTP client")
}

async fn server_with_rows() -> Server {
    let server = Server::start().await;
    server
        .ksql("CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);")
        .await;
    server.ksql("INSERT INTO S VALUES ('a', 1); INSERT INTO S VALUES ('b', 2);").await;
    server
}

async fn ask(client: &Client, server: &Server, sql: &str, accept: &str) -> Response {
    let body = json!({ "sql": sql, "properties": { "auto.offset.reset": "earliest" } }).to_string();
    let request = client.post(format!("{}/query-stream", server.url)).header("accept", accept).body(body);
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], accept);
    response
}

/// The next piece of a body that is not empty; `None` at its end.
async fn piece(response: &mut Response) -> Option<String> {
    loop {
        let chunk =
            tokio::time::timeout(LIMIT, response.chunk()).await.expect("a piece in time").expect("a whole body")?;
        if !chunk.is_empty() {
            return Some(String::from_utf8(chunk.to_vec()).expect("text"));
        }
    }
}

fn query_id(text: &str) -> String {
    let at = text.find("\"queryId\":\"").expect("the header names the query") + 11;
    text[at..].split('"').next().unwrap_or_default().to_string()
}

async fn push_queries(server: &Server) -> usize {
    let listed = server.ksql("LIST QUERIES;").await;
    listed[0]["queries"].as_array().expect("queries").iter().filter(|query| query["queryType"] == "PUSH").count()
}

#[tokio::test]
async fn three_framings_on_both_protocols() {
    let server = server_with_rows().await;
    let names = r#""columnNames":["K","V"],"columnTypes":["STRING","INTEGER"]}"#;
    for http in [Http::One, Http::Two] {
        let client = client(http);
        let limited = "SELECT * FROM S EMIT CHANGES LIMIT 2;";
        let text = ask(&client, &server, limited, DELIMITED).await.text().await.expect("text");
        let id = query_id(&text);
        assert_eq!(text, format!("{{\"queryId\":\"{id}\",{names}\n[\"a\",1]\n[\"b\",2]\n"), "{http:?}");

        let text = ask(&client, &server, limited, "application/json").await.text().await.expect("text");
        let array: Json = serde_json::from_str(&text).expect("one JSON array");
        assert_eq!(array.as_array().map(|a| a[1..].to_vec()), Some(vec![json!(["a", 1]), json!(["b", 2])]), "{http:?}");

        let text = ask(&client, &server, limited, V1).await.text().await.expect("text");
        let array: Json = serde_json::from_str(&text).expect("one JSON array");
        assert_eq!(array[0]["header"]["schema"], "`K` STRING, `V` INTEGER", "{http:?}");
        assert_eq!(array[2], json!({ "row": { "columns": ["b", 2] } }), "{http:?}");
        assert_eq!(array[3], json!({ "finalMessage": "Limit Reached" }), "{http:?}");
    }
}

/// Clients parse what one frame brings: each must be one whole line.
#[tokio::test]
async fn a_line_is_a_frame() {
    let server = server_with_rows().await;
    let mut response = ask(&client(Http::Two), &server, PUSH, DELIMITED).await;
    for row in ["", "[\"a\",1]\n", "[\"b\",2]\n"] {
        let line = piece(&mut response).await.expect("a line");
        assert!(line.ends_with('\n') && line.lines().count() == 1, "{line:?}");
        assert!(row.is_empty() || line == row, "{line:?}");
    }
    server.ksql("INSERT INTO S VALUES ('c', 3);").await;
    assert_eq!(piece(&mut response).await.as_deref(), Some("[\"c\",3]\n"));

    let chunks = chunks_of_a_push_query(&server, 4).await;
    assert_eq!(chunks[1..], ["[\"a\",1]\n", "[\"b\",2]\n", "[\"c\",3]\n"]);
}

/// The first chunks of an HTTP/1.1 answer, read from the socket, since clients may join them.
async fn chunks_of_a_push_query(server: &Server, wanted: usize) -> Vec<String> {
    let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).await.expect("a connection");
    let body = json!({ "sql": PUSH, "properties": { "auto.offset.reset": "earliest" } }).to_string();
    let head = format!("POST /query-stream HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    socket.write_all((head + &body).as_bytes()).await.expect("a request");
    let mut read = String::new();
    loop {
        let mut buffer = [0; 4096];
        let n = tokio::time::timeout(LIMIT, socket.read(&mut buffer)).await.expect("bytes in time").expect("bytes");
        assert!(n > 0, "the server closed after {read}");
        read.push_str(&String::from_utf8_lossy(&buffer[..n]));
        let Some((_, body)) = read.split_once("\r\n\r\n") else { continue };
        let chunks = whole_chunks(body);
        if chunks.len() >= wanted {
            return chunks;
        }
    }
}

fn whole_chunks(mut body: &str) -> Vec<String> {
    let mut chunks = Vec::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        if rest.len() < size + 2 {
            break;
        }
        chunks.push(rest[..size].to_string());
        body = &rest[size + 2..];
    }
    chunks
}

#[tokio::test]
async fn close_query_from_another_connection_ends_the_stream() {
    let server = server_with_rows().await;
    for http in [Http::One, Http::Two] {
        let mut response = ask(&client(http), &server, PUSH, DELIMITED).await;
        let id = query_id(&piece(&mut response).await.expect("a header"));
        assert_eq!(push_queries(&server).await, 1);
        let closed = server.post("/close-query", json!({ "queryId": id }).to_string()).await.expect("an answer");
        assert_eq!((closed.status, closed.text.as_str()), (200, ""));
        while piece(&mut response).await.is_some() {}
        becomes("the query is gone", &0, async || push_queries(&server).await).await;
        let again = server.post("/close-query", json!({ "queryId": id }).to_string()).await.expect("an answer");
        assert_eq!((again.status, again.message()), (400, format!("No query with id {id}")));
    }
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_query() {
    let server = server_with_rows().await;
    for http in [Http::One, Http::Two] {
        let client = client(http);
        let mut response = ask(&client, &server, PUSH, DELIMITED).await;
        piece(&mut response).await.expect("a header");
        assert_eq!(push_queries(&server).await, 1);
        drop(response);
        drop(client);
        becomes("the query is gone", &0, async || push_queries(&server).await).await;
    }
}

#[tokio::test]
async fn a_graceful_stop_ends_push_queries() {
    let mut server = server_with_rows().await;
    let mut response = ask(&client(Http::Two), &server, PUSH, DELIMITED).await;
    piece(&mut response).await.expect("a header");
    assert!(server.stop().await.success());
    // Ended or cut off, but not left hanging.
    while let Ok(Ok(Some(_))) = tokio::time::timeout(LIMIT, response.chunk()).await {}
}

#[tokio::test]
async fn inserts_are_acknowledged_while_the_body_is_open() {
    let server = server_with_rows().await;
    let (lines, body) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(4);
    let body = Body::wrap_stream(Receiver(body));
    lines.send(Ok(b"{\"target\":\"S\"}\n".to_vec())).await.expect("sent");
    let mut response = client(Http::Two)
        .post(format!("{}/inserts-stream", server.url))
        .header("accept", DELIMITED)
        .body(body)
        .send()
        .await
        .expect("an answer before the body ends");
    assert_eq!(response.status(), 200);
    for (seq, row) in ["{\"K\":\"c\",\"V\":3}\n", "{\"K\":\"d\",\"V\":4}\n"].iter().enumerate() {
        lines.send(Ok(row.as_bytes().to_vec())).await.expect("sent");
        let ack: Json = serde_json::from_str(&piece(&mut response).await.expect("an ack")).expect("JSON");
        assert_eq!(ack, json!({ "seq": seq, "status": "ok" }));
    }
    // The last line lacks its newline and counts when the body ends.
    lines.send(Ok(b"{\"K\":\"e\",\"V\":5}".to_vec())).await.expect("sent");
    drop(lines);
    let ack: Json = serde_json::from_str(&piece(&mut response).await.expect("an ack")).expect("JSON");
    assert_eq!(ack, json!({ "seq": 2, "status": "ok" }));
    assert_eq!(piece(&mut response).await, None);
    let keys: Vec<Json> = server.query("SELECT K FROM S;").await;
    assert_eq!(keys, [json!(["a"]), json!(["b"]), json!(["c"]), json!(["d"]), json!(["e"])]);
}

#[tokio::test]
async fn a_bad_row_ends_an_insert_stream_and_keeps_those_before() {
    let server = server_with_rows().await;
    let body = "{\"target\":\"S\"}\n{\"K\":\"c\",\"V\":3}\n{\"K\":\"d\",\"V\":\"x\"}\n{\"K\":\"e\",\"V\":5}\n";
    let answer = server.post("/inserts-stream", body).await.expect("an answer");
    let acks: Vec<Json> = answer.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(acks.iter().map(|ack| ack["status"].clone()).collect::<Vec<_>>(), [json!("ok"), json!("error")]);
    assert_eq!(server.query("SELECT K FROM S;").await.len(), 3);
}

#[tokio::test]
async fn many_streams_share_one_http2_connection() {
    let server = server_with_rows().await;
    let client = client(Http::Two);
    let mut streams = Vec::new();
    for _ in 0..50 {
        let mut response = ask(&client, &server, PUSH, DELIMITED).await;
        for _ in 0..3 {
            piece(&mut response).await.expect("a line");
        }
        streams.push(response);
    }
    server.ksql("INSERT INTO S VALUES ('c', 3);").await;
    for response in &mut streams {
        assert_eq!(piece(response).await.as_deref(), Some("[\"c\",3]\n"));
    }
    drop(streams);
    eventually("all queries are gone", async || (push_queries(&server).await == 0).then_some(())).await;
}

/// A channel as the stream of a request's body.
struct Receiver(tokio::sync::mpsc::Receiver<Result<Vec<u8>, std::io::Error>>);

impl futures_util::Stream for Receiver {
    type Item = Result<Vec<u8>, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
