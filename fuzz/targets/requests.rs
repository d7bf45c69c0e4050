//! What clients send, and what the command topic holds.

use weir_engine::formats::json_row;
use weir_engine::types::LogicalSchema;
use weir_server::fuzzing;

use super::{outcome, shapes, worded};

/// A record of the command topic: key and value.
pub fn command(input: &[u8]) -> u64 {
    let mut parts = input.splitn(2, |byte| *byte == super::SEPARATOR);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let (key, value) = second.map_or((&b"\"k\""[..], first), |value| (first, value));
    match fuzzing::read_command(key, value) {
        Ok(kind) => outcome(kind),
        Err(message) => worded(&message),
    }
}

/// The first byte chooses the endpoint.
pub fn request(input: &[u8]) -> u64 {
    let Some((&choice, body)) = input.split_first() else { return 0 };
    let answer = match choice % 4 {
        0 => insert(choice, body),
        1 => fuzzing::read_statements(body),
        2 => fuzzing::read_records(body, choice & 4 == 0),
        _ => fuzzing::read_overrides(body),
    };
    outcome((choice % 4, answer.map_err(|message| worded(&message))))
}

fn insert(choice: u8, line: &[u8]) -> Result<usize, String> {
    let schemas = shapes::schemas();
    let schema = LogicalSchema::new(Vec::new(), schemas[usize::from(choice / 4) % schemas.len()].clone());
    json_row(line, &schema).map(|(values, _)| values.len()).map_err(|error| error.to_string())
}
