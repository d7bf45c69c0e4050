//! A scratch copy of the metastore on which statements are prepared, one after the other, before any is applied.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use weir_parser::ast::{ParsedStatement, Query};

use super::error::EngineError;
use crate::config::Config;
use crate::metastore::MetaStore;
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
        match &self.plan {
            StatementPlan::CreateSource { query, .. } => query.as_ref(),
            StatementPlan::CreateAs { query, .. } | StatementPlan::InsertInto { query } => Some(query),
            _ => None,
        }
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
    pub fn terminate(&mut self, ids: &[crate::metastore::QueryId]) {
        for id in ids {
            self.metastore = self.metastore.without_query(id);
        }
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
                self.changed_topics.insert(topic.name.clone(), Some(topic.clone()));
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

fn starts_query(plan: &StatementPlan) -> bool {
    matches!(
        plan,
        StatementPlan::CreateAs { .. }
            | StatementPlan::InsertInto { .. }
            | StatementPlan::CreateSource { query: Some(_), .. }
    )
}
