//! DROP, ALTER and types: statements that change definitions without a query.

use weir_parser::ast::{AlterSource, DataType, DropSource, Name, SourceKind};

use super::context::PlanContext;
use super::{StatementPlan, elements, serdes};
use crate::analyzer::AnalysisError;
use crate::analyzer::scope::{kind_word, similar_source_hint};
use crate::metastore::{DataSource, MetaStore, QueryLinks};
use crate::types::{Column, SqlType};

type Planned = Result<(StatementPlan, MetaStore), AnalysisError>;

fn refuse<T>(message: impl Into<String>) -> Result<T, AnalysisError> {
    Err(AnalysisError::statement(message))
}

fn upper_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Stream => "STREAM",
        SourceKind::Table => "TABLE",
    }
}

/// DROP STREAM and DROP TABLE.
pub fn drop_source(context: &PlanContext<'_>, drop: &DropSource, text: &str) -> Planned {
    let name = drop.name.as_str();
    let Some(source) = context.metastore.source(&drop.name) else {
        return drop_unknown(context, drop, text);
    };
    if source.kind != drop.kind {
        return refuse(format!(
            "Incompatible data source type is {}, but statement was DROP {}",
            kind_word(source.kind),
            kind_word(drop.kind)
        ));
    }
    if drop.delete_topic {
        check_topic_deletion(context, source)?;
    }
    let own = source.created_by.as_ref();
    check_unused(context, source)?;
    let mut metastore = context.metastore.without_source(&drop.name);
    if let Some(own) = own {
        metastore = metastore.without_query(own);
    }
    let plan = StatementPlan::DropSource {
        source: drop.name.clone(),
        kind: drop.kind,
        terminate: own.filter(|id| context.metastore.query(&id.0).is_some()).cloned(),
        delete_topic: drop.delete_topic.then(|| source.topic.clone()),
        message: format!("Source `{name}` (topic: {}) was dropped.", source.topic),
    };
    Ok((plan, metastore))
}

fn drop_unknown(context: &PlanContext<'_>, drop: &DropSource, text: &str) -> Planned {
    let name = drop.name.as_str();
    if drop.if_exists {
        let message = format!("Source `{name}` does not exist.");
        return Ok((StatementPlan::Nothing { message }, context.metastore.clone()));
    }
    if drop.delete_topic {
        return Err(AnalysisError::request(format!(
            "Could not find source to delete topic for: ConfiguredStatement{{statement=PreparedStatement{{statementText='{text}'\
             , statement=Drop{}{{name=`{name}`, ifExists=false, deleteTopic=true}}}}}}",
            if drop.kind == SourceKind::Stream { "Stream" } else { "Table" }
        )));
    }
    let kind = if drop.kind == SourceKind::Stream { "Stream" } else { "Table" };
    refuse(format!("{kind} {name} does not exist.{}", similar_source_hint(context.metastore, &drop.name)))
}

fn check_topic_deletion(context: &PlanContext<'_>, source: &DataSource) -> Result<(), AnalysisError> {
    if source.read_only {
        let message = format!("Cannot delete topic for read-only source: {}", source.name.as_str());
        return Err(AnalysisError::request(message));
    }
    let others: Vec<&str> = context
        .metastore
        .sources()
        .filter(|other| other.topic == source.topic && other.name != source.name)
        .map(|other| other.name.as_str())
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(AnalysisError::execution(format!(
        "Refusing to delete topic. Found other data sources ({}) using topic {}",
        others.join(", "),
        source.topic
    )))
}

/// No other source or query may depend on it.
fn check_unused(context: &PlanContext<'_>, source: &DataSource) -> Result<(), AnalysisError> {
    let metastore = context.metastore;
    let name = source.name.as_str();
    let creates_sink = |query: &&QueryLinks| {
        let sink = query.sink.as_ref().and_then(|sink| metastore.source(sink));
        sink.is_some_and(|sink| sink.created_by.as_ref() == Some(&query.id))
    };
    let is_own = |query: &&QueryLinks| Some(&query.id) == source.created_by.as_ref();
    let ids = |queries: Vec<&QueryLinks>| {
        let mut ids: Vec<String> =
            queries.into_iter().filter(|q| !is_own(q) && !creates_sink(q)).map(|q| q.id.to_string()).collect();
        ids.sort();
        ids
    };
    let readers = ids(metastore.readers_of(&source.name).collect());
    let writers = ids(metastore.writers_of(&source.name).collect());
    if !readers.is_empty() || !writers.is_empty() {
        return refuse(format!(
            "Cannot drop {name}.\nThe following queries read from this source: [{}].\nThe following queries write into this source: \
         [{}].\nYou need to terminate them before dropping {name}.",
            readers.join(", "),
            writers.join(", ")
        ));
    }
    let mut dependants: Vec<&str> = metastore
        .readers_of(&source.name)
        .filter(creates_sink)
        .filter_map(|query| query.sink.as_ref().map(Name::as_str))
        .collect();
    dependants.sort_unstable();
    dependants.dedup();
    if !dependants.is_empty() {
        return refuse(format!(
            "Cannot drop {name}.\nThe following streams and/or tables read from this source: [{}].\nYou need to drop them \
             before dropping {name}.",
            dependants.join(", ")
        ));
    }
    Ok(())
}

/// ALTER STREAM and ALTER TABLE: value columns are added at the end.
pub fn alter_source(context: &PlanContext<'_>, alter: &AlterSource, text: &str) -> Planned {
    let name = alter.name.as_str();
    let columns: Vec<Column> = alter
        .add_columns
        .iter()
        .map(|(column, data_type)| Ok(Column { name: column.clone(), data_type: resolve_type(context, data_type)? }))
        .collect::<Result<_, AnalysisError>>()?;
    let Some(source) = context.metastore.source(&alter.name) else {
        return refuse(format!("Source {name} does not exist."));
    };
    if source.kind != alter.kind {
        return refuse(format!(
            "Incompatible data source type is {}, but statement was ALTER {}",
            upper_word(source.kind),
            upper_word(alter.kind)
        ));
    }
    if source.read_only {
        let kind = kind_word(source.kind);
        return refuse(format!("Cannot alter {kind} '{name}': ALTER operations are not supported on source {kind}s."));
    }
    if source.created_by.is_some() {
        return refuse("ALTER command is not supported for CREATE ... AS statements.");
    }
    let mut altered = DataSource::clone(source);
    for column in columns {
        elements::check_name(&column.name)?;
        let is_header = altered.schema.headers.iter().any(|header| header.name == column.name);
        if is_header || altered.schema.find(&column.name).is_some() {
            let column = column.name.as_str();
            return refuse(format!(
                "Cannot add column `{column}` to schema. A column with the same name already exists."
            ));
        }
        altered.schema.value.push(column);
    }
    serdes::check_altered(&altered)?;
    altered.statement = format!("{}\n{text}", altered.statement);
    let word = if alter.kind == SourceKind::Stream { "Stream" } else { "Table" };
    let metastore = context.metastore.with_source(altered.clone());
    Ok((StatementPlan::AlterSource { source: altered, message: format!("{word} {name} altered.") }, metastore))
}

fn resolve_type(context: &PlanContext<'_>, data_type: &DataType) -> Result<SqlType, AnalysisError> {
    SqlType::resolve(data_type, &|name| context.metastore.custom_type(name).cloned())
        .map_err(|e| AnalysisError::statement(e.to_string()).failed_to_prepare())
}

/// CREATE TYPE.
pub fn create_type(context: &PlanContext<'_>, if_not_exists: bool, name: &Name, data_type: &DataType) -> Planned {
    let data_type = resolve_type(context, data_type)?;
    let shown = name.as_str();
    if let Some(known) = context.metastore.custom_type(name) {
        if if_not_exists {
            let message = format!("{shown} is already registered with type {known}");
            return Ok((StatementPlan::Nothing { message }, context.metastore.clone()));
        }
        return refuse(format!(
            "Cannot register custom type '{shown}' since it is already registered with type: {known}"
        ));
    }
    let message = format!("Registered custom type with name '{shown}' and SQL type {data_type}");
    let metastore = context.metastore.with_type(name.clone(), data_type.clone());
    Ok((StatementPlan::RegisterType { name: name.clone(), data_type, message }, metastore))
}

/// DROP TYPE.
pub fn drop_type(context: &PlanContext<'_>, if_exists: bool, name: &Name) -> Planned {
    let shown = name.as_str();
    if context.metastore.custom_type(name).is_some() {
        let plan = StatementPlan::DropType { name: name.clone(), message: format!("Dropped type '{shown}'") };
        return Ok((plan, context.metastore.without_type(name)));
    }
    if if_exists {
        let message = format!("Type '{shown}' does not exist");
        return Ok((StatementPlan::Nothing { message }, context.metastore.clone()));
    }
    refuse(format!("Type {shown} does not exist."))
}
