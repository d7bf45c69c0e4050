//! Answers of the server as short lines, for files that a person reads.

use serde_json::Value as Json;

use crate::Server;

/// What the server says to a request: `--> ` before each line of a success, `--! ` and the error's code before a refusal. Further
/// lines of one message begin with `--   `.
pub async fn answer_lines(server: &Server, request: &str) -> Vec<String> {
    let word = request.split_whitespace().next().unwrap_or_default().to_uppercase();
    let answer = match word.as_str() {
        "SELECT" => server.try_query(request).await,
        "PRINT" => {
            let body = serde_json::json!({ "ksql": request }).to_string();
            server.post("/query", body).await.expect("/query answers")
        }
        _ => server.try_ksql(request).await,
    };
    if answer.status != 200 {
        let code = &answer.json()["error_code"];
        return marked("--! ", &format!("{code} {}", answer.message()));
    }
    let lines: Vec<String> = match word.as_str() {
        "SELECT" => answer.text.lines().skip(1).filter(|line| line.starts_with('[')).map(str::to_string).collect(),
        "PRINT" => answer.text.lines().filter_map(record).collect(),
        _ => answer.json().as_array().into_iter().flatten().flat_map(entity).collect(),
    };
    if lines.is_empty() {
        return vec!["--> nothing".to_string()];
    }
    lines.iter().flat_map(|line| marked("--> ", line)).collect()
}

fn marked(mark: &str, text: &str) -> Vec<String> {
    let line = |(i, line): (usize, &str)| {
        let line = format!("{}{}", if i == 0 { mark } else { "--   " }, without_random_numbers(line));
        line.trim_end().to_string()
    };
    text.split('\n').enumerate().map(line).collect()
}

/// `transient_S_123456789` -> `transient_S_<n>`.
fn without_random_numbers(text: &str) -> String {
    let Some(start) = text.find("transient_") else { return text.to_string() };
    let (before, id) = text.split_at(start);
    let end = id.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(id.len());
    let (id, after) = id.split_at(end);
    let name = id.trim_end_matches(|c: char| c.is_ascii_digit());
    let id = if id.len() - name.len() > 5 { format!("{name}<n>") } else { id.to_string() };
    format!("{before}{id}{}", without_random_numbers(after))
}

/// A record that PRINT shows, without its time, which is the clock's.
fn record(line: &str) -> Option<String> {
    line.starts_with("rowtime: ").then(|| line.split_once(" Z, ").map_or(line, |(_, rest)| rest).to_string())
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn list<'a>(value: &'a Json, line: impl Fn(&'a Json) -> String) -> Vec<String> {
    value.as_array().into_iter().flatten().map(line).collect()
}

fn entity(entity: &Json) -> Vec<String> {
    let kind = text(&entity["@type"]);
    match kind.as_str() {
        "currentStatus" => vec![text(&entity["commandStatus"]["message"])],
        "warning_entity" => vec![format!("warning: {}", text(&entity["message"]))],
        "sourceDescription" => vec![source(&entity["sourceDescription"])],
        "queryDescription" => vec![query(&entity["queryDescription"])],
        "queries" => {
            let mut lines = list(&entity["queries"], listed_query);
            lines.sort();
            lines
        }
        "streams" | "tables" => list(&entity[&kind], listed_source),
        "kafka_topics" => list(&entity["topics"], |topic| {
            format!("{} ({})", text(&topic["name"]), topic["replicaInfo"].as_array().map_or(0, Vec::len))
        }),
        "type_list" => {
            let types = entity["types"].as_object().into_iter().flatten();
            types.map(|(name, schema)| format!("{name} {}", data_type(schema))).collect()
        }
        "variables" => {
            list(&entity["variables"], |known| format!("{} = {}", text(&known["name"]), text(&known["value"])))
        }
        "assert_topic" => vec![format!("topic {} exists: {}", text(&entity["topicName"]), entity["exists"])],
        _ => vec![kind],
    }
}

fn source(source: &Json) -> String {
    let window = source["windowType"].as_str().map_or(String::new(), |word| format!(" {word}"));
    let time = source["timestamp"].as_str().filter(|name| !name.is_empty());
    format!(
        "{} {}{window}: {}; {}/{} in {} ({}){}",
        text(&source["type"]),
        text(&source["name"]),
        list(&source["fields"], field).join(", "),
        text(&source["keyFormat"]),
        text(&source["valueFormat"]),
        text(&source["topic"]),
        source["partitions"],
        time.map_or(String::new(), |name| format!(", time {name}")),
    )
}

fn query(query: &Json) -> String {
    format!(
        "{} {}: {}; from {} to {}",
        text(&query["queryType"]),
        text(&query["id"]),
        list(&query["fields"], field).join(", "),
        list(&query["sources"], text).join(", "),
        list(&query["sinks"], text).join(", "),
    )
}

fn listed_query(query: &Json) -> String {
    let states = query["statusCount"].as_object().into_iter().flatten().map(|(state, _)| state.as_str());
    let states = states.collect::<Vec<_>>().join("/");
    format!("{} {states} to {}", text(&query["id"]), list(&query["sinks"], text).join(", "))
}

fn listed_source(source: &Json) -> String {
    let windowed = if source["isWindowed"] == true { " windowed" } else { "" };
    let [name, key, value, topic] = ["name", "keyFormat", "valueFormat", "topic"].map(|member| text(&source[member]));
    format!("{name} {key}/{value} in {topic}{windowed}")
}

fn field(field: &Json) -> String {
    let role = match (field["type"].as_str(), field["headerKey"].as_str()) {
        (Some("KEY"), _) => " KEY".to_string(),
        (Some("HEADER"), Some(key)) => format!(" HEADER('{key}')"),
        (Some("HEADER"), None) => " HEADERS".to_string(),
        _ => String::new(),
    };
    format!("{} {}{role}", text(&field["name"]), data_type(&field["schema"]))
}

fn data_type(schema: &Json) -> String {
    match schema["type"].as_str().unwrap_or_default() {
        "ARRAY" => format!("ARRAY<{}>", data_type(&schema["memberSchema"])),
        "MAP" => format!("MAP<STRING, {}>", data_type(&schema["memberSchema"])),
        "STRUCT" => format!("STRUCT<{}>", list(&schema["fields"], field).join(", ")),
        "DECIMAL" => {
            let parameters = &schema["parameters"];
            format!("DECIMAL({}, {})", parameters["precision"], parameters["scale"])
        }
        other => other.to_string(),
    }
}
