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

/// What a job does about what it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Customers and links are written.
    Apply,
    /// Nothing is written but the job and its report, which are those that [`Mode::Apply`] would
    /// give.
    DryRun,
}

impl Mode {
    /// Whether customers and links stay as they are.
    #[must_use]
    pub const fn is_dry_run(self) -> bool {
        match self {
            Self::Apply => false,
            Self::DryRun => true,
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

/// Why a job ended as [`Status::Failed`]: a stable code for queries, alarms and translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// The queue did not take the message.
    NotHandedOff,
    /// Worker after worker fell silent.
    WorkersLost,
    /// The job is older than [`LONGEST_JOB`].
    TooOld,
    /// An administrator ended it.
    Cancelled,
    /// The connection was removed or switched off after the job was accepted.
    NotConnected,
    /// The connection names no system.
    NoDevices,
    /// No api key is stored for the company.
    ApiKeyMissing,
    /// The stored api key is none.
    ApiKeyUnusable,
    /// The stored api key could not be read.
    SecretsUnavailable,
    /// VAKA Online did not let the integrator account in.
    SignInFailed,
    /// VAKA Online refused the api key.
    SourceRefused,
    /// The api key may not read the system's users.
    SourceForbidden,
    /// VAKA Online does not know the system.
    DeviceUnknown,
    /// VAKA Online did not answer, or asked to be left alone for too long.
    SourceUnavailable,
    /// What VAKA Online answered is no list of users.
    SourceAnswerUnusable,
    /// VAKA Online's list does not come to an end.
    SourceEndless,
    /// VAKA Online listed nobody, although earlier syncs found somebody.
    NobodyFound,
    /// BokaMera did not let the service in.
    TargetSignInFailed,
    /// BokaMera does not let the service read the company's customers.
    TargetForbidden,
    /// BokaMera did not answer, or asked to be left alone for too long.
    TargetUnavailable,
    /// What BokaMera answered is not what was asked for.
    TargetAnswerUnusable,
    /// BokaMera refused more than half of the records.
    TargetRefuses,
    /// Slice after slice decided nothing.
    NoProgress,
    /// More slices than any sync needs.
    TooManySlices,
}

impl FailureCode {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::NotHandedOff,
        Self::WorkersLost,
        Self::TooOld,
        Self::Cancelled,
        Self::NotConnected,
        Self::NoDevices,
        Self::ApiKeyMissing,
        Self::ApiKeyUnusable,
        Self::SecretsUnavailable,
        Self::SignInFailed,
        Self::SourceRefused,
        Self::SourceForbidden,
        Self::DeviceUnknown,
        Self::SourceUnavailable,
        Self::SourceAnswerUnusable,
        Self::SourceEndless,
        Self::NobodyFound,
        Self::TargetSignInFailed,
        Self::TargetForbidden,
        Self::TargetUnavailable,
        Self::TargetAnswerUnusable,
        Self::TargetRefuses,
        Self::NoProgress,
        Self::TooManySlices,
    ];

    /// The code, as the table and the log write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotHandedOff => "NotHandedOff",
            Self::WorkersLost => "WorkersLost",
            Self::TooOld => "TooOld",
            Self::Cancelled => "Cancelled",
            Self::NotConnected => "NotConnected",
            Self::NoDevices => "NoDevices",
            Self::ApiKeyMissing => "ApiKeyMissing",
            Self::ApiKeyUnusable => "ApiKeyUnusable",
            Self::SecretsUnavailable => "SecretsUnavailable",
            Self::SignInFailed => "SignInFailed",
            Self::SourceRefused => "SourceRefused",
            Self::SourceForbidden => "SourceForbidden",
            Self::DeviceUnknown => "DeviceUnknown",
            Self::SourceUnavailable => "SourceUnavailable",
            Self::SourceAnswerUnusable => "SourceAnswerUnusable",
            Self::SourceEndless => "SourceEndless",
            Self::NobodyFound => "NobodyFound",
            Self::TargetSignInFailed => "TargetSignInFailed",
            Self::TargetForbidden => "TargetForbidden",
            Self::TargetUnavailable => "TargetUnavailable",
            Self::TargetAnswerUnusable => "TargetAnswerUnusable",
            Self::TargetRefuses => "TargetRefuses",
            Self::NoProgress => "NoProgress",
            Self::TooManySlices => "TooManySlices",
        }
    }

    /// The code of this name; `None` for one that another version wrote.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }
}

/// Why a job ended as [`Status::Failed`], in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For programs.
    pub code: FailureCode,
    /// For the administrator: what happened and what to do. No personal data, no secret.
    pub text: String,
}

impl Failure {
    /// A failure with the text that says it to the administrator.
    #[must_use]
    pub fn new(code: FailureCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The queue did not take the message.
    #[must_use]
    pub fn not_handed_off() -> Self {
        Self::new(FailureCode::NotHandedOff, "The sync could not be handed to a worker. Start it again in a minute.")
    }

    /// Worker after worker fell silent.
    #[must_use]
    pub fn workers_lost() -> Self {
        Self::new(
            FailureCode::WorkersLost,
            "The sync was interrupted several times in a row, or waited too long for a worker, and was given up. \
             What it did so far is kept; start it again.",
        )
    }

    /// An administrator cancelled it.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(FailureCode::Cancelled, "Cancelled by an administrator")
    }

    /// The job is older than [`LONGEST_JOB`].
    #[must_use]
    pub fn too_old() -> Self {
        Self::new(
            FailureCode::TooOld,
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
    /// What it does about what it decides.
    pub mode: Mode,
    /// Where it stands.
    pub status: Status,
    /// How many workers have been started on it.
    pub generation: u64,
    /// What it has counted; `None` until a worker has begun to walk.
    pub counters: Option<Counters>,
    /// The code of its failure; `None` also for one that this version does not know.
    pub failure_code: Option<FailureCode>,
    /// The text of its failure, for the administrator.
    pub failure_text: Option<String>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Until when nobody but the holder may move it; `None` once it has ended.
    pub lease_expires_at: Option<Timestamp>,
    /// How often it was rescued since it was last handed over or made progress.
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOON: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn job(status: Status, lease_expires_at: Option<Timestamp>) -> Job {
        Job {
            id: JobId::mint(NOON),
            company: CompanyId::from_uuid(Uuid::from_u128(1)),
            mode: Mode::Apply,
            status,
            generation: 0,
            counters: None,
            failure_code: None,
            failure_text: None,
            created_at: NOON,
            updated_at: NOON,
            lease_expires_at,
            attempts: 0,
        }
    }

    #[test]
    fn counters_add_up_when_each_user_found_is_in_one_of_the_others() {
        let counters = Counters { found: 15, created: 1, updated: 2, unchanged: 4, skipped: 8 };
        assert!(counters.add_up());
        assert!(!Counters { found: 14, ..counters }.add_up());
        assert!(!Counters { skipped: 9, ..counters }.add_up());
    }

    #[test]
    fn no_counter_is_shown_smaller_than_before() {
        let before = Counters { found: 9, created: 1, updated: 9, unchanged: 1, skipped: 9 };
        let now = Counters { found: 1, created: 9, updated: 1, unchanged: 9, skipped: 1 };
        let most = Counters { found: 9, created: 9, updated: 9, unchanged: 9, skipped: 9 };
        assert_eq!(now.at_least(&before), most);
    }

    #[test]
    fn each_code_is_found_by_a_name_of_its_own_and_no_other_name_is_one() {
        for code in FailureCode::ALL {
            assert_eq!(FailureCode::named(code.name()), Some(code));
            assert_eq!(code.name(), format!("{code:?}"));
        }
        assert_eq!(FailureCode::named("OfALaterVersion"), None);
    }

    #[test]
    fn an_active_job_lapses_in_the_instant_its_lease_ends_and_an_ended_one_never() {
        let later = NOON.after(Duration::from_millis(1));
        for active in [Status::Pending, Status::Processing] {
            assert!(!job(active, Some(later)).has_lapsed(NOON));
            assert!(job(active, Some(later)).has_lapsed(later));
            assert!(job(active, None).has_lapsed(NOON));
        }
        for ended in [Status::Completed, Status::Failed] {
            assert!(!job(ended, None).has_lapsed(NOON));
            assert!(!job(ended, Some(NOON)).has_lapsed(later));
        }
    }

    #[test]
    fn a_job_may_take_a_day() {
        let job = job(Status::Processing, None);
        let in_ms = |ms| job.is_too_old(NOON.after(Duration::from_millis(ms)));
        assert!(!in_ms(24 * 3_600_000 - 1));
        assert!(in_ms(24 * 3_600_000));
    }
}
