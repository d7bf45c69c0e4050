//! Reading text by a pattern, in any case. What the fields amount to is found in `resolve`.

use super::names::name_of;
use super::pattern::*;
use super::zone::{OFFSET_MAX_SECONDS, Zone};

/// What a text gave, before resolving.
#[derive(Clone, Debug, Default)]
pub(super) struct Parsed {
    values: [Option<i64>; FIELDS],
    pub zone: Option<Zone>,
    pub offset: Option<i32>,
}

impl Parsed {
    pub fn get(&self, field: Field) -> Option<i64> {
        self.values[field as usize]
    }

    /// False when the field already has another value.
    fn set(&mut self, field: Field, value: i64) -> bool {
        *self.values[field as usize].get_or_insert(value) == value
    }

    /// False also when there is no such offset.
    fn set_offset(&mut self, seconds: i32) -> bool {
        seconds.abs() <= OFFSET_MAX_SECONDS && *self.offset.get_or_insert(seconds) == seconds
    }
}

impl DateTimePattern {
    pub(super) fn parse(&self, text: &str) -> Result<Parsed, String> {
        let mut parsed = Parsed::default();
        match read_all(&self.items, text, 0, &mut parsed) {
            Ok(end) if end == text.len() => Ok(parsed),
            Ok(end) => Err(format!("Text '{text}' could not be parsed, unparsed text found at index {end}")),
            Err(at) => Err(format!("Text '{text}' could not be parsed at index {at}")),
        }
    }
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
        // A period of the day says too little to be read.
        Item::DayPeriod(_) => Err(at),
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
        Item::ZoneId => read_zone(text, at, parsed, Zone::ignoring_case),
        Item::ZoneName(_) => read_zone(text, at, parsed, Zone::by_name),
        Item::Offset { shape, zero } => read_offset(*shape, zero, text, at, parsed),
        Item::LocalizedOffset { long } => read_localized_offset(*long, text, at, parsed),
    }
}

/// `GMT`, or with an offset: `GMT+8`, `GMT+08:00`; seconds may follow.
fn read_localized_offset(long: bool, text: &str, at: usize, parsed: &mut Parsed) -> Read {
    let prefix = text.get(at..at + 3).filter(|p| p.eq_ignore_ascii_case("GMT")).ok_or(at)?;
    let after = at + prefix.len();
    let bytes = text.as_bytes();
    let mut finish = |seconds: i32, end: usize| if parsed.set_offset(seconds) { Ok(end) } else { Err(at) };
    let Some(sign) = bytes.get(after).filter(|b| b"+-".contains(b)) else { return finish(0, after) };
    let digit = |place: usize| bytes.get(place).filter(|b| b.is_ascii_digit()).map(|b| i32::from(b - b'0'));
    let mut place = after + 1;
    let mut hours = digit(place).ok_or(at)?;
    place += 1;
    match digit(place) {
        Some(second) => {
            hours = hours * 10 + second;
            place += 1;
        }
        None if long => return Err(at),
        None => {}
    }
    let mut seconds = hours * 3600;
    for unit in [60, 1] {
        let value = two_digits(bytes, place + 1).filter(|_| bytes.get(place) == Some(&b':'));
        match value {
            Some(value) => {
                seconds += value * unit;
                place += 3;
            }
            None if long && unit == 60 => return Err(at),
            None => break,
        }
    }
    finish(if *sign == b'-' { -seconds } else { seconds }, place)
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
    if sign == Some('-') && value == 0 {
        return Err(at);
    }
    let value = if sign == Some('-') { -value } else { value };
    let value = if number.reduced { 2000 + value } else { value };
    if parsed.set(number.field, value) { Ok(start + digits) } else { Err(at) }
}

fn read_name(field: Field, style: Style, text: &str, at: usize, parsed: &mut Parsed) -> Read {
    let (low, high) = field.range();
    let mut best: Option<(usize, i64)> = None;
    for value in low..=high {
        let name = name_of(field, style, value);
        // Of values with the same letter Java knows the last.
        let matches = text.get(at..at + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
        if matches && best.is_none_or(|(length, _)| length <= name.len()) {
            best = Some((name.len(), value));
        }
    }
    let (length, value) = best.ok_or(at)?;
    if parsed.set(field, value) { Ok(at + length) } else { Err(at) }
}

/// Reads the longest text that `find` knows as a zone.
fn read_zone(text: &str, at: usize, parsed: &mut Parsed, find: fn(&str) -> Option<Zone>) -> Read {
    const LONGEST: usize = 48;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "/_+-:~ .'()&".contains(c);
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
        let seconds = if sign == b'-' { -seconds } else { seconds };
        return if parsed.set_offset(seconds) { Ok(place) } else { Err(at) };
    }
    let found = text.get(at..at + zero.len()).filter(|found| found.eq_ignore_ascii_case(zero)).ok_or(at)?;
    if parsed.set_offset(0) { Ok(at + found.len()) } else { Err(at) }
}

fn two_digits(bytes: &[u8], at: usize) -> Option<i32> {
    match bytes.get(at..at + 2)? {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(i32::from(a - b'0') * 10 + i32::from(b - b'0')),
        _ => None,
    }
}
