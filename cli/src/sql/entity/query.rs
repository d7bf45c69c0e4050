//! EXPLAIN.

use serde_json::Value as Json;

use super::{array, block, section, source, text};
use crate::sql::style::Style;

pub fn describe(query: &Json, style: &Style) -> String {
    let hosts = query["ksqlHostQueryStatus"].as_object();
    let hosts = hosts.into_iter().flatten().map(|(host, status)| format!("{host}: {}", text(status)));
    let mut described = block(&[
        ("ID", text(&query["id"])),
        ("Query Type", text(&query["queryType"])),
        ("SQL", text(&query["statementText"])),
        ("Host Query Status", hosts.collect::<Vec<_>>().join(", ")),
    ]);
    if !array(&query["fields"]).is_empty() {
        described.push('\n');
        described.push_str(&source::fields(&query["fields"], false, &query["windowType"], style));
    }
    let names = |member: &str| array(&query[member]).iter().map(text).collect::<Vec<_>>().join("\n");
    let sections = [
        ("Sources", names("sources")),
        ("Sinks", names("sinks")),
        ("Execution plan", text(&query["executionPlan"])),
        ("Processing topology", text(&query["topology"])),
        ("Overridden properties", overridden(&query["overriddenProperties"], style)),
        ("Errors", errors(&query["queryErrors"])),
    ];
    for (title, body) in sections {
        if !body.trim().is_empty() {
            described.push_str(&section(style, title, body.trim_end()));
        }
    }
    described
}

fn overridden(properties: &Json, style: &Style) -> String {
    let rows: Vec<Vec<String>> = match properties.as_object() {
        Some(object) => object.iter().map(|(name, value)| vec![name.clone(), text(value)]).collect(),
        None => Vec::new(),
    };
    if rows.is_empty() { String::new() } else { style.table(&["Property", "Value"], &rows) }
}

fn errors(errors: &Json) -> String {
    let line = |error: &Json| {
        format!("{} {}: {}", text(&error["timestamp"]), text(&error["type"]), text(&error["errorMessage"]))
    };
    array(errors).iter().map(line).collect::<Vec<_>>().join("\n")
}
