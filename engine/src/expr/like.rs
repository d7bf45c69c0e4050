//! LIKE.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::BooleanBuffer;

use super::logical::boolean_array;
use super::node::{Failures, Input, Node, NodeRef};
use crate::types::SqlType;

/// A parsed pattern.
enum Pattern {
    /// No wildcard.
    Exact(String),
    Tokens(Vec<Token>),
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Literal(char),
    /// `_`
    One,
    /// `%`
    Many,
}

impl Pattern {
    /// # Errors
    /// When the pattern ends with the escape character.
    fn parse(text: &str, escape: Option<char>) -> Result<Pattern, &'static str> {
        let mut tokens = Vec::new();
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            tokens.push(if Some(c) == escape {
                Token::Literal(characters.next().ok_or("LIKE pattern must not end with escape character")?)
            } else {
                match c {
                    '%' => Token::Many,
                    '_' => Token::One,
                    other => Token::Literal(other),
                }
            });
        }
        let literal = |t: &Token| if let Token::Literal(c) = t { Some(*c) } else { None };
        Ok(match tokens.iter().map(literal).collect::<Option<String>>() {
            Some(exact) => Pattern::Exact(exact),
            None => Pattern::Tokens(tokens),
        })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Pattern::Exact(exact) => exact == text,
            Pattern::Tokens(tokens) => matches(tokens, text),
        }
    }
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Matches greedily and goes back to the last `%` only: an earlier one need never take more.
fn matches(tokens: &[Token], text: &str) -> bool {
    let (mut token, mut rest) = (0, text.chars());
    let mut back: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        let mut ahead = rest.clone();
        let fits = match (tokens.get(token), ahead.next()) {
            (None, None) => return true,
            (Some(Token::Many), _) => {
                token += 1;
                back = Some((token, rest.clone()));
                continue;
            }
            (Some(Token::One), Some(c)) => !is_line_break(c),
            (Some(Token::Literal(wanted)), Some(c)) => *wanted == c,
            _ => false,
        };
        if fits {
            token += 1;
            rest = ahead;
            continue;
        }
        let Some((after, from)) = &mut back else { return false };
        match from.next() {
            Some(c) if !is_line_break(c) => {
                token = *after;
                rest = from.clone();
            }
            _ => return false,
        }
    }
}

pub(crate) struct Like {
    value: NodeRef,
    pattern: NodeRef,
    escape: Option<char>,
    negated: bool,
    /// Of a constant pattern.
    parsed: Option<Pattern>,
}

impl Like {
    pub fn new(value: NodeRef, pattern: NodeRef, escape: Option<char>, negated: bool) -> Self {
        let constant = pattern.constant().filter(|c| c.is_valid(0));
        let parsed = constant.and_then(|c| Pattern::parse(c.as_string::<i32>().value(0), escape).ok());
        Self { value, pattern, escape, negated, parsed }
    }
}

impl Node for Like {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let values = self.value.evaluate(input, failures);
        let values = values.as_string::<i32>();
        let matched = if let Some(pattern) = &self.parsed {
            BooleanBuffer::collect_bool(input.rows, |row| values.is_valid(row) && pattern.matches(values.value(row)))
        } else {
            let patterns = self.pattern.evaluate(input, failures);
            let patterns = patterns.as_string::<i32>();
            BooleanBuffer::collect_bool(input.rows, |row| {
                if values.is_null(row) || patterns.is_null(row) {
                    return false;
                }
                match Pattern::parse(patterns.value(row), self.escape) {
                    Ok(pattern) => pattern.matches(values.value(row)),
                    Err(message) => {
                        failures.raise(row, message);
                        false
                    }
                }
            })
        };
        boolean_array(if self.negated { !&matched } else { matched })
    }
    fn data_type(&self) -> &SqlType {
        &SqlType::Boolean
    }
    fn can_fail(&self) -> bool {
        self.parsed.is_none() || self.value.can_fail()
    }
    fn nullable(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let check = |text: &str, pattern: &str, expected: bool| {
            let Ok(parsed) = Pattern::parse(pattern, Some('!')) else { panic!("{pattern}") };
            assert_eq!(parsed.matches(text), expected, "{text} LIKE {pattern}");
        };
        check("abc", "abc", true);
        check("abc", "a%", true);
        check("abc", "%b%", true);
        check("abc", "%d%", false);
        check("abcbc", "a%bc", true);
        check("abc", "_b_", true);
        check("a\nc", "a_c", false);
        check("a\nc", "a%", false);
        check("a%", "a!%", true);
        check("ab", "a!%", false);
        check("", "%", true);
        assert!(Pattern::parse("a!", Some('!')).is_err());
    }
}
