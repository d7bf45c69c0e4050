//! Session variables: `${name}` in a statement is replaced by the variable's value before the statement is parsed.
//!
//! A value cannot break out of its place: what replaces a name must be a name, what replaces a literal must be a literal,
//! and inside quotes the quotes of a value are doubled.

use std::collections::HashMap;

use crate::ast::Statement;
use crate::error::ParseError;
use crate::parser::{Parsed, VariablePosition};
use crate::region::{RegionKind, regions, unquote, variable_length};
use crate::span::Span;
use crate::token::Place;

/// Where variables' values come from.
pub trait Variables {
    /// The value of a variable, whose name is looked up without regard to case.
    fn get(&self, name: &str) -> Option<String>;
}

/// The variables of one session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariableMap {
    /// By lower-case name: the name as defined and the value.
    values: HashMap<String, (String, String)>,
}

impl VariableMap {
    /// Defines or redefines a variable.
    pub fn define(&mut self, name: &str, value: impl Into<String>) {
        self.values
            .insert(name.to_lowercase(), (name.to_owned(), value.into()));
    }

    /// Forgets a variable; says whether there was one.
    pub fn undefine(&mut self, name: &str) -> bool {
        self.values.remove(&name.to_lowercase()).is_some()
    }

    /// Names as defined and values, by name.
    pub fn entries(&self) -> Vec<(&str, &str)> {
        let mut entries: Vec<_> = self
            .values
            .values()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        entries.sort_unstable();
        entries
    }
}

impl Variables for VariableMap {
    fn get(&self, name: &str) -> Option<String> {
        self.values
            .get(&name.to_lowercase())
            .map(|(_, value)| value.clone())
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for VariableMap {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (name, value) in entries {
            map.define(name.as_ref(), value);
        }
        map
    }
}

/// The statement's text with the values of its variables in it; `None` when there is nothing to replace.
pub(crate) fn substitute(
    sql: &str,
    place: Place,
    parsed: &Parsed,
    variables: &dyn Variables,
) -> Result<Option<String>, ParseError> {
    if !sql.contains("${") || matches!(parsed.statement, Statement::AlterSystem { .. }) {
        return Ok(None);
    }
    let mut text = String::with_capacity(sql.len());
    for region in regions(sql) {
        let piece = &sql[region.start..region.end];
        let start = place.offset + region.start;
        match region.kind {
            RegionKind::Variable => text.push_str(&replacement(piece, start, parsed, variables)?),
            RegionKind::String => text.push_str(&inside(piece, variables)),
            _ => text.push_str(piece),
        }
    }
    Ok((text != sql).then_some(text))
}

/// What stands for the variable whose token begins at byte `start`.
fn replacement(
    token: &str,
    start: usize,
    parsed: &Parsed,
    variables: &dyn Variables,
) -> Result<String, ParseError> {
    let found = parsed
        .variables
        .iter()
        .find(|(span, _)| span.start == start);
    let (Some((span, position)), Some(value)) = (found, variables.get(name_of(token))) else {
        return Ok(token.to_owned());
    };
    match position {
        VariablePosition::Identifier => identifier(&value, *span),
        VariablePosition::Literal => literal(&value, *span),
    }
}

fn name_of(token: &str) -> &str {
    token.trim_start_matches("${").trim_end_matches('}')
}

fn identifier(value: &str, span: Span) -> Result<String, ParseError> {
    let name = ['`', '"']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value);
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts_well
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '@'))
    {
        return Ok(value.to_owned());
    }
    let text = format!(
        "Identifier names cannot start with '@' and may only contain alphanumeric values and '_'. Got: '{value}'"
    );
    Err(ParseError::illegal_argument(span, &text))
}

fn literal(value: &str, span: Span) -> Result<String, ParseError> {
    if value.len() >= 2 && value.starts_with('\'') && value.ends_with('\'') {
        return Ok(format!("'{}'", unquote(value).replace('\'', "''")));
    }
    let is_boolean = value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
    let is_number = value.parse::<f64>().is_ok_and(f64::is_finite);
    if is_boolean || is_number {
        return Ok(value.to_owned());
    }
    Err(ParseError::illegal_argument(
        span,
        &format!("Got: '{value}'"),
    ))
}

/// A quoted text with the variables in it replaced; variables without a value stay as text.
fn inside(quoted: &str, variables: &dyn Variables) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some(at) = rest.find("${") {
        let (before, behind) = rest.split_at(at);
        let (token, after) = behind.split_at(variable_length(behind.as_bytes()).unwrap_or(2));
        text.push_str(before);
        match variables.get(name_of(token)) {
            Some(value) => text.push_str(&value.replace('\'', "''")),
            None => text.push_str(token),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}
