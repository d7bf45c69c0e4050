//! Calls of every scalar function from the examples of the function table. Arguments become columns of varied values; what is
//! usually a constant (patterns, formats, zones, units) stays one.

use weir_engine::expr;
use weir_engine::functions::{Function, FunctionKind, FunctionRegistry, all};
use weir_engine::types::{SqlType, Value};
use weir_parser::ast::{Expression, FunctionCall};

use super::{Case, VARIANTS};

/// Parameters that queries give as constants.
const CONSTANTS: &[&str] = &[
    "formatPattern",
    "pattern",
    "timeZone",
    "toTz",
    "fromTz",
    "regexp",
    "path",
    "encoding",
    "inputEncoding",
    "outputEncoding",
    "byteOrder",
    "delimiter",
    "entryDelimiter",
    "kvDelimiter",
    "direction",
    "units",
    "sorted",
    "group",
    "padding",
    "upper",
    "lower",
    "digit",
    "other",
    "paramToFind",
];
/// Shortest text of a column, where the function takes longer ones.
const TEXT_MIN: usize = 10;
/// Calls of functions that look at the clock or at chance, which have no examples.
const OTHERS: &[&str] = &["RANDOM()", "UUID()", "UNIX_TIMESTAMP()", "UNIX_DATE()"];

/// The cases of each scalar function, by its name.
pub fn cases() -> Vec<(String, Vec<Case>)> {
    all().filter(|function| function.kind == FunctionKind::Scalar).map(of_function).collect()
}

fn of_function(function: &Function) -> (String, Vec<Case>) {
    let name = function.name.to_uppercase();
    let case = |text: &str| Case { name: name.clone(), text: text.into(), columns: Vec::new() };
    let others = OTHERS.iter().filter(|text| text.starts_with(&format!("{name}("))).map(|text| case(text));
    let examples = function.examples.iter().filter_map(|(text, _)| of_example(&name, text));
    let cases = others.chain(examples).collect();
    (name, cases)
}

/// `None`: the example is of another function around this one, or cannot be varied.
fn of_example(name: &str, text: &str) -> Option<Case> {
    let Ok(Expression::Call(call)) = weir_parser::parse_expression(text) else { return None };
    if !call.name.as_str().eq_ignore_ascii_case(name) {
        return None;
    }
    // The first way of varying the arguments under which the call gives as many values as it does as it is.
    Variation::ALL.iter().filter_map(|variation| varied(name, &call, *variation)).find(is_alive)
}

/// How far values are changed; the last is not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variation {
    LongLettersDigits,
    LettersDigits,
    Digits,
    LastDigit,
    None,
}

impl Variation {
    const ALL: [Variation; 5] =
        [Self::LongLettersDigits, Self::LettersDigits, Self::Digits, Self::LastDigit, Self::None];
}

/// The call with columns in place of the arguments that are not usually constants.
fn varied(name: &str, call: &FunctionCall, variation: Variation) -> Option<Case> {
    let parameters = parameter_names(name, call.arguments.len());
    let mut varied = call.clone();
    let mut columns = Vec::new();
    for (index, argument) in call.arguments.iter().enumerate() {
        let is_constant = parameters.get(index).is_some_and(|parameter| CONSTANTS.contains(&parameter.as_str()));
        if is_constant || matches!(argument, Expression::Lambda { .. } | Expression::Unit(_)) {
            continue;
        }
        let Ok((value, Some(data_type))) = expr::evaluate_constant(argument) else { continue };
        let column = format!("C{index}");
        let values = (0..VARIANTS).map(|n| vary(&value, &data_type, n, variation)).collect();
        varied.arguments[index] = weir_parser::parse_expression(&column).ok()?;
        columns.push((column, data_type, values));
    }
    Some(Case { name: name.into(), text: Expression::Call(varied).to_string(), columns })
}

/// The names of the parameters of the first overload that takes so many arguments, variadic ones repeated.
fn parameter_names(name: &str, count: usize) -> Vec<String> {
    let Some(function) = FunctionRegistry::global().find(name) else { return Vec::new() };
    let expanded = function.signatures().iter().find_map(|(signature, _)| signature.expand(count));
    expanded.map_or_else(Vec::new, |parameters| parameters.iter().map(|p| p.name.clone()).collect())
}

/// Whether the call compiles and, where it gives a value for the example's arguments, gives one for all of the varied.
fn is_alive(case: &Case) -> bool {
    let Ok(compiled) = case.compile() else { return false };
    let mut failures = Vec::new();
    let result = compiled.evaluate(&case.arrays(VARIANTS), VARIANTS, &mut failures);
    let null_first = arrow_array::Array::is_null(&result, 0);
    null_first || arrow_array::Array::null_count(&result) == 0 && failures.is_empty()
}

/// Variant `n` of a value; variant 0 of each is the value itself, but for its length.
fn vary(value: &Value, data_type: &SqlType, n: usize, variation: Variation) -> Value {
    let wide = n as i64;
    match (value, data_type) {
        _ if variation == Variation::None => value.clone(),
        (Value::Integer(v), _) => Value::Integer(v.wrapping_add((wide % 5) as i32)),
        (Value::BigInt(v), _) => Value::BigInt(v.wrapping_add(wide)),
        (Value::Double(v), _) => Value::Double(v + wide as f64 / 64.0),
        (Value::Decimal { unscaled, scale }, SqlType::Decimal { precision, .. }) => {
            let room = if *precision > 2 { wide % 7 } else { 0 };
            Value::Decimal { unscaled: unscaled.wrapping_add(room.into()), scale: *scale }
        }
        (Value::Date(v), _) => Value::Date(v + n as i32),
        (Value::Time(v), _) => Value::Time((v + n as i32 * 61_001).rem_euclid(86_400_000)),
        (Value::Timestamp(v), _) => Value::Timestamp(v + wide * 3_661_001),
        (Value::String(text), _) => Value::string(vary_text(text, n, variation)),
        (Value::Array(items), SqlType::Array(item)) => {
            Value::Array(items.iter().map(|value| vary(value, item, n, variation)).collect())
        }
        (Value::Map(entries), SqlType::Map(_, item)) => {
            Value::Map(entries.iter().map(|(key, value)| (key.clone(), vary(value, item, n, variation))).collect())
        }
        _ => value.clone(),
    }
}

fn vary_text(text: &str, n: usize, variation: Variation) -> String {
    let rotate =
        |c: char, first: u8, count: u8| char::from(first + (c as u8 - first + (n % usize::from(count)) as u8) % count);
    let letters = matches!(variation, Variation::LongLettersDigits | Variation::LettersDigits);
    let last = text.rfind(|c: char| c.is_ascii_digit());
    let change = |(at, c): (usize, char)| match c {
        '0'..='9' if variation != Variation::LastDigit || last == Some(at) => rotate(c, b'0', 10),
        'a'..='z' if letters => rotate(c, b'a', 26),
        'A'..='Z' if letters => rotate(c, b'A', 26),
        _ => c,
    };
    let long = variation == Variation::LongLettersDigits && !text.is_empty() && text.len() < TEXT_MIN;
    let text = if long { text.repeat(TEXT_MIN.div_ceil(text.len())) } else { text.to_owned() };
    text.char_indices().map(change).collect()
}
