//! The members of the answers, exactly as the contract names and orders them.
//!
//! A member without a value is left out, except `Errors`, which is an empty list. A format that
//! orders or names its members otherwise does so in its own file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shared::clock::Timestamp;
use shared::job::Job;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::tree::{self, Object};
use crate::binding::number_of;
use crate::describe::scalar::{Count, DateTime, Guid, StatusName, StatusNumber};

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
    /// The answer of every failure.
    Problem(ErrorResponse),
}

impl Document {
    /// A row of the document's list with nothing in it: what is known of the rows of an empty
    /// list. `None` for a document without a list.
    pub(super) fn blank_row(&self) -> Option<Object> {
        match self {
            Self::Jobs(_) => Some(tree::of(&AxemaUserSyncJobResponse::default())),
            Self::Job(_) | Self::Problem(_) => None,
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
            error_message: job.failure_text.clone(),
            created_date: round_trip(job.created_at),
            updated_date: round_trip(job.updated_at),
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
