//! The event that tells of a job's end, and the EventBridge bus it goes to.
//!
//! It carries ids, counts, times and codes, and nothing that somebody wrote: the text of a failure
//! stays with the job. Members that the HTTP API has too are called as they are there.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::primitives::{DateTime, DateTimeFormat};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde::Serialize;
use shared::aws::SdkConfig;
use shared::clock::Timestamp;
use shared::ids::{CompanyId, JobId};
use shared::job::{Counters, FailureCode, Job};
use uuid::Uuid;

/// Events that one call takes at most.
pub const MOST_AT_ONCE: usize = 10;

/// Where the events say that they come from.
pub const SOURCE: &str = "bokamera.axema-user-sync";

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The bus has it.
    Taken,
    /// The bus does not take it now, with the service's code.
    Refused(String),
}

/// A call that came to nothing.
#[derive(Debug, thiserror::Error)]
#[error("the event bus did not take the events: {code}")]
pub struct BusError {
    /// The service's error code, or the kind of failure on the way to it.
    pub code: String,
}

/// The event bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    /// The same for each sending of this event.
    event_id: Uuid,
    job_id: JobId,
    company_id: CompanyId,
    status_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_code: Option<&'static str>,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    users_found: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users_created: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users_updated: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users_unchanged: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users_skipped: Option<u64>,
    created_date: String,
    ended_date: String,
}

impl Bus {
    /// The bus of this name.
    #[must_use]
    pub fn new(aws: &SdkConfig, name: impl Into<String>) -> Self {
        Self { client: Client::new(aws), name: name.into() }
    }

    /// Tells that these jobs have ended, at most [`MOST_AT_ONCE`]. Each has its verdict, in its
    /// place.
    ///
    /// # Errors
    /// [`BusError`]; the bus may have taken the events all the same when the answer was lost.
    pub async fn tell(&self, ended: &[Job]) -> Result<Vec<Verdict>, BusError> {
        let entries = ended.iter().map(|job| self.entry(job)).collect::<Result<_, _>>();
        let entries = entries.map_err(|_| BusError { code: "Unwritable".to_owned() })?;
        let answer = self
            .client
            .put_events()
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| BusError { code: shared::aws::code(&error, error.code()) })?;
        let verdict = |at: usize| match answer.entries().get(at) {
            Some(entry) if entry.error_code().is_none() && entry.event_id().is_some() => Verdict::Taken,
            Some(entry) => Verdict::Refused(entry.error_code().unwrap_or("Unknown").to_owned()),
            None => Verdict::Refused("AnswerUnreadable".to_owned()),
        };
        Ok((0..ended.len()).map(verdict).collect())
    }

    fn entry(&self, job: &Job) -> Result<PutEventsRequestEntry, serde_json::Error> {
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(format!("AxemaUserSync {}", job.status.name()))
            .time(DateTime::from_millis(job.updated_at.ms()))
            .detail(serde_json::to_string(&Detail::of(job))?)
            .build())
    }
}

impl Detail {
    fn of(job: &Job) -> Self {
        let count = |of: fn(&Counters) -> u64| job.counters.as_ref().map(of);
        Self {
            event_id: Uuid::new_v5(job.id.as_uuid(), b"ended"),
            job_id: job.id,
            company_id: job.company,
            status_name: job.status.name(),
            reason_code: job.failure_code.map(FailureCode::name),
            dry_run: job.mode.is_dry_run(),
            users_found: count(|counters| counters.found),
            users_created: count(|counters| counters.created),
            users_updated: count(|counters| counters.updated),
            users_unchanged: count(|counters| counters.unchanged),
            users_skipped: count(|counters| counters.skipped),
            created_date: iso_8601(job.created_at),
            ended_date: iso_8601(job.updated_at),
        }
    }
}

fn iso_8601(at: Timestamp) -> String {
    // Err: beyond the year 9999.
    DateTime::from_millis(at.ms()).fmt(DateTimeFormat::DateTime).unwrap_or_default()
}
