//! Benchmarks of Weir. Each runs in a process of its own, so CPU time and peak memory are its own.
//!
//! Throughput is per CPU-second of the process: the machine is shared. `data` makes the records; `decode`, `queries`, `pull`
//! and `start` hold the benchmarks; `expressions` has tables of its own, of costs per row; `measure` reads CPU time and memory. `peers` stands for itself: Weir beside Kafka Streams.

mod data;
mod decode;
mod expressions;
mod measure;
mod peers;
mod pull;
mod queries;
mod start;

use std::path::PathBuf;
use std::process::Command;

use clap::{Parser, Subcommand};
use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value as Json, json};

/// Run the benchmarks and print one table.
#[derive(Parser, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  weir-benches --only count --json bench.json
  weir-benches --only expressions              ns per row of expressions and of every scalar function"
)]
struct Arguments {
    #[command(subcommand)]
    others: Option<Others>,
    /// Only benchmarks whose name contains this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Records per benchmark, in thousands
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    thousands: usize,
    /// Write the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The weir binary, for start time and pull queries [default: beside this one]
    #[arg(long, value_name = "FILE")]
    weir: Option<PathBuf>,
    /// Run one benchmark in this process and print its JSON
    #[arg(long, hide = true)]
    child: Option<String>,
}

/// Benchmarks that need more than this process.
#[derive(Subcommand, Debug)]
enum Others {
    Peers(peers::Options),
}

/// What a benchmark measured; absent figures are not printed.
#[derive(Debug, Default)]
pub struct Figures {
    /// Records, or requests, of the measured part.
    pub records: u64,
    pub cpu_seconds: f64,
    pub wall_seconds: f64,
    pub peak_bytes: u64,
    /// Bytes written to disk per record.
    pub written_per_record: Option<f64>,
    /// A figure of another kind: (name, value).
    pub other: Option<(&'static str, f64)>,
}

type Benchmark = fn(&Arguments) -> Result<Figures, String>;

const BENCHMARKS: &[(&str, Benchmark)] = &[
    ("decode all columns", |a| decode::ours(a.records(), decode::ALL)),
    ("decode two columns", |a| decode::ours(a.records(), decode::TWO)),
    ("decode, arrow-json", |a| decode::arrow_json(a.records())),
    ("filter and project", |a| queries::filter_project(a.records() * 2)),
    ("tumbling count, 1 k keys", |a| queries::tumbling_count(a.records() * 2, 1_000, "KEYED", "10 SECONDS")),
    ("tumbling count, 100 k keys", |a| queries::tumbling_count(a.records() * 2, 100_000, "KEYED", "1 HOUR")),
    // Four records per key on average, as in the other sizes more than one.
    ("tumbling count, 1 M keys", |a| queries::tumbling_count(a.records() * 4, 1_000_000, "KEYED", "1 HOUR")),
    // Every record opens a group that is never seen again.
    ("tumbling count, new keys", |a| queries::tumbling_count(a.records(), 1_000_000, "KEYED", "10 SECONDS")),
    ("tumbling count, repartitioned", |a| queries::tumbling_count(a.records(), 1_000, "BIDS", "10 SECONDS")),
    ("1 query on a topic", |a| queries::several(a.records(), 1)),
    ("10 queries on a topic", |a| queries::several(a.records() / 2, 10)),
    ("50 queries on a topic", |a| queries::several(a.records() / 4, 50)),
    ("pull queries, 1 connection", |a| pull::pull(&a.weir_path(), 1)),
    ("pull queries, 16 connections", |a| pull::pull(&a.weir_path(), 16)),
    ("start to HTTP ready", |a| start::ready(&a.weir_path())),
    ("idle memory", |a| start::idle(&a.weir_path())),
];

/// The benchmark whose figures are a table.
const EXPRESSIONS: &str = "expressions";

/// Rates of this run that are compared: the first over the second, and what is aimed at.
const RATIOS: &[(&str, &str, &str)] = &[
    ("decode all columns", "decode, arrow-json", ">= 1.1"),
    ("decode two columns", "decode, arrow-json", ""),
    ("filter and project", "decode all columns", ">= 0.5"),
    ("tumbling count, 1 k keys", "decode all columns", ">= 0.5"),
    ("tumbling count, 100 k keys", "decode all columns", ""),
    ("tumbling count, 1 M keys", "decode all columns", ">= 0.3"),
    ("tumbling count, new keys", "decode all columns", ""),
    ("tumbling count, repartitioned", "decode all columns", ""),
    ("1 query on a topic", "10 queries on a topic", ""),
    ("1 query on a topic", "50 queries on a topic", "< 15"),
];

impl Arguments {
    fn records(&self) -> usize {
        self.thousands * 1_000
    }
    fn weir_path(&self) -> PathBuf {
        self.weir.clone().unwrap_or_else(weir_beside)
    }
}

/// The weir binary beside this one.
fn weir_beside() -> PathBuf {
    std::env::current_exe().unwrap_or_default().with_file_name("weir")
}

fn main() -> Result<(), String> {
    let arguments = Arguments::parse();
    if let Some(Others::Peers(options)) = &arguments.others {
        return peers::run(options).or_else(|reason| {
            eprintln!("weir-benches: {reason}");
            std::process::exit(1)
        });
    }
    if let Some(name) = &arguments.child {
        return child(&arguments, name);
    }
    let wanted: Vec<&str> =
        BENCHMARKS.iter().map(|(name, _)| *name).filter(|name| name.contains(&arguments.only)).collect();
    let mut results = Vec::new();
    for (number, name) in wanted.iter().enumerate() {
        eprintln!("{}/{}: {name}", number + 1, wanted.len());
        results.push((*name, run_child(&arguments, name)?));
    }
    let ratios = ratios(&results);
    if !results.is_empty() {
        println!("{}", table(&results));
    }
    if !ratios.is_empty() {
        println!("{}", ratio_table(&ratios));
    }
    let mut json = as_json(&results, &ratios);
    let mut problems = Vec::new();
    if EXPRESSIONS.contains(&arguments.only) {
        eprintln!("{EXPRESSIONS}");
        json[EXPRESSIONS] = run_child(&arguments, EXPRESSIONS)?;
        println!("{}", expressions::table(&json[EXPRESSIONS]));
        problems = expressions::problems(&json[EXPRESSIONS]);
    }
    if let Some(path) = &arguments.json {
        std::fs::write(path, json.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
}

fn as_json(results: &[(&str, Json)], ratios: &[Ratio]) -> Json {
    let results: Vec<Json> =
        results.iter().map(|(name, figures)| json!({ "name": name, "figures": figures })).collect();
    let ratios: Vec<Json> =
        ratios.iter().map(|r| json!({ "of": r.of, "to": r.to, "ratio": r.value, "aim": r.aim })).collect();
    json!({ "benchmarks": results, "ratios": ratios })
}

fn child(arguments: &Arguments, name: &str) -> Result<(), String> {
    if name == EXPRESSIONS {
        println!("{}", expressions::measure());
        return Ok(());
    }
    let (_, run) = BENCHMARKS.iter().find(|(known, _)| *known == name).ok_or(format!("no benchmark `{name}`"))?;
    let figures = run(arguments)?;
    let per_cpu = if figures.cpu_seconds > 0.0 { figures.records as f64 / figures.cpu_seconds } else { 0.0 };
    let json = json!({
        "records": figures.records,
        "per_cpu_second": per_cpu,
        "per_second": if figures.wall_seconds > 0.0 { figures.records as f64 / figures.wall_seconds } else { 0.0 },
        "peak_mb": figures.peak_bytes as f64 / 1e6,
        "written_per_record": figures.written_per_record,
        "other": figures.other.map(|(name, value)| json!({ "name": name, "value": value })),
    });
    println!("{json}");
    Ok(())
}

fn run_child(arguments: &Arguments, name: &str) -> Result<Json, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let output = Command::new(own)
        .args(["--child", name, "--thousands", &arguments.thousands.to_string()])
        .arg("--weir")
        .arg(arguments.weir_path())
        .output()
        .map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("{name}: {e}"))
}

fn table(results: &[(&str, Json)]) -> Table {
    let mut table = right_aligned(["benchmark", "per CPU-s", "per second", "peak MB", "written B", "other"]);
    for (name, figures) in results {
        let number = |field: &str| figures[field].as_f64().filter(|n| *n > 0.0).map(grouped).unwrap_or_default();
        let other = figures["other"].as_object().map_or(String::new(), |o| {
            format!("{} {}", grouped(o["value"].as_f64().unwrap_or_default()), o["name"].as_str().unwrap_or_default())
        });
        table.add_row([
            (*name).to_string(),
            number("per_cpu_second"),
            number("per_second"),
            number("peak_mb"),
            number("written_per_record"),
            other,
        ]);
    }
    table
}

fn ratio_table(ratios: &[Ratio]) -> Table {
    let mut table = right_aligned(["rate of", "to rate of", "ratio", "aim"]);
    for ratio in ratios {
        table.add_row([
            ratio.of.to_string(),
            ratio.to.to_string(),
            format!("{:.2}", ratio.value),
            ratio.aim.to_string(),
        ]);
    }
    table
}

/// A table whose columns but the first are numbers, in plain characters.
fn right_aligned<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    for column in 1..N {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// One rate over another, from this run alone.
struct Ratio {
    of: &'static str,
    to: &'static str,
    value: f64,
    aim: &'static str,
}

fn ratios(results: &[(&str, Json)]) -> Vec<Ratio> {
    let rate = |name: &str| {
        let (_, figures) = results.iter().find(|(known, _)| *known == name)?;
        figures["per_cpu_second"].as_f64().filter(|rate| *rate > 0.0)
    };
    let ratio = |&(of, to, aim): &(&'static str, &'static str, &'static str)| {
        Some(Ratio { of, to, value: rate(of)? / rate(to)?, aim })
    };
    RATIOS.iter().filter_map(ratio).collect()
}

/// 1234567 -> `1,234,567`; small numbers keep two digits behind the point.
fn grouped(number: f64) -> String {
    if number < 1_000.0 {
        return format!("{number:.2}");
    }
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
