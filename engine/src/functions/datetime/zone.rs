//! Time zones as `ZoneId` accepts them: regions, offsets, and prefixes (`UTC`, `GMT`, `UT`) with offsets.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetComponents, Tz};

use super::MILLIS_PER_DAY;
use super::calendar::{civil, epoch_day, is_leap, weekday};
use super::pattern::ZoneName;
use super::zone_names;

#[derive(Clone, Debug, PartialEq)]
pub enum Zone {
    Region(Tz),
    /// The offset in seconds east of Greenwich, and the id as Java prints it.
    Fixed {
        seconds: i32,
        id: String,
    },
}

pub(super) const OFFSET_MAX_SECONDS: i32 = 18 * 3600;

impl Zone {
    pub const UTC: Zone = Zone::Region(Tz::UTC);

    pub fn parse(id: &str) -> Result<Zone, String> {
        let unknown = || format!("Unknown time-zone ID: {id}");
        if let Some(seconds) = parse_offset(id) {
            return Ok(Zone::fixed(seconds));
        }
        if id == "UT" {
            return Ok(Zone::Fixed { seconds: 0, id: id.to_owned() });
        }
        for prefix in ["UTC", "GMT", "UT"] {
            if let Some(seconds) = id.strip_prefix(prefix).filter(|rest| rest.len() > 1).and_then(parse_offset) {
                let suffix = if seconds == 0 { String::new() } else { offset_id(seconds) };
                return Ok(Zone::Fixed { seconds, id: format!("{prefix}{suffix}") });
            }
        }
        // The three-letter ids that are links to regions are unknown to Java; EST, MST and HST too.
        if ["EST", "MST", "HST", "ROC"].contains(&id) {
            return Err(unknown());
        }
        id.parse::<Tz>().map(Zone::Region).map_err(|_| unknown())
    }

    pub fn fixed(seconds: i32) -> Zone {
        Zone::Fixed { seconds, id: offset_id(seconds) }
    }

    /// The zone of the server: the one that TZ names, else UTC.
    pub fn server() -> &'static Zone {
        static SERVER: LazyLock<Zone> = LazyLock::new(|| {
            std::env::var("TZ").ok().and_then(|id| Zone::parse(id.trim_start_matches(':')).ok()).unwrap_or(Zone::UTC)
        });
        &SERVER
    }

    pub fn id(&self) -> &str {
        match self {
            Zone::Region(tz) => tz.name(),
            Zone::Fixed { id, .. } => id,
        }
    }

    /// Seconds east of Greenwich at an instant.
    pub fn offset_seconds(&self, epoch_ms: i64) -> i32 {
        match self {
            Zone::Fixed { seconds, .. } => *seconds,
            Zone::Region(Tz::UTC | Tz::GMT) => 0,
            Zone::Region(tz) => tz.offset_from_utc_datetime(&within_rules(epoch_ms)).fix().local_minus_utc(),
        }
    }

    /// The offsets that are valid at a local time, earlier first: two where clocks were set back, none where they were set
    /// forward.
    fn offsets_at_local(&self, local_ms: i64) -> Vec<i32> {
        let tz = match self {
            Zone::Fixed { seconds, .. } => return vec![*seconds],
            Zone::Region(tz) => tz,
        };
        match tz.offset_from_local_datetime(&within_rules(local_ms)) {
            LocalResult::Single(offset) => vec![offset.fix().local_minus_utc()],
            LocalResult::Ambiguous(first, second) => [first, second].map(|o| o.fix().local_minus_utc()).to_vec(),
            LocalResult::None => Vec::new(),
        }
    }

    /// Whether clocks showed a local time at that offset.
    pub fn is_valid_offset(&self, local_ms: i64, offset: i32) -> bool {
        self.offsets_at_local(local_ms).contains(&offset)
    }

    /// The offset at a local time: the earlier one where clocks were set back; where they were set forward, the one that was
    /// valid before, which moves the time forward by the gap.
    pub fn offset_seconds_at_local(&self, local_ms: i64) -> i32 {
        let found = self.offsets_at_local(local_ms).first().copied();
        found.or_else(|| self.offsets_at_local(local_ms - MILLIS_PER_DAY).last().copied()).unwrap_or(0)
    }

    /// The zone's name at an instant: `PDT`, or `Pacific Daylight Time`.
    pub(super) fn name_at(&self, epoch_ms: i64, name: ZoneName) -> &str {
        let tz = match self {
            Zone::Fixed { id, .. } => return id,
            Zone::Region(tz) => tz,
        };
        let offset = tz.offset_from_utc_datetime(&within_rules(epoch_ms));
        let is_summer = offset.dst_offset().num_seconds() > 0;
        zone_names::of_zone(tz.name(), is_summer, name).unwrap_or(tz.name())
    }

    /// The zone of a name, in any case: `PST`, `Pacific Daylight Time`, or an id.
    pub fn by_name(name: &str) -> Option<Zone> {
        if name.eq_ignore_ascii_case("Z") {
            return Some(Zone::fixed(0));
        }
        if let Some(zone) = zone_names::named(name).and_then(|id| Zone::parse(id).ok()) {
            return Some(zone);
        }
        Zone::ignoring_case(name)
    }

    /// The zone of an id in any case.
    pub fn ignoring_case(id: &str) -> Option<Zone> {
        static REGIONS: LazyLock<HashMap<String, Tz>> =
            LazyLock::new(|| chrono_tz::TZ_VARIANTS.iter().map(|tz| (tz.name().to_ascii_lowercase(), *tz)).collect());
        Zone::parse(id).or_else(|_| Zone::parse(&id.to_ascii_uppercase())).ok().or_else(|| {
            let region = REGIONS.get(&id.to_ascii_lowercase());
            region.copied().map(Zone::Region)
        })
    }
}

/// The time that a zone's rules are asked for: they are known from their first change to the year 2099, and go on for ever
/// in years that have the same days. Before their first change nothing changes.
fn within_rules(epoch_ms: i64) -> NaiveDateTime {
    const FIRST_MS: i64 = -6_000_000_000_000;
    const LAST_MS: i64 = 4_102_444_800_000;
    let mut ms = epoch_ms.max(FIRST_MS);
    if ms >= LAST_MS {
        let (day, of_day) = (ms.div_euclid(MILLIS_PER_DAY), ms.rem_euclid(MILLIS_PER_DAY));
        let year = civil(day).0;
        let first = epoch_day((year, 1, 1));
        let same = (2040..2068).map(|y| (y, epoch_day((y, 1, 1))));
        let mut same = same.filter(|(y, d)| is_leap(*y) == is_leap(year) && weekday(*d) == weekday(first));
        let shifted = same.next().map_or(first, |(_, d)| d) + day - first;
        ms = shifted * MILLIS_PER_DAY + of_day;
    }
    DateTime::from_timestamp_millis(ms).unwrap_or_default().naive_utc()
}

/// `Z` or `+02:00` or `+02:00:30`.
pub fn offset_id(seconds: i32) -> String {
    if seconds == 0 {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    if rest == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{rest:02}")
    }
}

/// `Z`, `+h`, `+hh`, `+hh:mm`, `+hhmm`, `+hh:mm:ss` or `+hhmmss`.
fn parse_offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let negative = text.starts_with('-');
    let digits = text.strip_prefix(['+', '-'])?;
    let parts: Vec<&str> = match (digits.contains(':'), digits.len()) {
        (true, 5 | 8) => digits.split(':').collect(),
        (false, 1 | 2) => vec![digits],
        (false, 4) => vec![digits.get(..2)?, digits.get(2..)?],
        (false, 6) => vec![digits.get(..2)?, digits.get(2..4)?, digits.get(4..)?],
        _ => return None,
    };
    let mut seconds = 0;
    for (i, part) in parts.iter().enumerate() {
        let is_number = !part.is_empty() && part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
        let value: i32 = part.parse().ok().filter(|v| is_number && (i == 0 || *v < 60))?;
        seconds += value * [3600, 60, 1].get(i)?;
    }
    (seconds <= OFFSET_MAX_SECONDS).then_some(if negative { -seconds } else { seconds })
}
