//! Case files: what a case says, once per entry of its `format` list.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value as Json;

/// One expanded case.
#[derive(Debug)]
pub struct Case {
    pub index: usize,
    /// The folder that its file lies in.
    pub suite: String,
    pub file: String,
    pub format: Option<String>,
    pub body: CaseBody,
}

impl Case {
    pub fn title(&self) -> String {
        let format = self.format.as_ref().map_or(String::new(), |f| format!(" - {f}"));
        format!("{}/{} :: {}{format}", self.suite, self.file, self.body.name)
    }

    /// The case's text of the schema that a source must have in the end.
    pub fn wanted_schema(&self, source: &str) -> Option<&str> {
        let sources = &self.body.post.as_ref()?.sources;
        sources.iter().find(|s| s.name == source)?.schema.as_deref()
    }

    pub fn must_be_refused(&self) -> bool {
        self.body.expected_exception.is_some() || self.body.expected_error.is_some()
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseBody {
    pub name: String,
    #[serde(default)]
    pub statements: Vec<String>,
    #[serde(default)]
    pub properties: serde_json::Map<String, Json>,
    #[serde(default)]
    pub topics: Vec<CaseTopic>,
    #[serde(default)]
    pub inputs: Vec<CaseRecord>,
    #[serde(default)]
    pub outputs: Vec<CaseRecord>,
    #[serde(default)]
    pub responses: Vec<Json>,
    pub expected_exception: Option<Json>,
    pub expected_error: Option<Json>,
    pub post: Option<CasePost>,
    pub input_conditions: Option<Json>,
}

#[derive(Debug, Deserialize)]
pub struct CasePost {
    #[serde(default)]
    pub sources: Vec<CaseSource>,
}

#[derive(Debug, Deserialize)]
pub struct CaseSource {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub schema: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum CaseTopic {
    Name(String),
    #[serde(rename_all = "camelCase")]
    Described {
        name: String,
        partitions: Option<u32>,
        replicas: Option<u16>,
    },
}

#[derive(Debug, Deserialize)]
pub struct CaseRecord {
    pub topic: String,
    #[serde(default)]
    pub key: Json,
    #[serde(default)]
    pub value: Json,
    pub timestamp: Option<i64>,
    pub window: Option<CaseWindow>,
    pub headers: Option<Vec<CaseHeader>>,
}

#[derive(Clone, Copy, Debug, Deserialize, serde::Serialize)]
pub struct CaseWindow {
    pub start: i64,
    pub end: Option<i64>,
    #[serde(rename = "type", default)]
    pub kind: CaseWindowKind,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, serde::Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum CaseWindowKind {
    #[default]
    Time,
    Session,
}

#[derive(Clone, Debug, Deserialize, serde::Serialize)]
pub struct CaseHeader {
    #[serde(rename = "KEY")]
    pub key: Option<String>,
    /// Base64.
    #[serde(rename = "VALUE")]
    pub value: Option<String>,
}

#[derive(Deserialize)]
struct CaseFile {
    tests: Vec<Json>,
}

/// All cases of the files, in file and name order, filtered by a text in file or name.
pub fn load(paths: &[PathBuf], filter: Option<&str>) -> Result<Vec<Case>, String> {
    let mut files = Vec::new();
    for path in paths {
        collect_files(path, &mut files)?;
    }
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        load_file(&file, filter, &mut cases)?;
    }
    Ok(cases)
}

fn collect_files(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    if path.is_file() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() || path.extension().is_some_and(|e| e == "json") {
            collect_files(&path, files)?;
        }
    }
    Ok(())
}

fn load_file(path: &Path, filter: Option<&str>, cases: &mut Vec<Case>) -> Result<(), String> {
    let told = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let text = fs::read_to_string(path).map_err(|e| told(&e))?;
    let file: CaseFile = serde_json::from_str(&text).map_err(|e| told(&e))?;
    let name_of = |p: Option<&Path>| p.and_then(Path::file_name).map_or(String::new(), |n| n.to_string_lossy().into());
    let (suite, file_name) = (name_of(path.parent()), name_of(Some(path)));
    for test in file.tests {
        for (format, expanded) in expand(test) {
            let body: CaseBody = serde_json::from_value(expanded).map_err(|e| told(&e))?;
            let wanted = filter.is_none_or(|text| body.name.contains(text) || file_name.contains(text));
            if wanted {
                let (suite, file) = (suite.clone(), file_name.clone());
                cases.push(Case { index: cases.len(), suite, file, format, body });
            }
        }
    }
    Ok(())
}

/// One copy of a case per entry of its `format` list, with `{FORMAT}` replaced everywhere.
fn expand(test: Json) -> Vec<(Option<String>, Json)> {
    let formats: Vec<String> = match test.get("format") {
        Some(Json::Array(list)) => list.iter().filter_map(|f| f.as_str().map(String::from)).collect(),
        _ => return vec![(None, test)],
    };
    formats
        .into_iter()
        .map(|format| {
            let expanded = replace_format(&test, &format);
            (Some(format), expanded)
        })
        .collect()
}

fn replace_format(json: &Json, format: &str) -> Json {
    match json {
        Json::String(text) => Json::String(text.replace("{FORMAT}", format)),
        Json::Array(items) => Json::Array(items.iter().map(|item| replace_format(item, format)).collect()),
        Json::Object(fields) => Json::Object(
            fields.iter().map(|(k, v)| (k.replace("{FORMAT}", format), replace_format(v, format))).collect(),
        ),
        other => other.clone(),
    }
}
