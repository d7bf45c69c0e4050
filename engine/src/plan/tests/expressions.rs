//! Where a statement says that one of its expressions is wrong.

use super::*;

const SHOWN: &str = "schema:`ID` INTEGER KEY, `NAME` STRING, `V` INTEGER, `TAGS` ARRAY<STRING>, `P` STRUCT<`X` INTEGER, `Y` \
                     INTEGER>, `ROWTIME` BIGINT, `ROWPARTITION` INTEGER, `ROWOFFSET` BIGINT, `ID` INTEGER";

fn push(items: &str, rest: &str, expected: &str) {
    check(&format!("SELECT {items} FROM S {rest} EMIT CHANGES;"), expected);
}

#[test]
fn wrong_items() {
    push(
        "V + NAME",
        "",
        "Error processing expression: (V + NAME). Unsupported arithmetic types. INTEGER STRING\nStatement: (V + NAME)",
    );
    push("V = NULL", "", "Comparison with NULL not supported: INTEGER = NULL\nUse 'IS NULL' or 'IS NOT NULL' instead.");
    push("V < NAME", "", "Cannot compare V (INTEGER) to NAME (STRING) with LESS_THAN.\nStatement: (V < NAME)");
    push(
        "CAST(NAME AS ARRAY<INT>)",
        "",
        &format!(
            "Invalid Select: Cast of STRING to ARRAY<INTEGER> is not supported. expression: CAST(NAME AS ARRAY<INTEGER>), {SHOWN}\nStatement: CAST(NAME AS ARRAY<INTEGER>)"
        ),
    );
    push(
        "V IN ('x')",
        "",
        &format!(
            "Invalid Select: invalid input syntax for type INTEGER: \"x\".. expression: (V IN ('x')), {SHOWN}\nStatement: (V IN ('x'))"
        ),
    );
    push(
        "NULL",
        "",
        "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR).",
    );
    push("NOPE(V)", "", "Can't find any functions with the name 'NOPE'");
    push("P->Z", "", "Could not find field 'Z' in 'P'.");
    push("V->*", "", "Column V is not a STRUCT type.");
    push("P->X->*", "", "Column P->X is not a STRUCT type.");
    push(
        "P['X']",
        "",
        "Subscript expression (P['X']) do not apply to STRUCT<`X` INTEGER, `Y` INTEGER>. Use the dereference operator for STRUCTS: P->'X'",
    );
    push(
        "CASE V WHEN 1 THEN 2 END",
        "",
        "not yet implemented: io.confluent.ksql.execution.util.ExpressionTypeManager$Visitor.visitSimpleCaseExpression",
    );
    push("V AT TIME ZONE 'UTC'", "", "Failed to prepare statement: not yet implemented");
    let lambda = "Exception while preparing statement: ";
    push("TRANSFORM(TAGS, V => V)", "", &format!("{lambda}Lambda function argument can't be a column name: V"));
    push(
        "TRANSFORM(TAGS, ROWTIME => 1)",
        "",
        &format!("{lambda}Lambda function argument can't be a column name: ROWTIME"),
    );
    push(
        "TRANSFORM(TAGS, X => TRANSFORM(TAGS, X => X))",
        "",
        &format!("{lambda}Reusing lambda arguments in nested lambda is not allowed"),
    );
}

#[test]
fn wrong_predicates() {
    let filter = |predicate: &str, expected: &str| push("V", &format!("WHERE {predicate}"), expected);
    filter("V", "Type error in WHERE expression: Should evaluate to boolean but is V (INTEGER) instead.\nStatement: V");
    filter(
        "RANDOM() + 1.5",
        "Type error in WHERE expression: Should evaluate to boolean but is (RANDOM() + 1.5) (DOUBLE) instead.\nStatement: \
         (RANDOM() + 1.5)",
    );
    filter(
        "V >= 'x'",
        "Error in WHERE expression: Cannot compare V (INTEGER) to 'x' (STRING) with GREATER_THAN_OR_EQUAL.\nStatement: (V >= \
         'x')\nStatement: (V >= 'x')",
    );
    filter(
        "V <> NULL",
        "Error in WHERE expression: Comparison with NULL not supported: INTEGER <> NULL\nUse 'IS NULL' or 'IS NOT NULL' \
         instead.\nStatement: (V <> null)",
    );
    filter("P->Z = 1", "Error in WHERE expression: Could not find field 'Z' in 'P'.\nStatement: (P->Z = 1)");
    filter(
        "NOPE(V) = 1",
        "Error in WHERE expression: Can't find any functions with the name 'NOPE'\nStatement: (NOPE(V) = 1)",
    );
    filter(
        "V IN (TRUE)",
        &format!(
            "Invalid Predicate: operator does not exist: INTEGER = BOOLEAN (true)\nHint: You might need to add explicit \
                  type casts.. expression: (V IN (true)), {SHOWN}\nStatement: (V IN (true))"
        ),
    );
    let timestamp = "Failed to parse timestamp 'x': Text 'x-01-01T00:00:00.000' could not be parsed at index 0\n";
    let mut session = Session::new();
    session.run(SOURCES).unwrap();
    let error = session.run("SELECT V FROM S WHERE ROWTIME > 'x' EMIT CHANGES;").unwrap_err();
    assert!(error.message.starts_with(timestamp), "{}", error.message);
}

#[test]
fn persistent_queries_say_when_they_found_it() {
    let create = |rest: &str, expected: &str| check(&format!("CREATE STREAM O AS SELECT ID, {rest};"), expected);
    let prefix = "Could not determine output schema for query due to error: ";
    create(
        "V + NAME FROM S",
        &format!(
            "{prefix}Error processing expression: (V + NAME). Unsupported arithmetic types. INTEGER STRING\nStatement: (V + NAME)"
        ),
    );
    create(
        "V FROM S WHERE V",
        &format!(
            "{prefix}Type error in WHERE expression: Should evaluate to boolean but is V (INTEGER) instead.\nStatement: V"
        ),
    );
    create(
        "V FROM S WHERE V IN ('x')",
        &format!("Invalid Predicate: invalid input syntax for type INTEGER: \"x\".. expression: (V IN ('x')), {SHOWN}"),
    );
    create(
        "V FROM S WHERE SUM(V) = 1",
        &format!("Invalid Predicate: Can't find any functions with the name 'SUM'. expression: (SUM(V) = 1), {SHOWN}"),
    );
    create("CAST(V AS NOPE) FROM S", "Failed to prepare statement: Cannot resolve unknown type: NOPE");
}

/// `DAYS` is a word of its own; `DAY` is a name, which means a unit only where no column has it.
#[test]
fn units_of_intervals_are_singular_or_plural() {
    let selects = |sources: &str, item: &str, expected: &str| {
        let mut session = Session::new();
        session.run(sources).unwrap();
        let text = session.run(&format!("SELECT {item} X FROM S EMIT CHANGES;")).unwrap_or_else(|e| e.message);
        assert!(text.contains(expected), "{item}: {text}");
    };
    selects(SOURCES, "DATEADD(DAY, V, CAST(NAME AS DATE))", "select DATEADD(DAYS, V, CAST(NAME AS DATE))");
    selects(
        SOURCES,
        "TIMESTAMPADD(hour, V, CAST(NAME AS TIMESTAMP))",
        "select TIMESTAMPADD(HOURS, V, CAST(NAME AS TIMESTAMP))",
    );
    selects(SOURCES, "TRANSFORM(TAGS, X => DATEADD(DAY, LEN(X), CAST(X AS DATE)))", "DATEADD(DAYS, LEN(X)");
    selects(SOURCES, "ABS(DAY)", "Line: 1, Col: 12: SELECT column 'DAY' cannot be resolved.");
    selects(SOURCES, "DAY", "Line: 1, Col: 8: SELECT column 'DAY' cannot be resolved.");
    let stream = "CREATE STREAM S (DAY INT, D DATE) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);";
    selects(stream, "DATEADD(DAY, DAY, D)", "Function 'dateadd' does not accept parameters (INTEGER, INTEGER, DATE).");
    selects(stream, "DATEADD(DAYS, DAY, D)", "select DATEADD(DAYS, DAY, D)");
}

#[test]
fn table_functions_stand_only_in_select_lists_of_streams() {
    push("EXPLODE(EXPLODE(ARRAY[TAGS]))", "", "Table functions cannot be nested: `EXPLODE`(`EXPLODE`())");
    push("CASE WHEN TRUE THEN EXPLODE(TAGS) END", "", "Table functions cannot be used in CASE: EXPLODE");
    push("EXPLODE(TAGS), COUNT(*)", "", "Table functions cannot be used with aggregations.");
    push("SUM(LEN(EXPLODE(TAGS)))", "GROUP BY V", "Table functions cannot be used with aggregations.");
    check("SELECT EXPLODE(ARRAY[V]) FROM T EMIT CHANGES;", "Table source is not supported with table functions");
    let unknown = "Can't find any functions with the name 'EXPLODE'";
    push(
        "V",
        "WHERE EXPLODE(TAGS) = 'x'",
        &format!("Error in WHERE expression: {unknown}\nStatement: (EXPLODE(TAGS) = 'x')"),
    );
    push("V", "PARTITION BY EXPLODE(TAGS)", unknown);
    push("COUNT(*)", "GROUP BY EXPLODE(TAGS)", unknown);
}
