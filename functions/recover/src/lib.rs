//! The clock door: what has to be done when nobody asks for it.
//!
//! Once a minute jobs whose holder has gone silent are moved again ([`rescue`]), syncs that are due
//! by a schedule are started ([`scheduled`]), and it is told of every job that has ended ([`tell`],
//! over the [`bus`]). Each is done whatever became of the others, and what could not be done is
//! done a minute later.
//!
//! One function and not three: what each does is seconds of work a minute, on the same table and
//! queue, and an operator has one log and one pair of alarms to know of the clock by.

use shared::aws::SdkConfig;
use shared::clock::Clock;
use shared::queue::Queue;
use shared::settings::{SettingsError, required, state_table, sync_queue_url};
use shared::table::{Table, TableError};

use bus::Bus;
use rescue::Rescued;
use scheduled::Scheduled;
use tell::Told;

pub mod bus;
pub mod rescue;
pub mod scheduled;
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
    /// About due syncs.
    pub scheduled: Scheduled,
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
    /// Some of the due syncs could not be started; each is in the log.
    #[error("{failed} of the due syncs could not be started")]
    Schedules {
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
        let scheduled = self.start_due().await;
        // Last, so that what the others have ended is told as well.
        let told = self.tell().await;
        Ok(Done { rescued: rescued?, scheduled: scheduled?, told: told? })
    }
}
