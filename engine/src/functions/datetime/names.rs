//! English names of months, days, halves and periods of the day.

use super::pattern::{Field, Style};

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Monday first.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub const HALVES: [&str; 2] = ["AM", "PM"];
pub const ERAS: [&str; 2] = ["BC", "AD"];
const LONG_ERAS: [&str; 2] = ["Before Christ", "Anno Domini"];
const QUARTERS: [&str; 4] = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];
const SHORT_QUARTERS: [&str; 4] = ["Q1", "Q2", "Q3", "Q4"];
const NARROW_QUARTERS: [&str; 4] = ["1", "2", "3", "4"];

/// The name of a field's value. The short names of months and days are their first three letters.
pub(super) fn name_of(field: Field, style: Style, value: i64) -> &'static str {
    let (names, first, is_whole): (&[&'static str], i64, bool) = match (field, style) {
        (Field::Month, _) => (&MONTHS, 1, false),
        (Field::AmPm, _) => (&HALVES, 0, true),
        (Field::Era, Style::Full) => (&LONG_ERAS, 0, true),
        (Field::Era, _) => (&ERAS, 0, style != Style::Narrow),
        (Field::Quarter, Style::Full) => (&QUARTERS, 1, true),
        (Field::Quarter, Style::Narrow) => (&NARROW_QUARTERS, 1, true),
        (Field::Quarter, Style::Short) => (&SHORT_QUARTERS, 1, true),
        _ => (&DAYS, 1, false),
    };
    let name = names.get((value - first) as usize).copied().unwrap_or_default();
    match style {
        Style::Short if !is_whole => &name[..3.min(name.len())],
        Style::Narrow if !is_whole => &name[..1.min(name.len())],
        _ => name,
    }
}

/// `in the morning` and so on.
pub(super) fn day_period(minute_of_day: i64, style: Style) -> &'static str {
    match (minute_of_day, minute_of_day / 60) {
        (0, _) if style == Style::Narrow => "mi",
        (0, _) => "midnight",
        (720, _) if style == Style::Narrow => "n",
        (720, _) => "noon",
        (_, 6..=11) => "in the morning",
        (_, 12..=17) => "in the afternoon",
        (_, 18..=20) => "in the evening",
        _ => "at night",
    }
}
