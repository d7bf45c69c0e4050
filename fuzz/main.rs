//! The program `weir-fuzz`: runs targets for a while, shows how it goes, and prints what was found.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use weir_fuzz::corpus;
use weir_fuzz::session::{Finding, Progress};
use weir_fuzz::supervise::{self, Outcome, Run};
use weir_fuzz::targets::{TARGETS, Target, find};

/// Fuzz what reads bytes or text from outside.
///
/// Inputs are changed copies of kept ones (fuzz/corpus) and of our own cases and examples. A finding is a panic, a stack
/// overflow, an input that hangs or eats the memory, or a promise that does not hold; its input is written to fuzz/findings.
#[derive(Parser, Debug)]
#[command(after_help = "Examples:
  weir-fuzz --list
  weir-fuzz json --minutes 10
  weir-fuzz --minutes 2                     all targets, two minutes each
  weir-fuzz json --replay fuzz/findings/json-1.txt")]
struct Arguments {
    /// Targets to run [default: all]
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// List the targets
    #[arg(long)]
    list: bool,
    /// Minutes per target
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    minutes: f64,
    /// Seconds per target, instead of minutes
    #[arg(long, value_name = "N", conflicts_with = "minutes")]
    seconds: Option<u64>,
    /// Where the random numbers start
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Replace the kept inputs of the repository by those that reach the most
    #[arg(long)]
    keep: bool,
    /// Run the inputs of a file, a line each, and show their panics
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Write the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Run one target in this process, writing every input down before it is run
    #[arg(long, hide = true)]
    write_inputs_to: Option<PathBuf>,
}

impl Arguments {
    fn wanted(&self) -> Result<Vec<&'static Target>, String> {
        if self.targets.is_empty() {
            return Ok(TARGETS.iter().collect());
        }
        let known = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
        let find =
            |name: &String| find(name).ok_or_else(|| format!("there is no target `{name}`; there are {}", known()));
        self.targets.iter().map(find).collect()
    }

    fn run(&self) -> Run {
        let minutes = Duration::try_from_secs_f64(self.minutes * 60.0).unwrap_or(Duration::from_secs(60));
        let duration = self.seconds.map_or(minutes, Duration::from_secs);
        Run { duration, seed: self.seed, keep: self.keep }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match work(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("weir-fuzz: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was found.
fn work(arguments: &Arguments) -> Result<bool, String> {
    let targets = arguments.wanted()?;
    if arguments.list {
        TARGETS.iter().for_each(|target| println!("{:15} {}", target.name, target.what));
        return Ok(true);
    }
    if let Some(place) = &arguments.write_inputs_to {
        let target = targets.first().ok_or("no target")?;
        return supervise::child(target, arguments.run(), place.clone()).map(|()| true);
    }
    if let Some(file) = &arguments.replay {
        return replay(&targets, file);
    }
    let mut results = Vec::new();
    for target in targets {
        results.push((target, fuzz(target, arguments.run())?));
    }
    println!("{}", table(&results));
    for (target, outcome) in &results {
        for (number, finding) in outcome.findings.iter().enumerate() {
            println!("{}", report(target, number + 1, finding)?);
        }
    }
    if let Some(path) = &arguments.json {
        std::fs::write(path, as_json(&results).to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(results.iter().all(|(_, outcome)| outcome.findings.is_empty()))
}

fn replay(targets: &[&'static Target], file: &PathBuf) -> Result<bool, String> {
    let [target] = targets else { return Err("--replay needs one target".into()) };
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    for line in text.lines().filter(|line| !line.is_empty()) {
        let input = corpus::unescape(line).ok_or_else(|| format!("no escaped input: {line}"))?;
        println!("{line}\noutcome {:x}", (target.run)(&input));
    }
    Ok(true)
}

fn fuzz(target: &Target, run: Run) -> Result<Outcome, String> {
    let style = ProgressStyle::with_template("{prefix:15} {elapsed:>4} {bar:20} {msg}");
    let bar = ProgressBar::new(run.duration.as_secs()).with_style(style.map_err(|e| e.to_string())?);
    bar.set_prefix(target.name);
    let outcome = supervise::run(target, run, &mut |progress| {
        bar.set_position(bar.elapsed().as_secs().min(run.duration.as_secs()));
        bar.set_message(shown(progress, bar.elapsed().as_secs_f64()));
    })?;
    bar.finish();
    // Without a terminal there was no bar.
    if bar.is_hidden() {
        eprintln!("{:15} {}", target.name, shown(&outcome.progress, outcome.seconds));
    }
    Ok(outcome)
}

fn shown(progress: &Progress, seconds: f64) -> String {
    let Progress { inputs, kept, edges, findings, .. } = progress;
    let rate = *inputs as f64 / seconds.max(0.1);
    format!("{inputs} inputs, {rate:.0}/s, {kept} kept, {edges} edges, {findings} found")
}

fn table(results: &[(&Target, Outcome)]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header(["target", "inputs", "seconds", "per second", "kept", "edges", "slowest ms", "findings"]);
    for (target, Outcome { progress, findings, seconds }) in results {
        table.add_row([
            target.name.to_string(),
            progress.inputs.to_string(),
            format!("{seconds:.0}"),
            format!("{:.0}", progress.inputs as f64 / seconds.max(0.1)),
            progress.kept.to_string(),
            progress.edges.to_string(),
            format!("{:.0}", progress.slowest.as_secs_f64() * 1e3),
            findings.len().to_string(),
        ]);
    }
    (1..8).for_each(|i| {
        if let Some(column) = table.column_mut(i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    });
    table
}

/// Writes a finding's input to a file and says how to see it again.
fn report(target: &Target, number: usize, finding: &Finding) -> Result<String, String> {
    let folder = corpus::folder().with_file_name("findings");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let path = folder.join(format!("{}-{number}.txt", target.name));
    let line = corpus::escape(&finding.input);
    std::fs::write(&path, format!("{line}\n")).map_err(|e| format!("{}: {e}", path.display()))?;
    let message: String = finding.message.chars().take(2_000).collect();
    Ok(format!(
        "{}: {}\n  {message}\n  input: {line}\n  again: weir-fuzz {} --replay {}",
        target.name,
        finding.place,
        target.name,
        path.display()
    ))
}

fn as_json(results: &[(&Target, Outcome)]) -> serde_json::Value {
    let targets = results.iter().map(|(target, outcome)| {
        json!({
            "target": target.name, "inputs": outcome.progress.inputs, "seconds": outcome.seconds,
            "kept": outcome.progress.kept, "edges": outcome.progress.edges, "outcomes": outcome.progress.outcomes,
            "slowest_ms": outcome.progress.slowest.as_secs_f64() * 1e3, "findings": outcome.findings,
        })
    });
    json!({ "targets": targets.collect::<Vec<_>>() })
}
