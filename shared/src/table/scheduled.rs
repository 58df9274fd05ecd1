//! Scheduled syncs: which companies' are due, and the schedule of a company's connection.
//!
//! A connection with a schedule has `due_at`, the next time of the schedule, and is in the index
//! `due` by it. A due time is used up by one write on condition that it is as it was seen: either
//! by [`Table::acquire_due`], which takes the lock and puts the job in the same transaction, or by
//! [`Table::pass_over`], which starts nothing. So one due time starts one job at most, whatever
//! crashes, and one that was missed for days is used up once.
//!
//! Whether the connection is in use is no business of the schedule: one that is switched off goes
//! from time to time and starts nothing, and starts again when it is switched on.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::ids::{CompanyId, write_token};
use crate::schedule::Schedule;

use super::due::Kind;
use super::expression::{key, moment, text, values};
use super::schema::CONNECTION;
use super::transaction::Written;
use super::{Table, TableError};

/// The part of a `SET` that gives a connection its schedule, with the values of [`planned`].
pub const PLAN: &str = "#schedule = :schedule, #due_at = :due_at, #due_shard = :due_shard";
/// The part of a `REMOVE` that takes its schedule away.
pub const UNPLAN: &str = "#schedule, #due_at, #due_shard";

/// A due time of a company, as it was seen.
#[derive(Debug, Clone, Copy)]
pub struct DueSync {
    /// The company.
    pub company: CompanyId,
    /// When its sync was to start.
    pub due_at: Timestamp,
}

/// What became of a change of a company's schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// It is as asked for.
    Planned,
    /// The company has no connection that could have a schedule.
    NotConnected,
}

/// What became of passing over a due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassOver {
    /// The next one is set.
    Passed,
    /// Somebody has used the time up, or the schedule was changed.
    MovedOn,
}

#[derive(Deserialize)]
struct ScheduledItem {
    schedule: Option<String>,
}

const CONNECTED: &str = "attribute_exists(#item)";
const AS_SEEN: &str = "#due_at = :seen";
const MOVE: &str = "SET #due_at = :next";

/// The values of [`PLAN`]: this schedule, of which the first time after now is due.
#[must_use]
pub fn planned(company: &CompanyId, schedule: &Schedule, now: Timestamp) -> HashMap<String, AttributeValue> {
    values([
        (":schedule", text(schedule)),
        (":due_at", moment(schedule.next_after(now))),
        (":due_shard", text(Kind::Sync.shard(company))),
    ])
    .unwrap_or_default()
}

impl Table {
    /// Gives a company's connection this schedule, or takes it away.
    ///
    /// # Errors
    /// [`TableError`]; it may have been changed when the answer was lost. Doing it again is
    /// harmless.
    pub async fn plan(
        &self,
        company: CompanyId,
        schedule: Option<&Schedule>,
        now: Timestamp,
    ) -> Result<Planned, TableError> {
        let (change, bound) = match schedule {
            Some(schedule) => (format!("SET {PLAN}"), Some(planned(&company, schedule, now))),
            None => (format!("REMOVE {UNPLAN}"), None),
        };
        let update = self.update(key(&company, CONNECTION), &change, CONNECTED, bound);
        Ok(match self.transact("plan", &write_token(), &[update]).await? {
            Written::All => Planned::Planned,
            Written::Refused(_) => Planned::NotConnected,
        })
    }

    /// The company's schedule, if it has a connection with one.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or the schedule cannot be read.
    pub async fn schedule(&self, company: CompanyId) -> Result<Option<Schedule>, TableError> {
        let get = self.client.get_item().table_name(&self.name).set_key(Some(key(&company, CONNECTION)));
        let answer = get.consistent_read(true).send().await;
        let answer = answer.map_err(|error| TableError::unavailable("schedule", &error))?;
        let Some(item) = answer.item else {
            return Ok(None);
        };
        let item: ScheduledItem = serde_dynamo::from_item(item).map_err(TableError::malformed(CONNECTION))?;
        let read = item.schedule.map(|schedule| schedule.parse()).transpose();
        read.map_err(|fault| TableError::malformed(CONNECTION)(serde::de::Error::custom(fault)))
    }

    /// The due times of all companies that are not used up, the longest overdue first within each
    /// shard.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached.
    pub async fn due_syncs(&self, now: Timestamp) -> Result<Vec<DueSync>, TableError> {
        let rows = self.due(Kind::Sync, now).await?;
        Ok(rows.into_iter().map(|row| DueSync { company: row.company, due_at: row.due_at }).collect())
    }

    /// Uses a due time up without starting anything.
    ///
    /// # Errors
    /// [`TableError`]; the time may be used up when the answer was lost.
    pub async fn pass_over(&self, due: DueSync, next: Timestamp) -> Result<PassOver, TableError> {
        let bound = values([(":seen", moment(due.due_at)), (":next", moment(next))]);
        let update = self.update(key(&due.company, CONNECTION), MOVE, AS_SEEN, bound);
        // A transaction of one, for its token: when the answer is lost, sending it again is harmless.
        Ok(match self.transact("pass_over", &write_token(), &[update]).await? {
            Written::All => PassOver::Passed,
            Written::Refused(_) => PassOver::MovedOn,
        })
    }
}
