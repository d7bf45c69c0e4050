//! Statements: which one it is, the small ones, and how each ends.

use super::literal::is_literal;
use super::{Grammar, Parser, Result, StatementEnd};
use crate::ast::{Explain, Print, QuerySelector, Statement};
use crate::error::ParseError;
use crate::keyword::STATEMENT_WORDS;
use crate::token::{Token, TokenKind};

impl Parser<'_> {
    pub(super) fn statement(&mut self) -> Result<Statement> {
        let first = self.next();
        match first.text.to_ascii_uppercase().as_str() {
            _ if first.kind != TokenKind::Word => Err(self.unknown_statement()),
            "SELECT" => Ok(Statement::Query(self.query()?)),
            "CREATE" => self.create(),
            "INSERT" => self.insert(),
            "ALTER" => self.alter(),
            "DROP" => self.drop(),
            "PRINT" => self.print(),
            "TERMINATE" => Ok(Statement::Terminate(self.query_selector()?)),
            "PAUSE" => Ok(Statement::Pause(self.query_selector()?)),
            "RESUME" => Ok(Statement::Resume(self.query_selector()?)),
            "SET" => self.set(),
            "UNSET" => self.unset(),
            "DEFINE" => self.define(),
            "UNDEFINE" => self.undefine(),
            "EXPLAIN" => self.explain(),
            "SHOW" | "LIST" => Ok(Statement::List(self.list()?)),
            "DESCRIBE" => Ok(Statement::Describe(self.describe()?)),
            "ASSERT" => Ok(Statement::Assert(self.assert()?)),
            "RUN" if self.grammar == Grammar::TestScript => self.run_script(),
            _ => Err(self.unknown_statement()),
        }
    }

    pub(super) fn statement_end(&mut self, end: StatementEnd) -> Result<()> {
        if self.accept(";") {
            return Ok(());
        }
        if self.next().kind != TokenKind::End {
            return Err(self.unexpected_at_end());
        }
        match end {
            StatementEnd::SemicolonOrEnd => Ok(()),
            StatementEnd::Semicolon => Err(self.missing("';'")),
        }
    }

    /// Behind a query its later clauses could still follow; behind other statements only the `;`.
    fn unexpected_at_end(&mut self) -> ParseError {
        let mut expected = vec![";"];
        expected.extend(self.clauses_left.iter().rev());
        self.unexpected_but(&expected)
    }

    fn print(&mut self) -> Result<Statement> {
        self.take();
        let topic = self.resource_name()?;
        let from_beginning = self.accept("FROM");
        if from_beginning {
            self.expect_before("BEGINNING", |t| {
                t.is(";") || t.is("LIMIT") || t.is("INTERVAL") || t.is("SAMPLE")
            })?;
        }
        let sampled = self.accept("INTERVAL") || self.accept("SAMPLE");
        let interval = if sampled {
            Some(self.whole_number("INTERVAL")?)
        } else {
            None
        };
        let limit = if self.accept("LIMIT") {
            Some(self.whole_number("LIMIT")?)
        } else {
            None
        };
        Ok(Statement::Print(Print {
            topic,
            from_beginning,
            interval,
            limit,
        }))
    }

    fn query_selector(&mut self) -> Result<QuerySelector> {
        self.take();
        if self.accept("ALL") {
            return Ok(QuerySelector::All);
        }
        if !self.at_identifier() {
            return Err(self.no_rule_fits(&["ALL", "a query id"]));
        }
        Ok(QuerySelector::Id(self.identifier()?))
    }

    fn set(&mut self) -> Result<Statement> {
        self.take();
        let (name, value) = self.assignment()?;
        Ok(Statement::SetProperty { name, value })
    }

    fn unset(&mut self) -> Result<Statement> {
        self.take();
        Ok(Statement::UnsetProperty {
            name: self.string_before(ends_statement)?,
        })
    }

    /// `STRING '=' STRING`.
    pub(super) fn assignment(&mut self) -> Result<(String, String)> {
        let name = self.string_before(|t| t.is("="))?;
        self.expect_before("=", |t| t.kind == TokenKind::String)?;
        Ok((name, self.string_before(ends_statement)?))
    }

    fn define(&mut self) -> Result<Statement> {
        self.take();
        let name = self.variable_name()?;
        self.expect_before("=", is_literal)?;
        Ok(Statement::Define {
            name,
            value: self.string_before(ends_statement)?,
        })
    }

    fn undefine(&mut self) -> Result<Statement> {
        self.take();
        Ok(Statement::Undefine {
            name: self.variable_name()?,
        })
    }

    /// A word that could begin a statement is a query's id if nothing stands behind it.
    fn explain(&mut self) -> Result<Statement> {
        self.take();
        let is_whole = ends_statement(self.ahead(1));
        let begins_statement = STATEMENT_WORDS.iter().any(|word| self.at(word));
        if begins_statement && !(self.at_identifier() && is_whole) {
            let start = self.next().span;
            let statement = Box::new(self.nested(Self::statement)?);
            let end = self.span_since(self.position - 1).end;
            let text = self
                .sql
                .get(start.start - self.base..end - self.base)
                .unwrap_or_default()
                .to_owned();
            return Ok(Statement::Explain(Explain::Statement { text, statement }));
        }
        Ok(Statement::Explain(Explain::Query(self.identifier()?)))
    }

    fn run_script(&mut self) -> Result<Statement> {
        self.take();
        self.expect_before("SCRIPT", |t| t.kind == TokenKind::String)?;
        Ok(Statement::RunScript {
            path: self.string_before(ends_statement)?,
        })
    }
}

fn ends_statement(token: &Token<'_>) -> bool {
    token.is(";") || token.kind == TokenKind::End
}
