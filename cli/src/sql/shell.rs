//! The shell: reads statements at a prompt until the user leaves.

use std::io::Write as _;
use std::path::PathBuf;
use std::rc::Rc;

use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History as _, SearchDirection};
use rustyline::{CompletionType, Config, Editor};
use tokio::runtime::Runtime;

use super::command::{Command, HELP};
use super::editor::StatementEditor;
use super::rows::CellSettings;
use super::session::{OutputFormat, Session, Stop};
use super::style::{Paint, Style};
use crate::client::Client;

const PROMPT: &str = "weir> ";
const HISTORY_FILE: &str = ".weir-history";
const HISTORY_MAX: usize = 2_000;

type LineEditor = Editor<StatementEditor, FileHistory>;

/// Reads and runs statements until `exit` or Ctrl-D.
pub fn run(mut session: Session, runtime: &Rc<Runtime>) -> Result<(), String> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(HISTORY_MAX)
        .and_then(|config| config.history_ignore_dups(true))
        .map_err(|e| e.to_string())?
        .build();
    let mut editor = LineEditor::with_config(config).map_err(|e| e.to_string())?;
    editor.set_helper(Some(StatementEditor::new(session.style, Rc::clone(runtime), session.client.clone())));
    let history = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(HISTORY_FILE));
    if let Some(path) = &history {
        // There is none before the first time.
        let _ = editor.load_history(path);
    }
    println!("{}", runtime.block_on(greeting(&session.client)));
    println!("`help` shows what can be typed here; Ctrl-D leaves.");
    loop {
        let text = match editor.readline(PROMPT) {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error.to_string()),
        };
        if text.trim().is_empty() {
            continue;
        }
        // A history that cannot be kept must not stop the work.
        let _ = editor.add_history_entry(text.trim());
        if let Some(path) = &history {
            let _ = editor.append_history(path);
        }
        match Command::read(&text) {
            Some(Command::Exit) => break,
            Some(command) => command_line(command, &mut session, &mut editor, runtime),
            None => statements(&text, &mut session, runtime),
        }
        if let Some(helper) = editor.helper() {
            helper.forget_names(&session.client);
        }
    }
    Ok(())
}

fn statements(text: &str, session: &mut Session, runtime: &Runtime) {
    // The terminal may have another size by now.
    session.style = Style::of_stdout();
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let outcome = runtime.block_on(session.run(text, &mut out));
    let _ = out.flush();
    drop(out);
    match outcome {
        Ok(()) | Err(Stop::Output(_)) => {}
        Err(Stop::Interrupted) => println!("\n{}", session.style.paint(Paint::Comment, "Query terminated")),
        Err(Stop::Failed(message)) => println!("{}", session.style.paint(Paint::Error, &message)),
    }
}

fn command_line(command: Command, session: &mut Session, editor: &mut LineEditor, runtime: &Runtime) {
    match command {
        Command::Help => println!("{HELP}"),
        Command::Clear => {
            let _ = editor.clear_screen();
        }
        Command::History => history(editor),
        Command::Version => {
            println!("weir {}; {}", env!("CARGO_PKG_VERSION"), runtime.block_on(greeting(&session.client)));
        }
        Command::Server(None) => println!("{}", session.client.url()),
        Command::Server(Some(url)) => match Client::new(&url) {
            Ok(client) => {
                println!("{}", runtime.block_on(greeting(&client)));
                session.move_to(client);
            }
            Err(error) => println!("{}", session.style.paint(Paint::Error, &error.to_string())),
        },
        Command::Output(None) => println!("{:?}", session.format),
        Command::Output(Some(word)) => match word.to_ascii_uppercase().as_str() {
            "JSON" => session.format = OutputFormat::Json,
            "TABULAR" => session.format = OutputFormat::Tabular,
            _ => println!("{}", session.style.paint(Paint::Error, "Output is TABULAR or JSON.")),
        },
        Command::Wrap(wrap) => session.cells.wrap = wrap,
        Command::ColumnWidth(column_width) => session.cells = CellSettings { column_width, ..session.cells },
        Command::Exit => {}
    }
}

fn history(editor: &LineEditor) {
    let entries = editor.history();
    for index in 0..entries.len() {
        if let Ok(Some(entry)) = entries.get(index, SearchDirection::Forward) {
            println!("{:5}: {}", index + 1, entry.entry);
        }
    }
}

/// One line about the server, reachable or not.
async fn greeting(client: &Client) -> String {
    match client.info().await {
        Ok(info) => format!(
            "Server {} at {}, status {}.",
            info["version"].as_str().unwrap_or("of unknown version"),
            client.url(),
            info["serverStatus"].as_str().unwrap_or("unknown")
        ),
        Err(error) => format!("WARNING: {error}"),
    }
}
