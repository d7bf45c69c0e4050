//! What a refused text is answered with: the message as a ksqlDB server words it.

use weir_parser::{Grammar, ParseErrorKind, VariableMap, parse_single, parse_statement, split_statements_of};

/// The message for a server's script; `Syntax Error` and its place in front are written as `L:C|detail`.
fn check(sql: &str, expected: &str) {
    let result = split_statements_of(sql, Grammar::Server)
        .and_then(|statements| statements.iter().try_for_each(|s| parse_single(s, &VariableMap::default()).map(drop)));
    let message = match expected.split_once('|') {
        Some((place, detail)) => format!("line {place}: Syntax Error\n{detail}"),
        None => expected.to_owned(),
    };
    assert_eq!(result.map_err(|e| e.message), Err(message), "{sql}");
}

#[test]
fn an_unknown_first_word_is_told_with_the_nearest_known_one() {
    check("CREAT STREAM X (A INT);", "1:1|Unknown statement 'CREAT'\nDid you mean 'CREATE'?");
    check("hello world;", "1:1|Unknown statement 'hello'\nDid you mean 'SELECT'?");
    check("LIST STREAMS; nonsense; LIST TABLES;", "1:15|Unknown statement 'nonsense'\nDid you mean 'INSERT'?");
    check(";", "1:1|Unknown statement ';'\nDid you mean 'SET'?");
    check("5", "1:1|Unknown statement '5'\nDid you mean 'SET'?");
    check("RUN SCRIPT 'x.sql';", "1:1|Unknown statement 'RUN'\nDid you mean 'PRINT'?");
}

#[test]
fn where_several_rules_are_possible_only_the_token_is_told() {
    check("CREATE;", "1:7|Syntax error at or near ';' at line 1:7");
    check("CREATE STREEM X (A INT);", "1:8|Syntax error at or near 'STREEM' at line 1:8");
    check("CREATE STREAM SELECT (A INT);", "1:15|Syntax error at or near 'SELECT' at line 1:15");
    check("INSERT X VALUES (1);", "1:8|Syntax error at or near 'X' at line 1:8");
    check("DROP X;", "1:6|Syntax error at or near 'X' at line 1:6");
    check("SHOW;", "1:5|Syntax error at or near ';' at line 1:5");
    check("SHOW ME;", "1:6|Syntax error at or near 'ME' at line 1:6");
    check("DESCRIBE;", "1:9|Syntax error at or near ';' at line 1:9");
    check("TERMINATE;", "1:10|Syntax error at or near ';' at line 1:10");
    check("ASSERT VALUES X VALUES (1);", "1:8|Syntax error at or near 'VALUES' at line 1:8");
    check("SELECT (A FROM X EMIT CHANGES;", "1:11|Syntax error at or near 'FROM' at line 1:11");
    check("SELECT CASE WHEN A THEN 1 FROM X;", "1:27|Syntax error at or near 'FROM' at line 1:27");
    check("SELECT CAST(A STRING) FROM X;", "1:15|Syntax error at or near 'STRING' at line 1:15");
}

#[test]
fn few_possible_tokens_are_listed() {
    check("CREATE STREAM X (A INT WITH (KAFKA_TOPIC='x');", "1:24|Expecting {',', ')'}");
    check("CREATE STREAM X AS FROM Y;", "1:20|Expecting 'SELECT'");
    check("CREATE STREAM X (A DECIMAL);", "1:27|Expecting '('");
    check("CREATE STREAM X (A VARCHAR(KEY));", "1:28|Expecting {'STRING', INTEGER_VALUE}");
    check("SET auto.offset.reset = earliest;", "1:5|Expecting STRING");
    check("SELECT 1;", "1:9|Expecting {',', 'FROM'}");
    check("SELECT * FORM X;", "1:10|Expecting {',', 'FROM'}");
    check("SELECT A FROM X LIMIT 1 EMIT CHANGES;", "1:25|Expecting ';'");
    check("SELECT A FROM X JOIN Y EMIT CHANGES;", "1:24|Expecting {'WITHIN', 'ON'}");
    check("INSERT INTO X VALUES (1) (2);", "1:26|Expecting ';'");
    check("SELECT A FROM X WINDOW HOPPING (SIZE 10 SECONDS) GROUP BY A;", "1:48|Expecting ','");
    check(
        "SELECT A FROM X WINDOW TUMBLING (SIZE 1 HOUR, GRACE PERIOD 1 HOUR, RETENTION 1 DAY) GROUP BY A;",
        "1:66|Expecting ')'",
    );
}

#[test]
fn a_token_left_out_or_too_many_is_told() {
    check("LIST STREAMS", "1:13|missing ';' at '<EOF>'");
    check("CREATE STREAM X (A INT) WITH KAFKA_TOPIC='x';", "1:30|missing '(' at 'KAFKA_TOPIC'");
    check("SELECT * FROM X GROUP A EMIT CHANGES;", "1:23|missing 'BY' at 'A'");
    check("SELECT A FROM X WINDOW TUMBLING (10 SECONDS) GROUP BY A;", "1:34|missing 'SIZE' at '10'");
    check("INSERT INTO X (A, B) VALUES 1, 2;", "1:29|missing '(' at '1'");
    check("DROP STREAM X DELETE;", "1:21|missing 'TOPIC' at ';'");
    check("UNSET ;", "1:7|missing STRING at ';'");
    check("SELECT A FROM X GROUP BY A, (B, C);", "1:31|missing ')' at ','");
    check("LIST STREAMS NOW;", "1:14|extraneous input 'NOW' expecting ';'");
}

#[test]
fn a_reserved_word_for_a_name_is_told() {
    let reserved = |place: &str, word: &str| {
        format!(
            "{place}|\"{word}\" is a reserved keyword and it can't be used as an identifier. \
             You can use it as an identifier by escaping it as '{word}' "
        )
    };
    check("CREATE STREAM X (FROM INT);", &reserved("1:18", "FROM"));
    check("SELECT FROM Y;", &reserved("1:8", "FROM"));
    check("SELECT DISTINCT A FROM X;", &reserved("1:8", "DISTINCT"));
    check("SELECT A, FROM X;", &reserved("1:11", "FROM"));
}

#[test]
fn many_possible_tokens_leave_the_detail_empty() {
    check("CREATE STREAM X (A);", "1:19|");
    check("CREATE STREAM X (A INT,);", "1:24|");
    check("CREATE STREAM X (A INT) WITH (KAFKA_TOPIC=x);", "1:43|");
    check("CREATE STREAM X (A INT) WITH (KAFKA_TOPIC='x);", "1:43|");
    check("CREATE STREAM X (A STRUCT<B>);", "1:28|");
    check("CREATE STREAM X (A MAP<STRING>);", "1:30|");
    check("SELECT * FROM X WHERE;", "1:22|");
    check("SELECT * FROM X WHERE A == 1;", "1:26|");
    check("SELECT * FROM X ORDER BY A;", "1:23|");
    check("SELECT A FROM (SELECT A FROM X);", "1:15|");
    check("SELECT A FROM X EMIT CHANGES LIMIT;", "1:35|");
    check("SELECT A FROM X WINDOW TUMBLING (SIZE 10 FORTNIGHTS) GROUP BY A;", "1:42|");
    check("SELECT * FROM LEFTS L CROSS JOIN R;", "1:23|");
    check("SELECT 'unclosed FROM X;", "1:8|");
    check("DROP STREAM;", "1:12|");
    check("EXPLAIN;", "1:8|");
}

#[test]
fn errors_of_building_the_tree_come_after_syntax_errors() {
    check("SELECT 99999999999999999999 FROM;", "1:33|");
    check(
        "SELECT 99999999999999999999 FROM X;",
        "Failed to prepare statement: line 1:9: Invalid numeric literal: 99999999999999999999",
    );
    check("SELECT 1E999 FROM X;", "Failed to prepare statement: line 1:9: Number overflows DOUBLE: 1E999");
    check("SELECT A FROM X LIMIT 1.5;", "Failed to prepare statement: Value must be integer for command: LIMIT");
    check(
        "CREATE TABLE X AS SELECT A FROM Y LIMIT 2;",
        "Failed to prepare statement: CREATE TABLE AS SELECT statements don't support LIMIT clause.",
    );
    check(
        "SELECT * FROM X WHERE A LIKE 'b' ESCAPE '12';",
        "Failed to prepare statement: Expected single character escape but got: 12",
    );
    for (precision, scale, rule) in [
        (0, 0, "precision must be >= 1"),
        (1, -1, "scale must be >= 0"),
        (1, 2, "precision must be >= scale"),
        (1001, 2, "precision must be <= 1000"),
        (99_999_999_999_i64, 2, "precision must be <= 1000"),
    ] {
        check(
            &format!("CREATE STREAM X (A DECIMAL({precision},{scale}));"),
            &format!("Failed to prepare statement: DECIMAL {rule}: DECIMAL({precision},{scale})"),
        );
    }
    check(
        "CREATE STREAM X (A DECIMAL(1.5, 1));",
        "Failed to prepare statement: Value must be integer for command: DECIMAL(PRECISION)",
    );
    check(
        "ASSERT SCHEMA TIMEOUT 1 SECOND;",
        "Failed to prepare statement: ASSERT SCHEMA statements much include a subject name or an id",
    );
    check("ASSERT SCHEMA ID 'a';", "Failed to prepare statement: ID must be an integer");
}

#[test]
fn a_bad_source_name_is_the_statement_text_itself() {
    let message = "Illegal argument at Line: 1, Col: 15. \
                   Source names may only contain alphanumeric values, '_' or '-'. Got: 'no.dots'";
    check("CREATE STREAM `no.dots` (A INT);", message);
    let error = parse_statement("CREATE STREAM `no.dots` (A INT)").unwrap_err();
    assert_eq!((error.kind, error.fragment.as_deref()), (ParseErrorKind::Prepare, Some("no.dots")));
}

#[test]
fn nesting_that_would_overflow_the_stack_is_refused() {
    let too_large = |sql: String| {
        let error = parse_statement(&sql).unwrap_err();
        assert!(error.message.contains("Statement is too large to parse."), "{}", error.message);
    };
    let deep = 100_000;
    too_large(format!("SELECT {}1{} FROM X;", "(".repeat(deep), ")".repeat(deep)));
    too_large(format!("SELECT {}1 FROM X;", "NOT ".repeat(deep)));
    too_large(format!("SELECT {}1 FROM X;", "- (".repeat(deep)));
    too_large(format!("SELECT 1{} FROM X;", " + 1".repeat(deep)));
    too_large(format!("SELECT A{} FROM X;", "[1]".repeat(deep)));
    too_large(format!("SELECT A FROM X WHERE TRUE{};", " AND TRUE".repeat(deep)));
    too_large(format!("CREATE STREAM X (A {}INT);", "ARRAY<".repeat(deep)));
    too_large(format!("CREATE STREAM X (A INT{});", " ARRAY".repeat(deep)));
    too_large(format!("{}SELECT 1 FROM X;", "EXPLAIN ".repeat(deep)));
    assert!(parse_statement(&format!("SELECT {}1{} FROM X", "(".repeat(100), ")".repeat(100))).is_ok());
    assert!(parse_statement(&format!("SELECT 1{} FROM X", " + 1".repeat(900))).is_ok());
}

#[test]
fn an_error_is_drawn_under_its_line() {
    let sql = "SELECT *\n  FORM X;";
    let error = parse_statement(sql).unwrap_err();
    assert_eq!(error.render(sql), "2:3: unexpected `FORM`\n    FORM X;\n    ^^^^\nexpected ',' or 'FROM'");
    let error = parse_statement("DROP").unwrap_err();
    assert!(error.render("DROP").starts_with("1:5: Syntax error at or near '<EOF>'"));
}
