//! Jobs whose lease has run out: finding them, and moving or ending one.
//!
//! Each write is on condition that the lease is still the one that was seen, so two recoveries at
//! the same time, or a recovery against a worker that has just renewed, come to one outcome.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::clock::Timestamp;
use crate::ids::{CompanyId, JobId, write_token};
use crate::job::{Failure, Job};

use super::expression::{key, moment, names, number, text, values};
use super::schema::{COMPANY, ITEM, JOB_PREFIX, LEASES, SHARDS, job_key, lease_shard};
use super::transaction::Written;
use super::{Table, TableError};

/// What became of a write against a lapsed lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lapse {
    /// It was still lapsed, and the write took effect.
    Written,
    /// Somebody has moved or ended the job in the meantime.
    MovedOn,
}

/// Rows a query of one shard returns at most: what one run of the recover function can handle.
const MOST_PER_SHARD: i32 = 100;

const BEFORE: &str = "#lease_shard = :shard AND #lease_expires_at <= :now";
const STILL_LAPSED: &str = "#lease_expires_at = :seen AND #status IN (:pending, :processing)";
const STILL_LAPSED_UNSTAMPED: &str = "attribute_not_exists(#lease_expires_at) AND #status IN (:pending, :processing)";
const EXTEND: &str = "SET #lease_expires_at = :until, #lease_shard = :shard, #attempts = :attempts, #updated_at = :now \
     REMOVE #worker, #not_before";

impl Table {
    /// The jobs whose lease ran out before now, oldest first within each shard. The index may lag
    /// behind: what is done about a job is decided by the job itself.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached.
    pub async fn lapsed(&self, now: Timestamp) -> Result<Vec<(CompanyId, JobId)>, TableError> {
        let mut found = Vec::new();
        for shard in 0..SHARDS {
            let page = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(LEASES)
                .key_condition_expression(BEFORE)
                .set_expression_attribute_names(names(&[BEFORE]))
                .set_expression_attribute_values(values([(":shard", text(shard)), (":now", moment(now))]))
                .limit(MOST_PER_SHARD)
                .send()
                .await
                .map_err(|error| TableError::unavailable("lapsed", &error))?;
            found.extend(page.items.unwrap_or_default().iter().filter_map(|item| {
                let text = |name| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
                let company = CompanyId::parse(text(COMPANY)?).ok()?;
                let job = JobId::parse(text(ITEM)?.strip_prefix(JOB_PREFIX)?).ok()?;
                Some((company, job))
            }));
        }
        Ok(found)
    }

    /// Gives a lapsed job a new lease until then, held by the message that is about to be sent,
    /// and counts the attempt.
    ///
    /// # Errors
    /// [`TableError`]; nothing was changed, or the answer was lost and it was.
    pub async fn extend_lapsed(&self, job: &Job, until: Timestamp, now: Timestamp) -> Result<Lapse, TableError> {
        let (condition, mut bound) = still_lapsed(job);
        bound.extend([
            (":until".to_owned(), moment(until)),
            (":shard".to_owned(), text(lease_shard(&job.company))),
            (":attempts".to_owned(), number(job.attempts + 1)),
            (":now".to_owned(), moment(now)),
        ]);
        let extend = self.update(key(&job.company, job_key(&job.id)), EXTEND, condition, Some(bound));
        // A transaction of one, for its token: when the answer is lost, sending it again is harmless.
        Ok(match self.transact("extend_lapsed", &write_token(), &[extend]).await? {
            Written::All => Lapse::Written,
            Written::Refused(_) => Lapse::MovedOn,
        })
    }

    /// Ends a lapsed job as failed, and frees the lock in the same write.
    ///
    /// # Errors
    /// [`TableError`]; nothing was changed, or the answer was lost and it was.
    pub async fn end_lapsed(&self, job: &Job, failure: &Failure, now: Timestamp) -> Result<Lapse, TableError> {
        let ended = self.end_as_failed("end_lapsed", job.company, job.id, failure, now, still_lapsed(job)).await?;
        Ok(if ended { Lapse::Written } else { Lapse::MovedOn })
    }
}

fn still_lapsed(job: &Job) -> (&'static str, HashMap<String, AttributeValue>) {
    let active = [(":pending", text("Pending")), (":processing", text("Processing"))];
    let mut bound = values(active).unwrap_or_default();
    match job.lease_expires_at {
        Some(seen) => {
            bound.insert(":seen".to_owned(), moment(seen));
            (STILL_LAPSED, bound)
        }
        None => (STILL_LAPSED_UNSTAMPED, bound),
    }
}
