//! Sending records without a copy, and transactions.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_array::Array;
use rdkafka::bindings as sys;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::RDKafkaRespErr as Code;

use super::lists::{PartitionList, PartitionOffset};
use super::{Client, NativeError, TopicHandle, c_text, ms};
use crate::batch::Header;
use crate::topic::Records;

/// Told about each produced record once.
pub(in crate::topic::kafka) trait Deliveries: Send + Sync {
    fn delivered(&self, offset: i64);
    fn failed(&self, error: NativeError);
    /// Called after the last record of the batch.
    fn finished(&self);
}

/// A batch of records on its way to one partition; the client holds it until all of them are delivered or failed.
struct Lent {
    /// Keeps keys and values alive: librdkafka points into them.
    _records: Records,
    left: AtomicUsize,
    deliveries: Arc<dyn Deliveries>,
}

pub(super) extern "C" fn on_delivery(_: *mut sys::rd_kafka_t, message: *const sys::rd_kafka_message_t, _: *mut c_void) {
    // SAFETY: `_private` was made from a `Box<Lent>` by `produce` and is freed when its last record is reported; callbacks of
    // a client run on one thread.
    unsafe {
        let message = &*message;
        if message._private.is_null() {
            return;
        }
        let lent = &*message._private.cast::<Lent>();
        if message.err == Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            lent.deliveries.delivered(message.offset);
        } else {
            lent.deliveries.failed(NativeError::of(message.err));
        }
        give_back(message._private.cast(), 1);
    }
}

/// Counts records of a lent batch as done; frees it after the last.
///
/// # Safety
/// `lent` came from `Box::into_raw` and has at least `records` left.
unsafe fn give_back(lent: *mut Lent, records: usize) {
    // SAFETY: as promised.
    unsafe {
        if (*lent).left.fetch_sub(records, Ordering::AcqRel) == records {
            let lent = Box::from_raw(lent);
            lent.deliveries.finished();
        }
    }
}

impl Client {
    /// Hands records over; `deliveries` hears of each. Returns when all are in the client's queue, which is bounded: it
    /// waits while that is full.
    pub fn produce(&self, topic: &TopicHandle, partition: u32, records: &Records, deliveries: Arc<dyn Deliveries>) {
        let rows = records.len();
        if rows == 0 {
            deliveries.finished();
            return;
        }
        let lent = Box::into_raw(Box::new(Lent {
            _records: records.clone(),
            left: AtomicUsize::new(rows),
            deliveries: deliveries.clone(),
        }));
        for row in 0..rows {
            // SAFETY: keys and values live in the lent batch until it is given back.
            let outcome = unsafe { self.produce_row(topic, partition, records, row, lent.cast()) };
            if let Err(error) = outcome {
                deliveries.failed(error);
                // SAFETY: rows from `row` on are not in the queue, so nobody else counts them.
                unsafe { give_back(lent, rows - row) };
                return;
            }
        }
    }

    /// # Safety
    /// `records` outlives the delivery report that gets `opaque`.
    unsafe fn produce_row(
        &self,
        topic: &TopicHandle,
        partition: u32,
        records: &Records,
        row: usize,
        opaque: *mut c_void,
    ) -> Result<(), NativeError> {
        use sys::{rd_kafka_vtype_t as Kind, rd_kafka_vu_s__bindgen_ty_1 as Value};
        let memory = |bytes: Option<&[u8]>| {
            let (ptr, size) = bytes.map_or((ptr::null_mut(), 0), |b| (b.as_ptr().cast_mut().cast(), b.len()));
            Value { mem: sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size } }
        };
        let key = records.keys.is_valid(row).then(|| records.keys.value(row));
        let value = records.values.is_valid(row).then(|| records.values.value(row));
        let unit = |vtype, u| sys::rd_kafka_vu_t { vtype, u };
        let headers = records.headers.as_ref().map_or(&[] as &[Header], |headers| &headers[row]);
        loop {
            let mut units = [
                unit(Kind::RD_KAFKA_VTYPE_RKT, Value { rkt: topic.topic }),
                unit(Kind::RD_KAFKA_VTYPE_PARTITION, Value { i32_: partition as i32 }),
                unit(Kind::RD_KAFKA_VTYPE_MSGFLAGS, Value { i: 0 }),
                unit(Kind::RD_KAFKA_VTYPE_VALUE, memory(value)),
                unit(Kind::RD_KAFKA_VTYPE_KEY, memory(key)),
                unit(Kind::RD_KAFKA_VTYPE_TIMESTAMP, Value { i64_: records.timestamps.value(row).max(0) }),
                unit(Kind::RD_KAFKA_VTYPE_OPAQUE, Value { ptr: opaque }),
                unit(Kind::RD_KAFKA_VTYPE_HEADERS, Value { headers: ptr::null_mut() }),
            ];
            let mut used = units.len() - 1;
            let mut owned = ptr::null_mut();
            if !headers.is_empty() {
                owned = native_headers(headers);
                units[used].u = Value { headers: owned };
                used += 1;
            }
            // SAFETY: `used` units are set. On failure the headers stay ours.
            let error = unsafe { sys::rd_kafka_produceva(self.ptr(), units.as_ptr(), used) };
            match NativeError::take(error) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    if !owned.is_null() {
                        // SAFETY: not taken over by the failed call.
                        unsafe { sys::rd_kafka_headers_destroy(owned) };
                    }
                    if error.code != RDKafkaErrorCode::QueueFull {
                        return Err(error);
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
    }

    /// Sends what is buffered without waiting for more to come; the client's linger time is for streams of records.
    pub fn flush(&self, timeout: Duration) -> Result<(), NativeError> {
        // SAFETY: plain call.
        let code = unsafe { sys::rd_kafka_flush(self.ptr(), ms(timeout)) };
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(()) } else { Err(NativeError::of(code)) }
    }

    /// Drops what is in the queues and in flight; each record is reported as failed.
    pub fn purge(&self) {
        // SAFETY: plain call; 1 and 2 are queued and in-flight messages.
        unsafe { sys::rd_kafka_purge(self.ptr(), 1 | 2) };
    }

    /// Fences other producers of this transactional id and finishes their transactions.
    pub fn init_transactions(&self, timeout: Duration) -> Result<(), NativeError> {
        // SAFETY: plain call, as the next ones.
        NativeError::take(unsafe { sys::rd_kafka_init_transactions(self.ptr(), ms(timeout)) })
    }

    pub fn begin_transaction(&self) -> Result<(), NativeError> {
        NativeError::take(unsafe { sys::rd_kafka_begin_transaction(self.ptr()) })
    }

    pub fn commit_transaction(&self, timeout: Duration) -> Result<(), NativeError> {
        NativeError::take(unsafe { sys::rd_kafka_commit_transaction(self.ptr(), ms(timeout)) })
    }

    pub fn abort_transaction(&self, timeout: Duration) -> Result<(), NativeError> {
        NativeError::take(unsafe { sys::rd_kafka_abort_transaction(self.ptr(), ms(timeout)) })
    }

    /// Moves a group's offsets with the open transaction. The group must have no members.
    pub fn send_offsets(&self, group: &str, offsets: &[PartitionOffset], timeout: Duration) -> Result<(), NativeError> {
        let (list, group) = (PartitionList::new(offsets), c_text(group));
        // SAFETY: the metadata object is made and destroyed here.
        unsafe {
            let metadata = sys::rd_kafka_consumer_group_metadata_new(group.as_ptr());
            let error = sys::rd_kafka_send_offsets_to_transaction(self.ptr(), list.0, metadata, ms(timeout));
            sys::rd_kafka_consumer_group_metadata_destroy(metadata);
            NativeError::take(error)
        }
    }
}

fn native_headers(headers: &[Header]) -> *mut sys::rd_kafka_headers_t {
    // SAFETY: names and values are copied by the call.
    unsafe {
        let native = sys::rd_kafka_headers_new(headers.len());
        for header in headers {
            let (value, size) = match &header.value {
                Some(value) => (value.as_ptr().cast(), value.len() as isize),
                None => (ptr::null(), 0),
            };
            sys::rd_kafka_header_add(native, header.key.as_ptr().cast(), header.key.len() as isize, value, size);
        }
        native
    }
}
