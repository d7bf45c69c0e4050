//! AND, OR and NOT. The right side is evaluated only for the rows that the left side leaves open.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use weir_parser::ast::LogicalOperator;

use super::node::{Failures, Input, Node, NodeRef, Selectable};
use crate::types::SqlType;

const NULL_OPERAND: &str = "A BOOLEAN operand is NULL";

/// The bits of a BOOLEAN array; rows that are NULL raise.
pub(crate) fn truth(array: &ArrayRef, failures: &mut Failures) -> BooleanBuffer {
    let array = array.as_boolean();
    let Some(nulls) = array.nulls().filter(|n| n.null_count() > 0) else { return array.values().clone() };
    for row in (0..array.len()).filter(|row| nulls.is_null(*row)) {
        failures.raise(row, NULL_OPERAND);
    }
    array.values() & nulls.inner()
}

pub(crate) struct Logical {
    pub operator: LogicalOperator,
    pub left: NodeRef,
    pub right: Selectable,
}

impl Node for Logical {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let left = truth(&self.left.evaluate(input, failures), failures);
        let is_and = self.operator == LogicalOperator::And;
        if !self.right.node.can_fail() && !self.right.node.nullable() {
            let right = self.right.node.evaluate(input, failures);
            let right = right.as_boolean().values();
            return boolean_array(if is_and { &left & right } else { &left | right });
        }
        let open: Vec<u32> = (0..input.rows)
            .filter(|row| left.value(*row) == is_and && !failures.has_raised(*row))
            .map(|row| row as u32)
            .collect();
        if open.is_empty() {
            return boolean_array(left);
        }
        if open.len() == input.rows {
            let right = self.right.node.evaluate(input, failures);
            return boolean_array(truth(&right, failures));
        }
        let open = UInt32Array::from(open);
        let right = self.right.evaluate_at(input, &open, failures);
        let right = right.as_boolean();
        let mut bits = BooleanBufferBuilder::new(input.rows);
        bits.append_buffer(&left);
        for (i, row) in open.values().iter().enumerate() {
            if right.is_null(i) {
                failures.raise(*row as usize, NULL_OPERAND);
            }
            bits.set_bit(*row as usize, right.is_valid(i) && right.value(i));
        }
        boolean_array(bits.finish())
    }
    fn data_type(&self) -> &SqlType {
        &SqlType::Boolean
    }
    fn can_fail(&self) -> bool {
        let may = |node: &NodeRef| node.can_fail() || node.nullable();
        may(&self.left) || may(&self.right.node)
    }
    fn nullable(&self) -> bool {
        false
    }
}

pub(crate) struct Not {
    pub value: NodeRef,
}

impl Node for Not {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let value = truth(&self.value.evaluate(input, failures), failures);
        boolean_array(!&value)
    }
    fn data_type(&self) -> &SqlType {
        &SqlType::Boolean
    }
    fn can_fail(&self) -> bool {
        self.value.can_fail() || self.value.nullable()
    }
    fn nullable(&self) -> bool {
        false
    }
}

pub(crate) fn boolean_array(bits: BooleanBuffer) -> ArrayRef {
    Arc::new(BooleanArray::new(bits, None))
}
