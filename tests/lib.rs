//! A harness around the real binary: starts `weir server`, talks to it over HTTP, stops or kills it, and prints its log when a
//! test fails. Beside it real Kafka brokers. Nothing here knows the engine.

mod answers;
mod kafka;
mod server;
mod small_disk;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use answers::answer_lines;
pub use kafka::Broker;
pub use server::{Answer, Server, run_to_end};
pub use small_disk::SmallDisk;

/// How long anything that a test waits for may take.
pub const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at a condition.
const POLL: Duration = Duration::from_millis(10);

/// The binary under test: `WEIR_BIN`, else the one that was built beside this test.
pub fn weir_binary() -> PathBuf {
    if let Some(path) = std::env::var_os("WEIR_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("the test knows its own path");
    let binary =
        test.parent().and_then(std::path::Path::parent).expect("tests lie in <target>/release/deps").join("weir");
    assert!(
        binary.exists(),
        "{} is missing: build it with `cargo build --release --workspace --bin weir`",
        binary.display()
    );
    binary
}

/// Looks until `condition` gives something.
///
/// # Panics
/// When that takes longer than `LIMIT`; says what was waited for.
pub async fn eventually<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(begun.elapsed() < LIMIT, "waited {LIMIT:?} in vain: {what}");
        tokio::time::sleep(POLL).await;
    }
}

/// Looks until `read` gives what is expected; then, or when time is up, compares with a readable message.
pub async fn becomes<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, mut read: impl AsyncFnMut() -> T) {
    let begun = Instant::now();
    loop {
        let found = read().await;
        if &found == expected {
            return;
        }
        assert!(begun.elapsed() < LIMIT, "{what}\nexpected: {expected:?}\nfound:    {found:?}");
        tokio::time::sleep(POLL).await;
    }
}

/// Random numbers whose seed is printed; `WEIR_SEED` replays a run.
pub fn seeded() -> ChaCha8Rng {
    let seed = std::env::var("WEIR_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("replay with WEIR_SEED={seed}");
    ChaCha8Rng::seed_from_u64(seed)
}
