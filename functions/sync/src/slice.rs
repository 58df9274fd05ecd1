//! One worker's time on a job: from a lease to an end, or to the next slice.
//!
//! A slice ends by itself before Lambda ends it. It then gives the job back to the message and
//! sends the same message again. A job whose slices decide nothing three times in a row, or that
//! goes on for a day, ends as failed.

use std::time::Duration;

use shared::clock::Timestamp;
use shared::job::{Counters, Failure};
use shared::queue::{LONGEST_DELAY, Nudge, Queue, QueueError};
use shared::table::TableError;
use shared::table::connection::Connection;
use shared::table::lease::{Ending, Finish, Lease};
use shared::telemetry::Chain;

use crate::customers::home::HomeError;
use crate::customers::rest::RestError;
use crate::failure;
use crate::secrets::{Secrets, SecretsError};
use crate::source::{Budget, SourceError, Vaka};
use crate::walk::writing::waits_end_at;
use crate::walk::{Errand, Halt, Outing, Rooms, Walked, walk};

/// A slice takes no new work this long before Lambda ends it: time for the last commit and the
/// hand-over, with their retries.
pub const STOP_BEFORE_DEADLINE: Duration = Duration::from_secs(60);
/// Slices in a row that decide nothing, before the job is given up.
pub const MOST_IDLE_SLICES: u32 = 3;
/// Slices of one job: beyond a day's worth of full ones, and below nothing that is legitimate.
pub const MOST_SLICES: u32 = 200;
/// How long a source in trouble is left alone before the next slice: whoever waits for the sync is told soon.
const TROUBLE_PAUSE: Duration = Duration::from_secs(30);
/// How long BokaMera in trouble is left alone before the next slice: [`MOST_IDLE_SLICES`] of them
/// outlast an outage of five minutes.
const TARGET_TROUBLE_PAUSE: Duration = Duration::from_secs(180);

/// What a slice works with.
#[derive(Debug, Clone)]
pub struct Workshop {
    /// The tables, and now.
    pub rooms: Rooms,
    /// Where the message is sent again.
    pub queue: Queue,
    /// The api keys.
    pub secrets: Secrets,
    /// VAKA Online.
    pub vaka: Vaka,
}

/// How a slice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SliceEnd {
    /// The job is Completed.
    Completed,
    /// The job is Failed.
    Failed,
    /// The message was sent again.
    HandedOver,
    /// Another worker has the job, or it has ended.
    LeaseLost,
}

/// A slice that broke off. The job's lease runs out, and recovery moves it on.
#[derive(Debug, thiserror::Error)]
pub enum SliceError {
    /// A table could not be used.
    #[error("a table could not be used")]
    Halted(#[source] Halt),
    /// The job was given back, but its message was not sent.
    #[error("the next slice was not sent for")]
    Queue(#[from] QueueError),
}

impl From<TableError> for SliceError {
    fn from(error: TableError) -> Self {
        Self::Halted(Halt::Table(error))
    }
}

/// What is to become of the job.
enum Next {
    Complete(Counters),
    Fail(Failure),
    Continue { after: Duration, if_idle: Failure },
    LeaveIt,
}

impl Workshop {
    /// Works on the job until it ends or the deadline comes near.
    ///
    /// # Errors
    /// [`SliceError`]; what was committed stays, and the job moves again when its lease has run out.
    pub async fn slice(&self, mut lease: Lease, deadline: Timestamp) -> Result<SliceEnd, SliceError> {
        let next = self.work(&mut lease, deadline.before(STOP_BEFORE_DEADLINE)).await?;
        self.end(lease, next).await
    }

    async fn work(&self, lease: &mut Lease, ends_at: Timestamp) -> Result<Next, SliceError> {
        let clock = &self.rooms.clock;
        if lease.is_too_old(clock.now()) {
            return Ok(Next::Fail(Failure::too_old()));
        }
        if ends_at <= clock.now() {
            return Ok(out_of_time());
        }
        let devices = match self.rooms.table.connection(lease.company()).await? {
            Connection::Active(devices) if devices.is_empty() => return Ok(Next::Fail(failure::no_devices())),
            Connection::Active(devices) => devices,
            Connection::Inactive(_) | Connection::Absent => return Ok(Next::Fail(failure::not_connected())),
        };
        let secrets = match self.secrets.of_company(lease.company()).await {
            Ok(secrets) => secrets,
            Err(error) => return Ok(without_secrets(lease, &error)),
        };
        let budget = Budget::until(waits_end_at(lease, ends_at), clock.clone());
        let api_key = self.secrets.api_key(lease.company(), secrets.api_key);
        let reader = self.vaka.for_company(api_key, budget.clone());
        let reader = reader.reading_groups(self.rooms.customers.keeps_groups());
        let errand = Errand { devices, reader, budget, fingerprint_key: secrets.fingerprint_key, ends_at };
        let outing = walk(&self.rooms, lease, errand).await?;
        next(lease, outing)
    }

    async fn end(&self, lease: Lease, next: Next) -> Result<SliceEnd, SliceError> {
        let (company, job) = (lease.company(), lease.job());
        let now = self.rooms.clock.now();
        let (ending, counters) = match with_limits(next, &lease, now) {
            Next::LeaveIt => return Ok(SliceEnd::LeaseLost),
            Next::Continue { after, .. } => {
                // A message waits for whole seconds, and for none too few.
                let delay =
                    Duration::from_secs(after.as_secs() + u64::from(after.subsec_nanos() > 0)).min(LONGEST_DELAY);
                if self.rooms.table.hand_over(lease, delay, now).await? == Finish::LeaseLost {
                    return Ok(SliceEnd::LeaseLost);
                }
                self.queue.send(&Nudge::new(company, job), delay).await?;
                return Ok(SliceEnd::HandedOver);
            }
            Next::Complete(counters) => (Ending::Completed, counters),
            Next::Fail(failure) => (Ending::Failed(failure), Counters::default()),
        };
        match (self.rooms.table.finish(lease, &ending, &counters, now).await?, ending) {
            (Finish::LeaseLost, _) => Ok(SliceEnd::LeaseLost),
            (Finish::Finished, Ending::Completed) => Ok(SliceEnd::Completed),
            (Finish::Finished, Ending::Failed(failure)) => {
                shared::telemetry::failed(company, job, &failure);
                Ok(SliceEnd::Failed)
            }
        }
    }
}

/// What a walk leads to.
fn next(lease: &Lease, outing: Outing) -> Result<Next, SliceError> {
    let counters = outing.counters;
    tracing::info!(
        event = "slice.walked", company.id = %lease.company(), job.id = %lease.job(),
        dry_run = lease.mode().is_dry_run(), generation = lease.generation(), users.found = counters.found, users.created = counters.created,
        users.updated = counters.updated, users.unchanged = counters.unchanged, users.skipped = counters.skipped,
        skipped.reasons = ?outing.skipped, "a walk came to its end"
    );
    match outing.result {
        Ok(Walked::Complete) => Ok(Next::Complete(counters)),
        Ok(Walked::NobodyFound) => Ok(Next::Fail(failure::nobody_found())),
        Ok(Walked::OutOfTime) | Err(Halt::Stale) => Ok(out_of_time()),
        Err(Halt::LeaseLost) => Ok(Next::LeaveIt),
        Err(Halt::Source(error)) => Ok(after_source_error(lease, &error)),
        Err(Halt::Customers(HomeError::Rest(error))) => Ok(after_rest_error(lease, &error)),
        Err(Halt::CallsUnderWay { left }) => {
            tracing::info!(
                event = "slice.put_off", company.id = %lease.company(), job.id = %lease.job(), wait_s = left.as_secs(),
                "the worker of a sync that was cancelled may still be making calls; they are waited for"
            );
            Ok(Next::Continue { after: left, if_idle: failure::no_progress(MOST_IDLE_SLICES) })
        }
        Err(Halt::TooManyRefused) => Ok(Next::Fail(failure::target_refuses())),
        Err(halt @ (Halt::Table(_) | Halt::Customers(HomeError::Embedded(_)))) => Err(SliceError::Halted(halt)),
    }
}

fn out_of_time() -> Next {
    Next::Continue { after: Duration::ZERO, if_idle: failure::no_progress(MOST_IDLE_SLICES) }
}

fn after_source_error(lease: &Lease, error: &SourceError) -> Next {
    tracing::warn!(
        event = "source.failed", company.id = %lease.company(), job.id = %lease.job(),
        error = %Chain(error), "the source could not be read to its end"
    );
    let failure = failure::source(error);
    match error.hand_over_after() {
        Some(after) => Next::Continue { after, if_idle: failure },
        None if error.retryable() => Next::Continue { after: TROUBLE_PAUSE, if_idle: failure },
        None => Next::Fail(failure),
    }
}

fn after_rest_error(lease: &Lease, error: &RestError) -> Next {
    tracing::warn!(
        event = "target.failed", company.id = %lease.company(), job.id = %lease.job(),
        error = %Chain(error), "customers could not be read or written"
    );
    let failure = failure::target(error);
    match error.hand_over_after() {
        Some(after) => Next::Continue { after, if_idle: failure },
        None if error.retryable() => Next::Continue { after: TARGET_TROUBLE_PAUSE, if_idle: failure },
        None => Next::Fail(failure),
    }
}

fn without_secrets(lease: &Lease, error: &SecretsError) -> Next {
    tracing::error!(
        event = "secrets.failed", company.id = %lease.company(), job.id = %lease.job(),
        error = %error, "the company's secrets cannot be had"
    );
    let failure = failure::secrets(error);
    if error.retryable() { Next::Continue { after: TROUBLE_PAUSE, if_idle: failure } } else { Next::Fail(failure) }
}

/// A job that does not get on, or never ends, is not continued.
fn with_limits(next: Next, lease: &Lease, now: Timestamp) -> Next {
    match next {
        Next::Continue { .. } if lease.is_too_old(now) => Next::Fail(Failure::too_old()),
        Next::Continue { .. } if lease.slices() + 1 >= MOST_SLICES => Next::Fail(failure::too_many_slices(MOST_SLICES)),
        Next::Continue { if_idle, .. } if lease.idle_slices() >= MOST_IDLE_SLICES => Next::Fail(if_idle),
        next => next,
    }
}
