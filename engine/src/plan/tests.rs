//! Plans of statements as short texts, and refusals in ksqlDB's words.

mod aggregates;
mod expressions;
mod names;
mod where_of_pull;

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::analyzer::RepeatedText;
use crate::config::Config;

/// Statements are planned one after the other; the answer is that of the last.
struct Session {
    metastore: MetaStore,
    topics: RefCell<BTreeMap<String, TopicSpec>>,
    config: Config,
    next_query_number: u64,
}

impl Session {
    fn new() -> Self {
        let config = Config::default();
        Self { metastore: MetaStore::default(), topics: RefCell::default(), config, next_query_number: 0 }
    }

    fn run(&mut self, sql: &str) -> Result<String, AnalysisError> {
        let statements = weir_parser::parse_script(sql, &weir_parser::VariableMap::default()).unwrap();
        let mut last = String::new();
        for statement in &statements {
            last = self.run_one(statement)?;
        }
        Ok(last)
    }

    fn run_one(&mut self, statement: &ParsedStatement) -> Result<String, AnalysisError> {
        let topics = |name: &str| self.topics.borrow().get(name).cloned();
        let context = PlanContext {
            metastore: &self.metastore,
            config: &self.config,
            topics: &topics,
            next_query_number: self.next_query_number,
        };
        if let Statement::Query(query) = &statement.statement {
            if query.emit.is_some() {
                return plan_push(&context, query, &statement.text, 7).map(|plan| query_text(&plan));
            }
            return plan_pull(&context, query, &statement.text, 7).map(|outcome| match outcome {
                PullOutcome::Table(plan) => pull_text(&plan),
                PullOutcome::Stream(plan) => query_text(&plan),
            });
        }
        let (planned, metastore) = plan(&context, statement)?;
        self.metastore = metastore;
        if let StatementPlan::CreateSource { topic: Some(topic), .. }
        | StatementPlan::CreateAs { topic: Some(topic), .. } = &planned
        {
            self.topics.borrow_mut().insert(topic.name.clone(), topic.clone());
        }
        Ok(match planned {
            StatementPlan::NoOp { warning } => warning,
            StatementPlan::CreateSource { source, .. } => source.schema.to_string(),
            StatementPlan::CreateAs { query, .. } | StatementPlan::InsertInto { query } => {
                self.next_query_number += 1;
                check_round_trip(&query);
                query_text(&query)
            }
            StatementPlan::DropSource { message, .. }
            | StatementPlan::Nothing { message }
            | StatementPlan::AlterSource { message, .. }
            | StatementPlan::RegisterType { message, .. }
            | StatementPlan::DropType { message, .. } => message,
        })
    }
}

/// The command log keeps plans as JSON and must give the same plan back.
fn check_round_trip(query: &QueryPlan) {
    let json = serde_json::to_string(query).unwrap();
    assert_eq!(&serde_json::from_str::<QueryPlan>(&json).unwrap(), query, "{json}");
}

/// Steps from the source on, each with its schema.
fn query_text(plan: &QueryPlan) -> String {
    let mut lines = Vec::new();
    let mut step = Some(&plan.root);
    while let Some(current) = step {
        lines.push(format!("{}: {}", step_text(current), current.schema()));
        step = current.input();
    }
    lines.push(plan.id.clone());
    lines.reverse();
    lines.join("\n")
}

fn list(expressions: &[Expression]) -> String {
    expressions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn step_text(step: &ExecutionStep) -> String {
    let stored = |store: &Option<String>| store.as_ref().map_or(String::new(), |store| format!(" in {store}"));
    match step {
        ExecutionStep::Source(s) => format!("source {}{}", s.topic, stored(&s.store)),
        ExecutionStep::Filter(s) => format!("filter {}", s.predicate),
        ExecutionStep::Select(s) => format!("select {}", list(&s.expressions)),
        ExecutionStep::SelectKey(s) => format!("key by {}", list(&s.keys)),
        ExecutionStep::FlatMap(s) => format!("flat map {}", list(&s.functions)),
        ExecutionStep::GroupBy(s) => {
            let through = s.repartition.as_ref().map_or(String::new(), |r| {
                format!(" through {} {}/{}", r.name, r.key_serde.format.name(), r.value_serde.format.name())
            });
            format!("group by {}{through}", list(&s.keys))
        }
        ExecutionStep::Aggregate(s) => {
            let calls = s.aggregates.iter().map(|c| format!("{}({})", c.function, list(&c.arguments)));
            let window = s.window.as_ref().map_or(String::new(), |w| format!(" {w:?}"));
            format!("aggregate {}{window}", calls.collect::<Vec<_>>().join(", "))
        }
        ExecutionStep::Sink(s) => {
            format!("sink {} {}/{}", s.topic, s.key_serde.format.name(), s.value_serde.format.name())
        }
    }
}

fn pull_text(plan: &PullPlan) -> String {
    let columns = plan.select.iter().map(|(column, expression)| {
        format!("{} {}{} = {expression}", column.name, column.data_type, if column.is_key { " KEY" } else { "" })
    });
    let filter = plan.filter.as_ref().map_or(String::new(), |filter| format!(" where {filter}"));
    format!("{:?}{filter}: {}", plan.access, columns.collect::<Vec<_>>().join(", "))
}

const SOURCES: &str = "
    CREATE STREAM S (ID INT KEY, NAME STRING, V INT, TAGS ARRAY<STRING>, P STRUCT<X INT, Y INT>)
        WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=2);
    CREATE TABLE T (ID INT PRIMARY KEY, NAME STRING, V INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1);";

/// `expected` is the plan's text, or the message of the refusal.
fn check(sql: &str, expected: &str) {
    let run = || {
        let mut session = Session::new();
        session.run(SOURCES).unwrap();
        session.run(sql).unwrap_or_else(|error| error.message)
    };
    let got = run();
    assert_eq!(got, expected, "{sql}");
    assert_eq!(got, run(), "planning twice gives one plan: {sql}");
}

#[test]
fn streams_are_filtered_and_projected() {
    check(
        "CREATE STREAM O AS SELECT V + 1 W, ID K FROM S WHERE NAME = 'a';",
        "CSAS_O_0\n\
         source s: `ID` INTEGER KEY, `NAME` STRING, `V` INTEGER\n\
         filter (NAME = 'a'): `ID` INTEGER KEY, `NAME` STRING, `V` INTEGER\n\
         select (V + 1): `K` INTEGER KEY, `W` INTEGER\n\
         sink O KAFKA/JSON: `K` INTEGER KEY, `W` INTEGER",
    );
    check(
        "CREATE STREAM O AS SELECT *, P->X, P->Y AS X_2, P->* FROM S;",
        "CSAS_O_0\n\
         source s: `ID` INTEGER KEY, `NAME` STRING, `V` INTEGER, `TAGS` ARRAY<STRING>, `P` STRUCT<`X` INTEGER, `Y` INTEGER>\n\
         select NAME, V, TAGS, P, P->X, P->Y, P->X, P->Y: `ID` INTEGER KEY, `NAME` STRING, `V` INTEGER, `TAGS` ARRAY<STRING>, \
         `P` STRUCT<`X` INTEGER, `Y` INTEGER>, `X` INTEGER, `X_2` INTEGER, `X_1` INTEGER, `Y_1` INTEGER\n\
         sink O KAFKA/JSON: `ID` INTEGER KEY, `NAME` STRING, `V` INTEGER, `TAGS` ARRAY<STRING>, \
         `P` STRUCT<`X` INTEGER, `Y` INTEGER>, `X` INTEGER, `X_2` INTEGER, `X_1` INTEGER, `Y_1` INTEGER",
    );
}

#[test]
fn partition_by_gives_new_keys() {
    check(
        "CREATE STREAM O AS SELECT NAME, ID, ROWPARTITION P FROM S PARTITION BY NAME;",
        "CSAS_O_0\n\
         source s: `ID` INTEGER KEY, `NAME` STRING, `ROWPARTITION` INTEGER\n\
         key by NAME: `NAME` STRING KEY, `ROWPARTITION` INTEGER, `ID` INTEGER\n\
         select ID, ROWPARTITION: `NAME` STRING KEY, `ID` INTEGER, `P` INTEGER\n\
         sink O KAFKA/JSON: `NAME` STRING KEY, `ID` INTEGER, `P` INTEGER",
    );
    check(
        "CREATE STREAM O AS SELECT ID, V FROM S PARTITION BY NULL;",
        "CSAS_O_0\n\
         source s: `ID` INTEGER KEY, `V` INTEGER\n\
         key by : `V` INTEGER, `ID` INTEGER\n\
         select ID, V: `ID` INTEGER, `V` INTEGER\n\
         sink O NONE/JSON: `ID` INTEGER, `V` INTEGER",
    );
}

#[test]
fn groups_are_aggregated() {
    check(
        "CREATE TABLE O AS SELECT NAME N, SUM(V) + COUNT(*) A FROM S GROUP BY NAME HAVING COUNT(*) > 1;",
        "CTAS_O_0\n\
         source s: `ID` INTEGER KEY, `NAME` STRING, `V` INTEGER\n\
         group by NAME through Aggregate-GroupBy KAFKA/JSON: `NAME` STRING KEY, `NAME` STRING, `V` INTEGER, `ROWTIME` BIGINT\n\
         aggregate SUM(V), COUNT(): `NAME` STRING KEY, `KSQL_AGG_VARIABLE_0` INTEGER, `KSQL_AGG_VARIABLE_1` BIGINT\n\
         filter (KSQL_AGG_VARIABLE_1 > 1): `NAME` STRING KEY, `KSQL_AGG_VARIABLE_0` INTEGER, `KSQL_AGG_VARIABLE_1` BIGINT\n\
         select (KSQL_AGG_VARIABLE_0 + KSQL_AGG_VARIABLE_1): `N` STRING KEY, `A` BIGINT\n\
         sink O KAFKA/JSON: `N` STRING KEY, `A` BIGINT",
    );
    check(
        "CREATE TABLE O AS SELECT ID, WINDOWSTART W, COUNT(V) C FROM S WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY ID;",
        "CTAS_O_0\n\
         source s: `ID` INTEGER KEY, `V` INTEGER\n\
         group by ID: `ID` INTEGER KEY, `ID` INTEGER, `V` INTEGER\n\
         aggregate COUNT(V) WindowSpec { kind: Tumbling { size_ms: 1000 }, grace_ms: 86399000, retention_ms: 86400000 }: `ID` \
         INTEGER KEY, `KSQL_AGG_VARIABLE_0` BIGINT\n\
         select WINDOWSTART, KSQL_AGG_VARIABLE_0: `ID` INTEGER KEY, `W` BIGINT, `C` BIGINT\n\
         sink O KAFKA/JSON: `ID` INTEGER KEY, `W` BIGINT, `C` BIGINT",
    );
    check(
        "SELECT COUNT(*) FROM T EMIT CHANGES LIMIT 1;",
        "transient_T_7\n\
         source t in KsqlTopic-Reduce: `ID` INTEGER KEY\n\
         group by 0 through Aggregate-GroupBy KAFKA/JSON: `KSQL_COL_0` INTEGER KEY, `ROWTIME` BIGINT\n\
         aggregate COUNT(): `KSQL_COL_0` INTEGER KEY, `KSQL_AGG_VARIABLE_0` BIGINT\n\
         select KSQL_AGG_VARIABLE_0: `KSQL_COL_0` INTEGER KEY, `KSQL_COL_0` BIGINT",
    );
}

#[test]
fn groups_of_a_table_are_read_from_its_store() {
    let columns = "`ID` INTEGER KEY, `NAME` STRING, `V` INTEGER, `ROWPARTITION` INTEGER, `ROWOFFSET` BIGINT";
    check(
        "CREATE TABLE O AS SELECT UCASE(NAME) N, SUM(V + 1) C FROM T GROUP BY UCASE(NAME) HAVING COUNT(ROWOFFSET) > 1;",
        &format!(
            "CTAS_O_0\n\
             source t in KsqlTopic-Reduce: {columns}\n\
             group by UCASE(NAME) through Aggregate-GroupBy KAFKA/JSON: `KSQL_COL_0` STRING KEY, `NAME` STRING, `V` INTEGER, \
             `ROWOFFSET` BIGINT\n\
             aggregate SUM((V + 1)), COUNT(ROWOFFSET): `KSQL_COL_0` STRING KEY, `KSQL_AGG_VARIABLE_0` INTEGER, \
             `KSQL_AGG_VARIABLE_1` BIGINT\n\
             filter (KSQL_AGG_VARIABLE_1 > 1): `KSQL_COL_0` STRING KEY, `KSQL_AGG_VARIABLE_0` INTEGER, `KSQL_AGG_VARIABLE_1` \
             BIGINT\n\
             select KSQL_AGG_VARIABLE_0: `N` STRING KEY, `C` INTEGER\n\
             sink O KAFKA/JSON: `N` STRING KEY, `C` INTEGER"
        ),
    );
}

#[test]
fn new_topics_of_streams_keep_records_for_a_week_unless_told() {
    let mut session = Session::new();
    let create = |kind: &str, name: &str, more: &str| {
        let key = if kind == "TABLE" { "PRIMARY KEY" } else { "KEY" };
        format!(
            "CREATE {kind} {name} (ID INT {key}, V INT) WITH (KAFKA_TOPIC='{name}', PARTITIONS=1, VALUE_FORMAT='JSON'{more});"
        )
    };
    let window = ", WINDOW_TYPE='TUMBLING', WINDOW_SIZE='1 MINUTE'";
    for (sql, name, expected) in [
        (create("STREAM", "A", ""), "A", Some(604_800_000)),
        (create("STREAM", "B", ", RETENTION_MS=3600000"), "B", Some(3_600_000)),
        (create("STREAM", "C", window), "C", Some(604_800_000)),
        (create("TABLE", "D", ""), "D", None),
    ] {
        session.run(&sql).unwrap();
        assert_eq!(session.topics.borrow()[name].retention_ms, expected, "{sql}");
    }
    let unlimited = create("STREAM", "E", ", RETENTION_MS=-1");
    let sinks = "CREATE STREAM F AS SELECT * FROM E; CREATE TABLE G AS SELECT ID, COUNT(*) N FROM E WINDOW TUMBLING (SIZE 1 \
                 MINUTE, RETENTION 2 DAYS, GRACE PERIOD 1 MINUTE) GROUP BY ID;";
    session.run(&format!("{unlimited} {sinks}")).unwrap();
    let kept = ["E", "F", "G"].map(|name| session.topics.borrow()[name].retention_ms);
    assert_eq!(kept, [Some(-1); 3]);
}

#[test]
fn tables_are_kept_for_pull_queries() {
    let table = "CREATE TABLE O AS SELECT ID, V FROM T WHERE V > 1;";
    check(
        table,
        "CTAS_O_0\n\
         source t in KsqlTopic-Reduce: `ID` INTEGER KEY, `NAME` STRING, `V` INTEGER, `ROWPARTITION` INTEGER, `ROWOFFSET` BIGINT\n\
         filter (V > 1): `ID` INTEGER KEY, `NAME` STRING, `V` INTEGER, `ROWPARTITION` INTEGER, `ROWOFFSET` BIGINT\n\
         select V: `ID` INTEGER KEY, `V` INTEGER\n\
         sink O KAFKA/JSON: `ID` INTEGER KEY, `V` INTEGER",
    );
    let pull = |query: &str, expected: &str| check(&format!("{table} {query}"), expected);
    let lookup = |key: i32| {
        let all = (i64::MIN, i64::MAX);
        format!("{:?}", KeyLookup { key: vec![Value::Integer(key)], window_start: all, window_end: all })
    };
    let (one, two) = (lookup(1), lookup(2));
    pull("SELECT * FROM O WHERE ID = 1;", &format!("KeyLookup([{one}]): ID INTEGER KEY = ID, V INTEGER = V"));
    pull(
        "SELECT ID K FROM O WHERE ID IN (1, 2, 1) AND V < 3;",
        &format!("KeyLookup([{one}, {two}]) where ((ID IN (1, 2, 1)) AND (V < 3)): K INTEGER = ID"),
    );
    pull("SELECT V FROM O WHERE ID = 1 OR V = 2;", "TableScan where ((ID = 1) OR (V = 2)): V INTEGER = V");
    pull("SELECT V FROM O WHERE ID = 1.5;", "'1.5' can not be converted to the type of the key column: ID INTEGER KEY");
    pull(
        "SELECT V FROM T;",
        "The `T` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_T AS SELECT * FROM T'. \
         See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.",
    );
}

#[test]
fn refusals_use_ksqldbs_words() {
    let prefix = "Could not determine output schema for query due to error: ";
    let in_schema = |sql: &str, message: &str| check(sql, &format!("{prefix}{message}"));
    in_schema(
        "CREATE STREAM O AS SELECT ID, NOPE FROM S;",
        "Line: 1, Col: 31: SELECT column 'NOPE' cannot be resolved.",
    );
    in_schema(
        "CREATE STREAM O AS SELECT ID, V A, NAME A FROM S;",
        "Duplicate value columns found in schema: `A` STRING",
    );
    in_schema("CREATE STREAM O AS SELECT ID FROM S;", "The projection contains no value columns.");
    in_schema(
        "CREATE STREAM O AS SELECT V FROM S PARTITION BY NAME;",
        "Key missing from projection (ie, SELECT). \nThe query used to build `O` must include the partitioning expression \
         S.NAME in its projection (eg, SELECT S.NAME...).",
    );
    in_schema(
        "CREATE TABLE O AS SELECT NAME, MAX(V) M FROM T GROUP BY NAME;",
        "The aggregation function MAX cannot be applied to a table source, only to a stream source.",
    );
    check(
        "CREATE STREAM O AS SELECT ID, V FROM S WINDOW TUMBLING (SIZE 1 HOUR);",
        "Could not determine output schema for query due to error: Line: 1, Col: 47: WINDOW clause requires a GROUP BY \
         clause.",
    );
    check(
        "CREATE STREAM O AS SELECT X.V FROM S;",
        "Failed to prepare statement: 'X' is not a valid stream/table name or alias.",
    );
    check("CREATE STREAM O AS SELECT * FROM X;", "Exception while preparing statement: X does not exist.");
    check(
        "INSERT INTO S SELECT ID, NAME FROM S;",
        "Incompatible schema between results and sink.\nResult schema is `ID` INTEGER KEY, `NAME` STRING\nSink schema is `ID` \
         INTEGER KEY, `NAME` STRING, `V` INTEGER, `TAGS` ARRAY<STRING>, `P` STRUCT<`X` INTEGER, `Y` INTEGER>",
    );
    check(
        "CREATE TABLE O AS SELECT ID, COUNT(*) C FROM S WINDOW SESSION (1 SECOND) GROUP BY ID;",
        &format!("{prefix}SESSION windows are not supported yet."),
    );
}

#[test]
fn definitions_change_by_the_rules() {
    check(
        "CREATE STREAM IF NOT EXISTS S (A INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');",
        "Cannot add stream `S`: A stream with the same name already exists.",
    );
    check("ALTER STREAM S ADD COLUMN W INT; DROP STREAM S;", "Source `S` (topic: s) was dropped.");
    check("DROP STREAM T;", "Incompatible data source type is table, but statement was DROP stream");
    check(
        "CREATE STREAM O AS SELECT * FROM S; DROP STREAM S;",
        "Cannot drop S.\nThe following streams and/or tables read from this source: [O].\nYou need to drop them before dropping \
         S.",
    );
    check(
        "CREATE STREAM O AS SELECT ID, V FROM S; CREATE OR REPLACE STREAM O AS SELECT ID, NAME FROM S;",
        "Cannot upgrade data source: DataSource '`O`' has schema = `ID` INTEGER KEY, `V` INTEGER which is not upgradeable to `ID` \
         INTEGER KEY, `NAME` STRING. (The following columns are changed, missing or reordered: [`V` INTEGER])",
    );
}

#[test]
fn errors_after_the_rewriting_repeat_the_rewritten_statement() {
    let mut session = Session::new();
    session.run(SOURCES).unwrap();
    let error = session.run("CREATE STREAM O AS SELECT V FROM S;").unwrap_err();
    let text = "CREATE STREAM O WITH (CLEANUP_POLICY='delete', KAFKA_TOPIC='O', PARTITIONS=2, REPLICAS=1, \
                RETENTION_MS=604800000) AS SELECT S.V V\nFROM S S\nEMIT CHANGES;";
    assert_eq!(error.repeats, RepeatedText::Rewritten(text.to_string()));
}
