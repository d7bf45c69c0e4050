//! Calls of functions: overloads, implicit casts, guarded arguments.

use super::*;

#[test]
fn calls() {
    check("ABS(B)", "2 3 4 null");
    check("UCASE(S) + LCASE('X')", "ABCx 12x nullx x");
    check("S || '!'", "abc! 12! ! !");
    check("COALESCE(A, 3)", "7 0 3 2147483647");
    check("ABS(P->F + 1)", "2 null! null! 10");
    check("COALESCE(ABS(10 / A), -1)", "1 -1? -1? 0");
    check("SQRT(C * C)", "1.5 0.25 null? 99.99");
    check("TRANSFORM(L, X => X + A)", "null! [] null [-2147483644]");
    check("TRANSFORM(L, X => TRANSFORM(L, Y => COALESCE(X, 0) * 10 + COALESCE(Y, 0))[1])", "[11, 1] [] null [55]");
    check("REDUCE(L, 0, (S0, X) => CASE WHEN X IS NULL THEN S0 ELSE S0 + X END)", "1 0 0 5");
    check("FILTER(L, X => X = 1)", "[1] [] null []");
    check_type("TRANSFORM(M, (K, V) => K + 'x', (K, V) => CAST(V AS DOUBLE))", "MAP<STRING, DOUBLE>");
}

#[test]
fn calls_refused() {
    check_type(
        "UCASE(D)",
        "Function 'ucase' does not accept parameters (DOUBLE).\nValid alternatives are:\nUCASE(VARCHAR input)\nFor detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;",
    );
    check_type("TRANSFORM(L, X => X->Y)", "Expected STRUCT type, got: INTEGER");
    check_type("TRANSFORM(L, A => A + 1)", "Lambda function argument can't be a column name: A");
    check_type(
        "TRANSFORM(L, X => TRANSFORM(L, X => X)[1])",
        "Reusing lambda arguments in nested lambda is not allowed",
    );
    check_type("EXPLODE(L)", "Can't find any functions with the name 'EXPLODE'");
}

#[test]
fn table_functions() {
    let Expression::Call(call) = parse("EXPLODE(L)") else { panic!("a call") };
    assert_eq!(table_function_type(&call, &schema()), Ok(SqlType::Integer));
    let compiled = compile_table_function(&call, &schema()).unwrap();
    assert_eq!(compiled.data_type(), &SqlType::array(SqlType::Integer));
}

#[test]
fn overloads_are_chosen_by_types() {
    check_type("GREATEST(1, NULL, 3)", "INTEGER");
    check_type("GREATEST(A, D)", "DOUBLE");
    check_type("SQRT(C)", "DOUBLE");
    check_type("COALESCE(NULL, 'x')", "STRING");
    let starts = |text: &str, expected: &str| {
        let message = expression_type(&parse(text), &schema()).map_or_else(|e| e.message, |t| format!("{t:?}"));
        assert!(message.starts_with(expected), "{text}: {message}");
    };
    starts(
        "ROUND(B, 2)",
        "Function 'round' cannot be resolved due to ambiguous method parameters (BIGINT, INTEGER).\n",
    );
    starts("LOG(A, B)", "Function 'log' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).\n");
    starts(
        "GREATEST(A, B)",
        "Function 'greatest' cannot be resolved due to ambiguous method parameters (INTEGER, BIGINT).\n",
    );
    starts("GREATEST(NULL)", "Function 'greatest' cannot be resolved due to ambiguous method parameters (null).\n");
    starts("ABS()", "Function 'abs' does not accept parameters ().\nValid alternatives are:\nABS(INT value)\n");
    starts("ABS(S)", "Function 'abs' does not accept parameters (STRING).\n");
    starts("ABS(C, 1.5)", "Function 'abs' does not accept parameters (DECIMAL(4, 2), DECIMAL(2, 1)).\n");
    starts("ABS(P)", "Function 'abs' does not accept parameters (STRUCT<F INTEGER>).\n");
    starts("COALESCE()", "Function 'COALESCE' does not accept parameters ().\n");
    starts("COALESCE(A, B)", "Function 'COALESCE' does not accept parameters (INTEGER, BIGINT).\n");
    starts("DATEADD(DT, A, DT)", "Function 'dateadd' does not accept parameters (DATE, INTEGER, DATE).\n");
    starts("DATEADD('DAYS', A, DT)", "Function 'dateadd' does not accept parameters (STRING, INTEGER, DATE).\n");
    starts("S || 1", "Function 'concat' does not accept parameters (STRING, INTEGER).\n");
    starts("COUNT(A)", "Can't find any functions with the name 'COUNT'");
}

#[test]
fn texts_become_times_and_bytes_for_functions() {
    check("DATEADD(DAYS, 1, '1970-01-01')", &["1970-01-02"; 4].join(" "));
    check("FROM_BYTES('AQI=', 'hex')", &["0102"; 4].join(" "));
}
