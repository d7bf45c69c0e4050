//! Weir beside Kafka Streams: the same jobs on the same topics of a real broker, in turns, with the outputs compared.
//!
//! `broker` runs the broker and builds the Java programs; `tool` is our hand in Kafka; `engine` starts a job in one of the two;
//! `run` measures a job to the end of its input, `recovery` what a crash costs; `report` prints and writes the figures.

mod broker;
mod engine;
mod http;
mod options;
mod process;
mod recovery;
mod report;
mod run;
mod tool;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use broker::Broker;
use engine::Engine;
pub use options::Options;
use tool::{Loaded, Tool};

pub const PARTITIONS: usize = 4;
const INPUT: &str = "bids";

/// Runs everything that the options ask for.
pub fn run(options: &Options) -> Result<(), String> {
    let folder = tempfile::Builder::new().prefix("weir-peers").tempdir().map_err(|e| e.to_string())?;
    say("starting a broker, compiling the Java programs");
    let broker = Broker::start(folder.path())?;
    let mut tool = broker.tool()?;
    let engines: Vec<Engine> = options.engines.iter().map(|kind| Engine::new(*kind, &broker, options)).collect();
    let mut report = report::Report::new(options);
    if !options.jobs.is_empty() {
        let loaded = load(&mut tool, INPUT, options.records, options.keys, options.records_per_ms)?;
        let mut bench = run::Bench { tool: &mut tool, input: INPUT, loaded, limit: options.limit() };
        for round in 1..=options.rounds {
            for job in &options.jobs {
                report.runs.extend(bench.side_by_side(&engines, *job, round, folder.path())?);
            }
        }
        delete(&mut tool, INPUT)?;
    }
    if options.recovery_keys > 0 {
        let loaded =
            load(&mut tool, recovery::INPUT, options.recovery_keys, options.recovery_keys, options.records_per_ms)?;
        for engine in &engines {
            report.recoveries.extend(recovery::measure(&mut tool, engine, &loaded, options.limit(), folder.path())?);
        }
    }
    report.print();
    report.write()
}

fn say(text: &str) {
    eprintln!("peers: {text}");
}

/// Makes a topic and fills it. Event time ends about now, so that no broker takes the records for expired ones.
fn load(tool: &mut Tool, topic: &str, records: u64, keys: u64, records_per_ms: u64) -> Result<Loaded, String> {
    say(&format!("loading {records} records into topic {topic}"));
    create(tool, topic)?;
    let bar = ProgressBar::new(records);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} records, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let minute = 60_000;
    let start_ms = (now_ms() - (records / records_per_ms) as i64) / minute * minute - minute;
    let command = json!({ "do": "load", "topic": topic, "records": records, "keys": keys, "start": start_ms, "records_per_ms": records_per_ms });
    let answer = tool.ask_with_progress(&command, |at| bar.set_position(at))?;
    bar.finish_and_clear();
    serde_json::from_value(answer).map_err(|e| e.to_string())
}

fn create(tool: &mut Tool, topic: &str) -> Result<(), String> {
    tool.ask(&json!({ "do": "create", "topic": topic, "partitions": PARTITIONS })).map(|_| ())
}

/// Deletes all topics whose names begin so.
fn delete(tool: &mut Tool, prefix: &str) -> Result<(), String> {
    tool.ask(&json!({ "do": "delete", "prefix": prefix })).map(|_| ())
}

/// Wall clock in ms since 1970, as Java gives it.
fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis() as i64
}
