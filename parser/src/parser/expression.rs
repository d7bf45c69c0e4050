//! Expressions, by precedence: boolean operators, one predicate, value operators. What binds tighter is in `primary`.

use super::literal::{is_literal, is_number};
use super::name::is_identifier;
use super::{Parser, Result};
use crate::ast::{
    ArithmeticOperator, ComparisonOperator, Expression, FunctionCall, LogicalOperator, Name,
};
use crate::error::ParseError;
use crate::token::Token;

const OR: u8 = 1;
const AND: u8 = 2;
const CONCAT: u8 = 1;
const MULTIPLY: u8 = 3;

impl Parser<'_> {
    /// `boolExpr`.
    pub(super) fn expression(&mut self) -> Result<Expression> {
        self.boolean(OR)
    }

    /// Operators that bind at least as tightly as `weakest`.
    fn boolean(&mut self, weakest: u8) -> Result<Expression> {
        self.nested(|p| {
            let mut left = p.negation()?;
            loop {
                let (operator, precedence) = match p.next() {
                    t if t.is("AND") => (LogicalOperator::And, AND),
                    t if t.is("OR") && weakest <= OR => (LogicalOperator::Or, OR),
                    _ => return Ok(left),
                };
                if precedence < weakest {
                    return Ok(left);
                }
                p.take();
                let right = p.boolean(precedence + 1)?;
                p.grow()?;
                left = Expression::Logical {
                    operator,
                    left: Box::new(left),
                    right: Box::new(right),
                };
            }
        })
    }

    fn negation(&mut self) -> Result<Expression> {
        if self.accept("NOT") {
            return Ok(Expression::Not(Box::new(self.nested(Self::negation)?)));
        }
        self.predicated()
    }

    /// A value with at most one predicate.
    fn predicated(&mut self) -> Result<Expression> {
        let value = self.value()?;
        if let Some(operator) = self.accept_comparison() {
            return self.comparison(operator, value);
        }
        if self.accept("IS") {
            return self.is_predicate(value);
        }
        let negated = self.at("NOT");
        if negated
            && !["BETWEEN", "IN", "LIKE"]
                .iter()
                .any(|word| self.ahead(1).is(word))
        {
            return Ok(value);
        }
        if negated {
            self.take();
        }
        let value = if self.at_predicate_word() {
            Box::new(value)
        } else {
            return Ok(value);
        };
        self.grow()?;
        match self.take() {
            t if t.is("BETWEEN") => self.between(value, negated),
            t if t.is("IN") => self.in_list(value, negated),
            _ => self.like(value, negated),
        }
    }

    fn at_predicate_word(&self) -> bool {
        ["BETWEEN", "IN", "LIKE"].iter().any(|word| self.at(word))
    }

    fn accept_comparison(&mut self) -> Option<ComparisonOperator> {
        const OPERATORS: [(&str, ComparisonOperator); 7] = [
            ("=", ComparisonOperator::Equal),
            ("<>", ComparisonOperator::NotEqual),
            ("!=", ComparisonOperator::NotEqual),
            ("<", ComparisonOperator::LessThan),
            ("<=", ComparisonOperator::LessThanOrEqual),
            (">", ComparisonOperator::GreaterThan),
            (">=", ComparisonOperator::GreaterThanOrEqual),
        ];
        OPERATORS
            .iter()
            .find(|(symbol, _)| self.accept(symbol))
            .map(|(_, operator)| *operator)
    }

    fn comparison(&mut self, operator: ComparisonOperator, left: Expression) -> Result<Expression> {
        let right = self.value()?;
        self.grow()?;
        Ok(Expression::Comparison {
            operator,
            left: Box::new(left),
            right: Box::new(right),
        })
    }

    fn is_predicate(&mut self, value: Expression) -> Result<Expression> {
        let negated = self.accept("NOT");
        if self.accept("NULL") {
            self.grow()?;
            return Ok(Expression::IsNull {
                value: Box::new(value),
                negated,
            });
        }
        if !self.accept("DISTINCT") {
            return Err(self.unexpected_but(if negated {
                &["NULL", "DISTINCT"]
            } else {
                &["NOT", "NULL", "DISTINCT"]
            }));
        }
        self.expect_before("FROM", starts_value)?;
        let operator = if negated {
            ComparisonOperator::IsNotDistinctFrom
        } else {
            ComparisonOperator::IsDistinctFrom
        };
        self.comparison(operator, value)
    }

    fn between(&mut self, value: Box<Expression>, negated: bool) -> Result<Expression> {
        let lower = Box::new(self.value()?);
        self.expect_before("AND", starts_value)?;
        let upper = Box::new(self.value()?);
        self.grow()?;
        Ok(Expression::Between {
            value,
            lower,
            upper,
            negated,
        })
    }

    fn in_list(&mut self, value: Box<Expression>, negated: bool) -> Result<Expression> {
        self.expect_before("(", starts_value)?;
        let list = self.bracketed_rest(Self::expression, ")")?;
        self.grow()?;
        Ok(Expression::In {
            value,
            list,
            negated,
        })
    }

    fn like(&mut self, value: Box<Expression>, negated: bool) -> Result<Expression> {
        let pattern = Box::new(self.value()?);
        let escape = if self.accept("ESCAPE") {
            self.escape_character()?
        } else {
            None
        };
        self.grow()?;
        Ok(Expression::Like {
            value,
            pattern,
            escape,
            negated,
        })
    }

    fn escape_character(&mut self) -> Result<Option<char>> {
        let span = self.next().span;
        let text = self.string()?;
        let mut characters = text.chars();
        let first = characters.next();
        if first.is_none() || characters.next().is_some() {
            self.refuse(ParseError::prepare(
                span,
                &format!("Expected single character escape but got: {text}"),
            ));
        }
        Ok(first)
    }

    /// `valueExpr`.
    pub(super) fn value(&mut self) -> Result<Expression> {
        self.value_of(CONCAT)
    }

    /// Operators that bind at least as tightly as `weakest`, all of them to the left.
    fn value_of(&mut self, weakest: u8) -> Result<Expression> {
        self.nested(|p| {
            let first = p.position;
            let mut left = p.unary()?;
            while let Some((operator, precedence)) =
                value_operator(p.next()).filter(|(_, prec)| *prec >= weakest)
            {
                p.take();
                let right = p.value_of(precedence + 1)?;
                p.grow()?;
                left = match operator {
                    Some(operator) => Expression::Arithmetic {
                        operator,
                        left: Box::new(left),
                        right: Box::new(right),
                    },
                    None => p.concat(first, left, right),
                };
            }
            Ok(left)
        })
    }

    fn concat(&self, first: usize, left: Expression, right: Expression) -> Expression {
        Expression::Call(FunctionCall {
            name: Name::new("CONCAT"),
            arguments: vec![left, right],
            star: false,
            span: self.span_since(first),
        })
    }

    /// A sign directly before a number belongs to the literal.
    fn unary(&mut self) -> Result<Expression> {
        if self.at("-") && !is_number(self.ahead(1)) {
            self.take();
            return Ok(Expression::Negate(Box::new(self.nested(Self::unary)?)));
        }
        if self.accept("+") {
            return self.nested(Self::unary);
        }
        let mut value = self.postfix()?;
        while self.at_all(&["AT", "TIME", "ZONE"]) {
            self.position += 3;
            self.grow()?;
            value = Expression::AtTimeZone {
                value: Box::new(value),
                zone: self.string()?,
            };
        }
        Ok(value)
    }
}

/// `None` is `||`.
fn value_operator(token: &Token<'_>) -> Option<(Option<ArithmeticOperator>, u8)> {
    const OPERATORS: [(&str, Option<ArithmeticOperator>, u8); 6] = [
        ("||", None, CONCAT),
        ("+", Some(ArithmeticOperator::Add), CONCAT + 1),
        ("-", Some(ArithmeticOperator::Subtract), CONCAT + 1),
        ("*", Some(ArithmeticOperator::Multiply), MULTIPLY),
        ("/", Some(ArithmeticOperator::Divide), MULTIPLY),
        ("%", Some(ArithmeticOperator::Modulo), MULTIPLY),
    ];
    OPERATORS
        .iter()
        .find(|(symbol, ..)| token.is(symbol))
        .map(|(_, operator, precedence)| (*operator, *precedence))
}

/// Whether an expression can begin with this token.
pub(super) fn starts_value(token: &Token<'_>) -> bool {
    is_identifier(token)
        || is_literal(token)
        || ["(", "+", "CASE", "CAST", "NOT"]
            .iter()
            .any(|word| token.is(word))
}

/// Whether this token can stand behind a whole expression.
pub(super) fn follows_value(token: &Token<'_>) -> bool {
    const WORDS: [&str; 17] = [
        ",", ";", ")", "]", "AND", "OR", "=", "<>", "<", ">", "GROUP", "HAVING", "EMIT", "LIMIT",
        "THEN", "WHEN", "END",
    ];
    value_operator(token).is_some() || WORDS.iter().any(|word| token.is(word))
}
