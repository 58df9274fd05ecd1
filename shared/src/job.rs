//! A job: one sync of one company, from the moment it is accepted until it has ended.
//!
//! A job that has ended never changes again. What a reader sees here is the domain's form; how
//! it lies in the table is the business of [`crate::table`], how it is answered that of the api.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{CompanyId, JobId};

/// A job that is older than this ends, whatever it was doing.
pub const LONGEST_JOB: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Accepted; no worker has begun.
    Pending,
    /// A worker has begun.
    Processing,
    /// Ended by a slice that saw the whole source.
    Completed,
    /// Ended without that; the failure says why.
    Failed,
}

impl Status {
    /// Whether the job holds its company's lock.
    #[must_use]
    pub const fn is_active(self) -> bool {
        match self {
            Self::Pending | Self::Processing => true,
            Self::Completed | Self::Failed => false,
        }
    }

    /// The name, as the table and the API write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Processing => "Processing",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
        }
    }
}

/// How many users a job has met, and what became of them. At the end of a completed job
/// `found = created + updated + unchanged + skipped`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Different users that the source listed.
    pub found: u64,
    /// Customers made by this job.
    pub created: u64,
    /// Customers changed by this job.
    pub updated: u64,
    /// Users for whom there was nothing to do.
    pub unchanged: u64,
    /// Users that were left out, each with a reason code at its link.
    pub skipped: u64,
}

impl Counters {
    /// Whether every user found is accounted for.
    #[must_use]
    pub const fn add_up(&self) -> bool {
        self.found == self.created + self.updated + self.unchanged + self.skipped
    }

    /// The larger of each: what a running job shows, so that no counter goes down when a later
    /// slice counts the source anew.
    #[must_use]
    pub fn at_least(&self, shown: &Self) -> Self {
        Self {
            found: self.found.max(shown.found),
            created: self.created.max(shown.created),
            updated: self.updated.max(shown.updated),
            unchanged: self.unchanged.max(shown.unchanged),
            skipped: self.skipped.max(shown.skipped),
        }
    }
}

/// Why a job ended as [`Status::Failed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For queries and alarms: a stable code.
    pub code: &'static str,
    /// For the administrator: what happened and what to do. No personal data, no secret.
    pub text: String,
}

impl Failure {
    /// A failure with a text that does not depend on the job.
    #[must_use]
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The queue did not take the message.
    #[must_use]
    pub fn not_handed_off() -> Self {
        Self::new("NotHandedOff", "The sync could not be handed to a worker. Start it again in a minute.")
    }

    /// Worker after worker fell silent.
    #[must_use]
    pub fn workers_lost() -> Self {
        Self::new(
            "WorkersLost",
            "The sync was interrupted several times in a row and was given up. What it did so far is kept; start it again.",
        )
    }

    /// The job is older than [`LONGEST_JOB`].
    #[must_use]
    pub fn too_old() -> Self {
        Self::new(
            "TooOld",
            "The sync did not come to an end within 24 hours. What it did so far is kept; start it again.",
        )
    }
}

/// One sync, as everybody but the table sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The job's id.
    pub id: JobId,
    /// The company it belongs to.
    pub company: CompanyId,
    /// Where it stands.
    pub status: Status,
    /// What it has counted; `None` until a worker has begun to walk.
    pub counters: Option<Counters>,
    /// The text of its failure, for the administrator.
    pub failure_text: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Until when nobody but the holder may move it; `None` once it has ended.
    pub lease_expires_at: Option<Timestamp>,
    /// How often it was rescued since it last made progress.
    pub attempts: u32,
}

impl Job {
    /// Whether it is active and nobody has given a sign of life in time.
    #[must_use]
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.status.is_active() && self.lease_expires_at.is_none_or(|expires_at| expires_at <= now)
    }

    /// Whether it is older than [`LONGEST_JOB`].
    #[must_use]
    pub fn is_too_old(&self, now: Timestamp) -> bool {
        self.created_at.after(LONGEST_JOB) <= now
    }
}
