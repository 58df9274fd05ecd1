//! Events that have not been sent: a transactional outbox.
//!
//! Whatever ends a job puts `EVENT#<job>` in the same transaction, so there is an event for every
//! end and for nothing else. It says no more than that the job has ended: what is told is read
//! from the job, which never changes again. The recover function claims an event, sends it and
//! removes it. A claim moves `due_at` to when the claim runs out, on condition that it is as it
//! was seen, so of any number of senders one sends; if that one dies, the event is due again.
//!
//! What this cannot do: between the bus taking an event and its removal here lies one call, and a
//! sender that dies in it leaves an event that is sent a second time. Both have the same id.
//!
//! Not DynamoDB Streams with EventBridge Pipes: they too deliver at least once, and cost a stream
//! over every write of every commit, a pipe, and a role, to see the few writes that end a job.

use std::time::Duration;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::{CompanyId, JobId, write_token};

use super::action::Action;
use super::due::Kind;
use super::expression::{key, moment, values};
use super::schema::{EVENT_PREFIX, expires_on};
use super::transaction::Written;
use super::{Table, TableError};

/// How long a sender has for what it has claimed: longer than the recover function may run, so
/// that a claim runs out only when its sender is dead.
pub const CLAIM: Duration = Duration::from_secs(120);

/// An event that is to be sent, as it was seen.
#[derive(Debug)]
pub struct Unsent {
    /// Whose job it is about.
    pub company: CompanyId,
    /// The job, which has ended.
    pub job: JobId,
    due_at: Timestamp,
}

/// What became of an attempt to claim an event.
#[derive(Debug)]
pub enum Claim {
    /// It is ours to send, until [`CLAIM`] has passed.
    Claimed(Claimed),
    /// Somebody has claimed or sent it.
    MovedOn,
}

/// The right to send one event. Given out by [`Table::claim_event`] alone.
#[derive(Debug)]
pub struct Claimed {
    company: CompanyId,
    job: JobId,
}

impl Claimed {
    /// Whose job the event is about.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.company
    }

    /// The job.
    #[must_use]
    pub const fn job(&self) -> JobId {
        self.job
    }
}

#[derive(Serialize)]
struct EventItem {
    company: CompanyId,
    item: String,
    due_shard: String,
    due_at: Timestamp,
    expires_on: i64,
}

const AS_SEEN: &str = "#due_at = :seen";
const MOVE: &str = "SET #due_at = :until";

impl Table {
    /// The action that puts the event of a job that ends now.
    pub(super) fn unsent_event(&self, company: CompanyId, job: JobId, now: Timestamp) -> Result<Action, TableError> {
        let item = EventItem {
            company,
            item: event_key(&job),
            due_shard: Kind::Event.shard(&company),
            due_at: now,
            expires_on: expires_on(now),
        };
        // Over whatever is there: an event that a backup brought back must not keep a job from ending.
        Ok(self.put_over(serde_dynamo::to_item(item).map_err(TableError::malformed("EVENT"))?))
    }

    /// The events that are to be sent, oldest first within each shard.
    ///
    /// # Errors
    /// [`TableError`] when the table cannot be reached.
    pub async fn unsent_events(&self, now: Timestamp) -> Result<Vec<Unsent>, TableError> {
        let rows = self.due(Kind::Event, now).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let job = JobId::parse(row.item.strip_prefix(EVENT_PREFIX)?).ok()?;
                Some(Unsent { company: row.company, job, due_at: row.due_at })
            })
            .collect())
    }

    /// Claims an event, if it is as it was seen.
    ///
    /// # Errors
    /// [`TableError`]; the event may have been claimed when the answer was lost, and is due again
    /// when the claim has run out.
    pub async fn claim_event(&self, event: &Unsent, now: Timestamp) -> Result<Claim, TableError> {
        let bound = values([(":seen", moment(event.due_at)), (":until", moment(now.after(CLAIM)))]);
        let claim = self.update(key(&event.company, event_key(&event.job)), MOVE, AS_SEEN, bound);
        // A transaction of one, for its token: when the answer is lost, sending it again is harmless.
        Ok(match self.transact("claim_event", &write_token(), &[claim]).await? {
            Written::All => Claim::Claimed(Claimed { company: event.company, job: event.job }),
            Written::Refused(_) => Claim::MovedOn,
        })
    }

    /// Removes events that have been sent, all in one write.
    ///
    /// # Errors
    /// [`TableError`]; those events will be sent again.
    pub async fn remove_events(&self, sent: Vec<Claimed>) -> Result<(), TableError> {
        if sent.is_empty() {
            return Ok(());
        }
        let removals: Vec<_> =
            sent.iter().map(|event| self.delete(key(&event.company, event_key(&event.job)))).collect();
        self.transact("remove_events", &write_token(), &removals).await.map(drop)
    }
}

fn event_key(job: &JobId) -> String {
    format!("{EVENT_PREFIX}{job}")
}
