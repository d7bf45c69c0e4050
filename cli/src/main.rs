//! The binary `weir`: one program for the server, the SQL shell, test cases, generated data and a demonstration.
//!
//! This file reads the command line and starts what was asked for; each command has a module.

mod cases;
mod client;
mod datagen;
mod demo;
mod functions;
mod serve;
mod sql;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Threads that answer requests; queries run on threads of their own.
const SERVER_THREADS: usize = 2;

/// Streaming SQL in one binary, with ksqlDB's language and REST API.
#[derive(Parser, Debug)]
#[command(
    name = "weir",
    version,
    after_help = "Examples:
  weir demo                  see it work
  weir server                run a server on port 8088
  weir sql                   type SQL at it
  weir datagen pageviews     give it data"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Server(serve::ServerArguments),
    Sql(sql::SqlArguments),
    Test(cases::TestArguments),
    Datagen(datagen::DatagenArguments),
    Demo(demo::DemoArguments),
    Functions(functions::FunctionsArguments),
}

fn main() -> ExitCode {
    let (name, outcome) = match Arguments::parse().command {
        Command::Server(arguments) => ("server", on_threads(serve::run(&arguments)).map(|()| true)),
        Command::Sql(arguments) => ("sql", sql::run(&arguments)),
        Command::Test(arguments) => ("test", cases::run(&arguments)),
        Command::Datagen(arguments) => ("datagen", on_threads(datagen::run(&arguments)).map(|()| true)),
        Command::Functions(arguments) => ("functions", functions::run(&arguments).map(|()| true)),
        Command::Demo(arguments) => ("demo", on_threads(demo::run(&arguments)).map(|()| true)),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("weir {name}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn on_threads<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(SERVER_THREADS)
        .enable_all()
        .build()
        .map_err(|e| format!("no threads can be started: {e}"))?;
    runtime.block_on(work)
}
