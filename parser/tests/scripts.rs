//! Scripts: where statements end.

use weir_parser::{
    StatementText, VariableMap, is_complete, parse_script, parse_single, parse_statement, split_statements,
};

fn texts(sql: &str) -> Vec<String> {
    split_statements(sql).unwrap().into_iter().map(|statement| statement.text).collect()
}

#[test]
fn a_script_is_cut_at_its_semicolons() {
    let check = |sql: &str, expected: &[&str]| assert_eq!(texts(sql), expected, "{sql}");
    check("", &[]);
    check(" \n -- only this\n /* ; */ ", &[]);
    check("LIST STREAMS;LIST TABLES;", &["LIST STREAMS;", "LIST TABLES;"]);
    check("-- a;\n SET 'a;b' = 'c'; /* d */ LIST TABLES ; -- e", &["SET 'a;b' = 'c';", "LIST TABLES ;"]);
    check("SELECT `a;b`, \"c;d\" FROM X;", &["SELECT `a;b`, \"c;d\" FROM X;"]);
}

#[test]
fn a_statement_knows_where_it_stands() {
    let second = split_statements("LIST TABLES;\n  DROP STREAM X;").unwrap().remove(1);
    assert_eq!((second.start, second.line, second.column), (15, 2, 3));
    let error = parse_single(&StatementText { text: "DROP X;".to_owned(), ..second }, &VariableMap::default());
    assert_eq!(error.map_err(|e| (e.span.line, e.span.column, e.span.start)), Err((2, 8, 20)));
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
