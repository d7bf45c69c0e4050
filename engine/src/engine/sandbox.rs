//! A scratch copy of the metastore on which statements are prepared, one after the other, before any is applied.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use weir_parser::ast::{ParsedStatement, Query, QuerySelector};

use super::error::EngineError;
use crate::config::Config;
use crate::metastore::{MetaStore, QueryId, QueryLinks};
use crate::plan::{self, PlanContext, PullOutcome, QueryPlan, StatementPlan};
use crate::topic::{CleanupPolicy, TopicSpec, Topics};

/// A statement with its plan and the metastore after it.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub plan: StatementPlan,
    pub metastore: MetaStore,
    pub overrides: Config,
    pub next_query_number: u64,
    /// The statement as the answer repeats it: rewritten, or as sent.
    pub text: String,
}

impl Prepared {
    /// The query that applying this starts, if any.
    pub fn query(&self) -> Option<&QueryPlan> {
        query_of(&self.plan)
    }

    /// Runs a persisted plan instead of the one just made, so that a replayed query keeps its topology and id.
    pub fn with_persisted_query(mut self, persisted: QueryPlan) -> Self {
        match &mut self.plan {
            StatementPlan::CreateSource { query, .. } => *query = Some(persisted),
            StatementPlan::CreateAs { query, .. } | StatementPlan::InsertInto { query } => *query = persisted,
            _ => {}
        }
        self
    }
}

/// What would be registered after the statements prepared so far.
#[derive(Clone)]
pub struct Sandbox {
    metastore: MetaStore,
    next_query_number: u64,
    config: Config,
    topics: Arc<dyn Topics>,
    /// Topics that earlier statements of the sandbox would create (`Some`) or delete (`None`).
    changed_topics: BTreeMap<String, Option<TopicSpec>>,
    /// Topics that are not there are taken for having been.
    assumes_topics: bool,
}

impl Sandbox {
    pub(super) fn new(metastore: MetaStore, next_query_number: u64, config: Config, topics: Arc<dyn Topics>) -> Self {
        Self { metastore, next_query_number, config, topics, changed_topics: BTreeMap::new(), assumes_topics: false }
    }

    pub fn metastore(&self) -> &MetaStore {
        &self.metastore
    }

    /// The number of the next query id.
    pub(super) fn number_queries_from(&mut self, number: u64) {
        self.next_query_number = number;
    }

    /// Takes all topics for being there: `own` as given, others with one partition where they are not.
    pub(super) fn assume_topics(&mut self, own: Option<TopicSpec>) {
        self.assumes_topics = true;
        self.changed_topics.extend(own.map(|spec| (spec.name.clone(), Some(spec))));
    }

    /// Plans a statement against the scratch state and moves it on, as if the statement had been applied.
    pub fn prepare(&mut self, statement: &ParsedStatement, overrides: &Config) -> Result<Prepared, EngineError> {
        let (plan, metastore) = self.in_context(overrides, |context| plan::plan(context, statement))?;
        check_readable(&plan)?;
        self.note_topics(&plan);
        if starts_query(&plan) {
            self.next_query_number += 1;
        }
        self.metastore = metastore.clone();
        let text = match &plan {
            StatementPlan::CreateSource { text, .. } | StatementPlan::CreateAs { text, .. } => text.clone(),
            _ => statement.text.clone(),
        };
        let next_query_number = self.next_query_number;
        Ok(Prepared { plan, metastore, overrides: overrides.clone(), next_query_number, text })
    }

    /// Forgets a persistent query, as a TERMINATE in the same request would.
    pub fn terminate(&mut self, ids: &[QueryId]) {
        for id in ids {
            self.metastore = self.metastore.without_query(id);
        }
    }

    /// The persistent queries that a TERMINATE, PAUSE or RESUME names.
    ///
    /// # Errors
    /// Unknown ids, and queries behind source tables, which users do not control.
    pub fn select_queries(&self, selector: &QuerySelector, verb: &str) -> Result<Vec<QueryId>, EngineError> {
        select_queries(&self.metastore, selector, verb)
    }

    /// # Errors
    /// When more persistent queries would run than `ksql.query.persistent.active.limit` allows.
    pub fn check_query_limit(&self) -> Result<(), EngineError> {
        let limit = self.config.i64("ksql.query.persistent.active.limit", i64::from(i32::MAX));
        let count = self.metastore.queries().count();
        if i64::try_from(count).is_ok_and(|count| count <= limit) {
            return Ok(());
        }
        Err(EngineError::request(format!(
            "The statement would make {count} active, persistent queries, and ksql.query.persistent.active.limit allows \
             {limit}. TERMINATE a query, or raise the limit and restart the server."
        )))
    }

    pub fn plan_push(
        &self,
        query: &Query,
        text: &str,
        overrides: &Config,
        random: u64,
    ) -> Result<QueryPlan, EngineError> {
        self.in_context(overrides, |context| plan::plan_push(context, query, text, random))
    }

    pub fn plan_pull(
        &self,
        query: &Query,
        text: &str,
        overrides: &Config,
        random: u64,
    ) -> Result<PullOutcome, EngineError> {
        self.in_context(overrides, |context| plan::plan_pull(context, query, text, random))
    }

    fn in_context<T>(
        &self,
        overrides: &Config,
        plan: impl FnOnce(&PlanContext<'_>) -> Result<T, crate::analyzer::AnalysisError>,
    ) -> Result<T, EngineError> {
        let config = self.config.overridden(overrides);
        let unanswered = RefCell::new(None);
        let topics = |name: &str| match self.changed_topics.get(name) {
            Some(changed) => changed.clone(),
            None => {
                let described = self.topics.try_describe(name).unwrap_or_else(|error| {
                    unanswered.borrow_mut().get_or_insert(error);
                    None
                });
                described.or_else(|| self.assumes_topics.then(|| assumed(name)))
            }
        };
        let context = PlanContext {
            metastore: &self.metastore,
            config: &config,
            topics: &topics,
            next_query_number: self.next_query_number,
        };
        let planned = plan(&context);
        match unanswered.into_inner() {
            // What was planned without knowing the topics is worth nothing.
            Some(error) => Err(error.into()),
            None => planned.map_err(EngineError::from),
        }
    }

    fn note_topics(&mut self, plan: &StatementPlan) {
        match plan {
            StatementPlan::CreateSource { topic: Some(topic), .. }
            | StatementPlan::CreateAs { topic: Some(topic), .. } => {
                // The cluster's own number of replicas is known once the topic is there.
                let created = TopicSpec { replicas: topic.replicas.max(1), ..topic.clone() };
                self.changed_topics.insert(topic.name.clone(), Some(created));
            }
            StatementPlan::DropSource { delete_topic: Some(topic), .. } => {
                self.changed_topics.insert(topic.clone(), None);
            }
            _ => {}
        }
    }
}

fn assumed(topic: &str) -> TopicSpec {
    TopicSpec {
        name: topic.to_string(),
        partitions: 1,
        replicas: 1,
        cleanup: CleanupPolicy::Delete,
        retention_ms: None,
        kafka_configs: &[],
    }
}

/// The queries of a metastore that a selector names.
pub(super) fn select_queries(
    metastore: &MetaStore,
    selector: &QuerySelector,
    verb: &str,
) -> Result<Vec<QueryId>, EngineError> {
    let is_controlled = |query: &&QueryLinks| query.sink.is_some();
    match selector {
        QuerySelector::All => Ok(metastore.queries().filter(is_controlled).map(|query| query.id.clone()).collect()),
        QuerySelector::Id(name) => {
            let unknown = || EngineError::statement(format!("Unknown queryId: {}", name.as_str()));
            let query = metastore.query(name.as_str()).ok_or_else(unknown)?;
            if !is_controlled(&query) {
                return Err(EngineError::statement(format!(
                    "Cannot {verb} query '{}' because it is linked to a source table.",
                    query.id
                )));
            }
            Ok(vec![query.id.clone()])
        }
    }
}

fn query_of(plan: &StatementPlan) -> Option<&QueryPlan> {
    match plan {
        StatementPlan::CreateSource { query, .. } => query.as_ref(),
        StatementPlan::CreateAs { query, .. } | StatementPlan::InsertInto { query } => Some(query),
        _ => None,
    }
}

/// What is logged must be read again at the next start. A plan has brackets around every operator, so that a long chain of
/// operators nests deeper than the statement it comes from.
fn check_readable(plan: &StatementPlan) -> Result<(), EngineError> {
    let reads_back = |query| {
        let json = serde_json::to_vec(query).ok()?;
        serde_json::from_slice::<QueryPlan>(&json).ok()
    };
    match query_of(plan) {
        Some(query) if reads_back(query).is_none() => Err(EngineError::statement(
            "Statement is too large to parse. Its expressions are nested too deeply; write IN for many ORs, or split long chains \
             of operators over several statements.",
        )),
        _ => Ok(()),
    }
}

fn starts_query(plan: &StatementPlan) -> bool {
    matches!(
        plan,
        StatementPlan::CreateAs { .. }
            | StatementPlan::InsertInto { .. }
            | StatementPlan::CreateSource { query: Some(_), .. }
    )
}
