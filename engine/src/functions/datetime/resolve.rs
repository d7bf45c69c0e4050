//! From the fields of a text to a date, a time of day or an instant, as Java's SMART resolver does it. The rest of the fields
//! must agree with what they amount to.

use super::MILLIS_PER_DAY;
use super::calendar::{Civil, civil, epoch_day, is_leap, month_length, weekday};
use super::parse::Parsed;
use super::pattern::*;
use super::print::{MODIFIED_JULIAN_EPOCH, date_field, time_field, week_year_start};
use super::zone::Zone;

const NANOS_PER_HOUR: i64 = 3_600_000_000_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl DateTimePattern {
    /// The instant in milliseconds. What the pattern leaves out is 1970, January, the 1st, or 0; the zone of the text
    /// goes before `zone`.
    pub fn parse_timestamp(&self, text: &str, zone: &Zone) -> Result<i64, String> {
        let parsed = self.parse(text)?;
        let fields = Fields { parsed: &parsed, text };
        let (date, time) = (fields.date()?, fields.time()?);
        let is_complete = date.is_some() && time.is_some();
        let (nanos, extra_days) = match time {
            Some((nanos, extra)) => (nanos, if date.is_some() { extra } else { 0 }),
            None => (fields.time_with_defaults()?, 0),
        };
        let day = match date {
            Some(day) => day + extra_days,
            None => fields.date_with_defaults()?,
        };
        let local_ms = day.saturating_mul(MILLIS_PER_DAY).saturating_add(nanos / 1_000_000);
        let offset = match (&parsed.zone, parsed.offset) {
            (None, Some(offset)) => offset,
            (Some(zone), Some(offset)) if is_complete || zone.is_valid_offset(local_ms, offset) => offset,
            (own, _) => own.as_ref().unwrap_or(zone).offset_seconds_at_local(local_ms),
        };
        Ok(local_ms.saturating_sub(i64::from(offset) * 1000))
    }

    /// Milliseconds of the day; the text must give a complete time.
    pub fn parse_time(&self, text: &str) -> Result<i32, String> {
        let parsed = self.parse(text)?;
        let fields = Fields { parsed: &parsed, text };
        fields.date()?;
        match fields.time()? {
            Some((nanos, _)) => Ok((nanos / 1_000_000) as i32),
            None => Err(fields.failure("Unable to obtain LocalTime")),
        }
    }

    /// Days since the epoch; the text must give a complete date.
    pub fn parse_date(&self, text: &str) -> Result<i32, String> {
        let parsed = self.parse(text)?;
        let fields = Fields { parsed: &parsed, text };
        let extra_days = fields.time()?.map_or(0, |(_, days)| days);
        let day = fields.date()?.ok_or_else(|| fields.failure("Unable to obtain LocalDate"))?;
        i32::try_from(day + extra_days).map_err(|_| fields.failure("the date is out of range"))
    }
}

/// The fields that a text gave.
struct Fields<'a> {
    parsed: &'a Parsed,
    text: &'a str,
}

type Found<T> = Result<Option<T>, String>;

const DATE_FIELDS: [Field; 14] = [
    Field::Era,
    Field::YearOfEra,
    Field::Year,
    Field::WeekBasedYear,
    Field::Quarter,
    Field::Month,
    Field::WeekOfYear,
    Field::WeekOfMonth,
    Field::DayOfMonth,
    Field::DayOfYear,
    Field::AlignedDayOfWeekInMonth,
    Field::ModifiedJulianDay,
    Field::DayOfWeek,
    Field::LocalDayOfWeek,
];

impl Fields<'_> {
    fn failure(&self, why: &str) -> String {
        format!("Text '{}' could not be parsed: {why}", self.text)
    }

    /// A field's value within its range.
    fn get(&self, field: Field) -> Found<i64> {
        let (low, high) = field.range();
        match self.parsed.get(field) {
            Some(value) if !(low..=high).contains(&value) => {
                Err(self.failure(&format!("Invalid value for {field:?} (valid values {low} - {high}): {value}")))
            }
            value => Ok(value),
        }
    }

    fn check(&self, field: Field, expected: i64) -> Result<(), String> {
        match self.get(field)? {
            Some(value) if value != expected => {
                Err(self.failure(&format!("Conflict found: {field:?} {expected} differs from {field:?} {value}")))
            }
            _ => Ok(()),
        }
    }

    /// The value that several fields give for one, which must be the same.
    fn same(&self, field: Field, values: &[Option<i64>]) -> Found<i64> {
        let mut found = None;
        for value in values.iter().flatten() {
            match found.replace(*value) {
                Some(other) if other != *value => {
                    let why = format!("Conflict found: {field:?} {other} differs from {field:?} {value}");
                    return Err(self.failure(&why));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn year(&self) -> Found<i64> {
        let (of_era, year) = (self.get(Field::YearOfEra)?, self.get(Field::Year)?);
        let counted = match (of_era, self.get(Field::Era)?) {
            (Some(of_era), Some(0)) => Some(1 - of_era),
            (Some(of_era), None) if year.is_some_and(|year| year <= 0) => Some(1 - of_era),
            (of_era, _) => of_era,
        };
        self.same(Field::Year, &[counted, year])
    }

    /// The date in days since the epoch, if the fields give a complete one.
    fn date(&self) -> Found<i64> {
        let (year, month) = (self.year()?, self.get(Field::Month)?);
        let (day, of_year) = (self.get(Field::DayOfMonth)?, self.get(Field::DayOfYear)?);
        let mut taken: &[Field] = &[];
        let date = match (year, month, day, of_year) {
            (Some(year), Some(month), Some(day), _) => {
                // Days past the end of a shorter month are its last day.
                taken = &[Field::DayOfMonth];
                epoch_day((year, month, day.min(month_length(year, month))))
            }
            (Some(year), _, _, Some(day)) if day <= if is_leap(year) { 366 } else { 365 } => {
                epoch_day((year, 1, 1)) + day - 1
            }
            (Some(_), _, _, Some(_)) => {
                return Err(self.failure("Invalid date 'DayOfYear 366' as it is not a leap year"));
            }
            _ => match self.week_date(year, month)? {
                Some((date, fields)) => {
                    taken = fields;
                    date
                }
                None => match self.get(Field::ModifiedJulianDay)? {
                    Some(day) => day - MODIFIED_JULIAN_EPOCH,
                    None => return Ok(None),
                },
            },
        };
        for field in DATE_FIELDS.into_iter().filter(|field| !taken.contains(field)) {
            self.check(field, date_field(date, field))?;
        }
        Ok(Some(date))
    }

    /// A date by weeks and the day of the week, and the fields that it took. Weeks start on Sunday and the first of a year
    /// holds January 1.
    fn week_date(&self, year: Option<i64>, month: Option<i64>) -> Found<(i64, &'static [Field])> {
        let weekday_of_text = match self.get(Field::LocalDayOfWeek)? {
            Some(day) => Some(day - 1),
            None => self.get(Field::DayOfWeek)?.map(|day| day % 7),
        };
        let Some(of_week) = weekday_of_text else { return Ok(None) };
        if let (Some(year), Some(month), Some(week)) = (year, month, self.get(Field::WeekOfMonth)?) {
            let first = epoch_day((year, month, 1));
            let date = first - weekday(first) % 7 + (week - 1) * 7 + of_week;
            return Ok(Some((date, &[Field::YearOfEra, Field::Year, Field::Month, Field::WeekOfMonth])));
        }
        match (self.get(Field::WeekBasedYear)?, self.get(Field::WeekOfYear)?) {
            (Some(year), Some(week)) => {
                Ok(Some((week_year_start(year) + (week - 1) * 7 + of_week, &[Field::WeekBasedYear, Field::WeekOfYear])))
            }
            _ => Ok(None),
        }
    }

    /// 1970-01-01 with the fields that the text gave, from the year down.
    fn date_with_defaults(&self) -> Result<i64, String> {
        let missing = || self.failure("the date does not exist");
        let year = self.year()?;
        let era_only = self.get(Field::Era)?.filter(|era| *era == 0).map(|_| 1 - 1970);
        let (mut at_year, mut at_month): (i64, i64) = (year.or(era_only).unwrap_or(1970), 1);
        at_month = self.get(Field::Month)?.unwrap_or(at_month);
        let mut date = epoch_day((at_year, at_month, 1));
        let of_week = self.get(Field::LocalDayOfWeek)?.map(|day| (day + 5) % 7 + 1);
        if let Some(wanted) = of_week.or(self.get(Field::DayOfWeek)?) {
            date += wanted - weekday(date);
        }
        if let Some(wanted) = self.get(Field::AlignedDayOfWeekInMonth)? {
            date += wanted - date_field(date, Field::AlignedDayOfWeekInMonth);
        }
        (at_year, at_month, _) = civil(date);
        if let Some(day) = self.get(Field::DayOfMonth)? {
            let moved: Civil = (at_year, at_month, day);
            date = if day <= month_length(at_year, at_month) { epoch_day(moved) } else { return Err(missing()) };
        }
        if let Some(day) = self.get(Field::DayOfYear)? {
            if day == 366 && year.is_none() {
                return Err("Leap day cannot be parsed without supplying the year field".into());
            }
            if day == 366 && !is_leap(at_year) {
                return Err(missing());
            }
            date = epoch_day((at_year, 1, 1)) + day - 1;
        }
        Ok(date)
    }

    /// The hour of the day, from whichever fields give it completely.
    fn hour(&self) -> Found<i64> {
        let clock_of_half = self.get(Field::ClockHourOfAmPm)?.map(|hour| hour % 12);
        let of_half = self.same(Field::HourOfAmPm, &[clock_of_half, self.get(Field::HourOfAmPm)?])?;
        let by_half = self.get(Field::AmPm)?.zip(of_half).map(|(half, hour)| half * 12 + hour);
        let clock = self.get(Field::ClockHourOfDay)?.map(|hour| hour % 24);
        self.same(Field::HourOfDay, &[clock, by_half, self.get(Field::HourOfDay)?])
    }

    /// Nanoseconds of the day and days to add (24:00 is 0:00 of the next day), if the text gave a complete time.
    fn time(&self) -> Found<(i64, i64)> {
        let nano = self.get(Field::Nano)?;
        let (nanos, extra_days) = if let Some(nanos) = self.get(Field::NanoOfDay)? {
            (nanos, 0)
        } else if let Some(millis) = self.get(Field::MilliOfDay)? {
            (millis * 1_000_000 + nano.map_or(0, |nano| nano % 1_000_000), 0)
        } else {
            let (minute, second) = (self.get(Field::Minute)?, self.get(Field::Second)?);
            let Some(hour) = self.hour()?.or(self.middle_of_half()?) else { return Ok(None) };
            if (minute.is_none() && (second.is_some() || nano.is_some())) || (second.is_none() && nano.is_some()) {
                return Ok(None);
            }
            let within = (minute.unwrap_or(0) * 60 + second.unwrap_or(0)) * NANOS_PER_SECOND + nano.unwrap_or(0);
            match hour {
                24 if within == 0 => (0, 1),
                24 => return Err(self.failure("Invalid value for HourOfDay (valid values 0 - 23): 24")),
                _ => (hour * NANOS_PER_HOUR + within, 0),
            }
        };
        self.check_time(nanos, extra_days)?;
        Ok(Some((nanos, extra_days)))
    }

    /// The hour in the middle of a half of the day of which nothing else is known.
    fn middle_of_half(&self) -> Found<i64> {
        for field in [Field::HourOfAmPm, Field::ClockHourOfAmPm, Field::Minute, Field::Second, Field::Nano] {
            if self.get(field)?.is_some() {
                return Ok(None);
            }
        }
        Ok(self.get(Field::AmPm)?.map(|half| half * 12 + 6))
    }

    fn check_time(&self, nanos: i64, extra_days: i64) -> Result<(), String> {
        for field in [Field::AmPm, Field::HourOfAmPm, Field::Minute, Field::Second, Field::Nano, Field::NanoOfDay] {
            self.check(field, time_field(nanos, field))?;
        }
        self.check(Field::MilliOfDay, nanos / 1_000_000)?;
        if extra_days == 0 {
            self.check(Field::HourOfDay, nanos / NANOS_PER_HOUR)?;
        }
        // Clock hours may be written as 0 too.
        for (field, hours) in [(Field::ClockHourOfDay, 24), (Field::ClockHourOfAmPm, 12)] {
            if self.get(field)?.is_some_and(|hour| hour % hours != nanos / NANOS_PER_HOUR % hours) {
                self.check(field, time_field(nanos, field))?;
            }
        }
        Ok(())
    }

    /// Nanoseconds of the day from the fields that the text gave, which are not enough for a time.
    fn time_with_defaults(&self) -> Result<i64, String> {
        let half = self.get(Field::AmPm)?.unwrap_or(0);
        let of_half = match self.get(Field::ClockHourOfAmPm)? {
            Some(hour) => hour % 12,
            None => self.get(Field::HourOfAmPm)?.unwrap_or(0),
        };
        let hour = self.hour()?.unwrap_or(half * 12 + of_half);
        if hour == 24 {
            return Err(self.failure("Invalid value for HourOfDay (valid values 0 - 23): 24"));
        }
        let [minute, second, nano] = [Field::Minute, Field::Second, Field::Nano].map(|field| self.get(field));
        let seconds = hour * 3600 + minute?.unwrap_or(0) * 60 + second?.unwrap_or(0);
        Ok(seconds * NANOS_PER_SECOND + nano?.unwrap_or(0))
    }
}
