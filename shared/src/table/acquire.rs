//! Taking a company's lock, and giving it back before a worker has begun.
//!
//! One transaction checks the connection, sets the lock if it is absent and puts the job, so
//! that a lock without a job, or a job without a lock, never exists. Its client token is the job
//! id: when the answer is lost and the SDK sends it again, it is the same acquisition. Where a sync
//! starts by its schedule, the check of the connection is a write, which uses the due time up.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::Timestamp;
use crate::ids::{CompanyId, JobId};
use crate::job::{Failure, Job, Mode};

use super::action::Action;
use super::expression::{key, moment, number, text, values};
use super::scheduled::DueSync;
use super::schema::{CONNECTION, JobItem, LOCK, job_key};
use super::transaction::{Verdict, Written};
use super::{Table, TableError};

/// What became of an attempt to take a company's lock.
#[derive(Debug)]
pub enum Acquire {
    /// The lock is ours; the job is Pending.
    Acquired(Job),
    /// Another job has it.
    Held {
        /// Which, from the lock as it was at that instant.
        by: JobId,
    },
    /// The company has no connection to VAKA, or one that is switched off. Nothing was taken.
    NotConnected,
}

/// What became of an attempt to take a company's lock because its sync is due.
#[derive(Debug)]
pub enum AcquireDue {
    /// The lock is ours, the job is Pending, and the due time is used up.
    Acquired(Job),
    /// Another job has it, and the due time stands.
    Held {
        /// Which, from the lock as it was at that instant.
        by: JobId,
    },
    /// The connection is switched off. Nothing was taken, and the due time stands.
    Inactive,
    /// Somebody has used the due time up, or the schedule was changed or removed.
    MovedOn,
}

/// What became of giving up a job that no worker had begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abandon {
    /// The job is Failed and the lock is free.
    Abandoned,
    /// A worker has begun, or the job has ended: it is left as it is.
    Underway,
}

/// What became of the transaction of an acquisition.
enum Attempt {
    Succeeded(Job),
    Held { by: JobId },
    Refused(Option<HashMap<String, AttributeValue>>),
}

const CONNECTED: &str = "#active = :yes";
const CONNECTED_AND_DUE: &str = "#active = :yes AND #due_at = :seen";
const USE_UP: &str = "SET #due_at = :next";
const FREE: &str = "attribute_not_exists(#job)";
const NOT_BEGUN: &str = "#status = :pending AND #generation = :never";
const GONE_OR_ENDED: &str = "attribute_not_exists(#item) OR #status IN (:completed, :failed)";
const HOLDS: &str = "#job = :job";

impl Table {
    /// Takes the company's lock for a new job.
    ///
    /// # Errors
    /// [`TableError`]; the lock may have been taken when the answer was lost. The job then moves
    /// on by recovery.
    pub async fn acquire(
        &self,
        company: CompanyId,
        job: JobId,
        mode: Mode,
        now: Timestamp,
    ) -> Result<Acquire, TableError> {
        let connected = self.check(key(&company, CONNECTION), CONNECTED, values([(":yes", true_value())]));
        Ok(match self.take(company, job, mode, connected, now).await? {
            Attempt::Succeeded(job) => Acquire::Acquired(job),
            Attempt::Held { by } => Acquire::Held { by },
            Attempt::Refused(_) => Acquire::NotConnected,
        })
    }

    /// Takes the company's lock for a new job because its sync is due, and uses the due time up in
    /// the same write: the next one is given.
    ///
    /// # Errors
    /// [`TableError`]; when the answer was lost, either all of it took effect and the job moves on
    /// by recovery, or the time is still due.
    pub async fn acquire_due(
        &self,
        due: DueSync,
        next: Timestamp,
        job: JobId,
        now: Timestamp,
    ) -> Result<AcquireDue, TableError> {
        let bound = values([(":yes", true_value()), (":seen", moment(due.due_at)), (":next", moment(next))]);
        let use_up = self.update(key(&due.company, CONNECTION), USE_UP, CONNECTED_AND_DUE, bound);
        Ok(match self.take(due.company, job, Mode::Apply, use_up, now).await? {
            Attempt::Succeeded(job) => AcquireDue::Acquired(job),
            Attempt::Held { by } => AcquireDue::Held { by },
            Attempt::Refused(Some(seen)) if seen.get("due_at") == Some(&moment(due.due_at)) => AcquireDue::Inactive,
            Attempt::Refused(_) => AcquireDue::MovedOn,
        })
    }

    /// The transaction of every acquisition, with what it does to the connection.
    async fn take(
        &self,
        company: CompanyId,
        job: JobId,
        mode: Mode,
        connection: Action,
        now: Timestamp,
    ) -> Result<Attempt, TableError> {
        let item = JobItem::accepted(company, job, mode, now);
        let fields = serde_dynamo::to_item(&item).map_err(TableError::malformed("JOB"))?;
        let actions = [
            connection,
            self.update(key(&company, LOCK), "SET #job = :job", FREE, values([(":job", text(job))])),
            self.put(fields),
        ];
        let verdicts = match self.transact("acquire", &job.to_string(), &actions).await? {
            Written::All => return Ok(Attempt::Succeeded(item.into_job_of(job))),
            Written::Refused(verdicts) => verdicts,
        };
        let mut verdicts = verdicts.into_iter();
        match (verdicts.next(), verdicts.next()) {
            (Some(Verdict::Failed(connection)), _) => Ok(Attempt::Refused(connection)),
            (_, Some(Verdict::Failed(Some(lock)))) => {
                match lock.get("job").and_then(|by| by.as_s().ok()).map(|by| JobId::parse(by)) {
                    Some(Ok(by)) => Ok(Attempt::Held { by }),
                    _ => Err(unreadable_lock()),
                }
            }
            // The put's condition: a job of this id is there, which only our own lost answer explains.
            _ => Ok(Attempt::Held { by: job }),
        }
    }

    /// Ends a job that no worker has begun, and frees the lock in the same write.
    ///
    /// # Errors
    /// [`TableError`]; nothing was changed, or the answer was lost and it was.
    pub async fn abandon(
        &self,
        company: CompanyId,
        job: JobId,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<Abandon, TableError> {
        let bound = values([(":pending", text("Pending")), (":never", number(0))]).unwrap_or_default();
        let ended = self.end_as_failed("abandon", company, job, failure, now, (NOT_BEGUN, bound)).await?;
        Ok(if ended { Abandon::Abandoned } else { Abandon::Underway })
    }

    /// Frees a lock whose job has ended or is gone, as a table restored from a backup can hold.
    ///
    /// # Errors
    /// [`TableError`]; nothing was changed, or the answer was lost and it was.
    pub async fn free_orphaned_lock(&self, company: CompanyId, job: JobId) -> Result<(), TableError> {
        let ended = values([(":completed", text("Completed")), (":failed", text("Failed"))]);
        let actions = [
            self.check(key(&company, job_key(&job)), GONE_OR_ENDED, ended),
            self.update(key(&company, LOCK), "REMOVE #job", HOLDS, values([(":job", text(job))])),
        ];
        // Refused means that somebody else has moved the lock or the job: the next look at it tells.
        let token = uuid::Uuid::new_v5(job.as_uuid(), b"free").to_string();
        self.transact("free_orphaned_lock", &token, &actions).await.map(drop)
    }
}

fn true_value() -> AttributeValue {
    AttributeValue::Bool(true)
}

fn unreadable_lock() -> TableError {
    TableError::Malformed { item: LOCK, source: serde::de::Error::custom("the lock names no job") }
}
