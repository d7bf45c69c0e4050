//! The common type of the items of ARRAY, MAP and IN.

use super::*;

/// The type of `ARRAY[items]`, or the refusal.
#[track_caller]
fn items(items: &str, expected: &str) {
    check_type(&format!("ARRAY[{items}]"), expected);
}

#[track_caller]
fn no_common_type(list: &str, left: &str, right: &str) {
    let message =
        format!("operator does not exist: {left} = {right}\nHint: You might need to add explicit type casts.");
    items(list, &message);
}

#[test]
fn numbers_widen() {
    items("1, NULL", "ARRAY<INTEGER>");
    items("A, B", "ARRAY<BIGINT>");
    items("1, 2.5", "ARRAY<DECIMAL(11, 1)>");
    items("A, C", "ARRAY<DECIMAL(12, 2)>");
    items("C, 123.456", "ARRAY<DECIMAL(6, 3)>");
    items("A, B, C, D", "ARRAY<DOUBLE>");
}

#[test]
fn texts_written_out_become_what_the_others_are() {
    items("1, '2'", "ARRAY<INTEGER>");
    items("'2', 1", "ARRAY<INTEGER>");
    items("1, '1.5'", "ARRAY<DECIMAL(11, 1)>");
    items("1, '99999999999'", "ARRAY<BIGINT>");
    items("1E1, '2'", "ARRAY<DOUBLE>");
    items("TRUE, 'yes'", "ARRAY<BOOLEAN>");
    items("'n', TRUE", "ARRAY<BOOLEAN>");
    items("TS, '2020'", "ARRAY<TIMESTAMP>");
    items("'1', '2'", "ARRAY<STRING>");
    items("S, 1", "ARRAY<STRING>");
    items("'x', 1", "invalid input syntax for type INTEGER: \"x\".");
    items("'1', 2, 'x'", "invalid input syntax for type INTEGER: \"x\".");
    items("'maybe', TRUE", "invalid input syntax for type BOOLEAN: \"maybe\".");
    check("ARRAY[S, 1, TRUE]", "[abc, 1, true] [12, 1, true] [null, 1, true] [, 1, true]");
    check("ARRAY['t', TRUE, 'N', 'no', 'f']", &["[true, true, false, false, false]"; 4].join(" "));
}

#[test]
fn columns_are_only_widened() {
    no_common_type("S, A", "STRING", "INTEGER (A)");
    no_common_type("A, S", "INTEGER", "STRING (S)");
    no_common_type("1, TRUE", "INTEGER", "BOOLEAN (true)");
    no_common_type("A, T", "INTEGER", "BOOLEAN (T)");
    no_common_type("TS, DT", "TIMESTAMP", "DATE (DT)");
    no_common_type("'2020', TS", "STRING", "TIMESTAMP (TS)");
    no_common_type("L, M", "ARRAY<INTEGER>", "MAP<STRING, INTEGER> (M)");
}

#[test]
fn containers_merge_inside() {
    items("ARRAY[1], ARRAY[2.5]", "ARRAY<ARRAY<DECIMAL(11, 1)>>");
    items("L, ARRAY[B]", "ARRAY<ARRAY<BIGINT>>");
    items("MAP('a' := 1), MAP('b' := 2.5)", "ARRAY<MAP<STRING, DECIMAL(11, 1)>>");
    items("STRUCT(F := 1), STRUCT(G := 'x')", "ARRAY<STRUCT<`F` INTEGER, `G` STRING>>");
    items("STRUCT(F := 1, G := 2), STRUCT(F := 1.5)", "ARRAY<STRUCT<`F` DECIMAL(11, 1), `G` INTEGER>>");
    items("P, STRUCT(F := B)", "ARRAY<STRUCT<`F` BIGINT>>");
    check("ARRAY[STRUCT(F := 1), STRUCT(G := 'x')][2]->F", "null null null null");
    check("ARRAY[STRUCT(F := 1), STRUCT(G := 'x')][2]->G", "x x x x");
}

#[test]
fn in_compares_as_equality_does() {
    check("A IN (7.0)", "true false false false");
    check("A IN (7.5, B + 5)", "true false false false?");
    check("A IN ('7')", "true false false false");
    check("S IN ('abc', 12)", "true true false false");
    check("S IN (12)", "false true false false");
    check("T IN ('yes')", "true false false true");
    check("TS IN ('1970-01-01T00:00:00.001')", "false false false true");
    check("BB IN ('AX8=')", "true false false false");
    check("L IN (ARRAY['5'])", "false false false true");
    check("L IN (ARRAY[1, NULL])", "true false false false");
    check("P IN (STRUCT(F := '9'))", "false false false true");
    check("M IN (MAP('b' := 2.0))", "false true false false");
    check("A NOT IN (8, NULL)", "true true true true");
    check("A NOT IN (NULL)", "true true true true");
    check("A IN (NULL)", "false false false false");
    check("NULL IN (1)", "false false false false");
    check("NULL NOT IN (1)", "true true true true");
    check_refused("A IN ('x')", "invalid input syntax for type INTEGER: \"x\".");
    let hint = "Hint: You might need to add explicit type casts.";
    check_refused("A IN (S)", &format!("operator does not exist: INTEGER = STRING (S)\n{hint}"));
    check_refused("T IN (1)", &format!("operator does not exist: BOOLEAN = INTEGER (1)\n{hint}"));
}
