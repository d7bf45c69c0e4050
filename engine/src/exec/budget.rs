//! How much memory the node's tasks may use for state together, and when one of them must give some back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The node's budget. Tasks may use all of it in any proportion; once it is used up, those above their even part give back.
#[derive(Debug)]
pub(crate) struct StateBudget {
    total_bytes: usize,
    tasks: AtomicUsize,
    used_bytes: AtomicUsize,
}

/// One task's part, given back when dropped.
pub(crate) struct BudgetShare {
    budget: Arc<StateBudget>,
    /// How often it counts: 0 or 1.
    parts: usize,
    /// The query's own bound, if any.
    bytes_max: Option<usize>,
    used_bytes: AtomicUsize,
}

impl StateBudget {
    pub fn new(total_bytes: usize) -> Arc<Self> {
        Arc::new(Self { total_bytes, tasks: AtomicUsize::new(0), used_bytes: AtomicUsize::new(0) })
    }
    /// A part for a task; only those with state count.
    pub fn share(self: &Arc<Self>, stateful: bool, bytes_max: Option<usize>) -> Arc<BudgetShare> {
        let parts = usize::from(stateful);
        self.tasks.fetch_add(parts, Ordering::Relaxed);
        Arc::new(BudgetShare { budget: self.clone(), parts, bytes_max, used_bytes: AtomicUsize::new(0) })
    }
}

impl BudgetShare {
    /// Notes what the task holds now.
    pub fn note(&self, bytes: usize) {
        let before = self.used_bytes.swap(bytes, Ordering::Relaxed);
        self.budget.used_bytes.fetch_add(bytes.wrapping_sub(before), Ordering::Relaxed);
    }

    /// Whether the task must commit early and drop clean entries.
    pub fn is_exceeded(&self) -> bool {
        let used = self.used_bytes.load(Ordering::Relaxed);
        let even_part = self.budget.total_bytes / self.budget.tasks.load(Ordering::Relaxed).max(1);
        let node_is_full = self.budget.used_bytes.load(Ordering::Relaxed) > self.budget.total_bytes;
        self.bytes_max.is_some_and(|max| used > max) || (node_is_full && used > even_part)
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        self.note(0);
        self.budget.tasks.fetch_sub(self.parts, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::StateBudget;

    #[test]
    fn a_full_node_takes_from_those_above_their_even_part() {
        let budget = StateBudget::new(100);
        let (big, small) = (budget.share(true, None), budget.share(true, Some(20)));
        big.note(90);
        small.note(10);
        assert!(!big.is_exceeded(), "one task may use what others leave");
        small.note(11);
        assert!(big.is_exceeded() && !small.is_exceeded());
        small.note(21);
        assert!(small.is_exceeded(), "a query's own bound holds in any case");
        drop(small);
        assert!(!big.is_exceeded(), "what a closed task held is free again");
    }
}
