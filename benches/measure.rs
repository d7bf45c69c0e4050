//! CPU time, memory and written bytes of a process, from the kernel.

use std::time::{Duration, Instant};

use crate::Figures;

/// The kernel's unit of CPU time in its process files.
const TICKS_PER_SECOND: f64 = 100.0;
/// Background work has ended when a process uses no more CPU than a tick in this time.
const QUIET: Duration = Duration::from_millis(150);
const QUIET_MAX: Duration = Duration::from_secs(30);

/// CPU seconds that this process has used, all threads, ended ones too.
fn cpu_seconds() -> f64 {
    ticks("/proc/self/stat") / TICKS_PER_SECOND
}

pub fn cpu_seconds_of(pid: u32) -> f64 {
    ticks(&format!("/proc/{pid}/stat")) / TICKS_PER_SECOND
}

/// User and system ticks of a process' stat file.
fn ticks(path: &str) -> f64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    // The name in parentheses may hold blanks: fields are counted behind it.
    let rest = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let fields: Vec<f64> = rest.split(' ').skip(11).take(2).filter_map(|f| f.parse().ok()).collect();
    fields.iter().sum()
}

/// Nanoseconds of CPU time that this thread has used.
#[allow(unsafe_code)]
pub fn thread_cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists on every Linux, and `time` is a timespec of ours.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Waits until the threads of this process rest: what was loaded is flushed and compacted.
pub fn wait_until_quiet() {
    let begun = Instant::now();
    loop {
        let before = cpu_seconds();
        std::thread::sleep(QUIET);
        if cpu_seconds() - before <= 1.0 / TICKS_PER_SECOND || begun.elapsed() > QUIET_MAX {
            return;
        }
    }
}

fn status_bytes(pid: &str, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Largest resident size of this process so far.
fn peak_bytes() -> u64 {
    status_bytes("self", "VmHWM")
}

/// Largest resident size of another process so far.
pub fn peak_bytes_of(pid: u32) -> u64 {
    status_bytes(&pid.to_string(), "VmHWM")
}

/// Resident size of another process.
pub fn resident_bytes(pid: u32) -> u64 {
    status_bytes(&pid.to_string(), "VmRSS")
}

/// Bytes that this process handed to the kernel in writes to files: all that goes to log, tables and write-ahead log,
/// whether the kernel has sent it to the disk yet or not.
fn written_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix("wchar: ")).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Measures a piece of work on `records` records: wall time until it is done, CPU and written bytes until the process rests,
/// so that what it left to background threads counts too.
pub fn measured<T>(records: usize, work: impl FnOnce() -> Result<T, String>) -> Result<(T, Figures), String> {
    let (cpu, wall, written) = (cpu_seconds(), Instant::now(), written_bytes());
    let result = work()?;
    let wall_seconds = wall.elapsed().as_secs_f64();
    wait_until_quiet();
    let figures = Figures {
        records: records as u64,
        cpu_seconds: cpu_seconds() - cpu,
        wall_seconds,
        peak_bytes: peak_bytes(),
        written_per_record: Some((written_bytes() - written) as f64 / records.max(1) as f64),
        other: None,
    };
    Ok((result, figures))
}
