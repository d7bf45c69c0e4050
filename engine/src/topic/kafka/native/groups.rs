//! Offsets of consumer groups, through the admin interface.

use std::ffi::c_char;
use std::ptr;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::types::RDKafkaRespErr as Code;

use super::lists::{PartitionList, PartitionOffset};
use super::{Client, ERROR_TEXT_BYTES, NativeError, c_text, ms, text_of};

impl Client {
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

/// Where the answer of a request comes in.
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
