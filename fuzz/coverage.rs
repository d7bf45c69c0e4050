//! Which code an input reaches: edge counters that the compiler puts into our crates, if it was told to.
//!
//! `fuzz/instrument` is the compiler wrapper that asks LLVM for inline 8-bit counters; it works on stable Rust and leaves third
//! parties' crates alone, so that they need not be built again. Each crate's start-up code hands its counters to
//! `__sanitizer_cov_8bit_counters_init`. Without instrumentation there are none and only outcomes tell inputs apart.
#![allow(unsafe_code)]

use std::sync::Mutex;

/// Start and length of counters that live as long as the process.
static REGIONS: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Called by instrumented code at start-up, perhaps several times with the same counters.
///
/// # Safety
/// `start..stop` must be counters that live as long as the process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8) {
    let region = (start as usize, (stop as usize).saturating_sub(start as usize));
    if let Ok(mut regions) = REGIONS.lock()
        && region.1 > 0
        && !regions.contains(&region)
    {
        regions.push(region);
    }
}

/// What all inputs so far have reached.
pub struct Coverage {
    regions: Vec<(usize, usize)>,
    /// Per counter, the classes of counts that were seen.
    seen: Vec<u8>,
}

impl Default for Coverage {
    fn default() -> Self {
        let regions = REGIONS.lock().map(|regions| regions.clone()).unwrap_or_default();
        let seen = vec![0; regions.iter().map(|(_, length)| length).sum()];
        Self { regions, seen }
    }
}

impl Coverage {
    /// Whether the program was built with counters.
    pub fn is_on(&self) -> bool {
        !self.seen.is_empty()
    }

    /// Counters that were ever above zero.
    pub fn reached(&self) -> usize {
        self.seen.iter().filter(|classes| **classes != 0).count()
    }

    /// Sets all counters to zero.
    pub fn reset(&self) {
        for &(start, length) in &self.regions {
            // SAFETY: the region was handed over by instrumented code and lives as long as the process.
            unsafe { std::ptr::write_bytes(start as *mut u8, 0, length) };
        }
    }

    /// Adds what was reached since the last reset; says whether there was something new.
    pub fn merge(&mut self) -> bool {
        let (mut is_new, mut offset) = (false, 0);
        for &(start, length) in &self.regions {
            // SAFETY: as in `reset`; a count that changes meanwhile only makes the answer less exact.
            let counters = unsafe { std::slice::from_raw_parts(start as *const u8, length) };
            is_new |= merge_region(counters, &mut self.seen[offset..offset + length]);
            offset += length;
        }
        is_new
    }
}

fn merge_region(counters: &[u8], seen: &mut [u8]) -> bool {
    let mut is_new = false;
    let (words, rest) = counters.as_chunks::<16>();
    for (i, word) in words.iter().enumerate().filter(|(_, word)| **word != [0; 16]) {
        is_new |= merge_counts(word, &mut seen[i * 16..]);
    }
    is_new | merge_counts(rest, &mut seen[words.len() * 16..])
}

fn merge_counts(counts: &[u8], seen: &mut [u8]) -> bool {
    let mut is_new = false;
    for (count, seen) in counts.iter().zip(seen).filter(|(count, _)| **count != 0) {
        let class = class_of(*count);
        is_new |= *seen & class == 0;
        *seen |= class;
    }
    is_new
}

/// One bit for counts that are taken as alike.
fn class_of(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        4..8 => 8,
        8..16 => 16,
        16..32 => 32,
        32..128 => 64,
        128.. => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::merge_region;

    #[test]
    fn new_edges_and_new_classes_of_counts_are_new() {
        let mut seen = [0; 20];
        let at = |place: usize, count: u8| {
            let mut counters = [0; 20];
            counters[place] = count;
            counters
        };
        assert!(merge_region(&at(3, 1), &mut seen));
        assert!(!merge_region(&at(3, 1), &mut seen));
        assert!(merge_region(&at(3, 5), &mut seen));
        assert!(!merge_region(&at(3, 6), &mut seen));
        assert!(merge_region(&at(19, 1), &mut seen));
    }
}
