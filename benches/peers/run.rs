//! One job, from the start of the process to the end of the input, on each engine in turn.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::engine::Engine;
use super::options::{EngineKind, Job};
use super::tool::{Digest, Loaded, Tool};
use super::{create, delete, say};

/// How long the first output may take; a job that failed at once is not waited for longer.
const FIRST_OUTPUT_MAX: Duration = Duration::from_secs(60);

/// The input is the same for all runs.
pub struct Bench<'a> {
    pub tool: &'a mut Tool,
    pub input: &'static str,
    pub loaded: Loaded,
    pub limit: Duration,
}

/// What one run measured.
pub struct Run {
    pub job: Job,
    pub engine: EngineKind,
    pub round: u32,
    pub records: u64,
    /// From when the engine was ready for the job until all input was committed.
    pub cpu_seconds: f64,
    /// Before that, from the start of the process.
    pub start_cpu_seconds: f64,
    /// From the start of the process until the last output record.
    pub wall_seconds: f64,
    /// From the start of the process until the first output record.
    pub first_output_ms: f64,
    pub peak_bytes: u64,
    pub output_records: u64,
}

impl Run {
    pub fn per_cpu_second(&self) -> f64 {
        self.records as f64 / self.cpu_seconds
    }

    pub fn per_second(&self) -> f64 {
        self.records as f64 / self.wall_seconds
    }

    pub fn as_json(&self) -> Json {
        json!({
            "job": self.job.name(), "engine": self.engine.name(), "round": self.round, "records": self.records,
            "per_cpu_second": self.per_cpu_second(),
            "per_cpu_second_with_start": self.records as f64 / (self.cpu_seconds + self.start_cpu_seconds),
            "per_second": self.per_second(), "cpu_seconds": self.cpu_seconds,
            "start_cpu_seconds": self.start_cpu_seconds, "wall_seconds": self.wall_seconds,
            "first_output_ms": self.first_output_ms, "peak_mb": self.peak_bytes as f64 / 1e6,
            "output_records": self.output_records,
        })
    }
}

impl Bench<'_> {
    /// Runs a job on each engine, the first one changing with the rounds, and compares what they wrote.
    pub fn side_by_side(
        &mut self,
        engines: &[Engine],
        job: Job,
        round: u32,
        folder: &Path,
    ) -> Result<Vec<Run>, String> {
        let mut order: Vec<&Engine> = engines.iter().collect();
        if round.is_multiple_of(2) {
            order.reverse();
        }
        let mut runs = Vec::new();
        let mut outputs: Vec<(String, Digest)> = Vec::new();
        for engine in order {
            say(&format!("round {round}: {} on {}", job.name(), engine.kind.name()));
            let (run, output, digest) = self.measure(engine, job, round, folder)?;
            runs.push(run);
            outputs.push((output, digest));
        }
        if let [(first, left), (second, right)] = outputs.as_slice()
            && !left.same_rows(right)
        {
            return Err(self.differences(job, first, second));
        }
        for (output, _) in &outputs {
            delete(self.tool, output)?;
        }
        Ok(runs)
    }

    fn measure(
        &mut self,
        engine: &Engine,
        job: Job,
        round: u32,
        folder: &Path,
    ) -> Result<(Run, String, Digest), String> {
        let place = engine.place(job, &round.to_string(), self.input, folder);
        let (output, seconds) = (&place.output, self.limit.as_secs());
        if engine.wants_output_topic() {
            create(self.tool, output)?;
        }
        self.tool
            .send(&json!({ "do": "first", "topic": output, "partitions": 1, "seconds": FIRST_OUTPUT_MAX.as_secs() }))?;
        let running = engine.start(job, &place)?;
        let began_ms = running.process.began_ms;
        let why = |e: String| format!("{} on {}: {e}\n{}", job.name(), engine.kind.name(), running.process.errors());
        let first_ms = self.tool.receive().map_err(why)?["at_ms"].as_i64().unwrap_or(0);
        let finish = json!({ "do": "finish", "group": running.group, "input": self.input, "output": output, "seconds": seconds });
        let last_ms = self.tool.ask(&finish).map_err(why)?["last_output_ms"].as_i64().unwrap_or(0);
        let cpu_seconds = running.process.cpu_seconds() - running.start_cpu_seconds;
        let (peak_bytes, start_cpu_seconds) = (running.process.peak_bytes(), running.start_cpu_seconds);
        drop(running);
        let digest = self.tool.digest(output, job.is_table())?;
        self.check(job, &digest).map_err(|e| format!("{} on {}: {e}", job.name(), engine.kind.name()))?;
        std::fs::remove_dir_all(&place.folder).map_err(|e| e.to_string())?;
        delete(self.tool, &engine.topic_prefix(&place))?;
        let run = Run {
            job,
            engine: engine.kind,
            round,
            records: self.loaded.records,
            cpu_seconds,
            start_cpu_seconds,
            wall_seconds: (last_ms - began_ms) as f64 / 1e3,
            first_output_ms: (first_ms - began_ms) as f64,
            peak_bytes,
            output_records: digest.records,
        };
        Ok((run, place.output, digest))
    }

    /// Holds an output against what was loaded.
    fn check(&self, job: Job, digest: &Digest) -> Result<(), String> {
        let expect = |what: &str, is: i128, wanted: i128| {
            if is == wanted { Ok(()) } else { Err(format!("the output is wrong: {what} is {is} and not {wanted}")) }
        };
        match job {
            Job::Pass => expect("number of records", digest.records.into(), self.loaded.records.into()),
            Job::Filter => expect("number of records", digest.records.into(), self.loaded.expensive.into()),
            Job::Window | Job::Regroup | Job::Count => {
                expect("sum of the counts", digest.n.into(), self.loaded.records.into())?;
                expect("sum of the sums", digest.total.into(), self.loaded.total.into())
            }
        }
    }

    fn differences(&mut self, job: Job, first: &str, second: &str) -> String {
        let command = json!({ "do": "differences", "first": first, "second": second, "table": job.is_table() });
        let examples = self.tool.ask(&command).unwrap_or_else(Json::String);
        let lines: Vec<&str> = examples.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        format!("the outputs of {} differ; first is {first}, second {second}:\n{}", job.name(), lines.join("\n"))
    }
}
