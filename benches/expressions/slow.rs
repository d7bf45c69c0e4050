//! Why some functions cost more than 2 us a row on short texts. What has no reason here and is slower fails the benchmark.

/// Function, upper case, and the reason.
const REASONS: &[(&str, &str)] = &[];

/// The reason of a function.
pub fn reason(name: &str) -> Option<&'static str> {
    REASONS.iter().find(|(function, _)| *function == name).map(|(_, reason)| *reason)
}
