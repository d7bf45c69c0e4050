//! EXPLAIN.

use serde_json::Value as Json;

use super::{array, block, section, source, text};
use crate::sql::style::Style;

pub fn describe(query: &Json, style: &Style) -> String {
    let hosts = query["ksqlHostQueryStatus"].as_object();
    let hosts = hosts.into_iter().flatten().map(|(host, status)| format!("{host}: {}", text(status)));
    let mut lines = vec![("ID", text(&query["id"])), ("Query Type", text(&query["queryType"]))];
    lines.push(("Host Query Status", hosts.collect::<Vec<_>>().join(", ")));
    lines.retain(|(_, value)| !value.is_empty());
    let mut described = block(&lines, style);
    if !array(&query["fields"]).is_empty() {
        described.push('\n');
        described.push_str(&source::fields(&query["fields"], false, &query["windowType"], style));
    }
    let names = |member: &str| array(&query[member]).iter().map(text).collect::<Vec<_>>().join("\n");
    let sections = [
        ("SQL", style.wrap(&text(&query["statementText"]), 0)),
        ("Sources", names("sources")),
        ("Sinks", names("sinks")),
        ("Execution plan", execution_plan(query, style)),
        ("Processing topology", text(&query["topology"])),
        ("Overridden properties", overridden(&query["overriddenProperties"], style)),
        ("Errors", style.wrap(&errors(&query["queryErrors"]), 0)),
    ];
    for (title, body) in sections {
        if !body.trim().is_empty() {
            described.push_str(&section(style, title, body.trim_end()));
        }
    }
    described
}

/// The plan as a table with a row for each step, the result first; a plan of another shape as it is.
fn execution_plan(query: &Json, style: &Style) -> String {
    let plan = query["executionPlan"].as_str().unwrap_or_default();
    let id = text(&query["id"]);
    let steps: Option<Vec<Vec<String>>> = plan.lines().map(|line| step(line, &id)).collect();
    match steps {
        Some(steps) if !steps.is_empty() => style.table(&["Step", "Columns", "Logger"], &steps),
        _ => plan
            .lines()
            .map(|line| super::super::style::visible(&line.replace('\t', " ")))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

/// `\t\t> [ WORD ] | Schema: columns | Logger: id.name`, where two tabs mean one step further from the result.
fn step(line: &str, id: &str) -> Option<Vec<String>> {
    let (word, rest) = line.trim_start().strip_prefix("> [ ")?.split_once(" ] | Schema: ")?;
    let (columns, logger) = rest.rsplit_once(" | Logger: ")?;
    let depth = line.chars().take_while(|c| *c == '\t').count() / 2;
    let logger = logger.strip_prefix(id).and_then(|name| name.strip_prefix('.')).unwrap_or(logger);
    Some(vec![format!("{}{word}", " ".repeat(depth)), text(&columns.into()), text(&logger.into())])
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
