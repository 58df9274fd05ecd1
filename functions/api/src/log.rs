//! The one line that the log has for each request.
//!
//! It holds the operation's name, never the path, the query or the body: those are the client's
//! words. Of a failure it holds the chain of errors, none of which carries input.

use std::error::Error;

use shared::clock::Timestamp;
use shared::ids::JobId;

use crate::answer::{Answer, Outcome};
use crate::event::Reply;
use crate::failure::Failure;
use crate::operations::Trail;
use crate::route::Operation;

/// Writes the line.
pub(crate) fn answered(
    operation: &Operation,
    outcome: &Outcome,
    reply: &Reply,
    trail: &Trail,
    began: Timestamp,
    now: Timestamp,
) {
    let company = trail.company().map(tracing::field::display);
    let job = job(outcome).map(tracing::field::display);
    let failure = outcome.as_ref().err();
    let because = failure.map(|failure| chain(failure));
    let (operation, status) = (operation.name(), reply.status_code);
    let duration_ms = now.ms().saturating_sub(began.ms());
    if failure.is_some_and(Failure::is_ours) {
        tracing::error!(
            event = "request.failed",
            operation,
            status,
            duration_ms,
            company.id = company,
            job.id = job,
            because,
            "could not answer a request"
        );
    } else {
        tracing::info!(
            event = "request.answered",
            operation,
            status,
            duration_ms,
            company.id = company,
            job.id = job,
            because,
            "answered a request"
        );
    }
}

/// The one job that an outcome is about.
fn job(outcome: &Outcome) -> Option<JobId> {
    match outcome {
        Ok(Answer::Job(job) | Answer::Started(job)) | Err(Failure::SyncRunning(job) | Failure::JobEnded(job)) => {
            Some(job.id)
        }
        Ok(Answer::Users(report)) => Some(report.job.id),
        Ok(Answer::Jobs(_) | Answer::Setting(_) | Answer::Tested(_) | Answer::Description(_) | Answer::Options(_))
        | Err(_) => None,
    }
}

/// An error and its sources, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::sample;

    #[test]
    fn the_line_of_whatever_is_about_one_job_names_it() {
        let of = |outcome: Outcome| job(&outcome);
        let id = Some(sample::running().id);
        assert_eq!(of(Ok(Answer::Job(Box::new(sample::running())))), id);
        assert_eq!(of(Ok(Answer::Started(Box::new(sample::running())))), id);
        assert_eq!(of(Err(Failure::SyncRunning(Box::new(sample::running())))), id);
        assert_eq!(of(Err(Failure::JobEnded(Box::new(sample::running())))), id);
        assert_eq!(of(Err(Failure::NoSuchJob)), None);
    }
}
