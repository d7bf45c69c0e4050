//! The inside of compiled expressions: nodes, what they evaluate, and how failures travel upwards.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, UInt32Array, make_array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_select::take::take;

use super::GUARDED;
use crate::functions::RowFailure;
use crate::types::{SqlType, null_array};

pub(crate) type NodeRef = Arc<dyn Node>;

/// One step of a compiled expression.
pub(crate) trait Node: Send + Sync {
    /// An array of `input.rows` rows. Rows that are raised may hold anything.
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef;
    fn data_type(&self) -> &SqlType;
    /// The single row of a constant.
    fn constant(&self) -> Option<&ArrayRef> {
        None
    }
    /// Whether evaluation may raise or log.
    fn can_fail(&self) -> bool {
        true
    }
    /// Whether rows that did not raise may be NULL.
    fn nullable(&self) -> bool {
        true
    }
}

/// The rows to evaluate: the scope's columns, `rows` each.
pub(crate) struct Input<'a> {
    pub columns: &'a [ArrayRef],
    pub rows: usize,
}

/// Failures on their way up.
#[derive(Default)]
pub(crate) struct Failures {
    raised: Vec<RowFailure>,
    /// Set for raised rows; shorter than the batch when none of the last rows raised.
    is_raised: Vec<bool>,
    logged: Vec<RowFailure>,
}

impl Failures {
    /// Fails the row's expression, or its guarded part. Only the first cause of a row is kept.
    pub fn raise(&mut self, row: usize, message: impl Into<String>) {
        if self.has_raised(row) {
            return;
        }
        if self.is_raised.len() <= row {
            self.is_raised.resize(row + 1, false);
        }
        self.is_raised[row] = true;
        self.raised.push(RowFailure { row: row as u32, message: message.into() });
    }
    pub fn has_raised(&self, row: usize) -> bool {
        self.is_raised.get(row).copied().unwrap_or(false)
    }
    pub fn any_raised(&self) -> bool {
        !self.raised.is_empty()
    }
    /// Notes a guarded failure, unless the row has failed before it came to that.
    fn log(&mut self, row: usize, message: String) {
        if !self.has_raised(row) {
            self.logged.push(RowFailure { row: row as u32, message });
        }
    }
    /// Takes over what a function reported, or a part evaluated over other rows; `row_of` gives the row here.
    pub fn absorb(&mut self, failures: Vec<RowFailure>, row_of: impl Fn(u32) -> u32) {
        for failure in failures {
            let row = row_of(failure.row) as usize;
            if super::is_guarded(&failure) { self.log(row, failure.message) } else { self.raise(row, failure.message) }
        }
    }
    /// All failures: raised ones and guarded ones, by row.
    pub fn into_all(self) -> Vec<RowFailure> {
        let mut all = self.logged;
        all.extend(self.raised);
        all.sort_by_key(|f| f.row);
        all
    }
    /// NULLs the raised rows of `array`.
    pub fn null_raised(&self, array: ArrayRef) -> ArrayRef {
        if self.raised.is_empty() {
            return array;
        }
        let keep = BooleanBuffer::collect_bool(array.len(), |row| !self.has_raised(row));
        with_nulls(&array, &NullBuffer::new(keep))
    }
}

/// `array` with the rows that are null in `nulls` NULL as well.
pub(crate) fn with_nulls(array: &ArrayRef, nulls: &NullBuffer) -> ArrayRef {
    let merged = NullBuffer::union(array.nulls(), Some(nulls));
    let data = array.to_data().into_builder().nulls(merged).build();
    data.map_or_else(|_| array.clone(), make_array)
}

/// The evaluation of a node as a whole: raised rows are NULL in the result and end in `failures`.
pub(crate) fn evaluate_root(node: &dyn Node, input: &Input<'_>, failures: &mut Vec<RowFailure>) -> ArrayRef {
    let mut inner = Failures::default();
    let array = inner.null_raised_after(node, input);
    if inner.any_raised() || !inner.logged.is_empty() {
        failures.extend(inner.into_all());
    }
    array
}

impl Failures {
    fn null_raised_after(&mut self, node: &dyn Node, input: &Input<'_>) -> ArrayRef {
        let array = node.evaluate(input, self);
        self.null_raised(array)
    }
}

/// A part whose failure makes it NULL and is logged as `Error processing <text>`.
pub(crate) struct Guard {
    pub inner: NodeRef,
    pub text: String,
}

impl Guard {
    /// Guards a node that can fail.
    pub fn wrap(inner: NodeRef, text: impl ToString) -> NodeRef {
        if inner.can_fail() { Arc::new(Guard { inner, text: text.to_string() }) } else { inner }
    }
}

impl Node for Guard {
    fn evaluate(&self, input: &Input<'_>, failures: &mut Failures) -> ArrayRef {
        let mut inner = Failures::default();
        let array = inner.null_raised_after(&*self.inner, input);
        for failure in inner.raised {
            failures.log(failure.row as usize, format!("{GUARDED}{}", self.text));
        }
        for failure in inner.logged {
            failures.log(failure.row as usize, failure.message);
        }
        array
    }
    fn data_type(&self) -> &SqlType {
        self.inner.data_type()
    }
}

pub(crate) struct ColumnNode {
    pub index: usize,
    pub data_type: SqlType,
}

impl Node for ColumnNode {
    fn evaluate(&self, input: &Input<'_>, _failures: &mut Failures) -> ArrayRef {
        input.columns[self.index].clone()
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
    fn can_fail(&self) -> bool {
        false
    }
}

/// A value known when the expression is compiled.
pub(crate) struct ConstantNode {
    /// One row.
    pub value: ArrayRef,
    pub data_type: SqlType,
}

impl Node for ConstantNode {
    fn evaluate(&self, input: &Input<'_>, _failures: &mut Failures) -> ArrayRef {
        repeat(&self.value, &self.data_type, input.rows)
    }
    fn data_type(&self) -> &SqlType {
        &self.data_type
    }
    fn constant(&self) -> Option<&ArrayRef> {
        Some(&self.value)
    }
    fn can_fail(&self) -> bool {
        false
    }
    fn nullable(&self) -> bool {
        self.value.is_null(0)
    }
}

/// `rows` copies of a single row.
pub(crate) fn repeat(value: &ArrayRef, data_type: &SqlType, rows: usize) -> ArrayRef {
    if value.is_null(0) {
        return null_array(data_type, rows);
    }
    if rows == 1 {
        return value.clone();
    }
    take_rows(value, &UInt32Array::from(vec![0; rows]))
}

/// The rows of `array` at `indices`; NULL where an index is.
pub(crate) fn take_rows(array: &ArrayRef, indices: &UInt32Array) -> ArrayRef {
    take(array, indices, None).expect("indices lie within the array, whose type `take` supports")
}

/// A node that is evaluated for some of the rows only.
pub(crate) struct Selectable {
    pub node: NodeRef,
    /// The columns it reads.
    pub columns: Vec<usize>,
}

impl Selectable {
    /// Evaluates the rows at `indices`, giving one result each.
    pub fn evaluate_at(&self, input: &Input<'_>, indices: &UInt32Array, failures: &mut Failures) -> ArrayRef {
        let mut columns = input.columns.to_vec();
        for &column in &self.columns {
            columns[column] = take_rows(&columns[column], indices);
        }
        let selected = Input { columns: &columns, rows: indices.len() };
        let mut inner = Failures::default();
        let array = self.node.evaluate(&selected, &mut inner);
        failures.absorb(inner.into_all(), |row| indices.value(row as usize));
        array
    }
}
