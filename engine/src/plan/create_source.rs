//! CREATE STREAM and CREATE TABLE over a topic.

use weir_parser::ast::{ColumnConstraint, CreateSource, Literal, Properties, SourceKind, Statement, TableElement};

use super::context::PlanContext;
use super::properties::{self, PropertyOwner};
use super::serdes::{self, Serdes};
use super::topics::{self, WantedTopic};
use super::{QueryPlan, ResultKind, StatementPlan, elements, query, timestamp, upgrade};
use crate::analyzer::scope::kind_word;
use crate::analyzer::{AnalysisError, AnalysisErrorKind};
use crate::formats::Format;
use crate::metastore::{DataSource, MetaStore, QueryId, QueryLinks};
use crate::types::SqlType;

/// Plans the statement.
pub fn plan(context: &PlanContext<'_>, create: &CreateSource) -> Result<(StatementPlan, MetaStore), AnalysisError> {
    elements::check_key_words(create)?;
    let resolved = elements::resolve_types(context, create).map_err(AnalysisError::failed_to_prepare)?;
    elements::check(context, &resolved).map_err(AnalysisError::failed_to_prepare)?;
    properties::check(&create.properties, PropertyOwner::Create)?;
    if create.if_not_exists && context.metastore.source(&create.name).is_some() {
        return Ok((
            StatementPlan::NoOp { warning: exists_warning(create.kind, &create.name) },
            context.metastore.clone(),
        ));
    }
    upgrade::check_enabled(context, create.or_replace)?;
    let injected = injected_formats(context, &create.properties)?;
    let with_formats = rewritten(create, &resolved, &injected);
    let formats = formats(&with_formats.properties).map_err(|e| e.with_text(text_of(&with_formats)))?;
    check_inference(context, &with_formats, &formats)?;
    let topic = topic(context, create, &with_formats)?;
    serdes::check_runnable(context, topic.name, [&formats.0, &formats.1])?;
    let spec = topics::resolve(context, &topic)?;

    let (_, cleanup) = topics::cleanup(create.kind, false);
    let canonical = rewritten(create, &resolved, &[injected, vec![("CLEANUP_POLICY", cleanup)]].concat());
    let text = text_of(&canonical);
    let (source, query) = define(context, &canonical, formats, &text).map_err(|e| e.with_text(text.clone()))?;

    let mut metastore = context.metastore.with_source(source.clone());
    if let Some(query) = &query {
        let links = QueryLinks { id: QueryId(query.id.clone()), sources: vec![source.name.clone()], sink: None };
        metastore = metastore.with_query(links);
    }
    Ok((StatementPlan::CreateSource { source, topic: spec, query, text }, metastore))
}

/// The words for a name that is taken.
pub fn exists_warning(kind: SourceKind, name: &weir_parser::ast::Name) -> String {
    let kind = kind_word(kind);
    format!("Cannot add {kind} `{}`: A {kind} with the same name already exists.", name.as_str())
}

/// Formats that the clause leaves to the configuration.
fn injected_formats(
    context: &PlanContext<'_>,
    given: &Properties,
) -> Result<Vec<(&'static str, Literal)>, AnalysisError> {
    let names = serdes::named_formats(given);
    let mut injected = Vec::new();
    if names.key.is_none() {
        let default = context.config.get("ksql.persistence.default.format.key").unwrap_or("KAFKA");
        injected.push(("KEY_FORMAT", Literal::String(default.to_ascii_uppercase())));
    }
    if names.value.is_none() {
        let default = context.config.get("ksql.persistence.default.format.value").ok_or_else(|| {
            AnalysisError::statement(
                "Statement is missing the 'VALUE_FORMAT' property from the WITH clause. Either provide one or set a default \
                 via the 'ksql.persistence.default.format.value' config.",
            )
        })?;
        injected.push(("VALUE_FORMAT", Literal::String(default.to_ascii_uppercase())));
    }
    Ok(injected)
}

fn rewritten(
    create: &CreateSource,
    elements: &[(TableElement, SqlType)],
    injected: &[(&'static str, Literal)],
) -> CreateSource {
    CreateSource {
        elements: elements.iter().map(|(element, _)| element.clone()).collect(),
        properties: properties::canonical(&create.properties, injected),
        ..create.clone()
    }
}

fn text_of(create: &CreateSource) -> String {
    format!("{};", Statement::CreateSource(create.clone()))
}

/// Columns that would come from a schema registry: not without one, and not in this version.
fn check_inference(
    context: &PlanContext<'_>,
    create: &CreateSource,
    (key, value): &(Format, Format),
) -> Result<(), AnalysisError> {
    let is_key = |e: &TableElement| matches!(e.constraint, ColumnConstraint::Key | ColumnConstraint::PrimaryKey);
    let is_value = |e: &TableElement| e.constraint == ColumnConstraint::None;
    let has_key = create.elements.iter().any(is_key);
    let has_value = create.elements.iter().any(is_value);
    let topic = properties::text(&create.properties, "KAFKA_TOPIC").unwrap_or_default();
    for (side, format, declared) in [("KEY", key, has_key), ("VALUE", value, has_value)] {
        let with_id = create.properties.get(&format!("{side}_SCHEMA_ID")).is_some();
        let refuse = |message: String| Err(AnalysisError::statement(message).with_text(text_of(create)));
        let infers = format.info().schema_inference;
        if with_id && !infers {
            return refuse(format!(
                "{side}_FORMAT should support schema inference when {side}_SCHEMA_ID is provided. Current format is {}.",
                format.name()
            ));
        }
        if with_id && declared {
            return refuse(format!("Table elements and {side}_SCHEMA_ID cannot both exist for create statement."));
        }
        if !infers || declared {
            continue;
        }
        if context.has_registry() {
            return Err(AnalysisError::not_supported_yet("Columns from a schema registry are"));
        }
        let cause = "\nCaused by: KSQL is not configured to use a schema registry. To enable it, please\n\tset \
                     ksql.schema.registry.url";
        let side = side.to_ascii_lowercase();
        return Err(AnalysisError::new(
            AnalysisErrorKind::Precondition,
            format!("Schema registry fetch for topic {side} request failed for topic: {topic}{cause}{cause}"),
        ));
    }
    Ok(())
}

fn formats(canonical: &Properties) -> Result<(Format, Format), AnalysisError> {
    let names = serdes::named_formats(canonical);
    let key = serdes::format(&names.key.unwrap_or_default(), "KEY", canonical)?;
    let value = serdes::format(&names.value.unwrap_or_default(), "VALUE", canonical)?;
    Ok((key, value))
}

fn topic<'a>(
    context: &PlanContext<'_>,
    create: &CreateSource,
    with_formats: &'a CreateSource,
) -> Result<WantedTopic<'a>, AnalysisError> {
    let given = &create.properties;
    let Some(Literal::String(name)) = with_formats.properties.get("KAFKA_TOPIC") else {
        return Err(AnalysisError::statement("Must have non-empty topic name."));
    };
    topics::check_name(name)?;
    topics::check_properties(given, create.kind, given.get("WINDOW_TYPE").is_some())?;
    let [partitions, replicas, retention_ms] = topics::given_layout(given);
    if partitions.is_none() && (context.topics)(name).is_none() {
        let example = CreateSource {
            properties: properties::canonical(&with_formats.properties, &[("PARTITIONS", Literal::Integer(2))]),
            ..with_formats.clone()
        };
        return Err(AnalysisError::request(format!(
            "Topic '{name}' does not exist. If you want to create a new topic for the stream/table please re-run the statement \
             providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For example: {}",
            text_of(&example)
        )));
    }
    let (cleanup, _) = topics::cleanup(create.kind, false);
    Ok(WantedTopic { name, partitions, replicas, retention_ms, cleanup })
}

/// The source, and the query that materialises a SOURCE TABLE.
fn define(
    context: &PlanContext<'_>,
    create: &CreateSource,
    formats: (Format, Format),
    text: &str,
) -> Result<(DataSource, Option<QueryPlan>), AnalysisError> {
    let refuse = |message: String| Err(AnalysisError::statement(message));
    if create.elements.is_empty() {
        return refuse("No columns supplied.".into());
    }
    let schema = elements::schema(create)?;
    if create.kind == SourceKind::Table && schema.key.is_empty() {
        return refuse("Tables require a PRIMARY KEY. Please define the PRIMARY KEY.".into());
    }
    let existing = context.metastore.source(&create.name);
    let kind = kind_word(create.kind);
    if create.or_replace && (create.read_only || existing.is_some_and(|existing| existing.read_only)) {
        return Err(upgrade::not_on_source(kind, &create.name));
    }
    if let Some(existing) = existing.filter(|_| !create.or_replace) {
        return refuse(upgrade::already_exists(create.kind, existing));
    }
    let Serdes { key, value, explicit_wrap } = serdes::serdes(context, &create.properties, formats, &schema)?;
    let window = properties::window(&create.properties).map_err(AnalysisError::statement)?;
    if window.is_some() && schema.key.is_empty() {
        return refuse("Windowed sources require a key column.".into());
    }
    let timestamp = timestamp::column(&create.properties, &schema)?;
    let mut source = DataSource {
        name: create.name.clone(),
        kind: create.kind,
        topic: properties::text(&create.properties, "KAFKA_TOPIC").unwrap_or_default(),
        schema,
        key_serde: key,
        value_serde: value,
        explicit_wrap,
        window,
        timestamp,
        read_only: create.read_only,
        statement: text.to_string(),
        created_by: None,
    };
    if let Some(existing) = existing {
        upgrade::check_source(existing, &source)?;
        upgrade::check_no_own_query(context, existing)?;
    }
    let query = materialization(context, &mut source, text)?;
    Ok((source, query))
}

/// A SOURCE TABLE is kept by a query of its own, so that pull queries can read it.
fn materialization(
    context: &PlanContext<'_>,
    source: &mut DataSource,
    text: &str,
) -> Result<Option<QueryPlan>, AnalysisError> {
    let enabled = context.config.bool("ksql.source.table.materialization.enabled", true);
    if !(source.read_only && source.kind == SourceKind::Table && enabled) {
        return Ok(None);
    }
    serdes::check_supported([&source.key_serde.format, &source.value_serde.format])?;
    let id = format!("CST_{}_{}", source.name.as_str(), context.next_query_number);
    source.created_by = Some(QueryId(id.clone()));
    Ok(Some(QueryPlan {
        id,
        sources: vec![source.name.clone()],
        sink: None,
        result: ResultKind::Table,
        root: query::materialize(source),
        text: text.to_string(),
        limit: None,
        output_columns: Vec::new(),
    }))
}
