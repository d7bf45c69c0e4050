//! The WHERE clause of pull queries on tables, and the clauses that pull queries do not have.

use super::*;

const TABLES: &str = "
    CREATE STREAM S (ID INT KEY, NAME STRING, V INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
    CREATE TABLE ONE AS SELECT NAME, COUNT(*) N FROM S GROUP BY NAME;
    CREATE TABLE TWO WITH (KEY_FORMAT='JSON') AS SELECT ID, V, COUNT(*) N FROM S GROUP BY ID, V;
    CREATE TABLE WINDOWS AS SELECT NAME, COUNT(*) N FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY NAME;";

const HELP: &str =
    " See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.";

fn answer(sql: &str, settings: &[(&str, &str)]) -> String {
    let mut session = Session::new();
    for (name, value) in settings {
        session.config.set(name, *value);
    }
    session.run(TABLES).unwrap();
    session.run(sql).unwrap_or_else(|error| error.message)
}

/// With scans of tables; `expected` is how the plan or the refusal begins.
#[track_caller]
fn pull(table_and_where: &str, expected: &str) {
    let answer = answer(&format!("SELECT N FROM {table_and_where};"), &[]);
    assert!(answer.starts_with(expected), "{table_and_where}: {answer}");
}

/// Without scans the refusal is this with the help for WHERE clauses behind it.
#[track_caller]
fn unscanned(table_and_where: &str, expected: &str) {
    let answer =
        answer(&format!("SELECT N FROM {table_and_where};"), &[("ksql.query.pull.table.scan.enabled", "false")]);
    let help = format!("{expected}. {HELP}\nPull queries require a WHERE clause that:\n");
    assert!(answer.starts_with(&help), "{table_and_where}: {answer}");
}

#[test]
fn whole_keys_are_looked_up() {
    for predicate in [
        "NAME = 'a'",
        "'a' = NAME",
        "NAME = CONCAT('a', 'b')",
        "NAME IN ('a', 'b')",
        "NAME = 'a' OR NAME = 'b'",
        "NAME = 'a' AND N > 1",
        "NOT (NOT (NAME = 'a'))",
    ] {
        pull(&format!("ONE WHERE {predicate}"), "KeyLookup([");
    }
    pull("TWO WHERE ID = 1 AND V = 2", "KeyLookup([");
    pull("TWO WHERE V = 3 - 1 AND ID IN (1, 2)", "KeyLookup([");
    pull("WINDOWS WHERE NAME = 'a' AND WINDOWSTART > '2020' AND WINDOWEND <= 5", "KeyLookup([");
    pull("WINDOWS WHERE NAME = 'a' AND WINDOWSTART IN (5, 6)", "KeyLookup([");
}

#[test]
fn a_bound_on_a_lone_text_key_is_a_range() {
    pull("ONE WHERE NAME > 'a'", "RangeScan {");
    pull("ONE WHERE 'a' >= NAME AND N = 1", "RangeScan {");
    pull("ONE WHERE NAME > 'a' OR N = 1", "TableScan");
    pull("WINDOWS WHERE NAME > 'a'", "TableScan");
    pull("TWO WHERE ID > 1 AND V = 2", "TableScan");
}

#[test]
fn other_comparisons_scan_the_table() {
    for predicate in [
        "N = 1",
        "NAME != 'a'",
        "NAME = 'a' OR N = 1",
        "NAME LIKE 'a%'",
        "UCASE(NAME) = 'A'",
        "NAME = 'a' AND NAME = 'b'",
        "NAME BETWEEN 'a' AND 'b'",
        "NOT (NOT (NAME LIKE 'a' OR N = 1))",
    ] {
        pull(&format!("ONE WHERE {predicate}"), "TableScan where");
    }
    pull("TWO WHERE ID = 1", "TableScan where");
    pull("ONE", "TableScan: ");
}

#[test]
fn other_terms_are_refused() {
    for (predicate, shown) in [
        ("NAME IS NULL", "(NAME IS NULL)"),
        ("NAME IS NOT NULL", "(NAME IS NOT NULL)"),
        ("NOT (NAME = 'a')", "(NOT (NAME = 'a'))"),
        ("NOT (NAME = 'a' OR N = 1)", "(NOT (NAME = 'a'))"),
        ("TRUE", "true"),
        ("NAME = 'a' AND N IS NULL", "(N IS NULL)"),
        ("CASE WHEN N = 1 THEN TRUE END", "(CASE WHEN (N = 1) THEN true END)"),
    ] {
        pull(&format!("ONE WHERE {predicate}"), &format!("Unsupported expression in WHERE clause: {shown}. {HELP}"));
    }
    pull("TWO WHERE ID LIKE 12", "The column type for Like condition must be VARCHAR. The column type is INTEGER. ");
    pull("ONE WHERE NAME LIKE NAME", "Like condition on non-string pattern NAME. ");
    pull("ONE WHERE NAME = CAST(NULL AS STRING)", "Primary key columns can not be NULL: CAST(null AS STRING). ");
    pull("ONE WHERE NAME IN ('a', NULL)", "Primary key columns can not be NULL: null. ");
}

#[test]
fn keys_are_converted_strictly() {
    let refused = |value: &str, column: &str| {
        format!("'{value}' can not be converted to the type of the key column: {column} KEY")
    };
    pull("TWO WHERE ID = 1.5 AND V = 2", &refused("1.5", "ID INTEGER"));
    pull("TWO WHERE ID = 1.0 AND V = 2", &refused("1.0", "ID INTEGER"));
    pull("TWO WHERE ID = 1 AND V = 99999999999", &refused("99999999999", "V INTEGER"));
    pull("TWO WHERE ID IN (1, '2') AND V = 2", &refused("2", "ID INTEGER"));
    pull(
        "TWO WHERE ID = '1' AND V = 2",
        "Error in WHERE expression: Cannot compare ID (INTEGER) to '1' (STRING) with EQUAL.",
    );
    pull("ONE WHERE NAME = 1", "Error in WHERE expression: Cannot compare NAME (STRING) to 1 (INTEGER) with EQUAL.");
    pull("ONE WHERE NAME = NULL", "Error in WHERE expression: Comparison with NULL not supported: STRING = NULL\n");
}

#[test]
fn without_scans_the_whole_key_is_needed() {
    let bound = |key: &str| format!("Bound on key columns '[`{key}`]' must currently be '='");
    let scan = "Query requires table scan to be enabled. Table scans can be enabled by setting \
                ksql.query.pull.table.scan.enabled=true";
    let combined =
        "A comparison condition on the key column cannot be combined with other comparisons such as an IN predicate";
    unscanned("ONE", "Missing WHERE clause");
    unscanned("ONE WHERE N = 1", "WHERE clause missing key column for disjunct: (N = 1)");
    unscanned("ONE WHERE NAME = 'a' OR N = 1", "WHERE clause missing key column for disjunct: (N = 1)");
    unscanned("ONE WHERE NAME != 'a'", &bound("NAME"));
    unscanned("ONE WHERE NAME > 'a' OR NAME < 'b'", scan);
    unscanned("WINDOWS WHERE NAME > 'a'", scan);
    unscanned("TWO WHERE ID > 1 AND V = 2", scan);
    unscanned("TWO WHERE ID > 1 AND V <= 2", scan);
    unscanned(
        "TWO WHERE ID = 1",
        "Multi-column sources must specify every key in the WHERE clause. Specified: [`ID`] Expected: [`ID` INTEGER, `V` INTEGER]",
    );
    unscanned(
        "TWO WHERE V < 1",
        "Multi-column sources must specify every key in the WHERE clause. Specified: [`V`] Expected: [`ID` INTEGER, `V` INTEGER]",
    );
    unscanned("TWO WHERE ID + 1 = 2 AND V = 2", "A comparison must directly reference a key column");
    unscanned("TWO WHERE ID = N AND V = 2", "A comparison must be between a key column and a resolvable expression");
    unscanned("ONE WHERE NAME = 'a' AND NAME = 'b'", combined);
    unscanned("ONE WHERE NAME IN ('a') AND NAME > 'b'", combined);
    unscanned("ONE WHERE UCASE(NAME) LIKE 'a'", "Like condition must be between strings");
    let neither = [("ksql.query.pull.table.scan.enabled", "false"), ("ksql.query.pull.range.scan.enabled", "false")];
    let range = answer("SELECT N FROM ONE WHERE NAME > 'a';", &neither);
    assert!(range.starts_with(scan), "{range}");
}

#[test]
fn bounds_of_windows() {
    let key = |rest: &str, expected: &str| pull(&format!("WINDOWS WHERE NAME = 'a' AND {rest}"), expected);
    key("WINDOWEND > 5 AND WINDOWEND > 6", &format!("Duplicate `WINDOWEND` bounds on: GREATER_THAN{HELP}"));
    key(
        "WINDOWSTART < 5 AND WINDOWSTART <= 6",
        &format!("Duplicate `WINDOWSTART` bounds on: LESS_THAN_OR_EQUAL{HELP}"),
    );
    for (first, second) in [("=", ">"), (">", "=")] {
        let sql = format!("WINDOWSTART {first} 5 AND WINDOWSTART {second} 6");
        let term = format!("(WINDOWSTART {second} 6)");
        key(&sql, &format!("`{term}` cannot be combined with other `WINDOWSTART` bounds{HELP}"));
    }
    key("WINDOWSTART != 5", &format!("Unsupported `WINDOWSTART` bounds: NOT_EQUAL{HELP}"));
    key("WINDOWSTART > 5.5", "Window bounds must resolve to an INT, BIGINT, or STRING containing a datetime. ");
    key("WINDOWSTART > 'x'", "Failed to parse timestamp 'x': ");
    key(
        "WINDOWSTART > TRUE",
        "Error in WHERE expression: Cannot compare WINDOWSTART (BIGINT) to true (BOOLEAN) with GREATER_THAN.",
    );
    pull("ONE WHERE WINDOWSTART = 1", "Line: 1, Col: 25: WHERE column 'WINDOWSTART' cannot be resolved.");
    pull("WINDOWS WHERE WINDOWSTART > 5 AND WINDOWSTART > 6", "TableScan where");
}

#[test]
fn clauses_that_pull_queries_do_not_have() {
    let refused = |sql: &str, clause: &str| {
        assert_eq!(answer(sql, &[]), format!("Pull queries don't support {clause} clauses.{HELP}"), "{sql}");
    };
    refused("SELECT * FROM ONE JOIN TWO ON ONE.N = TWO.N;", "JOIN");
    refused("SELECT N FROM ONE WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY N;", "WINDOW");
    refused("SELECT N FROM ONE GROUP BY N;", "GROUP BY");
    refused("SELECT COUNT(*) FROM ONE;", "GROUP BY");
    refused("SELECT N FROM ONE PARTITION BY N;", "PARTITION BY");
    refused("SELECT N FROM ONE HAVING N = 1;", "HAVING");
    let check =
        |sql: &str, settings: &[(&str, &str)], expected: &str| assert_eq!(answer(sql, settings), expected, "{sql}");
    check(
        "SELECT N FROM ONE LIMIT -1;",
        &[],
        &format!("Pull queries don't support negative integers in the LIMIT clause.{HELP}"),
    );
    check(
        "SELECT N FROM ONE LIMIT 1;",
        &[("ksql.query.pull.limit.clause.enabled", "false")],
        &format!(
            "LIMIT clause in pull queries is currently disabled. You can enable them by setting \
             ksql.query.pull.limit.clause.enabled=true.{HELP}"
        ),
    );
    check(
        "SELECT ROWPARTITION, ROWOFFSET FROM ONE;",
        &[],
        &format!(
            "Pull queries don't support the following columns in SELECT clauses: `ROWOFFSET`, `ROWPARTITION`\n{HELP}"
        ),
    );
    check(
        "SELECT N FROM ONE WHERE ROWOFFSET = 1;",
        &[],
        &format!("Pull queries don't support the following columns in WHERE clauses: `ROWOFFSET`\n{HELP}"),
    );
    check(
        "SELECT *, N FROM ONE;",
        &[],
        "Pull queries only support wildcards in the projects if they are the only expression",
    );
    check(
        "SELECT N FROM ONE;",
        &[("ksql.pull.queries.enable", "false")],
        &format!(
            "Pull queries are disabled.{HELP}\nPlease set ksql.pull.queries.enable=true to enable this feature.\n"
        ),
    );
    let stream = answer("SELECT V FROM S;", &[("ksql.query.pull.stream.enabled", "false")]);
    assert!(stream.contains("ksql.query.pull.stream.enabled"), "{stream}");
}
