//! One process per service: a static member of a consumer group, which Kafka fences when another process comes with its name.
//!
//! Transactions fence by themselves; this is what stops a process whose queries deliver at least once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::{Settings, rdkafka_error};
use crate::topic::TopicError;

const POLL: Duration = Duration::from_millis(500);

/// The claim to be the process of a service; given up when dropped.
pub struct Identity {
    stop: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl Identity {
    /// Claims the identity of the service; whoever had it before is fenced. `lost` is called once, when another process
    /// claims it. The group reads `topic`, which has to be there, but takes nothing from it.
    ///
    /// # Errors
    /// `Refused` when a property cannot be used.
    pub(super) fn claim(
        settings: &Settings,
        topic: &str,
        lost: impl FnOnce(String) + Send + 'static,
    ) -> Result<Self, TopicError> {
        let mut config = settings.admin();
        config.set("group.id", format!("_confluent-ksql-{}weir", settings.service_id));
        config.set("group.instance.id", &settings.service_id);
        config.set("session.timeout.ms", "10000").set("heartbeat.interval.ms", "1000");
        config.set("enable.auto.commit", "false").set("auto.offset.reset", "latest").set("log_level", "0");
        let consumer: BaseConsumer = config.create().map_err(|e| rdkafka_error(&e, topic))?;
        consumer.subscribe(&[topic]).map_err(|e| rdkafka_error(&e, topic))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let watcher = std::thread::Builder::new()
            .name("weir-identity".into())
            .spawn(move || watch(&consumer, &stopped, lost))
            .map_err(|e| TopicError::Storage(format!("cannot start a thread: {e}")))?;
        Ok(Self { stop, watcher: Some(watcher) })
    }
}

fn watch(consumer: &BaseConsumer, stopped: &AtomicBool, lost: impl FnOnce(String)) {
    while !stopped.load(Ordering::Relaxed) {
        let fenced = match consumer.poll(POLL) {
            Some(Err(KafkaError::MessageConsumptionFatal(Code::FencedInstanceId))) => true,
            _ => consumer.client().fatal_error().is_some_and(|(code, _)| code == Code::FencedInstanceId),
        };
        if fenced {
            return lost("another process took over this ksql.service.id".into());
        }
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}
