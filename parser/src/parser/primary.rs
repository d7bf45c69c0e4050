//! What binds tightest in expressions: literals, columns, calls and constructors, with their subscripts and fields.

use super::expression::{follows_value, starts_value};
use super::literal::time_unit;
use super::name::{folded, is_identifier};
use super::{Parser, Result};
use crate::ast::{ColumnReference, Expression, FunctionCall, Literal, Name, WhenClause};
use crate::error::ParseError;
use crate::span::Span;
use crate::token::TokenKind;

impl Parser<'_> {
    /// A primary with its subscripts and field accesses.
    pub(super) fn postfix(&mut self) -> Result<Expression> {
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
        if self.at("CASE") {
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
            self.expect_before(")", follows_value)?;
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

    /// `word 'text'`, where only DECIMAL is a word that means something.
    fn typed_literal(&mut self) -> Expression {
        let word = self.take();
        let text = self.take().value();
        if folded(word).as_str() == "DECIMAL" {
            return Expression::Literal(self.decimal_of_text(&text, word.span));
        }
        let Span { line, column, .. } = word.span;
        let name = folded(word);
        let text = format!("Unknown type: {}, location: Line: {line}, Col: {column}", name.as_str());
        self.refuse(ParseError::prepare(word.span, &text));
        Expression::Literal(Literal::Null)
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
        let span = self.next().span;
        let parameters =
            if self.accept("(") { self.bracketed_rest(Self::identifier, ")")? } else { vec![self.identifier()?] };
        if parameters.iter().enumerate().any(|(i, name)| parameters[..i].contains(name)) {
            let list = parameters.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
            self.refuse(ParseError::prepare(span, &format!("Lambda arguments have duplicates: [{list}]")));
        }
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
