//! Finding functions by name, and choosing the overload for given argument types (function reference 1.2).

use std::cmp::Ordering;
use std::sync::LazyLock;

use hashbrown::HashMap;

use super::signature::{ArgumentType, Bindings, ParameterType, Signature, bind, parse_type};
use super::{Function, FunctionKind, Overload, Returns};
use crate::types::SqlType;

/// All scalar and table functions, found without regard to case.
pub struct FunctionRegistry {
    by_name: HashMap<String, RegisteredFunction>,
}

/// A function with its signatures parsed, in the order of its overloads.
pub struct RegisteredFunction {
    pub function: &'static Function,
    signatures: Vec<(Signature, Option<ParameterType>)>,
}

/// The overload that was chosen for a call.
pub struct ResolvedCall {
    pub function: &'static Function,
    pub overload: &'static Overload,
    /// One per argument, variadic ones repeated.
    pub parameters: Vec<ParameterType>,
    /// Type variables bound by the arguments that are no lambdas.
    pub bindings: Bindings,
    returns: Option<ParameterType>,
}

static GLOBAL: LazyLock<FunctionRegistry> = LazyLock::new(|| FunctionRegistry::new(super::all()));

impl FunctionRegistry {
    /// The registry of all built-in functions.
    pub fn global() -> &'static FunctionRegistry {
        &GLOBAL
    }

    /// Builds a registry.
    ///
    /// # Panics
    /// When a signature of a built-in function does not parse: a mistake in the tables, which a test finds.
    pub fn new(functions: impl IntoIterator<Item = &'static Function>) -> Self {
        let by_name = functions
            .into_iter()
            .map(|function| (function.name.to_ascii_uppercase(), RegisteredFunction::new(function)))
            .collect();
        Self { by_name }
    }

    pub fn find(&self, name: &str) -> Option<&RegisteredFunction> {
        self.by_name.get(name).or_else(|| self.by_name.get(&name.to_ascii_uppercase()))
    }

    pub fn is_table_function(&self, name: &str) -> bool {
        self.find(name).is_some_and(|f| f.function.kind == FunctionKind::Table)
    }

    /// All functions, by name.
    pub fn functions(&self) -> Vec<&RegisteredFunction> {
        let mut all: Vec<_> = self.by_name.values().collect();
        all.sort_by_key(|f| f.function.name.to_ascii_uppercase());
        all
    }
}

impl RegisteredFunction {
    fn new(function: &'static Function) -> Self {
        let signatures = function
            .overloads
            .iter()
            .map(|overload| {
                let checked = |problem: String| panic!("signature of {}: {problem}", function.name);
                let signature = Signature::parse(overload.parameters).unwrap_or_else(checked);
                let returns = match overload.returns {
                    Returns::Type(text) => match parse_type(text) {
                        Ok(returns) => Some(returns),
                        Err(problem) => panic!("result of {}: {problem}", function.name),
                    },
                    Returns::Of(_) => None,
                };
                (signature, returns)
            })
            .collect();
        Self { function, signatures }
    }

    /// The signatures with their result types (`None`: computed), as listings print them.
    pub fn signatures(&self) -> &[(Signature, Option<ParameterType>)] {
        &self.signatures
    }

    /// Chooses the overload for `arguments`.
    ///
    /// # Errors
    /// ksqlDB's message when no overload fits or several fit equally well.
    pub fn resolve(&self, arguments: &[ArgumentType]) -> Result<ResolvedCall, String> {
        for casts in [false, true] {
            let mut fitting: Vec<(usize, Rank, ResolvedCall)> = Vec::new();
            for index in 0..self.signatures.len() {
                if let Some((rank, call)) = self.fit(index, arguments, casts) {
                    fitting.push((index, rank, call));
                }
            }
            fitting.sort_by(|(_, left, _), (_, right, _)| left.cmp(right));
            let Some((_, best, call)) = fitting.pop() else { continue };
            if fitting.last().is_some_and(|(_, rank, _)| *rank == best) {
                return Err(self.ambiguous(arguments));
            }
            return Ok(call);
        }
        Err(self.no_match(arguments))
    }

    fn fit(&self, index: usize, arguments: &[ArgumentType], casts: bool) -> Option<(Rank, ResolvedCall)> {
        let (signature, returns) = &self.signatures[index];
        let parameters = signature.expand(arguments.len())?;
        let mut bindings = Bindings::new();
        let all = parameters.iter().zip(arguments).all(|(p, a)| p.kind.accepts(a, casts, &mut bindings));
        all.then(|| {
            let call = ResolvedCall {
                function: self.function,
                overload: &self.function.overloads[index],
                parameters: parameters.iter().map(|p| p.kind.clone()).collect(),
                bindings,
                returns: returns.clone(),
            };
            (Rank::of(signature), call)
        })
    }

    fn no_match(&self, arguments: &[ArgumentType]) -> String {
        format!(
            "Function '{}' does not accept parameters ({}).\n{}",
            self.function.name,
            type_list(arguments),
            self.alternatives()
        )
    }

    fn ambiguous(&self, arguments: &[ArgumentType]) -> String {
        format!(
            "Function '{}' cannot be resolved due to ambiguous method parameters ({}).\nUse CAST() to explicitly cast your parameters to one of the supported signatures.\n{}",
            self.function.name,
            type_list(arguments),
            self.alternatives()
        )
    }

    fn alternatives(&self) -> String {
        let name = match self.function.kind {
            FunctionKind::Scalar => self.function.name.to_ascii_uppercase(),
            FunctionKind::Table => self.function.name.to_string(),
        };
        let lines: String = self.signatures.iter().map(|(signature, _)| format!("{name}({signature})\n")).collect();
        format!("Valid alternatives are:\n{lines}For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;")
    }
}

fn type_list(arguments: &[ArgumentType]) -> String {
    arguments.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl ResolvedCall {
    /// Binds the type variables of a lambda parameter's result to the body's type.
    ///
    /// # Errors
    /// When the body gives another type than the parameter asks for.
    pub fn bind_lambda(&mut self, position: usize, body: &SqlType) -> Result<(), String> {
        let ParameterType::Lambda { output, .. } = &self.parameters[position] else { return Ok(()) };
        let fits = match &**output {
            ParameterType::Variable(v) => bind(&mut self.bindings, *v, body),
            other => {
                let mut bindings = self.bindings.clone();
                let fits = other.accepts(&ArgumentType::Type(body.clone()), false, &mut bindings);
                self.bindings = bindings;
                fits
            }
        };
        if fits {
            return Ok(());
        }
        let wanted = output.resolve(&self.bindings).map_or_else(|| output.to_string(), |t| t.to_string());
        Err(format!(
            "Expected lambda of function '{}' to return a value of type '{wanted}' but it returns '{body}'.",
            self.function.name
        ))
    }

    /// The call's result type for these argument types (after casts; a lambda's is its result's). `None`: nothing but
    /// untyped NULLs decides it.
    ///
    /// # Errors
    /// What the function's own rule says.
    pub fn return_type(&self, arguments: &[SqlType]) -> Result<Option<SqlType>, String> {
        match (&self.returns, &self.overload.returns) {
            (Some(returns), _) => Ok(returns.resolve(&self.bindings)),
            (None, Returns::Of(rule)) => rule(arguments).map(Some),
            (None, Returns::Type(_)) => Ok(None),
        }
    }
}

/// How good a fitting overload is; greater is better.
#[derive(PartialEq, Eq)]
struct Rank {
    fixed: bool,
    parameters: usize,
    generics: usize,
    variadic_any: bool,
    variadic_position: usize,
}

impl Rank {
    fn of(signature: &Signature) -> Self {
        let parameters = &signature.parameters;
        let variadic = parameters.iter().position(|p| p.variadic);
        Self {
            fixed: variadic.is_none(),
            parameters: parameters.len(),
            generics: parameters.iter().filter(|p| p.kind.is_generic()).count(),
            variadic_any: parameters.iter().any(|p| p.variadic && p.kind == ParameterType::Any),
            variadic_position: variadic.unwrap_or(0),
        }
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.fixed
            .cmp(&other.fixed)
            .then(self.parameters.cmp(&other.parameters))
            .then(other.generics.cmp(&self.generics))
            .then(other.variadic_any.cmp(&self.variadic_any))
            .then(self.variadic_position.cmp(&other.variadic_position))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
