//! Literals, numbers, `WITH` properties and durations.

use super::{Parser, Result, VariablePosition};
use crate::ast::{Duration, Literal, Properties, TimeUnit};
use crate::error::ParseError;
use crate::span::Span;
use crate::token::{Token, TokenKind};

impl Parser<'_> {
    /// The literal at the cursor, or `None` and nothing taken.
    pub(super) fn accept_literal(&mut self) -> Option<Literal> {
        let token = self.next();
        match token.kind {
            TokenKind::String => Some(Literal::String(self.take().value())),
            TokenKind::Variable => {
                self.take();
                self.variables.push((token.span, VariablePosition::Literal));
                self.refuse(ParseError::illegal_argument(
                    token.span,
                    &format!("Got: '{}'", token.text),
                ));
                Some(Literal::Null)
            }
            TokenKind::Word => self.accept_literal_word(),
            _ if self.at_number() => Some(self.numeric_literal()),
            _ => None,
        }
    }

    fn accept_literal_word(&mut self) -> Option<Literal> {
        let words = [
            ("NULL", Literal::Null),
            ("TRUE", Literal::Boolean(true)),
            ("FALSE", Literal::Boolean(false)),
        ];
        let (_, literal) = words.into_iter().find(|(word, _)| self.accept(word))?;
        Some(literal)
    }

    pub(super) fn literal(&mut self) -> Result<Literal> {
        self.accept_literal()
            .ok_or_else(|| self.unexpected("a literal"))
    }

    fn at_number(&self) -> bool {
        is_number(self.next()) || (self.at("-") && is_number(self.ahead(1)))
    }

    /// The number at the cursor, with its sign.
    fn numeric_literal(&mut self) -> Literal {
        let first = self.position;
        let sign = if self.accept("-") { "-" } else { "" };
        let token = self.take();
        let text = format!("{sign}{}", token.text);
        let span = self.span_since(first);
        match token.kind {
            TokenKind::Decimal => Literal::Decimal(text),
            TokenKind::Float => self.double(&text, span),
            _ => self.integer(&text, span),
        }
    }

    fn integer(&mut self, text: &str, span: Span) -> Literal {
        if let Ok(value) = text.parse() {
            return Literal::Integer(value);
        }
        text.parse().map_or_else(
            |_| self.bad_number(span, &format!("Invalid numeric literal: {text}")),
            Literal::BigInt,
        )
    }

    fn double(&mut self, text: &str, span: Span) -> Literal {
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Literal::Double(value),
            _ => self.bad_number(span, &format!("Number overflows DOUBLE: {text}")),
        }
    }

    /// ksqlDB counts the column of these from two.
    fn bad_number(&mut self, span: Span, text: &str) -> Literal {
        self.refuse(ParseError::prepare(
            span,
            &format!("line {}:{}: {text}", span.line, span.column + 1),
        ));
        Literal::Null
    }

    /// `['-'] (INTEGER | DECIMAL | FLOAT)` where only a whole number means something; `command` is named when it is not.
    pub(super) fn whole_number(&mut self, command: &str) -> Result<i64> {
        if !self.at_number() {
            return Err(self.unexpected("a number"));
        }
        let span = self.next().span;
        match self.numeric_literal() {
            Literal::Integer(value) => Ok(i64::from(value)),
            Literal::BigInt(value) => Ok(value),
            _ => {
                let text = format!("Value must be integer for command: {command}");
                self.refuse(ParseError::prepare(span, &text));
                Ok(0)
            }
        }
    }

    pub(super) fn duration(&mut self, command: &str) -> Result<Duration> {
        let amount = self.whole_number(command)?;
        let unit = time_unit(self.next()).ok_or_else(|| self.unexpected("a unit of time"))?;
        self.take();
        Ok(Duration { amount, unit })
    }

    /// `[WITH '(' prop { ',' prop } ')']`.
    pub(super) fn optional_properties(&mut self) -> Result<Properties> {
        if self.accept("WITH") {
            self.properties(Self::property_name)
        } else {
            Ok(Properties::default())
        }
    }

    /// The brackets behind `WITH`; connectors read the names in their own way.
    pub(super) fn properties(
        &mut self,
        name: fn(&mut Self) -> Result<String>,
    ) -> Result<Properties> {
        self.expect_before("(", |t| {
            t.kind == TokenKind::String || super::name::is_identifier(t)
        })?;
        let entries = self.bracketed_rest(
            |p| {
                let name = name(p)?;
                p.expect_before("=", is_literal)?;
                Ok((name, p.literal()?))
            },
            ")",
        )?;
        Ok(Properties(entries))
    }

    fn property_name(&mut self) -> Result<String> {
        Ok(self.connector_property_name()?.to_uppercase())
    }

    /// Kafka Connect's names keep their case when quoted.
    pub(super) fn connector_property_name(&mut self) -> Result<String> {
        match self.next().kind {
            TokenKind::String => Ok(self.take().value()),
            _ => Ok(self.identifier()?.0),
        }
    }
}

pub(super) fn is_number(token: &Token<'_>) -> bool {
    matches!(
        token.kind,
        TokenKind::Integer | TokenKind::Decimal | TokenKind::Float
    )
}

pub(super) fn is_literal(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::String | TokenKind::Variable)
        || is_number(token)
        || ["NULL", "TRUE", "FALSE", "-"]
            .iter()
            .any(|word| token.is(word))
}

pub(super) fn time_unit(token: &Token<'_>) -> Option<TimeUnit> {
    const UNITS: [(&str, &str, TimeUnit); 5] = [
        ("DAY", "DAYS", TimeUnit::Days),
        ("HOUR", "HOURS", TimeUnit::Hours),
        ("MINUTE", "MINUTES", TimeUnit::Minutes),
        ("SECOND", "SECONDS", TimeUnit::Seconds),
        ("MILLISECOND", "MILLISECONDS", TimeUnit::Milliseconds),
    ];
    UNITS
        .iter()
        .find(|(one, many, _)| token.is(one) || token.is(many))
        .map(|(_, _, unit)| *unit)
}
