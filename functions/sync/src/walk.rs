//! The walk: through every user of the company's VAKA systems, in one pass.
//!
//! It keeps no cursor. A slice that starts again walks from the beginning; what was decided
//! before is in the links and costs nothing more. So only a walk that has seen the whole source
//! is [`Walked::Complete`].
//!
//! Nobody waits for another where that can be helped: the first chunks are read while the links are,
//! and the next ones while one is written. Nothing is written for a user about whom there is nothing to
//! say. In reading order: [`ledger`] knows what is known of each user, [`decision`] says what is to be
//! done about one, [`desk`] decides and gathers, [`sending`] makes calls where customers are written by
//! calls and [`refusals`] counts what is not wanted there, [`writing`] commits, `leftover` settles what is
//! left of those who are gone, and [`rehearsal`] is what a dry run has instead of commits.

pub mod decision;
pub mod desk;
pub mod ledger;
mod leftover;
pub mod refusals;
pub mod rehearsal;
pub mod sending;
pub mod writing;

use std::collections::HashMap;
use std::time::Duration;

use shared::clock::{Clock, Timestamp};
use shared::ids::DeviceId;
use shared::job::{Counters, FailureCode, Mode, Status};
use shared::outcome::SkipReason;
use shared::table::lease::Lease;
use shared::table::link::JobStamp;
use shared::table::schema::WORKER_LEASE;
use shared::table::{Table, TableError};

use crate::customers::fingerprint::FingerprintKey;
use crate::customers::home::{Home, HomeError};
use crate::source::{Budget, CompanyReader, Opened, Opening, SourceError, System};

use desk::Desk;
use ledger::Ledger;
use rehearsal::Rehearsal;

/// Where a walk reads and writes.
#[derive(Debug, Clone)]
pub struct Rooms {
    /// Locks, jobs and links.
    pub table: Table,
    /// Customers.
    pub customers: Home,
    /// Now.
    pub clock: Clock,
}

/// What one walk is about.
#[derive(Debug)]
pub struct Errand {
    /// The company's VAKA systems.
    pub devices: Vec<DeviceId>,
    /// Reads them.
    pub reader: CompanyReader,
    /// How long the reader may wait; the walk moves it on with each commit.
    pub budget: Budget,
    /// Makes the fingerprints.
    pub fingerprint_key: FingerprintKey,
    /// When the slice takes no more work.
    pub ends_at: Timestamp,
}

/// How a walk came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walked {
    /// Every user was seen, and everything is committed.
    Complete,
    /// The slice's time is up; what was decided so far is committed.
    OutOfTime,
    /// A system listed nobody, although the company has links to its users: no proof that everybody left.
    NobodyFound,
}

/// Why a walk was broken off.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// Another worker has the job, or it has ended.
    #[error("the lease was lost")]
    LeaseLost,
    /// A link was not as it was read, although the lease stands: the walk has to begin anew.
    #[error("a link was changed by somebody else")]
    Stale,
    /// The source could not be read to its end.
    #[error("the source could not be read")]
    Source(#[source] SourceError),
    /// The state table could not be used.
    #[error("the state table could not be used")]
    Table(#[from] TableError),
    /// The customers could not be read or written.
    #[error("the customers could not be used")]
    Customers(#[from] HomeError),
    /// The target refused more than half of the records.
    #[error("the target refused more than half of the records")]
    TooManyRefused,
    /// A sync was cancelled a moment ago, and its worker may be making calls that it has written down.
    #[error("the worker of a sync that was cancelled may still be making calls")]
    CallsUnderWay {
        /// Until its lease would have ended.
        left: Duration,
    },
}

/// How a walk came out, and what it has counted.
#[derive(Debug)]
pub struct Outing {
    /// How it came out.
    pub result: Result<Walked, Halt>,
    /// What is counted of what is committed.
    pub counters: Counters,
    /// How many users were left out, by reason.
    pub skipped: HashMap<SkipReason, u64>,
}

/// Walks through the source once. What was decided before an error is committed, where the lease
/// still stands.
///
/// # Errors
/// [`TableError`] when the links cannot be read, so that there was no walk.
pub async fn walk(rooms: &Rooms, lease: &mut Lease, errand: Errand) -> Result<Outing, TableError> {
    let first = errand.devices.first().map(|device| errand.reader.open(*device));
    let mut ledger = read_ledger(&rooms.table, lease).await?;
    let rehearsal = match lease.mode() {
        Mode::Apply => None,
        Mode::DryRun => Some(rehearsed(&rooms.table, lease, &mut ledger).await?),
    };
    let others_calls_end_in = calls_end_in(rooms, lease, &ledger).await?;
    let somebody_is_known = !ledger.is_empty();
    let mut desk = Desk::open(rooms.clone(), ledger, rehearsal, errand, lease.company());
    let result = match others_calls_end_in {
        Some(left) => Err(Halt::CallsUnderWay { left }),
        None => match desk.find_uncertain().await {
            Ok(()) => go(&mut desk, lease, first, somebody_is_known).await,
            Err(halt) => Err(halt),
        },
    };
    Ok(Outing { result, counters: *desk.counters(), skipped: desk.skipped().clone() })
}

async fn go(
    desk: &mut Desk,
    lease: &mut Lease,
    first: Option<Opening>,
    somebody_is_known: bool,
) -> Result<Walked, Halt> {
    match read_all(desk, lease, first).await {
        Ok(Walked::Complete) if somebody_is_known && desk.met() == 0 => Ok(Walked::NobodyFound),
        // What the other systems say holds all the same.
        Ok(Walked::NobodyFound) if !desk.has_gathered() => Ok(Walked::NobodyFound),
        Ok(Walked::Complete) => {
            desk.settle_deferred(lease).await?;
            // The counters are written with the end, which is the next thing to be written.
            if desk.has_gathered() {
                desk.commit(lease).await?;
            }
            desk.settle_leftovers(lease).await?;
            Ok(Walked::Complete)
        }
        cut_short @ (Ok(_) | Err(Halt::Source(_))) => {
            desk.commit(lease).await?;
            cut_short
        }
        stopped @ Err(_) => stopped,
    }
}

async fn read_ledger(table: &Table, lease: &Lease) -> Result<Ledger, TableError> {
    let mut ledger = Ledger::new(lease.company(), JobStamp::of(&lease.job()));
    let mut next = None;
    loop {
        let page = table.links(lease.company(), next).await?;
        page.links.iter().for_each(|link| ledger.enter(link));
        page.intents.iter().for_each(|intent| ledger.enter_intent(intent));
        next = page.next;
        if next.is_none() {
            return Ok(ledger);
        }
    }
}

/// How long the worker of a sync that was cancelled may still be making the calls that it has written down: it learns of
/// the cancel by its next write, and until its lease ends it may be busy with calls. Who is made meanwhile is not on
/// the list yet, and would be made twice.
async fn calls_end_in(rooms: &Rooms, lease: &Lease, ledger: &Ledger) -> Result<Option<Duration>, TableError> {
    if !ledger.has_intents_of_others() || lease.mode().is_dry_run() {
        return Ok(None);
    }
    let failed = rooms.table.jobs(lease.company(), Some(Status::Failed)).await?;
    let cancelled = failed.iter().filter(|job| job.failure_code == Some(FailureCode::Cancelled));
    let of_these = cancelled.filter(|job| ledger.has_intent_of(&job.id));
    let left = of_these.map(|job| rooms.clock.now().until(job.updated_at.after(WORKER_LEASE)));
    Ok(left.max().filter(|left| !left.is_zero()))
}

/// What earlier slices of a dry run have decided, entered into the ledger as their links would be.
async fn rehearsed(table: &Table, lease: &Lease, ledger: &mut Ledger) -> Result<Rehearsal, TableError> {
    let mut rehearsal = Rehearsal::default();
    for row in table.decided(lease.company(), lease.job()).await? {
        ledger.enter(&rehearsal::link_of(&row, JobStamp::of(&lease.job())));
        rehearsal.note(lease.company(), &row);
    }
    Ok(rehearsal)
}

async fn read_all(desk: &mut Desk, lease: &mut Lease, mut first: Option<Opening>) -> Result<Walked, Halt> {
    let mut walked = Walked::Complete;
    for device in desk.errand.devices.clone() {
        let opening = first.take().unwrap_or_else(|| desk.errand.reader.open(device));
        let Some(System { groups, mut users }) = open(desk, lease, opening).await? else {
            return Ok(Walked::OutOfTime);
        };
        let met_before = desk.met();
        while let Some(chunk) = users.next_chunk().await.map_err(Halt::Source)? {
            if desk.is_out_of_time() {
                return Ok(Walked::OutOfTime);
            }
            for user in &chunk {
                let group = user.group.and_then(|group| groups.get(&group));
                desk.take(lease, device, user, group).await?;
            }
            desk.show_progress(lease).await?;
        }
        desk.count_unreadable(device, users.unreadable().unwrap_or_default());
        if desk.met() == met_before && desk.ledger.knows_somebody_of(device) {
            walked = Walked::NobodyFound;
        }
    }
    Ok(walked)
}

/// The system when its groups have been read; `None` when the slice's time is up before. That a part of them has been
/// read is progress, and renews the lease: there can be more than are read within one.
async fn open(desk: &mut Desk, lease: &mut Lease, mut opening: Opening) -> Result<Option<System>, Halt> {
    loop {
        match opening.next().await.map_err(Halt::Source)? {
            Opened::Ready(system) => return Ok(Some(system)),
            Opened::Further if desk.is_out_of_time() => return Ok(None),
            Opened::Further => desk.show_progress(lease).await?,
        }
    }
}
