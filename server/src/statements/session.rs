//! What a request carries from statement to statement: property overrides and variables.

use serde_json::{Value as Json, json};
use weir_engine::config::Config;
use weir_parser::VariableMap;
use weir_parser::ast::{ParsedStatement, Statement};

use crate::api::error::ApiError;
use crate::properties;

#[derive(Clone, Debug, Default)]
pub struct Session {
    pub overrides: Config,
    pub variables: VariableMap,
}

impl Session {
    /// Parses all statements of a text; DEFINE and UNDEFINE act on the statements behind them.
    pub fn parse(&self, text: &str, config: &Config) -> Result<Vec<ParsedStatement>, ApiError> {
        let substitute = config.overridden(&self.overrides).bool("ksql.variable.substitution.enable", true);
        let mut variables = if substitute { self.variables.clone() } else { VariableMap::default() };
        let mut statements = Vec::new();
        let split = weir_parser::split_statements(text)
            .map_err(|e| ApiError::statement(40001, e.to_string(), e.fragment.unwrap_or_else(|| text.to_string())))?;
        for one in split {
            let statement = weir_parser::parse_single(&one, &variables).map_err(|e| {
                let shown = e.fragment.clone().unwrap_or_else(|| one.text.clone());
                ApiError::statement(40001, e.to_string(), shown)
            })?;
            match &statement.statement {
                Statement::Define { name, value } if substitute => variables.define(name, value.clone()),
                Statement::Undefine { name } => {
                    variables.undefine(name);
                }
                _ => {}
            }
            statements.push(statement);
        }
        Ok(statements)
    }

    pub fn set(&mut self, name: &str, value: &str, text: &str, server: &Config) -> Result<(), ApiError> {
        let refused = |message: String| ApiError::statement(40001, message, text);
        if !properties::is_known(name) {
            return Err(refused(format!("Unknown property: {name}")));
        }
        if properties::is_denied(name, server) {
            return Err(refused(properties::denied_message(&[name])));
        }
        properties::check_override(name, value).map_err(refused)?;
        self.overrides.set(name, value);
        Ok(())
    }

    pub fn unset(&mut self, name: &str, text: &str) -> Result<(), ApiError> {
        if !properties::is_known(name) {
            return Err(ApiError::statement(40001, format!("Unknown property: {name}"), text));
        }
        self.overrides.unset(name);
        Ok(())
    }

    /// Undefining what was never defined is only a warning.
    pub fn undefine(&mut self, name: &str, text: &str) -> Option<Json> {
        if self.variables.undefine(name) {
            return None;
        }
        let message = format!("Cannot undefine variable '{name}' which was never defined");
        Some(json!({ "@type": "warning_entity", "statementText": text, "message": message, "warnings": [] }))
    }
}
