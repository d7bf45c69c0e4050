//! Tokens: the words, literals and operators of a statement with their places.
//!
//! Quotes, comments and variables are found by [`regions`]; the plain stretches between go through sqlparser's tokenizer.
//! That one knows the operators and number forms of many dialects, so whatever is not a word is cut again by ksqlDB's
//! rules ([`cut`]): `>>` closes two types, `0x1F` is a digit identifier, `==` is two tokens.

use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Location, Token as SqlToken, TokenWithSpan, Tokenizer};

use crate::region::{Region, RegionKind, regions, unquote};
use crate::span::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A keyword or an unquoted identifier.
    Word,
    /// An identifier that begins with a digit, as `1R0`.
    DigitWord,
    BackQuoted,
    DoubleQuoted,
    Variable,
    String,
    Integer,
    /// `1.5`, `.5`, `1.`.
    Decimal,
    /// `1E5`.
    Float,
    Symbol,
    /// A character that begins no token.
    Unknown,
    /// Behind the last token.
    End,
}

/// One token; `text` is the token as written, quotes included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
    pub(crate) span: Span,
}

impl Token<'_> {
    /// Whether this is the given keyword (upper case) or symbol.
    pub(crate) fn is(&self, word_or_symbol: &str) -> bool {
        match self.kind {
            TokenKind::Word => self.text.eq_ignore_ascii_case(word_or_symbol),
            TokenKind::Symbol => self.text == word_or_symbol,
            _ => false,
        }
    }

    /// The token's meaning as a name or string: quotes removed, an unquoted word as written.
    pub(crate) fn value(&self) -> String {
        match self.kind {
            TokenKind::String | TokenKind::BackQuoted | TokenKind::DoubleQuoted => {
                unquote(self.text)
            }
            _ => self.text.to_owned(),
        }
    }
}

/// A place in a text: byte offset, line and column, the last two from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) offset: usize,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    pub(crate) const START: Place = Place {
        offset: 0,
        line: 1,
        column: 1,
    };

    /// The place behind `text`, when `self` is the place before it.
    fn behind(self, text: &str) -> Place {
        text.chars().fold(self, |p, c| {
            let (line, column) = if c == '\n' {
                (p.line + 1, 1)
            } else {
                (p.line, p.column + 1)
            };
            Place {
                offset: p.offset + c.len_utf8(),
                line,
                column,
            }
        })
    }

    fn span_of(self, text: &str) -> Span {
        Span {
            line: self.line,
            column: self.column,
            start: self.offset,
            end: self.offset + text.len(),
        }
    }
}

/// Cuts `sql`, whose first character stands at `start`, into tokens; the last is always [`TokenKind::End`].
pub(crate) fn tokenize(sql: &str, start: Place) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut place = start;
    for region in regions(sql) {
        let text = &sql[region.start..region.end];
        push_region(&mut tokens, region, text, place);
        place = place.behind(text);
    }
    let end = &sql[sql.len()..];
    tokens.push(Token {
        kind: TokenKind::End,
        text: end,
        span: place.span_of(end),
    });
    tokens
}

fn push_region<'a>(tokens: &mut Vec<Token<'a>>, region: Region, text: &'a str, place: Place) {
    let kind = match region.kind {
        RegionKind::Comment => return,
        RegionKind::Plain => return push_plain(tokens, text, place),
        RegionKind::Unclosed => return push_cut(tokens, text, place),
        RegionKind::String => TokenKind::String,
        RegionKind::BackQuoted => TokenKind::BackQuoted,
        RegionKind::DoubleQuoted => TokenKind::DoubleQuoted,
        RegionKind::Variable => TokenKind::Variable,
    };
    tokens.push(Token {
        kind,
        text,
        span: place.span_of(text),
    });
}

/// Adds the tokens of a stretch without quotes, comments and variables.
fn push_plain<'a>(tokens: &mut Vec<Token<'a>>, text: &'a str, start: Place) {
    let mut found: Vec<TokenWithSpan> = Vec::new();
    if Tokenizer::new(&KsqlDialect, text)
        .tokenize_with_location_into_buf(&mut found)
        .is_err()
    {
        return push_cut(tokens, text, start);
    }
    let mut place = start;
    let mut rest = text;
    let mut next = 0;
    while let Some(token) = found.get(next) {
        next = end_of_piece(&found, next);
        let length = found.get(next).map_or(rest.len(), |n| {
            distance(rest, token.span.start, n.span.start)
        });
        let (piece, behind) = rest.split_at(length);
        if !matches!(token.token, SqlToken::Whitespace(_)) {
            push_cut(tokens, piece, place);
        }
        place = place.behind(piece);
        rest = behind;
    }
}

/// The index behind the sqlparser token `first`, together with the words directly behind a number: sqlparser cuts digit
/// identifiers such as `0xZ` and `1E5X` in two.
fn end_of_piece(found: &[TokenWithSpan], first: usize) -> usize {
    let is_word = |i: usize| {
        found
            .get(i)
            .is_some_and(|t| matches!(t.token, SqlToken::Word(_)))
    };
    let is_number = matches!(
        found[first].token,
        SqlToken::Number(..) | SqlToken::HexStringLiteral(_)
    );
    if is_number && is_word(first + 1) {
        first + 2
    } else {
        first + 1
    }
}

/// Bytes between two of sqlparser's places, where `text` begins at the first.
fn distance(text: &str, from: Location, to: Location) -> usize {
    let (mut line, mut column) = (from.line, from.column);
    for (offset, c) in text.char_indices() {
        if (line, column) == (to.line, to.column) {
            return offset;
        }
        (line, column) = if c == '\n' {
            (line + 1, 1)
        } else {
            (line, column + 1)
        };
    }
    text.len()
}

fn push_cut<'a>(tokens: &mut Vec<Token<'a>>, text: &'a str, start: Place) {
    let mut place = start;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else {
            cut(rest)
        };
        let (piece, behind) = rest.split_at(length);
        if let Some(kind) = kind {
            tokens.push(Token {
                kind,
                text: piece,
                span: place.span_of(piece),
            });
        }
        place = place.behind(piece);
        rest = behind;
    }
}

const SYMBOLS: &[&str] = &[
    "<>", "!=", "<=", ">=", "||", ":=", "->", "=>", "=", "<", ">", "+", "-", "*", "/", "%", ".",
    ",", ";", "(", ")", "[", "]",
];

/// Kind and length of the token at the start of `text`, by ksqlDB's rules: the longest match, a number before a word.
fn cut(text: &str) -> (Option<TokenKind>, usize) {
    let word = text.bytes().take_while(|b| is_word_part(*b)).count();
    let (number_kind, number) = cut_number(text.as_bytes());
    if number > 0 && number >= word {
        return (Some(number_kind), number);
    }
    if word > 0 && !text.starts_with('@') {
        let starts_with_digit = text.as_bytes()[0].is_ascii_digit();
        return (
            Some(if starts_with_digit {
                TokenKind::DigitWord
            } else {
                TokenKind::Word
            }),
            word,
        );
    }
    match SYMBOLS.iter().find(|symbol| text.starts_with(**symbol)) {
        Some(symbol) => (Some(TokenKind::Symbol), symbol.len()),
        None => (
            Some(TokenKind::Unknown),
            text.chars().next().map_or(0, char::len_utf8),
        ),
    }
}

/// Kind and length of the number at the start of `text`; length 0 when there is none.
fn cut_number(text: &[u8]) -> (TokenKind, usize) {
    let digits = |from: usize| {
        text[from.min(text.len())..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let whole = digits(0);
    let mut end = whole;
    let mut kind = TokenKind::Integer;
    if text.get(end) == Some(&b'.') && whole + digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
        kind = TokenKind::Decimal;
    }
    if end > 0 && matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
            kind = TokenKind::Float;
        }
    }
    (kind, end)
}

fn is_word_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@')
}

/// What sqlparser's tokenizer has to know of ksqlDB.
#[derive(Debug)]
struct KsqlDialect;

impl Dialect for KsqlDialect {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_ascii_alphabetic() || ch == '_'
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_ascii_alphanumeric() || matches!(ch, '_' | '@')
    }
    fn is_delimited_identifier_start(&self, _: char) -> bool {
        false
    }
    fn supports_numeric_prefix(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected`: the tokens' texts parted by blanks.
    fn check(sql: &str, expected: &str) {
        let tokens = tokenize(sql, Place::START);
        let texts: Vec<_> = tokens
            .iter()
            .filter(|t| t.kind != TokenKind::End)
            .map(|t| t.text)
            .collect();
        assert_eq!(texts.join(" "), expected, "{sql}");
        assert!(
            tokens
                .iter()
                .all(|t| &sql[t.span.start..t.span.end] == t.text),
            "{sql}"
        );
    }

    #[test]
    fn text_is_cut_as_ksqldb_cuts_it() {
        check("a->b=>c:=d||e", "a -> b => c := d || e");
        check("ARRAY<ARRAY<INT>> a>=1", "ARRAY < ARRAY < INT > > a >= 1");
        check("a==1!=2<>3<=4", "a = = 1 != 2 <> 3 <= 4");
        check("1 1.5 .5 1. 1E5 1.5e-3 .5E1", "1 1.5 .5 1. 1E5 1.5e-3 .5E1");
        check("1R0 0x1F 0xZ 1E5X 10@a _b", "1R0 0x1F 0xZ 1E5X 10@a _b");
        check("X'a' n'b' a--c\n/* d */e", "X 'a' n 'b' a e");
        check("${x} $ ?#", "${x} $ ? #");
        check("ä->>b", "ä -> > b");
    }

    #[test]
    fn places_count_lines_and_characters() {
        let tokens = tokenize("'ä'\n  b", Place::START);
        assert_eq!(
            (
                tokens[1].span.line,
                tokens[1].span.column,
                tokens[1].span.start
            ),
            (2, 3, 7)
        );
    }
}
