//! Writing what a desk has gathered: links, customers and counters in one transaction.
//!
//! A transaction is refused when a customer is not as it was believed to be. The plans that were
//! wrong are changed to what is true and the rest is kept, so one record that went astray never
//! stops the others. A plan can be wrong twice at most (created by somebody, then deleted), so
//! this comes to an end. A dry run reads the customers instead of writing them, and is wrong in the
//! same places.
//!
//! Where customers are written by calls, that has been done before ([`super::sending`]), and what
//! is left to write of a plan is its link.

use std::collections::HashMap;
use std::time::Duration;

use shared::clock::Timestamp;
use shared::ids::CustomerId;
use shared::job::Counters;
use shared::outcome::{Outcome, SkipReason};
use shared::table::action;
use shared::table::lease::{Chunk, Commit, Lease};
use shared::table::link::{JobStamp, Link, Linked};
use shared::table::report::{Imprint, Row};

use crate::customers::home::{Home, HomeError};
use crate::customers::person::Person;
use crate::customers::rest::RestError;

use super::Halt;
use super::decision::{Action, Plan};
use super::desk::Desk;
use super::ledger::count;
use super::rehearsal::Rehearsal;

/// The source may keep the walk waiting until this long before the lease ends: time for one
/// commit with its retries.
pub const LEASE_MARGIN: Duration = Duration::from_secs(10);

/// One plan, ready to be written: its link, and whether its customer is written with it.
struct Prepared {
    link: Link,
    writes_customer: bool,
    imprint: Option<Imprint>,
}

impl Prepared {
    const fn row(&self) -> Row {
        let Link { person, outcome, customer, .. } = self.link;
        Row { person, outcome, customer, imprint: self.imprint }
    }
}

/// Which part of which plan a write belongs to.
#[derive(Clone, Copy)]
enum Part {
    Link,
    Customer(usize),
}

/// What became of what was prepared.
enum Written {
    /// All of it took effect.
    All,
    /// Nothing did: the customers of these plans are not as they were believed to be.
    Misjudged(Vec<usize>),
}

impl Desk {
    /// Commits what has been gathered, and the counters with it.
    pub(super) async fn commit(&mut self, lease: &mut Lease) -> Result<(), Halt> {
        loop {
            let sent = self.send(lease).await;
            let undone = match &sent {
                Ok(()) => Vec::new(),
                Err(Halt::Customers(HomeError::Rest(_))) => self.take_undone(),
                Err(_) => return sent,
            };
            let done = self.plans.len();
            self.commit_plans(lease).await?;
            if self.refusals.are_too_many() {
                return Err(Halt::TooManyRefused);
            }
            match sent {
                // The commit has renewed the lease, so there is time for more. What is in doubt is looked for by
                // the next slice.
                Err(Halt::Customers(HomeError::Rest(RestError::OutOfTime)))
                    if done > 0 && !self.is_out_of_time() && !undone.iter().any(|plan| plan.trace.is_in_doubt()) =>
                {
                    self.plans = undone;
                }
                sent => return sent,
            }
        }
    }

    async fn commit_plans(&mut self, lease: &mut Lease) -> Result<(), Halt> {
        loop {
            let now = self.rooms.clock.now();
            let prepared = self.prepare(lease).await?;
            let written = match &self.rehearsal {
                None => self.write(lease, &prepared, now).await?,
                Some(rehearsal) => self.rehearse(lease, rehearsal, &prepared, now).await?,
            };
            match written {
                Written::Misjudged(plans) => plans.into_iter().for_each(|at| self.correct(at)),
                Written::All => {
                    self.note(lease, &prepared, now);
                    return Ok(());
                }
            }
        }
    }

    /// Writes links, customers, report and counters.
    async fn write(&self, lease: &mut Lease, prepared: &[Prepared], now: Timestamp) -> Result<Written, Halt> {
        let mut writes = Vec::new();
        let mut parts = Vec::new();
        for (at, (plan, ready)) in self.plans.iter().zip(prepared).enumerate() {
            writes.push(self.rooms.table.link_write(self.company, &ready.link, plan.before));
            parts.push(Part::Link);
            if ready.writes_customer
                && let Some(customer) = self.customer_write(plan, now)
            {
                writes.push(customer);
                parts.push(Part::Customer(at));
            }
        }
        let place = |place: usize| match parts.get(place) {
            Some(Part::Customer(at)) => Ok(*at),
            Some(Part::Link) | None => Err(Halt::Stale),
        };
        match self.rooms.table.commit(lease, &self.counted(prepared), self.chunk(prepared, writes), now).await? {
            Commit::LeaseLost => Err(Halt::LeaseLost),
            Commit::Refused(places) => Ok(Written::Misjudged(places.into_iter().map(place).collect::<Result<_, _>>()?)),
            Commit::Committed => Ok(Written::All),
        }
    }

    /// Writes report and counters, when the customers are as a real run's writes would want them.
    async fn rehearse(
        &self,
        lease: &mut Lease,
        rehearsal: &Rehearsal,
        prepared: &[Prepared],
        now: Timestamp,
    ) -> Result<Written, Halt> {
        let customers = self.plans.iter().filter_map(|plan| plan.written(self.company)).map(|(customer, _)| customer);
        let there = self.rooms.customers.there(self.company, &customers.collect(), &self.errand.budget).await?;
        let is_there = |customer: &CustomerId| there.contains(customer) || rehearsal.has_made(customer);
        let is_misjudged = |plan: &Plan| match &plan.action {
            Action::Create(_) => !plan.trace.is_in_doubt() && is_there(&plan.derived(self.company)),
            Action::Update { customer, .. } | Action::Adopt { customer, write: Some(_) } => !is_there(customer),
            Action::Adopt { write: None, .. } | Action::Claim { .. } | Action::Done { .. } | Action::Skip { .. } => {
                false
            }
        };
        let misjudged: Vec<_> =
            self.plans.iter().enumerate().filter(|(_, plan)| is_misjudged(plan)).map(|(at, _)| at).collect();
        if !misjudged.is_empty() {
            return Ok(Written::Misjudged(misjudged));
        }
        match self.rooms.table.commit(lease, &self.counted(prepared), self.chunk(prepared, Vec::new()), now).await? {
            Commit::LeaseLost => Err(Halt::LeaseLost),
            Commit::Refused(_) => Err(Halt::Stale),
            Commit::Committed => Ok(Written::All),
        }
    }

    /// The counters with what is about to be committed.
    fn counted(&self, prepared: &[Prepared]) -> Counters {
        let mut counters = self.counters;
        prepared.iter().for_each(|ready| count(&mut counters, ready.link.outcome));
        counters
    }

    fn chunk(&self, prepared: &[Prepared], writes: Vec<action::Action>) -> Chunk {
        Chunk { writes, decided: prepared.iter().map(Prepared::row).collect(), again: self.again.clone() }
    }

    /// Takes over what has been committed.
    fn note(&mut self, lease: &Lease, prepared: &[Prepared], now: Timestamp) {
        for ready in prepared {
            self.ledger.commit(&ready.link);
            self.count(ready.link.outcome);
            if let Some(rehearsal) = &mut self.rehearsal {
                rehearsal.note(self.company, &ready.row());
            }
        }
        self.plans.clear();
        self.again.clear();
        self.committed_at = now;
        self.errand.budget.extend_to(waits_end_at(lease, self.errand.ends_at));
        tracing::info!(
            event = "chunk.committed", company.id = %self.company, job.id = %lease.job(),
            users.decided = prepared.len(), users.found = self.counters.found, "a chunk was committed"
        );
    }

    async fn prepare(&self, lease: &Lease) -> Result<Vec<Prepared>, Halt> {
        let adopted: HashMap<_, &Person> = self
            .plans
            .iter()
            .filter_map(|plan| match &plan.action {
                Action::Adopt { customer, write: Some(person) } => Some((*customer, person)),
                _ => None,
            })
            .collect();
        let different = self.rooms.customers.different(self.company, &adopted, &self.errand.budget).await?;
        let decided_by = JobStamp::of(&lease.job());
        let prepare = |plan: &Plan| {
            let Plan { person: key, fingerprint, action, .. } = plan;
            let to = |customer: &CustomerId| self.linked_to(key, *customer);
            let (outcome, customer, writes_customer) = match action {
                Action::Create(_) => (Outcome::Created, Linked::Derived, true),
                Action::Update { customer, .. } => (Outcome::Updated, to(customer), true),
                Action::Adopt { customer, write: Some(_) } if different.contains(customer) => {
                    (Outcome::Updated, to(customer), true)
                }
                Action::Adopt { customer, .. } => (Outcome::Unchanged, to(customer), false),
                Action::Claim { customer, write } => (Outcome::Created, to(customer), write.is_some()),
                Action::Done { outcome, customer } => (*outcome, *customer, false),
                Action::Skip { reason, customer } => (Outcome::Skipped(*reason), *customer, false),
            };
            let fingerprint = match action {
                Action::Done { outcome: Outcome::Skipped(reason), .. }
                    if *reason != SkipReason::CustomerDeleted
                        && (plan.fails || self.refusals.say_little(plan.in_vain)) =>
                {
                    self.refusals.to_be_asked_again(*fingerprint, plan.in_vain)
                }
                _ => *fingerprint,
            };
            let link = Link { person: *key, customer, fingerprint, outcome, decided_by };
            let shows = self.rehearsal.is_some() && writes_customer;
            let written = if shows { plan.written(self.company) } else { None };
            let imprint = written.map(|(_, person)| self.errand.fingerprint_key.imprint_of(person));
            Prepared { link, writes_customer, imprint }
        };
        Ok(self.plans.iter().map(prepare).collect())
    }

    /// The write of a plan's customer, where customers are written in the same transaction.
    fn customer_write(&self, plan: &Plan, now: Timestamp) -> Option<action::Action> {
        let (Home::Embedded(customers), Some((customer, person))) = (&self.rooms.customers, plan.written(self.company))
        else {
            return None;
        };
        Some(match plan.action {
            Action::Create(_) => customers.create(self.company, customer, person, now),
            _ => customers.update(self.company, customer, person, now),
        })
    }

    /// Changes a plan whose customer was not as it was believed to be.
    pub(super) fn correct(&mut self, at: usize) {
        let company = self.company;
        let Some(plan) = self.plans.get_mut(at) else { return };
        let derived = plan.derived(company);
        let skipped = Action::Skip { reason: SkipReason::CustomerDeleted, customer: Linked::Nobody };
        plan.action = match std::mem::replace(&mut plan.action, skipped) {
            // It is there: made by this company's sync before, when it was connected in the past.
            Action::Create(person) => Action::Update { customer: derived, person },
            // It is gone, and stays so.
            Action::Update { customer, .. } | Action::Claim { customer, write: Some(_) } => {
                Action::Skip { reason: SkipReason::CustomerDeleted, customer: Linked::To(customer) }
            }
            // It was deleted a moment ago, and nobody was linked to it.
            Action::Adopt { write: Some(person), .. } => Action::Create(person),
            unwritten @ (Action::Adopt { write: None, .. }
            | Action::Claim { write: None, .. }
            | Action::Done { .. }
            | Action::Skip { .. }) => unwritten,
        };
    }
}

/// Until when the source may keep a walk waiting.
#[must_use]
pub fn waits_end_at(lease: &Lease, slice_ends_at: Timestamp) -> Timestamp {
    lease.expires_at().before(LEASE_MARGIN).min(slice_ends_at)
}
