//! Request bodies: JSON, property overrides, session variables, statements.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use weir_engine::config::Config;
use weir_parser::VariableMap;
use weir_parser::ast::ParsedStatement;

use super::error::ApiError;
use crate::properties;

/// `streamsProperties` or `properties` of a request.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Overrides(Map<String, Json>);

/// Overrides of which some may be wrong.
#[derive(Debug)]
pub struct CheckedOverrides {
    pub config: Config,
    /// The first name that nothing knows (50000).
    pub unknown: Option<ApiError>,
    /// The first value that its property cannot have (40000).
    pub wrong: Option<ApiError>,
}

impl Overrides {
    /// The overrides as configuration.
    ///
    /// # Errors
    /// Names on the deny list (40000), values of a wrong type (40000), unknown names (50000).
    pub fn into_config(self, server: &Config) -> Result<Config, ApiError> {
        let checked = self.check(server)?;
        checked.unknown.or(checked.wrong).map_or(Ok(checked.config), Err)
    }

    /// The overrides that can be used, and what is wrong with the others.
    ///
    /// # Errors
    /// Names on the deny list (40000).
    pub fn check(self, server: &Config) -> Result<CheckedOverrides, ApiError> {
        let denied: Vec<&str> =
            self.0.keys().map(String::as_str).filter(|name| properties::is_denied(name, server)).collect();
        if !denied.is_empty() {
            return Err(ApiError::generic(40000, properties::denied_message(&denied)));
        }
        let mut checked = CheckedOverrides { config: Config::default(), unknown: None, wrong: None };
        for (name, value) in self.0 {
            let text = match value {
                Json::Null => {
                    return Err(ApiError::generic(50000, "Failed to deserialize buffer").without_content_type());
                }
                Json::String(text) => text,
                other => other.to_string(),
            };
            if !properties::is_known(&name) {
                checked.unknown.get_or_insert(ApiError::generic(50000, properties::unknown_message(&name)));
            } else if let Err(e) = properties::check_override(&name, &text) {
                let message = format!("Failed to coerce type of value '{text}' for key '{name}'\nCaused by: {e}");
                checked.wrong.get_or_insert(ApiError::generic(40000, message));
            } else {
                checked.config.set(&name, text);
            }
        }
        Ok(checked)
    }
}

/// A body read as JSON whatever its content type; text after the closing brace is ignored.
pub fn json_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    if body.is_empty() {
        let message = "Cannot invoke \"io.vertx.core.buffer.Buffer.getBytes()\" because \"buffer\" is null";
        return Err(ApiError::generic(50000, message).without_content_type());
    }
    if body.trim_ascii().starts_with(b"[") {
        let message = "Invalid JSON in request: Cannot deserialize value of type `KsqlRequest` from Array value";
        return Err(ApiError::generic(40000, message).without_content_type());
    }
    if body.trim_ascii() == b"null" {
        return Err(ApiError::generic(50000, "").without_content_type());
    }
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<T>();
    match values.next() {
        Some(Ok(value)) => Ok(value),
        Some(Err(e)) => Err(ApiError::generic(40000, invalid_json(body, &e)).without_content_type()),
        None => Err(ApiError::generic(40000, "Invalid JSON in request: no content").without_content_type()),
    }
}

/// ksqlDB's words for a body that is no JSON, or JSON of another shape.
pub fn invalid_json(body: &[u8], error: &serde_json::Error) -> String {
    let text = String::from_utf8_lossy(body);
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(64).collect();
    if error.is_syntax() && !word.is_empty() && !["null", "true", "false"].contains(&word.as_str()) {
        return format!(
            "Invalid JSON in request: Unrecognized token '{word}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        );
    }
    format!("Invalid JSON in request: {error}")
}

/// Session variables of a request; any JSON value becomes text.
pub fn variables(session: Option<&Map<String, Json>>) -> VariableMap {
    let mut variables = VariableMap::default();
    for (name, value) in session.into_iter().flatten() {
        variables.define(name, value.as_str().map_or_else(|| value.to_string(), String::from));
    }
    variables
}

/// Parses a text that must hold exactly one statement, as the query endpoints ask.
pub fn one_statement(
    sql: &str,
    session: Option<&Map<String, Json>>,
    config: &Config,
) -> Result<ParsedStatement, ApiError> {
    let variables = if config.bool("ksql.variable.substitution.enable", true) {
        variables(session)
    } else {
        VariableMap::default()
    };
    let refused = |e: weir_parser::ParseError| ApiError::statement(40001, format!("{e}\nStatement: {sql}"), sql);
    let mut statements = weir_parser::parse_script(sql, &variables).map_err(refused)?;
    if statements.len() != 1 {
        let message =
            format!("Expected exactly one KSQL statement; found {} instead\nStatement: {sql}", statements.len());
        return Err(ApiError::statement(40001, message, sql));
    }
    Ok(statements.remove(0))
}
