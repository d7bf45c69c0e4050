//! Sends generated records in batches: a bounded number of batches under way, each key in its order.
//!
//! Records are dealt to lanes by topic and key; a lane sends one batch after the other. A full lane stops the generator.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::Rate;
use super::destination::Destination;
use super::record::{Generator, Record};

/// Records of a batch, at most.
const BATCH_RECORDS: usize = 2_000;
/// How often records leave at a given rate.
const TICK: Duration = Duration::from_millis(50);
/// Batches that wait in a lane.
const LANE_BATCHES: usize = 2;

pub struct SenderOptions {
    /// Lanes, so batches under way.
    pub in_flight: usize,
    pub rate: Rate,
    /// `None`: for ever.
    pub count: Option<u64>,
    /// The names of the generator's topics.
    pub topics: Vec<Arc<str>>,
}

/// Records of one topic.
struct Batch {
    topic: Arc<str>,
    records: Vec<Record>,
}

/// A generator whose records are on their way. Dropping it stops the sending.
pub struct Sender {
    tasks: JoinSet<Result<(), String>>,
    sent: Arc<AtomicU64>,
}

impl Sender {
    pub fn start(destination: &Destination, generator: Box<dyn Generator>, options: SenderOptions) -> Self {
        let sent = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        let mut lanes = Vec::with_capacity(options.in_flight);
        for _ in 0..options.in_flight.max(1) {
            let (sender, receiver) = mpsc::channel(LANE_BATCHES);
            lanes.push(sender);
            tasks.spawn(write(destination.clone(), receiver, Arc::clone(&sent)));
        }
        tasks.spawn(deal(generator, options, lanes));
        Self { tasks, sent }
    }

    /// Records that are durable.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Waits until all is sent, or for the first failure; tells `progress` how many records are sent.
    pub async fn finished(&mut self, mut progress: impl FnMut(u64)) -> Result<(), String> {
        let mut tick = tokio::time::interval(Duration::from_millis(100));
        loop {
            tokio::select! {
                done = self.tasks.join_next() => match done {
                    None => return Ok(()),
                    Some(Ok(outcome)) => outcome?,
                    Some(Err(error)) => return Err(error.to_string()),
                },
                _ = tick.tick() => progress(self.sent()),
            }
        }
    }
}

async fn write(
    destination: Destination,
    mut batches: mpsc::Receiver<Batch>,
    sent: Arc<AtomicU64>,
) -> Result<(), String> {
    while let Some(Batch { topic, records }) = batches.recv().await {
        let count = records.len() as u64;
        destination.write(topic, records).await?;
        sent.fetch_add(count, Ordering::Relaxed);
    }
    Ok(())
}

/// Generates round by round: as many records as are due, then one batch per lane and topic.
async fn deal(
    mut generator: Box<dyn Generator>,
    options: SenderOptions,
    lanes: Vec<mpsc::Sender<Batch>>,
) -> Result<(), String> {
    let topics = options.topics;
    let most = (BATCH_RECORDS * lanes.len()) as u64;
    let started = Instant::now();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut left = options.count.unwrap_or(u64::MAX);
    let mut made = 0_u64;
    while left > 0 {
        let due = match options.rate {
            None => most,
            Some(rate) => {
                tick.tick().await;
                let by_now = started.elapsed().as_secs_f64() * f64::from(rate);
                (by_now as u64).saturating_sub(made).min(most)
            }
        }
        .min(left);
        let mut batches: Vec<Vec<Record>> = vec![Vec::new(); lanes.len() * topics.len()];
        for _ in 0..due {
            let record = generator.next();
            let at = lane(&record, made, lanes.len()) * topics.len() + record.topic;
            batches[at].push(record);
            made += 1;
        }
        left -= due;
        for (at, records) in batches.into_iter().enumerate() {
            if records.is_empty() {
                continue;
            }
            let batch = Batch { topic: Arc::clone(&topics[at % topics.len()]), records };
            if lanes[at / topics.len()].send(batch).await.is_err() {
                // The lane has failed and reports why.
                return Ok(());
            }
        }
    }
    Ok(())
}

/// One lane per topic and key; records without key go round.
fn lane(record: &Record, number: u64, lanes: usize) -> usize {
    let Some(key) = &record.key else { return number as usize % lanes };
    let mut hasher = DefaultHasher::new();
    (record.topic, key).hash(&mut hasher);
    (hasher.finish() % lanes as u64) as usize
}
