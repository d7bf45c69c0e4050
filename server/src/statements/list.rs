//! LIST and SHOW.

use serde_json::{Map, Value as Json, json};
use weir_engine::functions;
use weir_engine::metastore::DataSource;
use weir_engine::topic::is_named_by;
use weir_parser::ast::{List, SourceKind};

use super::session::Session;
use super::{describe, entity, explain, no_connect};
use crate::api::error::ApiError;
use crate::context::ServerContext;
use crate::properties;

pub fn list(context: &ServerContext, what: &List, session: &Session, text: &str) -> Result<Json, ApiError> {
    Ok(match what {
        List::Streams { extended: true } => describe::all(context, SourceKind::Stream, true, text),
        List::Tables { extended: true } => describe::all(context, SourceKind::Table, true, text),
        List::Streams { extended: false } => sources(context, SourceKind::Stream, "streams", text),
        List::Tables { extended: false } => sources(context, SourceKind::Table, "tables", text),
        List::Queries { extended: true } => explain::all_queries(context, text),
        List::Queries { extended: false } => queries(context, text),
        List::Topics { all, extended } => topics(context, *all, *extended, text),
        List::Types => types(context, text),
        List::Variables => variables(session, text),
        List::Functions => all_functions(text),
        List::Properties => all_properties(context, session, text),
        List::Connectors(_) | List::ConnectorPlugins => return Err(no_connect(context, text)),
    })
}

fn sources(context: &ServerContext, kind: SourceKind, field: &str, text: &str) -> Json {
    let metastore = context.engine.metastore();
    let infos: Vec<Json> = metastore.sources().filter(|s| s.kind == kind).map(|s| source_info(s)).collect();
    json!({ "@type": field, "statementText": text, field: infos, "warnings": [] })
}

fn source_info(source: &DataSource) -> Json {
    json!({
        "type": describe::kind_word(source.kind),
        "name": source.name.as_str(),
        "topic": source.topic,
        "keyFormat": source.key_serde.format.name(),
        "valueFormat": source.value_serde.format.name(),
        "isWindowed": source.is_windowed(),
    })
}

fn queries(context: &ServerContext, text: &str) -> Json {
    let mut queries: Vec<Json> =
        context.engine.persistent_queries().iter().map(|query| entity::running_query(context, query)).collect();
    for (id, push) in context.push_queries.lock().iter() {
        queries.push(json!({
            "queryString": push.plan.text,
            "sinks": [], "sinkKafkaTopics": [],
            "id": id,
            "statusCount": { "RUNNING": 1 },
            "queryType": "PUSH",
            "state": "RUNNING",
        }));
    }
    json!({ "@type": "queries", "statementText": text, "queries": queries, "warnings": [] })
}

fn topics(context: &ServerContext, all: bool, extended: bool, text: &str) -> Json {
    let metastore = context.engine.metastore();
    let reading = |topic: &str| {
        context
            .engine
            .persistent_queries()
            .iter()
            .filter(|q| q.plan.sources.iter().any(|s| metastore.source(s).is_some_and(|s| s.topic == topic)))
            .count()
    };
    // Only ALL shows them.
    let hidden = properties::value(context.config(), "ksql.hidden.topics");
    let listed = context.engine.topics().list();
    let infos: Vec<Json> = listed
        .iter()
        .filter(|topic| all || !is_named_by(&topic.name, &hidden))
        .map(|topic| {
            let replicas = vec![topic.replicas; topic.partitions as usize];
            let mut info = json!({ "name": topic.name, "replicaInfo": replicas });
            if extended {
                let readers = reading(&topic.name);
                info["consumerCount"] = json!(readers * topic.partitions as usize);
                info["consumerGroupCount"] = json!(readers);
            }
            info
        })
        .collect();
    let kind = if extended { "kafka_topics_extended" } else { "kafka_topics" };
    json!({ "@type": kind, "statementText": text, "topics": infos, "warnings": [] })
}

fn types(context: &ServerContext, text: &str) -> Json {
    let metastore = context.engine.metastore();
    let types: Map<String, Json> =
        metastore.types().map(|(name, data_type)| (name.as_str().to_string(), entity::schema(data_type))).collect();
    json!({ "@type": "type_list", "statementText": text, "types": types, "warnings": [] })
}

fn variables(session: &Session, text: &str) -> Json {
    let variables: Vec<Json> =
        session.variables.entries().into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({ "@type": "variables", "statementText": text, "variables": variables, "warnings": [] })
}

fn all_functions(text: &str) -> Json {
    let listed: Vec<Json> = functions::catalogue()
        .into_iter()
        .map(|f| json!({ "name": f.name.to_uppercase(), "type": f.kind, "category": f.category }))
        .collect();
    json!({ "@type": "function_names", "statementText": text, "functions": listed, "warnings": [] })
}

fn all_properties(context: &ServerContext, session: &Session, text: &str) -> Json {
    let listed = properties::listing(context.config(), &session.overrides);
    let entries: Vec<Json> = listed
        .iter()
        .map(|p| {
            json!({
                "name": p.name, "scope": "KSQL", "value": p.value, "editable": p.editable, "level": p.level,
            })
        })
        .collect();
    let overwritten: Vec<&str> = listed.iter().filter(|p| p.overwritten).map(|p| p.name.as_str()).collect();
    let defaults: Vec<&str> = listed.iter().filter(|p| p.is_default).map(|p| p.name.as_str()).collect();
    json!({
        "@type": "properties", "statementText": text, "properties": entries,
        "overwrittenProperties": overwritten, "defaultProperties": defaults, "warnings": [],
    })
}
