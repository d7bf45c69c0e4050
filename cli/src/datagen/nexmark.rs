//! `nexmark`: the auction benchmark's persons, auctions and bids, 1 : 3 : 46, interleaved as in its generator.
//!
//! Hot auctions and bidders get most of the bids. Records refer to persons and auctions that came before them.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::record::{EventClock, Generator, GeneratorOptions, Record, TopicDefinition};

const PERSON: usize = 0;
const AUCTION: usize = 1;
const BID: usize = 2;
const TOPICS: &[TopicDefinition] = &[
    TopicDefinition {
        topic: "nexmark_person",
        stream: "NEXMARK_PERSON",
        columns: "id BIGINT KEY, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR, \
                  dateTime BIGINT, extra VARCHAR",
        key_format: Some("JSON"),
        timestamp: None,
    },
    TopicDefinition {
        topic: "nexmark_auction",
        stream: "NEXMARK_AUCTION",
        columns: "id BIGINT KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT, \
                  dateTime BIGINT, expires BIGINT, seller BIGINT, category BIGINT, extra VARCHAR",
        key_format: Some("JSON"),
        timestamp: None,
    },
    TopicDefinition {
        topic: "nexmark_bid",
        stream: "NEXMARK_BID",
        columns: "auction BIGINT KEY, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime BIGINT, \
                  extra VARCHAR",
        key_format: Some("JSON"),
        timestamp: None,
    },
];

/// Events of one round: first the person, then the auctions, then the bids.
const ROUND: u64 = 50;
const AUCTIONS_PER_ROUND: u64 = 3;
const FIRST_PERSON: u64 = 1000;
const FIRST_AUCTION: u64 = 1000;
const FIRST_CATEGORY: u64 = 10;
/// Of two bids one goes to the hot auction; of four bids three come from the hot bidder.
const HOT_AUCTION: f64 = 0.5;
const HOT_BIDDER: f64 = 0.75;
const HOT_SELLER: f64 = 0.75;
/// How far back references reach.
const AUCTIONS_OPEN: u64 = 100;
const PERSONS_ACTIVE: u64 = 1000;

const FIRST_NAMES: &[&str] = &["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter"];
const LAST_NAMES: &[&str] = &["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];
const PLACES: &[(&str, &str)] = &[
    ("Phoenix", "AZ"),
    ("Los Angeles", "CA"),
    ("San Francisco", "CA"),
    ("Boise", "ID"),
    ("Portland", "OR"),
    ("Bend", "OR"),
    ("Redmond", "WA"),
    ("Seattle", "WA"),
    ("Kent", "WA"),
    ("Cheyenne", "WY"),
];
const CHANNELS: &[&str] = &["Google", "Facebook", "Baidu", "Apple"];

pub struct Nexmark {
    random: ChaCha8Rng,
    clock: EventClock,
    events: u64,
}

impl Nexmark {
    pub fn new(options: &GeneratorOptions) -> Self {
        Self { random: options.random(), clock: options.clock(), events: 0 }
    }

    /// The number of auctions made so far.
    fn auctions(&self) -> u64 {
        self.events / ROUND * AUCTIONS_PER_ROUND + (self.events % ROUND).saturating_sub(1).min(AUCTIONS_PER_ROUND)
    }

    /// The number of persons made so far; the first event makes one, so later there is always one.
    fn persons(&self) -> u64 {
        self.events.div_ceil(ROUND)
    }

    /// One of the newest `reach` of `made` things, or with probability `hot` the hot one among them.
    fn recent(&mut self, made: u64, reach: u64, hot: f64) -> u64 {
        let newest = made.saturating_sub(1);
        if self.random.random_bool(hot) {
            return newest / reach.min(100) * reach.min(100);
        }
        self.random.random_range(newest.saturating_sub(reach - 1)..=newest)
    }

    fn letters(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(self.random.random_range(b'a'..=b'z'))).collect()
    }

    /// Prices spread over six orders of magnitude, as in the benchmark.
    fn price(&mut self) -> i64 {
        (10_f64.powf(self.random.random_range(0.0..6.0)) * 100.0).round() as i64
    }

    fn person(&mut self, now_ms: i64) -> (u64, String) {
        let id = FIRST_PERSON + self.persons();
        let (city, state) = PLACES[self.random.random_range(0..PLACES.len())];
        let (first, last) = (
            FIRST_NAMES[self.random.random_range(0..FIRST_NAMES.len())],
            LAST_NAMES[self.random.random_range(0..LAST_NAMES.len())],
        );
        let card: Vec<String> = (0..4).map(|_| format!("{:04}", self.random.random_range(0..10_000))).collect();
        let (mail, host, extra) = (self.letters(7), self.letters(5), self.letters(40));
        let value = format!(
            r#"{{"name":"{first} {last}","emailAddress":"{mail}@{host}.com","creditCard":"{}","city":"{city}","state":"{state}","dateTime":{now_ms},"extra":"{extra}"}}"#,
            card.join(" ")
        );
        (id, value)
    }

    fn auction(&mut self, now_ms: i64) -> (u64, String) {
        let id = FIRST_AUCTION + self.auctions();
        let seller = FIRST_PERSON + self.recent(self.persons(), PERSONS_ACTIVE, HOT_SELLER);
        let (item, description, extra) = (self.letters(12), self.letters(60), self.letters(40));
        let initial = self.price();
        let (reserve, lasts_ms) = (initial + self.price(), self.random.random_range(1_000..60_000));
        let category = FIRST_CATEGORY + self.random.random_range(0..5);
        let value = format!(
            r#"{{"itemName":"{item}","description":"{description}","initialBid":{initial},"reserve":{reserve},"dateTime":{now_ms},"expires":{},"seller":{seller},"category":{category},"extra":"{extra}"}}"#,
            now_ms + lasts_ms
        );
        (id, value)
    }

    fn bid(&mut self, now_ms: i64) -> (u64, String) {
        let auction = FIRST_AUCTION + self.recent(self.auctions(), AUCTIONS_OPEN, HOT_AUCTION);
        let bidder = FIRST_PERSON + self.recent(self.persons(), PERSONS_ACTIVE, HOT_BIDDER);
        let (price, extra, path) = (self.price(), self.letters(50), self.letters(5));
        let channel = CHANNELS[self.random.random_range(0..CHANNELS.len())];
        let value = format!(
            r#"{{"bidder":{bidder},"price":{price},"channel":"{channel}","url":"https://www.nexmark.com/{path}/item.htm?query=1","dateTime":{now_ms},"extra":"{extra}"}}"#
        );
        (auction, value)
    }
}

impl Generator for Nexmark {
    fn topics(&self) -> &'static [TopicDefinition] {
        TOPICS
    }

    fn next(&mut self) -> Record {
        let timestamp_ms = self.clock.tick();
        let place = self.events % ROUND;
        let (topic, (key, value)) = match place {
            0 => (PERSON, self.person(timestamp_ms)),
            1..=AUCTIONS_PER_ROUND => (AUCTION, self.auction(timestamp_ms)),
            _ => (BID, self.bid(timestamp_ms)),
        };
        self.events += 1;
        Record { topic, key: Some(key.to_string()), value, timestamp_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_in_their_shares_and_refer_to_what_exists() {
        let mut nexmark = Nexmark::new(&GeneratorOptions { seed: 1, start_ms: 0, step_us: 100 });
        let mut counts = [0_u64; 3];
        for _ in 0..5_000 {
            let record = nexmark.next();
            counts[record.topic] += 1;
            let key: u64 = record.key.unwrap().parse().unwrap();
            let value: serde_json::Value = serde_json::from_str(&record.value).unwrap();
            if record.topic == BID {
                assert!((FIRST_AUCTION..FIRST_AUCTION + counts[AUCTION]).contains(&key));
                let bidder = value["bidder"].as_u64().unwrap();
                assert!((FIRST_PERSON..FIRST_PERSON + counts[PERSON]).contains(&bidder));
            } else {
                assert_eq!(key, 1000 + counts[record.topic] - 1);
            }
        }
        assert_eq!(counts, [100, 300, 4_600]);
    }
}
