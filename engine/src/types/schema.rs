//! Columns and schemas: what a source, a step's output or a row offers to expressions.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use weir_parser::ast::Name;

use super::SqlType;

pub type ColumnName = Name;
pub type SourceName = Name;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Column {
    #[serde(with = "name_text")]
    pub name: ColumnName,
    pub data_type: SqlType,
}

impl Column {
    pub fn new(name: impl Into<String>, data_type: SqlType) -> Self {
        Self { name: Name::new(name), data_type }
    }
}

/// A value column that is filled from record headers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeaderColumn {
    #[serde(with = "name_text")]
    pub name: ColumnName,
    /// `Some(k)`: `HEADER('k')`, BYTES; `None`: `HEADERS`, `ARRAY<STRUCT<KEY STRING, VALUE BYTES>>`.
    pub header_key: Option<String>,
}

/// Key and value columns of a source or of a step's output, each in order.
///
/// `Display` prints ksqlDB's schema text: `` `ID` BIGINT KEY, `V` STRING ``.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogicalSchema {
    pub key: Vec<Column>,
    pub value: Vec<Column>,
    /// Header columns, which queries see after the value columns.
    #[serde(default)]
    pub headers: Vec<HeaderColumn>,
}

impl LogicalSchema {
    pub fn new(key: Vec<Column>, value: Vec<Column>) -> Self {
        Self { key, value, headers: Vec::new() }
    }
    /// Key columns, then value columns.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.key.iter().chain(&self.value)
    }
    pub fn find(&self, name: &ColumnName) -> Option<&Column> {
        self.columns().find(|c| &c.name == name)
    }
    pub fn is_key(&self, name: &ColumnName) -> bool {
        self.key.iter().any(|c| &c.name == name)
    }
    /// Text with the given word after key columns: `KEY`, or `PRIMARY KEY` for a table.
    pub fn text(&self, key_word: &str) -> String {
        let quoted = |c: &Column| format!("`{}` {}", c.name.as_str().replace('`', "``"), c.data_type);
        let keys = self.key.iter().map(|c| format!("{} {key_word}", quoted(c)));
        let values = self.value.iter().map(quoted);
        let headers = self.headers.iter().map(|h| {
            let name = h.name.as_str().replace('`', "``");
            match &h.header_key {
                Some(key) => format!("`{name}` BYTES HEADER('{key}')"),
                None => format!("`{name}` ARRAY<STRUCT<`KEY` STRING, `VALUE` BYTES>> HEADERS"),
            }
        });
        keys.chain(values).chain(headers).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for LogicalSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text("KEY"))
    }
}

/// The columns an expression may refer to, in the order in which their arrays are handed to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSchema {
    pub columns: Arc<[Column]>,
}

impl RowSchema {
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns: columns.into() }
    }
    pub fn index_of(&self, name: &ColumnName) -> Option<usize> {
        self.columns.iter().position(|c| &c.name == name)
    }
}

/// Serialises a `Name` as its plain text.
pub(crate) mod name_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use weir_parser::ast::Name;

    pub fn serialize<S: Serializer>(name: &Name, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name.as_str())
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        Ok(Name(String::deserialize(deserializer)?))
    }
}
