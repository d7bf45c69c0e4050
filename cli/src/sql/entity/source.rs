//! DESCRIBE of a stream or table.

use serde_json::Value as Json;
use weir_parser::ast::Name;

use super::{array, block, section, text};
use crate::sql::style::Style;

/// Name, with EXTENDED the other properties, the columns, and what depends on the source.
pub fn describe(source: &Json, style: &Style) -> String {
    let extended = source["extended"] == true;
    let mut lines = vec![("Name", text(&source["name"]))];
    if extended {
        let topic = format!(
            "{} (partitions: {}, replication: {})",
            text(&source["topic"]),
            text(&source["partitions"]),
            text(&source["replication"])
        );
        let timestamp = text(&source["timestamp"]);
        lines.extend([
            ("Type", text(&source["type"])),
            ("Timestamp field", if timestamp.is_empty() { "the record's time".to_string() } else { timestamp }),
            ("Key format", text(&source["keyFormat"])),
            ("Value format", text(&source["valueFormat"])),
            ("Kafka topic", topic),
        ]);
    }
    let is_table = source["type"] == "TABLE";
    let mut described =
        format!("{}\n{}", block(&lines, style), fields(&source["fields"], is_table, &source["windowType"], style));
    if !extended {
        let name = Name::new(text(&source["name"]));
        return described + &format!("\nFor statistics and more run: DESCRIBE {name} EXTENDED;");
    }
    let lists = [
        ("Statement", style.wrap(&text(&source["statement"]), 0)),
        ("Sources that have a DROP constraint on this one", constraints(&source["sourceConstraints"])),
        ("Queries that read from it", queries(&source["readQueries"], style)),
        ("Queries that write to it", queries(&source["writeQueries"], style)),
        ("Statistics", one_line(&source["statistics"])),
        ("Errors", one_line(&source["errorStats"])),
        ("Consumer groups", offsets(&source["queryOffsetSummaries"], style)),
    ];
    for (title, body) in lists {
        if !body.trim().is_empty() {
            described.push_str(&section(style, title, &body));
        }
    }
    described
}

/// The columns as a table.
pub fn fields(fields: &Json, is_table: bool, window_type: &Json, style: &Style) -> String {
    let rows = array(fields).iter().map(|field| {
        let role = match field["type"].as_str() {
            Some("KEY") => {
                let key = if is_table { " (primary key)" } else { " (key)" };
                let window = window_type.as_str().map(|kind| format!(" (Window type: {kind})")).unwrap_or_default();
                format!("{key}{window}")
            }
            Some("HEADER") => match field["headerKey"].as_str() {
                Some(key) => format!(" (header('{key}'))"),
                None => " (headers)".to_string(),
            },
            _ => String::new(),
        };
        vec![text(&field["name"]), data_type(&field["schema"]) + &role]
    });
    style.table(&["Field", "Type"], &rows.collect::<Vec<_>>())
}

/// A schema as ksqlDB's shell prints it.
pub fn data_type(schema: &Json) -> String {
    match schema["type"].as_str().unwrap_or_default() {
        "STRING" => "VARCHAR(STRING)".to_string(),
        "ARRAY" => format!("ARRAY<{}>", data_type(&schema["memberSchema"])),
        "MAP" => format!("MAP<STRING, {}>", data_type(&schema["memberSchema"])),
        "STRUCT" => {
            let members = array(&schema["fields"]).iter();
            let members = members.map(|f| format!("{} {}", text(&f["name"]), data_type(&f["schema"])));
            format!("STRUCT<{}>", members.collect::<Vec<_>>().join(", "))
        }
        "DECIMAL" => {
            let parameters = &schema["parameters"];
            format!("DECIMAL({}, {})", text(&parameters["precision"]), text(&parameters["scale"]))
        }
        other => other.to_string(),
    }
}

/// A statement on one line.
pub fn one_line(statement: &Json) -> String {
    text(statement).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn constraints(names: &Json) -> String {
    array(names).iter().map(text).collect::<Vec<_>>().join("\n")
}

/// Each query's id and state with its text below.
fn queries(queries: &Json, style: &Style) -> String {
    let line = |query: &Json| {
        let statement = style.wrap(&text(&query["queryString"]), 2);
        format!("{} ({})\n  {statement}", text(&query["id"]), text(&query["state"]))
    };
    array(queries).iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Where each consumer group stands in each topic.
fn offsets(summaries: &Json, style: &Style) -> String {
    let mut parts = Vec::new();
    for group in array(summaries) {
        for topic in array(&group["topicSummaries"]) {
            let rows: Vec<Vec<String>> = array(&topic["offsets"]).iter().map(offset_row).collect();
            let title = format!("{}, topic {}", text(&group["groupId"]), text(&topic["kafkaTopic"]));
            let table = style.table(&["Partition", "Start Offset", "End Offset", "Offset", "Lag"], &rows);
            parts.push(format!("{title}\n{table}"));
        }
    }
    parts.join("\n")
}

fn offset_row(partition: &Json) -> Vec<String> {
    let (end, consumed) = (&partition["logEndOffset"], &partition["consumerOffset"]);
    let lag = end.as_i64().zip(consumed.as_i64()).map_or(String::new(), |(end, at)| (end - at).to_string());
    vec![text(&partition["partition"]), text(&partition["logStartOffset"]), text(end), text(consumed), lag]
}
