//! What all endpoints share: the engine, the command log, running push queries and the server's own settings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use weir_engine::config::Config;
use weir_engine::engine::Engine;
use weir_engine::exec::Subscription;
use weir_engine::plan::QueryPlan;
use weir_engine::topic::kafka::{Identity, KafkaTopics};

use crate::command_log::CommandLog;
use crate::metrics::Metrics;
use crate::readiness::Readiness;

/// The version that clients see; they parse it.
pub const KSQL_VERSION: &str = "0.29.0";

/// A push query (or bounded scan) that is being answered.
pub struct RunningPushQuery {
    pub plan: Arc<QueryPlan>,
    pub rows: Subscription,
}

pub struct ServerContext {
    pub engine: Arc<Engine>,
    pub command_log: CommandLog,
    /// By query id as issued; looked up without regard to case.
    pub push_queries: Mutex<BTreeMap<String, RunningPushQuery>>,
    pub metrics: Metrics,
    /// `host:port` under which this node names itself in status entities.
    pub host: String,
    /// Statements that change something are validated, logged and applied one request at a time.
    pub statement_turn: Mutex<()>,
    pub readiness: Readiness,
    /// The cluster, where the topics are Kafka's.
    pub kafka: Option<Arc<KafkaTopics>>,
    /// The claim to be the one process of the service, on Kafka.
    pub identity: Mutex<Option<Identity>>,
    /// When the cluster was last asked for its health, and what was wrong.
    pub kafka_health: Mutex<Option<(Instant, Option<String>)>>,
    random_state: AtomicU64,
}

impl ServerContext {
    pub fn new(engine: Arc<Engine>, command_log: CommandLog, kafka: Option<Arc<KafkaTopics>>, host: String) -> Self {
        let seed = uuid::Uuid::new_v4().as_u64_pair().0;
        Self {
            engine,
            command_log,
            push_queries: Mutex::default(),
            metrics: Metrics::default(),
            host,
            statement_turn: Mutex::new(()),
            readiness: Readiness::default(),
            kafka,
            identity: Mutex::default(),
            kafka_health: Mutex::default(),
            random_state: AtomicU64::new(seed),
        }
    }

    /// The server's configuration.
    pub fn config(&self) -> &Config {
        self.engine.config()
    }

    /// Wall clock in ms since the epoch.
    pub fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
    }

    /// A number for the ids of transient queries; never the same twice in a process.
    pub fn random(&self) -> u64 {
        let x = self.random_state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (x ^ (x >> 27)) >> 1
    }
}
