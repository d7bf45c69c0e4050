//! The three framings of query answers: delimited lines, a plain JSON array, and the array of StreamedRows.
//!
//! Each element leaves as one chunk or DATA frame of its own, since clients parse frames.

use bytes::Bytes;
use serde_json::json;
use weir_engine::exec::ResultRows;
use weir_engine::formats::value_to_rest_json;
use weir_engine::plan::OutputColumn;
use weir_engine::types::Value;

use super::error::ApiError;
use super::negotiation::{DELIMITED, JSON};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// A: one line per element.
    Delimited,
    /// B: `[metadata,row,row]`.
    JsonArray,
    /// C: `[{"header":…},⏎{"row":…},⏎…]⏎`.
    StreamedRows,
}

impl Framing {
    pub fn of(media: &str) -> Self {
        match media {
            DELIMITED => Framing::Delimited,
            JSON => Framing::JsonArray,
            _ => Framing::StreamedRows,
        }
    }
}

/// Which kind of query is answered; they end and separate their elements differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    Push,
    Pull,
}

/// Writes the elements of one answer.
pub struct Framer {
    framing: Framing,
    kind: AnswerKind,
    columns: Vec<OutputColumn>,
}

impl Framer {
    pub fn new(framing: Framing, kind: AnswerKind, columns: Vec<OutputColumn>) -> Self {
        Self { framing, kind, columns }
    }

    /// The element that comes first: names and types of the columns.
    pub fn header(&self, query_id: &str) -> Bytes {
        let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        let types: Vec<String> = self.columns.iter().map(|c| c.data_type.to_string()).collect();
        let metadata = || json!({ "queryId": query_id, "columnNames": names, "columnTypes": types }).to_string();
        match self.framing {
            Framing::Delimited => Bytes::from(metadata() + "\n"),
            Framing::JsonArray => Bytes::from(format!("[{}", metadata())),
            Framing::StreamedRows => {
                let header = json!({ "header": { "queryId": query_id, "schema": self.schema_text() } });
                Bytes::from(format!("[{header}{}", self.separator()))
            }
        }
    }

    fn schema_text(&self) -> String {
        let with_keys = self.kind == AnswerKind::Pull;
        let columns = self.columns.iter().map(|column| {
            let key = if with_keys && column.is_key { " KEY" } else { "" };
            format!("`{}` {}{key}", column.name.replace('`', "``"), column.data_type)
        });
        columns.collect::<Vec<_>>().join(", ")
    }

    /// What follows a StreamedRow at once: push answers write the comma with the element it follows.
    fn separator(&self) -> &'static str {
        if self.kind == AnswerKind::Push { ",\n" } else { "" }
    }

    /// One frame per row of a batch. Tombstones are not transmitted in the framings A and B.
    pub fn rows(&self, batch: &ResultRows) -> Vec<Bytes> {
        let mut frames = Vec::with_capacity(batch.rows);
        for row in 0..batch.rows {
            let tombstone = batch.tombstones.as_ref().is_some_and(|t| t.value(row));
            if tombstone && self.framing != Framing::StreamedRows {
                continue;
            }
            let mut text = String::with_capacity(64);
            match self.framing {
                Framing::Delimited => {
                    self.values(batch, row, &mut text);
                    text.push('\n');
                }
                Framing::JsonArray => {
                    text.push(',');
                    self.values(batch, row, &mut text);
                }
                Framing::StreamedRows => {
                    if self.kind == AnswerKind::Pull {
                        text.push_str(",\n");
                    }
                    text.push_str("{\"row\":{\"columns\":");
                    self.values(batch, row, &mut text);
                    text.push_str(if tombstone { ",\"tombstone\":true}}" } else { "}}" });
                    text.push_str(self.separator());
                }
            }
            frames.push(Bytes::from(text));
        }
        frames
    }

    fn values(&self, batch: &ResultRows, row: usize, text: &mut String) {
        text.push('[');
        for (i, (column, array)) in self.columns.iter().zip(&batch.columns).enumerate() {
            if i > 0 {
                text.push(',');
            }
            value_to_rest_json(&Value::from_array(array, row, &column.data_type), &column.data_type, text);
        }
        text.push(']');
    }

    /// The end of an answer, with ksqlDB's final message where there is one.
    pub fn end(&self, message: Option<&str>) -> Option<Bytes> {
        match (self.framing, message) {
            (Framing::Delimited, _) => None,
            (Framing::JsonArray, _) => Some(Bytes::from_static(b"]")),
            (Framing::StreamedRows, Some(message)) => {
                Some(Bytes::from(format!("{}]\n", json!({ "finalMessage": message }))))
            }
            (Framing::StreamedRows, None) => Some(Bytes::from_static(b"]\n")),
        }
    }

    /// An error after the first byte: the last element of the answer.
    pub fn error(&self, error: &ApiError) -> Bytes {
        let element = serde_json::to_string(error).unwrap_or_default();
        Bytes::from(match self.framing {
            Framing::Delimited => element + "\n",
            Framing::JsonArray => format!(",{element}]"),
            Framing::StreamedRows => format!("{{\"errorMessage\":{element}}}]\n"),
        })
    }
}
