//! What rustyline asks while a line is typed: colours, completion, and whether the statement has ended.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};
use tokio::runtime::Runtime;

use super::catalog::Catalog;
use super::command::Command;
use super::completion::candidates;
use super::highlight::highlight;
use super::style::{Paint, Style};
use crate::client::Client;

/// How long fetched names serve.
const CATALOG_AGE_MAX: Duration = Duration::from_secs(10);

pub struct StatementEditor {
    style: Style,
    runtime: Rc<Runtime>,
    client: RefCell<Client>,
    catalog: RefCell<(Catalog, Option<Instant>)>,
}

impl StatementEditor {
    pub fn new(style: Style, runtime: Rc<Runtime>, client: Client) -> Self {
        Self { style, runtime, client: RefCell::new(client), catalog: RefCell::default() }
    }

    /// Names are asked anew at the next Tab, from this server.
    pub fn forget_names(&self, client: &Client) {
        *self.client.borrow_mut() = client.clone();
        self.catalog.borrow_mut().1 = None;
    }

    /// Fetches the names unless they are fresh; without an answer the old ones stay.
    fn refresh(&self) {
        let fetched_at = self.catalog.borrow().1;
        if fetched_at.is_some_and(|at| at.elapsed() < CATALOG_AGE_MAX) {
            return;
        }
        let client = self.client.borrow().clone();
        let fetched = self.runtime.block_on(Catalog::fetch(&client));
        let mut catalog = self.catalog.borrow_mut();
        if let Some(fetched) = fetched {
            catalog.0 = fetched;
        }
        catalog.1 = Some(Instant::now());
    }
}

impl Helper for StatementEditor {}

impl Hinter for StatementEditor {
    type Hint = String;
}

impl Completer for StatementEditor {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        self.refresh();
        Ok(candidates(&line[..pos], &self.catalog.borrow().0))
    }
}

impl Highlighter for StatementEditor {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.style.colours { Cow::Owned(highlight(line, &self.style)) } else { Cow::Borrowed(line) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(self.style.paint(Paint::Heading, prompt))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.style.colours && kind != CmdKind::MoveCursor
    }
}

impl Validator for StatementEditor {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let ends = text.trim().is_empty() || Command::read(text).is_some() || weir_parser::is_complete(text);
        Ok(if ends { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}
