//! From a script to its statements: where each ends, and each one parsed with the variables known when its turn comes.

use crate::ast::{Expression, ParsedStatement, SelectItem, Statement};
use crate::error::ParseError;
use crate::parser::{Grammar, StatementEnd, parse};
use crate::span::Span;
use crate::token::{Place, TokenKind, tokenize};
use crate::variable::{VariableMap, Variables, substitute};

/// One statement of a script as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementText {
    /// As sent, without leading blanks and comments, with its `;`.
    pub text: String,
    /// Byte offset of the text in the script; spans of the parsed statement count from the script's start, too.
    pub start: usize,
    /// Line of the text's first character, from 1.
    pub line: u32,
    /// Column of the text's first character, from 1.
    pub column: u32,
}

impl StatementText {
    fn place(&self) -> Place {
        Place { offset: self.start, line: self.line, column: self.column }
    }
}

/// Cuts a script into statements and checks the shape of each, as a server does before it runs the first. Blanks and
/// comments give no statement. Knows the statements of test scripts.
///
/// # Errors
/// The script's first syntax error. Errors of other kinds wait for [`parse_single`].
pub fn split_statements(sql: &str) -> Result<Vec<StatementText>, ParseError> {
    split_statements_of(sql, Grammar::TestScript)
}

/// [`split_statements`] with the statements of `grammar` only.
pub fn split_statements_of(sql: &str, grammar: Grammar) -> Result<Vec<StatementText>, ParseError> {
    let tokens = tokenize(sql, Place::START);
    let mut rest = tokens.as_slice();
    let mut statements = Vec::new();
    while rest[0].kind != TokenKind::End {
        let parsed = parse(sql, 0, rest, grammar, StatementEnd::Semicolon)?;
        let first = rest[0].span;
        let end = rest[parsed.token_count - 1].span.end;
        let text = sql[first.start..end].to_owned();
        statements.push(StatementText { text, start: first.start, line: first.line, column: first.column });
        rest = &rest[parsed.token_count..];
    }
    Ok(statements)
}

/// Parses one statement of a script, after putting in the values of its variables.
///
/// # Errors
/// When the statement, or what its variables make of it, is refused.
pub fn parse_single(statement: &StatementText, variables: &dyn Variables) -> Result<ParsedStatement, ParseError> {
    parse_text(&statement.text, statement.place(), variables, StatementEnd::Semicolon)
}

/// Parses a whole script at once, all with the same variables.
///
/// # Errors
/// The script's first syntax error, or else the first error of any kind.
pub fn parse_script(sql: &str, variables: &dyn Variables) -> Result<Vec<ParsedStatement>, ParseError> {
    split_statements(sql)?.iter().map(|statement| parse_single(statement, variables)).collect()
}

/// Parses exactly one statement; its `;` may be missing.
///
/// # Errors
/// When there is none, more than one, or it is refused.
pub fn parse_statement(sql: &str) -> Result<ParsedStatement, ParseError> {
    parse_text(sql, Place::START, &VariableMap::default(), StatementEnd::SemicolonOrEnd)
}

/// Parses an expression on its own.
///
/// # Errors
/// When it is none, or more than one. Places in the error count from a `SELECT ` in front of it.
pub fn parse_expression(text: &str) -> Result<Expression, ParseError> {
    let parsed = parse_statement(&format!("SELECT {text} FROM X;"))?;
    if let Statement::Query(query) = parsed.statement
        && query.select.len() == 1
        && let Some(SelectItem::Expression { expression, alias: None, .. }) = query.select.into_iter().next()
    {
        return Ok(expression);
    }
    Err(ParseError::syntax(Span::default(), "Expecting an expression", Vec::new()))
}

fn parse_text(
    sql: &str,
    place: Place,
    variables: &dyn Variables,
    end: StatementEnd,
) -> Result<ParsedStatement, ParseError> {
    let tokens = tokenize(sql, place);
    let parsed = parse(sql, place.offset, &tokens, Grammar::TestScript, end)?;
    if let Some(substituted) = substitute(sql, place, &parsed, variables)? {
        return parse_text(&substituted, place, &VariableMap::default(), end);
    }
    if let Some(refusal) = parsed.refusal {
        return Err(refusal);
    }
    let behind = &tokens[parsed.token_count];
    if behind.kind != TokenKind::End {
        let detail = format!("extraneous input '{}' expecting '<EOF>'", behind.text);
        return Err(ParseError::syntax(behind.span, &detail, Vec::new()));
    }
    let start = tokens[0].span.start - place.offset;
    let last = tokens[parsed.token_count - 1].span.end - place.offset;
    Ok(ParsedStatement { text: sql[start..last].to_owned(), statement: parsed.statement })
}

/// Whether a text typed so far ends a statement: its last token is a `;`, and no quote or comment is open.
pub fn is_complete(text: &str) -> bool {
    let tokens = tokenize(text, Place::START);
    let ends = tokens.iter().rev().nth(1).is_some_and(|token| token.is(";"));
    ends && !crate::region::is_open(text)
}
