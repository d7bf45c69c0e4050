//! A target in a process of its own: what overflows the stack, hangs or eats the memory ends that process, and the input that
//! did it is known, because the process writes every input down before it runs it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::corpus;
use crate::session::{Finding, INPUT_BYTES_MAX, Progress, Session};
use crate::targets::Target;

/// Stack of the thread that runs the target: what the server's threads have.
const STACK_BYTES: usize = 2 << 20;
/// Address space of the process.
const MEMORY_KB: u64 = 6 << 20;
/// An input that runs longer hangs.
const HANG: Duration = Duration::from_secs(20);
/// Processes that may die before the run is given up.
const DEATHS_MAX: usize = 20;
/// Largest file of kept inputs.
const CORPUS_BYTES_MAX: usize = 48 << 10;

/// What the process tells, a line each.
#[derive(Debug, Serialize, Deserialize)]
enum Report {
    Progress(Progress),
    Finding(Finding),
    Done(Progress),
}

/// How long, from which seed, and whether new inputs replace the kept ones in the repository.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub duration: Duration,
    pub seed: u64,
    pub keep: bool,
}

/// What came of a target.
#[derive(Debug, Default)]
pub struct Outcome {
    pub progress: Progress,
    pub findings: Vec<Finding>,
    pub seconds: f64,
}

/// Runs a target in processes until the time is up; `show` gets the progress about every second.
///
/// # Errors
/// When no process can be started.
pub fn run(target: &Target, run: Run, show: &mut dyn FnMut(&Progress)) -> Result<Outcome, String> {
    let begun = Instant::now();
    let mut outcome = Outcome::default();
    let mut before = Progress::default();
    for attempt in 0..DEATHS_MAX as u64 {
        let left = run.duration.saturating_sub(begun.elapsed());
        let place = std::env::temp_dir().join(format!("weir-fuzz-{}-{attempt}", std::process::id()));
        let mut child = start(target, Run { duration: left, seed: run.seed.wrapping_add(attempt), ..run }, &place)?;
        let finished = follow(&mut child, &mut outcome, &before, show);
        let status = child.wait().map_err(|e| e.to_string())?;
        if !finished {
            let place_text = format!("the process died: {status}");
            let message = "stack overflow, hang, out of memory or abort".into();
            outcome.findings.push(Finding { place: place_text, message, input: read_current(&place) });
        }
        let _ = std::fs::remove_file(&place);
        before = outcome.progress.clone();
        if finished {
            break;
        }
    }
    outcome.seconds = begun.elapsed().as_secs_f64();
    outcome.progress.findings = outcome.findings.len();
    Ok(outcome)
}

fn start(target: &Target, run: Run, place: &Path) -> Result<Child, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {MEMORY_KB}; exec \"$0\" \"$@\"")]).arg(own).arg(target.name);
    command.args(["--seed", &run.seed.to_string(), "--seconds", &run.duration.as_secs().max(1).to_string()]);
    command.args(run.keep.then_some("--keep")).arg("--write-inputs-to").arg(place);
    command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().map_err(|e| e.to_string())
}

/// Reads reports until the process ends; says whether it came to its end.
fn follow(child: &mut Child, outcome: &mut Outcome, before: &Progress, show: &mut dyn FnMut(&Progress)) -> bool {
    let Some(stdout) = child.stdout.take() else { return false };
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let (mut progress, done) = match serde_json::from_str(&line) {
            Ok(Report::Progress(progress)) => (progress, false),
            Ok(Report::Done(progress)) => (progress, true),
            Ok(Report::Finding(finding)) => {
                if !outcome.findings.iter().any(|known| known.place == finding.place) {
                    outcome.findings.push(finding);
                }
                continue;
            }
            Err(_) => continue,
        };
        progress.inputs += before.inputs;
        progress.findings = outcome.findings.len();
        progress.slowest = progress.slowest.max(before.slowest);
        show(&progress);
        outcome.progress = progress;
        if done {
            return true;
        }
    }
    false
}

/// The input that a dead process was at.
fn read_current(place: &Path) -> Vec<u8> {
    let bytes = std::fs::read(place).unwrap_or_default();
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Vec::new() };
    rest.get(..u32::from_le_bytes(*length) as usize).unwrap_or_default().to_vec()
}

/// The work of the process: runs the target, reports on standard output.
///
/// # Errors
/// When the inputs cannot be written down, or the thread cannot be started.
pub fn child(target: &'static Target, run: Run, place: PathBuf) -> Result<(), String> {
    let shared = Arc::new(Shared::default());
    let worker = {
        let shared = Arc::clone(&shared);
        let work = move || shared.work(target, run, &place);
        std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).map_err(|e| e.to_string())?
    };
    let mut last = (0, Instant::now());
    while !shared.done.load(Relaxed) && !worker.is_finished() {
        std::thread::sleep(Duration::from_millis(250));
        let inputs = shared.inputs.load(Relaxed);
        if inputs != last.0 {
            last = (inputs, Instant::now());
        } else if last.1.elapsed() > HANG {
            eprintln!("an input of {} hangs", target.name);
            std::process::abort();
        }
    }
    worker.join().map_err(|_| "the thread died".to_string())?
}

#[derive(Default)]
struct Shared {
    inputs: AtomicU64,
    done: AtomicBool,
    stdout: Mutex<()>,
}

impl Shared {
    fn work(&self, target: &Target, run: Run, place: &Path) -> Result<(), String> {
        let file = File::create(place).map_err(|e| format!("{}: {e}", place.display()))?;
        let mut buffer = Vec::with_capacity(INPUT_BYTES_MAX + 4);
        let mut before = |input: &[u8]| {
            self.inputs.fetch_add(1, Relaxed);
            buffer.clear();
            buffer.extend_from_slice(&(input.len() as u32).to_le_bytes());
            buffer.extend_from_slice(input);
            // An input that cannot be written down is only harder to find again.
            let _ = file.write_all_at(&buffer, 0);
        };
        let mut session = Session::new(target, run.seed);
        let (end, mut told, mut reported) = (Instant::now() + run.duration, Instant::now(), 0);
        session.begin(&mut before);
        while Instant::now() < end {
            (0..16).for_each(|_| session.step(&mut before));
            for finding in &session.findings[reported..] {
                self.report(&Report::Finding(finding.clone()));
            }
            reported = session.findings.len();
            if told.elapsed() > Duration::from_secs(1) {
                told = Instant::now();
                self.report(&Report::Progress(session.progress()));
            }
        }
        self.done.store(true, Relaxed);
        if run.keep {
            let kept = session.distilled(CORPUS_BYTES_MAX);
            corpus::write(target.name, &kept).map_err(|e| e.to_string())?;
        }
        if session.progress().slowest > Duration::from_millis(500) {
            let input = corpus::escape(session.slowest_input());
            eprintln!("slowest input of {}: {:.1?}: {input}", target.name, session.progress().slowest);
        }
        self.report(&Report::Done(session.progress()));
        Ok(())
    }

    fn report(&self, report: &Report) {
        let _line = self.stdout.lock();
        let text = serde_json::to_string(report).unwrap_or_default();
        let mut out = std::io::stdout();
        // Who does not listen any more has ended the run.
        if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
            std::process::exit(1);
        }
    }
}
