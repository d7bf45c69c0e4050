//! JSON bids of about 224 bytes with keys drawn from a given number, and their columns.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weir_engine::topic::Records;
use weir_engine::{BinaryBuilder, Int64Array};

/// Records of one append.
pub const BATCH_ROWS: usize = 4_096;
/// Event time between two records in ms.
const STEP_MS: i64 = 1;
pub const START_MS: i64 = 1_700_000_000_000;

pub const BID_COLUMNS: &str =
    "AUCTION BIGINT, BIDDER BIGINT, PRICE BIGINT, CHANNEL STRING, URL STRING, DATETIME BIGINT, EXTRA STRING";

/// Makes bids; the same seed gives the same bytes.
pub struct Bids {
    random: ChaCha8Rng,
    keys: u64,
    made: i64,
}

impl Bids {
    pub fn new(keys: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(42), keys, made: 0 }
    }

    fn write(&mut self, out: &mut String) -> i64 {
        use std::fmt::Write;
        const CHANNELS: [&str; 4] = ["Google", "Facebook", "Baidu", "Apple"];
        let timestamp = START_MS + self.made * STEP_MS;
        self.made += 1;
        let auction = self.random.random_range(0..self.keys);
        let bidder = self.random.random_range(0..100_000u32);
        let price = self.random.random_range(1..10_000_000u32);
        let channel = CHANNELS[self.random.random_range(0..CHANNELS.len())];
        let item = self.random.random_range(0..1_000_000u32);
        let extra: u64 = self.random.random();
        let _ = write!(
            out,
            "{{\"auction\":{auction},\"bidder\":{bidder},\"price\":{price},\"channel\":\"{channel}\",\"url\":\"https://www.nexmark.com/auctions/item.htm?query=1&item={item}\",\"dateTime\":{timestamp},\"extra\":\"{extra:016x}{extra:016x}{extra:016x}\"}}"
        );
        timestamp
    }

    /// The next records, without keys.
    pub fn batch(&mut self, rows: usize) -> Records {
        let mut keys = BinaryBuilder::new();
        let mut values = BinaryBuilder::new();
        let mut timestamps = Vec::with_capacity(rows);
        let mut text = String::new();
        for _ in 0..rows {
            text.clear();
            timestamps.push(self.write(&mut text));
            keys.append_null();
            values.append_value(text.as_bytes());
        }
        Records {
            keys: keys.finish(),
            values: values.finish(),
            timestamps: Int64Array::from(timestamps),
            headers: None,
        }
    }

    /// All records as batches of `BATCH_ROWS`.
    pub fn batches(&mut self, rows: usize) -> Vec<Records> {
        (0..rows.div_ceil(BATCH_ROWS)).map(|i| self.batch(BATCH_ROWS.min(rows - i * BATCH_ROWS))).collect()
    }
}
