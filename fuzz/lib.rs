//! A fuzzer of our own for stable Rust: inputs are mutated from a kept corpus, and those that reach something new are kept.
//!
//! `targets` holds what is fuzzed: functions over bytes that must neither panic, overflow the stack, hang nor eat memory, and that
//! check what must hold (what is printed reads back, what is encoded decodes to the same). `mutate` makes inputs, `corpus`
//! reads and writes the kept ones, `coverage` knows what was reached, `session` is the loop, `supervise` runs it in a process
//! that may die.

pub mod corpus;
pub mod coverage;
mod mutate;
pub mod session;
pub mod supervise;
pub mod targets;
