//! The members of the answers, exactly as the contract names and orders them.
//!
//! A member without a value is left out, except `Errors`, which is an empty list. A format that
//! orders or names its members otherwise does so in its own file.

pub mod setting;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::ids::CompanyId;
use shared::job::{Counters, Job, Mode};
use shared::outcome::SkipReason;
use shared::table::report::Row;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use self::setting::{AxemaSettingResponse, AxemaSettingTestResponse, AxemaSettingTestResult};
use super::report::Report;
use super::tree::{self, Object};
use crate::binding::number_of;
use crate::describe::scalar::{Count, DateTime, Guid, OutcomeName, StatusName, StatusNumber};

/// What .NET calls the round-trip form, always in UTC.
const ROUND_TRIP: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z");

/// What a format writes. A new one costs its struct, its variant and its `blank_row`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Document {
    /// The answer of `CreateAxemaUserSync` and `GetAxemaUserSyncJob`.
    Job(AxemaUserSyncJobResponse),
    /// The answer of `QueryAxemaUserSyncJobs`.
    Jobs(QueryAxemaUserSyncJobsResponse),
    /// The answer of `QueryAxemaUserSyncUsers`.
    Users(AxemaUserSyncUsersResponse),
    /// A company's connection.
    Setting(AxemaSettingResponse),
    /// The answer of `TestAxemaSetting`.
    Tested(AxemaSettingTestResponse),
    /// The answer of a failure.
    Problem(ErrorResponse),
    /// The answer of a failure of `QueryAxemaUserSyncJobs`.
    JobsProblem(JobsErrorResponse),
}

impl Document {
    /// A row of the document's list with nothing in it: what is known of the rows of an empty
    /// list. `None` for a document without a list.
    pub(super) fn blank_row(&self) -> Option<Object> {
        match self {
            Self::Jobs(_) => Some(tree::of(&AxemaUserSyncJobResponse::default())),
            Self::Users(_) => Some(tree::of(&AxemaUserSyncUserResponse::default())),
            Self::Tested(_) => Some(tree::of(&AxemaSettingTestResult::default())),
            Self::Job(_) | Self::Setting(_) | Self::Problem(_) | Self::JobsProblem(_) => None,
        }
    }
}

/// One sync of a company.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AxemaUserSyncJobResponse {
    /// The sync.
    #[schemars(with = "Guid")]
    pub id: String,
    /// The company it is of.
    #[schemars(with = "Guid")]
    pub company_id: String,
    /// Where it stands, by number: 0 Pending, 1 Processing, 2 Completed, 3 Failed.
    #[schemars(with = "StatusNumber")]
    pub status: u8,
    /// Where it stands, by name.
    #[schemars(with = "StatusName")]
    pub status_name: &'static str,
    /// Users that VAKA has listed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_found: Option<u64>,
    /// Customers made so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_created: Option<u64>,
    /// Customers changed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_updated: Option<u64>,
    /// Why it failed and what to do, for the administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// When it was asked for.
    #[schemars(with = "DateTime")]
    pub created_date: String,
    /// When it last changed.
    #[schemars(with = "DateTime")]
    pub updated_date: String,
}

// The contract leaves the type unnamed; this is ServiceStack's own idiom, a request's name and `Response`.
/// The syncs of a company.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct QueryAxemaUserSyncJobsResponse {
    /// The newest first.
    pub results: Vec<AxemaUserSyncJobResponse>,
    // A member for XML alone, which shows what is absent.
    /// Not there when all went well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_status: Option<ResponseStatus>,
}

// Under the name that ServiceStack gives it where it names one.
/// The answer to a request that was refused.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorResponse {
    /// What went wrong.
    pub response_status: ResponseStatus,
}

/// A page of a job's report, with the job's counters as they are now. Listed are the users that
/// the job decided about or left out: those for whom there was nothing to do are counted alone.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AxemaUserSyncUsersResponse {
    /// Whose report it is.
    #[schemars(with = "Guid")]
    pub job_id: String,
    /// Whose job it is.
    #[schemars(with = "Guid")]
    pub company_id: String,
    /// Whether customers and links were left as they are.
    pub dry_run: bool,
    /// Users that the source listed; absent, as the next four, until a worker has begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_found: Option<u64>,
    /// Customers made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_created: Option<u64>,
    /// Customers changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_updated: Option<u64>,
    /// Users for whom there was nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_unchanged: Option<u64>,
    /// Users left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Count>")]
    pub users_skipped: Option<u64>,
    /// How many rows come before the first one here.
    #[schemars(with = "Count")]
    pub offset: usize,
    /// How many rows there are on all pages.
    #[schemars(with = "Count")]
    pub total: usize,
    /// The page, ordered by system and user.
    pub results: Vec<AxemaUserSyncUserResponse>,
}

/// What became of one user. It says nothing that names a person.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AxemaUserSyncUserResponse {
    /// The VAKA system.
    #[schemars(with = "Guid")]
    pub device_id: String,
    /// The user in it.
    #[schemars(with = "Guid")]
    pub user_id: String,
    /// `Created`, `Updated`, `Unchanged` or `Skipped`.
    #[schemars(with = "OutcomeName")]
    pub outcome: &'static str,
    /// Why the user was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<&'static str>,
    /// The customer that the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Guid>")]
    pub customer_id: Option<String>,
}

/// A failure under the name of the operation's own answer, for that has a member for it.
///
/// In XML the name matters: ServiceStack's client for .NET reads a failure as the type that the
/// operation answers, if it has a `ResponseStatus`, and as an [`ErrorResponse`] if it has none.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase", rename = "QueryAxemaUserSyncJobsResponse")]
pub struct JobsErrorResponse {
    /// Nothing: a member for XML alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<AxemaUserSyncJobResponse>>,
    /// What went wrong.
    pub response_status: ResponseStatus,
}

/// What went wrong.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ResponseStatus {
    /// For programs.
    pub error_code: &'static str,
    /// For people.
    pub message: String,
    /// One for each field that could not be bound.
    pub errors: Vec<FieldError>,
    /// What a program may want to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<BTreeMap<&'static str, String>>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", rename = "ResponseError")]
pub struct FieldError {
    /// For programs.
    pub error_code: &'static str,
    /// The field as the contract writes it.
    pub field_name: &'static str,
    /// For people.
    pub message: String,
}

impl From<&Job> for AxemaUserSyncJobResponse {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id.to_string(),
            company_id: job.company.to_string(),
            status: number_of(job.status),
            status_name: job.status.name(),
            users_found: job.counters.map(|counters| counters.found),
            users_created: job.counters.map(|counters| counters.created),
            users_updated: job.counters.map(|counters| counters.updated),
            error_message: job.failure_text.as_deref().map(|text| error_message(text, job.mode)),
            created_date: round_trip(job.created_at),
            updated_date: round_trip(job.updated_at),
        }
    }
}

/// The stored text may say that what was done is kept, whatever the job was for.
fn error_message(text: &str, mode: Mode) -> String {
    match mode {
        Mode::Apply => text.to_owned(),
        Mode::DryRun => format!("{}. It was a dry run, so no customer was changed.", text.trim_end_matches('.')),
    }
}

impl From<&Report> for AxemaUserSyncUsersResponse {
    fn from(Report { job, rows, total, wanted }: &Report) -> Self {
        let count = |counter: fn(&Counters) -> u64| job.counters.as_ref().map(counter);
        Self {
            job_id: job.id.to_string(),
            company_id: job.company.to_string(),
            dry_run: job.mode.is_dry_run(),
            users_found: count(|counters| counters.found),
            users_created: count(|counters| counters.created),
            users_updated: count(|counters| counters.updated),
            users_unchanged: count(|counters| counters.unchanged),
            users_skipped: count(|counters| counters.skipped),
            offset: wanted.skip,
            total: *total,
            results: rows.iter().map(|row| AxemaUserSyncUserResponse::of(job.company, row)).collect(),
        }
    }
}

impl AxemaUserSyncUserResponse {
    fn of(company: CompanyId, row: &Row) -> Self {
        Self {
            device_id: row.person.device.to_string(),
            user_id: row.person.user.to_string(),
            outcome: row.outcome.kind().name(),
            reason_code: row.outcome.reason().map(SkipReason::code),
            customer_id: row.customer.customer(company, &row.person).map(|customer| customer.to_string()),
        }
    }
}

/// A date as the contract writes it. A time outside the years 0 to 9999 cannot come from a
/// clock, and is written as the epoch.
fn round_trip(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.ms()) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(&ROUND_TRIP)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::sample;

    #[test]
    fn a_dry_run_that_failed_says_that_no_customer_was_changed() {
        let [apply, dry_run] = [Mode::Apply, Mode::DryRun].map(|mode| {
            ["It failed", "It failed."].map(|text| {
                let job = Job { mode, failure_text: Some(text.to_owned()), ..sample::cancelled() };
                AxemaUserSyncJobResponse::from(&job).error_message.expect("a reason")
            })
        });
        assert_eq!(apply, ["It failed", "It failed."]);
        assert_eq!(dry_run, ["It failed. It was a dry run, so no customer was changed."; 2]);
        assert_eq!(AxemaUserSyncJobResponse::from(&sample::completed()).error_message, None);
    }

    #[test]
    fn a_date_has_seven_fractional_digits_and_a_z() {
        for (ms, written) in [
            (1_769_860_800_000, "2026-01-31T12:00:00.0000000Z"),
            (1_769_860_800_007, "2026-01-31T12:00:00.0070000Z"),
            (-1, "1969-12-31T23:59:59.9990000Z"),
            (i64::MAX, "1970-01-01T00:00:00.0000000Z"),
        ] {
            assert_eq!(round_trip(Timestamp::from_ms(ms)), written);
        }
    }
}
