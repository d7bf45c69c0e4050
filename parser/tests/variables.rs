//! Session variables: where `${name}` is replaced, by what it may be, and that no value breaks out of its place.

use weir_parser::{VariableMap, parse_script};

/// The statement's text with the variables' values in it, or the message of the refusal.
fn substituted(sql: &str, variables: &[(&str, &str)]) -> String {
    let variables: VariableMap = variables.iter().copied().collect();
    parse_script(sql, &variables).map_or_else(|e| e.message, |mut statements| statements.remove(0).text)
}

#[track_caller]
fn check(sql: &str, variables: &[(&str, &str)], expected: &str) {
    assert_eq!(substituted(sql, variables), expected, "{sql} {variables:?}");
}

const NAMES: &str = "Identifier names cannot start with '@' and may only contain alphanumeric values and '_'.";

#[test]
fn a_name_stands_where_a_name_may() {
    let forms = [
        "DESCRIBE ${v};",
        "DROP STREAM ${v};",
        "CREATE STREAM ${v} (A INTEGER);",
        "CREATE STREAM S (${v} INTEGER);",
        "CREATE STREAM S (A ${v});",
        "CREATE STREAM S (A STRUCT<${v} INTEGER>);",
        "CREATE STREAM S (A INTEGER) WITH (${v}='t');",
        "CREATE TYPE ${v} AS INTEGER;",
        "INSERT INTO ${v} (A) VALUES (1);",
        "INSERT INTO S (${v}) VALUES (1);",
        "PRINT ${v};",
        "TERMINATE ${v};",
        "EXPLAIN ${v};",
        "DESCRIBE FUNCTION ${v};",
        "ASSERT TOPIC ${v} TIMEOUT 1 SECOND;",
        "SELECT A FROM ${v};",
        "SELECT A FROM S ${v};",
        "SELECT A AS ${v} FROM S;",
        "SELECT S.${v} FROM S;",
        "SELECT ${v}.A FROM S;",
        "SELECT ${v}->A FROM S;",
        "SELECT A->${v} FROM S;",
        "SELECT ${v}(A) FROM S;",
        "SELECT CAST(A AS ${v}) FROM S;",
        "SELECT STRUCT(${v} := 1) FROM S;",
        "SELECT TRANSFORM(A, ${v} => 1) FROM S;",
    ];
    for form in forms {
        check(form, &[("v", "Name_1")], &form.replace("${v}", "Name_1"));
        let column = form.find("${v}").unwrap() + 1;
        for value in ["5", "a b", "a-b", "'a'", "x; DROP STREAM S", "@a", ""] {
            check(
                form,
                &[("v", value)],
                &format!("Illegal argument at Line: 1, Col: {column}. {NAMES} Got: '{value}'"),
            );
        }
    }
    check("DESCRIBE ${v};", &[("v", "`things`")], "DESCRIBE `things`;");
    check("DESCRIBE ${v};", &[("v", "\"things\"")], "DESCRIBE \"things\";");
    check("DESCRIBE ${v};", &[("V", "THINGS")], "DESCRIBE THINGS;");
}

#[test]
fn a_literal_stands_where_a_literal_may() {
    let forms = [
        "SELECT ${v} FROM S;",
        "SELECT A + ${v} FROM S;",
        "SELECT A[${v}] FROM S;",
        "SELECT F(A, ${v}) FROM S;",
        "SELECT TRANSFORM(A, X => ${v}) FROM S;",
        "SELECT A FROM S WHERE A = ${v};",
        "SELECT A FROM S WHERE A LIKE ${v};",
        "SELECT A FROM S WHERE A IN (${v}, 2);",
        "SELECT A FROM S WHERE A BETWEEN ${v} AND 2;",
        "SELECT CASE WHEN A = 1 THEN ${v} ELSE 2 END FROM S;",
        "INSERT INTO S (A) VALUES (${v});",
        "CREATE STREAM S (A INTEGER) WITH (PARTITIONS=${v});",
    ];
    for form in forms {
        for value in ["5", "-5", "1.5", "1e5", "true", "FALSE", "'text'"] {
            check(form, &[("v", value)], &form.replace("${v}", value));
        }
        check(form, &[("v", "'it's'")], &form.replace("${v}", "'it''s'"));
        check(form, &[("v", "'it''s'")], &form.replace("${v}", "'it''s'"));
        let column = form.find("${v}").unwrap() + 1;
        for value in ["A", "null", "1e400", "NaN", "1 OR TRUE", "1; DROP STREAM S", "'a' || 'b", ""] {
            check(form, &[("v", value)], &format!("Illegal argument at Line: 1, Col: {column}. Got: '{value}'"));
        }
    }
}

#[test]
fn texts_take_any_value_as_text() {
    check("SET 'a' = '${v} ${w}';", &[("v", "it's")], "SET 'a' = 'it''s ${w}';");
    check("UNSET '${v}';", &[("v", "a.b")], "UNSET 'a.b';");
    check("DEFINE a = '${v}';", &[("v", "c")], "DEFINE a = 'c';");
    check("PRINT '${v}';", &[("v", "t")], "PRINT 't';");
    check(
        "SELECT '${v}' FROM S;",
        &[("v", "x' FROM S; DROP STREAM S; --")],
        "SELECT 'x'' FROM S; DROP STREAM S; --' FROM S;",
    );
}

#[test]
fn elsewhere_the_text_is_left_alone() {
    check("ALTER SYSTEM 'a' = '${v}';", &[("v", "b")], "ALTER SYSTEM 'a' = '${v}';");
    check("LIST STREAMS /* ${v} */ ;", &[("v", "*/")], "LIST STREAMS /* ${v} */ ;");
    check("SELECT `${v}` FROM S;", &[("v", "A")], "SELECT `${v}` FROM S;");
    check("SELECT \"${v}\" FROM S;", &[("v", "A")], "SELECT \"${v}\" FROM S;");
}

#[test]
fn a_variable_without_a_value_is_no_name_and_no_literal() {
    check("SELECT A ${v} FROM S;", &[], &format!("Illegal argument at Line: 1, Col: 10. {NAMES} Got: '${{v}}'"));
    check("SELECT ${v} FROM S;", &[], "Illegal argument at Line: 1, Col: 8. Got: '${v}'");
    check(
        "DESCRIBE ${who};",
        &[],
        "Illegal argument at Line: 1, Col: 10. Source names may only contain alphanumeric values, '_' or '-'. \
         Got: '${WHO}'",
    );
    check("SELECT '${v}' FROM S;", &[], "SELECT '${v}' FROM S;");
}

#[test]
fn no_variable_stands_for_a_number_of_the_grammar() {
    check("SELECT A FROM S LIMIT ${v};", &[("v", "1")], "line 1:23: Syntax Error\n");
    check("SELECT A FROM S WHERE ${1v};", &[("1v", "1")], "line 1:23: Syntax Error\n");
    check("SELECT A FROM S WHERE ${ v };", &[("v", "1")], "line 1:23: Syntax Error\n");
}
