//! Cancelling: an administrator ends a job that is under way.
//!
//! It is the same write as any other failed end: the job is Failed and the lock free in one
//! transaction, on condition that the job is active. Every write of its worker is on condition
//! that the job is Processing, so the worker's next one is refused and it stops; a completion
//! that comes later is refused as well.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::Timestamp;
use crate::ids::{CompanyId, JobId};
use crate::job::{Failure, Job, Status};

use super::action::Action;
use super::expression::{text, values};
use super::{Table, TableError};

/// What became of an attempt to cancel.
#[derive(Debug)]
pub enum Cancel {
    /// The job, which has ended by this.
    Cancelled(Job),
    /// The job, which had ended before.
    Ended(Job),
    /// The company has no such job.
    Unknown,
}

const ACTIVE: &str = "#status IN (:pending, :processing)";

impl Table {
    /// Ends a job that is Pending or Processing as failed, and frees the lock in the same write.
    ///
    /// # Errors
    /// [`TableError`]; the job may have been cancelled when the answer was lost.
    pub async fn cancel(&self, company: CompanyId, job: JobId, now: Timestamp) -> Result<Cancel, TableError> {
        let condition = (ACTIVE, active());
        let ended = self.end_as_failed("cancel", company, job, &Failure::cancelled(), now, condition).await?;
        Ok(match self.job(company, job).await? {
            Some(job) if ended => Cancel::Cancelled(job),
            Some(job) => Cancel::Ended(job),
            None => Cancel::Unknown,
        })
    }

    /// The same end as actions of a transaction that does more.
    pub(super) fn cancelling(&self, company: CompanyId, job: JobId, now: Timestamp) -> Result<[Action; 3], TableError> {
        let end = self.failing(company, job, &Failure::cancelled(), now, (ACTIVE, active()));
        self.ending(company, job, end, now)
    }
}

/// The values of [`ACTIVE`].
fn active() -> HashMap<String, AttributeValue> {
    values([(":pending", text(Status::Pending.name())), (":processing", text(Status::Processing.name()))])
        .unwrap_or_default()
}
