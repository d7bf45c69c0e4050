//! One server process and the requests that tests send to it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Response};
use serde_json::{Value as Json, json};

use crate::{LIMIT, eventually, weir_binary};

const READY_LINE: &str = "listens on http://";

/// A running (or stopped) server over a data folder.
pub struct Server {
    /// `None` while it is down.
    child: Option<Child>,
    pub url: String,
    data_dir: PathBuf,
    settings: Vec<(String, String)>,
    /// Standard output and error of all incarnations.
    log: PathBuf,
    http: Client,
    /// Holds the data folder and the log of a server that was started without a folder of its own.
    _folder: tempfile::TempDir,
}

/// Status and body of an answer, whatever they are.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        Self { status, text: response.text().await.unwrap_or_default() }
    }

    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("no JSON ({e}): {self:?}"))
    }

    /// The error's message; empty when there is none.
    pub fn message(&self) -> String {
        let body: Json = serde_json::from_str(&self.text).unwrap_or_default();
        body["message"].as_str().unwrap_or_default().to_string()
    }
}

impl Server {
    /// A server over a new folder.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// A server over a new folder, with properties.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data_dir = folder.path().join("data");
        Self::launch(folder, data_dir, settings).await
    }

    /// A server over a given folder.
    pub async fn over(data_dir: &Path, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::launch(folder, data_dir.to_path_buf(), settings).await
    }

    async fn launch(folder: tempfile::TempDir, data_dir: PathBuf, settings: &[(&str, &str)]) -> Self {
        let mut server = Self {
            child: None,
            url: String::new(),
            data_dir,
            settings: settings.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect(),
            log: folder.path().join("log"),
            http: Client::builder().timeout(LIMIT).build().expect("an HTTP client"),
            _folder: folder,
        };
        server.up().await;
        server
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn log_text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Starts the process on a free port and waits until it is ready.
    pub async fn up(&mut self) {
        self.up_unready().await;
        eventually("/info answers", async || self.get("/info").await.ok().filter(|a| a.status == 200)).await;
    }

    /// Starts the process on a free port and waits until it listens.
    pub async fn up_unready(&mut self) {
        assert!(self.child.is_none(), "the server runs already");
        let before = self.log_text().len();
        let log = File::options().create(true).append(true).open(&self.log).expect("a log file");
        let mut command = Command::new(weir_binary());
        command.args(["server", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&self.data_dir);
        for (name, value) in &self.settings {
            command.arg("--set").arg(format!("{name}={value}"));
        }
        let log_too = log.try_clone().expect("a log file");
        let child = command.stdin(Stdio::null()).stdout(log).stderr(log_too).spawn().expect("weir starts");
        self.child = Some(child);
        self.url = eventually("the server says where it listens", async || {
            if let Some(status) = self.exited() {
                panic!("the server ended with {status} instead of starting");
            }
            let text = self.log_text();
            let line = text[before..].split_once(READY_LINE)?.1;
            Some(format!("http://{}", line.split_once(',')?.0))
        })
        .await;
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().expect("the child can be asked")
    }

    /// The process's id; `None` while it is down.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(std::process::Child::id)
    }

    /// `kill -9`, at once.
    pub fn kill9(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().expect("the child can be killed");
        child.wait().expect("the child ends");
    }

    /// SIGTERM, then waits for the end of the process.
    pub async fn stop(&mut self) -> ExitStatus {
        let pid = self.child.as_ref().expect("the server runs").id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(sent.success(), "the server is there to be stopped");
        let status = eventually("the server stops", async || self.exited()).await;
        self.child = None;
        status
    }

    /// Graceful stop and start on the same folder.
    pub async fn restart(&mut self) {
        let status = self.stop().await;
        assert!(status.success(), "a graceful stop exits with 0, not {status}");
        self.up().await;
    }

    pub async fn get(&self, path: &str) -> Result<Answer, reqwest::Error> {
        Ok(Answer::read(self.http.get(format!("{}{path}", self.url)).send().await?).await)
    }

    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> Result<Answer, reqwest::Error> {
        Ok(Answer::read(self.http.post(format!("{}{path}", self.url)).body(body).send().await?).await)
    }

    /// Statements to `/ksql`; new queries read from the earliest record on.
    pub async fn try_ksql(&self, sql: &str) -> Answer {
        let body = json!({ "ksql": sql, "streamsProperties": { "auto.offset.reset": "earliest" } });
        self.post("/ksql", body.to_string()).await.expect("/ksql answers")
    }

    /// Statements that must succeed; their entities.
    pub async fn ksql(&self, sql: &str) -> Json {
        let answer = self.try_ksql(sql).await;
        assert_eq!(answer.status, 200, "{sql}\n{}", answer.text);
        answer.json()
    }

    pub async fn try_query(&self, sql: &str) -> Answer {
        self.post("/query-stream", json!({ "sql": sql, "properties": { "auto.offset.reset": "earliest" } }).to_string())
            .await
            .expect("/query-stream answers")
    }

    /// The rows of a pull query or bounded scan, as arrays.
    pub async fn query(&self, sql: &str) -> Vec<Json> {
        let answer = self.try_query(sql).await;
        assert_eq!(answer.status, 200, "{sql}\n{}", answer.text);
        let rows = answer.text.lines().skip(1).map(|line| serde_json::from_str(line).expect("a row is JSON"));
        rows.collect()
    }

    /// All records that a stream holds now, by partition and offset: `[partition, offset, columns...]`.
    pub async fn records(&self, stream: &str, columns: &str) -> Vec<Json> {
        // A bounded scan counts them; only a push query can tell partitions and offsets.
        let count = self.query(&format!("SELECT * FROM {stream};")).await.len();
        if count == 0 {
            return Vec::new();
        }
        let push = format!("SELECT ROWPARTITION, ROWOFFSET, {columns} FROM {stream} EMIT CHANGES LIMIT {count};");
        let mut rows = self.query(&push).await;
        rows.sort_by_key(|row| (row[0].as_i64(), row[1].as_i64()));
        rows
    }

    /// The rows of a query in an order that does not depend on the server.
    pub async fn sorted(&self, sql: &str) -> Vec<String> {
        let mut rows: Vec<String> = self.query(sql).await.iter().map(Json::to_string).collect();
        rows.sort();
        rows
    }

    /// Appends JSON records (`key`, `value`, `partition`, `timestamp`) to a topic.
    pub async fn try_produce(&self, topic: &str, records: &[Json]) -> Result<Answer, reqwest::Error> {
        self.post(&format!("/topics/{topic}"), json!({ "records": records }).to_string()).await
    }

    pub async fn produce(&self, topic: &str, records: &[Json]) {
        let answer = self.try_produce(topic, records).await.expect("/topics answers");
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Appends one record of any bytes.
    pub async fn produce_bytes(&self, topic: &str, key: Option<&[u8]>, value: Option<&[u8]>) {
        let text = |bytes: Option<&[u8]>| bytes.map(base64);
        let body = json!({ "records": [{ "key": text(key), "value": text(value) }] }).to_string();
        let request = self.http.post(format!("{}/topics/{topic}", self.url));
        let request = request.header("content-type", "application/vnd.kafka.binary.v2+json").body(body);
        let answer = Answer::read(request.send().await.expect("/topics answers")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// The persistent query that writes a sink: its entity of `LIST QUERIES`.
    pub async fn query_of(&self, sink: &str) -> Json {
        let listed = self.ksql("LIST QUERIES;").await;
        let queries = listed[0]["queries"].as_array().cloned().unwrap_or_default();
        let found = queries.into_iter().find(|query| query["sinks"][0] == sink);
        found.unwrap_or_else(|| panic!("no query writes {sink}"))
    }

    /// A figure of `/metrics` for the query that writes `sink`.
    pub async fn metric(&self, sink: &str, figure: &str) -> u64 {
        let id = self.query_of(sink).await["id"].as_str().expect("a query has an id").to_string();
        let text = self.get("/metrics").await.expect("/metrics answers").text;
        let start = format!("weir_query_{figure}{{query=\"{id}\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {figure} of {id} in\n{text}")).parse().expect("a figure is a number")
    }

    /// Waits until no persistent query has records left to read.
    pub async fn drained(&self) {
        self.drained_but("").await;
    }

    /// As `drained`, but for the query that writes `sink`.
    pub async fn drained_but(&self, sink: &str) {
        eventually("all queries have read everything", async || {
            let text = self.get("/metrics").await.ok()?.text;
            let mut lags = text.lines().filter(|line| line.starts_with("weir_query_lag_records{"));
            let idle = |line: &str| line.ends_with(" 0") || (!sink.is_empty() && line.contains(&format!("_{sink}_")));
            lags.all(idle).then_some(())
        })
        .await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log_text();
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(40)..];
            println!("--- end of the log of {} ---\n{}\n---", self.url, last.join("\n"));
        }
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Runs `weir` to its end; its exit code and standard error.
pub fn run_to_end(arguments: &[&str], limit: Duration) -> (Option<i32>, String, String) {
    let mut child = Command::new(weir_binary())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("weir starts");
    let begun = Instant::now();
    while child.try_wait().expect("the child can be asked").is_none() {
        if begun.elapsed() > limit {
            let _ = child.kill();
            panic!("weir {arguments:?} still runs after {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("the output can be read");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let number = chunk.iter().fold(0u32, |n, byte| n << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..4 {
            let shown = digit <= chunk.len();
            text.push(if shown { DIGITS[(number >> (18 - 6 * digit)) as usize & 63] as char } else { '=' });
        }
    }
    text
}
