//! Calls of functions, and the lambdas among their arguments.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, UInt32Array};
use weir_parser::ast::{Expression, FunctionCall, TimeUnit};

use super::ExpressionError;
use super::compile::{argument, compile_node};
use super::node::{Failures, Input, Node, NodeRef, take_rows};
use super::scope::Scope;
use super::typing::{find_function, type_of, untyped_null};
use super::visit::columns_of;
use crate::functions::registry::ResolvedCall;
use crate::functions::signature::{ArgumentType, ParameterType};
use crate::functions::{Argument, CallContext, FunctionKind, Lambda, Overload, SystemClock};
use crate::types::SqlType;

/// A call whose overload is chosen.
pub(crate) struct TypedCall {
    pub resolved: ResolvedCall,
    /// After implicit casts; a lambda's is its result's, a unit's is STRING.
    pub argument_types: Vec<SqlType>,
    /// `None`: an untyped NULL.
    pub return_type: Option<SqlType>,
}

/// Chooses the overload for a call.
///
/// # Errors
/// When there is no such function of that kind, none of its overloads fits, or an argument has no type.
pub(crate) fn resolve_call(
    call: &FunctionCall,
    scope: &Scope,
    kind: FunctionKind,
) -> Result<TypedCall, ExpressionError> {
    let registered = find_function(call, kind)?;
    let mut types = Vec::with_capacity(call.arguments.len());
    for argument in &call.arguments {
        types.push(match argument {
            Expression::Lambda { parameters, .. } => ArgumentType::Lambda(parameters.len()),
            Expression::Unit(_) => ArgumentType::Unit,
            other => type_of(other, scope)?.map_or(ArgumentType::Null, ArgumentType::Type),
        });
    }
    let mut resolved = registered.resolve(&types).map_err(ExpressionError::new)?;
    let mut argument_types = Vec::with_capacity(types.len());
    for (position, (expression, known)) in call.arguments.iter().zip(&types).enumerate() {
        argument_types.push(match (expression, known) {
            (Expression::Lambda { .. }, _) => bind_body(&mut resolved, position, expression, scope)?,
            (_, ArgumentType::Type(actual)) => {
                let target = resolved.parameters[position].target(Some(actual), &resolved.bindings);
                target.unwrap_or_else(|| actual.clone())
            }
            _ => resolved.parameters[position].target(None, &resolved.bindings).unwrap_or(SqlType::String),
        });
    }
    let return_type = resolved.return_type(&argument_types).map_err(ExpressionError::new)?;
    Ok(TypedCall { resolved, argument_types, return_type })
}

/// The scope of a lambda's body.
fn body_scope(
    resolved: &ResolvedCall,
    position: usize,
    lambda: &Expression,
    scope: &Scope,
) -> Result<Scope, ExpressionError> {
    let (Expression::Lambda { parameters, .. }, ParameterType::Lambda { inputs, .. }) =
        (lambda, &resolved.parameters[position])
    else {
        return Err(ExpressionError::new(format!("{lambda} is not a lambda")));
    };
    let types = inputs.iter().map(|input| input.resolve(&resolved.bindings)).collect::<Option<Vec<_>>>();
    scope.with_parameters(parameters, &types.ok_or_else(untyped_null)?)
}

fn bind_body(
    resolved: &mut ResolvedCall,
    position: usize,
    lambda: &Expression,
    scope: &Scope,
) -> Result<SqlType, ExpressionError> {
    let inner = body_scope(resolved, position, lambda, scope)?;
    let Expression::Lambda { body, .. } = lambda else { return Err(untyped_null()) };
    let data_type = type_of(body, &inner)?.ok_or_else(untyped_null)?;
    resolved.bind_lambda(position, &data_type).map_err(ExpressionError::new)?;
    Ok(data_type)
}

pub(crate) fn compile_call(call: &FunctionCall, typed: TypedCall, scope: &Scope) -> Result<NodeRef, ExpressionError> {
    let mut arguments = Vec::with_capacity(call.arguments.len());
    for (position, expression) in call.arguments.iter().enumerate() {
        arguments.push(match expression {
            Expression::Unit(unit) => CallArgument::Unit(*unit),
            Expression::Lambda { parameters, body } => {
                let inner = body_scope(&typed.resolved, position, expression, scope)?;
                let outer = columns_of(body)
                    .iter()
                    .filter_map(|c| inner.find(&c.name))
                    .map(|(index, _)| index)
                    .filter(|index| *index < scope.len())
                    .collect();
                debug_assert_eq!(inner.len(), scope.len() + parameters.len());
                CallArgument::Lambda(LambdaBody { body: compile_node(body, &inner)?, outer })
            }
            other => CallArgument::Value(argument(other, &typed.argument_types[position], scope)?),
        });
    }
    Ok(Arc::new(Call {
        name: typed.resolved.function.name,
        overload: typed.resolved.overload,
        arguments,
        argument_types: typed.argument_types,
        return_type: typed.return_type.unwrap_or(SqlType::String),
    }))
}

enum CallArgument {
    Value(NodeRef),
    Unit(TimeUnit),
    Lambda(LambdaBody),
}

struct LambdaBody {
    body: NodeRef,
    /// The columns around the lambda that its body reads.
    outer: Vec<usize>,
}

struct Call {
    name: &'static str,
    overload: &'static Overload,
    arguments: Vec<CallArgument>,
    argument_types: Vec<SqlType>,
    return_type: SqlType,
}

impl Node for Call {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let lambdas: Vec<Option<BoundLambda<'_>>> = self
            .arguments
            .iter()
            .map(|argument| match argument {
                CallArgument::Lambda(lambda) => Some(BoundLambda { lambda, columns: input.columns }),
                _ => None,
            })
            .collect();
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for (argument, lambda) in self.arguments.iter().zip(&lambdas) {
            arguments.push(match (argument, lambda) {
                (CallArgument::Value(node), _) => Argument::Array(node.evaluate(input, failures)),
                (CallArgument::Unit(unit), _) => Argument::Unit(*unit),
                (CallArgument::Lambda(_), Some(bound)) => Argument::Lambda(bound),
                (CallArgument::Lambda(_), None) => continue,
            });
        }
        self.raise_null_primitives(&arguments, failures);
        let mut reported = Vec::new();
        let mut context = CallContext {
            rows: input.rows,
            argument_types: &self.argument_types,
            return_type: &self.return_type,
            failures: &mut reported,
            clock: &SystemClock,
        };
        let result = (self.overload.evaluate)(&mut context, &arguments);
        failures.absorb(reported, |row| row);
        result
    }
    fn data_type(&self) -> &SqlType {
        &self.return_type
    }
}

impl Call {
    fn raise_null_primitives(&self, arguments: &[Argument<'_>], failures: &mut Failures) {
        for &position in self.overload.primitive {
            let Some(Argument::Array(array)) = arguments.get(position) else { continue };
            if array.null_count() > 0 {
                for row in (0..array.len()).filter(|row| array.is_null(*row)) {
                    failures.raise(row, format!("Argument {} of function {} is NULL", position + 1, self.name));
                }
            }
        }
    }
}

/// A lambda's body with the columns around it.
struct BoundLambda<'a> {
    lambda: &'a LambdaBody,
    columns: &'a [ArrayRef],
}

impl Lambda for BoundLambda<'_> {
    fn call(&self, context: &mut CallContext<'_>, parameters: &[ArrayRef], row_of: &[u32]) -> ArrayRef {
        let mut columns = self.columns.to_vec();
        if !self.lambda.outer.is_empty() {
            let indices = UInt32Array::from(row_of.to_vec());
            for &column in &self.lambda.outer {
                columns[column] = take_rows(&columns[column], &indices);
            }
        }
        columns.extend(parameters.iter().cloned());
        let input = Input { columns: &columns, rows: row_of.len() };
        let mut failures = Failures::default();
        let result = self.lambda.body.evaluate(&input, &mut failures);
        let result = failures.null_raised(result);
        for mut failure in failures.into_all() {
            failure.row = row_of[failure.row as usize];
            context.failures.push(failure);
        }
        result
    }
    fn return_type(&self) -> &SqlType {
        self.lambda.body.data_type()
    }
}
