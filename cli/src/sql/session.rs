//! One session: statements in, answers out. Keeps what the server does not: properties, variables and the output format.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use weir_parser::{Grammar, ParseError, StatementText, VariableMap, parse_single, split_statements_of};

use super::entity;
use super::route::{Route, SessionStatement};
use super::rows::{CellSettings, Column, Element, GrowingTable, texts};
use super::style::{Paint, Style, visible};
use crate::client::{Client, ClientError, Lines, RequestSettings};

/// Rows of a pull answer that are kept to make one table of; a longer answer grows row by row.
const PULL_ROWS_MAX: usize = 500;
/// How deep scripts may run scripts.
const SCRIPT_DEPTH_MAX: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum OutputFormat {
    Tabular,
    Json,
}

/// Why a session stopped working through its statements.
#[derive(Debug)]
pub enum Stop {
    /// A statement failed; the text says why.
    Failed(String),
    /// Ctrl-C.
    Interrupted,
    /// Nobody reads the output any more.
    Output(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Output(error)
    }
}

impl From<ClientError> for Stop {
    fn from(error: ClientError) -> Self {
        let detail = match &error {
            ClientError::Refused { body, .. } => body["entities"].as_array().is_some_and(|e| !e.is_empty()),
            _ => false,
        };
        let message = error.to_string();
        match error {
            ClientError::Refused { body, .. } if detail => Stop::Failed(format!("{message}\n{}", body["entities"])),
            _ => Stop::Failed(message),
        }
    }
}

pub struct Session {
    pub client: Client,
    pub format: OutputFormat,
    pub style: Style,
    pub cells: CellSettings,
    pub variables: VariableMap,
    properties: Map<String, Json>,
    /// The last command that the server applied for this session.
    last_command: Option<i64>,
    script_depth: usize,
    /// Where relative script paths start.
    folder: Option<PathBuf>,
}

impl Session {
    pub fn new(client: Client, format: OutputFormat, style: Style) -> Self {
        Self {
            client,
            format,
            style,
            cells: CellSettings::default(),
            variables: VariableMap::default(),
            properties: Map::new(),
            last_command: None,
            script_depth: 0,
            folder: None,
        }
    }

    /// Goes on with another server; properties and variables stay.
    pub fn move_to(&mut self, client: Client) {
        self.client = client;
        self.last_command = None;
    }

    /// Runs all statements of a text; stops at the first that fails.
    pub async fn run(&mut self, text: &str, out: &mut dyn Write) -> Result<(), Stop> {
        let (text, statements) = split(text).map_err(|error| refused(text, &error))?;
        for statement in &statements {
            let parsed = parse_single(statement, &self.variables).map_err(|error| refused(&text, &error))?;
            let route = Route::of(&parsed.statement);
            tokio::select! {
                outcome = self.execute(route, statement, out) => outcome?,
                _ = tokio::signal::ctrl_c() => return Err(Stop::Interrupted),
            }
        }
        Ok(())
    }

    /// Runs a script file; scripts that it names are looked for beside it.
    pub async fn run_file(&mut self, path: &Path, out: &mut dyn Write) -> Result<(), Stop> {
        let path = match &self.folder {
            Some(folder) => folder.join(path),
            None => path.to_path_buf(),
        };
        let text = std::fs::read_to_string(&path).map_err(|e| Stop::Failed(format!("{}: {e}", path.display())))?;
        if self.script_depth == SCRIPT_DEPTH_MAX {
            return Err(Stop::Failed(format!(
                "{}: scripts run scripts more than {SCRIPT_DEPTH_MAX} deep",
                path.display()
            )));
        }
        self.script_depth += 1;
        let outer = std::mem::replace(&mut self.folder, path.parent().map(Path::to_path_buf));
        let outcome = Box::pin(self.run(&text, out)).await;
        self.folder = outer;
        self.script_depth -= 1;
        outcome
    }

    async fn execute(&mut self, route: Route, statement: &StatementText, out: &mut dyn Write) -> Result<(), Stop> {
        match route {
            Route::Push => self.query(&statement.text, true, out).await,
            Route::Pull => self.query(&statement.text, false, out).await,
            Route::Print => self.print(&statement.text, out).await,
            Route::Statement => self.statement(&statement.text, out).await,
            Route::Session(statement) => self.session_statement(statement, out).await,
        }
    }

    async fn statement(&mut self, sql: &str, out: &mut dyn Write) -> Result<(), Stop> {
        let entities = self.client.statements_with(sql, &self.settings(), self.last_command).await?;
        let numbers = entities.iter().filter_map(|entity| entity["commandSequenceNumber"].as_i64());
        self.last_command = numbers.filter(|number| *number >= 0).max().or(self.last_command);
        if self.format == OutputFormat::Json {
            writeln!(out, "{:#}", Json::Array(entities.clone()))?;
        }
        if let Some(message) = entities.iter().find_map(entity::failure) {
            return Err(Stop::Failed(message));
        }
        if self.format == OutputFormat::Tabular {
            for entity in &entities {
                self.show(entity, out)?;
            }
        }
        Ok(())
    }

    fn show(&self, entity: &Json, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            OutputFormat::Json => writeln!(out, "{:#}", Json::Array(vec![entity.clone()])),
            OutputFormat::Tabular => writeln!(out, "{}", entity::render(entity, &self.style)),
        }
    }

    async fn print(&mut self, sql: &str, out: &mut dyn Write) -> Result<(), Stop> {
        let mut lines = self.client.print(sql, &self.settings()).await?;
        while let Some(line) = lines.next().await? {
            writeln!(out, "{}", visible(&line))?;
            if !lines.has_line() {
                out.flush()?;
            }
        }
        self.note(out, "Topic printing ceased")
    }

    async fn query(&mut self, sql: &str, push: bool, out: &mut dyn Write) -> Result<(), Stop> {
        let mut lines = self.client.query(sql, &self.settings()).await?;
        match self.format {
            OutputFormat::Json => json_rows(&mut lines, out).await,
            OutputFormat::Tabular => self.table_rows(&mut lines, push, out).await,
        }
    }

    async fn table_rows(&self, lines: &mut Lines, push: bool, out: &mut dyn Write) -> Result<(), Stop> {
        let mut answer = AnswerTable::new(self.style, self.cells, push);
        while let Some(line) = lines.next().await? {
            match Element::read(&line).map_err(Stop::Failed)? {
                Some(Element::Header { columns, .. }) => answer.header(columns, out)?,
                Some(Element::Row { cells, tombstone, .. }) => answer.row(&cells, tombstone, out)?,
                Some(Element::Final(message)) => {
                    answer.end(out)?;
                    self.note(out, &message)?;
                }
                Some(Element::Error { message, .. }) => {
                    answer.end(out)?;
                    return Err(Stop::Failed(message));
                }
                Some(Element::Unknown) | None => {}
            }
            if !lines.has_line() {
                out.flush()?;
            }
        }
        answer.end(out)?;
        if push { self.note(out, "Query terminated") } else { Ok(()) }
    }

    /// A remark for a person, which a program that reads the output need not see.
    fn note(&self, out: &mut dyn Write, text: &str) -> Result<(), Stop> {
        if self.style.width.is_some() && self.format == OutputFormat::Tabular {
            writeln!(out, "{}", self.style.paint(Paint::Comment, text))?;
        }
        out.flush()?;
        Ok(())
    }

    async fn session_statement(&mut self, statement: SessionStatement, out: &mut dyn Write) -> Result<(), Stop> {
        match statement {
            SessionStatement::Set { name, value } => self.set(name, value, out).await,
            SessionStatement::Unset { name } => self.unset(&name, out),
            SessionStatement::Define { name, value } => {
                self.variables.define(&name, value);
                Ok(())
            }
            SessionStatement::Undefine { name } => {
                if !self.variables.undefine(&name) {
                    self.say(out, &format!("Cannot undefine variable '{name}' which was never defined"))?;
                }
                Ok(())
            }
            SessionStatement::ShowVariables => {
                let entries = self.variables.entries();
                let variables: Vec<Json> =
                    entries.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
                Ok(self.show(&json!({"@type": "variables", "variables": variables, "warnings": []}), out)?)
            }
            SessionStatement::RunScript { path } => Box::pin(self.run_file(Path::new(&path), out)).await,
        }
    }

    async fn set(&mut self, name: String, value: String, out: &mut dyn Write) -> Result<(), Stop> {
        self.client.check_property(&name).await?;
        let before = self.properties.insert(name.clone(), Json::String(value.clone()));
        let text = match before.as_ref().and_then(Json::as_str) {
            Some(before) => format!("Property '{name}' changed from '{before}' to '{value}'."),
            None => format!("Property '{name}' is set to '{value}'."),
        };
        self.say(out, &text)
    }

    fn unset(&mut self, name: &str, out: &mut dyn Write) -> Result<(), Stop> {
        match self.properties.shift_remove(name) {
            Some(value) => {
                let value = value.as_str().unwrap_or_default();
                self.say(out, &format!("Property '{name}' is unset; it was '{value}'."))
            }
            None => Err(Stop::Failed(format!("Cannot unset property '{name}' which was never set"))),
        }
    }

    /// A message of the session itself; JSON output holds the server's answers only.
    fn say(&self, out: &mut dyn Write, text: &str) -> Result<(), Stop> {
        if self.format == OutputFormat::Tabular {
            writeln!(out, "{text}")?;
        }
        Ok(())
    }

    fn settings(&self) -> RequestSettings {
        let entries = self.variables.entries();
        let variables = entries.into_iter().map(|(name, value)| (name.to_string(), Json::String(value.to_string())));
        RequestSettings { properties: self.properties.clone(), variables: variables.collect() }
    }
}

/// The statements of a text, whose last `;` may be missing, and the text that their places refer to. The place of an
/// error refers to the given text.
fn split(text: &str) -> Result<(String, Vec<StatementText>), ParseError> {
    let error = match split_statements_of(text, Grammar::TestScript) {
        Ok(statements) => return Ok((text.to_string(), statements)),
        Err(error) if weir_parser::is_complete(text) => return Err(error),
        Err(error) => error,
    };
    let ended = format!("{text}\n;");
    match split_statements_of(&ended, Grammar::TestScript) {
        Ok(statements) => Ok((ended, statements)),
        Err(_) => Err(error),
    }
}

fn refused(text: &str, error: &ParseError) -> Stop {
    Stop::Failed(error.render(text))
}

/// Elements as they came, each a JSON document on a line.
async fn json_rows(lines: &mut Lines, out: &mut dyn Write) -> Result<(), Stop> {
    while let Some(line) = lines.next().await? {
        match Element::read(&line).map_err(Stop::Failed)? {
            Some(Element::Header { raw, .. } | Element::Row { raw, .. }) => writeln!(out, "{raw}")?,
            Some(Element::Error { message, raw }) => {
                writeln!(out, "{raw}")?;
                return Err(Stop::Failed(message));
            }
            Some(Element::Final(_) | Element::Unknown) | None => {}
        }
        if !lines.has_line() {
            out.flush()?;
        }
    }
    Ok(())
}

/// Rows of an answer: kept for one well-fitting table, or shown as they come.
struct AnswerTable {
    style: Style,
    cells: CellSettings,
    columns: Vec<Column>,
    /// Rows that were not shown yet; only before the table grows.
    kept: Vec<(Vec<Json>, bool)>,
    growing: Option<GrowingTable>,
    push: bool,
    ended: bool,
}

impl AnswerTable {
    fn new(style: Style, cells: CellSettings, push: bool) -> Self {
        Self { style, cells, columns: Vec::new(), kept: Vec::new(), growing: None, push, ended: false }
    }

    fn header(&mut self, columns: Vec<Column>, out: &mut dyn Write) -> io::Result<()> {
        self.columns = columns;
        if self.push { self.grow(out) } else { Ok(()) }
    }

    fn row(&mut self, cells: &[Json], tombstone: bool, out: &mut dyn Write) -> io::Result<()> {
        if let Some(table) = &mut self.growing {
            return writeln!(out, "{}", table.row(cells, tombstone));
        }
        self.kept.push((cells.to_vec(), tombstone));
        if self.kept.len() > PULL_ROWS_MAX { self.grow(out) } else { Ok(()) }
    }

    fn grow(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let table = self.growing.insert(GrowingTable::new(self.columns.clone(), self.style, self.cells));
        writeln!(out, "{}", table.header())?;
        for (cells, tombstone) in std::mem::take(&mut self.kept) {
            writeln!(out, "{}", table.row(&cells, tombstone))?;
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if std::mem::replace(&mut self.ended, true) || self.growing.is_some() || self.columns.is_empty() {
            return Ok(());
        }
        let header: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let rows: Vec<Vec<String>> = self.kept.iter().map(|(cells, tombstone)| texts(cells, *tombstone)).collect();
        writeln!(out, "{}", self.style.table(&header, &rows))
    }
}
