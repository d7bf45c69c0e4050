//! Where something stands in a statement's text.

use std::fmt;
use std::hash::{Hash, Hasher};

/// A stretch of source text: line and column of its first character (both from 1, counted in characters) and its byte
/// range in the text that was parsed. All spans are equal and hash alike: a place is not part of a meaning.
#[derive(Clone, Copy, Default)]
pub struct Span {
    pub line: u32,
    pub column: u32,
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// From the start of `self` to the end of `last`.
    pub fn to(self, last: Span) -> Span {
        Span {
            end: last.end,
            ..self
        }
    }
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Span {}

impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
