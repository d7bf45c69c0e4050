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

/// The same query over JSON values.
fn in_json(step: ExecutionStep) -> ExecutionStep {
    let ExecutionStep::Source(step) = step else { unreachable!() };
    ExecutionStep::Source(SourceStep { value_serde: serde(Format::Json), ..step })
}

/// Aggregates over V.
fn aggregates(input: ExecutionStep, window: Option<WindowSpec>, calls: &[(&str, SqlType)]) -> ExecutionStep {
    let ExecutionStep::Aggregate(step) = aggregate(input, window) else { unreachable!() };
    let call = |(function, data_type): &(&str, SqlType)| AggregateCall {
        function: (*function).into(),
        arguments: vec![expression("V")],
        literals: Vec::new(),
        data_type: data_type.clone(),
        limit: None,
    };
    let values: Vec<Column> =
        calls.iter().zip(0..).map(|(c, i)| column(&format!("KSQL_AGG_VARIABLE_{i}"), c.1.clone())).collect();
    let schema = schema(&step.schema.key, &values);
    ExecutionStep::Aggregate(AggregateStep { aggregates: calls.iter().map(call).collect(), schema, ..step })
}

#[test]
fn changelogs_hold_rows_in_the_value_format() {
    let changelog = |plan: &QueryPlan, store: &str, input: &[&str], cache| {
        let node = TestNode::new(1);
        node.feed(input);
        run(&node, plan, options(cache, 1));
        node.records(&format!("{APPLICATION}-{store}-changelog"))
    };
    let rows = sink(select(in_json(table()), &[("V", "V", SqlType::BigInt)]));
    let input = [r#"a|{"C":"x","V":1}|1"#, r#"b|{"C":null,"V":2}|5"#, "c|-|7"];
    let expected = [r#"a|{"C":"x","V":1}|1"#, r#"b|{"C":null,"V":2}|5"#, "c|-|7"];
    assert_eq!(changelog(&rows, "KsqlTopic-Reduce", &input, 0), expected);

    let calls = [("COUNT", SqlType::BigInt), ("AVG", SqlType::Double), ("LATEST_BY_OFFSET", SqlType::BigInt)];
    let grouped = |input, through| group_by(in_json(input), ("C", "C"), through);
    let counts =
        |input| sink(select(aggregates(input, None, &calls), &[("KSQL_AGG_VARIABLE_0", "N", SqlType::BigInt)]));
    let input = [r#"a|{"C":"x","V":1}|9"#, r#"a|{"C":"y","V":5}|2"#, r#"a|{"C":"x","V":3}|4"#];
    let last = r#"x|{"C":"x","V":3,"KSQL_AGG_VARIABLE_0":2,"KSQL_AGG_VARIABLE_1":{"SUM":4,"COUNT":2},"KSQL_AGG_VARIABLE_2":{"SEQ":4,"VAL":3}}|9"#;
    for cache in [0, 1 << 20] {
        let written = changelog(&counts(grouped(source(ResultKind::Stream, None), false)), STORE, &input, cache);
        assert_eq!(written.len(), 2, "{written:?}");
        assert!(written.iter().any(|line| line == last), "{written:?}");
    }

    // The row that was taken out is the latest of its group.
    let calls = [("COUNT", SqlType::BigInt), ("SUM", SqlType::BigInt)];
    let mut groups = grouped(table(), true);
    let ExecutionStep::GroupBy(GroupByStep { repartition: Some(repartition), .. }) = &mut groups else {
        unreachable!()
    };
    repartition.value_serde = serde(Format::Json);
    let plan = sink(select(aggregates(groups, None, &calls), &[("KSQL_AGG_VARIABLE_1", "S", SqlType::BigInt)]));
    let input = [r#"a|{"C":"x","V":7}|1"#, r#"a|{"C":"y","V":8}|5"#];
    let node = TestNode::new(1);
    node.feed(&input);
    run(&node, &plan, options(0, 1024));
    let written = node.records(&format!("{APPLICATION}-{STORE}-changelog"));
    let row = |c: &str, v: i64, n: i64, sum: i64, time: i64| {
        format!(r#"{c}|{{"C":"{c}","V":{v},"KSQL_AGG_VARIABLE_0":{n},"KSQL_AGG_VARIABLE_1":{sum}}}|{time}"#)
    };
    assert_eq!(written, [row("x", 7, 0, 0, 5), row("y", 8, 1, 8, 5)]);
}

const STORE: &str = "Aggregate-Aggregate-Materialize";

#[test]
fn every_store_comes_back_from_its_changelog() {
    let window = || WindowSpec { kind: WindowSpecKind::Tumbling { size_ms: 10 }, grace_ms: 5, retention_ms: 100_000 };
    let calls = [
        ("COUNT", SqlType::BigInt),
        ("AVG", SqlType::Double),
        ("MAX", SqlType::BigInt),
        ("STDDEV_SAMP", SqlType::Double),
    ];
    let all = |input, window| {
        let names = ["KSQL_AGG_VARIABLE_0", "KSQL_AGG_VARIABLE_1", "KSQL_AGG_VARIABLE_2", "KSQL_AGG_VARIABLE_3"];
        let columns: Vec<_> = names.iter().zip(&calls).map(|(name, call)| (*name, *name, call.1.clone())).collect();
        sink(select(aggregates(input, window, &calls), &columns))
    };
    // Its sketch has no form in the changelog but the store's own.
    let distinct = |input| {
        let groups = aggregates(input, None, &[("COUNT_DISTINCT", SqlType::BigInt)]);
        sink(select(groups, &[("KSQL_AGG_VARIABLE_0", "N", SqlType::BigInt)]))
    };
    let stream = || source(ResultKind::Stream, None);
    let json = |line: &String| {
        let parts: Vec<&str> = line.split(['|', ',']).collect();
        format!(r#"{}|{{"C":"{}","V":{}}}|{}"#, parts[0], parts[1], parts[2], parts[3])
    };
    let lines: Vec<String> =
        (0..40).map(|i| format!("k{}|{},{}|{}", i % 7, ["x", "y", "z"][i % 3], i * i, i)).collect();
    let json_lines: Vec<String> = lines.iter().map(json).collect();
    let filtered = |input| sink(filter(input, "V > 300"));
    let total = |input| sink(counts(aggregate(group_by(input, ("C", "C"), true), None)));
    let plans = [
        (all(group_by(in_json(stream()), ("C", "C"), false), None), &json_lines, vec![STORE]),
        (all(group_by(in_json(stream()), ("C", "C"), false), Some(window())), &json_lines, vec![STORE]),
        (distinct(group_by(in_json(stream()), ("C", "C"), false)), &json_lines, vec![STORE]),
        (total(stream()), &lines, vec![STORE]),
        (total(table()), &lines, vec![STORE, "KsqlTopic-Reduce"]),
        (filtered(table()), &lines, vec!["KsqlTopic-Reduce"]),
    ];
    for (plan, lines, stores) in plans {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let outputs = |lose: bool| {
            let node = TestNode::new(1);
            for part in lines.chunks(15) {
                node.feed(part);
                run(&node, &plan, options(0, 4));
                for store in stores.iter().filter(|_| lose) {
                    node.db.drop_store(&format!("{APPLICATION}-{store}")).expect("the store goes");
                }
            }
            node.output()
        };
        let expected = outputs(false);
        assert!(expected.len() > 5, "{expected:?}");
        assert_eq!(outputs(true), expected);
    }
}

#[test]
fn a_group_goes_on_from_what_ksqldb_left() {
    let calls = [("COUNT", SqlType::BigInt), ("AVG", SqlType::Double), ("LATEST_BY_OFFSET", SqlType::BigInt)];
    let names = ["KSQL_AGG_VARIABLE_0", "KSQL_AGG_VARIABLE_1", "KSQL_AGG_VARIABLE_2"];
    let groups = aggregates(group_by(in_json(source(ResultKind::Stream, None)), ("C", "C"), false), None, &calls);
    let columns: Vec<_> = names.iter().zip(&calls).map(|(name, call)| (*name, *name, call.1.clone())).collect();
    let plan = sink(select(groups, &columns));
    let node = TestNode::new(1);
    let changelog = format!("{APPLICATION}-{STORE}-changelog");
    let spec =
        TopicSpec { name: changelog.clone(), cleanup: CleanupPolicy::Compact, ..node.topics.describe("in").unwrap() };
    node.topics.create(&spec).expect("a new topic");
    let left = r#"{"C":"x","ROWTIME":4,"V":3,"KSQL_AGG_VARIABLE_0":2,"KSQL_AGG_VARIABLE_1":{"SUM":4,"COUNT":2},"KSQL_AGG_VARIABLE_2":{"SEQ":4,"VAL":3},"KSQL_AGG_VARIABLE_3":2}"#;
    let records = Records {
        keys: BinaryArray::from_iter_values(["x"]),
        values: BinaryArray::from_iter_values([left]),
        timestamps: Int64Array::from(vec![9]),
        headers: None,
    };
    node.topics.append(&changelog, vec![(Partition(0), records)]).expect("the log takes records");
    node.feed(&[r#"a|{"C":"x","V":8}|5"#]);
    run(&node, &plan, options(0, 1));
    assert_eq!(node.output(), ["x|3,4.0,8|9"]);
    assert!(
        node.records(&changelog).last().is_some_and(|line| line.contains(r#""KSQL_AGG_VARIABLE_2":{"SEQ":5,"VAL":8}"#))
    );
}
