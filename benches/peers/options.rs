//! What the command line says.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

/// Run jobs on Weir and on Kafka Streams, in turns, from the same topics of a real broker.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  weir-benches peers --records 300000 --rounds 1 --recovery-keys 0\n  \
                        weir-benches peers --jobs window --guarantee exactly_once_v2 --json peers.json\n\n\
                        Java 17 is needed; Apache Kafka is fetched by scripts/kafka.")]
pub struct Options {
    /// Records of the input
    #[arg(long, value_name = "N", default_value_t = 3_000_000)]
    pub records: u64,
    /// Different keys in the input
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub keys: u64,
    /// Records per millisecond of event time: with 10, a window of 10 s holds 100,000
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub records_per_ms: u64,
    /// Jobs to run, separated by commas; without a value: none
    #[arg(long, value_enum, value_delimiter = ',', num_args = 0.., default_values_t = [Job::Pass, Job::Filter, Job::Window, Job::Regroup])]
    pub jobs: Vec<Job>,
    /// Engines to run them on
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [EngineKind::KafkaStreams, EngineKind::Weir])]
    pub engines: Vec<EngineKind>,
    /// How often each job runs on each engine; the table shows medians
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub rounds: u32,
    /// What `processing.guarantee` is set to
    #[arg(long, value_enum, default_value_t = Guarantee::AtLeastOnce)]
    pub guarantee: Guarantee,
    /// Keys of the table that is killed and recovered; 0: leave recovery out
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub recovery_keys: u64,
    /// How long one run may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub limit_seconds: u64,
    /// Options for the JVM of Kafka Streams, separated by blanks; by default a heap that costs it no speed
    #[arg(long = "java-options", value_name = "TEXT", default_value = "-Xmx512m", allow_hyphen_values = true)]
    pub jvm: String,
    /// Write every run's figures as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// The weir binary [default: beside this one]
    #[arg(long, value_name = "FILE")]
    pub weir: Option<PathBuf>,
}

impl Options {
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.limit_seconds)
    }

    pub fn weir_path(&self) -> PathBuf {
        self.weir.clone().unwrap_or_else(crate::weir_beside)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Job {
    /// All fields to another topic
    Pass,
    /// A tenth of the records, two fields of them
    Filter,
    /// Count and sum by key in tumbling windows
    Window,
    /// The same by a column that is not the key
    Regroup,
    /// Count and sum by key, without windows
    Count,
}

impl Job {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Filter => "filter",
            Self::Window => "window",
            Self::Regroup => "regroup",
            Self::Count => "count",
        }
    }

    /// The statement that is this job on ksqlDB.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Pass => include_str!("sql/pass.sql"),
            Self::Filter => include_str!("sql/filter.sql"),
            Self::Window => include_str!("sql/window.sql"),
            Self::Regroup => include_str!("sql/regroup.sql"),
            Self::Count => include_str!("sql/count.sql"),
        }
    }

    /// Whether a later output record of a key replaces an earlier one.
    pub fn is_table(self) -> bool {
        matches!(self, Self::Window | Self::Regroup | Self::Count)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineKind {
    KafkaStreams,
    Weir,
}

impl EngineKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::KafkaStreams => "Kafka Streams",
            Self::Weir => "Weir",
        }
    }

    /// As part of names of topics and groups.
    pub fn short(self) -> &'static str {
        match self {
            Self::KafkaStreams => "streams",
            Self::Weir => "weir",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Guarantee {
    AtLeastOnce,
    ExactlyOnceV2,
}

impl Guarantee {
    pub fn name(self) -> &'static str {
        match self {
            Self::AtLeastOnce => "at_least_once",
            Self::ExactlyOnceV2 => "exactly_once_v2",
        }
    }
}
