//! What a case gave, as one JSON line of the report.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::Value as Json;

use super::case::{Case, CaseHeader, CaseWindow};

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed(String),
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub suite: String,
    pub file: String,
    pub name: String,
    pub format: Option<String>,
    /// The message, where a statement was refused or a query failed.
    pub error: Option<String>,
    pub outputs: BTreeMap<String, Vec<OutputRecord>>,
    pub sources: Vec<ReportedSource>,
    /// `{"admin": entity}` or `{"query": [line, ...]}` per statement.
    pub responses: Vec<Json>,
}

#[derive(Debug, Serialize)]
pub struct OutputRecord {
    pub key: Json,
    pub value: Json,
    pub timestamp: i64,
    pub window: Option<CaseWindow>,
    pub headers: Vec<CaseHeader>,
}

#[derive(Debug, Serialize)]
pub struct ReportedSource {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub schema: String,
}

impl Report {
    pub fn new(case: &Case) -> Self {
        Self {
            suite: case.suite.clone(),
            file: case.file.clone(),
            name: case.body.name.clone(),
            format: case.format.clone(),
            error: None,
            outputs: BTreeMap::new(),
            sources: Vec::new(),
            responses: Vec::new(),
        }
    }

    pub fn failed(case: &Case, error: &str) -> Self {
        Self { error: Some(error.to_string()), ..Self::new(case) }
    }
}

/// Writes one JSON line per report.
pub fn write<'a>(path: &Path, reports: impl Iterator<Item = &'a Report>) -> Result<(), String> {
    let told = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let mut file = BufWriter::new(File::create(path).map_err(|e| told(&e))?);
    for report in reports {
        serde_json::to_writer(&mut file, report).map_err(|e| told(&e))?;
        file.write_all(b"\n").map_err(|e| told(&e))?;
    }
    file.flush().map_err(|e| told(&e))
}
