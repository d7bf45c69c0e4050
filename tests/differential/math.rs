//! Mathematical functions. `Math` of Java may be off by one unit in the last place (2.5 for the hyperbolic ones) and says so,
//! and so may ours: two units between them are agreed on.

use rand::RngExt;
use weir_engine::types::{SqlType, Value};

use crate::family::Family;
use crate::inputs::{double, rows};

fn check(name: &str, family: u64, ulps: fn(&str, &str) -> bool) {
    let expression = format!("{name}(A)");
    let operation = format!("math.{}", name.to_lowercase());
    let inputs = rows(family, |random| vec![Value::Double(double(random))]);
    Family { agree: ulps, ..Family::new(&[&operation], &expression, &[SqlType::Double]) }.check(&inputs);
}

fn ulps(ours: &str, theirs: &str) -> u64 {
    let bits = |text: &str| u64::from_str_radix(&text[1..], 16).ok();
    match (bits(ours), bits(theirs)) {
        _ if ours == theirs => 0,
        (Some(x), Some(y)) => x.abs_diff(y),
        _ => u64::MAX,
    }
}

fn exact(ours: &str, theirs: &str) -> bool {
    ours == theirs
}

fn within_one(ours: &str, theirs: &str) -> bool {
    ulps(ours, theirs) <= 1
}

fn within_two(ours: &str, theirs: &str) -> bool {
    ulps(ours, theirs) <= 2
}

#[test]
fn functions_of_one_double() {
    for (i, name) in ["SQRT", "ABS", "DEGREES", "RADIANS"].iter().enumerate() {
        check(name, 600 + i as u64, exact);
    }
    for (i, name) in ["SIN", "COS", "TAN", "EXP", "LN", "CBRT", "ASIN", "ACOS", "ATAN"].iter().enumerate() {
        check(name, 610 + i as u64, within_one);
    }
    for (i, name) in ["COT", "SINH", "COSH", "TANH"].iter().enumerate() {
        check(name, 630 + i as u64, within_two);
    }
}

#[test]
fn functions_of_two_doubles() {
    let cases = [("POWER(A, B)", "math.power"), ("ATAN2(A, B)", "math.atan2"), ("LOG(A, B)", "math.log")];
    for (i, (expression, operation)) in cases.into_iter().enumerate() {
        let inputs = rows(640 + i as u64, |random| {
            let small = random.random_bool(0.5);
            let second = if small { f64::from(random.random_range(-5..6)) } else { double(random) };
            vec![Value::Double(double(random)), Value::Double(second)]
        });
        let operation = [operation];
        let family = Family::new(&operation, expression, &[SqlType::Double, SqlType::Double]);
        Family { agree: within_two, ..family }.check(&inputs);
    }
}
