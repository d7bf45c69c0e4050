//! Types of a query's expressions, and ksqlDB's words where one has none.
//!
//! ksqlDB types an expression first and compiles it later; each step has its own wording, which `select` and `predicate`
//! put around the plain messages of `expr`.

use weir_parser::ast::{Expression, FunctionCall};

use super::error::AnalysisError;
use super::functions;
use crate::aggregates;
use crate::expr::{self, ExpressionError};
use crate::types::{LogicalSchema, RowSchema, SqlType};

/// What expressions may refer to, and how messages show it.
pub struct RowScope {
    pub row: RowSchema,
    /// The schema as ksqlDB prints it behind `schema:` in messages.
    pub shown: String,
}

impl RowScope {
    pub fn new(schema: &LogicalSchema, windowed: bool, shown: String) -> Self {
        Self { row: crate::plan::row_schema(schema, windowed), shown }
    }
}

/// A typing error as it stands.
pub fn plain_error(error: ExpressionError) -> AnalysisError {
    match error.statement {
        Some(part) => AnalysisError::about(part, error.message),
        None => AnalysisError::statement(error.message),
    }
}

/// The type of a select item or key.
///
/// # Errors
/// As ksqlDB words them, without the prefix of the statement's kind.
pub fn select(expression: &Expression, scope: &RowScope) -> Result<SqlType, AnalysisError> {
    let data_type = expr::expression_type(expression, &scope.row).map_err(plain_error)?;
    let Some(data_type) = data_type else {
        return Err(AnalysisError::statement(
            "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).",
        ));
    };
    expr::compile(expression, &scope.row).map_err(|e| compile_error("Select", &e, expression, scope))?;
    Ok(data_type)
}

/// Checks a WHERE or HAVING predicate; `clause` is that word.
///
/// # Errors
/// When it is not boolean or cannot be evaluated.
pub fn predicate(clause: &str, expression: &Expression, scope: &RowScope) -> Result<(), AnalysisError> {
    boolean(clause, expression, scope)?;
    expr::compile(expression, &scope.row).map_err(|e| compile_error("Predicate", &e, expression, scope))?;
    Ok(())
}

/// Checks the type of a predicate, not yet whether it can be evaluated.
///
/// # Errors
/// When it has none or is not boolean, or there is an aggregate in it.
pub fn boolean(clause: &str, expression: &Expression, scope: &RowScope) -> Result<(), AnalysisError> {
    if let Some(call) = functions::aggregate_calls(expression).first() {
        arguments(call, scope).map_err(|e| in_clause(clause, expression, &e))?;
        let message = format!("Can't find any functions with the name '{}'", call.name.as_str());
        return Err(compile_error("Predicate", &ExpressionError::new(message), expression, scope));
    }
    let data_type =
        expr::expression_type(expression, &scope.row).map_err(|e| in_clause(clause, expression, &e.to_string()))?;
    if data_type == Some(SqlType::Boolean) {
        return Ok(());
    }
    let shown = data_type.map_or("null".to_string(), |t| t.to_string());
    let message =
        format!("Type error in {clause} expression: Should evaluate to boolean but is {expression} ({shown}) instead.");
    Err(AnalysisError::about(expression, message))
}

fn in_clause(clause: &str, expression: &Expression, problem: &str) -> AnalysisError {
    AnalysisError::about(expression, format!("Error in {clause} expression: {problem}"))
}

/// The arguments of an aggregate have types, and the aggregate takes those.
fn arguments(call: &FunctionCall, scope: &RowScope) -> Result<(), String> {
    let types = call.arguments.iter().map(|argument| expr::expression_type(argument, &scope.row));
    let types: Vec<_> = types.collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    match aggregates::find(call.name.as_str()) {
        Some(function) if !types.is_empty() => function.check(&types),
        _ => Ok(()),
    }
}

fn compile_error(what: &str, error: &ExpressionError, expression: &Expression, scope: &RowScope) -> AnalysisError {
    let message = format!("Invalid {what}: {}. expression: {expression}, schema:{}", error.message, scope.shown);
    AnalysisError::about(expression, message)
}
