//! What a command log keeps of an applied statement, and how a node is brought back from it.
//!
//! The log holds decisions, not texts to be planned again: a replayed query keeps its plan, whatever the planner does by
//! now, and replaying touches no topic.

use serde::{Deserialize, Serialize};
use weir_parser::ast::Name;

use super::sandbox::Prepared;
use super::{Engine, EngineError, PersistentQuery, query_options};
use crate::config::Config;
use crate::metastore::{DataSource, QueryId, QueryLinks};
use crate::plan::{QueryPlan, StatementPlan};
use crate::types::SqlType;
use std::sync::Arc;

/// The lasting effect of one statement.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "change")]
pub enum LoggedChange {
    /// A source was created, replaced or altered, maybe with the query that writes or materialises it.
    Source {
        source: Box<DataSource>,
        query: Option<Box<QueryPlan>>,
    },
    Insert {
        query: Box<QueryPlan>,
    },
    Drop {
        #[serde(with = "crate::types::name_text")]
        source: Name,
        terminate: Option<String>,
    },
    RegisterType {
        #[serde(with = "crate::types::name_text")]
        name: Name,
        data_type: SqlType,
    },
    DropType {
        #[serde(with = "crate::types::name_text")]
        name: Name,
    },
    Terminate {
        queries: Vec<String>,
    },
    /// Something that left no trace.
    Nothing,
}

impl LoggedChange {
    /// The effect of a prepared statement.
    pub fn of(prepared: &Prepared) -> Self {
        match &prepared.plan {
            StatementPlan::NoOp { .. } | StatementPlan::Nothing { .. } => LoggedChange::Nothing,
            StatementPlan::CreateSource { source, query, .. } => {
                LoggedChange::Source { source: Box::new(source.clone()), query: query.clone().map(Box::new) }
            }
            StatementPlan::CreateAs { source, query, .. } => {
                LoggedChange::Source { source: Box::new(source.clone()), query: Some(Box::new(query.clone())) }
            }
            StatementPlan::AlterSource { source, .. } => {
                LoggedChange::Source { source: Box::new(source.clone()), query: None }
            }
            StatementPlan::InsertInto { query } => LoggedChange::Insert { query: Box::new(query.clone()) },
            StatementPlan::DropSource { source, terminate, .. } => {
                LoggedChange::Drop { source: source.clone(), terminate: terminate.as_ref().map(|id| id.0.clone()) }
            }
            StatementPlan::RegisterType { name, data_type, .. } => {
                LoggedChange::RegisterType { name: name.clone(), data_type: data_type.clone() }
            }
            StatementPlan::DropType { name, .. } => LoggedChange::DropType { name: name.clone() },
        }
    }
}

impl Engine {
    /// Registers what a logged statement did, without touching topics or starting queries.
    pub fn restore(&self, change: LoggedChange, overrides: &Config) {
        match change {
            LoggedChange::Source { source, query } => {
                let mut registered = self.registered.write();
                registered.metastore = registered.metastore.with_source(*source);
                drop(registered);
                if let Some(query) = query {
                    self.restore_query(*query, overrides);
                }
            }
            LoggedChange::Insert { query } => self.restore_query(*query, overrides),
            LoggedChange::Drop { source, terminate } => {
                let mut registered = self.registered.write();
                registered.metastore = registered.metastore.without_source(&source);
                drop(registered);
                self.forget_queries(&terminate.into_iter().collect::<Vec<_>>());
            }
            LoggedChange::RegisterType { name, data_type } => {
                let mut registered = self.registered.write();
                registered.metastore = registered.metastore.with_type(name, data_type);
            }
            LoggedChange::DropType { name } => {
                let mut registered = self.registered.write();
                registered.metastore = registered.metastore.without_type(&name);
            }
            LoggedChange::Terminate { queries } => self.forget_queries(&queries),
            LoggedChange::Nothing => {}
        }
    }

    fn restore_query(&self, plan: QueryPlan, overrides: &Config) {
        let id = QueryId(plan.id.clone());
        let links = QueryLinks { id: id.clone(), sources: plan.sources.clone(), sink: plan.sink.clone() };
        let mut registered = self.registered.write();
        registered.metastore = registered.metastore.with_query(links);
        let query = PersistentQuery { plan: Arc::new(plan), overrides: overrides.clone() };
        registered.persistent.insert(id, query);
    }

    fn forget_queries(&self, ids: &[String]) {
        let mut registered = self.registered.write();
        for id in ids {
            let id = QueryId(id.clone());
            registered.persistent.remove(&id);
            registered.metastore = registered.metastore.without_query(&id);
        }
    }

    /// Starts all restored queries, those of the ids in `paused` without reading anything. One that cannot start, now or later, is
    /// given back with its reason; the others run.
    pub fn start_restored(&self, paused: &[String]) -> Vec<(QueryId, EngineError)> {
        let queries: Vec<(QueryId, PersistentQuery)> =
            self.registered.read().persistent.iter().map(|(id, query)| (id.clone(), query.clone())).collect();
        queries
            .into_iter()
            .filter_map(|(id, query)| {
                let mut options = query_options(&self.config.overridden(&query.overrides));
                options.paused = paused.contains(&id.0);
                self.driver.restore(query.plan, options).err().map(|error| (id, error))
            })
            .collect()
    }
}
