//! Reading text by a pattern, in any case, and resolving the fields as Java's SMART resolver does.

use chrono::{Datelike, Months, NaiveDate, TimeDelta};

use super::pattern::*;
use super::print::name_of;
use super::zone::Zone;

/// What a text gave, before resolving.
#[derive(Clone, Debug, Default)]
struct Parsed {
    values: [Option<i64>; FIELDS],
    zone: Option<Zone>,
    offset: Option<i32>,
}

impl Parsed {
    fn get(&self, field: Field) -> Option<i64> {
        self.values[field as usize]
    }

    /// False when the field already has another value.
    fn set(&mut self, field: Field, value: i64) -> bool {
        *self.values[field as usize].get_or_insert(value) == value
    }
}

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

impl DateTimePattern {
    /// The instant in milliseconds. What the pattern leaves out is 1970, January, the 1st, or 0; the zone of the text
    /// goes before `zone`.
    pub fn parse_timestamp(&self, text: &str, zone: &Zone) -> Result<i64, String> {
        let parsed = self.parse(text)?;
        let (time, extra_days) = parsed.time_with_defaults(text)?;
        let date = match parsed.full_date(text)? {
            Some(date) => date,
            None => parsed.date_with_defaults(text)?,
        };
        let local = (date + TimeDelta::days(extra_days)).and_hms_opt(0, 0, 0).unwrap_or_default()
            + TimeDelta::nanoseconds(time);
        let local_ms = local.and_utc().timestamp_millis();
        let offset = match (parsed.offset, &parsed.zone) {
            (Some(offset), _) => offset,
            (None, Some(zone)) => zone.offset_seconds_at_local(local),
            (None, None) => zone.offset_seconds_at_local(local),
        };
        Ok(local_ms - i64::from(offset) * 1000)
    }

    /// Milliseconds of the day; the text must give a complete time.
    pub fn parse_time(&self, text: &str) -> Result<i32, String> {
        let parsed = self.parse(text)?;
        match parsed.full_time(text)? {
            Some((nanos, _)) => Ok((nanos / 1_000_000) as i32),
            None => Err(failure(text, "Unable to obtain LocalTime")),
        }
    }

    /// Days since the epoch; the text must give a complete date.
    pub fn parse_date(&self, text: &str) -> Result<i32, String> {
        let parsed = self.parse(text)?;
        let extra_days = parsed.full_time(text)?.map_or(0, |(_, days)| days);
        match parsed.full_date(text)? {
            Some(date) => Ok((date + TimeDelta::days(extra_days)).to_epoch_days()),
            None => Err(failure(text, "Unable to obtain LocalDate")),
        }
    }

    fn parse(&self, text: &str) -> Result<Parsed, String> {
        let mut parsed = Parsed::default();
        match read_all(&self.items, text, 0, &mut parsed) {
            Ok(end) if end == text.len() => Ok(parsed),
            Ok(end) => Err(format!("Text '{text}' could not be parsed, unparsed text found at index {end}")),
            Err(at) => Err(format!("Text '{text}' could not be parsed at index {at}")),
        }
    }
}

fn failure(text: &str, why: &str) -> String {
    format!("Text '{text}' could not be parsed: {why}")
}

/// The place after what was read, or the place of the error.
type Read = Result<usize, usize>;

fn read_all(items: &[Item], text: &str, at: usize, parsed: &mut Parsed) -> Read {
    items.iter().try_fold(at, |at, item| read(item, text, at, parsed))
}

fn read(item: &Item, text: &str, at: usize, parsed: &mut Parsed) -> Read {
    match item {
        Item::Literal(c) => match text[at..].chars().next() {
            Some(found) if found == *c || found.to_lowercase().eq(c.to_lowercase()) => Ok(at + found.len_utf8()),
            _ => Err(at),
        },
        Item::Number(number) => read_number(number, text, at, parsed),
        Item::Fraction(digits) => {
            let found = text.get(at..at + digits).filter(|d| d.bytes().all(|b| b.is_ascii_digit())).ok_or(at)?;
            let nanos = found.parse::<i64>().map_err(|_| at)? * 10_i64.pow(9 - *digits as u32);
            if parsed.set(Field::Nano, nanos) { Ok(at + digits) } else { Err(at) }
        }
        Item::Text(field, style) => read_name(*field, *style, text, at, parsed),
        Item::Optional(items) => {
            let mut attempt = parsed.clone();
            match read_all(items, text, at, &mut attempt) {
                Ok(end) => {
                    *parsed = attempt;
                    Ok(end)
                }
                Err(_) => Ok(at),
            }
        }
        Item::Padded(width, item) => {
            let end = text[at..].char_indices().nth(*width).map_or(text.len(), |(i, _)| at + i);
            if text[at..end].chars().count() < *width {
                return Err(at);
            }
            let start = at + (text[at..end].len() - text[at..end].trim_start_matches(' ').len());
            match read(item, &text[..end], start, parsed) {
                Ok(after) if after == end => Ok(end),
                _ => Err(at),
            }
        }
        Item::ZoneId => read_zone(text, at, parsed, |id| Zone::parse(id).ok()),
        Item::ZoneName { .. } => read_zone(text, at, parsed, Zone::by_name),
        Item::Offset { shape, zero } => read_offset(*shape, zero, text, at, parsed),
        Item::LocalizedOffset { .. } => {
            let prefix = text.get(at..at + 3).filter(|p| p.eq_ignore_ascii_case("GMT")).ok_or(at)?;
            let after = at + prefix.len();
            let digits = text[after..].bytes().skip(1).take_while(|b| b.is_ascii_digit() || *b == b':').count();
            let Some(sign) = text[after..].chars().next().filter(|c| "+-".contains(*c)) else {
                parsed.offset = Some(0);
                return Ok(after);
            };
            let (end, magnitude) = (after + 1 + digits, &text[after + 1..after + 1 + digits]);
            let mut parts = magnitude.split(':').map(|part| part.parse::<i32>().map_err(|_| after));
            let seconds = parts.next().unwrap_or(Err(after))? * 3600 + parts.next().unwrap_or(Ok(0))? * 60;
            parsed.offset = Some(if sign == '-' { -seconds } else { seconds });
            Ok(end)
        }
    }
}

fn read_number(number: &Number, text: &str, at: usize, parsed: &mut Parsed) -> Read {
    let sign = text[at..].chars().next().filter(|c| "+-".contains(*c));
    let is_signed = match sign {
        Some('-') if number.sign == Sign::NotNegative => return Err(at),
        Some('+') if number.sign != Sign::ExceedsPad => return Err(at),
        sign => sign.is_some(),
    };
    let start = at + usize::from(is_signed);
    let available = text[start..].bytes().take_while(|b| b.is_ascii_digit()).count().min(number.max + number.reserved);
    let digits =
        if number.reserved > 0 { available.saturating_sub(number.reserved).max(number.min) } else { available };
    let digits = digits.min(number.max).min(available);
    if digits < number.min {
        return Err(at);
    }
    if number.sign == Sign::ExceedsPad
        && ((sign == Some('+') && digits <= number.min) || (sign.is_none() && digits > number.min))
    {
        return Err(at);
    }
    let value: i64 = text[start..start + digits].parse().map_err(|_| at)?;
    let value = if sign == Some('-') { -value } else { value };
    let value = if number.reduced { 2000 + value } else { value };
    if parsed.set(number.field, value) { Ok(start + digits) } else { Err(at) }
}

fn read_name(field: Field, style: Style, text: &str, at: usize, parsed: &mut Parsed) -> Read {
    let (low, high) = field.range();
    let mut best: Option<(usize, i64)> = None;
    for value in low..=high {
        let name = name_of(field, style, value);
        let matches = text.get(at..at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(&name));
        if matches && best.is_none_or(|(length, _)| length < name.len()) {
            best = Some((name.len(), value));
        }
    }
    let (length, value) = best.ok_or(at)?;
    if parsed.set(field, value) { Ok(at + length) } else { Err(at) }
}

/// Reads the longest text that `find` knows as a zone.
fn read_zone(text: &str, at: usize, parsed: &mut Parsed, find: fn(&str) -> Option<Zone>) -> Read {
    const LONGEST: usize = 40;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "/_+-:~ ".contains(c);
    let length = text[at..].chars().take(LONGEST).take_while(|c| is_part(*c)).count();
    for length in (1..=length).rev() {
        let candidate = &text[at..at + length];
        if candidate.ends_with(' ') {
            continue;
        }
        if let Some(zone) = find(candidate).or_else(|| find(&candidate.to_ascii_uppercase())) {
            parsed.zone = Some(zone);
            return Ok(at + length);
        }
    }
    Err(at)
}

fn read_offset(shape: OffsetShape, zero: &str, text: &str, at: usize, parsed: &mut Parsed) -> Read {
    let bytes = text.as_bytes();
    let sign = bytes.get(at).copied().filter(|b| b"+-".contains(b));
    if let Some(sign) = sign {
        let mut place = at + 1;
        let hours = two_digits(bytes, place).ok_or(at)?;
        place += 2;
        let mut seconds = hours * 3600;
        for (part, unit) in [(shape.minutes, 60), (shape.seconds, 1)] {
            let colon = usize::from(shape.colons);
            let has_colon = !shape.colons || bytes.get(place) == Some(&b':');
            match two_digits(bytes, place + colon).filter(|v| has_colon && *v < 60 && part != Part::No) {
                Some(value) => {
                    seconds += value * unit;
                    place += 2 + colon;
                }
                None if part == Part::Always => return Err(at),
                None => break,
            }
        }
        parsed.offset = Some(if sign == b'-' { -seconds } else { seconds });
        return Ok(place);
    }
    let found = text.get(at..at + zero.len()).filter(|found| found.eq_ignore_ascii_case(zero)).ok_or(at)?;
    parsed.offset = Some(0);
    Ok(at + found.len())
}

fn two_digits(bytes: &[u8], at: usize) -> Option<i32> {
    match bytes.get(at..at + 2)? {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(i32::from(a - b'0') * 10 + i32::from(b - b'0')),
        _ => None,
    }
}

impl Parsed {
    /// A field's value within its range.
    fn checked(&self, field: Field, text: &str) -> Result<Option<i64>, String> {
        let (low, high) = field.range();
        match self.get(field) {
            Some(value) if !(low..=high).contains(&value) => {
                Err(failure(text, &format!("Invalid value for {field:?} (valid values {low} - {high}): {value}")))
            }
            value => Ok(value),
        }
    }

    fn year(&self, text: &str) -> Result<Option<i64>, String> {
        let of_era = self.checked(Field::YearOfEra, text)?;
        let year = self.checked(Field::Year, text)?;
        Ok(match (of_era, self.checked(Field::Era, text)?) {
            (Some(of_era), Some(0)) => Some(1 - of_era),
            (Some(of_era), _) => Some(of_era),
            (None, _) => year,
        })
    }

    /// The date, if the fields give a complete one.
    fn full_date(&self, text: &str) -> Result<Option<NaiveDate>, String> {
        let year = self.year(text)?;
        let [month, day, of_year] =
            [Field::Month, Field::DayOfMonth, Field::DayOfYear].map(|field| self.checked(field, text));
        let (month, day, of_year) = (month?, day?, of_year?);
        let date = match (year, month, day, of_year) {
            (Some(year), Some(month), Some(day), _) => Some(smart_date(year, month, day)),
            (Some(year), _, _, Some(of_year)) => Some(NaiveDate::from_yo_opt(year as i32, of_year as u32)),
            _ => self.week_date(text)?.map(Some),
        };
        match date {
            Some(None) => Err(failure(text, "the date does not exist")),
            Some(Some(date)) => {
                let weekday = i64::from(date.weekday().number_from_monday());
                match self.checked(Field::DayOfWeek, text)? {
                    Some(wanted) if wanted != weekday => Err(failure(
                        text,
                        &format!("Conflict found: DayOfWeek {weekday} differs from DayOfWeek {wanted}"),
                    )),
                    _ => Ok(Some(date)),
                }
            }
            None => Ok(None),
        }
    }

    /// Week-based year, week and day of the week; weeks start on Sunday and the first holds January 1.
    fn week_date(&self, text: &str) -> Result<Option<NaiveDate>, String> {
        let weekday = match self.checked(Field::DayOfWeek, text)? {
            Some(day) => Some(day % 7),
            None => self.checked(Field::LocalDayOfWeek, text)?.map(|day| day - 1),
        };
        let (year, week) = (self.checked(Field::WeekBasedYear, text)?, self.checked(Field::WeekOfYear, text)?);
        let (Some(year), Some(week), Some(weekday)) = (year, week, weekday) else { return Ok(None) };
        let first =
            NaiveDate::from_ymd_opt(year as i32, 1, 1).ok_or_else(|| failure(text, "the year is out of range"))?;
        let start = i64::from(first.weekday().num_days_from_sunday());
        Ok(Some(first + TimeDelta::days((week - 1) * 7 + weekday - start)))
    }

    /// 1970-01-01 with the date fields that the text gave.
    fn date_with_defaults(&self, text: &str) -> Result<NaiveDate, String> {
        let missing = || failure(text, "the date does not exist");
        let year = self.year(text)?;
        let mut date = NaiveDate::from_ymd_opt(year.unwrap_or(1970) as i32, 1, 1).ok_or_else(missing)?;
        if let Some(month) = self.checked(Field::Month, text)? {
            date = date + Months::new(month as u32 - 1);
        }
        if let Some(day) = self.checked(Field::DayOfMonth, text)? {
            date = date.with_day(day as u32).ok_or_else(missing)?;
        }
        if let Some(day) = self.checked(Field::DayOfYear, text)? {
            if day == 366 && year.is_none() {
                return Err("Leap day cannot be parsed without supplying the year field".into());
            }
            date = date.with_ordinal(day as u32).ok_or_else(missing)?;
        }
        Ok(date)
    }

    /// The hour of the day, from whichever fields give it completely.
    fn hour(&self, text: &str) -> Result<Option<i64>, String> {
        let of_half = match self.checked(Field::ClockHourOfAmPm, text)? {
            Some(hour) => Some(hour % 12),
            None => self.checked(Field::HourOfAmPm, text)?,
        };
        let half = self.checked(Field::AmPm, text)?;
        Ok(match (self.checked(Field::HourOfDay, text)?, self.checked(Field::ClockHourOfDay, text)?) {
            (Some(hour), _) => Some(hour),
            (None, Some(clock)) => Some(clock % 24),
            (None, None) => half.zip(of_half).map(|(half, hour)| half * 12 + hour),
        })
    }

    /// Nanoseconds of the day and days to add (24:00 is 0:00 of the next day), if the text gave a complete time.
    fn full_time(&self, text: &str) -> Result<Option<(i64, i64)>, String> {
        if let Some(nanos) = self.checked(Field::NanoOfDay, text)? {
            return Ok(Some((nanos, 0)));
        }
        if let Some(millis) = self.checked(Field::MilliOfDay, text)? {
            return Ok(Some((millis * 1_000_000, 0)));
        }
        let [minute, second, nano] = [Field::Minute, Field::Second, Field::Nano].map(|field| self.checked(field, text));
        let (minute, second, nano) = (minute?, second?, nano?);
        let Some(hour) = self.hour(text)? else { return Ok(None) };
        if (minute.is_none() && (second.is_some() || nano.is_some())) || (second.is_none() && nano.is_some()) {
            return Ok(None);
        }
        time_of(text, hour, minute, second, nano).map(Some)
    }

    fn time_with_defaults(&self, text: &str) -> Result<(i64, i64), String> {
        if let Some(time) = self.full_time(text)? {
            return Ok(time);
        }
        let half = self.checked(Field::AmPm, text)?.unwrap_or(0);
        let of_half = match self.get(Field::ClockHourOfAmPm) {
            Some(hour) => hour % 12,
            None => self.get(Field::HourOfAmPm).unwrap_or(0),
        };
        let hour = self.hour(text)?.unwrap_or(half * 12 + of_half);
        let [minute, second, nano] = [Field::Minute, Field::Second, Field::Nano].map(|field| self.checked(field, text));
        time_of(text, hour, minute?, second?, nano?)
    }
}

fn time_of(
    text: &str,
    hour: i64,
    minute: Option<i64>,
    second: Option<i64>,
    nano: Option<i64>,
) -> Result<(i64, i64), String> {
    let within = (minute.unwrap_or(0) * 60 + second.unwrap_or(0)) * 1_000_000_000 + nano.unwrap_or(0);
    match hour {
        24 if within == 0 => Ok((0, 1)),
        24 => Err(failure(text, "Invalid value for HourOfDay (valid values 0 - 23): 24")),
        _ => Ok(((hour * 3_600_000_000_000 + within).min(NANOS_PER_DAY - 1), 0)),
    }
}

/// Days past the end of a shorter month are its last day.
fn smart_date(year: i64, month: i64, day: i64) -> Option<NaiveDate> {
    let year = i32::try_from(year).ok()?;
    let first = NaiveDate::from_ymd_opt(year, month as u32, 1)?;
    let last = (first + Months::new(1)).pred_opt()?.day();
    first.with_day((day as u32).min(last))
}
