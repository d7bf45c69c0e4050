//! The stretches of a script: what is quoted, commented or a variable, and the plain text between.
//!
//! Every reader of raw text (tokens, statement ends, variable substitution, the REPL) walks these, so a `;` or `${x}`
//! inside a string means the same to all of them. Not tokens: a plain stretch still holds words and operators.

/// What one stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegionKind {
    Plain,
    Comment,
    /// `'text'`, quotes included.
    String,
    /// `` `name` ``, quotes included.
    BackQuoted,
    /// `"name"`, quotes included.
    DoubleQuoted,
    /// `${name}`.
    Variable,
    /// One character that opens something that never closes: a quote, the `/` of a `/*`, a stray `$`.
    Unclosed,
}

/// A stretch of text as a byte range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) kind: RegionKind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Cuts `sql` into stretches without gaps, in text order.
pub(crate) fn regions(sql: &str) -> Vec<Region> {
    let mut found = Vec::new();
    let mut plain_start = 0;
    let mut at = 0;
    let mut comments_close = true;
    while at < sql.len() {
        let Some((kind, end)) = special_at(sql, at, &mut comments_close) else {
            at += 1;
            continue;
        };
        if plain_start < at {
            found.push(Region {
                kind: RegionKind::Plain,
                start: plain_start,
                end: at,
            });
        }
        found.push(Region {
            kind,
            start: at,
            end,
        });
        at = end;
        plain_start = end;
    }
    if plain_start < sql.len() {
        found.push(Region {
            kind: RegionKind::Plain,
            start: plain_start,
            end: sql.len(),
        });
    }
    found
}

/// The stretch that begins at byte `at`, if it is not plain. `comments_close` turns false once a `/*` was found without
/// an end, so that the rest of the text is searched only once.
fn special_at(sql: &str, at: usize, comments_close: &mut bool) -> Option<(RegionKind, usize)> {
    let rest = &sql.as_bytes()[at..];
    match rest[0] {
        b'\'' => Some(quoted(rest, at, RegionKind::String)),
        b'`' => Some(quoted(rest, at, RegionKind::BackQuoted)),
        b'"' => Some(quoted(rest, at, RegionKind::DoubleQuoted)),
        b'$' => Some(variable(rest, at)),
        b'-' if rest.get(1) == Some(&b'-') => {
            let length = rest
                .iter()
                .position(|b| matches!(b, b'\n' | b'\r'))
                .unwrap_or(rest.len());
            Some((RegionKind::Comment, at + length))
        }
        b'/' if rest.get(1) == Some(&b'*') => {
            let close = if *comments_close {
                sql[at + 2..].find("*/")
            } else {
                None
            };
            *comments_close = close.is_some();
            Some(close.map_or((RegionKind::Unclosed, at + 1), |n| {
                (RegionKind::Comment, at + n + 4)
            }))
        }
        _ => None,
    }
}

/// A doubled quote stands for one. Without a closing quote the text ends at the last doubled one's first half.
fn quoted(rest: &[u8], at: usize, kind: RegionKind) -> (RegionKind, usize) {
    let quote = rest[0];
    let mut i = 1;
    let mut last_pair = None;
    while i < rest.len() {
        if rest[i] != quote {
            i += 1;
        } else if rest.get(i + 1) == Some(&quote) {
            last_pair = Some(i + 1);
            i += 2;
        } else {
            return (kind, at + i + 1);
        }
    }
    last_pair.map_or((RegionKind::Unclosed, at + 1), |end| (kind, at + end))
}

fn variable(rest: &[u8], at: usize) -> (RegionKind, usize) {
    variable_length(rest).map_or((RegionKind::Unclosed, at + 1), |n| {
        (RegionKind::Variable, at + n)
    })
}

/// Length of the `${name}` at the start of `rest`.
pub(crate) fn variable_length(rest: &[u8]) -> Option<usize> {
    let name = rest.strip_prefix(b"${")?;
    let is_part = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@');
    let length = name.iter().take_while(is_part).count();
    let starts_well = name
        .first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    (starts_well && name.get(length) == Some(&b'}')).then_some(length + 3)
}

/// Whether a quote or comment in `sql` is never closed.
pub(crate) fn is_open(sql: &str) -> bool {
    regions(sql)
        .iter()
        .any(|region| region.kind == RegionKind::Unclosed && &sql[region.start..region.end] != "$")
}

/// The text inside quotes, with doubled quotes made single. `quoted_text` includes its quotes.
pub(crate) fn unquote(quoted_text: &str) -> String {
    let Some(quote) = quoted_text.chars().next() else {
        return String::new();
    };
    let inner = quoted_text
        .get(1..quoted_text.len() - 1)
        .unwrap_or_default();
    inner.replace(&format!("{quote}{quote}"), &quote.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expected: &[(RegionKind, &str)]) {
        let found: Vec<_> = regions(sql)
            .into_iter()
            .map(|r| (r.kind, &sql[r.start..r.end]))
            .collect();
        assert_eq!(found, expected, "{sql}");
    }

    #[test]
    fn quotes_comments_and_variables_are_told_from_plain_text() {
        use RegionKind::*;
        check(
            "a 'b''c' d",
            &[(Plain, "a "), (String, "'b''c'"), (Plain, " d")],
        );
        check(
            "`a``b`\"c\"",
            &[(BackQuoted, "`a``b`"), (DoubleQuoted, "\"c\"")],
        );
        check(
            "x--'y\nz",
            &[(Plain, "x"), (Comment, "--'y"), (Plain, "\nz")],
        );
        check("/* /* */ */", &[(Comment, "/* /* */"), (Plain, " */")]);
        check(
            "${a} $b",
            &[
                (Variable, "${a}"),
                (Plain, " "),
                (Unclosed, "$"),
                (Plain, "b"),
            ],
        );
    }

    #[test]
    fn what_never_closes_is_one_character() {
        use RegionKind::*;
        check("'a", &[(Unclosed, "'"), (Plain, "a")]);
        check("'a''b", &[(String, "'a'"), (Unclosed, "'"), (Plain, "b")]);
        check(
            "/* /*",
            &[
                (Unclosed, "/"),
                (Plain, "* "),
                (Unclosed, "/"),
                (Plain, "*"),
            ],
        );
    }

    #[test]
    fn quotes_are_removed() {
        assert_eq!(unquote("'it''s'"), "it's");
        assert_eq!(unquote("`a``b`"), "a`b");
        assert_eq!(unquote("''"), "");
    }
}
