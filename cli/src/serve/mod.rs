//! `weir server`: a node over a data folder, until it is told to stop.

mod properties_file;

use std::fmt::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use weir_engine::config::Config;
use weir_server::properties;
use weir_server::server::{Server, ServerOptions};

const DEFAULT_LISTEN: &str = "0.0.0.0:8088";
const DEFAULT_DATA_DIR: &str = "weir-data";
/// Warnings, and how the rebuilding of state goes on.
const DEFAULT_LOG: &str = "warn,weir::restore=info";

/// Run the server.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weir server
  weir server --listen 127.0.0.1:8088 --data-dir /var/lib/weir
  weir server --bootstrap-servers localhost:9092
  weir server --config ksql-server.properties --set ksql.service.id=orders_")]
pub struct ServerArguments {
    /// Address and port [default: `listeners` of the configuration, else 0.0.0.0:8088]
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Folder of topics, state and the command log; made when missing
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
    data_dir: PathBuf,
    /// Kafka brokers to work on [default: `bootstrap.servers` of the configuration, else the embedded log]
    #[arg(long, value_name = "HOST:PORT,...")]
    bootstrap_servers: Option<String>,
    /// Properties in the syntax of ksql-server.properties
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A property; stands over the file
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_setting)]
    settings: Vec<(String, String)>,
    /// What is logged to standard error: error, warn, info, debug, trace or a filter [default: RUST_LOG, else warn
    /// and the progress of restoring state]
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_string(), value.trim().to_string())),
        _ => Err("expected KEY=VALUE".to_string()),
    }
}

/// Serves until Ctrl-C or SIGTERM. Errors are one line.
pub async fn run(arguments: &ServerArguments) -> Result<(), String> {
    start_log(arguments.log.as_deref())?;
    let options = options(arguments)?;
    let data_dir = arguments.data_dir.display().to_string();
    let (mut interrupt, mut terminate) = (listen_for(SignalKind::interrupt())?, listen_for(SignalKind::terminate())?);
    let server = Server::start(options).await.map_err(|e| one_line(&e.to_string()))?;
    println!("weir {} listens on http://{}, data in {data_dir}", env!("CARGO_PKG_VERSION"), server.address);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    server.stop().await.map_err(|e| one_line(&e.to_string()))
}

fn listen_for(kind: SignalKind) -> Result<tokio::signal::unix::Signal, String> {
    signal(kind).map_err(|e| format!("signals cannot be received: {e}"))
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Logs to standard error; `--log` stands over `RUST_LOG`.
fn start_log(level: Option<&str>) -> Result<(), String> {
    use std::io::IsTerminal as _;
    let wanted = match level {
        Some(level) => level.to_string(),
        None => std::env::var("RUST_LOG").ok().filter(|text| !text.is_empty()).unwrap_or_else(|| DEFAULT_LOG.to_string()),
    };
    let filter = tracing_subscriber::EnvFilter::try_new(&wanted).map_err(|e| format!("--log {wanted}: {e}"))?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A log that was started by someone else stays.
    let _ = subscriber.with_ansi(std::io::stderr().is_terminal()).try_init();
    Ok(())
}

/// File, then `--set`, then the flags of their own.
fn options(arguments: &ServerArguments) -> Result<ServerOptions, String> {
    let mut settings = match &arguments.config {
        Some(path) => read(path)?,
        None => Vec::new(),
    };
    let from_flags = arguments.settings.iter().cloned();
    settings.extend(from_flags.map(|(name, value)| Setting { name, value, place: "--set".to_string() }));
    settings.extend(arguments.bootstrap_servers.iter().map(|servers| Setting {
        name: "bootstrap.servers".to_string(),
        value: servers.clone(),
        place: "--bootstrap-servers".to_string(),
    }));
    let listen = match &arguments.listen {
        Some(text) => resolve(text).map_err(|e| format!("--listen {text}: {e}"))?,
        None => match settings.iter().rev().find(|setting| setting.name == "listeners") {
            Some(setting) => listener(&setting.value).map_err(|e| format!("{}: listeners {e}", setting.place))?,
            None => resolve(DEFAULT_LISTEN)?,
        },
    };
    let mut config = Config::default();
    for setting in settings {
        check(&setting).map_err(|e| format!("{}: {}: {e}", setting.place, setting.name))?;
        config.set(&setting.name, setting.value);
    }
    Ok(ServerOptions { listen, data_dir: Some(arguments.data_dir.clone()), config })
}

/// A property and where it was set, for messages.
#[derive(Debug)]
struct Setting {
    name: String,
    value: String,
    place: String,
}

/// Values must fit their property. Unknown names may belong to other programs that read the same file, but not ours.
fn check(setting: &Setting) -> Result<(), String> {
    if properties::is_misspelled(&setting.name) {
        return Err("there is no such property".to_string());
    }
    properties::check_override(&setting.name, &setting.value)
}

fn read(path: &Path) -> Result<Vec<Setting>, String> {
    let file = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| format!("{file}: {e}"))?;
    let properties = properties_file::parse(&text).map_err(|e| format!("{file}:{}: {}", e.line, e.message))?;
    Ok(properties
        .into_iter()
        .map(|p| Setting { name: p.name, value: p.value.trim_end().to_string(), place: format!("{file}:{}", p.line) })
        .collect())
}

/// The address of the first of `http://host:port,...`.
fn listener(text: &str) -> Result<SocketAddr, String> {
    let first = text.split(',').next().unwrap_or_default().trim();
    let Some(address) = first.strip_prefix("http://") else {
        let mut message = format!("`{first}` is not supported; use http://HOST:PORT");
        if first.starts_with("https://") {
            let _ = write!(message, " and put TLS in front of it");
        }
        return Err(message);
    };
    resolve(address.trim_end_matches('/')).map_err(|e| format!("`{first}`: {e}"))
}

fn resolve(text: &str) -> Result<SocketAddr, String> {
    let with_host = if text.starts_with(':') { format!("0.0.0.0{text}") } else { text.to_string() };
    let mut found = with_host.to_socket_addrs().map_err(|e| format!("{e}; expected HOST:PORT"))?;
    found.next().ok_or_else(|| "the host has no address".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(config: Option<PathBuf>, settings: &[(&str, &str)], listen: Option<&str>) -> ServerArguments {
        ServerArguments {
            listen: listen.map(str::to_string),
            data_dir: PathBuf::from("d"),
            bootstrap_servers: None,
            config,
            settings: settings.iter().map(|(n, v)| ((*n).to_string(), (*v).to_string())).collect(),
            log: None,
        }
    }

    #[test]
    fn listen_stands_over_set_over_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ksql-server.properties");
        std::fs::write(&file, "# ports\nlisteners=http://127.0.0.1:1111\nksql.service.id=file_\n").unwrap();
        let made = options(&arguments(Some(file.clone()), &[], None)).unwrap();
        assert_eq!((made.listen.port(), made.config.get("ksql.service.id")), (1111, Some("file_")));
        let settings = [("listeners", "http://127.0.0.1:2222"), ("ksql.service.id", "set_")];
        let made = options(&arguments(Some(file.clone()), &settings, None)).unwrap();
        assert_eq!((made.listen.port(), made.config.get("ksql.service.id")), (2222, Some("set_")));
        let made = options(&arguments(Some(file), &settings, Some("127.0.0.1:3333"))).unwrap();
        assert_eq!(made.listen.port(), 3333);
        assert_eq!(options(&arguments(None, &[], None)).unwrap().listen.to_string(), DEFAULT_LISTEN);
    }

    #[test]
    fn errors_name_file_line_and_property() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p");
        std::fs::write(&file, "a=1\nlisteners=https://h:1\n").unwrap();
        let error = options(&arguments(Some(file.clone()), &[], None)).unwrap_err();
        assert!(error.starts_with(&format!("{}:2: listeners `https://h:1`", file.display())), "{error}");
        std::fs::write(&file, "a=1\n\n=x\n").unwrap();
        let error = options(&arguments(Some(file.clone()), &[], None)).unwrap_err();
        assert!(error.starts_with(&format!("{}:3: ", file.display())), "{error}");
        let error = options(&arguments(Some(folder.path().join("none")), &[], None)).unwrap_err();
        assert!(error.contains("none: "), "{error}");
    }
}
