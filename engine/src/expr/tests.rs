//! Expressions from text to values.

use arrow_array::ArrayRef;
use arrow_buffer::i256;
use arrow_select::concat::concat;
use proptest::prelude::*;
use weir_parser::ast::{Expression, SelectItem, Statement};

use super::*;
use crate::types::{Column, RowSchema, StructField, Value, values_to_array};

fn parse(text: &str) -> Expression {
    let sql = format!("SELECT {text} FROM S EMIT CHANGES;");
    let Ok(Statement::Query(query)) = weir_parser::parse_statement(&sql).map(|p| p.statement) else {
        panic!("does not parse: {text}")
    };
    match query.select.into_iter().next() {
        Some(SelectItem::Expression { expression, .. }) => expression,
        other => panic!("no expression: {other:?}"),
    }
}

/// Columns that the cases use, with the values of some rows.
fn columns() -> Vec<(&'static str, SqlType, Vec<Value>)> {
    let point =
        SqlType::Struct(vec![StructField { name: weir_parser::ast::Name::new("F"), data_type: SqlType::Integer }]);
    let decimal = |unscaled: i128| Value::Decimal { unscaled: i256::from_i128(unscaled), scale: 2 };
    let map = |k: &str, v: i32| Value::Map(vec![(Value::string(k), Value::Integer(v))]);
    vec![
        ("A", SqlType::Integer, vec![Value::Integer(7), Value::Integer(0), Value::Null, Value::Integer(i32::MAX)]),
        ("B", SqlType::BigInt, vec![Value::BigInt(2), Value::BigInt(-3), Value::BigInt(4), Value::Null]),
        ("D", SqlType::Double, vec![Value::Double(1.5), Value::Double(0.0), Value::Double(-2.0), Value::Null]),
        ("C", SqlType::decimal(4, 2), vec![decimal(150), decimal(-25), Value::Null, decimal(9999)]),
        ("S", SqlType::String, vec![Value::string("abc"), Value::string("12"), Value::Null, Value::string("")]),
        ("T", SqlType::Boolean, vec![Value::Boolean(true), Value::Boolean(false), Value::Null, Value::Boolean(true)]),
        (
            "TS",
            SqlType::Timestamp,
            vec![Value::Timestamp(0), Value::Timestamp(-2000), Value::Null, Value::Timestamp(1)],
        ),
        (
            "L",
            SqlType::array(SqlType::Integer),
            vec![
                Value::Array(vec![Value::Integer(1), Value::Null]),
                Value::Array(vec![]),
                Value::Null,
                Value::Array(vec![Value::Integer(5)]),
            ],
        ),
        (
            "M",
            SqlType::map(SqlType::String, SqlType::Integer),
            vec![map("a", 1), map("b", 2), Value::Null, map("a", 3)],
        ),
        (
            "P",
            point,
            vec![
                Value::Struct(vec![Value::Integer(1)]),
                Value::Struct(vec![Value::Null]),
                Value::Null,
                Value::Struct(vec![Value::Integer(9)]),
            ],
        ),
    ]
}

fn schema() -> RowSchema {
    RowSchema::new(columns().into_iter().map(|(name, data_type, _)| Column::new(name, data_type)).collect())
}

fn arrays() -> Vec<ArrayRef> {
    columns().into_iter().map(|(_, data_type, values)| values_to_array(&data_type, &values)).collect()
}

const ROWS: usize = 4;

/// The value of each row as text, with `!` behind rows that failed as a whole and `?` per guarded failure.
fn evaluate(text: &str, columns: &[ArrayRef], rows: usize) -> Vec<String> {
    let compiled = compile(&parse(text), &schema()).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut failures = Vec::new();
    let array = compiled.evaluate(columns, rows, &mut failures);
    assert_eq!(array.len(), rows, "{text}");
    assert_eq!(array.data_type(), &crate::types::arrow_type(compiled.data_type()), "{text}");
    (0..rows)
        .map(|row| {
            let mut out = String::new();
            let value = Value::from_array(&array, row, compiled.data_type());
            text::write_value(&value, compiled.data_type(), &mut out);
            for failure in failures.iter().filter(|f| f.row as usize == row) {
                out.push(if is_guarded(failure) { '?' } else { '!' });
            }
            out
        })
        .collect()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(evaluate(text, &arrays(), ROWS).join(" "), expected, "{text}");
}

#[track_caller]
fn check_type(text: &str, expected: &str) {
    let shown = expression_type(&parse(text), &schema()).map(|t| t.map_or("null".into(), |t| t.to_string()));
    assert_eq!(shown.unwrap_or_else(|e| e.to_string()), expected, "{text}");
}

#[track_caller]
fn check_refused(text: &str, expected: &str) {
    let refusal = compile(&parse(text), &schema()).err().map(|e| e.to_string());
    assert_eq!(refusal.as_deref(), Some(expected), "{text}");
}

#[test]
fn arithmetic() {
    check("A + 1", "8 1 null! -2147483648");
    check("A + B", "9 -3 null! null!");
    check("10 / A", "1 null! null! 0");
    check("-7 % B", "-1 -1 -3 null!");
    check("A * 0.5", "3.5 0.0 null! 1073741823.5");
    check("C + C", "3.00 -0.50 null! 199.98");
    check("C * C", "2.2500 0.0625 null! 9998.0001");
    check("1.0 / C", "null! -4.000000 null! null!");
    check("C % 1", "0.50 -0.25 null! 0.99");
    check("D / 0", "Infinity NaN -Infinity null!");
    check("S + 'x'", "abcx 12x nullx x");
    check("-A", "-7 0 null! -2147483647");
    check_type("A + B", "BIGINT");
    check_type("A + C", "DECIMAL(13, 2)");
    check_type("C / C", "DECIMAL(11, 7)");
    check_type("C + D", "DOUBLE");
}

#[test]
fn arithmetic_refused() {
    check_type(
        "S + 1",
        "Error processing expression: (S + 1). Unsupported arithmetic types. STRING INTEGER\nStatement: (S + 1)",
    );
    check_type(
        "T + 1.5",
        "Error processing expression: (T + 1.5). Unsupported arithmetic types. BOOLEAN DECIMAL\nStatement: (T + 1.5)",
    );
    check_type(
        "A + NULL",
        "Error processing expression: (A + null). Arithmetic on types INTEGER and null are not supported.\nStatement: (A + null)",
    );
    check_type("X + 1", "Error processing expression: (X + 1). Unknown column X.\nStatement: (X + 1)");
    check_refused("-S", "Line 1, Column 1: Object of type \"java.lang.String\" cannot be converted to a numeric type");
}

#[test]
fn comparisons() {
    check("A = 7", "true false false false");
    check("NOT (A = 7)", "false true true true");
    check("A <> 7", "false true false true");
    check("A < B", "false false false false");
    check("C = 1.5", "true false false false");
    check("C < D", "false true false false");
    check("S > 'aab'", "true false false false");
    check("TS >= '1970-01-01'", "true false false true");
    check("TS = 'no time'", "null! null! false null!");
    check("TS BETWEEN '1970-01-01' AND ''", "null! null! false null!");
    check("TS = S", "false! false! false false!".replace("false!", "null!").as_str());
    check("A IS DISTINCT FROM 7", "false true true true");
    check("A IS NOT DISTINCT FROM B", "false false false false");
    check("L = L", "true true false true");
    check("A BETWEEN 0 AND 7", "true true false false");
    check("A NOT BETWEEN 0 AND 7", "false false true true");
    check("A IN (7, NULL, B + 3)", "true true false null!");
    check("A NOT IN (7, '0')", "false false true true");
    check("S LIKE '%b_'", "true false false false");
    check("S IS NULL", "false false true false");
}

#[test]
fn comparisons_refused() {
    check_type("A = 'x'", "Cannot compare A (INTEGER) to 'x' (STRING) with EQUAL.\nStatement: (A = 'x')");
    check_type("L < L", "Cannot compare L (ARRAY<INTEGER>) to L (ARRAY<INTEGER>) with LESS_THAN.\nStatement: (L < L)");
    check_type(
        "B = NULL",
        "Comparison with NULL not supported: BIGINT = NULL\nUse 'IS NULL' or 'IS NOT NULL' instead.",
    );
    check_refused("A IN (1, 'two')", "invalid input syntax for type INTEGER: \"two\".");
    check_refused(
        "A IN (1, true)",
        "operator does not exist: INTEGER = BOOLEAN (true)\nHint: You might need to add explicit type casts.",
    );
    check_refused(
        "T IN (true, S)",
        "operator does not exist: BOOLEAN = STRING (S)\nHint: You might need to add explicit type casts.",
    );
}

#[test]
fn logic_is_lazy() {
    check("A = 0 OR 10 / A > 1", "false true null! false");
    check("A <> 0 AND 10 / A > 0", "true false false false");
    check("T AND T", "true false null! true");
    check("A = 7 AND T", "true false false false");
    check("CASE WHEN A = 0 THEN -1 WHEN A = 7 THEN 10 / A END", "1 -1 null null");
    check("CASE WHEN A = 0 THEN 1 / A ELSE A END", "7 null! null 2147483647");
    check("CASE WHEN T THEN 'x' END", "x null null! x");
}

#[test]
fn cases_refused() {
    check_type("CASE WHEN S THEN 1 END", "WHEN operand type should be boolean.\nType for 'S' is STRING");
    check_type("CASE WHEN T THEN NULL END", "Invalid Case expression. All case branches have NULL type");
    check_type(
        "CASE WHEN T THEN 1 ELSE 'x' END",
        "Invalid Case expression. Type for the default clause should be the same as for 'THEN' clauses.\nTHEN type: INTEGER.\nDEFAULT type: STRING.",
    );
}

#[test]
fn casts() {
    check("CAST(A AS STRING)", "7 0 null 2147483647");
    check("CAST(D AS STRING)", "1.5 0.0 -2.0 null");
    check("CAST(C AS INT)", "1 0 null 99");
    check("CAST(D AS DECIMAL(2, 0))", "2 0 -2 null");
    check("CAST(A AS DECIMAL(2, 1))", "7.0 0.0 null null?");
    check("CAST(D AS DECIMAL(2000000000, 1))", "1.5 0.0 -2.0 null");
    check("CAST(S AS INT)", "null? 12 null null?");
    check("CAST(S AS BOOLEAN)", "false false null false");
    check("CAST(TS AS DATE)", "1970-01-01 1969-12-31 null 1970-01-01");
    check("CAST(TS AS TIME)", "00:00 23:59:58 null 00:00");
    check("CAST(L AS ARRAY<STRING>)", "[1, null] [] null [5]");
    check("CAST(L AS STRING)", "[1, null] [] null [5]");
    check("CAST(M AS MAP<STRING, DOUBLE>)", "{a=1.0} {b=2.0} null {a=3.0}");
    check("CAST(P AS STRUCT<F STRING, G INT>)", "Struct{F=1} Struct{} null Struct{F=9}");
    check("CAST(NULL AS INT)", "null null null null");
    check_refused("CAST(T AS INT)", "Cast of BOOLEAN to INTEGER is not supported");
    check_refused("CAST(L AS STRUCT<A INT>)", "Cast of ARRAY<INTEGER> to STRUCT<`A` INTEGER> is not supported");
}

#[test]
fn containers() {
    check("TRANSFORM(ARRAY[1, 2], x => x * 2)[2]", "4 4 4 4");
    check("REDUCE(ARRAY[1, 2], 0, (r, x) => r + x + A)", "17 3 null! 1");
    check("L[1]", "1 null null 5");
    check("L[-1]", "null null null 5");
    check("L[0]", "null null null null");
    check("M['a']", "1 null null 3");
    check("M[1]", "null null null null");
    check("P->F", "1 null null 9");
    check("ARRAY[A, 1 / A]", "[7, 0] [0, null]? [null, null]? [2147483647, 0]");
    check(
        "ARRAY[null, 10, '2e1', A]",
        "[null, 10, 20, 7] [null, 10, 20, 0] [null, 10, 20, null] [null, 10, 20, 2147483647]",
    );
    check("MAP('k' := A, 'k' := 1)", "{k=1} {k=1} {k=1} {k=1}");
    check("MAP(S := A)", "{abc=7} {12=0} {} {=2147483647}");
    check("STRUCT(X := A, Y := S)", "Struct{X=7,Y=abc} Struct{X=0,Y=12} Struct{} Struct{X=2147483647,Y=}");
    check_type("ARRAY[1, B, 2.5]", "ARRAY<DECIMAL(20, 1)>");
    check_type("MAP(S := A, 10 := 1)", "MAP<STRING, INTEGER>");
    check_type("STRUCT(A := 1, A := 2)", "Duplicate field names found in STRUCT: '`A` INTEGER' and '`A` INTEGER'");
    check_type(
        "P[1]",
        "Subscript expression (P[1]) do not apply to STRUCT<`F` INTEGER>. Use the dereference operator for STRUCTS: P->1",
    );
    check_type("P->G", "Could not find field 'G' in 'P'.");
    check_type("S->G", "Expected STRUCT type, got: STRING");
    check_type("ARRAY[1, 'a']", "invalid input syntax for type INTEGER: \"a\".");
    check_type("NOSUCH(A)", "Can't find any functions with the name 'NOSUCH'");
}

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
fn magic_timestamps() {
    let check = |text: &str, expected: &str| {
        assert_eq!(rewrite_magic_timestamps(&parse(text)).map_or_else(|e| e.message, |e| e.to_string()), expected);
    };
    check("ROWTIME > '1970-01-01T00:00:01'", "(ROWTIME > 1000)");
    check("WINDOWSTART BETWEEN '1970' AND 5", "(WINDOWSTART BETWEEN 0 AND 5)");
    check("A = '1970'", "(A = '1970')");
    let refused = |text: &str| rewrite_magic_timestamps(&parse(text)).map_or_else(|e| e.message, |e| e.to_string());
    let complaint = "Failed to parse timestamp 'x': Text 'x-01-01T00:00:00.000' could not be parsed at index 0\n";
    assert!(refused("ROWTIME > 'x'").starts_with(complaint));
}

#[test]
fn constants() {
    let check =
        |text: &str, expected: Value| assert_eq!(evaluate_constant(&parse(text)).unwrap().0, expected, "{text}");
    check("1 + 2", Value::Integer(3));
    check("NULL", Value::Null);
    check("ARRAY[1, 2][2]", Value::Integer(2));
    check("DECIMAL '1.20'", Value::Decimal { unscaled: i256::from_i128(120), scale: 2 });
    assert!(evaluate_constant(&parse("1 / 0")).is_err());
    assert!(evaluate_constant(&parse("A")).is_err());
}

/// Numeric expressions over the numeric columns, and what is built from them.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("A".to_string()),
        Just("B".to_string()),
        Just("L[1]".to_string()),
        Just("P->F".to_string()),
        Just("M['a']".to_string()),
        (-3..10_i32).prop_map(|n| format!("({n})")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), prop_oneof!["[-+*/%]"], inner.clone()).prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| {
                format!("CAST(CASE WHEN {a} < {b} AND {c} <> 0 OR {b} IN (1, {a}) THEN CAST({c} AS DOUBLE) ELSE CAST({b} AS DOUBLE) END AS BIGINT)")
            }),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("ARRAY[{a}, {b}][1]")),
            inner.prop_map(|a| format!("CAST(CAST({a} AS STRING) AS BIGINT)")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// A batch of n rows gives what n batches of one row give.
    #[test]
    fn batch_size_does_not_matter(text in expressions()) {
        let whole = evaluate(&text, &arrays(), ROWS);
        for (row, expected) in whole.iter().enumerate() {
            let one: Vec<ArrayRef> = arrays().iter().map(|a| concat(&[&a.slice(row, 1)]).unwrap()).collect();
            prop_assert_eq!(&evaluate(&text, &one, 1)[0], expected, "{} row {}", text, row);
            let sliced: Vec<ArrayRef> = arrays().iter().map(|a| a.slice(row, 1)).collect();
            prop_assert_eq!(&evaluate(&text, &sliced, 1)[0], expected, "{} sliced row {}", text, row);
        }
    }
}
