//! Scripts: where statements end, and what variables make of them.

use weir_parser::{
    ParseError, StatementText, VariableMap, is_complete, parse_script, parse_single,
    parse_statement, split_statements,
};

fn texts(sql: &str) -> Vec<String> {
    split_statements(sql)
        .unwrap()
        .into_iter()
        .map(|statement| statement.text)
        .collect()
}

#[test]
fn a_script_is_cut_at_its_semicolons() {
    let check = |sql: &str, expected: &[&str]| assert_eq!(texts(sql), expected, "{sql}");
    check("", &[]);
    check(" \n -- only this\n /* ; */ ", &[]);
    check(
        "LIST STREAMS;LIST TABLES;",
        &["LIST STREAMS;", "LIST TABLES;"],
    );
    check(
        "-- a;\n SET 'a;b' = 'c'; /* d */ LIST TABLES ; -- e",
        &["SET 'a;b' = 'c';", "LIST TABLES ;"],
    );
    check(
        "SELECT `a;b`, \"c;d\" FROM X;",
        &["SELECT `a;b`, \"c;d\" FROM X;"],
    );
}

#[test]
fn a_statement_knows_where_it_stands() {
    let second = split_statements("LIST TABLES;\n  DROP STREAM X;")
        .unwrap()
        .remove(1);
    assert_eq!((second.start, second.line, second.column), (15, 2, 3));
    let error = parse_single(
        &StatementText {
            text: "DROP X;".to_owned(),
            ..second
        },
        &VariableMap::default(),
    );
    assert_eq!(
        error.map_err(|e| (e.span.line, e.span.column, e.span.start)),
        Err((2, 8, 20))
    );
}

#[test]
fn only_a_single_statement_may_lack_its_semicolon() {
    assert!(parse_statement("LIST STREAMS").is_ok());
    assert!(parse_statement("LIST STREAMS; LIST TABLES;").is_err());
    assert!(parse_statement("").is_err());
    assert!(parse_script("LIST STREAMS", &VariableMap::default()).is_err());
}

#[test]
fn a_typed_text_is_complete_at_its_semicolon() {
    let check = |text: &str, complete: bool| assert_eq!(is_complete(text), complete, "{text}");
    check("LIST STREAMS;", true);
    check("LIST STREAMS; -- all", true);
    check("LIST STREAMS", false);
    check("SELECT 'a;", false);
    check("SELECT 'a';", true);
    check("SELECT 1 /* ;", false);
    check("SELECT 1 -- ;", false);
    check("", false);
}

/// The statement's text with the variables' values in it.
fn substituted(sql: &str, variables: &[(&str, &str)]) -> Result<String, ParseError> {
    let variables: VariableMap = variables.iter().copied().collect();
    parse_script(sql, &variables).map(|mut statements| statements.remove(0).text)
}

#[test]
fn variables_are_replaced_where_they_may_stand() {
    let check = |sql, variables: &[_], expected: &str| {
        assert_eq!(
            substituted(sql, variables).map_err(|e| e.message),
            Ok(expected.to_owned())
        );
    };
    check("DESCRIBE ${who};", &[("WHO", "THINGS")], "DESCRIBE THINGS;");
    check(
        "DESCRIBE ${who};",
        &[("who", "`things`")],
        "DESCRIBE `things`;",
    );
    check(
        "SELECT * FROM X WHERE A > ${min};",
        &[("min", "10")],
        "SELECT * FROM X WHERE A > 10;",
    );
    check(
        "SELECT * FROM X WHERE A = ${v};",
        &[("v", "'it's'")],
        "SELECT * FROM X WHERE A = 'it''s';",
    );
    check(
        "SELECT ${s}.ID FROM ${s};",
        &[("s", "X")],
        "SELECT X.ID FROM X;",
    );
    check(
        "SET 'a' = '${v} ${w}';",
        &[("v", "it's")],
        "SET 'a' = 'it''s ${w}';",
    );
    check("DEFINE a = '${b}';", &[("b", "c")], "DEFINE a = 'c';");
    check(
        "ALTER SYSTEM 'a' = '${v}';",
        &[("v", "b")],
        "ALTER SYSTEM 'a' = '${v}';",
    );
    check(
        "LIST STREAMS /* ${v} */ ;",
        &[("v", "*/")],
        "LIST STREAMS /* ${v} */ ;",
    );
}

#[test]
fn a_value_cannot_break_out_of_its_place() {
    let check = |sql, variables: &[_], expected: &str| {
        assert_eq!(
            substituted(sql, variables).map_err(|e| e.message),
            Err(expected.to_owned())
        );
    };
    check(
        "DESCRIBE ${who};",
        &[("who", "THINGS; DROP STREAM THINGS")],
        "Illegal argument at Line: 1, Col: 10. Identifier names cannot start with '@' and may only contain \
         alphanumeric values and '_'. Got: 'THINGS; DROP STREAM THINGS'",
    );
    check(
        "SELECT * FROM X WHERE A = ${v};",
        &[("v", "1 OR TRUE")],
        "Illegal argument at Line: 1, Col: 27. Got: '1 OR TRUE'",
    );
    check(
        "DESCRIBE ${who};",
        &[],
        "Illegal argument at Line: 1, Col: 10. Source names may only contain alphanumeric values, '_' or '-'. \
         Got: '${WHO}'",
    );
    check(
        "SELECT * FROM X WHERE A = ${v};",
        &[],
        "Illegal argument at Line: 1, Col: 27. Got: '${v}'",
    );
}
