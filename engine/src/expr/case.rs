//! CASE: each row goes to the first branch whose condition holds; no other branch is evaluated for it.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_select::interleave::interleave;

use super::node::{Failures, Input, Node, Selectable};
use crate::types::{SqlType, null_array};

pub(crate) struct Case {
    /// Conditions and results, in order.
    pub branches: Vec<(Selectable, Selectable)>,
    pub default: Option<Selectable>,
    pub data_type: SqlType,
}

/// Results of branches and where each row's stands in them.
struct Parts {
    arrays: Vec<ArrayRef>,
    /// Part and row in it, for each row.
    place: Vec<(usize, usize)>,
}

impl Parts {
    fn add(&mut self, result: &Selectable, rows: &[u32], input: &Input<'_>, failures: &mut Failures) {
        if rows.is_empty() {
            return;
        }
        let array = evaluate(result, rows, input, failures);
        for (i, row) in rows.iter().enumerate() {
            self.place[*row as usize] = (self.arrays.len(), i);
        }
        self.arrays.push(array);
    }
}

/// Evaluates a part for `rows`, which are ascending.
fn evaluate(part: &Selectable, rows: &[u32], input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
    if rows.len() == input.rows {
        return part.node.evaluate(input, failures);
    }
    part.evaluate_at(input, &UInt32Array::from(rows.to_vec()), failures)
}

impl Node for Case {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        // Part 0 is the NULL of rows that no branch takes.
        let mut parts = Parts { arrays: vec![null_array(&self.data_type, 1)], place: vec![(0, 0); input.rows] };
        let mut open: Vec<u32> = (0..input.rows as u32).collect();
        for (condition, result) in &self.branches {
            if open.is_empty() {
                break;
            }
            let holds = evaluate(condition, &open, input, failures);
            let holds = holds.as_boolean();
            let (mut taken, mut rest) = (Vec::new(), Vec::new());
            for (i, row) in open.iter().enumerate() {
                if failures.has_raised(*row as usize) {
                    continue;
                }
                if holds.is_null(i) {
                    failures.raise(*row as usize, "The condition of a CASE is NULL");
                } else if holds.value(i) {
                    taken.push(*row);
                } else {
                    rest.push(*row);
                }
            }
            parts.add(result, &taken, input, failures);
            open = rest;
        }
        if let Some(default) = &self.default {
            parts.add(default, &open, input, failures);
        }
        if parts.arrays.len() == 2 && parts.arrays[1].len() == input.rows {
            return parts.arrays.swap_remove(1);
        }
        let arrays: Vec<&dyn Array> = parts.arrays.iter().map(|a| &**a).collect();
        interleave(&arrays, &parts.place).expect("all branches have the type of the CASE")
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
}
