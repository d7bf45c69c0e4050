//! Two reports of one case, field by field.

use serde_json::Value as Json;

use crate::cases::report::Report;

/// Where the reports differ first, and how; `None`: nowhere.
pub fn difference(in_process: &Report, through_broker: &Report) -> Option<String> {
    let json = |report| serde_json::to_value(report).unwrap_or(Json::Null);
    differ("", &json(in_process), &json(through_broker))
}

fn differ(at: &str, left: &Json, right: &Json) -> Option<String> {
    match (left, right) {
        (Json::Object(l), Json::Object(r)) if l.keys().eq(r.keys()) => {
            l.iter().find_map(|(name, left)| differ(&format!("{at}.{name}"), left, &r[name]))
        }
        (Json::Array(l), Json::Array(r)) if l.len() == r.len() => {
            l.iter().zip(r).enumerate().find_map(|(i, (left, right))| differ(&format!("{at}[{i}]"), left, right))
        }
        _ if left == right => None,
        _ => Some(format!("{}: {left} in process, {right} through the broker", at.trim_start_matches('.'))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named_with_its_place() {
        let left = json!({"outputs": {"O": [{"value": {"A": 1}}]}, "error": null});
        assert_eq!(differ("", &left, &left.clone()), None);
        for (outputs, expected) in [
            (json!([{"value": {"A": 2}}]), "outputs.O[0].value.A: 1 in process, 2 through the broker"),
            (json!([]), r#"outputs.O: [{"value":{"A":1}}] in process, [] through the broker"#),
        ] {
            let right = json!({"outputs": {"O": outputs}, "error": null});
            assert_eq!(differ("", &left, &right).as_deref(), Some(expected));
        }
    }
}
