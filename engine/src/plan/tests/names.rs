//! Names: how columns are found, what items without alias are called, which names are taken.

use super::*;

/// The names of a push query's value columns, or the refusal.
#[track_caller]
fn columns(sources: &str, items: &str, expected: &str) {
    let mut session = Session::new();
    session.run(sources).unwrap();
    let plan = session.run(&format!("SELECT {items} FROM S EMIT CHANGES;"));
    let names = |plan: String| {
        let schema = plan.rsplit(": ").next().unwrap_or_default().to_owned();
        let names =
            schema.split(", ").filter(|column| !column.ends_with(" KEY")).map(|column| column.split('`').nth(1));
        names.flatten().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(plan.map_or_else(|e| e.message, names), expected, "{items}");
}

const STREAM: &str = "CREATE STREAM S (K INT KEY, KSQL_COL_0 INT, KSQL_COL_2 INT, F INT, F_1 INT, B STRUCT<F INT, F_7 INT, G INT>) \
                      WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);";

#[test]
fn items_without_alias_get_free_names() {
    let check = |items: &str, expected: &str| columns(STREAM, items, expected);
    check("F + 1, F + 2, F + 3", "KSQL_COL_1 KSQL_COL_3 KSQL_COL_4");
    check("F, 1, S.F_1, 2", "F KSQL_COL_1 F_1 KSQL_COL_3");
    check("B->F, B->F_7, B->G, B->G, F + 1", "F_2 F_3 G G_1 KSQL_COL_1");
    check("B->G, F AS A, B->G", "G A G_1");
    check("B->*", "F_2 F_3 G");
    check("ROWTIME, ROWOFFSET AS O, rowpartition", "ROWTIME O ROWPARTITION");
    check("F AS `f`, F AS f", "f F");
}

#[test]
fn a_name_of_a_source_with_a_number_takes_that_number() {
    let numbered = "CREATE STREAM S (K INT KEY, G_0 INT, B STRUCT<G INT>) \
                    WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);";
    columns(numbered, "B->G, B->G", "G_1 G_2");
}

#[test]
fn columns_that_are_not_there() {
    check("SELECT NOPE FROM S EMIT CHANGES;", "Line: 1, Col: 8: SELECT column 'NOPE' cannot be resolved.");
    check("SELECT S.NOPE FROM S EMIT CHANGES;", "Line: 1, Col: 8: SELECT column 'S.NOPE' cannot be resolved.");
    check("SELECT `v` FROM S EMIT CHANGES;", "Line: 1, Col: 8: SELECT column 'v' cannot be resolved.");
    check("SELECT V AS W FROM S WHERE W = 1 EMIT CHANGES;", "Line: 1, Col: 28: WHERE column 'W' cannot be resolved.");
    check("SELECT V\nFROM S\nWHERE\n  W = 1 EMIT CHANGES;", "Line: 4, Col: 3: WHERE column 'W' cannot be resolved.");
    check(
        "SELECT COUNT(*) FROM S GROUP BY W EMIT CHANGES;",
        "Line: 1, Col: 33: GROUP BY column 'W' cannot be resolved.",
    );
    check(
        "SELECT V FROM S PARTITION BY W EMIT CHANGES;",
        "Line: 1, Col: 30: PARTITION BY column 'W' cannot be resolved. 'W' must be a column in the source schema since \
         PARTITION BY is applied on the input.",
    );
    check(
        "SELECT V, COUNT(*) FROM S GROUP BY V HAVING W > 1 EMIT CHANGES;",
        "Line: 1, Col: 45: HAVING column 'W' cannot be resolved.",
    );
    check(
        "SELECT WINDOWSTART FROM S EMIT CHANGES;",
        "Line: 1, Col: 8: SELECT column 'WINDOWSTART' cannot be resolved.",
    );
    check("SELECT ROWKEY FROM S EMIT CHANGES;", "Line: 1, Col: 8: SELECT column 'ROWKEY' cannot be resolved.");
    check(
        "SELECT TRANSFORM(TAGS, X => Y) FROM S EMIT CHANGES;",
        "Line: 1, Col: 29: SELECT column 'Y' cannot be resolved.",
    );
}

#[test]
fn qualifiers_and_sources_that_are_not_there() {
    let alias =
        |name: &str| format!("Failed to prepare statement: '{name}' is not a valid stream/table name or alias.");
    check("SELECT X.V FROM S EMIT CHANGES;", &alias("X"));
    check("SELECT X.* FROM S EMIT CHANGES;", &alias("X"));
    check("SELECT S.V FROM S AS X EMIT CHANGES;", &alias("S"));
    check("SELECT V FROM S WHERE X.V = 1 EMIT CHANGES;", &alias("X"));
    check("SELECT COUNT(*) FROM S GROUP BY X.V EMIT CHANGES;", &alias("X"));
    check("SELECT P.X FROM S EMIT CHANGES;", &alias("P"));
    check("SELECT V FROM S L JOIN T R ON ID = Z.ID EMIT CHANGES;", &alias("Z"));
    check(
        "SELECT V FROM S L JOIN T R ON L.ID = R.ID EMIT CHANGES;",
        "Exception while preparing statement: Line: 1, Col: 8: Column 'V' is ambiguous. Could be L.V or R.V.",
    );
    check("SELECT * FROM NOPE EMIT CHANGES;", "Exception while preparing statement: NOPE does not exist.");
    check(
        "SELECT * FROM `s` EMIT CHANGES;",
        "Exception while preparing statement: s does not exist.\nDid you mean S? Hint: try removing double quotes from the \
         source name.",
    );
    check(
        "CREATE STREAM `low` (A INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1); SELECT * FROM LOW EMIT CHANGES;",
        "Exception while preparing statement: LOW does not exist.\nDid you mean \"low\"? Hint: wrap the source name in double \
         quotes to make it case-sensitive.",
    );
}

#[test]
fn names_of_the_system() {
    let prefix = "Could not determine output schema for query due to error: ";
    let reserved =
        |name: &str| format!("`{name}` is a reserved column name. You cannot use it as an alias for a column.");
    let unaliased =
        |name: &str| format!("{prefix}Reserved column name in select: `{name}`. Please remove or alias the column.");
    check("SELECT V AS ROWTIME FROM S EMIT CHANGES;", &reserved("ROWTIME"));
    check("SELECT V AS WINDOWEND FROM S EMIT CHANGES;", &reserved("WINDOWEND"));
    check("SELECT COUNT(*) AS ROWOFFSET FROM S EMIT CHANGES;", &reserved("ROWOFFSET"));
    check("CREATE STREAM O AS SELECT ID, ROWPARTITION FROM S;", &unaliased("ROWPARTITION"));
    check("CREATE TABLE O AS SELECT V, WINDOWSTART, COUNT(*) FROM S GROUP BY WINDOWSTART;", &unaliased("WINDOWSTART"));
    check(
        "CREATE STREAM X (ROWTIME INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);",
        "'ROWTIME' is a reserved column name. You cannot use it as a name for a column.",
    );
    check(
        "CREATE STREAM X (`rowtime` INT, ROWKEY INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);",
        "`rowtime` INTEGER, `ROWKEY` INTEGER",
    );
}

#[test]
fn names_that_come_twice() {
    check("SELECT V, V FROM S EMIT CHANGES;", "Duplicate value columns found in schema: `V` INTEGER");
    check("SELECT V AS A, NAME AS A FROM S EMIT CHANGES;", "Duplicate value columns found in schema: `A` STRING");
    check("SELECT *, V FROM S EMIT CHANGES;", "Duplicate value columns found in schema: `V` INTEGER");
    check(
        "CREATE STREAM X (A INT, a INT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);",
        "Failed to prepare statement: Duplicate column names: `A`",
    );
    check(
        "CREATE STREAM X (A STRUCT<f INT, F BIGINT>) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);",
        "Failed to prepare statement: Duplicate field names found in STRUCT: '`F` INTEGER' and '`F` BIGINT'",
    );
    check(
        "CREATE TYPE X AS ARRAY<STRUCT<f INT, F INT>>;",
        "Failed to prepare statement: Duplicate field names found in STRUCT: '`F` INTEGER' and '`F` INTEGER'",
    );
}

#[test]
fn types_have_names_too() {
    check(
        "CREATE TYPE X AS STRUCT<A INT>; CREATE TYPE Y AS MAP<STRING, x>;",
        "Registered custom type with name 'Y' and SQL type MAP<STRING, STRUCT<`A` INTEGER>>",
    );
    check(
        "SELECT CAST(V AS NOPE) FROM S EMIT CHANGES;",
        "Failed to prepare statement: Cannot resolve unknown type: NOPE",
    );
    check(
        "CREATE TYPE X AS INT; SELECT CAST(V AS `x`) FROM S EMIT CHANGES;",
        "Failed to prepare statement: Cannot resolve unknown type: x",
    );
    check(
        "CREATE TYPE X AS INT; DROP TYPE X; CREATE TYPE Y AS X;",
        "Failed to prepare statement: Cannot resolve unknown type: X",
    );
}
