//! `weir test --kafka`: the cases once more through a real broker, compared with what they gave in process.
//!
//! `topics` puts a case's topics on the broker, `compare` finds where two reports differ.

mod compare;
mod left;
mod topics;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use weir_engine::config::Config;
use weir_engine::state::StateDb;
use weir_engine::topic::kafka::KafkaTopics;
use weir_engine::topic::{TopicError, Topics};

pub use compare::difference;
use topics::CaseTopics;

use super::case::Case;

/// How long the broker may take to answer for the first time.
const PING: Duration = Duration::from_secs(10);
/// Where time begins for cases that begin at 0: librdkafka takes the time 0 for "now".
const SHIFT_MS: i64 = 86_400_000;

/// The broker that cases run on.
pub struct Broker {
    bootstrap_servers: String,
    /// Stands before all names of this run.
    run: String,
    cases: AtomicU64,
}

impl Broker {
    /// # Errors
    /// When no broker answers there.
    pub fn reach(bootstrap_servers: &str) -> Result<Self, String> {
        let told = |e: TopicError| format!("--kafka {bootstrap_servers}: {e}");
        let config = with_servers(Config::default(), bootstrap_servers);
        KafkaTopics::open(&config, StateDb::in_memory()).and_then(|topics| topics.ping(PING)).map_err(told)?;
        let run = format!("weir-test-{:08x}", rand::random::<u32>());
        Ok(Self { bootstrap_servers: bootstrap_servers.to_string(), run, cases: AtomicU64::new(0) })
    }

    /// Topics for one run of a case.
    pub fn topics(&self, case: &Case, config: Config, db: StateDb) -> Result<Arc<dyn Topics>, String> {
        let config = with_servers(config, &self.bootstrap_servers);
        let topics = KafkaTopics::open(&config, db).map_err(|e| e.to_string())?;
        let number = self.cases.fetch_add(1, Ordering::Relaxed);
        let shift_ms = if begins_at_zero(case) { SHIFT_MS } else { 0 };
        Ok(Arc::new(CaseTopics::new(topics, format!("{}-{number}.", self.run), shift_ms)))
    }
}

fn with_servers(mut config: Config, bootstrap_servers: &str) -> Config {
    config.set("bootstrap.servers", bootstrap_servers);
    config
}

/// Whether a record of the case may have the time 0 or an earlier one; inserted rows without ROWTIME have 0.
fn begins_at_zero(case: &Case) -> bool {
    let body = &case.body;
    body.inputs.iter().chain(&body.outputs).any(|record| record.timestamp.unwrap_or(0) <= 0)
        || body.statements.iter().any(|text| text.to_ascii_uppercase().contains("INSERT INTO"))
}
