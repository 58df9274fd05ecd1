//! The rows, each a table of figures.

pub mod companies;
pub mod cost;
pub mod memory;
pub mod rivals;
pub mod size;
pub mod start;
pub mod walk;

use std::time::Duration;

/// Where the issue wants the time of the whole to be measured: what VAKA takes for a page.
pub const PAGE_TAKES: Duration = Duration::from_millis(20);
/// What the table takes for a write.
pub const WRITE_TAKES: Duration = Duration::from_millis(5);

/// Thousands of them.
pub(super) fn thousands(users: usize) -> f64 {
    count(users as u64) / 1_000.0
}

/// A count as a number that can be divided. Counts here are far below what a float holds exactly.
pub(super) fn count(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The least of some times: what else the machine did only adds to a time.
pub(super) fn least(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}
