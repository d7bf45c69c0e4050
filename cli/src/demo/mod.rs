//! `weir demo`: the bank pipeline live, in one process: server, generated transactions, and two tables that change. On the
//! embedded log, or with `on_kafka` on a Kafka cluster.

mod live;
mod on_kafka;

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::Instant;
use weir_engine::config::Config;
use weir_server::server::{Server, ServerError, ServerOptions};

use self::live::{LiveTable, Screen};
use self::on_kafka::OnKafka;
use crate::client::{Client, RequestSettings};
use crate::datagen::{Bank, Destination, Generator as _, GeneratorOptions, Sender, SenderOptions, now_ms, step_us};
use crate::sql::{Element, Paint, Style};

const PIPELINE: &str = include_str!("../../../examples/bank/bank.sql");
const PORT: u16 = 8088;
const ACCOUNTS: usize = 5;
const RECORDS_PER_SECOND: u32 = 30;
/// How long the server may take to come up.
const READY: Duration = Duration::from_secs(60);
/// How often the tables are drawn anew on a terminal, and printed elsewhere.
const REFRESH: Duration = Duration::from_millis(500);
const PRINT: Duration = Duration::from_secs(5);
/// How long it runs when nobody can press Ctrl-C.
const SECONDS_WITHOUT_TERMINAL: u64 = 20;

/// Show a live pipeline: a server, a bank's change events and two tables over them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weir demo
  weir demo --seconds 30 --port 9000 --keep
  weir demo --bootstrap-servers localhost:9092")]
pub struct DemoArguments {
    /// Stop after so many seconds [default: at Ctrl-C; 20 when the output is no terminal]
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Port of the server [default: 8088, or any free one]
    #[arg(long, value_name = "P")]
    port: Option<u16>,
    /// Show it on these Kafka brokers [default: the embedded log]
    #[arg(long, value_name = "HOST:PORT,...")]
    bootstrap_servers: Option<String>,
    /// Leave the data folder, and on Kafka the topics, behind
    #[arg(long)]
    keep: bool,
}

pub async fn run(arguments: &DemoArguments) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("weir-demo-{}", std::process::id()));
    let kafka = match &arguments.bootstrap_servers {
        Some(servers) => Some(OnKafka::reach(servers).await?),
        None => None,
    };
    let config = kafka.as_ref().map(OnKafka::config).unwrap_or_default();
    let server = start(arguments.port, &folder, config).await.map_err(|e| e.to_string())?;
    let url = format!("http://{}", server.address);
    match &kafka {
        Some(kafka) => println!("Server on {url}, topics on the Kafka brokers {}.", kafka.bootstrap_servers()),
        None => println!("Server on {url}, data in {}.", folder.display()),
    }
    let client = Client::new(&url).map_err(|e| e.to_string())?;
    let destination = kafka.as_ref().map_or_else(|| Destination::Server(client.clone()), OnKafka::destination);
    let outcome = match ready(&server).await {
        Ok(()) => show(&client, &destination, arguments).await,
        not_ready => not_ready,
    };
    let stopped = match &kafka {
        Some(kafka) if !arguments.keep => kafka.stop_and_remove(server, &client).await,
        _ => server.stop().await.map_err(|e| e.to_string()),
    };
    if arguments.keep {
        let settings = kafka.as_ref().map_or_else(String::new, OnKafka::server_arguments);
        println!("Data stays in {0}; go on with: weir server --data-dir {0}{settings}", folder.display());
    } else {
        // A temporary folder that cannot be removed is the system's to clean up.
        let _ = std::fs::remove_dir_all(&folder);
    }
    outcome.and(stopped)
}

/// On the port that was asked for, or on the usual one, or if that is taken on any.
async fn start(port: Option<u16>, folder: &Path, config: Config) -> Result<Server, ServerError> {
    let options = |port| ServerOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        data_dir: Some(PathBuf::from(folder)),
        config: config.clone(),
    };
    match (port, Server::start(options(port.unwrap_or(PORT))).await) {
        (None, Err(ServerError::Listen { .. })) => Server::start(options(0)).await,
        (_, started) => started,
    }
}

/// Waits until the server has read its command log.
async fn ready(server: &Server) -> Result<(), String> {
    let readiness = &server.context().readiness;
    let end = Instant::now() + READY;
    while !readiness.is_ready() {
        if Instant::now() > end {
            let reason = readiness.reason().unwrap_or_default();
            return Err(format!("the server is not ready after {} s: {reason}", READY.as_secs()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Makes the pipeline, feeds it and shows its tables until the time is over or somebody stops it.
async fn show(client: &Client, destination: &Destination, arguments: &DemoArguments) -> Result<(), String> {
    let seconds = arguments.seconds;
    create_pipeline(client).await?;
    let style = Style::of_stdout();
    println!("{}", how_to_connect(client.url(), arguments.bootstrap_servers.as_deref(), &style));
    let tables = [volume_per_minute(), counts_by_account()].map(|table| Arc::new(Mutex::new(table)));
    let mut followers = JoinSet::new();
    for table in &tables {
        followers.spawn(follow(client.clone(), Arc::clone(table)));
    }
    let generator = Bank::new(
        &GeneratorOptions { seed: 42, start_ms: now_ms(), step_us: step_us(Some(RECORDS_PER_SECOND)) },
        ACCOUNTS,
    );
    let topics = generator.topics().iter().map(|definition| definition.topic.into()).collect();
    let options = SenderOptions { in_flight: 1, rate: Some(RECORDS_PER_SECOND), count: None, topics };
    let mut sender = Sender::start(destination, Box::new(generator), options);
    tokio::select! {
        outcome = sender.finished(|_| {}) => return outcome,
        Some(ended) = followers.join_next() => return ended.map_err(|e| e.to_string())?,
        () = draw(&tables, style) => {}
        () = time_is_over(seconds) => {}
    }
    if !style_is_live(&style) {
        print!("{}", picture(&tables, &style));
    }
    let silent = tables.iter().find(|table| lock(table).changes() == 0);
    match silent {
        Some(table) if seconds.is_none_or(|seconds| seconds >= 5) => {
            Err(format!("no row of {} has come", lock(table).title()))
        }
        _ => Ok(()),
    }
}

async fn create_pipeline(client: &Client) -> Result<(), String> {
    for statement in weir_parser::split_statements(PIPELINE).map_err(|e| e.render(PIPELINE))? {
        let entities = client.statements(&statement.text).await.map_err(|e| e.to_string())?;
        let first_line = statement.text.lines().next().unwrap_or_default();
        let message =
            entities.first().and_then(|entity| entity["commandStatus"]["message"].as_str().map(str::to_string));
        println!(
            "  {}: {}",
            first_line.trim_end_matches([' ', '(']).trim_end_matches(" AS"),
            message.unwrap_or_default()
        );
    }
    Ok(())
}

fn how_to_connect(url: &str, kafka: Option<&str>, style: &Style) -> String {
    let heading = style.paint(Paint::Heading, "Try it from another terminal:");
    let kcat = kafka
        .map_or_else(String::new, |servers| format!("  kcat -C -u -b {servers} -t COUNT_TYPE_BY_ACCOUNT -K ' '\n"));
    format!(
        "\n{heading}
  weir sql {url}
  weir sql {url} -e \"SELECT * FROM COUNT_TYPE_BY_ACCOUNT WHERE ACCOUNT_ID = 'ACC0001';\"
  curl -s {url}/ksql -d '{{\"ksql\": \"SHOW QUERIES;\"}}'
  curl -sN {url}/query-stream -d '{{\"sql\": \"SELECT * FROM TRANSACTION_OUTCOMES EMIT CHANGES;\"}}'
{kcat}"
    )
}

fn volume_per_minute() -> LiveTable {
    LiveTable::new(
        "TRANSACTION_VOLUME_PER_MINUTE",
        "SELECT TIME_START, ACCOUNT_ID, TOTAL_AMOUNT FROM TRANSACTION_VOLUME_PER_MINUTE EMIT CHANGES;",
        &["TIME_START", "ACCOUNT_ID", "TOTAL_AMOUNT"],
        2,
        ACCOUNTS,
    )
}

fn counts_by_account() -> LiveTable {
    LiveTable::new(
        "COUNT_TYPE_BY_ACCOUNT",
        "SELECT ACCOUNT_ID, DEPOSIT_COUNT, WITHDRAW_COUNT FROM COUNT_TYPE_BY_ACCOUNT EMIT CHANGES;",
        &["ACCOUNT_ID", "DEPOSIT_COUNT", "WITHDRAW_COUNT"],
        1,
        ACCOUNTS,
    )
}

fn lock(table: &Mutex<LiveTable>) -> std::sync::MutexGuard<'_, LiveTable> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a table up to date with its push query. Ends only when the query does.
async fn follow(client: Client, table: Arc<Mutex<LiveTable>>) -> Result<(), String> {
    let title = lock(&table).title();
    let sql = lock(&table).sql();
    let mut settings = RequestSettings::default();
    settings.properties.insert("auto.offset.reset".to_string(), json!("earliest"));
    let mut lines = client.query(sql, &settings).await.map_err(|e| format!("{title}: {e}"))?;
    while let Some(line) = lines.next().await.map_err(|e| format!("{title}: {e}"))? {
        match Element::read(&line)? {
            Some(Element::Row { cells, tombstone, .. }) => lock(&table).apply(&cells, tombstone),
            Some(Element::Error { message, .. }) => return Err(format!("{title}: {message}")),
            _ => {}
        }
    }
    Err(format!("{title}: the query has ended"))
}

fn style_is_live(style: &Style) -> bool {
    style.width.is_some()
}

fn picture(tables: &[Arc<Mutex<LiveTable>>], style: &Style) -> String {
    tables.iter().map(|table| lock(table).picture(style)).collect::<Vec<_>>().join("\n") + "\n"
}

/// Draws for ever: in place on a terminal, else one picture after the other.
async fn draw(tables: &[Arc<Mutex<LiveTable>>], style: Style) {
    let live = style_is_live(&style);
    let mut screen = Screen::new(live);
    let mut tick = tokio::time::interval(if live { REFRESH } else { PRINT });
    tick.tick().await;
    loop {
        tick.tick().await;
        let footer = if live { style.paint(Paint::Comment, "Ctrl-C stops the server.") + "\n" } else { String::new() };
        if screen.show(&(picture(tables, &style) + &footer)).is_err() {
            // Nobody looks any more; the time or a signal ends it.
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for Ctrl-C, SIGTERM or the end of the given time.
async fn time_is_over(seconds: Option<u64>) {
    let without_terminal = (!std::io::stdout().is_terminal()).then_some(SECONDS_WITHOUT_TERMINAL);
    let end = seconds.or(without_terminal).map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let timer = async {
        match end {
            Some(end) => tokio::time::sleep_until(end).await,
            None => std::future::pending().await,
        }
    };
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = timer => {}
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
