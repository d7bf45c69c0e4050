//! The files of `tests/statements`: requests, and below each what the server answers.
//!
//!     === a title: what follows is asked of a fresh server
//!     --set name=value                     -- a property of that server
//!     CREATE STREAM S (A INT) WITH (...);
//!     --> Stream created
//!     DROP STREAM T;
//!     --! 40001 Stream T does not exist.
//!
//! Statements on one line are one request. `UPDATE_EXPECT=1 cargo test --test statement_files` writes the answers of today into the files.

use std::path::{Path, PathBuf};

use weir_tests::{Server, answer_lines};

const ANSWERS: [&str; 3] = ["-->", "--!", "--  "];

fn is_answer(line: &str) -> bool {
    ANSWERS.iter().any(|mark| line.starts_with(mark)) || line == "--"
}

/// The part of a file below one title.
async fn asked(part: &str) -> String {
    let settings: Vec<(&str, &str)> =
        part.lines().filter_map(|line| line.strip_prefix("--set ")?.split_once('=')).collect();
    let server = Server::with(&settings).await;
    let mut lines = Vec::new();
    for line in part.lines().filter(|line| !is_answer(line)) {
        lines.push(line.to_string());
        if line.ends_with(';') {
            lines.extend(answer_lines(&server, line).await);
        }
    }
    lines.join("\n")
}

/// Lines that differ, each with what was expected.
fn differences(expected: &str, found: &str) -> Vec<String> {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let count = expected.len().max(found.len());
    let line = |lines: &[&str], i: usize| lines.get(i).copied().unwrap_or_default().to_string();
    let first = (0..count).find(|i| line(&expected, *i) != line(&found, *i));
    first.into_iter().map(|i| format!("expected {}\n   found {}", line(&expected, i), line(&found, i))).collect()
}

async fn check(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("a file of statements");
    let mut answered = Vec::new();
    let mut wrong = Vec::new();
    for part in text.split("=== ").filter(|part| !part.trim().is_empty()) {
        let part = part.trim_end();
        let found = asked(part).await;
        let title = part.lines().next().unwrap_or_default();
        wrong.extend(differences(part, &found).into_iter().map(|d| format!("{}: {title}\n{d}", file.display())));
        answered.push(format!("=== {found}\n"));
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(file, answered.join("\n")).expect("the file can be written");
        wrong.clear();
    }
    wrong
}

#[tokio::test]
async fn statements_are_answered_as_their_files_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("statements");
    let entries = std::fs::read_dir(folder).expect("the folder of statements");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for file in &files {
        wrong.extend(check(file).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
