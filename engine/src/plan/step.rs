//! Execution steps: how a query computes its result, each with its checked output schema.
//!
//! Persisted as JSON in the command log, expressions as canonical SQL text. Every expression refers to columns of the
//! step's *input* by unqualified name, as `plan::row_schema` lists them.

use serde::{Deserialize, Serialize};
use weir_parser::ast::Expression;

use crate::formats::SerdeOptions;
use crate::metastore::{SourceWindow, TimestampColumn};
use crate::types::{ColumnName, LogicalSchema, SourceName, SqlType};

use super::ResultKind;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step")]
pub enum ExecutionStep {
    Source(SourceStep),
    Filter(FilterStep),
    Select(SelectStep),
    SelectKey(SelectKeyStep),
    FlatMap(FlatMapStep),
    GroupBy(GroupByStep),
    Aggregate(AggregateStep),
    Sink(SinkStep),
}

/// Reads a topic as a stream, or as a table that the query materialises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceStep {
    #[serde(with = "crate::types::name_text")]
    pub source: SourceName,
    pub kind: ResultKind,
    pub topic: String,
    /// All columns as the source declares them (what decoders need).
    pub declared: LogicalSchema,
    pub key_serde: SerdeOptions,
    pub value_serde: SerdeOptions,
    pub window: Option<SourceWindow>,
    pub timestamp: Option<TimestampColumn>,
    /// Output: the key columns, the declared value columns that the query uses, then `extra`.
    pub schema: LogicalSchema,
    /// Header columns and ROWPARTITION (INTEGER), ROWOFFSET (BIGINT) that the query uses, appended as value columns.
    pub extra: Vec<ExtraColumn>,
    /// Tables only: the store that holds the latest row of each key, which pull queries read through the later steps. `None`
    /// in transient queries that need no old values.
    pub store: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ExtraColumn {
    RowPartition,
    RowOffset,
    /// `HEADERS`.
    Headers(#[serde(with = "crate::types::name_text")] ColumnName),
    /// `HEADER('key')`.
    Header {
        #[serde(with = "crate::types::name_text")]
        column: ColumnName,
        key: String,
    },
}

/// Keeps rows for which the predicate is true. On a table: also turns an update that no longer passes into a tombstone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilterStep {
    pub input: Box<ExecutionStep>,
    #[serde(with = "expression_text")]
    pub predicate: Expression,
    pub schema: LogicalSchema,
}

/// Projection: the key columns pass (maybe renamed: `schema.key`), `expressions` give the value columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectStep {
    pub input: Box<ExecutionStep>,
    /// One per column of `schema.value`.
    #[serde(with = "expression_texts")]
    pub expressions: Vec<Expression>,
    pub schema: LogicalSchema,
}

/// PARTITION BY: `keys` give the new key columns; `schema.value` are input columns (old keys included) by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectKeyStep {
    pub input: Box<ExecutionStep>,
    /// One per column of `schema.key`; empty for PARTITION BY NULL.
    #[serde(with = "expression_texts")]
    pub keys: Vec<Expression>,
    pub schema: LogicalSchema,
}

/// Table functions: the input's columns plus one value column per function; one row per element, zipped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlatMapStep {
    pub input: Box<ExecutionStep>,
    /// Calls of table functions; their columns are the last ones of `schema.value`, in this order.
    #[serde(with = "expression_texts")]
    pub functions: Vec<Expression>,
    pub schema: LogicalSchema,
}

/// GROUP BY on a stream or table: rekeys by `keys`, through an internal topic unless the key stays what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupByStep {
    pub input: Box<ExecutionStep>,
    /// One per column of `schema.key`.
    #[serde(with = "expression_texts")]
    pub keys: Vec<Expression>,
    pub repartition: Option<Repartition>,
    /// Output: grouping columns as key; as value the input's columns that the aggregation needs.
    pub schema: LogicalSchema,
}

/// A topic between two subtopologies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repartition {
    /// As ksqlDB names the operation, e.g. `Aggregate-GroupBy`; the topic is `<application id>-<name>-repartition`.
    pub name: String,
    pub key_serde: SerdeOptions,
    pub value_serde: SerdeOptions,
}

/// Aggregation of a grouped stream, or of a grouped table with undo, per key and window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AggregateStep {
    pub input: Box<ExecutionStep>,
    /// Input columns carried along from the latest record of the group: the first columns of `schema.value`.
    #[serde(with = "names")]
    pub carried: Vec<ColumnName>,
    /// Their results are the columns after `carried`, named `KSQL_AGG_VARIABLE_<n>`.
    pub aggregates: Vec<AggregateCall>,
    pub window: Option<WindowSpec>,
    pub emit_final: bool,
    /// e.g. `Aggregate-Aggregate-Materialize`.
    pub store: String,
    pub schema: LogicalSchema,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AggregateCall {
    pub function: String,
    /// Arguments that are not literals, over the input's row; `COUNT(*)` has none.
    #[serde(with = "expression_texts")]
    pub arguments: Vec<Expression>,
    /// Trailing literal arguments.
    #[serde(with = "expression_texts")]
    pub literals: Vec<Expression>,
    pub data_type: SqlType,
    /// `ksql.functions.<name>.limit` when the query was made: values that a collecting function keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// A window with its defaults resolved, in ms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSpec {
    pub kind: WindowSpecKind,
    pub grace_ms: i64,
    pub retention_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WindowSpecKind {
    Tumbling { size_ms: i64 },
    Hopping { size_ms: i64, advance_ms: i64 },
    Session { gap_ms: i64 },
}

/// Writes the result to a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SinkStep {
    pub input: Box<ExecutionStep>,
    pub topic: String,
    pub key_serde: SerdeOptions,
    pub value_serde: SerdeOptions,
    /// Window of the written keys.
    pub window: Option<SourceWindow>,
    /// Column that gives the records' timestamps.
    pub timestamp: Option<TimestampColumn>,
    pub kind: ResultKind,
    pub schema: LogicalSchema,
}

impl ExecutionStep {
    pub fn schema(&self) -> &LogicalSchema {
        match self {
            ExecutionStep::Source(s) => &s.schema,
            ExecutionStep::Filter(s) => &s.schema,
            ExecutionStep::Select(s) => &s.schema,
            ExecutionStep::SelectKey(s) => &s.schema,
            ExecutionStep::FlatMap(s) => &s.schema,
            ExecutionStep::GroupBy(s) => &s.schema,
            ExecutionStep::Aggregate(s) => &s.schema,
            ExecutionStep::Sink(s) => &s.schema,
        }
    }

    /// The step whose output this one reads; `None` for a source.
    pub fn input(&self) -> Option<&ExecutionStep> {
        match self {
            ExecutionStep::Source(_) => None,
            ExecutionStep::Filter(s) => Some(&s.input),
            ExecutionStep::Select(s) => Some(&s.input),
            ExecutionStep::SelectKey(s) => Some(&s.input),
            ExecutionStep::FlatMap(s) => Some(&s.input),
            ExecutionStep::GroupBy(s) => Some(&s.input),
            ExecutionStep::Aggregate(s) => Some(&s.input),
            ExecutionStep::Sink(s) => Some(&s.input),
        }
    }

    /// Whether its output is a stream of facts or of changes.
    pub fn result(&self) -> ResultKind {
        match self {
            ExecutionStep::Source(s) => s.kind,
            ExecutionStep::Aggregate(_) => ResultKind::Table,
            ExecutionStep::Sink(s) => s.kind,
            other => other.input().map_or(ResultKind::Stream, ExecutionStep::result),
        }
    }

    /// Whether its rows carry window bounds.
    pub fn is_windowed(&self) -> bool {
        match self {
            ExecutionStep::Source(s) => s.window.is_some(),
            ExecutionStep::Aggregate(s) => s.window.is_some(),
            ExecutionStep::GroupBy(_) => false,
            other => other.input().is_some_and(ExecutionStep::is_windowed),
        }
    }
}

mod expression_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use weir_parser::ast::Expression;

    pub fn serialize<S: Serializer>(expression: &Expression, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(expression)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Expression, D::Error> {
        let text = String::deserialize(deserializer)?;
        weir_parser::parse_expression(&text).map_err(serde::de::Error::custom)
    }
}

mod expression_texts {
    use serde::{Deserialize, Deserializer, Serializer};
    use weir_parser::ast::Expression;

    pub fn serialize<S: Serializer>(expressions: &[Expression], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(expressions.iter().map(ToString::to_string))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Expression>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|t| weir_parser::parse_expression(t).map_err(serde::de::Error::custom)).collect()
    }
}

pub(super) mod names {
    use serde::{Deserialize, Deserializer, Serializer};
    use weir_parser::ast::Name;

    pub fn serialize<S: Serializer>(names: &[Name], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(names.iter().map(Name::as_str))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Name>, D::Error> {
        Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(Name).collect())
    }
}

pub(super) mod optional_name {
    use serde::{Deserialize, Deserializer, Serializer};
    use weir_parser::ast::Name;

    #[allow(clippy::ref_option)] // serde hands the field over by reference
    pub fn serialize<S: Serializer>(name: &Option<Name>, serializer: S) -> Result<S::Ok, S::Error> {
        match name {
            Some(name) => serializer.serialize_some(name.as_str()),
            None => serializer.serialize_none(),
        }
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Name>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Name))
    }
}
