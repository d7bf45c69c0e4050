//! DESCRIBE of a stream or table.

use serde_json::Value as Json;

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
            ("Statement", text(&source["statement"])),
        ]);
    }
    let is_table = source["type"] == "TABLE";
    let mut described =
        format!("{}\n{}", block(&lines), fields(&source["fields"], is_table, &source["windowType"], style));
    if !extended {
        return described + &format!("\nFor statistics and more run: DESCRIBE {} EXTENDED;", text(&source["name"]));
    }
    let lists = [
        ("Sources that have a DROP constraint on this one", constraints(&source["sourceConstraints"])),
        ("Queries that read from it", queries(&source["readQueries"])),
        ("Queries that write to it", queries(&source["writeQueries"])),
        ("Statistics", format!("{}{}", text(&source["statistics"]), text(&source["errorStats"]))),
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

fn queries(queries: &Json) -> String {
    let line = |query: &Json| {
        format!("{} ({}) : {}", text(&query["id"]), text(&query["state"]), one_line(&query["queryString"]))
    };
    array(queries).iter().map(line).collect::<Vec<_>>().join("\n")
}

fn offsets(summaries: &Json, style: &Style) -> String {
    let mut rows = Vec::new();
    for group in array(summaries) {
        for topic in array(&group["topicSummaries"]) {
            for partition in array(&topic["offsets"]) {
                let (end, consumed) = (&partition["logEndOffset"], &partition["consumerOffset"]);
                let lag = end.as_i64().zip(consumed.as_i64()).map_or(String::new(), |(end, at)| (end - at).to_string());
                rows.push(vec![
                    text(&group["groupId"]),
                    text(&topic["kafkaTopic"]),
                    text(&partition["partition"]),
                    text(&partition["logStartOffset"]),
                    text(end),
                    text(consumed),
                    lag,
                ]);
            }
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    style.table(&["Group", "Topic", "Partition", "Start Offset", "End Offset", "Offset", "Lag"], &rows)
}
