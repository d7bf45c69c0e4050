//! The case files of `tests/cases` give the same through a real broker as in process.

use std::path::Path;
use std::time::Duration;

use weir_tests::{Broker, run_to_end};

/// The cases wait for the broker most of the time, so many may run at once.
const JOBS: &str = "6";

#[tokio::test]
async fn cases_give_the_same_through_a_broker_as_in_process() {
    let broker = Broker::start().await;
    let before = broker.tool("topics", &["--list"], "").await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").display().to_string();
    let report = broker.folder().join("report.jsonl");
    let arguments =
        ["test", "--kafka", broker.bootstrap(), "--jobs", JOBS, "--report", &report.display().to_string(), &cases];
    let (code, out, error) = run_to_end(&arguments, Duration::from_secs(300));
    assert_eq!(code, Some(0), "{out}{error}");
    assert!(!out.contains("DIFF"), "{out}");

    let cases = std::fs::read_to_string(&report).expect("a report").lines().count();
    assert!(cases >= 60, "only {cases} cases");
    let same = format!("the same through the broker: {cases} of {cases} cases");
    assert!(out.contains(&same), "expected `{same}`:\n{out}");
    assert!(out.contains(" 0 failed"), "{out}");

    let left = broker.tool("topics", &["--list", "--exclude-internal"], "").await;
    assert_eq!(left.trim(), before.trim(), "topics of cases are left");
    let groups = broker.tool("groups", &["--list"], "").await;
    assert!(!groups.contains("weir-test-"), "groups of cases are left: {groups}");
}

#[test]
fn without_a_broker_it_says_where_it_looked() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").display().to_string();
    let (code, _, error) = run_to_end(&["test", "--kafka", "127.0.0.1:1", &cases], Duration::from_secs(60));
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("--kafka 127.0.0.1:1"), "{error}");
}
