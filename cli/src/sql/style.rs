//! How text looks here: on a terminal with colours and box lines, elsewhere plain.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// Where output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns of the terminal; `None` when the output is no terminal, so that lines may have any length.
    pub width: Option<usize>,
    pub colours: bool,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Error,
    Warning,
    Heading,
    Keyword,
    Text,
    Number,
    Comment,
    Name,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Error => "31",
            Paint::Warning => "33",
            Paint::Heading => "1",
            Paint::Keyword => "1;34",
            Paint::Text => "32",
            Paint::Number => "36",
            Paint::Comment => "90",
            Paint::Name => "35",
        }
    }
}

impl Style {
    pub const PLAIN: Style = Style { width: None, colours: false };

    /// What standard output can show. `NO_COLOR` is honoured.
    pub fn of_stdout() -> Self {
        use std::io::IsTerminal as _;
        if !std::io::stdout().is_terminal() {
            return Self::PLAIN;
        }
        let width = Table::new().width().map_or(80, usize::from);
        let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { width: Some(width.max(20)), colours }
    }

    pub fn paint(&self, paint: Paint, text: &str) -> String {
        if self.colours { format!("\x1b[{}m{text}\x1b[0m", paint.code()) } else { text.to_string() }
    }

    /// The line between two columns.
    pub fn bar(&self) -> char {
        if self.width.is_some() { '│' } else { '|' }
    }

    /// Breaks long lines at blanks so that they fit behind `indent` columns; every line but the first is indented by as much,
    /// and what was broken off by four more.
    pub fn wrap(&self, text: &str, indent: usize) -> String {
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(20));
        let lines: Vec<String> = text.lines().flat_map(|line| broken(line, room)).collect();
        lines.join(&format!("\n{}", " ".repeat(indent)))
    }

    /// A whole table. Columns whose cells are all numbers stand right.
    pub fn table<H: AsRef<str>>(&self, header: &[H], rows: &[Vec<String>]) -> String {
        let mut table = Table::new();
        table.load_style(if self.width.is_some() {
            presets::UTF8_FULL_CONDENSED
        } else {
            presets::ASCII_FULL_CONDENSED
        });
        match self.width {
            Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width as u16),
            None => table.set_content_arrangement(ContentArrangement::Disabled),
        };
        table.set_header(header.iter().map(|name| Cell::new(name.as_ref())).collect::<Vec<_>>());
        let right: Vec<bool> = (0..header.len()).map(|column| is_numeric(rows, column)).collect();
        for row in rows {
            let cells = row.iter().zip(&right).map(|(text, right)| {
                let alignment = if *right { CellAlignment::Right } else { CellAlignment::Left };
                Cell::new(text).set_alignment(alignment)
            });
            table.add_row(cells.collect::<Vec<_>>());
        }
        table.to_string()
    }
}

/// A line in parts of at most `room` characters, but for words that are longer. The parts keep its indentation.
fn broken(line: &str, room: usize) -> Vec<String> {
    let line = line.trim_end();
    let margin = " ".repeat(line.len() - line.trim_start().len());
    let mut parts = Vec::new();
    let mut part = margin.clone();
    for word in line.trim_start().split(' ') {
        let is_first = part.trim().is_empty();
        if !is_first && part.chars().count() + 1 + word.chars().count() > room {
            parts.push(std::mem::replace(&mut part, format!("{margin}    {word}")));
            continue;
        }
        if !is_first {
            part.push(' ');
        }
        part.push_str(word);
    }
    parts.push(part);
    parts
}

fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.get(column).is_some_and(|text| text.parse::<f64>().is_ok()))
}

/// The text of a JSON value in a cell: strings bare, control characters made visible.
pub fn cell_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => visible(text),
        other => visible(&other.to_string()),
    }
}

/// Text from outside must not steer the terminal.
pub fn visible(text: &str) -> String {
    if !text.contains(char::is_control) {
        return text.to_string();
    }
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_fit_the_terminal() {
        let style = Style { width: Some(30), colours: false };
        let rows = vec![vec!["1".to_string(), "a long text that does not fit on one line".to_string()]];
        let text = style.table(&["N", "TEXT"], &rows);
        assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
        assert!(
            Style::PLAIN.table(&["N", "TEXT"], &rows).contains("| 1 | a long text that does not fit on one line |")
        );
    }

    #[test]
    fn long_lines_are_broken_at_blanks() {
        fn check(width: Option<usize>, text: &str, indent: usize, expected: &str) {
            assert_eq!(Style { width, colours: false }.wrap(text, indent), expected, "{text}");
        }
        check(None, "a b  c\n  d", 2, "a b  c\n    d");
        check(Some(24), "one two three four five six", 2, "one two three four\n      five six");
        check(Some(20), "  SELECT one, two, three", 0, "  SELECT one, two,\n      three");
        check(Some(20), "a_word_that_does_not_fit_at_all b", 0, "a_word_that_does_not_fit_at_all\n    b");
        check(Some(20), "", 5, "");
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(cell_text(&serde_json::json!("a\u{1b}[2Jb\n")), "a\\u{1b}[2Jb\\n");
        assert_eq!(cell_text(&serde_json::json!({"A": [1, null]})), r#"{"A":[1,null]}"#);
    }
}
