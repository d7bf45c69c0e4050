//! Rewriting expressions by column: what `expr::visit` does not offer.

use weir_parser::ast::{ColumnReference, Expression, Name};
use weir_parser::span::Span;

use crate::expr::visit;
pub use crate::expr::visit::{calls_of as calls, columns_of as columns, walk as visit};

/// Rewrites from the top: where `replace` gives an expression, that stands in place of the node and is not entered.
/// References to lambda parameters stay as they are.
///
/// # Errors
/// The first error of `replace`.
pub fn try_rewrite<E>(
    expression: &Expression,
    replace: &mut dyn FnMut(&Expression) -> Result<Option<Expression>, E>,
) -> Result<Expression, E> {
    let mut problem = None;
    let rewritten = rewrite_scoped(expression, &[], &mut |node| match replace(node) {
        _ if problem.is_some() => Some(node.clone()),
        Ok(replacement) => replacement,
        Err(error) => {
            problem = Some(error);
            Some(node.clone())
        }
    });
    problem.map_or(Ok(rewritten), Err)
}

/// `try_rewrite` that cannot fail.
pub fn rewrite(expression: &Expression, replace: &mut dyn FnMut(&Expression) -> Option<Expression>) -> Expression {
    rewrite_scoped(expression, &[], replace)
}

fn rewrite_scoped(
    expression: &Expression,
    bound: &[&Name],
    replace: &mut dyn FnMut(&Expression) -> Option<Expression>,
) -> Expression {
    visit::rewrite(expression, &mut |node| match node {
        Expression::Column(column) if column.qualifier.is_none() && bound.contains(&&column.name) => Some(node.clone()),
        Expression::Lambda { parameters, body } => {
            let bound: Vec<&Name> = bound.iter().copied().chain(parameters).collect();
            let body = Box::new(rewrite_scoped(body, &bound, replace));
            Some(Expression::Lambda { parameters: parameters.clone(), body })
        }
        _ => replace(node),
    })
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
