//! An engine's process: its output goes to files, its events are awaited, its CPU time and memory are read.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::measure::{cpu_seconds_of, peak_bytes_of};

const LOOK_EACH: Duration = Duration::from_millis(10);

/// A program that is killed when this one ends, however it ends.
pub fn bound_to_us(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

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

    /// Waits until it has printed an event.
    pub fn wait_for_event(&mut self, name: &str, limit: Duration) -> Result<(), String> {
        let out = self.out.clone();
        self.wait_until(&format!("`{name}`"), limit, || event_ms(&out, name).is_some())
    }

    /// How long it waited until its group gave it partitions.
    pub fn group_wait_seconds(&self) -> Option<f64> {
        let event = |name| event_ms(&self.out, name);
        let (joining, given) = (event("joining")?, event("restoring").or_else(|| event("running"))?);
        Some((given - joining) as f64 / 1e3)
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

/// When an event was printed first, in ms since 1970: lines are `NAME MS`.
fn event_ms(out: &Path, name: &str) -> Option<i64> {
    let text = std::fs::read_to_string(out).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
