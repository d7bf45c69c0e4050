//! Lists of topic names in properties: patterns that a whole name must match, separated by commas.

use regex::Regex;

/// What `ksql.hidden.topics` and `ksql.readonly.topics` name unless they are set.
pub const SYSTEM_TOPICS: &str = "_confluent.*,__confluent.*,_schemas,__consumer_offsets,__transaction_state,\
                                 connect-configs,connect-offsets,connect-status,connect-statuses";

/// Whether a topic's name matches one of the patterns. What is no pattern is a name.
pub fn is_named_by(topic: &str, patterns: &str) -> bool {
    patterns.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()).any(|pattern| matches(topic, pattern))
}

/// Only patterns beyond a name and a beginning are worth a regular expression: this is asked for every insert.
fn matches(topic: &str, pattern: &str) -> bool {
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    match pattern.strip_suffix(".*") {
        Some(start) if is_plain(start) => topic.starts_with(start),
        _ if topic == pattern => true,
        _ if is_plain(pattern) => false,
        _ => Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(topic)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        let system = |topic: &str| is_named_by(topic, SYSTEM_TOPICS);
        assert!(system("_confluent-ksql-x_command_topic") && system("_schemas") && system("connect-status"));
        assert!(!system("_schemas2") && !system("my_confluent") && !system(""));
        assert!(is_named_by("a1", " b , a[0-9]") && is_named_by("a(", "a("));
        assert!(!is_named_by("a", ""));
    }
}
