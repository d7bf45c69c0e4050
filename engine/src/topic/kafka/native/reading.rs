//! The records of partitions as batches, and where partitions begin and end.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::Int64Array;
use arrow_array::builder::BinaryBuilder;
use rdkafka::bindings as sys;
use rdkafka::types::RDKafkaRespErr as Code;

use super::lists::{PartitionList, PartitionOffset};
use super::{Client, NativeError, TopicHandle, c_text, ms, text_of};
use crate::batch::{Header, RowHeaders};
use crate::topic::{FetchedRecords, Records};

impl Client {
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

extern "C" fn on_event(_: *mut sys::rd_kafka_t, opaque: *mut c_void) {
    // SAFETY: `opaque` is the reader's boxed closure, alive while the callback is registered.
    let wake = unsafe { &*opaque.cast::<Arc<dyn Fn() + Send + Sync>>() };
    wake();
}

/// The records of one partition from an offset on, read ahead in the background.
pub(in crate::topic::kafka) struct PartitionReader {
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
