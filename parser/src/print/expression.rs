//! Expressions, fully parenthesised.

use std::fmt::{Display, Formatter, Result};

use super::{commas, list, quoted_string};
use crate::ast::{
    ArithmeticOperator, ColumnReference, ComparisonOperator, Expression, FunctionCall, LogicalOperator, TimeUnit,
    WhenClause,
};

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Expression::Literal(literal) => literal.fmt(f),
            Expression::Column(column) => column.fmt(f),
            Expression::Unit(unit) => unit.fmt(f),
            Expression::Arithmetic { operator, left, right } => write!(f, "({left} {operator} {right})"),
            Expression::Negate(value) => negated(f, value),
            Expression::Comparison { operator, left, right } => write!(f, "({left} {operator} {right})"),
            Expression::Logical { operator, left, right } => write!(f, "({left} {operator} {right})"),
            Expression::Not(value) => write!(f, "(NOT {value})"),
            Expression::IsNull { value, negated } => {
                write!(f, "({value} IS{} NULL)", not(*negated))
            }
            Expression::Between { value, lower, upper, negated } => {
                write!(f, "({value}{} BETWEEN {lower} AND {upper})", not(*negated))
            }
            Expression::In { value, list, negated } => {
                write!(f, "({value}{} IN (", not(*negated))?;
                commas(f, list)?;
                f.write_str("))")
            }
            Expression::Like { value, pattern, escape, negated } => {
                write!(f, "({value}{} LIKE {pattern}", not(*negated))?;
                if let Some(escape) = escape {
                    write!(f, " ESCAPE {}", quoted_string(&escape.to_string()))?;
                }
                f.write_str(")")
            }
            Expression::Case { operand, when, default } => case(f, operand.as_deref(), when, default.as_deref()),
            Expression::Cast { value, data_type } => write!(f, "CAST({value} AS {data_type})"),
            Expression::Call(call) => call.fmt(f),
            Expression::Array(items) => {
                f.write_str("ARRAY[")?;
                commas(f, items)?;
                f.write_str("]")
            }
            Expression::Map(entries) => {
                f.write_str("MAP(")?;
                list(f, entries, ", ", |f, (key, value)| write!(f, "{key}:={value}"))?;
                f.write_str(")")
            }
            Expression::Struct(fields) => {
                f.write_str("STRUCT(")?;
                list(f, fields, ", ", |f, (name, value)| write!(f, "{name}:={value}"))?;
                f.write_str(")")
            }
            Expression::Subscript { base, index } => {
                base_of(f, base)?;
                write!(f, "[{index}]")
            }
            Expression::Dereference { base, field, .. } => {
                base_of(f, base)?;
                write!(f, "->{field}")
            }
            Expression::Lambda { parameters, body } => {
                f.write_str("(")?;
                commas(f, parameters)?;
                write!(f, ") => {body}")
            }
            Expression::AtTimeZone { value, zone } => {
                base_of(f, value)?;
                write!(f, " AT TIME ZONE {}", quoted_string(zone))
            }
        }
    }
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

/// A sign before a number would be part of the number, and two signs a comment.
fn negated(f: &mut Formatter<'_>, value: &Expression) -> Result {
    let text = value.to_string();
    if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) {
        return write!(f, "-({text})");
    }
    write!(f, "-{text}")
}

/// What stands before `[`, `->` and `AT TIME ZONE`: as it is where it binds as tightly.
pub(super) fn base_of(f: &mut Formatter<'_>, base: &Expression) -> Result {
    match base {
        Expression::Negate(_) | Expression::AtTimeZone { .. } | Expression::Lambda { .. } => {
            write!(f, "({base})")
        }
        Expression::Column(ColumnReference { qualifier: None, name, .. }) if name.as_str() == "ARRAY" => {
            f.write_str("`ARRAY`")
        }
        _ => base.fmt(f),
    }
}

fn case(
    f: &mut Formatter<'_>,
    operand: Option<&Expression>,
    when: &[WhenClause],
    default: Option<&Expression>,
) -> Result {
    f.write_str("(CASE")?;
    if let Some(operand) = operand {
        write!(f, " {operand}")?;
    }
    for WhenClause { condition, result } in when {
        write!(f, " WHEN {condition} THEN {result}")?;
    }
    if let Some(default) = default {
        write!(f, " ELSE {default}")?;
    }
    f.write_str(" END)")
}

impl Display for ColumnReference {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.qualifier {
            Some(qualifier) => write!(f, "{qualifier}.{}", self.name),
            None => self.name.fmt(f),
        }
    }
}

impl Display for FunctionCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.name.as_str() {
            constructor @ ("MAP" | "STRUCT") => write!(f, "`{constructor}`(")?,
            _ => write!(f, "{}(", self.name)?,
        }
        if self.star {
            f.write_str("*")?;
        }
        commas(f, &self.arguments)?;
        f.write_str(")")
    }
}

impl Display for TimeUnit {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            TimeUnit::Milliseconds => "MILLISECONDS",
            TimeUnit::Seconds => "SECONDS",
            TimeUnit::Minutes => "MINUTES",
            TimeUnit::Hours => "HOURS",
            TimeUnit::Days => "DAYS",
        })
    }
}

impl Display for ArithmeticOperator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            ArithmeticOperator::Add => "+",
            ArithmeticOperator::Subtract => "-",
            ArithmeticOperator::Multiply => "*",
            ArithmeticOperator::Divide => "/",
            ArithmeticOperator::Modulo => "%",
        })
    }
}

impl Display for ComparisonOperator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            ComparisonOperator::Equal => "=",
            ComparisonOperator::NotEqual => "<>",
            ComparisonOperator::LessThan => "<",
            ComparisonOperator::LessThanOrEqual => "<=",
            ComparisonOperator::GreaterThan => ">",
            ComparisonOperator::GreaterThanOrEqual => ">=",
            ComparisonOperator::IsDistinctFrom => "IS DISTINCT FROM",
            ComparisonOperator::IsNotDistinctFrom => "IS NOT DISTINCT FROM",
        })
    }
}

impl Display for LogicalOperator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            LogicalOperator::And => "AND",
            LogicalOperator::Or => "OR",
        })
    }
}
