//! Java's regular expressions in the syntax of `fancy-regex`. Flags are spelled out (`(?i)a` becomes `[aA]`), because the
//! two engines mean different things by them; so are `.`, `^`, `$` and the classes.

use super::class;
use super::property;

/// What inline flags have switched on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    /// `i`: ASCII letters in both cases.
    pub ignore_case: bool,
    /// `u`: all letters in both cases, with `i`.
    pub unicode_case: bool,
    /// `s`: the dot takes line terminators.
    pub dot_all: bool,
    /// `m`: `^` and `$` look at every line.
    pub multiline: bool,
    /// `d`: only `\n` ends a line.
    pub unix_lines: bool,
    /// `x`: blanks and comments mean nothing.
    pub comments: bool,
    /// `U`: predefined classes are those of Unicode.
    pub unicode_classes: bool,
}

/// Translates a pattern. With `single_line` the result is for texts without any line terminator, which is simpler and faster.
///
/// # Errors
/// What is wrong with the pattern.
pub(super) fn translate(pattern: &str, single_line: bool) -> Result<String, String> {
    let mut translator = Translator {
        reader: Reader { chars: unquoted(pattern), at: 0, flags: Flags::default() },
        out: String::with_capacity(pattern.len() + 16),
        single_line,
        groups: 0,
        open: Vec::new(),
        takes: false,
        names: Vec::new(),
        behind: 0,
    };
    translator.alternatives()?;
    match translator.reader.peek() {
        None => Ok(translator.out),
        Some(_) => Err("Unmatched closing ')'".into()),
    }
}

/// The pattern with what stands between `\Q` and `\E` escaped one by one.
fn unquoted(pattern: &str) -> Vec<char> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('E')) if quoted => {
                chars.next();
                quoted = false;
            }
            _ if quoted => {
                if c.is_ascii() && !c.is_ascii_alphanumeric() {
                    out.push('\\');
                }
                out.push(c);
            }
            ('\\', Some('Q')) => {
                chars.next();
                quoted = true;
            }
            ('\\', Some(_)) => {
                out.push(c);
                out.extend(chars.next());
            }
            _ => out.push(c),
        }
    }
    out
}

/// The pattern's characters and the flags in force.
pub(super) struct Reader {
    chars: Vec<char>,
    at: usize,
    pub flags: Flags,
}

impl Reader {
    /// The next character that means something.
    pub fn peek(&mut self) -> Option<char> {
        while self.flags.comments {
            match self.chars.get(self.at) {
                Some(' ' | '\t'..='\r') => self.at += 1,
                Some('#') => {
                    while self.chars.get(self.at).is_some_and(|c| !is_line_end(*c)) {
                        self.at += 1;
                    }
                }
                _ => break,
            }
        }
        self.chars.get(self.at).copied()
    }

    /// The character after the next one.
    pub fn second(&self) -> Option<char> {
        self.chars.get(self.at + 1).copied()
    }

    pub fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Takes the next character if it is `wanted`.
    pub fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn take_all(&mut self, wanted: &str) -> bool {
        let found = wanted.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        self.at += if found { wanted.chars().count() } else { 0 };
        found
    }

    /// The text up to `end`, which is taken too.
    pub fn until(&mut self, end: char) -> Option<String> {
        let length = self.chars[self.at..].iter().position(|c| *c == end)?;
        let text = self.chars[self.at..self.at + length].iter().collect();
        self.at += length + 1;
        Some(text)
    }

    fn digits(&mut self, radix: u32, least: usize, most: usize) -> Option<u32> {
        let digits: Vec<u32> = self.chars[self.at..].iter().map_while(|c| c.to_digit(radix)).take(most).collect();
        self.at += digits.len();
        (digits.len() >= least).then(|| digits.iter().fold(0_u32, |all, d| all.wrapping_mul(radix).wrapping_add(*d)))
    }

    /// The character that an escape stands for, whose letter was `c`; `None` when it is no single character.
    pub fn escaped_char(&mut self, c: char) -> Result<Option<char>, String> {
        let code = match c {
            't' => 9,
            'n' => 10,
            'r' => 13,
            'f' => 12,
            'a' => 7,
            'e' => 27,
            'c' => u32::from(self.next().ok_or("Illegal control escape sequence")?) ^ 64,
            '0' => self.octal()?,
            'x' if self.take_all("{") => {
                let digits = self.until('}').ok_or("Unclosed hexadecimal escape sequence")?;
                u32::from_str_radix(&digits, 16).map_err(|_| "Illegal hexadecimal escape sequence")?
            }
            'x' => self.digits(16, 2, 2).ok_or("Illegal hexadecimal escape sequence")?,
            'u' => self.utf16()?,
            c if c.is_ascii_alphanumeric() => return Ok(None),
            other => u32::from(other),
        };
        char::from_u32(code).map(Some).ok_or_else(|| "the escape is no character".to_owned())
    }

    fn octal(&mut self) -> Result<u32, String> {
        let most = if self.chars.get(self.at).is_some_and(|c| *c <= '3') { 3 } else { 2 };
        self.digits(8, 1, most).ok_or_else(|| "Illegal octal escape sequence".to_owned())
    }

    /// `\u` and four digits; two of them may be a surrogate pair.
    fn utf16(&mut self) -> Result<u32, String> {
        let illegal = "Illegal Unicode escape sequence";
        let high = self.digits(16, 4, 4).ok_or(illegal)?;
        let start = self.at;
        if (0xD800..0xDC00).contains(&high) && self.take_all("\\u") {
            let low = self.digits(16, 4, 4).ok_or(illegal)?;
            if (0xDC00..0xE000).contains(&low) {
                return Ok(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            }
            self.at = start;
        }
        Ok(high)
    }
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What was written last: only some of it can be repeated as it stands.
#[derive(Clone, Copy, PartialEq)]
enum Atom {
    /// A change of flags.
    Nothing,
    /// Takes no characters.
    Assertion,
    Other,
}

struct Translator {
    reader: Reader,
    out: String,
    single_line: bool,
    /// Capturing groups opened so far.
    groups: u32,
    /// Those of them that are not closed yet.
    open: Vec<u32>,
    /// Whether the group around this place has anything so far that takes characters.
    takes: bool,
    names: Vec<String>,
    /// Look-behinds around this place.
    behind: usize,
}

impl Translator {
    fn alternatives(&mut self) -> Result<(), String> {
        loop {
            self.sequence()?;
            if !self.reader.take('|') {
                return Ok(());
            }
            self.out.push('|');
        }
    }

    fn sequence(&mut self) -> Result<(), String> {
        while let Some(c) = self.reader.peek().filter(|c| !"|)".contains(*c)) {
            let start = self.out.len();
            match self.atom(c)? {
                // Java takes counts after a change of flags, for nothing.
                Atom::Nothing if self.reader.peek() == Some('{') => self.quantifier(start, Atom::Assertion)?,
                Atom::Nothing => {}
                atom => {
                    self.takes |= atom == Atom::Other;
                    self.quantifier(start, atom)?;
                }
            }
        }
        Ok(())
    }

    fn atom(&mut self, c: char) -> Result<Atom, String> {
        match c {
            '*' | '+' | '?' => return Err(format!("Dangling meta character '{c}'")),
            '{' => return Err("Illegal repetition".into()),
            '[' => {
                let class = class::bracket(&mut self.reader)?;
                self.out.push_str(&class);
                return Ok(Atom::Other);
            }
            _ => {
                self.reader.next();
            }
        }
        match c {
            '(' => return self.group(),
            '\\' => return self.escape(),
            '^' => self.out.push_str(self.line_start()),
            '$' => self.push_line_end(self.reader.flags.multiline),
            '.' => {
                let flags = self.reader.flags;
                self.out.push_str(match () {
                    () if flags.dot_all || self.single_line => "(?s:.)",
                    () if flags.unix_lines => "[^\\n]",
                    () => r"[^\n\r\x{85}\x{2028}\x{2029}]",
                });
            }
            literal => self.literal(literal),
        }
        Ok(if "^$".contains(c) { Atom::Assertion } else { Atom::Other })
    }

    fn literal(&mut self, c: char) {
        let flags = self.reader.flags;
        if flags.ignore_case && flags.unicode_case {
            self.out.push_str("(?i:");
            push_char(c, &mut self.out);
            self.out.push(')');
        } else if flags.ignore_case && c.is_ascii_alphabetic() {
            self.out.extend(['[', c.to_ascii_lowercase(), c.to_ascii_uppercase(), ']']);
        } else {
            push_char(c, &mut self.out);
        }
    }

    /// Java's `(?m)^` does not match at the very end, not even of an empty text.
    fn line_start(&self) -> &'static str {
        let flags = self.reader.flags;
        match (flags.multiline, flags.unix_lines) {
            (false, _) => r"\A",
            (true, true) => r"(?:(?!\z)(?:\A|(?<=\n)))",
            (true, false) => r"(?:(?!\z)(?:\A|(?<=[\n\x{85}\x{2028}\x{2029}])|(?<=\r)(?!\n)))",
        }
    }

    /// The end, or before a last line terminator; before every one if `multiline`. Never within `\r\n`.
    fn push_line_end(&mut self, multiline: bool) {
        let end = match (multiline, self.reader.flags.unix_lines) {
            _ if self.single_line => r"\z",
            (false, true) => r"(?=\n?\z)",
            (true, true) => r"(?=\n|\z)",
            (false, false) => r"(?=\z|\r\n\z|(?<!\r)\n\z|[\r\x{85}\x{2028}\x{2029}]\z)",
            (true, false) => r"(?=\z|(?<!\r)\n|[\r\x{85}\x{2028}\x{2029}])",
        };
        self.out.push_str(end);
    }

    fn escape(&mut self) -> Result<Atom, String> {
        let c = self.reader.next_raw().ok_or("Unexpected internal error")?;
        match c {
            'A' | 'z' | 'G' | 'b' | 'B' => {
                self.out.extend(['\\', c]);
                return Ok(Atom::Assertion);
            }
            'Z' => {
                self.push_line_end(false);
                return Ok(Atom::Assertion);
            }
            'R' => self.out.push_str(r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])"),
            'X' => self.out.push_str(r"(?>\r\n|(?s:.)\p{M}*)"),
            'k' => self.named_reference()?,
            '1'..='9' => self.reference(c),
            'p' | 'P' => {
                let class = property::escape(&mut self.reader, c == 'P')?;
                self.push_class(&class);
            }
            _ => match class::predefined(c, self.reader.flags) {
                Some(class) => self.out.push_str(&class),
                None => {
                    let found = self.reader.escaped_char(c)?;
                    let found = found.ok_or_else(|| format!("Illegal/unsupported escape sequence: \\{c}"))?;
                    self.literal(found);
                }
            },
        }
        Ok(Atom::Other)
    }

    fn push_class(&mut self, class: &str) {
        self.out.push_str(class);
    }

    /// The group of as many digits as there are groups; one that does not exist, or is not closed, never matches.
    fn reference(&mut self, first: char) {
        let mut group = first.to_digit(10).unwrap_or(0);
        while let Some(digit) = self.reader.peek_raw().and_then(|c| c.to_digit(10)) {
            let longer = group * 10 + digit;
            if longer > self.groups {
                break;
            }
            group = longer;
            self.reader.next_raw();
        }
        if group > self.groups || self.open.contains(&group) {
            self.out.push_str("(?:(?!)a)");
        } else {
            self.push_reference(&format!("\\{group}"));
        }
    }

    fn push_reference(&mut self, reference: &str) {
        let flags = self.reader.flags;
        let (open, close) = if flags.ignore_case { ("(?i:", ")") } else { ("(?:", ")") };
        self.out.push_str(open);
        self.out.push_str(reference);
        self.out.push_str(close);
    }

    fn named_reference(&mut self) -> Result<(), String> {
        let name = if self.reader.take('<') { self.reader.until('>') } else { None };
        let name = name.ok_or("\\k is not followed by '<' for named capturing group")?;
        if !self.names.contains(&name) {
            return Err(format!("named capturing group <{name}> does not exist"));
        }
        self.push_reference(&format!("\\k<{name}>"));
        Ok(())
    }

    fn group(&mut self) -> Result<Atom, String> {
        let outer = self.reader.flags;
        let mut atom = Atom::Other;
        let mut behind = 0;
        let groups_before = self.groups;
        if !self.reader.take('?') {
            self.groups += 1;
            self.out.push('(');
        } else if let Some(open) = [":", "=", "!", ">", "<=", "<!"].into_iter().find(|o| self.reader.take_all(o)) {
            self.out.push_str("(?");
            self.out.push_str(open);
            atom = if ":>".contains(open) { Atom::Other } else { Atom::Assertion };
            behind = usize::from(open.starts_with('<'));
        } else if self.reader.take_all("<") {
            self.name()?;
        } else if !self.inline_flags()? {
            return Ok(Atom::Nothing);
        }
        let captured = (self.groups > groups_before).then_some(self.groups);
        self.open.extend(captured);
        self.behind += behind;
        let takes_before = std::mem::take(&mut self.takes);
        self.alternatives()?;
        let takes = std::mem::replace(&mut self.takes, takes_before);
        self.behind -= behind;
        if captured.is_some() {
            self.open.pop();
        } else if !takes {
            atom = Atom::Assertion;
        }
        if !self.reader.take(')') {
            return Err("Unclosed group".into());
        }
        self.out.push(')');
        self.reader.flags = outer;
        Ok(atom)
    }

    fn name(&mut self) -> Result<(), String> {
        let name = self.reader.until('>').ok_or("named capturing group is missing trailing '>'")?;
        let is_name =
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_name {
            return Err(format!("'{name}' is no name of a capturing group"));
        }
        if self.names.contains(&name) {
            return Err(format!("Named capturing group <{name}> is already defined"));
        }
        self.groups += 1;
        self.out.push_str("(?P<");
        self.out.push_str(&name);
        self.out.push('>');
        self.names.push(name);
        Ok(())
    }

    /// Flags up to `)`, which last to the end of the group around them, or up to `:`, where a group begins (true).
    fn inline_flags(&mut self) -> Result<bool, String> {
        let mut on = true;
        loop {
            let flags = &mut self.reader.flags;
            let c = self.reader.chars.get(self.reader.at).copied().ok_or("Unknown inline modifier")?;
            self.reader.at += 1;
            match c {
                '-' => on = false,
                'i' => flags.ignore_case = on,
                'u' => flags.unicode_case = on,
                's' => flags.dot_all = on,
                'm' => flags.multiline = on,
                'd' => flags.unix_lines = on,
                'x' => flags.comments = on,
                'U' => {
                    flags.unicode_classes = on;
                    flags.unicode_case = on;
                }
                ')' => return Ok(false),
                ':' => {
                    self.out.push_str("(?:");
                    return Ok(true);
                }
                _ => return Err("Unknown inline modifier".into()),
            }
        }
    }

    /// Reads a quantifier for what was written from `start` on.
    fn quantifier(&mut self, start: usize, atom: Atom) -> Result<(), String> {
        let (least, most, text) = match self.reader.peek() {
            Some('*') => (0, None, "*".to_owned()),
            Some('+') => (1, None, "+".to_owned()),
            Some('?') => (0, Some(1), "?".to_owned()),
            Some('{') => {
                self.reader.next();
                self.counts()?
            }
            _ => return Ok(()),
        };
        if !text.starts_with('{') {
            self.reader.next();
        }
        if self.behind > 0 && most.is_none() {
            return Err("Look-behind group does not have an obvious maximum length".into());
        }
        let (possessive, lazy) = (self.reader.take('+'), self.reader.take('?'));
        if possessive && lazy {
            return Err("Dangling meta character '?'".into());
        }
        if atom == Atom::Assertion {
            // To repeat what takes nothing is to try it once, or not to need it.
            if least == 0 && lazy {
                self.out.truncate(start);
            } else if least == 0 {
                self.out.insert_str(start, "(?:");
                self.out.push_str("|)");
            }
            return Ok(());
        }
        self.out.push_str(&text);
        if lazy {
            self.out.push('?');
        }
        if possessive {
            self.out.insert_str(start, "(?>");
            self.out.push(')');
        }
        Ok(())
    }

    fn counts(&mut self) -> Result<(u32, Option<u32>, String), String> {
        let illegal = "Illegal repetition";
        let least = self.reader.digits(10, 1, 9).ok_or(illegal)?;
        let most = match self.reader.next() {
            Some('}') => return Ok((least, Some(least), format!("{{{least}}}"))),
            Some(',') if self.reader.take('}') => return Ok((least, None, format!("{{{least},}}"))),
            Some(',') => self.reader.digits(10, 1, 9).ok_or(illegal)?,
            _ => return Err("Unclosed counted closure".into()),
        };
        match self.reader.next() {
            Some('}') if most >= least => Ok((least, Some(most), format!("{{{least},{most}}}"))),
            Some('}') => Err("Illegal repetition range".into()),
            _ => Err("Unclosed counted closure".into()),
        }
    }
}

impl Reader {
    /// The next character, blanks and comments too.
    pub fn next_raw(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn peek_raw(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }
}

/// Writes a character that stands for itself, inside of a class too.
pub(super) fn push_char(c: char, out: &mut String) {
    if "\\.+*?()|[]{}^$#&-~".contains(c) {
        out.push('\\');
    }
    out.push(c);
}
