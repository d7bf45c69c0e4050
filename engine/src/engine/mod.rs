//! The engine as its users see it: statements are prepared against a metastore, applied, and queried.
//!
//! Holds the current metastore and the persistent queries; runs them through a `Driver`. Knows no HTTP and keeps no
//! command log: the server logs what it applies and replays it here.

mod driver;
mod error;
mod insert;
mod logged;
mod pull;
mod replan;
mod sandbox;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::RwLock;
use weir_parser::ast::{InsertValues, Name, Query, QuerySelector};

pub use driver::{Driver, SimulatedDriver, query_options};
pub use error::{EngineError, ErrorKind};
pub use insert::RowValues;
pub use logged::LoggedChange;
pub use pull::PullAnswer;
pub use sandbox::{Prepared, Sandbox};

use crate::config::Config;
use crate::exec::Subscription;
use crate::metastore::{DataSource, MetaStore, QueryId};
use crate::plan::{self, PullOutcome, QueryPlan, StatementPlan};
use crate::state::StateDb;
use crate::topic::{Partition, TopicError, TopicPartition, TopicSpec, Topics};

/// A persistent query as registered.
#[derive(Clone, Debug)]
pub struct PersistentQuery {
    pub plan: Arc<QueryPlan>,
    /// The session's overrides when it was created.
    pub overrides: Config,
}

/// A push query on its way to a client. Dropping it stops the query.
pub struct PushQuery {
    pub plan: Arc<QueryPlan>,
    pub subscription: Subscription,
    driver: Arc<dyn Driver>,
}

impl Drop for PushQuery {
    fn drop(&mut self) {
        if let Err(error) = self.driver.stop(&self.plan.id, true) {
            tracing::warn!(query = self.plan.id, %error, "a push query left something behind");
        }
    }
}

/// What applying a statement did, in ksqlDB's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// `Stream created`, `Created query with ID CTAS_T_1`, ...
    pub message: String,
    pub query_id: Option<QueryId>,
}

struct Registered {
    metastore: MetaStore,
    persistent: BTreeMap<QueryId, PersistentQuery>,
    next_query_number: u64,
}

/// The engine. Statements are applied one at a time; queries run and are read concurrently.
pub struct Engine {
    config: Config,
    topics: Arc<dyn Topics>,
    db: StateDb,
    driver: Arc<dyn Driver>,
    registered: RwLock<Registered>,
    keyless_turn: AtomicU32,
}

impl Engine {
    pub fn new(config: Config, topics: Arc<dyn Topics>, db: StateDb, driver: Arc<dyn Driver>) -> Self {
        let registered =
            Registered { metastore: MetaStore::default(), persistent: BTreeMap::new(), next_query_number: 0 };
        Self { config, topics, db, driver, registered: RwLock::new(registered), keyless_turn: AtomicU32::new(0) }
    }

    pub fn config(&self) -> &Config {
        &self.config
    }
    pub fn topics(&self) -> &Arc<dyn Topics> {
        &self.topics
    }
    pub fn driver(&self) -> &Arc<dyn Driver> {
        &self.driver
    }
    /// The metastore as it is now.
    pub fn metastore(&self) -> MetaStore {
        self.registered.read().metastore.clone()
    }
    /// Persistent queries in the order of their ids.
    pub fn persistent_queries(&self) -> Vec<PersistentQuery> {
        self.registered.read().persistent.values().cloned().collect()
    }
    /// The persistent query of that id, without regard to case.
    pub fn persistent_query(&self, id: &str) -> Option<PersistentQuery> {
        self.registered.read().persistent.iter().find(|(q, _)| q.matches(id)).map(|(_, query)| query.clone())
    }

    /// A scratch copy of what is registered, on which a series of statements can be tried.
    pub fn sandbox(&self) -> Sandbox {
        let registered = self.registered.read();
        Sandbox::new(
            registered.metastore.clone(),
            registered.next_query_number,
            self.config.clone(),
            Arc::clone(&self.topics),
        )
    }

    /// Query ids get numbers from here on; the server gives the command log's offset. Never goes back.
    pub fn advance_query_number(&self, number: u64) {
        let mut registered = self.registered.write();
        registered.next_query_number = registered.next_query_number.max(number);
    }

    /// Carries out a prepared statement. When it fails, topics that it created are gone again.
    pub fn apply(&self, prepared: Prepared) -> Result<Applied, EngineError> {
        let Prepared { plan, metastore, overrides, next_query_number, .. } = prepared;
        let applied = match plan {
            StatementPlan::NoOp { warning } => Applied { message: warning, query_id: None },
            StatementPlan::Nothing { message } => Applied { message, query_id: None },
            StatementPlan::CreateSource { source, topic, query, .. } => {
                self.create_source(&source, topic, query, &overrides)?
            }
            StatementPlan::CreateAs { topic, query, replaces, .. } => {
                self.create_as(topic, query, replaces, &overrides)?
            }
            StatementPlan::InsertInto { query } => self.start_persistent(query, &overrides)?,
            StatementPlan::DropSource { terminate, delete_topic, message, .. } => {
                if let Some(id) = terminate {
                    self.remove_query(&id)?;
                }
                if let Some(topic) = delete_topic {
                    self.delete_topic_if_there(&topic)?;
                }
                Applied { message, query_id: None }
            }
            StatementPlan::AlterSource { message, .. }
            | StatementPlan::RegisterType { message, .. }
            | StatementPlan::DropType { message, .. } => Applied { message, query_id: None },
        };
        let mut registered = self.registered.write();
        registered.metastore = metastore;
        registered.next_query_number = registered.next_query_number.max(next_query_number);
        Ok(applied)
    }

    fn create_source(
        &self,
        source: &DataSource,
        topic: Option<TopicSpec>,
        query: Option<QueryPlan>,
        overrides: &Config,
    ) -> Result<Applied, EngineError> {
        let created = self.create_topic(topic.as_ref())?;
        let started = query
            .map(|query| self.start_persistent(query, overrides))
            .transpose()
            .inspect_err(|_| self.undo_topic(created))?;
        if let Some(started) = started {
            return Ok(started);
        }
        let message = match source.kind {
            weir_parser::ast::SourceKind::Stream => "Stream created",
            weir_parser::ast::SourceKind::Table => "Table created",
        };
        Ok(Applied { message: message.into(), query_id: None })
    }

    fn create_as(
        &self,
        topic: Option<TopicSpec>,
        query: QueryPlan,
        replaces: bool,
        overrides: &Config,
    ) -> Result<Applied, EngineError> {
        let created = self.create_topic(topic.as_ref())?;
        if replaces {
            self.driver.stop(&query.id, false)?;
        }
        self.start_persistent(query, overrides).inspect_err(|_| self.undo_topic(created))
    }

    fn create_topic(&self, topic: Option<&TopicSpec>) -> Result<Option<String>, EngineError> {
        let Some(spec) = topic else { return Ok(None) };
        match self.topics.create(spec) {
            Ok(()) => Ok(Some(spec.name.clone())),
            Err(TopicError::TopicExists(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn undo_topic(&self, created: Option<String>) {
        if let Some(topic) = created
            && let Err(error) = self.topics.delete(&topic)
        {
            tracing::warn!(topic, %error, "a topic of a failed statement stays behind");
        }
    }

    fn delete_topic_if_there(&self, topic: &str) -> Result<(), EngineError> {
        match self.topics.delete(topic) {
            Ok(()) | Err(TopicError::UnknownTopic(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn start_persistent(&self, query: QueryPlan, overrides: &Config) -> Result<Applied, EngineError> {
        let options = query_options(&self.config.overridden(overrides));
        let plan = Arc::new(query);
        self.driver.start(Arc::clone(&plan), options)?;
        let id = QueryId(plan.id.clone());
        let query = PersistentQuery { plan, overrides: overrides.clone() };
        self.registered.write().persistent.insert(id.clone(), query);
        Ok(Applied { message: format!("Created query with ID {id}"), query_id: Some(id) })
    }

    fn remove_query(&self, id: &QueryId) -> Result<(), EngineError> {
        self.driver.stop(&id.0, true)?;
        self.registered.write().persistent.remove(id);
        Ok(())
    }

    /// The persistent queries that a TERMINATE, PAUSE or RESUME names.
    ///
    /// # Errors
    /// Unknown ids, and queries behind source tables, which users do not control.
    pub fn select_queries(&self, selector: &QuerySelector, verb: &str) -> Result<Vec<QueryId>, EngineError> {
        sandbox::select_queries(&self.registered.read().metastore, selector, verb)
    }

    /// Stops persistent queries for good, with their internal topics and state.
    pub fn terminate(&self, ids: &[QueryId]) -> Result<(), EngineError> {
        for id in ids {
            self.remove_query(id)?;
            let mut registered = self.registered.write();
            registered.metastore = registered.metastore.without_query(id);
        }
        Ok(())
    }

    pub fn pause(&self, ids: &[QueryId]) -> Result<(), EngineError> {
        ids.iter().try_for_each(|id| self.driver.pause(&id.0))
    }

    pub fn resume(&self, ids: &[QueryId]) -> Result<(), EngineError> {
        ids.iter().try_for_each(|id| self.driver.resume(&id.0))
    }

    /// Starts a push query. It ends when the subscription is dropped. `random` makes its id unique.
    pub fn push(&self, query: &Query, text: &str, overrides: &Config, random: u64) -> Result<PushQuery, EngineError> {
        let plan = self.sandbox().plan_push(query, text, overrides, random)?;
        self.subscribe(plan, overrides, false)
    }

    /// Answers a pull query: rows of a materialised table from committed state, or a bounded scan of a stream.
    pub fn pull(&self, query: &Query, text: &str, overrides: &Config, random: u64) -> Result<PullAnswer, EngineError> {
        match self.sandbox().plan_pull(query, text, overrides, random)? {
            PullOutcome::Table(plan) => pull::answer(&*self.driver, &plan),
            PullOutcome::Stream(plan) => Ok(PullAnswer::Scan(self.subscribe(*plan, overrides, true)?)),
        }
    }

    fn subscribe(&self, plan: QueryPlan, overrides: &Config, bounded: bool) -> Result<PushQuery, EngineError> {
        let mut options = query_options(&self.config.overridden(overrides));
        options.bounded = bounded;
        let plan = Arc::new(plan);
        let subscription = self.driver.subscribe(Arc::clone(&plan), options)?;
        Ok(PushQuery { plan, subscription, driver: Arc::clone(&self.driver) })
    }

    /// Evaluates and checks an INSERT ... VALUES without writing anything.
    pub fn check_insert(&self, metastore: &MetaStore, statement: &InsertValues) -> Result<RowValues, EngineError> {
        let read_only = metastore.source(&statement.target).is_some_and(|s| self.is_read_only_topic(&s.topic));
        insert::evaluate(metastore, statement, read_only)
    }

    /// Executes INSERT ... VALUES; the row is durable when it returns. `now_ms` stamps rows without ROWTIME.
    pub fn insert_values(&self, statement: &InsertValues, now_ms: i64) -> Result<(), EngineError> {
        let row = self.check_insert(&self.metastore(), statement)?;
        self.insert_row(&statement.target, &row, now_ms)
    }

    /// Appends one row to a source's topic; durable when it returns.
    pub fn insert_row(&self, target: &Name, row: &RowValues, now_ms: i64) -> Result<(), EngineError> {
        let metastore = self.metastore();
        let source = insert::target(&metastore, target)?;
        let partitions = self
            .topics
            .try_describe(&source.topic)?
            .ok_or_else(|| EngineError::request(format!("Kafka topic does not exist: {}", source.topic)))?
            .partitions;
        let turn = self.keyless_turn.fetch_add(1, Ordering::Relaxed);
        let inserted = insert::encode(source, row, partitions, now_ms, turn)?;
        self.topics.append(&inserted.topic, vec![(inserted.partition, inserted.records)])?;
        Ok(())
    }

    /// The source that rows of `/inserts-stream` go to.
    pub fn insert_target(&self, target: &Name) -> Result<Arc<DataSource>, EngineError> {
        let metastore = self.metastore();
        insert::target(&metastore, target)?;
        metastore.source(target).cloned().ok_or_else(|| EngineError::request("the source is gone"))
    }

    /// Internal topics, the processing log and those of `ksql.readonly.topics` take no inserts.
    pub fn is_read_only_topic(&self, topic: &str) -> bool {
        plan::is_read_only_topic(&self.config, topic)
    }

    /// First and next offset of every partition of a topic.
    pub fn topic_offsets(&self, topic: &str) -> Vec<(Partition, crate::topic::OffsetRange)> {
        let Some(spec) = self.topics.describe(topic) else { return Vec::new() };
        (0..spec.partitions)
            .filter_map(|p| {
                let partition = TopicPartition { topic: topic.into(), partition: Partition(p) };
                Some((Partition(p), self.topics.offsets(&partition).ok()?))
            })
            .collect()
    }

    /// Commits everything, stops all queries and flushes the store.
    pub fn shutdown(&self) -> Result<(), EngineError> {
        self.driver.shutdown()?;
        Ok(self.db.flush()?)
    }
}
