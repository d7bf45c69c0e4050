//! Which arguments an aggregate takes. Aggregates have no implicit casts: base types must be the declared ones.

use super::AggregateFunction;
use crate::types::SqlType;

/// Refuses types that no signature takes, and NULLs that fit several. No arguments, or `*`, mean ROWTIME.
pub fn check(function: &AggregateFunction, types: &[Option<SqlType>]) -> Result<(), String> {
    let name = function.declared_name;
    let types = if types.is_empty() { &[Some(SqlType::BigInt)] } else { types };
    let matching = function.signatures.iter().filter(|(parameters, _)| accepts(parameters, types)).count();
    let problem = match matching {
        1 => return Ok(()),
        0 => format!("Function '{name}' does not accept parameters ({}).", type_list(types)),
        _ => format!(
            "Function '{name}' cannot be resolved due to ambiguous method parameters ({}).\n\
             Use CAST() to explicitly cast your parameters to one of the supported signatures.",
            type_list(types)
        ),
    };
    let alternatives: Vec<String> =
        function.signatures.iter().map(|(parameters, _)| format!("{name}({parameters})")).collect();
    Err(format!(
        "{problem}\nValid alternatives are:\n{}\n\
         For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;",
        alternatives.join("\n")
    ))
}

/// Whether arguments of these types fit `parameters`, e.g. `DOUBLE val1, ANY... val2, INT k`.
fn accepts(parameters: &str, types: &[Option<SqlType>]) -> bool {
    let parameters: Vec<&str> =
        parameters.split(", ").filter(|p| !p.is_empty()).map(|p| p.split(' ').next().unwrap_or(p)).collect();
    let Some(variadic) = parameters.iter().position(|p| p.ends_with("...")) else {
        return parameters.len() == types.len() && parameters.iter().zip(types).all(|(p, t)| fits(p, t.as_ref()));
    };
    let behind = parameters.len() - variadic - 1;
    if types.len() < variadic + behind {
        return false;
    }
    let (front, rest) = types.split_at(variadic);
    let (middle, back) = rest.split_at(rest.len() - behind);
    let repeated = parameters[variadic].trim_end_matches("...");
    parameters.iter().zip(front).all(|(p, t)| fits(p, t.as_ref()))
        && middle.iter().all(|t| fits(repeated, t.as_ref()))
        && parameters[variadic + 1..].iter().zip(back).all(|(p, t)| fits(p, t.as_ref()))
}

fn fits(parameter: &str, data_type: Option<&SqlType>) -> bool {
    let Some(data_type) = data_type else { return true };
    match (parameter, data_type) {
        ("ANY" | "T", _) => true,
        ("INT", SqlType::Integer) | ("VARCHAR", SqlType::String) => true,
        (list, SqlType::Array(item)) => {
            list.strip_prefix("ARRAY<").and_then(|p| p.strip_suffix('>')).is_some_and(|p| fits(p, Some(item)))
        }
        ("MAP" | "STRUCT", _) => false,
        (name, simple) => name == simple.base_name(),
    }
}

/// Types as ksqlDB's messages list them.
fn type_list(types: &[Option<SqlType>]) -> String {
    types.iter().map(|t| t.as_ref().map_or_else(|| "null".to_owned(), SqlType::unquoted)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_take_their_own_types_only() {
        let (int, double) = (Some(SqlType::Integer), Some(SqlType::Double));
        let cases = [
            ("", vec![], true),
            ("T val1", vec![], false),
            ("DOUBLE val1", vec![int.clone()], false),
            ("DECIMAL val1", vec![Some(SqlType::decimal(4, 2))], true),
            ("ARRAY<INT> val1", vec![Some(SqlType::array(SqlType::Integer))], true),
            ("ARRAY<INT> val1", vec![Some(SqlType::array(SqlType::BigInt))], false),
            ("ARRAY<INT> val1", vec![None], true),
            ("DOUBLE val1, ANY... val2, INT k", vec![double.clone()], false),
            ("DOUBLE val1, ANY... val2, INT k", vec![double.clone(), int.clone()], true),
            ("DOUBLE val1, ANY... val2, INT k", vec![double.clone(), double.clone(), int.clone()], true),
            ("DOUBLE val1, ANY... val2, INT k", vec![double.clone(), double], false),
        ];
        for (parameters, types, expected) in cases {
            assert_eq!(accepts(parameters, &types), expected, "{parameters} <- {types:?}");
        }
    }
}
