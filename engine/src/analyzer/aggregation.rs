//! GROUP BY, aggregates and HAVING: ksqlDB's rules, and the rewriting of items to the columns of the aggregated row.

use weir_parser::ast::{Expression, FunctionCall, Name};

use super::error::AnalysisError;
use super::names::NameGenerator;
use super::query::Item;
use super::scope::is_window_bound;
use super::{functions, walk};

/// A grouping expression and the key column that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupKey {
    pub name: Name,
    pub expression: Expression,
}

/// An aggregation over a source's rows.
#[derive(Clone, Debug)]
pub struct Aggregation {
    /// Empty: one group for all rows.
    pub keys: Vec<GroupKey>,
    /// Distinct calls; call n is the column `KSQL_AGG_VARIABLE_<n>`.
    pub calls: Vec<FunctionCall>,
    /// Select items over key columns, aggregate columns and window bounds.
    pub items: Vec<Item>,
    pub having: Option<Expression>,
}

/// The column of aggregate number `index`.
pub fn variable(index: usize) -> Name {
    Name(format!("KSQL_AGG_VARIABLE_{index}"))
}

/// Checks the aggregation rules and rewrites items and HAVING.
///
/// # Errors
/// Those of ksqlDB's aggregate analysis.
pub fn analyze(
    items: &[Item],
    group_by: &[Expression],
    having: Option<&Expression>,
    windowed: bool,
    names: &mut NameGenerator,
) -> Result<Aggregation, AnalysisError> {
    group_by.iter().try_for_each(check_grouping)?;
    items.iter().map(|item| &item.expression).chain(having).try_for_each(check_calls)?;
    if let Some(having) = having {
        check_no_window_bounds(having)?;
    }
    let keys = group_by.iter().map(|e| GroupKey { name: key_name(e, names), expression: e.clone() }).collect();
    let mut rewriter = Rewriter { keys, calls: Vec::new(), windowed, unmatched: Vec::new() };
    let mut unmatched_items = Vec::new();
    let rewritten_items = items
        .iter()
        .map(|item| {
            let expression = rewriter.rewrite(&item.expression);
            let has_aggregate = !functions::aggregate_calls(&item.expression).is_empty();
            match std::mem::take(&mut rewriter.unmatched) {
                columns if has_aggregate => unmatched_items.extend(columns),
                columns if !columns.is_empty() => unmatched_items.push(item.expression.to_string()),
                _ => {}
            }
            Item { expression, ..item.clone() }
        })
        .collect();
    let rewritten_having = having.map(|having| rewriter.rewrite(having));
    if rewriter.calls.is_empty() {
        return refuse("GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
    }
    if !unmatched_items.is_empty() {
        return refuse(format!(
            "Non-aggregate SELECT expression(s) not part of GROUP BY: {}\nEither add the column(s) to the GROUP BY or \
             remove them from the SELECT.",
            unmatched_items.join(", ")
        ));
    }
    if !rewriter.unmatched.is_empty() {
        return refuse(format!(
            "Non-aggregate HAVING expression not part of GROUP BY: {}\nConsider switching the HAVING clause to a WHERE \
             clause before the GROUP BY.",
            rewriter.unmatched.join(", ")
        ));
    }
    Ok(Aggregation { keys: rewriter.keys, calls: rewriter.calls, items: rewritten_items, having: rewritten_having })
}

fn refuse<T>(message: impl Into<String>) -> Result<T, AnalysisError> {
    Err(AnalysisError::statement(message))
}

fn key_name(expression: &Expression, names: &mut NameGenerator) -> Name {
    match expression {
        Expression::Column(column) => column.name.clone(),
        other => names.name_of(other),
    }
}

fn check_grouping(expression: &Expression) -> Result<(), AnalysisError> {
    if let Some(call) = functions::aggregate_calls(expression).first() {
        let name = call.name.as_str();
        return refuse(format!("GROUP BY does not support aggregate functions: {name} is an aggregate function."));
    }
    check_no_window_bounds(expression)
}

fn check_no_window_bounds(expression: &Expression) -> Result<(), AnalysisError> {
    match walk::columns(expression).into_iter().find(|c| is_window_bound(&c.name)) {
        Some(bound) => refuse(format!(
            "Window bounds column {} can only be used in the SELECT clause of windowed aggregations and can not be passed \
             to aggregate functions.\nSee https://github.com/confluentinc/ksql/issues/4397",
            bound.name.as_str()
        )),
        None => Ok(()),
    }
}

/// Every function is known, aggregates are not nested and see no window bounds.
fn check_calls(expression: &Expression) -> Result<(), AnalysisError> {
    for call in walk::calls(expression) {
        if !functions::is_known(&call.name) {
            return refuse(format!("Can't find any functions with the name '{}'", call.name.as_str()));
        }
    }
    for call in functions::aggregate_calls(expression) {
        for argument in &call.arguments {
            if let Some(inner) = functions::aggregate_calls(argument).first() {
                let (outer, inner) = (call.name.as_str(), inner.name.as_str());
                return refuse(format!("Aggregate functions can not be nested: {outer}({inner}())"));
            }
            check_no_window_bounds(argument)?;
        }
    }
    Ok(())
}

struct Rewriter {
    keys: Vec<GroupKey>,
    calls: Vec<FunctionCall>,
    windowed: bool,
    /// Columns that are neither grouped nor aggregated, as text.
    unmatched: Vec<String>,
}

impl Rewriter {
    fn rewrite(&mut self, expression: &Expression) -> Expression {
        walk::rewrite(expression, &mut |node| {
            if let Some(key) = self.keys.iter().find(|key| &key.expression == node) {
                return Some(walk::column(&key.name));
            }
            match node {
                Expression::Call(call) if functions::is_aggregate(&call.name) => {
                    Some(walk::column(&variable(self.call_index(call))))
                }
                Expression::Column(column) if !(self.windowed && is_window_bound(&column.name)) => {
                    self.unmatched.push(node.to_string());
                    None
                }
                _ => None,
            }
        })
    }

    fn call_index(&mut self, call: &FunctionCall) -> usize {
        self.calls.iter().position(|known| known == call).unwrap_or_else(|| {
            self.calls.push(call.clone());
            self.calls.len() - 1
        })
    }
}
