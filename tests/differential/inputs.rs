//! Generated inputs that several families use.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weir_engine::types::Value;

/// Inputs of one family, `WEIR_DIFFERENTIAL_COUNT` of them.
pub fn rows(family: u64, mut row: impl FnMut(&mut ChaCha8Rng) -> Vec<Value>) -> Vec<Vec<Value>> {
    const COUNT: usize = 3000;
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let count = number("WEIR_DIFFERENTIAL_COUNT").map_or(COUNT, |count| count as usize);
    let mut random = ChaCha8Rng::seed_from_u64(number("WEIR_SEED").unwrap_or(1).wrapping_mul(1000) + family);
    (0..count).map(|_| row(&mut random)).collect()
}

pub fn pick<'a, T>(random: &mut ChaCha8Rng, from: &'a [T]) -> &'a T {
    &from[random.random_range(0..from.len())]
}

/// One of several texts.
pub fn one_of<'a>(random: &mut ChaCha8Rng, from: &[&'a str]) -> &'a str {
    from[random.random_range(0..from.len())]
}

pub fn text(text: impl AsRef<str>) -> Value {
    Value::string(text)
}

/// Characters with something to them: cases that change length, surrogate pairs, blanks of all kinds, digits of other
/// scripts. None is younger than Unicode 13, which Java 17 knows.
const CHARACTERS: &str = "aAbBzZ019 _-.,%$\t\n\u{0}\u{1f}\u{a0}\u{2003}\u{2028}ßİıſŉǰΐσάΆЖжéÉñ好漢😀𐐀𐐨𝟘٣५ﬁǅǆŁ\u{301}";

/// Up to `longest` characters.
pub fn words(random: &mut ChaCha8Rng, longest: usize) -> String {
    let characters: Vec<char> = CHARACTERS.chars().collect();
    let plain = random.random_bool(0.4);
    let length = random.random_range(0..=longest);
    (0..length).map(|_| if plain { *pick(random, b"abcAB 12_-") as char } else { *pick(random, &characters) }).collect()
}

/// Doubles of every size, round ones, and those at which things change.
pub fn double(random: &mut ChaCha8Rng) -> f64 {
    const SPECIAL: [f64; 16] = [
        0.0,
        -0.0,
        0.5,
        1.5,
        -2.5,
        0.49999999999999994,
        1e-3,
        1e7,
        9_007_199_254_740_993.0,
        4_611_686_018_427_387_904.0,
        9_223_372_036_854_775_807.0,
        -9_223_372_036_854_775_808.0,
        f64::MAX,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    match random.random_range(0..6) {
        0 => *pick(random, &SPECIAL),
        1 => f64::from_bits(random.random()),
        2 => f64::from(random.random_range(-2000..2000)) / 8.0,
        3 => f64::from(random.random_range(-100_000..100_000)) / 1000.0,
        4 => random.random_range(-1e6..1e6),
        _ => random.random_range(-1.0_f64..1.0).powi(7) * 10_f64.powi(random.random_range(-12..20)),
    }
}

/// A number's text with at most so many digits before and behind the point.
pub fn decimal(random: &mut ChaCha8Rng, whole: usize, fraction: usize) -> String {
    let digits = |random: &mut ChaCha8Rng, most: usize| {
        let count = random.random_range(0..=most);
        let nines = random.random_bool(0.1);
        (0..count).map(|_| if nines { '9' } else { *pick(random, b"0123456789550") as char }).collect::<String>()
    };
    let (whole, fraction) = (digits(random, whole), digits(random, fraction));
    let sign = if random.random_bool(0.4) { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}0{whole}") } else { format!("{sign}0{whole}.{fraction}") }
}
