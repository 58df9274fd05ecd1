//! The open part of a company's connection to VAKA: which systems, and whether it is in use.
//!
//! Its secret part, the api key, is in a [table of its own](crate::secrets). Both are written in
//! one transaction, so that a connection that is seen has its key, and a request that is refused
//! has left neither changed.
//!
//! Without a connection in use nothing is synced: the write that removes one, or switches it off,
//! ends the sync that is under way, as [cancelling](super::cancel) it would. What the sync did is
//! kept, and so are the company's links, which go with the company alone (`cargo local forget`):
//! they are what keeps a deleted customer deleted, and a correction made by hand as it is, if VAKA
//! is connected again.
//!
//! What this module does not do: replace the item. Whoever has an attribute of its own in it
//! keeps it while others are changed.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use crate::clock::Timestamp;
use crate::ids::{CompanyId, DeviceId, JobId, write_token};
use crate::job::Job;
use crate::schedule::{NotASchedule, Schedule};
use crate::secrets::{Keys, SecretsTable};

use super::action::{Action, Condition};
use super::expression::{key, moment, text, values};
use super::scheduled::{PLAN, UNPLAN, planned};
use super::schema::{CONNECTION, LOCK};
use super::transaction::{NEW, Verdict, Written};
use super::{Table, TableError};

/// Times that the lock may change hands before a write that frees it is given up.
const LOOKS: u32 = 4;

const THERE: &str = "attribute_exists(#item)";
const FREE: &str = "attribute_not_exists(#job)";
const CONNECT: &str = "SET #device_ids = :devices, #active = :active, #has_api_key = :yes, \
                       #created_at = :now, #updated_at = :now";

/// What a worker has to know of a company's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// In use, with these VAKA systems.
    Active(Vec<DeviceId>),
    /// With these, but switched off.
    Inactive(Vec<DeviceId>),
    /// The company has none.
    Absent,
}

/// A company's connection as its administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Whose it is.
    pub company: CompanyId,
    /// The VAKA systems, each once.
    pub devices: Vec<DeviceId>,
    /// Whether an api key is stored.
    pub has_api_key: bool,
    /// Whether syncs may start.
    pub active: bool,
    /// When they start by themselves.
    pub schedule: Option<Schedule>,
    /// When it was made; `None` for one of a version that did not say.
    pub created_at: Option<Timestamp>,
    /// When it last changed; `None` as above.
    pub updated_at: Option<Timestamp>,
}

/// What a company is connected by.
#[derive(Debug)]
pub struct NewConnection {
    /// The VAKA systems.
    pub devices: Vec<DeviceId>,
    /// Whether syncs may start.
    pub active: bool,
    /// When they start by themselves.
    pub schedule: Option<Schedule>,
    /// The api key.
    pub keys: Keys,
}

/// What is to become of a connection's schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Replan {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is this one.
    Set(Schedule),
    /// No sync starts by itself any more.
    Remove,
}

/// What is to be written of a connection; what is `None` stays as it is.
#[derive(Debug, Default)]
pub struct Change {
    /// The VAKA systems.
    pub devices: Option<Vec<DeviceId>>,
    /// Whether syncs may start.
    pub active: Option<bool>,
    /// When syncs start by themselves.
    pub schedule: Replan,
    /// The api key.
    pub keys: Option<Keys>,
}

/// What became of an attempt to connect a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connect {
    /// It is connected by this.
    Connected,
    /// It was connected before; nothing was changed.
    Exists,
}

/// What became of an attempt to change or to remove a connection.
#[derive(Debug)]
pub enum Changed {
    /// It was done.
    Done {
        /// The sync that was under way and has ended by it.
        ended: Option<Box<Job>>,
    },
    /// The company has no connection.
    Absent,
}

#[derive(Deserialize)]
struct ConnectionItem {
    #[serde(default)]
    device_ids: Vec<DeviceId>,
    #[serde(default)]
    active: bool,
    /// Older versions stored the key before the connection, and said nothing of it.
    #[serde(default = "stored")]
    has_api_key: bool,
    schedule: Option<String>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

const fn stored() -> bool {
    true
}

impl Table {
    /// Reads what a worker has to know of the company's connection.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or the item is malformed.
    pub async fn connection(&self, company: CompanyId) -> Result<Connection, TableError> {
        Ok(match self.connection_item(company).await? {
            Some(ConnectionItem { active: true, device_ids, .. }) => Connection::Active(device_ids),
            Some(ConnectionItem { active: false, device_ids, .. }) => Connection::Inactive(device_ids),
            None => Connection::Absent,
        })
    }

    /// Reads the company's connection, consistently; `None` when it has none.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached or the item is malformed.
    pub async fn setting(&self, company: CompanyId) -> Result<Option<Setting>, TableError> {
        let Some(item) = self.connection_item(company).await? else {
            return Ok(None);
        };
        let ConnectionItem { device_ids: devices, active, has_api_key, schedule, created_at, updated_at } = item;
        // One that another version wrote, and this one cannot read, keeps neither syncs nor administrators out.
        let schedule = schedule.and_then(|schedule| {
            let unreadable = |fault: &NotASchedule| {
                tracing::error!(event = "schedule.unreadable", company.id = %company, %fault, "a schedule is left aside");
            };
            schedule.parse().inspect_err(unreadable).ok()
        });
        Ok(Some(Setting { company, devices, has_api_key, active, schedule, created_at, updated_at }))
    }

    /// The item as it is. A worker asks for no schedule, so that its program has no rules of time zones in it.
    async fn connection_item(&self, company: CompanyId) -> Result<Option<ConnectionItem>, TableError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key(&company, CONNECTION)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| TableError::unavailable("connection", &error))?;
        answer.item.map(serde_dynamo::from_item).transpose().map_err(TableError::malformed("CONNECTION"))
    }

    /// Connects a company that is not connected.
    ///
    /// # Errors
    /// [`TableError`]; it may be connected when the answer was lost.
    pub async fn connect(
        &self,
        secrets: &SecretsTable,
        company: CompanyId,
        new: &NewConnection,
        now: Timestamp,
    ) -> Result<Connect, TableError> {
        let mut bound = values([
            (":devices", list(&new.devices)),
            (":active", AttributeValue::Bool(new.active)),
            (":yes", AttributeValue::Bool(true)),
            (":now", moment(now)),
        ])
        .unwrap_or_default();
        let mut change = CONNECT.to_owned();
        if let Some(schedule) = &new.schedule {
            change = format!("{change}, {PLAN}");
            bound.extend(planned(&company, schedule, now));
        }
        let connection = self.update(key(&company, CONNECTION), &change, NEW, Some(bound));
        let actions = [connection, secrets.store(company, &new.keys)];
        Ok(match self.transact("connect", &write_token(), &actions).await? {
            Written::All => Connect::Connected,
            Written::Refused(_) => Connect::Exists,
        })
    }

    /// Changes a connection. One that is switched off ends the sync that is under way.
    ///
    /// # Errors
    /// [`TableError`]; it may be changed when the answer was lost.
    pub async fn change_connection(
        &self,
        secrets: &SecretsTable,
        company: CompanyId,
        change: &Change,
        now: Timestamp,
    ) -> Result<Changed, TableError> {
        let mut update = "SET #updated_at = :now".to_owned();
        let mut bound = values([(":now", moment(now))]).unwrap_or_default();
        if let Some(devices) = &change.devices {
            update.push_str(", #device_ids = :devices");
            bound.insert(":devices".to_owned(), list(devices));
        }
        if let Some(active) = change.active {
            update.push_str(", #active = :active");
            bound.insert(":active".to_owned(), AttributeValue::Bool(active));
        }
        if change.keys.is_some() {
            update.push_str(", #has_api_key = :yes");
            bound.insert(":yes".to_owned(), AttributeValue::Bool(true));
        }
        match &change.schedule {
            Replan::Keep => {}
            Replan::Set(schedule) => {
                update = format!("{update}, {PLAN}");
                bound.extend(planned(&company, schedule, now));
            }
            Replan::Remove => update = format!("{update} REMOVE {UNPLAN}"),
        }
        let mut actions = vec![self.update(key(&company, CONNECTION), &update, THERE, Some(bound))];
        actions.extend(change.keys.as_ref().map(|keys| secrets.store(company, keys)));
        if change.active == Some(false) {
            return self.write_without_sync("switch_off", company, actions, now).await;
        }
        Ok(match self.transact("change_connection", &write_token(), &actions).await? {
            Written::All => Changed::Done { ended: None },
            Written::Refused(_) => Changed::Absent,
        })
    }

    /// Removes a connection and its api key, and ends the sync that is under way.
    ///
    /// # Errors
    /// [`TableError`]; it may be removed when the answer was lost.
    pub async fn disconnect(
        &self,
        secrets: &SecretsTable,
        company: CompanyId,
        now: Timestamp,
    ) -> Result<Changed, TableError> {
        let there = Condition::that(THERE);
        let delete = Action::delete(&self.name, &key(&company, CONNECTION).into(), Some(there));
        self.write_without_sync("disconnect", company, vec![delete, secrets.forget(company)], now).await
    }

    /// Writes these actions, of which the first is the connection's, together with the end of the
    /// sync that holds the company's lock, or with the proof that none does.
    async fn write_without_sync(
        &self,
        operation: &'static str,
        company: CompanyId,
        actions: Vec<Action>,
        now: Timestamp,
    ) -> Result<Changed, TableError> {
        for _ in 0..LOOKS {
            let holder = self.lock_holder(company).await?;
            let mut all = actions.clone();
            match holder {
                None => all.push(self.check(key(&company, LOCK), FREE, None)),
                Some(job) => all.extend(self.cancelling(company, job, now)?),
            }
            match self.transact(operation, &write_token(), &all).await? {
                Written::All => {
                    // It is done; that its job cannot be read now changes nothing of that.
                    let ended = match holder {
                        None => None,
                        Some(job) => self.job(company, job).await.ok().flatten().map(Box::new),
                    };
                    return Ok(Changed::Done { ended });
                }
                Written::Refused(verdicts) if matches!(verdicts.first(), Some(Verdict::Failed(_))) => {
                    return Ok(Changed::Absent);
                }
                Written::Refused(_) => {}
            }
            // The lock has changed hands, or is one that no active job holds.
            if let Some(job) = holder {
                self.free_orphaned_lock(company, job).await?;
            }
        }
        Err(TableError::Contended { operation, tries: LOOKS })
    }

    async fn lock_holder(&self, company: CompanyId) -> Result<Option<JobId>, TableError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key(&company, LOCK)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| TableError::unavailable("lock", &error))?;
        let holder = answer.item.as_ref().and_then(|lock| lock.get("job")?.as_s().ok());
        Ok(holder.and_then(|job| JobId::parse(job).ok()))
    }
}

fn list(devices: &[DeviceId]) -> AttributeValue {
    AttributeValue::L(devices.iter().map(text).collect())
}
