//! The Java program that answers, one for all families.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/kafka");
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/differential/Oracle.java");

struct Oracle {
    /// Ends when its input does, at the end of this process.
    _process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

static ORACLE: LazyLock<Mutex<Oracle>> = LazyLock::new(|| Mutex::new(start()));

/// `scripts/kafka libs` finds or installs a JDK and gives the folder that Jackson lies in.
fn start() -> Oracle {
    let libs = Command::new(SCRIPT).arg("libs").stderr(Stdio::inherit()).output().expect("scripts/kafka runs");
    assert!(libs.status.success(), "scripts/kafka libs: {}", libs.status);
    let libs = String::from_utf8_lossy(&libs.stdout).trim().to_string();
    let java = std::env::var("JAVA_HOME").map_or_else(|_| "java".to_string(), |home| format!("{home}/bin/java"));
    let mut process = Command::new(java)
        .args(["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", &format!("{libs}/*"), PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Java starts");
    let input = process.stdin.take().expect("its input is a pipe");
    let output = BufReader::new(process.stdout.take().expect("its output is a pipe"));
    Oracle { _process: process, input, output }
}

/// An answer for each call; a call is an operation and its arguments, `None` being NULL.
pub fn answers(calls: &[Vec<Option<String>>]) -> Vec<String> {
    let mut oracle = ORACLE.lock().unwrap_or_else(PoisonError::into_inner);
    let Oracle { input, output, .. } = &mut *oracle;
    let mut lines = String::new();
    for call in calls {
        let parts: Vec<String> = call.iter().map(|part| part.as_deref().map_or("\\N".to_string(), escape)).collect();
        lines.push_str(&parts.join("\t"));
        lines.push('\n');
    }
    // An empty line asks for what is still buffered.
    lines.push('\n');
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(lines.as_bytes()).and_then(|()| input.flush()));
        let answer = |_| {
            let mut line = String::new();
            let read = output.read_line(&mut line).expect("Java answers in UTF-8");
            assert!(read > 0, "Java ended");
            line.trim_end_matches('\n').to_string()
        };
        calls.iter().map(answer).collect()
    })
}

pub fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}
