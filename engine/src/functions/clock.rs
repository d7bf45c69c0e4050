//! What functions such as UNIX_TIMESTAMP() and RANDOM() know of time and chance.

use std::time::{SystemTime, UNIX_EPOCH};

/// Time and chance as a driver hands them to expressions; a deterministic driver gives its own.
pub trait Clock: Sync {
    /// Wall-clock milliseconds since the epoch.
    fn now_ms(&self) -> i64;
    /// 64 uniformly distributed bits.
    fn random(&self) -> u64;
}

/// The machine's clock and random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
    }
    fn random(&self) -> u64 {
        rand::random()
    }
}
