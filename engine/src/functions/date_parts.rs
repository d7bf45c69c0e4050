//! Dates, times and timestamps as numbers, and adding units to them. Formatting and parsing are in their own files.

use arrow_array::ArrayRef;
use arrow_array::types::{Date32Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType};

use super::datetime::{MILLIS_PER_DAY, Zone, zone};
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};

pub const DATE_TIME: &str = "DATE / TIME";

/// A function that adds or subtracts units.
macro_rules! shift {
    ($name:literal, $description:literal, $examples:expr, $parameters:literal, $returns:literal, $evaluate:expr, $sign:literal) => {
        Function::scalar(
            $name,
            DATE_TIME,
            $description,
            $examples,
            &[Overload::new($parameters, $returns, |c, a| $evaluate(c, a, $sign))],
        )
    };
}

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "unix_date",
        DATE_TIME,
        "Days since 1970-01-01, of a date or of today.",
        &[("UNIX_DATE(FROM_DAYS(10))", "10")],
        &[
            Overload::new("", "INT", |c, _| {
                let now = c.clock.now_ms();
                let local = now + i64::from(Zone::server().offset_seconds(now)) * 1000;
                primitive_rows::<Int32Type>(c, |_| Ok(local.div_euclid(MILLIS_PER_DAY) as i32))
            }),
            Overload::new("date DATE", "INT", |_, a| primitive_map::<Date32Type, Int32Type>(&a[0], |days| days)),
        ],
    ),
    Function::scalar(
        "unix_timestamp",
        DATE_TIME,
        "Milliseconds since 1970-01-01T00:00 UTC, of a timestamp or of now.",
        &[("UNIX_TIMESTAMP(FROM_UNIXTIME(5))", "5")],
        &[
            Overload::new("", "BIGINT", |c, _| {
                let now = c.clock.now_ms();
                primitive_rows::<Int64Type>(c, |_| Ok(now))
            }),
            Overload::new("timestamp TIMESTAMP", "BIGINT", |_, a| {
                primitive_map::<TimestampMillisecondType, Int64Type>(&a[0], |ms| ms)
            }),
        ],
    ),
    Function::scalar(
        "from_days",
        DATE_TIME,
        "The date so many days after 1970-01-01.",
        &[("FROM_DAYS(1)", "'1970-01-02'")],
        &[Overload::new("days INT", "DATE", |_, a| primitive_map::<Int32Type, Date32Type>(&a[0], |days| days))
            .primitive(&[0])],
    ),
    Function::scalar(
        "from_unixtime",
        DATE_TIME,
        "The timestamp so many milliseconds after 1970-01-01T00:00 UTC.",
        &[("FROM_UNIXTIME(5)", "'1970-01-01T00:00:00.005'")],
        &[Overload::new("epochMilli BIGINT", "TIMESTAMP", |_, a| {
            primitive_map::<Int64Type, TimestampMillisecondType>(&a[0], |ms| ms)
        })],
    ),
    shift!(
        "dateadd",
        "A date and an interval; what is left of a day is cut off.",
        &[("DATEADD(DAYS, 5, FROM_DAYS(0))", "'1970-01-06'"), ("DATEADD(HOURS, 23, FROM_DAYS(0))", "'1970-01-01'")],
        "unit UNIT, interval INT, date DATE",
        "DATE",
        shift_date,
        1
    ),
    shift!(
        "datesub",
        "A date minus an interval; what is left of a day is cut off.",
        &[("DATESUB(DAYS, 5, FROM_DAYS(0))", "'1969-12-27'")],
        "unit UNIT, interval INT, date DATE",
        "DATE",
        shift_date,
        -1
    ),
    shift!(
        "timeadd",
        "A time of day and an interval, within the day.",
        &[("TIMEADD(HOURS, 25, PARSE_TIME('00:00', 'HH:mm'))", "'01:00:00'")],
        "unit UNIT, interval INT, time TIME",
        "TIME",
        shift_time,
        1
    ),
    shift!(
        "timesub",
        "A time of day minus an interval, within the day.",
        &[("TIMESUB(HOURS, 1, PARSE_TIME('00:00', 'HH:mm'))", "'23:00:00'")],
        "unit UNIT, interval INT, time TIME",
        "TIME",
        shift_time,
        -1
    ),
    shift!(
        "timestampadd",
        "A timestamp and an interval.",
        &[("TIMESTAMPADD(DAYS, 1, FROM_UNIXTIME(0))", "'1970-01-02T00:00:00.000'")],
        "unit UNIT, interval INT, timestamp TIMESTAMP",
        "TIMESTAMP",
        shift_timestamp,
        1
    ),
    shift!(
        "timestampsub",
        "A timestamp minus an interval.",
        &[("TIMESTAMPSUB(SECONDS, 1, FROM_UNIXTIME(1000))", "'1970-01-01T00:00:00.000'")],
        "unit UNIT, interval INT, timestamp TIMESTAMP",
        "TIMESTAMP",
        shift_timestamp,
        -1
    ),
    Function::scalar(
        "convert_tz",
        DATE_TIME,
        "A timestamp moved by the difference of two zones' offsets.",
        &[
            ("CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', '+02:00')", "'1970-01-01T02:00:00.000'"),
            ("CONVERT_TZ(FROM_UNIXTIME(0), '+0200', '+0500')", "'1970-01-01T03:00:00.000'"),
        ],
        &[Overload::new("timestamp TIMESTAMP, fromTz STRING, toTz STRING", "TIMESTAMP", |c, a| {
            let (timestamps, from, to) = (a[0].timestamps(), a[1].strings(), a[2].strings());
            primitive_rows::<TimestampMillisecondType>(c, |row| {
                let (ms, from, to) = (timestamps.at(row)?, from.at(row)?, to.at(row)?);
                let [from, to] = [zone(from)?, zone(to)?].map(|zone| i64::from(zone.offset_seconds(ms)));
                Ok(ms + (to - from) * 1000)
            })
        })],
    ),
];

/// The interval's milliseconds by row: unit and number are the first two arguments.
fn interval_ms<'a>(arguments: &'a [Argument<'_>], sign: i64) -> impl Fn(usize) -> Row<i64> + 'a {
    let Argument::Unit(unit) = &arguments[0] else {
        unreachable!("overload resolution hands a unit to a unit parameter")
    };
    let (unit_ms, counts) = (unit.millis() * sign, arguments[1].integers());
    move |row| Ok(i64::from(counts.at(row)?) * unit_ms)
}

fn shift_date(context: &mut CallContext<'_>, arguments: &[Argument<'_>], sign: i64) -> ArrayRef {
    let (interval, dates) = (interval_ms(arguments, sign), arguments[2].dates());
    primitive_rows::<Date32Type>(context, |row| {
        let ms = i64::from(dates.at(row)?) * MILLIS_PER_DAY + interval(row)?;
        i32::try_from(ms / MILLIS_PER_DAY).map_err(|_| "the date is out of range".into())
    })
}

fn shift_time(context: &mut CallContext<'_>, arguments: &[Argument<'_>], sign: i64) -> ArrayRef {
    let (interval, times) = (interval_ms(arguments, sign), arguments[2].times());
    primitive_rows::<Time32MillisecondType>(context, |row| {
        Ok((i64::from(times.at(row)?) + interval(row)?).rem_euclid(MILLIS_PER_DAY) as i32)
    })
}

fn shift_timestamp(context: &mut CallContext<'_>, arguments: &[Argument<'_>], sign: i64) -> ArrayRef {
    let (interval, timestamps) = (interval_ms(arguments, sign), arguments[2].timestamps());
    primitive_rows::<TimestampMillisecondType>(context, |row| Ok(timestamps.at(row)?.wrapping_add(interval(row)?)))
}
