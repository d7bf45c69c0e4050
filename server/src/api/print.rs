//! PRINT: the records of a topic as text, with guesses at their formats.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio_stream::wrappers::ReceiverStream;
use weir_engine::topic::{FetchedRecords, Partition, TopicPartition};
use weir_parser::ast::Print;

use super::Shared;
use super::error::ApiError;
use super::negotiation::DELIMITED;

mod guess;

use guess::{FormatGuess, Side};

/// Records read from a partition at once.
const FETCH_ROWS: usize = 500;
const FRAMES_AHEAD: usize = 64;

/// `unmigrated`: as `/query` answers, with format lines and keep-alive blanks; else record lines only.
pub fn answer(context: Shared, print: Print, media: &str, unmigrated: bool) -> Response {
    if !unmigrated && media != DELIMITED {
        let mut response = StatusCode::NOT_ACCEPTABLE.into_response();
        response.headers_mut().remove(header::CONTENT_TYPE);
        return response;
    }
    let topic = match context.engine.topics().try_describe(&print.topic) {
        Ok(Some(topic)) => topic,
        Ok(None) => return unknown_topic(&context, &print.topic, unmigrated).into_response(),
        Err(error) => return ApiError::generic(50000, error.to_string()).into_response(),
    };
    let mut printer = Printer::new(context, &print, topic.partitions, unmigrated);
    let (sender, receiver) = tokio::sync::mpsc::channel(FRAMES_AHEAD);
    tokio::spawn(async move {
        // A closed channel means that the client went away.
        let _ = printer.run(&sender).await;
    });
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(receiver)));
    if unmigrated {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    } else {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response
}

fn unknown_topic(context: &Shared, topic: &str, unmigrated: bool) -> ApiError {
    if !unmigrated {
        return ApiError::generic(40001, format!("Topic does not exist: {topic}")).without_content_type();
    }
    let mut message = format!(
        "Could not find topic '{topic}', or the KSQL user does not have permissions to list the topic. Topic names are case-sensitive."
    );
    let alike: Vec<String> = context
        .engine
        .topics()
        .list()
        .into_iter()
        .filter(|t| t.name.eq_ignore_ascii_case(topic))
        .map(|t| format!("\tprint {};", t.name))
        .collect();
    if !alike.is_empty() {
        message.push_str("\nDid you mean:\n");
        message.push_str(&alike.join("\n"));
    }
    ApiError::generic(40000, message)
}

type Frames = tokio::sync::mpsc::Sender<Result<Bytes, std::convert::Infallible>>;

struct Printer {
    context: Shared,
    /// Next offset per partition.
    positions: Vec<(TopicPartition, i64)>,
    interval: u64,
    left: u64,
    seen: u64,
    with_formats: bool,
    keys: FormatGuess,
    values: FormatGuess,
    shown: Option<(String, String)>,
}

impl Printer {
    fn new(context: Shared, print: &Print, partitions: u32, with_formats: bool) -> Self {
        let topic: Arc<str> = print.topic.as_str().into();
        let positions = (0..partitions)
            .map(|p| {
                let partition = TopicPartition { topic: Arc::clone(&topic), partition: Partition(p) };
                let range = context.engine.topics().offsets(&partition).ok();
                let from = range.map_or(0, |r| if print.from_beginning { r.start } else { r.end });
                (partition, from)
            })
            .collect();
        Self {
            context,
            positions,
            interval: print.interval.map_or(1, |n| n.max(1) as u64),
            left: print.limit.map_or(u64::MAX, |n| n.max(0) as u64),
            seen: 0,
            with_formats,
            keys: FormatGuess::new(Side::Key),
            values: FormatGuess::new(Side::Value),
            shown: None,
        }
    }

    async fn run(
        &mut self,
        frames: &Frames,
    ) -> Result<(), tokio::sync::mpsc::error::SendError<Result<Bytes, std::convert::Infallible>>> {
        let topic = self.positions.first().map(|(p, _)| Arc::clone(&p.topic)).unwrap_or_default();
        let woken = Arc::new(tokio::sync::Notify::new());
        let wake = Arc::clone(&woken);
        let _watch = self.context.engine.topics().watch(&topic, Arc::new(move || wake.notify_one()));
        while self.left > 0 {
            let mut found = false;
            for i in 0..self.positions.len() {
                let (partition, offset) = self.positions[i].clone();
                let Ok(fetched) = self.context.engine.topics().fetch(&partition, offset, FETCH_ROWS) else {
                    return Ok(());
                };
                self.positions[i].1 = fetched.next_offset;
                found |= !fetched.records.is_empty();
                for line in self.lines(&fetched, partition.partition) {
                    frames.send(Ok(Bytes::from(line))).await?;
                }
            }
            if !found
                && tokio::time::timeout(Duration::from_secs(1), woken.notified()).await.is_err()
                && self.with_formats
            {
                frames.send(Ok(Bytes::from_static(b"\n"))).await?;
            }
            if frames.is_closed() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The lines of a fetched batch: formats when their guess has narrowed, then a line per record.
    fn lines(&mut self, fetched: &FetchedRecords, partition: Partition) -> VecDeque<String> {
        let records = &fetched.records;
        let mut lines = VecDeque::new();
        let wanted = records.len().min(usize::try_from(self.left.saturating_mul(self.interval)).unwrap_or(usize::MAX));
        for row in 0..wanted {
            self.keys.narrow(guess::payload(&records.keys, row));
            self.values.narrow(guess::payload(&records.values, row));
        }
        if wanted > 0 && self.with_formats {
            self.push_formats(&mut lines);
        }
        for row in 0..records.len() {
            if self.left == 0 {
                break;
            }
            self.seen += 1;
            if !(self.seen - 1).is_multiple_of(self.interval) {
                continue;
            }
            self.left -= 1;
            let key = self.keys.show(guess::payload(&records.keys, row));
            let value = self.values.show(guess::payload(&records.values, row));
            let time = guess::time_text(records.timestamps.value(row));
            lines.push_back(format!("rowtime: {time}, key: {key}, value: {value}, partition: {}\n", partition.0));
        }
        lines
    }

    fn push_formats(&mut self, lines: &mut VecDeque<String>) {
        let (key, value) = (self.keys.text(), self.values.text());
        let (old_key, old_value) = self.shown.clone().unwrap_or_default();
        if key != old_key {
            lines.push_back(format!("Key format: {key}\n"));
        }
        if value != old_value {
            lines.push_back(format!("Value format: {value}\n"));
        }
        self.shown = Some((key, value));
    }
}
