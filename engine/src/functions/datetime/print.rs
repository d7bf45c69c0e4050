//! Writing a moment by a pattern.

use super::MILLIS_PER_DAY;
use super::calendar::{civil, epoch_day, weekday};
use super::names::*;
use super::pattern::*;
use super::zone::{Zone, offset_id};

/// What can be formatted: a date, a time of day, or an instant seen in a zone. Fields of a missing part are an error.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    epoch_day: Option<i64>,
    nano_of_day: Option<i64>,
    /// The zone, its offset in seconds and the instant in milliseconds.
    zone: Option<(&'a Zone, i32, i64)>,
}

/// Why a moment has no text by a pattern.
#[derive(Clone, Debug)]
struct Problem {
    message: String,
    /// Optional parts are left out for want of a field, and for nothing else.
    is_missing: bool,
}

impl Problem {
    fn missing(what: impl Into<String>) -> Self {
        Problem { message: what.into(), is_missing: true }
    }
    fn other(message: String) -> Self {
        Problem { message, is_missing: false }
    }
}

impl<'a> Moment<'a> {
    pub fn date(epoch_day: i32) -> Self {
        Self { epoch_day: Some(i64::from(epoch_day)), nano_of_day: None, zone: None }
    }

    pub fn time(milli_of_day: i32) -> Self {
        Self { epoch_day: None, nano_of_day: Some(i64::from(milli_of_day) * 1_000_000), zone: None }
    }

    pub fn instant(epoch_ms: i64, zone: &'a Zone) -> Self {
        let offset = zone.offset_seconds(epoch_ms);
        let local = epoch_ms.saturating_add(i64::from(offset) * 1000);
        Self {
            epoch_day: Some(local.div_euclid(MILLIS_PER_DAY)),
            nano_of_day: Some(local.rem_euclid(MILLIS_PER_DAY) * 1_000_000),
            zone: Some((zone, offset, epoch_ms)),
        }
    }

    fn get(&self, field: Field) -> Result<i64, Problem> {
        let value = if field.is_time() {
            self.nano_of_day.map(|n| time_field(n, field))
        } else {
            self.epoch_day.map(|day| date_field(day, field))
        };
        value.ok_or_else(|| Problem::missing(format!("Unsupported field: {field:?}")))
    }
}

pub(super) fn time_field(nanos: i64, field: Field) -> i64 {
    let hour = nanos / 3_600_000_000_000;
    let clock = |hour: i64, midnight: i64| if hour == 0 { midnight } else { hour };
    match field {
        Field::AmPm => hour / 12,
        Field::HourOfDay => hour,
        Field::ClockHourOfDay => clock(hour, 24),
        Field::HourOfAmPm => hour % 12,
        Field::ClockHourOfAmPm => clock(hour % 12, 12),
        Field::Minute => nanos / 60_000_000_000 % 60,
        Field::Second => nanos / 1_000_000_000 % 60,
        Field::Nano => nanos % 1_000_000_000,
        Field::MilliOfDay => nanos / 1_000_000,
        _ => nanos,
    }
}

pub(super) fn date_field(day: i64, field: Field) -> i64 {
    let (year, month, day_of_month) = civil(day);
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
        Field::Quarter => (month + 2) / 3,
        Field::Month => month,
        Field::DayOfMonth => day_of_month,
        Field::DayOfYear => day - epoch_day((year, 1, 1)) + 1,
        Field::AlignedDayOfWeekInMonth => (day_of_month - 1) % 7 + 1,
        Field::DayOfWeek => weekday(day),
        Field::LocalDayOfWeek => weekday(day) % 7 + 1,
        Field::WeekOfMonth => (day_of_month - 1 + weekday(day - day_of_month + 1) % 7) / 7 + 1,
        Field::ModifiedJulianDay => day + MODIFIED_JULIAN_EPOCH,
        Field::WeekOfYear => week_of(day).1,
        _ => week_of(day).0,
    }
}

/// 1970-01-01 in days since 1858-11-17.
pub(super) const MODIFIED_JULIAN_EPOCH: i64 = 40_587;

/// The day on which the week-based year starts: weeks start on Sunday and the first holds January 1.
pub(super) fn week_year_start(year: i64) -> i64 {
    let first = epoch_day((year, 1, 1));
    first - weekday(first) % 7
}

/// Week-based year and week.
fn week_of(day: i64) -> (i64, i64) {
    let year = civil(day).0;
    let next = week_year_start(year + 1);
    let (year, start) = if day >= next { (year + 1, next) } else { (year, week_year_start(year)) };
    (year, (day - start) / 7 + 1)
}

impl DateTimePattern {
    /// Appends the moment; the error names a field that it does not have.
    pub fn format(&self, moment: &Moment<'_>, out: &mut String) -> Result<(), String> {
        write_all(&self.items, moment, out).map_err(|problem| problem.message)
    }
}

fn write_all(items: &[Item], moment: &Moment<'_>, out: &mut String) -> Result<(), Problem> {
    items.iter().try_for_each(|item| write(item, moment, out))
}

fn write(item: &Item, moment: &Moment<'_>, out: &mut String) -> Result<(), Problem> {
    match item {
        Item::Literal(c) => out.push(*c),
        Item::Number(number) => write_number(number, moment.get(number.field)?, out)?,
        Item::Fraction(digits) => {
            let nanos = moment.get(Field::Nano)?;
            push_padded(nanos / 10_i64.pow(9 - *digits as u32), *digits, out);
        }
        Item::Text(field, style) => out.push_str(name_of(*field, *style, moment.get(*field)?)),
        Item::DayPeriod(style) => {
            let nanos = moment.nano_of_day.ok_or_else(|| Problem::missing("Unsupported field: DayPeriod"))?;
            out.push_str(day_period(nanos / 60_000_000_000, *style));
        }
        Item::Optional(items) => {
            let start = out.len();
            match write_all(items, moment, out) {
                Err(problem) if problem.is_missing => out.truncate(start),
                other => other?,
            }
        }
        Item::Padded(width, item) => write_padded(*width, item, moment, out)?,
        zoned => {
            let missing = || Problem::missing("Unable to extract a zone from the value");
            let (zone, offset, instant) = moment.zone.ok_or_else(missing)?;
            match zoned {
                Item::ZoneId => out.push_str(zone.id()),
                Item::ZoneName(name) => out.push_str(zone.name_at(instant, *name)),
                Item::Offset { shape, zero } => write_offset(offset, *shape, zero, out),
                _ => write_localized_offset(offset, matches!(zoned, Item::LocalizedOffset { long: true }), out),
            }
        }
    }
    Ok(())
}

fn write_padded(width: usize, item: &Item, moment: &Moment<'_>, out: &mut String) -> Result<(), Problem> {
    let start = out.len();
    write(item, moment, out)?;
    let length = out[start..].chars().count();
    if length > width {
        let message = format!("Cannot print as output of {length} characters exceeds pad width of {width}");
        return Err(Problem::other(message));
    }
    out.insert_str(start, &" ".repeat(width - length));
    Ok(())
}

/// Appends a number that is not negative with at least `width` digits.
fn push_padded(value: i64, width: usize, out: &mut String) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value);
    (digits.len()..width).for_each(|_| out.push('0'));
    out.push_str(digits);
}

fn write_number(number: &Number, value: i64, out: &mut String) -> Result<(), Problem> {
    let value = if number.reduced { value.abs() % 100 } else { value };
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(value.unsigned_abs());
    let problem = |why: String| Err(Problem::other(format!("Field {:?} cannot be printed as {why}", number.field)));
    if digits.len() > number.max {
        return problem(format!("the value {value} exceeds the maximum print width of {}", number.max));
    }
    match number.sign {
        Sign::NotNegative if value < 0 => {
            return problem(format!("the value {value} cannot be negative according to the SignStyle"));
        }
        _ if value < 0 => out.push('-'),
        Sign::ExceedsPad if (11..19).contains(&number.min) => {
            return problem(format!("more than 10 digits by Java: {value}"));
        }
        Sign::ExceedsPad if number.min < 19 && digits.len() > number.min => out.push('+'),
        _ => {}
    }
    (digits.len()..number.min).for_each(|_| out.push('0'));
    out.push_str(digits);
    Ok(())
}

fn write_offset(seconds: i32, shape: OffsetShape, zero: &str, out: &mut String) {
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    let shows = |part: Part, value: i32| part == Part::Always || (part == Part::IfNotZero && value != 0);
    let start = out.len();
    let mut written = hours;
    out.push(if seconds < 0 { '-' } else { '+' });
    push_padded(i64::from(hours), 2, out);
    if shows(shape.minutes, minutes) || shows(shape.seconds, rest) {
        written += minutes;
        push_part(minutes, shape.colons, out);
    }
    if shows(shape.seconds, rest) {
        written += rest;
        push_part(rest, shape.colons, out);
    }
    // What is zero as far as it shows has a text of its own.
    if written == 0 {
        out.truncate(start);
        out.push_str(zero);
    }
}

fn push_part(value: i32, colon: bool, out: &mut String) {
    if colon {
        out.push(':');
    }
    push_padded(i64::from(value), 2, out);
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
    out.push_str(if rest.matches(':').count() == 1 { rest.strip_suffix(":00").unwrap_or(rest) } else { rest });
}
