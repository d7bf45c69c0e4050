//! Behaviour of every aggregate, and the laws that hold for all of them.

use arrow_array::ArrayRef;
use arrow_buffer::i256;
use proptest::prelude::*;

use super::{Accumulators, AggregateSet, ResolvedAggregate, TableSteps, all, find, is_aggregate};
use crate::formats::{self, Format, SerdeOptions};
use crate::types::{Column, SqlType, Value, values_to_array};

use SqlType::{BigInt, Double, Integer, String as Text};

fn resolve(name: &str, types: &[SqlType], literals: &[Value]) -> ResolvedAggregate {
    let types: Vec<Option<SqlType>> = types.iter().cloned().map(Some).collect();
    (find(name).expect(name).resolve)(&types, literals).unwrap_or_else(|message| panic!("{name}: {message}"))
}

fn int(v: i32) -> Value {
    Value::Integer(v)
}
fn long(v: i64) -> Value {
    Value::BigInt(v)
}
fn text(v: &str) -> Value {
    Value::string(v)
}
fn list(items: &[Value]) -> Value {
    Value::Array(items.to_vec())
}
const NULL: Value = Value::Null;

/// One argument per column, one row per index.
fn arguments(aggregate: &ResolvedAggregate, rows: &[Vec<Value>]) -> Vec<ArrayRef> {
    let column = |i: usize| rows.iter().map(|row| row[i].clone()).collect::<Vec<_>>();
    aggregate.argument_types.iter().enumerate().map(|(i, t)| values_to_array(t, &column(i))).collect()
}

fn values(aggregate: &ResolvedAggregate, array: &ArrayRef) -> Vec<Value> {
    (0..array.len()).map(|row| Value::from_array(array, row, &aggregate.return_type)).collect()
}

fn result(set: &AggregateSet, aggregate: &ResolvedAggregate, slot: u32) -> Value {
    values(aggregate, &set.results(&[slot])[0]).remove(0)
}

/// Adds rows to one group and compares the result after each.
fn check(aggregate: &ResolvedAggregate, rows: &[Vec<Value>], expected: &[Value]) {
    let mut set = AggregateSet::new(std::slice::from_ref(aggregate));
    set.resize(1);
    let emitted = set.update_emitting(&vec![0; rows.len()], &[arguments(aggregate, rows)]);
    let got = values(aggregate, &emitted[0]);
    assert_eq!(format!("{got:?}"), format!("{expected:?}"), "{} of {rows:?}", aggregate.name);
    assert!(set.take_failures().is_empty());
}

/// The same over one column.
fn check_column(name: &str, data_type: SqlType, literals: &[Value], column: &[Value], expected: &[Value]) {
    let rows: Vec<Vec<Value>> = column.iter().map(|value| vec![value.clone()]).collect();
    check(&resolve(name, &[data_type], literals), &rows, expected);
}

#[test]
fn results_after_each_row() {
    let v = [int(3), int(1), int(3)];
    let double = |values: &[f64]| values.iter().map(|v| Value::Double(*v)).collect::<Vec<_>>();
    let cases: Vec<(&str, Vec<Value>, Vec<Value>)> = vec![
        ("COUNT", vec![], vec![long(1), long(2), long(3)]),
        ("SUM", vec![], vec![int(3), int(4), int(7)]),
        ("AVG", vec![], double(&[3.0, 2.0, 7.0 / 3.0])),
        ("MIN", vec![], vec![int(3), int(1), int(1)]),
        ("MAX", vec![], vec![int(3), int(3), int(3)]),
        ("TOPK", vec![int(2)], vec![list(&v[..1]), list(&v[..2]), list(&[int(3), int(3)])]),
        ("TOPKDISTINCT", vec![int(2)], vec![list(&v[..1]), list(&v[..2]), list(&v[..2])]),
        ("COLLECT_LIST", vec![], vec![list(&v[..1]), list(&v[..2]), list(&v)]),
        ("COLLECT_SET", vec![], vec![list(&v[..1]), list(&v[..2]), list(&v[..2])]),
        ("EARLIEST_BY_OFFSET", vec![], vec![int(3), int(3), int(3)]),
        ("LATEST_BY_OFFSET", vec![], v.to_vec()),
        ("LATEST_BY_OFFSET", vec![int(2)], vec![list(&v[..1]), list(&v[..2]), list(&v[1..])]),
        ("COUNT_DISTINCT", vec![], vec![long(1), long(2), long(2)]),
        ("STDDEV_SAMP", vec![], double(&[0.0, 2.0, 1.3333333333333333])),
        ("STDDEV_SAMPLE", vec![], double(&[0.0, std::f64::consts::SQRT_2, 1.1547005383792515])),
        ("ATTR", vec![], vec![int(3), NULL, NULL]),
    ];
    for (name, literals, expected) in cases {
        check_column(name, Integer, &literals, &v, &expected);
    }
    let pairs: Vec<Vec<Value>> = v.iter().map(|v| vec![v.clone(), v.clone()]).collect();
    check(&resolve("CORRELATION", &[Integer, Integer], &[]), &pairs, &double(&[f64::NAN, 1.0, 1.0]));
    let lists: Vec<Vec<Value>> = v.iter().map(|v| vec![list(&[v.clone(), NULL])]).collect();
    check(&resolve("SUM_LIST", &[SqlType::array(Integer)], &[]), &lists, &[int(3), int(4), int(7)]);
}

#[test]
fn null_is_skipped_but_by_those_that_keep_it() {
    let column = [NULL, int(2), NULL];
    let cases: Vec<(&str, Vec<Value>, [Value; 3])> = vec![
        ("COUNT", vec![], [long(0), long(1), long(1)]),
        ("SUM", vec![], [int(0), int(2), int(2)]),
        ("AVG", vec![], [Value::Double(0.0), Value::Double(2.0), Value::Double(2.0)]),
        ("MAX", vec![], [NULL, int(2), int(2)]),
        ("COUNT_DISTINCT", vec![], [long(0), long(1), long(1)]),
        ("TOPK", vec![int(1)], [list(&[]), list(&[int(2)]), list(&[int(2)])]),
        ("COLLECT_LIST", vec![], [list(&[NULL]), list(&[NULL, int(2)]), list(&[NULL, int(2), NULL])]),
        ("COLLECT_SET", vec![], [list(&[NULL]), list(&[NULL, int(2)]), list(&[NULL, int(2)])]),
        ("EARLIEST_BY_OFFSET", vec![], [NULL, int(2), int(2)]),
        ("EARLIEST_BY_OFFSET", vec![Value::Boolean(false)], [NULL, NULL, NULL]),
        ("LATEST_BY_OFFSET", vec![Value::Boolean(true)], [NULL, int(2), int(2)]),
        ("LATEST_BY_OFFSET", vec![Value::Boolean(false)], [NULL, int(2), NULL]),
        ("LATEST_BY_OFFSET", vec![int(2)], [list(&[]), list(&[int(2)]), list(&[int(2)])]),
        (
            "EARLIEST_BY_OFFSET",
            vec![int(2), Value::Boolean(false)],
            [list(&[NULL]), list(&[NULL, int(2)]), list(&[NULL, int(2)])],
        ),
        ("ATTR", vec![], [NULL, NULL, NULL]),
    ];
    for (name, literals, expected) in cases {
        check_column(name, Integer, &literals, &column, &expected);
    }
    let one = |key: &str, n: i64| (text(key), long(n));
    let histograms =
        [vec![one("null", 1)], vec![one("null", 1), one("a", 1)], vec![one("null", 2), one("a", 1)]].map(Value::Map);
    check_column("HISTOGRAM", Text, &[], &[NULL, text("a"), NULL], &histograms);
    check(&resolve("COUNT", &[], &[]), &[vec![], vec![]], &[long(1), long(2)]);
}

#[test]
fn several_columns_give_structs_ordered_by_the_first() {
    let topk = resolve("TOPK", &[Text, Integer], &[int(2)]);
    let SqlType::Array(entry) = &topk.return_type else { panic!("a list") };
    assert_eq!(entry.to_string(), "STRUCT<`sort_col` STRING, `col0` INTEGER>");
    let row = |key: &str, n: Value| vec![text(key), n];
    let entry = |key: &str, n: Value| Value::Struct(row(key, n));
    check(
        &topk,
        &[row("a", int(1)), vec![NULL, int(2)], row("c", NULL), row("c", int(4))],
        &[
            list(&[entry("a", int(1))]),
            list(&[entry("a", int(1))]),
            list(&[entry("c", NULL), entry("a", int(1))]),
            list(&[entry("c", NULL), entry("c", int(4))]),
        ],
    );
}

#[test]
fn integers_wrap_and_decimals_fail() {
    check_column("SUM", Integer, &[], &[int(i32::MAX), int(1)], &[int(i32::MAX), int(i32::MIN)]);
    for (precision, scale) in [(4, 2), (38, 2), (50, 2)] {
        let sum = resolve("SUM", &[SqlType::decimal(precision, scale)], &[]);
        let mut set = AggregateSet::new(std::slice::from_ref(&sum));
        set.resize(1);
        let largest = "9".repeat(precision as usize);
        let decimal = |digits: &str| Value::Decimal { unscaled: i256::from_string(digits).expect(digits), scale };
        let rows = [vec![decimal(&largest)], vec![decimal("1")], vec![NULL]];
        let emitted = set.update_emitting(&[0, 0, 0], &[arguments(&sum, &rows)]);
        assert_eq!(values(&sum, &emitted[0]), vec![decimal(&largest); 3]);
        let failures = set.take_failures();
        assert_eq!(failures.len(), 1);
        assert_eq!(failures[0].row, 1);
        let beginning = format!(
            "Numeric field overflow: A field with precision {precision} and scale 2 must round to an absolute value \
             less than 10^{}. Got 1",
            precision - 2
        );
        assert!(failures[0].message.starts_with(&beginning), "{}", failures[0].message);
    }
}

#[test]
fn types_that_no_signature_takes_are_refused() {
    let message = |name: &str, types: &[Option<SqlType>], literals: &[Value]| {
        (find(name).expect(name).resolve)(types, literals).err().expect("an error")
    };
    assert_eq!(
        message("sum", &[Some(Text)], &[]),
        "Function 'SUM' does not accept parameters (STRING).\nValid alternatives are:\nSUM(DECIMAL val1)\n\
         SUM(DOUBLE val1)\nSUM(INT val1)\nSUM(BIGINT val1)\n\
         For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;"
    );
    assert!(message("AVG", &[Some(SqlType::decimal(4, 2))], &[]).starts_with("Function 'avg' does not accept"));
    assert!(message("MAX", &[None], &[]).starts_with("Function 'MAX' cannot be resolved due to ambiguous"));
    assert!(message("CORRELATION", &[Some(Integer), Some(BigInt)], &[]).contains("(INTEGER, BIGINT)."));
    assert!(message("TOPK", &[Some(Double)], &[]).contains("TOPK(DOUBLE val1, ANY... val2, INT k)\n"));
    assert_eq!(message("LATEST_BY_OFFSET", &[Some(Double)], &[int(0)]), "latestN must be 1 or greater");
    assert!(is_aggregate("topk") && !is_aggregate("UCASE"));
    assert!(all().is_sorted_by_key(|function| function.name));
}

#[test]
fn sessions_merge_by_the_order_of_their_rows() {
    // Slot 1 holds the later session; both are merged into the fresh slot 2, then a NULL joins them.
    let merged = |name: &str, literals: &[Value], data_type: SqlType, rows: [Value; 3]| {
        let aggregate = resolve(name, &[data_type], literals);
        let mut set = AggregateSet::new(std::slice::from_ref(&aggregate));
        set.resize(3);
        let rows: Vec<Vec<Value>> = rows.into_iter().map(|value| vec![value]).collect();
        set.update(&[0, 1], &[arguments(&aggregate, &rows[..2])]);
        set.merge(2, 0);
        set.merge(2, 1);
        set.update(&[2], &[arguments(&aggregate, &rows[2..])]);
        result(&set, &aggregate, 2)
    };
    let rows = || [int(1), int(5), NULL];
    let cases: Vec<(&str, Vec<Value>, Value)> = vec![
        ("COUNT", vec![], long(2)),
        ("SUM", vec![], int(6)),
        ("AVG", vec![], Value::Double(3.0)),
        ("MIN", vec![], int(1)),
        ("MAX", vec![], int(5)),
        ("STDDEV_SAMP", vec![], Value::Double(8.0)),
        ("COLLECT_LIST", vec![], list(&[int(1), int(5), NULL])),
        ("COLLECT_SET", vec![], list(&[int(1), int(5), NULL])),
        ("TOPK", vec![int(1)], list(&[int(5)])),
        ("COUNT_DISTINCT", vec![], long(2)),
        ("EARLIEST_BY_OFFSET", vec![], int(1)),
        ("EARLIEST_BY_OFFSET", vec![int(3)], list(&[int(1), int(5)])),
        ("LATEST_BY_OFFSET", vec![int(1)], list(&[int(1)])),
        ("LATEST_BY_OFFSET", vec![], NULL),
        ("ATTR", vec![], NULL),
    ];
    for (name, literals, expected) in cases {
        assert_eq!(merged(name, &literals, Integer, rows()), expected, "{name}{literals:?}");
    }
}

#[test]
fn values_over_the_limit_are_ignored() {
    for (name, limit) in [("COLLECT_LIST", 2), ("COLLECT_SET", 1), ("COLLECT_LIST", 9)] {
        let aggregate = resolve(name, &[Integer], &[]).limited(limit);
        let all = [int(1), int(2), int(3)];
        let expected: Vec<Value> = (1..=3).map(|n: usize| list(&all[..n.min(limit)])).collect();
        check(&aggregate, &all.clone().map(|v| vec![v]), &expected);
    }
}

#[test]
fn table_changes_take_the_old_row_out_first() {
    let aggregates = [resolve("COUNT", &[], &[]), resolve("SUM", &[Integer], &[])];
    let mut set = AggregateSet::new(&aggregates);
    set.resize(2);
    // Inserts of 1 and 2 into group 0, an update to 5, a move of the 1 to group 1, a deletion of the 5.
    let old = [None, None, Some(0), Some(0), Some(0)];
    let new = [Some(0), Some(0), Some(0), Some(1), None];
    let column = |values: [Value; 5]| vec![vec![], vec![values_to_array(&Integer, &values)]];
    let old_arguments = column([NULL, NULL, int(2), int(1), int(5)]);
    let new_arguments = column([int(1), int(2), int(5), int(1), NULL]);
    let steps = TableSteps::of_changes(&old, &new);
    assert_eq!(steps.slots, [0, 0, 0, 0, 1, 0]);
    assert_eq!(steps.rows, [0, 1, 2, 3, 3, 4]);
    let (before, after) = set.undo_then_update_emitting(&steps, &old_arguments, &new_arguments);
    let counts = |array: &ArrayRef| values(&aggregates[0], array);
    let sums = |array: &ArrayRef| values(&aggregates[1], array);
    assert_eq!(counts(&before[0]), [0, 1, 2, 2, 0, 1].map(long));
    assert_eq!(counts(&after[0]), [1, 2, 2, 1, 1, 0].map(long));
    assert_eq!(sums(&after[1]), [1, 3, 6, 5, 1, 0].map(int));
    let mut again = AggregateSet::new(&aggregates);
    again.resize(2);
    again.undo_then_update(&steps, &old_arguments, &new_arguments);
    assert_eq!(sums(&again.results(&[0, 1])[1]), [0, 1].map(int));
}

/// Every aggregate over its types, with literals where it takes them.
fn variants() -> Vec<ResolvedAggregate> {
    let (n, no) = (int(3), Value::Boolean(false));
    let ordered = [
        Integer,
        BigInt,
        Double,
        SqlType::decimal(20, 3),
        SqlType::decimal(50, 3),
        Text,
        SqlType::Bytes,
        SqlType::Date,
        SqlType::Time,
        SqlType::Timestamp,
    ];
    let nested = SqlType::array(SqlType::map(Text, SqlType::Boolean));
    let mut all = vec![resolve("COUNT", &[], &[]), resolve("HISTOGRAM", &[Text], &[])];
    for t in [Integer, BigInt, Double] {
        let one = std::slice::from_ref(&t);
        all.extend(["AVG", "STDDEV_SAMP", "STDDEV_SAMPLE"].map(|name| resolve(name, one, &[])));
        all.push(resolve("CORRELATION", &[t.clone(), t.clone()], &[]));
        all.push(resolve("SUM_LIST", &[SqlType::array(t.clone())], &[]));
        all.push(resolve("TOPK", &[t.clone(), nested.clone(), Text], std::slice::from_ref(&n)));
    }
    all.extend(ordered[..5].iter().map(|t| resolve("SUM", std::slice::from_ref(t), &[])));
    for t in ordered.iter().chain([&SqlType::Boolean, &nested]) {
        let one = std::slice::from_ref(t);
        let generic = ["COUNT", "COLLECT_LIST", "COLLECT_SET", "COUNT_DISTINCT", "ATTR"];
        all.extend(generic.map(|name| resolve(name, one, &[])));
        for name in ["EARLIEST_BY_OFFSET", "LATEST_BY_OFFSET"] {
            all.extend(
                [vec![], vec![n.clone()], vec![no.clone()], vec![n.clone(), no.clone()]]
                    .map(|l| resolve(name, one, &l)),
            );
        }
        if ordered.contains(t) {
            all.extend(["MIN", "MAX"].map(|name| resolve(name, one, &[])));
            all.push(resolve("TOPKDISTINCT", one, std::slice::from_ref(&n)));
        }
    }
    all
}

/// A value of a type made of one number, so that numbers which repeat make values which repeat.
fn value_of(data_type: &SqlType, seed: i32) -> Value {
    if seed % 7 == 0 {
        return NULL;
    }
    match data_type {
        SqlType::Boolean => Value::Boolean(seed % 2 == 0),
        SqlType::Integer => int(seed),
        SqlType::BigInt => long(i64::from(seed) << 8),
        SqlType::Double => Value::Double(f64::from(seed) * 0.5),
        SqlType::Decimal { scale, .. } => {
            Value::Decimal { unscaled: i256::from_i128(i128::from(seed) * 1001), scale: *scale }
        }
        SqlType::String => text(&format!("t{seed}")),
        SqlType::Bytes => Value::Bytes(seed.to_le_bytes().as_slice().into()),
        SqlType::Time => Value::Time(seed.rem_euclid(1000)),
        SqlType::Date => Value::Date(seed),
        SqlType::Timestamp => Value::Timestamp(i64::from(seed) * 1000),
        SqlType::Array(item) => Value::Array((0..seed.rem_euclid(3)).map(|i| value_of(item, seed + i)).collect()),
        SqlType::Map(_, item) => Value::Map(vec![(text(&format!("k{seed}")), value_of(item, seed + 1))]),
        SqlType::Struct(fields) => Value::Struct(fields.iter().map(|f| value_of(&f.data_type, seed)).collect()),
    }
}

const GROUPS: u32 = 3;

fn columns(aggregate: &ResolvedAggregate, rows: &[(u32, i32)]) -> (Vec<u32>, Vec<Vec<ArrayRef>>) {
    let row = |(_, seed): &(u32, i32)| {
        aggregate.argument_types.iter().enumerate().map(|(i, t)| value_of(t, seed + i as i32)).collect()
    };
    let rows_of_values: Vec<Vec<Value>> = rows.iter().map(row).collect();
    (rows.iter().map(|(slot, _)| *slot).collect(), vec![arguments(aggregate, &rows_of_values)])
}

fn set_of(aggregate: &ResolvedAggregate) -> AggregateSet {
    let mut set = AggregateSet::new(std::slice::from_ref(aggregate));
    set.resize(GROUPS as usize);
    set
}

fn state(set: &AggregateSet) -> Vec<Vec<u8>> {
    let encoded = |slot| {
        let mut out = Vec::new();
        set.encode(slot, &mut out);
        out
    };
    (0..GROUPS).map(encoded).collect()
}

fn rows() -> impl Strategy<Value = Vec<(u32, i32)>> {
    prop::collection::vec((0..GROUPS, -20..20_i32), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn batch_size_does_not_change_results(rows in rows()) {
        for aggregate in variants() {
            let mut whole = set_of(&aggregate);
            let (slots, arguments) = columns(&aggregate, &rows);
            let (old, new) = whole.update_emitting_with_old(&slots, &arguments);
            let (old, new) = (values(&aggregate, &old[0]), values(&aggregate, &new[0]));
            for size in [1, 2, 1024] {
                let (mut quiet, mut emitting) = (set_of(&aggregate), set_of(&aggregate));
                let (mut olds, mut news) = (Vec::new(), Vec::new());
                for batch in rows.chunks(size) {
                    let (slots, arguments) = columns(&aggregate, batch);
                    quiet.update(&slots, &arguments);
                    if size == 1 {
                        olds.extend(values(&aggregate, &emitting.results(&slots)[0]));
                    }
                    news.extend(values(&aggregate, &emitting.update_emitting(&slots, &arguments)[0]));
                }
                prop_assert_eq!(format!("{news:?}"), format!("{new:?}"), "{} in batches of {}", aggregate.name, size);
                if size == 1 {
                    prop_assert_eq!(format!("{olds:?}"), format!("{old:?}"), "{} before rows", aggregate.name);
                }
                prop_assert_eq!(state(&quiet), state(&whole), "{} in batches of {}", aggregate.name, size);
            }
        }
    }

    #[test]
    fn what_is_encoded_decodes(rows in rows(), cut in 0.0..1.0_f64, noise in any::<u64>()) {
        for aggregate in variants() {
            let mut set = set_of(&aggregate);
            let (slots, arguments) = columns(&aggregate, &rows);
            set.update(&slots, &arguments);
            let all: Vec<u8> = state(&set).concat();
            let mut copy = set_of(&aggregate);
            let mut bytes = &all[..];
            for slot in 0..GROUPS {
                prop_assert_eq!(copy.decode(slot, &mut bytes), Some(()), "{}", aggregate.name);
            }
            prop_assert!(bytes.is_empty());
            prop_assert_eq!(state(&copy), state(&set), "{}", aggregate.name);

            let short = (all.len() as f64 * cut) as usize;
            let mut broken = all[..short].to_vec();
            let mut rest = &broken[..];
            while copy.decode(0, &mut rest).is_some() {}
            if let Some(byte) = broken.get_mut(noise as usize % short.max(1)) {
                *byte ^= (noise >> 32) as u8;
            }
            if copy.decode(0, &mut &broken[..]).is_some() {
                let (slots, arguments) = columns(&aggregate, &[(0, 1), (0, 2)]);
                copy.update(&slots, &arguments);
            }
            copy.results(&[0]);
        }
    }

    #[test]
    fn states_go_through_changelogs(rows in rows()) {
        let all: Vec<u32> = (0..GROUPS).collect();
        for aggregate in variants() {
            let mut accumulators = (aggregate.create)();
            accumulators.resize(GROUPS as usize);
            let (slots, arguments) = columns(&aggregate, &rows);
            accumulators.update(&slots, &arguments[0]);
            let Some(states) = accumulators.intermediates(&all, &aggregate.intermediate_type) else {
                prop_assert_eq!(aggregate.name, "COUNT_DISTINCT");
                continue;
            };
            let encoded = |accumulators: &dyn Accumulators| {
                let mut out = Vec::new();
                all.iter().for_each(|slot| accumulators.encode(*slot, &mut out));
                out
            };
            let column = Column::new("KSQL_AGG_VARIABLE_0", aggregate.intermediate_type.clone());
            let json = SerdeOptions { format: Format::Json, wrap_single: true };
            let encoder = formats::encoder(&json, std::slice::from_ref(&column), false).unwrap();
            let decoder = formats::decoder(&json, &[column], "changelog", false).unwrap();
            let written = encoder.encode(std::slice::from_ref(&states), None, all.len()).unwrap();
            let read = decoder.decode(&written, &[0]);
            prop_assert!(read.failures.is_empty(), "{}: {:?}", aggregate.name, read.failures);
            // Maps have no order in JSON.
            let read = if aggregate.name == "HISTOGRAM" { &states } else { &read.columns[0] };
            let mut copy = (aggregate.create)();
            copy.resize(GROUPS as usize);
            prop_assert_eq!(copy.restore(&all, read, &aggregate.intermediate_type), Some(()), "{}", aggregate.name);
            prop_assert_eq!(encoded(&*copy), encoded(&*accumulators), "{}", aggregate.name);
        }
    }

    #[test]
    fn undo_restores(before in rows(), rows in rows()) {
        for aggregate in variants().into_iter().filter(|aggregate| aggregate.supports_undo) {
            let mut set = set_of(&aggregate);
            let (slots, arguments) = columns(&aggregate, &before);
            set.update(&slots, &arguments);
            let expected = values(&aggregate, &set.results(&[0, 1, 2])[0]);
            let (slots, arguments) = columns(&aggregate, &rows);
            set.update(&slots, &arguments);
            let undone: Vec<Option<u32>> = slots.iter().rev().copied().map(Some).collect();
            let (_, backwards) = columns(&aggregate, &rows.iter().rev().copied().collect::<Vec<_>>());
            let steps = TableSteps::of_changes(&undone, &vec![None; undone.len()]);
            set.undo_then_update(&steps, &backwards, &arguments);
            prop_assert!(set.take_failures().is_empty());
            let got = values(&aggregate, &set.results(&[0, 1, 2])[0]);
            for (got, expected) in got.iter().zip(&expected) {
                prop_assert!(near(got, expected), "{}: {:?} is not {:?}", aggregate.name, got, expected);
            }
        }
    }
}

/// Sums of squares come back up to rounding; their roots, which deviations are, up to the root of that.
fn near(a: &Value, b: &Value) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-4 * (1.0 + a.abs().max(b.abs()));
    match (a, b) {
        (Value::Double(a), Value::Double(b)) if a.is_finite() && b.is_finite() => close(*a, *b) || close(a * a, b * b),
        (Value::Double(_), Value::Double(_)) => true,
        _ => a == b,
    }
}
