//! The only place that calls librdkafka's C interface: clients, the records of a partition as batches, producing without a copy,
//! transactions and group offsets. Everything above it is safe code.
//!
//! The C interface rather than the record-by-record one of `rdkafka`, because records have to come and go in batches: one
//! allocation per fetch, payloads lent to the producer until they are delivered.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use arrow_array::Array;
use arrow_array::Int64Array;
use arrow_array::builder::BinaryBuilder;
use rdkafka::bindings as sys;
use rdkafka::types::{RDKafkaRespErr as Code, RDKafkaType};
use rdkafka::{ClientConfig, error::RDKafkaErrorCode};

use crate::batch::{Header, RowHeaders};
use crate::topic::{FetchedRecords, Records};

/// Longest wait of a poll, so that stopping a client does not take long.
const POLL_MS: c_int = 100;
const ERROR_TEXT_BYTES: usize = 512;

/// What librdkafka said, and who has to act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(super) struct NativeError {
    pub code: RDKafkaErrorCode,
    pub text: String,
    /// The client can do nothing more.
    pub fatal: bool,
    pub retriable: bool,
    /// The transaction has to be aborted.
    pub aborts: bool,
}

impl NativeError {
    pub fn of(code: Code) -> Self {
        let code = RDKafkaErrorCode::from(code);
        Self { code, text: code.to_string(), fatal: false, retriable: false, aborts: false }
    }

    /// Takes over and frees an error object; `Ok` for null.
    fn take(error: *mut sys::rd_kafka_error_t) -> Result<(), Self> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: a non-null error object is valid until it is destroyed, which happens once, here.
        unsafe {
            let taken = Self {
                code: RDKafkaErrorCode::from(sys::rd_kafka_error_code(error)),
                text: text_of(sys::rd_kafka_error_string(error)),
                fatal: sys::rd_kafka_error_is_fatal(error) != 0,
                retriable: sys::rd_kafka_error_is_retriable(error) != 0,
                aborts: sys::rd_kafka_error_txn_requires_abort(error) != 0,
            };
            sys::rd_kafka_error_destroy(error);
            Err(taken)
        }
    }
}

fn text_of(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: librdkafka's texts end with a zero byte and outlive the call.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}

/// A topic and partition with an offset and the text committed beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PartitionOffset {
    pub topic: String,
    pub partition: u32,
    pub offset: i64,
    pub metadata: Option<String>,
}

/// A topic as the cluster describes it.
#[derive(Clone, Debug)]
pub(super) struct TopicMetadata {
    pub name: String,
    pub partitions: u32,
    pub replicas: u16,
}

/// # Safety
/// `from` is null or has `count` entries that live long enough.
unsafe fn slice_of<'a, T>(from: *const T, count: c_int) -> &'a [T] {
    if from.is_null() || count <= 0 {
        return &[];
    }
    // SAFETY: as promised.
    unsafe { std::slice::from_raw_parts(from, count as usize) }
}

struct PartitionList(*mut sys::rd_kafka_topic_partition_list_t);

impl PartitionList {
    fn new(offsets: &[PartitionOffset]) -> Self {
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
    unsafe fn read(list: *const sys::rd_kafka_topic_partition_list_t) -> Result<Vec<PartitionOffset>, NativeError> {
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

/// Told about each produced record once.
pub(super) trait Deliveries: Send + Sync {
    fn delivered(&self, offset: i64);
    fn failed(&self, error: NativeError);
    /// Called after the last record of the batch.
    fn finished(&self);
}

/// A batch of records on its way to one partition; the client holds it until all of them are delivered or failed.
struct Lent {
    /// Keeps keys and values alive: librdkafka points into them.
    _records: Records,
    left: std::sync::atomic::AtomicUsize,
    deliveries: Arc<dyn Deliveries>,
}

/// A client with the thread that serves its callbacks.
pub(super) struct Client {
    handle: Arc<Handle>,
    stop: Arc<AtomicBool>,
    poller: Option<JoinHandle<()>>,
}

struct Handle(*mut sys::rd_kafka_t);

// SAFETY: librdkafka's handles may be used from any thread.
unsafe impl Send for Handle {}
unsafe impl Sync for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the last user of the handle is gone. Without flushing: what nobody waits for was not acknowledged.
        unsafe { sys::rd_kafka_destroy(self.0) }
    }
}

extern "C" fn on_log(_: *const sys::rd_kafka_t, level: c_int, facility: *const c_char, text: *const c_char) {
    let (facility, text) = (text_of(facility), text_of(text));
    match level {
        // Every connection that fails and every retry, many a second while a broker is away; queries and the server report
        // what it means for them.
        _ if matches!(facility.as_str(), "FAIL" | "ERROR" | "GETPID") => {
            tracing::debug!(facility, "kafka client: {text}");
        }
        0..=2 => tracing::error!(facility, "kafka client: {text}"),
        3..=4 => tracing::warn!(facility, "kafka client: {text}"),
        5..=6 => tracing::info!(facility, "kafka client: {text}"),
        _ => tracing::debug!(facility, "kafka client: {text}"),
    }
}

extern "C" fn on_delivery(_: *mut sys::rd_kafka_t, message: *const sys::rd_kafka_message_t, _: *mut c_void) {
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
    /// # Errors
    /// A setting that librdkafka refuses, by name.
    pub fn new(kind: RDKafkaType, settings: &ClientConfig) -> Result<Self, NativeError> {
        let invalid = |text: String| NativeError {
            code: RDKafkaErrorCode::InvalidArgument,
            text,
            fatal: true,
            retriable: false,
            aborts: false,
        };
        let config = settings.create_native_config().map_err(|e| invalid(e.to_string()))?;
        let mut text = [0 as c_char; ERROR_TEXT_BYTES];
        // SAFETY: on success the client owns the configuration, on failure the wrapper frees it.
        let handle = unsafe {
            sys::rd_kafka_conf_set_log_cb(config.ptr(), Some(on_log));
            if kind == RDKafkaType::RD_KAFKA_PRODUCER {
                sys::rd_kafka_conf_set_dr_msg_cb(config.ptr(), Some(on_delivery));
            }
            let handle = sys::rd_kafka_new(kind, config.ptr(), text.as_mut_ptr(), text.len());
            if handle.is_null() {
                return Err(invalid(text_of(text.as_ptr())));
            }
            std::mem::forget(config);
            Arc::new(Handle(handle))
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (polled, stopped) = (handle.clone(), stop.clone());
        let poller = std::thread::Builder::new()
            .name("weir-kafka".into())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    // SAFETY: the handle is alive as long as `polled`.
                    unsafe { sys::rd_kafka_poll(polled.0, POLL_MS) };
                }
            })
            .map_err(|e| invalid(format!("cannot start a thread: {e}")))?;
        Ok(Self { handle, stop, poller: Some(poller) })
    }

    fn ptr(&self) -> *mut sys::rd_kafka_t {
        self.handle.0
    }

    /// The identity of the cluster; `None` until a broker has told it.
    pub fn cluster_id(&self) -> Option<String> {
        // SAFETY: the text is ours and freed after it was copied.
        unsafe {
            let text = sys::rd_kafka_clusterid(self.ptr(), 0);
            let copy = (!text.is_null()).then(|| text_of(text));
            if !text.is_null() {
                sys::rd_kafka_mem_free(self.ptr(), text.cast());
            }
            copy
        }
    }

    /// The first fatal error of an idempotent or transactional producer.
    pub fn fatal_error(&self) -> Option<NativeError> {
        let mut text = [0 as c_char; ERROR_TEXT_BYTES];
        // SAFETY: the text is written within its length.
        let code = unsafe { sys::rd_kafka_fatal_error(self.ptr(), text.as_mut_ptr(), text.len()) };
        (code != Code::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| NativeError {
            text: text_of(text.as_ptr()),
            fatal: true,
            ..NativeError::of(code)
        })
    }

    /// The half-open range of offsets that consumers of this client's isolation level can read.
    pub fn offsets(&self, topic: &str, partition: u32, timeout: Duration) -> Result<(i64, i64), NativeError> {
        let topic = c_text(topic);
        let (mut low, mut high) = (0, 0);
        // SAFETY: plain values in and out.
        let code = unsafe {
            let (ptr, partition) = (self.ptr(), partition as i32);
            sys::rd_kafka_query_watermark_offsets(
                ptr,
                topic.as_ptr(),
                partition,
                &raw mut low,
                &raw mut high,
                ms(timeout),
            )
        };
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR { Ok((low, high)) } else { Err(NativeError::of(code)) }
    }

    /// The first offset whose record is not older; -1 when there is none.
    pub fn offset_for_time(&self, at: PartitionOffset, timeout: Duration) -> Result<i64, NativeError> {
        let list = PartitionList::new(&[at]);
        // SAFETY: the list is alive; it has one entry.
        unsafe {
            let code = sys::rd_kafka_offsets_for_times(self.ptr(), list.0, ms(timeout));
            if code != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(NativeError::of(code));
            }
            let entry = &*(*list.0).elems;
            if entry.err != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(NativeError::of(entry.err));
            }
            Ok(entry.offset)
        }
    }

    /// Topics that there are, all or one; creates none if the client's settings say so.
    pub fn metadata(&self, topic: Option<&str>, timeout: Duration) -> Result<Vec<TopicMetadata>, NativeError> {
        let only = topic.map(|name| self.topic(name)).transpose()?;
        let mut metadata: *const sys::rd_kafka_metadata = ptr::null();
        // SAFETY: the answer is read within its counts and freed.
        unsafe {
            let (all, only) = (c_int::from(only.is_none()), only.as_ref().map_or(ptr::null_mut(), |topic| topic.topic));
            match sys::rd_kafka_metadata(self.ptr(), all, only, &raw mut metadata, ms(timeout)) {
                Code::RD_KAFKA_RESP_ERR_NO_ERROR => {}
                code => return Err(NativeError::of(code)),
            }
            let topics = slice_of((*metadata).topics, (*metadata).topic_cnt);
            let found = topics.iter().filter(|topic| topic.partition_cnt > 0).map(|topic| TopicMetadata {
                name: text_of(topic.topic),
                partitions: topic.partition_cnt as u32,
                replicas: slice_of(topic.partitions, topic.partition_cnt).first().map_or(0, |p| p.replica_cnt as u16),
            });
            let found = found.collect();
            sys::rd_kafka_metadata_destroy(metadata);
            Ok(found)
        }
    }

    /// A handle to a topic, for producing.
    pub fn topic(&self, name: &str) -> Result<TopicHandle, NativeError> {
        let name = c_text(name);
        // SAFETY: a null configuration takes the defaults.
        let topic = unsafe { sys::rd_kafka_topic_new(self.ptr(), name.as_ptr(), ptr::null_mut()) };
        if topic.is_null() {
            // SAFETY: no arguments.
            return Err(NativeError::of(unsafe { sys::rd_kafka_last_error() }));
        }
        Ok(TopicHandle { topic, client: self.handle.clone() })
    }

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
            left: std::sync::atomic::AtomicUsize::new(rows),
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

    /// The offsets that a group has committed, of finished transactions only.
    pub fn group_offsets(&self, group: &str, timeout: Duration) -> Result<Vec<PartitionOffset>, NativeError> {
        let name = c_text(group);
        // SAFETY: requests, options, queues and events are owned by guards or destroyed below; results live with their event.
        unsafe {
            let options =
                self.admin_options(sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeout)?;
            NativeError::take(sys::rd_kafka_AdminOptions_set_require_stable_offsets(options.0, 1))?;
            let mut request = sys::rd_kafka_ListConsumerGroupOffsets_new(name.as_ptr(), ptr::null());
            let queue = EventQueue::new(self);
            sys::rd_kafka_ListConsumerGroupOffsets(self.ptr(), &raw mut request, 1, options.0, queue.0);
            sys::rd_kafka_ListConsumerGroupOffsets_destroy(request);
            let event = queue.wait(timeout)?;
            let result = sys::rd_kafka_event_ListConsumerGroupOffsets_result(event.0);
            let mut count = 0;
            let groups = sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &raw mut count);
            read_group(groups, count)
        }
    }

    /// Sets offsets of a group without members.
    pub fn commit_group(&self, group: &str, offsets: &[PartitionOffset], timeout: Duration) -> Result<(), NativeError> {
        let (name, list) = (c_text(group), PartitionList::new(offsets));
        // SAFETY: as above.
        unsafe {
            let options =
                self.admin_options(sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, timeout)?;
            let mut request = sys::rd_kafka_AlterConsumerGroupOffsets_new(name.as_ptr(), list.0);
            let queue = EventQueue::new(self);
            sys::rd_kafka_AlterConsumerGroupOffsets(self.ptr(), &raw mut request, 1, options.0, queue.0);
            sys::rd_kafka_AlterConsumerGroupOffsets_destroy(request);
            let event = queue.wait(timeout)?;
            let result = sys::rd_kafka_event_AlterConsumerGroupOffsets_result(event.0);
            let mut count = 0;
            let groups = sys::rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &raw mut count);
            read_group(groups, count).map(drop)
        }
    }

    fn admin_options(
        &self,
        operation: sys::rd_kafka_admin_op_t,
        timeout: Duration,
    ) -> Result<AdminOptions, NativeError> {
        let mut text = [0 as c_char; ERROR_TEXT_BYTES];
        // SAFETY: the options are owned by the guard.
        unsafe {
            let options = AdminOptions(sys::rd_kafka_AdminOptions_new(self.ptr(), operation));
            let (into, length) = (text.as_mut_ptr(), text.len());
            match sys::rd_kafka_AdminOptions_set_request_timeout(options.0, ms(timeout), into, length) {
                Code::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(options),
                code => Err(NativeError::of(code)),
            }
        }
    }

    /// Starts to read a partition at an offset. `wake` is called, from a thread of librdkafka, when records came to an empty
    /// queue. A client reads a partition once at a time.
    pub fn read(
        &self,
        topic: &str,
        partition: u32,
        offset: i64,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<PartitionReader, NativeError> {
        let topic = self.topic(topic)?;
        // SAFETY: the queue lives until the reader is dropped, which first stops consuming and unregisters the callback; the
        // callback's argument is freed after that.
        unsafe {
            let queue = sys::rd_kafka_queue_new(self.ptr());
            let wake = Box::into_raw(Box::new(wake));
            sys::rd_kafka_queue_cb_event_enable(queue, Some(on_event), wake.cast());
            if sys::rd_kafka_consume_start_queue(topic.topic, partition as i32, offset, queue) != 0 {
                let code = sys::rd_kafka_last_error();
                sys::rd_kafka_queue_cb_event_enable(queue, None, ptr::null_mut());
                sys::rd_kafka_queue_destroy(queue);
                drop(Box::from_raw(wake));
                return Err(NativeError::of(code));
            }
            Ok(PartitionReader { topic, partition: partition as i32, queue, wake, messages: Vec::new() })
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(poller) = self.poller.take() {
            let _ = poller.join();
        }
    }
}

fn ms(time: Duration) -> c_int {
    time.as_millis().min(c_int::MAX as u128) as c_int
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

/// The offsets of the first group of an answer.
///
/// # Safety
/// `groups` has `count` valid entries.
unsafe fn read_group(
    groups: *mut *const sys::rd_kafka_group_result_t,
    count: usize,
) -> Result<Vec<PartitionOffset>, NativeError> {
    // SAFETY: as promised.
    unsafe {
        if count == 0 {
            return Ok(Vec::new());
        }
        let error = sys::rd_kafka_group_result_error(*groups);
        if !error.is_null() {
            let code = sys::rd_kafka_error_code(error);
            let text = text_of(sys::rd_kafka_error_string(error));
            return Err(NativeError { text, ..NativeError::of(code) });
        }
        PartitionList::read(sys::rd_kafka_group_result_partitions(*groups))
    }
}

struct AdminOptions(*mut sys::rd_kafka_AdminOptions_t);

impl Drop for AdminOptions {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::rd_kafka_AdminOptions_destroy(self.0) }
    }
}

struct EventQueue(*mut sys::rd_kafka_queue_t);

impl EventQueue {
    fn new(client: &Client) -> Self {
        // SAFETY: the client is alive.
        Self(unsafe { sys::rd_kafka_queue_new(client.ptr()) })
    }

    fn wait(&self, timeout: Duration) -> Result<Event, NativeError> {
        // SAFETY: the queue is alive; the event is owned by its guard.
        unsafe {
            // The request has its own time limit and always answers; some more for the way.
            let event = sys::rd_kafka_queue_poll(self.0, ms(timeout + Duration::from_secs(1)));
            if event.is_null() {
                return Err(NativeError::of(Code::RD_KAFKA_RESP_ERR__TIMED_OUT));
            }
            let event = Event(event);
            match sys::rd_kafka_event_error(event.0) {
                Code::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(event),
                code => Err(NativeError {
                    text: text_of(sys::rd_kafka_event_error_string(event.0)),
                    ..NativeError::of(code)
                }),
            }
        }
    }
}

impl Drop for EventQueue {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::rd_kafka_queue_destroy(self.0) }
    }
}

struct Event(*mut sys::rd_kafka_event_t);

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::rd_kafka_event_destroy(self.0) }
    }
}

/// A topic as a client knows it.
pub(super) struct TopicHandle {
    topic: *mut sys::rd_kafka_topic_t,
    /// The client outlives its topics.
    client: Arc<Handle>,
}

// SAFETY: librdkafka's topic objects may be used from any thread.
unsafe impl Send for TopicHandle {}
unsafe impl Sync for TopicHandle {}

impl Drop for TopicHandle {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe { sys::rd_kafka_topic_destroy(self.topic) }
    }
}

extern "C" fn on_event(_: *mut sys::rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: `opaque` is the reader's boxed closure, alive while the callback is registered.
    let wake = unsafe { &*opaque.cast::<Arc<dyn Fn() + Send + Sync>>() };
    wake();
}

/// The records of one partition from an offset on, read ahead in the background.
pub(super) struct PartitionReader {
    topic: TopicHandle,
    partition: i32,
    queue: *mut sys::rd_kafka_queue_t,
    wake: *mut Arc<dyn Fn() + Send + Sync>,
    /// Room for the messages of one fetch.
    messages: Vec<*mut sys::rd_kafka_message_t>,
}

// SAFETY: librdkafka's queues may be used from any thread; `&mut` keeps readers apart.
unsafe impl Send for PartitionReader {}

impl PartitionReader {
    /// Takes up to `max_rows` records of those that are there, waiting no longer than `wait` for the first. `next_offset` is
    /// behind the last of them, or behind what is no record (the marks of transactions) at the end of the partition.
    pub fn take(&mut self, from: i64, max_rows: usize, wait: Duration) -> Result<FetchedRecords, NativeError> {
        self.messages.resize(max_rows.max(1), ptr::null_mut());
        // librdkafka would wait until all the room is filled.
        let first = if wait.is_zero() { max_rows } else { 1 };
        let mut all = self.consume(0, first, wait)?;
        if all == 1 && max_rows > 1 {
            // An error behind the first record comes again with the next reading.
            all += self.consume(1, max_rows, Duration::ZERO).unwrap_or_default();
        }
        Messages(&mut self.messages[..all]).read(from)
    }

    /// Takes messages to the places `at..until`; gives how many.
    fn consume(&mut self, at: usize, until: usize, wait: Duration) -> Result<usize, NativeError> {
        let room = &mut self.messages[at..until.max(at)];
        // SAFETY: there is room for `len` messages; what is taken is freed by `Messages`.
        let taken = unsafe { sys::rd_kafka_consume_batch_queue(self.queue, ms(wait), room.as_mut_ptr(), room.len()) };
        // SAFETY: no arguments.
        usize::try_from(taken).map_err(|_| NativeError::of(unsafe { sys::rd_kafka_last_error() }))
    }

    /// Goes on at another offset; what was read ahead is dropped.
    pub fn seek(&mut self, offset: i64) -> Result<(), NativeError> {
        // SAFETY: plain call; 0: does not wait.
        let code = unsafe { sys::rd_kafka_seek(self.topic.topic, self.partition, offset, 0) };
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR { Ok(()) } else { Err(NativeError::of(code)) }
    }

    /// The end of the partition as the last fetch saw it.
    pub fn known_end(&self) -> Option<i64> {
        let (mut low, mut high) = (-1, -1);
        // SAFETY: plain values in and out; looks at what the client has, asks no broker.
        let code = unsafe {
            let name = sys::rd_kafka_topic_name(self.topic.topic);
            let client = self.topic.client.0;
            sys::rd_kafka_get_watermark_offsets(client, name, self.partition, &raw mut low, &raw mut high)
        };
        (code == Code::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0).then_some(high)
    }
}

impl Drop for PartitionReader {
    fn drop(&mut self) {
        // SAFETY: consuming stops before the queue and the callback's argument go.
        unsafe {
            sys::rd_kafka_consume_stop(self.topic.topic, self.partition);
            sys::rd_kafka_queue_cb_event_enable(self.queue, None, ptr::null_mut());
            sys::rd_kafka_queue_destroy(self.queue);
            drop(Box::from_raw(self.wake));
        }
    }
}

/// Messages of one fetch; freed with it.
struct Messages<'a>(&'a mut [*mut sys::rd_kafka_message_t]);

impl Drop for Messages<'_> {
    fn drop(&mut self) {
        for message in self.0.iter_mut() {
            // SAFETY: each is ours and destroyed once.
            unsafe { sys::rd_kafka_message_destroy(*message) };
        }
    }
}

impl Messages<'_> {
    /// Copies the records behind one another, with one allocation per column.
    fn read(self, from: i64) -> Result<FetchedRecords, NativeError> {
        let count = self.0.len();
        let (mut key_bytes, mut value_bytes) = (0, 0);
        for &message in self.0.iter() {
            // SAFETY: valid until dropped.
            let message = unsafe { &*message };
            key_bytes += message.key_len;
            value_bytes += message.len;
        }
        let mut keys = BinaryBuilder::with_capacity(count, key_bytes);
        let mut values = BinaryBuilder::with_capacity(count, value_bytes);
        let (mut timestamps, mut offsets) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut headers: Option<RowHeaders> = None;
        let mut next_offset = from;
        for &native in self.0.iter() {
            // SAFETY: valid until dropped.
            let message = unsafe { &*native };
            match message.err {
                Code::RD_KAFKA_RESP_ERR_NO_ERROR => {}
                Code::RD_KAFKA_RESP_ERR__PARTITION_EOF => {
                    next_offset = next_offset.max(message.offset);
                    continue;
                }
                code => {
                    if timestamps.is_empty() {
                        // SAFETY: the text lives with the message.
                        let text = unsafe { text_of(sys::rd_kafka_message_errstr(native)) };
                        return Err(NativeError { text, ..NativeError::of(code) });
                    }
                    // What came before it counts; the error comes again.
                    tracing::debug!(?code, "an error behind fetched records");
                    continue;
                }
            }
            // SAFETY: pointers and lengths belong to the message.
            unsafe {
                keys.append_option(bytes_of(message.key, message.key_len));
                values.append_option(bytes_of(message.payload, message.len));
                let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
                timestamps.push(sys::rd_kafka_message_timestamp(native, &raw mut kind));
                if let Some(of_row) = headers_of(native) {
                    let none: Arc<[Header]> = Arc::from([]);
                    headers.get_or_insert_with(|| vec![none; offsets.len()]).push(of_row);
                } else if let Some(headers) = &mut headers {
                    headers.push(Arc::from([]));
                }
            }
            offsets.push(message.offset);
            next_offset = message.offset + 1;
        }
        Ok(FetchedRecords {
            records: Records {
                keys: keys.finish(),
                values: values.finish(),
                timestamps: Int64Array::from(timestamps),
                headers,
            },
            offsets: Int64Array::from(offsets),
            next_offset,
        })
    }
}

/// # Safety
/// `from` is null or has `length` bytes that live long enough.
unsafe fn bytes_of<'a>(from: *const c_void, length: usize) -> Option<&'a [u8]> {
    // SAFETY: as promised.
    (!from.is_null()).then(|| unsafe { std::slice::from_raw_parts(from.cast(), length) })
}

/// # Safety
/// `message` is valid.
unsafe fn headers_of(message: *const sys::rd_kafka_message_t) -> Option<Arc<[Header]>> {
    let mut native = ptr::null_mut();
    let mut found = Vec::new();
    // SAFETY: headers live with the message; names end with a zero byte.
    unsafe {
        if sys::rd_kafka_message_headers(message, &raw mut native) != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
        while sys::rd_kafka_header_get_all(native, found.len(), &raw mut name, &raw mut value, &raw mut size)
            == Code::RD_KAFKA_RESP_ERR_NO_ERROR
        {
            found.push(Header { key: text_of(name), value: bytes_of(value, size).map(<[u8]>::to_vec) });
        }
    }
    Some(found.into())
}
