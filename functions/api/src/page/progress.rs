//! How far a sync has come, and how long it may still take: pure arithmetic.
//!
//! The source never says how many users it has, so the total is what an earlier completed sync
//! found, and it can be wrong. Where it is, or is not known, nothing is claimed: a share is shown
//! only below the total, and a time only from a rate that has something to stand on.

use std::time::Duration;

use shared::clock::Timestamp;
use shared::job::{Counters, Job};

use super::language::TimeLeft;

/// Before this, a rate says more about the start than about the sync.
const RATE_NEEDS: Duration = Duration::from_secs(5);

/// Nor does it before one in this many users is done.
const RATE_NEEDS_ONE_IN: u64 = 50;

/// A worker that has been silent for this long is not working at the rate it had.
const RATE_HOLDS: Duration = Duration::from_secs(45);

/// From here on minutes are more than an estimate can promise.
const TELL_HOURS_FROM_MINUTES: u64 = 90;

/// How far a running sync has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many users are done; of how many, nobody knows.
    Open {
        /// Users decided so far.
        done: u64,
    },
    /// So many of an expected total.
    Share {
        /// Users decided so far, fewer than are expected.
        done: u64,
        /// Users that an earlier sync found.
        expected: u64,
        /// The estimate, where there is one.
        left: Option<TimeLeft>,
    },
}

impl Progress {
    /// Looks at a running job's counters.
    #[must_use]
    pub fn of(job: &Job, counters: &Counters, expected: Option<u64>, now: Timestamp) -> Self {
        let done = decided(counters);
        match expected {
            Some(expected) if done < expected => Self::Share { done, expected, left: left(job, done, expected, now) },
            Some(_) | None => Self::Open { done },
        }
    }

    /// The quarter that has been passed, `0` to `3`.
    #[must_use]
    pub fn quarter(&self) -> usize {
        match *self {
            Self::Open { .. } => 0,
            Self::Share { done, expected, .. } => {
                [1, 2, 3].iter().filter(|&&quarters| done.saturating_mul(4) > expected.saturating_mul(quarters)).count()
            }
        }
    }
}

/// Users about whom the job has decided.
const fn decided(counters: &Counters) -> u64 {
    counters.created + counters.updated + counters.unchanged + counters.skipped
}

/// From the rate between the job's acceptance and its last sign of life, less the time since.
fn left(job: &Job, done: u64, expected: u64, now: Timestamp) -> Option<TimeLeft> {
    let worked = job.created_at.until(job.updated_at);
    let silent = job.updated_at.until(now);
    if worked < RATE_NEEDS || silent > RATE_HOLDS || done.saturating_mul(RATE_NEEDS_ONE_IN) < expected || done == 0 {
        return None;
    }
    let still = worked.as_millis().saturating_mul(u128::from(expected - done)) / u128::from(done);
    let seconds = still.saturating_sub(silent.as_millis()).div_ceil(1_000);
    let seconds = u64::try_from(seconds).ok()?;
    let minutes = seconds.div_ceil(60);
    Some(match minutes {
        0 | 1 if seconds < 60 => TimeLeft::Moments,
        ..TELL_HOURS_FROM_MINUTES => TimeLeft::Minutes(minutes),
        _ => TimeLeft::Hours(minutes.div_ceil(60)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;

    fn counters(done: u64) -> Counters {
        Counters { found: done + 7, created: done / 2, updated: 0, unchanged: done - done / 2, skipped: 0 }
    }

    #[test]
    fn time_left_is_told_from_the_rate_so_far_and_only_where_there_is_one() {
        for (done, expected, worked_s, silent_s, told) in [
            (500, 1_000, 60, 0, Some(TimeLeft::Minutes(1))),
            (500, 1_000, 61, 0, Some(TimeLeft::Minutes(2))),
            (500, 1_000, 59, 0, Some(TimeLeft::Moments)),
            (500, 1_000, 70, 20, Some(TimeLeft::Moments)),
            (100, 1_000, 60, 0, Some(TimeLeft::Minutes(9))),
            (100, 1_000, 60, 30, Some(TimeLeft::Minutes(9))),
            (100, 1_000, 593, 0, Some(TimeLeft::Minutes(89))),
            (100, 1_000, 594, 0, Some(TimeLeft::Hours(2))),
            (100, 1_000, 1_300, 0, Some(TimeLeft::Hours(4))),
            (999, 1_000, 60, 40, Some(TimeLeft::Moments)),
            // Nothing to stand on.
            (0, 1_000, 60, 0, None),
            (19, 1_000, 60, 0, None),
            (500, 1_000, 4, 0, None),
            (500, 1_000, 60, 46, None),
            (500, u64::MAX, 60, 0, None),
        ] {
            let mut job = example::running();
            job.updated_at = job.created_at.after(Duration::from_secs(worked_s));
            let now = job.updated_at.after(Duration::from_secs(silent_s));
            let progress = Progress::of(&job, &counters(done), Some(expected), now);
            assert_eq!(
                progress,
                Progress::Share { done, expected, left: told },
                "{done} {expected} {worked_s} {silent_s}"
            );
        }
    }

    #[test]
    fn no_share_is_claimed_of_a_total_that_is_unknown_or_was_wrong() {
        let job = example::running();
        for (done, expected) in [(5, None), (5, Some(5)), (6, Some(5)), (0, Some(0))] {
            let progress = Progress::of(&job, &counters(done), expected, job.updated_at);
            assert_eq!((progress, progress.quarter()), (Progress::Open { done }, 0), "{expected:?}");
        }
    }

    #[test]
    fn a_quarter_counts_once_it_is_passed() {
        for (done, quarter) in [(0, 0), (25, 0), (26, 1), (50, 1), (51, 2), (75, 2), (76, 3), (99, 3)] {
            assert_eq!(Progress::Share { done, expected: 100, left: None }.quarter(), quarter, "{done}");
        }
    }
}
