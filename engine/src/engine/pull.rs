//! Answers to pull queries: look up or scan committed state, filter, project, limit.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray};

use super::PushQuery;
use super::driver::Driver;
use super::error::EngineError;
use crate::exec::MaterializedRows;
use crate::expr;
use crate::plan::{OutputColumn, PullPlan};

/// Rows of a table, or a bounded scan of a stream that is read like a push query.
pub enum PullAnswer {
    Rows {
        columns: Vec<OutputColumn>,
        /// Arrays in the order of `columns`.
        batches: Vec<Vec<ArrayRef>>,
    },
    Scan(PushQuery),
}

/// Runs a pull query over a materialised table.
pub fn answer(driver: &dyn Driver, plan: &PullPlan) -> Result<PullAnswer, EngineError> {
    let view = driver.materialized(&plan.query.0)?.ok_or_else(|| {
        EngineError::request(format!("The state of table `{}` is not available yet.", plan.source.as_str()))
    })?;
    let compile =
        |expression| expr::compile(expression, &plan.row_schema).map_err(|e| EngineError::statement(e.to_string()));
    let filter = plan.filter.as_ref().map(compile).transpose()?;
    let select = plan.select.iter().map(|(_, expression)| compile(expression)).collect::<Result<Vec<_>, _>>()?;

    let mut left = plan.limit.map_or(usize::MAX, |n| n as usize);
    let mut batches = Vec::new();
    let mut failed = None;
    view.pull(&plan.access, &mut |found| {
        let (columns, rows) = row_columns(found);
        let mut failures = Vec::new();
        let kept = match &filter {
            Some(filter) => keep(&columns, &filter.evaluate(&columns, rows, &mut failures)),
            None => Ok((columns, rows)),
        };
        let (columns, rows) = match kept {
            Ok(kept) => kept,
            Err(error) => {
                failed = Some(error);
                return false;
            }
        };
        let taken = rows.min(left);
        left -= taken;
        if taken > 0 {
            batches.push(select.iter().map(|e| e.evaluate(&columns, rows, &mut failures).slice(0, taken)).collect());
        }
        left > 0
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let columns = plan.select.iter().map(|(column, _)| column.clone()).collect();
    Ok(PullAnswer::Rows { columns, batches })
}

/// Key, value, ROWTIME and window columns, as `plan::row_schema` lists them.
fn row_columns(found: MaterializedRows) -> (Vec<ArrayRef>, usize) {
    let rows = found.rows();
    let mut columns = found.key;
    columns.extend(found.new.columns);
    columns.push(Arc::new(found.rowtime));
    if let Some(window) = found.window {
        columns.push(Arc::new(window.start));
        columns.push(Arc::new(window.end));
    }
    (columns, rows)
}

/// The rows for which the mask is true.
fn keep(columns: &[ArrayRef], mask: &ArrayRef) -> Result<(Vec<ArrayRef>, usize), EngineError> {
    let mask: &BooleanArray = mask.as_boolean();
    let mask = if mask.null_count() > 0 { arrow_select::filter::prep_null_mask_filter(mask) } else { mask.clone() };
    let filtered = columns
        .iter()
        .map(|column| arrow_select::filter::filter(column, &mask))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| EngineError::new(super::ErrorKind::Bug, e.to_string()))?;
    Ok((filtered, mask.true_count()))
}
