//! Expressions: what binds how tightly, shown by the brackets of the canonical text, and how each form is printed.

use weir_parser::parse_expression;

#[track_caller]
fn check(text: &str, expected: &str) {
    let printed = parse_expression(text).map_or_else(|e| e.message, |expression| expression.to_string());
    assert_eq!(printed, expected, "{text}");
    if let Ok(expression) = parse_expression(&printed) {
        assert_eq!(expression.to_string(), printed, "{text} printed twice");
    }
}

#[test]
fn operators_bind_by_precedence_and_to_the_left() {
    check("1 + 2 * 3 - 4 / 2 % 3", "((1 + (2 * 3)) - ((4 / 2) % 3))");
    check("a - b - c", "((A - B) - C)");
    check("a || b + c || d", "CONCAT(CONCAT(A, (B + C)), D)");
    check("a || 'x' = 'ax'", "(CONCAT(A, 'x') = 'ax')");
    check("not a = b and c or d and not e", "(((NOT (A = B)) AND C) OR (D AND (NOT E)))");
    check("a or b or c", "((A OR B) OR C)");
    check("not not a", "(NOT (NOT A))");
    check("-a[1]", "-A[1]");
    check("-a * -1", "(-A * -1)");
    check("a - -1", "(A - -1)");
    check("a -1", "(A - 1)");
    check("- -a", "-(-A)");
    check("+a", "A");
    check("s->f[1]->g", "S->F[1]->G");
    check("a between 1 + 1 and 2 and b", "((A BETWEEN (1 + 1) AND 2) AND B)");
    check("a in (1, 2) = b", "line 1:20: Syntax Error\nExpecting {',', 'FROM'}");
    check("a = b = c", "line 1:14: Syntax Error\nExpecting {',', 'FROM'}");
    check("a is null is null", "line 1:18: Syntax Error\nExpecting {',', 'FROM'}");
}

#[test]
fn predicates_print_in_brackets() {
    check("a != 1", "(A <> 1)");
    check("a is not distinct from b", "(A IS NOT DISTINCT FROM B)");
    check("a is distinct from b", "(A IS DISTINCT FROM B)");
    check("a is not null", "(A IS NOT NULL)");
    check("a in (1, 'x')", "(A IN (1, 'x'))");
    check("a like 'x!%' escape '!'", "(A LIKE 'x!%' ESCAPE '!')");
    check("a like 'x' escape ''''", "(A LIKE 'x' ESCAPE '''')");
}

#[test]
fn constructors_calls_and_casts_print_without_blanks_inside() {
    check("array [ 1 , null ]", "ARRAY[1, null]");
    check("map ( 'a' := 1 , b := 2 )", "MAP('a':=1, B:=2)");
    check("struct ( a := 1 , `b` := 2 )", "STRUCT(A:=1, `b`:=2)");
    check("array[]", "ARRAY[]");
    check("map()", "MAP()");
    check("struct()", "STRUCT()");
    check("abs(a)", "ABS(A)");
    check("`abs`(a)", "ABS(A)");
    check("count ( * )", "COUNT(*)");
    check("dateadd(days, 1, d)", "DATEADD(DAYS, 1, D)");
    check("cast(a as decimal(4,2))", "CAST(A AS DECIMAL(4, 2))");
    check("cast(a as int array)", "CAST(A AS ARRAY<INTEGER>)");
    check(
        "cast(a as struct<x varchar(3), `y` map<string, bytes>>)",
        "CAST(A AS STRUCT<X STRING, `y` MAP<STRING, BYTES>>)",
    );
    check("case when a then 1 when b then 2 else 3 end", "(CASE WHEN A THEN 1 WHEN B THEN 2 ELSE 3 END)");
    check("case a when 1 then 2 end", "(CASE A WHEN 1 THEN 2 END)");
    check("transform(a, x => x + b)", "TRANSFORM(A, (X) => (X + B))");
    check("reduce(a, 0, (`s`, x) => `s`)", "REDUCE(A, 0, (`s`, X) => `s`)");
    check("ts at time zone 'UTC'", "TS AT TIME ZONE 'UTC'");
}

#[test]
fn names_print_as_they_must_be_written() {
    check("abc", "ABC");
    check("`ABC`", "ABC");
    check("`abc`", "`abc`");
    check("\"abc\"", "`abc`");
    check("`from`", "`from`");
    check("`FROM`", "`FROM`");
    check("`a``b`", "`a``b`");
    check("\"a\"\"b\"", "`a\"b`");
    check("s.a", "S.A");
    check("`s`.`a b`", "`s`.`a b`");
    check("_x@1", "_X@1");
    check("1r0", "`1R0`");
    check("date + time + key", "((DATE + TIME) + KEY)");
}

#[test]
fn the_parameters_of_a_lambda_differ() {
    check("f(a, (x, x) => x)", "Failed to prepare statement: Lambda arguments have duplicates: [X, X]");
    check("f(a, (x, `x`) => x)", "F(A, (X, `x`) => X)");
    check("f(a, (x, y, z) => x, y => y)", "F(A, (X, Y, Z) => X, (Y) => Y)");
}

#[test]
fn a_lambda_is_only_a_trailing_argument() {
    check("x => x", "line 1:10: Syntax Error\nExpecting {',', 'FROM'}");
    check("f(x => x)", "line 1:12: Syntax Error\nSyntax error at or near '=>' at line 1:12");
    check("f(a, x => x, b)", "line 1:22: Syntax Error\nSyntax error at or near ')' at line 1:22");
}

#[test]
fn comments_stand_wherever_blanks_may() {
    check("a /* b */ + -- c\n d", "(A + D)");
    check("a/**/+/* /* */b", "(A + B)");
}
