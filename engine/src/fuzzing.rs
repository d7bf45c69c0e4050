//! Ways for the fuzzer (`fuzz/`) to decoders that nothing else outside of this crate calls.

use arrow_array::{Array, BinaryArray};

use crate::exec::{StoreMeta, join_change, split_change};
use crate::topic::embedded;

/// Reads bytes as 0 a batch of the embedded log, 1 a topic, 2 a partition's metadata, else a table's change and a
/// store's metadata. Gives a few numbers of what was read; `None`: it does not decode.
///
/// # Panics
/// When what was read and written again is read as something else.
pub fn read_stored(kind: u8, bytes: &[u8]) -> Option<(usize, usize)> {
    if kind < 3 {
        return embedded::read_entry(kind, bytes);
    }
    let _ = StoreMeta::decode(bytes);
    let (old, new) = split_change(&BinaryArray::from(vec![Some(bytes)]))?;
    let again = split_change(&join_change(&old, &new));
    assert_eq!(again, Some((old.clone(), new.clone())), "a change is another");
    Some((old.null_count(), new.null_count()))
}
