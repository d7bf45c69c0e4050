//! Whether the node has come up: with Kafka it listens before the cluster answers, and says what it waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How often the log says that the server still waits.
const REPEAT: Duration = Duration::from_secs(30);

#[derive(Default)]
pub struct Readiness {
    ready: AtomicBool,
    stopping: AtomicBool,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    reason: Option<String>,
    said: Option<Instant>,
}

impl Readiness {
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub fn set_ready(&self) {
        let waited = self.waiting.lock().said.is_some();
        self.ready.store(true, Ordering::Release);
        if waited {
            tracing::warn!("the server is ready");
        }
    }

    /// The server stops: nobody needs to wait any longer.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Notes why the server is not ready; logs it now and then.
    pub fn waits_for(&self, reason: &str) {
        let mut waiting = self.waiting.lock();
        waiting.reason = Some(reason.to_string());
        if waiting.said.is_none_or(|said| said.elapsed() >= REPEAT) {
            waiting.said = Some(Instant::now());
            tracing::warn!("the server is not ready and tries again: {reason}");
        }
    }

    /// What the server waits for, if it does.
    pub fn reason(&self) -> Option<String> {
        self.waiting.lock().reason.clone().filter(|_| !self.is_ready())
    }
}
