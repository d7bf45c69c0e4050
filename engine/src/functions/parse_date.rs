//! Text to dates, times and timestamps.

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
};
use arrow_array::{Array, ArrayRef};

use super::date_parts::DATE_TIME;
use super::datetime::{MILLIS_PER_DAY, Zone, pattern, simple_pattern, zone};
use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "parse_date",
        DATE_TIME,
        "A date read by a pattern; parts left out are those of 1970-01-01.",
        &[
            ("PARSE_DATE('1970-01-11', 'yyyy-MM-dd')", "'1970-01-11'"),
            ("PARSE_DATE('JAN-2022', 'MMM-yyyy')", "'2022-01-01'"),
        ],
        &[Overload::new("formattedDate STRING, formatPattern STRING", "DATE", |c, a| {
            let (texts, patterns) = (a[0].strings(), a[1].strings());
            primitive_rows::<Date32Type>(c, |row| {
                let (text, letters) = (texts.at(row)?, patterns.at(row)?);
                let ms = simple_pattern(letters)
                    .and_then(|p| p.parse(text))
                    .map_err(|why| failed("date", text, letters, &why))?;
                if ms % MILLIS_PER_DAY != 0 {
                    return Err(failed("date", text, letters, "Date format contains time field.").into());
                }
                i32::try_from(ms / MILLIS_PER_DAY).map_err(|_| failed("date", text, letters, "out of range").into())
            })
        })],
    ),
    Function::scalar(
        "parse_time",
        DATE_TIME,
        "A time of day read by a pattern.",
        &[("PARSE_TIME('01:02', 'HH:mm')", "'01:02:00'"), ("PARSE_TIME('01:00:00 Pm', 'hh:mm:ss a')", "'13:00:00'")],
        &[Overload::new("formattedTime STRING, formatPattern STRING", "TIME", |c, a| {
            let (texts, patterns) = (a[0].strings(), a[1].strings());
            primitive_rows::<Time32MillisecondType>(c, |row| {
                let (text, letters) = (texts.at(row)?, patterns.at(row)?);
                let pattern = pattern(letters).map_err(|why| failed("time", text, letters, &why))?;
                if pattern.has_date_fields() {
                    return Err(failed("time", text, letters, "Time format contains date field.").into());
                }
                pattern.parse_time(text).map_err(|why| failed("time", text, letters, &why).into())
            })
        })],
    ),
    Function::scalar(
        "parse_timestamp",
        DATE_TIME,
        "A timestamp read by a pattern, in the text's zone, a given one or GMT.",
        &[
            ("PARSE_TIMESTAMP('1970-01-01 01', 'yyyy-MM-dd HH')", "'1970-01-01T01:00:00.000'"),
            (
                "UNIX_TIMESTAMP(PARSE_TIMESTAMP('2018-05-11T21:58:33 PST', 'yyyy-MM-dd''T''HH:mm:ss zzz'))",
                "1526101113000",
            ),
        ],
        &[
            Overload::new("formattedTimestamp STRING, formatPattern STRING", "TIMESTAMP", |c, a| {
                parse_instants::<TimestampMillisecondType>(c, a, &Zone::UTC)
            }),
            Overload::new("formattedTimestamp STRING, formatPattern STRING, timeZone STRING", "TIMESTAMP", |c, a| {
                parse_instants::<TimestampMillisecondType>(c, a, &Zone::UTC)
            }),
        ],
    ),
    Function::scalar(
        "stringtodate",
        DATE_TIME,
        "Days since 1970-01-01 of a date read by a pattern.",
        &[("STRINGTODATE('1970-01-11', 'yyyy-MM-dd')", "10")],
        &[Overload::new("formattedDate STRING, formatPattern STRING", "INT", |c, a| {
            let (texts, patterns) = (a[0].strings(), a[1].strings());
            primitive_rows::<Int32Type>(c, |row| {
                let (Some(text), Some(letters)) = (texts.get(row), patterns.get(row)) else {
                    return Err("Failed to parse a date: the text or the pattern is NULL".into());
                };
                pattern(letters)
                    .and_then(|p| p.parse_date(text))
                    .map_err(|why| failed("date", text, letters, &why).into())
            })
        })],
    ),
    Function::scalar(
        "stringtotimestamp",
        DATE_TIME,
        "Milliseconds since 1970-01-01T00:00 UTC of a timestamp read by a pattern, in the text's zone, a given one or the server's.",
        &[
            ("STRINGTOTIMESTAMP('1970-01-01 00:00:01', 'yyyy-MM-dd HH:mm:ss', 'UTC')", "1000"),
            ("STRINGTOTIMESTAMP('2020-05-11T21:58:33z', 'yyyy-MM-dd''T''HH:mm:ssX')", "1589234313000"),
        ],
        &[
            Overload::new("formattedTimestamp STRING, formatPattern STRING", "BIGINT", string_to_timestamp),
            Overload::new(
                "formattedTimestamp STRING, formatPattern STRING, timeZone STRING",
                "BIGINT",
                string_to_timestamp,
            ),
        ],
    ),
];

fn failed(what: &str, text: &str, letters: &str, why: &str) -> String {
    format!("Failed to parse {what} '{text}' with formatter '{letters}': {why}")
}

/// Unlike with PARSE_TIMESTAMP a NULL is an error.
fn string_to_timestamp(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    for row in 0..context.rows {
        if arguments.iter().any(|argument| argument.array().is_null(row)) {
            context.fail(row, "Failed to parse a timestamp: an argument is NULL");
        }
    }
    parse_instants::<Int64Type>(context, arguments, Zone::server())
}

/// Text, pattern and maybe a zone; without one `default_zone` is used. A NULL gives NULL.
fn parse_instants<T: ArrowPrimitiveType<Native = i64>>(
    context: &mut CallContext<'_>,
    arguments: &[Argument<'_>],
    default_zone: &Zone,
) -> ArrayRef {
    let (texts, patterns) = (arguments[0].strings(), arguments[1].strings());
    let zones = arguments.get(2).map(Argument::strings);
    primitive_rows::<T>(context, |row| {
        let (text, letters) = (texts.at(row)?, patterns.at(row)?);
        let zone = zones.map(|zones| Ok::<_, Stop>(zone(zones.at(row)?)?)).transpose()?;
        let zone = zone.as_deref().unwrap_or(default_zone);
        let parsed = pattern(letters).and_then(|pattern| pattern.parse_timestamp(text, zone));
        parsed.map_err(|why| failed("timestamp", text, letters, &why).into())
    })
}
