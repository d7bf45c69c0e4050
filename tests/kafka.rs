//! Real Apache Kafka brokers on loopback, run by `scripts/kafka`. A broker ends with the test that started it, also when the
//! test's process is killed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/kafka");

/// A cluster of one or three brokers, running or not, that keeps its data and addresses until it is dropped.
pub struct Broker {
    folder: tempfile::TempDir,
    bootstrap: String,
}

impl Broker {
    /// One broker, ready to serve.
    pub async fn start() -> Self {
        Self::start_with(1, &[]).await
    }

    /// One or three brokers with settings beside those of `scripts/kafka`; `{port}` and its like are replaced as it says.
    pub async fn start_with(brokers: u32, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut broker = Self { folder, bootstrap: String::new() };
        let settings: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (brokers, parent) = (brokers.to_string(), std::process::id().to_string());
        let mut args = vec!["--brokers", &brokers, "--parent", &parent];
        args.extend(settings.iter().flat_map(|setting| ["--set", setting]));
        let line = broker.script("start", &args, "").await;
        broker.bootstrap = line.trim().trim_start_matches("bootstrap ").to_string();
        broker
    }

    /// `HOST:PORT`, or three of them with commas.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Settings, logs and data: `broker-N/server.log` and so on.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `kill -9` of all brokers; they are gone when this returns.
    pub async fn kill(&self) {
        self.script("stop", &["--kill"], "").await;
    }

    /// `kill -9` of broker `node`, counted from 1.
    pub async fn kill_node(&self, node: u32) {
        self.script("stop", &["--kill", "--broker", &node.to_string()], "").await;
    }

    /// An orderly end of all brokers.
    pub async fn stop(&self) {
        self.script("stop", &[], "").await;
    }

    /// Starts those that do not run, with their data, at their addresses.
    pub async fn start_again(&self) {
        self.script("start", &[], "").await;
    }

    /// Creates a topic; `configs` are `name=value`.
    pub async fn create_topic(&self, name: &str, partitions: u32, configs: &[&str]) {
        let partitions = partitions.to_string();
        let mut args = vec!["--create", "--topic", name, "--partitions", &partitions];
        args.extend(configs.iter().flat_map(|config| ["--config", config]));
        self.tool("topics", &args, "").await;
    }

    /// Runs one of Kafka's console tools, as `scripts/kafka` names them, with `input`; gives what it prints.
    pub async fn tool(&self, name: &str, args: &[&str], input: &str) -> String {
        self.script(name, args, input).await
    }

    /// Runs `scripts/kafka COMMAND FOLDER ARGS...`.
    async fn script(&self, command: &str, args: &[&str], input: &str) -> String {
        let mut process = Command::new(SCRIPT);
        process.arg(command).arg(self.folder.path()).args(args);
        let input = input.to_string();
        let output = tokio::task::spawn_blocking(move || run(process, &input)).await.expect("the script's thread");
        assert!(
            output.status.success(),
            "scripts/kafka {command} {args:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn print_logs(&self) {
        for node in 1..=3 {
            let path = self.folder().join(format!("broker-{node}/server.log"));
            let Ok(log) = std::fs::read_to_string(path) else { continue };
            let lines: Vec<&str> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(20)..];
            println!("--- end of the log of broker {node} ---\n{}\n---", last.join("\n"));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
        let mut process = Command::new(SCRIPT);
        process.arg("stop").arg(self.folder.path()).arg("--kill");
        let _ = process.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Runs a process to its end. The input is short, so it is written before the output is read.
fn run(mut process: Command, input: &str) -> Output {
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process.spawn().expect("scripts/kafka runs");
    // One that ends without reading its input closes the pipe; its exit status tells whether that was right.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("scripts/kafka ends")
}
