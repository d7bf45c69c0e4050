//! The order in which a Java `HashMap` gives its entries: that is how ksqlDB writes the entries of a MAP.

use std::ops::Range;

/// The entries in a hash map's order, as one grown from empty has it.
pub fn order<'k>(entries: Range<usize>, key: impl Fn(usize) -> &'k str) -> Vec<usize> {
    let mask = table_size(entries.len()) - 1;
    let mut order: Vec<usize> = entries.collect();
    order.sort_by_key(|&entry| bucket(key(entry), mask));
    order
}

/// Tables start with 16 buckets and double when three quarters are exceeded.
fn table_size(entries: usize) -> u32 {
    let mut size = 16;
    while entries > size / 4 * 3 {
        size *= 2;
    }
    size as u32
}

fn bucket(key: &str, mask: u32) -> u32 {
    let hash = key.encode_utf16().fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)));
    (hash ^ (hash >> 16)) & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_hash_order() {
        for (keys, expected) in [(&["b", "a"][..], &["a", "b"][..]), (&["p", "`", "a"], &["p", "`", "a"])] {
            let order: Vec<&str> = order(0..keys.len(), |i| keys[i]).into_iter().map(|i| keys[i]).collect();
            assert_eq!(order, expected);
        }
    }
}
