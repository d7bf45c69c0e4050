//! Which time windows rows belong to, and which rows come too late. Sessions are another matter.

use arrow_array::Int64Array;

use crate::plan::{WindowSpec, WindowSpecKind};

/// Row numbers and window starts in ms, one pair per row and window, in row order and ascending starts.
pub(crate) struct Assigned {
    /// `None`: every row once, in order.
    pub rows: Option<Vec<u32>>,
    pub starts: Vec<i64>,
    pub late: u64,
}

/// Assigns rows to windows of `[start, start + size)`, moving `stream_time` with each row before it is judged: a window
/// with `end <= stream_time - grace` is closed.
pub(crate) fn assign(window: &WindowSpec, rowtime: &Int64Array, stream_time: &mut i64) -> Option<Assigned> {
    let (size, advance) = match window.kind {
        WindowSpecKind::Tumbling { size_ms } => (size_ms, size_ms),
        WindowSpecKind::Hopping { size_ms, advance_ms } => (size_ms, advance_ms),
        WindowSpecKind::Session { .. } => return None,
    };
    let mut rows: Vec<u32> = Vec::with_capacity(rowtime.len());
    let mut starts = Vec::with_capacity(rowtime.len());
    let mut late = 0;
    for (row, &time) in rowtime.values().iter().enumerate() {
        *stream_time = (*stream_time).max(time);
        let close_time = stream_time.saturating_sub(window.grace_ms);
        let first = (time.saturating_sub(size).saturating_add(advance)).max(0).div_euclid(advance) * advance;
        let mut start = first;
        while start <= time {
            if start.saturating_add(size) <= close_time {
                late += 1;
            } else {
                rows.push(row as u32);
                starts.push(start);
            }
            start += advance;
        }
    }
    let identity = rows.len() == rowtime.len() && late == 0 && size == advance;
    Some(Assigned { rows: (!identity).then_some(rows), starts, late })
}

pub(crate) fn size_ms(window: &WindowSpec) -> i64 {
    match window.kind {
        WindowSpecKind::Tumbling { size_ms } | WindowSpecKind::Hopping { size_ms, .. } => size_ms,
        WindowSpecKind::Session { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: WindowSpecKind, grace_ms: i64, times: &[i64], expected: &[(u32, i64)], late: u64) {
        let window = WindowSpec { kind, grace_ms, retention_ms: 1_000 };
        let mut stream_time = i64::MIN;
        let assigned = assign(&window, &times.to_vec().into(), &mut stream_time).expect("a time window");
        let rows = assigned.rows.unwrap_or_else(|| (0..times.len() as u32).collect());
        assert_eq!(rows.into_iter().zip(assigned.starts).collect::<Vec<_>>(), expected, "{kind:?} {times:?}");
        assert_eq!(assigned.late, late);
    }

    #[test]
    fn rows_fall_into_windows_until_grace_ends() {
        let tumbling = WindowSpecKind::Tumbling { size_ms: 10 };
        check(tumbling, 100, &[0, 9, 10, 5], &[(0, 0), (1, 0), (2, 10), (3, 0)], 0);
        check(tumbling, 5, &[0, 15, 9], &[(0, 0), (1, 10)], 1);
        check(tumbling, 6, &[0, 15, 9], &[(0, 0), (1, 10), (2, 0)], 0);
        let hopping = WindowSpecKind::Hopping { size_ms: 10, advance_ms: 4 };
        check(hopping, 100, &[1, 9, 10], &[(0, 0), (1, 0), (1, 4), (1, 8), (2, 4), (2, 8)], 0);
    }
}
