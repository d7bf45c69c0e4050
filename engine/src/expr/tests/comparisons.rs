//! Comparisons, BETWEEN, LIKE and IS: never NULL, whatever stands beside them.

use super::*;

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
fn null_makes_a_comparison_false_and_its_negation_true() {
    check("A <> 7", "false true false true");
    check("NOT (A <> 7)", "true false true false");
    check("A = CAST(NULL AS INT)", "false false false false");
    check("A NOT BETWEEN NULL AND 8", "true true true true");
    check("A BETWEEN NULL AND 8", "false false false false");
    check("NULL BETWEEN 1 AND 2", "false false false false");
    check("S NOT LIKE 'a%'", "false true true true");
    check("S LIKE NULL", "false false false false");
    check("NULL IS NULL", "true true true true");
    check("NULL IS NOT NULL", "false false false false");
    check("A IS DISTINCT FROM CAST(NULL AS INT)", "true true false true");
}

#[test]
fn times_are_compared_with_texts_and_each_other() {
    check("TS = '1970-01-01T00:00:00.001'", "false false false true");
    check("'1970' <= TS", "true false false true");
    check("TS = DT", "true false false false");
    check("DT > '1970-01'", "false true false false");
    check("DT = '1969-12-31'", "false false false true");
    check("TM >= '10:00:01'", "false true false true");
    check("TM = '00:00'", "true false false false");
    check("TS > 'nonsense'", "null! null! false null!");
    check("'nonsense' = DT", "null! null! false null!");
    check("TS IS DISTINCT FROM 'nonsense'", "null! null! true null!");
    check("TM > '3'", "null! null! false null!");
    check("TS BETWEEN '1970' AND '1971'", "true false false true");
}

#[test]
fn bytes_are_signed_and_a_prefix_is_smaller() {
    check("BB > TO_BYTES('00', 'hex')", "true false false false");
    check("BB < TO_BYTES('80', 'hex')", "false false false true");
    check("BB >= TO_BYTES('01', 'hex')", "true false false false");
    check("BB = TO_BYTES('017F', 'hex')", "true false false false");
    check("BB BETWEEN TO_BYTES('80', 'hex') AND TO_BYTES('01', 'hex')", "false true false false");
}

#[test]
fn containers_are_equal_by_their_parts() {
    check("L = ARRAY[1, CAST(NULL AS INT)]", "true false false false");
    check("M <> MAP('b' := 2)", "true false false true");
    check("P = STRUCT(F := 1)", "true false false false");
    check("P IS DISTINCT FROM STRUCT(F := CAST(NULL AS INT))", "true false true true");
}

#[test]
fn types_that_cannot_be_compared() {
    for (text, left, right, operator) in [
        ("A >= 'x'", "A (INTEGER)", "'x' (STRING)", "GREATER_THAN_OR_EQUAL"),
        ("T < T", "T (BOOLEAN)", "T (BOOLEAN)", "LESS_THAN"),
        ("T = 1", "T (BOOLEAN)", "1 (INTEGER)", "EQUAL"),
        ("BB = S", "BB (BYTES)", "S (STRING)", "EQUAL"),
        ("TS = 5", "TS (TIMESTAMP)", "5 (INTEGER)", "EQUAL"),
        ("TM <> TS", "TM (TIME)", "TS (TIMESTAMP)", "NOT_EQUAL"),
        ("TM > DT", "TM (TIME)", "DT (DATE)", "GREATER_THAN"),
        ("M <= M", "M (MAP<STRING, INTEGER>)", "M (MAP<STRING, INTEGER>)", "LESS_THAN_OR_EQUAL"),
        ("A IS DISTINCT FROM S", "A (INTEGER)", "S (STRING)", "IS_DISTINCT_FROM"),
        ("P IS NOT DISTINCT FROM L", "P (STRUCT<`F` INTEGER>)", "L (ARRAY<INTEGER>)", "IS_NOT_DISTINCT_FROM"),
    ] {
        let shown = parse(text);
        check_type(text, &format!("Cannot compare {left} to {right} with {operator}.\nStatement: {shown}"));
    }
    for (text, shown) in [
        ("NULL = A", "NULL = INTEGER"),
        ("NULL <> NULL", "NULL <> NULL"),
        ("S > NULL", "STRING > NULL"),
        ("L = NULL", "ARRAY = NULL"),
        ("A IS DISTINCT FROM NULL", "INTEGER IS DISTINCT FROM NULL"),
    ] {
        let advice = "Use 'IS NULL' or 'IS NOT NULL' instead.";
        check_type(text, &format!("Comparison with NULL not supported: {shown}\n{advice}"));
    }
    check_refused("A BETWEEN 1 AND 'b'", "Cannot compare A (INTEGER) to 'b' (STRING) with LESS_THAN_OR_EQUAL");
    check_refused("T BETWEEN TRUE AND T", "Cannot compare T (BOOLEAN) to true (BOOLEAN) with GREATER_THAN_OR_EQUAL");
}

#[test]
fn like_escapes_one_character() {
    check("'a%' LIKE 'a!%' ESCAPE '!'", "true true true true");
    check("S LIKE 'a!%' ESCAPE '!'", "false false false false");
    check("S LIKE 'a_c'", "true false false false");
    check("S LIKE 'A%'", "false false false false");
    check("S LIKE 'abc!' ESCAPE '!'", "null! null! false null!");
}
