//! Accepting a job: the lock, then the message.
//!
//! Between the two the process can die at any instant; the job then lapses and is rescued like
//! any other. When the queue refuses for good, the job ends and the lock is free before the
//! caller is told.

use std::time::Duration;

use crate::clock::Clock;
use crate::ids::{CompanyId, JobId};
use crate::job::{Failure, Job, Mode};
use crate::queue::{Nudge, Queue, QueueError};
use crate::recovery::{self, RecoveryError};
use crate::table::acquire::{Abandon, Acquire};
use crate::table::{Table, TableError};

/// Looks at a held lock before the holder is reported: one to find it lapsed and given up, one
/// to find it orphaned, one to take it.
const LOOKS: u32 = 3;

/// What became of a request for a sync.
#[derive(Debug)]
pub enum Accept {
    /// The job is Pending and its message is sent.
    Accepted(Job),
    /// This job of the company is active.
    Held(Job),
    /// The company has no connection to VAKA, or one that is switched off.
    NotConnected,
}

/// A request that could not be carried out now. Nothing is left locked that recovery would not
/// free.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The table could not be used.
    #[error("the job could not be accepted")]
    Table(#[from] TableError),
    /// The queue did not take the message; the job has ended and the lock is free.
    #[error("the job could not be handed to a worker")]
    Queue(#[from] QueueError),
    /// The job that holds the lock has lapsed, and could not be rescued.
    #[error("the job that holds the lock could not be rescued")]
    Recovery(#[from] RecoveryError),
    /// The lock changed hands at every look.
    #[error("the lock changed hands {LOOKS} times")]
    Restless,
}

/// Accepts a new job for the company, unless one is active.
///
/// # Errors
/// [`AcceptError`]: try again in a while.
pub async fn accept(
    table: &Table,
    queue: &Queue,
    clock: &Clock,
    company: CompanyId,
    mode: Mode,
) -> Result<Accept, AcceptError> {
    for _ in 0..LOOKS {
        let now = clock.now();
        let job = JobId::mint(now);
        let by = match table.acquire(company, job, mode, now).await {
            Ok(Acquire::Acquired(job)) => return hand_off(table, queue, clock, job).await,
            Ok(Acquire::NotConnected) => return Ok(Accept::NotConnected),
            Ok(Acquire::Held { by }) => by,
            Err(error) => {
                // The answer may be lost of a lock that was taken: give it back if the table can be reached.
                let failure = Failure::not_handed_off();
                if let Ok(Abandon::Abandoned) = table.abandon(company, job, &failure, clock.now()).await {
                    crate::telemetry::failed(company, job, &failure);
                }
                return Err(error.into());
            }
        };
        if let Some(holder) = holder(table, queue, clock, company, by).await? {
            return Ok(Accept::Held(holder));
        }
    }
    Err(AcceptError::Restless)
}

/// The active job that holds the lock of which this one is said to be the holder; `None` when
/// there is no such job, and the lock has been freed of it.
///
/// # Errors
/// [`AcceptError`]: try again in a while.
pub async fn holder(
    table: &Table,
    queue: &Queue,
    clock: &Clock,
    company: CompanyId,
    by: JobId,
) -> Result<Option<Job>, AcceptError> {
    match table.job(company, by).await? {
        Some(holder) if holder.has_lapsed(clock.now()) => {
            recovery::recover(table, queue, &holder, clock.now()).await?;
            Ok(table.job(company, by).await?.filter(|job| job.status.is_active()))
        }
        Some(holder) if holder.status.is_active() => Ok(Some(holder)),
        Some(_) | None => {
            table.free_orphaned_lock(company, by).await?;
            Ok(None)
        }
    }
}

async fn hand_off(table: &Table, queue: &Queue, clock: &Clock, job: Job) -> Result<Accept, AcceptError> {
    let Err(error) = queue.send(&Nudge::new(job.company, job.id), Duration::ZERO).await else {
        return Ok(Accept::Accepted(job));
    };
    let failure = Failure::not_handed_off();
    match table.abandon(job.company, job.id, &failure, clock.now()).await? {
        Abandon::Abandoned => {
            crate::telemetry::job_failed(&job, &failure);
            Err(error.into())
        }
        // Only the answer was lost and a worker has the message, or somebody has ended the job meanwhile.
        Abandon::Underway => Ok(Accept::Accepted(job)),
    }
}
