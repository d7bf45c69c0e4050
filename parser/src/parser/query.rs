//! Queries: the select list, the relation with its joins, and the clauses in their fixed order.

use super::expression::starts_value;
use super::literal::is_number;
use super::name::is_identifier;
use super::{Parser, Result};
use crate::ast::{
    AliasedSource, Emit, Expression, Join, JoinKind, Query, Relation, SelectItem, Window, WindowKind, Within,
};
use crate::span::Span;
use crate::token::TokenKind;

/// The clauses behind the relation, in order. A query that ends behind one can go on with those after it.
const CLAUSES: &[&str] = &["WINDOW", "WHERE", "GROUP", "PARTITION", "HAVING", "EMIT", "LIMIT"];

impl Parser<'_> {
    pub(super) fn query(&mut self) -> Result<Query> {
        self.expect("SELECT")?;
        let select = self.select_items()?;
        let from = self.relation()?;
        self.clauses_left = CLAUSES;
        // Messages point at the window's kind, not at the word WINDOW.
        let mut window_start = self.position;
        let window = self.clause("WINDOW", |p| {
            window_start = p.position;
            p.window()
        })?;
        let window_span = if window.is_some() { self.span_since(window_start) } else { Span::default() };
        let filter = self.clause("WHERE", Self::expression)?;
        let group_by = self.clause("GROUP", Self::by_list)?;
        let partition_by = self.clause("PARTITION", Self::by_list)?;
        let having = self.clause("HAVING", Self::expression)?;
        let emit = self.clause("EMIT", Self::emit)?;
        let limit = self.clause("LIMIT", |p| p.whole_number("LIMIT"))?;
        Ok(Query { select, from, window, filter, group_by, partition_by, having, emit, limit, window_span })
    }

    /// `[word rest]`, and remembers which clauses remain behind it.
    fn clause<T>(&mut self, word: &str, rest: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if !self.accept(word) {
            return Ok(None);
        }
        let found = rest(self)?;
        let behind = CLAUSES.iter().position(|clause| *clause == word).map_or(CLAUSES.len(), |i| i + 1);
        self.clauses_left = &CLAUSES[behind..];
        Ok(Some(found))
    }

    fn select_items(&mut self) -> Result<Vec<SelectItem>> {
        let items = self.comma_separated(Self::select_item)?;
        if !self.accept("FROM") {
            return Err(self.unexpected_but(&[",", "FROM"]));
        }
        Ok(items)
    }

    fn select_item(&mut self) -> Result<SelectItem> {
        let first = self.position;
        if self.accept("*") {
            return Ok(SelectItem::All { source: None, span: self.span_since(first) });
        }
        if self.at_identifier() && self.ahead(1).is(".") && self.ahead(2).is("*") {
            let source = Some(self.identifier()?);
            self.position += 2;
            return Ok(SelectItem::All { source, span: self.span_since(first) });
        }
        let expression = self.select_expression(first)?;
        if self.last_primary == first && self.accept_all(&["->", "*"]) {
            return Ok(SelectItem::StructAll { expression, span: self.span_since(first) });
        }
        let alias = if self.accept("AS") || self.at_identifier() { Some(self.identifier()?) } else { None };
        Ok(SelectItem::Expression { expression, alias, span: self.span_since(first) })
    }

    /// While its first primary is read, the item may also turn out to be `struct -> *`; `postfix` ends that.
    fn select_expression(&mut self, first: usize) -> Result<Expression> {
        let starts_primary = !["NOT", "-", "+"].iter().any(|word| self.at(word));
        self.undecided_since = starts_primary.then_some(first);
        let expression = self.expression()?;
        self.undecided_since = None;
        Ok(expression)
    }

    fn relation(&mut self) -> Result<Relation> {
        let source = self.aliased_source()?;
        let mut joins = Vec::new();
        while let Some(kind) = self.join_kind()? {
            joins.push(self.join(kind)?);
        }
        Ok(Relation { source, joins })
    }

    fn aliased_source(&mut self) -> Result<AliasedSource> {
        let first = self.position;
        let name = self.source_name()?;
        let alias = if self.accept("AS") || self.at_alias() { Some(self.source_name()?) } else { None };
        Ok(AliasedSource { name, alias, span: self.span_since(first) })
    }

    /// `EMIT` and `PARTITION` are aliases unless they begin their clause.
    fn at_alias(&self) -> bool {
        let begins_clause =
            self.at_all(&["EMIT", "CHANGES"]) || self.at_all(&["EMIT", "FINAL"]) || self.at_all(&["PARTITION", "BY"]);
        self.at_identifier() && !begins_clause
    }

    fn join_kind(&mut self) -> Result<Option<JoinKind>> {
        if self.accept("JOIN") {
            return Ok(Some(JoinKind::Inner));
        }
        let kinds = [("LEFT", JoinKind::Left), ("RIGHT", JoinKind::Right), ("FULL", JoinKind::Full)];
        if let Some((_, kind)) = kinds.into_iter().find(|(word, _)| self.accept(word)) {
            let outer = self.accept("OUTER");
            if !self.accept("JOIN") {
                return Err(self.unexpected_but(if outer { &["JOIN"] } else { &["JOIN", "OUTER"] }));
            }
            return Ok(Some(kind));
        }
        if self.accept("INNER") {
            self.expect_before("JOIN", is_identifier)?;
            return Ok(Some(JoinKind::Inner));
        }
        Ok(None)
    }

    fn join(&mut self, kind: JoinKind) -> Result<Join> {
        let source = self.aliased_source()?;
        let within = if self.accept("WITHIN") { Some(self.within()?) } else { None };
        if !self.accept("ON") {
            return Err(self.unexpected_but(if within.is_some() { &["ON"] } else { &["WITHIN", "ON"] }));
        }
        Ok(Join { kind, source, within, on: self.expression()? })
    }

    fn within(&mut self) -> Result<Within> {
        let (before, after) = if self.accept("(") {
            let before = self.duration("WITHIN")?;
            self.expect_before(",", is_number)?;
            let after = self.duration("WITHIN")?;
            self.expect(")")?;
            (before, after)
        } else {
            let both = self.duration("WITHIN")?;
            (both, both)
        };
        let grace = if self.accept("GRACE") { Some(self.grace_period()?) } else { None };
        Ok(Within { before, after, grace })
    }

    fn grace_period(&mut self) -> Result<crate::ast::Duration> {
        self.expect_before("PERIOD", is_number)?;
        self.duration("GRACE PERIOD")
    }

    fn window(&mut self) -> Result<Window> {
        let is_name = self.next().kind == TokenKind::Word && self.at_identifier() && !self.at("SESSION");
        if is_name {
            self.take();
        }
        let kind = match self.next() {
            t if t.is("TUMBLING") => self.tumbling()?,
            t if t.is("HOPPING") => self.hopping()?,
            t if t.is("SESSION") => self.session()?,
            _ => return Err(self.unexpected_but(&["TUMBLING", "HOPPING", "SESSION"])),
        };
        self.window_rest(kind)
    }

    fn tumbling(&mut self) -> Result<WindowKind> {
        self.take();
        self.expect_before("(", |t| t.is("SIZE"))?;
        self.expect_before("SIZE", is_number)?;
        Ok(WindowKind::Tumbling { size: self.duration("SIZE")? })
    }

    fn hopping(&mut self) -> Result<WindowKind> {
        self.take();
        self.expect_before("(", |t| t.is("SIZE"))?;
        self.expect_before("SIZE", is_number)?;
        let size = self.duration("SIZE")?;
        self.expect_before(",", |t| t.is("ADVANCE"))?;
        self.expect_before("ADVANCE", |t| t.is("BY"))?;
        self.expect_before("BY", is_number)?;
        Ok(WindowKind::Hopping { size, advance: self.duration("ADVANCE BY")? })
    }

    fn session(&mut self) -> Result<WindowKind> {
        self.take();
        self.expect_before("(", is_number)?;
        Ok(WindowKind::Session { gap: self.duration("SESSION")? })
    }

    /// `[',' RETENTION duration] [',' GRACE PERIOD duration] ')'`.
    fn window_rest(&mut self, kind: WindowKind) -> Result<Window> {
        let retention = if self.accept_all(&[",", "RETENTION"]) { Some(self.duration("RETENTION")?) } else { None };
        let grace = if self.accept_all(&[",", "GRACE"]) { Some(self.grace_period()?) } else { None };
        if self.at(",") && grace.is_none() {
            self.take();
            return Err(self.unexpected_but(if retention.is_some() { &["GRACE"] } else { &["RETENTION", "GRACE"] }));
        }
        if !self.accept(")") {
            return Err(self.unexpected_but(if grace.is_some() { &[")"] } else { &[",", ")"] }));
        }
        Ok(Window { kind, retention, grace })
    }

    /// `BY exprs`: a list with or without brackets.
    fn by_list(&mut self) -> Result<Vec<Expression>> {
        self.expect_before("BY", starts_value)?;
        if !self.at_bracketed_list() {
            return self.comma_separated(Self::value);
        }
        self.take();
        if self.accept(")") { Ok(Vec::new()) } else { self.bracketed_rest(Self::value, ")") }
    }

    /// Whether the bracket at the cursor holds a list, empty or with a comma of its own, not one expression.
    fn at_bracketed_list(&self) -> bool {
        let mut depth = 0;
        let mut commas = false;
        for n in 0.. {
            let token = self.ahead(n);
            depth += i32::from(token.is("(") || token.is("[")) - i32::from(token.is(")") || token.is("]"));
            commas |= depth == 1 && token.is(",");
            if depth <= 0 || token.is(";") || token.kind == TokenKind::End {
                return commas || n == 1;
            }
        }
        false
    }

    fn emit(&mut self) -> Result<Emit> {
        if self.accept("CHANGES") {
            return Ok(Emit::Changes);
        }
        if self.accept("FINAL") {
            return Ok(Emit::Final);
        }
        Err(self.unexpected_but(&["CHANGES", "FINAL"]))
    }
}
