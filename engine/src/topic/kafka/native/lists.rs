//! Lists of partitions with offsets, as librdkafka takes and gives them.

use std::ffi::c_int;
use std::ptr;

use rdkafka::bindings as sys;
use rdkafka::types::RDKafkaRespErr as Code;

use super::{NativeError, c_text, text_of};

/// A topic and partition with an offset and the text committed beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::topic::kafka) struct PartitionOffset {
    pub topic: String,
    pub partition: u32,
    pub offset: i64,
    pub metadata: Option<String>,
}

/// Owned by us, to be handed to calls.
pub(super) struct PartitionList(pub(super) *mut sys::rd_kafka_topic_partition_list_t);

impl PartitionList {
    pub fn new(offsets: &[PartitionOffset]) -> Self {
        // SAFETY: the list is owned here; added entries live as long as it does. Metadata is allocated with `malloc`, as the
        // list frees it with `free`.
        unsafe {
            let list = sys::rd_kafka_topic_partition_list_new(offsets.len() as c_int);
            for at in offsets {
                let topic = c_text(&at.topic);
                let entry = sys::rd_kafka_topic_partition_list_add(list, topic.as_ptr(), at.partition as i32);
                (*entry).offset = at.offset;
                if let Some(metadata) = &at.metadata {
                    let copy = libc::malloc(metadata.len() + 1);
                    ptr::copy_nonoverlapping(metadata.as_ptr().cast(), copy, metadata.len());
                    *copy.cast::<u8>().add(metadata.len()) = 0;
                    (*entry).metadata = copy;
                    (*entry).metadata_size = metadata.len();
                }
            }
            Self(list)
        }
    }

    /// The offsets of a list, without those that are not set.
    ///
    /// # Safety
    /// `list` is null or valid.
    pub unsafe fn read(list: *const sys::rd_kafka_topic_partition_list_t) -> Result<Vec<PartitionOffset>, NativeError> {
        let mut found = Vec::new();
        if list.is_null() {
            return Ok(found);
        }
        // SAFETY: as the caller promises; `elems` has `cnt` entries.
        unsafe {
            for at in 0..(*list).cnt as usize {
                let entry = &*(*list).elems.add(at);
                if entry.err != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                    return Err(NativeError::of(entry.err));
                }
                if entry.offset >= 0 {
                    found.push(PartitionOffset {
                        topic: text_of(entry.topic),
                        partition: entry.partition as u32,
                        offset: entry.offset,
                        metadata: None,
                    });
                }
            }
        }
        Ok(found)
    }
}

impl Drop for PartitionList {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { sys::rd_kafka_topic_partition_list_destroy(self.0) }
    }
}
