//! The loop: take a kept input, change it, run the target, keep what reaches something new. Single-threaded and, for a seed,
//! the same every time.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::coverage::Coverage;
use crate::mutate::Mutator;
use crate::targets::Target;

/// Largest input.
pub const INPUT_BYTES_MAX: usize = 4_096;
/// Inputs kept in memory.
const KEPT_MAX: usize = 20_000;

/// A panic, and the smallest input found that still gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub place: String,
    pub message: String,
    pub input: Vec<u8>,
}

/// Where a session is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    pub inputs: u64,
    pub kept: usize,
    pub edges: usize,
    pub outcomes: usize,
    pub findings: usize,
    pub slowest: Duration,
}

pub struct Session<'a> {
    target: &'a Target,
    dictionary: Vec<String>,
    random: ChaCha8Rng,
    kept: Vec<Vec<u8>>,
    coverage: Coverage,
    outcomes: HashSet<u64>,
    inputs: u64,
    slowest: (Duration, Vec<u8>),
    pub findings: Vec<Finding>,
}

impl<'a> Session<'a> {
    pub fn new(target: &'a Target, seed: u64) -> Self {
        catch_quietly();
        Self {
            target,
            dictionary: (target.dictionary)(),
            random: ChaCha8Rng::seed_from_u64(seed),
            kept: Vec::new(),
            coverage: Coverage::default(),
            outcomes: HashSet::new(),
            inputs: 0,
            slowest: (Duration::ZERO, Vec::new()),
            findings: Vec::new(),
        }
    }

    /// Runs an input as it is and keeps it if it reaches something new.
    pub fn add(&mut self, input: Vec<u8>, before: &mut dyn FnMut(&[u8])) {
        self.inputs += 1;
        before(&input);
        let begun = Instant::now();
        self.coverage.reset();
        let outcome = run(self.target, &input);
        let took = begun.elapsed();
        if took > self.slowest.0 {
            self.slowest = (took, input.clone());
        }
        let is_new = self.coverage.merge();
        match outcome {
            Ok(outcome) => {
                // Outcomes tell too many inputs apart to be of use beside the counters.
                let is_new_outcome = self.outcomes.insert(outcome);
                let keeps = if self.coverage.is_on() { is_new } else { is_new_outcome };
                if keeps && self.kept.len() < KEPT_MAX {
                    self.kept.push(input);
                }
            }
            Err((place, message)) => self.found(place, message, input),
        }
    }

    fn found(&mut self, place: String, message: String, input: Vec<u8>) {
        if self.findings.iter().any(|known| known.place == place) {
            return;
        }
        let input = shrink(self.target, input, &place);
        self.findings.push(Finding { place, message, input });
    }

    /// Runs seeds and kept inputs as they are.
    pub fn begin(&mut self, before: &mut dyn FnMut(&[u8])) {
        for input in (self.target.seeds)().into_iter().chain(crate::corpus::read(self.target.name)) {
            self.add(input, before);
        }
    }

    /// Runs one changed input.
    pub fn step(&mut self, before: &mut dyn FnMut(&[u8])) {
        let nothing: &[u8] = &[];
        let pick = |random: &mut ChaCha8Rng, count: usize| {
            // Half of the time one of the newest, which are least explored.
            let newest = count.saturating_sub(if random.random_bool(0.5) { 64 } else { count });
            random.random_range(newest..count)
        };
        let (parent, other) = match self.kept.len() {
            0 => (nothing, nothing),
            count => (&*self.kept[pick(&mut self.random, count)], &*self.kept[pick(&mut self.random, count)]),
        };
        let mutator = Mutator { dictionary: &self.dictionary, bytes_max: INPUT_BYTES_MAX };
        let input = mutator.mutate(parent, other, &mut self.random);
        self.add(input, before);
    }

    pub fn progress(&self) -> Progress {
        Progress {
            inputs: self.inputs,
            kept: self.kept.len(),
            edges: self.coverage.reached(),
            outcomes: self.outcomes.len(),
            findings: self.findings.len(),
            slowest: self.slowest.0,
        }
    }

    pub fn slowest_input(&self) -> &[u8] {
        &self.slowest.1
    }

    /// Kept inputs that reach what the seeds do not, short ones first, in a file of at most so many bytes.
    pub fn distilled(&self, bytes_max: usize) -> Vec<Vec<u8>> {
        let (mut coverage, mut outcomes) = (Coverage::default(), HashSet::new());
        let mut is_new = |input: &[u8]| {
            coverage.reset();
            let outcome = run(self.target, input);
            let reaches_more = coverage.merge();
            outcome.is_ok_and(|outcome| outcomes.insert(outcome)) && !coverage.is_on() || reaches_more
        };
        for seed in (self.target.seeds)() {
            is_new(&seed);
        }
        let mut inputs = self.kept.clone();
        inputs.sort_by_key(Vec::len);
        let mut bytes = 0;
        inputs.retain(|input| {
            let line = crate::corpus::escape(input).len() + 1;
            let keep = bytes + line <= bytes_max && is_new(input);
            bytes += if keep { line } else { 0 };
            keep
        });
        inputs
    }
}

thread_local! {
    static LAST_PANIC: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
    static IS_FUZZING: RefCell<bool> = const { RefCell::new(false) };
}

/// Panics of targets are kept for the report instead of being printed; all others are printed as ever.
fn catch_quietly() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_FUZZING.with(|fuzzing| *fuzzing.borrow()) {
                return usual(info);
            }
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            let message = message_of(info.payload());
            LAST_PANIC.with(|last| *last.borrow_mut() = Some((place, message)));
        }));
    });
}

fn message_of(payload: &dyn Any) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// The outcome of an input, or where and why it panicked.
fn run(target: &Target, input: &[u8]) -> Result<u64, (String, String)> {
    IS_FUZZING.with(|fuzzing| *fuzzing.borrow_mut() = true);
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    IS_FUZZING.with(|fuzzing| *fuzzing.borrow_mut() = false);
    outcome.map_err(|_| LAST_PANIC.with(|last| last.borrow_mut().take()).unwrap_or_default())
}

/// Leaves out parts as long as the panic stays at its place.
fn shrink(target: &Target, mut input: Vec<u8>, place: &str) -> Vec<u8> {
    let mut piece = input.len().div_ceil(2);
    let mut tries = 2_000;
    while piece > 0 {
        let mut start = 0;
        while start < input.len() && tries > 0 {
            tries -= 1;
            let mut shorter = input.clone();
            shorter.drain(start..(start + piece).min(input.len()));
            if run(target, &shorter).is_err_and(|(found, _)| found == place) {
                input = shorter;
            } else {
                start += piece;
            }
        }
        piece /= 2;
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts_with_ab(input: &[u8]) -> u64 {
        assert!(!(input.contains(&b'a') && input.contains(&b'b')), "both");
        u64::from(input.contains(&b'a'))
    }

    #[test]
    fn a_panic_is_found_once_and_made_small() {
        let target = Target {
            name: "test",
            what: "",
            run: starts_with_ab,
            seeds: Vec::new,
            dictionary: || vec!["aaaa".into(), "xxxb".into()],
        };
        let mut session = Session::new(&target, 1);
        (0..5_000).for_each(|_| session.step(&mut |_| {}));
        assert_eq!(session.findings.len(), 1);
        assert_eq!(session.findings[0].input.len(), 2, "{:?}", session.findings);
        assert_eq!(session.progress().outcomes, 2);
    }
}
