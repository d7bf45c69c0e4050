//! CREATE OR REPLACE: which definitions and queries may take the place of which (runtime reference 8.2).

use weir_parser::ast::{Name, SourceKind};

use super::context::PlanContext;
use super::step::ExecutionStep;
use super::{QueryPlan, StatementPlan};
use crate::analyzer::AnalysisError;
use crate::analyzer::scope::kind_word;
use crate::formats::{Format, SerdeOptions};
use crate::metastore::{DataSource, MetaStore};
use crate::types::{Column, LogicalSchema};

/// The words for a name that is taken.
pub fn already_exists(kind: SourceKind, existing: &DataSource) -> String {
    format!(
        "Cannot add {} '{}': A {} with the same name already exists",
        kind_word(kind),
        existing.name.as_str(),
        kind_word(existing.kind)
    )
}

/// # Errors
/// OR REPLACE where `ksql.create.or.replace.enabled` is false.
pub fn check_enabled(context: &PlanContext<'_>, or_replace: bool) -> Result<(), AnalysisError> {
    if !or_replace || context.config.bool("ksql.create.or.replace.enabled", true) {
        return Ok(());
    }
    Err(AnalysisError::statement(
        "CREATE OR REPLACE is disabled. You can enable it by setting ksql.create.or.replace.enabled=true.",
    ))
}

/// Sources of somebody else's topic take no part in replacing.
pub fn not_on_source(kind: &str, name: &Name) -> AnalysisError {
    AnalysisError::statement(format!(
        "Cannot add {kind} '{}': CREATE OR REPLACE is not supported on source {kind}s.",
        name.as_str()
    ))
}

/// A plain definition does not take the place of one whose query goes on writing.
///
/// # Errors
/// When the source's own query runs.
pub fn check_no_own_query(context: &PlanContext<'_>, existing: &DataSource) -> Result<(), AnalysisError> {
    let Some(id) = existing.created_by.as_ref().filter(|id| context.metastore.query(&id.0).is_some()) else {
        return Ok(());
    };
    let (name, kind) = (&existing.name, kind_word(existing.kind).to_uppercase());
    Err(AnalysisError::statement(format!(
        "Cannot replace {name}: query {id} writes into it. Replace both by CREATE OR REPLACE {kind} {name} AS SELECT, or \
         terminate {id} first."
    )))
}

/// A definition may only gain value columns at the end.
///
/// # Errors
/// Every reason why it cannot be replaced.
pub fn check_source(existing: &DataSource, new: &DataSource) -> Result<(), AnalysisError> {
    let mut reasons = Vec::new();
    let mut differs = |what: &str, old: String, new: String| {
        if old != new {
            reasons.push(format!(
                "DataSource '`{}`' has {what} = {old} which is not upgradeable to {new}",
                existing.name.as_str()
            ));
        }
    };
    differs("type", type_name(existing.kind), type_name(new.kind));
    differs("topicName", existing.topic.clone(), new.topic.clone());
    differs("keyFormat", format_text(&existing.key_serde), format_text(&new.key_serde));
    differs("valueFormat", format_text(&existing.value_serde), format_text(&new.value_serde));
    differs("WRAP_SINGLE_VALUE", wrapping(existing), wrapping(new));
    differs("window", window_text(existing), window_text(new));
    differs("timestampColumn", timestamp_text(existing), timestamp_text(new));
    if let Some(difference) = schema_difference(&existing.schema, &new.schema) {
        reasons.push(format!(
            "DataSource '`{}`' has schema = {} which is not upgradeable to {}. ({difference})",
            existing.name.as_str(),
            existing.schema,
            new.schema
        ));
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(AnalysisError::statement(format!("Cannot upgrade data source: {}", reasons.join("\n\tAND "))))
}

fn type_name(kind: SourceKind) -> String {
    match kind {
        SourceKind::Stream => "KSTREAM".into(),
        SourceKind::Table => "KTABLE".into(),
    }
}

/// The format with the delimiter that is not the usual one.
fn format_text(serde: &SerdeOptions) -> String {
    match serde.format {
        Format::Delimited { delimiter } if delimiter != ',' => format!("DELIMITED with delimiter '{delimiter}'"),
        ref format => format.name().to_string(),
    }
}

/// Whether values are wrapped, where the format leaves a choice.
fn wrapping(source: &DataSource) -> String {
    let info = source.value_serde.format.info();
    let is_bare = source.schema.value.len() == 1 && info.wraps_single && !source.value_serde.wrap_single;
    (!is_bare).to_string()
}

fn window_text(source: &DataSource) -> String {
    source.window.map_or("Optional.empty".to_string(), |window| match window.size_ms {
        Some(size_ms) => format!("Optional[{} of {size_ms} ms]", window.word()),
        None => format!("Optional[{}]", window.word()),
    })
}

fn timestamp_text(source: &DataSource) -> String {
    source.timestamp.as_ref().map_or("Optional.empty".to_string(), |timestamp| {
        let format = timestamp.format.as_ref().map_or(String::new(), |format| format!(" as '{format}'"));
        format!("Optional[`{}`{format}]", timestamp.column.as_str())
    })
}

fn schema_difference(old: &LogicalSchema, new: &LogicalSchema) -> Option<String> {
    let listed = |columns: &[&Column], key: &str| {
        let shown: Vec<String> =
            columns.iter().map(|c| format!("`{}` {}{key}", c.name.as_str(), c.data_type)).collect();
        shown.join(", ")
    };
    if old.key != new.key {
        let changed: Vec<&Column> =
            old.key.iter().enumerate().filter(|(i, c)| new.key.get(*i) != Some(c)).map(|(_, c)| c).collect();
        return Some(format!(
            "Key columns must be identical. The following key columns are changed, missing or reordered: [{}]",
            listed(&changed, " KEY")
        ));
    }
    let changed: Vec<&Column> =
        old.value.iter().enumerate().filter(|(i, c)| new.value.get(*i) != Some(c)).map(|(_, c)| c).collect();
    let changed_headers = LogicalSchema {
        headers: old.headers.iter().filter(|header| !new.headers.contains(header)).cloned().collect(),
        ..LogicalSchema::default()
    };
    let all = [listed(&changed, ""), changed_headers.to_string()];
    let all: Vec<String> = all.into_iter().filter(|list| !list.is_empty()).collect();
    if all.is_empty() {
        return None;
    }
    Some(format!("The following columns are changed, missing or reordered: [{}]", all.join(", ")))
}

/// A CSAS or CTAS that takes the place of an existing source and of its query.
///
/// # Errors
/// Definitions or steps that do not fit, and sinks that other queries write, too.
pub fn check_replacement(
    context: &PlanContext<'_>,
    existing: &DataSource,
    new: &DataSource,
    query: &QueryPlan,
) -> Result<(), AnalysisError> {
    let mut writers: Vec<String> = context.metastore.writers_of(&existing.name).map(|q| q.id.to_string()).collect();
    writers.sort();
    if writers.len() > 1 {
        return Err(AnalysisError::statement(format!(
            "REPLACE for sink {} is not supported because there are multiple queries writing into it: [{}]",
            existing.name.as_str(),
            writers.join(", ")
        )));
    }
    if existing.read_only {
        return Err(not_on_source(kind_word(existing.kind), &existing.name));
    }
    check_source(existing, new)?;
    match (&existing.created_by, old_plan(context, existing)) {
        (Some(_), Some(old)) => check_steps(&old.root, &query.root),
        _ => Ok(()),
    }
}

/// The query that made a source, planned again from its statement.
fn old_plan(context: &PlanContext<'_>, existing: &DataSource) -> Option<QueryPlan> {
    let statement = weir_parser::parse_statement(&existing.statement).ok()?;
    let weir_parser::ast::Statement::CreateAsSelect(mut create) = statement.statement else { return None };
    create.or_replace = false;
    create.properties.0.retain(|(name, _)| name != "CLEANUP_POLICY" && name != "RETENTION_MS");
    let metastore: MetaStore = context.metastore.without_source(&existing.name);
    let topics = |name: &str| (context.topics)(name).filter(|_| name != existing.topic);
    let before = PlanContext { metastore: &metastore, topics: &topics, ..*context };
    match super::create_as::plan(&before, &create).ok()?.0 {
        StatementPlan::CreateAs { query, .. } => Some(query),
        _ => None,
    }
}

/// Filters and projections may differ, come and go; the other steps must be what they were.
fn check_steps(old: &ExecutionStep, new: &ExecutionStep) -> Result<(), AnalysisError> {
    let (old, new) = (past_free_steps(old), past_free_steps(new));
    let (old_type, new_type) = (type_of(old), type_of(new));
    if old_type != new_type {
        return Err(AnalysisError::statement(format!(
            "Query is not upgradeable. Plan step of type {old_type} must have matching {old_type}, got {new_type}."
        )));
    }
    let differs = |property: &str, a: String, b: String| {
        if a == b {
            return Ok(());
        }
        Err(AnalysisError::statement(format!(
            "Query is not upgradeable. Plan step of type {old_type} must have matching {property}. Values differ: '{a}' vs. \
             '{b}'"
        )))
    };
    let listed =
        |list: &[weir_parser::ast::Expression]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let texts = |list: &[weir_parser::ast::Expression]| format!("[{}]", listed(list));
    match (old, new) {
        (ExecutionStep::Source(a), ExecutionStep::Source(b)) => {
            return differs("topicName", a.topic.clone(), b.topic.clone());
        }
        (ExecutionStep::Sink(a), ExecutionStep::Sink(b)) => differs("topicName", a.topic.clone(), b.topic.clone())?,
        (ExecutionStep::SelectKey(a), ExecutionStep::SelectKey(b)) => {
            differs("keyExpressions", texts(&a.keys), texts(&b.keys))?;
        }
        (ExecutionStep::GroupBy(a), ExecutionStep::GroupBy(b)) => {
            differs("groupByExpressions", texts(&a.keys), texts(&b.keys))?;
        }
        (ExecutionStep::Aggregate(a), ExecutionStep::Aggregate(b)) => {
            if a.window.is_some() {
                return Err(not_yet("StreamWindowedAggregate"));
            }
            if old.input().is_some_and(|input| input.result() == super::ResultKind::Table) {
                return Err(not_yet("TableAggregate"));
            }
            let calls = |step: &super::step::AggregateStep| {
                let shown: Vec<String> = step
                    .aggregates
                    .iter()
                    .map(|call| format!("{}({})", call.function, listed(&call.arguments)))
                    .collect();
                format!("[{}]", shown.join(", "))
            };
            differs("aggregationFunctions", calls(a), calls(b))?;
        }
        (ExecutionStep::FlatMap(_), _) => return Err(not_yet("StreamFlatMap")),
        _ => {}
    }
    match (old.input(), new.input()) {
        (Some(old), Some(new)) => check_steps(old, new),
        _ => Ok(()),
    }
}

fn not_yet(step: &str) -> AnalysisError {
    AnalysisError::statement(format!("Upgrades not yet supported for {step}"))
}

fn past_free_steps(step: &ExecutionStep) -> &ExecutionStep {
    match step {
        ExecutionStep::Filter(s) => past_free_steps(&s.input),
        ExecutionStep::Select(s) => past_free_steps(&s.input),
        other => other,
    }
}

/// The step's class in ksqlDB.
fn type_of(step: &ExecutionStep) -> String {
    let side = match step.result() {
        super::ResultKind::Stream => "Stream",
        super::ResultKind::Table => "Table",
    };
    let name = match step {
        ExecutionStep::Source(_) => "Source",
        ExecutionStep::Filter(_) => "Filter",
        ExecutionStep::Select(_) => "Select",
        ExecutionStep::SelectKey(_) => "SelectKey",
        ExecutionStep::FlatMap(_) => "FlatMap",
        ExecutionStep::GroupBy(_) => "GroupBy",
        ExecutionStep::Aggregate(_) => return "StreamAggregate".to_string(),
        ExecutionStep::Sink(_) => "Sink",
    };
    format!("{side}{name}")
}
