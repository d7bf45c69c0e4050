//! A job in one of the engines, with the same settings in both: two threads, a commit each 2 s, 10 MB of record cache.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::broker::Broker;
use super::http;
use super::options::{EngineKind, Job, Options};
use super::process::{Process, bound_to_us};

/// How long an engine may take until it can process. A killed peer's group stays for 45 s.
const START_MAX: Duration = Duration::from_secs(120);

const SOURCE: &str = include_str!("sql/source.sql");

pub struct Engine<'a> {
    pub kind: EngineKind,
    broker: &'a Broker,
    guarantee: &'static str,
    java_options: &'a str,
    weir: PathBuf,
}

/// Where a job reads, writes and keeps its state. The name is the application's, or the service's, and no other job's.
pub struct Place<'a> {
    pub name: String,
    pub input: &'a str,
    pub output: String,
    pub folder: PathBuf,
}

/// A job in the process of an engine.
pub struct Running {
    pub process: Process,
    /// The consumer group.
    pub group: String,
    /// CPU seconds of the process when it was ready for the job: when all tasks of Kafka Streams may process, before the
    /// statements are sent to Weir.
    pub start_cpu_seconds: f64,
}

impl<'a> Engine<'a> {
    pub fn new(kind: EngineKind, broker: &'a Broker, options: &'a Options) -> Self {
        let (guarantee, weir) = (options.guarantee.name(), options.weir_path());
        Self { kind, broker, guarantee, java_options: &options.jvm, weir }
    }

    /// Whether output topics must exist before a job starts. Weir makes its own.
    pub fn wants_output_topic(&self) -> bool {
        self.kind == EngineKind::KafkaStreams
    }

    /// A place of its own for a job, with an output topic that is still to be made.
    pub fn place<'b>(&self, job: Job, suffix: &str, input: &'b str, folder: &Path) -> Place<'b> {
        let name = format!("peers_{}_{}_{suffix}_", self.kind.short(), job.name());
        let folder = folder.join(&name);
        Place { output: format!("{name}out"), name, input, folder }
    }

    /// Starts a job for the first time.
    pub fn start(&self, job: Job, place: &Place) -> Result<Running, String> {
        std::fs::create_dir_all(&place.folder).map_err(|e| e.to_string())?;
        match self.kind {
            EngineKind::KafkaStreams => self.start_streams(job, place),
            EngineKind::Weir => {
                let (process, address) = self.start_weir(place)?;
                let start_cpu_seconds = process.cpu_seconds();
                let sql = format!("{SOURCE}{}", job.sql());
                let sql = sql.replace("${input}", place.input).replace("${output}", &place.output);
                let query = http::execute(&address, &sql)?;
                let group = format!("{}query_{query}", weir_prefix(place));
                Ok(Running { process, group, start_cpu_seconds })
            }
        }
    }

    /// Starts the process of a job again after it was killed; Weir knows its statements from the command topic.
    pub fn restart(&self, job: Job, place: &Place) -> Result<Process, String> {
        std::fs::create_dir_all(&place.folder).map_err(|e| e.to_string())?;
        match self.kind {
            EngineKind::KafkaStreams => self.spawn_streams(job, place),
            EngineKind::Weir => self.start_weir(place).map(|(process, _)| process),
        }
    }

    /// What the names of all topics begin with that a job in this place makes beside its output.
    pub fn topic_prefix(&self, place: &Place) -> String {
        match self.kind {
            EngineKind::KafkaStreams => format!("{}-", place.name),
            EngineKind::Weir => weir_prefix(place),
        }
    }

    fn start_streams(&self, job: Job, place: &Place) -> Result<Running, String> {
        let mut process = self.spawn_streams(job, place)?;
        process.wait_for_event("running", START_MAX)?;
        let start_cpu_seconds = process.cpu_seconds();
        Ok(Running { process, group: place.name.clone(), start_cpu_seconds })
    }

    fn spawn_streams(&self, job: Job, place: &Place) -> Result<Process, String> {
        let jvm: Vec<&str> = self.java_options.split_whitespace().collect();
        let mut command = self.broker.java(&jvm, "Peer");
        command
            .args([job.name(), &self.broker.bootstrap, &place.name, place.input, &place.output])
            .arg(state_folder(place))
            .arg(self.guarantee);
        Process::start(&mut command, &place.folder, "streams")
    }

    /// Gives the process and the address it answers at.
    fn start_weir(&self, place: &Place) -> Result<(Process, String), String> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        let address = format!("127.0.0.1:{port}");
        let mut command = bound_to_us(&self.weir);
        command
            .args(["server", "--bootstrap-servers", &self.broker.bootstrap, "--listen", &address, "--data-dir"])
            .arg(state_folder(place));
        for setting in [
            &format!("ksql.service.id={}", place.name),
            &format!("ksql.streams.processing.guarantee={}", self.guarantee),
            "ksql.streams.auto.offset.reset=earliest",
            "ksql.streams.commit.interval.ms=2000",
            "ksql.streams.cache.max.bytes.buffering=10000000",
            "ksql.streams.num.stream.threads=2",
        ] {
            command.args(["--set", setting]);
        }
        let mut process = Process::start(&mut command, &place.folder, "weir")?;
        process.wait_until("an answer to GET /info", START_MAX, || crate::start::answers(&address))?;
        Ok((process, address))
    }
}

/// The folder that holds an engine's local state and nothing else.
pub fn state_folder(place: &Place) -> PathBuf {
    place.folder.join("state")
}

fn weir_prefix(place: &Place) -> String {
    format!("_confluent-ksql-{}", place.name)
}
