//! Sizes of the batches that a commit appends: many small outputs of a partition become one, a big one becomes several, so
//! that readers get batches worth decoding and never unpack much more than they asked for.

use super::batch_codec::record_bytes;
use super::{Records, TopicError, TopicPartition, join_records, slice};

/// Records of one batch, and bytes of their keys and values.
const BATCH_ROWS: usize = 4096;
const BATCH_BYTES: u64 = 4 << 20;

/// The same records in the same order per partition, in batches of a good size.
pub(super) fn regroup(outputs: Vec<(TopicPartition, Records)>) -> Result<Vec<(TopicPartition, Records)>, TopicError> {
    let mut partitions: Vec<(TopicPartition, Vec<Records>)> = Vec::new();
    for (at, records) in outputs {
        match partitions.iter_mut().find(|(known, _)| *known == at) {
            Some((_, parts)) => parts.push(records),
            None => partitions.push((at, vec![records])),
        }
    }
    let mut regrouped = Vec::new();
    for (at, parts) in partitions {
        let (mut open, mut rows, mut bytes) = (Vec::new(), 0, 0);
        for part in parts.into_iter().flat_map(split) {
            let more = record_bytes(&part);
            if rows > 0 && (rows + part.len() > BATCH_ROWS || bytes + more > BATCH_BYTES) {
                regrouped.push((at.clone(), join_records(&std::mem::take(&mut open))?));
                (rows, bytes) = (0, 0);
            }
            (rows, bytes) = (rows + part.len(), bytes + more);
            open.push(part);
        }
        if rows > 0 {
            regrouped.push((at, join_records(&open)?));
        }
    }
    Ok(regrouped)
}

/// Parts of at most a batch's size, as far as single records allow.
fn split(records: Records) -> Vec<Records> {
    let (rows, bytes) = (records.len(), record_bytes(&records).max(1));
    if rows <= BATCH_ROWS && bytes <= BATCH_BYTES {
        return vec![records];
    }
    let size = ((rows as u64 * BATCH_BYTES / bytes) as usize).clamp(1, BATCH_ROWS);
    (0..rows).step_by(size).map(|from| slice(&records, from, size.min(rows - from))).collect()
}
