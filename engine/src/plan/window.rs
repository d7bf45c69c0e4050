//! WINDOW clauses with their defaults resolved (runtime reference 4.3).

use weir_parser::ast::{Window, WindowKind};

use super::step::{WindowSpec, WindowSpecKind};
use crate::analyzer::AnalysisError;
use crate::metastore::{SourceWindow, SourceWindowKind};

/// Without GRACE PERIOD, windows stay open until a day after their start.
const DAY_MS: i64 = 86_400_000;

/// Resolves sizes, grace and retention in ms.
///
/// # Errors
/// Sizes, advances and retentions that make no window.
pub fn resolve(window: &Window, emit_final: bool) -> Result<WindowSpec, AnalysisError> {
    let kind = kind(&window.kind)?;
    let length_ms = length_ms(kind);
    let default_grace_ms = if emit_final { 0 } else { (DAY_MS - length_ms).max(0) };
    let grace_ms = window.grace.map_or(default_grace_ms, weir_parser::ast::Duration::as_millis);
    let least_ms = length_ms.saturating_add(grace_ms);
    let retention_ms = window.retention.map_or(least_ms, weir_parser::ast::Duration::as_millis);
    if retention_ms >= least_ms {
        return Ok(WindowSpec { kind, grace_ms, retention_ms });
    }
    let (store, length, measure) = match kind {
        WindowSpecKind::Session { .. } => ("session", "the session inactivity gap", "gap"),
        _ => ("window", "its window size", "size"),
    };
    Err(AnalysisError::execution(format!(
        "The retention period of the {store} store Aggregate-Aggregate-Materialize must be no smaller than {length} plus the \
         grace period. Got {measure}=[{length_ms}], grace=[{grace_ms}], retention=[{retention_ms}]"
    )))
}

fn kind(kind: &WindowKind) -> Result<WindowSpecKind, AnalysisError> {
    let positive = |ms: i64| {
        if ms > 0 { Ok(ms) } else { Err(AnalysisError::statement("Size must be positive")) }
    };
    match kind {
        WindowKind::Tumbling { size } => Ok(WindowSpecKind::Tumbling { size_ms: positive(size.as_millis())? }),
        WindowKind::Hopping { size, advance } => {
            let (size_ms, advance_ms) = (positive(size.as_millis())?, advance.as_millis());
            if advance_ms > 0 && advance_ms <= size_ms {
                return Ok(WindowSpecKind::Hopping { size_ms, advance_ms });
            }
            Err(AnalysisError::execution(format!(
                "Window advancement interval should be more than zero and less than window duration which is {size_ms} ms, \
                 but given advancement interval is: {advance_ms} ms"
            )))
        }
        WindowKind::Session { gap } if gap.as_millis() > 0 => Ok(WindowSpecKind::Session { gap_ms: gap.as_millis() }),
        WindowKind::Session { .. } => Err(AnalysisError::execution("Gap time (gapMs) cannot be zero or negative.")),
    }
}

/// The size, or a session's gap.
fn length_ms(kind: WindowSpecKind) -> i64 {
    match kind {
        WindowSpecKind::Tumbling { size_ms } | WindowSpecKind::Hopping { size_ms, .. } => size_ms,
        WindowSpecKind::Session { gap_ms } => gap_ms,
    }
}

/// The window that the keys of an aggregation's result carry.
pub fn of_result(spec: &WindowSpec) -> SourceWindow {
    match spec.kind {
        WindowSpecKind::Tumbling { size_ms } => {
            SourceWindow { kind: SourceWindowKind::Tumbling, size_ms: Some(size_ms) }
        }
        WindowSpecKind::Hopping { size_ms, .. } => {
            SourceWindow { kind: SourceWindowKind::Hopping, size_ms: Some(size_ms) }
        }
        WindowSpecKind::Session { .. } => SourceWindow { kind: SourceWindowKind::Session, size_ms: None },
    }
}
