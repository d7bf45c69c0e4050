//! What SHOW and LIST answer.

use serde_json::Value as Json;

use super::{array, source, text};
use crate::sql::style::Style;

/// Narrower terminals list queries without their statements, which would stand there a word a line.
const WIDTH_WITH_STATEMENTS: usize = 110;

pub fn sources(entity: &Json, member: &str, name: &str, style: &Style) -> String {
    let rows = array(&entity[member]).iter().map(|source| {
        ["name", "topic", "keyFormat", "valueFormat", "isWindowed"].iter().map(|field| text(&source[*field])).collect()
    });
    style.table(&[name, "Kafka Topic", "Key Format", "Value Format", "Windowed"], &rows.collect::<Vec<_>>())
}

pub fn topics(entity: &Json, style: &Style) -> String {
    let extended = entity["@type"] == "kafka_topics_extended";
    let mut header = vec!["Kafka Topic", "Partitions", "Partition Replicas"];
    if extended {
        header.extend(["Consumers", "ConsumerGroups"]);
    }
    let rows = array(&entity["topics"]).iter().map(|topic| {
        let replicas = array(&topic["replicaInfo"]);
        let mut row = vec![text(&topic["name"]), replicas.len().to_string(), shared(replicas)];
        if extended {
            row.extend([text(&topic["consumerCount"]), text(&topic["consumerGroupCount"])]);
        }
        row
    });
    style.table(&header, &rows.collect::<Vec<_>>())
}

/// The number if all are equal, else all of them.
fn shared(numbers: &[Json]) -> String {
    match numbers {
        [first, rest @ ..] if rest.iter().all(|other| other == first) => first.to_string(),
        _ => numbers.iter().map(Json::to_string).collect::<Vec<_>>().join(", "),
    }
}

pub fn queries(entity: &Json, style: &Style) -> String {
    let joined = |value: &Json| array(value).iter().map(text).collect::<Vec<_>>().join(",");
    let rows = array(&entity["queries"]).iter().map(|query| {
        let counts = query["statusCount"].as_object();
        let counts = counts.map(|c| c.iter().map(|(status, count)| format!("{status}:{count}")).collect::<Vec<_>>());
        vec![
            text(&query["id"]),
            text(&query["queryType"]),
            counts.map_or_else(|| text(&query["state"]), |counts| counts.join(",")),
            joined(&query["sinks"]),
            joined(&query["sinkKafkaTopics"]),
            source::one_line(&query["queryString"]),
        ]
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    let mut header = vec!["Query ID", "Query Type", "Status", "Sink Name", "Sink Kafka Topic", "Query String"];
    if style.width.is_some_and(|width| width < WIDTH_WITH_STATEMENTS) {
        header.truncate(header.len() - 1);
        rows.iter_mut().for_each(|row| row.truncate(header.len()));
    }
    style.table(&header, &rows) + "\nFor more about a query run: EXPLAIN <Query ID>;"
}

pub fn properties(entity: &Json, style: &Style) -> String {
    let names = |member: &str| array(&entity[member]).iter().map(text).collect::<Vec<_>>();
    let (overwritten, defaults) = (names("overwrittenProperties"), names("defaultProperties"));
    let mut rows: Vec<Vec<String>> = array(&entity["properties"])
        .iter()
        .map(|property| {
            let name = text(&property["name"]);
            let origin = match () {
                () if overwritten.contains(&name) => "SESSION",
                () if defaults.contains(&name) => "",
                () => "SERVER",
            };
            vec![name, text(&property["scope"]), origin.to_string(), text(&property["value"])]
        })
        .collect();
    rows.sort();
    style.table(&["Property", "Scope", "Default override", "Effective Value"], &rows)
}

pub fn functions(entity: &Json, style: &Style) -> String {
    let rows = array(&entity["functions"]).iter();
    let rows = rows.map(|f| vec![text(&f["name"]), text(&f["category"]), text(&f["type"])]);
    let mut rows: Vec<Vec<String>> = rows.collect();
    rows.sort();
    style.table(&["Function Name", "Category", "Type"], &rows)
        + "\nFor more about a function run: DESCRIBE FUNCTION <name>;"
}

pub fn types(entity: &Json, style: &Style) -> String {
    let types = entity["types"].as_object();
    let rows = types.into_iter().flatten().map(|(name, schema)| vec![name.clone(), source::data_type(schema)]);
    style.table(&["Type Name", "Schema"], &rows.collect::<Vec<_>>())
}

pub fn variables(entity: &Json, style: &Style) -> String {
    let rows = array(&entity["variables"]).iter().map(|v| vec![text(&v["name"]), text(&v["value"])]);
    style.table(&["Variable Name", "Value"], &rows.collect::<Vec<_>>())
}

pub fn connectors(entity: &Json, style: &Style) -> String {
    let rows = array(&entity["connectors"]).iter();
    let rows = rows.map(|c| ["name", "type", "className", "state"].iter().map(|field| text(&c[*field])).collect());
    style.table(&["Connector Name", "Type", "Class", "Status"], &rows.collect::<Vec<_>>())
}

pub fn connector_plugins(entity: &Json, style: &Style) -> String {
    let rows = array(&entity["connectorsPlugins"]).iter();
    let rows = rows.map(|p| ["className", "type", "version"].iter().map(|field| text(&p[*field])).collect());
    style.table(&["Class", "Type", "Version"], &rows.collect::<Vec<_>>())
}
