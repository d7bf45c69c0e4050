//! `weir test`: runs case files in ksqlDB's query-validation format on the real engine with a virtual clock.
//!
//! `case` reads the files, `picture` turns JSON pictures of records into bytes and back, `run` executes one case, `report`
//! judges and prints. Every case gets a fresh engine; several run side by side. Topics lie in memory, or with `kafka` on a
//! broker.

mod case;
mod check;
mod kafka;
mod picture;
mod report;
mod run;
mod schema_text;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use case::Case;
use kafka::Broker;
use report::{Report, Verdict};

/// Run ksqlDB case files on the engine.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  weir test --report report.jsonl acceptance/query-validation/sum.json")]
pub struct TestArguments {
    /// Case files, or folders that are searched for *.json
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Write one JSON line per case, failing or not
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Only cases whose file or name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Run each case a second time through the broker there, and compare
    #[arg(long, value_name = "HOST:PORT")]
    kafka: Option<String>,
    /// Cases run at once [default: the number of cores; 2 with --kafka]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Records that the operators see at once; results must not depend on it
    #[arg(long, value_name = "ROWS", default_value_t = 1)]
    batch_size: usize,
}

/// Cases run at once on a broker.
const JOBS_ON_KAFKA: usize = 2;

/// What a case gave.
struct Outcome {
    index: usize,
    report: Report,
    verdict: Verdict,
    on_broker: Option<OnBroker>,
}

/// What the same case gave through a broker.
struct OnBroker {
    verdict: Verdict,
    /// Between what it gave there and in process.
    difference: Option<String>,
}

/// Runs the cases; `Ok(true)` when none failed, and none gave something else on a broker.
pub fn run(arguments: &TestArguments) -> Result<bool, String> {
    let cases = case::load(&arguments.paths, arguments.filter.as_deref())?;
    let broker = arguments.kafka.as_deref().map(Broker::reach).transpose()?;
    let progress = progress_bar(cases.len());
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = arguments.jobs.unwrap_or_else(|| if broker.is_some() { JOBS_ON_KAFKA } else { cores() }).max(1);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<Outcome>> = Mutex::new(Vec::with_capacity(cases.len()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run_case(case, arguments.batch_size, broker.as_ref());
                    let told = outcome.failures(case);
                    if !told.is_empty() {
                        progress.suspend(|| println!("{told}"));
                    }
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(outcome);
                    progress.inc(1);
                }
            });
        }
    });
    progress.finish_and_clear();
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|outcome| outcome.index);
    if let Some(path) = &arguments.report {
        report::write(path, done.iter().map(|outcome| &outcome.report))?;
    }
    let all_same = broker.is_none() || same_on_broker(&done);
    let failed = done.iter().filter(|outcome| outcome.fails()).count();
    println!("{} passed, {failed} failed, 0 skipped", done.len() - failed);
    Ok(failed == 0 && all_same)
}

/// In process, and where there is a broker a second time through it. The report is the broker's then.
fn run_case(case: &Case, batch_size: usize, broker: Option<&Broker>) -> Outcome {
    let (report, verdict) = run_guarded(case, batch_size, None);
    let index = case.index;
    let Some(broker) = broker else { return Outcome { index, report, verdict, on_broker: None } };
    let (there, verdict_there) = run_guarded(case, batch_size, Some(broker));
    let difference = kafka::difference(&report, &there);
    let on_broker = Some(OnBroker { verdict: verdict_there, difference });
    Outcome { index, report: there, verdict, on_broker }
}

impl Outcome {
    /// Where it ran last.
    fn fails(&self) -> bool {
        let last = self.on_broker.as_ref().map_or(&self.verdict, |there| &there.verdict);
        matches!(last, Verdict::Failed(_))
    }

    /// What is wrong, for the reader; empty when nothing is.
    fn failures(&self, case: &Case) -> String {
        let mut lines = Vec::new();
        if let Verdict::Failed(reason) = &self.verdict {
            lines.push(format!("FAIL {}\n     {reason}", case.title()));
        }
        if let Some(difference) = self.on_broker.as_ref().and_then(|there| there.difference.as_ref()) {
            lines.push(format!("DIFF {}\n     {difference}", case.title()));
        }
        lines.join("\n")
    }
}

/// Prints how many cases gave the same through the broker; true when all did.
fn same_on_broker(done: &[Outcome]) -> bool {
    let same = |outcome: &&Outcome| outcome.on_broker.as_ref().is_some_and(|there| there.difference.is_none());
    let passing: Vec<&Outcome> = done.iter().filter(|outcome| outcome.verdict == Verdict::Passed).collect();
    let with_outputs: Vec<&Outcome> = passing
        .iter()
        .copied()
        .filter(|outcome| outcome.report.outputs.values().any(|records| !records.is_empty()))
        .collect();
    println!(
        "the same through the broker: {} of {} cases; {} of {} that pass in process; {} of {} of those with outputs",
        done.iter().filter(same).count(),
        done.len(),
        passing.iter().copied().filter(same).count(),
        passing.len(),
        with_outputs.iter().copied().filter(same).count(),
        with_outputs.len(),
    );
    done.iter().all(|outcome| same(&outcome))
}

/// A defect of the engine in one case must not end the run.
fn run_guarded(case: &Case, batch_size: usize, broker: Option<&Broker>) -> (Report, Verdict) {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run::run(case, batch_size, broker))) {
        Ok(report) => {
            let verdict = check::judge(case, &report);
            (report, verdict)
        }
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                .unwrap_or_default();
            let message = format!("the engine panicked: {text}");
            (Report::failed(case, &message), Verdict::Failed(message))
        }
    }
}

fn progress_bar(total: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} cases").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64).with_style(style)
}
