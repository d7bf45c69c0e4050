//! Numbers from their bytes, and UUIDs.

use arrow_array::ArrayRef;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};

use super::kernels::*;
use super::strings::STRING;
use super::{Argument, CallContext, Function, Overload};

const CONVERSIONS: &str = "CONVERSIONS";

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "int_from_bytes",
        CONVERSIONS,
        "The INT of 4 bytes in BIG_ENDIAN (by default) or LITTLE_ENDIAN order.",
        &[("INT_FROM_BYTES(TO_BYTES('00000021', 'hex'))", "33")],
        &[Overload::new("value BYTES", "INT", integer), Overload::new("value BYTES, byteOrder STRING", "INT", integer)],
    ),
    Function::scalar(
        "bigint_from_bytes",
        CONVERSIONS,
        "The BIGINT of 8 bytes in BIG_ENDIAN (by default) or LITTLE_ENDIAN order.",
        &[("BIGINT_FROM_BYTES(TO_BYTES('0000000000000002', 'hex'))", "2")],
        &[
            Overload::new("value BYTES", "BIGINT", bigint),
            Overload::new("value BYTES, byteOrder STRING", "BIGINT", bigint),
        ],
    ),
    Function::scalar(
        "double_from_bytes",
        CONVERSIONS,
        "The DOUBLE of 8 bytes in BIG_ENDIAN (by default) or LITTLE_ENDIAN order.",
        &[("DOUBLE_FROM_BYTES(TO_BYTES('000000000000F03F', 'hex'), 'LITTLE_ENDIAN')", "1.0")],
        &[
            Overload::new("value BYTES", "DOUBLE", double),
            Overload::new("value BYTES, byteOrder STRING", "DOUBLE", double),
        ],
    ),
    Function::scalar(
        "uuid",
        STRING,
        "A random UUID, or the UUID of 16 bytes.",
        &[
            ("UUID(TO_BYTES('0123456789abcdef0123456789abcdef', 'hex'))", "'01234567-89ab-cdef-0123-456789abcdef'"),
            ("UUID(TO_BYTES('01', 'hex'))", "NULL"),
        ],
        &[
            Overload::new("", "STRING", |c, _| {
                let clock = c.clock;
                string_rows(c, |_, out| {
                    let mut bytes = [0; 16];
                    bytes[..8].copy_from_slice(&clock.random().to_be_bytes());
                    bytes[8..].copy_from_slice(&clock.random().to_be_bytes());
                    push_uuid(uuid::Builder::from_random_bytes(bytes).into_uuid(), out);
                    Ok(())
                })
            }),
            Overload::new("bytes BYTES", "STRING", |c, a| {
                let bytes = a[0].bytes();
                string_rows(c, |row, out| {
                    push_uuid(uuid::Uuid::from_bytes(or_null(bytes.at(row)?.try_into().ok())?), out);
                    Ok(())
                })
            }),
        ],
    ),
];

fn push_uuid(uuid: uuid::Uuid, out: &mut String) {
    out.push_str(uuid.hyphenated().encode_lower(&mut [0; 36]));
}

fn integer(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    primitive_rows::<Int32Type>(context, |row| big_endian(arguments, row).map(i32::from_be_bytes))
}

fn bigint(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    primitive_rows::<Int64Type>(context, |row| big_endian(arguments, row).map(i64::from_be_bytes))
}

fn double(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    primitive_rows::<Float64Type>(context, |row| big_endian(arguments, row).map(f64::from_be_bytes))
}

/// The row's bytes with the most significant first.
fn big_endian<const N: usize>(arguments: &[Argument<'_>], row: usize) -> Row<[u8; N]> {
    let bytes = arguments[0].bytes().at(row)?;
    let order = arguments.get(1).map_or(Some("BIG_ENDIAN"), |order| order.strings().get(row));
    let Ok(mut bytes) = <[u8; N]>::try_from(bytes) else {
        return Err(format!("Number of bytes must be equal to {N}, but found {}", bytes.len()).into());
    };
    match order.map(str::to_ascii_uppercase).as_deref() {
        Some("BIG_ENDIAN") => {}
        Some("LITTLE_ENDIAN") => bytes.reverse(),
        _ => return Err("Byte order must be BIG_ENDIAN or LITTLE_ENDIAN".into()),
    }
    Ok(bytes)
}
