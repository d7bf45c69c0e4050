//! SELECT: keys pass, expressions give the value columns. One row out for each row in.

use arrow_array::ArrayRef;
use arrow_buffer::BooleanBuffer;

use super::rows::{hide_absent, stream_columns, table_columns};
use super::{CompiledExpression, Transform, sift_failures};
use crate::batch::{Batch, TableSide};
use crate::exec::TaskError;
use crate::exec::processing_log::TaskLog;
use crate::plan::{SelectStep, row_schema};
use crate::types::Column;

/// Null values stay null. An expression that fails gives NULL and a log entry.
pub(crate) struct Select {
    expressions: Vec<CompiledExpression>,
    columns: Vec<Column>,
    key_columns: usize,
    log_name: String,
}

impl Select {
    pub fn new(step: &SelectStep, log_name: String) -> Result<Self, TaskError> {
        let input = row_schema(step.input.schema(), step.input.is_windowed());
        let expressions =
            step.expressions.iter().map(|e| CompiledExpression::new(e, &input)).collect::<Result<_, _>>()?;
        let key_columns = step.input.schema().key.len();
        Ok(Self { expressions, columns: step.schema.value.clone(), key_columns, log_name })
    }

    fn project(
        &self,
        columns: &[ArrayRef],
        rows: usize,
        present: Option<&BooleanBuffer>,
        log: &mut TaskLog<'_>,
    ) -> Vec<ArrayRef> {
        let mut failures = Vec::new();
        let project = |(i, (expression, column)): (usize, (&CompiledExpression, &Column))| {
            let array = expression.evaluate_as(&column.data_type, columns, rows, &mut failures);
            sift_failures(&mut failures, present, &self.log_name, log);
            for failure in failures.drain(..) {
                let (text, name) = (&expression.text, column.name.as_str());
                let message = format!("Error computing expression {text} for column {name} with index {i}");
                log.record_error(&self.log_name, message, &failure.message);
            }
            hide_absent(array, present)
        };
        self.expressions.iter().zip(&self.columns).enumerate().map(project).collect()
    }
}

impl Transform for Select {
    fn apply(&self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        Ok(Some(match batch {
            Batch::Stream(mut batch) => {
                let rows = batch.rows();
                let values = self.project(&stream_columns(&batch), rows, batch.value_present.as_ref(), log);
                batch.columns.truncate(self.key_columns);
                batch.columns.extend(values);
                Batch::Stream(batch)
            }
            Batch::Table(mut batch) => {
                let rows = batch.rows();
                let side = |side: &TableSide, log: &mut TaskLog<'_>| TableSide {
                    columns: self.project(&table_columns(&batch, side), rows, side.present.as_ref(), log),
                    present: side.present.clone(),
                };
                let new = side(&batch.new, log);
                let old = batch.old.as_ref().map(|old| side(old, &mut TaskLog::silent()));
                (batch.new, batch.old) = (new, old);
                Batch::Table(batch)
            }
        }))
    }
}
