//! The types of expressions, with ksqlDB's messages where there is none.

use weir_parser::ast::{ArithmeticOperator, ComparisonOperator, Expression, FunctionCall, WhenClause};

use super::ExpressionError;
use super::call::resolve_call;
use super::common_type::common_type;
use super::constant::literal_type;
use super::scope::Scope;
use crate::functions::{FunctionKind, FunctionRegistry};
use crate::types::{RowSchema, SqlType, StructField};

type Typed = Result<Option<SqlType>, ExpressionError>;

/// The type of an expression; `None` for an untyped NULL.
///
/// # Errors
/// What ksqlDB's analysis finds; errors that it finds when generating code come from `compile`.
pub fn expression_type(expression: &Expression, schema: &RowSchema) -> Typed {
    type_of(expression, &Scope::new(schema))
}

/// The type of the column that a call of a table function gives.
///
/// # Errors
/// As `expression_type`; also when the call is not one of a table function.
pub fn table_function_type(call: &FunctionCall, schema: &RowSchema) -> Result<SqlType, ExpressionError> {
    let typed = resolve_call(call, &Scope::new(schema), FunctionKind::Table)?;
    match typed.return_type {
        Some(SqlType::Array(item)) => Ok(*item),
        _ => Err(untyped_null()),
    }
}

pub(crate) fn untyped_null() -> ExpressionError {
    ExpressionError::new(
        "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).",
    )
}

pub(crate) fn type_of(expression: &Expression, scope: &Scope) -> Typed {
    use Expression as E;
    match expression {
        E::Literal(literal) => Ok(literal_type(literal)),
        E::Column(column) => match scope.find(&column.name) {
            Some((_, data_type)) => Ok(Some(data_type.clone())),
            None => Err(ExpressionError::new(format!("Unknown column {column}."))),
        },
        E::Arithmetic { operator, left, right } => arithmetic(expression, *operator, left, right, scope),
        E::Negate(value) => type_of(value, scope),
        E::Comparison { operator, left, right } => comparison(expression, *operator, left, right, scope),
        E::Logical { left, right, .. } => {
            type_of(left, scope)?;
            type_of(right, scope)?;
            Ok(Some(SqlType::Boolean))
        }
        E::Not(_) | E::IsNull { .. } | E::Between { .. } | E::In { .. } | E::Like { .. } => Ok(Some(SqlType::Boolean)),
        E::Case { operand: Some(_), .. } => Err(ExpressionError::new(
            "not yet implemented: io.confluent.ksql.execution.util.ExpressionTypeManager$Visitor.visitSimpleCaseExpression",
        )),
        E::Case { operand: None, when, default } => case(when, default.as_deref(), scope),
        E::Cast { data_type, .. } => {
            let invalid = |e: crate::types::InvalidType| ExpressionError::new(e.to_string());
            SqlType::resolve(data_type, &|_| None).map(Some).map_err(invalid)
        }
        E::Call(call) => resolve_call(call, scope, FunctionKind::Scalar).map(|typed| typed.return_type),
        E::Array(items) => array(items, scope),
        E::Map(entries) => map(entries, scope),
        E::Struct(fields) => structure(fields, scope),
        E::Subscript { base, index } => subscript(expression, base, index, scope),
        E::Dereference { base, field, .. } => match type_of(base, scope)? {
            Some(SqlType::Struct(fields)) => match fields.iter().find(|f| f.name == *field) {
                Some(found) => Ok(Some(found.data_type.clone())),
                None => Err(ExpressionError::new(format!("Could not find field '{}' in '{base}'.", field.as_str()))),
            },
            other => Err(ExpressionError::new(format!("Expected STRUCT type, got: {}", shown(other.as_ref())))),
        },
        E::AtTimeZone { .. } => Err(ExpressionError::new("not yet implemented")),
        E::Unit(unit) => {
            Err(ExpressionError::new(format!("The interval unit {unit} can only be a function's argument")))
        }
        E::Lambda { .. } => {
            Err(ExpressionError::new(format!("A lambda can only be a function's argument: {expression}")))
        }
    }
}

fn shown(data_type: Option<&SqlType>) -> String {
    data_type.map_or_else(|| "null".to_string(), ToString::to_string)
}

fn arithmetic(
    whole: &Expression,
    operator: ArithmeticOperator,
    left: &Expression,
    right: &Expression,
    scope: &Scope,
) -> Typed {
    let result = (|| {
        let left = type_of(left, scope)?;
        let right = type_of(right, scope)?;
        arithmetic_type(operator, left.as_ref(), right.as_ref()).map_err(ExpressionError::new)
    })();
    result.map(Some).map_err(|e| ExpressionError::at(format!("Error processing expression: {whole}. {e}"), whole))
}

/// The result type of an arithmetic operator (language reference 6.1).
pub(crate) fn arithmetic_type(
    operator: ArithmeticOperator,
    left: Option<&SqlType>,
    right: Option<&SqlType>,
) -> Result<SqlType, String> {
    let (Some(left), Some(right)) = (left, right) else {
        return Err(format!("Arithmetic on types {} and {} are not supported.", shown(left), shown(right)));
    };
    match (left, right) {
        (SqlType::String, SqlType::String) if operator == ArithmeticOperator::Add => Ok(SqlType::String),
        _ if !left.is_numeric() || !right.is_numeric() => {
            Err(format!("Unsupported arithmetic types. {} {}", left.base_name(), right.base_name()))
        }
        (SqlType::Double, _) | (_, SqlType::Double) => Ok(SqlType::Double),
        (SqlType::Integer, SqlType::Integer) => Ok(SqlType::Integer),
        (SqlType::Integer | SqlType::BigInt, SqlType::Integer | SqlType::BigInt) => Ok(SqlType::BigInt),
        _ => Ok(decimal_arithmetic(operator, digits(left), digits(right))),
    }
}

/// Precision and scale of a number as a DECIMAL.
pub(crate) fn digits(data_type: &SqlType) -> (u32, u32) {
    match data_type {
        SqlType::Decimal { precision, scale } => (*precision, *scale),
        SqlType::Integer => (10, 0),
        _ => (19, 0),
    }
}

fn decimal_arithmetic(operator: ArithmeticOperator, (p1, s1): (u32, u32), (p2, s2): (u32, u32)) -> SqlType {
    let scale = s1.max(s2);
    match operator {
        ArithmeticOperator::Add | ArithmeticOperator::Subtract => {
            SqlType::decimal(scale + (p1 - s1).max(p2 - s2) + 1, scale)
        }
        ArithmeticOperator::Multiply => SqlType::decimal(p1 + p2 + 1, s1 + s2),
        ArithmeticOperator::Divide => {
            let scale = (s1 + p2 + 1).max(6);
            SqlType::decimal(p1 - s1 + s2 + scale, scale)
        }
        ArithmeticOperator::Modulo => SqlType::decimal((p1 - s1).min(p2 - s2) + scale, scale),
    }
}

fn comparison(
    whole: &Expression,
    operator: ComparisonOperator,
    left: &Expression,
    right: &Expression,
    scope: &Scope,
) -> Typed {
    let left_type = type_of(left, scope)?;
    let right_type = type_of(right, scope)?;
    let (Some(l), Some(r)) = (&left_type, &right_type) else {
        let base = |t: &Option<SqlType>| t.as_ref().map_or("NULL", SqlType::base_name);
        return Err(ExpressionError::new(format!(
            "Comparison with NULL not supported: {} {operator} {}\nUse 'IS NULL' or 'IS NOT NULL' instead.",
            base(&left_type),
            base(&right_type)
        )));
    };
    if can_compare(operator, l, r) {
        return Ok(Some(SqlType::Boolean));
    }
    let message = format!("Cannot compare {left} ({l}) to {right} ({r}) with {}.", comparison_name(operator));
    Err(ExpressionError::at(message, whole))
}

/// Language reference 6.3.
pub(crate) fn can_compare(operator: ComparisonOperator, left: &SqlType, right: &SqlType) -> bool {
    use SqlType as T;
    let equality = !matches!(
        operator,
        ComparisonOperator::LessThan
            | ComparisonOperator::LessThanOrEqual
            | ComparisonOperator::GreaterThan
            | ComparisonOperator::GreaterThanOrEqual
    );
    match (left, right) {
        _ if left.is_numeric() => right.is_numeric(),
        (T::String, T::String | T::Timestamp | T::Date | T::Time) => true,
        (T::Timestamp | T::Date, T::Timestamp | T::Date | T::String) => true,
        (T::Time, T::Time | T::String) | (T::Bytes, T::Bytes) => true,
        (T::Boolean, T::Boolean) => equality,
        (T::Array(_) | T::Map(..) | T::Struct(_), _) => equality && left == right,
        _ => false,
    }
}

/// The operator's name in ksqlDB's messages.
pub fn comparison_name(operator: ComparisonOperator) -> &'static str {
    match operator {
        ComparisonOperator::Equal => "EQUAL",
        ComparisonOperator::NotEqual => "NOT_EQUAL",
        ComparisonOperator::LessThan => "LESS_THAN",
        ComparisonOperator::LessThanOrEqual => "LESS_THAN_OR_EQUAL",
        ComparisonOperator::GreaterThan => "GREATER_THAN",
        ComparisonOperator::GreaterThanOrEqual => "GREATER_THAN_OR_EQUAL",
        ComparisonOperator::IsDistinctFrom => "IS_DISTINCT_FROM",
        ComparisonOperator::IsNotDistinctFrom => "IS_NOT_DISTINCT_FROM",
    }
}

fn case(when: &[WhenClause], default: Option<&Expression>, scope: &Scope) -> Typed {
    let mut result: Option<SqlType> = None;
    for clause in when {
        let condition = type_of(&clause.condition, scope)?;
        if condition != Some(SqlType::Boolean) {
            return Err(ExpressionError::new(format!(
                "WHEN operand type should be boolean.\nType for '{}' is {}",
                clause.condition,
                shown(condition.as_ref())
            )));
        }
        let Some(then) = type_of(&clause.result, scope)? else { continue };
        match &result {
            Some(previous) if *previous != then => {
                return Err(ExpressionError::new(format!(
                    "Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression 'WHEN {} THEN {}' has type: {then}.\nPrevious THEN expression(s) type: {previous}.",
                    clause.condition, clause.result
                )));
            }
            _ => result = Some(then),
        }
    }
    let default = default.map(|d| type_of(d, scope)).transpose()?.flatten();
    match (result, default) {
        (Some(then), Some(default)) if then != default => Err(ExpressionError::new(format!(
            "Invalid Case expression. Type for the default clause should be the same as for 'THEN' clauses.\nTHEN type: {then}.\nDEFAULT type: {default}."
        ))),
        (None, None) => Err(ExpressionError::new("Invalid Case expression. All case branches have NULL type")),
        (then, default) => Ok(then.or(default)),
    }
}

const ISSUE: &str = "(see https://github.com/confluentinc/ksql/issues/4239)";

fn array(items: &[Expression], scope: &Scope) -> Typed {
    if items.is_empty() {
        return Err(ExpressionError::new(format!(
            "Array constructor cannot be empty. Please supply at least one element {ISSUE}."
        )));
    }
    match common_type(&items.iter().collect::<Vec<_>>(), scope)? {
        Some(item) => Ok(Some(SqlType::array(item))),
        None => Err(all_null("an array", "elements", "value")),
    }
}

fn map(entries: &[(Expression, Expression)], scope: &Scope) -> Typed {
    if entries.is_empty() {
        return Err(ExpressionError::new(format!(
            "Map constructor cannot be empty. Please supply at least one key value pair {ISSUE}."
        )));
    }
    let keys: Vec<_> = entries.iter().map(|(k, _)| k).collect();
    let values: Vec<_> = entries.iter().map(|(_, v)| v).collect();
    let key = common_type(&keys, scope)?.ok_or_else(|| all_null("a map", "keys", "key"))?;
    let value = common_type(&values, scope)?.ok_or_else(|| all_null("a map", "values", "value"))?;
    Ok(Some(SqlType::map(key, value)))
}

fn all_null(what: &str, parts: &str, part: &str) -> ExpressionError {
    ExpressionError::new(format!(
        "Cannot construct {what} with all NULL {parts} {ISSUE}. As a workaround, you may cast a NULL {part} to the desired type."
    ))
}

fn structure(fields: &[(weir_parser::ast::Name, Expression)], scope: &Scope) -> Typed {
    let mut typed: Vec<StructField> = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        let data_type = type_of(value, scope)?.ok_or_else(untyped_null)?;
        typed.push(StructField { name: name.clone(), data_type });
    }
    SqlType::structure(typed).map(Some).map_err(|e| ExpressionError::new(e.to_string()))
}

fn subscript(whole: &Expression, base: &Expression, index: &Expression, scope: &Scope) -> Typed {
    match type_of(base, scope)? {
        Some(SqlType::Array(item)) => Ok(Some(*item)),
        Some(SqlType::Map(_, value)) => Ok(Some(*value)),
        other => {
            let hint = match other {
                Some(SqlType::Struct(_)) => format!(" Use the dereference operator for STRUCTS: {base}->{index}"),
                _ => String::new(),
            };
            let data_type = shown(other.as_ref());
            Err(ExpressionError::new(format!("Subscript expression ({whole}) do not apply to {data_type}.{hint}")))
        }
    }
}

/// The registered function of a call.
///
/// # Errors
/// When there is none of that kind and name.
pub(crate) fn find_function(
    call: &FunctionCall,
    kind: FunctionKind,
) -> Result<&'static crate::functions::registry::RegisteredFunction, ExpressionError> {
    FunctionRegistry::global()
        .find(call.name.as_str())
        .filter(|f| f.function.kind == kind)
        .ok_or_else(|| ExpressionError::new(format!("Can't find any functions with the name '{}'", call.name.as_str())))
}
