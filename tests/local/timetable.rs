//! The schedule of a company's syncs, as `cargo local connect` takes it.
//!
//! The one room that uses the code's own schedule and table: a second reading of what a text means
//! and when it is due next could only stray from the first.

use clap::Args;
use shared::aws::SdkConfig;
use shared::clock::Timestamp;
use shared::ids::CompanyId;
use shared::schedule::{DEFAULT_ZONE, NotASchedule, Schedule};
use shared::table::scheduled::Planned;
use shared::table::{Table, TableError};
use thiserror::Error;
use uuid::Uuid;

/// When the company's syncs start by themselves. Without any of these it stays as it is.
#[derive(Debug, Clone, Args)]
pub struct Timetable {
    /// A sync starts each day at this local time.
    #[arg(long, value_name = "HH:MM", conflicts_with = "weekly")]
    pub daily: Option<String>,
    /// A sync starts each week on this day at this local time, such as mon@03:30.
    #[arg(long, value_name = "DAY@HH:MM")]
    pub weekly: Option<String>,
    /// The time zone of that time, by its IANA name; Sweden's if left out.
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// No sync starts by itself any more.
    #[arg(long, conflicts_with_all = ["daily", "weekly"])]
    pub unscheduled: bool,
}

/// What is to become of the schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Keep,
    /// It is this one.
    Set(Schedule),
    /// There is none.
    Remove,
}

/// Why the schedule is as it was; each text is one line.
#[derive(Debug, Error)]
pub enum TimetableError {
    /// The company has no connection.
    #[error("the company has no connection that could have a schedule")]
    NotConnected,
    /// The table could not be used.
    #[error("the schedule cannot be written: see that the AWS credentials, the region and the table's name are right")]
    Table(#[from] TableError),
}

impl Timetable {
    /// What it asks for.
    ///
    /// # Errors
    /// [`NotASchedule`].
    pub fn change(&self) -> Result<Change, NotASchedule> {
        let zone = self.time_zone.as_deref().unwrap_or(DEFAULT_ZONE);
        Ok(match (&self.daily, &self.weekly) {
            (Some(at), _) => Change::Set(format!("daily@{at} {zone}").parse()?),
            (None, Some(daily)) if daily.starts_with("daily") => return Err(NotASchedule::Days),
            (None, Some(at)) => Change::Set(format!("{at} {zone}").parse()?),
            // A zone of no time would be left aside without a word.
            (None, None) if self.time_zone.is_some() => return Err(NotASchedule::Form),
            (None, None) if self.unscheduled => Change::Remove,
            (None, None) => Change::Keep,
        })
    }
}

/// Makes the change to the company's connection.
///
/// # Errors
/// [`TimetableError`].
pub async fn change(
    aws: &SdkConfig,
    state_table: &str,
    company: Uuid,
    change: &Change,
    now: Timestamp,
) -> Result<(), TimetableError> {
    let schedule = match change {
        Change::Keep => return Ok(()),
        Change::Set(schedule) => Some(schedule),
        Change::Remove => None,
    };
    match Table::new(aws, state_table).plan(CompanyId::from_uuid(company), schedule, now).await? {
        Planned::Planned => Ok(()),
        Planned::NotConnected => Err(TimetableError::NotConnected),
    }
}
