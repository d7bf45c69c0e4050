//! Aggregate functions: their table, and their accumulators as flat arrays indexed by group.

use arrow_array::ArrayRef;

use crate::types::{SqlType, Value};

pub struct AggregateFunction {
    pub name: &'static str,
    pub description: &'static str,
    /// Signatures in SQL words for SHOW and DESCRIBE: (parameters, result).
    pub signatures: &'static [(&'static str, &'static str)],
    /// Trailing arguments that must be literals: 1 for `TOPK(v, 3)`.
    pub literal_arguments: fn(usize) -> usize,
    /// Chooses the accumulator for argument types (`None`: untyped NULL) and literal arguments.
    pub resolve: fn(&[Option<SqlType>], &[Value]) -> Result<ResolvedAggregate, String>,
}

/// An aggregate with its types settled.
#[derive(Clone)]
pub struct ResolvedAggregate {
    pub name: &'static str,
    /// Types to which the non-literal arguments are cast before they reach the accumulators.
    pub argument_types: Vec<SqlType>,
    /// As ksqlDB names it; must be serialisable in the query's value format.
    pub intermediate_type: SqlType,
    pub return_type: SqlType,
    /// Whether it may run over a table.
    pub supports_undo: bool,
    pub create: std::sync::Arc<dyn Fn() -> Box<dyn Accumulators> + Send + Sync>,
}

/// The state of one aggregate for all groups of a task: slot i belongs to group i.
pub trait Accumulators: Send {
    /// Makes room for `slots` groups; new ones are in the initial state.
    fn resize(&mut self, slots: usize);
    /// Puts a slot back to the initial state.
    fn reset(&mut self, slot: u32);
    /// Adds row i of the arguments to group `slots[i]`, in row order.
    fn update(&mut self, slots: &[u32], arguments: &[ArrayRef]);
    /// Takes row i of the arguments back out of group `slots[i]`. Only where undo is supported.
    fn undo(&mut self, slots: &[u32], arguments: &[ArrayRef]);
    /// Adds the state of `from` to `into` (sessions that merge, partial results).
    fn merge(&mut self, into: u32, from: u32);
    /// The results of these groups, one row each.
    fn results(&self, slots: &[u32]) -> ArrayRef;
    /// Appends the state of a slot in a self-delimiting form.
    fn encode(&self, slot: u32, out: &mut Vec<u8>);
    /// Reads what `encode` wrote, leaving `bytes` behind it. `None`: it does not decode.
    fn decode(&mut self, slot: u32, bytes: &mut &[u8]) -> Option<()>;
    /// Heap bytes held, roughly.
    fn memory_bytes(&self) -> usize;
}
