//! The desk of a walk: takes users one by one and decides what is to be done about each.
//!
//! What is to be written is gathered until a transaction is full, whatever chunks it came in,
//! and is then committed by [`super::writing`]. Users about whom can only be decided when all
//! have been seen wait until then.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use shared::clock::Timestamp;
use shared::ids::{CompanyId, CustomerId, DeviceId};
use shared::job::Counters;
use shared::outcome::{Outcome, SkipReason};
use shared::table::lease::{Lease, MOST_WRITES};
use shared::table::link::{Before, Fingerprint, Linked, PersonKey, derived_id};
use shared::table::report::{Imprint, Row};

use crate::customers::index::CustomerIndex;
use crate::customers::person::{Person, email_key};
use crate::source::{Group, VakaUser};

use super::decision::{Action, Identity, Plan, Sharing, Trace, identify};
use super::ledger::{Ledger, Met, count};
use super::refusals::Refusals;
use super::rehearsal::Rehearsal;
use super::{Errand, Halt, Rooms};

/// A walk that has nothing to write still shows where it is, and renews its lease, this often.
const SHOW_PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Users left out again that one commit lists: some 20 kB, so that nobody pays a write for a few.
const MOST_AGAIN: usize = 1_000;

/// What a walk has in hand.
#[derive(Debug)]
pub struct Desk {
    pub(super) rooms: Rooms,
    pub(super) errand: Errand,
    pub(super) company: CompanyId,
    pub(super) ledger: Ledger,
    pub(super) counters: Counters,
    pub(super) plans: Vec<Plan>,
    /// Those left out again, who are listed with the next commit.
    pub(super) again: Vec<Row>,
    /// Only in a dry run.
    pub(super) rehearsal: Option<Rehearsal>,
    pub(super) committed_at: Timestamp,
    pub(super) index: Option<CustomerIndex>,
    deferred: Vec<Newcomer>,
    hasher: RandomState,
    met: u64,
    skipped: HashMap<SkipReason, u64>,
    pub(super) refusals: Refusals,
}

/// A user without a link. About some is decided when all have been seen.
#[derive(Debug)]
struct Newcomer {
    key: PersonKey,
    fingerprint: Fingerprint,
    before: Before,
    person: Person,
    trace: Trace,
}

impl Desk {
    pub(super) fn open(
        rooms: Rooms,
        ledger: Ledger,
        rehearsal: Option<Rehearsal>,
        errand: Errand,
        company: CompanyId,
    ) -> Self {
        Self {
            counters: ledger.decided_before(),
            committed_at: rooms.clock.now(),
            rooms,
            errand,
            company,
            ledger,
            plans: Vec::new(),
            again: Vec::new(),
            rehearsal,
            index: None,
            deferred: Vec::new(),
            hasher: RandomState::new(),
            met: 0,
            skipped: HashMap::new(),
            refusals: Refusals::default(),
        }
    }

    /// What has been counted so far, with what is committed.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many users were left out, by reason.
    #[must_use]
    pub const fn skipped(&self) -> &HashMap<SkipReason, u64> {
        &self.skipped
    }

    /// How many users the source has listed so far.
    pub(super) const fn met(&self) -> u64 {
        self.met
    }

    /// Whether there is something that a commit would write, beside the counters.
    pub(super) const fn has_gathered(&self) -> bool {
        !self.plans.is_empty() || !self.again.is_empty()
    }

    /// Whether the slice's time is up.
    pub(super) fn is_out_of_time(&self) -> bool {
        self.rooms.clock.now() >= self.errand.ends_at
    }

    /// Takes one user.
    pub(super) async fn take(
        &mut self,
        lease: &mut Lease,
        device: DeviceId,
        user: &VakaUser,
        group: Option<&Group>,
    ) -> Result<(), Halt> {
        let key = PersonKey { device, user: user.user_id };
        let fingerprint = self.errand.fingerprint_key.of(user, group);
        let met = self.ledger.meet(&key, fingerprint, self.address(user.email.as_deref()));
        if met == Met::Again {
            return Ok(());
        }
        self.met += 1;
        let (before, action) = match met {
            Met::Again | Met::Done => return Ok(()),
            Met::Unchanged => {
                self.count(Outcome::Unchanged);
                return Ok(());
            }
            Met::StillSkipped { reason, customer } => return self.skip_again(lease, key, reason, customer).await,
            Met::Changed { customer, before } => {
                let action = match Person::read(user, group) {
                    Ok(person) => Action::Update { customer, person },
                    // By its id: a link of a skipped user that names no customer has none.
                    Err(reason) => Action::Skip { reason, customer: Linked::To(customer) },
                };
                (before, action)
            }
            Met::Unlinked { before } | Met::MayBeMade { before } => {
                let trace = match met {
                    Met::MayBeMade { .. } => Trace::InDoubt { written_down: false },
                    _ => Trace::Untried,
                };
                let person = match Person::read(user, group) {
                    Ok(person) => person,
                    Err(reason) => {
                        let action = Action::Skip { reason, customer: Linked::Nobody };
                        return self.plan(lease, Plan::new(key, fingerprint, before, action)).await;
                    }
                };
                let imprint = self.errand.fingerprint_key.imprint_of(&person);
                let identity = self.identify(lease, &imprint, Sharing::NotYetKnown).await?;
                let newcomer = Newcomer { key, fingerprint, before, person, trace };
                if identity == Identity::Later {
                    self.deferred.push(newcomer);
                    return Ok(());
                }
                let plan = self.introduce(newcomer, imprint, identity);
                return self.plan(lease, plan).await;
            }
            Met::Made { customer, changed, before } => match Person::read(user, group) {
                Ok(person) => (before, Action::Claim { customer, write: changed.then_some(person) }),
                Err(reason) => (before, Action::Skip { reason, customer: Linked::To(customer) }),
            },
        };
        self.plan(lease, Plan::new(key, fingerprint, before, action)).await
    }

    /// Decides about those who had to wait for the end of the source.
    pub(super) async fn settle_deferred(&mut self, lease: &mut Lease) -> Result<(), Halt> {
        let deferred = std::mem::take(&mut self.deferred);
        let users_by_address = self.users_with_addresses_of(&deferred);
        for newcomer in deferred {
            let person = &newcomer.person;
            let users = self.address(person.email.as_deref()).and_then(|address| users_by_address.get(&address));
            let sharing = if users > Some(&1) { Sharing::Shared } else { Sharing::Alone };
            let imprint = self.errand.fingerprint_key.imprint_of(person);
            let identity = self.identify(lease, &imprint, sharing).await?;
            let plan = self.introduce(newcomer, imprint, identity);
            self.plan(lease, plan).await?;
        }
        Ok(())
    }

    /// Counts the records of a system that name no user: they are found, and left out.
    pub(super) fn count_unreadable(&mut self, device: DeviceId, unreadable: u64) {
        if unreadable == 0 {
            return;
        }
        tracing::warn!(
            event = "source.unreadable", company.id = %self.company, device.id = %device, users = unreadable,
            "records without a usable user id were left out"
        );
        for _ in 0..unreadable {
            self.count(Outcome::Skipped(SkipReason::Rejected));
        }
    }

    /// Commits the counters when a walk that has nothing to write has been silent for a while.
    pub(super) async fn show_progress(&mut self, lease: &mut Lease) -> Result<(), Halt> {
        if self.committed_at.after(SHOW_PROGRESS_EVERY) <= self.rooms.clock.now() {
            self.commit(lease).await?;
        }
        Ok(())
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        count(&mut self.counters, outcome);
        if let Outcome::Skipped(reason) = outcome {
            *self.skipped.entry(reason).or_default() += 1;
        }
    }

    async fn plan(&mut self, lease: &mut Lease, plan: Plan) -> Result<(), Halt> {
        // Skipped for the same reason as before, with the same data: the link says so already.
        if let (Action::Skip { reason: reason @ SkipReason::AmbiguousEmail, .. }, Before::Was(was)) =
            (&plan.action, plan.before)
            && was == plan.fingerprint
            && !plan.trace.is_in_doubt()
        {
            return self.skip_again(lease, plan.person, *reason, Linked::Nobody).await;
        }
        let gathered: usize = self.plans.iter().map(|plan| plan.action.writes()).sum();
        if gathered + plan.action.writes() > MOST_WRITES || self.writes_the_same(&plan) {
            self.commit(lease).await?;
        }
        if let Some(index) = &mut self.index {
            plan.show(self.company, &self.errand.fingerprint_key, index);
        }
        self.plans.push(plan);
        Ok(())
    }

    /// Counts and lists a user who is left out again. Its link says so already.
    async fn skip_again(
        &mut self,
        lease: &mut Lease,
        person: PersonKey,
        reason: SkipReason,
        customer: Linked,
    ) -> Result<(), Halt> {
        let outcome = Outcome::Skipped(reason);
        self.count(outcome);
        self.again.push(Row { person, outcome, customer, imprint: None });
        if self.again.len() >= MOST_AGAIN {
            self.commit(lease).await?;
        }
        Ok(())
    }

    /// Whether a plan that is gathered writes the same customer: a transaction takes an item once.
    fn writes_the_same(&self, plan: &Plan) -> bool {
        self.plans.iter().any(|other| plan.writes_customer_of(other, self.company))
    }

    async fn identify(&mut self, lease: &mut Lease, imprint: &Imprint, sharing: Sharing) -> Result<Identity, Halt> {
        let gives_ids = self.rooms.customers.gives_ids();
        // Without an address nobody is found; where ids are given, who is there is asked all the same.
        if imprint.email.is_none() && !gives_ids {
            return Ok(Identity::New);
        }
        if self.index.is_none() {
            self.index = Some(self.read_index().await?);
        }
        let identity = self.look_up(imprint, sharing);
        match identity {
            // It is only being made, and will perhaps have another id: it has to be there first.
            Identity::Is { id, .. } if gives_ids && self.is_being_made(id) => {
                self.commit(lease).await?;
                Ok(self.look_up(imprint, sharing))
            }
            identity => Ok(identity),
        }
    }

    fn look_up(&self, imprint: &Imprint, sharing: Sharing) -> Identity {
        self.index.as_ref().map_or(Identity::New, |index| identify(index.candidates(imprint), sharing))
    }

    fn is_being_made(&self, customer: CustomerId) -> bool {
        let makes = |plan: &Plan| matches!(plan.action, Action::Create(_));
        self.plans.iter().any(|plan| makes(plan) && plan.derived(self.company) == customer)
    }

    /// What is to be done about a user who has no link, now that it is known who that is.
    fn introduce(&self, newcomer: Newcomer, imprint: Imprint, identity: Identity) -> Plan {
        let Newcomer { key, fingerprint, before, person, trace } = newcomer;
        let derived = derived_id(self.company, &key);
        let action = match identity {
            // Made by this company's sync before, when it was connected in the past.
            Identity::New | Identity::Later if self.index.as_ref().is_some_and(|index| index.contains(&derived)) => {
                Action::Update { customer: derived, person }
            }
            Identity::New | Identity::Later => Action::Create(person),
            Identity::Is { id, linked } => Action::Adopt { customer: id, write: (!linked).then_some(person) },
            Identity::Ambiguous => Action::Skip { reason: SkipReason::AmbiguousEmail, customer: Linked::Nobody },
        };
        let mut plan = Plan::new(key, fingerprint, before, action).found_by(imprint).with_derived(derived);
        if matches!(plan.action, Action::Create(_) | Action::Skip { .. }) {
            plan.trace = trace;
        }
        plan
    }

    /// The customers as they will be when all that is decided so far is written.
    async fn read_index(&self) -> Result<CustomerIndex, Halt> {
        let mut index = self.read_customers().await?;
        if let Some(rehearsal) = &self.rehearsal {
            rehearsal.recall(&mut index);
        }
        self.show_plans(&mut index);
        Ok(index)
    }

    /// The customers as they are.
    pub(super) async fn read_customers(&self) -> Result<CustomerIndex, Halt> {
        let (home, key) = (&self.rooms.customers, &self.errand.fingerprint_key);
        let mut index = home.index(self.company, key, &self.errand.budget).await?;
        self.ledger.customers().for_each(|customer| index.link(customer));
        Ok(index)
    }

    pub(super) fn show_plans(&self, index: &mut CustomerIndex) {
        self.plans.iter().for_each(|plan| plan.show(self.company, &self.errand.fingerprint_key, index));
    }

    /// How many users of the source have each of the addresses of these.
    fn users_with_addresses_of(&self, deferred: &[Newcomer]) -> HashMap<u64, usize> {
        let addresses = deferred.iter().filter_map(|deferred| self.address(deferred.person.email.as_deref()));
        let mut users: HashMap<_, _> = addresses.map(|address| (address, 0)).collect();
        for address in self.ledger.addresses() {
            users.entry(address).and_modify(|users| *users += 1);
        }
        users
    }

    /// By which an address is known in this walk.
    fn address(&self, email: Option<&str>) -> Option<u64> {
        email.map(|email| self.hasher.hash_one(email_key(email)))
    }

    pub(super) fn linked_to(&self, key: &PersonKey, customer: CustomerId) -> Linked {
        if customer == derived_id(self.company, key) { Linked::Derived } else { Linked::To(customer) }
    }
}
