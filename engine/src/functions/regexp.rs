//! Regular expressions. Patterns are Java's; they are turned into the syntax of the `fancy-regex` crate, which matches in
//! linear time what needs no look-around, back-references or possessive quantifiers, and gives up on searches that
//! backtrack too long.

use std::sync::Arc;

use arrow_array::ArrayRef;
use fancy_regex::{Match, Regex};

use super::kernels::*;
use super::{Argument, CallContext, Function, Overload};

const REGULAR_EXPRESSION: &str = "REGULAR EXPRESSION";

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "regexp_extract",
        REGULAR_EXPRESSION,
        "The first match of a pattern in a text, or one of its groups.",
        &[
            ("REGEXP_EXTRACT('(.*) (.*)', 'hello there', 2)", "'there'"),
            ("REGEXP_EXTRACT('test.', 'anothertest')", "NULL"),
        ],
        &[
            Overload::new("pattern STRING, input STRING", "STRING", extract),
            Overload::new("pattern STRING, input STRING, group INT", "STRING", extract),
        ],
    ),
    Function::scalar(
        "regexp_extract_all",
        REGULAR_EXPRESSION,
        "All matches of a pattern in a text, or one of their groups.",
        &[
            ("REGEXP_EXTRACT_ALL('[0-9]', 'a1b2')", "['1', '2']"),
            ("REGEXP_EXTRACT_ALL('(\\w+) (\\w*)', 'apurva mehta agavra ', 2)", "['mehta', '']"),
        ],
        &[
            Overload::new("pattern STRING, input STRING", "ARRAY<STRING>", extract_all),
            Overload::new("pattern STRING, input STRING, group INT", "ARRAY<STRING>", extract_all),
        ],
    ),
    Function::scalar(
        "regexp_replace",
        REGULAR_EXPRESSION,
        "The text with every match of a pattern replaced; $1 stands for a group.",
        &[("REGEXP_REPLACE('a1b22', '[0-9]+', '#')", "'a#b#'"), ("REGEXP_REPLACE('ab', '(a)(b)', '$2$1')", "'ba'")],
        &[Overload::new("str STRING, regexp STRING, newStr STRING", "STRING", replace)],
    ),
    Function::scalar(
        "regexp_split_to_array",
        REGULAR_EXPRESSION,
        "The pieces of a text between the matches of a pattern.",
        &[
            ("REGEXP_SPLIT_TO_ARRAY('a1b2c', '[0-9]')", "['a', 'b', 'c']"),
            ("REGEXP_SPLIT_TO_ARRAY('aabcda', '(ab|cd)')", "['a', '', 'a']"),
        ],
        &[Overload::new("str STRING, regexp STRING", "ARRAY<STRING>", split)],
    ),
];

thread_local! {
    static PATTERNS: Compiled<Regex> = Compiled::new(|pattern| {
        let unusable = |why: String| format!("Invalid regular expression pattern: {pattern}: {why}");
        Regex::new(&from_java(pattern)).map_err(|e| unusable(e.to_string()))
    });
}

/// Groups of one match.
type Captures<'t> = fancy_regex::Captures<'t, str>;

/// The match that was found, or why the search was given up.
fn searched<T>(outcome: Result<T, fancy_regex::Error>) -> Result<T, String> {
    outcome.map_err(|e| format!("the regular expression cannot be matched: {e}"))
}

fn regex(pattern: &str) -> Result<Arc<Regex>, String> {
    PATTERNS.with(|patterns| patterns.get(pattern))
}

/// What `$` and `\Z` stand for: the end, or just before a last line terminator.
const TEXT_END: &str = r"(?=(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)";
/// What `$` stands for where lines are looked at one by one.
const LINE_END: &str = r"(?=[\n\r\x{85}\x{2028}\x{2029}]|\z)";

/// Java's classes are ASCII, its dot stops at any line terminator, `$` also stands before a last one, and `\Q..\E` quotes.
fn from_java(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.char_indices();
    let dot_matches_all = pattern.contains("(?s") || pattern.contains("(?is") || pattern.contains("(?ms");
    let is_multiline = ["(?m", "(?im", "(?sm"].iter().any(|flag| pattern.contains(flag));
    let mut class_depth = 0_usize;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((at, 'Q')) => {
                    let quoted = &pattern[at + 1..];
                    let end = quoted.find("\\E").unwrap_or(quoted.len());
                    out.push_str(&fancy_regex::escape(&quoted[..end]));
                    let skip = quoted[..end].chars().count() + if end < quoted.len() { 2 } else { 0 };
                    chars.by_ref().take(skip).for_each(|_| ());
                }
                Some((_, escaped)) => push_escape(escaped, class_depth > 0, &mut out),
                None => out.push('\\'),
            },
            '[' => {
                class_depth += 1;
                out.push('[');
            }
            ']' => {
                class_depth = class_depth.saturating_sub(1);
                out.push(']');
            }
            '$' if class_depth == 0 => out.push_str(if is_multiline { LINE_END } else { TEXT_END }),
            '.' if class_depth == 0 && !dot_matches_all => out.push_str(r"[^\n\r\x{85}\x{2028}\x{2029}]"),
            '(' if class_depth == 0 && pattern[at..].starts_with("(?<") => {
                out.push('(');
                let named = !pattern[at..].starts_with("(?<=") && !pattern[at..].starts_with("(?<!");
                if named {
                    out.push_str("?P<");
                    chars.by_ref().take(2).for_each(|_| ());
                }
            }
            _ => out.push(c),
        }
    }
    out
}

fn push_escape(escaped: char, in_class: bool, out: &mut String) {
    let class = match escaped {
        'd' => "0-9",
        'w' => "a-zA-Z0-9_",
        's' => r" \t\n\x0B\f\r",
        'h' => r" \t\xA0\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}",
        'v' => r"\n\x0B\f\r\x{85}\x{2028}\x{2029}",
        'D' => return out.push_str("[^0-9]"),
        'W' => return out.push_str("[^a-zA-Z0-9_]"),
        'S' => return out.push_str(r"[^ \t\n\x0B\f\r]"),
        'e' => return out.push_str(r"\x1B"),
        'Z' => return out.push_str(TEXT_END),
        'R' => return out.push_str(r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])"),
        _ => {
            out.push('\\');
            return out.push(escaped);
        }
    };
    if in_class {
        out.push_str(class);
    } else {
        out.push('[');
        out.push_str(class);
        out.push(']');
    }
}

/// The group's number, 0 by default; a greater number than the pattern has groups gives NULL.
fn group_at(arguments: &[Argument<'_>], row: usize, regex: &Regex) -> Row<usize> {
    let group = arguments.get(2).map_or(Ok(0), |groups| groups.integers().at(row))?;
    let group = usize::try_from(group).map_err(|_| format!("the group number {group} is negative"))?;
    if group < regex.captures_len() { Ok(group) } else { Err(Stop::Null) }
}

fn extract(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (patterns, texts) = (arguments[0].strings(), arguments[1].strings());
    string_rows(context, |row, out| {
        let (regex, text) = (regex(patterns.at(row)?)?, texts.at(row)?);
        let group = group_at(arguments, row, &regex)?;
        let found = match group {
            0 => searched(regex.find(text))?,
            _ => searched(regex.captures(text))?.and_then(|captures| captures.get(group)),
        };
        out.push_str(or_null(found)?.as_str());
        Ok(())
    })
}

fn extract_all(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (patterns, texts) = (arguments[0].strings(), arguments[1].strings());
    string_list_rows(context, |row, items| {
        let (regex, text) = (regex(patterns.at(row)?)?, texts.at(row)?);
        let group = group_at(arguments, row, &regex)?;
        for captures in regex.captures_iter(text) {
            items.push(searched(captures)?.get(group).map(|m| m.as_str().to_owned()));
        }
        Ok(())
    })
}

fn replace(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let [texts, patterns, replacements] = [0, 1, 2].map(|i| arguments[i].strings());
    string_rows(context, |row, out| {
        let (text, pattern, replacement) = (texts.at(row)?, patterns.at(row)?, replacements.at(row)?);
        let regex = regex(pattern)?;
        let mut end = 0;
        for captures in regex.captures_iter(text) {
            let captures = searched(captures)?;
            let Some(whole) = captures.get(0) else { continue };
            out.push_str(&text[end..whole.start()]);
            push_replacement(replacement, &captures, out)?;
            end = whole.end();
        }
        out.push_str(&text[end..]);
        Ok(())
    })
}

/// Java's replacement text: `$1`, `${name}`, and a backslash before what stands for itself.
fn push_replacement(replacement: &str, captures: &Captures<'_>, out: &mut String) -> Result<(), String> {
    let mut rest = replacement;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let escaped = rest.chars().next().ok_or("character to be escaped is missing")?;
                out.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
            '$' => {
                let (found, after) = group_reference(rest, captures)?;
                out.push_str(found);
                rest = after;
            }
            _ => out.push(c),
        }
    }
    Ok(())
}

/// The group that a reference after `$` names, and the text after it. Digits are taken as long as there is such a group.
fn group_reference<'a, 'b>(rest: &'b str, captures: &Captures<'a>) -> Result<(&'a str, &'b str), String> {
    if let Some(named) = rest.strip_prefix('{') {
        let (name, after) = named.split_once('}').ok_or("named capturing group is missing trailing '}'")?;
        return Ok((captures.name(name).map_or("", |m| m.as_str()), after));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err("Illegal group reference".into());
    }
    let known = (1..=digits).rev().find(|n| rest[..*n].parse::<usize>().is_ok_and(|group| group < captures.len()));
    let length = known.ok_or_else(|| format!("No group {}", &rest[..1]))?;
    let group: usize = rest[..length].parse().map_err(|_| "Illegal group reference")?;
    Ok((captures.get(group).map_or("", |m| m.as_str()), &rest[length..]))
}

fn split(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (texts, patterns) = (arguments[0].strings(), arguments[1].strings());
    string_list_rows(context, |row, items| {
        let (text, pattern) = (texts.at(row)?, patterns.at(row)?);
        let regex = regex(pattern)?;
        let matches_nothing = searched(regex.is_match(""))?;
        let mut start = 0;
        for found in regex.find_iter(text) {
            let found: Match<'_> = searched(found)?;
            let is_empty_at_start = found.start() == 0 && found.end() == 0;
            let is_empty_at_end = found.start() == found.end() && found.start() == text.len();
            if matches_nothing && (is_empty_at_start || is_empty_at_end) {
                continue;
            }
            items.push(Some(text[start..found.start()].to_owned()));
            start = found.end();
        }
        items.push(Some(text[start..].to_owned()));
        while matches_nothing && items.len() > 1 && items.last().is_some_and(|item| item.as_deref() == Some("")) {
            items.pop();
        }
        Ok(())
    })
}
