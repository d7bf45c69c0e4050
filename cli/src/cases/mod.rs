//! `weir test`: runs case files in ksqlDB's query-validation format on the real engine with a virtual clock.
//!
//! `case` reads the files, `picture` turns JSON pictures of records into bytes and back, `run` executes one case, `report`
//! judges and prints. Every case gets a fresh engine in memory; several run side by side.

mod case;
mod check;
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
    /// Cases run at once [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Records that the operators see at once; results must not depend on it
    #[arg(long, value_name = "ROWS", default_value_t = 1)]
    batch_size: usize,
}

/// Runs the cases; `Ok(true)` when none failed.
pub fn run(arguments: &TestArguments) -> Result<bool, String> {
    let cases = case::load(&arguments.paths, arguments.filter.as_deref())?;
    let progress = progress_bar(cases.len());
    let jobs = arguments.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Report, Verdict)>> = Mutex::new(Vec::with_capacity(cases.len()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (report, verdict) = run_guarded(case, arguments.batch_size);
                    if let Verdict::Failed(reason) = &verdict {
                        progress.suspend(|| println!("FAIL {}\n     {reason}", case.title()));
                    }
                    let index = case.index;
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, report, verdict));
                    progress.inc(1);
                }
            });
        }
    });
    progress.finish_and_clear();
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, ..)| *index);
    if let Some(path) = &arguments.report {
        report::write(path, done.iter().map(|(_, report, _)| report))?;
    }
    let count = |wanted: fn(&Verdict) -> bool| done.iter().filter(|(.., verdict)| wanted(verdict)).count();
    let failed = count(|v| matches!(v, Verdict::Failed(_)));
    let passed = count(|v| matches!(v, Verdict::Passed));
    println!("{passed} passed, {failed} failed, {} skipped", done.len() - passed - failed);
    Ok(failed == 0)
}

/// A defect of the engine in one case must not end the run.
fn run_guarded(case: &Case, batch_size: usize) -> (Report, Verdict) {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run::run(case, batch_size))) {
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
