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
    SqlType::Struct(columns(fields).into_iter().map(|c| StructField { name: c.name, data_type: c.data_type }).collect())
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
    check(
        SqlType::decimal(50, 1),
        "12345678901234567890123456789012345678901",
        Ok("12345678901234567890123456789012345678901.0"),
    );
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
    check(Time, "86400000", Err("Time values must use number of milliseconds greater than 0 and less than 86400000."));
    check(Date, "\"-1\"", Ok("-1"));
    check(Timestamp, "1577934245678", Ok("1577934245678"));
    let ints = SqlType::array(Integer);
    check(ints.clone(), "[1, null, \"3\"]", Ok("[1,null,3]"));
    check(ints.clone(), "[]", Ok("[]"));
    check(ints, "{}", Err("Can't convert type. sourceType: ObjectNode, requiredType: ARRAY<INT>"));
    let map = SqlType::map(String, Double);
    check(map.clone(), r#"{"b":1,"a":2,"b":null}"#, Ok(r#"{"a":2.0,"b":null}"#));
    check(map, "[]", Err("Can't convert type. sourceType: ArrayNode, requiredType: MAP<VARCHAR, DOUBLE>"));
    let nested =
        structure(&[("X", Integer), ("y", SqlType::array(String)), ("Z", structure(&[("Q", SqlType::decimal(3, 1))]))]);
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
    check(r#"{"M":{"k":"x"},"A":"text"}"#, &[&format!("{text}, path: $.A"), &format!("{text}, path: .A"), text]);
    check(
        "",
        &[
            "Can't convert type. sourceType: MissingNode, requiredType: STRUCT<A INT, B ARRAY<STRUCT<C BIGINT>>, M MAP<VARCHAR, INT>>, path: $",
            "Can't convert type. sourceType: MissingNode, requiredType: STRUCT<A INT, B ARRAY<STRUCT<C BIGINT>>, M MAP<VARCHAR, INT>>",
        ],
    );
    check("{bad}", &["Unexpected character ('b' (code 98)): was expecting double-quote to start field name"]);
    check(
        "not json",
        &[
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        ],
    );
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
        "",
        " ",
        "{",
        "}",
        "[",
        "[]",
        "1",
        "\"x\"",
        "tru",
        "{\"A\"",
        "{\"A\":",
        "{\"A\":1",
        "{\"A\":1,",
        "{\"A\":1,}",
        "{\"A\":01}",
        "{\"A\":-}",
        "{\"A\":1.}",
        "{\"A\":1e}",
        "{\"A\":+1}",
        "{\"A\":.5}",
        "{\"A\":NaN}",
        "{A:1}",
        "{\"A\":\"x}",
        "{\"A\":\"\\x\"}",
        "{\"A\":\"\\u12g4\"}",
        "{\"A\":\"\\u12",
        "{\"A\":\"\\",
        "{\"A\":\"a\nb\"}",
        "{\"A\":nul}",
        "{\"A\":truee}",
        "{\"A\" 1}",
        "{\"A\":1 \"B\":2}",
        "{'A':1}",
        "{\"X\":[1 2]}",
        "{\"X\":{\"a\"}}",
        "{\"B\":[1,]}",
        "null",
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

#[test]
fn single_columns_are_bare_where_they_are_not_wrapped() {
    fn check(format: &str, data_type: SqlType, payload: Option<&str>, expected: Result<Value, &str>) {
        let columns = columns(&[("A", data_type)]);
        let got =
            decode_one(&options(format, false), &columns, payload.map(str::as_bytes)).map(|mut row| row.remove(0));
        assert_eq!(got, expected.map_err(str::to_owned), "{format} {payload:?}");
    }
    check("JSON", SqlType::Integer, Some("1"), Ok(Value::Integer(1)));
    check("JSON", SqlType::Integer, Some(" 1 "), Ok(Value::Integer(1)));
    check("JSON", SqlType::Integer, Some("null"), Ok(Value::Null));
    check("JSON", SqlType::Integer, None, Ok(Value::Null));
    check("JSON", SqlType::String, Some("{\"a\": 1}"), Ok(Value::string("{\"a\":1}")));
    check("JSON", SqlType::String, Some(""), Ok(Value::string("")));
    let refusal = "Failed to deserialize value from topic: t. Can't convert type. sourceType:";
    check(
        "JSON",
        SqlType::Integer,
        Some("{\"A\":1}"),
        Err(&format!("{refusal} ObjectNode, requiredType: INTEGER, path: $")),
    );
    check("JSON", SqlType::Integer, Some(""), Err(&format!("{refusal} MissingNode, requiredType: INTEGER, path: $")));
    check("KAFKA", SqlType::Integer, Some("\0\0\u{1}\0"), Ok(Value::Integer(256)));
    check("KAFKA", SqlType::Integer, Some("xx"), Err("Error deserializing KAFKA message from topic: t"));
    check("KAFKA", SqlType::String, Some(""), Ok(Value::string("")));
    check("DELIMITED", SqlType::String, Some(""), Err("Error deserializing delimited"));
    check("DELIMITED", SqlType::String, Some("\"\""), Ok(Value::Null));
}

#[test]
fn wrong_lengths_are_named_as_kafkas_deserializers_name_them() {
    for (data_type, expected) in [
        (SqlType::Integer, "Size of data received by IntegerDeserializer is not 4"),
        (SqlType::BigInt, "Size of data received by LongDeserializer is not 8"),
        (SqlType::Double, "Size of data received by Deserializer is not 8"),
    ] {
        let decoder = decoder(&options("KAFKA", false), &columns(&[("A", data_type)]), "t", false).unwrap();
        let decoded = decoder.decode(&BinaryArray::from(vec![&b"xx"[..]]), &[0]);
        assert_eq!(decoded.failures[0].cause, [expected]);
    }
}

#[test]
fn null_payloads_are_not_present() {
    let columns = columns(&[("A", SqlType::Integer)]);
    let decoder = decoder(&options("JSON", false), &columns, "t", true).unwrap();
    let payloads = BinaryArray::from(vec![Some(&b"1"[..]), None, Some(b"null"), Some(b"x")]);
    let decoded = decoder.decode(&payloads, &[0]);
    let present: Vec<bool> = decoded.present.unwrap().iter().collect();
    assert_eq!(present, [true, false, false, true], "the word null is no key, a broken key is one");
    assert_eq!(decoded.failures.len(), 1);
    assert_eq!(decoded.failures[0].row, 3);
}

/// The CSV text of the values, and the values of a CSV text.
#[test]
fn delimited_rows_are_quoted_and_read_by_the_csv_rules() {
    fn check(fields: &[&str], expected: &str) {
        let types: Vec<(&str, SqlType)> = fields.iter().map(|_| ("A", SqlType::String)).collect();
        let columns = columns(&types);
        let row: Vec<Value> = fields.iter().map(Value::string).collect();
        let encoder = encoder(&options("DELIMITED", false), &columns, false).unwrap();
        let payload = encoder.encode(&arrays(&[row], &columns), None, 1).unwrap();
        assert_eq!(std::str::from_utf8(payload.value(0)).unwrap(), expected);
        let back = decode_one(&options("DELIMITED", false), &columns, Some(expected.as_bytes())).unwrap();
        let read = |text: &&str| if text.is_empty() { Value::Null } else { Value::string(text) };
        assert_eq!(back, fields.iter().map(read).collect::<Vec<_>>());
    }
    check(&["k,2"], "\"k,2\"");
    check(&["-3", "a,b", "-0.1"], "\"-3\",\"a,b\",-0.1");
    check(&["7", "say \"hi\""], "7,\"say \"\"hi\"\"\"");
    check(&["1", " lead", "trail ", "#x", "$x"], "1,\" lead\",\"trail \",\"#x\",$x");
    check(&["", ""], "\"\",");
    check(&["é", "é", "a\nb"], "\"é\",é,\"a\nb\"");
}

#[test]
fn delimited_failures_name_their_cause() {
    fn check(payload: &str, expected: &str) {
        let columns = columns(&[("A", SqlType::Integer), ("B", SqlType::decimal(4, 2)), ("C", SqlType::Bytes)]);
        let decoder = decoder(&options("DELIMITED", false), &columns, "t", false).unwrap();
        let decoded = decoder.decode(&BinaryArray::from(vec![payload.as_bytes()]), &[1]);
        assert_eq!(decoded.failures[0].message, "Error deserializing delimited");
        assert_eq!(decoded.failures[0].cause, [expected]);
        assert!(decoded.columns[0].is_null(0));
    }
    check("", "No fields in record");
    check("1,2", "Column count mismatch on deserialization. topic: t, expected: 3, got: 2");
    check("x,2,", "For input string: \"x\"");
    check("1.0,2,", "For input string: \"1.0\"");
    check("1,2.005,", "Cannot fit decimal '2.005' into DECIMAL(4, 2) without rounding. (Requires 4,3)");
    check("1,2,?", "Value is not a valid Base64 encoded string: ?");
    check("\"1,2", "(startline 1) EOF reached before encapsulated token finished");
    check("\"1\"x,2,", "(line 1) invalid char between encapsulated token and delimiter");
}

#[test]
fn no_columns_are_null_payloads() {
    let encoder = encoder(&options("NONE", false), &[], true).unwrap();
    assert_eq!(encoder.encode(&[], None, 2).unwrap().null_count(), 2);
    let decoder = decoder(&options("NONE", false), &[], "t", true).unwrap();
    let decoded = decoder.decode(&BinaryArray::from(vec![&b"any"[..]]), &[]);
    assert!(decoded.columns.is_empty() && decoded.failures.is_empty());
}

mod properties {
    use arrow_buffer::i256;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn scalar(delimited: bool) -> impl Strategy<Value = SqlType> {
        let _ = delimited;
        prop_oneof![
            Just(SqlType::Boolean),
            Just(SqlType::Integer),
            Just(SqlType::BigInt),
            Just(SqlType::Double),
            Just(SqlType::String),
            Just(SqlType::Bytes),
            Just(SqlType::Time),
            Just(SqlType::Date),
            Just(SqlType::Timestamp),
            (1u32..60, 0u32..20).prop_map(|(p, s)| SqlType::decimal(p.max(s), s)),
        ]
    }

    fn nested() -> impl Strategy<Value = SqlType> {
        scalar(false).prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(SqlType::array),
                inner.clone().prop_map(|value| SqlType::map(SqlType::String, value)),
                vec(inner, 1..3).prop_map(|types| {
                    let names = ["A", "b"];
                    super::structure(&names.into_iter().zip(types).collect::<Vec<_>>())
                }),
            ]
        })
    }

    fn value(data_type: &SqlType) -> BoxedStrategy<Value> {
        let present = match data_type {
            SqlType::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
            SqlType::Integer => any::<i32>().prop_map(Value::Integer).boxed(),
            SqlType::BigInt => any::<i64>().prop_map(Value::BigInt).boxed(),
            // Numbers lose the sign of zero on their way through JSON.
            SqlType::Double => any::<f64>().prop_map(|d| Value::Double(if d == 0.0 { 0.0 } else { d })).boxed(),
            SqlType::Decimal { precision, scale } => {
                let (digits, scale) = ((*precision).min(17), *scale);
                let bound = 10i128.pow(digits);
                (-bound + 1..bound).prop_map(move |n| Value::Decimal { unscaled: i256::from_i128(n), scale }).boxed()
            }
            SqlType::String => ".{1,8}".prop_map(Value::string).boxed(),
            SqlType::Bytes => vec(any::<u8>(), 1..8).prop_map(|b| Value::Bytes(b.into())).boxed(),
            SqlType::Time => (0..86_400_000).prop_map(Value::Time).boxed(),
            SqlType::Date => any::<i32>().prop_map(Value::Date).boxed(),
            SqlType::Timestamp => any::<i64>().prop_map(Value::Timestamp).boxed(),
            SqlType::Array(item) => vec(value(item), 0..3).prop_map(Value::Array).boxed(),
            SqlType::Map(_, item) => vec(value(item), 0..3)
                .prop_map(|items| {
                    let keys = ["a", "b", "c"].map(Value::string);
                    Value::Map(keys.into_iter().zip(items).collect())
                })
                .boxed(),
            SqlType::Struct(fields) => {
                fields.iter().map(|f| value(&f.data_type)).collect::<Vec<_>>().prop_map(Value::Struct).boxed()
            }
        };
        prop_oneof![1 => Just(Value::Null), 4 => present].boxed()
    }

    const NAMES: [&str; 4] = ["A", "b c", "LONGER_NAME", "Ü\"q"];

    fn table(data_type: impl Strategy<Value = SqlType>) -> impl Strategy<Value = (Vec<Column>, Vec<Vec<Value>>)> {
        vec(data_type, 1..=4).prop_flat_map(|types| {
            let row = types.iter().map(value).collect::<Vec<_>>();
            let columns: Vec<Column> = NAMES.into_iter().zip(types).map(|(n, t)| Column::new(n, t)).collect();
            (Just(columns), vec(row, 0..5))
        })
    }

    fn check_round_trip(format: &str, columns: &[Column], expected: &[Vec<Value>]) {
        let options = options(format, true);
        let encoder = encoder(&options, columns, false).unwrap();
        let arrays = arrays(expected, columns);
        let payloads = encoder.encode(&arrays, None, expected.len()).unwrap();
        let decoder = decoder(&options, columns, "t", false).unwrap();
        let wanted: Vec<usize> = (0..columns.len()).collect();
        let decoded = decoder.decode(&payloads, &wanted);
        assert_eq!(decoded.failures, []);
        // NaN is not equal to itself, so texts are compared.
        assert_eq!(format!("{:?}", rows(&decoded.columns, columns)), format!("{expected:?}"));
        for row in 0..payloads.len() {
            let single = payloads.slice(row, 1);
            assert_eq!(
                format!("{:?}", rows(&decoder.decode(&single, &wanted).columns, columns)[0]),
                format!("{:?}", expected[row])
            );
            let slices: Vec<ArrayRef> = arrays.iter().map(|a| a.slice(row, 1)).collect();
            assert_eq!(encoder.encode(&slices, None, 1).unwrap().value(0), payloads.value(row));
        }
        let last = columns.len() - 1;
        assert_eq!(&decoder.decode(&payloads, &[last]).columns[0], &decoded.columns[last]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn json_reads_what_it_wrote((columns, rows) in table(nested())) {
            check_round_trip("JSON", &columns, &rows);
        }

        #[test]
        fn delimited_reads_what_it_wrote((columns, rows) in table(scalar(true))) {
            // A row of one empty field is no row.
            let rows: Vec<_> = rows.into_iter().filter(|r| r.len() > 1 || !r[0].is_null()).collect();
            check_round_trip("DELIMITED", &columns, &rows);
        }

        #[test]
        fn any_bytes_are_read_or_refused(
            data_type in nested(),
            payloads in vec(prop_oneof![
                vec(any::<u8>(), 0..20),
                "[\\[\\]{}:,\"\\\\a1eE.u0truefalsn \\-]{0,24}".prop_map(String::into_bytes),
            ], 1..6),
        ) {
            let columns = columns(&[("A", data_type), ("B", SqlType::Integer)]);
            let batch = BinaryArray::from_iter_values(&payloads);
            for format in ["JSON", "DELIMITED"] {
                let Ok(decoder) = decoder(&options(format, true), &columns, "t", false) else { continue };
                let all = decoder.decode(&batch, &[0, 1]);
                let mut failed = vec![];
                for (row, payload) in payloads.iter().enumerate() {
                    let one = decoder.decode(&BinaryArray::from_iter_values([payload]), &[1]);
                    failed.extend(one.failures.into_iter().map(|f| DecodeFailure { row: row as u32, ..f }));
                    prop_assert_eq!(&*one.columns[0], &*all.columns[1].slice(row, 1));
                }
                prop_assert_eq!(all.failures, failed);
            }
        }
    }
}
