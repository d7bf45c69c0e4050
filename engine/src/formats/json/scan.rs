//! The lexical side of JSON: a cursor over one record's text that finds tokens and skips values, by Jackson's rules and
//! with its words for what is wrong. Knows nothing of schemas.

use std::borrow::Cow;

/// Containers deeper than this are refused, which also bounds the recursion.
pub const MAX_DEPTH: u32 = 1_000;
/// Numbers longer than this are refused.
const MAX_NUMBER_LENGTH: usize = 1_000;

/// Why a record's text could not be taken.
#[derive(Debug)]
pub enum Fault {
    /// The text is not JSON.
    Syntax(String),
    /// The text is JSON, but a value in it is of the wrong type. `path` from the innermost segment outwards.
    Type { message: String, path: Vec<String> },
}

/// Boxed: the good way must stay narrow.
pub type Scan<T> = Result<T, Box<Fault>>;

pub fn syntax<T>(message: impl Into<String>) -> Scan<T> {
    Err(Box::new(Fault::Syntax(message.into())))
}

pub fn wrong<T>(message: impl Into<String>) -> Scan<T> {
    Err(Box::new(Fault::Type { message: message.into(), path: Vec::new() }))
}

/// A string token: where its content lies, and whether it holds escapes.
#[derive(Clone, Copy, Debug)]
pub struct StringToken {
    pub start: usize,
    pub end: usize,
    pub escaped: bool,
}

/// A number token. `small` is its value where it is an integer of at most 18 digits.
#[derive(Clone, Copy, Debug)]
pub struct NumberToken<'a> {
    pub text: &'a str,
    pub integer: bool,
    pub small: Option<i64>,
}

pub struct Cursor<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pub pos: usize,
    depth: u32,
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), pos: 0, depth: 0 }
    }

    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    pub fn text(&self, token: StringToken) -> &'a str {
        &self.text[token.start..token.end]
    }

    pub fn slice(&self, from: usize, to: usize) -> &'a str {
        &self.text[from..to]
    }

    #[inline]
    pub fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.pos += 1;
        }
    }

    /// Moves past `expected` if the text goes on with it.
    #[inline]
    pub fn take(&mut self, expected: &[u8]) -> bool {
        let found = self.bytes[self.pos..].starts_with(expected);
        if found {
            self.pos += expected.len();
        }
        found
    }

    #[inline]
    pub fn take_byte(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        self.pos += usize::from(found);
        found
    }

    pub fn enter(&mut self) -> Scan<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return syntax(format!(
                "Document nesting depth ({}) exceeds the maximum allowed ({MAX_DEPTH}, from \
                 `StreamReadConstraints.getMaxNestingDepth()`)",
                self.depth
            ));
        }
        Ok(())
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Goes back to `pos`, where the containers around were `depth` deep.
    pub fn rewind(&mut self, pos: usize, depth: u32) {
        self.pos = pos;
        self.depth = depth;
    }

    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The string whose opening quote is at the cursor; leaves the cursor behind its closing quote.
    #[inline]
    pub fn string(&mut self) -> Scan<StringToken> {
        let start = self.pos + 1;
        let end = find_special(self.bytes, start);
        if self.bytes.get(end) == Some(&b'"') {
            self.pos = end + 1;
            return Ok(StringToken { start, end, escaped: false });
        }
        self.string_with_escapes(start, end)
    }

    #[cold]
    fn string_with_escapes(&mut self, start: usize, mut at: usize) -> Scan<StringToken> {
        loop {
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.pos = at + 1;
                    return Ok(StringToken { start, end: at, escaped: true });
                }
                Some(b'\\') => at = self.check_escape(at)?,
                Some(&control) => {
                    return syntax(format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {control})): has to be escaped using backslash to be \
                         included in string value"
                    ));
                }
                None => return syntax("Unexpected end-of-input: was expecting closing quote for a string value"),
            }
            at = find_special(self.bytes, at);
        }
    }

    /// Checks the escape at `at`; gives where the text goes on.
    fn check_escape(&self, at: usize) -> Scan<usize> {
        match self.bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => match self.bytes.get(at + 2..at + 6) {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
                Some(digits) => {
                    let wrong = digits.iter().position(|b| !b.is_ascii_hexdigit()).unwrap_or(0);
                    let shown = self.shown(at + 2 + wrong);
                    syntax(format!(
                        "Unexpected character ({shown}): expected a hex-digit for character escape sequence"
                    ))
                }
                None => syntax("Unexpected end-of-input in character escape sequence"),
            },
            Some(_) => syntax(format!("Unrecognized character escape {}", self.shown(at + 1))),
            None => syntax("Unexpected end-of-input in character escape sequence"),
        }
    }

    /// The number at the cursor, which stands on a digit or `-`.
    #[inline]
    pub fn number(&mut self) -> Scan<NumberToken<'a>> {
        let start = self.pos;
        let negative = self.bytes[start] == b'-';
        let digits_from = start + usize::from(negative);
        let (mut at, mut value) = (digits_from, 0i64);
        while let Some(&byte) = self.bytes.get(at) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
            at += 1;
        }
        let digits = at - digits_from;
        if digits == 0 || (digits > 1 && self.bytes[digits_from] == b'0') {
            return self.bad_number(digits_from, digits);
        }
        if !matches!(self.bytes.get(at), Some(b'.' | b'e' | b'E')) && digits <= 18 {
            self.pos = at;
            let small = Some(if negative { -value } else { value });
            return Ok(NumberToken { text: &self.text[start..at], integer: true, small });
        }
        self.long_number(start, at)
    }

    fn bad_number(&self, digits_from: usize, digits: usize) -> Scan<NumberToken<'a>> {
        if digits > 1 {
            return syntax("Invalid numeric value: Leading zeroes not allowed");
        }
        let shown = self.shown(digits_from);
        syntax(format!(
            "Unexpected character ({shown}) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value"
        ))
    }

    /// The rest of a number that has a fraction, an exponent or many digits.
    fn long_number(&mut self, start: usize, mut at: usize) -> Scan<NumberToken<'a>> {
        let mut integer = true;
        if self.bytes.get(at) == Some(&b'.') {
            integer = false;
            at = self.digits_after(at + 1, "Decimal point not followed by a digit")?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(at) {
            integer = false;
            let sign = usize::from(matches!(self.bytes.get(at + 1), Some(b'+' | b'-')));
            at = self.digits_after(at + 1 + sign, "Exponent indicator not followed by a digit")?;
        }
        let length = at - start;
        if length > MAX_NUMBER_LENGTH {
            return syntax(format!(
                "Number value length ({length}) exceeds the maximum allowed ({MAX_NUMBER_LENGTH}, from \
                 `StreamReadConstraints.getMaxNumberLength()`)"
            ));
        }
        self.pos = at;
        Ok(NumberToken { text: &self.text[start..at], integer, small: None })
    }

    fn digits_after(&self, from: usize, complaint: &str) -> Scan<usize> {
        let count = self.bytes.get(from..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            let shown = self.shown(from);
            return syntax(format!("Unexpected character ({shown}) in numeric value: {complaint}"));
        }
        Ok(from + count)
    }

    /// Moves past `word`, which the cursor's first letter promises.
    #[inline]
    pub fn word(&mut self, word: &str) -> Scan<()> {
        let boundary = |b: Option<&u8>| !b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80);
        if self.bytes[self.pos..].starts_with(word.as_bytes()) && boundary(self.bytes.get(self.pos + word.len())) {
            self.pos += word.len();
            return Ok(());
        }
        self.unexpected_value()
    }

    /// Moves past any one value, checking that it is JSON.
    pub fn skip_value(&mut self) -> Scan<()> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'{') => self.entries(|cursor, _| cursor.skip_value()),
            Some(b'[') => self.items(|cursor, _| cursor.skip_value()),
            _ => self.unexpected_value(),
        }
    }

    /// Walks the array at the cursor; `item` gets each index and takes the value at the cursor.
    pub fn items(&mut self, mut item: impl FnMut(&mut Self, usize) -> Scan<()>) -> Scan<()> {
        self.enter()?;
        self.pos += 1;
        self.skip_blanks();
        if self.take_byte(b']') {
            self.leave();
            return Ok(());
        }
        for index in 0.. {
            item(self, index)?;
            self.skip_blanks();
            if self.take_byte(b']') {
                break;
            }
            if !self.take_byte(b',') {
                return self.unexpected("was expecting comma to separate Array entries", "Array");
            }
            self.skip_blanks();
        }
        self.leave();
        Ok(())
    }

    /// Walks the object at the cursor; `entry` gets each name and takes the value at the cursor.
    pub fn entries(&mut self, mut entry: impl FnMut(&mut Self, StringToken) -> Scan<()>) -> Scan<()> {
        self.open_object()?;
        if self.take_byte(b'}') {
            self.leave();
            return Ok(());
        }
        loop {
            let name = self.field_name()?;
            entry(self, name)?;
            if !self.next_field()? {
                return Ok(());
            }
        }
    }

    /// Moves past the `{` at the cursor and what is blank behind it.
    #[inline]
    pub fn open_object(&mut self) -> Scan<()> {
        self.enter()?;
        self.pos += 1;
        self.skip_blanks();
        Ok(())
    }

    /// After a field's value: whether another field follows. Past the closing brace otherwise.
    #[inline]
    pub fn next_field(&mut self) -> Scan<bool> {
        self.skip_blanks();
        match self.peek() {
            Some(b',') => {
                self.pos += 1;
                self.skip_blanks();
                Ok(true)
            }
            Some(b'}') => {
                self.pos += 1;
                self.leave();
                Ok(false)
            }
            _ => self.unexpected("was expecting comma to separate Object entries", "Object"),
        }
    }

    /// A field's name and colon; leaves the cursor on its value.
    pub fn field_name(&mut self) -> Scan<StringToken> {
        if self.peek() != Some(b'"') {
            return self.unexpected("was expecting double-quote to start field name", "Object");
        }
        let name = self.string()?;
        self.skip_blanks();
        if !self.take_byte(b':') {
            return self.unexpected("was expecting a colon to separate field name and value", "Object");
        }
        self.skip_blanks();
        Ok(name)
    }

    fn unexpected<T>(&self, expectation: &str, container: &str) -> Scan<T> {
        if self.pos >= self.bytes.len() {
            let kind = if expectation.contains("field name") { " within/between Object entries" } else { "" };
            return syntax(if kind.is_empty() {
                format!("Unexpected end-of-input: expected close marker for {container}")
            } else {
                format!("Unexpected end-of-input{kind}")
            });
        }
        syntax(format!("Unexpected character ({}): {expectation}", self.shown(self.pos)))
    }

    /// No value starts at the cursor.
    #[cold]
    pub fn unexpected_value<T>(&self) -> Scan<T> {
        const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        let rest = &self.text[self.pos..];
        let Some(first) = rest.chars().next() else {
            return syntax("Unexpected end-of-input within/between Object entries");
        };
        if first.is_alphabetic() || first == '_' || first == '$' {
            let word: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '$').take(256).collect();
            return syntax(format!("Unrecognized token '{word}': was expecting {VALUES}"));
        }
        syntax(format!("Unexpected character ({}): expected a valid value {VALUES}", self.shown(self.pos)))
    }

    /// A character as Jackson names it: `'x' (code 120)`.
    fn shown(&self, at: usize) -> String {
        match self.text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(c) if c < ' ' => format!("(CTRL-CHAR, code {})", c as u32),
            Some(c) if (c as u32) > 255 => format!("'{c}' (code {} / 0x{:x})", c as u32, c as u32),
            Some(c) => format!("'{c}' (code {})", c as u32),
            None => "end of input".to_owned(),
        }
    }

    /// The content of a string with its escapes undone.
    pub fn unescaped(&self, token: StringToken) -> Cow<'a, str> {
        let text = self.text(token);
        if token.escaped { Cow::Owned(unescape(text)) } else { Cow::Borrowed(text) }
    }
}

/// Undoes the (already checked) escapes of a string's content. Halves of surrogate pairs become `?`, as Java writes them.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let code = rest.as_bytes()[at + 1];
        rest = &rest[at + 2..];
        match code {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => rest = unicode_escape(rest, &mut out),
            literal => out.push(char::from(literal)),
        }
    }
    out.push_str(rest);
    out
}

fn unicode_escape<'t>(rest: &'t str, out: &mut String) -> &'t str {
    let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
    let high = unit(rest).unwrap_or(0xfffd);
    let rest = &rest[4..];
    if let 0xd800..=0xdbff = high
        && let Some(low @ 0xdc00..=0xdfff) = rest.strip_prefix("\\u").and_then(unit)
    {
        out.extend(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)));
        return &rest[6..];
    }
    out.push(char::from_u32(high).unwrap_or('?'));
    rest
}

/// The first quote, backslash or control character at or after `from`; the length if there is none.
#[inline]
pub fn find_special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(block) = bytes.get(at..at + 8) {
        let found = special_bytes(u64::from_le_bytes(block.try_into().unwrap_or_default()));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or(&[]);
    at + rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).unwrap_or(rest.len())
}

/// Sets the high bit of each byte that is a quote, a backslash or a control character. Bytes above the lowest such byte may
/// be marked wrongly (a borrow), so only the lowest mark counts.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES * 0x80;
    let quotes = word ^ (ONES * b'"' as u64);
    let slashes = word ^ (ONES * b'\\' as u64);
    let zero_in = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    (zero_in(quotes) | zero_in(slashes) | (word.wrapping_sub(ONES * 0x20) & !word)) & HIGHS
}
