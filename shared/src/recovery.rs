//! Rescuing a job whose holder has gone silent. One routine, whoever calls: the recover
//! function every minute, and a request or a due sync that finds its company's lock held by such a job.
//!
//! A crash at any instant looks the same from here: a lease that ran out. The job gets a new
//! lease and its message is sent again; after five attempts in a row, or a day, it ends as failed and
//! the lock is free. A row ends with a hand-over or progress: slices without progress have a limit of
//! their own.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::job::{Failure, Job};
use crate::queue::{Nudge, Queue, QueueError};
use crate::table::lapsed::Lapse;
use crate::table::schema::HAND_OFF_LEASE;
use crate::table::{Table, TableError};

/// Rescues of a job in a row, before it is given up.
pub const MOST_ATTEMPTS: u32 = 5;

/// What became of a job that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// It has a new lease, and its message was sent.
    Resent,
    /// It has ended as failed; the lock is free.
    GivenUp,
    /// It has ended, or somebody is at it: nothing was done.
    MovedOn,
}

/// A rescue that did not come about. The next one, a minute later, tries again.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The table could not be used.
    #[error("the job could not be moved")]
    Table(#[from] TableError),
    /// The lease was extended, but the message was not sent.
    #[error("the job was moved, but not handed to a worker")]
    Queue(#[from] QueueError),
}

/// Rescues one job, if its lease has run out.
///
/// # Errors
/// [`RecoveryError`]; the job lapses again and is rescued then.
pub async fn recover(table: &Table, queue: &Queue, job: &Job, now: Timestamp) -> Result<Recovery, RecoveryError> {
    if !job.has_lapsed(now) {
        return Ok(Recovery::MovedOn);
    }
    let failure = if job.is_too_old(now) {
        Some(Failure::too_old())
    } else if job.attempts >= MOST_ATTEMPTS {
        Some(Failure::workers_lost())
    } else {
        None
    };
    if let Some(failure) = failure {
        return Ok(match table.end_lapsed(job, &failure, now).await? {
            Lapse::Written => {
                crate::telemetry::job_failed(job, &failure);
                Recovery::GivenUp
            }
            Lapse::MovedOn => Recovery::MovedOn,
        });
    }
    match table.extend_lapsed(job, now.after(pause_after(job.attempts)), now).await? {
        Lapse::MovedOn => Ok(Recovery::MovedOn),
        Lapse::Written => {
            queue.send(&Nudge::new(job.company, job.id), Duration::ZERO).await?;
            tracing::warn!(
                event = "job.resent", company.id = %job.company, job.id = %job.id, attempt = job.attempts + 1,
                "the job's lease ran out; its message was sent again"
            );
            Ok(Recovery::Resent)
        }
    }
}

/// How long the message may take this time: twice as long after each attempt, because a job can
/// also be silent for the reason that the queue is long.
fn pause_after(attempts: u32) -> Duration {
    HAND_OFF_LEASE.saturating_mul(1 << attempts.min(MOST_ATTEMPTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_is_given_twice_the_time_of_the_last() {
        let minutes: Vec<_> = (0..MOST_ATTEMPTS).map(|attempts| pause_after(attempts).as_secs() / 60).collect();
        assert_eq!(minutes, [2, 4, 8, 16, 32]);
    }
}
