//! The latest row of each group since the last commit: what changelog values repeat of the input.

use arrow_array::{Array, ArrayRef};
use arrow_select::interleave::interleave;

/// Rows held before those that newer ones replaced are let go.
const HELD_ROWS: usize = 32_768;
/// Memory of a held value, roughly.
const VALUE_BYTES: usize = 16;

/// Holds batches as they come, so that noting a row costs one write, and picks the latest rows out at the end.
#[derive(Default)]
pub(super) struct LatestRows {
    batches: Vec<Vec<ArrayRef>>,
    rows: usize,
    /// By slot: batch and row. Of slots that were not noted without meaning.
    places: Vec<(u32, u32)>,
}

impl LatestRows {
    /// Row i is the latest of group `slots[i]`: of `added` where `is_added` says so, else of `removed`. Slots are below
    /// `slot_count`.
    pub fn note(
        &mut self,
        slots: &[u32],
        slot_count: usize,
        (added, removed): (&[ArrayRef], Option<&[ArrayRef]>),
        is_added: impl Fn(usize) -> bool,
    ) {
        let batch = self.batches.len() as u32;
        for columns in std::iter::once(added).chain(removed) {
            self.batches.push(columns.to_vec());
            self.rows += slots.len();
        }
        self.places.resize(slot_count.max(self.places.len()), (0, 0));
        for (row, &slot) in slots.iter().enumerate() {
            self.places[slot as usize] = (batch + u32::from(!is_added(row)), row as u32);
        }
    }

    /// The columns of these groups, all of which were noted.
    pub fn columns(&self, slots: &[u32]) -> Vec<ArrayRef> {
        let places: Vec<(usize, usize)> = slots
            .iter()
            .map(|&slot| {
                let (batch, row) = self.places[slot as usize];
                (batch as usize, row as usize)
            })
            .collect();
        let columns = self.batches.first().map_or(0, Vec::len);
        (0..columns)
            .map(|column| {
                let arrays: Vec<&dyn Array> = self.batches.iter().map(|batch| batch[column].as_ref()).collect();
                interleave(&arrays, &places).expect("batches of one step have one schema")
            })
            .collect()
    }

    /// Lets go of rows that newer ones replaced, once they are many. `slots`: all that were noted, each once.
    pub fn compact(&mut self, slots: &[u32]) {
        if self.rows <= HELD_ROWS.max(2 * slots.len()) {
            return;
        }
        let columns = self.columns(slots);
        self.batches = vec![columns];
        self.rows = slots.len();
        for (row, &slot) in slots.iter().enumerate() {
            self.places[slot as usize] = (0, row as u32);
        }
    }

    pub fn clear(&mut self) {
        self.batches.clear();
        self.rows = 0;
    }

    pub fn memory_bytes(&self) -> usize {
        let columns = self.batches.first().map_or(0, Vec::len);
        self.rows * columns * VALUE_BYTES + self.places.capacity() * size_of::<(u32, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::Int32Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int32Type;

    use super::*;

    #[test]
    fn the_latest_row_of_each_group_stays() {
        let column = |values: Vec<i32>| -> [ArrayRef; 1] { [Arc::new(Int32Array::from(values))] };
        let values =
            |latest: &LatestRows, slots: &[u32]| latest.columns(slots)[0].as_primitive::<Int32Type>().values().to_vec();
        let mut latest = LatestRows::default();
        latest.note(&[2, 0, 2], 3, (&column(vec![1, 2, 3]), None), |_| true);
        let (added, removed) = (column(vec![4, 5, 6]), column(vec![14, 15, 16]));
        latest.note(&[2, 0, 2], 3, (&added, Some(&removed)), |row| row == 0);
        assert_eq!(values(&latest, &[2, 0]), [16, 15]);
        for round in 0..3 {
            latest.compact(&[0, 2]);
            let many: Vec<u32> = vec![2; HELD_ROWS / 2];
            latest.note(&many, 3, (&column((0..many.len() as i32).map(|i| i + round).collect()), None), |_| true);
        }
        latest.compact(&[0, 2]);
        assert!(latest.rows <= HELD_ROWS && latest.batches.len() == 2, "{} rows", latest.rows);
        assert_eq!(values(&latest, &[2, 0]), [HELD_ROWS as i32 / 2 + 1, 15]);
        latest.clear();
        latest.note(&[1], 3, (&column(vec![9]), None), |_| true);
        assert_eq!(values(&latest, &[1]), [9]);
    }
}
