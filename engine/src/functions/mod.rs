//! The function table: one definition per function (name, doc, signatures, implementation), from which SHOW FUNCTIONS,
//! DESCRIBE FUNCTION, the generated docs and the tests are printed.
//!
//! Scalar functions take whole arrays. Table functions give a list per row. Aggregates live in `aggregates`.

mod all;
mod catalogue;
mod clock;
pub(crate) mod datetime;
pub(crate) mod java_text;
mod kernel_lists;
mod kernels;
mod markdown;

mod arrays;
mod arrays_sets;
mod bytes;
mod conditional;
mod convert_bytes;
mod date_parts;
mod extremes;
mod format_date;
mod geo;
mod json;
mod json_path;
mod json_text;
mod json_write;
mod lambdas;
mod maps;
mod masks;
mod math;
mod md5;
mod parse_date;
mod regexp;
pub mod registry;
mod rounding;
pub mod signature;
mod strings;
mod strings_pad;
mod strings_split;
mod table;
mod uri;
mod url;

#[cfg(test)]
pub(crate) mod examples;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

use arrow_array::ArrayRef;
use weir_parser::ast::TimeUnit;

pub use all::all;
pub use catalogue::{
    DescribedArgument, DescribedExample, DescribedFunction, DescribedSignature, ListedFunction, catalogue, describe,
};
pub use clock::{Clock, SystemClock};
pub use markdown::{markdown, signature_line};
pub use registry::FunctionRegistry;

use crate::types::SqlType;

/// A scalar or table function. `NAME` as declared (ksqlDB prints most in lower case).
pub struct Function {
    pub name: &'static str,
    pub kind: FunctionKind,
    /// `MATHEMATICAL`, `STRING`, `DATE / TIME`, `ARRAY`, `MAP`, `JSON`, `URL`, `CONDITIONAL`, ...
    pub category: &'static str,
    pub description: &'static str,
    /// A call and its value, as SQL text: `("ABS(-2)", "2")`. Each is also a test.
    pub examples: &'static [(&'static str, &'static str)],
    pub overloads: &'static [Overload],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    Scalar,
    /// The overload's result is `ARRAY<T>`; each element becomes a row with a column of type T.
    Table,
}

impl Function {
    /// A scalar function, for the tables of the families.
    const fn scalar(
        name: &'static str,
        category: &'static str,
        description: &'static str,
        examples: &'static [(&'static str, &'static str)],
        overloads: &'static [Overload],
    ) -> Self {
        Self { name, kind: FunctionKind::Scalar, category, description, examples, overloads }
    }

    /// A table function, likewise.
    const fn table(
        name: &'static str,
        description: &'static str,
        examples: &'static [(&'static str, &'static str)],
        overloads: &'static [Overload],
    ) -> Self {
        Self { name, kind: FunctionKind::Table, category: "TABLE", description, examples, overloads }
    }
}

impl Overload {
    /// An overload whose result type is a type text.
    const fn new(parameters: &'static str, returns: &'static str, evaluate: Evaluate) -> Self {
        Self { parameters, returns: Returns::Type(returns), primitive: &[], evaluate }
    }

    /// An overload whose result type is computed from the argument types.
    const fn of(
        parameters: &'static str,
        returns: fn(&[SqlType]) -> Result<SqlType, String>,
        evaluate: Evaluate,
    ) -> Self {
        Self { parameters, returns: Returns::Of(returns), primitive: &[], evaluate }
    }

    /// The same with primitive parameters at the given positions.
    const fn primitive(self, primitive: &'static [usize]) -> Self {
        Self { parameters: self.parameters, returns: self.returns, primitive, evaluate: self.evaluate }
    }
}

/// One signature of a function.
pub struct Overload {
    /// Comma-separated parameters: `name TYPE`, where TYPE is a SQL type (`INT`, `DECIMAL` of any precision,
    /// `ARRAY<T>`, `MAP<K, V>`), a type variable (one upper-case letter), `ANY`, `UNIT` (an interval unit) or a lambda
    /// `(T) => R`. A trailing `...` makes the parameter variadic. E.g. `"input ARRAY<T>, mapper (T) => R"`.
    pub parameters: &'static str,
    pub returns: Returns,
    /// NULL in any argument of these positions is a run-time error (Java primitive parameters).
    pub primitive: &'static [usize],
    pub evaluate: Evaluate,
}

pub enum Returns {
    /// A type text that may use the parameters' type variables.
    Type(&'static str),
    /// Computed from the argument types (after implicit casts), for DECIMALs and STRUCTs.
    Of(fn(&[SqlType]) -> Result<SqlType, String>),
}

/// Takes the arguments of all rows and gives an array of the result type with `context.rows` rows. A row that fails is
/// reported with `context.fail(row, message)` and must be NULL in the result.
pub type Evaluate = fn(&mut CallContext<'_>, &[Argument<'_>]) -> ArrayRef;

pub enum Argument<'a> {
    Array(ArrayRef),
    Unit(TimeUnit),
    Lambda(&'a dyn Lambda),
}

impl Argument<'_> {
    /// The array of an argument that is neither unit nor lambda.
    pub fn array(&self) -> &ArrayRef {
        match self {
            Argument::Array(array) => array,
            _ => unreachable!("overload resolution hands arrays to array parameters"),
        }
    }
}

/// A compiled lambda body.
pub trait Lambda {
    /// Evaluates the body once per element. `parameters` are arrays of m elements, one per lambda parameter; `row_of[i]`
    /// says to which row of the batch element i belongs, so that the body may use outer columns. Gives m results.
    fn call(&self, context: &mut CallContext<'_>, parameters: &[ArrayRef], row_of: &[u32]) -> ArrayRef;
    fn return_type(&self) -> &SqlType;
}

/// What a function may use beside its arguments.
pub struct CallContext<'a> {
    /// Rows of the batch; the result has as many.
    pub rows: usize,
    /// Types of the arguments after implicit casts (a lambda's is its result type).
    pub argument_types: &'a [SqlType],
    pub return_type: &'a SqlType,
    /// Failed rows and why, each at most once.
    pub failures: &'a mut Vec<RowFailure>,
    /// The only source of time and chance for functions: `SystemClock` outside of deterministic runs.
    pub clock: &'a dyn Clock,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFailure {
    pub row: u32,
    pub message: String,
}

impl CallContext<'_> {
    pub fn fail(&mut self, row: usize, message: impl Into<String>) {
        self.failures.push(RowFailure { row: row as u32, message: message.into() });
    }
}
