//! Statements for Weir's server.

use serde_json::{Value as Json, json};

/// Executes statements; gives the id of the query that the last one started.
pub fn execute(address: &str, sql: &str) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let url = format!("http://{address}/ksql");
    let text = runtime.block_on(crate::pull::post(&reqwest::Client::new(), &url, &json!({ "ksql": sql })))?;
    let entities: Vec<Json> = serde_json::from_str(&text).map_err(|e| format!("{e}: {text}"))?;
    let id = entities.last().and_then(|entity| entity["commandStatus"]["queryId"].as_str());
    id.map(ToString::to_string).ok_or(format!("no query was started: {text}"))
}
