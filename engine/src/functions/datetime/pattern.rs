//! A `DateTimeFormatter` pattern, compiled from its letters to items that `print` writes and `parse` reads.

/// One compiled pattern.
#[derive(Clone, Debug)]
pub struct DateTimePattern {
    pub(super) items: Vec<Item>,
}

/// What a letter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Era,
    YearOfEra,
    Year,
    WeekBasedYear,
    Quarter,
    Month,
    WeekOfYear,
    WeekOfMonth,
    DayOfMonth,
    DayOfYear,
    AlignedDayOfWeekInMonth,
    ModifiedJulianDay,
    DayOfWeek,
    /// 1 is Sunday.
    LocalDayOfWeek,
    AmPm,
    HourOfDay,
    ClockHourOfDay,
    HourOfAmPm,
    ClockHourOfAmPm,
    Minute,
    Second,
    Nano,
    MilliOfDay,
    NanoOfDay,
}

pub(super) const FIELDS: usize = 24;

impl Field {
    pub(super) fn is_time(self) -> bool {
        self as usize >= Field::AmPm as usize
    }

    /// Least and greatest value that Java's SMART resolver takes.
    pub(super) fn range(self) -> (i64, i64) {
        match self {
            Field::Era | Field::AmPm => (0, 1),
            Field::YearOfEra => (1, 999_999_999),
            Field::Year | Field::WeekBasedYear => (-999_999_999, 999_999_999),
            Field::Quarter => (1, 4),
            Field::Month => (1, 12),
            Field::WeekOfYear => (1, 54),
            Field::WeekOfMonth => (0, 6),
            Field::ModifiedJulianDay => (-365_243_219_162, 365_241_780_471),
            Field::DayOfMonth => (1, 31),
            Field::DayOfYear => (1, 366),
            Field::DayOfWeek | Field::LocalDayOfWeek | Field::AlignedDayOfWeekInMonth => (1, 7),
            Field::HourOfDay | Field::ClockHourOfDay => (0, 24),
            Field::HourOfAmPm => (0, 11),
            Field::ClockHourOfAmPm => (0, 12),
            Field::Minute | Field::Second => (0, 59),
            Field::Nano => (0, 999_999_999),
            Field::MilliOfDay => (0, 86_399_999),
            Field::NanoOfDay => (0, 86_399_999_999_999),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Normal,
    NotNegative,
    /// A plus sign before numbers wider than the minimum.
    ExceedsPad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Short,
    Full,
    Narrow,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    pub field: Field,
    pub min: usize,
    pub max: usize,
    pub sign: Sign,
    /// Two digits that mean 2000 to 2099.
    pub reduced: bool,
    /// Digits that following numbers need when no sign or literal stands between.
    pub reserved: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Number(Number),
    /// So many digits of the second's fraction.
    Fraction(usize),
    Text(Field, Style),
    Literal(char),
    ZoneId,
    ZoneName(ZoneName),
    /// A period of the day, such as `in the morning`.
    DayPeriod(Style),
    /// The digits' shape (as `+HH:MM`), and the text of offset zero.
    Offset {
        shape: OffsetShape,
        zero: &'static str,
    },
    /// `GMT+8` or `GMT+08:00`.
    LocalizedOffset {
        long: bool,
    },
    Optional(Vec<Item>),
    Padded(usize, Box<Item>),
}

/// Which of a zone's names: `PST` or `Pacific Standard Time`, and those of the whole year, `PT` and `Pacific Time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ZoneName {
    pub long: bool,
    pub generic: bool,
}

/// Which parts of an offset are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetShape {
    pub minutes: Part,
    pub seconds: Part,
    pub colons: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    No,
    IfNotZero,
    Always,
}

const fn shape(minutes: Part, seconds: Part, colons: bool) -> OffsetShape {
    OffsetShape { minutes, seconds, colons }
}

/// By the number of `X` or `x` letters.
const OFFSET_SHAPES: [OffsetShape; 5] = [
    shape(Part::IfNotZero, Part::No, false),
    shape(Part::Always, Part::No, false),
    shape(Part::Always, Part::No, true),
    shape(Part::Always, Part::IfNotZero, false),
    shape(Part::Always, Part::IfNotZero, true),
];

impl DateTimePattern {
    /// Compiles a pattern; the error says which letter is wrong.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut at = 0;
        let mut builder = Builder { open: vec![Vec::new()], ..Builder::default() };
        while at < chars.len() {
            at = builder.token(&chars, at).map_err(|why| format!("Invalid date pattern '{pattern}': {why}"))?;
        }
        while builder.open.len() > 1 {
            builder.close()?;
        }
        Ok(Self { items: builder.open.pop().unwrap_or_default() })
    }

    /// Whether a field of the date (also inside of optional parts) occurs.
    pub fn has_date_fields(&self) -> bool {
        any_field(&self.items, &|field| !field.is_time())
    }
}

fn any_field(items: &[Item], wanted: &dyn Fn(Field) -> bool) -> bool {
    items.iter().any(|item| match item {
        Item::Number(number) => wanted(number.field),
        Item::Text(field, _) => wanted(*field),
        Item::Fraction(_) => wanted(Field::Nano),
        Item::DayPeriod(_) => wanted(Field::AmPm),
        Item::Optional(items) => any_field(items, wanted),
        Item::Padded(_, item) => any_field(std::slice::from_ref(item), wanted),
        _ => false,
    })
}

#[derive(Default)]
struct Builder {
    /// The item lists of open optional parts, outermost first.
    open: Vec<Vec<Item>>,
    /// Where in the innermost list the number stands that lends digits to its successors.
    adjacent: Option<usize>,
    pad: Option<usize>,
}

impl Builder {
    /// Takes the token that starts at `at`; gives the place after it.
    fn token(&mut self, chars: &[char], at: usize) -> Result<usize, String> {
        let c = chars[at];
        match c {
            'p' => {
                let count = run(chars, at);
                self.pad = Some(count);
                self.adjacent = None;
                match chars.get(at + count) {
                    Some(next) if next.is_ascii_alphabetic() => Ok(at + count),
                    _ => Err("pad letter 'p' must be followed by a valid pad pattern".into()),
                }
            }
            'A'..='Z' | 'a'..='z' => {
                let count = run(chars, at);
                self.letters(c, count)?;
                Ok(at + count)
            }
            '\'' => self.quoted(chars, at),
            '[' => {
                self.adjacent = None;
                self.open.push(Vec::new());
                Ok(at + 1)
            }
            ']' => self.close().map(|()| at + 1),
            '{' | '}' | '#' => Err(format!("Pattern includes reserved character: '{c}'")),
            _ => {
                self.push(Item::Literal(c));
                Ok(at + 1)
            }
        }
    }

    fn quoted(&mut self, chars: &[char], at: usize) -> Result<usize, String> {
        let mut end = at + 1;
        let mut text = Vec::new();
        loop {
            match (chars.get(end), chars.get(end + 1)) {
                (Some('\''), Some('\'')) => {
                    text.push('\'');
                    end += 2;
                }
                (Some('\''), _) => break,
                (Some(c), _) => {
                    text.push(*c);
                    end += 1;
                }
                (None, _) => return Err("Pattern ends with an incomplete string literal".into()),
            }
        }
        if end == at + 1 {
            text.push('\'');
        }
        for c in text {
            self.push(Item::Literal(c));
        }
        Ok(end + 1)
    }

    fn close(&mut self) -> Result<(), String> {
        if self.open.len() == 1 {
            return Err("Pattern invalid as it contains ] without previous [".into());
        }
        let items = self.open.pop().unwrap_or_default();
        self.push(Item::Optional(items));
        Ok(())
    }

    fn push(&mut self, item: Item) {
        self.adjacent = None;
        self.append(item);
    }

    fn append(&mut self, item: Item) {
        let item = match self.pad.take() {
            Some(width) => Item::Padded(width, Box::new(item)),
            None => item,
        };
        self.open.last_mut().expect("the outermost list is never closed").push(item);
    }

    /// Adds a number. One of fixed width that follows another takes its digits from that one's end; any other one is the
    /// next to lend.
    fn number(&mut self, number: Number) -> Result<(), String> {
        let fixed = number.min == number.max && number.sign == Sign::NotNegative;
        self.adjacent_value(fixed.then_some(number.max), Item::Number(number))
    }

    fn adjacent_value(&mut self, fixed_width: Option<usize>, item: Item) -> Result<(), String> {
        let items = self.open.last_mut().expect("the outermost list is never closed");
        let next = items.len();
        let lender = match self.adjacent.map(|i| &mut items[i]) {
            Some(Item::Number(lender)) => Some(lender),
            // Java cannot do with a padded number before another one.
            Some(Item::Padded(..)) => return Err("a padded number must not stand right before another one".into()),
            _ => None,
        };
        match (lender, fixed_width) {
            (Some(lender), Some(width)) => lender.reserved += width,
            (Some(lender), None) => {
                lender.reserved = 0;
                self.adjacent = Some(next);
            }
            // A fraction lends nothing.
            (None, Some(_)) if self.adjacent.is_some() => {}
            (None, _) => self.adjacent = Some(next),
        }
        self.append(item);
        Ok(())
    }

    fn fixed(&mut self, field: Field, width: usize) -> Result<(), String> {
        self.number(Number { field, min: width, max: width, sign: Sign::NotNegative, reduced: false, reserved: 0 })
    }

    fn variable(&mut self, field: Field, min: usize, max: usize, sign: Sign) -> Result<(), String> {
        self.number(Number { field, min, max, sign, reduced: false, reserved: 0 })
    }

    /// One digit or more for a single letter, else as many digits as letters, at most `most`.
    fn short_number(&mut self, field: Field, letter: char, count: usize, most: usize) -> Result<(), String> {
        match count {
            1 => self.variable(field, 1, 19, Sign::Normal),
            n if n <= most => self.fixed(field, n),
            _ => Err(too_many(letter)),
        }
    }

    /// Counts as one digit to its neighbours, and takes two.
    fn week_of_month(&mut self) -> Result<(), String> {
        let (field, sign) = (Field::WeekOfMonth, Sign::NotNegative);
        let number = Number { field, min: 1, max: 2, sign, reduced: false, reserved: 0 };
        self.adjacent_value(Some(1), Item::Number(number))
    }

    fn year(&mut self, field: Field, count: usize) -> Result<(), String> {
        match count {
            2 => self.number(Number { field, min: 2, max: 2, sign: Sign::NotNegative, reduced: true, reserved: 0 }),
            1 | 3 => self.variable(field, count, 19, Sign::Normal),
            _ => self.variable(field, count.min(19), 19, Sign::ExceedsPad),
        }
    }

    fn text_from(&mut self, field: Field, letter: char, count: usize, short_from: usize) -> Result<(), String> {
        let style = match count {
            4 => Style::Full,
            5 => Style::Narrow,
            n if n >= short_from && n <= 3 => Style::Short,
            _ => return Err(too_many(letter)),
        };
        self.push(Item::Text(field, style));
        Ok(())
    }

    fn letters(&mut self, letter: char, count: usize) -> Result<(), String> {
        match letter {
            'u' => return self.year(Field::Year, count),
            'y' => return self.year(Field::YearOfEra, count),
            'Y' => return self.year(Field::WeekBasedYear, count),
            'G' => return self.text_from(Field::Era, letter, count, 1),
            'M' | 'L' if count <= 2 => return self.short_number(Field::Month, letter, count, 2),
            'M' | 'L' => return self.text_from(Field::Month, letter, count, 3),
            'Q' | 'q' if count <= 2 => return self.short_number(Field::Quarter, letter, count, 2),
            'Q' | 'q' => return self.text_from(Field::Quarter, letter, count, 3),
            'w' if count <= 2 => return self.variable(Field::WeekOfYear, count, 2, Sign::NotNegative),
            'W' if count == 1 => return self.week_of_month(),
            'd' => return self.short_number(Field::DayOfMonth, letter, count, 2),
            'D' if count == 1 => return self.variable(Field::DayOfYear, 1, 19, Sign::Normal),
            'D' if count <= 3 => return self.variable(Field::DayOfYear, count, 3, Sign::NotNegative),
            'F' => return self.short_number(Field::AlignedDayOfWeekInMonth, letter, count, 1),
            'g' => return self.variable(Field::ModifiedJulianDay, count.min(19), 19, Sign::Normal),
            'E' => return self.text_from(Field::DayOfWeek, letter, count, 1),
            'c' if count == 1 => return self.fixed(Field::LocalDayOfWeek, 1),
            'e' if count <= 2 => return self.fixed(Field::LocalDayOfWeek, count),
            'e' | 'c' => return self.text_from(Field::DayOfWeek, letter, count, 3),
            'a' if count == 1 => self.push(Item::Text(Field::AmPm, Style::Short)),
            'H' => return self.short_number(Field::HourOfDay, letter, count, 2),
            'k' => return self.short_number(Field::ClockHourOfDay, letter, count, 2),
            'K' => return self.short_number(Field::HourOfAmPm, letter, count, 2),
            'h' => return self.short_number(Field::ClockHourOfAmPm, letter, count, 2),
            'm' => return self.short_number(Field::Minute, letter, count, 2),
            's' => return self.short_number(Field::Second, letter, count, 2),
            'S' if count <= 9 => return self.fraction(count),
            'A' => return self.variable(Field::MilliOfDay, count.min(19), 19, Sign::NotNegative),
            'n' => return self.variable(Field::Nano, count.min(19), 19, Sign::NotNegative),
            'N' => return self.variable(Field::NanoOfDay, count.min(19), 19, Sign::NotNegative),
            _ => return self.zone_letters(letter, count),
        }
        Ok(())
    }

    /// A fraction reads exactly its digits, so a number before it can leave them to it.
    fn fraction(&mut self, digits: usize) -> Result<(), String> {
        self.adjacent_value(Some(digits), Item::Fraction(digits))
    }

    fn zone_letters(&mut self, letter: char, count: usize) -> Result<(), String> {
        let item = match (letter, count) {
            ('V', 2) => Item::ZoneId,
            ('V', _) => return Err("Pattern letter count must be 2: V".into()),
            ('z', 1..=4) => Item::ZoneName(ZoneName { long: count == 4, generic: false }),
            ('v', 1 | 4) => Item::ZoneName(ZoneName { long: count == 4, generic: true }),
            ('B', 1) => Item::DayPeriod(Style::Short),
            ('B', 4) => Item::DayPeriod(Style::Full),
            ('B', 5) => Item::DayPeriod(Style::Narrow),
            ('B', _) => return Err("Wrong number of pattern letters: B".into()),
            ('O', 1 | 4) => Item::LocalizedOffset { long: count == 4 },
            ('X', 1..=5) => Item::Offset { shape: OFFSET_SHAPES[count - 1], zero: "Z" },
            ('x', 1..=5) => Item::Offset {
                shape: OFFSET_SHAPES[count - 1],
                zero: match count {
                    1 => "+00",
                    2 | 4 => "+0000",
                    _ => "+00:00",
                },
            },
            ('Z', 1..=3) => Item::Offset { shape: OFFSET_SHAPES[1], zero: "+0000" },
            ('Z', 4) => Item::LocalizedOffset { long: true },
            ('Z', 5) => Item::Offset { shape: OFFSET_SHAPES[4], zero: "Z" },
            ('z' | 'v' | 'O' | 'X' | 'x' | 'Z' | 'a' | 'S' | 'D' | 'w' | 'W', _) => return Err(too_many(letter)),
            _ => return Err(format!("Unknown pattern letter: {letter}")),
        };
        self.push(item);
        Ok(())
    }
}

fn too_many(letter: char) -> String {
    format!("Too many pattern letters: {letter}")
}

fn run(chars: &[char], at: usize) -> usize {
    chars[at..].iter().take_while(|c| **c == chars[at]).count()
}
