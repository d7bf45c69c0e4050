//! Schemas that records and rows are read by, and values to evaluate expressions on.

use arrow_array::{Array, ArrayRef};
use weir_engine::types::{Column, RowSchema, SqlType, StructField, Value, values_to_array};
use weir_parser::ast::Name;

fn structure(fields: &[(&str, SqlType)]) -> SqlType {
    let field =
        |(name, data_type): &(&str, SqlType)| StructField { name: Name::new(*name), data_type: data_type.clone() };
    SqlType::Struct(fields.iter().map(field).collect())
}

fn columns(types: &[(&str, SqlType)]) -> Vec<Column> {
    types.iter().map(|(name, data_type)| Column::new(*name, data_type.clone())).collect()
}

fn nested() -> SqlType {
    let inner = structure(&[("Q", SqlType::Double), ("R", SqlType::map(SqlType::String, SqlType::decimal(4, 2)))]);
    structure(&[("X", SqlType::Integer), ("Y", SqlType::String), ("Z", SqlType::array(inner))])
}

/// Schemas for records of any format that can hold them.
pub fn schemas() -> Vec<Vec<Column>> {
    use SqlType::{BigInt, Boolean, Bytes, Date, Double, Integer, String, Time, Timestamp};
    vec![
        columns(&[("A", Integer), ("B", String), ("C", Double)]),
        columns(&[("A", BigInt)]),
        columns(&[("A", String)]),
        columns(&[("A", Boolean), ("B", SqlType::decimal(10, 2)), ("C", SqlType::decimal(60, 10)), ("D", Bytes)]),
        columns(&[("A", Time), ("B", Date), ("C", Timestamp)]),
        columns(&[("A", SqlType::array(Integer)), ("B", SqlType::map(String, String))]),
        columns(&[("A", nested()), ("B", SqlType::array(SqlType::array(BigInt)))]),
        columns(&[("A", SqlType::map(String, SqlType::array(nested())))]),
        columns(&[("A", Double)]),
        columns(&[("A", SqlType::decimal(38, 0))]),
        columns(&[("A", Integer)]),
        columns(&[("A", Bytes)]),
        columns(&[("A", structure(&[])), ("B", String)]),
    ]
}

/// Columns of every type, with NULLs and ends of ranges.
pub fn table() -> (RowSchema, Vec<ArrayRef>) {
    use Value as V;
    let numbers = |values: [i64; 5]| values.map(|v| V::Decimal { unscaled: v.into(), scale: 2 }).to_vec();
    let item = |q: f64| V::Struct(vec![V::Double(q), V::Map(vec![(V::string("k"), numbers([150; 5])[0].clone())])]);
    let rows: Vec<(&str, SqlType, Vec<Value>)> = vec![
        ("B", SqlType::Boolean, vec![V::Boolean(true), V::Boolean(false), V::Boolean(true)]),
        ("I", SqlType::Integer, [0, 7, -1, i32::MAX, i32::MIN].map(V::Integer).to_vec()),
        ("L", SqlType::BigInt, [0, 7, -1, i64::MAX, i64::MIN].map(V::BigInt).to_vec()),
        ("D", SqlType::Double, [0.0, 1.5, -1e300, f64::NAN, f64::INFINITY].map(V::Double).to_vec()),
        ("N", SqlType::decimal(10, 2), numbers([0, 150, -1, 9_999_999_999, -9_999_999_999])),
        ("W", SqlType::decimal(50, 2), numbers([0, 150, -1, i64::MAX, i64::MIN])),
        (
            "S",
            SqlType::String,
            ["", "a1,b2", "2021-01-31T23:59:59.999", "äß\u{1f600}", "-12.5e3"].map(V::string).to_vec(),
        ),
        (
            "T",
            SqlType::String,
            ["yyyy-MM-dd", "$.a[0]", "{\"a\":[1,{}]}", "(a|b)+%_", "http://h:80/p?q=1#f"].map(V::string).to_vec(),
        ),
        ("Y", SqlType::Bytes, [&b""[..], b"\0\xff", b"abc"].map(|b| V::Bytes(b.into())).to_vec()),
        ("TI", SqlType::Time, [0, 86_399_999, 3_600_000].map(V::Time).to_vec()),
        ("DA", SqlType::Date, [0, -719_528, 18_000, i32::MAX, i32::MIN].map(V::Date).to_vec()),
        ("TS", SqlType::Timestamp, [0, -1, 1_612_137_599_999, i64::MAX, i64::MIN].map(V::Timestamp).to_vec()),
        (
            "AI",
            SqlType::array(SqlType::Integer),
            vec![V::Array(vec![]), V::Array(vec![V::Integer(3), V::Null, V::Integer(1)])],
        ),
        ("AT", SqlType::array(SqlType::String), vec![V::Array(vec![V::string("a"), V::string("b"), V::Null])]),
        (
            "M",
            SqlType::map(SqlType::String, SqlType::Integer),
            vec![V::Map(vec![(V::string("a"), V::Integer(1)), (V::string("b"), V::Null)]), V::Map(vec![])],
        ),
        (
            "ST",
            nested(),
            vec![
                V::Struct(vec![V::Integer(5), V::string("y"), V::Array(vec![item(0.5), V::Null])]),
                V::Struct(vec![V::Null, V::Null, V::Null]),
            ],
        ),
    ];
    let columns = rows.iter().map(|(name, data_type, _)| Column::new(*name, data_type.clone())).collect();
    let arrays = rows.into_iter().map(|(_, data_type, mut values)| {
        values.resize(ROWS, V::Null);
        values_to_array(&data_type, &values)
    });
    (RowSchema::new(columns), arrays.collect())
}

/// Rows of `table`; the last are NULL in every column.
pub const ROWS: usize = 6;

/// The rows of decoded columns.
pub fn values(arrays: &[ArrayRef], columns: &[Column]) -> Vec<Vec<Value>> {
    let count = arrays.first().map_or(0, |array| array.len());
    let row =
        |row: usize| arrays.iter().zip(columns).map(move |(a, c)| Value::from_array(a, row, &c.data_type)).collect();
    (0..count).map(row).collect()
}
