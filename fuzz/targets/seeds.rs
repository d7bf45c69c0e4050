//! Where inputs start from, beside the kept ones: our own cases, examples and function table, so that they grow with them;
//! and the words that inputs are made of.

use std::path::Path;

use serde_json::Value as Json;
use weir_engine::{aggregates, functions};

use super::SEPARATOR;

/// The case files of the integration tests.
fn cases() -> Vec<Json> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = files.map(|file| file.path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).ok()?;
        let file: Json = serde_json::from_str(&text).ok()?;
        Some(file["tests"].as_array()?.clone())
    };
    paths.iter().filter_map(read).flatten().collect()
}

fn texts(list: &Json) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str)
}

pub fn scripts() -> Vec<Vec<u8>> {
    let bank = include_str!("../../examples/bank/bank.sql").split_inclusive(";\n").map(Vec::from);
    let own = [
        "DEFINE v = 'X'; SELECT * FROM ${v} EMIT CHANGES;",
        "/* c */ -- d\nLIST TOPICS EXTENDED;",
        "EXPLAIN SELECT 1 FROM X;",
    ];
    let mut seeds = statements();
    seeds.extend(bank.chain(own.iter().map(|text| text.as_bytes().to_vec())));
    seeds
}

pub fn statements() -> Vec<Vec<u8>> {
    const OWN: &[&str] = &[
        "SELECT K, COUNT(*) AS N, TOPK(I, 2), LATEST_BY_OFFSET(T) FROM S WINDOW TUMBLING (SIZE 5 SECONDS, GRACE PERIOD 1 DAY) GROUP BY K HAVING COUNT(*) > 1 EMIT CHANGES;",
        "CREATE TABLE X WITH (VALUE_FORMAT='DELIMITED', PARTITIONS=3) AS SELECT ST->X AS A, AS_VALUE(K) AS B, SUM(N) AS C FROM S GROUP BY ST->X, K EMIT CHANGES;",
        "CREATE OR REPLACE STREAM X AS SELECT K, EXPLODE(A) AS E, TRANSFORM(M, (k, v) => UCASE(k), (k, v) => v + 1) FROM S PARTITION BY I, K;",
        "INSERT INTO U SELECT I, K AS K2, T AS V FROM S;",
        "DROP STREAM IF EXISTS U DELETE TOPIC;",
        "ALTER STREAM U ADD COLUMN Z INT;",
        "SELECT * FROM G WHERE K = 'a';",
        "SELECT * FROM C WHERE K IN ('a', 'b') AND WINDOWSTART >= '2020-01-01' AND WINDOWEND < 99999;",
        "SELECT S.K, T.W FROM S LEFT JOIN T ON S.K = T.K EMIT CHANGES;",
        "SELECT ROWTIME, ROWOFFSET, H FROM S WHERE ROWTIME > '2021-01-01T00:00:00' LIMIT 5;",
        "CREATE TYPE P AS STRUCT<A INT, B MAP<STRING, ARRAY<DECIMAL(4, 2)>>>; DROP TYPE P;",
        "CREATE SOURCE TABLE Q (K STRING PRIMARY KEY, V ADDRESS) WITH (KAFKA_TOPIC='t', FORMAT='JSON', TIMESTAMP='V', WRAP_SINGLE_VALUE=false);",
        "SELECT I, CASE WHEN B THEN D ELSE N END + 1.5e3, CAST(T AS DECIMAL(5, 2)), A[1], M['k'], AD->STREET FROM S WHERE T LIKE '%a' AND I BETWEEN 1 AND 2 EMIT CHANGES;",
    ];
    let cases = cases();
    let mut seeds: Vec<Vec<u8>> = cases.iter().flat_map(|case| texts(&case["statements"])).map(Vec::from).collect();
    seeds.extend(OWN.iter().map(|text| text.as_bytes().to_vec()));
    seeds
}

pub fn expressions() -> Vec<Vec<u8>> {
    const OWN: &[&str] = &[
        "I + L * D / N - W % 3",
        "-N",
        "S LIKE T ESCAPE '!'",
        "CASE WHEN I > 0 THEN S WHEN B THEN T END",
        "CASE I WHEN 1 THEN AI[1] ELSE AI[-1] END",
        "ST->Z[1]->R['k'] + 1",
        "CAST(S AS DOUBLE)",
        "CAST(D AS DECIMAL(20, 3))",
        "CAST(TS AS STRING)",
        "CAST(W AS BIGINT)",
        "CAST(DA AS TIMESTAMP)",
        "TRANSFORM(AI, x => x * I + 1)",
        "FILTER(M, (k, v) => v IS NOT NULL AND k <> S)",
        "REDUCE(AI, L, (s, x) => s + x)",
        "ARRAY[I, 1, NULL]",
        "MAP('a' := I, S := 2)",
        "STRUCT(A := I, B := ST->Y)",
        "S IN ('a', 'b', T)",
        "I BETWEEN -1 AND L",
        "TS > '2020-01-01'",
        "DA = '2020-01-01'",
        "NOT (B OR S IS NULL) AND NULL",
        "S || T || 'x'",
        "TIMESTAMPADD(MONTHS, I, TS)",
        "LPAD(S, I, T)",
        "GENERATE_SERIES(1, I)",
        "SUBSTRING(T, I, 2)",
        "REGEXP_REPLACE(S, T, '$1')",
        "ROUND(W, I)",
        "EXTRACTJSONFIELD(T, T)",
        "FORMAT_TIMESTAMP(TS, T)",
        "PARSE_DATE(S, T)",
        "1.5E400",
        "123456789012345678901234567890.5",
    ];
    let examples =
        functions::all().flat_map(|function| function.examples.iter().map(|(call, _)| call.as_bytes().to_vec()));
    examples.chain(OWN.iter().map(|text| text.as_bytes().to_vec())).collect()
}

/// Values of the cases' records as JSON, each for every schema that a first byte may choose.
pub fn json_records() -> Vec<Vec<u8>> {
    const OWN: &[&str] = &[
        r#"{"A":1,"B":"x","C":1.5e3}"#,
        r#"{"a":"12","B":{"q":[1,null,true]},"c":"NaN"}"#,
        r#"{"A":[1,2,"3"],"B":{"k":"v","l":null}}"#,
        r#"{"A":{"X":1,"y":"\u00e9\ud83d\ude00","Z":[{"q":1,"R":{"k":1.25}}]},"B":[[1],[],null]}"#,
        r#"{"A":"AQI=","B":1.50,"C":12345678901234567890123456789012345678901234567890.5,"D":"AAE="}"#,
        "null",
        "",
        "5",
        "\"text\"",
        "[1,2]",
        r#"{"A":0,"B":"1","C":1577934245678}"#,
        r#" { "A" : 86399999 } "#,
        "{\"A\":1}\x1e{\"A\":2}",
    ];
    let cases = cases();
    let inputs = cases.iter().flat_map(|case| case["inputs"].as_array().into_iter().flatten());
    let values: Vec<String> =
        inputs.map(|input| input["value"].to_string()).chain(OWN.iter().map(ToString::to_string)).collect();
    each_schema(values.iter().map(String::as_bytes))
}

fn each_schema<'a>(records: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<Vec<u8>> {
    (0..13_u8).flat_map(|choice| records.clone().map(move |record| [&[choice], record].concat())).collect()
}

pub fn delimited() -> Vec<Vec<u8>> {
    let records = [
        "1,x,2.5",
        "\"a,\"\"b\"\"\",c",
        "true,1.50,2,AQI=",
        "0,1,2",
        ",,",
        " 1 , x",
        "1|2",
        "1\t2\t3",
        "\"a\nb\",1,2",
        "NaN,Infinity,x",
    ];
    each_schema(records.iter().map(|record| record.as_bytes()))
}

pub fn binary() -> Vec<Vec<u8>> {
    let records: [&[u8]; 7] = [
        b"\0\0\0\x07",
        b"\0\0\0\0\0\0\0\x09",
        b"text",
        b"\x01\x07\x02\x02ab\0\0\0\0\0\0\xf0\x3f",
        b"",
        b"\x01\x01\x03\x07\x02\x04\x06",
        b"\x01\x03\x01\x01a\x01\x02",
    ];
    each_schema(records.into_iter())
}

/// An index of an aggregate, then a state.
pub fn states() -> Vec<Vec<u8>> {
    let bodies: [&[u8]; 5] = [
        b"\x01",
        b"\x01\x01\x05\0\0\0",
        b"\x01\x02\x01\x01\0\0\0\x01\x02\0\0\0",
        b"\x01\x01\x01a\x02\0\0\0\0\0\0\0",
        &[1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ];
    (0..200_u16).flat_map(|index| bodies.map(|body| [&index.to_le_bytes()[..], body].concat())).collect()
}

pub fn log() -> Vec<Vec<u8>> {
    let mut head = vec![0; 68];
    (head[1], head[5]) = (1, 1);
    let ends = [&head[..], &[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'k', b'v']].concat();
    vec![head, ends, b"\x03\x08new!old\x02".to_vec(), b"\x03old\0".to_vec(), vec![1; 20], vec![2; 66]]
}

pub fn commands() -> Vec<Vec<u8>> {
    [
        r#"{"statement":"TERMINATE ALL;","streamsProperties":{"auto.offset.reset":"earliest","x":true},"originalProperties":{},"plan":null,"version":18,"weir":{"change":{"change":"Terminate","queries":["Q"]},"paused":[["Q",true]]}}"#,
        r#"{"statement":"S;","streamsProperties":{"a":1},"originalProperties":{},"version":18,"plan":{"queryPlan":{"queryId":"CSAS_S_7"}}}"#,
        r#"{"statement":"S;","change":{"change":"Nothing"},"paused":[],"version":1}"#,
        r#"{"statement":"S;","weir":{"change":{"change":"RegisterType","name":"T","data_type":{"Struct":[{"name":"A","data_type":{"Array":{"Decimal":{"precision":4,"scale":2}}}}]}}}}"#,
        r#"{"statement":"S;","weir":{"change":{"change":"Drop","source":"S","terminate":"Q"}}}"#,
    ]
    .map(Vec::from)
    .to_vec()
}

pub fn bodies() -> Vec<Vec<u8>> {
    let requests: [(u8, &str); 5] = [
        (
            1,
            r#"{"ksql":"LIST STREAMS;","streamsProperties":{"auto.offset.reset":"earliest"},"sessionVariables":{"a":"b"},"commandSequenceNumber":3}"#,
        ),
        (2, r#"{"records":[{"key":"k","value":{"a":1},"partition":0,"timestamp":5},{"value":null}]}"#),
        (6, r#"{"records":[{"key":"aw==","value":"dg=="}]}"#),
        (
            3,
            r#"{"auto.offset.reset":"earliest","ksql.query.pull.table.scan.enabled":true,"cache.max.bytes.buffering":0}"#,
        ),
        (0, r#"{"A":1,"`B`":"x","rowtime":5}"#),
    ];
    let rows = json_records().into_iter().map(|mut row| {
        row[0] *= 4;
        row
    });
    requests.iter().map(|(choice, body)| [&[*choice], body.as_bytes()].concat()).chain(rows).collect()
}

fn joined(parts: &[&[&str]]) -> Vec<Vec<u8>> {
    parts.iter().map(|parts| parts.join(&char::from(SEPARATOR).to_string()).into_bytes()).collect()
}

pub fn json_pairs() -> Vec<Vec<u8>> {
    joined(&[
        &[r#"{"a":[{"b":1},2.50],"x y":{"@c":"t"}}"#, "$.a[0].b"],
        &[r#"[1,2,"\u00e9",null]"#, "$[1]"],
        &["[]", "$"],
        &[r#"{"a":1} x"#, r#"$["x y"].@c"#],
        &["1e5", "1e5"],
        &["", ""],
        &["\"t\"", "t"],
    ])
}

pub fn dates() -> Vec<Vec<u8>> {
    let patterns = [
        "yyyy-MM-dd HH:mm:ss.SSS",
        "EEEE, d MMMM uuuu h:mm a [VV] XXX ''",
        "yyyyMMddHHmmssSSS",
        "dd/MM/yy",
        "YYYY-'W'ww-e",
        "D G QQQ q",
        "n N A k K H",
        "zzz xxx OOOO ZZZZZ VV",
        "ppppppM",
        "yyyy-MM-dd'T'HH:mm:ssX",
        "hh:mm:ss a B",
        "SSSSSSSSS",
        "MMM-yyyy",
        "uuuu[-MM[-dd]]",
    ];
    let values = [
        "2021-01-31 23:59:59.999",
        "Thursday, 1 January 1970 12:00 AM GMT Z '",
        "20180511215833123",
        "JAN-2022",
        "01:00:00 Pm",
        "2020-05-11T21:58:33z",
    ];
    let zones = ["UTC", "America/Los_Angeles", "+0200", "PST"];
    let all: Vec<Vec<&str>> =
        patterns.iter().enumerate().map(|(i, p)| vec![*p, values[i % values.len()], zones[i % zones.len()]]).collect();
    joined(&all.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

pub fn patterns() -> Vec<Vec<u8>> {
    joined(&[
        &["(.*) (.*)", "hello there", "$1-$2"],
        &["(\\w+)(?=b)", "acab", "\\$"],
        &["\\Qa.b\\E(?<n>.)", "xa.bz", "${n}"],
        &["(?i)[a-z&&[^b]]+\\p{Lu}", "ABC abc", ""],
        &["(.)\\1{2,3}+?", "aaabbb", "x"],
        &["(?m)^a$|\\R\\h", "a\nb", "x"],
        &["%a_b!%", "xaybz%", ""],
        &["\\x41\\u0042\\07\\cA", "AB", "x"],
        &["(?<=x)a(?!b)", "xac", "-"],
    ])
}

pub fn urls() -> Vec<Vec<u8>> {
    joined(&[
        &["https://user@docs.example.io:8080/path/a%20b?q=1&r=%C3%A9#frag", "q"],
        &["http://[::1]:80/", "x"],
        &["mailto:a@b", ""],
        &["?foo $bar", "foo"],
        &["a%2", ""],
        &["//host/p;x?y", "y"],
        &["jdbc:x:y", ""],
    ])
}

pub fn text_parts() -> Vec<Vec<u8>> {
    joined(&[
        &["the Quick br0wn", "ui", "x"],
        &["0x4578616d706C6521", "hex", "ascii"],
        &["Ελλάδα\u{1f600}", "utf8", "base64"],
        &["a=1,b=2", ",", "="],
        &["\\u004b", "", ""],
        &["-12.5e3", "a", "b"],
        &["2147483648", "1", "2"],
        &["true", "t", ""],
        &["X'41'", "ascii", "hex"],
    ])
}

pub fn no_words() -> Vec<String> {
    Vec::new()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// Words of the grammar, and names of functions and of the planned sources.
pub fn sql_words() -> Vec<String> {
    const OWN: &str = "( ) , ; * . [ ] { } < > = <> <= -> => := || + - / % ' \" ` ${v} ${t} ${n} -- /* */ S.K K I L D N T  B A M ST TS DA TI Y \
        U V W G C ADDRESS WS 'a' 1 -1 1.5 1e3 NULL true 'JSON' 'KAFKA' 'DELIMITED' VALUE_FORMAT KEY_FORMAT KAFKA_TOPIC PARTITIONS FORMAT \
        TIMESTAMP TIMESTAMP_FORMAT WRAP_SINGLE_VALUE WINDOW_TYPE WINDOW_SIZE ROWTIME ROWPARTITION ROWOFFSET WINDOWSTART WINDOWEND";
    let own = OWN.split_whitespace().map(str::to_owned);
    let keywords = weir_parser::KEYWORDS.iter().map(|word| format!("{word} "));
    own.chain(keywords).chain(names().map(|name| format!("{name}("))).collect()
}

fn names() -> impl Iterator<Item = String> {
    let scalar = functions::all().map(|function| function.name.to_uppercase());
    scalar.chain(aggregates::all().iter().map(|function| function.name.to_owned()))
}

pub fn expression_words() -> Vec<String> {
    const OWN: &str = "( ) , * . [ ] + - * / % || = <> < > <= >= -> => := I L D N W S T Y TI DA TS AI AT M ST B x => (x,y)=> 'a' '%' 0 1 -1 NULL true \
        1.5 1e3 2147483647 99999999999 'yyyy-MM-dd' 'UTC' 'utf8' '$.a' DAYS SECONDS";
    const PHRASES: &[&str] = &[
        "CAST(",
        " AS INT)",
        " AS STRING)",
        " AS DECIMAL(10,2))",
        " AS DOUBLE)",
        " AS BIGINT)",
        " AS TIMESTAMP)",
        " AS DATE)",
        " AS TIME)",
        " AS BYTES)",
        " AS ARRAY<INT>)",
        " AS MAP<STRING,STRING>)",
        "CASE WHEN ",
        " THEN ",
        " ELSE ",
        " END",
        " AND ",
        " OR ",
        "NOT ",
        " IS NULL",
        " IS NOT NULL",
        " BETWEEN ",
        " IN (",
        " LIKE ",
        " ESCAPE '!'",
        "ARRAY[",
        "MAP(",
        "STRUCT(a:=",
        " IS DISTINCT FROM ",
    ];
    let own = OWN.split_whitespace().chain(PHRASES.iter().copied()).map(str::to_owned);
    own.chain(names().map(|name| format!("{name}("))).collect()
}

pub fn json_words() -> Vec<String> {
    words(&[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\"A\":",
        "\"B\":",
        "\"C\":",
        "\"X\":",
        "\"Y\":",
        "\"Z\":",
        "\"Q\":",
        "null",
        "true",
        "false",
        "NaN",
        "\\u00e9",
        "\\ud800",
        "\\",
        "1e5",
        "-0",
        "0.10",
        "1E+400",
        "\"AQI=\"",
        "Infinity",
        "\x1e",
        "\n",
        "\t",
        "|",
        "\u{feff}",
        "\u{1f600}",
        "/*",
        "//",
        "\"data_type\":",
        "\"change\":",
        "\"Array\":",
        "\"records\":",
        "\"key\":",
        "\"value\":",
        "\"ksql\":",
        "\"rowtime\":",
    ])
}

pub fn path_words() -> Vec<String> {
    let mut all = json_words();
    all.extend(words(&["$", "$.a", ".", "[0]", "[\"a\"]", "[-1]", "..", "*", "@", "\x1f", "[999999999999999999999]"]));
    all
}

pub fn date_words() -> Vec<String> {
    let letters = "GuyDMLdQqYwWEecFaBhKkHmsSAnNVvzOXxZp'[]-:/., \x1f".chars().map(String::from);
    let own = words(&[
        "yyyy",
        "MMMM",
        "EEEE",
        "ZZZZZ",
        "VV",
        "2021",
        "Jan",
        "January",
        "Mon",
        "AM",
        "pm",
        "+01:30",
        "UTC",
        "GMT+1",
        "PST",
        "Europe/Berlin",
        "-18:00",
        "29",
        "02",
        "24",
        "60",
        "9999",
        "99999999999",
        "''",
        "T",
        "Z",
        "ppp",
    ]);
    letters.chain(own).collect()
}

pub fn regex_words() -> Vec<String> {
    let mut all = words(&[
        "(?:",
        "(?=",
        "(?!",
        "(?<=",
        "(?<!",
        "(?>",
        "(?<n>",
        "\\k<n>",
        "\\1",
        "\\2",
        "(?i)",
        "(?m)",
        "(?s)",
        "(?x)",
        "(?u)",
        "\\p{L}",
        "\\P{IsGreek}",
        "\\p{javaLowerCase}",
        "\\Q",
        "\\E",
        "\\R",
        "\\h",
        "\\X",
        "\\G",
        "\\A",
        "\\z",
        "\\Z",
        "\\b",
        "\\B",
        "{2,3}",
        "{2,}",
        "++",
        "*+",
        "?+",
        "*?",
        "[a-z&&[^b]]",
        "[^",
        "\\x{41}",
        "\\u0041",
        "\\0101",
        "\\cA",
        "[[:alpha:]]",
        "$1",
        "${n}",
        "\\$",
        "|",
        "\x1f",
        "{1000}",
        "(a*)*",
        "\\N{DIGIT ONE}",
    ]);
    all.extend("()[]{}?*+.^$|\\-#& \n".chars().map(String::from));
    all
}

pub fn like_words() -> Vec<String> {
    words(&["%", "_", "\\", "!", "!%", "!_", "\\%", "%%", "_%", "\x1f", "\n", "é", "\u{1f600}", "a", ".*", "["])
}

pub fn url_words() -> Vec<String> {
    words(&[
        "http://", "://", "//", ":", "@", "?", "#", "&", "=", "%", "%20", "%C3%A9", "%ff", "+", "[::1]", ":80",
        ":99999", "\x1f", "..", ";", "é", " ", "\\", "xn--",
    ])
}

pub fn text_words() -> Vec<String> {
    words(&[
        "\x1f",
        "hex",
        "utf8",
        "ascii",
        "base64",
        "0x",
        "X'",
        "\\u",
        "\\uD83D",
        "\u{1f600}",
        "é",
        "ß",
        "İ",
        "ﬁ",
        "\u{301}",
        "\0",
        "NaN",
        "Infinity",
        "1e",
        "-0",
        "+1",
        "0x1p3",
        "1d",
        "yes",
        "TRUE",
        "\t",
    ])
}
