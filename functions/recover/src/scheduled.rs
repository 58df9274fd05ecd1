//! Syncs that are due by their company's schedule are started.
//!
//! A due time is used up in the write that takes the company's lock, so it starts one job whatever
//! crashes here. Where a sync is going already, or the connection is switched off, it is passed
//! over. A dry run, which writes nobody, is waited for. The next time is counted from now: what was
//! missed for days is started once.
//!
//! A job whose message cannot be sent is left as it is, with its lock: nobody waits for an answer,
//! and it lapses and is rescued like any other.

use std::time::Duration;

use shared::handoff::{AcceptError, holder};
use shared::ids::JobId;
use shared::job::LONGEST_JOB;
use shared::queue::Nudge;
use shared::recovery::RecoveryError;
use shared::table::acquire::AcquireDue;
use shared::table::scheduled::{DueSync, PassOver};
use shared::telemetry::Chain;

use crate::{App, RecoverError};

/// What was done about due times, in companies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scheduled {
    /// A job was started.
    pub started: u32,
    /// Nothing was started: a sync is going, or the connection is switched off.
    pub passed_over: u32,
    /// Found to be used up, changed or removed.
    pub moved_on: u32,
    /// Left for the next minute: the lock was of a job that has ended and has just been freed, or is a dry run's.
    pub put_off: u32,
}

enum Fate {
    Started,
    PassedOver,
    MovedOn,
    PutOff,
}

impl App {
    /// Starts what is due.
    pub(crate) async fn start_due(&self) -> Result<Scheduled, RecoverError> {
        let mut scheduled = Scheduled::default();
        let mut failed = 0;
        for due in self.table.due_syncs(self.clock.now()).await? {
            match self.start_one(due).await {
                Ok(Fate::Started) => scheduled.started += 1,
                Ok(Fate::PassedOver) => scheduled.passed_over += 1,
                Ok(Fate::MovedOn) => scheduled.moved_on += 1,
                Ok(Fate::PutOff) => scheduled.put_off += 1,
                Err(error) => {
                    failed += 1;
                    tracing::error!(
                        event = "schedule.failed", company.id = %due.company, error = %Chain(&error),
                        "a due sync could not be started"
                    );
                    // The rest would wait for the queue in vain, one after the other.
                    if matches!(error, AcceptError::Queue(_) | AcceptError::Recovery(RecoveryError::Queue(_))) {
                        break;
                    }
                }
            }
        }
        tracing::info!(
            event = "schedules.done",
            syncs.started = scheduled.started,
            syncs.passed_over = scheduled.passed_over,
            syncs.moved_on = scheduled.moved_on,
            syncs.put_off = scheduled.put_off,
            "due syncs were looked at"
        );
        if failed == 0 { Ok(scheduled) } else { Err(RecoverError::Schedules { failed }) }
    }

    async fn start_one(&self, due: DueSync) -> Result<Fate, AcceptError> {
        let company = due.company;
        let Some(schedule) = self.table.schedule(company).await? else {
            return Ok(Fate::MovedOn);
        };
        let now = self.clock.now();
        // A clock that has gone back since the due time was seen would count to the same one again.
        let next = schedule.next_after(now.max(due.due_at));
        let reason = match self.table.acquire_due(due, next, JobId::mint(now), now).await? {
            AcquireDue::Acquired(job) => {
                tracing::info!(event = "schedule.started", company.id = %company, job.id = %job.id, "a due sync is started");
                self.queue.send(&Nudge::new(company, job.id), Duration::ZERO).await?;
                return Ok(Fate::Started);
            }
            AcquireDue::MovedOn => return Ok(Fate::MovedOn),
            AcquireDue::Inactive => "the connection is switched off",
            AcquireDue::Held { by } => match holder(&self.table, &self.queue, &self.clock, company, by).await? {
                Some(going) if going.mode.is_dry_run() && now < due.due_at.after(LONGEST_JOB) => {
                    return Ok(Fate::PutOff);
                }
                Some(_) => "a sync is going already",
                None => return Ok(Fate::PutOff),
            },
        };
        match self.table.pass_over(due, next).await? {
            PassOver::Passed => {
                tracing::info!(event = "schedule.passed_over", company.id = %company, reason, "a due sync is not started");
                Ok(Fate::PassedOver)
            }
            PassOver::MovedOn => Ok(Fate::MovedOn),
        }
    }
}
