//! The server's REST API as the shell, the generator and the demo use it.
//!
//! Knows paths, media types and error objects; what the answers mean is for their readers.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

pub const DEFAULT_URL: &str = "http://localhost:8088";
const CONNECT: Duration = Duration::from_secs(5);
const STREAMED_ROWS: &str = "application/vnd.ksql.v1+json";
const PRODUCE: &str = "application/vnd.kafka.json.v2+json";

/// Why a request gave no answer to use.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("`{url}` is no server address: {reason}")]
    Url { url: String, reason: String },
    #[error("the server at {url} does not answer: {reason}")]
    Unreachable { url: String, reason: String },
    /// The server's own words.
    #[error("{message}")]
    Refused { message: String, body: Json },
    #[error("the server's answer is not understood: {0}")]
    Answer(String),
}

/// What a session adds to each request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestSettings {
    /// `SET 'name' = 'value'`.
    pub properties: Map<String, Json>,
    /// `DEFINE name = 'value'`.
    pub variables: Map<String, Json>,
}

#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    /// `url`: `http://host:port`; the scheme may be missing.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let with_scheme = if url.contains("://") { url.to_string() } else { format!("http://{url}") };
        let refuse = |reason: String| ClientError::Url { url: url.to_string(), reason };
        let parsed = reqwest::Url::parse(&with_scheme).map_err(|e| refuse(e.to_string()))?;
        if parsed.scheme() != "http" || parsed.host_str().is_none() {
            return Err(refuse("expected http://HOST:PORT".to_string()));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .no_proxy()
            .build()
            .map_err(|e| refuse(e.to_string()))?;
        Ok(Self { http, url: with_scheme.trim_end_matches('/').to_string() })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// `GET /info`: the object under `KsqlServerInfo`.
    pub async fn info(&self) -> Result<Json, ClientError> {
        let request = self.http.get(format!("{}/info", self.url)).timeout(CONNECT);
        let mut info = self.json(request).await?;
        Ok(info["KsqlServerInfo"].take())
    }

    /// Whether the server knows the property and lets a session change it.
    pub async fn check_property(&self, name: &str) -> Result<(), ClientError> {
        let mut url = reqwest::Url::parse(&self.url).map_err(|e| ClientError::Answer(e.to_string()))?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["is_valid_property", name]);
        }
        self.json(self.http.get(url)).await.map(drop)
    }

    /// `POST /ksql` without session: the entities.
    pub async fn statements(&self, sql: &str) -> Result<Vec<Json>, ClientError> {
        self.statements_with(sql, &RequestSettings::default(), None).await
    }

    /// `POST /ksql`. `after`: the command that must have been applied before, if any.
    pub async fn statements_with(
        &self,
        sql: &str,
        settings: &RequestSettings,
        after: Option<i64>,
    ) -> Result<Vec<Json>, ClientError> {
        let mut body = json!({
            "ksql": sql,
            "streamsProperties": settings.properties,
            "sessionVariables": settings.variables,
        });
        if let Some(number) = after {
            body["commandSequenceNumber"] = json!(number);
        }
        match self.json(self.post("/ksql", "application/json", body.to_string())).await? {
            Json::Array(entities) => Ok(entities),
            other => Err(ClientError::Answer(other.to_string())),
        }
    }

    /// A push or pull query: rows as elements of the StreamedRow framing, which also tells of deleted rows.
    pub async fn query(&self, sql: &str, settings: &RequestSettings) -> Result<Lines, ClientError> {
        let body = json!({
            "sql": sql,
            "properties": settings.properties,
            "sessionVariables": settings.variables,
        });
        self.lines(self.post("/query-stream", STREAMED_ROWS, body.to_string())).await
    }

    /// PRINT: text lines.
    pub async fn print(&self, sql: &str, settings: &RequestSettings) -> Result<Lines, ClientError> {
        let body = json!({
            "ksql": sql,
            "streamsProperties": settings.properties,
            "sessionVariables": settings.variables,
        });
        self.lines(self.post("/query", "application/json", body.to_string())).await
    }

    /// `POST /topics/{topic}`; `body` is `{"records": [...]}`.
    pub async fn produce(&self, topic: &str, body: String) -> Result<(), ClientError> {
        let request = self.http.post(format!("{}/topics/{topic}", self.url));
        let answer = self.send(request.header("content-type", PRODUCE).body(body)).await?;
        answer.bytes().await.map(drop).map_err(|e| self.unreachable(&e))
    }

    /// Names of all topics.
    pub async fn topic_names(&self) -> Result<Vec<String>, ClientError> {
        let entities = self.statements("SHOW TOPICS;").await?;
        let topics = entities.first().and_then(|entity| entity["topics"].as_array()).cloned().unwrap_or_default();
        Ok(topics.iter().filter_map(|topic| topic["name"].as_str().map(str::to_string)).collect())
    }

    fn post(&self, path: &str, accept: &str, body: String) -> reqwest::RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.url));
        request.header("accept", accept).header("content-type", "application/json").body(body)
    }

    async fn json(&self, request: reqwest::RequestBuilder) -> Result<Json, ClientError> {
        let bytes = self.send(request).await?.bytes().await.map_err(|e| self.unreachable(&e))?;
        serde_json::from_slice(&bytes).map_err(|e| ClientError::Answer(e.to_string()))
    }

    async fn lines(&self, request: reqwest::RequestBuilder) -> Result<Lines, ClientError> {
        let answer = self.send(request).await?;
        Ok(Lines { answer, url: self.url.clone(), read: Vec::new(), at: 0, ended: false })
    }

    /// The answer if it is a success, else the server's error.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, ClientError> {
        let answer = request.send().await.map_err(|e| self.unreachable(&e))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let bytes = answer.bytes().await.map_err(|e| self.unreachable(&e))?;
        let body: Json = serde_json::from_slice(&bytes).unwrap_or(Json::Null);
        let message = match body["message"].as_str() {
            Some(message) => message.to_string(),
            None => format!("{status} {}", String::from_utf8_lossy(&bytes)).trim().to_string(),
        };
        Err(ClientError::Refused { message, body })
    }

    fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        ClientError::Unreachable { url: self.url.clone(), reason: innermost(error) }
    }
}

/// The cause at the bottom: `Connection refused` says more than `error sending request`.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// The lines of an answer as they come. Dropping it closes the connection, which ends a query on the server.
pub struct Lines {
    answer: reqwest::Response,
    url: String,
    read: Vec<u8>,
    /// Start of the first line in `read` that was not handed out.
    at: usize,
    ended: bool,
}

impl Lines {
    /// The next line without its end; `None` after the last one. Blank lines are left out.
    pub async fn next(&mut self) -> Result<Option<String>, ClientError> {
        loop {
            if let Some(line) = self.buffered() {
                if line.trim().is_empty() {
                    continue;
                }
                return Ok(Some(line));
            }
            if self.ended {
                return Ok(None);
            }
            self.read.drain(..self.at);
            self.at = 0;
            match self.answer.chunk().await {
                Ok(Some(chunk)) => self.read.extend_from_slice(&chunk),
                Ok(None) => self.ended = true,
                Err(e) => return Err(ClientError::Unreachable { url: self.url.clone(), reason: innermost(&e) }),
            }
        }
    }

    /// Whether a whole line has come already.
    pub fn has_line(&self) -> bool {
        self.read[self.at..].contains(&b'\n')
    }

    fn buffered(&mut self) -> Option<String> {
        let rest = &self.read[self.at..];
        let (line, taken) = match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => (&rest[..end], end + 1),
            None if self.ended && !rest.is_empty() => (rest, rest.len()),
            None => return None,
        };
        let line = String::from_utf8_lossy(line).trim_end_matches('\r').to_string();
        self.at += taken;
        Some(line)
    }
}
