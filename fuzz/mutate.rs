//! New inputs out of kept ones: a few small changes, pieces of other inputs, words of the target's dictionary.

use rand::{Rng, RngExt};

/// Bytes that often matter: ends of ranges, quotes, brackets, what separates the parts of an input.
const BYTES: &[u8] = b"\0\x01\x7f\x80\xff\x1f\x1e'\"`()[]{}<>,;:.-+*/\\$%_ \n0189eE";
/// Numbers at the ends of ranges, as text.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2147483647",
    "-2147483648",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1e308",
    "1e-400",
    "0.1",
    "99999999999999999999999999999999999999",
    "1E5",
    "65536",
    "255",
];

pub struct Mutator<'a> {
    pub dictionary: &'a [String],
    pub bytes_max: usize,
}

impl Mutator<'_> {
    /// A changed copy of `parent`; `other` lends pieces.
    pub fn mutate(&self, parent: &[u8], other: &[u8], random: &mut impl Rng) -> Vec<u8> {
        let mut input = parent.to_vec();
        let changes = 1_usize << random.random_range(0..4);
        for _ in 0..random.random_range(1..=changes) {
            self.change(&mut input, other, random);
        }
        input.truncate(self.bytes_max);
        input
    }

    fn change(&self, input: &mut Vec<u8>, other: &[u8], random: &mut impl Rng) {
        match random.random_range(0..14) {
            0 => flip_bit(input, random),
            1 => replace_byte(input, random),
            2 => insert(input, &[BYTES[random.random_range(0..BYTES.len())]], random),
            3 => remove(input, random),
            4 => repeat(input, random),
            5 => swap(input, random),
            6 | 7 => splice(input, other, random),
            8 => number(input, random),
            9 => insert(input, NUMBERS[random.random_range(0..NUMBERS.len())].as_bytes(), random),
            10 => nest(input, random),
            _ => self.word(input, random),
        }
    }

    /// Puts in a word of the dictionary, at times in place of as many bytes.
    fn word(&self, input: &mut Vec<u8>, random: &mut impl Rng) {
        if self.dictionary.is_empty() {
            return flip_bit(input, random);
        }
        let word = self.dictionary[random.random_range(0..self.dictionary.len())].as_bytes();
        if random.random_bool(0.3) {
            let (start, end) = range(input, random);
            input.splice(start..end, word.iter().copied());
        } else {
            insert(input, word, random);
        }
    }
}

fn place(input: &[u8], random: &mut impl Rng) -> usize {
    random.random_range(0..=input.len())
}

/// A mostly short range.
fn range(input: &[u8], random: &mut impl Rng) -> (usize, usize) {
    let start = place(input, random);
    let length = random.random_range(0..=input.len() - start);
    let short = 1 << random.random_range(0..8);
    (start, start + length.min(short))
}

fn flip_bit(input: &mut [u8], random: &mut impl Rng) {
    if !input.is_empty() {
        let at = random.random_range(0..input.len());
        input[at] ^= 1 << random.random_range(0..8);
    }
}

fn replace_byte(input: &mut [u8], random: &mut impl Rng) {
    if !input.is_empty() {
        let at = random.random_range(0..input.len());
        input[at] = if random.random_bool(0.5) { random.random() } else { BYTES[random.random_range(0..BYTES.len())] };
    }
}

fn insert(input: &mut Vec<u8>, piece: &[u8], random: &mut impl Rng) {
    let at = place(input, random);
    input.splice(at..at, piece.iter().copied());
}

fn remove(input: &mut Vec<u8>, random: &mut impl Rng) {
    let (start, end) = range(input, random);
    input.drain(start..end);
}

fn repeat(input: &mut Vec<u8>, random: &mut impl Rng) {
    let (start, end) = range(input, random);
    let piece = input[start..end].repeat(random.random_range(1..6));
    input.splice(end..end, piece);
}

fn swap(input: &mut [u8], random: &mut impl Rng) {
    if input.len() > 1 {
        let (a, b) = (random.random_range(0..input.len()), random.random_range(0..input.len()));
        input.swap(a, b);
    }
}

fn splice(input: &mut Vec<u8>, other: &[u8], random: &mut impl Rng) {
    let (start, end) = range(other, random);
    let (from, to) = if random.random_bool(0.5) { range(input, random) } else { (input.len(), input.len()) };
    input.splice(from..to, other[start..end].iter().copied());
}

/// Changes a number that is there, as binary or as digits.
fn number(input: &mut [u8], random: &mut impl Rng) {
    let digits: Vec<usize> = (0..input.len()).filter(|i| input[*i].is_ascii_digit()).collect();
    if !digits.is_empty() && random.random_bool(0.7) {
        input[digits[random.random_range(0..digits.len())]] = b'0' + random.random_range(0..10);
    } else if !input.is_empty() {
        let at = random.random_range(0..input.len());
        input[at] = input[at].wrapping_add(random.random_range(0..=32)).wrapping_sub(16);
    }
}

/// Brackets around a part, at times very many of them.
fn nest(input: &mut Vec<u8>, random: &mut impl Rng) {
    const PAIRS: &[(&str, &str)] = &[
        ("(", ")"),
        ("[", "]"),
        ("{\"a\":", "}"),
        ("ARRAY[", "]"),
        ("ARRAY<", ">"),
        ("NOT ", ""),
        ("-", ""),
        ("CAST(", " AS STRING)"),
        ("(?:", ")"),
        ("CASE WHEN true THEN ", " END"),
        ("STRUCT(a:=", ")"),
    ];
    let (open, close) = PAIRS[random.random_range(0..PAIRS.len())];
    let depth = if random.random_bool(0.05) { random.random_range(1..1_200) } else { random.random_range(1..4) };
    let (start, end) = range(input, random);
    let inner = input[start..end].to_vec();
    input.splice(start..end, [open.repeat(depth).into_bytes(), inner, close.repeat(depth).into_bytes()].concat());
}
