//! What is read back from disk and from internal topics: rows, states of aggregates, batches of the log.

use std::cell::OnceCell;

use arrow_array::{Array, ArrayRef};
use weir_engine::aggregates::{AggregateSet, ResolvedAggregate, TableSteps, all};
use weir_engine::fuzzing;
use weir_engine::state::{RowCodec, decode_value, encode_value};
use weir_engine::types::{SqlType, Value, values_to_array};

use super::{outcome, shapes};

/// A row that decodes is encoded, and decodes to the same.
pub fn row(input: &[u8]) -> u64 {
    let Some((&choice, rest)) = input.split_first() else { return 0 };
    let schemas = shapes::schemas();
    let columns = &schemas[usize::from(choice) % schemas.len()];
    let types: Vec<SqlType> = columns.iter().map(|column| column.data_type.clone()).collect();
    let codec = RowCodec::new(&types);
    let mut value_bytes = rest;
    if let Ok(value) = decode_value(&types[0], &mut value_bytes) {
        let mut out = Vec::new();
        encode_value(&types[0], &value, &mut out);
        let again = decode_value(&types[0], &mut &out[..]);
        assert_eq!(format!("{:?}", again.ok()), format!("{:?}", Some(value)), "a value is another");
    }
    let Ok(decoded) = codec.decode_rows(&[Some(rest), None]) else { return u64::from(choice) };
    let mut out = Vec::new();
    codec.encode_row(&decoded, 0, &mut out);
    let again = codec.decode_rows(&[Some(&out), None]).expect("what was written is read");
    let values = shapes::values(&decoded, columns);
    assert_eq!(format!("{:?}", shapes::values(&again, columns)), format!("{values:?}"), "a row is another");
    outcome((choice, values[0].iter().map(Value::is_null).collect::<Vec<_>>()))
}

thread_local! {
    static AGGREGATES: OnceCell<Vec<ResolvedAggregate>> = const { OnceCell::new() };
}

/// Every aggregate function with every type that it takes.
fn resolved() -> Vec<ResolvedAggregate> {
    use SqlType::{BigInt, Bytes, Date, Double, Integer, String, Time, Timestamp};
    let types = [
        Integer,
        BigInt,
        Double,
        SqlType::decimal(10, 2),
        SqlType::decimal(50, 2),
        String,
        Bytes,
        Date,
        Time,
        Timestamp,
        SqlType::array(Integer),
        SqlType::array(Double),
        SqlType::map(String, Integer),
    ];
    let literals: [&[Value]; 3] = [&[], &[Value::Integer(2)], &[Value::Boolean(false)]];
    let mut found = Vec::new();
    for function in all() {
        for data_type in &types {
            for (values, literals) in (1..=2).flat_map(|values| literals.map(|literals| (values, literals))) {
                if (function.literal_arguments)(values + literals.len()) == literals.len() {
                    found.extend((function.resolve)(&vec![Some(data_type.clone()); values], literals).ok());
                }
            }
        }
    }
    found
}

/// A state that decodes gives a result, goes on with more rows, and is encoded and decoded to the same.
pub fn aggregate(input: &[u8]) -> u64 {
    let [low, high, rest @ ..] = input else { return 0 };
    AGGREGATES.with(|aggregates| {
        let aggregates = aggregates.get_or_init(resolved);
        let index = usize::from(u16::from_le_bytes([*low, *high])) % aggregates.len();
        let aggregate = &aggregates[index];
        let mut set = AggregateSet::new(std::slice::from_ref(aggregate));
        set.resize(3);
        let mut bytes = rest;
        let decoded = set.decode(0, &mut bytes).is_some();
        let before = results(&set, aggregate, 0);
        if decoded {
            let mut out = Vec::new();
            set.encode(0, &mut out);
            set.decode(1, &mut &out[..]).expect("what was written is read");
            assert_eq!(results(&set, aggregate, 1), before, "a state is another");
        }
        let arguments: Vec<ArrayRef> = aggregate.argument_types.iter().map(|t| sample(t)).collect();
        set.update(&[0, 1, 2], std::slice::from_ref(&arguments));
        set.merge(2, 0);
        if aggregate.supports_undo {
            let steps = TableSteps::of_changes(&[Some(0), Some(1), Some(2)], &[None, None, Some(0)]);
            set.undo_then_update(&steps, std::slice::from_ref(&arguments), std::slice::from_ref(&arguments));
        }
        let after = results(&set, aggregate, 2);
        outcome((index, decoded, before == after))
    })
}

/// A value, another, and NULL.
fn sample(data_type: &SqlType) -> ArrayRef {
    let (schema, columns) = shapes::table();
    let found = schema.columns.iter().position(|column| column.data_type == *data_type);
    match found {
        Some(index) => columns[index].slice(shapes::ROWS - 3, 3),
        None => values_to_array(data_type, &[Value::Null, Value::Null, Value::Null]),
    }
}

fn results(set: &AggregateSet, aggregate: &ResolvedAggregate, slot: u32) -> String {
    let results = set.results(&[slot]);
    format!("{:?}", Value::from_array(&results[0], 0, &aggregate.return_type))
}

/// The first byte chooses the kind of entry.
pub fn log(input: &[u8]) -> u64 {
    let Some((&choice, rest)) = input.split_first() else { return 0 };
    outcome((choice % 4, fuzzing::read_stored(choice % 4, rest)))
}
