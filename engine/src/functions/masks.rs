//! MASK and its kin: text with letters and digits hidden. Every UTF-16 unit is one character here, as in Java; units of
//! surrogate pairs count as "other".

use std::sync::LazyLock;

use arrow_array::{ArrayRef, StringArray};
use regex::Regex;

use super::java_text::utf16_len;
use super::kernels::*;
use super::strings::STRING;
use super::{Argument, CallContext, Function, Overload};

/// The characters that stand for upper-case letters, lower-case letters, digits and all others; `None` leaves them.
type Masks = [Option<char>; 4];

const DEFAULT: Masks = [Some('X'), Some('x'), Some('n'), Some('-')];

/// Which units of a text are masked.
#[derive(Clone, Copy)]
enum Part {
    All,
    First,
    Last,
    AllButFirst,
    AllButLast,
}

/// The overloads of a function with a number of characters.
macro_rules! counted {
    ($name:literal, $description:literal, $examples:expr, $part:expr) => {
        Function::scalar(
            $name,
            STRING,
            $description,
            $examples,
            &[
                Overload::new("input STRING, numChars INT", "STRING", |c, a| mask(c, a, $part)).primitive(&[1]),
                Overload::new(
                    "input STRING, numChars INT, upper STRING, lower STRING, digit STRING, other STRING",
                    "STRING",
                    |c, a| mask(c, a, $part),
                )
                .primitive(&[1]),
            ],
        )
    };
}

pub static FUNCTIONS: &[Function] = &[
    Function::scalar(
        "mask",
        STRING,
        "The text with its letters and digits hidden; a NULL mask leaves its kind of characters.",
        &[("MASK('My Test $123')", "'Xx-Xxxx--nnn'"), ("MASK('My Test $123', '*', NULL, '1', NULL)", "'*y *est $111'")],
        &[
            Overload::new("input STRING", "STRING", |c, a| mask(c, a, Part::All)),
            Overload::new("input STRING, upper STRING, lower STRING, digit STRING, other STRING", "STRING", |c, a| {
                mask(c, a, Part::All)
            }),
        ],
    ),
    counted!(
        "mask_keep_left",
        "The text with all but its first characters hidden.",
        &[("MASK_KEEP_LEFT('My Test $123', 4)", "'My Txxx--nnn'")],
        Part::AllButFirst
    ),
    counted!(
        "mask_keep_right",
        "The text with all but its last characters hidden.",
        &[("MASK_KEEP_RIGHT('My Test $123', 4)", "'Xx-Xxxx-$123'")],
        Part::AllButLast
    ),
    counted!(
        "mask_left",
        "The text with its first characters hidden.",
        &[("MASK_LEFT('My Test $123', 4)", "'Xx-Xest $123'")],
        Part::First
    ),
    counted!(
        "mask_right",
        "The text with its last characters hidden.",
        &[("MASK_RIGHT('My Test $123', 4)", "'My Test -nnn'")],
        Part::Last
    ),
];

fn mask(context: &mut CallContext<'_>, arguments: &[Argument<'_>], part: Part) -> ArrayRef {
    let texts = arguments[0].strings();
    let (counts, masks) = match part {
        Part::All => (None, &arguments[1..]),
        _ => (Some(arguments[1].integers()), &arguments[2..]),
    };
    let masks: Vec<&StringArray> = masks.iter().map(Argument::strings).collect();
    string_rows(context, |row, out| {
        let count = counts.map_or(Ok(0), |c| c.at(row))?;
        let Ok(count) = usize::try_from(count) else {
            return Err(
                format!("function requires a non-negative number of characters to mask or keep, got {count}").into()
            );
        };
        let masks = masks_at(&masks, row)?;
        let text = texts.at(row)?;
        let range = masked_range(part, utf16_len(text), count);
        let mut unit = 0;
        for c in text.chars() {
            let end = unit + c.len_utf16();
            if range.contains(&unit) || range.contains(&(end - 1)) {
                push_masked(c, &masks, out);
            } else {
                out.push(c);
            }
            unit = end;
        }
        Ok(())
    })
}

fn masks_at(masks: &[&StringArray], row: usize) -> Row<Masks> {
    let mut result = DEFAULT;
    for (slot, mask) in result.iter_mut().zip(masks) {
        *slot = match mask.get(row) {
            None => None,
            Some(text) if utf16_len(text) == 1 => text.chars().next(),
            Some(text) => return Err(format!("Invalid mask character: {text}").into()),
        };
    }
    Ok(result)
}

fn masked_range(part: Part, length: usize, count: usize) -> std::ops::Range<usize> {
    let count = count.min(length);
    match part {
        Part::All => 0..length,
        Part::First => 0..count,
        Part::Last => length - count..length,
        Part::AllButFirst => count..length,
        Part::AllButLast => 0..length - count,
    }
}

static CATEGORIES: LazyLock<[Regex; 3]> =
    LazyLock::new(|| [r"\p{Lu}", r"\p{Ll}", r"\p{Nd}"].map(|p| Regex::new(p).expect("the pattern is valid")));

fn push_masked(c: char, masks: &Masks, out: &mut String) {
    let category = if c.is_ascii() {
        match c {
            'A'..='Z' => 0,
            'a'..='z' => 1,
            '0'..='9' => 2,
            _ => 3,
        }
    } else if c.len_utf16() == 1 {
        let mut buffer = [0; 4];
        let text: &str = c.encode_utf8(&mut buffer);
        CATEGORIES.iter().position(|category| category.is_match(text)).unwrap_or(3)
    } else {
        3
    };
    match masks[category] {
        Some(mask) => (0..c.len_utf16()).for_each(|_| out.push(mask)),
        None => out.push(c),
    }
}
