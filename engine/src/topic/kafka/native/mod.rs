//! The only place that calls librdkafka's C interface: clients here, what they do in `producing`, `reading` and `groups`.
//! Everything above it is safe code.
//!
//! The C interface rather than the record-by-record one of `rdkafka`, because records have to come and go in batches: one
//! allocation per fetch, payloads lent to the producer until they are delivered.
#![allow(unsafe_code)]

mod groups;
mod lists;
mod producing;
mod reading;

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::types::{RDKafkaRespErr as Code, RDKafkaType};
use rdkafka::{ClientConfig, error::RDKafkaErrorCode};

pub(super) use lists::PartitionOffset;
pub(super) use producing::Deliveries;
pub(super) use reading::PartitionReader;

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
                sys::rd_kafka_conf_set_dr_msg_cb(config.ptr(), Some(producing::on_delivery));
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
