//! The WHERE clause of a pull query on a table: whole keys, a range of keys, or a scan (runtime reference 10.2).

use weir_parser::ast::{ComparisonOperator, Expression, Literal, LogicalOperator};

use super::context::PlanContext;
use super::pull::refusal;
use super::window_bound::{Bounds, WindowBound};
use super::{KeyLookup, PullAccess};
use crate::analyzer::scope::is_window_bound;
use crate::analyzer::typing::RowScope;
use crate::analyzer::{AnalysisError, walk};
use crate::expr;
use crate::metastore::DataSource;
use crate::types::{Column, SqlType, Value};

/// More disjuncts than this are not worth looking up one by one.
const MAX_DISJUNCTS: usize = 1_024;

/// How to find the rows, and the predicate that they must still pass.
pub fn find_access(
    context: &PlanContext<'_>,
    source: &DataSource,
    filter: Option<&Expression>,
    scope: &RowScope,
) -> Result<(PullAccess, Option<Expression>), AnalysisError> {
    let analysis = Analysis { context, source, scope };
    let scan = |why: Refused| -> Result<(PullAccess, Option<Expression>), AnalysisError> {
        if analysis.scans_allowed() { Ok((PullAccess::TableScan, filter.cloned())) } else { Err(analysis.wrong(&why)) }
    };
    let Some(predicate) = filter else { return scan(Refused("Missing WHERE clause".into())) };
    let Some(disjuncts) = disjuncts(predicate).map_err(|part| analysis.unsupported(&part))? else {
        return scan(Refused("Only AND expressions are supported: the clause has too many alternatives".into()));
    };
    for term in disjuncts.iter().flatten() {
        analysis.check_like(term)?;
    }
    if disjuncts.iter().any(|terms| analysis.compares_a_key_twice(terms)) {
        return scan(Refused(
            "A comparison condition on the key column cannot be combined with other comparisons such as an IN predicate"
                .into(),
        ));
    }
    if let Some(range) = analysis.range(&disjuncts)? {
        return Ok((range, filter.cloned()));
    }
    let mut lookups = Vec::new();
    let mut is_exact = true;
    for terms in &disjuncts {
        match analysis.lookup(terms)? {
            Ok((lookup, whole)) => {
                is_exact &= whole;
                if !lookups.contains(&lookup) {
                    lookups.push(lookup);
                }
            }
            Err(refused) => return scan(refused),
        }
    }
    Ok((PullAccess::KeyLookup(lookups), filter.filter(|_| !is_exact).cloned()))
}

/// Why no keys can be looked up.
struct Refused(String);

/// The predicate as an OR of ANDs of comparisons; `None` when there are too many.
///
/// # Errors
/// A part that is neither.
fn disjuncts(predicate: &Expression) -> Result<Option<Vec<Vec<Expression>>>, Expression> {
    let found = match predicate {
        Expression::Logical { operator: LogicalOperator::Or, left, right } => {
            let (Some(mut left), Some(right)) = (disjuncts(left)?, disjuncts(right)?) else { return Ok(None) };
            left.extend(right);
            left
        }
        Expression::Logical { operator: LogicalOperator::And, left, right } => {
            let (Some(left), Some(right)) = (disjuncts(left)?, disjuncts(right)?) else { return Ok(None) };
            if left.len().saturating_mul(right.len()) > MAX_DISJUNCTS {
                return Ok(None);
            }
            left.iter().flat_map(|l| right.iter().map(|r| [l.clone(), r.clone()].concat())).collect()
        }
        Expression::Comparison { .. } | Expression::Like { negated: false, .. } => vec![vec![predicate.clone()]],
        Expression::In { value, list, negated: false } => {
            let equal = |item: &Expression| comparison(ComparisonOperator::Equal, value, item);
            list.iter().map(|item| vec![equal(item)]).collect()
        }
        Expression::Between { value, lower, upper, negated: false } => vec![vec![
            comparison(ComparisonOperator::GreaterThanOrEqual, value, lower),
            comparison(ComparisonOperator::LessThanOrEqual, value, upper),
        ]],
        Expression::Not(inner) => match &**inner {
            Expression::Not(inner) => return disjuncts(inner),
            Expression::Logical { operator, left, right } => {
                let operator = match operator {
                    LogicalOperator::And => LogicalOperator::Or,
                    LogicalOperator::Or => LogicalOperator::And,
                };
                let not = |e: &Expression| Box::new(Expression::Not(Box::new(e.clone())));
                return disjuncts(&Expression::Logical { operator, left: not(left), right: not(right) });
            }
            _ => return Err(predicate.clone()),
        },
        other => return Err(other.clone()),
    };
    Ok(Some(found).filter(|all| all.len() <= MAX_DISJUNCTS))
}

fn comparison(operator: ComparisonOperator, left: &Expression, right: &Expression) -> Expression {
    Expression::Comparison { operator, left: Box::new(left.clone()), right: Box::new(right.clone()) }
}

struct Analysis<'a> {
    context: &'a PlanContext<'a>,
    source: &'a DataSource,
    scope: &'a RowScope,
}

impl Analysis<'_> {
    fn scans_allowed(&self) -> bool {
        self.context.config.bool("ksql.query.pull.table.scan.enabled", true)
    }

    fn ranges_allowed(&self) -> bool {
        self.context.config.bool("ksql.query.pull.range.scan.enabled", true)
    }

    /// The key column that an expression is.
    fn key_column(&self, expression: &Expression) -> Option<&Column> {
        let Expression::Column(column) = expression else { return None };
        self.source.schema.key.iter().find(|key| key.name == column.name)
    }

    fn wrong(&self, why: &Refused) -> AnalysisError {
        let windows = if self.source.is_windowed() {
            "\n - (optionally) limits the time bounds of the windowed table.\n\t Bounds on [WINDOWSTART, WINDOWEND] are \
             supported\n\t Supported operators are [EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL, LESS_THAN, \
             LESS_THAN_OR_EQUAL]"
        } else {
            ""
        };
        let help = refusal(&format!("{}. ", why.0)).message;
        AnalysisError::statement(format!(
            "{help}\nPull queries require a WHERE clause that:\n - includes a key equality expression, e.g. `SELECT * FROM X \
             WHERE <key-column> = Y;`.\n - in the case of a multi-column key, is a conjunction of equality expressions that \
             cover all key columns.\n - to support range expressions, e.g.,  SELECT * FROM X WHERE <key-column> < Y;`, range \
             scans need to be enabled by setting ksql.query.pull.range.scan.enabled=true{windows}\nIf more flexible queries are \
             needed, , table scans can be enabled by setting ksql.query.pull.table.scan.enabled=true."
        ))
    }

    fn unsupported(&self, part: &Expression) -> AnalysisError {
        self.wrong(&Refused(format!("Unsupported expression in WHERE clause: {part}")))
    }

    /// LIKE takes a STRING column and a pattern written out.
    fn check_like(&self, term: &Expression) -> Result<(), AnalysisError> {
        let Expression::Like { value, pattern, .. } = term else { return Ok(()) };
        if let Ok(Some(data_type)) = expr::expression_type(value, &self.scope.row)
            && data_type != SqlType::String
        {
            return Err(self.wrong(&Refused(format!(
                "The column type for Like condition must be VARCHAR. The column type is {data_type}"
            ))));
        }
        if !matches!(**pattern, Expression::Literal(Literal::String(_))) {
            return Err(self.wrong(&Refused(format!("Like condition on non-string pattern {pattern}"))));
        }
        if !self.scans_allowed() && !matches!(**value, Expression::Column(_)) {
            return Err(self.wrong(&Refused("Like condition must be between strings".into())));
        }
        Ok(())
    }

    fn compares_a_key_twice(&self, terms: &[Expression]) -> bool {
        let compared = |term: &Expression| self.key_comparison(term).map(|(column, ..)| column.name.clone());
        let names: Vec<_> = terms.iter().filter_map(compared).collect();
        names.iter().enumerate().any(|(i, name)| names[..i].contains(name))
    }

    /// A bound on a lone STRING or BYTES key.
    fn range(&self, disjuncts: &[Vec<Expression>]) -> Result<Option<PullAccess>, AnalysisError> {
        let ([terms], [key]) = (disjuncts, &self.source.schema.key[..]) else { return Ok(None) };
        let is_ordered = matches!(key.data_type, SqlType::String | SqlType::Bytes);
        if !is_ordered || self.source.is_windowed() || !self.ranges_allowed() {
            return Ok(None);
        }
        let (mut lower, mut upper) = (None, None);
        for term in terms {
            let Some((column, operator, value)) = self.key_comparison(term) else { continue };
            let bound = || self.key_value(column, value).map(|value| (value, is_inclusive(operator)));
            match operator {
                ComparisonOperator::GreaterThan | ComparisonOperator::GreaterThanOrEqual if lower.is_none() => {
                    lower = Some(bound()?);
                }
                ComparisonOperator::LessThan | ComparisonOperator::LessThanOrEqual if upper.is_none() => {
                    upper = Some(bound()?);
                }
                _ => return Ok(None),
            }
        }
        Ok((lower.is_some() || upper.is_some()).then_some(PullAccess::RangeScan { lower, upper }))
    }

    /// A comparison of a key column with a constant, the column to the left.
    fn key_comparison<'e>(&self, term: &'e Expression) -> Option<(&Column, ComparisonOperator, &'e Expression)> {
        let Expression::Comparison { operator, left, right } = term else { return None };
        if let Some(key) = self.key_column(left)
            && is_constant(right)
        {
            return Some((key, *operator, right));
        }
        let key = self.key_column(right)?;
        is_constant(left).then(|| (key, turned(*operator), &**left))
    }

    /// The key that these terms determine, and whether they say nothing else.
    fn lookup(&self, terms: &[Expression]) -> Result<Result<(KeyLookup, bool), Refused>, AnalysisError> {
        let keys = &self.source.schema.key;
        let mut values: Vec<Option<Value>> = vec![None; keys.len()];
        let (mut bounded, mut others) = (Vec::new(), Vec::new());
        for term in terms {
            match self.key_comparison(term) {
                Some((column, ComparisonOperator::Equal, value)) => {
                    let index = keys.iter().position(|key| key == column).unwrap_or_default();
                    values[index] = Some(self.key_value(column, value)?);
                }
                Some((column, operator, _)) if is_range(operator) => bounded.push(column),
                _ => match self.why_not(term) {
                    Some(refused) => return Ok(Err(refused)),
                    None => others.push(term),
                },
            }
        }
        let is_given = |(key, value): (&Column, &Option<Value>)| value.is_some() || bounded.contains(&key);
        let given: Vec<&Column> = keys.iter().zip(&values).filter(|pair| is_given(*pair)).map(|(key, _)| key).collect();
        if given.len() < keys.len() {
            return Ok(Err(self.missing_keys(terms, given)));
        }
        if !bounded.is_empty() {
            return Ok(Err(Refused(
                "Query requires table scan to be enabled. Table scans can be enabled by setting \
                 ksql.query.pull.table.scan.enabled=true"
                    .into(),
            )));
        }
        let (window_start, window_end, is_whole) = self.window_bounds(&others)?;
        let key = values.into_iter().flatten().collect();
        Ok(Ok((KeyLookup { key, window_start, window_end }, is_whole)))
    }

    /// The bounds of WINDOWSTART and WINDOWEND, and whether the terms say nothing else.
    fn window_bounds(&self, terms: &[&Expression]) -> Result<(Bounds, Bounds, bool), AnalysisError> {
        let (mut start, mut end) = (WindowBound::default(), WindowBound::default());
        let mut is_whole = true;
        for term in terms {
            match self.window_comparison(term)? {
                Some(("WINDOWSTART", operator, ms)) => start.add("WINDOWSTART", operator, ms, term)?,
                Some((name, operator, ms)) => end.add(name, operator, ms, term)?,
                None => is_whole = false,
            }
        }
        Ok((start.bounds(), end.bounds(), is_whole))
    }

    /// Terms on the key that are no equality with a constant.
    fn why_not(&self, term: &Expression) -> Option<Refused> {
        let Expression::Comparison { operator, left, right } = term else { return None };
        let on_key = |e: &Expression| walk::columns(e).iter().any(|c| self.source.schema.is_key(&c.name));
        if !on_key(left) && !on_key(right) {
            return None;
        }
        Some(Refused(match self.key_comparison(term) {
            Some((key, ..)) if *operator != ComparisonOperator::Equal => {
                format!("Bound on key columns '[`{}`]' must currently be '='", key.name.as_str())
            }
            _ if self.key_column(left).is_none() && self.key_column(right).is_none() => {
                "A comparison must directly reference a key column".into()
            }
            _ => "A comparison must be between a key column and a resolvable expression".into(),
        }))
    }

    fn missing_keys(&self, terms: &[Expression], given: Vec<&Column>) -> Refused {
        let keys = &self.source.schema.key;
        let quoted = |columns: Vec<&Column>| {
            let names: Vec<String> = columns.iter().map(|c| format!("`{}`", c.name.as_str())).collect();
            names.join(", ")
        };
        if given.is_empty() || keys.len() == 1 {
            let conjunct = terms.iter().skip(1).fold(terms[0].clone(), |left, right| Expression::Logical {
                operator: LogicalOperator::And,
                left: Box::new(left),
                right: Box::new(right.clone()),
            });
            return Refused(format!("WHERE clause missing key column for disjunct: {conjunct}"));
        }
        Refused(format!(
            "Multi-column sources must specify every key in the WHERE clause. Specified: [{}] Expected: [{}]",
            quoted(given),
            keys.iter().map(|c| format!("`{}` {}", c.name.as_str(), c.data_type)).collect::<Vec<_>>().join(", ")
        ))
    }

    /// A constant as a value of the key column.
    fn key_value(&self, column: &Column, constant: &Expression) -> Result<Value, AnalysisError> {
        let (value, data_type) = expr::evaluate_constant(constant).map_err(|e| AnalysisError::statement(e.message))?;
        let Some(data_type) = data_type.filter(|_| !value.is_null()) else {
            return Err(self.wrong(&Refused(format!("Primary key columns can not be NULL: {constant}"))));
        };
        expr::coerce::coerce_strict(&value, &data_type, &column.data_type).map_err(|_| {
            let shown = match constant {
                Expression::Literal(Literal::String(text)) => text.clone(),
                other => other.to_string(),
            };
            let (name, data_type) = (column.name.as_str(), &column.data_type);
            AnalysisError::statement(format!(
                "'{shown}' can not be converted to the type of the key column: {name} {data_type} KEY"
            ))
        })
    }

    /// A comparison of a window bound with a constant, the bound to the left.
    fn window_comparison<'e>(
        &self,
        term: &'e Expression,
    ) -> Result<Option<(&'e str, ComparisonOperator, i64)>, AnalysisError> {
        let Expression::Comparison { operator, left, right } = term else { return Ok(None) };
        let bound = |e: &'e Expression| match e {
            Expression::Column(c) if self.source.is_windowed() && is_window_bound(&c.name) => Some(c.name.as_str()),
            _ => None,
        };
        let (name, operator, constant) = match (bound(left), bound(right)) {
            (Some(name), None) if is_constant(right) => (name, *operator, &**right),
            (None, Some(name)) if is_constant(left) => (name, turned(*operator), &**left),
            _ => return Ok(None),
        };
        let (value, _) = expr::evaluate_constant(constant).map_err(|e| AnalysisError::statement(e.message))?;
        match value {
            Value::Integer(ms) => Ok(Some((name, operator, i64::from(ms)))),
            Value::BigInt(ms) => Ok(Some((name, operator, ms))),
            Value::String(text) => match expr::text::parse_timestamp(&text) {
                Some(ms) => Ok(Some((name, operator, ms))),
                None => Err(self.wrong(&Refused(format!("Failed to parse datetime: {text}")))),
            },
            _ => Err(self.wrong(&Refused(
                "Window bounds must resolve to an INT, BIGINT, or STRING containing a datetime".into(),
            ))),
        }
    }
}

fn is_constant(expression: &Expression) -> bool {
    walk::columns(expression).is_empty()
}

fn is_inclusive(operator: ComparisonOperator) -> bool {
    matches!(operator, ComparisonOperator::GreaterThanOrEqual | ComparisonOperator::LessThanOrEqual)
}

fn is_range(operator: ComparisonOperator) -> bool {
    use ComparisonOperator::{GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
    matches!(operator, LessThan | LessThanOrEqual | GreaterThan | GreaterThanOrEqual)
}

/// The operator with its sides exchanged.
fn turned(operator: ComparisonOperator) -> ComparisonOperator {
    use ComparisonOperator::{GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
    match operator {
        LessThan => GreaterThan,
        LessThanOrEqual => GreaterThanOrEqual,
        GreaterThan => LessThan,
        GreaterThanOrEqual => LessThanOrEqual,
        same => same,
    }
}
