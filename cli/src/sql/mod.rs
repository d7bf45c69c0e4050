//! `weir sql`: a shell for a server, or statements from the command line, a file or a pipe.
//!
//! `session` runs statements and prints answers; `route` says where a statement goes; `entity` and `rows` turn answers into
//! tables; `shell`, `editor`, `completion`, `highlight` and `command` are what a person at a terminal needs besides.

mod catalog;
mod command;
mod completion;
mod editor;
mod entity;
mod highlight;
mod route;
mod rows;
mod session;
mod shell;
mod style;
#[cfg(test)]
mod tests;

use std::io::{BufWriter, ErrorKind, IsTerminal as _, Read as _, Write as _};
use std::path::PathBuf;
use std::rc::Rc;

use clap::Args;

pub use rows::Element;
pub use session::{OutputFormat, Session, Stop};
pub use style::{Paint, Style, cell_text};

use crate::client::Client;

/// Type SQL at a server, or run statements and leave.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  weir sql
  weir sql http://db:8088 -e 'SHOW STREAMS;'
  weir sql -f pipeline.sql --define topic=orders
  echo 'SELECT * FROM T;' | weir sql --output JSON

With -e, -f or a pipe the first failing statement ends the run with exit code 1.")]
pub struct SqlArguments {
    /// The server
    #[arg(default_value = crate::client::DEFAULT_URL)]
    url: String,
    /// Statements to run; the last semicolon may be missing
    #[arg(short, long, value_name = "STATEMENTS", conflicts_with = "file")]
    execute: Option<String>,
    /// A script to run
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How answers are printed
    #[arg(long, value_name = "FORMAT", value_enum, ignore_case = true, default_value_t = OutputFormat::Tabular)]
    output: OutputFormat,
    /// A variable for ${NAME} in statements
    #[arg(short = 'd', long = "define", value_name = "NAME=VALUE", value_parser = parse_variable)]
    variables: Vec<(String, String)>,
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_string(), value.to_string())),
        _ => Err("expected NAME=VALUE".to_string()),
    }
}

/// `Ok(false)` when a statement failed, which has been told.
pub fn run(arguments: &SqlArguments) -> Result<bool, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let runtime = Rc::new(runtime);
    let client = Client::new(&arguments.url).map_err(|e| e.to_string())?;
    let style = Style::of_stdout();
    let mut session = Session::new(client, arguments.output, style);
    for (name, value) in &arguments.variables {
        session.variables.define(name, value.as_str());
    }
    let is_script = arguments.execute.is_some() || arguments.file.is_some() || !std::io::stdin().is_terminal();
    if !is_script {
        return shell::run(session, &runtime).map(|()| true);
    }
    let mut out = BufWriter::new(std::io::stdout());
    let outcome = runtime.block_on(async {
        match (&arguments.execute, &arguments.file) {
            (Some(text), _) => session.run(text, &mut out).await,
            (None, Some(path)) => session.run_file(path, &mut out).await,
            (None, None) => session.run(&piped()?, &mut out).await,
        }
    });
    let outcome = outcome.and_then(|()| out.flush().map_err(Stop::Output));
    match outcome {
        Ok(()) => Ok(true),
        Err(Stop::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(true),
        Err(Stop::Output(error)) => Err(error.to_string()),
        Err(Stop::Interrupted) => Ok(false),
        Err(Stop::Failed(message)) => {
            // What was answered before stands before the error.
            let _ = out.flush();
            let errors = Style { colours: style.colours && std::io::stderr().is_terminal(), ..style };
            eprintln!("{}", errors.paint(Paint::Error, &message));
            Ok(false)
        }
    }
}

fn piped() -> Result<String, Stop> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|e| Stop::Failed(format!("standard input: {e}")))?;
    Ok(text)
}
