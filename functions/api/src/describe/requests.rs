//! The requests as a client writes them: the struct of each operation, and a sample of it.
//!
//! What this module does not do: read a request. [`crate::binding`] does, from any of the forms
//! that a client may choose; tests hold the two together, and bind the samples.

pub(crate) mod setting;

use schemars::JsonSchema;
use serde::Serialize;

use super::sample;
use super::scalar::{Guid, Offset, Page};

/// A request of which there is a sample.
pub(crate) trait Request: JsonSchema + Serialize {
    /// One with a value for every member.
    fn sample() -> Self;
}

/// Starts a sync of the company's Axema VAKA users.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CreateAxemaUserSync {
    /// The company to sync. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
    /// Whether the sync only tells what it would do: it writes no customer, and ends with the counts and the report of a
    /// sync that does.
    dry_run: Option<bool>,
}

/// Lists the syncs of a company, the newest first.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueryAxemaUserSyncJobs {
    /// The company whose syncs are listed. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
    /// Only syncs that stand here.
    status: Option<AxemaUserSyncStatus>,
}

/// Gets one sync.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetAxemaUserSyncJob {
    /// The sync.
    #[schemars(with = "Guid")]
    id: String,
    /// The company that the sync is of. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
}

/// Lists the users that a sync decided about or left out.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueryAxemaUserSyncUsers {
    /// The sync.
    #[schemars(with = "Guid")]
    id: String,
    /// The company that the sync is of. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
    /// Only users of whom this became.
    outcome: Option<AxemaUserSyncOutcome>,
    /// How many users are passed over.
    #[schemars(with = "Option<Offset>")]
    skip: Option<u32>,
    /// How many users are answered at most. Left out, it is 10,000, and it is never more.
    #[schemars(with = "Option<Page>")]
    take: Option<u32>,
}

/// Ends a sync that is under way.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CancelAxemaUserSync {
    /// The sync to end.
    #[schemars(with = "Guid")]
    id: String,
    /// The company that the sync is of. Left out, it is the caller's own; only a superadmin may name another.
    #[schemars(with = "Option<Guid>")]
    company_id: Option<String>,
}

/// Where a sync stands.
#[derive(Serialize, JsonSchema)]
#[expect(dead_code, reason = "the sample shows one; the others are in the schema")]
enum AxemaUserSyncStatus {
    Pending,
    Processing,
    Completed,
    Failed,
}

/// What became of a user.
#[derive(Serialize, JsonSchema)]
#[expect(dead_code, reason = "as above")]
enum AxemaUserSyncOutcome {
    Created,
    Updated,
    Unchanged,
    Skipped,
}

impl Request for CreateAxemaUserSync {
    fn sample() -> Self {
        Self { company_id: Some(sample::company().to_string()), dry_run: Some(false) }
    }
}

impl Request for QueryAxemaUserSyncJobs {
    fn sample() -> Self {
        Self { company_id: Some(sample::company().to_string()), status: Some(AxemaUserSyncStatus::Processing) }
    }
}

impl Request for GetAxemaUserSyncJob {
    fn sample() -> Self {
        Self { id: sample::job_id().to_string(), company_id: Some(sample::company().to_string()) }
    }
}

impl Request for QueryAxemaUserSyncUsers {
    fn sample() -> Self {
        Self {
            id: sample::job_id().to_string(),
            company_id: Some(sample::company().to_string()),
            outcome: Some(AxemaUserSyncOutcome::Skipped),
            skip: Some(0),
            take: Some(100),
        }
    }
}

impl Request for CancelAxemaUserSync {
    fn sample() -> Self {
        Self { id: sample::job_id().to_string(), company_id: Some(sample::company().to_string()) }
    }
}
