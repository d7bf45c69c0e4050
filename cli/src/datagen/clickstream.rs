//! `clickstream`: web server log lines of visitors that come, click through a shop and leave.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::record::{EventClock, Generator, GeneratorOptions, Record, TopicDefinition};

const TOPICS: &[TopicDefinition] = &[TopicDefinition {
    topic: "clickstream",
    stream: "CLICKSTREAM",
    columns: "session_id VARCHAR KEY, user_id INT, ip VARCHAR, method VARCHAR, path VARCHAR, product_id INT, \
              status INT, bytes BIGINT, request_time DOUBLE, referrer VARCHAR, agent VARCHAR, viewed_at BIGINT",
    key_format: Some("JSON"),
    timestamp: None,
}];

const VISITORS: usize = 64;
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)",
];
/// How a visit goes on from each page: page, method, and the pages that may follow.
const PAGES: &[(&str, &str, &[usize])] = &[
    ("/", "GET", &[1, 1, 1, 5]),
    ("/product", "GET", &[1, 1, 2, 0]),
    ("/cart/add", "POST", &[1, 3, 4]),
    ("/cart", "GET", &[1, 4]),
    ("/checkout", "POST", &[0]),
    ("/search", "GET", &[1, 1, 5]),
];
const LEAVES: f64 = 0.12;

struct Visit {
    session: u64,
    user: u32,
    ip: [u8; 4],
    agent: &'static str,
    page: usize,
    previous: Option<usize>,
}

pub struct ClickStream {
    random: ChaCha8Rng,
    clock: EventClock,
    visits: Vec<Visit>,
}

impl ClickStream {
    pub fn new(options: &GeneratorOptions) -> Self {
        let mut random = options.random();
        let visits = (0..VISITORS).map(|_| arrival(&mut random)).collect();
        Self { random, clock: options.clock(), visits }
    }

    /// The visitor goes on to another page, or leaves and makes room for the next one.
    fn go_on(&mut self, at: usize) {
        if self.random.random_bool(LEAVES) {
            self.visits[at] = arrival(&mut self.random);
            return;
        }
        let visit = &mut self.visits[at];
        let followers = PAGES[visit.page].2;
        visit.previous = Some(visit.page);
        visit.page = followers[self.random.random_range(0..followers.len())];
    }
}

fn arrival(random: &mut ChaCha8Rng) -> Visit {
    Visit {
        session: random.random(),
        user: random.random_range(1..=1000),
        ip: [random.random_range(11..=223), random.random(), random.random(), random.random_range(1..=254)],
        agent: AGENTS[random.random_range(0..AGENTS.len())],
        page: 0,
        previous: None,
    }
}

impl Generator for ClickStream {
    fn topics(&self) -> &'static [TopicDefinition] {
        TOPICS
    }

    fn next(&mut self) -> Record {
        let timestamp_ms = self.clock.tick();
        let at = self.random.random_range(0..VISITORS);
        let (path, method, _) = PAGES[self.visits[at].page];
        let product = match path {
            "/product" | "/cart/add" => self.random.random_range(1..=200).to_string(),
            _ => "null".to_string(),
        };
        let status = [200, 200, 200, 200, 200, 200, 200, 302, 404, 500][self.random.random_range(0..10)];
        let (bytes, took_ms) = (self.random.random_range(200..40_000), self.random.random_range(1..900));
        let visit = &self.visits[at];
        let [a, b, c, d] = visit.ip;
        let referrer =
            visit.previous.map_or("null".to_string(), |page| format!("\"https://shop.example{}\"", PAGES[page].0));
        let value = format!(
            r#"{{"user_id":{},"ip":"{a}.{b}.{c}.{d}","method":"{method}","path":"{path}","product_id":{product},"status":{status},"bytes":{bytes},"request_time":{}.{:03},"referrer":{referrer},"agent":"{}","viewed_at":{timestamp_ms}}}"#,
            visit.user,
            took_ms / 1000,
            took_ms % 1000,
            visit.agent,
        );
        let key = Some(format!("\"{:016x}\"", visit.session));
        self.go_on(at);
        Record { topic: 0, key, value, timestamp_ms }
    }
}
