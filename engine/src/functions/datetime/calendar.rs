//! Days and dates without any bound that matters: the proleptic Gregorian calendar of `java.time`, and the one of older Java
//! classes, which is the Julian calendar before October 15th, 1582.

/// Year (0 is 1 BC), month and day.
pub type Civil = (i64, i64, i64);

/// The first day of the Gregorian calendar, October 15th, 1582, in days since 1970-01-01.
pub const GREGORIAN_START: i64 = -141_427;

/// Days from 0000-03-01 to 1970-01-01, in either calendar's own dates.
const GREGORIAN_EPOCH: i64 = 719_468;
const JULIAN_EPOCH: i64 = 719_470;

/// Days since 1970-01-01 of a Gregorian date; days beyond the month's end count on.
pub fn epoch_day((year, month, day): Civil) -> i64 {
    let (year, day_of_year) = from_march(year, month, day);
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - GREGORIAN_EPOCH
}

/// Years that begin in March put the leap day at their end.
fn from_march(year: i64, month: i64, day: i64) -> (i64, i64) {
    let year = if month <= 2 { year - 1 } else { year };
    (year, (153 * ((month + 9) % 12) + 2) / 5 + day - 1)
}

fn to_january(year: i64, day_of_year: i64) -> Civil {
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// The Gregorian date of a day.
pub fn civil(epoch_day: i64) -> Civil {
    let days = epoch_day + GREGORIAN_EPOCH;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    to_january(year + era * 400, day - (365 * year + year / 4 - year / 100))
}

pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 1 is Monday.
pub fn weekday(epoch_day: i64) -> i64 {
    (epoch_day + 3).rem_euclid(7) + 1
}

/// Days since 1970-01-01 of a date of the Julian calendar.
fn julian_epoch_day((year, month, day): Civil) -> i64 {
    let (year, day_of_year) = from_march(year, month, day);
    year * 365 + year.div_euclid(4) + day_of_year - JULIAN_EPOCH
}

/// The date of a day as Java's older classes show it: Julian before 1582-10-15.
pub fn hybrid_civil(epoch_day: i64) -> Civil {
    if epoch_day >= GREGORIAN_START {
        return civil(epoch_day);
    }
    let days = epoch_day + JULIAN_EPOCH;
    let (era, day) = (days.div_euclid(1461), days.rem_euclid(1461));
    let year = (day - day / 1460) / 365;
    to_january(year + era * 4, day - 365 * year)
}

/// The day of such a date; the ten days that were left out in 1582 are read as Julian.
pub fn hybrid_epoch_day(date: Civil) -> i64 {
    let gregorian = epoch_day(date);
    if gregorian >= GREGORIAN_START { gregorian } else { julian_epoch_day(date) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates() {
        let check = |day: i64, date: Civil| {
            assert_eq!((civil(day), epoch_day(date)), (date, day));
        };
        check(0, (1970, 1, 1));
        check(11_016, (2000, 2, 29));
        check(-719_162, (1, 1, 1));
        check(-719_528, (0, 1, 1));
        check(-719_529, (-1, 12, 31));
        check(2_932_896, (9999, 12, 31));
        check(GREGORIAN_START, (1582, 10, 15));
        assert_eq!((weekday(0), weekday(-1)), (4, 3));
    }

    #[test]
    fn the_older_calendar_is_julian_first() {
        let check = |day: i64, date: Civil| {
            assert_eq!((hybrid_civil(day), hybrid_epoch_day(date)), (date, day));
        };
        check(GREGORIAN_START, (1582, 10, 15));
        check(GREGORIAN_START - 1, (1582, 10, 4));
        check(-719_162, (1, 1, 3));
        check(-719_164, (1, 1, 1));
        check(-171_503, (1500, 6, 1));
    }
}
