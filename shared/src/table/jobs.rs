//! Reading jobs, and the one write that ends one as failed.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::Timestamp;
use crate::ids::{CompanyId, JobId, write_token};
use crate::job::{Failure, Job, Status};

use super::action::Action;
use super::expression::{key, moment, names, text, values};
use super::schema::{JOB_PREFIX, JobItem, LOCK, job_key};
use super::transaction::{Verdict, Written};
use super::{Table, TableError};

/// The list of a company's jobs goes back no further than this many: at one an hour they fill
/// forty days, and the answer stays far below what Lambda can return.
pub const MOST_LISTED: usize = 1_000;

/// How far back [`Table::last_completed`] looks: one short read.
const LOOKED_BACK: i32 = 25;

const EARLIER: &str = "#company = :company AND #item BETWEEN :prefix AND :until";
const OF_COMPANY: &str = "#company = :company AND begins_with(#item, :prefix)";
const WITH_STATUS: &str = "#status = :status";

const END: &str = "SET #status = :end, #updated_at = :now, #reason = :reason, #error_message = :text \
     REMOVE #lease_expires_at, #lease_shard, #worker, #not_before";

impl Table {
    /// One job of one company, read consistently; `None` when the company has no such job.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or the item is malformed.
    pub async fn job(&self, company: CompanyId, job: JobId) -> Result<Option<Job>, TableError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key(&company, job_key(&job))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| TableError::unavailable("job", &error))?;
        answer.item.map_or(Ok(None), |item| to_job(item).map(Some))
    }

    /// A company's jobs, newest first, at most [`MOST_LISTED`].
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or an item is malformed.
    pub async fn jobs(&self, company: CompanyId, status: Option<Status>) -> Result<Vec<Job>, TableError> {
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let filter = status.map(|_| WITH_STATUS);
            let mut bound = values([(":company", text(company)), (":prefix", text(JOB_PREFIX))]).unwrap_or_default();
            bound.extend(status.map(|status| (":status".to_owned(), text(status.name()))));
            let page = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(OF_COMPANY)
                .set_filter_expression(filter.map(str::to_owned))
                .set_expression_attribute_names(names(&[OF_COMPANY, filter.unwrap_or_default()]))
                .set_expression_attribute_values(Some(bound))
                .scan_index_forward(false)
                .consistent_read(true)
                .set_exclusive_start_key(next)
                .send()
                .await
                .map_err(|error| TableError::unavailable("jobs", &error))?;
            for item in page.items.unwrap_or_default() {
                found.push(to_job(item)?);
            }
            next = page.last_evaluated_key.filter(|key| !key.is_empty());
            if next.is_none() || found.len() >= MOST_LISTED {
                found.truncate(MOST_LISTED);
                return Ok(found);
            }
        }
    }

    /// The newest completed job of the last few that came before this one. The read is one Query
    /// and need not be consistent: what it tells is an estimate.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or an item is malformed.
    pub async fn last_completed(&self, company: CompanyId, before: JobId) -> Result<Option<Job>, TableError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(EARLIER)
            .filter_expression(WITH_STATUS)
            .set_expression_attribute_names(names(&[EARLIER, WITH_STATUS]))
            .set_expression_attribute_values(values([
                (":company", text(company)),
                (":prefix", text(JOB_PREFIX)),
                (":until", text(job_key(&before))),
                (":status", text(Status::Completed.name())),
            ]))
            .scan_index_forward(false)
            .limit(LOOKED_BACK)
            .send()
            .await
            .map_err(|error| TableError::unavailable("last_completed", &error))?;
        answer.items.unwrap_or_default().into_iter().next().map(to_job).transpose()
    }

    /// Ends a job as failed and frees its lock in the same write, if the condition on the job
    /// holds, which comes with its values. Tells whether it held.
    pub(super) async fn end_as_failed(
        &self,
        operation: &'static str,
        company: CompanyId,
        job: JobId,
        failure: &Failure,
        now: Timestamp,
        condition: (&str, HashMap<String, AttributeValue>),
    ) -> Result<bool, TableError> {
        let end = self.failing(company, job, failure, now, condition);
        self.end(operation, company, job, end, now).await
    }

    /// The write that ends a job as failed, for [`Table::ending`].
    pub(super) fn failing(
        &self,
        company: CompanyId,
        job: JobId,
        failure: &Failure,
        now: Timestamp,
        (condition, mut bound): (&str, HashMap<String, AttributeValue>),
    ) -> Action {
        bound.extend(
            values([
                (":end", text(Status::Failed.name())),
                (":now", moment(now)),
                (":reason", text(failure.code.name())),
                (":text", text(&failure.text)),
            ])
            .unwrap_or_default(),
        );
        self.update(key(&company, job_key(&job)), END, condition, Some(bound))
    }

    /// What is written whenever a job ends: its own end, the removal of its lock, and the event that
    /// tells of it.
    pub(super) fn ending(
        &self,
        company: CompanyId,
        job: JobId,
        end: Action,
        now: Timestamp,
    ) -> Result<[Action; 3], TableError> {
        let unlock = self.update(key(&company, LOCK), "REMOVE #job", "#job = :job", values([(":job", text(job))]));
        Ok([end, unlock, self.unsent_event(company, job, now)?])
    }

    /// Writes the [end](Table::ending) of a job, and tells whether its condition held. Where the lock
    /// is not this job's, as after a restore from a backup, the job is ended without it.
    pub(super) async fn end(
        &self,
        operation: &'static str,
        company: CompanyId,
        job: JobId,
        end: Action,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        let [end, unlock, tell] = self.ending(company, job, end, now)?;
        match self.transact(operation, &write_token(), &[end.clone(), unlock, tell.clone()]).await? {
            Written::All => return Ok(true),
            Written::Refused(verdicts) if matches!(verdicts.first(), Some(Verdict::Failed(_))) => {
                return Ok(false);
            }
            Written::Refused(_) => tracing::warn!(
                event = "lock.not_held", company.id = %company, job.id = %job,
                "an active job did not hold its company's lock; it is ended without it"
            ),
        }
        Ok(matches!(self.transact(operation, &write_token(), &[end, tell]).await?, Written::All))
    }
}

fn to_job(item: HashMap<String, AttributeValue>) -> Result<Job, TableError> {
    let item: JobItem = serde_dynamo::from_item(item).map_err(TableError::malformed("JOB"))?;
    item.into_job().ok_or_else(|| TableError::Malformed {
        item: "JOB",
        source: serde::de::Error::custom("the sort key names no job"),
    })
}
