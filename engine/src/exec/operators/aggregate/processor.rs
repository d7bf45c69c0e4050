//! What an aggregation is, for all of its tasks: compiled calls, codecs of keys and of the changelog.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, Int64Array, UInt32Array};
use weir_parser::ast::Expression;

use super::super::changelog::{ValueCodec, stored_values};
use super::super::rows::take_array;
use super::super::time_window::size_ms;
use super::super::{CompiledExpression, Operator, StateOptions, StatefulProcessor};
use super::Aggregate;
use super::groups::Groups;
use crate::aggregates::ResolvedAggregate;
use crate::batch::{TableBatch, TableSide, WindowBounds};
use crate::exec::TaskError;
use crate::exec::store::StorePart;
use crate::formats::{self, Decoder, Encoder, Format, SerdeOptions};
use crate::plan::{AggregateCall, AggregateStep, WindowSpec, WindowSpecKind, row_schema};
use crate::types::{Column, RowSchema, SqlType};

/// Adds each row to its group (a table's old value is taken out first) and emits the group's new row.
pub(crate) struct AggregateProcessor {
    store: String,
    pub(super) key_columns: Vec<Column>,
    key_encoder: Option<Box<dyn Encoder>>,
    key_decoder: Option<Box<dyn Decoder>>,
    /// Positions of the input's value columns in the input row.
    pub(super) carried: Range<usize>,
    pub(super) logged: Option<ValueCodec>,
    pub(super) calls: Vec<Call>,
    pub(super) window: Option<WindowSpec>,
    /// Somebody downstream needs old values.
    pub(super) emits_old: bool,
    pub(super) log_name: String,
}

/// An aggregate function with its arguments.
pub(super) struct Call {
    pub resolved: ResolvedAggregate,
    pub arguments: Vec<CompiledExpression>,
}

impl AggregateProcessor {
    pub fn new(
        step: &AggregateStep,
        (key_serde, value_format): (&SerdeOptions, &Format),
        emits_old: bool,
        log_name: String,
    ) -> Result<Self, TaskError> {
        if step.emit_final || matches!(step.window, Some(WindowSpec { kind: WindowSpecKind::Session { .. }, .. })) {
            return Err(TaskError::Plan("session windows and EMIT FINAL do not run yet".into()));
        }
        let schema = step.input.schema();
        let input = row_schema(schema, step.input.is_windowed());
        let calls: Vec<Call> =
            step.aggregates.iter().map(|call| compile_call(call, &input)).collect::<Result<_, _>>()?;
        let has_intermediate = |ResolvedAggregate { create, intermediate_type, .. }: &ResolvedAggregate| {
            create().intermediates(&[], intermediate_type).is_some()
        };
        let states = calls.iter().zip(&step.schema.value).map(|(call, result)| Column {
            name: result.name.clone(),
            data_type: call.resolved.intermediate_type.clone(),
        });
        let columns: Vec<Column> = schema.value.iter().cloned().chain(states).collect();
        let logged = if calls.iter().all(|call| has_intermediate(&call.resolved)) {
            ValueCodec::new(value_format, &columns, &step.store)
        } else {
            None
        };
        let keyed = !schema.key.is_empty();
        Ok(Self {
            store: step.store.clone(),
            key_columns: schema.key.clone(),
            key_encoder: keyed.then(|| formats::encoder(key_serde, &schema.key, true)).transpose()?,
            key_decoder: keyed.then(|| formats::decoder(key_serde, &schema.key, &step.store, true)).transpose()?,
            carried: schema.key.len()..schema.key.len() + schema.value.len(),
            logged,
            calls,
            window: step.window.clone(),
            emits_old,
            log_name,
        })
    }

    pub(super) fn key_bytes(&self, keys: &[ArrayRef], rows: usize) -> Result<BinaryArray, TaskError> {
        match &self.key_encoder {
            Some(encoder) => encoder.encode(keys, None, rows).map_err(|e| TaskError::Record(e.message)),
            None => Ok(BinaryArray::from_iter_values(std::iter::repeat_n(b"", rows))),
        }
    }

    /// Key columns of stored key bytes.
    pub(super) fn key_arrays(&self, stored: &[&[u8]]) -> Vec<ArrayRef> {
        let wanted: Vec<usize> = (0..self.key_columns.len()).collect();
        let keys = BinaryArray::from_iter_values(stored);
        self.key_decoder.as_ref().map_or_else(Vec::new, |decoder| decoder.decode(&keys, &wanted).columns)
    }

    pub(super) fn window_bounds(&self, starts: Vec<i64>) -> Option<WindowBounds> {
        let size = size_ms(self.window.as_ref()?);
        let end = starts.iter().map(|start| start.saturating_add(size)).collect::<Vec<_>>().into();
        Some(WindowBounds { start: starts.into(), end })
    }

    /// Rows of committed entries (key bytes, window start, stored value).
    pub fn decode_rows(&self, entries: &[(Vec<u8>, i64, Vec<u8>)]) -> Result<TableBatch, TaskError> {
        let mut groups = Groups::new(self);
        groups.grow(entries.len());
        for (slot, (_, _, value)) in entries.iter().enumerate() {
            groups.decode(slot as u32, value)?;
        }
        let slots: Vec<u32> = (0..entries.len() as u32).collect();
        let stored: Vec<&[u8]> = entries.iter().map(|(key, ..)| key.as_slice()).collect();
        Ok(TableBatch {
            key: self.key_arrays(&stored),
            old: None,
            new: TableSide { columns: groups.columns(&slots), present: None },
            rowtime: groups.rowtime.clone().into(),
            window: self.window_bounds(entries.iter().map(|e| e.1).collect()),
            headers: None,
        })
    }

    pub fn key_columns(&self) -> &[Column] {
        &self.key_columns
    }
    pub fn window_size_ms(&self) -> Option<i64> {
        self.window.as_ref().map(size_ms)
    }
    /// Store bytes of one key.
    pub fn encode_key(&self, keys: &[ArrayRef]) -> Result<BinaryArray, TaskError> {
        self.key_bytes(keys, 1)
    }
}

fn compile_call(call: &AggregateCall, input: &RowSchema) -> Result<Call, TaskError> {
    let mut types = Vec::new();
    for argument in &call.arguments {
        types.push(crate::expr::expression_type(argument, input)?);
    }
    let resolved = resolve(call, &types)?;
    let arguments = call
        .arguments
        .iter()
        .enumerate()
        .map(|(i, argument)| match resolved.argument_types.get(i) {
            Some(wanted) if types[i].as_ref() != Some(wanted) => {
                let cast = Expression::Cast { value: Box::new(argument.clone()), data_type: wanted.to_data_type() };
                CompiledExpression::new(&cast, input)
            }
            _ => CompiledExpression::new(argument, input),
        })
        .collect::<Result<_, _>>()?;
    Ok(Call { resolved, arguments })
}

fn resolve(call: &AggregateCall, types: &[Option<SqlType>]) -> Result<ResolvedAggregate, TaskError> {
    let function = crate::aggregates::find(&call.function)
        .ok_or_else(|| TaskError::Plan(format!("there is no aggregate function {}", call.function)))?;
    let constant = |e: &Expression| crate::expr::evaluate_constant(e).map(|(value, _)| value);
    let literals = call.literals.iter().map(constant).collect::<Result<Vec<_>, _>>()?;
    let resolved = (function.resolve)(types, &literals).map_err(TaskError::Plan)?;
    Ok(match call.limit {
        Some(limit) => resolved.limited(usize::try_from(limit).unwrap_or(usize::MAX)),
        None => resolved,
    })
}

impl StatefulProcessor for AggregateProcessor {
    fn store_name(&self) -> &str {
        &self.store
    }
    fn retention_ms(&self) -> Option<i64> {
        self.window.as_ref().map(|window| window.retention_ms)
    }
    fn restore(&self, values: &BinaryArray, timestamps: &Int64Array) -> Result<BinaryArray, TaskError> {
        let Some(logged) = &self.logged else { return Ok(values.clone()) };
        let states: Vec<usize> = (self.carried.len()..self.carried.len() + self.calls.len()).collect();
        let there: Vec<u32> = (0..values.len()).filter(|&row| values.is_valid(row)).map(|row| row as u32).collect();
        let mut groups = Groups::new(self);
        groups.grow(values.len());
        groups.rowtime.copy_from_slice(timestamps.values());
        let columns = logged.decode(values, &states)?.columns;
        let rows = UInt32Array::from(there.clone());
        for ((accumulators, call), column) in groups.accumulators.iter_mut().zip(&self.calls).zip(&columns) {
            let column = take_array(column, &rows);
            accumulators
                .restore(&there, &column, &call.resolved.intermediate_type)
                .ok_or_else(|| TaskError::corrupt("a changelog value is no state of its aggregate"))?;
        }
        Ok(stored_values(values, |row, stored| groups.encode(row as u32, stored)))
    }
    fn open(self: Arc<Self>, store: StorePart, options: StateOptions) -> Box<dyn Operator> {
        Box::new(Aggregate::new(self, store, options))
    }
}
