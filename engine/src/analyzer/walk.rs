//! Walking and rewriting expression trees. A lambda's parameters are no columns inside its body.

use weir_parser::ast::{ColumnReference, Expression, FunctionCall, Name, WhenClause};
use weir_parser::span::Span;

/// Visits every node, parents first, except references to lambda parameters.
pub fn visit<'a>(expression: &'a Expression, see: &mut dyn FnMut(&'a Expression)) {
    visit_scoped(expression, &mut Vec::new(), see);
}

fn visit_scoped<'a>(expression: &'a Expression, bound: &mut Vec<&'a Name>, see: &mut dyn FnMut(&'a Expression)) {
    if is_bound(expression, bound) {
        return;
    }
    see(expression);
    let depth = bound.len();
    if let Expression::Lambda { parameters, .. } = expression {
        bound.extend(parameters);
    }
    for child in children(expression) {
        visit_scoped(child, bound, see);
    }
    bound.truncate(depth);
}

fn is_bound(expression: &Expression, bound: &[&Name]) -> bool {
    matches!(expression, Expression::Column(c) if c.qualifier.is_none() && bound.contains(&&c.name))
}

/// Every column that an expression refers to, in the order written.
pub fn columns(expression: &Expression) -> Vec<&ColumnReference> {
    let mut found = Vec::new();
    visit(expression, &mut |node| {
        if let Expression::Column(column) = node {
            found.push(column);
        }
    });
    found
}

/// Every function call, outermost first.
pub fn calls(expression: &Expression) -> Vec<&FunctionCall> {
    let mut found = Vec::new();
    visit(expression, &mut |node| {
        if let Expression::Call(call) = node {
            found.push(call);
        }
    });
    found
}

/// The direct parts of an expression.
pub fn children(expression: &Expression) -> Vec<&Expression> {
    match expression {
        Expression::Literal(_) | Expression::Column(_) | Expression::Unit(_) | Expression::TypedLiteral { .. } => vec![],
        Expression::Arithmetic { left, right, .. }
        | Expression::Comparison { left, right, .. }
        | Expression::Logical { left, right, .. } => vec![left, right],
        Expression::Negate(value) | Expression::Not(value) => vec![value],
        Expression::IsNull { value, .. } | Expression::Cast { value, .. } | Expression::AtTimeZone { value, .. } => {
            vec![value]
        }
        Expression::Between { value, lower, upper, .. } => vec![value, lower, upper],
        Expression::In { value, list, .. } => std::iter::once(&**value).chain(list).collect(),
        Expression::Like { value, pattern, .. } => vec![value, pattern],
        Expression::Case { operand, when, default } => {
            let branches = when.iter().flat_map(|w| [&w.condition, &w.result]);
            operand.as_deref().into_iter().chain(branches).chain(default.as_deref()).collect()
        }
        Expression::Call(call) => call.arguments.iter().collect(),
        Expression::Array(items) => items.iter().collect(),
        Expression::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
        Expression::Struct(fields) => fields.iter().map(|(_, value)| value).collect(),
        Expression::Subscript { base, index } => vec![base, index],
        Expression::Dereference { base, .. } => vec![base],
        Expression::Lambda { body, .. } => vec![body],
    }
}

/// Rewrites from the top: where `replace` gives an expression, that stands in place of the node and is not entered.
///
/// # Errors
/// The first error of `replace`.
pub fn try_rewrite<E>(
    expression: &Expression,
    replace: &mut dyn FnMut(&Expression) -> Result<Option<Expression>, E>,
) -> Result<Expression, E> {
    Rewriter { bound: Vec::new(), replace }.rewrite(expression)
}

/// `try_rewrite` that cannot fail.
pub fn rewrite(expression: &Expression, replace: &mut dyn FnMut(&Expression) -> Option<Expression>) -> Expression {
    let result: Result<_, std::convert::Infallible> = try_rewrite(expression, &mut |node| Ok(replace(node)));
    match result {
        Ok(rewritten) => rewritten,
        Err(never) => match never {},
    }
}

/// A reference to a column by its plain name.
pub fn column(name: &Name) -> Expression {
    Expression::Column(ColumnReference { qualifier: None, name: name.clone(), span: Span::default() })
}

/// The expression with unqualified column names.
pub fn unqualified(expression: &Expression) -> Expression {
    rewrite(expression, &mut |node| match node {
        Expression::Column(c) => Some(Expression::Column(ColumnReference { qualifier: None, ..c.clone() })),
        _ => None,
    })
}

struct Rewriter<'r, E> {
    bound: Vec<Name>,
    replace: &'r mut dyn FnMut(&Expression) -> Result<Option<Expression>, E>,
}

impl<E> Rewriter<'_, E> {
    fn rewrite(&mut self, expression: &Expression) -> Result<Expression, E> {
        let is_parameter =
            matches!(expression, Expression::Column(c) if c.qualifier.is_none() && self.bound.contains(&c.name));
        if is_parameter {
            return Ok(expression.clone());
        }
        if let Some(replacement) = (self.replace)(expression)? {
            return Ok(replacement);
        }
        let depth = self.bound.len();
        if let Expression::Lambda { parameters, .. } = expression {
            self.bound.extend(parameters.iter().cloned());
        }
        let rewritten = self.rewrite_children(expression);
        self.bound.truncate(depth);
        rewritten
    }

    fn boxed(&mut self, expression: &Expression) -> Result<Box<Expression>, E> {
        self.rewrite(expression).map(Box::new)
    }

    fn optional(&mut self, expression: Option<&Expression>) -> Result<Option<Box<Expression>>, E> {
        expression.map(|e| self.boxed(e)).transpose()
    }

    fn all(&mut self, expressions: &[Expression]) -> Result<Vec<Expression>, E> {
        expressions.iter().map(|e| self.rewrite(e)).collect()
    }

    fn rewrite_children(&mut self, expression: &Expression) -> Result<Expression, E> {
        let mut copy = expression.clone();
        match &mut copy {
            Expression::Literal(_) | Expression::Column(_) | Expression::Unit(_) | Expression::TypedLiteral { .. } => {}
            Expression::Arithmetic { left, right, .. }
            | Expression::Comparison { left, right, .. }
            | Expression::Logical { left, right, .. } => {
                *left = self.boxed(left)?;
                *right = self.boxed(right)?;
            }
            Expression::Negate(value) | Expression::Not(value) => *value = self.boxed(value)?,
            Expression::IsNull { value, .. } | Expression::Cast { value, .. } | Expression::AtTimeZone { value, .. } => {
                *value = self.boxed(value)?;
            }
            Expression::Between { value, lower, upper, .. } => {
                *value = self.boxed(value)?;
                *lower = self.boxed(lower)?;
                *upper = self.boxed(upper)?;
            }
            Expression::In { value, list, .. } => {
                *value = self.boxed(value)?;
                *list = self.all(list)?;
            }
            Expression::Like { value, pattern, .. } => {
                *value = self.boxed(value)?;
                *pattern = self.boxed(pattern)?;
            }
            Expression::Case { operand, when, default } => {
                *operand = self.optional(operand.as_deref())?;
                for WhenClause { condition, result } in when.iter_mut() {
                    *condition = self.rewrite(condition)?;
                    *result = self.rewrite(result)?;
                }
                *default = self.optional(default.as_deref())?;
            }
            Expression::Call(call) => call.arguments = self.all(&call.arguments)?,
            Expression::Array(items) => *items = self.all(items)?,
            Expression::Map(entries) => {
                for (key, value) in entries.iter_mut() {
                    *key = self.rewrite(key)?;
                    *value = self.rewrite(value)?;
                }
            }
            Expression::Struct(fields) => {
                for (_, value) in fields.iter_mut() {
                    *value = self.rewrite(value)?;
                }
            }
            Expression::Subscript { base, index } => {
                *base = self.boxed(base)?;
                *index = self.boxed(index)?;
            }
            Expression::Dereference { base, .. } => *base = self.boxed(base)?,
            Expression::Lambda { body, .. } => *body = self.boxed(body)?,
        }
        Ok(copy)
    }
}
