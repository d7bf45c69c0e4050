//! What the WHERE clause of a look-up says of WINDOWSTART or WINDOWEND (runtime reference 10.3).

use weir_parser::ast::{ComparisonOperator, Expression};

use super::pull::refusal;
use crate::analyzer::AnalysisError;
use crate::expr::comparison_name as name_of;

/// Inclusive bounds in ms.
pub(super) type Bounds = (i64, i64);

const UNBOUNDED: Bounds = (i64::MIN, i64::MAX);

/// The terms on one window bound so far.
#[derive(Default)]
pub(super) struct WindowBound {
    equal: Option<i64>,
    lower: Option<i64>,
    upper: Option<i64>,
    others: bool,
}

impl WindowBound {
    /// Takes a term `name operator ms` into account, which is `term` in messages.
    ///
    /// # Errors
    /// When it says the same thing twice, or no look-up can use it.
    pub(super) fn add(
        &mut self,
        name: &str,
        operator: ComparisonOperator,
        ms: i64,
        term: &Expression,
    ) -> Result<(), AnalysisError> {
        use ComparisonOperator::{Equal, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
        let refuse = |message: String| Err(refusal(&message));
        let (slot, value) = match operator {
            Equal if self.others || self.equal.is_some() => {
                return refuse(format!("`{term}` cannot be combined with other `{name}` bounds"));
            }
            _ if self.equal.is_some() => {
                return refuse(format!("`{term}` cannot be combined with other `{name}` bounds"));
            }
            Equal => (&mut self.equal, ms),
            GreaterThan => (&mut self.lower, ms.saturating_add(1)),
            GreaterThanOrEqual => (&mut self.lower, ms),
            LessThan => (&mut self.upper, ms.saturating_sub(1)),
            LessThanOrEqual => (&mut self.upper, ms),
            other => return refuse(format!("Unsupported `{name}` bounds: {}", name_of(other))),
        };
        if slot.replace(value).is_some() {
            return refuse(format!("Duplicate `{name}` bounds on: {}", name_of(operator)));
        }
        self.others |= operator != Equal;
        Ok(())
    }

    /// What the terms allow.
    pub(super) fn bounds(&self) -> Bounds {
        match self.equal {
            Some(ms) => (ms, ms),
            None => (self.lower.unwrap_or(UNBOUNDED.0), self.upper.unwrap_or(UNBOUNDED.1)),
        }
    }
}
