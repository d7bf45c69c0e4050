//! ASSERT TOPIC and ASSERT SCHEMA: tried every 100 ms until they hold or their time is up.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use weir_parser::ast::{Assert, Literal, Properties};

use crate::api::error::ApiError;
use crate::context::ServerContext;

const RETRY: Duration = Duration::from_millis(100);

pub fn assert(context: &ServerContext, what: &Assert, text: &str) -> Result<Json, ApiError> {
    match what {
        Assert::Topic { exists, topic, properties, timeout } => {
            let default = context.config().i64("ksql.assert.topic.default.timeout.ms", 1_000);
            let limit = timeout.map_or(default, weir_parser::ast::Duration::as_millis).max(0) as u64;
            let deadline = Instant::now() + Duration::from_millis(limit);
            loop {
                match check_topic(context, *exists, topic, properties) {
                    Ok(()) => break,
                    Err(reason) if Instant::now() >= deadline => return Err(ApiError::generic(41700, reason)),
                    Err(_) => std::thread::sleep(RETRY),
                }
            }
            Ok(json!({
                "@type": "assert_topic", "statementText": text, "topicName": topic, "exists": exists, "warnings": [],
            }))
        }
        Assert::Schema { .. } => Err(ApiError::generic(
            41700,
            "Cannot check schema existence: KSQL is not configured to use a schema registry. To enable it, please set ksql.schema.registry.url",
        )),
        Assert::Values { .. } | Assert::NullValues { .. } | Assert::Source { .. } => {
            Err(ApiError::statement(40001, "This form of ASSERT belongs to test scripts.", text))
        }
    }
}

fn check_topic(context: &ServerContext, exists: bool, topic: &str, properties: &Properties) -> Result<(), String> {
    let described = context.engine.topics().describe(topic);
    let Some(spec) = described.filter(|_| exists) else {
        let is_there = context.engine.topics().describe(topic).is_some();
        return match (exists, is_there) {
            (true, _) => Err(format!("Topic {topic} does not exist")),
            (false, true) => Err(format!("Topic {topic} exists")),
            (false, false) => Ok(()),
        };
    };
    let mut wrong = Vec::new();
    for (name, value) in &properties.0 {
        let got = match name.as_str() {
            "PARTITIONS" => i64::from(spec.partitions),
            "REPLICAS" => i64::from(spec.replicas),
            _ => return Err(format!("Cannot assert unknown topic property: {name}")),
        };
        // A text never equals a number, as in ksqlDB.
        if !matches!(value, Literal::Integer(n) if i64::from(*n) == got) {
            let name = name.to_lowercase();
            wrong.push(format!(
                "Mismatched configuration for topic {topic}: For config {name}, expected {value} got {got}"
            ));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
