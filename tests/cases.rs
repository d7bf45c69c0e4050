//! The case files of `tests/cases` hold whatever the batch size.

use std::path::Path;
use std::time::Duration;

use weir_tests::run_to_end;

fn run(batch_size: &str) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").display().to_string();
    let (code, out, error) = run_to_end(&["test", "--batch-size", batch_size, &cases], Duration::from_secs(120));
    assert_eq!(code, Some(0), "{out}{error}");
    let last = out.lines().last().unwrap_or_default();
    assert!(last.contains(" 0 failed"), "{last}");
    assert!(!last.starts_with("0 passed"), "there are no cases: {last}");
}

#[test]
fn one_row_at_a_time() {
    run("1");
}

#[test]
fn two_rows_at_a_time() {
    run("2");
}

#[test]
fn many_rows_at_a_time() {
    run("1024");
}
