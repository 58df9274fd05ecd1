//! How a function speaks to its operator: one JSON line an event, on standard output.
//!
//! The message is for people, the fields are for queries: dotted names (`company.id`, `job.id`),
//! units in names. A field never holds a name, an e-mail address, a token, a key or a body.
//!
//! What this module does not do: metrics. A failed job is one line with the field
//! `event = "job.failed"`, from which the template's metric filter counts.

use tracing_subscriber::EnvFilter;

use crate::settings;

/// Starts the log at the level of `LOG_LEVEL`, `info` when it is not set.
///
/// The libraries below us stay at `warn` whatever the level is, because at `debug` they print
/// requests. A second call changes nothing.
pub fn start() {
    let level = settings::optional("LOG_LEVEL").unwrap_or_else(|| "info".to_owned());
    let ours = ["shared", "api", "sync", "recover"].map(|room| format!("{room}={level}")).join(",");
    let filter = EnvFilter::try_new(format!("warn,{ours}")).unwrap_or_else(|_| EnvFilter::new("info"));
    let started = tracing_subscriber::fmt().json().with_env_filter(filter).with_current_span(false).try_init();
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
}

/// The one line that a failed job leaves, and that the alarm counts.
pub fn job_failed(job: &crate::job::Job, failure: &crate::job::Failure) {
    failed(job.company, job.id, failure);
}

/// As [`job_failed`], for whoever has only the ids.
pub fn failed(company: crate::ids::CompanyId, job: crate::ids::JobId, failure: &crate::job::Failure) {
    tracing::error!(event = "job.failed", company.id = %company, job.id = %job, reason = failure.code.name(), "the job failed");
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
