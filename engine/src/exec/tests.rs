//! Whole queries over the in-memory log: what goes in and comes out, whatever the batch size, and across stops and crashes.

use std::sync::Arc;

use arrow_array::{Array, BinaryArray, Int64Array};
use weir_parser::ast::Name;

mod footprint;

use super::*;
use crate::formats::{Format, SerdeOptions};
use crate::metastore::{SourceWindow, SourceWindowKind, TimestampColumn};
use crate::plan::*;
use crate::state::StateDb;
use crate::topic::embedded::EmbeddedLog;
use crate::topic::{CleanupPolicy, Partition, Records, TopicPartition, TopicSpec, Topics, partition_for_key};
use crate::types::{Column, LogicalSchema, SqlType, Value};

/// An in-memory node with the topics `in` and `out`.
struct TestNode {
    db: StateDb,
    topics: Arc<dyn Topics>,
}

impl TestNode {
    fn new(partitions: u32) -> Self {
        let db = StateDb::in_memory();
        let topics: Arc<dyn Topics> = Arc::new(EmbeddedLog::open(db.clone()).expect("an empty log opens"));
        for name in ["in", "out"] {
            let spec = TopicSpec {
                name: name.into(),
                partitions,
                replicas: 1,
                cleanup: CleanupPolicy::Delete,
                retention_ms: None,
                kafka_configs: &[],
            };
            topics.create(&spec).expect("a new topic");
        }
        Self { db, topics }
    }

    /// Appends records written `key|value|timestamp`; `-` is null.
    fn feed(&self, lines: &[&str]) {
        let partitions = self.topics.describe("in").expect("made above").partitions;
        for line in lines {
            let mut parts = line.split('|');
            let mut bytes = || parts.next().filter(|text| *text != "-").map(str::as_bytes);
            let (key, value) = (bytes(), bytes());
            let time: i64 = parts.next().and_then(|t| t.parse().ok()).unwrap_or_default();
            let records = Records {
                keys: BinaryArray::from_iter([key]),
                values: BinaryArray::from_iter([value]),
                timestamps: Int64Array::from(vec![time]),
                headers: None,
            };
            let partition = key.map_or(Partition(0), |key| partition_for_key(key, partitions));
            self.topics.append("in", vec![(partition, records)]).expect("the log takes records");
        }
    }

    /// All records of `out`, as `feed` takes them, partition by partition.
    fn output(&self) -> Vec<String> {
        self.records("out")
    }

    fn records(&self, topic: &str) -> Vec<String> {
        let partitions = self.topics.describe(topic).expect("the topic is there").partitions;
        let mut lines = Vec::new();
        for partition in 0..partitions {
            let place = TopicPartition { topic: topic.into(), partition: Partition(partition) };
            let mut offset = 0;
            loop {
                let fetched = self.topics.fetch(&place, offset, 1000).expect("the log reads");
                if fetched.records.is_empty() {
                    break;
                }
                let records = fetched.records;
                for row in 0..records.len() {
                    let text = |bytes: &BinaryArray| {
                        if bytes.is_null(row) { "-".into() } else { key_text(bytes.value(row)) }
                    };
                    lines.push(format!(
                        "{}|{}|{}",
                        text(&records.keys),
                        text(&records.values),
                        records.timestamps.value(row)
                    ));
                }
                offset = fetched.next_offset;
            }
        }
        lines
    }

    fn simulation(&self, steps_per_commit: usize) -> Simulation {
        let options = SimulationOptions { seed: None, steps_per_commit };
        Simulation::new(self.topics.clone(), self.db.clone(), options)
    }
}

/// Text with an appended window start as `@start`.
fn key_text(bytes: &[u8]) -> String {
    let at = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    let window = bytes.get(at..at + 8).map(|w| i64::from_be_bytes(w.try_into().expect("eight bytes")));
    let text = String::from_utf8_lossy(&bytes[..at]);
    window.map_or_else(|| text.to_string(), |start| format!("{text}@{start}"))
}

fn column(name: &str, data_type: SqlType) -> Column {
    Column::new(name, data_type)
}

fn expression(text: &str) -> weir_parser::ast::Expression {
    weir_parser::parse_expression(text).expect("a test expression parses")
}

fn serde(format: Format) -> SerdeOptions {
    SerdeOptions { wrap_single: format == Format::Json, format }
}

fn schema(key: &[Column], value: &[Column]) -> LogicalSchema {
    LogicalSchema::new(key.to_vec(), value.to_vec())
}

/// `in` as `ID STRING KEY, C STRING, V BIGINT`: KAFKA keys, DELIMITED values.
fn source(kind: ResultKind, store: Option<&str>) -> ExecutionStep {
    let declared =
        schema(&[column("ID", SqlType::String)], &[column("C", SqlType::String), column("V", SqlType::BigInt)]);
    ExecutionStep::Source(SourceStep {
        source: Name::new("S"),
        kind,
        topic: "in".into(),
        schema: declared.clone(),
        declared,
        key_serde: serde(Format::Kafka),
        value_serde: serde(Format::Delimited { delimiter: ',' }),
        window: None,
        timestamp: None,
        extra: Vec::new(),
        store: store.map(Into::into),
    })
}

fn filter(input: ExecutionStep, predicate: &str) -> ExecutionStep {
    let schema = input.schema().clone();
    ExecutionStep::Filter(FilterStep { input: Box::new(input), predicate: expression(predicate), schema })
}

fn select(input: ExecutionStep, columns: &[(&str, &str, SqlType)]) -> ExecutionStep {
    let values: Vec<Column> = columns.iter().map(|(_, name, t)| column(name, t.clone())).collect();
    let schema = schema(&input.schema().key, &values);
    let expressions = columns.iter().map(|(text, ..)| expression(text)).collect();
    ExecutionStep::Select(SelectStep { input: Box::new(input), expressions, schema })
}

fn group_by(input: ExecutionStep, key: (&str, &str), repartition: bool) -> ExecutionStep {
    let schema = schema(&[column(key.1, SqlType::String)], &input.schema().value);
    let repartition = repartition.then(|| Repartition {
        name: "Aggregate-GroupBy".into(),
        key_serde: serde(Format::Kafka),
        value_serde: serde(Format::Delimited { delimiter: ',' }),
    });
    ExecutionStep::GroupBy(GroupByStep { input: Box::new(input), keys: vec![expression(key.0)], repartition, schema })
}

/// COUNT(*) and SUM(V).
fn aggregate(input: ExecutionStep, window: Option<WindowSpec>) -> ExecutionStep {
    let call = |function: &str, arguments: &[&str]| AggregateCall {
        function: function.into(),
        arguments: arguments.iter().map(|text| expression(text)).collect(),
        literals: Vec::new(),
        data_type: SqlType::BigInt,
        limit: None,
    };
    let values = [column("KSQL_AGG_VARIABLE_0", SqlType::BigInt), column("KSQL_AGG_VARIABLE_1", SqlType::BigInt)];
    let schema = schema(&input.schema().key, &values);
    ExecutionStep::Aggregate(AggregateStep {
        input: Box::new(input),
        aggregates: vec![call("COUNT", &[]), call("SUM", &["V"])],
        window,
        emit_final: false,
        store: "Aggregate-Aggregate-Materialize".into(),
        schema,
    })
}

fn counts(input: ExecutionStep) -> ExecutionStep {
    select(input, &[("KSQL_AGG_VARIABLE_0", "N", SqlType::BigInt), ("KSQL_AGG_VARIABLE_1", "T", SqlType::BigInt)])
}

fn sink(input: ExecutionStep) -> QueryPlan {
    let window = input.is_windowed().then_some(SourceWindow { kind: SourceWindowKind::Tumbling, size_ms: Some(10) });
    let (kind, schema) = (input.result(), input.schema().clone());
    let root = ExecutionStep::Sink(SinkStep {
        input: Box::new(input),
        topic: "out".into(),
        key_serde: serde(Format::Kafka),
        value_serde: serde(Format::Delimited { delimiter: ',' }),
        window,
        timestamp: None,
        kind,
        schema,
    });
    QueryPlan {
        id: "CSAS_O_0".into(),
        sources: vec![Name::new("S")],
        sink: Some(Name::new("O")),
        result: kind,
        root,
        text: String::new(),
        limit: None,
        output_columns: Vec::new(),
    }
}

fn client(input: ExecutionStep, columns: &[&str]) -> QueryPlan {
    let schema = input.schema().clone();
    let output = |name: &&str| OutputColumn {
        name: (*name).into(),
        data_type: schema.find(&Name::new(*name)).map_or(SqlType::BigInt, |c| c.data_type.clone()),
        is_key: schema.is_key(&Name::new(*name)),
    };
    let output_columns = columns.iter().map(output).collect();
    QueryPlan {
        id: "transient_S_1".into(),
        sink: None,
        root: input,
        output_columns,
        ..sink(source(ResultKind::Stream, None))
    }
}

fn options(cache_bytes: usize, batch_rows: usize) -> QueryOptions {
    QueryOptions {
        offset_reset: Some(OffsetReset::Earliest),
        cache_bytes,
        batch_rows,
        commit_interval_ms: 20,
        redundant_changelogs: true,
        ..QueryOptions::default()
    }
}

/// Feeds `input`, runs the query with the record cache off at several batch sizes, expects `expected` from each.
fn check(plan: &QueryPlan, input: &[&str], expected: &[&str]) {
    for batch_rows in [1, 2, 1024] {
        let node = TestNode::new(1);
        node.feed(input);
        let mut simulation = node.simulation(1);
        simulation.start(plan.clone(), options(0, batch_rows)).expect("the query starts");
        simulation.run().expect("the query runs");
        assert_eq!(node.output(), expected, "batches of {batch_rows}");
    }
}

#[test]
fn filter_and_projection_keep_order_and_nulls() {
    let rows = filter(source(ResultKind::Stream, None), "V > 1");
    let plan = sink(select(rows, &[("V * 2", "W", SqlType::BigInt)]));
    check(&plan, &["a|x,1|5", "b|x,2|6", "-|x,3|7", "c|-|8", "d|x,bad|9"], &["b|4|6", "-|6|7"]);
}

#[test]
fn a_projection_forwards_null_values() {
    let plan = sink(select(source(ResultKind::Stream, None), &[("V", "V", SqlType::BigInt)]));
    check(&plan, &["a|x,1|5", "a|-|6"], &["a|1|5", "a|-|6"]);
}

#[test]
fn every_row_updates_its_group_when_the_cache_is_off() {
    let plan = sink(counts(aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), true), None)));
    check(
        &plan,
        &["1|x,1|5", "2|y,2|9", "3|x,3|3", "4|,4|4", "5|x,5|8"],
        &["x|1,1|5", "y|1,2|9", "x|2,4|5", "x|3,9|8"],
    );
}

#[test]
fn having_deletes_rows_that_stop_passing() {
    let groups = aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), true), None);
    let plan = sink(counts(filter(groups, "KSQL_AGG_VARIABLE_1 < 4")));
    check(&plan, &["1|x,1|5", "2|x,2|6", "3|x,3|7", "4|x,9|8"], &["x|1,1|5", "x|2,3|6", "x|-|7"]);
}

#[test]
fn tumbling_windows_close_after_grace() {
    let window = WindowSpec { kind: WindowSpecKind::Tumbling { size_ms: 10 }, grace_ms: 5, retention_ms: 1000 };
    let plan = sink(counts(aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), true), Some(window))));
    check(
        &plan,
        &["1|x,1|0", "2|x,1|9", "3|x,1|14", "4|x,1|8", "5|x,1|15", "6|x,1|9"],
        &["x@0|1,1|0", "x@0|2,2|9", "x@10|1,1|14", "x@0|3,3|9", "x@10|2,2|15"],
    );
}

#[test]
fn tables_filter_by_old_and_new_values() {
    let rows = filter(source(ResultKind::Table, Some("KsqlTopic-Reduce")), "V > 1");
    let plan = sink(select(rows, &[("V", "V", SqlType::BigInt)]));
    check(
        &plan,
        &["a|x,1|1", "a|x,2|2", "a|x,3|3", "a|x,0|4", "a|x,0|5", "b|-|6", "c|x,9|7", "c|-|8"],
        &["a|2|2", "a|3|3", "a|-|4", "c|9|7", "c|-|8"],
    );
}

#[test]
fn a_table_aggregate_takes_old_rows_out() {
    let rows = group_by(source(ResultKind::Table, Some("KsqlTopic-Reduce")), ("C", "C"), true);
    let plan = sink(counts(aggregate(rows, None)));
    check(
        &plan,
        &["a|x,1|1", "b|x,2|2", "a|x,5|3", "a|y,5|4", "b|-|5"],
        &["x|1,1|1", "x|2,3|2", "x|2,7|3", "x|1,2|4", "y|1,5|4", "x|0,0|5"],
    );
}

#[test]
fn the_cache_emits_the_last_change_per_key_and_commit_in_order_of_access() {
    let node = TestNode::new(1);
    node.feed(&["1|x,1|5", "2|y,2|6", "3|x,3|7"]);
    let mut simulation = node.simulation(100);
    let groups = aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), false), None);
    simulation.start(sink(counts(groups)), options(1 << 20, 1)).expect("the query starts");
    simulation.run().expect("the query runs");
    assert_eq!(node.output(), ["y|1,2|6", "x|2,4|7"]);
}

/// Rows of three groups, enough to need several steps.
fn many_rows() -> Vec<String> {
    (0..60).map(|i| format!("{i}|{},{i}|{i}", ["x", "y", "z"][i % 3])).collect()
}

#[test]
fn stops_and_crashes_do_not_change_the_outputs() {
    let rows = many_rows();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let window = WindowSpec { kind: WindowSpecKind::Tumbling { size_ms: 10 }, grace_ms: 5, retention_ms: 1000 };
    let grouped = || group_by(source(ResultKind::Stream, None), ("C", "C"), true);
    for plan in [sink(counts(aggregate(grouped(), None))), sink(counts(aggregate(grouped(), Some(window))))] {
        let expected = {
            let node = TestNode::new(1);
            node.feed(&rows);
            let mut simulation = node.simulation(1);
            simulation.start(plan.clone(), options(0, 1024)).expect("the query starts");
            simulation.run().expect("the query runs");
            node.output()
        };
        for (kill, steps) in [(false, 3), (true, 1), (true, 2), (true, 5), (true, 17)] {
            let node = TestNode::new(1);
            node.feed(&rows);
            for round in 0.. {
                // Commits come every third step, so most kills lose work that was done.
                let mut simulation = node.simulation(if round < 20 { 3 } else { 1 });
                simulation.start(plan.clone(), options(0, 4)).expect("the query starts");
                let moved = simulation.run_steps("CSAS_O_0", steps).expect("the query runs");
                if kill && round < 20 {
                    simulation.kill("CSAS_O_0");
                } else {
                    simulation.stop("CSAS_O_0", false).expect("the query stops");
                    if !moved {
                        break;
                    }
                }
            }
            assert_eq!(node.output(), expected, "kill {kill} after {steps} steps");
        }
    }
}

#[test]
fn a_tiny_budget_gives_the_same_results() {
    let rows: Vec<String> = (0..400).map(|i| format!("{i}|k{},{i}|{i}", i % 97)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let plan = sink(counts(aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), false), None)));
    let run = |state_bytes: usize| {
        let node = TestNode::new(1);
        node.feed(&rows);
        let mut simulation = node.simulation(2);
        simulation
            .start(plan.clone(), QueryOptions { state_bytes: Some(state_bytes), ..options(0, 7) })
            .expect("the query starts");
        simulation.run().expect("the query runs");
        node.output()
    };
    assert_eq!(run(1), run(1 << 24));
}

#[test]
fn a_lost_store_is_rebuilt_from_its_changelog() {
    let plan = sink(counts(aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), false), None)));
    let node = TestNode::new(1);
    node.feed(&["1|x,1|5", "2|x,2|6"]);
    let mut simulation = node.simulation(1);
    simulation.start(plan.clone(), options(0, 1)).expect("the query starts");
    simulation.run().expect("the query runs");
    simulation.stop("CSAS_O_0", false).expect("the query stops");
    let store = "_confluent-ksql-default_query_CSAS_O_0-Aggregate-Aggregate-Materialize";
    assert!(node.db.store_names().iter().any(|name| name == store), "{:?}", node.db.store_names());
    node.db.drop_store(store).expect("the store goes");
    node.feed(&["3|x,3|7"]);
    simulation.start(plan, options(0, 1)).expect("the query starts");
    simulation.run().expect("the query runs");
    assert_eq!(node.output(), ["x|1,1|5", "x|2,3|6", "x|3,6|7"]);
}

/// Key, N and T of pulled rows.
fn pulled(view: &MaterializedView, access: &PullAccess) -> Vec<String> {
    let mut lines = Vec::new();
    view.pull(access, &mut |rows| {
        for row in 0..rows.rows() {
            let window = rows.window.as_ref().map_or_else(String::new, |w| format!("@{}", w.start.value(row)));
            let key = Value::from_array(&rows.key[0], row, &SqlType::String);
            let values: Vec<Value> =
                rows.new.columns.iter().map(|c| Value::from_array(c, row, &SqlType::BigInt)).collect();
            lines.push(format!("{key:?}{window} {values:?}"));
        }
        true
    })
    .expect("the state reads");
    lines
}

#[test]
fn pull_queries_read_committed_rows_of_all_partitions() {
    let window = WindowSpec { kind: WindowSpecKind::Tumbling { size_ms: 10 }, grace_ms: 5, retention_ms: 1000 };
    let node = TestNode::new(3);
    node.feed(&["x|x,1|5", "y|y,2|6", "x|x,3|17"]);
    let mut simulation = node.simulation(1);
    let groups = aggregate(group_by(source(ResultKind::Stream, None), ("ID", "ID"), false), Some(window));
    simulation.start(sink(counts(groups)), options(0, 1)).expect("the query starts");
    simulation.run().expect("the query runs");
    let view = simulation.materialized("CSAS_O_0").expect("the store opens").expect("there is one");
    let all = (i64::MIN, i64::MAX);
    let lookup = |start| {
        let key = vec![Value::string("x")];
        PullAccess::KeyLookup(vec![KeyLookup { key, window_start: start, window_end: all }])
    };
    let first = r#"String("x")@0 [BigInt(1), BigInt(1)]"#;
    let second = r#"String("x")@10 [BigInt(1), BigInt(3)]"#;
    assert_eq!(pulled(&view, &lookup(all)), [first, second]);
    assert_eq!(pulled(&view, &lookup((10, 20))), [second]);
    assert_eq!(pulled(&view, &PullAccess::TableScan).len(), 3);
    let range = PullAccess::RangeScan { lower: Some((Value::string("x"), false)), upper: None };
    assert_eq!(pulled(&view, &range), [r#"String("y")@0 [BigInt(1), BigInt(2)]"#]);
}

#[test]
fn one_record_goes_through_the_whole_query() {
    let node = TestNode::new(1);
    node.feed(&["1|x,1|5", "2|x,2|6"]);
    let mut simulation = node.simulation(1);
    let groups = aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), true), None);
    simulation.start(sink(counts(groups)), options(0, 1024)).expect("the query starts");
    let place = TopicPartition { topic: "in".into(), partition: Partition(0) };
    assert!(simulation.process_next("CSAS_O_0", &place).expect("the query runs"));
    assert_eq!(node.output(), ["x|1,1|5"]);
    assert!(simulation.process_next("CSAS_O_0", &place).expect("the query runs"));
    assert!(!simulation.process_next("CSAS_O_0", &place).expect("the query runs"));
    assert_eq!(node.output(), ["x|1,1|5", "x|2,3|6"]);
}

/// Waits until `done` holds; fails after ten seconds.
fn eventually(what: &str, done: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !done() {
        assert!(start.elapsed().as_secs() < 10, "{what} did not happen");
        std::thread::yield_now();
    }
}

fn drain(subscription: &Subscription) -> (usize, EndReason) {
    let mut rows = 0;
    loop {
        match subscription.next(std::time::Duration::from_secs(10)) {
            Next::Rows(batch) => rows += batch.rows,
            Next::End(reason) => return (rows, reason),
            Next::Empty => panic!("no row and no end for ten seconds"),
        }
    }
}

#[test]
fn threads_give_the_same_outputs_and_continue_after_a_shutdown() {
    let node = TestNode::new(2);
    let rows = many_rows();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let plan = sink(counts(aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), true), None)));
    for half in rows.chunks(30) {
        let runtime = Runtime::new(node.topics.clone(), node.db.clone(), RuntimeOptions::default());
        runtime.start(plan.clone(), options(1 << 20, 8)).expect("the query starts");
        node.feed(half);
        eventually("catching up", || {
            runtime.status("CSAS_O_0").is_some_and(|s| s.lag == 0 && s.counters.records_in >= 60)
        });
        runtime.shutdown();
    }
    let output = node.output();
    for (key, sum) in [("x", 570), ("y", 590), ("z", 610)] {
        let last = output.iter().rfind(|line| line.starts_with(key)).expect("each group has rows");
        assert!(last.starts_with(&format!("{key}|20,{sum}|")), "{last}");
    }
}

#[test]
fn push_queries_end_at_their_limit_and_bounded_ones_at_the_end() {
    let node = TestNode::new(2);
    let rows: Vec<String> = (0..2000).map(|i| format!("{i}|x,{i}|{i}")).collect();
    node.feed(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let runtime = Runtime::new(node.topics.clone(), node.db.clone(), RuntimeOptions::default());
    let all = client(source(ResultKind::Stream, None), &["V", "ID"]);
    let limited = QueryPlan { limit: Some(700), ..all.clone() };
    for (plan, bounded, expected) in
        [(limited, false, (700, EndReason::Limit)), (all, true, (2000, EndReason::Completed))]
    {
        let handle = runtime.start(plan, QueryOptions { bounded, ..options(0, 64) }).expect("the query starts");
        assert_eq!(drain(&handle.subscription.expect("a transient query")), expected);
        runtime.stop(&handle.id, true).expect("the query stops");
    }
}

#[test]
fn a_paused_query_reads_nothing() {
    let node = TestNode::new(1);
    let runtime = Runtime::new(node.topics.clone(), node.db.clone(), RuntimeOptions::default());
    runtime.start(sink(source(ResultKind::Stream, None)), options(0, 64)).expect("the query starts");
    runtime.pause("CSAS_O_0");
    node.feed(&["a|x,1|5"]);
    assert_eq!(runtime.status("CSAS_O_0").map(|s| s.state), Some(QueryState::Paused));
    assert!(node.output().is_empty());
    runtime.resume("CSAS_O_0");
    eventually("the record", || node.output() == ["a|x,1|5"]);
    runtime.shutdown();
}
