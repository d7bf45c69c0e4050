//! Persistent queries over the embedded log on disk: from the first record of a loaded topic to the last.

use std::sync::Arc;
use std::time::Duration;

use weir_engine::config::Config;
use weir_engine::engine::Engine;
use weir_engine::exec::{Runtime, RuntimeOptions};
use weir_engine::state::{MemoryBudget, StateDb};
use weir_engine::topic::embedded::EmbeddedLog;
use weir_engine::topic::{Partition, Topics};
use weir_parser::VariableMap;

use crate::Figures;
use crate::data::{BID_COLUMNS, Bids};
use crate::measure::measured;

/// How often a running query is asked whether it is done.
const POLL: Duration = Duration::from_millis(5);

/// An engine over a log in a temporary folder.
struct Node {
    engine: Engine,
    _folder: tempfile::TempDir,
}

impl Node {
    fn open() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let budget = MemoryBudget { block_cache_bytes: 64 << 20, write_buffer_bytes: 64 << 20 };
        let db = StateDb::open(folder.path(), budget).map_err(|e| e.to_string())?;
        let topics: Arc<dyn Topics> = Arc::new(EmbeddedLog::open(db.clone()).map_err(|e| e.to_string())?);
        let config = Config::new([("auto.offset.reset".to_string(), "earliest".to_string())]);
        let runtime = Runtime::new(Arc::clone(&topics), db.clone(), RuntimeOptions::from_config(&config));
        Ok(Self { engine: Engine::new(config, topics, db, Arc::new(runtime)), _folder: folder })
    }

    fn run(&self, sql: &str) -> Result<Vec<String>, String> {
        let mut ids = Vec::new();
        for statement in weir_parser::parse_script(sql, &VariableMap::default()).map_err(|e| e.to_string())? {
            let prepared = self.engine.sandbox().prepare(&statement, &Config::default()).map_err(|e| e.message)?;
            ids.extend(self.engine.apply(prepared).map_err(|e| e.message)?.query_id.map(|id| id.0));
        }
        Ok(ids)
    }

    /// Creates the stream of bids over one partition and fills it.
    fn load(&self, records: usize, keys: u64) -> Result<(), String> {
        self.run(&format!(
            "CREATE STREAM BIDS ({BID_COLUMNS}) WITH (KAFKA_TOPIC='bids', VALUE_FORMAT='JSON', PARTITIONS=1);"
        ))?;
        for batch in Bids::new(keys).batches(records) {
            self.engine.topics().append("bids", vec![(Partition(0), batch)]).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// Starts queries and waits until they have read everything and committed it.
    fn finish(&self, sql: &str) -> Result<(), String> {
        let ids = self.run(sql)?;
        loop {
            let mut behind = 0;
            for id in &ids {
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
}

fn query(records: usize, keys: u64, sql: &str) -> Result<Figures, String> {
    let node = Node::open()?;
    node.load(records, keys)?;
    let (_, figures) = measured(records, || node.finish(sql))?;
    Ok(figures)
}

pub fn filter_project(records: usize) -> Result<Figures, String> {
    query(records, 10_000, "CREATE STREAM EXPENSIVE AS SELECT AUCTION, PRICE FROM BIDS WHERE PRICE > 9000000;")
}

pub fn tumbling_count(records: usize, keys: u64) -> Result<Figures, String> {
    query(
        records,
        keys,
        "CREATE TABLE COUNTS AS SELECT AUCTION, COUNT(*) AS N FROM BIDS WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY AUCTION;",
    )
}

pub fn several(records: usize, queries: usize) -> Result<Figures, String> {
    let sql: String = (0..queries)
        .map(|i| {
            let limit = 9_000_000 + i * 1_000;
            format!("CREATE STREAM Q{i} AS SELECT AUCTION, PRICE FROM BIDS WHERE PRICE > {limit};")
        })
        .collect();
    query(records / 4, 10_000, &sql)
}
