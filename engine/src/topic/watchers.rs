//! Who wants to know when a topic has new records.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::{Wake, Watch};

#[derive(Default)]
pub(super) struct Watchers {
    state: RwLock<Registered>,
}

#[derive(Default)]
struct Registered {
    next: u64,
    by_topic: HashMap<String, Vec<(u64, Wake)>>,
}

impl Watchers {
    pub fn watch(self: &Arc<Self>, topic: &str, wake: Wake) -> Watch {
        let mut state = self.state.write();
        let id = state.next;
        state.next += 1;
        state.by_topic.entry(topic.to_string()).or_default().push((id, wake));
        Watch(Box::new(Registration { watchers: self.clone(), topic: topic.to_string(), id })
            as Box<dyn Any + Send + Sync>)
    }

    /// Whether anybody waits for the topic.
    pub fn watches(&self, topic: &str) -> bool {
        self.state.read().by_topic.contains_key(topic)
    }

    pub fn wake(&self, topic: &str) {
        let wakes = self.state.read().by_topic.get(topic).cloned();
        wakes.iter().flatten().for_each(|(_, wake)| wake());
    }
}

struct Registration {
    watchers: Arc<Watchers>,
    topic: String,
    id: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut state = self.watchers.state.write();
        if let Some(wakes) = state.by_topic.get_mut(&self.topic) {
            wakes.retain(|(id, _)| *id != self.id);
            if wakes.is_empty() {
                state.by_topic.remove(&self.topic);
            }
        }
    }
}
