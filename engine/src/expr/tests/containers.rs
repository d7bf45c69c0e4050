//! Constructors of arrays, maps and structs, and access to their parts.

use super::*;

#[test]
fn containers() {
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
    check("MAP(S := A)", "{abc=7} {12=0} {null=null} {=2147483647}");
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
fn positions_count_from_both_ends() {
    let item = |index: &str| format!("ARRAY[10, 20, 30][{index}]");
    for (index, expected) in
        [("1", "10"), ("3", "30"), ("4", "null"), ("0", "null"), ("-1", "30"), ("-3", "10"), ("-4", "null")]
    {
        check(&item(index), &[expected; 4].join(" "));
    }
    check(&item("B"), "20 10 null null!");
    check(&item("9223372036854775807"), "null null null null");
    check(&item("-9223372036854775808"), "null null null null");
    check_refused("L['1']", "Line 1, Column 1: Cannot cast \"java.lang.String\" to \"int\"");
    check_refused("L[1E0]", "Line 1, Column 1: Cannot cast \"java.lang.Double\" to \"int\"");
}

#[test]
fn parts_of_parts() {
    check("ARRAY[STRUCT(X := L)][1]->X[1]", "1 null null 5");
    check("STRUCT(X := STRUCT(Y := S))->X->Y", "abc 12 null ");
    check("MAP('a' := M)['a']['a']", "1 null null 3");
    check("STRUCT(X := M)->X[S]", "null null null null");
    check_type("P->F->G", "Expected STRUCT type, got: INTEGER");
    check_type("STRUCT(X := P)->X->Y", "Could not find field 'Y' in 'STRUCT(X:=P)->X'.");
    check_type("A[1]", "Subscript expression (A[1]) do not apply to INTEGER.");
    check_type("P->`f`", "Could not find field 'f' in 'P'.");
}

#[test]
fn constructors_need_something_to_tell_their_type() {
    let issue = "(see https://github.com/confluentinc/ksql/issues/4239)";
    let advice = |part: &str| format!("As a workaround, you may cast a NULL {part} to the desired type.");
    check_type("ARRAY[]", &format!("Array constructor cannot be empty. Please supply at least one element {issue}."));
    check_type(
        "MAP()",
        &format!("Map constructor cannot be empty. Please supply at least one key value pair {issue}."),
    );
    check_type(
        "ARRAY[NULL, NULL]",
        &format!("Cannot construct an array with all NULL elements {issue}. {}", advice("value")),
    );
    check_type("MAP(NULL := 1)", &format!("Cannot construct a map with all NULL keys {issue}. {}", advice("key")));
    check_type(
        "MAP('a' := NULL)",
        &format!("Cannot construct a map with all NULL values {issue}. {}", advice("value")),
    );
    check_type("STRUCT()", "STRUCT<>");
    check_type("STRUCT(f := 1, `f` := 2)", "STRUCT<`F` INTEGER, `f` INTEGER>");
    check_type(
        "STRUCT(F := NULL)",
        "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).",
    );
}
