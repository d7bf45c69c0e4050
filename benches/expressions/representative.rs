//! Expressions as pipelines have them, one of each kind.

use weir_engine::types::{SqlType, StructField, Value};
use weir_parser::ast::Name;

use super::{Case, VARIANTS};

const EXPRESSIONS: &[(&str, &str)] = &[
    ("INT arithmetic", "I * 3 + I"),
    ("DOUBLE arithmetic", "D * 1.5E0 - D / 2"),
    ("DECIMAL arithmetic", "N * 1.05 + N"),
    ("comparison", "I > 500"),
    ("text comparison", "S = 'Customer 00031'"),
    ("timestamp and text", "TS >= '2021-06-01T00:00:00'"),
    ("CASE of three", "CASE WHEN I < 100 THEN 'low' WHEN I < 500 THEN 'middle' ELSE S END"),
    ("AND, IS NULL", "I > 100 AND D < 5000 AND S IS NOT NULL"),
    ("IN of four", "S IN ('Customer 00001', 'Customer 00002', 'x', 'y')"),
    ("BETWEEN", "I BETWEEN 100 AND 500"),
    ("UCASE", "UCASE(S)"),
    ("SUBSTRING and concatenation", "SUBSTRING(S, 1, 8) || '-' || S"),
    ("LIKE prefix", "S LIKE 'Cust%'"),
    ("LIKE middle", "S LIKE '%mer 0_03%'"),
    ("JSON extract", "EXTRACTJSONFIELD(J, '$.user.id')"),
    ("date format", "FORMAT_TIMESTAMP(TS, 'yyyy-MM-dd HH:mm:ss')"),
    ("date parse", "PARSE_TIMESTAMP(T, 'yyyy-MM-dd HH:mm:ss')"),
    ("regex extract", "REGEXP_EXTRACT('([a-z]+) ([0-9]+)', S, 2)"),
    ("lambda over an array of 5", "TRANSFORM(A, x => x * 2 + I)"),
    ("REDUCE over an array of 5", "REDUCE(A, 0, (r, x) => r + x)"),
    ("struct field", "P->X + 1"),
    ("map access", "M['b']"),
    ("array access", "A[2]"),
    ("CAST INT to STRING", "CAST(I AS STRING)"),
    ("CAST STRING to INT", "CAST(C AS INT)"),
    ("CAST STRING to DOUBLE", "CAST(C AS DOUBLE)"),
    ("CAST DOUBLE to STRING", "CAST(D AS STRING)"),
    ("CAST STRING to TIMESTAMP", "CAST(T2 AS TIMESTAMP)"),
    ("CAST DOUBLE to DECIMAL", "CAST(D AS DECIMAL(12, 2))"),
];

pub fn cases() -> Vec<Case> {
    EXPRESSIONS
        .iter()
        .map(|(name, text)| Case { name: (*name).into(), text: (*text).into(), columns: columns() })
        .collect()
}

fn columns() -> Vec<(String, SqlType, Vec<Value>)> {
    use SqlType::{Double, Integer, String, Struct, Timestamp};
    let field = StructField { name: Name::new("X"), data_type: Integer };
    let column = |name: &str, data_type: SqlType, value: &dyn Fn(i32) -> Value| {
        (name.to_owned(), data_type, (0..VARIANTS as i32).map(value).collect())
    };
    let key = |letter: &str, n: i32| (Value::string(letter), Value::Integer(n));
    vec![
        column("I", Integer, &|n| Value::Integer(n * 16)),
        column("D", Double, &|n| Value::Double(f64::from(n) * 123.456)),
        column("N", SqlType::decimal(10, 2), &|n| Value::Decimal { unscaled: i64::from(n * 12_345).into(), scale: 2 }),
        column("S", String, &|n| Value::string(format!("Customer {n:05}"))),
        column("C", String, &|n| Value::string((n * 1_234).to_string())),
        column("T", String, &|n| Value::string(format!("2021-06-{:02} 12:{:02}:59", n % 28 + 1, n % 60))),
        column("T2", String, &|n| Value::string(format!("2021-06-{:02}T12:{:02}:59.123", n % 28 + 1, n % 60))),
        column("TS", Timestamp, &|n| Value::Timestamp(1_622_500_000_000 + i64::from(n) * 86_412_345)),
        column("J", String, &|n| {
            Value::string(format!("{{\"type\":\"click\",\"user\":{{\"id\":{n},\"name\":\"a\"}}}}"))
        }),
        column("A", SqlType::array(Integer), &|n| Value::Array((n..n + 5).map(Value::Integer).collect())),
        column("M", SqlType::map(String, Integer), &|n| {
            Value::Map(vec![key("a", n), key("b", n + 1), key("c", n + 2)])
        }),
        column("P", Struct(vec![field]), &|n| Value::Struct(vec![Value::Integer(n)])),
    ]
}
