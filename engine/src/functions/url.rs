//! Parts of URIs (RFC 2396, as Java's URI class reads it) and form encoding.

use std::borrow::Cow;

use arrow_array::ArrayRef;
use arrow_array::types::Int32Type;

use super::java_text::push_utf8;
use super::kernels::*;
use super::uri::{Uri, decode};
use super::{Argument, CallContext, Function, Overload};

const URL: &str = "URL";

/// A function that gives one text of a URI.
macro_rules! part {
    ($name:literal, $description:literal, $examples:expr, $get:expr) => {
        Function::scalar(
            $name,
            URL,
            $description,
            $examples,
            &[Overload::new("input STRING", "STRING", |c, a| {
                let texts = a[0].strings();
                string_rows(c, |row, out| {
                    let uri = Uri::parse(texts.at(row)?)?;
                    let get: for<'a> fn(&Uri<'a>) -> Option<Cow<'a, str>> = $get;
                    out.push_str(&or_null(get(&uri))?);
                    Ok(())
                })
            })],
        )
    };
}

pub static FUNCTIONS: &[Function] = &[
    part!(
        "url_extract_protocol",
        "The scheme of a URL.",
        &[("URL_EXTRACT_PROTOCOL('http://a.com:80/p?q=1#f')", "'http'")],
        |u| { u.scheme.map(Cow::Borrowed) }
    ),
    part!(
        "url_extract_host",
        "The host of a URL.",
        &[("URL_EXTRACT_HOST('http://test@confluent.io:8080')", "'confluent.io'")],
        |u| { u.host.map(Cow::Borrowed) }
    ),
    part!(
        "url_extract_path",
        "The decoded path of a URL.",
        &[("URL_EXTRACT_PATH('http://a.com:80/p?q=1#f')", "'/p'")],
        |u| { u.path.map(decode) }
    ),
    part!(
        "url_extract_query",
        "The decoded query of a URL.",
        &[("URL_EXTRACT_QUERY('http://a.com:80/p?q=1#f')", "'q=1'")],
        |u| { u.query.map(decode) }
    ),
    part!(
        "url_extract_fragment",
        "The decoded fragment of a URL.",
        &[("URL_EXTRACT_FRAGMENT('http://a.com:80/p?q=1#f')", "'f'")],
        |u| u.fragment.map(decode)
    ),
    Function::scalar(
        "url_extract_port",
        URL,
        "The port of a URL.",
        &[("URL_EXTRACT_PORT('http://a.com:80/p')", "80"), ("URL_EXTRACT_PORT('http://a.com/p')", "NULL")],
        &[Overload::new("input STRING", "INT", |c, a| {
            let texts = a[0].strings();
            primitive_rows::<Int32Type>(c, |row| or_null(Uri::parse(texts.at(row)?)?.port))
        })],
    ),
    Function::scalar(
        "url_extract_parameter",
        URL,
        "The value of a parameter in a URL's query.",
        &[("URL_EXTRACT_PARAMETER('http://a.com:80/p?q=1#f', 'q')", "'1'")],
        &[Overload::new("input STRING, paramToFind STRING", "STRING", |c, a| {
            let (texts, names) = (a[0].strings(), a[1].strings());
            string_rows(c, |row, out| {
                let (uri, name) = (Uri::parse(texts.at(row)?)?, names.at(row)?);
                let query = or_null(uri.query.map(decode))?;
                let mut parameters = query.split('&').map(|p| p.split_once('=').unwrap_or((p, "")));
                out.push_str(or_null(parameters.find(|(key, _)| *key == name))?.1);
                Ok(())
            })
        })],
    ),
    Function::scalar(
        "url_encode_param",
        URL,
        "The text as a value of a URL's query.",
        &[("URL_ENCODE_PARAM('a b&c')", "'a+b%26c'"), ("URL_ENCODE_PARAM('?foo $bar')", "'%3Ffoo+%24bar'")],
        &[Overload::new("input STRING", "STRING", |c, a| {
            let texts = a[0].strings();
            string_rows(c, |row, out| {
                for byte in texts.at(row)?.bytes() {
                    match byte {
                        b' ' => out.push('+'),
                        b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
                        _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
                        _ => out.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]),
                    }
                }
                Ok(())
            })
        })],
    ),
    Function::scalar(
        "url_decode_param",
        URL,
        "The text that a value of a URL's query stands for.",
        &[("URL_DECODE_PARAM('a+b%26c')", "'a b&c'")],
        &[Overload::new("input STRING", "STRING", decode_param)],
    ),
];

fn hex_digit(value: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(value)])
}

fn decode_param(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let texts = arguments[0].strings();
    let mut bytes = Vec::new();
    string_rows(context, |row, out| {
        decode_form(texts.at(row)?, &mut bytes)?;
        push_utf8(&bytes, out);
        Ok(())
    })
}

/// The bytes that form-encoded text stands for. As in Java a plus sign may stand before the only digit of an escape.
fn decode_form(text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    out.clear();
    let malformed = |at: usize| format!("malformed escape at index {at} in '{text}'");
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = text.as_bytes().get(at + 1..at + 3).ok_or_else(|| malformed(at))?;
                let digit = |byte: u8| char::from(byte).to_digit(16).ok_or_else(|| malformed(at));
                let high = if pair[0] == b'+' { 0 } else { digit(pair[0])? };
                let value = high * 16 + digit(pair[1])?;
                bytes.nth(1);
                value as u8
            }
            other => other,
        });
    }
    Ok(())
}
