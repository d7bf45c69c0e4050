//! Text to bytes and back in named encodings: ENCODE, FROM_BYTES, TO_BYTES.

use arrow_array::ArrayRef;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::java_text::{decode_base64, push_utf8};
use super::kernels::*;
use super::strings::STRING;
use super::{Argument, CallContext, Function, Overload};

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "encode",
        STRING,
        "The text changed from one encoding to another; encodings are hex, utf8, ascii and base64.",
        &[
            ("ENCODE('4578616d706c65', 'hex', 'utf8')", "'Example'"),
            ("ENCODE('0x4578616d706C6521', 'hex', 'ascii')", "'Example!'"),
            ("ENCODE('Ελλάδα', 'ascii', 'hex')", "'3f3f3f3f3f3f'"),
        ],
        &[Overload::new("str STRING, inputEncoding STRING, outputEncoding STRING", "STRING", encode)],
    ),
    Function::scalar(
        "from_bytes",
        STRING,
        "The bytes as text in an encoding: hex, utf8, ascii or base64.",
        &[
            ("FROM_BYTES(TO_BYTES('1aB2', 'hex'), 'hex')", "'1AB2'"),
            ("FROM_BYTES(TO_BYTES('21', 'hex'), 'utf8')", "'!'"),
        ],
        &[Overload::new("value BYTES, encoding STRING", "STRING", |c, a| {
            let (inputs, encodings) = (a[0].bytes(), a[1].strings());
            string_rows(c, |row, out| {
                let (input, encoding) = (inputs.at(row)?, Encoding::parse(encodings.at(row)?)?);
                encoding.write(input, true, out);
                Ok(())
            })
        })],
    ),
    Function::scalar(
        "to_bytes",
        STRING,
        "The bytes of a text in an encoding: hex, utf8, ascii or base64.",
        &[("TO_BYTES('!', 'utf8')", "'IQ=='"), ("TO_BYTES('21', 'hex')", "'IQ=='")],
        &[Overload::new("value STRING, encoding STRING", "BYTES", |c, a| {
            let (inputs, encodings) = (a[0].strings(), a[1].strings());
            bytes_rows(c, |row, out| {
                let (input, encoding) = (inputs.at(row)?, Encoding::parse(encodings.at(row)?)?);
                Ok(encoding.read(input, out)?)
            })
        })],
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Hex,
    Utf8,
    Ascii,
    Base64,
}

impl Encoding {
    fn parse(name: &str) -> Result<Encoding, String> {
        const NAMES: [(&str, Encoding); 4] = [
            ("hex", Encoding::Hex),
            ("utf8", Encoding::Utf8),
            ("ascii", Encoding::Ascii),
            ("base64", Encoding::Base64),
        ];
        let found = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let unknown =
            || format!("Unknown encoding type '{name}'. Supported formats are 'hex', 'utf8', 'ascii', and 'base64'.");
        found.map(|(_, encoding)| *encoding).ok_or_else(unknown)
    }

    /// Appends the bytes as text.
    fn write(self, bytes: &[u8], upper_hex: bool, out: &mut String) {
        match self {
            Encoding::Hex => {
                let digits = if upper_hex { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
                for byte in bytes {
                    out.push(char::from(digits[usize::from(byte >> 4)]));
                    out.push(char::from(digits[usize::from(byte & 15)]));
                }
            }
            Encoding::Utf8 => push_utf8(bytes, out),
            Encoding::Ascii => {
                out.extend(
                    bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { char::REPLACEMENT_CHARACTER }),
                );
            }
            Encoding::Base64 => STANDARD.encode_string(bytes, out),
        }
    }

    /// Appends the bytes of a text that must be in the encoding.
    fn read(self, text: &str, out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Encoding::Hex => read_hex(text, out),
            Encoding::Utf8 => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            Encoding::Ascii => {
                out.extend(text.chars().map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(b'?')));
                Ok(())
            }
            Encoding::Base64 => {
                out.extend(decode_base64(text).ok_or_else(|| format!("'{text}' is not base64"))?);
                Ok(())
            }
        }
    }
}

fn read_hex(digits: &str, out: &mut Vec<u8>) -> Result<(), String> {
    if !digits.len().is_multiple_of(2) {
        return Err(format!("'{digits}' is not hexadecimal: an odd number of digits"));
    }
    for pair in digits.as_bytes().chunks_exact(2) {
        let [high, low] = [pair[0], pair[1]].map(|c| char::from(c).to_digit(16));
        let (Some(high), Some(low)) = (high, low) else { return Err(format!("'{digits}' is not hexadecimal")) };
        out.push((high * 16 + low) as u8);
    }
    Ok(())
}

/// Besides plain digits: `0x...`, where an odd number of digits gets a leading zero, and `X'...'`.
fn read_hex_literal(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    if let Some(digits) = text.strip_prefix("0x") {
        return if digits.len().is_multiple_of(2) {
            read_hex(digits, out)
        } else {
            read_hex(&format!("0{digits}"), out)
        };
    }
    let quoted = text.strip_prefix(['X', 'x']).and_then(|rest| rest.strip_prefix('\'')?.strip_suffix('\''));
    read_hex(quoted.unwrap_or(text), out)
}

/// Reads base64 of either alphabet, skipping whatever belongs to neither and stopping at the padding.
fn read_base64_leniently(text: &str, out: &mut Vec<u8>) {
    let digits = text.bytes().take_while(|b| *b != b'=').filter_map(|b| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    });
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits {
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
}

fn encode(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let [texts, from, to] = [0, 1, 2].map(|i| arguments[i].strings());
    let mut bytes = Vec::new();
    string_rows(context, |row, out| {
        let (text, from_name, to_name) = (texts.at(row)?, from.at(row)?, to.at(row)?);
        let unsupported = || {
            format!(
                "Supported input and output encodings are: hex, utf8, ascii and base64, and they must differ; \
                 got '{from_name}' and '{to_name}'"
            )
        };
        let (Ok(from), Ok(to)) = (Encoding::parse(from_name), Encoding::parse(to_name)) else {
            return Err(unsupported().into());
        };
        if from == to {
            return Err(unsupported().into());
        }
        bytes.clear();
        match from {
            Encoding::Hex => read_hex_literal(text, &mut bytes)?,
            Encoding::Base64 => read_base64_leniently(text, &mut bytes),
            _ => from.read(text, &mut bytes)?,
        }
        to.write(&bytes, false, out);
        Ok(())
    })
}
