//! Every form of statement, and the canonical text that it is printed as.

use weir_parser::ast::*;
use weir_parser::{parse_statement, print};

fn check(sql: &str, expected: &str) {
    let printed = parse_statement(sql).map(|parsed| print::statement_text(&parsed.statement)).map_err(|e| e.message);
    assert_eq!(printed, Ok(expected.to_owned()), "{sql}");
}

fn unchanged(sql: &str) {
    check(sql, sql);
}

/// An expression and how it is printed.
fn check_expression(sql: &str, expected: &str) {
    check(&format!("SELECT {sql} FROM X;"), &format!("SELECT {expected}\nFROM X;"));
}

#[test]
fn sources_are_created() {
    check(
        "create or replace source stream s (k int key, d decimal(10,2), `y` varchar(9)) with (kafka_topic='t', partitions=1);",
        "CREATE OR REPLACE SOURCE STREAM S (K INTEGER KEY, D DECIMAL(10, 2), `y` STRING) \
         WITH (KAFKA_TOPIC='t', PARTITIONS=1);",
    );
    unchanged("CREATE TABLE IF NOT EXISTS T (K INTEGER PRIMARY KEY, H BYTES HEADER('trace'));");
    unchanged("CREATE STREAM S (H ARRAY<STRUCT<KEY STRING, VALUE BYTES>> HEADERS) WITH (WRAP_SINGLE_VALUE=true);");
    check("CREATE STREAM S (A INT ARRAY, B STRUCT<>);", "CREATE STREAM S (A ARRAY<INTEGER>, B STRUCT<>);");
    unchanged("CREATE STREAM `quoted-Name` (1A MAP<STRING, ADDRESS>);".replace("1A", "`1A`").as_str());
    check(
        "CREATE STREAM B WITH (PARTITIONS=-1) AS SELECT a, b AS c FROM x WHERE a > 1 EMIT CHANGES;",
        "CREATE STREAM B WITH (PARTITIONS=-1) AS SELECT\n  A,\n  B C\nFROM X\nWHERE (A > 1)\nEMIT CHANGES;",
    );
}

#[test]
fn queries_take_a_line_for_each_clause() {
    check("SELECT * FROM X;", "SELECT *\nFROM X;");
    check(
        "SELECT L.*, S->*, COUNT(*) N FROM A AS L LEFT JOIN B R WITHIN (1 DAY, 2 HOURS) GRACE PERIOD 5 SECONDS ON L.ID = R.ID;",
        "SELECT\n  L.*,\n  S->*,\n  COUNT(*) N\nFROM A L\n\
         LEFT OUTER JOIN B R WITHIN (1 DAYS, 2 HOURS) GRACE PERIOD 5 SECONDS ON ((L.ID = R.ID));",
    );
    check(
        "SELECT A FROM X WINDOW w HOPPING (SIZE 1 HOUR, ADVANCE BY 1 MINUTE, RETENTION 1 DAY, GRACE PERIOD 0 SECONDS) \
         GROUP BY (A, B) HAVING A > 1 EMIT FINAL LIMIT 3;",
        "SELECT A\nFROM X\n\
         WINDOW HOPPING ( SIZE 1 HOURS , ADVANCE BY 1 MINUTES , RETENTION 1 DAYS , GRACE PERIOD 0 SECONDS ) \n\
         GROUP BY A, B\nHAVING (A > 1)\nEMIT FINAL\nLIMIT 3;",
    );
    check("SELECT A FROM X WINDOW SESSION (5 SECONDS);", "SELECT A\nFROM X\nWINDOW SESSION ( 5 SECONDS ) ;");
    check("SELECT A FROM X PARTITION BY NULL;", "SELECT A\nFROM X\nPARTITION BY null;");
    check("SELECT A FROM X GROUP BY (A + 1) * 2;", "SELECT A\nFROM X\nGROUP BY ((A + 1) * 2);");
    check("SELECT A FROM X GROUP BY ();", "SELECT A\nFROM X\nGROUP BY ();");
    check("SELECT A FROM X EMIT;", "SELECT A\nFROM X EMIT;");
    check("SELECT A FROM X FULL JOIN Y ON TRUE;", "SELECT A\nFROM X\nFULL OUTER JOIN Y ON (true);");
}

#[test]
fn operators_bind_as_the_grammar_says() {
    check_expression("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)");
    check_expression("a || b || c + 1", "CONCAT(CONCAT(A, B), (C + 1))");
    check_expression("NOT a = 1 AND b OR c", "(((NOT (A = 1)) AND B) OR C)");
    check_expression("a BETWEEN 1 AND 2 AND b", "((A BETWEEN 1 AND 2) AND B)");
    check_expression(
        "a NOT IN (1, 'x') OR b NOT LIKE 'p' ESCAPE '!'",
        "((A NOT IN (1, 'x')) OR (B NOT LIKE 'p' ESCAPE '!'))",
    );
    check_expression("a IS NOT NULL", "(A IS NOT NULL)");
    check_expression("a IS NOT DISTINCT FROM b", "(A IS NOT DISTINCT FROM B)");
    check_expression("-a * -1 - -2", "((-A * -1) - -2)");
    check_expression("- -a", "-(-A)");
    check_expression("-(1)", "-(1)");
    check_expression("+a AT TIME ZONE 'UTC'", "A AT TIME ZONE 'UTC'");
    check_expression("a->b[1]->c", "A->B[1]->C");
    check_expression("x.a['k']", "X.A['k']");
}

#[test]
fn literals_and_constructors_print_canonically() {
    check_expression("2147483648", "2147483648");
    check_expression("-2147483648", "-2147483648");
    check_expression("1.50", "1.50");
    check_expression("100000E0", "1.0E5");
    check_expression("1.5e-3", "1.5E-3");
    check_expression("'it''s'", "'it''s'");
    check_expression("True", "true");
    check_expression("DECIMAL '1.2'", "1.2");
    check_expression("array[1,a]", "ARRAY[1, A]");
    check_expression("map('k':=1)", "MAP('k':=1)");
    check_expression("struct(f:=1)", "STRUCT(F:=1)");
    check_expression("CAST(a AS ARRAY<INT>)", "CAST(A AS ARRAY<INTEGER>)");
    check_expression("CASE WHEN a THEN 1 ELSE 2 END", "(CASE WHEN A THEN 1 ELSE 2 END)");
    check_expression("CASE a WHEN 'b' THEN 1 END", "(CASE A WHEN 'b' THEN 1 END)");
    check_expression("timestampadd(seconds, 1, day)", "TIMESTAMPADD(SECONDS, 1, DAY)");
    check_expression("reduce(a, 0, (s, x) => s + x)", "REDUCE(A, 0, (S, X) => (S + X))");
    check_expression("transform(a, x => x->y)", "TRANSFORM(A, (X) => X->Y)");
    check_expression("\"a\"\"b\" + `c``d` + 1R0", "((`a\"b` + `c``d`) + `1R0`)");
}

#[test]
fn the_small_statements_read_and_print() {
    for sql in [
        "DROP STREAM IF EXISTS X DELETE TOPIC;",
        "ALTER TABLE X ADD COLUMN A STRING, ADD COLUMN B INTEGER;",
        "CREATE TYPE IF NOT EXISTS ADDRESS AS STRUCT<STREET STRING, ZIP INTEGER>;",
        "DROP TYPE IF EXISTS ADDRESS;",
        "CREATE SINK CONNECTOR IF NOT EXISTS C WITH ('connector.class'='X', 'tasks.max'=1);",
        "DROP CONNECTOR IF EXISTS C;",
        "INSERT INTO X (A, B) VALUES (1, null);",
        "INSERT INTO X VALUES ();",
        "PRINT my_topic FROM BEGINNING INTERVAL 2 LIMIT 3;",
        "PRINT 'my-topic';",
        "TERMINATE ALL;",
        "PAUSE CSAS_X_1;",
        "RESUME CSAS_X_1;",
        "SET 'auto.offset.reset' = 'earliest';",
        "UNSET 'auto.offset.reset';",
        "ALTER SYSTEM 'a' = 'b';",
        "DEFINE topic = 'things';",
        "UNDEFINE topic;",
        "EXPLAIN CSAS_X_1;",
        "EXPLAIN DROP STREAM X;",
        "RUN SCRIPT 'x.sql';",
        "LIST ALL TOPICS EXTENDED;",
        "LIST QUERIES EXTENDED;",
        "LIST CONNECTOR PLUGINS;",
        "LIST SINK CONNECTORS;",
        "DESCRIBE X EXTENDED;",
        "DESCRIBE STREAMS EXTENDED;",
        "DESCRIBE TABLES;",
        "DESCRIBE FUNCTION COUNT;",
        "DESCRIBE CONNECTOR C;",
        "ASSERT NOT EXISTS TOPIC t WITH (PARTITIONS=1) TIMEOUT 10 SECONDS;",
        "ASSERT SCHEMA SUBJECT 't-value' ID 3 TIMEOUT 1 MINUTES;",
        "ASSERT VALUES X (A) VALUES (1);",
        "ASSERT NULL VALUES X (A) KEY (1);",
        "ASSERT TABLE X (A INTEGER PRIMARY KEY) WITH (KAFKA_TOPIC='x');",
    ] {
        unchanged(sql);
    }
    check("SHOW STREAMS;", "LIST STREAMS;");
    check("PRINT t SAMPLE 2;", "PRINT t INTERVAL 2;");
    check("ALTER STREAM X ADD A INT;", "ALTER STREAM X ADD COLUMN A INTEGER;");
    check("INSERT INTO X WITH (QUERY_ID='q') SELECT A FROM Y;", "INSERT INTO X WITH (QUERY_ID='q') SELECT A\nFROM Y;");
}

#[test]
fn an_explained_statement_keeps_its_own_text() {
    let parsed = parse_statement(" EXPLAIN  select A from x ;").unwrap();
    let Statement::Explain(Explain::Statement { text, .. }) = parsed.statement else { panic!("no EXPLAIN") };
    assert_eq!((text.as_str(), parsed.text.as_str()), ("select A from x", "EXPLAIN  select A from x ;"));
}

#[test]
fn types_in_schemas_quote_every_field() {
    let parsed = parse_statement("CREATE TYPE T AS ARRAY<STRUCT<A INT, `b` MAP<STRING, DECIMAL(3,1)>>>;").unwrap();
    let Statement::CreateType { data_type, .. } = parsed.statement else { panic!("no type") };
    assert_eq!(print::schema_type(&data_type), "ARRAY<STRUCT<`A` INTEGER, `b` MAP<STRING, DECIMAL(3, 1)>>>");
}
