//! Writing a moment by a pattern.

use chrono::{DateTime, Datelike, NaiveDate};

use super::MILLIS_PER_DAY;
use super::names::*;
use super::pattern::*;
use super::zone::{Zone, offset_id};

/// What can be formatted: a date, a time of day, or an instant seen in a zone. Fields of a missing part are an error.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    date: Option<NaiveDate>,
    nano_of_day: Option<i64>,
    /// The zone, its offset in seconds and the instant in milliseconds.
    zone: Option<(&'a Zone, i32, i64)>,
}

impl<'a> Moment<'a> {
    pub fn date(epoch_days: i32) -> Result<Self, String> {
        let date = NaiveDate::from_epoch_days(epoch_days).ok_or_else(|| format!("day {epoch_days} is out of range"))?;
        Ok(Self { date: Some(date), nano_of_day: None, zone: None })
    }

    pub fn time(milli_of_day: i32) -> Self {
        Self { date: None, nano_of_day: Some(i64::from(milli_of_day) * 1_000_000), zone: None }
    }

    pub fn instant(epoch_ms: i64, zone: &'a Zone) -> Result<Self, String> {
        let offset = zone.offset_seconds(epoch_ms);
        let local = DateTime::from_timestamp_millis(epoch_ms.saturating_add(i64::from(offset) * 1000))
            .ok_or_else(|| format!("timestamp {epoch_ms} is out of range"))?;
        let nanos = (epoch_ms + i64::from(offset) * 1000).rem_euclid(MILLIS_PER_DAY) * 1_000_000;
        Ok(Self { date: Some(local.date_naive()), nano_of_day: Some(nanos), zone: Some((zone, offset, epoch_ms)) })
    }

    fn get(&self, field: Field) -> Result<i64, String> {
        let value = if field.is_time() {
            self.nano_of_day.map(|n| time_field(n, field))
        } else {
            self.date.map(|d| date_field(d, field))
        };
        value.ok_or_else(|| format!("Unsupported field: {field:?}"))
    }
}

fn time_field(nanos: i64, field: Field) -> i64 {
    let hour = nanos / 3_600_000_000_000;
    match field {
        Field::AmPm => hour / 12,
        Field::HourOfDay => hour,
        Field::ClockHourOfDay => {
            if hour == 0 {
                24
            } else {
                hour
            }
        }
        Field::HourOfAmPm => hour % 12,
        Field::ClockHourOfAmPm => {
            if hour % 12 == 0 {
                12
            } else {
                hour % 12
            }
        }
        Field::Minute => nanos / 60_000_000_000 % 60,
        Field::Second => nanos / 1_000_000_000 % 60,
        Field::Nano => nanos % 1_000_000_000,
        Field::MilliOfDay => nanos / 1_000_000,
        _ => nanos,
    }
}

fn date_field(date: NaiveDate, field: Field) -> i64 {
    let year = i64::from(date.year());
    match field {
        Field::Era => i64::from(year > 0),
        Field::YearOfEra => {
            if year > 0 {
                year
            } else {
                1 - year
            }
        }
        Field::Year => year,
        Field::Quarter => i64::from(date.month0() / 3 + 1),
        Field::Month => i64::from(date.month()),
        Field::DayOfMonth => i64::from(date.day()),
        Field::DayOfYear => i64::from(date.ordinal()),
        Field::AlignedWeekOfMonth => i64::from(date.day0() / 7 + 1),
        Field::DayOfWeek => i64::from(date.weekday().number_from_monday()),
        Field::LocalDayOfWeek => i64::from(date.weekday().number_from_sunday()),
        Field::WeekOfMonth => {
            let first = date.with_day(1).map_or(0, |d| d.weekday().num_days_from_sunday());
            i64::from((date.day0() + first) / 7 + 1)
        }
        Field::WeekOfYear => week_of(date).1,
        _ => week_of(date).0,
    }
}

/// Week-based year and week, where weeks start on Sunday and the first holds January 1.
fn week_of(date: NaiveDate) -> (i64, i64) {
    let start_of = |year: i32| {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(date);
        first - chrono::TimeDelta::days(i64::from(first.weekday().num_days_from_sunday()))
    };
    let next = start_of(date.year() + 1);
    let (year, start) = if date >= next { (date.year() + 1, next) } else { (date.year(), start_of(date.year())) };
    (i64::from(year), (date - start).num_days() / 7 + 1)
}

impl DateTimePattern {
    /// Appends the moment; the error names a field that it does not have.
    pub fn format(&self, moment: &Moment<'_>, out: &mut String) -> Result<(), String> {
        write_all(&self.items, moment, out)
    }
}

fn write_all(items: &[Item], moment: &Moment<'_>, out: &mut String) -> Result<(), String> {
    items.iter().try_for_each(|item| write(item, moment, out))
}

fn write(item: &Item, moment: &Moment<'_>, out: &mut String) -> Result<(), String> {
    match item {
        Item::Literal(c) => out.push(*c),
        Item::Number(number) => write_number(number, moment.get(number.field)?, out)?,
        Item::Fraction(digits) => {
            let nanos = format!("{:09}", moment.get(Field::Nano)?);
            out.push_str(&nanos[..*digits]);
        }
        Item::Text(field, style) => out.push_str(&name_of(*field, *style, moment.get(*field)?)),
        Item::Optional(items) => {
            let start = out.len();
            if write_all(items, moment, out).is_err() {
                out.truncate(start);
            }
        }
        Item::Padded(width, item) => {
            let mut text = String::new();
            write(item, moment, &mut text)?;
            let length = text.chars().count();
            if length > *width {
                return Err(format!("Cannot print as output of {length} characters exceeds pad width of {width}"));
            }
            (length..*width).for_each(|_| out.push(' '));
            out.push_str(&text);
        }
        zoned => {
            let (zone, offset, instant) = moment.zone.ok_or("Unable to extract a zone from the value")?;
            match zoned {
                Item::ZoneId => out.push_str(zone.id()),
                Item::ZoneName { long } => out.push_str(&zone.name_at(instant, *long)),
                Item::Offset { shape, zero } => write_offset(offset, *shape, zero, out),
                _ => write_localized_offset(offset, matches!(zoned, Item::LocalizedOffset { long: true }), out),
            }
        }
    }
    Ok(())
}

fn write_number(number: &Number, value: i64, out: &mut String) -> Result<(), String> {
    let value = if number.reduced { value.abs() % 100 } else { value };
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value.unsigned_abs());
    if digits.len() > number.max {
        return Err(format!("the value {value} has more than {} digits", number.max));
    }
    if value < 0 {
        out.push('-');
    } else if number.sign == Sign::ExceedsPad && digits.len() > number.min {
        out.push('+');
    }
    (digits.len()..number.min).for_each(|_| out.push('0'));
    out.push_str(digits);
    Ok(())
}

/// The name of a field's value. The short names of months and days are their first three letters.
pub(super) fn name_of(field: Field, style: Style, value: i64) -> String {
    let full = |names: &[&str], index: i64| names.get(index as usize).copied().unwrap_or_default().to_owned();
    let name = match field {
        Field::Month => full(&MONTHS, value - 1),
        Field::AmPm => return full(&HALVES, value),
        Field::Era if style == Style::Full => return full(&LONG_ERAS, value),
        Field::Era => full(&ERAS, value),
        Field::Quarter if style == Style::Full => return full(&QUARTERS, value - 1),
        Field::Quarter if style == Style::Narrow => return value.to_string(),
        Field::Quarter => return full(&SHORT_QUARTERS, value - 1),
        _ => full(&DAYS, value - 1),
    };
    let letters = match style {
        Style::Full => name.len(),
        Style::Short => 3.min(name.len()),
        Style::Narrow => 1.min(name.len()),
    };
    name[..letters].to_owned()
}

fn write_offset(seconds: i32, shape: OffsetShape, zero: &str, out: &mut String) {
    if seconds == 0 {
        out.push_str(zero);
        return;
    }
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    let colon = if shape.colons { ":" } else { "" };
    out.push(if seconds < 0 { '-' } else { '+' });
    out.push_str(&format!("{hours:02}"));
    let shows = |part: Part, value: i32| part == Part::Always || (part == Part::IfNotZero && value != 0);
    if shows(shape.minutes, minutes) || shows(shape.seconds, rest) {
        out.push_str(&format!("{colon}{minutes:02}"));
    }
    if shows(shape.seconds, rest) {
        out.push_str(&format!("{colon}{rest:02}"));
    }
}

fn write_localized_offset(seconds: i32, long: bool, out: &mut String) {
    out.push_str("GMT");
    if seconds == 0 {
        return;
    }
    let id = offset_id(seconds);
    if long {
        out.push_str(&id);
        return;
    }
    let (sign, rest) = id.split_at(1);
    let rest = rest.strip_prefix('0').unwrap_or(rest);
    out.push_str(sign);
    out.push_str(rest.strip_suffix(":00").unwrap_or(rest));
}
