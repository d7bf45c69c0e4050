//! AND, OR, NOT and CASE: of two values, evaluated no further than needed.

use super::*;

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
fn a_null_operand_fails_unless_it_is_not_needed() {
    check("NOT T", "false true null! false");
    check("T OR A = 7", "true false null! true");
    check("A = 7 OR T", "true false null! true");
    check("FALSE AND T", "false false false false");
    check("TRUE OR T", "true true true true");
    check("T IS NULL OR T", "true false true true");
    check("FALSE AND 1 / 0 = 1", "false false false false");
    check("TRUE OR 1 / 0 = 1", "true true true true");
    check("1 / 0 = 1 OR TRUE", "null! null! null! null!");
    check("NULL AND TRUE", "null! null! null! null!");
    check("FALSE AND NULL", "false false false false");
    check("NOT NULL", "null! null! null! null!");
}

#[test]
fn operands_are_boolean() {
    check_refused("A AND T", "Expected a BOOLEAN operand, but A is INTEGER");
    check_refused("T OR S", "Expected a BOOLEAN operand, but S is STRING");
    check_refused("NOT A", "Expected a BOOLEAN operand, but A is INTEGER");
}

#[test]
fn branches_of_a_case_have_one_type() {
    check("CASE WHEN A = 7 THEN NULL ELSE 1 END", "null 1 1 1");
    check("CASE WHEN A = 7 THEN NULL WHEN A = 0 THEN 'y' ELSE NULL END", "null y null null");
    check("CASE WHEN A = 7 THEN ARRAY[1] ELSE L END", "[1] [] null [5]");
    check_type(
        "CASE WHEN T THEN 1 WHEN A = 8 THEN B END",
        "Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression 'WHEN (A = 8) THEN B' has \
         type: BIGINT.\nPrevious THEN expression(s) type: INTEGER.",
    );
    check_type(
        "CASE WHEN T THEN C ELSE 1.5 END",
        "Invalid Case expression. Type for the default clause should be the same as for 'THEN' clauses.\nTHEN type: \
         DECIMAL(4, 2).\nDEFAULT type: DECIMAL(2, 1).",
    );
    check_type("CASE WHEN NULL THEN 1 END", "WHEN operand type should be boolean.\nType for 'null' is null");
    check_type("CASE WHEN T THEN NULL ELSE NULL END", "Invalid Case expression. All case branches have NULL type");
}
