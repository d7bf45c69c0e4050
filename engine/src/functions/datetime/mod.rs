//! Java's date patterns and zones: `DateTimePattern` for the letters of `DateTimeFormatter`, `SimplePattern` for those of
//! `SimpleDateFormat`, `Zone` for what `ZoneId` accepts. Knows nothing of SQL or arrays.

pub mod calendar;
mod names;
mod parse;
mod pattern;
mod print;
mod resolve;
mod simple;
mod zone;
mod zone_names;

use std::sync::Arc;

pub use pattern::DateTimePattern;
pub use print::Moment;
pub use simple::SimplePattern;
pub use zone::Zone;

use super::kernels::Compiled;

pub const MILLIS_PER_DAY: i64 = 86_400_000;

thread_local! {
    static PATTERNS: Compiled<DateTimePattern> = Compiled::new(DateTimePattern::new);
    static SIMPLE_PATTERNS: Compiled<SimplePattern> = Compiled::new(SimplePattern::new);
    static ZONES: Compiled<Zone> = Compiled::new(Zone::parse);
}

/// The compiled pattern of `DateTimeFormatter` letters.
pub fn pattern(text: &str) -> Result<Arc<DateTimePattern>, String> {
    PATTERNS.with(|patterns| patterns.get(text))
}

/// The compiled pattern of `SimpleDateFormat` letters.
pub fn simple_pattern(text: &str) -> Result<Arc<SimplePattern>, String> {
    SIMPLE_PATTERNS.with(|patterns| patterns.get(text))
}

/// The zone of an id.
pub fn zone(id: &str) -> Result<Arc<Zone>, String> {
    ZONES.with(|zones| zones.get(id))
}
