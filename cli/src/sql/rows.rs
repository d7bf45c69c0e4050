//! Query results: the elements of the StreamedRow framing, and a table that grows row by row.

use serde_json::Value as Json;

use super::style::{Paint, Style, cell_text};

/// One line of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    Header {
        columns: Vec<Column>,
        raw: Json,
    },
    Row {
        cells: Vec<Json>,
        tombstone: bool,
        raw: Json,
    },
    /// `Limit Reached`, `Query Completed`.
    Final(String),
    Error {
        message: String,
        raw: Json,
    },
    /// Something that a later server may send; it is passed over.
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub data_type: String,
}

impl Element {
    /// Reads a line; `None` when nothing but the array's brackets is on it.
    pub fn read(line: &str) -> Result<Option<Self>, String> {
        let text = line.trim().trim_start_matches('[').trim_end_matches([',', ']']);
        if text.is_empty() {
            return Ok(None);
        }
        let mut object: Json = serde_json::from_str(text).map_err(|e| format!("`{text}` is no JSON: {e}"))?;
        if object["header"].is_object() {
            let raw = object["header"].take();
            let columns = columns(raw["schema"].as_str().unwrap_or_default());
            return Ok(Some(Element::Header { columns, raw }));
        }
        if object["row"].is_object() {
            let raw = object["row"].take();
            let cells = raw["columns"].as_array().cloned().unwrap_or_default();
            return Ok(Some(Element::Row { cells, tombstone: raw["tombstone"] == true, raw }));
        }
        if let Some(message) = object["finalMessage"].as_str() {
            return Ok(Some(Element::Final(message.to_string())));
        }
        let error = if object["errorMessage"].is_object() { object["errorMessage"].take() } else { object };
        Ok(Some(match error["message"].as_str() {
            Some(message) => Element::Error { message: message.to_string(), raw: error },
            None => Element::Unknown,
        }))
    }
}

/// `` `ID` INTEGER KEY, `S` STRUCT<`A` INTEGER, `B` STRING> `` as columns.
fn columns(schema: &str) -> Vec<Column> {
    let mut found = Vec::new();
    let (mut depth, mut quoted, mut start) = (0_i32, false, 0);
    for (at, c) in schema.char_indices() {
        match c {
            '`' => quoted = !quoted,
            '<' | '(' if !quoted => depth += 1,
            '>' | ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                found.extend(column(&schema[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.extend(column(&schema[start..]));
    found
}

fn column(text: &str) -> Option<Column> {
    let text = text.trim();
    let rest = text.strip_prefix('`')?;
    let end = closing_quote(rest)?;
    let data_type = rest[end + 1..].trim();
    let data_type = data_type.strip_suffix(" KEY").unwrap_or(data_type);
    Some(Column { name: rest[..end].replace("``", "`"), data_type: data_type.to_string() })
}

/// Where the name ends; a doubled quote is one of the name's own.
fn closing_quote(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += text[at..].find('`')?;
        if bytes.get(at + 1) != Some(&b'`') {
            return Some(at);
        }
        at += 2;
    }
}

/// How cells are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellSettings {
    /// Long values go on in further lines, or else are cut.
    pub wrap: bool,
    /// Width of every column; `None`: from types and terminal.
    pub column_width: Option<usize>,
}

impl Default for CellSettings {
    fn default() -> Self {
        Self { wrap: true, column_width: None }
    }
}

/// Narrowest column.
const WIDTH_MIN: usize = 5;
/// On a terminal the header comes again after so many rows.
const HEADER_EVERY: usize = 30;
/// Left end, crossing, right end and dash of a line inside the table.
const MIDDLE: [&str; 4] = ["├", "┼", "┤", "─"];

/// A table whose rows come one by one, so that its widths are fixed by the header.
pub struct GrowingTable {
    columns: Vec<Column>,
    widths: Vec<usize>,
    style: Style,
    wrap: bool,
    rows: usize,
}

impl GrowingTable {
    pub fn new(columns: Vec<Column>, style: Style, settings: CellSettings) -> Self {
        let widths = match settings.column_width {
            Some(width) => vec![width.max(WIDTH_MIN); columns.len()],
            None => widths(&columns, style.width),
        };
        Self { columns, widths, style, wrap: settings.wrap, rows: 0 }
    }

    /// The header as the table begins with it.
    pub fn header(&self) -> String {
        self.header_under(["┌", "┬", "┐", "─"])
    }

    fn header_under(&self, top: [&str; 4]) -> String {
        let names = self.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let names = self.lines(&names).into_iter().map(|line| self.style.paint(Paint::Heading, &line));
        let names = names.collect::<Vec<_>>().join("\n");
        format!("{}\n{names}\n{}", self.rule(top), self.rule(MIDDLE))
    }

    /// The lines of the next row, with the header before them when it is time.
    pub fn row(&mut self, cells: &[Json], tombstone: bool) -> String {
        let mut text = String::new();
        if self.style.width.is_some() && self.rows > 0 && self.rows.is_multiple_of(HEADER_EVERY) {
            text = self.header_under(MIDDLE) + "\n";
        }
        self.rows += 1;
        text + &self.lines(&texts(cells, tombstone)).join("\n")
    }

    /// A line between rows: of the given pieces on a terminal, else of `+` and `-`.
    fn rule(&self, pieces: [&str; 4]) -> String {
        let [left, cross, right, dash] = if self.style.width.is_some() { pieces } else { ["+", "+", "+", "-"] };
        let dashes: Vec<String> = self.widths.iter().map(|width| dash.repeat(width + 2)).collect();
        format!("{left}{}{right}", dashes.join(cross))
    }

    fn lines(&self, texts: &[String]) -> Vec<String> {
        // Without a terminal a row is one line, whatever its length.
        let fits = |text: &String, width: usize| match (self.style.width, self.wrap) {
            (None, _) => vec![text.clone()],
            (Some(_), true) => wrapped(text, width),
            (Some(_), false) => vec![clipped(text, width)],
        };
        let cells: Vec<Vec<String>> = texts.iter().zip(&self.widths).map(|(text, width)| fits(text, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        let bar = self.style.bar();
        (0..height)
            .map(|line| {
                let mut text = String::from(bar);
                for ((cell, width), column) in cells.iter().zip(&self.widths).zip(&self.columns) {
                    let part = cell.get(line).map_or("", String::as_str);
                    let padding = " ".repeat(width.saturating_sub(part.chars().count()));
                    let (before, after) =
                        if is_number(column) { (padding.as_str(), "") } else { ("", padding.as_str()) };
                    text.push_str(&format!(" {before}{part}{after} {bar}"));
                }
                text
            })
            .collect()
    }
}

/// The cells as text. In a deleted row what is null says so.
pub fn texts(cells: &[Json], tombstone: bool) -> Vec<String> {
    let text = |cell: &Json| if tombstone && cell.is_null() { "<TOMBSTONE>".to_string() } else { cell_text(cell) };
    cells.iter().map(text).collect()
}

fn is_number(column: &Column) -> bool {
    matches!(column.data_type.split('(').next().unwrap_or_default(), "INTEGER" | "BIGINT" | "DOUBLE" | "DECIMAL")
}

/// Characters that a value of the type usually takes.
fn usual_width(data_type: &str) -> usize {
    match data_type.split(['(', '<']).next().unwrap_or_default() {
        "BOOLEAN" => 5,
        "INTEGER" => 11,
        "BIGINT" => 13,
        "DOUBLE" | "DECIMAL" | "TIME" => 12,
        "DATE" => 10,
        "TIMESTAMP" => 23,
        "STRING" => 20,
        _ => 30,
    }
}

/// Widths of the columns without bars and blanks, so that a line has at most `total` characters where that can be.
pub fn widths(columns: &[Column], total: Option<usize>) -> Vec<usize> {
    let mut widths: Vec<usize> =
        columns.iter().map(|c| usual_width(&c.data_type).max(c.name.chars().count()).max(WIDTH_MIN)).collect();
    let Some(total) = total else { return widths };
    let available = total.saturating_sub(3 * columns.len() + 1);
    while widths.iter().sum::<usize>() > available {
        match widths.iter_mut().max() {
            Some(widest) if *widest > WIDTH_MIN => *widest -= 1,
            _ => return widths,
        }
    }
    let elastic: Vec<usize> = (0..columns.len()).filter(|i| usual_width(&columns[*i].data_type) >= 20).collect();
    let spare = available - widths.iter().sum::<usize>();
    if let Some(share) = spare.checked_div(elastic.len()) {
        for at in elastic {
            widths[at] += share;
        }
    }
    widths
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    if letters.is_empty() {
        return vec![String::new()];
    }
    letters.chunks(width.max(1)).map(|part| part.iter().collect()).collect()
}

fn clipped(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    text.chars().take(width.saturating_sub(3)).collect::<String>() + "..."
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn column_of(name: &str, data_type: &str) -> Column {
        Column { name: name.into(), data_type: data_type.into() }
    }

    #[test]
    fn headers_are_read() {
        let line = "[{\"header\":{\"queryId\":\"q\",\"schema\":\"`ID` INTEGER KEY, `S` STRUCT<`A` INTEGER, `B``,` DECIMAL(4, 2)>, `x``,y` MAP<STRING, DOUBLE>\"}},";
        let Some(Element::Header { columns, .. }) = Element::read(line).unwrap() else { panic!() };
        let expected = [
            column_of("ID", "INTEGER"),
            column_of("S", "STRUCT<`A` INTEGER, `B``,` DECIMAL(4, 2)>"),
            column_of("x`,y", "MAP<STRING, DOUBLE>"),
        ];
        assert_eq!(columns, expected);
    }

    #[test]
    fn rows_ends_and_errors_are_read() {
        let row = Element::read("{\"row\":{\"columns\":[1,null],\"tombstone\":true}},").unwrap();
        assert!(
            matches!(row, Some(Element::Row { ref cells, tombstone: true, .. }) if cells == &[json!(1), json!(null)])
        );
        let last = Element::read("{\"row\":{\"columns\":[[1],{\"A\":[2]}]}}]").unwrap();
        assert!(matches!(last, Some(Element::Row { ref cells, .. }) if cells == &[json!([1]), json!({"A": [2]})]));
        assert_eq!(
            Element::read("{\"finalMessage\":\"Limit Reached\"}]").unwrap(),
            Some(Element::Final("Limit Reached".into()))
        );
        let error =
            Element::read("{\"errorMessage\":{\"@type\":\"generic_error\",\"error_code\":50000,\"message\":\"m\"}}]")
                .unwrap();
        assert!(matches!(error, Some(Element::Error { ref message, .. }) if message == "m"));
        assert_eq!(Element::read("]").unwrap(), None);
        assert_eq!(Element::read("{\"continuationToken\":{}}").unwrap(), Some(Element::Unknown));
        assert!(Element::read("{oops").is_err());
    }

    #[test]
    fn lines_fit_the_terminal_where_they_can() {
        let columns: Vec<Column> =
            [("ID", "BIGINT"), ("NAME", "STRING"), ("PRICE", "DOUBLE"), ("TAGS", "ARRAY<STRING>")]
                .iter()
                .map(|(name, data_type)| column_of(name, data_type))
                .collect();
        for total in [33, 40, 60, 80, 133, 200] {
            let style = Style { width: Some(total), colours: false };
            let mut table = GrowingTable::new(columns.clone(), style, CellSettings::default());
            let row = table.row(&[json!(12), json!("x".repeat(70)), json!(1.5), json!(["a", "b"])], false);
            for line in table.header().lines().chain(row.lines()) {
                assert!(line.chars().count() <= total, "{total}: {line}");
            }
            assert_eq!(row.matches('x').count(), 70, "{total}: {row}");
        }
    }

    #[test]
    fn long_values_are_cut_when_wrapping_is_off() {
        let style = Style { width: Some(14), colours: false };
        let settings = CellSettings { wrap: false, column_width: None };
        let mut table = GrowingTable::new(vec![column_of("A", "STRING")], style, settings);
        assert_eq!(table.row(&[json!("0123456789abc")], false), "│ 0123456... │");
    }

    #[test]
    fn plain_output_has_one_line_a_row() {
        let mut table = GrowingTable::new(
            vec![column_of("A", "INTEGER"), column_of("B", "STRING")],
            Style::PLAIN,
            CellSettings::default(),
        );
        assert_eq!(table.row(&[json!(1), json!(null)], true), "|           1 | <TOMBSTONE>          |");
        assert_eq!(table.row(&[json!(1), json!("y".repeat(30))], false).lines().count(), 1);
        assert_eq!(table.header().lines().next(), Some("+-------------+----------------------+"));
    }

    #[test]
    fn the_header_comes_again() {
        let style = Style { width: Some(20), colours: false };
        let mut table = GrowingTable::new(vec![column_of("A", "INTEGER")], style, CellSettings::default());
        let headers = (0..=2 * HEADER_EVERY).filter(|n| table.row(&[json!(n)], false).lines().count() > 1).count();
        assert_eq!(headers, 2);
    }
}
