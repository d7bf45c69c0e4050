//! PARTITION BY: new key columns; the sink or repartition topic places the rows.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;

use super::rows::{hide_absent, some_unset, stream_columns};
use super::{CompiledExpression, Transform, sift_failures};
use crate::batch::{Batch, StreamBatch};
use crate::exec::TaskError;
use crate::exec::processing_log::TaskLog;
use crate::plan::{SelectKeyStep, row_schema};
use crate::types::Column;
use weir_parser::ast::Expression;

/// A null value stays null; of its new key only columns are computed that need nothing but old key columns. A failing
/// expression gives NULL. A single key column that is NULL is a null key; several are a key of NULLs.
pub(crate) struct SelectKey {
    keys: Vec<KeyExpression>,
    key_columns: Vec<Column>,
    /// Positions of the output's value columns in the input row.
    values: Vec<usize>,
    log_name: String,
}

struct KeyExpression {
    expression: CompiledExpression,
    /// Needs nothing but key columns, and so can be computed for null values.
    key_only: bool,
}

impl SelectKey {
    pub fn new(step: &SelectKeyStep, log_name: String) -> Result<Self, TaskError> {
        let schema = step.input.schema();
        let input = row_schema(schema, step.input.is_windowed());
        let key = |e: &Expression| {
            let mut key_only = true;
            for_each_column(e, &mut |name| key_only &= schema.is_key(name));
            Ok(KeyExpression { expression: CompiledExpression::new(e, &input)?, key_only })
        };
        let keys = step.keys.iter().map(key).collect::<Result<_, TaskError>>()?;
        let values = step
            .schema
            .value
            .iter()
            .map(|c| input.index_of(&c.name).ok_or_else(|| TaskError::Plan(format!("no column {}", c.name.as_str()))))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys, key_columns: step.schema.key.clone(), values, log_name })
    }

    /// The new key columns of n rows.
    fn keys(&self, batch: &StreamBatch, columns: &[ArrayRef], log: &mut TaskLog<'_>) -> Vec<ArrayRef> {
        let (rows, value_present) = (batch.rows(), batch.value_present.as_ref());
        let mut failures = Vec::new();
        let evaluate = |(key, column): (&KeyExpression, &Column)| {
            let computed = if key.key_only { None } else { value_present };
            let array = key.expression.evaluate_as(&column.data_type, columns, rows, &mut failures);
            sift_failures(&mut failures, computed, &self.log_name, log);
            let mut failed: Option<Vec<bool>> = None;
            for failure in failures.drain(..) {
                failed.get_or_insert_with(|| vec![false; rows])[failure.row as usize] = true;
                self.log_failure(key, &failure.message, log);
            }
            for _ in computed.iter().flat_map(|present| (0..rows).filter(|&row| !present.value(row))) {
                self.log_failure(key, "the value is null", log);
            }
            let array = hide_absent(array, computed);
            match failed {
                Some(failed) => hide_absent(array, Some(&BooleanBuffer::collect_bool(rows, |row| !failed[row]))),
                None => array,
            }
        };
        self.keys.iter().zip(&self.key_columns).map(evaluate).collect()
    }

    fn log_failure(&self, key: &KeyExpression, cause: &str, log: &mut TaskLog<'_>) {
        log.record_error(
            &self.log_name,
            format!("Error computing new key from expression {}", key.expression.text),
            cause,
        );
    }
}

impl Transform for SelectKey {
    fn apply(&self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let Batch::Stream(mut batch) = batch else {
            return Err(TaskError::Plan("PARTITION BY runs on streams only".into()));
        };
        let columns = stream_columns(&batch);
        let keys = self.keys(&batch, &columns, log);
        batch.key_present = match &keys[..] {
            [] => Some(BooleanBuffer::new_unset(batch.rows())),
            [single] => single.nulls().and_then(|nulls| some_unset(nulls.inner().clone())),
            _ => None,
        };
        let value = |&i: &usize| hide_absent(columns[i].clone(), batch.value_present.as_ref());
        let values: Vec<ArrayRef> = self.values.iter().map(value).collect();
        batch.columns = keys.into_iter().chain(values).collect();
        Ok(Some(Batch::Stream(batch)))
    }
}

/// Calls `each` for every column that an expression names (lambda parameters included).
fn for_each_column(expression: &Expression, each: &mut dyn FnMut(&weir_parser::ast::Name)) {
    use Expression as E;
    let mut go = |e: &Expression| for_each_column(e, each);
    match expression {
        E::Literal(_) | E::Unit(_) => {}
        E::Column(column) => each(&column.name),
        E::Arithmetic { left, right, .. } | E::Comparison { left, right, .. } | E::Logical { left, right, .. } => {
            go(left);
            go(right);
        }
        E::Negate(value)
        | E::Not(value)
        | E::IsNull { value, .. }
        | E::Cast { value, .. }
        | E::AtTimeZone { value, .. }
        | E::Dereference { base: value, .. }
        | E::Lambda { body: value, .. } => go(value),
        E::Between { value, lower, upper, .. } => [value, lower, upper].into_iter().for_each(|e| go(e)),
        E::In { value, list, .. } => {
            go(value);
            list.iter().for_each(go);
        }
        E::Like { value, pattern, .. } => {
            go(value);
            go(pattern);
        }
        E::Case { operand, when, default } => {
            operand.iter().chain(default).for_each(|e| go(e));
            when.iter().for_each(|w| {
                go(&w.condition);
                go(&w.result);
            });
        }
        E::Call(call) => call.arguments.iter().for_each(go),
        E::Array(items) => items.iter().for_each(go),
        E::Map(entries) => entries.iter().for_each(|(k, v)| {
            go(k);
            go(v);
        }),
        E::Struct(fields) => fields.iter().for_each(|(_, v)| go(v)),
        E::Subscript { base, index } => {
            go(base);
            go(index);
        }
    }
}
