//! Reading: one reader per partition, shared by all queries that follow it; further ones for queries that are elsewhere in it.
//!
//! A reader reads ahead in the background and is asked for the records at an offset. Readers that nobody asks any more stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::types::RDKafkaType;

use super::native::{Client, NativeError, PartitionReader};
use super::{Settings, topic_error};
use crate::topic::watchers::Watchers;
use crate::topic::{FetchedRecords, TopicError, TopicPartition};

/// Places in one partition that are read at the same time; a further follower takes over the place that was used least lately.
const PLACES_MAX: usize = 4;
/// A topic is gone when the cluster's list lacked it so often: a broker that starts may not know all at once.
const MISSED_MAX: u32 = 2;
/// A reader that nobody asks and no query watches stops after this time.
const IDLE_MAX: Duration = Duration::from_secs(20);

pub(super) struct Readers {
    settings: Settings,
    watchers: Arc<Watchers>,
    /// A client reads a partition once at a time: the n-th reader of a partition belongs to the n-th client.
    clients: Mutex<Vec<Arc<Client>>>,
    partitions: Mutex<HashMap<TopicPartition, Arc<ReadPartition>>>,
}

/// A partition that is being read.
struct ReadPartition {
    places: Mutex<Vec<Place>>,
    /// Its end, as its readers last heard of it; -1: not yet.
    end: AtomicI64,
    /// How often in a row the cluster did not know the topic.
    missed: AtomicU32,
}

impl Default for ReadPartition {
    fn default() -> Self {
        Self { places: Mutex::default(), end: AtomicI64::new(-1), missed: AtomicU32::new(0) }
    }
}

/// A reader at its place in the partition.
struct Place {
    reader: PartitionReader,
    /// The next record that comes has an offset of at least this.
    next_offset: i64,
    /// From here to `next_offset` lies no record.
    empty_from: i64,
    used: Instant,
    /// Which client reads it.
    client: usize,
}

impl Place {
    fn is_at(&self, offset: i64) -> bool {
        (self.empty_from..=self.next_offset).contains(&offset)
    }
}

impl Readers {
    pub fn new(settings: Settings, watchers: Arc<Watchers>) -> Self {
        Self { settings, watchers, clients: Mutex::default(), partitions: Mutex::default() }
    }

    /// The records from `offset` on that are there within `wait`.
    pub fn take(
        &self,
        at: &TopicPartition,
        offset: i64,
        max_rows: usize,
        wait: Duration,
    ) -> Result<FetchedRecords, TopicError> {
        let partition = self.partitions.lock().entry(at.clone()).or_default().clone();
        if partition.missed.load(Ordering::Relaxed) >= MISSED_MAX {
            // Should it be made again, reading starts anew.
            self.forget(&at.topic);
            return Err(TopicError::UnknownTopic(at.topic.to_string()));
        }
        let mut places = partition.places.lock();
        let index = self.place_at(&mut places, at, offset)?;
        let place = &mut places[index];
        place.used = Instant::now();
        match place.reader.take(place.next_offset, max_rows, wait) {
            Ok(fetched) => {
                place.empty_from = match fetched.offsets.values().last() {
                    Some(last) => last + 1,
                    None => place.empty_from,
                };
                place.next_offset = fetched.next_offset;
                let end = place.reader.known_end().unwrap_or(-1).max(fetched.next_offset);
                partition.end.fetch_max(end, Ordering::Relaxed);
                Ok(fetched)
            }
            Err(error) if is_passing(&error) => {
                tracing::debug!(topic = &*at.topic, partition = at.partition.0, %error, "reading goes on later");
                Ok(super::nothing(offset))
            }
            Err(error) => {
                // The next reading starts anew.
                places.remove(index);
                Err(match error.code {
                    Code::OffsetOutOfRange | Code::AutoOffsetReset => TopicError::Corrupt(format!(
                        "offset {offset} of topic {} partition {} is not there: {error}",
                        at.topic, at.partition.0
                    )),
                    _ => topic_error(&error, Some(&at.topic)),
                })
            }
        }
    }

    /// The index of a place at `offset`, moved or made if there is none.
    fn place_at(&self, places: &mut Vec<Place>, at: &TopicPartition, offset: i64) -> Result<usize, TopicError> {
        if let Some(found) = places.iter().position(|place| place.is_at(offset)) {
            return Ok(found);
        }
        if places.len() >= PLACES_MAX {
            let oldest = (0..places.len()).min_by_key(|&i| places[i].used).unwrap_or_default();
            let place = &mut places[oldest];
            place.reader.seek(offset).map_err(|e| topic_error(&e, Some(&at.topic)))?;
            (place.next_offset, place.empty_from) = (offset, offset);
            return Ok(oldest);
        }
        let number = (0..PLACES_MAX).find(|n| places.iter().all(|place| place.client != *n)).unwrap_or_default();
        let client = self.client(number)?;
        let (watchers, topic) = (self.watchers.clone(), at.topic.clone());
        let wake = Arc::new(move || watchers.wake(&topic));
        let reader =
            client.read(&at.topic, at.partition.0, offset, wake).map_err(|e| topic_error(&e, Some(&at.topic)))?;
        places.push(Place { reader, next_offset: offset, empty_from: offset, used: Instant::now(), client: number });
        Ok(places.len() - 1)
    }

    fn client(&self, number: usize) -> Result<Arc<Client>, TopicError> {
        let mut clients = self.clients.lock();
        while clients.len() <= number {
            let client = Client::new(RDKafkaType::RD_KAFKA_CONSUMER, &self.settings.reader());
            clients.push(Arc::new(client.map_err(|e| topic_error(&e, None))?));
        }
        Ok(clients[number].clone())
    }

    /// The end of a partition as its readers saw it last.
    pub fn known_end(&self, at: &TopicPartition) -> Option<i64> {
        let partition = self.partitions.lock().get(at).cloned()?;
        // Readers that are being asked right now tell what they heard by themselves.
        if let Some(places) = partition.places.try_lock() {
            let heard = places.iter().filter_map(|place| place.reader.known_end()).max();
            partition.end.fetch_max(heard.unwrap_or(-1), Ordering::Relaxed);
        }
        Some(partition.end.load(Ordering::Relaxed)).filter(|end| *end >= 0)
    }

    /// Looks for read topics among those that the cluster has; the followers of missing ones are woken, and told.
    pub fn compare(&self, there: &HashSet<String>) {
        let partitions: Vec<_> = self.partitions.lock().iter().map(|(at, read)| (at.clone(), read.clone())).collect();
        for (at, partition) in partitions {
            if there.contains(&*at.topic) {
                partition.missed.store(0, Ordering::Relaxed);
            } else if partition.missed.fetch_add(1, Ordering::Relaxed) + 1 >= MISSED_MAX {
                self.watchers.wake(&at.topic);
            }
        }
    }

    /// Stops the readers of a topic that is no more.
    pub fn forget(&self, topic: &str) {
        let gone: Vec<_> = self.partitions.lock().extract_if(|at, _| &*at.topic == topic).collect();
        for (_, partition) in gone {
            partition.places.lock().clear();
        }
    }

    /// Stops readers that nobody needs.
    pub fn stop_idle(&self) {
        let partitions: Vec<_> = self.partitions.lock().iter().map(|(at, read)| (at.clone(), read.clone())).collect();
        for (at, partition) in partitions {
            let watched = self.watchers.watches(&at.topic);
            if let Some(mut places) = partition.places.try_lock() {
                // One reader stays with the queries that wait for the topic's next record.
                let mut kept = 0;
                let latest = places.iter().map(|place| place.next_offset).max();
                places.retain(|place| {
                    let needed =
                        place.used.elapsed() < IDLE_MAX || (watched && Some(place.next_offset) == latest && kept == 0);
                    kept += usize::from(needed);
                    needed
                });
            }
        }
        self.partitions.lock().retain(|_, read| Arc::strong_count(read) > 1 || !read.places.lock().is_empty());
    }
}

/// Troubles of the connection that the client overcomes by itself.
fn is_passing(error: &NativeError) -> bool {
    matches!(
        error.code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::Resolve
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::CoordinatorNotAvailable
            | Code::NetworkException
            | Code::WaitingForCoordinator
            | Code::OffsetNotAvailable
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
    )
}
