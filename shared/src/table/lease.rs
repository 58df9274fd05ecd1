//! The lease of a worker on a job: start, commit, hand over, finish.
//!
//! A [`Lease`] is minted by [`Table::start`] alone, is borrowed by every commit and consumed by
//! the hand-over or the end. Every write under it is on condition that the job's `generation` is still
//! the one it was started with, so a worker that sleeps through its lease and wakes up late changes
//! nothing: not a link, not a counter, not a customer in the same transaction.
//!
//! A lease is renewed by progress only, never by a timer of its own.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};

use crate::clock::Timestamp;
use crate::ids::{CompanyId, JobId};
use crate::job::{Counters, Failure, LONGEST_JOB, Mode, Status};

use super::action::Action;
use super::expression::{key, moment, names, number, text, values};
use super::report::{PartKey, Row};
use super::schema::{CLOCK_SKEW, HAND_OFF_LEASE, JobItem, WORKER_LEASE, job_key, lease_shard};
use super::transaction::{MOST_ACTIONS, Verdict, Written};
use super::{Table, TableError};

/// Writes beside the job's own and its report's that one commit can take.
pub const MOST_WRITES: usize = MOST_ACTIONS - 2;

/// The right to write for one job. It is proof that [`Table::start`] succeeded, not that the
/// lease still stands: that is what each write's condition is for.
#[derive(Debug)]
pub struct Lease {
    company: CompanyId,
    job: JobId,
    mode: Mode,
    generation: u64,
    worker: String,
    expires_at: Timestamp,
    created_at: Timestamp,
    shown: Counters,
    slices: u32,
    idle_slices: u32,
    commits: u64,
    decided: bool,
}

/// What one commit writes beside the job.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Links and customers, at most [`MOST_WRITES`]; none in a dry run.
    pub writes: Vec<Action>,
    /// The users that were decided about.
    pub decided: Vec<Row>,
    /// Users that are left out again for the same reason as before. To find them is no progress.
    pub again: Vec<Row>,
}

/// What became of a start.
#[derive(Debug)]
pub enum Start {
    /// The job is ours.
    Started(Lease),
    /// It has ended; the message is of the past.
    Ended,
    /// A worker is at it whose lease stands.
    HeldByOther,
    /// The pause before its next slice is not over. The message that is sent for that slice is
    /// another one, or this clock is far behind; then the lease runs out.
    Paused,
    /// There is no such job.
    Unknown,
}

/// What became of a commit.
#[derive(Debug)]
pub enum Commit {
    /// All of it took effect, and the lease is renewed.
    Committed,
    /// The job has another worker or has ended: stop at once.
    LeaseLost,
    /// Nothing took effect, because of the chunk's writes at these places: their conditions do not
    /// hold. A place behind them is that of the report's part, which no other write has.
    Refused(Vec<usize>),
}

/// What became of the end, or of a hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// It took effect.
    Finished,
    /// The job has another worker or has ended.
    LeaseLost,
}

/// How a job ends.
#[derive(Debug)]
pub enum Ending {
    /// This slice saw the whole source.
    Completed,
    /// It cannot be completed.
    Failed(Failure),
}

const STARTABLE: &str = "#status IN (:pending, :processing) \
     AND (attribute_not_exists(#worker) OR #lease_expires_at <= :now) \
     AND (attribute_not_exists(#not_before) OR #not_before <= :soon)";
const START: &str = "SET #status = :processing, #generation = if_not_exists(#generation, :zero) + :one, #worker = :worker, \
     #lease_expires_at = :until, #lease_shard = :shard, #updated_at = :now, #found = if_not_exists(#found, :zero), \
     #created = if_not_exists(#created, :zero), #updated = if_not_exists(#updated, :zero), \
     #unchanged = if_not_exists(#unchanged, :zero), #skipped = if_not_exists(#skipped, :zero) \
     REMOVE #not_before";
const OURS: &str = "#generation = :generation AND #status = :processing";
const COUNT: &str =
    "#found = :found, #created = :created, #updated = :updated, #unchanged = :unchanged, #skipped = :skipped";

impl Lease {
    /// The company.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.company
    }

    /// The job.
    #[must_use]
    pub const fn job(&self) -> JobId {
        self.job
    }

    /// What the job does about what it decides.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// How many workers have been started for the job, this one included.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Until when nobody else may take the job.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// How often the job was handed over so far.
    #[must_use]
    pub const fn slices(&self) -> u32 {
        self.slices
    }

    /// How many slices in a row, this one included if it were to end now, have decided nothing.
    #[must_use]
    pub const fn idle_slices(&self) -> u32 {
        if self.decided { 0 } else { self.idle_slices + 1 }
    }

    /// Whether the job is older than any may become.
    #[must_use]
    pub fn is_too_old(&self, now: Timestamp) -> bool {
        self.created_at.after(LONGEST_JOB) <= now
    }
}

impl Table {
    /// Starts a worker, named by the id of its invocation, on a job that has none.
    ///
    /// # Errors
    /// [`TableError`]; the job may have been started when the answer was lost. The same worker
    /// may try again; otherwise the lease runs out.
    pub async fn start(
        &self,
        company: CompanyId,
        job: JobId,
        worker: &str,
        now: Timestamp,
    ) -> Result<Start, TableError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(&company, job_key(&job))))
            .update_expression(START)
            .condition_expression(STARTABLE)
            .set_expression_attribute_names(names(&[START, STARTABLE]))
            .set_expression_attribute_values(values([
                (":pending", text(Status::Pending.name())),
                (":processing", text(Status::Processing.name())),
                (":zero", number(0)),
                (":one", number(1)),
                (":worker", text(worker)),
                (":until", moment(now.after(WORKER_LEASE))),
                (":shard", text(lease_shard(&company))),
                (":now", moment(now)),
                (":soon", moment(now.after(CLOCK_SKEW))),
            ]))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let seen = match sent {
            Ok(started) => started.attributes,
            Err(error) => match error.as_service_error().and_then(condition_failure) {
                Some(failed) => failed.item.clone(),
                None => return Err(TableError::unavailable("start", &error)),
            },
        };
        let Some(seen) = seen.filter(|item| !item.is_empty()) else {
            return Ok(Start::Unknown);
        };
        let seen: JobItem = serde_dynamo::from_item(seen).map_err(TableError::malformed("JOB"))?;
        Ok(match seen {
            seen if !seen.status.is_active() => Start::Ended,
            // Also when our own write took effect, its answer was lost and the SDK sent it again.
            seen if seen.worker.as_deref() == Some(worker) => Start::Started(Lease {
                company,
                job,
                mode: seen.mode(),
                generation: seen.generation,
                worker: worker.to_owned(),
                expires_at: seen.lease_expires_at.unwrap_or(now),
                created_at: seen.created_at,
                shown: seen.counters().unwrap_or_default(),
                slices: seen.slices,
                idle_slices: seen.idle_slices,
                commits: 0,
                decided: false,
            }),
            seen if seen.worker.is_none() => Start::Paused,
            _ => Start::HeldByOther,
        })
    }

    /// Writes a chunk: its writes, its part of the report, the counters, and a renewed lease, all
    /// or nothing. Counters never go down: what the job shows is the larger of what it showed
    /// and what is given.
    ///
    /// # Errors
    /// [`TableError`]; the chunk may have been committed when the answer was lost. Stop: the next
    /// worker reads what is there.
    pub async fn commit(
        &self,
        lease: &mut Lease,
        counters: &Counters,
        chunk: Chunk,
        now: Timestamp,
    ) -> Result<Commit, TableError> {
        let shown = counters.at_least(&lease.shown);
        let until = now.after(WORKER_LEASE);
        let decides = !chunk.decided.is_empty();
        let forget_attempts = if decides { ", #attempts = :zero" } else { "" };
        let update =
            format!("SET {COUNT}, #lease_expires_at = :until, #worker = :worker, #updated_at = :now{forget_attempts}");
        let mut bound = lease.ours(now);
        bound.extend(counted(&shown));
        bound.extend(values([(":until", moment(until)), (":worker", text(&lease.worker))]).unwrap_or_default());
        if decides {
            bound.insert(":zero".to_owned(), number(0));
        }
        // A refused commit is followed by another one of other content: each has a token of its own.
        lease.commits += 1;
        let part = PartKey { generation: lease.generation, commit: lease.commits };
        let report = self.report_write(lease.company, lease.job, part, &chunk, lease.created_at)?;
        let mut actions = vec![self.update(lease.key(), &update, OURS, Some(bound))];
        actions.extend(chunk.writes);
        actions.extend(report);
        let token = lease.token(lease.commits);
        match self.transact("commit", &token, &actions).await? {
            Written::All => {
                lease.shown = shown;
                lease.expires_at = until;
                lease.decided |= decides;
                Ok(Commit::Committed)
            }
            Written::Refused(verdicts) => match verdicts.split_first() {
                Some((Verdict::Held, others)) => Ok(Commit::Refused(
                    others
                        .iter()
                        .enumerate()
                        .filter(|(_, verdict)| matches!(verdict, Verdict::Failed(_)))
                        .map(|(at, _)| at)
                        .collect(),
                )),
                _ => Ok(Commit::LeaseLost),
            },
        }
    }

    /// Gives the job to the message that is about to be sent with this delay. Other messages of the
    /// job, which can lie in the queue without one, do not start it before: the delay is the job's.
    ///
    /// # Errors
    /// [`TableError`]; the job may have been handed over when the answer was lost. Recovery sends
    /// the message when nobody does.
    pub async fn hand_over(&self, lease: Lease, delay: Duration, now: Timestamp) -> Result<Finish, TableError> {
        const HAND_OVER: &str = "SET #lease_expires_at = :until, #slices = :slices, #idle_slices = :idle, \
             #attempts = :zero, #updated_at = :now";
        const AT_ONCE: &str = "REMOVE #worker, #not_before";
        const AFTER_A_PAUSE: &str = ", #not_before = :not_before REMOVE #worker";
        // What SQS makes of it.
        let pause = Duration::from_secs(delay.as_secs());
        let mut bound = lease.ours(now);
        bound.extend(
            values([
                (":until", moment(now.after(delay).after(HAND_OFF_LEASE))),
                (":slices", number(lease.slices + 1)),
                (":idle", number(lease.idle_slices())),
                (":zero", number(0)),
            ])
            .unwrap_or_default(),
        );
        let update = if pause.is_zero() {
            format!("{HAND_OVER} {AT_ONCE}")
        } else {
            bound.insert(":not_before".to_owned(), moment(now.after(pause)));
            format!("{HAND_OVER}{AFTER_A_PAUSE}")
        };
        let action = self.update(lease.key(), &update, OURS, Some(bound));
        match self.transact("hand_over", &lease.token(lease.commits + 1), &[action]).await? {
            Written::All => Ok(Finish::Finished),
            Written::Refused(_) => Ok(Finish::LeaseLost),
        }
    }

    /// Ends the job and frees the lock in the same write. The counters are final: they are
    /// written as they are.
    ///
    /// # Errors
    /// [`TableError`]; the job may have ended when the answer was lost. If it has not, its lease
    /// runs out and another worker ends it.
    pub async fn finish(
        &self,
        lease: Lease,
        ending: &Ending,
        counters: &Counters,
        now: Timestamp,
    ) -> Result<Finish, TableError> {
        let (company, job) = (lease.company, lease.job);
        let mut bound = lease.ours(now);
        let end = match ending {
            Ending::Completed => {
                const COMPLETE: &str = "SET #status = :end, #updated_at = :now, #found = :found, #created = :created, \
                     #updated = :updated, #unchanged = :unchanged, #skipped = :skipped \
                     REMOVE #lease_expires_at, #lease_shard, #worker, #not_before";
                bound.insert(":end".to_owned(), text(Status::Completed.name()));
                bound.extend(counted(counters));
                self.update(lease.key(), COMPLETE, OURS, Some(bound))
            }
            Ending::Failed(failure) => self.failing(company, job, failure, now, (OURS, bound)),
        };
        let ended = self.end("finish", company, job, end, now).await?;
        Ok(if ended { Finish::Finished } else { Finish::LeaseLost })
    }
}

type Item = std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>;

impl Lease {
    fn key(&self) -> Item {
        key(&self.company, job_key(&self.job))
    }

    fn ours(&self, now: Timestamp) -> Item {
        values([
            (":generation", number(self.generation)),
            (":processing", text(Status::Processing.name())),
            (":now", moment(now)),
        ])
        .unwrap_or_default()
    }

    /// A client token for the n-th write of this worker, and of no other.
    fn token(&self, n: u64) -> String {
        uuid::Uuid::new_v5(self.job.as_uuid(), format!("{} {} {n}", self.generation, self.worker).as_bytes())
            .to_string()
    }
}

fn counted(counters: &Counters) -> Item {
    values([
        (":found", number(counters.found)),
        (":created", number(counters.created)),
        (":updated", number(counters.updated)),
        (":unchanged", number(counters.unchanged)),
        (":skipped", number(counters.skipped)),
    ])
    .unwrap_or_default()
}

fn condition_failure(error: &UpdateItemError) -> Option<&ConditionalCheckFailedException> {
    match error {
        UpdateItemError::ConditionalCheckFailedException(failed) => Some(failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
