//! Aggregates: the arguments that they take, where they may stand, and what is not grouped.

use super::*;

/// Over a stream, grouped by V.
fn select(items: &str, expected: &str) {
    check(&format!("SELECT {items} FROM S GROUP BY V EMIT CHANGES;"), expected);
}

fn refused(items: &str, expected: &str) {
    let mut session = Session::new();
    session.run(SOURCES).unwrap();
    let error = session.run(&format!("SELECT {items} FROM S GROUP BY V EMIT CHANGES;")).unwrap_err();
    assert!(error.message.starts_with(expected), "{items}: {}", error.message);
}

#[test]
fn argument_types_are_taken_as_they_are() {
    refused("SUM(NAME)", "Function 'SUM' does not accept parameters (STRING).\nValid alternatives are:\n");
    refused("SUM(V, V)", "Function 'SUM' does not accept parameters (INTEGER, INTEGER).\n");
    refused("MIN(P)", "Function 'MIN' does not accept parameters (STRUCT<X INTEGER, Y INTEGER>).\n");
    refused("MAX(V = 1)", "Function 'MAX' does not accept parameters (BOOLEAN).\n");
    refused("AVG(V * 1.5)", "Function 'avg' does not accept parameters (DECIMAL(13, 1)).\n");
    refused("TOPK(V)", "Function 'TOPK' does not accept parameters (INTEGER).\n");
    refused("TOPK(V, '1')", "Function 'TOPK' does not accept parameters (INTEGER, STRING).\n");
    refused("CORRELATION(V, ROWTIME)", "Function 'correlation' does not accept parameters (INTEGER, BIGINT).\n");
    refused("HISTOGRAM(*)", "Function 'HISTOGRAM' does not accept parameters (BIGINT).\n");
    refused("COLLECT_LIST(V, V)", "Function 'collect_list' does not accept parameters (INTEGER, INTEGER).\n");
}

#[test]
fn initial_arguments_are_written_out() {
    let literal = |function: &str, text: &str| {
        format!("Parameter 2 passed to function {function} must be a literal constant, but was expression: '{text}'")
    };
    select("TOPK(V, V)", &literal("TOPK", "V"));
    select("TOPK(V, 1 + 1)", &literal("TOPK", "(1 + 1)"));
    select("LATEST_BY_OFFSET(NAME, V)", &literal("LATEST_BY_OFFSET", "V"));
    select("EARLIEST_BY_OFFSET(NAME, P->X)", &literal("EARLIEST_BY_OFFSET", "P->X"));
    select("LATEST_BY_OFFSET(V, 0)", "latestN must be 1 or greater");
    select("EARLIEST_BY_OFFSET(V, -1)", "earliestN must be 1 or greater");
}

#[test]
fn no_argument_is_the_time_of_the_row() {
    for call in ["MAX()", "MAX(*)", "MAX(ROWTIME)"] {
        let mut session = Session::new();
        session.run(SOURCES).unwrap();
        let text = session.run(&format!("SELECT {call} M FROM S GROUP BY V EMIT CHANGES;")).unwrap();
        assert!(
            text.contains("aggregate MAX(ROWTIME): `V` INTEGER KEY, `KSQL_AGG_VARIABLE_0` BIGINT"),
            "{call}: {text}"
        );
    }
    check(
        "CREATE TABLE O AS SELECT COUNT(*) FROM S;",
        "Could not determine output schema for query due to error: CREATE TABLE AS SELECT statement does not support aggregate \
         function [COUNT(ROWTIME)] without a GROUP BY clause.",
    );
}

#[test]
fn aggregates_stand_only_in_select_and_having() {
    select("SUM(COUNT(*))", "Aggregate functions can not be nested: SUM(COUNT())");
    select("SUM(ABS(V + MAX(V)))", "Aggregate functions can not be nested: SUM(MAX())");
    let push = |rest: &str, expected: &str| check(&format!("SELECT V, COUNT(*) FROM S {rest} EMIT CHANGES;"), expected);
    push("GROUP BY COUNT(*)", "GROUP BY does not support aggregate functions: COUNT is an aggregate function.");
    push("WHERE MIN(WINDOWEND) < 5 GROUP BY V", "Line: 1, Col: 37: WHERE column 'WINDOWEND' cannot be resolved.");
    push(
        "WINDOW TUMBLING (SIZE 1 HOUR) WHERE MIN(WINDOWEND) < 5 GROUP BY V",
        "Error in WHERE expression: Unknown column WINDOWEND.\nStatement: (MIN(WINDOWEND) < 5)",
    );
    check("SELECT V FROM S PARTITION BY COUNT(*) EMIT CHANGES;", "Can't find any functions with the name 'COUNT'");
}

#[test]
fn what_is_selected_is_grouped_or_aggregated() {
    let advice = "Either add the column(s) to the GROUP BY or remove them from the SELECT.";
    let ungrouped = |list: &str| format!("Non-aggregate SELECT expression(s) not part of GROUP BY: {list}\n{advice}");
    select("V, NAME, COUNT(*)", &ungrouped("NAME"));
    select("V, LEN(NAME), P->X, COUNT(*)", &ungrouped("LEN(NAME), P->X"));
    select("COUNT(*) + P->X", &ungrouped("P"));
    select("V", "GROUP BY requires aggregate functions in either the SELECT or HAVING clause.");
    check(
        "SELECT V, COUNT(*) FROM S GROUP BY V HAVING NAME = 'x' EMIT CHANGES;",
        "Non-aggregate HAVING expression not part of GROUP BY: NAME\nConsider switching the HAVING clause to a WHERE clause \
         before the GROUP BY.",
    );
    let prepare = "Failed to prepare statement: ";
    check("SELECT COUNT(*) FROM S GROUP BY V, V EMIT CHANGES;", &format!("{prepare}Duplicate GROUP BY expression: V"));
    check(
        "SELECT COUNT(*) FROM S GROUP BY V, S.V EMIT CHANGES;",
        &format!("{prepare}Duplicate GROUP BY expression: S.V"),
    );
    check(
        "SELECT V FROM S PARTITION BY V, S.V EMIT CHANGES;",
        &format!("{prepare}Duplicate PARTITION BY expression: S.V"),
    );
    check(
        "SELECT COUNT(*) FROM S GROUP BY () EMIT CHANGES;",
        &format!("{prepare}GROUP BY requires at least one expression"),
    );
    check(
        "SELECT V FROM S PARTITION BY () EMIT CHANGES;",
        &format!("{prepare}PARTITION BY requires at least one expression"),
    );
    check(
        "SELECT V FROM S GROUP BY V PARTITION BY V EMIT CHANGES;",
        &format!("{prepare}Queries only support one of PARTITION BY and GROUP BY"),
    );
    check("SELECT V FROM S PARTITION BY V, NULL EMIT CHANGES;", "Cannot PARTITION BY multiple columns including NULL");
}

#[test]
fn windows_have_groups_and_their_bounds_are_only_selected() {
    check(
        "SELECT COUNT(*) FROM S WINDOW TUMBLING (SIZE 1 HOUR) EMIT CHANGES;",
        "Line: 1, Col: 31: WINDOW clause requires a GROUP BY clause.",
    );
    let bounds = |rest: &str, bound: &str| {
        let expected = format!(
            "Window bounds column {bound} can only be used in the SELECT clause of windowed aggregations and can not be passed \
             to aggregate functions.\nSee https://github.com/confluentinc/ksql/issues/4397"
        );
        check(&format!("SELECT V, {rest} EMIT CHANGES;"), &expected);
    };
    bounds("COUNT(WINDOWSTART) FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY V", "WINDOWSTART");
    bounds("COUNT(*) FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY V HAVING WINDOWEND > 1", "WINDOWEND");
    bounds("COUNT(*) FROM S WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY V, WINDOWEND", "WINDOWEND");
}

#[test]
fn over_a_table_an_aggregate_must_be_able_to_undo() {
    let only = |functions: &str| {
        format!("The aggregation {functions} cannot be applied to a table source, only to a stream source.")
    };
    let push =
        |items: &str, expected: &str| check(&format!("SELECT {items} FROM T GROUP BY NAME EMIT CHANGES;"), expected);
    push("MAX(V)", &only("function MAX"));
    push("MAX(V), MAX(ID), SUM(V)", &only("function MAX"));
    push("LATEST_BY_OFFSET(V), MIN(V), MAX(V)", &only("functions LATEST_BY_OFFSET, MIN and MAX"));
}

#[test]
fn having_is_checked_as_where_is() {
    let having = |predicate: &str, expected: &str| {
        check(&format!("SELECT V, COUNT(*) FROM S GROUP BY V HAVING {predicate} EMIT CHANGES;"), expected);
    };
    having(
        "COUNT(*)",
        "Type error in HAVING expression: Should evaluate to boolean but is COUNT(*) (BIGINT) instead.\nStatement: COUNT(*)",
    );
    having(
        "COUNT(*) > 'x'",
        "Error in HAVING expression: Cannot compare COUNT(*) (BIGINT) to 'x' (STRING) with GREATER_THAN.\nStatement: (COUNT(*) \
         > 'x')\nStatement: (COUNT(*) > 'x')",
    );
}
