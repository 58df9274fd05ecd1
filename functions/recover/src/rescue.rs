//! Jobs whose holder has gone silent are moved again.
//!
//! The index says which jobs may have lapsed, the job itself says whether it has, and
//! [`shared::recovery`] does what is to be done. One job that cannot be moved does not keep the
//! others from it; a queue that cannot be reached does, until the next minute.

use shared::ids::{CompanyId, JobId};
use shared::recovery::{Recovery, RecoveryError, recover};
use shared::telemetry::Chain;

use crate::{App, RecoverError};

/// What was done about lapsed jobs, in jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rescued {
    /// Sent again.
    pub resent: u32,
    /// Ended as failed.
    pub given_up: u32,
    /// Found to be alive or ended.
    pub moved_on: u32,
}

impl App {
    /// Moves every job whose lease has run out.
    pub(crate) async fn rescue(&self) -> Result<Rescued, RecoverError> {
        let mut rescued = Rescued::default();
        let mut failed = 0;
        for (company, job) in self.table.lapsed(self.clock.now()).await? {
            match self.rescue_one(company, job).await {
                Ok(Recovery::Resent) => rescued.resent += 1,
                Ok(Recovery::GivenUp) => rescued.given_up += 1,
                Ok(Recovery::MovedOn) => rescued.moved_on += 1,
                Err(error) => {
                    failed += 1;
                    tracing::error!(
                        event = "recovery.failed", company.id = %company, job.id = %job, error = %Chain(&error),
                        "a lapsed job could not be moved"
                    );
                    // The rest would wait for the queue in vain, one after the other, and what comes after them too.
                    if matches!(error, RecoveryError::Queue(_)) {
                        break;
                    }
                }
            }
        }
        tracing::info!(
            event = "recovery.done",
            jobs.resent = rescued.resent,
            jobs.given_up = rescued.given_up,
            jobs.moved_on = rescued.moved_on,
            "lapsed jobs were looked at"
        );
        if failed == 0 { Ok(rescued) } else { Err(RecoverError::Jobs { failed }) }
    }

    async fn rescue_one(&self, company: CompanyId, job: JobId) -> Result<Recovery, RecoveryError> {
        match self.table.job(company, job).await? {
            Some(job) => recover(&self.table, &self.queue, &job, self.clock.now()).await,
            None => Ok(Recovery::MovedOn),
        }
    }
}
