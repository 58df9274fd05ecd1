//! How a function speaks to its operator: one JSON line an event, on standard output.
//!
//! The message is for people, the fields are for queries: dotted names (`company.id`, `job.id`),
//! units in names. A field never holds a name, an e-mail address, a token, a key or a body.
//!
//! What this module does not do: metrics. A failed job is one line with the field `event = "job.failed"`, of which the
//! template's metric filters count those with `mended_by = "operator"`; an event that was not sent is one with
//! `event.not_sent`. These are errors, so that they are said, and counted, whatever the level is.

mod mended_by;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings;
pub use mended_by::MendedBy;

/// The crates whose lines are ours.
const ROOMS: [&str; 4] = ["shared", "api", "sync", "recover"];

/// Starts the log at the level of `LOG_LEVEL`, `info` when it is not set.
///
/// The libraries below us stay at `warn` whatever the level is, because at `debug` they print
/// requests. A second call changes nothing.
pub fn start() {
    let lines = tracing_subscriber::fmt().json().with_max_level(LevelFilter::TRACE).with_current_span(false).finish();
    if lines.with(filter(settings::optional("LOG_LEVEL").as_deref())).try_init().is_err() {
        tracing::debug!("the log was started before");
    }
}

/// What is let through at a level; at `info` when it is none.
fn filter(level: Option<&str>) -> Targets {
    let level = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    Targets::new().with_default(LevelFilter::WARN).with_targets(ROOMS.map(|room| (room, level)))
}

/// The one line that a failed job leaves, and that the alarm counts if it is the operator's to mend.
pub fn job_failed(job: &crate::job::Job, failure: &crate::job::Failure) {
    failed(job.company, job.id, failure);
}

/// As [`job_failed`], for whoever has only the ids.
pub fn failed(company: crate::ids::CompanyId, job: crate::ids::JobId, failure: &crate::job::Failure) {
    tracing::error!(
        event = "job.failed", company.id = %company, job.id = %job, reason = failure.code.name(),
        mended_by = MendedBy::of(failure.code).name(), "the job failed"
    );
}

/// The one line that an event leaves which could not be sent, and that the alarm counts.
pub fn event_not_sent(company: crate::ids::CompanyId, job: crate::ids::JobId, code: &str) {
    tracing::error!(
        event = "event.not_sent", company.id = %company, job.id = %job, code,
        "the bus did not take the event of a job that has ended; it is sent again"
    );
}

/// The one line that a cancelled job leaves. No alarm counts it: somebody wanted it so.
pub fn job_cancelled(job: &crate::job::Job) {
    tracing::info!(event = "job.cancelled", company.id = %job.company, job.id = %job.id, "the job was cancelled");
}

/// An error with all its causes, in one line, for the log.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::ids::{CompanyId, JobId};
    use crate::job::{Failure, FailureCode};
    use tracing::Level;
    use uuid::Uuid;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().map_err(|_| io::Error::other("poisoned"))?.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The fields of each line that is said at the level error.
    fn said(what: impl FnOnce(CompanyId, JobId)) -> Vec<serde_json::Value> {
        let (lines, company, job) =
            (Lines::default(), CompanyId::from_uuid(Uuid::from_u128(1)), JobId::from_uuid(Uuid::from_u128(2)));
        let written = lines.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || written.clone()).finish();
        tracing::subscriber::with_default(subscriber.with(filter(Some("error"))), || what(company, job));
        let said = String::from_utf8(lines.0.lock().expect("lines").clone()).expect("text");
        let lines = said.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        lines.map(|mut line| line["fields"].take()).collect()
    }

    #[test]
    fn what_an_alarm_counts_is_said_whatever_the_level_is() {
        let said = said(|company, job| {
            failed(company, job, &Failure::not_handed_off());
            event_not_sent(company, job, "ThrottlingException");
            tracing::warn!(event = "other", "not said");
        });
        let events: Vec<_> = said.iter().map(|fields| &fields["event"]).collect();
        assert_eq!(events, ["job.failed", "event.not_sent"]);
    }

    #[test]
    fn a_failed_job_is_the_companys_to_mend_or_the_operators() {
        use FailureCode::{
            ApiKeyMissing, ApiKeyUnusable, Cancelled, DeviceUnknown, NoDevices, NobodyFound, NotConnected,
            SourceForbidden,
        };
        let said = said(|company, job| {
            for code in FailureCode::ALL {
                failed(company, job, &Failure::new(code, ""));
            }
        });
        let of_company: Vec<_> = said.iter().filter(|fields| fields["mended_by"] == "company").collect();
        let reasons: Vec<_> = of_company.iter().filter_map(|fields| fields["reason"].as_str()).collect();
        let expected = [
            Cancelled,
            NotConnected,
            NoDevices,
            ApiKeyMissing,
            ApiKeyUnusable,
            SourceForbidden,
            DeviceUnknown,
            NobodyFound,
        ];
        assert_eq!(reasons, expected.map(FailureCode::name));
        let of_operator = said.iter().filter(|fields| fields["mended_by"] == "operator").count();
        assert_eq!(of_operator, FailureCode::ALL.len() - expected.len());
    }

    #[test]
    fn our_lines_obey_the_level_and_those_of_libraries_stay_at_warn() {
        for (level, ours) in [
            (None, Level::INFO),
            (Some("error"), Level::ERROR),
            (Some("debug"), Level::DEBUG),
            (Some("trace"), Level::TRACE),
            (Some("no level"), Level::INFO),
        ] {
            let filter = filter(level);
            for each in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE] {
                assert_eq!(filter.would_enable("sync::walk", &each), each <= ours, "{level:?}: our {each}");
                assert_eq!(filter.would_enable("hyper::client", &each), each <= Level::WARN, "{level:?}: their {each}");
            }
        }
    }
}
