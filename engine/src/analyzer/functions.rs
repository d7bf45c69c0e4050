//! Which kind of function a name is: the planner's only view of the function tables.

use weir_parser::ast::{Expression, FunctionCall, Name};

use super::walk;
use crate::functions::FunctionKind;
use crate::{aggregates, functions};

pub fn is_aggregate(name: &Name) -> bool {
    aggregates::find(name.as_str()).is_some()
}

pub fn is_table_function(name: &Name) -> bool {
    functions::find(name.as_str()).is_some_and(|function| function.kind == FunctionKind::Table)
}

pub fn is_known(name: &Name) -> bool {
    is_aggregate(name) || functions::find(name.as_str()).is_some()
}

/// Calls of aggregate functions in an expression, outermost first.
pub fn aggregate_calls(expression: &Expression) -> Vec<&FunctionCall> {
    walk::calls(expression).into_iter().filter(|call| is_aggregate(&call.name)).collect()
}

/// Calls of table functions in an expression, outermost first.
pub fn table_calls(expression: &Expression) -> Vec<&FunctionCall> {
    walk::calls(expression).into_iter().filter(|call| is_table_function(&call.name)).collect()
}
