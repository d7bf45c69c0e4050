//! Bytes of the typed stores and codecs: round trips, order, damage, and fixtures of what the first version wrote.

use std::cmp::Ordering;
use std::ops::Bound;

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
    fn rows_and_keys_round_trip_and_damage_never_panics(rows in rows(), at in any::<usize>(), byte in any::<u8>()) {
        let types = all_types();
        let columns = columns_of(&types, &rows);
        let codec = RowCodec::new(&types);
        let mut stored = vec![Vec::new(); rows.len()];
        stored.iter_mut().enumerate().for_each(|(row, out)| codec.encode_row(&columns, row, out));
        let read: Vec<_> = stored.iter().map(|bytes| Some(bytes.as_slice())).collect();
        prop_assert_eq!(&codec.decode_rows(&read).unwrap(), &columns);

        let keys = KeyCodec::new(&types);
        let encoded = keys.encode(&columns, rows.len());
        let bytes: Vec<_> = (0..rows.len()).map(|row| encoded.value(row)).collect();
        prop_assert_eq!(&keys.decode(&bytes).unwrap(), &columns);

        for damaged in [&mut stored[0], &mut bytes[0].to_vec()] {
            let length = damaged.len();
            damaged[at % length] = byte;
            let _ = codec.decode_rows(&[Some(damaged)]);
            let _ = keys.decode(&[damaged]);
            damaged.truncate(at % length);
            prop_assert!(codec.decode_rows(&[Some(damaged)]).is_err());
            let _ = keys.decode(&[damaged]);
        }
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

    #[test]
    fn keys_order_as_their_values(a in ("[a-b\u{0}]{0,3}", any::<i64>(), -9.0..9.0), b in ("[a-b\u{0}]{0,3}", any::<i64>(), -9.0..9.0)) {
        let types = [SqlType::String, SqlType::BigInt, SqlType::Double];
        let row = |r: &(String, i64, f64)| vec![Value::string(&r.0), Value::BigInt(r.1), Value::Double(r.2)];
        let keys = KeyCodec::new(&types).encode(&columns_of(&types, &[row(&a), row(&b)]), 2);
        let order = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
        prop_assert_eq!(keys.value(0).cmp(keys.value(1)), order);
    }
}

#[test]
fn a_missing_row_decodes_to_nulls() {
    let columns = RowCodec::new(&all_types()).decode_rows(&[None, None]).unwrap();
    assert!(columns.iter().all(|column| column.len() == 2 && column.null_count() == 2));
}

#[test]
fn version_one_rows_and_keys_stay_readable() {
    let types = [SqlType::BigInt, SqlType::String, SqlType::Boolean, SqlType::array(SqlType::Integer)];
    let row =
        vec![Value::BigInt(-2), Value::string("hi"), Value::Null, Value::Array(vec![Value::Integer(1), Value::Null])];
    let columns = columns_of(&types, &[row]);
    let stored = b"\x01\x0b\x03\x02hi\x02\x01\x02";
    let mut out = Vec::new();
    RowCodec::new(&types).encode_row(&columns, 0, &mut out);
    assert_eq!(out, stored);
    assert_eq!(RowCodec::new(&types).decode_rows(&[Some(stored)]).unwrap(), columns);
    let key = b"\x01\x7f\xff\xff\xff\xff\xff\xff\xfe\x01hi\x00\x01\x00\x01\x01\x01\x80\0\0\x01\x01\x00\x00";
    assert_eq!(KeyCodec::new(&types).encode(&columns, 1).value(0), key);
    assert_eq!(KeyCodec::new(&types).decode(&[key]).unwrap(), columns);
}

#[test]
fn key_ranges_hold_what_lies_within_the_bounds() {
    let codec = KeyCodec::new(&[SqlType::String]);
    let names = ["", "a", "ab", "b", "c"];
    let keys = codec.encode(&[values_to_array(&SqlType::String, &names.map(Value::string))], names.len());
    let (a, b) = (Value::string("a"), Value::string("b"));
    let cases = [
        (Bound::Included(&a), Bound::Included(&b), "a,ab,b"),
        (Bound::Excluded(&a), Bound::Excluded(&b), "ab"),
        (Bound::Unbounded, Bound::Included(&a), ",a"),
        (Bound::Included(&b), Bound::Unbounded, "b,c"),
    ];
    for (lower, upper, expected) in cases {
        let (from, to) = codec.range_bounds(lower, upper);
        let inside = (0..names.len()).filter(|&i| (from.as_slice()..to.as_slice()).contains(&keys.value(i)));
        assert_eq!(inside.map(|i| names[i]).collect::<Vec<_>>().join(","), expected);
    }
}

/// Entries as the first version wrote them, and how the stores print them.
#[test]
fn version_one_stores_stay_readable() {
    let db = StateDb::in_memory();
    let (table, windows) = (db.open_store("table").unwrap(), db.open_store("windows").unwrap());
    let mut fixture = WriteBatch::default();
    fixture.put(table, b"\0\0\0\x03key".to_vec(), b"value".to_vec());
    fixture.put(table, b"\xff\xff\xff\xfff".to_vec(), vec![1]);
    fixture.put(table, b"\xff\xff\xff\xffc\0\0\0\x03".to_vec(), b"\0\0\0\0\0\0\0\x2a".to_vec());
    fixture.put(windows, b"\0\0\0\x03\x80\0\0\0\0\0\0\x01key\x80\0\0\0\0\0\xea\x60".to_vec(), b"value".to_vec());
    let mut written = WriteBatch::default();
    KeyValueStore::new(table, 3).put(&mut written, b"key", b"value".to_vec());
    StoreMetadata { store: table }.check_format(&*db.snapshot(), &mut written).unwrap();
    StoreMetadata { store: table }.put_changelog_position(&mut written, 3, 42);
    WindowStore::new(windows, 3, 1000).put(&mut written, b"key", 60_000, b"value".to_vec());
    assert_eq!(format!("{:?}", written.operations), format!("{:?}", fixture.operations));
    db.write(fixture, false).unwrap();
    let snapshot = db.snapshot();
    assert_eq!(KeyValueStore::new(table, 3).dump(&*snapshot).unwrap(), "key-value store, partition 3\nkey = value\n");
    let words = WindowStore::new(windows, 3, 1000).dump(&*snapshot).unwrap();
    assert_eq!(words, "window store, partition 3, retention 1000 ms, segments of 60000 ms\nkey @ 60000 = value\n");
    let metadata = StoreMetadata { store: table };
    let words = metadata.dump(&*snapshot).unwrap();
    assert_eq!(words, "changelog of partition 3 restored up to 42\nformat version 1\n");
    assert_eq!(metadata.changelog_position(&*snapshot, 3).unwrap(), Some(42));
    metadata.check_format(&*snapshot, &mut WriteBatch::default()).unwrap();
}

#[test]
fn a_window_store_scans_a_key_over_segments_and_expires_whole_ones() {
    let db = StateDb::in_memory();
    let store = WindowStore::new(db.open_store("w").unwrap(), 1, 120_000);
    let mut batch = WriteBatch::default();
    for (key, start) in [("a", 0), ("a", 30_000), ("ab", 30_000), ("a", 61_000), ("a", 200_000), ("b", 0)] {
        store.put(&mut batch, key.as_bytes(), start, start.to_string().into_bytes());
    }
    db.write(batch, false).unwrap();
    let starts = |from, to| {
        let mut starts = Vec::new();
        let each = &mut |entry: WindowEntry| {
            starts.push(entry.window_start_ms);
            true
        };
        store.scan_key(&*db.snapshot(), b"a", from, to, each).unwrap();
        starts
    };
    assert_eq!(starts(None, None), [0, 30_000, 61_000, 200_000]);
    assert_eq!(starts(Some(1), Some(200_000)), [30_000, 61_000]);
    let found = store.get_many(&*db.snapshot(), &[(b"ab", 30_000), (b"a", 1)]).unwrap();
    assert_eq!(found, [Some(b"30000".to_vec()), None]);
    assert_eq!(store.first_live_start_ms(200_000), 60_000);
    let mut batch = WriteBatch::default();
    store.expire(&mut batch, 200_000);
    db.write(batch, false).unwrap();
    assert_eq!(starts(None, None), [61_000, 200_000]);
}
