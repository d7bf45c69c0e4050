//! Parts of URIs (RFC 2396, as Java's URI class reads it) and form encoding.

use arrow_array::ArrayRef;
use arrow_array::types::Int32Type;

use super::kernels::*;
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
                    let get: fn(&Uri<'_>) -> Option<String> = $get;
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
        |u| { u.scheme.map(str::to_owned) }
    ),
    part!(
        "url_extract_host",
        "The host of a URL.",
        &[("URL_EXTRACT_HOST('http://test@confluent.io:8080')", "'confluent.io'")],
        |u| { u.host.map(str::to_owned) }
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
                        _ => out.push_str(&format!("%{byte:02X}")),
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

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn decode_param(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let texts = arguments[0].strings();
    string_rows(context, |row, out| {
        let text = texts.at(row)?;
        check_escapes(text)?;
        out.push_str(&decode(&text.replace('+', " ")));
        Ok(())
    })
}

fn check_escapes(text: &str) -> Result<(), String> {
    let is_hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    match memchr::memchr_iter(b'%', bytes).find(|i| !is_hex(bytes.get(i + 1)) || !is_hex(bytes.get(i + 2))) {
        Some(at) => Err(format!("malformed escape at index {at} in '{text}'")),
        None => Ok(()),
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Uri<'a> {
    scheme: Option<&'a str>,
    host: Option<&'a str>,
    port: Option<i32>,
    /// `None` in URIs such as `mailto:a@b`.
    path: Option<&'a str>,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Uri<'a> {
    fn parse(text: &'a str) -> Result<Uri<'a>, String> {
        check_characters(text)?;
        let (rest, fragment) = text.split_once('#').map_or((text, None), |(rest, f)| (rest, Some(f)));
        let (scheme, rest) = split_scheme(rest).map_err(|why| format!("{why}: {text}"))?;
        let mut uri = Uri { scheme, fragment, ..Uri::default() };
        if scheme.is_some() && !rest.starts_with('/') {
            return if rest.is_empty() { Err(format!("Expected scheme-specific part: {text}")) } else { Ok(uri) };
        }
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, q)| (rest, Some(q)));
        uri.query = query;
        let Some(rest) = rest.strip_prefix("//") else {
            uri.path = Some(rest);
            return Ok(uri);
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.is_empty() && path.is_empty() {
            return Err(format!("Expected authority: {text}"));
        }
        uri.path = Some(path);
        let server = authority.rsplit_once('@').map_or(authority, |(_, server)| server);
        (uri.host, uri.port) = split_server(server);
        Ok(uri)
    }
}

/// Characters that a URI cannot hold, and malformed escapes.
fn check_characters(text: &str) -> Result<(), String> {
    let is_illegal = |c: char| c.is_ascii_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c);
    if let Some((at, _)) = text.char_indices().find(|(_, c)| is_illegal(*c)) {
        return Err(format!("Illegal character in URI at index {at}: {text}"));
    }
    check_escapes(text)
}

fn split_scheme(text: &str) -> Result<(Option<&str>, &str), &'static str> {
    let end = text.find([':', '/', '?']).filter(|i| text[*i..].starts_with(':'));
    let Some(end) = end else { return Ok((None, text)) };
    let scheme = &text[..end];
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if is_scheme { Ok((Some(scheme), &text[end + 1..])) } else { Err("Illegal character in scheme name") }
}

/// Host and port; neither when the authority is not a server's (as `a_b`), which Java allows without looking into it.
fn split_server(server: &str) -> (Option<&str>, Option<i32>) {
    let host_end = if server.starts_with('[') { server.find(']').map(|i| i + 1) } else { server.find(':') };
    let host_end = host_end.unwrap_or(server.len());
    let (host, port) = server.split_at(host_end);
    let is_label = |c: char| c.is_ascii_alphanumeric() || "-.[]:".contains(c);
    if host.is_empty() || !host.chars().all(is_label) {
        return (None, None);
    }
    match port.strip_prefix(':') {
        None | Some("") => (Some(host), None),
        Some(digits) => match digits.parse::<i32>() {
            Ok(port) if port >= 0 => (Some(host), Some(port)),
            _ => (None, None),
        },
    }
}
