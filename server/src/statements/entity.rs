//! The JSON shapes that several answers share: schemas, fields, running queries.

use serde_json::{Map, Value as Json, json};
use weir_engine::engine::PersistentQuery;
use weir_engine::exec::QueryState;
use weir_engine::types::{LogicalSchema, SqlType};

use crate::context::ServerContext;

/// `Schema`: type word, fields of a struct, element of an array or map, precision and scale of a decimal.
pub fn schema(data_type: &SqlType) -> Json {
    let fields = match data_type {
        SqlType::Struct(fields) => {
            fields.iter().map(|f| json!({ "name": f.name.as_str(), "schema": schema(&f.data_type) })).collect()
        }
        _ => Json::Null,
    };
    let member = match data_type {
        SqlType::Array(item) => schema(item),
        SqlType::Map(_, value) => schema(value),
        _ => Json::Null,
    };
    let mut object = Map::new();
    object.insert("type".into(), json!(data_type.base_name()));
    object.insert("fields".into(), fields);
    object.insert("memberSchema".into(), member);
    if let SqlType::Decimal { precision, scale } = data_type {
        object.insert("parameters".into(), json!({ "precision": precision, "scale": scale }));
    }
    Json::Object(object)
}

/// The fields of a source: keys first, header columns last.
pub fn fields(columns: &LogicalSchema) -> Vec<Json> {
    let keys =
        columns.key.iter().map(|c| json!({ "name": c.name.as_str(), "schema": schema(&c.data_type), "type": "KEY" }));
    let values = columns.value.iter().map(|c| json!({ "name": c.name.as_str(), "schema": schema(&c.data_type) }));
    let headers = columns.headers.iter().map(|header| match &header.header_key {
        Some(key) => json!({
            "name": header.name.as_str(), "schema": schema(&SqlType::Bytes), "type": "HEADER", "headerKey": key,
        }),
        None => json!({ "name": header.name.as_str(), "schema": schema(&headers_type()), "type": "HEADER" }),
    });
    keys.chain(values).chain(headers).collect()
}

fn headers_type() -> SqlType {
    use weir_engine::types::{ColumnName, StructField};
    let field = |name: &str, data_type| StructField { name: ColumnName::new(name), data_type };
    SqlType::array(SqlType::Struct(vec![field("KEY", SqlType::String), field("VALUE", SqlType::Bytes)]))
}

/// `(statusCount key, state)` of a persistent query; a paused one still says RUNNING.
pub fn query_state(context: &ServerContext, id: &str) -> (&'static str, &'static str) {
    match context.engine.driver().status(id).map(|s| s.state) {
        Some(QueryState::Paused) => ("PAUSED", "RUNNING"),
        Some(QueryState::Error) | None => ("ERROR", "ERROR"),
        Some(QueryState::Running) => ("RUNNING", "RUNNING"),
    }
}

/// `RunningQuery` of a persistent query.
pub fn running_query(context: &ServerContext, query: &PersistentQuery) -> Json {
    let plan = &query.plan;
    let (count, state) = query_state(context, &plan.id);
    let sinks: Vec<&str> = plan.sink.iter().map(|name| name.as_str()).collect();
    let topics: Vec<String> = sink_topics(context, query);
    json!({
        "queryString": plan.text,
        "sinks": sinks,
        "sinkKafkaTopics": topics,
        "id": plan.id,
        "statusCount": { count: 1 },
        "queryType": "PERSISTENT",
        "state": state,
    })
}

fn sink_topics(context: &ServerContext, query: &PersistentQuery) -> Vec<String> {
    let metastore = context.engine.metastore();
    query.plan.sink.iter().filter_map(|name| metastore.source(name)).map(|source| source.topic.clone()).collect()
}
