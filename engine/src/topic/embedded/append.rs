//! The one way in which records get into the log: encoded outside of locks, written in one batch, then published.

use std::sync::Arc;

use arrow_array::Array;
use parking_lot::MutexGuard;

use super::batch_codec::{self, LogBatch};
use super::catalog::log_key;
use super::partition::{self, AppendState, PartitionLog};
use super::{EmbeddedLog, Records, TopicError};
use crate::state::WriteBatch;

/// Records on their way into a partition.
struct Output {
    partition: Arc<PartitionLog>,
    records: Records,
    encoded: Vec<u8>,
    bytes: u64,
}

impl EmbeddedLog {
    /// Writes records and `batch` in one atomic step, not synced, and makes them readable. Gives the first offset of each.
    pub(super) fn write_outputs(
        &self,
        outputs: Vec<(Arc<PartitionLog>, Records)>,
        mut batch: WriteBatch,
    ) -> Result<Vec<i64>, TopicError> {
        let mut outputs = outputs.into_iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        let partitions = distinct(&outputs);
        let mut locked: Vec<MutexGuard<AppendState>> = partitions.iter().map(|p| p.append.lock()).collect();
        if let Some(at) = locked.iter().position(|state| state.deleted) {
            return Err(TopicError::UnknownTopic(partitions[at].topic.to_string()));
        }
        let mut after: Vec<AppendState> = locked.iter().map(|state| **state).collect();
        let mut first_offsets = Vec::with_capacity(outputs.len());
        for output in &mut outputs {
            let state = &mut after[position(&partitions, &output.partition)];
            first_offsets.push(state.end);
            if output.records.is_empty() {
                continue;
            }
            batch_codec::set_before(&mut output.encoded, state.appended_records, state.appended_bytes);
            state.end += output.records.len() as i64;
            state.appended_records += output.records.len() as u64;
            state.appended_bytes += output.bytes;
            let key = log_key(output.partition.topic_id, output.partition.number, state.end - 1);
            batch.put(self.log, key, std::mem::take(&mut output.encoded));
        }
        if !batch.is_empty() {
            self.db.write(batch, false)?;
        }
        for (state, after) in locked.iter_mut().zip(after) {
            **state = after;
        }
        for (output, first_offset) in outputs.into_iter().zip(&first_offsets) {
            self.publish(output, *first_offset);
        }
        Ok(first_offsets)
    }

    fn publish(&self, output: Output, first_offset: i64) {
        let Output { partition, records, .. } = output;
        if records.is_empty() {
            return;
        }
        let last_offset = first_offset + records.len() as i64 - 1;
        let batch = LogBatch { first_offset, last_offset, records, offsets: None };
        let bytes = partition::memory_bytes(&batch);
        partition.publish(batch);
        self.tails.add(&partition, bytes);
    }
}

fn encode((partition, records): (Arc<PartitionLog>, Records)) -> Result<Output, TopicError> {
    let rows = records.len();
    if records.keys.len() != rows
        || records.values.len() != rows
        || records.headers.as_ref().is_some_and(|h| h.len() != rows)
    {
        return Err(TopicError::Corrupt("records have unequal counts of keys, values and timestamps".into()));
    }
    let bytes = batch_codec::record_bytes(&records);
    let encoded = if rows == 0 { Vec::new() } else { batch_codec::encode(&records, None, 0, rows as u64 - 1) };
    let records = own_bytes(records, bytes, &encoded)?;
    Ok(Output { partition, records, encoded, bytes })
}

/// Records that refer to a small part of big buffers are replaced by their own copy, so that the tail's budget holds.
fn own_bytes(records: Records, bytes: u64, encoded: &[u8]) -> Result<Records, TopicError> {
    const SLACK_BYTES: usize = 4096;
    let held = records.keys.get_buffer_memory_size() + records.values.get_buffer_memory_size();
    let needed = bytes as usize + records.len() * 8;
    if records.is_empty() || held <= needed * 2 + SLACK_BYTES {
        return Ok(records);
    }
    Ok(batch_codec::decode(encoded, records.len() as i64 - 1)?.records)
}

/// The partitions written to, each once, in the order in which they are locked.
fn distinct(outputs: &[Output]) -> Vec<Arc<PartitionLog>> {
    let mut partitions: Vec<_> = outputs.iter().map(|output| output.partition.clone()).collect();
    partitions.sort_by_key(|p| (p.topic_id, p.number));
    partitions.dedup_by_key(|p| (p.topic_id, p.number));
    partitions
}

fn position(partitions: &[Arc<PartitionLog>], partition: &PartitionLog) -> usize {
    partitions.partition_point(|p| (p.topic_id, p.number) < (partition.topic_id, partition.number))
}
