//! CAST between all kinds of types.

use super::*;

#[test]
fn casts() {
    check("CAST(A AS STRING)", "7 0 null 2147483647");
    check("CAST(D AS STRING)", "1.5 0.0 -2.0 null");
    check("CAST(C AS INT)", "1 0 null 99");
    check("CAST(D AS DECIMAL(2, 0))", "2 0 -2 null");
    check("CAST(A AS DECIMAL(2, 1))", "7.0 0.0 null null?");
    check("CAST(D AS DECIMAL(1000, 1))", "1.5 0.0 -2.0 null");
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
fn structs_are_cast_by_the_names_of_their_fields() {
    check("CAST(STRUCT(A := 1, B := 'x') AS STRUCT<B STRING, C INT>)->B", "x x x x");
    check("CAST(P AS STRUCT<`f` INT>)", "Struct{} Struct{} null Struct{}");
    check("CAST(P AS STRUCT<>)", "Struct{} Struct{} null Struct{}");
    check("CAST(STRUCT(A := P) AS STRUCT<A STRUCT<F STRING>>)->A->F", "1 null null 9");
}

#[test]
fn containers_are_cast_item_by_item() {
    check("CAST(ARRAY[L] AS ARRAY<ARRAY<DOUBLE>>)", "[[1.0, null]] [[]] [null] [[5.0]]");
    check("CAST(MAP(1 := A) AS MAP<STRING, STRING>)", "{1=7} {1=0} {1=null} {1=2147483647}");
    check("CAST(ARRAY[STRUCT(X := A)] AS STRING)", "[Struct{X=7}] [Struct{X=0}] [Struct{}] [Struct{X=2147483647}]");
    check("CAST(MAP('k' := ARRAY[1.50]) AS STRING)", "{k=[1.50]} {k=[1.50]} {k=[1.50]} {k=[1.50]}");
}

#[test]
fn casts_that_there_are_not() {
    for (text, from, to) in [
        ("CAST(A AS BOOLEAN)", "INTEGER", "BOOLEAN"),
        ("CAST(A AS TIMESTAMP)", "INTEGER", "TIMESTAMP"),
        ("CAST(TS AS BIGINT)", "TIMESTAMP", "BIGINT"),
        ("CAST(DT AS TIME)", "DATE", "TIME"),
        ("CAST(TM AS TIMESTAMP)", "TIME", "TIMESTAMP"),
        ("CAST(BB AS STRING)", "BYTES", "STRING"),
        ("CAST(T AS DOUBLE)", "BOOLEAN", "DOUBLE"),
        ("CAST(L AS ARRAY<DATE>)", "ARRAY<INTEGER>", "ARRAY<DATE>"),
        ("CAST(P AS MAP<STRING, INT>)", "STRUCT<`F` INTEGER>", "MAP<STRING, INTEGER>"),
        ("CAST(M AS STRUCT<A INT>)", "MAP<STRING, INTEGER>", "STRUCT<`A` INTEGER>"),
        ("CAST(P AS STRUCT<F BYTES>)", "STRUCT<`F` INTEGER>", "STRUCT<`F` BYTES>"),
    ] {
        check_refused(text, &format!("Cast of {from} to {to} is not supported"));
    }
    check_type("CAST(A AS NOPE)", "Cannot resolve unknown type: NOPE");
    check_type(
        "CAST(P AS STRUCT<X INT, x BIGINT>)",
        "Duplicate field names found in STRUCT: '`X` INTEGER' and '`X` BIGINT'",
    );
}
