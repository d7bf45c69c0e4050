//! Time zones as `ZoneId` accepts them: regions, offsets, and prefixes (`UTC`, `GMT`, `UT`) with offsets.

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{OffsetName, Tz};

use super::names::ZONE_NAMES;

#[derive(Clone, Debug, PartialEq)]
pub enum Zone {
    Region(Tz),
    /// The offset in seconds east of Greenwich, and the id as Java prints it.
    Fixed {
        seconds: i32,
        id: String,
    },
}

const OFFSET_MAX_SECONDS: i32 = 18 * 3600;

impl Zone {
    pub const UTC: Zone = Zone::Region(Tz::UTC);

    pub fn parse(id: &str) -> Result<Zone, String> {
        let unknown = || format!("Unknown time-zone ID: {id}");
        if let Some(seconds) = parse_offset(id) {
            return Ok(Zone::fixed(seconds));
        }
        for prefix in ["UTC", "GMT", "UT"] {
            if let Some(seconds) = id.strip_prefix(prefix).filter(|rest| rest.len() > 1).and_then(parse_offset) {
                let suffix = if seconds == 0 { String::new() } else { offset_id(seconds) };
                return Ok(Zone::Fixed { seconds, id: format!("{prefix}{suffix}") });
            }
        }
        // The three-letter ids that are links to regions are unknown to Java; EST, MST and HST too.
        if id.len() == 3 && ["EST", "MST", "HST", "PST", "CST"].contains(&id) {
            return Err(unknown());
        }
        id.parse::<Tz>().map(Zone::Region).map_err(|_| unknown())
    }

    pub fn fixed(seconds: i32) -> Zone {
        Zone::Fixed { seconds, id: offset_id(seconds) }
    }

    /// The zone of the server: the one that TZ names, else UTC.
    pub fn server() -> &'static Zone {
        static SERVER: std::sync::LazyLock<Zone> = std::sync::LazyLock::new(|| {
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
            Zone::Region(Tz::UTC) => 0,
            Zone::Region(tz) => {
                let instant = DateTime::from_timestamp_millis(epoch_ms).unwrap_or_default().naive_utc();
                tz.offset_from_utc_datetime(&instant).fix().local_minus_utc()
            }
        }
    }

    /// The offset at a local time: the earlier one's where clocks were set back; where they were set forward, the one
    /// that was valid before, which moves the time forward by the gap.
    pub fn offset_seconds_at_local(&self, local: NaiveDateTime) -> i32 {
        let tz = match self {
            Zone::Fixed { seconds, .. } => return *seconds,
            Zone::Region(tz) => tz,
        };
        match tz.offset_from_local_datetime(&local) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset.fix().local_minus_utc(),
            LocalResult::None => {
                let day_before = local - TimeDelta::days(1);
                tz.offset_from_local_datetime(&day_before).earliest().map_or(0, |o| o.fix().local_minus_utc())
            }
        }
    }

    /// The zone's name at an instant: `PDT`, or `Pacific Daylight Time`.
    pub fn name_at(&self, epoch_ms: i64, long: bool) -> String {
        let tz = match self {
            Zone::Fixed { id, .. } => return id.clone(),
            Zone::Region(Tz::UTC) => return if long { "Coordinated Universal Time" } else { "UTC" }.to_owned(),
            Zone::Region(tz) => tz,
        };
        let instant = DateTime::from_timestamp_millis(epoch_ms).unwrap_or_default().naive_utc();
        let offset = tz.offset_from_utc_datetime(&instant);
        let short = offset.abbreviation().unwrap_or_default();
        if !short.starts_with(char::is_alphabetic) {
            return format!("GMT{}", offset_id(offset.fix().local_minus_utc()));
        }
        let known = ZONE_NAMES.iter().find(|(_, standard, _, summer, _)| *standard == short || *summer == short);
        match known {
            Some((_, standard, name, ..)) if long && *standard == short => (*name).to_owned(),
            Some((.., name)) if long => (*name).to_owned(),
            _ => short.to_owned(),
        }
    }

    /// The zone of a name, in any case: `PST`, `Pacific Daylight Time`, or an id.
    pub fn by_name(name: &str) -> Option<Zone> {
        if ["Z", "UTC", "UT"].iter().any(|utc| utc.eq_ignore_ascii_case(name)) {
            return Some(Zone::UTC);
        }
        let known = ZONE_NAMES.iter().find(|(_, standard, long, summer, long_summer)| {
            [standard, long, summer, long_summer].iter().any(|known| known.eq_ignore_ascii_case(name))
        });
        if name.eq_ignore_ascii_case("GMT") {
            return Some(Zone::Region(Tz::GMT));
        }
        match known {
            Some((id, ..)) => Zone::parse(id).ok(),
            None => Zone::parse(name).ok().or_else(|| {
                let region = chrono_tz::TZ_VARIANTS.iter().find(|tz| tz.name().eq_ignore_ascii_case(name));
                region.copied().map(Zone::Region)
            }),
        }
    }
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
