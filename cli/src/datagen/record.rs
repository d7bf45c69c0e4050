//! What a generator makes: records, and the topics and streams they belong to. No I/O, no clock.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// One record as it goes into a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Index into the generator's [`Generator::topics`].
    pub topic: usize,
    /// JSON text; `None` for a record without key.
    pub key: Option<String>,
    /// JSON text.
    pub value: String,
    pub timestamp_ms: i64,
}

/// Partitions of topics that are made.
pub const PARTITIONS: u32 = 4;

/// A topic that a generator fills, with the stream that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicDefinition {
    pub topic: &'static str,
    pub stream: &'static str,
    /// The column list of the stream, without parentheses.
    pub columns: &'static str,
    /// `KEY_FORMAT` of the stream; `None` when no column stands for the key.
    pub key_format: Option<&'static str>,
    /// Column for the WITH property `TIMESTAMP`, if record timestamps are not used.
    pub timestamp: Option<&'static str>,
}

impl TopicDefinition {
    /// The statement that makes the stream over `topic`, and the topic if it is missing; `prefix` stands before the stream's
    /// name.
    pub fn create_statement(&self, prefix: &str, topic: &str) -> String {
        let key_format = self.key_format.map_or(String::new(), |format| format!("KEY_FORMAT='{format}', "));
        let timestamp = self.timestamp.map_or(String::new(), |column| format!(", TIMESTAMP='{column}'"));
        format!(
            "CREATE STREAM IF NOT EXISTS {}{} ({}) WITH (KAFKA_TOPIC='{topic}', {key_format}VALUE_FORMAT='JSON', PARTITIONS={PARTITIONS}{timestamp});",
            stream_prefix(prefix),
            self.stream,
            self.columns,
        )
    }
}

/// `load.` -> `LOAD_`: a topic prefix as the beginning of an identifier.
fn stream_prefix(prefix: &str) -> String {
    let word: String =
        prefix.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if word.starts_with(|c: char| c.is_ascii_digit()) { format!("T{word}") } else { word }
}

/// A deterministic source of records: the same options give the same bytes.
pub trait Generator: Send {
    /// The topics that records refer to.
    fn topics(&self) -> &'static [TopicDefinition];

    /// The next record; there is always one.
    fn next(&mut self) -> Record;
}

/// Where a generator starts.
#[derive(Clone, Copy, Debug)]
pub struct GeneratorOptions {
    pub seed: u64,
    /// Event time of the first record.
    pub start_ms: i64,
    /// Event time between two records, in microseconds.
    pub step_us: u64,
}

impl GeneratorOptions {
    pub fn random(&self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed)
    }

    pub fn clock(&self) -> EventClock {
        EventClock { start_ms: self.start_ms, step_us: self.step_us, events: 0 }
    }
}

/// The event time of generated records: it moves by the same step with each event.
#[derive(Clone, Copy, Debug)]
pub struct EventClock {
    start_ms: i64,
    step_us: u64,
    events: u64,
}

impl EventClock {
    /// The time of the next event in milliseconds.
    pub fn tick(&mut self) -> i64 {
        let now_ms = self.start_ms + (self.events.saturating_mul(self.step_us) / 1000) as i64;
        self.events += 1;
        now_ms
    }

    /// Lets time go on as if so many events had come.
    pub fn skip(&mut self, events: u64) {
        self.events += events;
    }
}
