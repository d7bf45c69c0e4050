//! The table of configuration properties: names, defaults, and which of them a session may change.
//!
//! Names and defaults are ksqlDB's, so that configuration files, SHOW PROPERTIES and clients keep working. Which of them
//! change what Weir does, and which are only known by name, stands in docs/configuration.md.

use weir_engine::config::Config;
use weir_engine::topic::SYSTEM_TOPICS;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Number,
    Text,
}

/// One property.
struct Property {
    name: &'static str,
    default: Option<&'static str>,
    kind: Kind,
    editable: bool,
    level: &'static str,
}

const fn server(name: &'static str, default: Option<&'static str>, kind: Kind) -> Property {
    Property { name, default, kind, editable: false, level: "SERVER" }
}

const fn session(name: &'static str, default: Option<&'static str>, kind: Kind, level: &'static str) -> Property {
    Property { name, default, kind, editable: true, level }
}

/// Sorted by name.
const PROPERTIES: &[Property] = &[
    server("enable.fips", Some("false"), Kind::Boolean),
    server("ksql.access.validator.enable", Some("auto"), Kind::Text),
    server("ksql.assert.schema.default.timeout.ms", Some("1000"), Kind::Number),
    server("ksql.assert.topic.default.timeout.ms", Some("1000"), Kind::Number),
    server("ksql.authorization.cache.expiry.time.secs", Some("30"), Kind::Number),
    server("ksql.authorization.cache.max.entries", Some("10000"), Kind::Number),
    session("ksql.cast.strings.preserve.nulls", Some("true"), Kind::Boolean, "QUERY"),
    server("ksql.client.ip_port.configuration.enabled", Some("false"), Kind::Boolean),
    server("ksql.connect.basic.auth.credentials.file", Some(""), Kind::Text),
    server("ksql.connect.basic.auth.credentials.reload", Some("false"), Kind::Boolean),
    server("ksql.connect.basic.auth.credentials.source", Some("NONE"), Kind::Text),
    server("ksql.connect.request.headers.plugin", None, Kind::Text),
    server("ksql.connect.request.timeout.ms", Some("5000"), Kind::Number),
    server("ksql.connect.url", Some("http://localhost:8083"), Kind::Text),
    server("ksql.connect.worker.config", Some(""), Kind::Text),
    server("ksql.create.or.replace.enabled", Some("true"), Kind::Boolean),
    server("ksql.deployment.type", Some("selfManaged"), Kind::Text),
    server("ksql.endpoint.migrate.query", Some("true"), Kind::Boolean),
    server("ksql.error.classifier.regex", Some(""), Kind::Text),
    server("ksql.extension.dir", Some(""), Kind::Text),
    server("ksql.fetch.remote.hosts.max.timeout.seconds", Some("10"), Kind::Number),
    server("ksql.headers.columns.enabled", Some("true"), Kind::Boolean),
    server("ksql.hidden.topics", Some(SYSTEM_TOPICS), Kind::Text),
    server("ksql.insert.into.values.enabled", Some("true"), Kind::Boolean),
    server("ksql.internal.topic.min.insync.replicas", Some("1"), Kind::Number),
    server("ksql.internal.topic.replicas", Some("1"), Kind::Number),
    server("ksql.json_sr.converter.deserializer.enabled", Some("true"), Kind::Boolean),
    server("ksql.lambdas.enabled", Some("true"), Kind::Boolean),
    server("ksql.metastore.backup.location", Some(""), Kind::Text),
    server("ksql.metrics.extension", None, Kind::Text),
    server("ksql.metrics.tags.custom", Some(""), Kind::Text),
    session("ksql.nested.error.set.null", Some("true"), Kind::Boolean, "QUERY"),
    server("ksql.new.query.planner.enabled", Some("false"), Kind::Boolean),
    server("ksql.output.topic.name.prefix", Some(""), Kind::Text),
    server("ksql.persistence.default.format.key", Some("KAFKA"), Kind::Text),
    server("ksql.persistence.default.format.value", None, Kind::Text),
    server("ksql.persistence.wrap.single.values", None, Kind::Text),
    server("ksql.persistent.prefix", Some("query_"), Kind::Text),
    server("ksql.properties.overrides.allowlist", Some(""), Kind::Text),
    server("ksql.properties.overrides.denylist", Some(""), Kind::Text),
    server("ksql.properties.overrides.log", Some("false"), Kind::Boolean),
    server("ksql.properties.overrides.validation.mode", Some("denylist"), Kind::Text),
    server("ksql.proxy.protocol.local.mode.enabled", Some("false"), Kind::Boolean),
    server("ksql.pull.queries.enable", Some("true"), Kind::Boolean),
    server("ksql.query.cleanup.shutdown.timeout.ms", Some("30000"), Kind::Number),
    server("ksql.query.error.max.queue.size", Some("10"), Kind::Number),
    server("ksql.query.persistent.active.limit", Some("2147483647"), Kind::Number),
    server("ksql.query.persistent.max.bytes.buffering.total", Some("-1"), Kind::Number),
    server("ksql.query.pull.enable.standby.reads", Some("false"), Kind::Boolean),
    server("ksql.query.pull.forwarding.timeout.ms", Some("20000"), Kind::Number),
    server("ksql.query.pull.interpreter.enabled", Some("true"), Kind::Boolean),
    server("ksql.query.pull.limit.clause.enabled", Some("true"), Kind::Boolean),
    session("ksql.query.pull.max.allowed.offset.lag", Some("9223372036854775807"), Kind::Number, "QUERY"),
    server("ksql.query.pull.max.concurrent.requests", Some("2147483647"), Kind::Number),
    server("ksql.query.pull.max.hourly.bandwidth.megabytes", Some("2147483647"), Kind::Number),
    server("ksql.query.pull.max.qps", Some("2147483647"), Kind::Number),
    server("ksql.query.pull.metrics.enabled", Some("true"), Kind::Boolean),
    server("ksql.query.pull.range.scan.enabled", Some("true"), Kind::Boolean),
    server("ksql.query.pull.router.thread.pool.size", Some("50"), Kind::Number),
    server("ksql.query.pull.stream.enabled", Some("true"), Kind::Boolean),
    session("ksql.query.pull.table.scan.enabled", Some("true"), Kind::Boolean, "QUERY"),
    server("ksql.query.pull.thread.pool.size", Some("50"), Kind::Number),
    server("ksql.query.push.v2.alos.enabled", Some("true"), Kind::Boolean),
    server("ksql.query.push.v2.catchup.consumer.msg.window", Some("50"), Kind::Number),
    server("ksql.query.push.v2.continuation.tokens.enabled", Some("false"), Kind::Boolean),
    server("ksql.query.push.v2.enabled", Some("false"), Kind::Boolean),
    server("ksql.query.push.v2.interpreter.enabled", Some("true"), Kind::Boolean),
    server("ksql.query.push.v2.latest.reset.age.ms", Some("30000"), Kind::Number),
    server("ksql.query.push.v2.max.catchup.consumers", Some("5"), Kind::Number),
    server("ksql.query.push.v2.max.hourly.bandwidth.megabytes", Some("2147483647"), Kind::Number),
    server("ksql.query.push.v2.metrics.enabled", Some("true"), Kind::Boolean),
    server("ksql.query.push.v2.new.latest.delay.ms", Some("5000"), Kind::Number),
    server("ksql.query.push.v2.registry.installed", Some("false"), Kind::Boolean),
    server("ksql.query.retry.backoff.initial.ms", Some("15000"), Kind::Number),
    session("ksql.query.retry.backoff.max.ms", Some("900000"), Kind::Number, "QUERY"),
    server("ksql.query.status.running.threshold.seconds", Some("300"), Kind::Number),
    server("ksql.query.transient.max.bytes.buffering.total", Some("-1"), Kind::Number),
    server("ksql.queryanonymizer.cluster_namespace", None, Kind::Text),
    server("ksql.queryanonymizer.logs_enabled", Some("true"), Kind::Boolean),
    server("ksql.readonly.topics", Some(SYSTEM_TOPICS), Kind::Text),
    server("ksql.resource.extension.class", None, Kind::Text),
    server("ksql.runtime.feature.shared.enabled", Some("false"), Kind::Boolean),
    server("ksql.schema.registry.url", Some(""), Kind::Text),
    server("ksql.security.extension.class", None, Kind::Text),
    server("ksql.service.id", Some("default_"), Kind::Text),
    server("ksql.shared.runtimes.count", Some("2"), Kind::Number),
    server("ksql.sink.window.change.log.additional.retention", Some("86400000"), Kind::Number),
    server("ksql.source.table.materialization.enabled", Some("true"), Kind::Boolean),
    server("ksql.streams.application.server", Some(""), Kind::Text),
    server("ksql.streams.bootstrap.servers", Some(""), Kind::Text),
    session("ksql.streams.cache.max.bytes.buffering", Some("10000000"), Kind::Number, "SERVER"),
    session("ksql.streams.commit.interval.ms", Some("2000"), Kind::Number, "SERVER"),
    server("ksql.streams.default.deserialization.exception.handler", Some(""), Kind::Text),
    server("ksql.streams.default.production.exception.handler", Some(""), Kind::Text),
    server("ksql.streams.num.stream.threads", Some("4"), Kind::Number),
    server("ksql.streams.shutdown.timeout.ms", Some("300000"), Kind::Number),
    server("ksql.streams.state.dir", Some(""), Kind::Text),
    server("ksql.streams.topology.optimization", Some("all"), Kind::Text),
    server("ksql.suppress.buffer.size.bytes", Some("-1"), Kind::Number),
    server("ksql.suppress.enabled", Some("true"), Kind::Boolean),
    session("ksql.timestamp.throw.on.invalid", Some("false"), Kind::Boolean, "QUERY"),
    server("ksql.transient.prefix", Some("transient_"), Kind::Text),
    server("ksql.transient.query.cleanup.service.enable", Some("true"), Kind::Boolean),
    server("ksql.transient.query.cleanup.service.initial.delay.seconds", Some("600"), Kind::Number),
    server("ksql.transient.query.cleanup.service.period.seconds", Some("600"), Kind::Number),
    server("ksql.udf.collect.metrics", Some("false"), Kind::Boolean),
    server("ksql.udf.enable.security.manager", Some("false"), Kind::Boolean),
    server("ksql.udfs.enabled", Some("true"), Kind::Boolean),
    server("ksql.variable.substitution.enable", Some("true"), Kind::Boolean),
    server("ksql.websocket.connection.max.timeout.ms", Some("3600000"), Kind::Number),
    server("metric.reporters", Some(""), Kind::Text),
    server("weir.batch.rows", Some("4096"), Kind::Number),
    server("weir.compatibility", Some("extended"), Kind::Text),
    server("weir.log.retention.check.interval.ms", Some("300000"), Kind::Number),
    server("weir.state.block.cache.bytes", Some("67108864"), Kind::Number),
    server("weir.state.cache.bytes", Some("268435456"), Kind::Number),
    server("weir.state.write.buffer.bytes", Some("67108864"), Kind::Number),
    server("weir.threads", Some("0"), Kind::Number),
];

/// Kafka Streams and consumer properties that a session may set though they are not listed before they are set.
const STREAMS_PROPERTIES: &[(&str, Kind)] = &[
    ("auto.offset.reset", Kind::Text),
    ("buffered.records.per.partition", Kind::Number),
    ("cache.max.bytes.buffering", Kind::Number),
    ("statestore.cache.max.bytes", Kind::Number),
    ("commit.interval.ms", Kind::Number),
    ("enable.metrics.push", Kind::Boolean),
    ("max.poll.records", Kind::Number),
    ("max.task.idle.ms", Kind::Number),
    ("num.standby.replicas", Kind::Number),
    ("num.stream.threads", Kind::Number),
    ("poll.ms", Kind::Number),
    ("processing.guarantee", Kind::Text),
    ("replication.factor", Kind::Number),
    ("state.dir", Kind::Text),
    ("topology.optimization", Kind::Text),
];

/// Names under these are taken without a look-up: ksqlDB's own, and those of Kafka's clients and of RocksDB.
const FREE_PREFIXES: &[&str] = &[
    "ksql.",
    "consumer.",
    "producer.",
    "admin.",
    "sasl.",
    "ssl.",
    "security.",
    "fetch.",
    "max.",
    "enable.",
    "default.",
    "rocksdb.",
    "reconnect.",
    "metadata.",
    "retry.",
    "retries",
    "acks",
    "batch.size",
    "buffer.memory",
    "client.",
    "compression.type",
    "delivery.timeout.ms",
    "group.",
    "heartbeat.interval.ms",
    "isolation.level",
    "key.",
    "linger.ms",
    "partition",
    "receive.buffer.bytes",
    "request.timeout.ms",
    "send.buffer.bytes",
    "session.timeout.ms",
    "socket.",
    "task.",
    "transaction",
    "value.",
    "windowstore.",
    "upgrade.from",
    "listeners",
    "host.info",
    "response.http.headers.config",
    "authentication.",
    "application.",
];

fn plain_name(name: &str) -> &str {
    name.strip_prefix("ksql.streams.").unwrap_or(name)
}

fn find(name: &str) -> Option<&'static Property> {
    PROPERTIES.iter().find(|p| p.name == name || plain_name(p.name) == plain_name(name))
}

fn kind_of(name: &str) -> Option<Kind> {
    let streams = STREAMS_PROPERTIES.iter().find(|(known, _)| *known == plain_name(name)).map(|(_, kind)| *kind);
    streams.or_else(|| find(name).map(|p| p.kind))
}

/// Whether a name is ksqlDB's, Kafka Streams' or ours.
pub fn is_known(name: &str) -> bool {
    let name = plain_name(name);
    kind_of(name).is_some() || FREE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a name claims to be ours and is not: nobody else reads `weir.` names, so it is a slip of the pen.
pub fn is_misspelled(name: &str) -> bool {
    name.starts_with("weir.") && find(name).is_none()
}

/// Whether a request may not override a property.
pub fn is_denied(name: &str, server: &Config) -> bool {
    let listed = server.get("ksql.properties.overrides.denylist").unwrap_or_default();
    name == "ksql.service.id" || listed.split(',').any(|denied| denied.trim() == name)
}

pub fn denied_message(names: &[&str]) -> String {
    format!(
        "One or more properties overrides set locally are prohibited by the KSQL server (use UNSET to reset their default value): [{}]",
        names.join(", ")
    )
}

/// What ksqlDB says of a name that nothing knows.
pub fn unknown_message(name: &str) -> String {
    format!("Not recognizable as ksql, streams, consumer, or producer property: '{name}'")
}

/// Checks a value that a session gives to a property.
///
/// # Errors
/// ksqlDB's message, naming the property and the value.
pub fn check_override(name: &str, value: &str) -> Result<(), String> {
    let plain = plain_name(name);
    let text = value.trim();
    if plain == "auto.offset.reset" {
        let valid = ["earliest", "latest", "none"].contains(&text.to_ascii_lowercase().as_str())
            || text.starts_with("by_duration:");
        if !valid {
            return Err(format!(
                "Invalid value {value} for configuration auto.offset.reset: Invalid value `{value}` for configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'."
            ));
        }
    }
    if plain == "processing.guarantee" && !["at_least_once", "exactly_once_v2", "exactly_once"].contains(&text) {
        return Err(format!(
            "Invalid value {value} for configuration processing.guarantee: String must be one of: at_least_once, exactly_once_v2"
        ));
    }
    match kind_of(name) {
        Some(Kind::Number) if text.parse::<i64>().is_err() => {
            let word = if plain.ends_with(".ms") || plain.ends_with("bytes") { "LONG" } else { "INT" };
            Err(format!("Invalid value {value} for configuration {plain}: Not a number of type {word}"))
        }
        Some(Kind::Boolean) if !["true", "false"].contains(&text.to_ascii_lowercase().as_str()) => {
            Err(format!("Invalid value {value} for configuration {plain}: Expected value to be either true or false"))
        }
        _ => Ok(()),
    }
}

/// A property's value in force; empty where there is none.
pub fn value(server: &Config, name: &str) -> String {
    server.get(name).or_else(|| find(name)?.default).unwrap_or_default().to_string()
}

/// A value as JSON of the property's type.
pub fn typed(name: &str, value: &str) -> serde_json::Value {
    let text = value.trim();
    match kind_of(name) {
        Some(Kind::Number) => text.parse::<i64>().map_or_else(|_| value.into(), Into::into),
        Some(Kind::Boolean) => text.to_ascii_lowercase().parse::<bool>().map_or_else(|_| value.into(), Into::into),
        _ => value.into(),
    }
}

/// Whether a property holds what nobody should read.
pub fn is_secret(name: &str) -> bool {
    ["password", "secret", "jaas", "credential", "ssl.key", "keystore.key"].iter().any(|word| name.contains(word))
}

/// One line of SHOW PROPERTIES.
pub struct ListedProperty {
    pub name: String,
    pub value: Option<String>,
    pub editable: bool,
    pub level: &'static str,
    /// Set by the session.
    pub overwritten: bool,
    pub is_default: bool,
}

/// All properties with their values in force. Names that hold secrets are left out.
pub fn listing(server: &Config, overrides: &Config) -> Vec<ListedProperty> {
    let mut listed: Vec<ListedProperty> = PROPERTIES
        .iter()
        .map(|property| {
            let overwritten = overrides.get(property.name);
            let configured = overwritten.or_else(|| server.get(property.name));
            ListedProperty {
                name: property.name.to_string(),
                value: configured.or(property.default).map(String::from),
                editable: property.editable,
                level: property.level,
                overwritten: overwritten.is_some(),
                is_default: configured.is_none(),
            }
        })
        .collect();
    for (name, value) in server.overridden(overrides).iter() {
        if is_secret(name) || find(name).is_some() {
            continue;
        }
        let streams = STREAMS_PROPERTIES.iter().any(|(known, _)| *known == name);
        listed.push(ListedProperty {
            name: if streams { format!("ksql.streams.{name}") } else { name.to_string() },
            value: Some(value.to_string()),
            editable: streams,
            level: "SERVER",
            overwritten: overrides.get(name).is_some(),
            is_default: false,
        });
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_unique() {
        let ksql: Vec<&str> = PROPERTIES.iter().map(|p| p.name).collect();
        let mut sorted = ksql.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ksql, sorted);
    }

    #[test]
    fn overrides_are_checked_by_kind() {
        assert!(check_override("ksql.streams.commit.interval.ms", "soon").is_err());
        assert!(check_override("commit.interval.ms", "100").is_ok());
        assert!(check_override("auto.offset.reset", "sideways").is_err());
        assert!(check_override("some.client.knob", "x").is_ok());
    }

    #[test]
    fn the_service_id_is_never_overridden() {
        assert!(is_denied("ksql.service.id", &Config::default()));
        assert!(!is_denied("auto.offset.reset", &Config::default()));
    }
}
