//! Queries: one line for each clause, and one for each item of a longer select list.

use std::fmt::{Display, Formatter, Result};

use super::commas;
use super::expression::base_of;
use crate::ast::{
    AliasedSource, Duration, Emit, Expression, Join, JoinKind, Query, SelectItem, Window,
    WindowKind, Within,
};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("SELECT")?;
        if let [only] = self.select.as_slice() {
            write!(f, " {only}")?;
        } else {
            super::list(f, &self.select, ",", |f, item| write!(f, "\n  {item}"))?;
        }
        write!(f, "\nFROM {}", self.from.source)?;
        self.from
            .joins
            .iter()
            .try_for_each(|join| write!(f, "\n{join}"))?;
        if let Some(window) = &self.window {
            write!(f, "\nWINDOW {window} ")?;
        }
        clause(f, "WHERE", self.filter.as_ref())?;
        list_clause(f, "GROUP BY", self.group_by.as_deref())?;
        list_clause(f, "PARTITION BY", self.partition_by.as_deref())?;
        clause(f, "HAVING", self.having.as_ref())?;
        clause(f, "EMIT", self.emit.as_ref())?;
        clause(f, "LIMIT", self.limit.as_ref())
    }
}

fn clause<T: Display>(f: &mut Formatter<'_>, words: &str, rest: Option<&T>) -> Result {
    rest.map_or(Ok(()), |rest| write!(f, "\n{words} {rest}"))
}

fn list_clause(f: &mut Formatter<'_>, words: &str, items: Option<&[Expression]>) -> Result {
    let Some(items) = items else { return Ok(()) };
    write!(f, "\n{words} ")?;
    if items.is_empty() {
        f.write_str("()")
    } else {
        commas(f, items)
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            SelectItem::All { source: None, .. } => f.write_str("*"),
            SelectItem::All {
                source: Some(source),
                ..
            } => write!(f, "{source}.*"),
            SelectItem::StructAll { expression, .. } => {
                base_of(f, expression)?;
                f.write_str("->*")
            }
            SelectItem::Expression {
                expression,
                alias: None,
                ..
            } => expression.fmt(f),
            SelectItem::Expression {
                expression,
                alias: Some(alias),
                ..
            } => write!(f, "{expression} {alias}"),
        }
    }
}

impl Display for AliasedSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.alias {
            Some(alias) => write!(f, "{} {alias}", self.name),
            None => self.name.fmt(f),
        }
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let kind = match self.kind {
            JoinKind::Inner => "INNER",
            JoinKind::Left => "LEFT OUTER",
            JoinKind::Right => "RIGHT OUTER",
            JoinKind::Full => "FULL OUTER",
        };
        write!(f, "{kind} JOIN {}", self.source)?;
        if let Some(within) = &self.within {
            write!(f, " {within}")?;
        }
        write!(f, " ON ({})", self.on)
    }
}

impl Display for Within {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.before == self.after {
            write!(f, "WITHIN {}", self.before)?;
        } else {
            write!(f, "WITHIN ({}, {})", self.before, self.after)?;
        }
        self.grace
            .map_or(Ok(()), |grace| write!(f, " GRACE PERIOD {grace}"))
    }
}

impl Display for Window {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.kind {
            WindowKind::Tumbling { size } => write!(f, "TUMBLING ( SIZE {size} ")?,
            WindowKind::Hopping { size, advance } => {
                write!(f, "HOPPING ( SIZE {size} , ADVANCE BY {advance} ")?;
            }
            WindowKind::Session { gap } => write!(f, "SESSION ( {gap} ")?,
        }
        if let Some(retention) = self.retention {
            write!(f, ", RETENTION {retention} ")?;
        }
        if let Some(grace) = self.grace {
            write!(f, ", GRACE PERIOD {grace} ")?;
        }
        f.write_str(")")
    }
}

impl Display for Duration {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.amount, self.unit)
    }
}

impl Display for Emit {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Emit::Changes => "CHANGES",
            Emit::Final => "FINAL",
        })
    }
}
