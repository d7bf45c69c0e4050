//! Configuration files in the syntax of Java properties, as `ksql-server.properties` is written. Knows no property names.

/// One property and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    pub name: String,
    pub value: String,
    /// First line of the property, from 1.
    pub line: usize,
}

/// Why a file was refused; `line` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub line: usize,
    pub message: String,
}

/// Reads `name=value`, `name: value` and `name value` lines: comments begin with `#` or `!`, a `\` at the end of a line
/// goes on in the next one, `\t \n \r \f \uXXXX` and escaped characters stand for themselves. Of equal names both are given.
pub fn parse(text: &str) -> Result<Vec<Property>, SyntaxError> {
    let mut properties = Vec::new();
    for (line, logical) in logical_lines(text) {
        let (name, value) = split(&logical);
        let name = unescape(name, line)?;
        if name.is_empty() {
            return Err(SyntaxError { line, message: format!("`{logical}` has no name before its value") });
        }
        let value = unescape(value, line)?;
        properties.push(Property { name, value, line });
    }
    Ok(properties)
}

/// Lines with their continuations joined, without blank lines and comments.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (index, raw) in text.lines().enumerate() {
        let line = raw.trim_start_matches([' ', '\t', '\x0c']);
        if !goes_on && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        let continues = backslashes % 2 == 1;
        let content = if continues { &line[..line.len() - 1] } else { line };
        match found.last_mut() {
            Some((_, before)) if goes_on => before.push_str(content),
            _ => found.push((index + 1, content.to_string())),
        }
        goes_on = continues;
    }
    found
}

/// Name and value, still escaped: the name ends at the first bare `=`, `:` or blank.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c: char| {
        let ends = !escaped && matches!(c, '=' | ':' | ' ' | '\t' | '\x0c');
        escaped = c == '\\' && !escaped;
        ends
    });
    let Some(end) = end else { return (line, "") };
    let blank = [' ', '\t', '\x0c'];
    let rest = line[end..].trim_start_matches(blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (&line[..end], rest.trim_start_matches(blank))
}

fn unescape(text: &str, line: usize) -> Result<String, SyntaxError> {
    let mut plain = String::with_capacity(text.len());
    let mut utf16 = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let escape = if c == '\\' { rest.next() } else { None };
        if escape == Some('u') {
            let digits: String = rest.by_ref().take(4).collect();
            let unit = (digits.len() == 4).then(|| u16::from_str_radix(&digits, 16).ok()).flatten();
            utf16.push(unit.ok_or_else(|| SyntaxError { line, message: format!("`\\u{digits}` is no character") })?);
            continue;
        }
        plain.push_str(&String::from_utf16_lossy(&std::mem::take(&mut utf16)));
        plain.push(match escape {
            None => c,
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('f') => '\x0c',
            Some(other) => other,
        });
    }
    plain.push_str(&String::from_utf16_lossy(&utf16));
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str, usize)]) {
        let found = parse(text).unwrap();
        let found: Vec<_> = found.iter().map(|p| (p.name.as_str(), p.value.as_str(), p.line)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn forms_of_a_property() {
        check("a=1", &[("a", "1", 1)]);
        check("  a = 1 \n", &[("a", "1 ", 1)]);
        check("a: b=c", &[("a", "b=c", 1)]);
        check("a b c", &[("a", "b c", 1)]);
        check("a\n", &[("a", "", 1)]);
        check("a=\r\nb=2\r\n", &[("a", "", 1), ("b", "2", 2)]);
    }

    #[test]
    fn comments_and_blank_lines_are_no_properties() {
        check("# x=1\n! y=2\n\n  # z\nlisteners=http://0.0.0.0:8088", &[("listeners", "http://0.0.0.0:8088", 5)]);
    }

    #[test]
    fn a_line_goes_on_after_a_backslash() {
        check("a=1,\\\n   2,\\\n   3\nb=4", &[("a", "1,2,3", 1), ("b", "4", 4)]);
        check("a=c:\\\\\nb=1", &[("a", "c:\\", 1), ("b", "1", 2)]);
    }

    #[test]
    fn escapes() {
        check("a\\ b\\=c=d", &[("a b=c", "d", 1)]);
        check("a=\\u00e4\\t\\q\\uD83D\\uDE00", &[("a", "ä\tq😀", 1)]);
    }

    #[test]
    fn errors_tell_the_line() {
        assert_eq!(parse("a=1\n=2").unwrap_err().line, 2);
        assert_eq!(
            parse("\n\na=\\u00g1").unwrap_err(),
            SyntaxError { line: 3, message: "`\\u00g1` is no character".into() }
        );
    }
}
