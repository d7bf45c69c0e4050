//! What a crash costs: a table of many keys is killed with `kill -9` and started again, with its local state and without.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::engine::{Engine, state_folder};
use super::options::{EngineKind, Job};
use super::tool::{Loaded, Tool};
use super::{PARTITIONS, create, say};

pub const INPUT: &str = "recovery_bids";
/// Records that come after the crash, each with another key: enough that every partition gets some.
const NEW_RECORDS: u64 = 64;

pub struct Recovery {
    pub engine: EngineKind,
    pub keys: u64,
    /// Whether the state folder was there.
    pub state_kept: bool,
    /// From the start of the process until every partition has output of new input.
    pub seconds: f64,
    /// What of that was waiting until the group forgot the dead process.
    pub group_wait_seconds: f64,
    pub cpu_seconds: f64,
    pub peak_bytes: u64,
}

impl Recovery {
    pub fn as_json(&self) -> Json {
        json!({
            "engine": self.engine.name(), "keys": self.keys, "state_kept": self.state_kept, "seconds": self.seconds,
            "group_wait_seconds": self.group_wait_seconds,
            "cpu_seconds": self.cpu_seconds, "peak_mb": self.peak_bytes as f64 / 1e6,
        })
    }
}

/// Fills the table, then kills and restarts it twice.
pub fn measure(
    tool: &mut Tool,
    engine: &Engine,
    loaded: &Loaded,
    limit: Duration,
    folder: &Path,
) -> Result<Vec<Recovery>, String> {
    let job = Job::Count;
    let place = engine.place(job, "recovery", INPUT, folder);
    let output = &place.output;
    say(&format!("recovery: filling {} keys on {}", loaded.records, engine.kind.name()));
    if engine.wants_output_topic() {
        create(tool, output)?;
    }
    let before = tool.digest(INPUT, false)?.records;
    let running = engine.start(job, &place)?;
    let group = running.group.clone();
    let finish =
        json!({ "do": "finish", "group": group, "input": INPUT, "output": output, "seconds": limit.as_secs() });
    tool.ask(&finish)?;
    let mut process = running.process;
    let mut recoveries = Vec::new();
    for state_kept in [true, false] {
        say(&format!(
            "recovery: kill -9 of {}, state {}",
            engine.kind.name(),
            if state_kept { "kept" } else { "lost" }
        ));
        drop(process);
        if !state_kept {
            std::fs::remove_dir_all(state_folder(&place)).map_err(|e| e.to_string())?;
        }
        let ends = tool.ask(&json!({ "do": "ends", "topic": output }))?;
        tool.ask(&json!({ "do": "more", "topic": INPUT, "records": NEW_RECORDS }))?;
        let first = json!({ "do": "first", "topic": output, "partitions": PARTITIONS, "from": ends, "seconds": limit.as_secs() });
        tool.send(&first)?;
        process = engine.restart(job, &place)?;
        let at_ms =
            tool.receive().map_err(|e| format!("recovery of {}: {e}\n{}", engine.kind.name(), process.errors()))?;
        recoveries.push(Recovery {
            engine: engine.kind,
            keys: loaded.records,
            state_kept,
            seconds: (at_ms["at_ms"].as_i64().unwrap_or(0) - process.began_ms) as f64 / 1e3,
            group_wait_seconds: process.group_wait_seconds().unwrap_or(0.0),
            cpu_seconds: process.cpu_seconds(),
            peak_bytes: process.peak_bytes(),
        });
        tool.ask(&finish)?;
    }
    drop(process);
    // A table that came back with less than it had would count the new records of a key from nothing.
    let (wanted, counted) = (before + 2 * NEW_RECORDS, tool.digest(output, true)?.n);
    if counted != wanted {
        return Err(format!("{} has counted {counted} records after recovery and not {wanted}", engine.kind.name()));
    }
    std::fs::remove_dir_all(&place.folder).map_err(|e| e.to_string())?;
    Ok(recoveries)
}
