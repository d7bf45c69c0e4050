//! DESCRIBE of sources and functions.

use serde_json::{Value as Json, json};
use weir_engine::functions;
use weir_engine::metastore::{DataSource, MetaStore};
use weir_parser::ast::{Describe, Name, SourceKind};

use super::{entity, no_connect};
use crate::api::error::ApiError;
use crate::context::ServerContext;

pub fn kind_word(kind: SourceKind) -> &'static str {
    if kind == SourceKind::Stream { "STREAM" } else { "TABLE" }
}

/// Whether what is described exists.
pub fn check(context: &ServerContext, metastore: &MetaStore, what: &Describe, text: &str) -> Result<(), ApiError> {
    match what {
        Describe::Source { name, .. } => find(metastore, name, text).map(drop),
        Describe::Function(name) => functions::describe(name.as_str()).map(drop).ok_or_else(|| unknown_function(name)),
        Describe::Connector(_) => Err(no_connect(context, text)),
        Describe::Streams { .. } | Describe::Tables { .. } => Ok(()),
    }
}

pub fn describe(context: &ServerContext, what: &Describe, text: &str) -> Result<Json, ApiError> {
    match what {
        Describe::Source { name, extended, .. } => {
            let metastore = context.engine.metastore();
            let source = find(&metastore, name, text)?;
            Ok(json!({
                "@type": "sourceDescription", "statementText": text,
                "sourceDescription": description(context, &metastore, source, *extended), "warnings": [],
            }))
        }
        Describe::Streams { extended } => Ok(all(context, SourceKind::Stream, *extended, text)),
        Describe::Tables { extended } => Ok(all(context, SourceKind::Table, *extended, text)),
        Describe::Function(name) => function(name, text, context.config().is_strict()),
        Describe::Connector(_) => Err(no_connect(context, text)),
    }
}

/// `source_descriptions` of all sources of a kind.
pub fn all(context: &ServerContext, kind: SourceKind, extended: bool, text: &str) -> Json {
    let metastore = context.engine.metastore();
    let descriptions: Vec<Json> = metastore
        .sources()
        .filter(|source| source.kind == kind)
        .map(|source| description(context, &metastore, source, extended))
        .collect();
    json!({
        "@type": "source_descriptions", "statementText": text, "sourceDescriptions": descriptions, "warnings": [],
    })
}

fn find<'a>(metastore: &'a MetaStore, name: &Name, text: &str) -> Result<&'a DataSource, ApiError> {
    metastore.source(name).map(AsRef::as_ref).ok_or_else(|| {
        let mut message = format!("Could not find STREAM/TABLE '{}' in the Metastore", name.as_str());
        if let Some(alike) = metastore.sources().find(|s| s.name.as_str().eq_ignore_ascii_case(name.as_str())) {
            let alike = alike.name.as_str();
            let hint = if alike.chars().any(char::is_lowercase) {
                format!(
                    "\nDid you mean \"{alike}\"? Hint: wrap the source name in double quotes to make it case-sensitive."
                )
            } else {
                format!("\nDid you mean {alike}? Hint: try removing double quotes from the source name.")
            };
            message.push_str(&hint);
        }
        ApiError::statement(40001, message, text)
    })
}

fn description(context: &ServerContext, metastore: &MetaStore, source: &DataSource, extended: bool) -> Json {
    let queries = |ids: Vec<String>| -> Vec<Json> {
        ids.iter()
            .filter_map(|id| context.engine.persistent_query(id))
            .map(|query| entity::running_query(context, &query))
            .collect()
    };
    let readers = metastore.readers_of(&source.name).filter(|q| q.sink.is_some()).map(|q| q.id.0.clone()).collect();
    let writers: Vec<String> = metastore.writers_of(&source.name).map(|q| q.id.0.clone()).collect();
    let topic = context.engine.topics().describe(&source.topic);
    let offsets = if extended { offset_summaries(context, metastore, source) } else { Vec::new() };
    json!({
        "name": source.name.as_str(),
        "windowType": source.window.map(weir_engine::metastore::SourceWindow::word),
        "readQueries": queries(readers),
        "writeQueries": queries(writers),
        "fields": entity::fields(&source.schema),
        "type": kind_word(source.kind),
        "timestamp": source.timestamp.as_ref().map_or("", |t| t.column.as_str()),
        "statistics": if extended { statistics(context, metastore, source) } else { String::new() },
        "errorStats": "",
        "extended": extended,
        "keyFormat": source.key_serde.format.name(),
        "valueFormat": source.value_serde.format.name(),
        "topic": source.topic,
        "partitions": topic.as_ref().map_or(0, |t| t.partitions),
        "replication": topic.as_ref().map_or(0, |t| t.replicas),
        "statement": source.statement,
        "queryOffsetSummaries": offsets,
        "sourceConstraints": constraints(metastore, source),
        "clusterStatistics": [],
        "clusterErrorStats": [],
    })
}

/// Sources built on this one: those that block its DROP.
fn constraints(metastore: &MetaStore, source: &DataSource) -> Vec<String> {
    let built_on = metastore.sources().filter(|other| {
        other
            .created_by
            .as_ref()
            .and_then(|id| metastore.query(&id.0))
            .is_some_and(|q| q.sources.contains(&source.name))
            && other.name != source.name
    });
    built_on.map(|other| other.name.as_str().to_string()).collect()
}

/// Counters of the queries that write or read the source.
fn statistics(context: &ServerContext, metastore: &MetaStore, source: &DataSource) -> String {
    let total = |ids: &mut dyn Iterator<Item = String>, figure: fn(&weir_engine::exec::QueryStatus) -> u64| {
        ids.filter_map(|id| context.engine.driver().status(&id)).map(|s| figure(&s)).sum::<u64>()
    };
    let written = total(&mut metastore.writers_of(&source.name).map(|q| q.id.0.clone()), |s| s.counters.records_out);
    let read = total(&mut metastore.readers_of(&source.name).map(|q| q.id.0.clone()), |s| s.counters.records_in);
    format!("{:>16}:{written:>10} {:>16}:{read:>10}", "total-messages", "consumer-total-messages")
}

/// Where each reading query stands in the source's topic.
fn offset_summaries(context: &ServerContext, metastore: &MetaStore, source: &DataSource) -> Vec<Json> {
    let partitions = context.engine.topic_offsets(&source.topic);
    metastore
        .readers_of(&source.name)
        .map(|query| {
            let group = weir_engine::plan::persistent_application_id(
                weir_engine::plan::service_id(context.config()),
                &query.id.0,
            );
            let offsets: Vec<Json> = partitions
                .iter()
                .map(|(partition, range)| {
                    let place = weir_engine::topic::TopicPartition {
                        topic: source.topic.as_str().into(),
                        partition: *partition,
                    };
                    let committed = context.engine.topics().committed(&group, &place).ok().flatten();
                    json!({
                        "partition": partition.0,
                        "logStartOffset": range.start,
                        "logEndOffset": range.end,
                        "consumerOffset": committed.unwrap_or(range.start),
                    })
                })
                .collect();
            json!({
                "groupId": group,
                "topicSummaries": [{ "kafkaTopic": source.topic, "offsets": offsets }],
            })
        })
        .collect()
}

fn unknown_function(name: &Name) -> ApiError {
    ApiError::generic(40000, format!("Can't find any functions with the name '{}'", name.as_str()))
}

/// Examples are ours: a strict server leaves them out.
fn function(name: &Name, text: &str, strict: bool) -> Result<Json, ApiError> {
    let described = functions::describe(name.as_str()).ok_or_else(|| unknown_function(name))?;
    let signatures: Vec<Json> = described
        .signatures
        .iter()
        .map(|signature| {
            let arguments: Vec<Json> = signature
                .arguments
                .iter()
                .map(|a| json!({ "name": a.name, "type": a.data_type, "description": "", "isVariadic": a.variadic }))
                .collect();
            let types: Vec<&str> = signature.arguments.iter().map(|a| a.data_type.as_str()).collect();
            json!({
                "arguments": arguments, "returnType": signature.returns, "description": described.description,
                "argumentTypes": types,
            })
        })
        .collect();
    let mut entity = json!({
        "@type": "describe_function", "statementText": text,
        "name": described.name.to_uppercase(), "description": described.description, "author": "Weir",
        "version": "", "path": "internal", "functions": signatures, "type": described.kind, "warnings": [],
    });
    if !strict {
        let examples = described.examples.iter();
        let examples = examples.map(|e| json!({ "call": e.call, "rows": e.rows, "result": e.result }));
        entity["examples"] = examples.collect();
    }
    Ok(entity)
}
