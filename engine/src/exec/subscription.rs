//! The bounded queue between a transient query's tasks and its client.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;
use parking_lot::{Condvar, Mutex};

/// Rows in the order of the query's output columns.
#[derive(Clone, Debug)]
pub struct ResultRows {
    pub columns: Vec<ArrayRef>,
    pub rows: usize,
    /// Set bits: the key was deleted; only key columns are filled. `None`: no row is a tombstone.
    pub tombstones: Option<BooleanBuffer>,
}

impl ResultRows {
    fn slice(&self, from: usize, rows: usize) -> Self {
        Self {
            columns: self.columns.iter().map(|c| c.slice(from, rows)).collect(),
            rows,
            tombstones: self.tombstones.as_ref().map(|bits| bits.slice(from, rows)),
        }
    }
}

/// Why no more rows will come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// `Limit Reached`.
    Limit,
    /// `Query Completed`: a bounded run reached the end offsets captured at its start.
    Completed,
    /// Stopped by TERMINATE, the client or the server.
    Terminated,
    Failed(String),
}

/// Rows that wait for the client at most, as ksqlDB's queue holds.
pub const CAPACITY_ROWS: usize = 500;

/// Both ends of the queue. The client's end; dropping every clone held by the client does not stop the query.
#[derive(Clone)]
pub struct Subscription(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    readable: Condvar,
    /// Called when room or an end came, so that the query goes on.
    on_room: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
    /// Called when rows or an end came, for clients that do not block.
    on_rows: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
}

#[derive(Default)]
struct Queue {
    batches: VecDeque<ResultRows>,
    rows: usize,
    /// Rows that may still come.
    limit: Option<u64>,
    end: Option<EndReason>,
}

/// What the client gets next.
#[derive(Clone, Debug)]
pub enum Next {
    Rows(ResultRows),
    /// Nothing yet.
    Empty,
    End(EndReason),
}

impl Subscription {
    pub(crate) fn new(limit: Option<u64>) -> Self {
        let end = (limit == Some(0)).then_some(EndReason::Limit);
        let queue = Queue { limit, end, ..Queue::default() };
        Self(Arc::new(Shared {
            queue: Mutex::new(queue),
            readable: Condvar::new(),
            on_room: Mutex::new(None),
            on_rows: Mutex::new(None),
        }))
    }

    /// Offers rows; what did not fit is left in `pending`, to be offered again.
    pub(crate) fn offer(&self, pending: &mut VecDeque<ResultRows>) {
        let mut queue = self.0.queue.lock();
        let mut any = false;
        while let Some(batch) = pending.pop_front() {
            if queue.end.is_some() {
                pending.clear();
                break;
            }
            let room = CAPACITY_ROWS.saturating_sub(queue.rows);
            let allowed = queue.limit.map_or(batch.rows, |limit| batch.rows.min(limit as usize));
            let fits = allowed.min(room);
            if fits > 0 {
                queue.rows += fits;
                queue.limit = queue.limit.map(|limit| limit - fits as u64);
                queue.batches.push_back(if fits == batch.rows { batch.clone() } else { batch.slice(0, fits) });
                any = true;
            }
            if queue.limit == Some(0) {
                queue.end = Some(EndReason::Limit);
                pending.clear();
                any = true;
                break;
            }
            if fits < batch.rows {
                pending.push_front(batch.slice(fits, batch.rows - fits));
                break;
            }
        }
        drop(queue);
        if any {
            self.readable();
        }
    }

    /// Ends the queue; rows already in it are still read.
    pub fn end(&self, reason: EndReason) {
        let mut queue = self.0.queue.lock();
        if queue.end.is_none() {
            queue.end = Some(reason);
            drop(queue);
            self.readable();
        }
    }

    pub fn ended(&self) -> Option<EndReason> {
        self.0.queue.lock().end.clone()
    }

    /// The next rows without waiting.
    pub fn try_next(&self) -> Next {
        let mut queue = self.0.queue.lock();
        let next = take_next(&mut queue);
        drop(queue);
        if matches!(next, Next::Rows(_)) {
            self.room();
        }
        next
    }

    /// Waits for rows or the end.
    pub fn next(&self, timeout: std::time::Duration) -> Next {
        let deadline = std::time::Instant::now() + timeout;
        let mut queue = self.0.queue.lock();
        // A notice may come for rows that were taken before it: only the time limit ends the wait.
        while queue.batches.is_empty() && queue.end.is_none() {
            if self.0.readable.wait_until(&mut queue, deadline).timed_out() {
                break;
            }
        }
        let next = take_next(&mut queue);
        drop(queue);
        if matches!(next, Next::Rows(_)) {
            self.room();
        }
        next
    }

    /// Calls `wake` whenever rows or the end came. Replaces an earlier one.
    pub fn on_rows(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        *self.0.on_rows.lock() = Some(wake);
    }

    pub(crate) fn on_room(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        *self.0.on_room.lock() = Some(wake);
    }

    fn readable(&self) {
        self.0.readable.notify_all();
        let wake = self.0.on_rows.lock().clone();
        if let Some(wake) = wake {
            wake();
        }
    }

    fn room(&self) {
        let wake = self.0.on_room.lock().clone();
        if let Some(wake) = wake {
            wake();
        }
    }
}

fn take_next(queue: &mut Queue) -> Next {
    match (queue.batches.pop_front(), &queue.end) {
        (Some(batch), _) => {
            queue.rows -= batch.rows;
            Next::Rows(batch)
        }
        (None, Some(end)) => Next::End(end.clone()),
        (None, None) => Next::Empty,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int64Array;

    use super::*;

    fn batch(rows: usize) -> ResultRows {
        ResultRows { columns: vec![Arc::new(Int64Array::from(vec![1; rows]))], rows, tombstones: None }
    }

    #[test]
    fn a_late_notice_does_not_end_the_wait() {
        let subscription = Subscription::new(None);
        let waiting = subscription.clone();
        let reader = std::thread::spawn(move || waiting.next(std::time::Duration::from_secs(60)));
        for _ in 0..1000 {
            subscription.readable();
            std::thread::yield_now();
        }
        subscription.offer(&mut VecDeque::from([batch(3)]));
        let next = reader.join().expect("the reader ends");
        assert!(matches!(next, Next::Rows(rows) if rows.rows == 3));
    }

    #[test]
    fn the_queue_is_bounded_and_keeps_the_limit() {
        let subscription = Subscription::new(Some(700));
        let mut pending = VecDeque::from([batch(400), batch(400)]);
        subscription.offer(&mut pending);
        assert_eq!(pending.iter().map(|b| b.rows).sum::<usize>(), 300, "500 fit");
        let mut seen = 0;
        let end = loop {
            match subscription.try_next() {
                Next::Rows(rows) => seen += rows.rows,
                Next::Empty => subscription.offer(&mut pending),
                Next::End(reason) => break reason,
            }
        };
        assert_eq!((seen, end), (700, EndReason::Limit));
    }
}
