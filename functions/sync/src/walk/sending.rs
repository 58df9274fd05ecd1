//! Carrying plans out where customers are written by calls: before the commit, and not in it.
//!
//! What is about to be done is written down first, in a transaction under the lease's condition
//! ([`shared::table::intent`]). Then the calls are made, and each plan becomes
//! [`Action::Done`] with what became of it, so that the commit after it has nothing left to do but
//! to write the links. A worker that dies in between leaves intents, and the next one knows which
//! customers may have been made or changed.
//!
//! A create of which nobody knows whether it took effect is looked for, by the derived id and then
//! by e-mail address and name among customers that are read anew and were not there before, and only
//! made again when it is not there. No call is begun for which the lease may not last.

use std::collections::HashMap;

use shared::ids::CustomerId;
use shared::outcome::{Outcome, SkipReason};
use shared::table::intent::{Intent, Purpose};
use shared::table::lease::{Chunk, Commit, Lease};
use shared::table::link::{Before, JobStamp, Linked, derived_id};
use shared::table::report::Imprint;

use crate::customers::home::{Home, HomeError};
use crate::customers::index::{Candidates, CustomerIndex};
use crate::customers::person::Person;
use crate::customers::rest::{Effect, Order, Rest, RestError};
use crate::outgoing::trouble::Trouble;

use super::Halt;
use super::decision::{Action, Plan, Trace};
use super::desk::Desk;
use super::refusals::A_FEW;
use super::writing::waits_end_at;

/// By which nobody is found: no keyed hash of a name is this.
const OF_NOBODY: Imprint = Imprint { email: None, name: [0; 8] };

/// Plans whose calls have to be looked at again when all of a round are back.
#[derive(Default)]
struct Unclear {
    /// May have been made.
    in_doubt: Vec<usize>,
    /// BokaMera failed at them whenever it was asked.
    failing: Vec<usize>,
    /// Could not be made; perhaps somebody has made the same one by hand meanwhile.
    unwanted: Vec<usize>,
}

impl Desk {
    /// Finds the customers that a worker before this one may have made.
    pub(super) async fn find_uncertain(&mut self) -> Result<(), Halt> {
        let uncertain = self.ledger.uncertain();
        if uncertain.is_empty() {
            return Ok(());
        }
        let mut index = self.read_customers().await?;
        // Who has the id that was sent is nobody else's twin, so those are found first.
        let mut missing = Vec::new();
        for (person, imprint) in uncertain {
            let derived = derived_id(self.company, &person);
            if index.contains(&derived) {
                index.link(derived);
                self.ledger.found(&person, derived);
            } else {
                missing.push((person, imprint));
            }
        }
        for (person, imprint) in missing {
            if let Some(twin) = index.unlinked_twin(&imprint, None) {
                index.link(twin);
                self.ledger.found(&person, twin);
            }
        }
        if let Some(rehearsal) = &self.rehearsal {
            rehearsal.recall(&mut index);
        }
        self.index = Some(index);
        Ok(())
    }

    /// Carries the plans out. Where that came to an end early, those that are done say so.
    pub(super) async fn send(&mut self, lease: &mut Lease) -> Result<(), Halt> {
        let Home::Rest(rest) = self.rooms.customers.clone() else { return Ok(()) };
        if self.rehearsal.is_some() {
            return Ok(());
        }
        let budget = self.errand.budget.clone();
        let mut tries = rest.tries(&budget);
        let mut answered = 0;
        loop {
            self.leave_alike(&rest).await?;
            let orders = self.orders();
            if orders.is_empty() {
                return Ok(());
            }
            self.write_down(lease, &orders).await?;
            let mut unclear = Unclear::default();
            let (mut trouble, mut error, mut failed): (Option<(Trouble, _)>, _, _) = (None, None, None);
            for (at, ended) in rest.carry_out(self.company, orders, &budget).await {
                match ended {
                    Ok(Effect::Doubtful { trouble: met, asked }) => {
                        unclear.in_doubt.push(at);
                        if trouble.as_ref().is_none_or(|(known, _)| known.may_be_of_one_request()) {
                            trouble = Some((met, asked));
                        }
                    }
                    Ok(Effect::Failing(met)) => {
                        unclear.failing.push(at);
                        failed = Some(met);
                    }
                    Ok(effect) => {
                        answered += 1;
                        self.take_in(at, effect, &mut unclear);
                    }
                    Err(met) => error = error.or(Some(met)),
                }
            }
            unclear.in_doubt.iter().for_each(|at| self.in_doubt(*at));
            if let Some(error) = error {
                return Err(HomeError::Rest(error).into());
            }
            if let Some((trouble, asked)) = trouble
                && let Err(given_up) = tries.pause_after(trouble, asked).await
            {
                let met = RestError::from(given_up);
                if !met.may_be_of_one_request() {
                    return Err(HomeError::Rest(met).into());
                }
                unclear.failing.append(&mut unclear.in_doubt);
                failed = Some(met);
            }
            match failed {
                // That it fails at a few records is their affair; at most of them, it is BokaMera's.
                Some(met) if unclear.failing.len() as u64 > A_FEW.max(answered) => {
                    return Err(HomeError::Rest(met).into());
                }
                _ => {
                    self.leave_out_failing(&mut unclear);
                    self.look_again(unclear).await?;
                }
            }
        }
    }

    /// What BokaMera fails at is left out, and the next sync asks again.
    fn leave_out_failing(&mut self, unclear: &mut Unclear) {
        for at in std::mem::take(&mut unclear.failing) {
            let Some(plan) = self.plans.get_mut(at) else { continue };
            plan.fails = true;
            if matches!(plan.action, Action::Create(_)) {
                unclear.failing.push(at);
            } else {
                self.take_in(at, Effect::Refused(SkipReason::Rejected), unclear);
            }
        }
    }

    /// The plans that are not done, for whoever goes on with them.
    pub(super) fn take_undone(&mut self) -> Vec<Plan> {
        let (undone, done) = std::mem::take(&mut self.plans).into_iter().partition(|plan| self.order(plan).is_some());
        self.plans = done;
        undone
    }

    fn orders(&self) -> Vec<(usize, Order)> {
        self.plans.iter().enumerate().filter_map(|(at, plan)| Some((at, self.order(plan)?))).collect()
    }

    fn order(&self, plan: &Plan) -> Option<Order> {
        match &plan.action {
            Action::Create(person) => Some(Order::Create { id: plan.derived(self.company), person: person.clone() }),
            action => {
                let (customer, person) = plan.written(self.company)?;
                debug_assert!(action.writes() == 2, "{action:?} writes a customer");
                Some(Order::Update { customer, person: person.clone() })
            }
        }
    }

    /// An adopted customer that is as VAKA has it is left as it is.
    async fn leave_alike(&mut self, rest: &Rest) -> Result<(), Halt> {
        let adopted: HashMap<CustomerId, &Person> = self
            .plans
            .iter()
            .filter(|plan| !plan.trace.is_written_down())
            .filter_map(|plan| match &plan.action {
                Action::Adopt { customer, write: Some(person) } => Some((*customer, person)),
                _ => None,
            })
            .collect();
        if adopted.is_empty() {
            return Ok(());
        }
        let different = rest.different(self.company, &adopted, &self.errand.budget).await.map_err(HomeError::Rest)?;
        let there: Vec<_> = adopted.into_keys().collect();
        for plan in &mut self.plans {
            if let Action::Adopt { customer, write } = &mut plan.action
                && there.contains(customer)
                && !different.contains(customer)
            {
                *write = None;
            }
        }
        Ok(())
    }

    /// Writes down what is about to be done.
    async fn write_down(&mut self, lease: &mut Lease, orders: &[(usize, Order)]) -> Result<(), Halt> {
        let written_by = JobStamp::of(&lease.job());
        let mut writes = Vec::new();
        for (at, _) in orders {
            let Some(plan) = self.plans.get(*at).filter(|plan| !plan.trace.is_written_down()) else { continue };
            let purpose = match &plan.action {
                Action::Create(person) => Purpose::Create(self.found_by(person)),
                Action::Claim { customer, .. } => Purpose::Created(self.linked_to(&plan.person, *customer)),
                Action::Update { customer, .. } | Action::Adopt { customer, .. } => {
                    Purpose::Update(self.linked_to(&plan.person, *customer))
                }
                Action::Done { .. } | Action::Skip { .. } => continue,
            };
            let intent = Intent { person: plan.person, fingerprint: plan.fingerprint, purpose, written_by };
            writes.push(self.rooms.table.intent_write(self.company, &intent, plan.before));
        }
        if writes.is_empty() {
            return Ok(());
        }
        let now = self.rooms.clock.now();
        let chunk = Chunk { writes, ..Chunk::default() };
        match self.rooms.table.commit(lease, &self.counters, chunk, now).await? {
            Commit::Committed => {}
            Commit::LeaseLost => return Err(Halt::LeaseLost),
            Commit::Refused(_) => return Err(Halt::Stale),
        }
        self.errand.budget.extend_to(waits_end_at(lease, self.errand.ends_at));
        for (at, _) in orders {
            if let Some(plan) = self.plans.get_mut(*at) {
                plan.before = Before::Was(plan.fingerprint);
                plan.trace = match plan.trace {
                    Trace::Untried | Trace::WrittenDown => Trace::WrittenDown,
                    Trace::InDoubt { .. } => Trace::InDoubt { written_down: true },
                };
            }
        }
        Ok(())
    }

    /// By what the next worker finds a customer that may have been made for this person. Where there is one already who
    /// could be taken for it, that is the derived id alone: better made twice than taken for a stranger.
    fn found_by(&self, person: &Person) -> Imprint {
        let imprint = self.errand.fingerprint_key.imprint_of(person);
        // With an address, the user would have been found to be that customer; to look for a twin goes through all.
        let has_twin = |index: &CustomerIndex| imprint.email.is_none() && index.unlinked_twin(&imprint, None).is_some();
        if self.index.as_ref().is_some_and(has_twin) { OF_NOBODY } else { imprint }
    }

    /// Turns what became of a call into what is still to be done.
    fn take_in(&mut self, at: usize, effect: Effect, unclear: &mut Unclear) {
        let Some(plan) = self.plans.get(at) else { return };
        let (person, trace) = (plan.person, plan.trace);
        let (outcome, known) = match &plan.action {
            Action::Create(_) => (Outcome::Created, None),
            Action::Claim { customer, .. } => (Outcome::Created, Some(*customer)),
            Action::Update { customer, .. } | Action::Adopt { customer, .. } => (Outcome::Updated, Some(*customer)),
            Action::Done { .. } | Action::Skip { .. } => return,
        };
        match (effect, known) {
            (Effect::Made(id), _) => self.made(at, id),
            (Effect::Written, Some(customer)) => self.done(at, outcome, self.linked_to(&person, customer)),
            (Effect::Refused(SkipReason::Rejected), None) if self.may_be_taken_by_another(at) => {
                unclear.unwanted.push(at);
            }
            (Effect::Refused(reason), None) => self.refused(at, reason),
            (Effect::Refused(reason), Some(customer)) => {
                self.done(at, Outcome::Skipped(reason), Linked::To(customer));
            }
            // Its own first try, whose answer was lost.
            (Effect::Exists, _) if trace.is_in_doubt() => self.made(at, derived_id(self.company, &person)),
            (Effect::Exists | Effect::Gone | Effect::Written | Effect::Failing(_) | Effect::Doubtful { .. }, _) => {
                self.correct(at);
                if let Some(plan) = self.plans.get_mut(at) {
                    plan.trace = Trace::Untried;
                }
            }
        }
    }

    /// Looks for what may have been made, among customers that are read anew.
    async fn look_again(&mut self, unclear: Unclear) -> Result<(), Halt> {
        let Unclear { in_doubt, failing, mut unwanted } = unclear;
        if in_doubt.is_empty() && failing.is_empty() && unwanted.is_empty() {
            return Ok(());
        }
        let before = self.index.take();
        let mut index = self.read_customers().await?;
        self.plans.iter().for_each(|plan| {
            // Those of this round are nobody's twin; they are not in the ledger yet.
            if let Action::Done { customer, .. } = plan.action {
                customer.customer(self.company, &plan.person).iter().for_each(|customer| index.link(*customer));
            }
        });
        let may_be_made = in_doubt.into_iter().chain(failing.iter().copied());
        let (found, missing): (Vec<_>, Vec<_>) =
            may_be_made.partition(|at| self.derived(*at).is_some_and(|derived| index.contains(&derived)));
        for at in found {
            if let Some(derived) = self.derived(at) {
                index.link(derived);
                self.made(at, derived);
            }
        }
        for at in missing {
            match self.twin(at, &index, before.as_ref()) {
                Some(twin) => {
                    index.link(twin);
                    self.made(at, twin);
                }
                None if failing.contains(&at) => unwanted.push(at),
                None => self.in_doubt(at),
            }
        }
        for at in unwanted {
            match self.namesake(at, &index) {
                Some(customer) => {
                    index.link(customer);
                    self.adopt(at, customer);
                }
                None => self.refused(at, SkipReason::Rejected),
            }
        }
        self.show_plans(&mut index);
        self.index = Some(index);
        Ok(())
    }

    /// Whether somebody may have the address of whom nothing was known: not where it is shared in any case.
    fn may_be_taken_by_another(&self, at: usize) -> bool {
        let (Some(Plan { action: Action::Create(person), .. }), Some(derived)) = (self.plans.get(at), self.derived(at))
        else {
            return false;
        };
        let imprint = self.errand.fingerprint_key.imprint_of(person);
        let is_shared = |index: &CustomerIndex| index.others_share_address(&imprint, &derived);
        imprint.email.is_some() && !self.index.as_ref().is_some_and(is_shared)
    }

    fn derived(&self, at: usize) -> Option<CustomerId> {
        self.plans.get(at).map(|plan| plan.derived(self.company))
    }

    fn twin(&self, at: usize, index: &CustomerIndex, before: Option<&CustomerIndex>) -> Option<CustomerId> {
        let Action::Create(person) = &self.plans.get(at)?.action else { return None };
        index.unlinked_twin(&self.errand.fingerprint_key.imprint_of(person), before)
    }

    fn namesake(&self, at: usize, index: &CustomerIndex) -> Option<CustomerId> {
        let Action::Create(person) = &self.plans.get(at)?.action else { return None };
        match index.candidates(&self.errand.fingerprint_key.imprint_of(person)) {
            Candidates::Namesake { id, linked: false } => Some(id),
            _ => None,
        }
    }

    fn adopt(&mut self, at: usize, customer: CustomerId) {
        let Some(plan) = self.plans.get_mut(at) else { return };
        if let Action::Create(person) = &plan.action {
            plan.action = Action::Adopt { customer, write: Some(person.clone()) };
            plan.trace = Trace::Untried;
        }
    }

    fn in_doubt(&mut self, at: usize) {
        if let Some(plan) = self.plans.get_mut(at) {
            plan.trace = Trace::InDoubt { written_down: plan.trace.is_written_down() };
        }
    }

    fn made(&mut self, at: usize, id: CustomerId) {
        let Some(plan) = self.plans.get(at) else { return };
        let derived = plan.derived(self.company);
        let customer = self.linked_to(&plan.person, id);
        if let Some(index) = self.index.as_mut().filter(|_| id != derived) {
            index.rename(derived, Some(id));
        }
        self.done(at, Outcome::Created, customer);
    }

    /// A customer was not made, so nobody can be found to be it.
    fn refused(&mut self, at: usize, reason: SkipReason) {
        let derived = self.derived(at);
        if let Some((index, derived)) = self.index.as_mut().zip(derived) {
            index.rename(derived, None);
        }
        self.done(at, Outcome::Skipped(reason), Linked::Nobody);
    }

    fn done(&mut self, at: usize, outcome: Outcome, customer: Linked) {
        if let Some(plan) = self.plans.get_mut(at) {
            self.refusals.note(outcome, plan.in_vain);
            plan.action = Action::Done { outcome, customer };
        }
    }
}
