//! Bytes of the row codec: round trips, damage, and what the first version wrote.

use arrow_array::ArrayRef;
use arrow_buffer::i256;
use proptest::prelude::*;

use super::*;
use crate::types::{SqlType, StructField, Value, values_to_array};

fn all_types() -> Vec<SqlType> {
    let field = |name: &str, data_type| StructField { name: crate::types::ColumnName::new(name), data_type };
    vec![
        SqlType::Boolean,
        SqlType::Integer,
        SqlType::BigInt,
        SqlType::Double,
        SqlType::decimal(20, 2),
        SqlType::decimal(60, 3),
        SqlType::String,
        SqlType::Bytes,
        SqlType::Time,
        SqlType::Date,
        SqlType::Timestamp,
        SqlType::array(SqlType::array(SqlType::String)),
        SqlType::map(SqlType::String, SqlType::Struct(vec![field("X", SqlType::BigInt), field("Y", SqlType::Bytes)])),
        SqlType::Struct(vec![field("A", SqlType::array(SqlType::Double)), field("B", SqlType::Boolean)]),
        SqlType::Struct(vec![]),
    ]
}

fn value_of(data_type: &SqlType) -> BoxedStrategy<Value> {
    let value = match data_type.clone() {
        SqlType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        SqlType::Integer => any::<i32>().prop_map(Value::Integer).boxed(),
        SqlType::BigInt => any::<i64>().prop_map(Value::BigInt).boxed(),
        SqlType::Double => any::<f64>().prop_map(Value::Double).boxed(),
        SqlType::Decimal { scale, .. } => {
            any::<i64>().prop_map(move |n| Value::Decimal { unscaled: i256::from(n), scale }).boxed()
        }
        SqlType::String => "[a-c\u{0}ü]{0,5}".prop_map(Value::string).boxed(),
        SqlType::Bytes => proptest::collection::vec(0u8..3, 0..4).prop_map(|b| Value::Bytes(b.into())).boxed(),
        SqlType::Time => (0..86_400_000).prop_map(Value::Time).boxed(),
        SqlType::Date => any::<i32>().prop_map(Value::Date).boxed(),
        SqlType::Timestamp => any::<i64>().prop_map(Value::Timestamp).boxed(),
        SqlType::Array(item) => proptest::collection::vec(value_of(&item), 0..4).prop_map(Value::Array).boxed(),
        SqlType::Map(_, item) => proptest::collection::btree_map("[a-c]{0,3}", value_of(&item), 0..4)
            .prop_map(|map| Value::Map(map.into_iter().map(|(k, v)| (Value::string(k), v)).collect()))
            .boxed(),
        SqlType::Struct(fields) => {
            fields.iter().map(|field| value_of(&field.data_type)).collect::<Vec<_>>().prop_map(Value::Struct).boxed()
        }
    };
    prop_oneof![1 => Just(Value::Null), 5 => value].boxed()
}

fn rows() -> impl Strategy<Value = Vec<Vec<Value>>> {
    let columns: Vec<_> = all_types().iter().map(value_of).collect();
    proptest::collection::vec(columns, 1..8)
}

fn columns_of(types: &[SqlType], rows: &[Vec<Value>]) -> Vec<ArrayRef> {
    let column = |i: usize| rows.iter().map(|row| row[i].clone()).collect::<Vec<_>>();
    types.iter().enumerate().map(|(i, data_type)| values_to_array(data_type, &column(i))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_round_trip_and_damage_never_panics(rows in rows(), at in any::<usize>(), byte in any::<u8>()) {
        let types = all_types();
        let columns = columns_of(&types, &rows);
        let codec = RowCodec::new(&types);
        let mut stored = vec![Vec::new(); rows.len()];
        stored.iter_mut().enumerate().for_each(|(row, out)| codec.encode_row(&columns, row, out));
        let read: Vec<_> = stored.iter().map(|bytes| Some(bytes.as_slice())).collect();
        prop_assert_eq!(&codec.decode_rows(&read).unwrap(), &columns);

        prop_assert!(codec.decode_rows(&[Some(&stored[0][..at % stored[0].len()])]).is_err());
        let damaged = &mut stored[0];
        let length = damaged.len();
        damaged[at % length] = byte;
        let _ = codec.decode_rows(&[Some(damaged)]);
        damaged.truncate(at % length);
        let _ = codec.decode_rows(&[Some(damaged)]);
    }

    #[test]
    fn values_delimit_themselves(row in rows()) {
        let types = all_types();
        let mut stored = Vec::new();
        types.iter().zip(&row[0]).for_each(|(data_type, value)| encode_value(data_type, value, &mut stored));
        let mut rest = stored.as_slice();
        for (data_type, value) in types.iter().zip(&row[0]) {
            prop_assert_eq!(&decode_value(data_type, &mut rest).unwrap(), value);
        }
        prop_assert!(rest.is_empty());
    }
}

#[test]
fn a_missing_row_decodes_to_nulls() {
    let columns = RowCodec::new(&all_types()).decode_rows(&[None, None]).unwrap();
    assert!(columns.iter().all(|column| column.len() == 2 && column.null_count() == 2));
}

#[test]
fn version_one_rows_stay_readable() {
    let types = [SqlType::BigInt, SqlType::String, SqlType::Boolean, SqlType::array(SqlType::Integer)];
    let row =
        vec![Value::BigInt(-2), Value::string("hi"), Value::Null, Value::Array(vec![Value::Integer(1), Value::Null])];
    let columns = columns_of(&types, &[row]);
    let stored = b"\x01\x0b\x03\x02hi\x02\x01\x02";
    let mut out = Vec::new();
    RowCodec::new(&types).encode_row(&columns, 0, &mut out);
    assert_eq!(out, stored);
    assert_eq!(RowCodec::new(&types).decode_rows(&[Some(stored)]).unwrap(), columns);
}
