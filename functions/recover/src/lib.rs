//! The clock door: once a minute, jobs whose holder has gone silent are moved again.
//!
//! The index says which jobs may have lapsed, the job itself says whether it has, and
//! [`shared::recovery`] does what is to be done. One job that cannot be moved does not keep the
//! others from it.

use shared::aws::SdkConfig;
use shared::clock::Clock;
use shared::ids::{CompanyId, JobId};
use shared::queue::Queue;
use shared::recovery::{Recovery, RecoveryError, recover};
use shared::settings::{SettingsError, state_table, sync_queue_url};
use shared::table::{Table, TableError};
use shared::telemetry::Chain;

/// What the recover function is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The table of locks, jobs and links.
    pub state_table: String,
    /// The queue that nudges the sync function.
    pub queue_url: String,
}

impl Settings {
    /// Reads them from the environment.
    ///
    /// # Errors
    /// [`SettingsError`] with the name of the first variable that is missing.
    pub fn from_environment() -> Result<Self, SettingsError> {
        Ok(Self { state_table: state_table()?, queue_url: sync_queue_url()? })
    }
}

/// The recover function, ready for its minute.
#[derive(Debug, Clone)]
pub struct App {
    table: Table,
    queue: Queue,
    clock: Clock,
}

/// What one run has done, in jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rescued {
    /// Sent again.
    pub resent: u32,
    /// Ended as failed.
    pub given_up: u32,
    /// Found to be alive or ended.
    pub moved_on: u32,
}

/// A run that did not do all of its work. The next one, a minute later, tries again.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// It is not known which jobs have lapsed.
    #[error("the lapsed jobs could not be listed")]
    Listing(#[from] TableError),
    /// Some of them could not be moved; each is in the log.
    #[error("{failed} of the lapsed jobs could not be moved")]
    Jobs {
        /// How many.
        failed: u32,
    },
}

impl App {
    /// The function over these settings; it connects to nothing yet.
    #[must_use]
    pub fn new(settings: Settings, aws: &SdkConfig, clock: Clock) -> Self {
        Self { table: Table::new(aws, settings.state_table), queue: Queue::new(aws, settings.queue_url), clock }
    }

    /// Moves every job whose lease has run out.
    ///
    /// # Errors
    /// [`RecoverError`], after everything that could be done has been done.
    pub async fn run(&self) -> Result<Rescued, RecoverError> {
        let mut rescued = Rescued::default();
        let mut failed = 0;
        for (company, job) in self.table.lapsed(self.clock.now()).await? {
            match self.rescue(company, job).await {
                Ok(Recovery::Resent) => rescued.resent += 1,
                Ok(Recovery::GivenUp) => rescued.given_up += 1,
                Ok(Recovery::MovedOn) => rescued.moved_on += 1,
                Err(error) => {
                    failed += 1;
                    tracing::error!(
                        event = "recovery.failed", company.id = %company, job.id = %job, error = %Chain(&error),
                        "a lapsed job could not be moved"
                    );
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

    async fn rescue(&self, company: CompanyId, job: JobId) -> Result<Recovery, RecoveryError> {
        match self.table.job(company, job).await? {
            Some(job) => recover(&self.table, &self.queue, &job, self.clock.now()).await,
            None => Ok(Recovery::MovedOn),
        }
    }
}
