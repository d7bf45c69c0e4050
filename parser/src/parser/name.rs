//! Names: identifiers, source names, topic names, and the strings and words that some statements take instead.

use super::{Parser, Result, VariablePosition, is_reserved};
use crate::ast::Name;
use crate::error::ParseError;
use crate::token::{Token, TokenKind};

impl<'t> Parser<'t> {
    pub(super) fn identifier(&mut self) -> Result<Name> {
        let token = self.identifier_token("a name")?;
        if token.kind == TokenKind::Variable {
            self.refuse_variable(token);
        }
        Ok(folded(token))
    }

    /// A stream's or table's name or alias.
    pub(super) fn source_name(&mut self) -> Result<Name> {
        let token = self.identifier_token("the name of a stream or table")?;
        let name = folded(token);
        if !name
            .0
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        {
            let text = format!(
                "Source names may only contain alphanumeric values, '_' or '-'. Got: '{}'",
                name.as_str()
            );
            let mut error = ParseError::illegal_argument(token.span, &text);
            error.fragment = Some(name.0.clone());
            self.refuse(error);
        }
        Ok(name)
    }

    /// A topic or subject: an identifier as written, or a string.
    pub(super) fn resource_name(&mut self) -> Result<String> {
        if self.next().kind == TokenKind::String {
            return Ok(self.take().value());
        }
        let token = self.identifier_token("a topic name")?;
        if token.kind == TokenKind::Variable {
            self.refuse_variable(token);
        }
        Ok(token.value())
    }

    pub(super) fn string(&mut self) -> Result<String> {
        self.string_before(|_| false)
    }

    /// A string; when the token in its place fits `follows`, the string was left out.
    pub(super) fn string_before(&mut self, follows: impl Fn(&Token<'_>) -> bool) -> Result<String> {
        if self.next().kind == TokenKind::String {
            return Ok(self.take().value());
        }
        if !self.undecided() && follows(self.next()) {
            return Err(self.missing("STRING"));
        }
        Err(self.unexpected_but(&["STRING"]))
    }

    /// A session variable's name: any word, as written.
    pub(super) fn variable_name(&mut self) -> Result<String> {
        match self.next().kind {
            TokenKind::Word => Ok(self.take().value()),
            _ => Err(self.unexpected("the name of a variable")),
        }
    }

    fn identifier_token(&mut self, expected: &str) -> Result<&'t Token<'t>> {
        if !self.at_identifier() {
            return Err(self.unexpected_for_name(expected));
        }
        let token = self.take();
        if token.kind == TokenKind::Variable {
            self.variables
                .push((token.span, VariablePosition::Identifier));
        }
        Ok(token)
    }

    pub(super) fn at_identifier(&self) -> bool {
        is_identifier(self.next())
    }

    /// A variable without a value is left as it is, which is no name.
    fn refuse_variable(&mut self, token: &Token<'_>) {
        let text = format!(
            "Identifier names cannot start with '@' and may only contain alphanumeric values and '_'. Got: '{}'",
            token.text
        );
        self.refuse(ParseError::illegal_argument(token.span, &text));
    }
}

pub(super) fn is_identifier(token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word => !is_reserved(token.text),
        TokenKind::DigitWord
        | TokenKind::BackQuoted
        | TokenKind::DoubleQuoted
        | TokenKind::Variable => true,
        _ => false,
    }
}

/// Quoted names keep their case, others are upper-cased.
pub(super) fn folded(token: &Token<'_>) -> Name {
    match token.kind {
        TokenKind::BackQuoted | TokenKind::DoubleQuoted => Name(token.value()),
        _ => Name(token.text.to_ascii_uppercase()),
    }
}
