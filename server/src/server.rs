//! Opens the node and listens: HTTP/1.1 and cleartext HTTP/2 on one port, until it is told to stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;
use weir_engine::config::Config;
use weir_engine::engine::{Engine, EngineError};
use weir_engine::exec::{Runtime, RuntimeOptions};
use weir_engine::state::{MemoryBudget, StateDb, StateError};
use weir_engine::topic::Topics;
use weir_engine::topic::embedded::EmbeddedLog;
use weir_engine::topic::kafka::KafkaTopics;

use crate::api;
use crate::command_log::CommandLog;
use crate::context::ServerContext;
use crate::processing_log;
use crate::statements::restore;

/// How long open requests may still run after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(5);
/// Longest wait for the cluster's first answer, and between two tries to come up.
const PING: Duration = Duration::from_secs(5);
const RETRY_MIN: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(10);
/// How long the server waits with its first answer for a cluster that may be coming.
const FIRST_TRY: Duration = Duration::from_secs(10);
/// How often retention and compaction of the embedded log run: as often as Kafka checks retention.
const MAINTENANCE_MS: i64 = 300_000;

#[derive(Clone, Debug)]
pub struct ServerOptions {
    pub listen: SocketAddr,
    /// `None`: everything in memory, gone when the server stops.
    pub data_dir: Option<PathBuf>,
    pub config: Config,
}

#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("{0}")]
    State(#[from] StateError),
    #[error("cannot open the log: {0}")]
    Log(#[from] weir_engine::topic::TopicError),
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: std::io::Error },
    #[error("cannot create the data folder {folder}: {reason}")]
    Folder { folder: PathBuf, reason: std::io::Error },
    #[error("{0}")]
    Restore(String),
}

/// A server that answers requests; on Kafka maybe only that it is not ready yet.
pub struct Server {
    pub address: SocketAddr,
    context: Arc<ServerContext>,
    stop: watch::Sender<bool>,
    accepting: tokio::task::JoinHandle<()>,
    maintaining: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Opens the data folder and starts to answer. The command log is replayed before that, but for Kafka's: a cluster that does
    /// not answer is waited for in the background.
    pub async fn start(options: ServerOptions) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(options.listen)
            .await
            .map_err(|reason| ServerError::Listen { address: options.listen, reason })?;
        let address =
            listener.local_addr().map_err(|reason| ServerError::Listen { address: options.listen, reason })?;
        let (context, log) = tokio::task::spawn_blocking(move || open(options, address))
            .await
            .map_err(|e| ServerError::Restore(e.to_string()))??;
        if context.kafka.is_some() {
            let waited = Arc::clone(&context);
            let context = Arc::clone(&context);
            std::thread::Builder::new()
                .name("weir-start".into())
                .spawn(move || come_up_with_cluster(&context))
                .map_err(|e| ServerError::Restore(format!("cannot start a thread: {e}")))?;
            // Who waits for the port finds the server ready, unless the cluster is not there.
            let begun = Instant::now();
            while begun.elapsed() < FIRST_TRY && !waited.readiness.has_settled() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&context), stopped.clone()));
        let maintaining = tokio::spawn(maintain(log, Arc::clone(&context), stopped));
        Ok(Self { address, context, stop, accepting, maintaining })
    }

    pub fn context(&self) -> &Arc<ServerContext> {
        &self.context
    }

    /// Takes no new requests, ends push queries, commits everything.
    pub async fn stop(self) -> Result<(), ServerError> {
        let _ = self.stop.send(true);
        self.context.readiness.stop();
        for query in self.context.push_queries.lock().values() {
            query.rows.end(weir_engine::exec::EndReason::Terminated);
        }
        let _ = tokio::time::timeout(DRAIN, self.accepting).await;
        self.maintaining.abort();
        let context = self.context;
        tokio::task::spawn_blocking(move || context.engine.shutdown())
            .await
            .map_err(|e| ServerError::Restore(e.to_string()))?
            .map_err(|e| ServerError::Restore(e.message))
    }
}

type Opened = (Arc<ServerContext>, Option<Arc<EmbeddedLog>>);

fn open(options: ServerOptions, address: SocketAddr) -> Result<Opened, ServerError> {
    let db = match &options.data_dir {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|reason| ServerError::Folder { folder: folder.clone(), reason })?;
            StateDb::open(folder, memory_budget(&options.config))?
        }
        None => StateDb::in_memory(),
    };
    let (topics, log, kafka) = open_topics(&options.config, &db)?;
    let mut runtime_options = RuntimeOptions::from_config(&options.config);
    if let Some(log) = processing_log::log(&topics, &options.config) {
        runtime_options.log = Arc::new(log);
    }
    let runtime = Runtime::new(Arc::clone(&topics), db.clone(), runtime_options);
    let engine = Arc::new(Engine::new(options.config, Arc::clone(&topics), db, Arc::new(runtime)));
    let command_log = CommandLog::new(topics, engine.config());
    let context = Arc::new(ServerContext::new(engine, command_log, kafka, address.to_string()));
    if context.kafka.is_none() {
        come_up(&context).map_err(|e| ServerError::Restore(e.message))?;
    }
    Ok((context, log))
}

/// Brings the node back to where its command log ends.
fn come_up(context: &Arc<ServerContext>) -> Result<(), EngineError> {
    processing_log::create_topic(context)?;
    context.command_log.connect()?;
    claim_identity(context)?;
    restore(context)?;
    if let Err(error) = processing_log::create_stream(context) {
        tracing::error!(error = error.message, "the stream over the processing log could not be created");
    }
    context.readiness.set_ready();
    Ok(())
}

/// Stops a process of the same service that still runs, and this one's queries once it is stopped so itself.
fn claim_identity(context: &Arc<ServerContext>) -> Result<(), EngineError> {
    let Some(kafka) = &context.kafka else { return Ok(()) };
    let mut claimed = context.identity.lock();
    if claimed.is_some() {
        return Ok(());
    }
    let weak = Arc::downgrade(context);
    let lost = move |reason: String| {
        if let Some(context) = weak.upgrade() {
            tracing::error!("{reason}: queries stop here");
            context.engine.driver().fence(&reason);
        }
    };
    *claimed = Some(kafka.claim_identity(context.command_log.topic(), lost)?);
    Ok(())
}

/// Tries to come up until the cluster lets it.
fn come_up_with_cluster(context: &Arc<ServerContext>) {
    let servers = context.config().get("bootstrap.servers").unwrap_or_default();
    let mut pause = RETRY_MIN;
    while !context.readiness.is_stopping() {
        let ping = context.kafka.as_ref().map_or(Ok(()), |kafka| kafka.ping(PING));
        match ping.map_err(EngineError::from).and_then(|()| come_up(context)) {
            Ok(()) => return,
            Err(error) => context.readiness.waits_for(&format!("Kafka at {servers}: {}", error.message)),
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(RETRY_MAX);
    }
}

type OpenedTopics = (Arc<dyn Topics>, Option<Arc<EmbeddedLog>>, Option<Arc<KafkaTopics>>);

/// The cluster's topics when `bootstrap.servers` is set, else the embedded log, which needs maintenance.
fn open_topics(config: &Config, db: &StateDb) -> Result<OpenedTopics, ServerError> {
    if config.get("bootstrap.servers").is_some_and(|servers| !servers.trim().is_empty()) {
        let kafka = Arc::new(KafkaTopics::open(config, db.clone())?);
        return Ok((kafka.clone(), None, Some(kafka)));
    }
    let log = Arc::new(EmbeddedLog::open(db.clone())?);
    Ok((log.clone(), Some(log), None))
}

fn memory_budget(config: &Config) -> MemoryBudget {
    let bytes = |name, default| config.i64(name, default).max(1 << 20) as usize;
    MemoryBudget {
        block_cache_bytes: bytes("weir.state.block.cache.bytes", 64 << 20),
        write_buffer_bytes: bytes("weir.state.write.buffer.bytes", 64 << 20),
    }
}

async fn accept(listener: TcpListener, context: Arc<ServerContext>, mut stopped: watch::Receiver<bool>) {
    let service = TowerToHyperService::new(api::routes(context));
    let connections = hyper_util::server::graceful::GracefulShutdown::new();
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    // Out of file descriptors, most likely: wait for some to be closed.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = stopped.changed() => break,
        };
        let _ = socket.set_nodelay(true);
        let builder = auto::Builder::new(TokioExecutor::new());
        let connection = builder.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
        let watched = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection ended with an error");
            }
        });
    }
    let _ = tokio::time::timeout(DRAIN, connections.shutdown()).await;
}

async fn maintain(log: Option<Arc<EmbeddedLog>>, context: Arc<ServerContext>, mut stopped: watch::Receiver<bool>) {
    let Some(log) = log else { return };
    let interval = context.config().i64("weir.log.retention.check.interval.ms", MAINTENANCE_MS).max(1_000) as u64;
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(interval)) => {}
            _ = stopped.changed() => return,
        }
        let (log, now_ms) = (Arc::clone(&log), context.now_ms());
        let outcome = tokio::task::spawn_blocking(move || log.maintain(now_ms)).await;
        if let Ok(Err(error)) = outcome {
            tracing::warn!(%error, "retention and compaction of the log failed; they are tried again");
        }
    }
}
