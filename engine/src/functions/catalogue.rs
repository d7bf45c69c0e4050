//! What SHOW FUNCTIONS and DESCRIBE FUNCTION print: scalar, table and aggregate functions in one list.

use super::{FunctionKind, FunctionRegistry};
use crate::aggregates;

/// One line of SHOW FUNCTIONS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedFunction {
    pub name: &'static str,
    /// `SCALAR`, `TABLE` or `AGGREGATE`.
    pub kind: &'static str,
    pub category: &'static str,
}

/// A function with all its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedFunction {
    pub name: &'static str,
    pub kind: &'static str,
    pub description: &'static str,
    pub examples: Vec<DescribedExample>,
    pub signatures: Vec<DescribedSignature>,
}

/// A call and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedExample {
    pub call: &'static str,
    /// Of aggregate functions: the rows of the group, as values of the columns `x` and `y`.
    pub rows: &'static [&'static str],
    pub result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedSignature {
    pub arguments: Vec<DescribedArgument>,
    pub returns: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedArgument {
    pub name: String,
    /// In the words of listings: `VARCHAR`, `INT`, `ARRAY<T>`.
    pub data_type: String,
    pub variadic: bool,
}

fn kind_word(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Scalar => "SCALAR",
        FunctionKind::Table => "TABLE",
    }
}

/// All functions by name.
pub fn catalogue() -> Vec<ListedFunction> {
    let scalar = FunctionRegistry::global().functions().into_iter().map(|registered| ListedFunction {
        name: registered.function.name,
        kind: kind_word(registered.function.kind),
        category: registered.function.category,
    });
    let aggregate = aggregates::all().iter().map(|function| ListedFunction {
        name: function.name,
        kind: "AGGREGATE",
        category: "AGGREGATE",
    });
    let mut listed: Vec<ListedFunction> = scalar.chain(aggregate).collect();
    listed.sort_by_key(|f| f.name.to_ascii_uppercase());
    listed
}

/// The function of that name, without regard to case.
pub fn describe(name: &str) -> Option<DescribedFunction> {
    if let Some(function) = aggregates::find(name) {
        let signatures = function.signatures.iter().map(|(parameters, returns)| DescribedSignature {
            arguments: split_parameters(parameters).into_iter().map(described).collect(),
            returns: (*returns).to_string(),
        });
        return Some(DescribedFunction {
            name: function.name,
            kind: "AGGREGATE",
            description: function.description,
            examples: function
                .examples
                .iter()
                .map(|e| DescribedExample { call: e.call, rows: e.rows, result: e.result })
                .collect(),
            signatures: signatures.collect(),
        });
    }
    let registered = FunctionRegistry::global().find(name)?;
    let signatures = registered.signatures().iter().map(|(signature, returns)| DescribedSignature {
        arguments: signature
            .parameters
            .iter()
            .map(|parameter| DescribedArgument {
                name: parameter.name.clone(),
                data_type: parameter.kind.to_string(),
                variadic: parameter.variadic,
            })
            .collect(),
        // A computed result is a decimal whose precision follows the arguments, or a struct of them.
        returns: returns.as_ref().map_or_else(|| "DECIMAL".to_string(), element_of_table(registered.function.kind)),
    });
    Some(DescribedFunction {
        name: registered.function.name,
        kind: kind_word(registered.function.kind),
        description: registered.function.description,
        examples: registered
            .function
            .examples
            .iter()
            .map(|&(call, result)| DescribedExample { call, rows: &[], result })
            .collect(),
        signatures: signatures.collect(),
    })
}

/// A table function gives rows of the element type of its list.
fn element_of_table(kind: FunctionKind) -> impl Fn(&super::signature::ParameterType) -> String {
    move |returns| {
        let text = returns.to_string();
        match (kind, text.strip_prefix("ARRAY<").and_then(|t| t.strip_suffix('>'))) {
            (FunctionKind::Table, Some(element)) => element.to_string(),
            _ => text,
        }
    }
}

/// Splits `INT val1, MAP<A, B> val2` at its outer commas.
fn split_parameters(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        parts.push(text[start..].trim());
    }
    parts
}

/// `ANY... val2` -> type, name and whether it repeats.
fn described(parameter: &str) -> DescribedArgument {
    let (data_type, name) = parameter.rsplit_once(' ').unwrap_or((parameter, ""));
    let (data_type, variadic) = data_type.strip_suffix("...").map_or((data_type, false), |plain| (plain, true));
    DescribedArgument { name: name.to_string(), data_type: data_type.to_string(), variadic }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggregates_and_scalars_are_described_alike() {
        let sum = describe("sum").expect("there is SUM");
        assert_eq!((sum.kind, sum.signatures.len(), sum.examples[0].result), ("AGGREGATE", 4, "3"));
        let ucase = describe("UCASE").expect("there is UCASE");
        assert_eq!(ucase.signatures[0].arguments[0].data_type, "VARCHAR");
        assert_eq!(describe("NO_FUNCTION"), None);
    }

    #[test]
    fn parameters_split_outside_of_brackets() {
        assert_eq!(split_parameters("MAP<A, B> a, INT b"), ["MAP<A, B> a", "INT b"]);
        assert!(split_parameters("").is_empty());
    }
}
