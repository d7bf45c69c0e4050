//! A table that changes: the latest row of each key, and a screen that shows it in place.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use serde_json::Value as Json;

use crate::sql::{Paint, Style, cell_text};

/// Rows that are remembered beyond those shown.
const REMEMBERED: usize = 1_000;

/// The latest rows of a push query by key. Rows are ordered by key; of more than fit the last ones are shown.
pub struct LiveTable {
    title: &'static str,
    sql: &'static str,
    columns: &'static [&'static str],
    /// So many first columns are the key.
    key_columns: usize,
    rows_shown: usize,
    rows: BTreeMap<Vec<String>, Vec<String>>,
    changes: u64,
}

impl LiveTable {
    pub fn new(
        title: &'static str,
        sql: &'static str,
        columns: &'static [&'static str],
        key_columns: usize,
        rows_shown: usize,
    ) -> Self {
        Self { title, sql, columns, key_columns, rows_shown, rows: BTreeMap::new(), changes: 0 }
    }

    pub fn title(&self) -> &'static str {
        self.title
    }

    pub fn sql(&self) -> &'static str {
        self.sql
    }

    /// Rows that have come.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    pub fn apply(&mut self, cells: &[Json], tombstone: bool) {
        self.changes += 1;
        let row: Vec<String> = cells.iter().map(cell_text).collect();
        let key = row[..self.key_columns.min(row.len())].to_vec();
        if tombstone {
            self.rows.remove(&key);
        } else {
            self.rows.insert(key, row);
        }
        if self.rows.len() > REMEMBERED {
            self.rows.pop_first();
        }
    }

    pub fn picture(&self, style: &Style) -> String {
        let title = style.paint(Paint::Heading, self.title);
        let first = self.rows.len().saturating_sub(self.rows_shown);
        let rows: Vec<Vec<String>> = self.rows.values().skip(first).cloned().collect();
        format!("{title}  {} changes\n{}", self.changes, style.table(self.columns, &rows))
    }
}

/// Standard output; live, each picture takes the place of the one before.
pub struct Screen {
    live: bool,
    lines: usize,
}

impl Screen {
    pub fn new(live: bool) -> Self {
        Self { live, lines: 0 }
    }

    /// `picture` ends with a newline.
    pub fn show(&mut self, picture: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.live && self.lines > 0 {
            write!(out, "\x1b[{}A\x1b[J", self.lines)?;
        }
        self.lines = picture.lines().count();
        out.write_all(picture.as_bytes())?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_latest_row_of_each_key_is_shown() {
        let mut table = LiveTable::new("T", "", &["K", "N"], 1, 2);
        for (cells, tombstone) in [
            ([json!("b"), json!(1)], false),
            ([json!("a"), json!(1)], false),
            ([json!("c"), json!(1)], false),
            ([json!("b"), json!(2)], false),
            ([json!("c"), json!(null)], true),
        ] {
            table.apply(&cells, tombstone);
        }
        let picture = table.picture(&Style::PLAIN);
        assert!(picture.starts_with("T  5 changes\n"), "{picture}");
        let rows: Vec<&str> = picture.lines().filter(|line| line.contains("| a") || line.contains("| b")).collect();
        assert_eq!(rows, ["| a | 1 |", "| b | 2 |"]);
        assert!(!picture.contains("| c"));
    }
}
