//! Settings of Kafka clients: the names of Java's clients and of ksqlDB's properties, as librdkafka names and takes them.

use rdkafka::ClientConfig;

use crate::config::Config;
use crate::topic::{Guarantee, TopicError};

/// Prefixes under which a property reaches one kind of client only, as Kafka Streams has them.
const CONSUMER: &[&str] = &["consumer.", "main.consumer.", "restore.consumer."];
const PRODUCER: &[&str] = &["producer."];
const ADMIN: &[&str] = &["admin."];

/// Properties of librdkafka that go to every client as they are, when they are set.
const SHARED: &[&str] = &[
    "bootstrap.servers",
    "broker.address.family",
    "broker.address.ttl",
    "client.rack",
    "connections.max.idle.ms",
    "debug",
    "enable.sasl.oauthbearer.unsecure.jwt",
    "enable.ssl.certificate.verification",
    "log_level",
    "max.in.flight.requests.per.connection",
    "metadata.max.age.ms",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "request.timeout.ms",
    "sasl.kerberos.service.name",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.extensions",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "socket.connection.setup.timeout.ms",
    "socket.keepalive.enable",
    "socket.nagle.disable",
    "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes",
    "socket.timeout.ms",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.sigalgs.list",
];

/// Properties of readers.
const READER: &[&str] = &[
    "check.crcs",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.queue.backoff.ms",
    "fetch.wait.max.ms",
    "isolation.level",
    "max.partition.fetch.bytes",
    "queued.max.messages.kbytes",
    "queued.min.messages",
];

/// Properties of writers.
const WRITER: &[&str] = &[
    "acks",
    "batch.num.messages",
    "batch.size",
    "compression.codec",
    "compression.level",
    "compression.type",
    "delivery.timeout.ms",
    "linger.ms",
    "message.max.bytes",
    "message.send.max.retries",
    "message.timeout.ms",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queue.buffering.max.ms",
    "retries",
    "retry.backoff.max.ms",
    "retry.backoff.ms",
    "sticky.partitioning.linger.ms",
    "topic.metadata.propagation.max.ms",
    "transaction.timeout.ms",
];

/// Java's names that librdkafka has under another.
const RENAMED: &[(&str, &str)] = &[
    ("fetch.max.wait.ms", "fetch.wait.max.ms"),
    ("max.request.size", "message.max.bytes"),
    ("metadata.max.age", "metadata.max.age.ms"),
    ("receive.buffer.bytes", "socket.receive.buffer.bytes"),
    ("send.buffer.bytes", "socket.send.buffer.bytes"),
    ("ssl.keystore.certificate.chain", "ssl.certificate.pem"),
    ("ssl.keystore.key", "ssl.key.pem"),
    ("ssl.truststore.certificates", "ssl.ca.pem"),
    ("sasl.oauthbearer.token.endpoint", "sasl.oauthbearer.token.endpoint.url"),
];

/// The settings of every kind of client, checked once.
#[derive(Clone)]
pub(super) struct Settings {
    pub service_id: String,
    reader: ClientConfig,
    writer: ClientConfig,
    admin: ClientConfig,
}

impl Settings {
    /// # Errors
    /// Says which property cannot be used and what to set instead.
    pub fn new(config: &Config) -> Result<Self, TopicError> {
        if config.get("bootstrap.servers").is_none_or(str::is_empty) {
            return Err(TopicError::Refused("bootstrap.servers is not set".into()));
        }
        let service_id = config.get("ksql.service.id").unwrap_or("default_").to_string();
        let shared = shared(config)?;
        let mut reader = shared.clone();
        // Small enough that many partitions fit the memory of a node, large enough to keep a reader busy.
        reader.set("queued.max.messages.kbytes", "1024").set("queued.min.messages", "5000");
        reader.set("fetch.message.max.bytes", "524288");
        // By default a reader whose queue was full pauses for a second.
        reader.set("fetch.queue.backoff.ms", "10");
        reader.set("fetch.wait.max.ms", "100").set("fetch.error.backoff.ms", "100");
        reader.set("enable.partition.eof", "true").set("auto.offset.reset", "error");
        reader.set("enable.auto.commit", "false").set("allow.auto.create.topics", "false");
        reader.set("isolation.level", "read_committed");
        apply(config, CONSUMER, READER, &mut reader);
        let mut writer = shared.clone();
        writer.set("enable.idempotence", "true").set("linger.ms", "5");
        writer.set("queue.buffering.max.messages", "500000").set("queue.buffering.max.kbytes", "32768");
        apply(config, PRODUCER, WRITER, &mut writer);
        let mut admin = shared;
        admin.set("allow.auto.create.topics", "false").set("isolation.level", "read_committed");
        // It joins no group; but librdkafka 2.12 follows a null pointer when a client without group asks a broker that is not
        // (yet) the coordinator for another group's offsets.
        admin.set("group.id", format!("_confluent-ksql-{service_id}admin"));
        apply(config, ADMIN, &[], &mut admin);
        Ok(Self { service_id, reader, writer, admin })
    }

    pub fn reader(&self) -> ClientConfig {
        self.named(&self.reader, "reader")
    }
    pub fn writer(&self) -> ClientConfig {
        self.named(&self.writer, "writer")
    }
    pub fn admin(&self) -> ClientConfig {
        self.named(&self.admin, "admin")
    }
    /// A producer with a transactional id: a later one of the same id fences it.
    pub fn transactional(&self, id: &str) -> ClientConfig {
        let mut config = self.named(&self.writer, "writer");
        config.set("transactional.id", id);
        config
    }

    fn named(&self, config: &ClientConfig, role: &str) -> ClientConfig {
        let mut config = config.clone();
        config.set("client.id", format!("weir-{}-{role}", self.service_id.trim_end_matches(['_', '-'])));
        config
    }
}

/// The guarantee that a query or server asks for.
pub fn guarantee(config: &Config) -> Guarantee {
    match config.get("processing.guarantee") {
        Some("exactly_once" | "exactly_once_v2" | "exactly_once_beta") => Guarantee::ExactlyOnce,
        _ => Guarantee::AtLeastOnce,
    }
}

/// Sets what the configuration has of the known properties, under their own name or a prefix.
fn apply(config: &Config, prefixes: &[&str], known: &[&str], into: &mut ClientConfig) {
    let own = |name: &str| prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).map(str::to_string);
    for (name, value) in config.iter() {
        let renamed = librdkafka_name(name);
        if known.contains(&renamed) {
            into.set(renamed, value);
        }
    }
    for (name, value) in config.iter() {
        if let Some(name) = own(name) {
            let renamed = librdkafka_name(&name);
            if known.contains(&renamed) || SHARED.contains(&renamed) {
                into.set(renamed, value);
            }
        }
    }
}

fn librdkafka_name(name: &str) -> &str {
    RENAMED.iter().find(|(java, _)| *java == name).map_or(name, |(_, ours)| ours)
}

/// Connection and security, as every client has them.
fn shared(config: &Config) -> Result<ClientConfig, TopicError> {
    let mut settings = ClientConfig::new();
    settings.set("log_level", "4").set("socket.nagle.disable", "true").set("reconnect.backoff.max.ms", "1000");
    apply(config, &[], SHARED, &mut settings);
    if let Some(jaas) = config.get("sasl.jaas.config") {
        for (name, value) in login(jaas)? {
            settings.set(name, value);
        }
    }
    for store in ["ssl.truststore.location", "ssl.keystore.location"] {
        let kind = config.get(&store.replace("location", "type")).unwrap_or("JKS");
        let Some(path) = config.get(store) else { continue };
        match (store, kind.to_ascii_uppercase().as_str()) {
            ("ssl.truststore.location", "PEM") => drop(settings.set("ssl.ca.location", path)),
            ("ssl.keystore.location", "PEM") => {
                settings.remove("ssl.keystore.location");
                settings.set("ssl.certificate.location", path).set("ssl.key.location", path);
            }
            ("ssl.keystore.location", "PKCS12") => drop(settings.set("ssl.keystore.location", path)),
            _ => {
                return Err(TopicError::Refused(format!(
                    "{store}: a store of type {kind} cannot be read; export it as PEM and set {}.type=PEM",
                    store.trim_end_matches(".location")
                )));
            }
        }
    }
    if config.get("ssl.endpoint.identification.algorithm").is_some_and(str::is_empty) {
        settings.set("ssl.endpoint.identification.algorithm", "none");
    }
    Ok(settings)
}

/// User and password of a JAAS line: `org.apache...PlainLoginModule required username="u" password="p";`.
fn login(jaas: &str) -> Result<Vec<(&'static str, String)>, TopicError> {
    let option = |name: &str| {
        let after = jaas.split_once(&format!("{name}="))?.1;
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        after[1..].split(quote).next().map(str::to_string)
    };
    match (option("username"), option("password")) {
        (Some(user), Some(password)) => Ok(vec![("sasl.username", user), ("sasl.password", password)]),
        _ => Err(TopicError::Refused(
            "sasl.jaas.config: only modules with username=\"...\" and password=\"...\" are understood; set sasl.username and \
             sasl.password, or sasl.oauthbearer.*, instead"
                .into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let pairs = pairs.iter().map(|(n, v)| ((*n).to_string(), (*v).to_string()));
        let all = pairs.chain([("bootstrap.servers".to_string(), "h:1".to_string())]);
        Settings::new(&Config::new(all)).expect("usable settings")
    }

    #[test]
    fn names_of_java_reach_the_clients() {
        let made = settings(&[
            ("ksql.streams.producer.compression.type", "zstd"),
            ("ksql.streams.consumer.fetch.max.wait.ms", "7"),
            ("security.protocol", "SASL_SSL"),
            ("sasl.jaas.config", "x.PlainLoginModule required username=\"me\" password=\"a=b;c\";"),
            ("ssl.truststore.location", "/ca.pem"),
            ("ssl.truststore.type", "PEM"),
        ]);
        assert_eq!(made.writer().get("compression.type"), Some("zstd"));
        assert_eq!(made.reader().get("compression.type"), None);
        assert_eq!(made.reader().get("fetch.wait.max.ms"), Some("7"));
        for client in [made.reader(), made.writer(), made.admin()] {
            assert_eq!(client.get("sasl.username"), Some("me"));
            assert_eq!(client.get("sasl.password"), Some("a=b;c"));
            assert_eq!(client.get("security.protocol"), Some("SASL_SSL"));
            assert_eq!(client.get("ssl.ca.location"), Some("/ca.pem"));
        }
    }

    #[test]
    fn java_key_stores_are_refused_with_a_way_out() {
        let pairs = [("bootstrap.servers", "h:1"), ("ssl.truststore.location", "/t.jks")];
        let config = Config::new(pairs.map(|(n, v)| (n.to_string(), v.to_string())));
        let error = Settings::new(&config).err().expect("refused").to_string();
        assert!(error.contains("ssl.truststore.location") && error.contains("PEM"), "{error}");
    }

    #[test]
    fn guarantees_by_their_names() {
        for (text, expected) in [
            ("exactly_once_v2", Guarantee::ExactlyOnce),
            ("exactly_once", Guarantee::ExactlyOnce),
            ("at_least_once", Guarantee::AtLeastOnce),
        ] {
            let config = Config::new([("ksql.streams.processing.guarantee".to_string(), text.to_string())]);
            assert_eq!(guarantee(&config), expected, "{text}");
        }
    }
}
