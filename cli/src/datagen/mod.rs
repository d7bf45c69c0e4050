//! `weir datagen`: generated records into topics, over HTTP or straight into Kafka.
//!
//! `record` is what every generator makes; one file per scenario makes them; `send` sends them to a `destination`. Generators know neither
//! clock nor network, so that benchmarks and tests can use them alone.

mod bank;
mod clickstream;
mod destination;
mod nexmark;
mod record;
mod send;
mod simple;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

pub use bank::Bank;
pub use destination::{Cluster, Destination};
pub use record::{Generator, GeneratorOptions, TopicDefinition};
pub use send::{Sender, SenderOptions};

use crate::client::Client;

/// Fill topics with generated records; the same seed and start give the same records.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weir datagen bank --rate 200
  weir datagen nexmark --rate max --count 1000000 --seed 7
  weir datagen orders --bootstrap-servers localhost:9092 --topic shop.orders --rate 1000
  weir datagen pageviews --count 3 --print

Missing topics are made together with a stream; the statement is shown. Records go to POST /topics/{topic}, the
JSON format of the Kafka REST proxy. With --bootstrap-servers they go straight into Kafka, no server is needed, and
only the topics are made.")]
pub struct DatagenArguments {
    /// What to generate
    scenario: Scenario,
    /// The server
    #[arg(long, value_name = "URL", default_value = crate::client::DEFAULT_URL)]
    url: String,
    /// Write to these Kafka brokers instead of a server
    #[arg(long, value_name = "HOST:PORT,...", conflicts_with = "url")]
    bootstrap_servers: Option<String>,
    /// The topic's name, for what has one topic [default: as the scenario has it]
    #[arg(long, value_name = "NAME", conflicts_with = "topic_prefix")]
    topic: Option<String>,
    /// Text before the name of each topic and stream
    #[arg(long, value_name = "TEXT", default_value = "")]
    topic_prefix: String,
    /// Records per second, or `max`
    #[arg(long, value_name = "N|max", default_value = "max", value_parser = parse_rate)]
    rate: Rate,
    /// Records in all [default: until Ctrl-C]
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// The same seed gives the same records
    #[arg(long, value_name = "S", default_value_t = 42)]
    seed: u64,
    /// Event time of the first record, milliseconds since 1970 [default: now]
    #[arg(long, value_name = "MS")]
    start_ms: Option<i64>,
    /// Batches under way at once; each key keeps its order
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    in_flight: u16,
    /// Write the records to standard output, one JSON object a line, instead of sending them
    #[arg(long)]
    print: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// People and the regions they live in
    Users,
    /// Which user looked at which page
    Pageviews,
    /// Orders with an address as a struct
    Orders,
    /// Web server log of a shop
    Clickstream,
    /// Debezium change events of a bank: accounts, transactions and their log
    Bank,
    /// Persons, auctions and bids, 1 : 3 : 46
    Nexmark,
}

impl Scenario {
    pub fn generator(self, options: &GeneratorOptions) -> Box<dyn Generator> {
        match self {
            Scenario::Users => Box::new(simple::Simple::users(options)),
            Scenario::Pageviews => Box::new(simple::Simple::page_views(options)),
            Scenario::Orders => Box::new(simple::Simple::orders(options)),
            Scenario::Clickstream => Box::new(clickstream::ClickStream::new(options)),
            Scenario::Bank => Box::new(Bank::new(options, Bank::ACCOUNTS)),
            Scenario::Nexmark => Box::new(nexmark::Nexmark::new(options)),
        }
    }
}

/// `None`: as fast as the server takes them.
pub type Rate = Option<u32>;

fn parse_rate(text: &str) -> Result<Rate, String> {
    if text.eq_ignore_ascii_case("max") {
        return Ok(None);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a number of records per second above 0, or `max`".to_string()),
        Ok(rate) => Ok(Some(rate)),
    }
}

/// Event time between two records: real time at a given rate, else 10,000 events a second.
pub fn step_us(rate: Rate) -> u64 {
    rate.map_or(100, |rate| 1_000_000 / u64::from(rate))
}

pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Generates until the count is reached or Ctrl-C is pressed.
pub async fn run(arguments: &DatagenArguments) -> Result<(), String> {
    let options = GeneratorOptions {
        seed: arguments.seed,
        start_ms: arguments.start_ms.unwrap_or_else(now_ms),
        step_us: step_us(arguments.rate),
    };
    let mut generator = arguments.scenario.generator(&options);
    let topics = topic_names(arguments, generator.topics())?;
    if arguments.print {
        return print(generator.as_mut(), &topics, arguments.count.unwrap_or(u64::MAX));
    }
    let destination = match &arguments.bootstrap_servers {
        Some(servers) => on_kafka(arguments, servers, generator.topics(), &topics).await?,
        None => on_server(arguments, generator.topics(), &topics).await?,
    };
    let sender = SenderOptions {
        in_flight: usize::from(arguments.in_flight),
        rate: arguments.rate,
        count: arguments.count,
        topics,
    };
    let progress = progress_bar(arguments.count);
    let started = Instant::now();
    let mut sending = Sender::start(&destination, generator, sender);
    let outcome = tokio::select! {
        outcome = sending.finished(|sent| progress.set_position(sent)) => outcome,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    progress.finish_and_clear();
    report(sending.sent(), started.elapsed());
    outcome
}

/// The topics' names in the order of their definitions.
fn topic_names(arguments: &DatagenArguments, definitions: &[TopicDefinition]) -> Result<Vec<Arc<str>>, String> {
    match (&arguments.topic, definitions) {
        (None, _) => {
            let prefix = &arguments.topic_prefix;
            Ok(definitions.iter().map(|definition| format!("{prefix}{}", definition.topic).into()).collect())
        }
        (Some(topic), [_]) => Ok(vec![topic.as_str().into()]),
        (Some(_), several) => {
            Err(format!("--topic: {} topics are filled here; use --topic-prefix to name them", several.len()))
        }
    }
}

/// A server with streams over what topics were missing.
async fn on_server(
    arguments: &DatagenArguments,
    definitions: &[TopicDefinition],
    topics: &[Arc<str>],
) -> Result<Destination, String> {
    let client = Client::new(&arguments.url).map_err(|e| e.to_string())?;
    let known = client.topic_names().await.map_err(|e| e.to_string())?;
    for (definition, topic) in definitions.iter().zip(topics) {
        if !known.iter().any(|name| **name == **topic) {
            let statement = definition.create_statement(&arguments.topic_prefix, topic);
            eprintln!("{statement}");
            client.statements(&statement).await.map_err(|e| e.to_string())?;
        }
    }
    Ok(Destination::Server(client))
}

/// A Kafka cluster with the topics; shows the statements that read those that were missing.
async fn on_kafka(
    arguments: &DatagenArguments,
    bootstrap_servers: &str,
    definitions: &[TopicDefinition],
    topics: &[Arc<str>],
) -> Result<Destination, String> {
    let (servers, names) = (bootstrap_servers.to_string(), topics.to_vec());
    // Records of a time that the user has chosen may be older than a cluster keeps them.
    let retention_ms = arguments.start_ms.map(|_| -1);
    let reached = tokio::task::spawn_blocking(move || {
        let cluster = Cluster::reach(&servers)?;
        let made = |name: &Arc<str>| cluster.make_topic(name, record::PARTITIONS, retention_ms);
        let made = names.iter().map(made).collect::<Result<Vec<bool>, _>>().map_err(|e| e.to_string())?;
        Ok::<_, String>((cluster, made))
    });
    let (cluster, made) = reached.await.map_err(|e| e.to_string())??;
    for ((definition, topic), _) in definitions.iter().zip(topics).zip(made).filter(|(_, made)| *made) {
        let statement = definition.create_statement(&arguments.topic_prefix, topic);
        eprintln!("Topic {topic} is made. A server reads it with:\n{statement}");
    }
    Ok(Destination::Kafka(Arc::new(cluster)))
}

fn report(sent: u64, took: Duration) {
    let seconds = took.as_secs_f64().max(0.001);
    println!("{sent} records in {seconds:.1} s, {:.0} records/s", sent as f64 / seconds);
}

fn print(generator: &mut dyn Generator, topics: &[Arc<str>], count: u64) -> Result<(), String> {
    use std::io::Write as _;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for _ in 0..count {
        let record = generator.next();
        let topic = serde_json::Value::from(&*topics[record.topic]);
        let key = record.key.as_deref().unwrap_or("null");
        let line =
            format!(r#"{{"topic":{topic},"key":{key},"value":{},"timestamp":{}}}"#, record.value, record.timestamp_ms);
        match writeln!(out, "{line}") {
            // Whoever reads the output has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|e| e.to_string())?,
        }
    }
    match out.flush() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn progress_bar(count: Option<u64>) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let template = match count {
        Some(_) => "{bar:40} {human_pos}/{human_len} records, {per_sec}, {eta} left",
        None => "{spinner} {human_pos} records, {per_sec}, {elapsed}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(count, target).with_style(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(scenario: Scenario, seed: u64) -> Vec<String> {
        let mut generator = scenario.generator(&GeneratorOptions { seed, start_ms: 1_700_000_000_000, step_us: 500 });
        (0..500).map(|_| format!("{:?}", generator.next())).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_records_and_another_seed_others() {
        for scenario in Scenario::value_variants() {
            assert_eq!(bytes(*scenario, 1), bytes(*scenario, 1), "{scenario:?}");
            assert_ne!(bytes(*scenario, 1), bytes(*scenario, 2), "{scenario:?}");
        }
    }

    #[test]
    fn keys_and_values_are_json_and_time_does_not_go_back() {
        for scenario in Scenario::value_variants() {
            let options = GeneratorOptions { seed: 3, start_ms: 1_000, step_us: 1_500 };
            let mut generator = scenario.generator(&options);
            let mut latest_ms = options.start_ms;
            for _ in 0..500 {
                let record = generator.next();
                assert!(record.topic < generator.topics().len());
                for text in record.key.iter().chain([&record.value]) {
                    serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|e| panic!("{text}: {e}"));
                }
                assert!(record.timestamp_ms >= latest_ms);
                latest_ms = record.timestamp_ms;
            }
            assert!(latest_ms > options.start_ms);
        }
    }

    #[test]
    fn create_statements_parse() {
        for scenario in Scenario::value_variants() {
            let options = GeneratorOptions { seed: 3, start_ms: 0, step_us: 1 };
            for definition in scenario.generator(&options).topics() {
                for prefix in ["", "load-2."] {
                    let sql = definition.create_statement(prefix, definition.topic);
                    assert!(weir_parser::parse_statement(&sql).is_ok(), "{sql}");
                }
            }
        }
    }

    #[test]
    fn rates_are_numbers_or_max() {
        assert_eq!(parse_rate("max"), Ok(None));
        assert_eq!(parse_rate("250"), Ok(Some(250)));
        assert!(parse_rate("0").is_err());
        assert!(parse_rate("fast").is_err());
    }
}
