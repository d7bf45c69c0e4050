//! Expressions, by precedence: boolean operators, one predicate, value operators, and what binds tightest.

use super::literal::{is_number, time_unit};
use super::name::{folded, is_identifier};
use super::{Parser, Result};
use crate::ast::{
    ArithmeticOperator, ColumnReference, ComparisonOperator, Expression, FunctionCall, LogicalOperator, Name, WhenClause,
};
use crate::error::ParseError;
use crate::token::{Token, TokenKind};

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
                left = Expression::Logical { operator, left: Box::new(left), right: Box::new(right) };
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
        if negated && !["BETWEEN", "IN", "LIKE"].iter().any(|word| self.ahead(1).is(word)) {
            return Ok(value);
        }
        if negated {
            self.take();
        }
        let value = if self.at_predicate_word() { Box::new(value) } else { return Ok(value) };
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
        OPERATORS.iter().find(|(symbol, _)| self.accept(symbol)).map(|(_, operator)| *operator)
    }

    fn comparison(&mut self, operator: ComparisonOperator, left: Expression) -> Result<Expression> {
        let right = self.value()?;
        self.grow()?;
        Ok(Expression::Comparison { operator, left: Box::new(left), right: Box::new(right) })
    }

    fn is_predicate(&mut self, value: Expression) -> Result<Expression> {
        let negated = self.accept("NOT");
        if self.accept("NULL") {
            self.grow()?;
            return Ok(Expression::IsNull { value: Box::new(value), negated });
        }
        if !self.accept("DISTINCT") {
            return Err(self.unexpected_but(if negated { &["NULL", "DISTINCT"] } else { &["NOT", "NULL", "DISTINCT"] }));
        }
        self.expect_before("FROM", starts_value)?;
        let operator =
            if negated { ComparisonOperator::IsNotDistinctFrom } else { ComparisonOperator::IsDistinctFrom };
        self.comparison(operator, value)
    }

    fn between(&mut self, value: Box<Expression>, negated: bool) -> Result<Expression> {
        let lower = Box::new(self.value()?);
        self.expect_before("AND", starts_value)?;
        let upper = Box::new(self.value()?);
        self.grow()?;
        Ok(Expression::Between { value, lower, upper, negated })
    }

    fn in_list(&mut self, value: Box<Expression>, negated: bool) -> Result<Expression> {
        self.expect_before("(", starts_value)?;
        let list = self.bracketed_rest(Self::expression, ")")?;
        self.grow()?;
        Ok(Expression::In { value, list, negated })
    }

    fn like(&mut self, value: Box<Expression>, negated: bool) -> Result<Expression> {
        let pattern = Box::new(self.value()?);
        let escape = if self.accept("ESCAPE") { self.escape_character()? } else { None };
        self.grow()?;
        Ok(Expression::Like { value, pattern, escape, negated })
    }

    fn escape_character(&mut self) -> Result<Option<char>> {
        let span = self.next().span;
        let text = self.string()?;
        let mut characters = text.chars();
        let first = characters.next();
        if first.is_none() || characters.next().is_some() {
            self.refuse(ParseError::prepare(span, &format!("Expected single character escape but got: {text}")));
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
            while let Some((operator, precedence)) = value_operator(p.next()).filter(|(_, prec)| *prec >= weakest) {
                p.take();
                let right = p.value_of(precedence + 1)?;
                p.grow()?;
                left = match operator {
                    Some(operator) => Expression::Arithmetic { operator, left: Box::new(left), right: Box::new(right) },
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
            value = Expression::AtTimeZone { value: Box::new(value), zone: self.string()? };
        }
        Ok(value)
    }

    /// A primary with its subscripts and field accesses.
    fn postfix(&mut self) -> Result<Expression> {
        let first = self.position;
        let mut value = self.primary()?;
        loop {
            if self.accept("[") {
                let index = Box::new(self.value()?);
                self.expect("]")?;
                value = Expression::Subscript { base: Box::new(value), index };
            } else if self.at("->") && !self.ahead(1).is("*") {
                self.take();
                let field = self.identifier()?;
                value = Expression::Dereference { base: Box::new(value), field, span: self.span_since(first) };
            } else {
                self.last_primary = first;
                self.undecided_since = self.undecided_since.filter(|since| *since != first);
                return Ok(value);
            }
            self.grow()?;
        }
    }

    fn primary(&mut self) -> Result<Expression> {
        let token = self.next();
        if self.at_all(&["CASE"]) {
            return self.case();
        }
        if self.at_all(&["CAST", "("]) {
            return self.cast();
        }
        if self.accept_all(&["ARRAY", "["]) {
            let items = self.items(Self::expression, "]")?;
            return Ok(Expression::Array(items));
        }
        if self.accept_all(&["MAP", "("]) {
            return Ok(Expression::Map(self.items(Self::map_entry, ")")?));
        }
        if self.accept_all(&["STRUCT", "("]) {
            return Ok(Expression::Struct(self.items(Self::struct_field, ")")?));
        }
        if self.accept("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if token.is("DECIMAL") || is_identifier(token) {
            let behind = self.ahead(1);
            if behind.kind == TokenKind::String && token.kind != TokenKind::Variable {
                return Ok(self.typed_literal());
            }
            if behind.is("(") && is_identifier(token) {
                return self.call();
            }
        }
        if let Some(literal) = self.accept_variable_or_literal() {
            return Ok(literal);
        }
        self.column()
    }

    /// A literal. A variable is a name where a name goes on behind it, as in `${source}.ID`, else a literal.
    fn accept_variable_or_literal(&mut self) -> Option<Expression> {
        if self.next().kind == TokenKind::Variable && (self.ahead(1).is(".") || self.ahead(1).is("->")) {
            return None;
        }
        self.accept_literal().map(Expression::Literal)
    }

    /// `[ item { ',' item } ] close`, behind the opening bracket.
    fn items<T>(&mut self, item: impl FnMut(&mut Self) -> Result<T>, close: &'static str) -> Result<Vec<T>> {
        if self.accept(close) { Ok(Vec::new()) } else { self.bracketed_rest(item, close) }
    }

    fn map_entry(&mut self) -> Result<(Expression, Expression)> {
        let key = self.expression()?;
        self.expect_before(":=", starts_value)?;
        Ok((key, self.expression()?))
    }

    fn struct_field(&mut self) -> Result<(Name, Expression)> {
        let name = self.identifier()?;
        self.expect_before(":=", starts_value)?;
        Ok((name, self.expression()?))
    }

    fn case(&mut self) -> Result<Expression> {
        self.take();
        let operand = if self.at("WHEN") { None } else { Some(Box::new(self.value()?)) };
        let mut when = Vec::new();
        self.expect_before("WHEN", starts_value)?;
        loop {
            let condition = self.expression()?;
            self.expect_before("THEN", starts_value)?;
            when.push(WhenClause { condition, result: self.expression()? });
            if !self.accept("WHEN") {
                break;
            }
        }
        let default = if self.accept("ELSE") { Some(Box::new(self.expression()?)) } else { None };
        if !self.accept("END") {
            return Err(self.unexpected_but(if default.is_some() { &["END"] } else { &["WHEN", "ELSE", "END"] }));
        }
        Ok(Expression::Case { operand, when, default })
    }

    fn cast(&mut self) -> Result<Expression> {
        self.position += 2;
        let value = Box::new(self.expression()?);
        self.expect_before("AS", is_identifier)?;
        let data_type = self.data_type()?;
        self.expect(")")?;
        Ok(Expression::Cast { value, data_type })
    }

    fn typed_literal(&mut self) -> Expression {
        let first = self.position;
        let word = folded(self.take()).0;
        let text = self.take().value();
        Expression::TypedLiteral { word, text, span: self.span_since(first) }
    }

    fn call(&mut self) -> Result<Expression> {
        let first = self.position;
        let name = Name(self.identifier()?.0.to_ascii_uppercase());
        self.take();
        let star = self.accept_all(&["*", ")"]);
        let arguments = if star || self.accept(")") { Vec::new() } else { self.arguments()? };
        Ok(Expression::Call(FunctionCall { name, arguments, star, span: self.span_since(first) }))
    }

    /// Lambdas come last, and not first.
    fn arguments(&mut self) -> Result<Vec<Expression>> {
        let mut count = 0;
        let mut lambdas = false;
        self.bracketed_rest(
            |p| {
                lambdas |= count > 0 && p.at_lambda();
                count += 1;
                if lambdas { p.lambda() } else { p.argument() }
            },
            ")",
        )
    }

    /// An expression or a reserved unit; `DAY` and the like are names of columns.
    fn argument(&mut self) -> Result<Expression> {
        if let Some(unit) = time_unit(self.next()).filter(|_| !self.at_identifier()) {
            self.take();
            return Ok(Expression::Unit(unit));
        }
        self.expression()
    }

    fn at_lambda(&self) -> bool {
        if is_identifier(self.next()) {
            return self.ahead(1).is("=>");
        }
        let mut n = 1;
        while self.at("(") && is_identifier(self.ahead(n)) && self.ahead(n + 1).is(",") {
            n += 2;
        }
        self.at("(") && is_identifier(self.ahead(n)) && self.ahead(n + 1).is(")") && self.ahead(n + 2).is("=>")
    }

    fn lambda(&mut self) -> Result<Expression> {
        let parameters = if self.accept("(") {
            self.bracketed_rest(Self::identifier, ")")?
        } else {
            vec![self.identifier()?]
        };
        self.expect("=>")?;
        let body = Box::new(self.nested(Self::expression)?);
        Ok(Expression::Lambda { parameters, body })
    }

    fn column(&mut self) -> Result<Expression> {
        let first = self.position;
        if !self.at_identifier() {
            return Err(self.unexpected_for_name("an expression"));
        }
        let name = self.identifier()?;
        let (qualifier, name) = if self.at(".") && !self.ahead(1).is("*") {
            self.take();
            (Some(name), self.identifier()?)
        } else {
            (None, name)
        };
        Ok(Expression::Column(ColumnReference { qualifier, name, span: self.span_since(first) }))
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
    OPERATORS.iter().find(|(symbol, ..)| token.is(symbol)).map(|(_, operator, precedence)| (*operator, *precedence))
}

/// Whether an expression can begin with this token.
pub(super) fn starts_value(token: &Token<'_>) -> bool {
    is_identifier(token)
        || super::literal::is_literal(token)
        || ["(", "+", "CASE", "CAST", "NOT"].iter().any(|word| token.is(word))
}
