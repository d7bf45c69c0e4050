//! What a statement will do, decided without I/O: `plan(&PlanContext, &Statement) -> (StatementPlan, MetaStore)`.
//!
//! `step` holds the execution steps of queries, which the command log keeps and `exec` runs.

mod aggregate;
mod context;
mod create_as;
mod create_source;
mod definitions;
mod elements;
mod explain;
mod insert_into;
mod lookup;
mod projection;
mod properties;
mod pull;
mod push;
mod query;
mod serdes;
mod step;
mod timestamp;
mod topics;
mod upgrade;
mod window;
mod window_bound;

#[cfg(test)]
mod tests;

use weir_parser::ast::{Expression, Name, ParsedStatement, SourceKind, Statement};

pub use context::{PlanContext, is_read_only_topic, persistent_application_id, processing_log_topic, service_id};
pub use explain::{ExplainText, explain};
pub use pull::{PullOutcome, plan_pull};
pub use push::plan_push;
pub use step::*;

use crate::analyzer::AnalysisError;
use crate::metastore::{DataSource, MetaStore, QueryId, SourceWindow};
use crate::topic::TopicSpec;
use crate::types::{LogicalSchema, RowSchema, SourceName, SqlType, Value};

/// Plans a statement that changes what is registered, and gives the metastore after it.
///
/// # Errors
/// What ksqlDB refuses, in its words, and what this version cannot run.
pub fn plan(
    context: &PlanContext<'_>,
    statement: &ParsedStatement,
) -> Result<(StatementPlan, MetaStore), AnalysisError> {
    match &statement.statement {
        Statement::CreateSource(create) => create_source::plan(context, create),
        Statement::CreateAsSelect(create) => create_as::plan(context, create),
        Statement::InsertInto(insert) => insert_into::plan(context, insert, &statement.text),
        Statement::DropSource(drop) => definitions::drop_source(context, drop, &statement.text),
        Statement::AlterSource(alter) => definitions::alter_source(context, alter, &statement.text),
        Statement::CreateType { if_not_exists, name, data_type } => {
            definitions::create_type(context, *if_not_exists, name, data_type)
        }
        Statement::DropType { if_exists, name } => definitions::drop_type(context, *if_exists, name),
        _ => Err(AnalysisError::statement("The statement changes no definition and cannot be planned.")),
    }
}

/// A running or startable query.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct QueryPlan {
    pub id: String,
    #[serde(with = "step::names")]
    pub sources: Vec<SourceName>,
    /// `None`: a transient query or the materialisation of a SOURCE TABLE.
    #[serde(with = "step::optional_name")]
    pub sink: Option<SourceName>,
    pub result: ResultKind,
    pub root: ExecutionStep,
    /// Canonical text of the query.
    pub text: String,
    /// Rows after which a push query ends.
    pub limit: Option<u64>,
    /// Names and types of the columns that a client of a push query sees, in SELECT order. Empty for persistent queries.
    pub output_columns: Vec<OutputColumn>,
}

impl QueryPlan {
    /// `TUMBLING`, `HOPPING` or `SESSION` where the result is windowed.
    pub fn window_word(&self) -> Option<&'static str> {
        fn of(step: &ExecutionStep) -> Option<&'static str> {
            match step {
                ExecutionStep::Aggregate(AggregateStep { window: Some(window), .. }) => Some(match window.kind {
                    WindowSpecKind::Tumbling { .. } => "TUMBLING",
                    WindowSpecKind::Hopping { .. } => "HOPPING",
                    WindowSpecKind::Session { .. } => "SESSION",
                }),
                ExecutionStep::Source(source) => source.window.map(|window| window.word()),
                other => other.input().and_then(of),
            }
        }
        of(&self.root)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ResultKind {
    Stream,
    Table,
}

/// One column of a push or pull query's rows.
///
/// In a push query's plan, column i is column i of the root step's `schema.value`; expressions of key columns refer to
/// nothing but the key and the window bounds.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct OutputColumn {
    pub name: String,
    pub data_type: SqlType,
    /// Marked `KEY` in a pull query's header; stays filled in a push query's tombstones.
    pub is_key: bool,
}

/// What accepting a statement changes. Carried out by the engine; the metastore after it comes with it.
#[derive(Clone, Debug)]
pub enum StatementPlan {
    /// IF [NOT] EXISTS found nothing to do: a warning for the client, nothing logged.
    NoOp {
        warning: String,
    },
    CreateSource {
        source: DataSource,
        /// To create before the source is registered; `None` when it is there.
        topic: Option<TopicSpec>,
        /// The materialisation of a SOURCE TABLE.
        query: Option<QueryPlan>,
        /// Canonical statement text, as the answer repeats it.
        text: String,
    },
    CreateAs {
        source: DataSource,
        topic: Option<TopicSpec>,
        query: QueryPlan,
        /// OR REPLACE of an existing source: the query keeps its id, offsets and state.
        replaces: bool,
        text: String,
    },
    InsertInto {
        query: QueryPlan,
    },
    DropSource {
        source: SourceName,
        kind: SourceKind,
        /// The query that created it, stopped with it.
        terminate: Option<QueryId>,
        delete_topic: Option<String>,
        /// What the client is told.
        message: String,
    },
    /// DROP ... IF EXISTS of nothing: logged and answered as success.
    Nothing {
        message: String,
    },
    AlterSource {
        source: DataSource,
        message: String,
    },
    RegisterType {
        name: Name,
        data_type: SqlType,
        message: String,
    },
    DropType {
        name: Name,
        message: String,
    },
}

/// How a pull query reads a materialised table.
#[derive(Clone, Debug)]
pub struct PullPlan {
    /// The query whose state is read.
    pub query: QueryId,
    pub source: SourceName,
    /// Schema of the materialised rows.
    pub schema: LogicalSchema,
    pub window: Option<SourceWindow>,
    pub access: PullAccess,
    /// Applied to each row found; over `row_schema`.
    pub filter: Option<Expression>,
    /// Over `row_schema`, in SELECT order.
    pub select: Vec<(OutputColumn, Expression)>,
    /// Key, value, ROWTIME and, if windowed, WINDOWSTART and WINDOWEND.
    pub row_schema: RowSchema,
    pub limit: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PullAccess {
    /// Whole keys with optional window bounds, in the order of the disjuncts, duplicates removed.
    KeyLookup(Vec<KeyLookup>),
    /// Bounds on a single STRING or BYTES key: (value, inclusive).
    RangeScan {
        lower: Option<(Value, bool)>,
        upper: Option<(Value, bool)>,
    },
    TableScan,
}

#[derive(Clone, Debug, PartialEq)]
pub struct KeyLookup {
    /// One value per key column.
    pub key: Vec<Value>,
    /// Inclusive bounds in ms on the window's start and end.
    pub window_start: (i64, i64),
    pub window_end: (i64, i64),
}

/// The columns of a step's output as expressions see them: key, value, ROWTIME and, if windowed, WINDOWSTART, WINDOWEND
/// (without those that the schema has itself). `exec` hands arrays to expressions in this order.
pub fn row_schema(schema: &LogicalSchema, windowed: bool) -> RowSchema {
    use crate::types::Column;
    let mut columns: Vec<Column> = schema.columns().cloned().collect();
    let pseudo: &[&str] = if windowed { &["ROWTIME", "WINDOWSTART", "WINDOWEND"] } else { &["ROWTIME"] };
    let own = |name: &str| schema.columns().any(|c| c.name.as_str() == name);
    columns.extend(pseudo.iter().filter(|name| !own(name)).map(|name| Column::new(*name, SqlType::BigInt)));
    RowSchema::new(columns)
}
