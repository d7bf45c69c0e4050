//! A log with a single writer: every record is a transaction of its own, under an id that all processes of a service share.
//!
//! Opening one fences the process that had it before. Its trouble shows within seconds, as clients wait for the answer.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rdkafka::error::RDKafkaErrorCode as Code;

use super::native::{Client, NativeError};
use super::writers::{Open, Producer, retried};
use super::{Settings, topic_error};
use crate::topic::{Ledger, Records, TopicError, TopicPartition};

/// Longest wait for one step of a transaction.
const LIMIT: Duration = Duration::from_secs(10);
/// What Kafka's producers say once another has taken their transactional id.
const FENCED: &str = "There is a newer producer with the same transactionalId which fences the current one.";

pub(super) struct KafkaLedger {
    settings: Settings,
    transactional_id: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    producer: Option<Arc<Producer>>,
    /// A transaction is open.
    begun: bool,
}

impl KafkaLedger {
    pub fn open(settings: Settings, transactional_id: &str) -> Result<Self, TopicError> {
        let ledger =
            Self { settings, transactional_id: transactional_id.to_string(), state: Mutex::new(State::default()) };
        ledger.producer(&mut ledger.state.lock())?;
        Ok(ledger)
    }

    fn producer(&self, state: &mut State) -> Result<Arc<Producer>, TopicError> {
        if let Some(producer) = &state.producer {
            return Ok(producer.clone());
        }
        let producer = Arc::new(Producer::open(&self.settings.transactional(&self.transactional_id))?);
        retried(LIMIT, || producer.client.init_transactions(LIMIT)).map_err(|e| error(&e))?;
        state.producer = Some(producer.clone());
        Ok(producer)
    }

    fn put_in(&self, state: &mut State, at: &TopicPartition, records: &Records) -> Result<i64, TopicError> {
        let producer = self.producer(state)?;
        if !state.begun {
            producer.client.begin_transaction().map_err(|e| error(&e))?;
            state.begun = true;
        }
        let open = Arc::new(Open::default());
        producer.produce(at, records, &open)?;
        let _ = producer.client.flush(Duration::ZERO);
        let delivered = open.wait(LIMIT).map_err(|e| match (e, producer.client.fatal_error()) {
            (_, Some(fatal)) => error(&fatal),
            (e, None) => e,
        })?;
        let end = delivered.get(at).copied();
        end.map(|end| end - records.len() as i64)
            .ok_or_else(|| TopicError::Unavailable(format!("no offset was told for a record of {}", at.topic)))
    }

    /// Ends the open transaction, if there is one.
    fn finish(&self, end: impl Fn(&Client) -> Result<(), NativeError>) -> Result<(), TopicError> {
        let mut state = self.state.lock();
        let Some(producer) = state.producer.clone().filter(|_| state.begun) else { return Ok(()) };
        let outcome = retried(LIMIT, || end(&producer.client)).map_err(|e| error(&e));
        match &outcome {
            Ok(()) => state.begun = false,
            Err(_) => Self::give_up(&mut state),
        }
        outcome
    }

    /// Forgets a producer that is of no more use; the next record gets a new one.
    fn give_up(state: &mut State) {
        if let Some(producer) = state.producer.take() {
            producer.client.purge();
        }
        state.begun = false;
    }
}

fn error(error: &NativeError) -> TopicError {
    match error.code {
        Code::ProducerFenced | Code::Fenced | Code::InvalidProducerEpoch => TopicError::Fenced(FENCED.into()),
        _ => topic_error(error, None),
    }
}

impl Ledger for KafkaLedger {
    fn ready(&self) -> Result<(), TopicError> {
        self.producer(&mut self.state.lock()).map(drop)
    }

    fn put(&self, at: &TopicPartition, records: &Records) -> Result<i64, TopicError> {
        let mut state = self.state.lock();
        let outcome = self.put_in(&mut state, at, records);
        if outcome.is_err() {
            Self::give_up(&mut state);
        }
        outcome
    }

    fn commit(&self) -> Result<(), TopicError> {
        self.finish(|client| client.commit_transaction(LIMIT))
    }

    fn abort(&self) -> Result<(), TopicError> {
        self.finish(|client| client.abort_transaction(LIMIT))
    }
}
