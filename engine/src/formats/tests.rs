//! Behaviour of whole formats: records in, rows out, and back.

use arrow_array::{Array, ArrayRef, BinaryArray};

use super::*;
use crate::types::{SqlType, StructField, Value, values_to_array};

pub fn columns(types: &[(&str, SqlType)]) -> Vec<Column> {
    types.iter().map(|(name, data_type)| Column::new(*name, data_type.clone())).collect()
}

pub fn options(format: &str, wrap_single: bool) -> SerdeOptions {
    SerdeOptions { format: Format::parse(format, None).unwrap(), wrap_single }
}

pub fn structure(fields: &[(&str, SqlType)]) -> SqlType {
    SqlType::Struct(
        columns(fields).into_iter().map(|c| StructField { name: c.name, data_type: c.data_type }).collect(),
    )
}

/// Decodes one payload; gives the row, or the failure's message.
pub fn decode_one(options: &SerdeOptions, columns: &[Column], payload: Option<&[u8]>) -> Result<Vec<Value>, String> {
    let decoder = decoder(options, columns, "t", false).unwrap();
    let wanted: Vec<usize> = (0..columns.len()).collect();
    let decoded = decoder.decode(&BinaryArray::from(vec![payload]), &wanted);
    if let Some(failure) = decoded.failures.first() {
        assert!(decoded.columns.iter().all(|c| c.is_null(0)));
        return Err(failure.message.clone());
    }
    Ok(rows(&decoded.columns, columns).remove(0))
}

pub fn rows(arrays: &[ArrayRef], columns: &[Column]) -> Vec<Vec<Value>> {
    let count = arrays.first().map_or(0, |a| a.len());
    let value = |row: usize| arrays.iter().zip(columns).map(move |(a, c)| Value::from_array(a, row, &c.data_type));
    (0..count).map(|row| value(row).collect()).collect()
}

pub fn arrays(rows: &[Vec<Value>], columns: &[Column]) -> Vec<ArrayRef> {
    let column = |i: usize| rows.iter().map(|r| r[i].clone()).collect::<Vec<_>>();
    columns.iter().enumerate().map(|(i, c)| values_to_array(&c.data_type, &column(i))).collect()
}

/// Reads JSON values into a column of each type and writes them again.
#[test]
fn json_values_are_read_and_written_by_ksqldbs_rules() {
    fn check(data_type: SqlType, json: &str, expected: Result<&str, &str>) {
        let columns = columns(&[("ID", data_type)]);
        let payload = format!("{{\"ID\":{json}}}");
        let got = decode_one(&options("JSON", true), &columns, Some(payload.as_bytes())).map(|row| {
            let encoder = encoder(&options("JSON", true), &columns, false).unwrap();
            let payload = encoder.encode(&arrays(&[row], &columns), None, 1).unwrap();
            std::string::String::from_utf8(payload.value(0).to_vec()).unwrap()
        });
        let expected = expected
            .map(|value| format!("{{\"ID\":{value}}}"))
            .map_err(|message| format!("Failed to deserialize value from topic: t. {message}, path: $.ID"));
        assert_eq!(got, expected, "{json}");
    }
    use SqlType::*;
    check(Boolean, "true", Ok("true"));
    check(Boolean, "null", Ok("null"));
    check(Boolean, "\"true\"", Err("Can't convert type. sourceType: TextNode, requiredType: BOOLEAN"));
    check(Integer, "7.9", Ok("7"));
    check(Integer, "-7.9", Ok("-7"));
    check(Integer, "2147483648", Ok("-2147483648"));
    check(Integer, "\"12\"", Ok("12"));
    check(Integer, "1e2", Ok("100"));
    check(Integer, "1e300", Ok("0"));
    check(Integer, "\"text\"", Err("Can't coerce string to type. targetType: INTEGER"));
    check(Integer, "\"2147483648\"", Err("Can't coerce string to type. targetType: INTEGER"));
    check(Integer, "{}", Err("Can't convert type. sourceType: ObjectNode, requiredType: INTEGER"));
    check(BigInt, "9223372036854775807", Ok("9223372036854775807"));
    check(BigInt, "9223372036854775808", Ok("-9223372036854775808"));
    check(BigInt, "-9223372036854775808", Ok("-9223372036854775808"));
    check(BigInt, "\"x\"", Err("Can't coerce string to type. targetType: BIGINT"));
    check(BigInt, "[1]", Err("Can't convert type. sourceType: ArrayNode, requiredType: BIGINT"));
    check(BigInt, "true", Err("Can't convert type. sourceType: BooleanNode, requiredType: BIGINT"));
    check(Double, "1", Ok("1.0"));
    check(Double, "-0.0", Ok("0.0"));
    check(Double, "12345678.9", Ok("1.23456789E7"));
    check(Double, "\"NaN\"", Ok("\"NaN\""));
    check(Double, "\"1e3\"", Ok("1000.0"));
    check(Double, "1e999", Ok("\"Infinity\""));
    check(Double, "false", Err("Can't convert type. sourceType: BooleanNode, requiredType: DOUBLE"));
    check(SqlType::decimal(6, 2), "1.5", Ok("1.50"));
    check(SqlType::decimal(6, 2), "\"3.14\"", Ok("3.14"));
    check(
        SqlType::decimal(6, 2),
        "1.005",
        Err("Cannot fit decimal '1.005' into DECIMAL(6, 2) without rounding. (Requires 4,3)"),
    );
    check(SqlType::decimal(50, 1), "12345678901234567890123456789012345678901", Ok("12345678901234567890123456789012345678901.0"));
    check(SqlType::decimal(6, 2), "[]", Err("Can't convert type. sourceType: ArrayNode, requiredType: DECIMAL(6, 2)"));
    check(String, "\"\\u00e9\\n\\ud83d\\ude00\\ud800\"", Ok("\"é\\n😀?\""));
    check(String, "12", Ok("\"12\""));
    check(String, "1.50", Ok("\"1.50\""));
    check(String, "1e5", Ok("\"1E+5\""));
    check(String, "true", Ok("\"true\""));
    check(String, "{ \"a\" : [1, \"x\\\"\"] }", Ok(r#""{\"a\":[1,\"x\\\"\"]}""#));
    check(String, "[1, \"x\", null, [true]]", Ok("\"[1, x, null, [true]]\""));
    check(String, "{}", Ok("\"{}\""));
    check(Bytes, "\"AQI=\"", Ok("\"AQI=\""));
    check(Bytes, "\"?\"", Err("Value is not a valid Base64 encoded string: ?"));
    check(Time, "0", Ok("0"));
    check(
        Time,
        "86400000",
        Err("Time values must use number of milliseconds greater than 0 and less than 86400000."),
    );
    check(Date, "\"-1\"", Ok("-1"));
    check(Timestamp, "1577934245678", Ok("1577934245678"));
    let ints = SqlType::array(Integer);
    check(ints.clone(), "[1, null, \"3\"]", Ok("[1,null,3]"));
    check(ints.clone(), "[]", Ok("[]"));
    check(ints, "{}", Err("Can't convert type. sourceType: ObjectNode, requiredType: ARRAY<INT>"));
    let map = SqlType::map(String, Double);
    check(map.clone(), r#"{"b":1,"a":2,"b":null}"#, Ok(r#"{"a":2.0,"b":null}"#));
    check(map, "[]", Err("Can't convert type. sourceType: ArrayNode, requiredType: MAP<VARCHAR, DOUBLE>"));
    let nested = structure(&[("X", Integer), ("y", SqlType::array(String)), ("Z", structure(&[("Q", SqlType::decimal(3, 1))]))]);
    check(nested.clone(), r#"{"x":1,"y":["q"],"Y":[],"Z":{"q":1.5}}"#, Ok(r#"{"X":1,"y":["q"],"Z":{"Q":1.5}}"#));
    check(nested, "{}", Ok(r#"{"X":null,"y":null,"Z":null}"#));
}

#[test]
fn json_failures_name_the_path_and_every_cause() {
    let columns = columns(&[
        ("A", SqlType::Integer),
        ("B", SqlType::array(structure(&[("C", SqlType::BigInt)]))),
        ("M", SqlType::map(SqlType::String, SqlType::Integer)),
    ]);
    let decoder = decoder(&options("JSON", true), &columns, "t", false).unwrap();
    let check = |payload: &str, expected: &[&str]| {
        let decoded = decoder.decode(&BinaryArray::from(vec![payload.as_bytes()]), &[]);
        assert_eq!(decoded.failures.len(), 1, "{payload}");
        let failure = &decoded.failures[0];
        assert_eq!(failure.cause, expected, "{payload}");
        assert_eq!(failure.message, format!("Failed to deserialize value from topic: t. {}", expected[0]));
    };
    let text = "Can't coerce string to type. targetType: INTEGER";
    check(r#"{"A":"text"}"#, &[&format!("{text}, path: $.A"), &format!("{text}, path: .A"), text]);
    let raw = "Can't convert type. sourceType: BooleanNode, requiredType: BIGINT";
    check(
        r#"{"B":[{"c":1},{"c":true}]}"#,
        &[
            &format!("{raw}, path: $.B[1].C"),
            &format!("{raw}, path: .B[1].C"),
            &format!("{raw}, path: [1].C"),
            &format!("{raw}, path: .C"),
            raw,
        ],
    );
    check(
        r#"{"M":{"k":"x"},"A":"text"}"#,
        &[&format!("{text}, path: $.A"), &format!("{text}, path: .A"), text],
    );
    check("", &[
        "Can't convert type. sourceType: MissingNode, requiredType: STRUCT<A INT, B ARRAY<STRUCT<C BIGINT>>, M MAP<VARCHAR, INT>>, path: $",
        "Can't convert type. sourceType: MissingNode, requiredType: STRUCT<A INT, B ARRAY<STRUCT<C BIGINT>>, M MAP<VARCHAR, INT>>",
    ]);
    check("{bad}", &["Unexpected character ('b' (code 98)): was expecting double-quote to start field name"]);
    check("not json", &[
        "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
    ]);
}

#[test]
fn a_json_field_feeds_the_column_of_its_exact_or_upper_cased_name() {
    fn check(payload: &str, expected: &[Option<i32>]) {
        let columns = columns(&[("FOO", SqlType::Integer), ("Bar", SqlType::Integer)]);
        let row = decode_one(&options("JSON", true), &columns, Some(payload.as_bytes())).unwrap();
        let expected: Vec<Value> = expected.iter().map(|v| v.map_or(Value::Null, Value::Integer)).collect();
        assert_eq!(row, expected, "{payload}");
    }
    check(r#"{"foo":1,"Bar":2}"#, &[Some(1), Some(2)]);
    check(r#"{"foo":1,"Foo":2}"#, &[Some(2), None]);
    check(r#"{"FOO":1,"Foo":2}"#, &[Some(1), None]);
    check(r#"{"foo":"bad","FOO":2}"#, &[Some(2), None]);
    check(r#"{"FOO":1,"FOO":2}"#, &[Some(2), None]);
    check(r#"{"bar":1,"BAR":2}"#, &[None, None]);
    check(r#" { "f\u006fo" : 1 , "x" : [ { } ] } trailing"#, &[Some(1), None]);
    check("{}", &[None, None]);
}

#[test]
fn broken_json_fails_and_does_no_harm() {
    fn check(payload: &[u8]) {
        let columns = columns(&[("A", SqlType::String), ("B", SqlType::array(SqlType::BigInt))]);
        assert!(decode_one(&options("JSON", true), &columns, Some(payload)).is_err(), "{payload:?}");
    }
    for payload in [
        "", " ", "{", "}", "[", "[]", "1", "\"x\"", "tru", "{\"A\"", "{\"A\":", "{\"A\":1", "{\"A\":1,", "{\"A\":1,}",
        "{\"A\":01}", "{\"A\":-}", "{\"A\":1.}", "{\"A\":1e}", "{\"A\":+1}", "{\"A\":.5}", "{\"A\":NaN}", "{A:1}",
        "{\"A\":\"x}", "{\"A\":\"\\x\"}", "{\"A\":\"\\u12g4\"}", "{\"A\":\"\\u12", "{\"A\":\"\\", "{\"A\":\"a\nb\"}",
        "{\"A\":nul}", "{\"A\":truee}", "{\"A\" 1}", "{\"A\":1 \"B\":2}", "{'A':1}", "{\"X\":[1 2]}", "{\"X\":{\"a\"}}",
        "{\"B\":[1,]}", "null",
    ] {
        check(payload.as_bytes());
    }
    check(b"{\"A\":\"\xff\"}");
    check(b"{\"X\":\"\xc3\"}");
    check(format!("{{\"A\":{}", "[".repeat(100_000)).as_bytes());
    check(format!("{{\"X\":{}", "[".repeat(100_000)).as_bytes());
    check(format!("{{\"X\":{}", "{\"a\":".repeat(100_000)).as_bytes());
    check(format!("{{\"A\":{}}}", "1".repeat(1_001)).as_bytes());
}

#[test]
fn a_record_of_ten_megabytes_is_read() {
    let columns = columns(&[("A", SqlType::String)]);
    let text = "é\u{1f600}x".repeat(1_500_000);
    let payload = format!("{{\"skipped\":\"{text}\",\"a\":\"{text}\"}}");
    let row = decode_one(&options("JSON", true), &columns, Some(payload.as_bytes())).unwrap();
    assert_eq!(row, [Value::string(text)]);
}
