//! Regular expressions. Patterns are Java's; they are turned into the syntax of the `fancy-regex` crate, which matches in
//! linear time what needs no look-around, back-references or possessive quantifiers, and gives up on searches that
//! backtrack too long.

mod class;
mod java;
mod property;

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
    static PATTERNS: Compiled<JavaRegex> = Compiled::new(JavaRegex::new);
}

/// A compiled pattern of Java's.
struct JavaRegex {
    regex: Regex,
    /// For texts without line terminators, where that is simpler.
    single_line: Option<Regex>,
    matches_nothing: bool,
}

impl JavaRegex {
    fn new(pattern: &str) -> Result<Self, String> {
        let unusable = |why: String| format!("Invalid regular expression pattern: {pattern}: {why}");
        let compile = |single_line| {
            let translated = java::translate(pattern, single_line).map_err(unusable)?;
            Regex::new(&translated).map_err(|e| unusable(e.to_string()))
        };
        let regex = compile(false)?;
        let single_line = if pattern.contains(['$', '.', 'Z']) { Some(compile(true)?) } else { None };
        let matches_nothing = searched(regex.is_match(""))?;
        Ok(Self { regex, single_line, matches_nothing })
    }

    /// What to search a text with.
    fn of(&self, text: &str) -> &Regex {
        match &self.single_line {
            Some(simpler) if text.is_ascii() && memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none() => simpler,
            _ => &self.regex,
        }
    }
}

/// Hands the matches in a text to `take`, one after the other. An empty one may come right after another, as in Java.
fn each_match<'t>(
    regex: &Regex,
    text: &'t str,
    mut take: impl FnMut(Match<'t>) -> Result<(), String>,
) -> Result<(), String> {
    let mut from = Some(0);
    while let Some(found) = from.map_or(Ok(None), |from| searched(regex.find_from_pos(text, from)))? {
        from = after(text, found.start(), found.end());
        take(found)?;
    }
    Ok(())
}

/// The same with the groups of the matches.
fn each_captures<'t>(
    regex: &Regex,
    text: &'t str,
    mut take: impl FnMut(&Captures<'t>) -> Result<(), String>,
) -> Result<(), String> {
    let mut from = Some(0);
    while let Some(found) = from.map_or(Ok(None), |from| searched(regex.captures_from_pos(text, from)))? {
        let Some(whole) = found.get(0) else { return Ok(()) };
        from = after(text, whole.start(), whole.end());
        take(&found)?;
    }
    Ok(())
}

/// Where to search on after a match.
fn after(text: &str, start: usize, end: usize) -> Option<usize> {
    if end > start { Some(end) } else { text[end..].chars().next().map(|c| end + c.len_utf8()) }
}

/// Groups of one match.
type Captures<'t> = fancy_regex::Captures<'t, str>;

/// The match that was found, or why the search was given up.
fn searched<T>(outcome: Result<T, fancy_regex::Error>) -> Result<T, String> {
    outcome.map_err(|e| format!("the regular expression cannot be matched: {e}"))
}

fn regex(pattern: &str) -> Result<Arc<JavaRegex>, String> {
    PATTERNS.with(|patterns| patterns.get(pattern))
}

/// The group's number, 0 by default; a greater number than the pattern has groups gives NULL.
fn group_at(arguments: &[Argument<'_>], row: usize, regex: &JavaRegex) -> Row<usize> {
    let group = arguments.get(2).map_or(Ok(0), |groups| groups.integers().at(row))?;
    let group = usize::try_from(group).map_err(|_| format!("the group number {group} is negative"))?;
    if group < regex.regex.captures_len() { Ok(group) } else { Err(Stop::Null) }
}

fn extract(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (patterns, texts) = (arguments[0].strings(), arguments[1].strings());
    string_rows(context, |row, out| {
        let (regex, text) = (regex(patterns.at(row)?)?, texts.at(row)?);
        let group = group_at(arguments, row, &regex)?;
        let found = match group {
            0 => searched(regex.of(text).find(text))?,
            _ => searched(regex.of(text).captures(text))?.and_then(|captures| captures.get(group)),
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
        let regex = regex.of(text);
        if group == 0 {
            each_match(regex, text, |found| {
                items.push(Some(found.as_str()));
                Ok(())
            })?;
        } else {
            each_captures(regex, text, |captures| {
                items.push(captures.get(group).map(|m| m.as_str()));
                Ok(())
            })?;
        }
        Ok(())
    })
}

fn replace(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let [texts, patterns, replacements] = [0, 1, 2].map(|i| arguments[i].strings());
    string_rows(context, |row, out| {
        let (text, pattern, replacement) = (texts.at(row)?, patterns.at(row)?, replacements.at(row)?);
        let regex = regex(pattern)?;
        let searcher = regex.of(text);
        let mut end = 0;
        if replacement.contains(['$', '\\']) {
            each_captures(searcher, text, |captures| {
                let Some(whole) = captures.get(0) else { return Ok(()) };
                out.push_str(&text[end..whole.start()]);
                end = whole.end();
                push_replacement(replacement, captures, searcher, out)
            })?;
        } else {
            each_match(searcher, text, |found| {
                out.push_str(&text[end..found.start()]);
                out.push_str(replacement);
                end = found.end();
                Ok(())
            })?;
        }
        out.push_str(&text[end..]);
        Ok(())
    })
}

/// Java's replacement text: `$1`, `${name}`, and a backslash before what stands for itself.
fn push_replacement(replacement: &str, captures: &Captures<'_>, regex: &Regex, out: &mut String) -> Result<(), String> {
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
                let (found, after) = group_reference(rest, captures, regex)?;
                out.push_str(found);
                rest = after;
            }
            _ => out.push(c),
        }
    }
    Ok(())
}

/// The group that a reference after `$` names, and the text after it. The first digit must name a group, further ones are
/// taken as long as there is such a group.
fn group_reference<'a, 'b>(
    rest: &'b str,
    captures: &Captures<'a>,
    regex: &Regex,
) -> Result<(&'a str, &'b str), String> {
    if let Some(named) = rest.strip_prefix('{') {
        let (name, after) = named.split_once('}').ok_or("named capturing group is missing trailing '}'")?;
        if !regex.capture_names().flatten().any(|known| known == name) {
            return Err(format!("No group with name {{{name}}}"));
        }
        return Ok((captures.name(name).map_or("", |m| m.as_str()), after));
    }
    let mut digits = rest.bytes().take_while(u8::is_ascii_digit).map(|b| usize::from(b - b'0'));
    let mut group = digits.next().ok_or("Illegal group reference")?;
    if group >= captures.len() {
        return Err(format!("No group {group}"));
    }
    let mut length = 1;
    for digit in digits {
        let longer = group * 10 + digit;
        if longer >= captures.len() {
            break;
        }
        group = longer;
        length += 1;
    }
    Ok((captures.get(group).map_or("", |m| m.as_str()), &rest[length..]))
}

fn split(context: &mut CallContext<'_>, arguments: &[Argument<'_>]) -> ArrayRef {
    let (texts, patterns) = (arguments[0].strings(), arguments[1].strings());
    string_list_rows(context, |row, items| {
        let (text, pattern) = (texts.at(row)?, patterns.at(row)?);
        let regex = regex(pattern)?;
        let first = items.len();
        let mut start = 0;
        each_match(regex.of(text), text, |found| {
            // Nothing found at the start cuts nothing off.
            if found.end() > 0 {
                items.push(Some(&text[start..found.start()]));
                start = found.end();
            }
            Ok(())
        })?;
        items.push(Some(&text[start..]));
        if regex.matches_nothing && start > 0 {
            items.drop_empty(first);
        }
        Ok(())
    })
}
