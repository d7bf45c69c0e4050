//! What is fuzzed. A target takes any bytes and gives a number for its outcome: inputs with the same outcome are taken as
//! alike. A panic is a finding, and so is whatever a target asserts.

mod expressions;
mod formats;
mod functions;
mod requests;
mod seeds;
mod shapes;
mod sql;
mod stored;

use std::hash::{DefaultHasher, Hash, Hasher};

/// A function over bytes that is fuzzed.
pub struct Target {
    pub name: &'static str,
    /// One line for the list.
    pub what: &'static str,
    pub run: fn(&[u8]) -> u64,
    /// Inputs to start from beside the kept ones.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that inputs are made of.
    pub dictionary: fn() -> Vec<String>,
}

const fn target(
    name: &'static str,
    what: &'static str,
    run: fn(&[u8]) -> u64,
    seeds: fn() -> Vec<Vec<u8>>,
    dictionary: fn() -> Vec<String>,
) -> Target {
    Target { name, what, run, seeds, dictionary }
}

/// All targets, in the order in which they are run.
pub static TARGETS: &[Target] = &[
    target(
        "script",
        "splitting and parsing scripts; printing and reading back",
        sql::script,
        seeds::scripts,
        seeds::sql_words,
    ),
    target("plan", "analysing and planning statements; plans as JSON", sql::plan, seeds::statements, seeds::sql_words),
    target(
        "expression",
        "typing, compiling and evaluating; a batch and its rows alone agree",
        expressions::expression,
        seeds::expressions,
        seeds::expression_words,
    ),
    target("json", "JSON records to columns and back", formats::json, seeds::json_records, seeds::json_words),
    target(
        "delimited",
        "DELIMITED records to columns and back",
        formats::delimited,
        seeds::delimited,
        seeds::json_words,
    ),
    target("kafka", "KAFKA and NONE records to columns and back", formats::kafka, seeds::binary, seeds::no_words),
    target(
        "json-functions",
        "functions on JSON text, and paths",
        functions::json,
        seeds::json_pairs,
        seeds::path_words,
    ),
    target(
        "dates",
        "date patterns, formatting and parsing with them",
        functions::dates,
        seeds::dates,
        seeds::date_words,
    ),
    target("regex", "functions with Java's regular expressions", functions::regex, seeds::patterns, seeds::regex_words),
    target("like", "LIKE with and without ESCAPE", functions::like, seeds::patterns, seeds::like_words),
    target("url", "functions on URLs", functions::url, seeds::urls, seeds::url_words),
    target("text", "encodings, masks, splits, casts of text", functions::text, seeds::text_parts, seeds::text_words),
    target("row", "rows of table stores", stored::row, seeds::binary, seeds::no_words),
    target("aggregate", "states of aggregate functions", stored::aggregate, seeds::states, seeds::no_words),
    target(
        "log",
        "batches and metadata of the embedded log, changes, store metadata",
        stored::log,
        seeds::log,
        seeds::no_words,
    ),
    target("command", "records of the command topic", requests::command, seeds::commands, seeds::json_words),
    target("request", "bodies of HTTP requests", requests::request, seeds::bodies, seeds::json_words),
];

/// The target of that name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

fn outcome(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The outcome of a message: its words without what is quoted in it, numbers and names.
fn worded(message: &str) -> u64 {
    let words = message
        .split(|c: char| !c.is_alphabetic())
        .filter(|w| w.len() > 2 && w.chars().skip(1).all(char::is_lowercase));
    outcome(words.take(12).collect::<Vec<_>>())
}

/// Parts of an input, cut at a separator that text seldom has.
fn parts(input: &[u8]) -> Vec<std::borrow::Cow<'_, str>> {
    input.split(|byte| *byte == SEPARATOR).map(String::from_utf8_lossy).collect()
}

const SEPARATOR: u8 = 0x1f;
