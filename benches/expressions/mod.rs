//! What expressions cost: nanoseconds of CPU time per row, in batches, of representative expressions and of every scalar function.
//!
//! `representative` holds the hand-written ones, `derive` makes calls of functions from the examples of the function table, with
//! literals turned into columns; `slow` says why some may cost more than `LIMIT_NS`.

mod derive;
mod representative;
mod slow;

use std::hint::black_box;

use arrow_array::{Array, ArrayRef};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::{Value as Json, json};
use weir_engine::expr::{self, ExpressionRef};
use weir_engine::types::{Column, RowSchema, SqlType, Value, values_to_array};

use crate::measure::thread_cpu_ns;

/// Rows of a batch.
const ROWS: usize = 8_192;
/// Different values of a column.
const VARIANTS: usize = 64;
/// CPU time that a repetition takes at least.
const REPETITION_NS: u64 = 20_000_000;
const REPETITIONS: usize = 5;
/// What a row may cost without a reason, on short strings.
const LIMIT_NS: f64 = 2_000.0;

/// An expression over columns of its own.
struct Case {
    /// The function, or what is measured.
    name: String,
    text: String,
    columns: Vec<(String, SqlType, Vec<Value>)>,
}

impl Case {
    fn schema(&self) -> RowSchema {
        RowSchema::new(
            self.columns.iter().map(|(name, data_type, _)| Column::new(name.as_str(), data_type.clone())).collect(),
        )
    }

    /// The columns with so many rows: their values over and over.
    fn arrays(&self, rows: usize) -> Vec<ArrayRef> {
        let column = |(_, data_type, values): &(String, SqlType, Vec<Value>)| {
            let values: Vec<Value> = values.iter().cycle().take(rows).cloned().collect();
            values_to_array(data_type, &values)
        };
        self.columns.iter().map(column).collect()
    }

    fn compile(&self) -> Result<ExpressionRef, String> {
        let parsed = weir_parser::parse_expression(&self.text).map_err(|e| format!("{}: {}", self.text, e.message))?;
        expr::compile(&parsed, &self.schema()).map_err(|e| format!("{}: {}", self.text, e.message))
    }

    /// Nanoseconds per row: the median of some repetitions.
    fn cost(&self) -> Result<f64, String> {
        let (compiled, arrays) = (self.compile()?, self.arrays(ROWS));
        let evaluate = || {
            let mut failures = Vec::new();
            black_box(compiled.evaluate(black_box(&arrays), ROWS, &mut failures)).len()
        };
        evaluate();
        let mut costs: Vec<f64> = (0..REPETITIONS).map(|_| repetition(evaluate)).collect();
        costs.sort_by(f64::total_cmp);
        Ok(costs[REPETITIONS / 2])
    }
}

/// Nanoseconds per row over as many batches as it takes to be exact.
fn repetition(evaluate: impl Fn() -> usize) -> f64 {
    let (begun, mut batches, mut rows) = (thread_cpu_ns(), 0_u32, 0);
    loop {
        rows += evaluate();
        batches += 1;
        let spent = thread_cpu_ns() - begun;
        if spent >= REPETITION_NS || batches >= 10_000 {
            return spent as f64 / rows as f64;
        }
    }
}

/// Measures everything: `{"representative": [{name, expression, ns_per_row, slow}], "functions": [...], "problems": [...]}`, the
/// functions by cost, problems being what could not be measured.
pub fn measure() -> Json {
    let mut problems = Vec::new();
    let mut measured = |case: &Case| match case.cost() {
        Ok(ns) => Some((ns, figure(case, ns))),
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let representative = representative::cases();
    let representative: Vec<Json> = representative.iter().filter_map(&mut measured).map(|(_, json)| json).collect();
    let mut functions: Vec<(f64, Json)> = Vec::new();
    let mut missing = Vec::new();
    for (name, cases) in derive::cases() {
        let slowest = cases.iter().filter_map(&mut measured).max_by(|a, b| a.0.total_cmp(&b.0));
        if slowest.is_none() {
            missing.push(format!("{name} has no example that can be measured"));
        }
        functions.extend(slowest);
    }
    problems.extend(missing);
    functions.sort_by(|a, b| b.0.total_cmp(&a.0));
    let functions: Vec<Json> = functions.into_iter().map(|(_, json)| json).collect();
    json!({ "rows_per_batch": ROWS, "representative": representative, "functions": functions, "problems": problems })
}

fn figure(case: &Case, ns: f64) -> Json {
    json!({ "name": case.name, "expression": case.text, "ns_per_row": ns, "slow": slow::reason(&case.name) })
}

/// The figures as a table that fits the terminal.
pub fn table(figures: &Json) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["expression", "ns per row", "as measured", "slow because"]);
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for figure in ["representative", "functions"].iter().flat_map(|part| figures[part].as_array().into_iter().flatten())
    {
        let text = |field: &str| figure[field].as_str().unwrap_or_default().to_owned();
        let ns = format!("{:.1}", figure["ns_per_row"].as_f64().unwrap_or_default());
        table.add_row([text("name"), ns, text("expression"), text("slow")]);
    }
    table
}

/// What could not be measured, and the functions that are slower than they may be and have no reason for it.
pub fn problems(figures: &Json) -> Vec<String> {
    let list = |part: &str| figures[part].as_array().cloned().unwrap_or_default();
    let is_slow = |f: &Json| f["ns_per_row"].as_f64().is_some_and(|ns| ns > LIMIT_NS) && f["slow"].is_null();
    let slow = list("functions").into_iter().filter(is_slow);
    let slow =
        slow.map(|f| format!("{} takes more than 2 us a row without a reason", f["name"].as_str().unwrap_or_default()));
    list("problems").iter().filter_map(|problem| problem.as_str().map(str::to_owned)).chain(slow).collect()
}
