//! The metastore: which sources, types and persistent queries exist. Immutable; a statement's plan yields the next one.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_parser::ast::{Name, SourceKind};

use crate::formats::SerdeOptions;
use crate::types::{ColumnName, LogicalSchema, SourceName, SqlType};

/// Id of a persistent or transient query. Compares without regard to case through `matches`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct QueryId(pub String);

impl QueryId {
    pub fn matches(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl std::fmt::Display for QueryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum SourceWindowKind {
    Tumbling,
    Hopping,
    Session,
}

/// The window carried in the keys of a windowed source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct SourceWindow {
    pub kind: SourceWindowKind,
    /// `None` for sessions.
    pub size_ms: Option<i64>,
}

impl SourceWindow {
    /// The window's kind as WINDOW_TYPE names it.
    pub fn word(self) -> &'static str {
        match self.kind {
            SourceWindowKind::Tumbling => "TUMBLING",
            SourceWindowKind::Hopping => "HOPPING",
            SourceWindowKind::Session => "SESSION",
        }
    }
}

/// `TIMESTAMP` and `TIMESTAMP_FORMAT` of a source or sink.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TimestampColumn {
    #[serde(with = "crate::types::name_text")]
    pub column: ColumnName,
    /// Java DateTimeFormatter pattern, for STRING columns.
    pub format: Option<String>,
}

/// A stream or table.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DataSource {
    #[serde(with = "crate::types::name_text")]
    pub name: SourceName,
    #[serde(with = "source_kind_text")]
    pub kind: SourceKind,
    pub schema: LogicalSchema,
    pub topic: String,
    pub key_serde: SerdeOptions,
    pub value_serde: SerdeOptions,
    /// Set when WRAP_SINGLE_VALUE (or its config) was given explicitly; for SHOW CREATE and upgrades.
    pub explicit_wrap: Option<bool>,
    pub window: Option<SourceWindow>,
    pub timestamp: Option<TimestampColumn>,
    /// `CREATE SOURCE ...`.
    pub read_only: bool,
    /// Canonical text of the statement that made it.
    pub statement: String,
    /// The CSAS, CTAS or CST query that writes or materialises it.
    pub created_by: Option<QueryId>,
}

impl DataSource {
    pub fn is_windowed(&self) -> bool {
        self.window.is_some()
    }
}

/// Who reads and writes what, for one persistent query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryLinks {
    pub id: QueryId,
    pub sources: Vec<SourceName>,
    /// `None` for the query behind a SOURCE TABLE.
    pub sink: Option<SourceName>,
}

/// All sources, types and the links of persistent queries.
#[derive(Clone, Debug, Default)]
pub struct MetaStore {
    sources: Arc<BTreeMap<SourceName, Arc<DataSource>>>,
    types: Arc<BTreeMap<Name, SqlType>>,
    queries: Arc<BTreeMap<QueryId, QueryLinks>>,
}

impl MetaStore {
    pub fn source(&self, name: &SourceName) -> Option<&Arc<DataSource>> {
        self.sources.get(name)
    }
    /// All sources by name.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<DataSource>> {
        self.sources.values()
    }
    pub fn with_source(&self, source: DataSource) -> Self {
        let mut next = self.clone();
        Arc::make_mut(&mut next.sources).insert(source.name.clone(), Arc::new(source));
        next
    }
    pub fn without_source(&self, name: &SourceName) -> Self {
        let mut next = self.clone();
        Arc::make_mut(&mut next.sources).remove(name);
        next
    }
    pub fn custom_type(&self, name: &Name) -> Option<&SqlType> {
        self.types.get(name)
    }
    pub fn types(&self) -> impl Iterator<Item = (&Name, &SqlType)> {
        self.types.iter()
    }
    pub fn with_type(&self, name: Name, data_type: SqlType) -> Self {
        let mut next = self.clone();
        Arc::make_mut(&mut next.types).insert(name, data_type);
        next
    }
    pub fn without_type(&self, name: &Name) -> Self {
        let mut next = self.clone();
        Arc::make_mut(&mut next.types).remove(name);
        next
    }
    pub fn queries(&self) -> impl Iterator<Item = &QueryLinks> {
        self.queries.values()
    }
    /// The query of that id, without regard to case.
    pub fn query(&self, id: &str) -> Option<&QueryLinks> {
        self.queries.values().find(|q| q.id.matches(id))
    }
    pub fn with_query(&self, links: QueryLinks) -> Self {
        let mut next = self.clone();
        Arc::make_mut(&mut next.queries).insert(links.id.clone(), links);
        next
    }
    pub fn without_query(&self, id: &QueryId) -> Self {
        let mut next = self.clone();
        Arc::make_mut(&mut next.queries).remove(id);
        next
    }
    pub fn readers_of(&self, source: &SourceName) -> impl Iterator<Item = &QueryLinks> {
        self.queries.values().filter(move |q| q.sources.contains(source))
    }
    pub fn writers_of(&self, source: &SourceName) -> impl Iterator<Item = &QueryLinks> {
        self.queries.values().filter(move |q| q.sink.as_ref() == Some(source))
    }
}

mod source_kind_text {
    use serde::{Deserialize, Deserializer, Serializer};
    use weir_parser::ast::SourceKind;

    pub fn serialize<S: Serializer>(kind: &SourceKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if *kind == SourceKind::Stream { "STREAM" } else { "TABLE" })
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SourceKind, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "STREAM" => Ok(SourceKind::Stream),
            "TABLE" => Ok(SourceKind::Table),
            other => Err(serde::de::Error::unknown_variant(other, &["STREAM", "TABLE"])),
        }
    }
}
