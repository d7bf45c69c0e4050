//! An engine's process: its output goes to files, its events are awaited, its CPU time and memory are read.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::measure::{cpu_seconds_of, peak_bytes_of};

const LOOK_EACH: Duration = Duration::from_millis(10);

/// Killed when dropped, with `kill -9`.
pub struct Process {
    child: Child,
    out: std::path::PathBuf,
    /// When it was started, in ms since 1970.
    pub began_ms: i64,
}

impl Process {
    /// Starts a program whose output and errors go to `NAME.out` and `NAME.err` in a folder.
    pub fn start(command: &mut Command, folder: &Path, name: &str) -> Result<Self, String> {
        let create = |path: &Path| File::create(path).map_err(|e| format!("{}: {e}", path.display()));
        let out = folder.join(format!("{name}.out"));
        command.stdin(Stdio::null()).stdout(create(&out)?).stderr(create(&out.with_extension("err"))?);
        let began_ms = super::now_ms();
        let child = command.spawn().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
        Ok(Self { child, out, began_ms })
    }

    /// Waits until a condition holds. Fails when the process ends first, or after the limit.
    pub fn wait_until(&mut self, what: &str, limit: Duration, mut holds: impl FnMut() -> bool) -> Result<(), String> {
        let begun = Instant::now();
        while !holds() {
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                return Err(format!("the engine ended ({status}) before {what}:\n{}", self.errors()));
            }
            if begun.elapsed() > limit {
                return Err(format!("{what}: not within {} s:\n{}", limit.as_secs(), self.errors()));
            }
            std::thread::sleep(LOOK_EACH);
        }
        Ok(())
    }

    /// Waits until it has printed a line.
    pub fn wait_for_line(&mut self, line: &str, limit: Duration) -> Result<(), String> {
        let out = self.out.clone();
        let printed = || std::fs::read_to_string(&out).is_ok_and(|text| text.lines().any(|l| l == line));
        self.wait_until(&format!("`{line}`"), limit, printed)
    }

    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds_of(self.child.id())
    }

    /// Largest resident size so far.
    pub fn peak_bytes(&self) -> u64 {
        peak_bytes_of(self.child.id())
    }

    /// The last lines that it wrote to standard error.
    pub fn errors(&self) -> String {
        let text = std::fs::read_to_string(self.out.with_extension("err")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
