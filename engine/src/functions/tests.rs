//! Functions called directly, without overload selection: `check(name, arguments, result type, expected)`.

use std::sync::Arc;

use weir_parser::ast::TimeUnit;

use super::*;
use crate::types::{Value, values_to_array};

/// An argument with its type.
type Typed = (SqlType, Value);

fn text(value: &str) -> Typed {
    (SqlType::String, Value::string(value))
}
fn int(value: i32) -> Typed {
    (SqlType::Integer, Value::Integer(value))
}
fn big(value: i64) -> Typed {
    (SqlType::BigInt, Value::BigInt(value))
}
fn double(value: f64) -> Typed {
    (SqlType::Double, Value::Double(value))
}
fn decimal(precision: u32, scale: u32, unscaled: i128) -> Typed {
    (SqlType::decimal(precision, scale), Value::Decimal { unscaled: arrow_buffer::i256::from_i128(unscaled), scale })
}
fn ints(values: &[Option<i32>]) -> Typed {
    let items = values.iter().map(|v| v.map_or(Value::Null, Value::Integer)).collect();
    (SqlType::array(SqlType::Integer), Value::Array(items))
}
fn texts(values: &[&str]) -> Typed {
    (SqlType::array(SqlType::String), Value::Array(values.iter().map(Value::string).collect()))
}
fn null(data_type: SqlType) -> Typed {
    (data_type, Value::Null)
}

/// The overload whose parameters start with the arguments' types, type variables matching anything.
fn overload_of(function: &Function, types: &[SqlType], units: usize) -> &'static Overload {
    let word = |t: &SqlType| match t {
        SqlType::Integer => "INT",
        other => other.base_name(),
    };
    let fits = |overload: &&Overload| {
        let mut depth = 0_i32;
        let outside = |c: char| {
            depth += i32::from(c == '<') - i32::from(c == '>');
            c == ',' && depth == 0
        };
        let declared: Vec<&str> = overload.parameters.split(outside).map(str::trim).filter(|p| !p.is_empty()).collect();
        let variadic = overload.parameters.ends_with("...");
        let counts =
            if variadic { types.len() + units + 1 >= declared.len() } else { types.len() + units == declared.len() };
        counts
            && types.iter().enumerate().all(|(i, t)| {
                let parameter = declared[(i + units).min(declared.len() - 1)];
                let name = parameter.split_once(' ').map_or("", |(_, t)| t).trim_end_matches("...");
                name == word(t) || name == "T" || (name.starts_with(word(t)) && name.contains('<'))
            })
    };
    function.overloads.iter().find(fits).unwrap_or_else(|| panic!("{} takes {types:?}", function.name))
}

fn run(name: &str, unit: Option<TimeUnit>, arguments: &[Typed], result: &SqlType) -> Result<Value, String> {
    let function = all().find(|f| f.name.eq_ignore_ascii_case(name)).expect(name);
    let mut types: Vec<SqlType> = arguments.iter().map(|(t, _)| t.clone()).collect();
    let overload = overload_of(function, &types, usize::from(unit.is_some()));
    let mut array_arguments: Vec<Argument<'_>> = unit.into_iter().map(Argument::Unit).collect();
    if unit.is_some() {
        types.insert(0, SqlType::Integer);
    }
    array_arguments.extend(arguments.iter().map(|(t, v)| Argument::Array(values_to_array(t, std::slice::from_ref(v)))));
    let mut failures = Vec::new();
    let mut context = CallContext {
        rows: 1,
        argument_types: &types,
        return_type: result,
        failures: &mut failures,
        clock: &SystemClock,
    };
    let array = (overload.evaluate)(&mut context, &array_arguments);
    let value = Value::from_array(&array, 0, result);
    match failures.first() {
        Some(failure) => Err(failure.message.clone()),
        None => Ok(value),
    }
}

fn check(name: &str, arguments: &[Typed], expected: Typed) {
    assert_eq!(run(name, None, arguments, &expected.0), Ok(expected.1), "{name} of {arguments:?}");
}

fn check_fails(name: &str, arguments: &[Typed], result: SqlType) {
    assert!(run(name, None, arguments, &result).is_err(), "{name} of {arguments:?}");
}

#[test]
fn rounds_half_toward_positive() {
    check("round", &[double(2.5)], big(3));
    check("round", &[double(-1.5)], big(-1));
    check("round", &[double(1234.5), int(-2)], double(1200.0));
    check("round", &[double(1.234567), int(2)], double(1.23));
    check("round", &[decimal(4, 3, 1235), int(2)], decimal(4, 3, 1240));
    check("round", &[decimal(2, 1, -25)], decimal(1, 0, -2));
    check("trunc", &[double(1.239), int(2)], double(1.23));
    check("ceil", &[decimal(3, 2, 123)], decimal(3, 2, 200));
    check("floor", &[decimal(3, 2, -150)], decimal(3, 2, -200));
}

#[test]
fn arithmetic_follows_java() {
    check("abs", &[int(i32::MIN)], int(i32::MIN));
    check("log", &[int(13)], double(2.5649493574615367));
    check("power", &[int(15), int(-1)], double(0.06666666666666667));
    check("cot", &[int(0)], double(f64::INFINITY));
    check("greatest", &[int(1), null(SqlType::Integer), int(3)], int(3));
    check("greatest", &[decimal(9, 2, 150), decimal(7, 6, 1600000)], decimal(13, 6, 1600000));
    let places = [37.4439, -122.1663, 51.5257, -0.1122].map(double);
    check("geo_distance", &places, double(8634.659796579544));
}

#[test]
fn strings_count_utf16_units() {
    check("len", &[text("😀a")], int(3));
    check("substring", &[text("stream"), int(-3), int(2)], text("ea"));
    check("substring", &[text("😀ab"), int(3), int(1)], text("a"));
    check("instr", &[text("corporate floor"), text("or"), int(-4), int(2)], int(2));
    check("instr", &[text("CORPORATE FLOOR"), text("OR"), int(3), int(2)], int(14));
    check("initcap", &[text("the   Quick br0wn fOx")], text("The   Quick Br0wn Fox"));
    check("lpad", &[text("foo"), int(7), text("Bar")], text("BarBfoo"));
    check("rpad", &[text("foo"), int(2), text("Bar")], text("fo"));
    check("mask", &[text("My Test $123")], text("Xx-Xxxx--nnn"));
    check("mask_keep_right", &[text("My Test $123"), int(4)], text("Xx-Xxxx-$123"));
    check("concat_ws", &[text("-"), text("a"), null(SqlType::String), text("b")], text("a-b"));
    check("split", &[text("a,,b,"), text(",")], texts(&["a", "", "b", ""]));
    check("replace", &[text("ab"), text(""), text("x")], text("xaxbx"));
    check("chr", &[text("\\u004b")], text("K"));
    check("encode", &[text("0x4578616d706C6521"), text("hex"), text("ascii")], text("Example!"));
    check("encode", &[text("Ελλάδα"), text("ascii"), text("hex")], text("3f3f3f3f3f3f"));
    check_fails("encode", &[text("a"), text("null"), text("utf8")], SqlType::String);
}

#[test]
fn regular_expressions_are_javas() {
    check("regexp_extract", &[text("(.*) (.*)"), text("hello there"), int(2)], text("there"));
    check("regexp_extract_all", &[text("(\\w+) (\\w*)"), text("apurva mehta agavra "), int(2)], texts(&["mehta", ""]));
    check("regexp_replace", &[text("baababaa"), text("(ab)+"), text("cat")], text("bacataa"));
    check("regexp_replace", &[text("ab"), text("(a)(b)"), text("$2\\$")], text("b$"));
    check("regexp_split_to_array", &[text("aabcda"), text("(ab|cd)")], texts(&["a", "", "a"]));
    check("regexp_split_to_array", &[text("abc"), text("")], texts(&["a", "b", "c"]));
    check("regexp_extract", &[text("\\Qa.b\\E(?<n>.)"), text("xa.bz"), int(1)], text("z"));
    check("regexp_extract", &[text("a(?=b)"), text("acab")], text("a"));
    check("regexp_replace", &[text("xay"), text("(?<=x)a"), text("-")], text("x-y"));
    check("regexp_extract", &[text("(.)\\1"), text("abccd")], text("cc"));
    check("regexp_extract", &[text("b$"), text("ab\n")], text("b"));
    check("regexp_extract", &[text("(?m)a$"), text("a\nb")], text("a"));
    check_fails("regexp_extract", &[text("("), text("a")], SqlType::String);
}

#[test]
fn dates_are_formatted_and_parsed() {
    let timestamp = |ms| (SqlType::Timestamp, Value::Timestamp(ms));
    let los_angeles = text("America/Los_Angeles");
    let zoned = text("yyyy-MM-dd HH:mm:ss zzz");
    check("format_timestamp", &[timestamp(1526075913000), zoned, los_angeles], text("2018-05-11 14:58:33 PDT"));
    let full = text("EEEE, d MMMM uuuu h:mm a [VV] XXX ''");
    check("format_timestamp", &[timestamp(0), full], text("Thursday, 1 January 1970 12:00 AM GMT Z '"));
    check(
        "parse_timestamp",
        &[text("2018-05-11T21:58:33 PST"), text("yyyy-MM-dd'T'HH:mm:ss zzz")],
        timestamp(1526101113000),
    );
    check("parse_timestamp", &[text("20180511215833123"), text("yyyyMMddHHmmssSSS")], timestamp(1526075913123));
    check("stringtotimestamp", &[text("2020-05-11T21:58:33z"), text("yyyy-MM-dd'T'HH:mm:ssX")], big(1589234313000));
    let time = |ms| (SqlType::Time, Value::Time(ms));
    check("parse_time", &[text("01:00:00 Pm"), text("hh:mm:ss a")], time(46_800_000));
    check_fails("parse_time", &[text("2018"), text("yyyy")], SqlType::Time);
    let date = |days| (SqlType::Date, Value::Date(days));
    check("parse_date", &[text("JAN-2022"), text("MMM-yyyy")], date(18993));
    check("parse_date", &[text("11/05/2019"), text("dd/MM/yyyy")], date(18027));
    check("format_date", &[date(0), text("dd/MM/yyyy")], text("01/01/1970"));
    check_fails("format_date", &[date(0), text("HH")], SqlType::String);
    check("stringtodate", &[text("1970-01-11"), text("yyyy-MM-dd")], int(10));
    let shifted = run("timeadd", Some(TimeUnit::Milliseconds), &[int(-5), time(2)], &SqlType::Time);
    assert_eq!(shifted, Ok(Value::Time(86_399_997)));
    check("convert_tz", &[timestamp(0), text("+0200"), text("+0500")], timestamp(10_800_000));
}

#[test]
fn arrays_and_maps() {
    check("array_distinct", &[ints(&[Some(1), None, Some(1), None])], ints(&[Some(1), None]));
    let (left, right) = (ints(&[Some(1), Some(2), Some(2)]), ints(&[Some(2), Some(3)]));
    check("array_except", &[left.clone(), right.clone()], ints(&[Some(1)]));
    check("array_intersect", &[left.clone(), right.clone()], ints(&[Some(2)]));
    check("array_union", &[left.clone(), right.clone()], ints(&[Some(1), Some(2), Some(3)]));
    check("array_concat", &[null(left.0.clone()), right.clone()], right.clone());
    check("array_sort", &[ints(&[Some(2), None, Some(1)]), text("desc")], ints(&[Some(2), Some(1), None]));
    check("array_max", &[ints(&[Some(1), Some(3), None])], int(3));
    check("array_join", &[ints(&[Some(1), None]), text("|")], text("1|null"));
    check("array_remove", &[left, int(2)], ints(&[Some(1)]));
    check("slice", &[right, int(1), int(1)], ints(&[Some(2)]));
    check("generate_series", &[int(1), int(7), int(3)], ints(&[Some(1), Some(4), Some(7)]));
    let map = |entries: &[(&str, Value)]| {
        let entries = entries.iter().map(|(k, v)| (Value::string(k), v.clone())).collect();
        (SqlType::map(SqlType::String, SqlType::Integer), Value::Map(entries))
    };
    let one = map(&[("a", Value::Integer(1)), ("b", Value::Integer(1))]);
    let union = map(&[("a", Value::Integer(2)), ("b", Value::Integer(1))]);
    check("map_union", &[one, map(&[("a", Value::Integer(2))])], union);
    let with_null = map(&[("a", Value::Integer(1)), ("b", Value::Null)]);
    check("as_map", &[texts(&["a", "b"]), ints(&[Some(1)])], with_null);
    let cube = [[None, None], [None, Some(2)], [Some(1), None], [Some(1), Some(2)]];
    let rows = Value::Array(cube.iter().map(|row| ints(row).1).collect());
    let expected = (SqlType::array(SqlType::array(SqlType::Integer)), rows);
    check("cube_explode", &[ints(&[Some(1), Some(2)])], expected);
}

#[test]
fn json_and_urls() {
    check("extractjsonfield", &[text(r#"{"array":[1.23450]} x"#), text("$.array[0]")], text("1.23450"));
    check("json_concat", &[text("[1,2]"), text(r#"{"a":1}"#)], text(r#"[1,2,{"a":1}]"#));
    check("json_items", &[text(r#"[1,"a"]"#)], texts(&["1", "\"a\""]));
    check("json_array_contains", &[text("[1,2]"), int(2)], (SqlType::Boolean, Value::Boolean(true)));
    check("to_json_string", &[(SqlType::Time, Value::Time(60_220_000))], text("\"16:43:40\""));
    let timestamp = (SqlType::Timestamp, Value::Timestamp(60_220_000_000));
    check("to_json_string", &[timestamp], text("\"1971-11-28T23:46:40.000\""));
    check("url_extract_host", &[text("http://test@confluent.io:8080")], text("confluent.io"));
    check("url_extract_protocol", &[text("www.confluent.io")], null(SqlType::String));
    check("url_extract_path", &[text("http://www.test.com?query#fragment")], text(""));
    check("url_encode_param", &[text("?foo $bar")], text("%3Ffoo+%24bar"));
    check_fails("url_extract_host", &[text("http://a b")], SqlType::String);
}

/// Doubles each element, and fails for the element 13.
struct Twice;

impl Lambda for Twice {
    fn call(&self, context: &mut CallContext<'_>, parameters: &[ArrayRef], row_of: &[u32]) -> ArrayRef {
        let numbers = arrow_array::cast::as_primitive_array::<arrow_array::types::Int32Type>(&parameters[0]);
        for (i, row) in row_of.iter().enumerate().filter(|(i, _)| numbers.value(*i) == 13) {
            context.fail(*row as usize, format!("element {i}"));
        }
        Arc::new(numbers.unary::<_, arrow_array::types::Int32Type>(|x| x * 2))
    }
    fn return_type(&self) -> &SqlType {
        &SqlType::Integer
    }
}

#[test]
fn a_row_that_fails_in_a_lambda_is_null_as_a_whole() {
    let (list, rows) = (SqlType::array(SqlType::Integer), [ints(&[Some(1), Some(2)]), ints(&[Some(13), Some(13)])]);
    let array = values_to_array(&list, &rows.map(|(_, value)| value));
    let types = [list.clone(), SqlType::Integer];
    let mut failures = Vec::new();
    let mut context = CallContext {
        rows: 2,
        argument_types: &types,
        return_type: &list,
        failures: &mut failures,
        clock: &SystemClock,
    };
    let function = all().find(|f| f.name == "transform").expect("transform is there");
    let result = (function.overloads[0].evaluate)(&mut context, &[Argument::Array(array), Argument::Lambda(&Twice)]);
    assert_eq!(Value::from_array(&result, 0, &list), ints(&[Some(2), Some(4)]).1);
    assert_eq!(Value::from_array(&result, 1, &list), Value::Null);
    assert_eq!(failures.len(), 1, "a row is reported once");
}

#[test]
fn every_function_is_described_once() {
    let mut names: Vec<String> = all().map(|f| f.name.to_ascii_uppercase()).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "names are unique");
    for function in all() {
        assert!(!function.description.is_empty() && !function.overloads.is_empty(), "{}", function.name);
    }
}
