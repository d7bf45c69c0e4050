//! PARTITION BY: new key columns; the sink or repartition topic places the rows.

use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;

use super::rows::{is_set, some_unset, stream_columns};
use super::{CompiledExpression, Transform, sift_failures};
use crate::batch::Batch;
use crate::exec::TaskError;
use crate::exec::processing_log::TaskLog;
use crate::plan::{SelectKeyStep, row_schema};
use crate::types::Column;
use weir_parser::ast::Expression;

/// A null value stays null; its key is computed only if that needs nothing but key columns. A failing expression gives a
/// null key.
pub(crate) struct SelectKey {
    keys: Vec<CompiledExpression>,
    key_columns: Vec<Column>,
    /// Positions of the output's value columns in the input row.
    values: Vec<usize>,
    key_only: bool,
    log_name: String,
}

impl SelectKey {
    pub fn new(step: &SelectKeyStep, log_name: String) -> Result<Self, TaskError> {
        let schema = step.input.schema();
        let input = row_schema(schema, step.input.is_windowed());
        let keys = step.keys.iter().map(|e| CompiledExpression::new(e, &input)).collect::<Result<_, _>>()?;
        let values = step
            .schema
            .value
            .iter()
            .map(|c| input.index_of(&c.name).ok_or_else(|| TaskError::Plan(format!("no column {}", c.name.as_str()))))
            .collect::<Result<_, _>>()?;
        let key_only = step.keys.iter().all(|e| {
            let mut only = true;
            for_each_column(e, &mut |name| only &= schema.is_key(name));
            only
        });
        Ok(Self { keys, key_columns: step.schema.key.clone(), values, key_only, log_name })
    }
}

impl Transform for SelectKey {
    fn apply(&self, batch: Batch, log: &mut TaskLog<'_>) -> Result<Option<Batch>, TaskError> {
        let Batch::Stream(mut batch) = batch else {
            return Err(TaskError::Plan("PARTITION BY runs on streams only".into()));
        };
        let (rows, columns) = (batch.rows(), stream_columns(&batch));
        let mut absent = vec![self.keys.is_empty(); rows];
        let mut failures = Vec::new();
        let mut keys: Vec<ArrayRef> = Vec::with_capacity(self.keys.len());
        for (key, column) in self.keys.iter().zip(&self.key_columns) {
            keys.push(key.evaluate_as(&column.data_type, &columns, rows, &mut failures));
            sift_failures(&mut failures, batch.value_present.as_ref(), &self.log_name, log);
            for failure in failures.drain(..) {
                absent[failure.row as usize] = true;
                let message = format!("Error computing new key from expression {}: {}", key.text, failure.message);
                log.record_error(&self.log_name, message, &failure.message);
            }
        }
        let needs_value = !self.key_only;
        let present = BooleanBuffer::collect_bool(rows, |row| {
            !absent[row]
                && !(needs_value && !is_set(batch.value_present.as_ref(), row))
                && !(keys.len() == 1 && keys[0].is_null(row))
        });
        batch.key_present = some_unset(present);
        let hidden = batch.key_present.as_ref();
        batch.columns = keys
            .into_iter()
            .map(|key| super::rows::hide_absent(key, hidden))
            .chain(
                self.values.iter().map(|&i| super::rows::hide_absent(columns[i].clone(), batch.value_present.as_ref())),
            )
            .collect();
        Ok(Some(Batch::Stream(batch)))
    }
}

/// Calls `each` for every column that an expression names (lambda parameters included).
fn for_each_column(expression: &Expression, each: &mut dyn FnMut(&weir_parser::ast::Name)) {
    use Expression as E;
    let mut go = |e: &Expression| for_each_column(e, each);
    match expression {
        E::Literal(_) | E::Unit(_) | E::TypedLiteral { .. } => {}
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
