//! DESCRIBE FUNCTION.

use serde_json::Value as Json;

use super::{array, text};

/// Width of the names before the colons.
const NAME: usize = 12;

pub fn describe(function: &Json) -> String {
    let name = text(&function["name"]);
    let known = [
        ("Name", name.clone()),
        ("Author", text(&function["author"])),
        ("Version", text(&function["version"])),
        ("Overview", text(&function["description"])),
        ("Type", text(&function["type"])),
        ("Jar", text(&function["path"])),
    ];
    let mut described = String::new();
    for (title, value) in known {
        if !value.is_empty() {
            described.push_str(&line(0, title, &value));
        }
    }
    described.push_str(&line(0, "Variations", ""));
    for variation in array(&function["functions"]) {
        described.push('\n');
        described.push_str(&line(2, "Variation", &format!("{name}({})", signature(variation))));
        described.push_str(&line(2, "Returns", &text(&variation["returnType"])));
        described.push_str(&line(2, "Description", &text(&variation["description"])));
        for argument in array(&variation["arguments"]) {
            let description = text(&argument["description"]);
            if !description.is_empty() {
                described.push_str(&line(2, &text(&argument["name"]), &description));
            }
        }
    }
    let examples = array(&function["examples"]);
    if !examples.is_empty() {
        described.push('\n');
        described.push_str(&line(0, "Examples", ""));
        examples.iter().for_each(|example| described.push_str(&format!("  {}\n", shown(example))));
    }
    described.trim_end().to_string()
}

/// `CALL = RESULT`, of aggregates with the rows that they are given.
fn shown(example: &Json) -> String {
    let rows: Vec<String> = array(&example["rows"]).iter().map(|row| format!("({})", text(row))).collect();
    let over = if rows.is_empty() { String::new() } else { format!(" over {}", rows.join(", ")) };
    format!("{}{over} = {}", text(&example["call"]), text(&example["result"]))
}

/// `name TYPE, name TYPE[]`; older servers tell the types only.
fn signature(variation: &Json) -> String {
    let arguments = array(&variation["arguments"]).iter().map(|argument| {
        let many = if argument["isVariadic"] == true { "[]" } else { "" };
        format!("{} {}{many}", text(&argument["name"]), text(&argument["type"])).trim().to_string()
    });
    let arguments: Vec<String> = arguments.collect();
    if arguments.is_empty() {
        return array(&variation["argumentTypes"]).iter().map(text).collect::<Vec<_>>().join(", ");
    }
    arguments.join(", ")
}

fn line(indent: usize, name: &str, value: &str) -> String {
    format!("{}{name:width$}: {value}\n", " ".repeat(indent), width = NAME)
}
