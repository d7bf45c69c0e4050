//! URIs as Java's `URI` class reads them: RFC 2396 with its amendments. Knows nothing of SQL.

use std::net::Ipv6Addr;

use percent_encoding::percent_decode_str;

#[derive(Clone, Copy, Debug, Default)]
pub struct Uri<'a> {
    pub scheme: Option<&'a str>,
    pub host: Option<&'a str>,
    pub port: Option<i32>,
    /// `None` in URIs such as `mailto:a@b`.
    pub path: Option<&'a str>,
    pub query: Option<&'a str>,
    pub fragment: Option<&'a str>,
}

/// Characters that a part may hold beside letters, digits, escapes and what is not ASCII.
const MARKS: &str = "_-!.~'()*";
const OF_URI: &str = ";/?:@&=+$,[]";
const OF_PATH: &str = ":@&=+$,;/";
const OF_REGISTRY: &str = "$,;:@&=+";
const OF_USER: &str = ";:&=+$,";
/// Of hosts with user and port; `%` is looked at later.
const OF_SERVER: &str = ";:&=+$,@[]%";

impl<'a> Uri<'a> {
    /// # Errors
    /// When the text is no URI.
    pub fn parse(text: &'a str) -> Result<Uri<'a>, String> {
        let mut uri = Uri::default();
        uri.read(text).map_err(|why| format!("{why}: {text}"))?;
        Ok(uri)
    }

    fn read(&mut self, text: &'a str) -> Result<(), String> {
        let (rest, fragment) = text.split_once('#').map_or((text, None), |(rest, f)| (rest, Some(f)));
        let end = rest.find([':', '/', '?']).filter(|i| rest[*i..].starts_with(':'));
        let specific = match end {
            None => rest,
            Some(0) => return Err("Expected scheme name at index 0".into()),
            Some(end) => {
                self.scheme = Some(scheme(&rest[..end])?);
                &rest[end + 1..]
            }
        };
        if self.scheme.is_some() && !specific.starts_with('/') {
            if specific.is_empty() {
                return Err("Expected scheme-specific part".into());
            }
            check(specific, OF_URI, "opaque part")?;
        } else {
            self.hierarchical(specific, fragment.is_some())?;
        }
        self.fragment = fragment.map(|f| check(f, OF_URI, "fragment")).transpose()?;
        Ok(())
    }

    fn hierarchical(&mut self, text: &'a str, has_fragment: bool) -> Result<(), String> {
        let mut rest = text;
        if let Some(after) = text.strip_prefix("//") {
            let end = after.find(['/', '?']).unwrap_or(after.len());
            if end > 0 {
                self.authority(&after[..end])?;
            } else if after.is_empty() && !has_fragment {
                return Err("Expected authority".into());
            }
            rest = &after[end..];
        }
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, q)| (path, Some(q)));
        self.path = Some(check(path, OF_PATH, "path")?);
        self.query = query.map(|q| check(q, OF_URI, "query")).transpose()?;
        Ok(())
    }

    /// A host with user and port, or else any name, of which nothing is known.
    fn authority(&mut self, text: &'a str) -> Result<(), String> {
        let server = if valid_length(text, OF_SERVER)? == text.len() {
            self.server(text)
        } else {
            Err("Illegal character in authority".to_owned())
        };
        if server.is_err() {
            (self.host, self.port) = (None, None);
            if valid_length(text, OF_REGISTRY)? < text.len() {
                return server;
            }
        }
        Ok(())
    }

    fn server(&mut self, text: &'a str) -> Result<(), String> {
        let text = match text.split_once('@') {
            Some((user, rest)) => {
                check(user, OF_USER, "user info")?;
                rest
            }
            None => text,
        };
        let end = match text.strip_prefix('[') {
            Some(inside) => {
                let end = inside.find(']').filter(|end| *end > 0);
                let end = end.ok_or("Expected closing bracket for IPv6 address")?;
                check_ipv6(&inside[..end])?;
                end + 2
            }
            None => host_length(text)?,
        };
        self.host = Some(&text[..end]);
        match text[end..].strip_prefix(':') {
            None if end == text.len() => {}
            Some("") => {}
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                self.port = Some(digits.parse().map_err(|_| "Malformed port number")?);
            }
            _ => return Err("Illegal character in port number".into()),
        }
        Ok(())
    }
}

fn scheme(text: &str) -> Result<&str, String> {
    let is_scheme = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if is_scheme { Ok(text) } else { Err("Illegal character in scheme name".into()) }
}

/// The text, if it only holds what it may.
fn check<'a>(text: &'a str, allowed: &str, what: &str) -> Result<&'a str, String> {
    let valid = valid_length(text, allowed)?;
    if valid == text.len() { Ok(text) } else { Err(format!("Illegal character in {what} at index {valid}")) }
}

/// How much of the text, from its start on, consists of letters, digits, marks, escapes, `allowed` characters and such
/// beyond ASCII as are neither blanks nor controls.
fn valid_length(text: &str, allowed: &str) -> Result<usize, String> {
    let bytes = text.as_bytes();
    for (at, c) in text.char_indices() {
        let is_valid = match c {
            _ if allowed.contains(c) || MARKS.contains(c) || c.is_ascii_alphanumeric() => true,
            '%' => {
                let is_hex = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_hexdigit);
                if !is_hex(at + 1) || !is_hex(at + 2) {
                    return Err(format!("Malformed escape pair at index {at}"));
                }
                true
            }
            _ => c > '\u{80}' && !c.is_control() && !is_blank(c),
        };
        if !is_valid {
            return Ok(at);
        }
    }
    Ok(text.len())
}

fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// How much of the text is an IPv4 address or a name of labels with dots between and maybe one behind them.
fn host_length(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let parts: Vec<&str> = text[..digits].split('.').collect();
    let is_address = parts.len() == 4 && parts.iter().all(|p| p.parse::<u16>().is_ok_and(|byte| byte < 256));
    if is_address && (digits == text.len() || text[digits..].starts_with(':')) {
        return Ok(digits);
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.').unwrap_or(text.len());
    let name = text[..end].strip_suffix('.').unwrap_or(&text[..end]);
    let is_label = |label: &str| {
        let at_ends = |c: char| c.is_ascii_alphanumeric();
        label.starts_with(at_ends) && label.ends_with(at_ends)
    };
    let last_is_name = name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()));
    let is_name = name.split('.').all(is_label) && (last_is_name || !name.contains('.'));
    let is_whole = end == text.len() || text[end..].starts_with(':');
    if is_name && is_whole { Ok(end) } else { Err("Illegal character in hostname".into()) }
}

fn check_ipv6(text: &str) -> Result<(), String> {
    let (address, scope) = text.split_once('%').map_or((text, None), |(address, scope)| (address, Some(scope)));
    if address.parse::<Ipv6Addr>().is_err() {
        return Err("Expected hex digits or IPv4 address".into());
    }
    match scope {
        Some("") => Err("scope id expected".into()),
        Some(scope) if !scope.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c)) => {
            Err("Illegal character in scope id".into())
        }
        _ => Ok(()),
    }
}

/// Text with its escapes as the characters that they stand for.
pub fn decode(text: &str) -> std::borrow::Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        let check = |text: &str, expected: Option<(Option<&str>, Option<i32>)>| {
            assert_eq!(Uri::parse(text).ok().map(|uri| (uri.host, uri.port)), expected, "of {text}");
        };
        check("http://u:p@a.com:80/p", Some((Some("a.com"), Some(80))));
        check("http://a_b.com:80/", Some((None, None)));
        check("http://1.2.3.4:", Some((Some("1.2.3.4"), None)));
        check("http://1.2.3/", Some((None, None)));
        check("http://[::1]:7/", Some((Some("[::1]"), Some(7))));
        check("http://[::g]/", None);
        check("mailto:a@b", Some((None, None)));
        check("http://", None);
        check("http:///p", Some((None, None)));
        check("a b", None);
        check("/%zz", None);
    }
}
