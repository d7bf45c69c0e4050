//! Answers of `/ksql` as text: one table or block per entity, by its `@type`. What is not known is shown name by name.

mod function;
mod list;
mod query;
mod source;

use serde_json::Value as Json;

use super::style::{Paint, Style, cell_text};

/// The text of an entity, without a newline at its end; warnings come last.
pub fn render(entity: &Json, style: &Style) -> String {
    let mut text = match entity["@type"].as_str().unwrap_or_default() {
        "currentStatus" => status(entity),
        "warning_entity" => text(&entity["message"]),
        "streams" => list::sources(entity, "streams", "Stream Name", style),
        "tables" => list::sources(entity, "tables", "Table Name", style),
        "kafka_topics" | "kafka_topics_extended" => list::topics(entity, style),
        "queries" => list::queries(entity, style),
        "properties" => list::properties(entity, style),
        "function_names" => list::functions(entity, style),
        "type_list" => list::types(entity, style),
        "variables" => list::variables(entity, style),
        "connector_list" => list::connectors(entity, style),
        "connector_plugins_list" => list::connector_plugins(entity, style),
        "sourceDescription" => source::describe(&entity["sourceDescription"], style),
        "source_descriptions" => {
            each(&entity["sourceDescriptions"], |description| source::describe(description, style))
        }
        "queryDescription" => query::describe(&entity["queryDescription"], style),
        "query_descriptions" => each(&entity["queryDescriptions"], |description| query::describe(description, style)),
        "describe_function" => function::describe(entity),
        "terminate_query" => terminated(entity),
        "drop_connector" => format!("Dropped connector {}", text(&entity["connectorName"])),
        "connector_info" => format!("Created connector {}", text(&entity["info"]["name"])),
        "assert_topic" => format!("Topic {} {}.", text(&entity["topicName"]), existence(entity)),
        "assert_schema" => assert_schema(entity),
        _ => unknown(entity, style),
    };
    for warning in array(&entity["warnings"]) {
        let line = format!("WARNING: {}", self::text(&warning["message"]));
        text.push('\n');
        text.push_str(&style.paint(Paint::Warning, &line));
    }
    text
}

/// The message of a command that failed: an entity that is an error though the request succeeded.
pub fn failure(entity: &Json) -> Option<String> {
    let failed = entity["@type"] == "currentStatus" && entity["commandStatus"]["status"] == "ERROR";
    failed.then(|| text(&entity["commandStatus"]["message"]))
}

fn status(entity: &Json) -> String {
    let status = &entity["commandStatus"];
    let message = text(&status["message"]);
    match status["status"].as_str() {
        Some(word @ ("QUEUED" | "PARSING" | "EXECUTING")) => format!("{message} ({word}, not done yet)"),
        _ => message,
    }
}

fn terminated(entity: &Json) -> String {
    let id = text(&entity["queryId"]);
    if entity["wasTerminated"] == true {
        format!("Query {id} terminated.")
    } else {
        format!("Query {id} is not running.")
    }
}

fn existence(entity: &Json) -> &'static str {
    if entity["exists"] == true { "exists" } else { "does not exist" }
}

fn assert_schema(entity: &Json) -> String {
    let subject = entity["subject"].as_str().map(|name| format!(" with subject name {name}")).unwrap_or_default();
    let id = if entity["id"].is_null() { String::new() } else { format!(" id {}", entity["id"]) };
    format!("Schema{subject}{id} {}.", existence(entity))
}

/// Names and values of an entity of a kind that is not known here.
fn unknown(entity: &Json, style: &Style) -> String {
    let Some(object) = entity.as_object() else { return cell_text(entity) };
    let rows: Vec<Vec<String>> = object
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "statementText" | "warnings"))
        .map(|(name, value)| vec![name.clone(), cell_text(value)])
        .collect();
    style.table(&["Name", "Value"], &rows)
}

fn each(entities: &Json, render: impl Fn(&Json) -> String) -> String {
    array(entities).iter().map(render).collect::<Vec<_>>().join("\n\n")
}

fn array(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A string as it is, several lines and all; null as nothing; else JSON.
fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.lines().map(super::style::visible).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

/// `Name : value` lines; values that go on stand behind the colon.
fn block(lines: &[(&str, String)], style: &Style) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| format!("{name:width$} : {}", style.wrap(value, width + 3));
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A part of a long answer under its own heading.
fn section(style: &Style, title: &str, body: &str) -> String {
    format!("\n\n{}\n{body}", style.paint(Paint::Heading, title))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(entity: &Json, expected: &str) {
        assert_eq!(render(entity, &Style::PLAIN), expected.trim_matches('\n'), "{entity}");
    }

    #[test]
    fn lists_are_tables() {
        check(
            &json!({"@type": "streams", "streams": [{"name": "S", "topic": "s", "keyFormat": "KAFKA", "valueFormat": "JSON", "isWindowed": false}], "warnings": []}),
            "
+-------------+-------------+------------+--------------+----------+
| Stream Name | Kafka Topic | Key Format | Value Format | Windowed |
+==================================================================+
| S           | s           | KAFKA      | JSON         | false    |
+-------------+-------------+------------+--------------+----------+",
        );
        check(
            &json!({"@type": "kafka_topics", "topics": [{"name": "t", "replicaInfo": [1, 1]}]}),
            "
+-------------+------------+--------------------+
| Kafka Topic | Partitions | Partition Replicas |
+===============================================+
| t           |          2 |                  1 |
+-------------+------------+--------------------+",
        );
    }

    #[test]
    fn messages_are_lines() {
        let created = json!({"@type": "currentStatus", "commandStatus": {"status": "SUCCESS", "message": "Stream created"}, "warnings": [{"message": "late"}]});
        check(&created, "Stream created\nWARNING: late");
        check(&json!({"@type": "assert_topic", "topicName": "t", "exists": false}), "Topic t does not exist.");
        check(
            &json!({"@type": "assert_schema", "subject": "s", "id": 4, "exists": true}),
            "Schema with subject name s id 4 exists.",
        );
        assert_eq!(failure(&created), None);
        let failed = json!({"@type": "currentStatus", "commandStatus": {"status": "ERROR", "message": "no"}});
        assert_eq!(failure(&failed), Some("no".to_string()));
    }

    #[test]
    fn what_is_not_known_is_shown_name_by_name() {
        let text = render(&json!({"@type": "new", "statementText": "X;", "a": [1, 2]}), &Style::PLAIN);
        assert!(text.contains("| a     | [1,2] |"), "{text}");
        assert!(!text.contains("X;"));
    }

    #[test]
    fn a_source_is_described_with_its_columns() {
        let field =
            |name: &str, schema: Json, role: Option<&str>| json!({"name": name, "schema": schema, "type": role});
        let int = json!({"type": "INTEGER", "fields": null, "memberSchema": null});
        let nested = json!({"type": "STRUCT", "memberSchema": null, "fields": [
            field("A", json!({"type": "DECIMAL", "parameters": {"precision": 4, "scale": 2}}), None),
            field("B", json!({"type": "ARRAY", "memberSchema": {"type": "STRING"}}), None)]});
        let text = render(
            &json!({"@type": "sourceDescription", "sourceDescription": {
                "name": "T", "type": "TABLE", "windowType": "TUMBLING", "extended": true, "statement": "CREATE TABLE T;",
                "fields": [field("ID", int, Some("KEY")), field("V", nested, None)],
                "topic": "t", "partitions": 2, "replication": 1, "keyFormat": "KAFKA", "valueFormat": "JSON", "timestamp": "",
                "readQueries": [{"id": "CTAS_X_1", "state": "RUNNING", "queryString": "CREATE\n  TABLE X"}], "writeQueries": [],
                "statistics": "total-messages: 3", "errorStats": "", "queryOffsetSummaries": [], "sourceConstraints": []}}),
            &Style::PLAIN,
        );
        for part in [
            "Kafka topic     : t (partitions: 2, replication: 1)",
            "| ID    | INTEGER (primary key) (Window type: TUMBLING)",
            "STRUCT<A DECIMAL(4, 2), B ARRAY<VARCHAR(STRING)>>",
            "CTAS_X_1 (RUNNING)\n  CREATE\n    TABLE X",
            "total-messages: 3",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn a_plan_is_a_table_that_fits_the_terminal() {
        let plan = " > [ SINK ] | Schema: ID INTEGER KEY, NAME STRING | Logger: CSAS_O_1.O\n\t\t > [ SOURCE ] | Schema: ID INTEGER KEY, \
                    NAME STRING, ROWTIME BIGINT | Logger: CSAS_O_1.KsqlTopic.Source\n";
        let query = json!({"@type": "queryDescription", "queryDescription": {
            "id": "CSAS_O_1", "queryType": "PERSISTENT", "statementText": "CREATE STREAM O AS SELECT\n  ID, NAME\nFROM S;",
            "fields": [], "sources": ["S"], "sinks": ["O"], "executionPlan": plan, "topology": "Topologies:\n"}});
        let text = render(&query, &Style { width: Some(60), colours: false });
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        for part in
            ["│ SINK    ┆", "│  SOURCE ┆", "KsqlTopic.Source │", "SQL\nCREATE STREAM O AS SELECT\n  ID, NAME\nFROM S;"]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        let other = json!({"@type": "queryDescription", "queryDescription": {"executionPlan": "another\n\tplan"}});
        assert!(render(&other, &Style::PLAIN).contains("Execution plan\nanother\n plan"), "{other}");
    }

    #[test]
    fn a_function_is_described_with_its_variations() {
        let text = render(
            &json!({"@type": "describe_function", "name": "ABS", "type": "SCALAR", "description": "Absolute.", "author": "", "version": "", "path": "internal",
                "functions": [{"arguments": [{"name": "val", "type": "INT", "description": "a number", "isVariadic": false}], "returnType": "INT", "description": ""}]}),
            &Style::PLAIN,
        );
        assert!(text.contains("Variation   : ABS(val INT)"), "{text}");
        assert!(text.contains("val         : a number"), "{text}");
    }
}
