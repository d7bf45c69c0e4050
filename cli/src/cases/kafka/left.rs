//! What a case has on the broker, to be removed after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub struct Left {
    /// Topics, and the retention that the case knows them by.
    topics: Mutex<BTreeMap<String, i64>>,
    groups: Mutex<BTreeSet<String>>,
}

impl Left {
    pub fn topic(&self, name: &str, retention_ms: i64) {
        lock(&self.topics).insert(name.to_string(), retention_ms);
    }

    pub fn topic_is_gone(&self, name: &str) {
        lock(&self.topics).remove(name);
    }

    /// `None`: the case has no such topic.
    pub fn retention_ms(&self, name: &str) -> Option<i64> {
        lock(&self.topics).get(name).copied()
    }

    pub fn topics(&self) -> Vec<String> {
        lock(&self.topics).keys().cloned().collect()
    }

    pub fn group(&self, name: &str) {
        lock(&self.groups).insert(name.to_string());
    }

    pub fn group_is_gone(&self, name: &str) {
        lock(&self.groups).remove(name);
    }

    pub fn groups(&self) -> Vec<String> {
        lock(&self.groups).iter().cloned().collect()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
