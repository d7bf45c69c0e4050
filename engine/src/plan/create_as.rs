//! CREATE STREAM AS SELECT and CREATE TABLE AS SELECT.

use weir_parser::ast::{CreateAsSelect, Literal, Name, SourceKind, Statement};

use super::context::PlanContext;
use super::properties::{self, PropertyOwner};
use super::query::{self, BuiltQuery};
use super::serdes::{self, Serdes};
use super::step::{ExecutionStep, SinkStep};
use super::topics::{self, DEFAULT_RETENTION_MS, WantedTopic};
use super::{QueryPlan, ResultKind, StatementPlan, create_source, timestamp, upgrade, window};
use crate::analyzer::{AnalysisError, AnalysisErrorKind, QueryPurpose, Scope, query as analysis};
use crate::formats::Format;
use crate::metastore::{DataSource, MetaStore, QueryId, QueryLinks};
use crate::topic::TopicSpec;
use crate::types::LogicalSchema;

/// Plans the statement.
pub fn plan(context: &PlanContext<'_>, create: &CreateAsSelect) -> Result<(StatementPlan, MetaStore), AnalysisError> {
    analysis::check_clauses(&create.query)?;
    properties::check(&create.properties, PropertyOwner::CreateAs)?;
    let scope = Scope::of(&create.query, context.metastore)?;
    let canonical = scope.qualify(&create.query, context.metastore, true)?;
    analysis::check_clauses(&canonical)?;
    if create.if_not_exists && context.metastore.source(&create.name).is_some() {
        let warning = create_source::exists_warning(create.kind, &create.name);
        return Ok((StatementPlan::NoOp { warning }, context.metastore.clone()));
    }
    upgrade::check_enabled(context, create.or_replace)?;
    let topic = SinkTopic::of(context, create, &scope)?;
    if context.is_read_only_topic(&topic.name) {
        return Err(AnalysisError::statement(format!("Cannot insert into read-only topic: {}", topic.name)));
    }
    let statement = CreateAsSelect {
        properties: properties::canonical(&create.properties, &topic.injected()),
        query: canonical,
        ..create.clone()
    };
    let text = format!("{};", Statement::CreateAsSelect(statement.clone()));
    if let Some(window) = &create.query.window {
        window::resolve(window, false).map(|_| ()).or_else(only_execution)?;
    }
    let spec = topics::resolve(context, &topic.wanted())?;
    let planned = plan_rewritten(context, &statement, scope, &topic, &text).map_err(|e| e.in_output_schema(&text))?;
    finish(context, create, planned, spec, text)
}

/// Windows that Kafka Streams refuses fail before anything is rewritten; others later.
fn only_execution(error: AnalysisError) -> Result<(), AnalysisError> {
    if error.kind == AnalysisErrorKind::Execution { Err(error) } else { Ok(()) }
}

struct Planned {
    source: DataSource,
    built: BuiltQuery,
    read: Vec<Name>,
}

fn plan_rewritten(
    context: &PlanContext<'_>,
    statement: &CreateAsSelect,
    scope: Scope,
    topic: &SinkTopic,
    text: &str,
) -> Result<Planned, AnalysisError> {
    let purpose = QueryPurpose::Persistent { sink: &statement.name, create_table: statement.kind == SourceKind::Table };
    let analyzed = analysis::analyze(statement.query.clone(), scope, purpose)?;
    timestamp::check_exists(&statement.properties, analyzed.items.iter().map(|item| &item.name))?;
    let built = query::build(&analyzed, purpose, context.config)?;
    check_kind(statement.kind, built.result, text)?;
    if let Some(existing) = context.metastore.source(&statement.name).filter(|_| !statement.or_replace) {
        return Err(AnalysisError::statement(upgrade::already_exists(statement.kind, existing)));
    }
    let left = analyzed.source();
    let schema = built.schema().clone();
    let formats = sink_formats(context, statement, left, &schema)?;
    let runnable = [formats.0.clone(), formats.1.clone()];
    let Serdes { key, value, explicit_wrap } =
        serdes::serdes(context, &statement.properties, formats, &schema).map_err(without_text)?;
    serdes::check_runnable(context, &topic.name, [&runnable[0], &runnable[1]])?;
    serdes::check_supported([&runnable[0], &runnable[1]])?;
    let source = DataSource {
        name: statement.name.clone(),
        kind: statement.kind,
        timestamp: timestamp::column(&statement.properties, &schema)?,
        schema,
        topic: topic.name.clone(),
        key_serde: key,
        value_serde: value,
        explicit_wrap,
        window: built.window,
        read_only: false,
        statement: text.to_string(),
        created_by: None,
    };
    let read = analyzed.scope.sources.iter().map(|s| s.source.name.clone()).collect();
    Ok(Planned { source, built, read })
}

/// A schema that the format cannot hold is found when the sink is created; ksqlDB then repeats no statement.
fn without_text(error: AnalysisError) -> AnalysisError {
    if error.message.contains(" format does not support schema.") {
        return AnalysisError { kind: AnalysisErrorKind::Request, ..error };
    }
    error
}

fn check_kind(kind: SourceKind, result: ResultKind, text: &str) -> Result<(), AnalysisError> {
    let produced = match (kind, result) {
        (SourceKind::Stream, ResultKind::Table) => "TABLE",
        (SourceKind::Table, ResultKind::Stream) => "STREAM",
        _ => return Ok(()),
    };
    Err(AnalysisError::about(
        text,
        format!(
            "Invalid result type. Your SELECT query produces a {produced}. Please use CREATE {produced} AS SELECT statement \
             instead."
        ),
    ))
}

/// Formats given, else those of the left-most source (language reference 4.4).
fn sink_formats(
    context: &PlanContext<'_>,
    statement: &CreateAsSelect,
    left: &DataSource,
    schema: &LogicalSchema,
) -> Result<(Format, Format), AnalysisError> {
    let given = &statement.properties;
    let names = serdes::named_formats(given);
    let default_key = || context.config.get("ksql.persistence.default.format.key").unwrap_or("KAFKA").to_string();
    let inherit = |name: &str, side: &str, from: &Format| {
        let format = serdes::format(name, side, given)?;
        let has_delimiter = properties::text(given, &format!("{side}_DELIMITER")).is_some();
        Ok(if !has_delimiter && format.name() == from.name() { from.clone() } else { format })
    };
    let value_name = names.value.unwrap_or_else(|| left.value_serde.format.name().to_string());
    let value = inherit(&value_name, "VALUE", &left.value_serde.format)?;
    if schema.key.is_empty() {
        if names.key.as_deref().is_some_and(|name| !name.eq_ignore_ascii_case("NONE")) && given.get("FORMAT").is_none()
        {
            return Err(AnalysisError::statement("Key format specified for stream without key columns."));
        }
        // A source that never had a key hands its key format on; a key that was given up leaves none.
        let key = if left.schema.key.is_empty() { left.key_serde.format.clone() } else { Format::None };
        return Ok((key, value));
    }
    let inherited_key = || match &left.key_serde.format {
        Format::None => default_key(),
        other => other.name().to_string(),
    };
    let key = inherit(&names.key.unwrap_or_else(inherited_key), "KEY", &left.key_serde.format)?;
    Ok((key, value))
}

/// The topic of a sink as far as the statement and the left-most source's topic say.
struct SinkTopic {
    name: String,
    partitions: i64,
    replicas: i64,
    retention_ms: i64,
    kind: SourceKind,
    windowed: bool,
}

impl SinkTopic {
    fn of(context: &PlanContext<'_>, create: &CreateAsSelect, scope: &Scope) -> Result<Self, AnalysisError> {
        let given = &create.properties;
        let windowed = create.query.window.is_some();
        let prefix = context.config.get("ksql.output.topic.name.prefix").unwrap_or_default();
        let default_name = || format!("{prefix}{}", create.name.as_str());
        let name = properties::text(given, "KAFKA_TOPIC").unwrap_or_else(default_name);
        topics::check_name(&name)?;
        topics::check_properties(given, create.kind, windowed)?;
        let source_topic = &scope.first().source.topic;
        let source: TopicSpec = (context.topics)(source_topic)
            .ok_or_else(|| AnalysisError::statement(format!("Kafka topic does not exist: {source_topic}")))?;
        let [partitions, replicas, retention_ms] = topics::given_layout(given);
        let window_retention_ms = match &create.query.window {
            Some(clause) => window::resolve(clause, false).map_or(0, |spec| spec.retention_ms),
            None => 0,
        };
        let inherited_ms = source.retention_ms.unwrap_or(DEFAULT_RETENTION_MS);
        Ok(Self {
            name,
            partitions: partitions.unwrap_or(i64::from(source.partitions)),
            replicas: replicas.unwrap_or(i64::from(source.replicas)),
            retention_ms: match retention_ms.unwrap_or(inherited_ms) {
                // For ever.
                forever @ ..0 => forever,
                limited_ms => limited_ms.max(window_retention_ms),
            },
            kind: create.kind,
            windowed,
        })
    }

    fn injected(&self) -> Vec<(&'static str, Literal)> {
        let (_, cleanup) = topics::cleanup(self.kind, self.windowed);
        vec![
            ("CLEANUP_POLICY", cleanup),
            ("KAFKA_TOPIC", Literal::String(self.name.clone())),
            ("PARTITIONS", whole_number(self.partitions)),
            ("REPLICAS", whole_number(self.replicas)),
            ("RETENTION_MS", whole_number(self.retention_ms)),
        ]
    }

    fn wanted(&self) -> WantedTopic<'_> {
        let (cleanup, _) = topics::cleanup(self.kind, self.windowed);
        WantedTopic {
            name: &self.name,
            partitions: Some(self.partitions),
            replicas: Some(self.replicas),
            retention_ms: (self.kind == SourceKind::Stream || self.windowed).then_some(self.retention_ms),
            cleanup,
        }
    }
}

fn whole_number(n: i64) -> Literal {
    i32::try_from(n).map_or(Literal::BigInt(n), Literal::Integer)
}

/// Names the query and registers source and query.
fn finish(
    context: &PlanContext<'_>,
    create: &CreateAsSelect,
    planned: Planned,
    topic: Option<TopicSpec>,
    text: String,
) -> Result<(StatementPlan, MetaStore), AnalysisError> {
    let Planned { mut source, built, read } = planned;
    let existing = context.metastore.source(&create.name);
    let prefix = if create.kind == SourceKind::Stream { "CSAS" } else { "CTAS" };
    let new_id = || QueryId(format!("{prefix}_{}_{}", create.name.as_str(), context.next_query_number));
    let replaced = existing.and_then(|e| e.created_by.clone());
    let id = replaced.clone().unwrap_or_else(new_id);
    source.created_by = Some(id.clone());
    let query = QueryPlan {
        id: id.0.clone(),
        sources: read.clone(),
        sink: Some(source.name.clone()),
        result: built.result,
        root: sink_step(built, &source),
        text: text.clone(),
        limit: None,
        output_columns: Vec::new(),
    };
    if let Some(existing) = existing {
        upgrade::check_replacement(context, existing, &source, &query).map_err(|e| e.with_text(text.clone()))?;
    }
    let links = QueryLinks { id, sources: read, sink: Some(source.name.clone()) };
    let metastore = context.metastore.with_source(source.clone()).with_query(links);
    Ok((StatementPlan::CreateAs { source, topic, query, replaces: replaced.is_some(), text }, metastore))
}

/// Writes a query's result to a source's topic.
pub fn sink_step(built: BuiltQuery, sink: &DataSource) -> ExecutionStep {
    ExecutionStep::Sink(SinkStep {
        topic: sink.topic.clone(),
        key_serde: sink.key_serde.clone(),
        value_serde: sink.value_serde.clone(),
        window: built.window,
        timestamp: sink.timestamp.clone(),
        kind: built.result,
        schema: sink.schema.clone(),
        input: Box::new(built.root),
    })
}
