//! What the items are made of.
//!
//! | attribute | of | unit | written by |
//! | --- | --- | --- | --- |
//! | `company` | all | Guid, text | whoever puts the item |
//! | `item` | all | sort key, text | whoever puts the item |
//! | `job` | `LOCK` | job id, text; absent when free | acquire; removed by every end |
//! | `status` | `JOB` | name of [`Status`] | every step |
//! | `generation` | `JOB` | count of starts | start |
//! | `worker` | `JOB` | id of the invocation that holds the lease; absent while a message holds it | start, commit; removed by hand-over, recovery, end |
//! | `lease_expires_at` | `JOB` | ms since the epoch; absent once ended | every step |
//! | `not_before` | `JOB` | ms since the epoch: the end of the pause before the next slice; absent without one | hand-over; removed by start, recovery, end |
//! | `lease_shard` | `JOB` | `0` to `7`; absent once ended | acquire, start, recovery; removed by every end |
//! | `attempts` | `JOB` | rescues since the last sign of life | recovery; zeroed by hand-over and by a commit that decided something |
//! | `slices` | `JOB` | hand-overs | hand-over |
//! | `idle_slices` | `JOB` | slices in a row that decided nothing | hand-over |
//! | `found`, `created`, `updated`, `unchanged`, `skipped` | `JOB` | users; absent until a walk has begun | start, commit, finish |
//! | `reason`, `error_message` | `JOB` | code, text for the administrator | a failed end |
//! | `created_at`, `updated_at` | `JOB`, `CONNECTION` | ms since the epoch | acquire; every step; an administrator |
//! | `dry_run` | `JOB` | yes; absent otherwise | acquire |
//! | `expires_on` | `JOB`, `REPORT`, `EVENT` | s since the epoch, the table's TTL | acquire; commit; every end |
//! | `due_at` | `EVENT` | ms since the epoch: when it is to be sent | every end; moved by whoever is about to send it |
//! | `due_at` | `CONNECTION` | ms since the epoch: the next time of its schedule; absent without one | an administrator; moved by a scheduled acquire or by passing over |
//! | `due_shard` | `EVENT`, `CONNECTION` | `event-0` to `event-7`, `sync-0` to `sync-7` | with `due_at` |
//! | `decided`, `again` | `REPORT` | see [`super::report`] | commit |
//! | `schedule` | `CONNECTION` | text of a [`crate::schedule::Schedule`]; absent without one | an administrator |
//! | `device_ids`, `active`, `has_api_key` | `CONNECTION` | Guids, yes or no, yes | an administrator |
//! | `c`, `f`, `o`, `r`, `j` | `LINK` | see [`super::link`] | commit |
//! | `e`, `n` | `LINK` | see [`super::intent`] | a commit before a call to another system |
//!
//! The sparse index `leases` (`lease_shard`, `lease_expires_at`) lists the jobs that hold a
//! lease. A job that has ended has neither attribute and so is not in it.
//!
//! The sparse index `due` (`due_shard`, `due_at`) lists what has to be done at a time. Each kind of
//! thing has shards of its own, so that one kind never stands in the way of another.
//!
//! Attributes that an older version did not write have a default, so that a deployment in
//! mid-run finds its jobs readable.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{CompanyId, JobId};
use crate::job::{Counters, FailureCode, Job, Mode, Status};

/// The partition key.
pub const COMPANY: &str = "company";
/// The sort key.
pub const ITEM: &str = "item";
/// The sort key of the lock.
pub const LOCK: &str = "LOCK";
/// The sort key of the connection.
pub const CONNECTION: &str = "CONNECTION";
/// What a job's sort key begins with.
pub const JOB_PREFIX: &str = "JOB#";
/// What a link's sort key begins with.
pub const LINK_PREFIX: &str = "LINK#";
/// What the sort key of an unsent event begins with.
pub const EVENT_PREFIX: &str = "EVENT#";
/// What a report's sort keys begin with.
pub const REPORT_PREFIX: &str = "REPORT#";
/// The sparse index over the leases.
pub const LEASES: &str = "leases";
/// The sparse index over what is to be done at a time.
pub const DUE: &str = "due";
/// Partitions of an index for each kind of thing: enough that a million companies make no hot one.
pub const SHARDS: u8 = 8;

/// How long a worker may be silent before its job is moved to another: longer than any single
/// wait of a worker, short enough that with a clock of one minute a job moves within three.
pub const WORKER_LEASE: Duration = Duration::from_secs(120);
/// How long a message may be under way before its job is looked at.
pub const HAND_OFF_LEASE: Duration = Duration::from_secs(120);
/// How far apart the clocks of two hosts are taken to be at most.
pub const CLOCK_SKEW: Duration = Duration::from_secs(30);
/// Ended jobs are kept this long, and their reports with them.
pub const JOBS_ARE_KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The sort key of a job.
#[must_use]
pub fn job_key(job: &JobId) -> String {
    format!("{JOB_PREFIX}{job}")
}

/// The partition of the index that a company's leases are in.
#[must_use]
pub fn lease_shard(company: &CompanyId) -> String {
    shard(company).to_string()
}

/// Which of its kind's shards a company's things are in.
pub(super) fn shard(company: &CompanyId) -> u8 {
    // Which bytes of a Guid differ between companies depends on its version: all of them count.
    company.as_uuid().as_bytes().iter().fold(0, |folded, byte| folded ^ byte) % SHARDS
}

/// When a job that was accepted then goes, and its report with it; in s since the epoch.
pub(super) fn expires_on(created_at: Timestamp) -> i64 {
    created_at.after(JOBS_ARE_KEPT).seconds()
}

/// A job as it lies in the table.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct JobItem {
    pub company: CompanyId,
    pub item: String,
    pub status: Status,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    #[serde(default)]
    pub generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_shard: Option<String>,
    #[serde(default)]
    pub attempts: u32,
    #[serde(default)]
    pub slices: u32,
    #[serde(default)]
    pub idle_slices: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unchanged: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(default)]
    pub expires_on: i64,
}

impl JobItem {
    /// A job that has just been accepted and whose message is about to be sent.
    pub fn accepted(company: CompanyId, job: JobId, mode: Mode, now: Timestamp) -> Self {
        Self {
            company,
            item: job_key(&job),
            status: Status::Pending,
            dry_run: mode.is_dry_run(),
            generation: 0,
            worker: None,
            lease_expires_at: Some(now.after(HAND_OFF_LEASE)),
            not_before: None,
            lease_shard: Some(lease_shard(&company)),
            attempts: 0,
            slices: 0,
            idle_slices: 0,
            found: None,
            created: None,
            updated: None,
            unchanged: None,
            skipped: None,
            reason: None,
            error_message: None,
            created_at: now,
            updated_at: now,
            expires_on: expires_on(now),
        }
    }

    /// What the job does about what it decides.
    pub const fn mode(&self) -> Mode {
        if self.dry_run { Mode::DryRun } else { Mode::Apply }
    }

    /// The counters, once a walk has begun.
    pub fn counters(&self) -> Option<Counters> {
        let found = self.found?;
        Some(Counters {
            found,
            created: self.created.unwrap_or_default(),
            updated: self.updated.unwrap_or_default(),
            unchanged: self.unchanged.unwrap_or_default(),
            skipped: self.skipped.unwrap_or_default(),
        })
    }

    /// The job, as everybody else sees it; `None` when the sort key is no job's.
    pub fn into_job(self) -> Option<Job> {
        let id = JobId::parse(self.item.strip_prefix(JOB_PREFIX)?).ok()?;
        Some(self.into_job_of(id))
    }

    /// The same where the id is known.
    pub fn into_job_of(self, id: JobId) -> Job {
        Job {
            id,
            company: self.company,
            mode: self.mode(),
            status: self.status,
            generation: self.generation,
            counters: self.counters(),
            failure_code: self.reason.as_deref().and_then(FailureCode::named),
            failure_text: self.error_message,
            created_at: self.created_at,
            updated_at: self.updated_at,
            lease_expires_at: self.lease_expires_at,
            attempts: self.attempts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_always_in_the_same_shard_and_companies_spread_over_all() {
        let shards: std::collections::HashSet<_> = (0..200)
            .map(|_| lease_shard(&CompanyId::from_uuid(*JobId::mint(Timestamp::from_ms(0)).as_uuid())))
            .collect();
        assert_eq!(shards.len(), usize::from(SHARDS));
    }

    #[test]
    fn ids_that_differ_in_any_of_their_bytes_alone_spread_over_all_shards() {
        // A Guid of version 1 ends with the machine's address, and so does one of NEWSEQUENTIALID.
        for byte in 0..16 {
            let shards: std::collections::HashSet<_> = (0..SHARDS)
                .map(|n| {
                    let mut bytes = *b"\x01\xf0\x11\x22\x33\x44\x1a\xbb\x80\x66\x00\x15\x5d\x01\x02\x03";
                    bytes[byte] = n;
                    lease_shard(&CompanyId::from_uuid(uuid::Uuid::from_bytes(bytes)))
                })
                .collect();
            assert_eq!(shards.len(), usize::from(SHARDS), "byte {byte}");
        }
    }

    #[test]
    fn a_job_goes_so_long_after_it_was_accepted() {
        let kept = i64::try_from(JOBS_ARE_KEPT.as_secs()).expect("less than an age");
        assert_eq!(expires_on(Timestamp::from_ms(1_000_999)), 1_000 + kept);
    }

    #[test]
    fn an_item_of_an_older_version_is_read_with_defaults() {
        let job: JobItem = serde_json::from_value(serde_json::json!({
            "company": "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
            "item": "JOB#0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
            "status": "Pending",
            "created_at": 1, "updated_at": 1, "an_attribute_of_tomorrow": true
        }))
        .expect("an older item");
        assert_eq!((job.generation, job.attempts, job.counters(), job.mode()), (0, 0, None, Mode::Apply));
        assert!(job.into_job().is_some_and(|job| job.has_lapsed(Timestamp::from_ms(2))));
    }
}
