//! Persistent queries over the embedded log on disk: from the first record of a loaded topic to the last. They are created
//! and paused before the topic is filled, so that all start at once. What they wrote is compared with what was loaded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use weir_engine::config::Config;
use weir_engine::engine::Engine;
use weir_engine::exec::{Runtime, RuntimeOptions};
use weir_engine::state::{MemoryBudget, StateDb};
use weir_engine::topic::embedded::EmbeddedLog;
use weir_engine::topic::{Partition, TopicPartition, Topics};
use weir_parser::VariableMap;

use crate::Figures;
use crate::data::{BID_COLUMNS, Bids};
use crate::measure::{measured, wait_until_quiet};

/// How often a running query is asked whether it is done.
const POLL: Duration = Duration::from_millis(5);
const READ_ROWS: usize = 4_096;

/// An engine over a log in a temporary folder, with a loaded topic and queries that wait.
struct Node {
    engine: Engine,
    queries: Vec<String>,
    /// Of all records.
    prices: Vec<u32>,
    _folder: tempfile::TempDir,
}

impl Node {
    /// A topic of bids with one partition, on disk and at rest. `BIDS` has the auction in its value, `KEYED` in its key.
    fn load(records: usize, auctions: u64, queries: &str) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let budget = MemoryBudget { block_cache_bytes: 64 << 20, write_buffer_bytes: 64 << 20 };
        let db = StateDb::open(folder.path(), budget).map_err(|e| e.to_string())?;
        let topics: Arc<dyn Topics> = Arc::new(EmbeddedLog::open(db.clone()).map_err(|e| e.to_string())?);
        let config = Config::new([("auto.offset.reset".to_string(), "earliest".to_string())]);
        let runtime = Runtime::new(Arc::clone(&topics), db.clone(), RuntimeOptions::from_config(&config));
        let engine = Engine::new(config, topics, db.clone(), Arc::new(runtime));
        let mut node = Self { engine, queries: Vec::new(), prices: Vec::new(), _folder: folder };
        node.run(&format!(
            "CREATE STREAM BIDS (AUCTION BIGINT, {BID_COLUMNS}) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON', PARTITIONS=1); \
             CREATE STREAM KEYED (AUCTION BIGINT KEY, {BID_COLUMNS}) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON');"
        ))?;
        node.queries = node.run(queries)?;
        node.queries.iter().for_each(|id| drop(node.engine.driver().pause(id)));
        let mut bids = Bids::new(auctions);
        for batch in bids.batches(records) {
            node.engine.topics().append("bids", vec![(Partition(0), batch)]).map_err(|e| e.to_string())?;
        }
        node.prices = bids.prices;
        db.flush().map_err(|e| e.to_string())?;
        wait_until_quiet();
        Ok(node)
    }

    fn run(&self, sql: &str) -> Result<Vec<String>, String> {
        let mut ids = Vec::new();
        for statement in weir_parser::parse_script(sql, &VariableMap::default()).map_err(|e| e.to_string())? {
            let prepared = self.engine.sandbox().prepare(&statement, &Config::default()).map_err(|e| e.message)?;
            ids.extend(self.engine.apply(prepared).map_err(|e| e.message)?.query_id.map(|id| id.0));
        }
        Ok(ids)
    }

    /// Lets the queries go, waits until they have read everything, and commits it.
    fn finish(&self) -> Result<(), String> {
        self.queries.iter().for_each(|id| drop(self.engine.driver().resume(id)));
        loop {
            let mut behind = 0;
            for id in &self.queries {
                let status = self.engine.driver().status(id).ok_or(format!("{id} does not run"))?;
                if let Some(error) = status.errors.last() {
                    return Err(error.message.clone());
                }
                behind += status.lag;
            }
            if behind == 0 {
                return self.engine.shutdown().map_err(|e| e.message);
            }
            std::thread::sleep(POLL);
        }
    }

    /// The only partition of a result's topic, in order: `each` takes key and value.
    fn read(&self, topic: &str, mut each: impl FnMut(&[u8], &[u8]) -> Result<(), String>) -> Result<(), String> {
        let place = TopicPartition { topic: topic.into(), partition: Partition(0) };
        let mut offset = 0;
        loop {
            let fetched = self.engine.topics().fetch(&place, offset, READ_ROWS).map_err(|e| e.to_string())?;
            let records = &fetched.records;
            if records.is_empty() {
                return Ok(());
            }
            (0..records.len()).try_for_each(|row| each(records.keys.value(row), records.values.value(row)))?;
            offset = fetched.next_offset;
        }
    }
}

pub fn filter_project(records: usize) -> Result<Figures, String> {
    several(records, 1)
}

/// Queries on one topic that each let about a tenth of the records pass.
pub fn several(records: usize, queries: u32) -> Result<Figures, String> {
    let limit = |query: u32| 9_000_000 + query * 1_000;
    let create = |query| {
        let limit = limit(query);
        format!("CREATE STREAM Q{query} AS SELECT AUCTION, PRICE FROM BIDS WHERE PRICE > {limit};")
    };
    let sql: String = (0..queries).map(create).collect();
    let node = Node::load(records, 10_000, &sql)?;
    let ((), figures) = measured(records, || node.finish())?;
    for query in 0..queries {
        let expected = node.prices.iter().filter(|price| **price > limit(query)).count();
        let mut found = 0;
        node.read(&format!("Q{query}"), |_, _| {
            found += 1;
            Ok(())
        })?;
        if found != expected {
            return Err(format!("Q{query} wrote {found} records instead of {expected}"));
        }
    }
    Ok(figures)
}

/// COUNT and SUM per auction and window, from a stream that has the auction as key (`KEYED`) or only in its value (`BIDS`).
pub fn tumbling_count(records: usize, auctions: u64, source: &str, window: &str) -> Result<Figures, String> {
    let sql = format!(
        "CREATE TABLE COUNTS AS SELECT AUCTION, COUNT(*) AS N, SUM(PRICE) AS TOTAL FROM {source} \
         WINDOW TUMBLING (SIZE {window}) GROUP BY AUCTION;"
    );
    let node = Node::load(records, auctions, &sql)?;
    let ((), figures) = measured(records, || node.finish())?;
    let mut latest: HashMap<Vec<u8>, (u64, u64)> = HashMap::new();
    node.read("COUNTS", |key, value| {
        let row: Json = serde_json::from_slice(value).map_err(|e| e.to_string())?;
        let number = |column: &str| row[column].as_u64().ok_or(format!("{row} has no {column}"));
        latest.insert(key.to_vec(), (number("N")?, number("TOTAL")?));
        Ok(())
    })?;
    let found = latest.values().fold((0, 0), |(n, total), row| (n + row.0, total + row.1));
    let expected = (records as u64, node.prices.iter().map(|price| u64::from(*price)).sum());
    if found != expected {
        return Err(format!("counts and sums of all groups are {found:?} instead of {expected:?}"));
    }
    Ok(figures)
}
