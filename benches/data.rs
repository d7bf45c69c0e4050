//! JSON bids of about 224 bytes, keyed by auction, and their columns.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weir_engine::topic::Records;
use weir_engine::{BinaryBuilder, Int64Array};

/// Records of one append.
const BATCH_ROWS: usize = 4_096;
/// Event time between two records in ms.
const STEP_MS: i64 = 1;
/// Time of the first.
const START_MS: i64 = 1_700_000_000_000;

/// The columns of a record's value but for the auction, which is in its key too.
pub const BID_COLUMNS: &str = "BIDDER BIGINT, PRICE BIGINT, CHANNEL STRING, URL STRING, DATETIME BIGINT, EXTRA STRING";

/// Makes bids on auctions drawn evenly from a number of them; the same bytes each time.
pub struct Bids {
    random: ChaCha8Rng,
    auctions: u64,
    /// Prices of all bids made.
    pub prices: Vec<u32>,
}

impl Bids {
    pub fn new(auctions: u64) -> Self {
        Self { random: ChaCha8Rng::seed_from_u64(42), auctions, prices: Vec::new() }
    }

    /// Writes a bid's value; gives its auction and time.
    fn write(&mut self, out: &mut String) -> (u64, i64) {
        use std::fmt::Write;
        const CHANNELS: [&str; 4] = ["Google", "Facebook", "Baidu", "Apple"];
        let timestamp = START_MS + self.prices.len() as i64 * STEP_MS;
        let auction = self.random.random_range(0..self.auctions);
        let bidder = self.random.random_range(0..100_000u32);
        let price = self.random.random_range(1..10_000_000u32);
        self.prices.push(price);
        let channel = CHANNELS[self.random.random_range(0..CHANNELS.len())];
        let item = self.random.random_range(0..1_000_000u32);
        let extra: u64 = self.random.random();
        let _ = write!(
            out,
            "{{\"auction\":{auction},\"bidder\":{bidder},\"price\":{price},\"channel\":\"{channel}\",\"url\":\"https://www.nexmark.com/auctions/item.htm?query=1&item={item}\",\"dateTime\":{timestamp},\"extra\":\"{extra:016x}{extra:016x}{extra:016x}\"}}"
        );
        (auction, timestamp)
    }

    fn batch(&mut self, rows: usize) -> Records {
        let mut keys = BinaryBuilder::new();
        let mut values = BinaryBuilder::new();
        let mut timestamps = Vec::with_capacity(rows);
        let mut text = String::new();
        for _ in 0..rows {
            text.clear();
            let (auction, timestamp) = self.write(&mut text);
            timestamps.push(timestamp);
            keys.append_value(auction.to_be_bytes());
            values.append_value(text.as_bytes());
        }
        Records {
            keys: keys.finish(),
            values: values.finish(),
            timestamps: Int64Array::from(timestamps),
            headers: None,
        }
    }

    /// That many records, made batch by batch.
    pub fn batches(&mut self, rows: usize) -> impl Iterator<Item = Records> {
        let sizes = (0..rows.div_ceil(BATCH_ROWS)).map(move |i| BATCH_ROWS.min(rows - i * BATCH_ROWS));
        sizes.map(|size| self.batch(size))
    }
}
