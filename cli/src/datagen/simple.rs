//! The scenarios of one flat record per event: users, page views, orders. After the quick starts of ksql-datagen.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::record::{EventClock, Generator, GeneratorOptions, Record, TopicDefinition};

const USERS: &[TopicDefinition] = &[TopicDefinition {
    topic: "users",
    stream: "USERS",
    columns: "userid VARCHAR KEY, registertime BIGINT, gender VARCHAR, regionid VARCHAR",
    key_format: Some("JSON"),
    timestamp: None,
}];

const PAGEVIEWS: &[TopicDefinition] = &[TopicDefinition {
    topic: "pageviews",
    stream: "PAGEVIEWS",
    columns: "viewtime BIGINT KEY, userid VARCHAR, pageid VARCHAR",
    key_format: Some("JSON"),
    timestamp: None,
}];

const ORDERS: &[TopicDefinition] = &[TopicDefinition {
    topic: "orders",
    stream: "ORDERS",
    columns: "orderid INT KEY, ordertime BIGINT, itemid VARCHAR, orderunits DOUBLE, \
              address STRUCT<city VARCHAR, state VARCHAR, zipcode BIGINT>",
    key_format: Some("JSON"),
    timestamp: None,
}];

#[derive(Clone, Copy)]
enum Kind {
    Users,
    PageViews,
    Orders,
}

/// Makes the records of one of these scenarios.
pub struct Simple {
    kind: Kind,
    random: ChaCha8Rng,
    clock: EventClock,
    made: u64,
}

impl Simple {
    pub fn users(options: &GeneratorOptions) -> Self {
        Self::new(Kind::Users, options)
    }

    pub fn page_views(options: &GeneratorOptions) -> Self {
        Self::new(Kind::PageViews, options)
    }

    pub fn orders(options: &GeneratorOptions) -> Self {
        Self::new(Kind::Orders, options)
    }

    fn new(kind: Kind, options: &GeneratorOptions) -> Self {
        Self { kind, random: options.random(), clock: options.clock(), made: 0 }
    }

    fn user(&mut self) -> (String, String) {
        let user = self.random.random_range(1..=9);
        let gender = ["MALE", "FEMALE", "OTHER"][self.random.random_range(0..3)];
        let (region, registered) = (self.random.random_range(1..=9), self.random.random_range(0..31_536_000_000_i64));
        let value = format!(
            r#"{{"registertime":{},"gender":"{gender}","regionid":"Region_{region}"}}"#,
            1_487_715_775_521 + registered
        );
        (format!("\"User_{user}\""), value)
    }

    fn page_view(&mut self, now_ms: i64) -> (String, String) {
        let (user, page) = (self.random.random_range(1..=9), self.random.random_range(10..=99));
        (now_ms.to_string(), format!(r#"{{"userid":"User_{user}","pageid":"Page_{page}"}}"#))
    }

    fn order(&mut self, now_ms: i64) -> (String, String) {
        let (item, units) = (self.random.random_range(0..1000), self.random.random_range(1..1000));
        let (city, zip) = (self.random.random_range(10..100), self.random.random_range(10_000..100_000));
        let state = self.random.random_range(1..=50);
        let value = format!(
            r#"{{"ordertime":{now_ms},"itemid":"Item_{item}","orderunits":{}.{:02},"address":{{"city":"City_{city}","state":"State_{state}","zipcode":{zip}}}}}"#,
            units / 100,
            units % 100
        );
        (self.made.to_string(), value)
    }
}

impl Generator for Simple {
    fn topics(&self) -> &'static [TopicDefinition] {
        match self.kind {
            Kind::Users => USERS,
            Kind::PageViews => PAGEVIEWS,
            Kind::Orders => ORDERS,
        }
    }

    fn next(&mut self) -> Record {
        let timestamp_ms = self.clock.tick();
        let (key, value) = match self.kind {
            Kind::Users => self.user(),
            Kind::PageViews => self.page_view(timestamp_ms),
            Kind::Orders => self.order(timestamp_ms),
        };
        self.made += 1;
        Record { topic: 0, key: Some(key), value, timestamp_ms }
    }
}
