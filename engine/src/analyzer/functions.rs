//! Which kind of function a name is: the planner's only view of the function tables.

use weir_parser::ast::{Expression, FunctionCall, Name};

use crate::aggregates;
use crate::expr::visit::calls_of;
use crate::functions::FunctionRegistry;
use crate::functions::signature::{ParameterType, Signature};

pub fn is_aggregate(name: &Name) -> bool {
    aggregates::find(name.as_str()).is_some()
}

pub fn is_table_function(name: &Name) -> bool {
    FunctionRegistry::global().is_table_function(name.as_str())
}

pub fn is_known(name: &Name) -> bool {
    is_aggregate(name) || FunctionRegistry::global().find(name.as_str()).is_some()
}

/// Whether a scalar function takes an interval unit as its argument number `position`, from 0.
pub fn takes_unit(name: &Name, position: usize) -> bool {
    let Some(function) = FunctionRegistry::global().find(name.as_str()) else { return false };
    let takes = |signature: &Signature| {
        signature.parameters.get(position).is_some_and(|parameter| parameter.kind == ParameterType::Unit)
    };
    function.signatures().iter().any(|(signature, _)| takes(signature))
}

/// Calls of aggregate functions in an expression, outermost first.
pub fn aggregate_calls(expression: &Expression) -> Vec<&FunctionCall> {
    calls_of(expression).into_iter().filter(|call| is_aggregate(&call.name)).collect()
}

/// Calls of table functions in an expression, outermost first.
pub fn table_calls(expression: &Expression) -> Vec<&FunctionCall> {
    calls_of(expression).into_iter().filter(|call| is_table_function(&call.name)).collect()
}
