//! The names a server knows, for completion.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value as Json;

use crate::client::Client;

const QUESTION: &str = "LIST STREAMS EXTENDED; LIST TABLES EXTENDED; LIST TOPICS; LIST FUNCTIONS;";
/// Somebody waits for the Tab key.
const PATIENCE: Duration = Duration::from_millis(1500);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Sources, columns and functions.
    pub names: BTreeSet<String>,
    pub topics: BTreeSet<String>,
}

impl Catalog {
    /// Asks the server; `None` when it does not answer soon.
    pub async fn fetch(client: &Client) -> Option<Self> {
        let answer = tokio::time::timeout(PATIENCE, client.statements(QUESTION)).await.ok()?.ok()?;
        Some(Self::read(&answer))
    }

    fn read(entities: &[Json]) -> Self {
        let mut catalog = Self::default();
        for entity in entities {
            for source in items(&entity["sourceDescriptions"]) {
                catalog.names.extend(name(source));
                catalog.names.extend(items(&source["fields"]).filter_map(name));
            }
            catalog.names.extend(items(&entity["functions"]).filter_map(name));
            catalog.topics.extend(items(&entity["topics"]).filter_map(name));
        }
        catalog
    }
}

fn items(array: &Json) -> impl Iterator<Item = &Json> {
    array.as_array().into_iter().flatten()
}

fn name(item: &Json) -> Option<String> {
    item["name"].as_str().map(str::to_string)
}
