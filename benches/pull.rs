//! Pull queries by key over HTTP: requests per second at a number of connections.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Figures;
use crate::measure::{cpu_seconds_of, resident_bytes};
use crate::start::RunningServer;

const KEYS: usize = 1_000;
const SECONDS: u64 = 4;
const MATERIALISED_MAX: Duration = Duration::from_secs(20);

pub fn pull(weir: &Path, connections: usize) -> Result<Figures, String> {
    let server = RunningServer::start(weir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    runtime.block_on(run(&server, connections))
}

async fn run(server: &RunningServer, connections: usize) -> Result<Figures, String> {
    let client = reqwest::Client::new();
    prepare(&client, &server.address).await?;
    let (cpu, begun) = (cpu_seconds_of(server.pid()), Instant::now());
    let deadline = begun + Duration::from_secs(SECONDS);
    let workers: Vec<_> = (0..connections)
        .map(|worker| tokio::spawn(ask(client.clone(), server.address.clone(), worker, deadline)))
        .collect();
    let mut requests = 0;
    for worker in workers {
        requests += worker.await.map_err(|e| e.to_string())??;
    }
    Ok(Figures {
        records: requests,
        cpu_seconds: cpu_seconds_of(server.pid()) - cpu,
        wall_seconds: begun.elapsed().as_secs_f64(),
        peak_bytes: resident_bytes(server.pid()),
        ..Figures::default()
    })
}

/// Fills a table of counts by key and waits until its last key answers.
async fn prepare(client: &reqwest::Client, address: &str) -> Result<(), String> {
    let ddl = "CREATE STREAM S (K STRING KEY, V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=4); \
               CREATE TABLE T AS SELECT K, COUNT(*) AS N, SUM(V) AS TOTAL FROM S GROUP BY K;";
    let body = serde_json::json!({ "ksql": ddl, "streamsProperties": { "auto.offset.reset": "earliest", "commit.interval.ms": 50 } });
    post(client, &format!("http://{address}/ksql"), &body).await?;
    let records: Vec<_> =
        (0..KEYS).map(|i| serde_json::json!({ "key": format!("k{i}"), "value": { "V": i } })).collect();
    // Keys are plain text: JSON quotes belong to the key bytes here as they would for any JSON producer.
    post(client, &format!("http://{address}/topics/s"), &serde_json::json!({ "records": records })).await?;
    let begun = Instant::now();
    while begun.elapsed() < MATERIALISED_MAX {
        if post(client, &format!("http://{address}/query-stream"), &question(KEYS - 1)).await?.contains(",1,") {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the table was not filled in time".into())
}

fn question(key: usize) -> serde_json::Value {
    serde_json::json!({ "sql": format!("SELECT * FROM T WHERE K = '\"k{key}\"';") })
}

async fn ask(client: reqwest::Client, address: String, worker: usize, deadline: Instant) -> Result<u64, String> {
    let url = format!("http://{address}/query-stream");
    let mut asked = 0;
    while Instant::now() < deadline {
        let answer = post(&client, &url, &question((worker * 61 + asked as usize * 7) % KEYS)).await?;
        if !answer.contains(",1,") {
            return Err(format!("a row is missing: {answer}"));
        }
        asked += 1;
    }
    Ok(asked)
}

/// Sends JSON; gives the text of a good answer.
pub async fn post(client: &reqwest::Client, url: &str, body: &serde_json::Value) -> Result<String, String> {
    let answer = client
        .post(url)
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .map_err(|e| e.to_string())?;
    let status = answer.status();
    let text = answer.text().await.map_err(|e| e.to_string())?;
    if status.is_success() { Ok(text) } else { Err(format!("{status}: {text}")) }
}
