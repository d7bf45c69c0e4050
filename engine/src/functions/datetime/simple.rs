//! Reading dates by `SimpleDateFormat` patterns: lenient numbers, no optional parts, GMT.

use super::calendar::{hybrid_epoch_day, weekday};
use super::names::*;
use super::zone::Zone;

/// One compiled pattern.
#[derive(Clone, Debug)]
pub struct SimplePattern {
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Field(char, usize),
    Literal(char),
}

/// Values of the calendar's fields as read; those left out keep the defaults of 1970-01-01T00:00.
#[derive(Clone, Debug, Default)]
struct Calendar {
    era: Option<i64>,
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    /// 0 is Sunday.
    weekday: Option<i64>,
    week_of_year: Option<i64>,
    week_of_month: Option<i64>,
    /// 2 with a Tuesday is the second Tuesday of the month.
    weekday_in_month: Option<i64>,
    half: Option<i64>,
    hour_of_half: Option<i64>,
    hour: Option<i64>,
    minute: i64,
    second: i64,
    milli: i64,
    offset_seconds: Option<i64>,
}

impl SimplePattern {
    pub fn new(pattern: &str) -> Result<Self, String> {
        let mut items: Vec<Item> = Vec::new();
        let mut chars = pattern.chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '\'' if chars.peek() == Some(&'\'') => {
                    chars.next();
                    items.push(Item::Literal('\''));
                }
                '\'' => quoted = !quoted,
                _ if quoted || !c.is_ascii_alphabetic() => items.push(Item::Literal(c)),
                _ if "GyYMLwWDdFEuaHkKhmsSzZX".contains(c) => {
                    let mut count = 1;
                    while chars.next_if_eq(&c).is_some() {
                        count += 1;
                    }
                    items.push(Item::Field(c, count));
                }
                _ => return Err(format!("Illegal pattern character '{c}'")),
            }
        }
        if quoted {
            return Err("Unterminated quote".into());
        }
        Ok(Self { items })
    }

    /// Milliseconds since the epoch, read in GMT.
    pub fn parse(&self, text: &str) -> Result<i64, String> {
        let mut calendar = Calendar::default();
        let mut at = 0;
        for (i, item) in self.items.iter().enumerate() {
            at = match item {
                Item::Literal(c) if text[at..].starts_with(*c) => at + c.len_utf8(),
                Item::Literal(_) => return Err(unparseable(text)),
                Item::Field(letter, count) => {
                    let next_is_number =
                        matches!(self.items.get(i + 1), Some(Item::Field(next, n)) if is_number(*next, *n));
                    let width = next_is_number.then_some(*count);
                    calendar.read(*letter, *count, width, text, at).ok_or_else(|| unparseable(text))?
                }
            };
        }
        calendar.instant().ok_or_else(|| unparseable(text))
    }
}

fn unparseable(text: &str) -> String {
    format!("Unparseable date: \"{text}\"")
}

fn is_number(letter: char, count: usize) -> bool {
    match letter {
        'M' | 'L' => count <= 2,
        _ => !"GEazZX".contains(letter),
    }
}

impl Calendar {
    /// Reads one field at `at`; gives the place after it.
    fn read(&mut self, letter: char, count: usize, width: Option<usize>, text: &str, at: usize) -> Option<usize> {
        let start = at + text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
        if !is_number(letter, count) {
            return self.read_text(letter, text, start);
        }
        // Blanks before a number count to its width.
        let (value, end, digits) = number(text, start, width.map(|width| at + width))?;
        match letter {
            'y' | 'Y' => {
                let two_digits = count <= 2 && digits == 2 && text[start..end].bytes().all(|b| b.is_ascii_digit());
                self.year = Some(if two_digits { full_year(value) } else { value });
            }
            'M' | 'L' => self.month = Some(value),
            'd' => self.day = Some(value),
            'D' => self.day_of_year = Some(value),
            'w' => self.week_of_year = Some(value),
            'W' => self.week_of_month = Some(value),
            'F' => self.weekday_in_month = Some(value),
            'u' => self.weekday = Some(value % 7),
            'H' => self.hour = Some(value),
            'k' => self.hour = Some(if value == 24 { 0 } else { value }),
            'K' => self.hour_of_half = Some(value),
            'h' => self.hour_of_half = Some(if value == 12 { 0 } else { value }),
            'm' => self.minute = value,
            's' => self.second = value,
            _ => self.milli = value,
        }
        Some(end)
    }

    fn read_text(&mut self, letter: char, text: &str, at: usize) -> Option<usize> {
        let rest = &text[at..];
        match letter {
            'M' | 'L' => {
                let (index, end) = longest(&MONTHS, rest)?;
                self.month = Some(index + 1);
                Some(at + end)
            }
            'E' => {
                let (index, end) = longest(&DAYS, rest)?;
                self.weekday = Some((index + 1) % 7);
                Some(at + end)
            }
            'a' => {
                let (index, end) = longest(&HALVES, rest)?;
                self.half = Some(index);
                Some(at + end)
            }
            'G' => {
                let (index, end) = longest(&ERAS, rest)?;
                self.era = Some(index);
                Some(at + end)
            }
            _ => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || "+-:/_".contains(c);
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let zone = Zone::by_name(&rest[..length])?;
                self.offset_seconds = Some(i64::from(zone.offset_seconds(0)));
                Some(at + length)
            }
        }
    }

    fn instant(&self) -> Option<i64> {
        let year = self.year.unwrap_or(1970);
        let year = if self.era == Some(0) { 1 - year } else { year };
        let months = self.month.unwrap_or(1).checked_sub(1)?;
        let year = year.checked_add(months.div_euclid(12)).filter(|year| year.abs() < 300_000_000)?;
        let first = hybrid_epoch_day((year, months.rem_euclid(12) + 1, 1));
        let first_of_year = hybrid_epoch_day((year, 1, 1));
        let sunday_of = |day: i64| day - weekday(day) % 7;
        let by_week = |start: i64, week: i64| {
            let day = self.weekday.unwrap_or(0);
            Some(sunday_of(start) + week.checked_sub(1)?.checked_mul(7)? + day)
        };
        let day = match (self.day, self.day_of_year, self.week_of_year, self.week_of_month) {
            (Some(day), ..) => first.checked_add(day)? - 1,
            (None, Some(day), ..) => first_of_year.checked_add(day)? - 1,
            (None, None, Some(week), _) => by_week(first_of_year, week)?,
            (None, None, None, Some(week)) => by_week(first, week)?,
            (None, None, None, None) => match (self.weekday_in_month, self.weekday) {
                (Some(nth), weekday_wanted) => {
                    let first_of_kind = first + (weekday_wanted.unwrap_or(0) - weekday(first)).rem_euclid(7);
                    first_of_kind + nth.checked_sub(1)?.checked_mul(7)?
                }
                (None, Some(weekday)) => sunday_of(first) + weekday,
                (None, None) => first,
            },
        };
        let hour = match self.hour {
            Some(hour) => hour,
            None => self.half.unwrap_or(0) * 12 + self.hour_of_half.unwrap_or(0),
        };
        let seconds = day.checked_mul(86_400)? + hour.checked_mul(3600)? + self.minute.checked_mul(60)?;
        let seconds = seconds.checked_add(self.second)? - self.offset_seconds.unwrap_or(0);
        seconds.checked_mul(1000)?.checked_add(self.milli)
    }
}

/// The value, the place after it and its number of digits. Where a number follows at once, `end` bounds its text.
fn number(text: &str, at: usize, end: Option<usize>) -> Option<(i64, usize, usize)> {
    let text = match end {
        Some(end) => text.get(..end)?,
        None => text,
    };
    let rest = text.get(at..)?;
    let start = at + usize::from(rest.starts_with('-'));
    let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count().min(18);
    let value: i64 = text[start..start + digits].parse().ok()?;
    Some((if start > at { -value } else { value }, start + digits, digits))
}

/// The longest full or three-letter name that the text starts with, in any case: its index and length.
fn longest(names: &[&str], text: &str) -> Option<(i64, usize)> {
    let starts = |name: &str| text.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    let full = names.iter().position(|name| starts(name));
    let found = full.map(|i| (i, names[i].len()));
    let (index, length) = found.or_else(|| {
        let short = names.iter().position(|name| starts(&name[..3.min(name.len())]))?;
        Some((short, 3.min(names[short].len())))
    })?;
    Some((index as i64, length))
}

/// Two digits are the year from 80 years before now to 19 after it, counted from a fixed year so that results never change.
fn full_year(two_digits: i64) -> i64 {
    const FIRST: i64 = 1946;
    FIRST + (two_digits - FIRST % 100).rem_euclid(100)
}
