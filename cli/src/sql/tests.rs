//! Sessions against a server that gives prepared answers and remembers what it was asked.

use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{OutputFormat, Session, Stop, Style};
use crate::client::Client;

/// What was asked: path and body.
type Asked = Arc<Mutex<Vec<(String, Json)>>>;

async fn read_request(socket: &mut TcpStream) -> Option<(String, Json)> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).to_string();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                let path = head.split(' ').nth(1)?.to_string();
                return Some((path, serde_json::from_str(body).unwrap_or(Json::Null)));
            }
        }
        let mut part = [0; 4096];
        let count = socket.read(&mut part).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&part[..count]);
    }
}

/// Status and chunks of an answer.
type Answer = (u16, Vec<String>);

async fn serve(answer: fn(&str, &Json) -> Answer) -> (Client, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let Some((path, body)) = read_request(&mut socket).await else { return };
                let (status, chunks) = answer(&path, &body);
                seen.lock().unwrap().push((path, body));
                let head = format!("HTTP/1.1 {status} X\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
                let _ = socket.write_all(head.as_bytes()).await;
                for chunk in chunks {
                    let _ = socket.write_all(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes()).await;
                    let _ = socket.flush().await;
                    tokio::task::yield_now().await;
                }
                let _ = socket.write_all(b"0\r\n\r\n").await;
            });
        }
    });
    (client, asked)
}

fn answers(path: &str, body: &Json) -> Answer {
    let rows = |text: &str| (200, text.split('|').map(str::to_string).collect());
    match path {
        "/query-stream" if body["sql"].as_str().unwrap().contains("FAILING") => rows(
            "[{\"header\":{\"queryId\":\"q\",\"schema\":\"`A` INTEGER\"}},\n|{\"errorMessage\":{\"error_code\":50000,\"message\":\"broken\"}}]\n",
        ),
        "/query-stream" => rows(
            "[{\"header\":{\"queryId\":\"q\",\"schema\":\"`A` INTEGER, `B` STRING\"}},\n{\"ro|w\":{\"columns\":[1,\"é\"]}},\n|{\"row\":{\"columns\":[2,null],\"tombstone\":true}},\n{\"finalMessage\":\"Limit Reached\"}]\n",
        ),
        "/query" => rows("Key format: KAFKA_STRING\n|\n|rowtime: 1, key: k\n"),
        "/ksql" if body["ksql"].as_str().unwrap().contains("WRONG") => (
            400,
            vec![json!({"@type": "statement_error", "error_code": 40001, "message": "no such thing"}).to_string()],
        ),
        "/ksql" => (
            200,
            vec![
                json!([{"@type": "currentStatus", "commandSequenceNumber": 4,
            "commandStatus": {"status": "SUCCESS", "message": "done"}}])
                .to_string(),
            ],
        ),
        "/is_valid_property/ksql.service.id" => (400, vec![json!({"message": "denied"}).to_string()]),
        _ => (200, vec!["true".to_string()]),
    }
}

/// Runs a text; gives output, failure and what was asked.
fn run(sql: &str, format: OutputFormat) -> (String, Option<String>, Vec<(String, Json)>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, asked) = serve(answers).await;
        let mut session = Session::new(client, format, Style::PLAIN);
        let mut out = Vec::new();
        let failure = match session.run(sql, &mut out).await {
            Ok(()) => None,
            Err(Stop::Failed(message)) => Some(message),
            Err(other) => panic!("{other:?}"),
        };
        let asked = std::mem::take(&mut *asked.lock().unwrap());
        (String::from_utf8(out).unwrap(), failure, asked)
    })
}

fn check(sql: &str, expected: &str, paths: &[&str]) {
    let (output, failure, asked) = run(sql, OutputFormat::Tabular);
    assert_eq!(failure, None, "{sql}");
    assert_eq!(output.trim_end(), expected.trim_matches('\n'), "{sql}");
    assert_eq!(asked.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), paths, "{sql}");
}

#[test]
fn statements_go_to_their_endpoints_and_are_answered() {
    check("CREATE STREAM S (A INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON');", "done", &["/ksql"]);
    check("PRINT 't'", "Key format: KAFKA_STRING\nrowtime: 1, key: k", &["/query"]);
    check(
        "SELECT * FROM S EMIT CHANGES LIMIT 2;",
        "
+-------------+----------------------+
| A           | B                    |
+-------------+----------------------+
|           1 | é                    |
|           2 | <TOMBSTONE>          |"
            .replace("| A           ", "|           A ")
            .as_str(),
        &["/query-stream"],
    );
    check(
        "SELECT * FROM T;",
        "
+---+-------------+
| A | B           |
+=================+
| 1 | é           |
| 2 | <TOMBSTONE> |
+---+-------------+",
        &["/query-stream"],
    );
}

#[test]
fn properties_variables_and_command_numbers_travel_with_each_request() {
    let sql =
        "SET 'auto.offset.reset' = 'earliest'; DEFINE t = 'x'; SHOW VARIABLES; DROP STREAM ${t}; SELECT * FROM ${t};";
    let (output, failure, asked) = run(sql, OutputFormat::Tabular);
    assert_eq!(failure, None);
    assert!(output.contains("| t             | x     |"), "{output}");
    assert_eq!(asked[0].0, "/is_valid_property/auto.offset.reset");
    let drop = json!({"ksql": "DROP STREAM ${t};", "streamsProperties": {"auto.offset.reset": "earliest"}, "sessionVariables": {"t": "x"}});
    assert_eq!(asked[1], ("/ksql".to_string(), drop));
    let select = json!({"sql": "SELECT * FROM ${t};", "properties": {"auto.offset.reset": "earliest"}, "sessionVariables": {"t": "x"}});
    assert_eq!(asked[2], ("/query-stream".to_string(), select));
    let (_, _, asked) = run("DROP STREAM A; DROP STREAM B;", OutputFormat::Tabular);
    assert_eq!(asked[1].1["commandSequenceNumber"], 4);
}

#[test]
fn the_first_failure_ends_the_run() {
    let check = |sql: &str, expected: &str, requests: usize| {
        let (_, failure, asked) = run(sql, OutputFormat::Tabular);
        let failure = failure.unwrap_or_default();
        assert!(failure.contains(expected), "{sql}: {failure}");
        assert_eq!(asked.len(), requests, "{sql}");
    };
    check("DROP STREAM A; DROP STREAM WRONG; DROP STREAM B;", "no such thing", 2);
    check("SELECT * FROM FAILING EMIT CHANGES;", "broken", 1);
    check("SET 'ksql.service.id' = 'x';", "denied", 1);
    check("DROP STREAM A; SELECT * FORM X;", "SELECT * FORM X;\n", 0);
    check("DROP STREAM A; SELECT * FORM X;", "^^^^", 0);
    check("UNSET 'a.b';", "never set", 0);
    check("RUN SCRIPT '/nowhere/x.sql';", "/nowhere/x.sql: ", 0);
}

#[test]
fn json_output_is_what_the_server_sent() {
    let (output, _, _) = run("SELECT * FROM S EMIT CHANGES;", OutputFormat::Json);
    let documents: Vec<Json> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(documents.len(), 3);
    assert_eq!(documents[1], json!({"columns": [1, "é"]}));
    let (output, _, _) = run("DROP STREAM A;", OutputFormat::Json);
    let document: Json = serde_json::from_str(&output).unwrap();
    assert_eq!(document[0]["commandStatus"]["message"], "done");
}

#[test]
fn scripts_run_scripts_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("outer.sql"), "RUN SCRIPT 'inner.sql'; DROP STREAM A;").unwrap();
    std::fs::write(folder.path().join("inner.sql"), "DROP STREAM B").unwrap();
    let (output, failure, asked) =
        run(&format!("RUN SCRIPT '{}';", folder.path().join("outer.sql").display()), OutputFormat::Tabular);
    assert_eq!((output.as_str(), failure), ("done\ndone\n", None));
    assert!(asked[0].1["ksql"].as_str().unwrap().starts_with("DROP STREAM B"));
}
