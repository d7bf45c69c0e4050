//! Functions on text whose arguments are the parts of an input: A, B and C, and numbers and dates made of their bytes.

use std::cell::OnceCell;

use arrow_array::ArrayRef;
use weir_engine::expr::{self, ExpressionRef};
use weir_engine::types::{Column, RowSchema, SqlType, Value, values_to_array};

use super::{outcome, parts, worded};

/// Calls that are compiled once and evaluated on every input.
type Calls = OnceCell<Vec<ExpressionRef>>;

fn schema() -> RowSchema {
    use SqlType::{BigInt, Date, Integer, String, Time, Timestamp};
    let columns = [
        ("A", String),
        ("B", String),
        ("C", String),
        ("I", Integer),
        ("L", BigInt),
        ("TS", Timestamp),
        ("DA", Date),
        ("TI", Time),
    ];
    RowSchema::new(columns.into_iter().map(|(name, data_type)| Column::new(name, data_type)).collect())
}

fn compiled(calls: &[&str]) -> Vec<ExpressionRef> {
    let schema = schema();
    let compile = |call: &&str| {
        let parsed = weir_parser::parse_expression(call).unwrap_or_else(|e| panic!("{call}: {}", e.message));
        expr::compile(&parsed, &schema).unwrap_or_else(|e| panic!("{call}: {}", e.message))
    };
    calls.iter().map(compile).collect()
}

/// One row: the parts of the input, and numbers out of its last bytes.
fn arguments(input: &[u8]) -> Vec<ArrayRef> {
    let parts = parts(input);
    let text = |i: usize| parts.get(i).map_or(Value::Null, Value::string);
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(input.iter().rev()) {
        *to = *from;
    }
    let wide = i64::from_le_bytes(bytes);
    let narrow = (wide >> (input.len() % 48)) as i32;
    let values = [
        (SqlType::String, text(0)),
        (SqlType::String, text(1)),
        (SqlType::String, text(2)),
        (SqlType::Integer, Value::Integer(narrow % 4_096)),
        (SqlType::BigInt, Value::BigInt(wide)),
        (SqlType::Timestamp, Value::Timestamp(wide >> (input.len() % 24))),
        (SqlType::Date, Value::Date(narrow)),
        (SqlType::Time, Value::Time(narrow.rem_euclid(86_400_000))),
    ];
    values.iter().map(|(data_type, value)| values_to_array(data_type, std::slice::from_ref(value))).collect()
}

fn run(calls: &'static std::thread::LocalKey<Calls>, texts: &[&str], input: &[u8]) -> u64 {
    let arguments = arguments(input);
    calls.with(|calls| {
        let outcomes = calls.get_or_init(|| compiled(texts)).iter().map(|call| {
            let mut failures = Vec::new();
            let result = call.evaluate(&arguments, 1, &mut failures);
            let value = Value::from_array(&result, 0, call.data_type());
            (value.is_null(), value == Value::Boolean(true), failures.first().map(|failure| worded(&failure.message)))
        });
        outcome(outcomes.collect::<Vec<_>>())
    })
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident: $texts:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name(input: &[u8]) -> u64 {
            thread_local! {
                static CALLS: Calls = const { OnceCell::new() };
            }
            run(&CALLS, $texts, input)
        }
    )*};
}

calls! {
    json: &[
        "EXTRACTJSONFIELD(A, B)", "IS_JSON_STRING(A)", "JSON_ARRAY_LENGTH(A)", "JSON_KEYS(A)", "JSON_RECORDS(A)",
        "JSON_ITEMS(A)", "JSON_CONCAT(A, B)", "JSON_ARRAY_CONTAINS(A, B)", "JSON_ARRAY_CONTAINS(A, I)", "TO_JSON_STRING(A)",
    ];
    dates: &[
        "FORMAT_TIMESTAMP(TS, A)", "FORMAT_TIMESTAMP(TS, A, C)", "FORMAT_DATE(DA, A)", "FORMAT_TIME(TI, A)",
        "PARSE_TIMESTAMP(B, A)", "PARSE_TIMESTAMP(B, A, C)", "PARSE_DATE(B, A)", "PARSE_TIME(B, A)",
        "STRINGTOTIMESTAMP(B, A, C)", "TIMESTAMPTOSTRING(L, A, C)", "STRINGTODATE(B, A)", "CONVERT_TZ(TS, B, C)",
        "PARSE_TIMESTAMP(FORMAT_TIMESTAMP(TS, A), A)", "CAST(B AS TIMESTAMP)", "CAST(B AS DATE)", "CAST(B AS TIME)",
    ];
    regex: &[
        "REGEXP_EXTRACT(A, B)", "REGEXP_EXTRACT(A, B, I)", "REGEXP_EXTRACT_ALL(A, B)", "REGEXP_EXTRACT_ALL(A, B, 1)",
        "REGEXP_REPLACE(B, A, C)", "REGEXP_SPLIT_TO_ARRAY(B, A)",
    ];
    like: &["B LIKE A", "B NOT LIKE A", "B LIKE A ESCAPE '!'", "B LIKE A ESCAPE '%'", "B LIKE A ESCAPE '\\'"];
    url: &[
        "URL_EXTRACT_FRAGMENT(A)", "URL_EXTRACT_HOST(A)", "URL_EXTRACT_PARAMETER(A, B)", "URL_EXTRACT_PATH(A)",
        "URL_EXTRACT_PORT(A)", "URL_EXTRACT_PROTOCOL(A)", "URL_EXTRACT_QUERY(A)", "URL_ENCODE_PARAM(A)",
        "URL_DECODE_PARAM(A)", "URL_DECODE_PARAM(URL_ENCODE_PARAM(A))",
    ];
    text: &[
        "UCASE(A)", "LCASE(A)", "INITCAP(A)", "TRIM(A)", "LEN(A)", "SUBSTRING(A, I)", "SUBSTRING(A, I, 3)", "INSTR(A, B)",
        "INSTR(A, B, I)", "REPLACE(A, B, C)", "LPAD(A, I, B)", "RPAD(A, I, B)", "SPLIT(A, B)", "SPLIT_TO_MAP(A, B, C)",
        "MASK(A)", "MASK_LEFT(A, I)", "MASK_KEEP_RIGHT(A, I)", "ENCODE(A, B, C)", "TO_BYTES(A, B)", "FROM_BYTES(TO_BYTES(A, B), B)",
        "CHR(A)", "CHR(I)", "MD5(A)", "CAST(A AS INT)", "CAST(A AS BIGINT)", "CAST(A AS DOUBLE)", "CAST(A AS DECIMAL(20, 5))",
        "CAST(A AS BOOLEAN)", "CAST(CAST(A AS DOUBLE) AS STRING)", "A < B", "CONCAT_WS(A, B, C)", "ARRAY_JOIN(SPLIT(A, B), B)",
    ];
}
