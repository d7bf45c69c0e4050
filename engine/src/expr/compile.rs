//! From syntax trees to trees of nodes.

use std::sync::Arc;

use arrow_array::ArrayRef;
use weir_parser::ast::{ComparisonOperator, Expression, FunctionCall, Literal, Name, WhenClause};

use super::arithmetic::{Arithmetic, Negate};
use super::call::{compile_call, resolve_call};
use super::case::Case;
use super::cast::{Cast, can_cast};
use super::coerce::coerce_lax;
use super::common_type::{common_type, is_literal};
use super::compare::{Between, Comparison, InList, IsNull};
use super::constant::{evaluate_constant, literal_type, literal_value};
use super::container::{ArrayConstructor, Dereference, MapConstructor, StructConstructor, Subscript};
use super::like::Like;
use super::logical::{Logical, Not};
use super::node::{ColumnNode, ConstantNode, Failures, Guard, Input, NodeRef, Selectable, evaluate_root};
use super::scope::Scope;
use super::typing::{can_compare, comparison_name, type_of, untyped_null};
use super::visit::{calls_of, columns_of};
use super::{ExpressionError, ExpressionRef, PhysicalExpression};
use crate::functions::{FunctionKind, RowFailure};
use crate::types::{RowSchema, SqlType, Value, null_array, values_to_array};

type Compiled = Result<NodeRef, ExpressionError>;

/// Compiles an expression against the columns of a row.
///
/// # Errors
/// Those of `expression_type`, and those that ksqlDB finds when it generates code: casts that are not supported, IN lists
/// without a common type, operands of the wrong type in places that typing does not look at.
pub fn compile(expression: &Expression, schema: &RowSchema) -> Result<ExpressionRef, ExpressionError> {
    let scope = Scope::new(schema);
    if type_of(expression, &scope)?.is_none() {
        return Err(untyped_null());
    }
    Ok(Arc::new(Root(compile_node(expression, &scope)?)))
}

/// Compiles a call of a table function; its result is the list of each row, of type `ARRAY<T>`.
///
/// # Errors
/// As `compile`; also when the call is not one of a table function.
pub fn compile_table_function(call: &FunctionCall, schema: &RowSchema) -> Result<ExpressionRef, ExpressionError> {
    let scope = Scope::new(schema);
    let typed = resolve_call(call, &scope, FunctionKind::Table)?;
    Ok(Arc::new(Root(compile_call(call, typed, &scope)?)))
}

struct Root(NodeRef);

impl PhysicalExpression for Root {
    fn evaluate(&self, columns: &[ArrayRef], rows: usize, failures: &mut Vec<RowFailure>) -> ArrayRef {
        evaluate_root(&*self.0, &Input { columns, rows }, failures)
    }
    fn data_type(&self) -> &SqlType {
        self.0.data_type()
    }
}

pub(crate) fn compile_node(expression: &Expression, scope: &Scope) -> Compiled {
    let node = compile_parts(expression, scope)?;
    let is_fixed = node.constant().is_none()
        && columns_of(expression).is_empty()
        && calls_of(expression).iter().all(|call| !call.arguments.is_empty());
    Ok(if is_fixed { fold(node, scope) } else { node })
}

/// Evaluates a node that reads no columns once, unless it fails: failures are told per row. Lambdas in it count their
/// parameters behind the scope's columns, so these must be there.
fn fold(node: NodeRef, scope: &Scope) -> NodeRef {
    let mut failures = Failures::default();
    let value = node.evaluate(&Input { columns: &scope.null_row(), rows: 1 }, &mut failures);
    if failures.into_all().is_empty() {
        return Arc::new(ConstantNode { value, data_type: node.data_type().clone() });
    }
    node
}

pub(crate) fn constant(value: &Value, data_type: &SqlType) -> NodeRef {
    let value = values_to_array(data_type, std::slice::from_ref(value));
    Arc::new(ConstantNode { value, data_type: data_type.clone() })
}

fn null_constant(data_type: &SqlType) -> NodeRef {
    Arc::new(ConstantNode { value: null_array(data_type, 1), data_type: data_type.clone() })
}

/// The part of an expression that is evaluated for some rows only.
fn selectable(expression: &Expression, node: NodeRef, scope: &Scope) -> Selectable {
    let columns = columns_of(expression).iter().filter_map(|c| scope.find(&c.name)).map(|(index, _)| index).collect();
    Selectable { node, columns }
}

fn compile_parts(expression: &Expression, scope: &Scope) -> Compiled {
    use Expression as E;
    let typed = || type_of(expression, scope)?.ok_or_else(untyped_null);
    match expression {
        E::Literal(literal) => Ok(match literal_type(literal) {
            Some(data_type) => constant(&literal_value(literal), &data_type),
            None => null_constant(&SqlType::String),
        }),
        E::Column(column) => match scope.find(&column.name) {
            Some((index, data_type)) => Ok(Arc::new(ColumnNode { index, data_type: data_type.clone() })),
            None => Err(ExpressionError::new(format!("Unknown column {column}."))),
        },
        E::Arithmetic { operator, left, right } => {
            let data_type = typed()?;
            let (left, right) = (compile_node(left, scope)?, compile_node(right, scope)?);
            Ok(Arc::new(Arithmetic { operator: *operator, left, right, data_type }))
        }
        E::Negate(value) => {
            let value = compile_node(value, scope)?;
            if !value.data_type().is_numeric() {
                return Err(not_numeric(value.data_type()));
            }
            Ok(Arc::new(Negate { value }))
        }
        E::Comparison { operator, left, right } => {
            typed()?;
            let (left, right) = (compile_node(left, scope)?, compile_node(right, scope)?);
            Ok(Arc::new(Comparison { operator: *operator, left, right }))
        }
        E::Logical { operator, left, right } => {
            let left_node = boolean(left, scope)?;
            let right_node = boolean(right, scope)?;
            Ok(Arc::new(Logical { operator: *operator, left: left_node, right: selectable(right, right_node, scope) }))
        }
        E::Not(value) => Ok(Arc::new(Not { value: boolean(value, scope)? })),
        E::IsNull { value, negated } => Ok(Arc::new(IsNull { value: compile_node(value, scope)?, negated: *negated })),
        E::Between { value, lower, upper, negated } => between(value, lower, upper, *negated, scope),
        E::In { value, list, negated } => in_list(value, list, *negated, scope),
        E::Like { value, pattern, escape, negated } => {
            let value_node = text_operand(value, scope)?;
            let pattern_node = text_operand(pattern, scope)?;
            Ok(Arc::new(Like::new(value_node, pattern_node, *escape, *negated)))
        }
        E::Case { when, default, .. } => case(&typed()?, when, default.as_deref(), scope),
        E::Cast { value, .. } => {
            let target = typed()?;
            if type_of(value, scope)?.is_none() {
                return Ok(null_constant(&target));
            }
            let inner = compile_node(value, scope)?;
            Ok(Guard::wrap(cast(inner, &target, scope)?, expression))
        }
        E::Call(call) => {
            let resolved = resolve_call(call, scope, FunctionKind::Scalar)?;
            compile_call(call, resolved, scope)
        }
        E::Array(items) => array(items, &typed()?, scope),
        E::Map(entries) => map(entries, &typed()?, scope),
        E::Struct(fields) => structure(fields, &typed()?, scope),
        E::Subscript { base, index } => subscript(base, index, typed()?, scope),
        E::Dereference { base, field, .. } => {
            let data_type = typed()?;
            let base = compile_node(base, scope)?;
            let SqlType::Struct(fields) = base.data_type() else { return Err(untyped_null()) };
            let index = fields.iter().position(|f| f.name == *field).unwrap_or_default();
            Ok(Arc::new(Dereference { base, index, data_type }))
        }
        E::Unit(_) | E::Lambda { .. } | E::AtTimeZone { .. } => typed().map(|t| null_constant(&t)),
    }
}

/// Casts a node; a cast to its own type is the node itself.
///
/// # Errors
/// `Cast of <from> to <to> is not supported`.
pub(crate) fn cast(node: NodeRef, target: &SqlType, scope: &Scope) -> Compiled {
    if node.data_type() == target {
        return Ok(node);
    }
    if !can_cast(node.data_type(), target) {
        let message = format!("Cast of {} to {target} is not supported", node.data_type());
        return Err(ExpressionError::new(message));
    }
    let cast: NodeRef = Arc::new(Cast { value: node.clone(), target: target.clone() });
    Ok(if node.constant().is_some() { fold(cast, scope) } else { cast })
}

/// An expression brought to `target`: literals freely, others by a widening cast.
fn coerced(expression: &Expression, target: &SqlType, scope: &Scope) -> Compiled {
    use Expression as E;
    match (expression, target) {
        (E::Literal(Literal::Null), _) => return Ok(null_constant(target)),
        (E::Array(items), SqlType::Array(_)) => return array(items, target, scope),
        (E::Map(entries), SqlType::Map(..)) => return map(entries, target, scope),
        (E::Struct(fields), SqlType::Struct(_)) => return structure(fields, target, scope),
        _ => {}
    }
    if is_literal(expression) {
        let (value, from) = evaluate_constant(expression)?;
        let from = from.ok_or_else(untyped_null)?;
        let value = coerce_lax(&value, &from, target).map_err(|e| {
            ExpressionError::new(format!("invalid input syntax for type {}: \"{}\".", target.base_name(), e.value))
        })?;
        return Ok(constant(&value, target));
    }
    if type_of(expression, scope)?.is_none() {
        return Ok(null_constant(target));
    }
    let node = compile_node(expression, scope)?;
    let is_cast = node.data_type() != target;
    let node = cast(node, target, scope)?;
    Ok(if is_cast { Guard::wrap(node, expression) } else { node })
}

fn not_numeric(data_type: &SqlType) -> ExpressionError {
    let class = match data_type {
        SqlType::Boolean => "java.lang.Boolean",
        SqlType::String => "java.lang.String",
        SqlType::Bytes => "java.nio.ByteBuffer",
        SqlType::Time => "java.sql.Time",
        SqlType::Date => "java.sql.Date",
        SqlType::Timestamp => "java.sql.Timestamp",
        SqlType::Array(_) => "java.util.List",
        SqlType::Map(..) => "java.util.Map",
        _ => "org.apache.kafka.connect.data.Struct",
    };
    let message = format!("Line 1, Column 1: Object of type \"{class}\" cannot be converted to a numeric type");
    ExpressionError::new(message)
}

fn boolean(expression: &Expression, scope: &Scope) -> Compiled {
    match type_of(expression, scope)? {
        None => Ok(null_constant(&SqlType::Boolean)),
        Some(SqlType::Boolean) => compile_node(expression, scope),
        Some(other) => Err(ExpressionError::new(format!("Expected a BOOLEAN operand, but {expression} is {other}"))),
    }
}

fn text_operand(expression: &Expression, scope: &Scope) -> Compiled {
    match type_of(expression, scope)? {
        None | Some(SqlType::String) => compile_node(expression, scope),
        Some(other) => Err(ExpressionError::new(format!("LIKE takes STRING operands, but {expression} is {other}"))),
    }
}

fn between(value: &Expression, lower: &Expression, upper: &Expression, negated: bool, scope: &Scope) -> Compiled {
    let value_type = type_of(value, scope)?;
    for (bound, operator) in
        [(lower, ComparisonOperator::GreaterThanOrEqual), (upper, ComparisonOperator::LessThanOrEqual)]
    {
        match (&value_type, type_of(bound, scope)?) {
            (Some(left), Some(right)) if !can_compare(operator, left, &right) => {
                return Err(ExpressionError::new(format!(
                    "Cannot compare {value} ({left}) to {bound} ({right}) with {}",
                    comparison_name(operator)
                )));
            }
            (Some(_), Some(_)) => {}
            _ => return Ok(constant(&Value::Boolean(negated), &SqlType::Boolean)),
        }
    }
    let [value, lower, upper] = [compile_node(value, scope)?, compile_node(lower, scope)?, compile_node(upper, scope)?];
    Ok(Arc::new(Between { value, lower, upper, negated }))
}

fn in_list(value: &Expression, list: &[Expression], negated: bool, scope: &Scope) -> Compiled {
    let all: Vec<&Expression> = std::iter::once(value).chain(list).collect();
    let Some(common) = common_type(&all, scope)? else {
        return Ok(constant(&Value::Boolean(negated), &SqlType::Boolean));
    };
    let value = coerced(value, &common, scope)?;
    let list = list.iter().map(|item| coerced(item, &common, scope)).collect::<Result<_, _>>()?;
    Ok(Arc::new(InList { value, list, negated }))
}

fn case(data_type: &SqlType, when: &[WhenClause], default: Option<&Expression>, scope: &Scope) -> Compiled {
    let branch = |e: &Expression| Ok::<_, ExpressionError>(selectable(e, coerced(e, data_type, scope)?, scope));
    let branches = when
        .iter()
        .map(|clause| {
            let condition = selectable(&clause.condition, boolean(&clause.condition, scope)?, scope);
            Ok((condition, branch(&clause.result)?))
        })
        .collect::<Result<_, ExpressionError>>()?;
    let default = default.map(branch).transpose()?;
    Ok(Arc::new(Case { branches, default, data_type: data_type.clone() }))
}

/// An element of a constructor: guarded, so that its failure leaves the container.
fn element(expression: &Expression, target: &SqlType, scope: &Scope) -> Compiled {
    Ok(Guard::wrap(coerced(expression, target, scope)?, expression))
}

fn array(items: &[Expression], data_type: &SqlType, scope: &Scope) -> Compiled {
    let SqlType::Array(item) = data_type else { return Err(untyped_null()) };
    let items = items.iter().map(|e| element(e, item, scope)).collect::<Result<_, _>>()?;
    Ok(Arc::new(ArrayConstructor { items, data_type: data_type.clone() }))
}

fn map(entries: &[(Expression, Expression)], data_type: &SqlType, scope: &Scope) -> Compiled {
    let SqlType::Map(key, value) = data_type else { return Err(untyped_null()) };
    let keys = entries.iter().map(|(k, _)| element(k, key, scope)).collect::<Result<_, _>>()?;
    let values = entries.iter().map(|(_, v)| element(v, value, scope)).collect::<Result<_, _>>()?;
    Ok(Arc::new(MapConstructor { keys, values, data_type: data_type.clone() }))
}

/// Fields of the type that the constructor does not name are NULL.
fn structure(values: &[(Name, Expression)], data_type: &SqlType, scope: &Scope) -> Compiled {
    let SqlType::Struct(fields) = data_type else { return Err(untyped_null()) };
    let columns = fields
        .iter()
        .map(|field| match values.iter().find(|(name, _)| *name == field.name) {
            Some((_, value)) => element(value, &field.data_type, scope),
            None => Ok(null_constant(&field.data_type)),
        })
        .collect::<Result<_, _>>()?;
    Ok(Arc::new(StructConstructor { columns, data_type: data_type.clone() }))
}

fn subscript(base: &Expression, index: &Expression, data_type: SqlType, scope: &Scope) -> Compiled {
    let base = compile_node(base, scope)?;
    let index_type = type_of(index, scope)?;
    let is_position = |t: &SqlType| matches!(t, SqlType::Integer | SqlType::BigInt);
    if let (SqlType::Array(_), Some(other)) = (base.data_type(), index_type.filter(|t| !is_position(t))) {
        let class = match other {
            SqlType::String => "java.lang.String",
            SqlType::Double => "java.lang.Double",
            SqlType::Boolean => "java.lang.Boolean",
            _ => "java.lang.Object",
        };
        return Err(ExpressionError::new(format!("Line 1, Column 1: Cannot cast \"{class}\" to \"int\"")));
    }
    let index = compile_node(index, scope)?;
    Ok(Arc::new(Subscript { base, index, data_type }))
}

/// An argument of a call: guarded if it is a call or a dereference itself, or cast.
pub(crate) fn argument(expression: &Expression, target: &SqlType, scope: &Scope) -> Compiled {
    if type_of(expression, scope)?.is_none() {
        return Ok(null_constant(target));
    }
    let node = compile_node(expression, scope)?;
    let is_cast = node.data_type() != target;
    let node = cast(node, target, scope)?;
    match expression {
        Expression::Call(call) => Ok(Guard::wrap(node, call.name.as_str())),
        Expression::Dereference { .. } => Ok(Guard::wrap(node, expression)),
        _ if is_cast => Ok(Guard::wrap(node, expression)),
        _ => Ok(node),
    }
}
