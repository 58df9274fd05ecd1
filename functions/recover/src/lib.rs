//! The clock door: what has to be done when nobody asks for it.
//!
//! Once a minute jobs whose holder has gone silent are moved again ([`rescue`]), and it is told of
//! every job that has ended ([`tell`], over the [`bus`]). Each is done whatever became of the
//! other, and what could not be done is done a minute later.

use shared::aws::SdkConfig;
use shared::clock::Clock;
use shared::queue::Queue;
use shared::settings::{SettingsError, required, state_table, sync_queue_url};
use shared::table::{Table, TableError};

use bus::Bus;
use rescue::Rescued;
use tell::Told;

pub mod bus;
pub mod rescue;
pub mod tell;

/// What the recover function is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The table of locks, jobs and links.
    pub state_table: String,
    /// The queue that nudges the sync function.
    pub queue_url: String,
    /// The event bus that is told of jobs that have ended.
    pub event_bus: String,
}

impl Settings {
    /// Reads them from the environment.
    ///
    /// # Errors
    /// [`SettingsError`] with the name of the first variable that is missing.
    pub fn from_environment() -> Result<Self, SettingsError> {
        Ok(Self {
            state_table: state_table()?,
            queue_url: sync_queue_url()?,
            event_bus: required("EVENT_BUS", "the name of the EventBridge bus that is told of jobs that have ended")?,
        })
    }
}

/// The recover function, ready for its minute.
#[derive(Debug, Clone)]
pub struct App {
    table: Table,
    queue: Queue,
    bus: Bus,
    clock: Clock,
}

/// What one run has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// About jobs whose holder had gone silent.
    pub rescued: Rescued,
    /// About events.
    pub told: Told,
}

/// A run that did not do all of its work. The next one, a minute later, tries again.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The table could not be used.
    #[error("the table could not be used")]
    Table(#[from] TableError),
    /// Some of the lapsed jobs could not be moved; each is in the log.
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
        Self {
            table: Table::new(aws, settings.state_table),
            queue: Queue::new(aws, settings.queue_url),
            bus: Bus::new(aws, settings.event_bus),
            clock,
        }
    }

    /// Does what has to be done by now.
    ///
    /// # Errors
    /// [`RecoverError`], after everything that could be done has been done.
    pub async fn run(&self) -> Result<Done, RecoverError> {
        let rescued = self.rescue().await;
        // Last, so that what the other has ended is told as well.
        let told = self.tell().await;
        Ok(Done { rescued: rescued?, told: told? })
    }
}
