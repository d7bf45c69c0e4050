//! Colours of SQL while it is typed.

use weir_parser::KEYWORDS;

use super::style::{Paint, Style};

/// The text with colours; its characters are unchanged.
pub fn highlight(sql: &str, style: &Style) -> String {
    let mut painted = String::with_capacity(sql.len() * 2);
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (length, paint) = piece(rest, first);
        let (text, behind) = rest.split_at(length);
        match paint {
            Some(paint) => painted.push_str(&style.paint(paint, text)),
            None => painted.push_str(text),
        }
        rest = behind;
    }
    painted
}

/// Length in bytes and kind of what the text begins with.
fn piece(text: &str, first: char) -> (usize, Option<Paint>) {
    match first {
        '\'' => (quoted(text, '\''), Some(Paint::Text)),
        '`' | '"' => (quoted(text, first), Some(Paint::Name)),
        '-' if text.starts_with("--") => (text.find('\n').unwrap_or(text.len()), Some(Paint::Comment)),
        '/' if text.starts_with("/*") => (text.find("*/").map_or(text.len(), |end| end + 2), Some(Paint::Comment)),
        '$' if text.starts_with("${") => (text.find('}').map_or(text.len(), |end| end + 1), Some(Paint::Name)),
        c if c.is_ascii_digit() => (while_in(text, |c| c.is_ascii_alphanumeric() || c == '.'), Some(Paint::Number)),
        c if c.is_alphabetic() || c == '_' => {
            let length = while_in(text, |c| c.is_alphanumeric() || c == '_');
            let is_keyword = KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(&text[..length]));
            (length, is_keyword.then_some(Paint::Keyword))
        }
        c => (c.len_utf8(), None),
    }
}

/// Up to the closing quote; a doubled one is part of the text.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |at| at + 2)
}

fn while_in(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOURED: Style = Style { width: Some(80), colours: true };

    fn check(sql: &str, coloured: &[(&str, Paint)]) {
        let painted = highlight(sql, &COLOURED);
        let mut rest = painted.as_str();
        for (text, paint) in coloured {
            let piece = COLOURED.paint(*paint, text);
            let at = rest.find(&piece).unwrap_or_else(|| panic!("{text} in {painted:?}"));
            rest = &rest[at + piece.len()..];
        }
        assert_eq!(highlight(sql, &Style::PLAIN), sql);
    }

    #[test]
    fn kinds_of_text_are_told_apart() {
        check(
            "select A1, 'it''s -- x', 12.5e3 FROM `from` -- where\nWHERE b = ${v} /* 1 */",
            &[
                ("select", Paint::Keyword),
                ("'it'", Paint::Text),
                ("'s -- x'", Paint::Text),
                ("12.5e3", Paint::Number),
                ("FROM", Paint::Keyword),
                ("`from`", Paint::Name),
                ("-- where", Paint::Comment),
                ("WHERE", Paint::Keyword),
                ("${v}", Paint::Name),
                ("/* 1 */", Paint::Comment),
            ],
        );
        check("'open", &[("'open", Paint::Text)]);
        check("é /* open", &[("/* open", Paint::Comment)]);
        check("", &[]);
    }
}
