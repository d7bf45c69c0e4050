//! The Java process that fills, watches and compares topics: a JSON command a line, answered in lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::Value as Json;

/// What was written to an input.
#[derive(Clone, Debug, Deserialize)]
pub struct Loaded {
    pub records: u64,
    /// Records that the filter passes.
    pub expensive: u64,
    /// Sum of all prices.
    pub total: i64,
}

/// What an output holds. Equal outputs have equal digests but for `records`, which says how many records led there.
#[derive(Clone, Debug, Deserialize)]
pub struct Digest {
    pub records: u64,
    /// Records, or keys of a table, by partition.
    pub rows: std::collections::BTreeMap<u32, u64>,
    pub n: u64,
    pub total: i64,
    pub hash: String,
}

impl Digest {
    pub fn same_rows(&self, other: &Self) -> bool {
        self.rows == other.rows && self.hash == other.hash
    }
}

/// Killed when dropped.
pub struct Tool {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Tool {
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("java does not start: {e}"))?;
        let (Some(commands), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the tool has no pipes".into());
        };
        Ok(Self { child, commands, answers: BufReader::new(answers) })
    }

    pub fn ask(&mut self, command: &Json) -> Result<Json, String> {
        self.ask_with_progress(command, |_| ())
    }

    pub fn ask_with_progress(&mut self, command: &Json, progress: impl FnMut(u64)) -> Result<Json, String> {
        self.send(command)?;
        self.answer(progress)
    }

    /// Gives a command whose answer is fetched later, with [`Self::receive`].
    pub fn send(&mut self, command: &Json) -> Result<(), String> {
        writeln!(self.commands, "{command}").and_then(|()| self.commands.flush()).map_err(|e| e.to_string())
    }

    pub fn receive(&mut self) -> Result<Json, String> {
        self.answer(|_| ())
    }

    fn answer(&mut self, mut progress: impl FnMut(u64)) -> Result<Json, String> {
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line).map_err(|e| e.to_string())? == 0 {
                return Err("the tool has ended; its reason stands above".into());
            }
            let mut answer: Json = serde_json::from_str(&line).map_err(|e| format!("{e}: {line}"))?;
            if let Some(at) = answer["progress"].as_u64() {
                progress(at);
            } else if let Some(reason) = answer["error"].as_str() {
                return Err(reason.to_string());
            } else {
                return Ok(answer["done"].take());
            }
        }
    }

    pub fn digest(&mut self, topic: &str, table: bool) -> Result<Digest, String> {
        let answer = self.ask(&serde_json::json!({ "do": "digest", "topic": topic, "table": table }))?;
        serde_json::from_value(answer).map_err(|e| e.to_string())
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
