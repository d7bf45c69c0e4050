//! Lambdas: what their bodies see, how they nest, and which are refused.

use super::*;

#[test]
fn bodies_see_columns_and_outer_parameters() {
    check("TRANSFORM(L, X => X + A)", "null! [] null [-2147483644]");
    check("TRANSFORM(L, X => S)", "[abc, abc] [] null []");
    check("TRANSFORM(ARRAY[ARRAY[1, 2], ARRAY[3]], X => REDUCE(X, 0, (Q, Y) => Q + Y))", &["[3, 3]"; 4].join(" "));
    check("TRANSFORM(ARRAY[1, 2], X => TRANSFORM(ARRAY[10], Y => X * Y + B)[1])", "[12, 22] [7, 17] [14, 24] null!");
    check("FILTER(M, (K, V) => V > 1)", "{} {b=2} null {a=3}");
    check("REDUCE(M, 100, (Q, K, V) => Q + V)", "101 102 100 103");
}

/// Such a call is evaluated once, when it is compiled, beside columns that it does not read.
#[test]
fn lambdas_over_constants() {
    check("TRANSFORM(ARRAY[1, 2], X => X + 5)", &["[6, 7]"; 4].join(" "));
    check("FILTER(ARRAY[1, 2], X => X = 2)[1]", &["2"; 4].join(" "));
    check("TRANSFORM(MAP('a' := 1), (K, V) => UCASE(K), (K, V) => V * 2)", &["{A=2}"; 4].join(" "));
    check("TRANSFORM(ARRAY[1], X => TRANSFORM(ARRAY[2], Y => X + Y))", &["[[3]]"; 4].join(" "));
    assert_eq!(
        evaluate_constant(&parse("TRANSFORM(ARRAY[1], X => X + 5)[1]")).map(|(value, _)| value),
        Ok(Value::Integer(6))
    );
}

#[test]
fn parameters_are_named_freely_but_not_as_columns() {
    check("TRANSFORM(L, `a b` => `a b`)", "[1, null] [] null [5]");
    check("TRANSFORM(TRANSFORM(L, X => X), X => X)", "[1, null] [] null [5]");
    check_type("TRANSFORM(L, X => TRANSFORM(L, A => X))", "Lambda function argument can't be a column name: A");
    check_type("TRANSFORM(L, X => Y)", "Unknown column Y.");
}

#[test]
fn the_body_has_the_type_that_the_function_wants() {
    check_type("TRANSFORM(L, X => NULL)", &untyped_null_message());
    check_type(
        "FILTER(L, X => X)",
        "Expected lambda of function 'filter' to return a value of type 'BOOLEAN' but it returns 'INTEGER'.",
    );
    check_type(
        "REDUCE(L, 'a', (Q, X) => Q + X)",
        "Error processing expression: (Q + X). Unsupported arithmetic types. STRING INTEGER\nStatement: (Q + X)",
    );
    let message = expression_type(&parse("TRANSFORM(L, (X, Y) => X)"), &schema()).unwrap_err().message;
    assert!(
        message.starts_with("Function 'transform' does not accept parameters (ARRAY<INTEGER>, LAMBDA).\n"),
        "{message}"
    );
}

fn untyped_null_message() -> String {
    typing::untyped_null().message
}
