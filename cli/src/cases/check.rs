//! Judges a report against its case by the suite's comparison rules: fields without regard to case, doubles to 1e-6.

use serde_json::Value as Json;

use super::case::{Case, CaseRecord};
use super::report::{OutputRecord, Report, Verdict};

pub fn judge(case: &Case, report: &Report) -> Verdict {
    let outcome = match (&report.error, case.must_be_refused()) {
        (Some(_), true) => Ok(()),
        (None, true) => Err("expected the statements to be rejected, they were not".to_string()),
        (Some(error), false) => Err(error.clone()),
        (None, false) => {
            outputs(case, report).and_then(|()| sources(case, report)).and_then(|()| responses(case, report))
        }
    };
    outcome.map_or_else(Verdict::Failed, |()| Verdict::Passed)
}

fn outputs(case: &Case, report: &Report) -> Result<(), String> {
    let timed = !case.body.inputs.is_empty();
    let mut topics: Vec<&str> = case.body.outputs.iter().map(|o| o.topic.as_str()).collect();
    topics.sort_unstable();
    topics.dedup();
    for topic in topics {
        let expected: Vec<&CaseRecord> = case.body.outputs.iter().filter(|o| o.topic == topic).collect();
        let actual = report.outputs.get(topic).map_or(&[][..], Vec::as_slice);
        for (i, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
            record(actual, expected, timed).map_err(|e| format!("{topic}[{i}] {e}"))?;
        }
        if actual.len() != expected.len() {
            return Err(format!("{topic}: expected {} records, there are {}", expected.len(), actual.len()));
        }
    }
    Ok(())
}

fn record(actual: &OutputRecord, expected: &CaseRecord, timed: bool) -> Result<(), String> {
    for (name, got, want) in [("key", &actual.key, &expected.key), ("value", &actual.value, &expected.value)] {
        if !same(got, want) {
            return Err(format!("{name}: expected {want}, was {got}"));
        }
    }
    if timed && expected.timestamp.is_some_and(|want| want != actual.timestamp) {
        return Err(format!("timestamp: expected {:?}, was {}", expected.timestamp, actual.timestamp));
    }
    if let Some(want) = expected.window {
        let got = actual.window.ok_or("window: expected one, there is none")?;
        if got.start != want.start || want.end.is_some_and(|end| got.end.is_some_and(|e| e != end)) {
            return Err(format!("window: expected {want:?}, was {got:?}"));
        }
    }
    if let Some(want) = &expected.headers {
        let pairs = |headers: &[super::case::CaseHeader]| -> Vec<(Option<String>, Option<String>)> {
            headers.iter().map(|h| (h.key.clone(), h.value.clone())).collect()
        };
        if pairs(want) != pairs(&actual.headers) {
            return Err(format!("headers: expected {want:?}, was {:?}", actual.headers));
        }
    }
    Ok(())
}

fn sources(case: &Case, report: &Report) -> Result<(), String> {
    let wanted = case.body.post.as_ref().map_or(&[][..], |post| post.sources.as_slice());
    for want in wanted {
        let got = report
            .sources
            .iter()
            .find(|s| s.name == want.name)
            .ok_or_else(|| format!("source {} is missing", want.name))?;
        if !got.kind.eq_ignore_ascii_case(&want.kind) {
            return Err(format!("source {}: expected a {}, is a {}", want.name, want.kind, got.kind));
        }
        if want.schema.as_ref().is_some_and(|schema| *schema != got.schema) {
            return Err(format!("source {}: expected schema {:?}, is {}", want.name, want.schema, got.schema));
        }
    }
    Ok(())
}

/// Expected fields must be there, others may; the rows of a query may come in any order.
fn responses(case: &Case, report: &Report) -> Result<(), String> {
    for (i, want) in case.body.responses.iter().enumerate() {
        let Some((kind, payload)) = want.as_object().and_then(|o| o.iter().next()) else { continue };
        let got = report.responses.get(i).and_then(|r| r.get(kind)).ok_or(format!("response {i}: no {kind}"))?;
        let fits = match (got.as_array(), payload.as_array()) {
            (Some(got), Some(want)) => lines_match(got, want),
            _ => contains(got, payload),
        };
        if !fits {
            return Err(format!("response {i}: expected {payload}, was {got}"));
        }
    }
    Ok(())
}

fn lines_match(got: &[Json], want: &[Json]) -> bool {
    let mut left: Vec<&Json> = got.iter().collect();
    let all_found = want.iter().all(|line| match left.iter().position(|actual| contains(actual, line)) {
        Some(at) => {
            left.remove(at);
            true
        }
        None => false,
    });
    all_found && left.is_empty()
}

fn contains(actual: &Json, expected: &Json) -> bool {
    match (actual, expected) {
        (Json::Object(actual), Json::Object(expected)) => {
            expected.iter().all(|(name, want)| match name.split_once('|') {
                Some((field, _)) => actual
                    .get(field)
                    .and_then(Json::as_str)
                    .is_some_and(|text| want.as_str().is_some_and(|prefix| text.starts_with(prefix))),
                None => actual.get(name).is_some_and(|got| contains(got, want)),
            })
        }
        (Json::Array(actual), Json::Array(expected)) => {
            actual.len() >= expected.len() && actual.iter().zip(expected).all(|(a, e)| contains(a, e))
        }
        _ => same(actual, expected),
    }
}

fn same(actual: &Json, expected: &Json) -> bool {
    match (actual, expected) {
        (Json::Object(actual), Json::Object(expected)) => {
            actual.len() == expected.len()
                && expected.iter().all(|(name, want)| {
                    let got = actual.get(name).or_else(|| actual.get(&name.to_uppercase()));
                    same(got.unwrap_or(&Json::Null), want)
                })
        }
        (Json::Array(actual), Json::Array(expected)) => {
            actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| same(a, e))
        }
        (Json::Number(_) | Json::String(_), Json::Number(_)) | (Json::Number(_), Json::String(_)) => {
            same_number(actual, expected)
        }
        _ => actual == expected,
    }
}

fn same_number(actual: &Json, expected: &Json) -> bool {
    let text = |json: &Json| json.as_str().map_or_else(|| json.to_string(), String::from);
    let (actual, expected) = (text(actual), text(expected));
    match (actual.parse::<i128>(), expected.parse::<i128>()) {
        (Ok(a), Ok(e)) => a == e,
        _ => match (actual.parse::<f64>(), expected.parse::<f64>()) {
            (Ok(a), Ok(e)) => (a - e).abs() < 1e-6 || a == e,
            _ => actual == expected,
        },
    }
}
