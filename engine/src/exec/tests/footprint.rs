//! What queries leave in topics besides their results: headers, stores' changelogs, repartition topics, the processing log.

use std::sync::Mutex;

use super::*;
use crate::batch::Header;

const APPLICATION: &str = "_confluent-ksql-default_query_CSAS_O_0";

fn run(node: &TestNode, plan: &QueryPlan, options: QueryOptions) {
    let mut simulation = node.simulation(1000);
    simulation.start(plan.clone(), options).expect("the query starts");
    simulation.run().expect("the query runs");
    simulation.stop("CSAS_O_0", false).expect("the query stops");
}

fn table() -> ExecutionStep {
    source(ResultKind::Table, Some("KsqlTopic-Reduce"))
}

#[test]
fn a_row_that_comes_and_goes_between_commits_leaves_nothing_behind_the_cache() {
    let plan = sink(select(table(), &[("V", "V", SqlType::BigInt)]));
    let input = ["a|x,1|1", "b|x,2|2", "b|-|3", "c|-|4"];
    let changelog = format!("{APPLICATION}-KsqlTopic-Reduce-changelog");
    for (cache, expected) in [(1 << 20, &["a"][..]), (0, &["a", "b", "b", "c"])] {
        let node = TestNode::new(1);
        node.feed(&input);
        run(&node, &plan, options(cache, 1));
        let keys = |lines: Vec<String>| -> Vec<String> {
            lines.iter().filter_map(|line| line.split('|').next()).map(str::to_string).collect()
        };
        assert_eq!(keys(node.output()), expected, "cache {cache}");
        let mut expected = expected.to_vec();
        expected.dedup();
        assert_eq!(keys(node.records(&changelog)), expected, "cache {cache}");
        // A row that was committed leaves a tombstone.
        node.feed(&["a|-|5"]);
        run(&node, &plan, options(cache, 1));
        assert_eq!(node.output().last().map(String::as_str), Some("a|-|5"));
        assert!(node.records(&changelog).last().is_some_and(|line| line.starts_with("a|-|")));
    }
}

#[test]
fn held_changes_have_the_headers_of_the_last_record() {
    let groups = aggregate(group_by(source(ResultKind::Stream, None), ("ID", "ID"), false), None);
    for plan in [sink(counts(groups)), sink(select(table(), &[("V", "V", SqlType::BigInt)]))] {
        let node = TestNode::new(1);
        let header = || -> Arc<[Header]> { Arc::from([Header { key: "h".into(), value: None }]) };
        for (key, headers) in [("a", Some(vec![header()])), ("b", Some(vec![header()])), ("a", None)] {
            let records = Records {
                keys: BinaryArray::from_iter_values([key]),
                values: BinaryArray::from_iter_values(["x,1"]),
                timestamps: Int64Array::from(vec![5]),
                headers,
            };
            node.topics.append("in", vec![(Partition(0), records)]).expect("the log takes records");
        }
        run(&node, &plan, options(1 << 20, 1));
        let place = TopicPartition { topic: "out".into(), partition: Partition(0) };
        let records = node.topics.fetch(&place, 0, 10).expect("the log reads").records;
        let headers = |row: usize| records.headers.as_ref().map_or(0, |headers| headers[row].len());
        let found: Vec<_> = (0..records.len()).map(|row| (records.keys.value(row), headers(row))).collect();
        assert_eq!(found, [(&b"b"[..], 1), (b"a", 0)]);
    }
}

#[test]
fn changelog_keys_of_windows_end_in_start_and_sequence() {
    let window = WindowSpec { kind: WindowSpecKind::Tumbling { size_ms: 10 }, grace_ms: 5, retention_ms: 1000 };
    let plan = sink(counts(aggregate(group_by(source(ResultKind::Stream, None), ("C", "C"), false), Some(window))));
    let node = TestNode::new(1);
    node.feed(&["1|x,1|15"]);
    run(&node, &plan, options(0, 1));
    let topic = format!("{APPLICATION}-Aggregate-Aggregate-Materialize-changelog");
    let place = TopicPartition { topic: topic.as_str().into(), partition: Partition(0) };
    let records = node.topics.fetch(&place, 0, 10).expect("the log reads").records;
    assert_eq!(records.keys.iter().collect::<Vec<_>>(), [Some(&b"x\0\0\0\0\0\0\0\x0a\0\0\0\0"[..])]);
}

#[test]
fn a_regrouped_table_writes_kafkas_changes() {
    let plan = sink(counts(aggregate(group_by(table(), ("C", "C"), true), None)));
    let node = TestNode::new(1);
    node.feed(&["a|x,1|1", "a|x,22|2", "a|y,3|3"]);
    run(&node, &plan, options(0, 1));
    assert_eq!(node.output(), ["x|1,1|1", "x|1,22|2", "x|0,0|3", "y|1,3|3"]);
    let topic = format!("{APPLICATION}-Aggregate-GroupBy-repartition");
    let place = TopicPartition { topic: topic.as_str().into(), partition: Partition(0) };
    let records = node.topics.fetch(&place, 0, 10).expect("the log reads").records;
    let expected = [&b"x,1\x01"[..], b"\x08x,22x,1\x02", b"x,22\0", b"y,3\x01"];
    assert_eq!(records.values.iter().map(Option::unwrap).collect::<Vec<_>>(), expected);
}

/// Keeps what is logged.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl ProcessingLog for Kept {
    fn write(&self, entry: LogEntry) {
        self.0.lock().expect("nobody panics").push(format!("{}: {}", entry.logger, entry.message.text()));
    }
}

/// What the plan logs on reading `input`.
fn logged(plan: &QueryPlan, input: &[&str]) -> Vec<String> {
    let node = TestNode::new(1);
    node.feed(input);
    let log = Arc::new(Kept::default());
    let simulated = SimulationOptions { seed: None, steps_per_commit: 1 };
    let mut simulation = Simulation::with_log(node.topics.clone(), node.db.clone(), simulated, log.clone());
    simulation.start(plan.clone(), options(0, 1)).expect("the query starts");
    simulation.run().expect("the query runs");
    std::mem::take(&mut *log.0.lock().expect("nobody panics"))
}

fn timestamp() -> Option<TimestampColumn> {
    Some(TimestampColumn { column: Name::new("V"), format: None })
}

#[test]
fn a_source_logs_times_that_are_missing_and_drops_negative_ones_silently() {
    let ExecutionStep::Source(step) = source(ResultKind::Stream, None) else { unreachable!() };
    let timed = ExecutionStep::Source(SourceStep { timestamp: timestamp(), ..step });
    assert_eq!(
        logged(&sink(timed), &["a|x,1|1", "b|x,-5|2", "c|x,|3"]),
        ["processing.CSAS_O_0.KsqlTopic.Source: Failed to extract timestamp from row"]
    );
}

#[test]
fn a_sink_logs_rows_without_a_time_under_its_name() {
    let mut plan = sink(source(ResultKind::Stream, None));
    let ExecutionStep::Sink(step) = &mut plan.root else { unreachable!() };
    step.timestamp = timestamp();
    assert_eq!(
        logged(&plan, &["a|x,1|1", "b|x,-5|2", "c|x,|3"]),
        [
            "processing.CSAS_O_0.O: Error writing row with extracted timestamp: the timestamp -5 is negative",
            "processing.CSAS_O_0.O: Error writing row with extracted timestamp: the timestamp is NULL"
        ]
    );
}

#[test]
fn partitioning_a_null_value_is_logged() {
    let input = source(ResultKind::Stream, None);
    let schema = schema(&[column("C", SqlType::String)], &[column("V", SqlType::BigInt)]);
    let step = SelectKeyStep { input: Box::new(input), keys: vec![expression("C")], schema };
    let plan = sink(ExecutionStep::SelectKey(step));
    assert_eq!(
        logged(&plan, &["a|x,1|1", "b|-|2"]),
        ["processing.CSAS_O_0.PartitionBy: Error computing new key from expression C"]
    );
}
