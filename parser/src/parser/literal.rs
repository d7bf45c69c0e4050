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
                self.refuse(ParseError::illegal_argument(token.span, &format!("Got: '{}'", token.text)));
                Some(Literal::Null)
            }
            TokenKind::Word => self.accept_literal_word(),
            _ if self.at_number() => Some(self.numeric_literal()),
            _ => None,
        }
    }

    fn accept_literal_word(&mut self) -> Option<Literal> {
        let words = [("NULL", Literal::Null), ("TRUE", Literal::Boolean(true)), ("FALSE", Literal::Boolean(false))];
        let (_, literal) = words.into_iter().find(|(word, _)| self.accept(word))?;
        Some(literal)
    }

    pub(super) fn literal(&mut self) -> Result<Literal> {
        self.accept_literal().ok_or_else(|| self.unexpected("a literal"))
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
        text.parse()
            .map_or_else(|_| self.bad_number(span, &format!("Invalid numeric literal: {text}")), Literal::BigInt)
    }

    fn double(&mut self, text: &str, span: Span) -> Literal {
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Literal::Double(value),
            _ => self.bad_number(span, &format!("Number overflows DOUBLE: {text}")),
        }
    }

    /// The literal that `DECIMAL 'text'` stands for.
    pub(super) fn decimal_of_text(&mut self, text: &str, span: Span) -> Literal {
        plain_decimal(text)
            .map_or_else(|| self.bad_number(span, &format!("Invalid numeric literal: {text}")), Literal::Decimal)
    }

    /// ksqlDB counts the column of these from two.
    fn bad_number(&mut self, span: Span, text: &str) -> Literal {
        self.refuse(ParseError::prepare(span, &format!("line {}:{}: {text}", span.line, span.column + 1)));
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
        if self.accept("WITH") { self.properties(Self::property_name) } else { Ok(Properties::default()) }
    }

    /// The brackets behind `WITH`; connectors read the names in their own way.
    pub(super) fn properties(&mut self, name: fn(&mut Self) -> Result<String>) -> Result<Properties> {
        self.expect_before("(", |t| t.kind == TokenKind::String || super::name::is_identifier(t))?;
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

/// Digits beyond which a number written with an exponent is not written out.
const MAX_DECIMAL_DIGITS: usize = 1_000;

/// A decimal number, exponent and all, as the digits of a decimal literal: `1.5E1` is `15.`, and `2E-3` is `0.002`.
fn plain_decimal(text: &str) -> Option<String> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
    let zeros_before = usize::try_from((1 - point).max(0)).ok()?;
    let zeros_behind = usize::try_from((point - i64::try_from(digits.len()).ok()?).max(0)).ok()?;
    if digits.len() + zeros_before + zeros_behind > MAX_DECIMAL_DIGITS {
        return None;
    }
    digits = format!("{}{digits}{}", "0".repeat(zeros_before), "0".repeat(zeros_behind));
    digits.insert(usize::try_from(point.max(1)).ok()?, '.');
    Some(format!("{sign}{digits}"))
}

pub(super) fn is_number(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Integer | TokenKind::Decimal | TokenKind::Float)
}

pub(super) fn is_literal(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::String | TokenKind::Variable)
        || is_number(token)
        || ["NULL", "TRUE", "FALSE", "-"].iter().any(|word| token.is(word))
}

pub(super) fn time_unit(token: &Token<'_>) -> Option<TimeUnit> {
    if token.kind == TokenKind::Word { TimeUnit::of_word(token.text) } else { None }
}
