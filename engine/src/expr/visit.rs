//! Walking and rewriting syntax trees of expressions.

use weir_parser::ast::{ColumnReference, Expression, FunctionCall, WhenClause};

/// The direct parts of an expression, left to right.
pub fn children(expression: &Expression) -> Vec<&Expression> {
    use Expression as E;
    match expression {
        E::Literal(_) | E::Column(_) | E::Unit(_) => vec![],
        E::Arithmetic { left, right, .. } | E::Comparison { left, right, .. } | E::Logical { left, right, .. } => {
            vec![left, right]
        }
        E::Negate(value) | E::Not(value) => vec![value],
        E::IsNull { value, .. } | E::Cast { value, .. } | E::AtTimeZone { value, .. } => vec![value],
        E::Between { value, lower, upper, .. } => vec![value, lower, upper],
        E::In { value, list, .. } => std::iter::once(&**value).chain(list).collect(),
        E::Like { value, pattern, .. } => vec![value, pattern],
        E::Case { operand, when, default } => {
            let clauses = when.iter().flat_map(|w| [&w.condition, &w.result]);
            operand.as_deref().into_iter().chain(clauses).chain(default.as_deref()).collect()
        }
        E::Call(call) => call.arguments.iter().collect(),
        E::Array(items) => items.iter().collect(),
        E::Map(entries) => entries.iter().flat_map(|(k, v)| [k, v]).collect(),
        E::Struct(fields) => fields.iter().map(|(_, v)| v).collect(),
        E::Subscript { base, index } => vec![base, index],
        E::Dereference { base, .. } => vec![base],
        E::Lambda { body, .. } => vec![body],
    }
}

/// Calls `visit` for the expression and all its parts, parents first.
pub fn walk<'a>(expression: &'a Expression, visit: &mut dyn FnMut(&'a Expression)) {
    visit(expression);
    for child in children(expression) {
        walk(child, visit);
    }
}

/// A copy in which `replace` has had its say on every part, parents first; what it replaces is not entered.
pub fn rewrite(expression: &Expression, replace: &mut dyn FnMut(&Expression) -> Option<Expression>) -> Expression {
    use Expression as E;
    if let Some(replaced) = replace(expression) {
        return replaced;
    }
    let mut copy = |e: &Expression| rewrite(e, replace);
    match expression {
        E::Literal(_) | E::Column(_) | E::Unit(_) => expression.clone(),
        E::Arithmetic { operator, left, right } => {
            E::Arithmetic { operator: *operator, left: Box::new(copy(left)), right: Box::new(copy(right)) }
        }
        E::Comparison { operator, left, right } => {
            E::Comparison { operator: *operator, left: Box::new(copy(left)), right: Box::new(copy(right)) }
        }
        E::Logical { operator, left, right } => {
            E::Logical { operator: *operator, left: Box::new(copy(left)), right: Box::new(copy(right)) }
        }
        E::Negate(value) => E::Negate(Box::new(copy(value))),
        E::Not(value) => E::Not(Box::new(copy(value))),
        E::IsNull { value, negated } => E::IsNull { value: Box::new(copy(value)), negated: *negated },
        E::Cast { value, data_type } => E::Cast { value: Box::new(copy(value)), data_type: data_type.clone() },
        E::AtTimeZone { value, zone } => E::AtTimeZone { value: Box::new(copy(value)), zone: zone.clone() },
        E::Between { value, lower, upper, negated } => E::Between {
            value: Box::new(copy(value)),
            lower: Box::new(copy(lower)),
            upper: Box::new(copy(upper)),
            negated: *negated,
        },
        E::In { value, list, negated } => {
            let value = Box::new(copy(value));
            E::In { value, list: list.iter().map(copy).collect(), negated: *negated }
        }
        E::Like { value, pattern, escape, negated } => {
            let value = Box::new(copy(value));
            E::Like { value, pattern: Box::new(copy(pattern)), escape: *escape, negated: *negated }
        }
        E::Case { operand, when, default } => E::Case {
            operand: operand.as_ref().map(|o| Box::new(copy(o))),
            when: when.iter().map(|w| WhenClause { condition: copy(&w.condition), result: copy(&w.result) }).collect(),
            default: default.as_ref().map(|d| Box::new(copy(d))),
        },
        E::Call(call) => E::Call(FunctionCall { arguments: call.arguments.iter().map(copy).collect(), ..call.clone() }),
        E::Array(items) => E::Array(items.iter().map(copy).collect()),
        E::Map(entries) => E::Map(entries.iter().map(|(k, v)| (copy(k), copy(v))).collect()),
        E::Struct(fields) => E::Struct(fields.iter().map(|(n, v)| (n.clone(), copy(v))).collect()),
        E::Subscript { base, index } => E::Subscript { base: Box::new(copy(base)), index: Box::new(copy(index)) },
        E::Dereference { base, field, span } => {
            E::Dereference { base: Box::new(copy(base)), field: field.clone(), span: *span }
        }
        E::Lambda { parameters, body } => E::Lambda { parameters: parameters.clone(), body: Box::new(copy(body)) },
    }
}

/// The columns that an expression refers to, in the order of first use, each once. Lambda parameters are not columns.
pub fn columns_of(expression: &Expression) -> Vec<&ColumnReference> {
    let mut columns = Vec::new();
    collect_columns(expression, &mut Vec::new(), &mut columns);
    columns
}

fn collect_columns<'a>(
    expression: &'a Expression,
    parameters: &mut Vec<&'a weir_parser::ast::Name>,
    columns: &mut Vec<&'a ColumnReference>,
) {
    match expression {
        Expression::Column(column) => {
            let is_parameter = column.qualifier.is_none() && parameters.contains(&&column.name);
            let known = columns.iter().any(|c| c.qualifier == column.qualifier && c.name == column.name);
            if !is_parameter && !known {
                columns.push(column);
            }
        }
        Expression::Lambda { parameters: names, body } => {
            let outer = parameters.len();
            parameters.extend(names);
            collect_columns(body, parameters, columns);
            parameters.truncate(outer);
        }
        _ => children(expression).into_iter().for_each(|child| collect_columns(child, parameters, columns)),
    }
}

/// All calls in an expression, outer ones first.
pub fn calls_of(expression: &Expression) -> Vec<&FunctionCall> {
    let mut calls = Vec::new();
    walk(expression, &mut |e| {
        if let Expression::Call(call) = e {
            calls.push(call);
        }
    });
    calls
}

/// A copy in which `map` may replace each column reference. Lambda parameters are handed over too.
pub fn map_columns(expression: &Expression, map: &mut dyn FnMut(&ColumnReference) -> Option<Expression>) -> Expression {
    rewrite(expression, &mut |e| if let Expression::Column(column) = e { map(column) } else { None })
}

/// Whether a call in the expression is one of an aggregate function, as `is_aggregate` knows them by name.
pub fn contains_aggregate(expression: &Expression, is_aggregate: &dyn Fn(&str) -> bool) -> bool {
    calls_of(expression).iter().any(|call| is_aggregate(call.name.as_str()))
}
