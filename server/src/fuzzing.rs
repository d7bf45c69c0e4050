//! Ways for the fuzzer (`fuzz/`) to what reads requests and commands, without a server around it.

use weir_engine::config::Config;

use crate::api::ksql::KsqlRequest;
use crate::api::produce;
use crate::api::request::{Overrides, json_body, one_statement};
use crate::command_log::{self, Decision};

/// Reads a record of the command topic; says whether it holds a decision of ours. That one must survive being written.
///
/// # Errors
/// Why the record is none.
///
/// # Panics
/// When a decision that was read is not read again after writing it.
pub fn read_command(key: &[u8], value: &[u8]) -> Result<(bool, bool), String> {
    let command = command_log::read_record(key, value).map_err(|error| error.message)?;
    if let Some(decision) = &command.decision {
        let written = serde_json::to_string(decision).expect("decisions serialise");
        let again = serde_json::from_str::<Decision>(&written).map(|again| format!("{again:?}"));
        assert!(again.is_ok_and(|again| again == format!("{decision:?}")), "a decision is another: {written}");
    }
    Ok((command.decision.is_some(), command.query_id.is_some()))
}

/// Reads a request to `/ksql`, its properties and its one statement.
///
/// # Errors
/// The message of the refusal.
pub fn read_statements(body: &[u8]) -> Result<usize, String> {
    let request: KsqlRequest = json_body(body).map_err(|error| error.message)?;
    let statement = one_statement(&request.text(), None, &Config::default()).map_err(|error| error.message)?;
    Ok(statement.text.len().min(1))
}

/// Reads a request to `/topics/{topic}`; gives the number of its records.
///
/// # Errors
/// The message of the refusal.
pub fn read_records(body: &[u8], is_json: bool) -> Result<usize, String> {
    produce::count(body, is_json)
}

/// Reads properties as requests carry them.
///
/// # Errors
/// The message of the refusal.
pub fn read_overrides(body: &[u8]) -> Result<usize, String> {
    let overrides: Overrides = json_body(body).map_err(|error| error.message)?;
    overrides.into_config(&Config::default()).map(|config| config.iter().count()).map_err(|error| error.message)
}
