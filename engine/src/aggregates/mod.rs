//! Aggregate functions: their table, and their accumulators as flat arrays indexed by group.
//!
//! `table` lists the functions; `signature` decides which arguments they take; `set` runs the accumulators of one query
//! over batches; each function's file holds its accumulators. Which rows belong to which group, windows, caches and
//! stores are the business of the aggregation step.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::ArrayRef;

use crate::functions::RowFailure;
use crate::types::{SqlType, Value};

mod attribute;
mod average;
mod codec;
mod collect;
mod compare;
mod count;
mod count_distinct;
mod distinct;
mod extremum;
mod fold;
mod histogram;
mod numbers;
mod offset;
mod resolve;
mod set;
mod signature;
mod statistics;
mod sum;
mod table;
mod top;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests;

pub use set::{AggregateSet, TableSteps};
pub use table::{all, find, is_aggregate};

pub struct AggregateFunction {
    /// Upper case, as `find` and SHOW FUNCTIONS know it.
    pub name: &'static str,
    /// As ksqlDB declares it and prints it in messages: `SUM`, but `avg`.
    pub declared_name: &'static str,
    pub description: &'static str,
    /// Signatures in SQL words for messages, SHOW and DESCRIBE: (`INT val1, ANY... val2, INT k`, `ARRAY<INT>`).
    pub signatures: &'static [(&'static str, &'static str)],
    /// Each is also a test.
    pub examples: &'static [AggregateExample],
    /// Trailing arguments that must be literals, of that many arguments: 1 of 2 for `TOPK(v, 3)`.
    pub literal_arguments: fn(usize) -> usize,
    /// Chooses the accumulator for the types of the arguments that are not literals (`None`: untyped NULL; no types at
    /// all: `COUNT(*)`) and the literal arguments behind them.
    pub resolve: fn(&[Option<SqlType>], &[Value]) -> Result<ResolvedAggregate, String>,
}

/// What a function gives for the rows of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AggregateExample {
    /// A call over the columns `x` and `y`.
    pub call: &'static str,
    /// The columns' values in each row, as SQL text: `1, 'a'`.
    pub rows: &'static [&'static str],
    pub result: &'static str,
}

impl AggregateFunction {
    /// Refuses argument types that no signature takes; `types` are of all arguments, the literal ones included.
    /// To be asked before it is checked that the trailing arguments are literals.
    ///
    /// # Errors
    /// ksqlDB's text: `Function 'SUM' does not accept parameters (STRING).` with the valid alternatives.
    pub fn check(&self, types: &[Option<SqlType>]) -> Result<(), String> {
        signature::check(self, types)
    }

    /// Whether it can do without an argument: it counts rows then.
    pub fn counts_rows(&self) -> bool {
        self.name == "COUNT"
    }
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
    pub create: Arc<dyn Fn() -> Box<dyn Accumulators> + Send + Sync>,
}

impl ResolvedAggregate {
    /// The same aggregate keeping at most `limit` values: `ksql.functions.collect_list.limit` and its like.
    pub fn limited(mut self, limit: usize) -> Self {
        let create = self.create;
        self.create = Arc::new(move || {
            let mut accumulators = create();
            accumulators.limit_values(limit);
            accumulators
        });
        self
    }
}

/// Results around each row of a batch, in row order.
pub struct Emitted {
    /// Results just before each row; `None` unless asked for.
    pub old: Option<ArrayRef>,
    /// Results just after each row.
    pub new: ArrayRef,
}

/// The state of one aggregate for all groups of a task: slot i belongs to group i.
///
/// Slots are below the size given to `resize`; arguments have the types of the resolved aggregate and one row per slot.
pub trait Accumulators: Send {
    /// Makes room for `slots` groups; new ones are in the initial state.
    fn resize(&mut self, slots: usize);
    /// Puts a slot back to the initial state.
    fn reset(&mut self, slot: u32);
    /// Adds row i of the arguments to group `slots[i]`, in row order.
    fn update(&mut self, slots: &[u32], arguments: &[ArrayRef]);
    /// Takes row i of the arguments back out of group `slots[i]`. Only where undo is supported.
    fn undo(&mut self, slots: &[u32], arguments: &[ArrayRef]);
    /// Adds the state of `from` to `into` (sessions that merge, partial results). `from` keeps its state. Sessions are
    /// merged into a fresh slot, the older first, before the row that joins them is added.
    fn merge(&mut self, into: u32, from: u32);
    /// The results of these groups, one row each.
    fn results(&self, slots: &[u32]) -> ArrayRef;
    /// Appends the state of a slot in a self-delimiting form.
    fn encode(&self, slot: u32, out: &mut Vec<u8>);
    /// Reads what `encode` wrote, leaving `bytes` behind it. `None`: it does not decode, and the slot's state is
    /// undefined until it is reset.
    fn decode(&mut self, slot: u32, bytes: &mut &[u8]) -> Option<()>;
    /// Heap bytes held, roughly.
    fn memory_bytes(&self) -> usize;

    /// The states of these groups as ksqlDB keeps them, in the aggregate's intermediate type: what changelogs hold. `None`,
    /// whatever the slots: the accumulators have no such form.
    fn intermediates(&self, _slots: &[u32], _intermediate_type: &SqlType) -> Option<ArrayRef> {
        None
    }
    /// Reads what `intermediates` gave: row i is the state of group `slots[i]`. `None`: it is no state.
    fn restore(&mut self, _slots: &[u32], _states: &ArrayRef, _intermediate_type: &SqlType) -> Option<()> {
        None
    }

    /// Rows since the last call that could not be added or taken out, and why (a DECIMAL sum that overflows). Their
    /// groups are as before them.
    fn take_failures(&mut self) -> Vec<RowFailure> {
        Vec::new()
    }
    /// Sets how many values a group holds at most. Only `COLLECT_LIST` and `COLLECT_SET` have such a limit.
    fn limit_values(&mut self, _limit: usize) {}
    /// `update`, and the results around every row. No slot repeats within any of `runs`, which cover all rows in order;
    /// implementations that go row by row anyway need not look at them. Adds to `failures`.
    fn update_emitting(
        &mut self,
        slots: &[u32],
        arguments: &[ArrayRef],
        runs: &[Range<usize>],
        with_old: bool,
        failures: &mut Vec<RowFailure>,
    ) -> Emitted {
        let mut emission = set::Emission::new(with_old);
        for run in runs {
            let slots = &slots[run.clone()];
            let arguments: Vec<ArrayRef> = arguments.iter().map(|a| a.slice(run.start, run.len())).collect();
            emission.before(self.results_if(with_old, slots));
            self.update(slots, &arguments);
            emission.after(self.results(slots));
            failures.extend(set::shifted(self.take_failures(), run.start));
        }
        emission.finish(|| self.results(&[]))
    }
    /// `results` if wanted.
    fn results_if(&self, wanted: bool, slots: &[u32]) -> Option<ArrayRef> {
        wanted.then(|| self.results(slots))
    }
}
