//! Tables of medians and ratios, and the JSON of all runs.

use comfy_table::Table;
use serde_json::{Value as Json, json};

use super::options::{EngineKind, Job, Options};
use super::recovery::Recovery;
use super::run::Run;
use crate::{grouped, right_aligned};

/// What is aimed at for records per CPU-second, Weir's over those of Kafka Streams.
const AIMS: &[(Job, &str)] = &[(Job::Pass, ">= 3"), (Job::Filter, ">= 4"), (Job::Window, ">= 8")];

pub struct Report<'a> {
    options: &'a Options,
    pub runs: Vec<Run>,
    pub recoveries: Vec<Recovery>,
}

/// Medians of a job's runs on an engine.
struct Medians {
    per_cpu_second: f64,
    per_second: f64,
    peak_bytes: f64,
    first_output_ms: f64,
    start_cpu_seconds: f64,
}

impl<'a> Report<'a> {
    pub fn new(options: &'a Options) -> Self {
        Self { options, runs: Vec::new(), recoveries: Vec::new() }
    }

    pub fn print(&self) {
        if !self.runs.is_empty() {
            println!("{}", self.rates());
        }
        if !self.recoveries.is_empty() {
            println!("{}", self.recovery());
        }
        let ratios = self.ratios();
        if !ratios.is_empty() {
            println!("{}", ratio_table(&ratios));
        }
    }

    pub fn write(&self) -> Result<(), String> {
        let Some(path) = &self.options.json else { return Ok(()) };
        let ratios: Vec<Json> =
            self.ratios().iter().map(|r| json!({ "of": r.of, "job": r.job, "ratio": r.value, "aim": r.aim })).collect();
        let all = json!({
            "guarantee": self.options.guarantee.name(),
            "runs": self.runs.iter().map(Run::as_json).collect::<Vec<_>>(),
            "recoveries": self.recoveries.iter().map(Recovery::as_json).collect::<Vec<_>>(),
            "ratios": ratios,
        });
        std::fs::write(path, all.to_string()).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn rates(&self) -> Table {
        let header = ["job", "per CPU-s", "per second", "peak MB", "first output ms", "start CPU-s"];
        let mut table = right_aligned(header);
        for job in &self.options.jobs {
            for engine in &self.options.engines {
                let Some(medians) = self.medians(*job, *engine) else { continue };
                table.add_row([
                    format!("{}, {}", job.name(), engine.name()),
                    grouped(medians.per_cpu_second),
                    grouped(medians.per_second),
                    grouped(medians.peak_bytes / 1e6),
                    grouped(medians.first_output_ms),
                    grouped(medians.start_cpu_seconds),
                ]);
            }
        }
        table
    }

    fn recovery(&self) -> Table {
        let mut table =
            right_aligned(["recovery after kill -9", "keys", "seconds", "for the group", "CPU-s", "peak MB"]);
        for recovery in &self.recoveries {
            table.add_row([
                format!("{}, {}", recovery_name(recovery.state_kept), recovery.engine.name()),
                grouped(recovery.keys as f64),
                grouped(recovery.seconds),
                grouped(recovery.group_wait_seconds),
                grouped(recovery.cpu_seconds),
                grouped(recovery.peak_bytes as f64 / 1e6),
            ]);
        }
        table
    }

    fn medians(&self, job: Job, engine: EngineKind) -> Option<Medians> {
        let runs: Vec<&Run> = self.runs.iter().filter(|run| run.job == job && run.engine == engine).collect();
        let of = |figure: fn(&Run) -> f64| median(runs.iter().map(|run| figure(run)).collect());
        Some(Medians {
            per_cpu_second: of(Run::per_cpu_second)?,
            per_second: of(Run::per_second)?,
            peak_bytes: of(|run| run.peak_bytes as f64)?,
            first_output_ms: of(|run| run.first_output_ms)?,
            start_cpu_seconds: of(|run| run.start_cpu_seconds)?,
        })
    }

    /// How many times better Weir is, where both engines ran.
    fn ratios(&self) -> Vec<Ratio> {
        let mut ratios = Vec::new();
        for job in &self.options.jobs {
            let weir = self.medians(*job, EngineKind::Weir);
            let (Some(weir), Some(streams)) = (weir, self.medians(*job, EngineKind::KafkaStreams)) else { continue };
            let aim = AIMS.iter().find(|(known, _)| known == job).map_or("", |(_, aim)| aim);
            let mut add = |of, value, aim| ratios.push(Ratio { job: job.name(), of, value, aim });
            add("records per CPU-second, Weir over Kafka Streams", weir.per_cpu_second / streams.per_cpu_second, aim);
            add("records per second, Weir over Kafka Streams", weir.per_second / streams.per_second, "");
            add("peak memory, Kafka Streams over Weir", streams.peak_bytes / weir.peak_bytes, ">= 5");
            add("first output, Kafka Streams over Weir", streams.first_output_ms / weir.first_output_ms, "");
        }
        for state_kept in [true, false] {
            let seconds = |engine| {
                self.recoveries.iter().find(|r| r.engine == engine && r.state_kept == state_kept).map(|r| r.seconds)
            };
            if let (Some(weir), Some(streams)) = (seconds(EngineKind::Weir), seconds(EngineKind::KafkaStreams)) {
                let job = recovery_name(state_kept);
                ratios.push(Ratio {
                    job,
                    of: "recovery time, Kafka Streams over Weir",
                    value: streams / weir,
                    aim: "",
                });
            }
        }
        ratios
    }
}

struct Ratio {
    job: &'static str,
    of: &'static str,
    value: f64,
    aim: &'static str,
}

fn ratio_table(ratios: &[Ratio]) -> Table {
    let mut table = right_aligned(["ratio of", "job", "ratio", "aim"]);
    for ratio in ratios {
        let value = format!("{:.2}", ratio.value);
        table.add_row([ratio.of.to_string(), ratio.job.to_string(), value, ratio.aim.to_string()]);
    }
    table
}

fn recovery_name(state_kept: bool) -> &'static str {
    if state_kept { "state kept" } else { "state lost" }
}

fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}
