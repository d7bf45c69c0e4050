//! Dates, times and timestamps to text.

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, PrimitiveArray, StringArray};

use super::date_parts::DATE_TIME;
use super::datetime::{Moment, Zone, pattern, zone};
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "format_date",
        DATE_TIME,
        "A date as text by a pattern.",
        &[("FORMAT_DATE(FROM_DAYS(0), 'dd/MM/yyyy')", "'01/01/1970'")],
        &[Overload::new("date DATE, formatPattern STRING", "STRING", |c, a| {
            format_days(c, a[0].dates(), a[1].strings(), |days| days)
        })],
    ),
    Function::scalar(
        "format_time",
        DATE_TIME,
        "A time of day as text by a pattern.",
        &[("FORMAT_TIME(PARSE_TIME('01:02', 'HH:mm'), 'HH.mm')", "'01.02'")],
        &[Overload::new("time TIME, formatPattern STRING", "STRING", |c, a| {
            let (times, patterns) = (a[0].times(), a[1].strings());
            string_rows(c, |row, out| {
                let moment = Moment::time(times.at(row)?);
                Ok(pattern(patterns.at(row)?)?.format(&moment, out)?)
            })
        })],
    ),
    Function::scalar(
        "format_timestamp",
        DATE_TIME,
        "A timestamp as text by a pattern, in a zone or GMT.",
        &[
            ("FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy-MM-dd HH:mm:ss.SSS')", "'1970-01-01 00:00:00.000'"),
            (
                "FORMAT_TIMESTAMP(FROM_UNIXTIME(1526075913000), 'yyyy-MM-dd HH:mm:ss zzz', 'America/Los_Angeles')",
                "'2018-05-11 14:58:33 PDT'",
            ),
        ],
        &[
            Overload::new("timestamp TIMESTAMP, formatPattern STRING", "STRING", |c, a| {
                format_instants(c, a, a[0].timestamps(), &Zone::Region(chrono_tz::GMT))
            }),
            Overload::new("timestamp TIMESTAMP, formatPattern STRING, timeZone STRING", "STRING", |c, a| {
                format_instants(c, a, a[0].timestamps(), &Zone::UTC)
            }),
        ],
    ),
    Function::scalar(
        "datetostring",
        DATE_TIME,
        "Days since 1970-01-01 as text by a pattern.",
        &[("DATETOSTRING(0, 'yyyy-MM-dd')", "'1970-01-01'")],
        &[Overload::new("epochDays INT, formatPattern STRING", "STRING", |c, a| {
            format_days(c, a[0].integers(), a[1].strings(), |days| days)
        })
        .primitive(&[0])],
    ),
    Function::scalar(
        "timestamptostring",
        DATE_TIME,
        "Milliseconds since 1970-01-01T00:00 UTC as text by a pattern, in a zone or the server's.",
        &[("TIMESTAMPTOSTRING(0, 'HH:mm', 'UTC')", "'00:00'")],
        &[
            Overload::new("epochMilli BIGINT, formatPattern STRING", "STRING", |c, a| {
                format_instants(c, a, a[0].bigints(), Zone::server())
            })
            .primitive(&[0]),
            Overload::new("epochMilli BIGINT, formatPattern STRING, timeZone STRING", "STRING", |c, a| {
                format_instants(c, a, a[0].bigints(), Zone::server())
            })
            .primitive(&[0]),
        ],
    ),
];

fn format_days<T: ArrowPrimitiveType>(
    context: &mut CallContext<'_>,
    days: &PrimitiveArray<T>,
    patterns: &StringArray,
    epoch_days: fn(T::Native) -> i32,
) -> ArrayRef {
    string_rows(context, |row, out| {
        let (days, text) = (epoch_days(days.at(row)?), patterns.at(row)?);
        Ok(pattern(text)?.format(&Moment::date(days), out)?)
    })
}

/// Arguments from the second on: the pattern and maybe a zone; without one `default_zone` is used.
fn format_instants<T: ArrowPrimitiveType<Native = i64>>(
    context: &mut CallContext<'_>,
    arguments: &[Argument<'_>],
    instants: &PrimitiveArray<T>,
    default_zone: &Zone,
) -> ArrayRef {
    let (patterns, zones) = (arguments[1].strings(), arguments.get(2).map(Argument::strings));
    string_rows(context, |row, out| {
        let (ms, text) = (instants.at(row)?, patterns.at(row)?);
        let pattern = pattern(text)?;
        match zones {
            Some(zones) => Ok(pattern.format(&Moment::instant(ms, &*zone(zones.at(row)?)?), out)?),
            None => Ok(pattern.format(&Moment::instant(ms, default_zone), out)?),
        }
    })
}
