//! How much memory the node's tasks may use for state together, and each one's part of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a task may always use, however many there are.
const TASK_BYTES_MIN: usize = 1 << 20;

/// The node's budget, split evenly among open tasks with state.
#[derive(Debug)]
pub(crate) struct StateBudget {
    total_bytes: usize,
    tasks: AtomicUsize,
}

/// One task's part, given back when dropped.
pub(crate) struct BudgetShare {
    budget: Arc<StateBudget>,
    /// How often it counts: 0 or 1.
    parts: usize,
    /// The query's own bound, if any.
    bytes_max: Option<usize>,
}

impl StateBudget {
    pub fn new(total_bytes: usize) -> Arc<Self> {
        Arc::new(Self { total_bytes, tasks: AtomicUsize::new(0) })
    }
    /// A part for a task; only those with state count.
    pub fn share(self: &Arc<Self>, stateful: bool, bytes_max: Option<usize>) -> Arc<BudgetShare> {
        let parts = usize::from(stateful);
        self.tasks.fetch_add(parts, Ordering::Relaxed);
        Arc::new(BudgetShare { budget: self.clone(), parts, bytes_max })
    }
}

impl BudgetShare {
    /// Bytes above which the task commits early and drops clean entries.
    pub fn bytes(&self) -> usize {
        let tasks = self.budget.tasks.load(Ordering::Relaxed).max(1);
        let part = (self.budget.total_bytes / tasks).max(TASK_BYTES_MIN);
        self.bytes_max.map_or(part, |max| part.min(max))
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        self.budget.tasks.fetch_sub(self.parts, Ordering::Relaxed);
    }
}
