//! What is to be done about one user: pure, decided from what is known, written by the desk.

use std::sync::OnceLock;

use shared::ids::{CompanyId, CustomerId};
use shared::outcome::{Outcome, SkipReason};
use shared::table::link::{Before, Fingerprint, Linked, PersonKey, derived_id};
use shared::table::report::Imprint;

use crate::customers::fingerprint::FingerprintKey;
use crate::customers::index::{Candidates, CustomerIndex};
use crate::customers::person::Person;

use super::refusals::asked_in_vain;

/// Something to be done about a user, with its link.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The user.
    pub person: PersonKey,
    /// The user's data.
    pub fingerprint: Fingerprint,
    /// What the link still has to be.
    pub before: Before,
    /// What is to be done.
    pub action: Action,
    /// What is known of earlier tries, where customers are written by calls.
    pub trace: Trace,
    /// How many syncs in a row have asked for it in vain.
    pub in_vain: u8,
    /// Whether the target has failed at it whenever it was asked.
    pub fails: bool,
    /// What its customer will be found by, where that has been worked out.
    imprint: Option<Imprint>,
    derived: OnceLock<CustomerId>,
}

/// What is known of earlier tries to carry out a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// None is known.
    Untried,
    /// It is written down and may be tried.
    WrittenDown,
    /// One may have taken effect.
    InDoubt {
        /// Whether what is written down is still what is to be done.
        written_down: bool,
    },
}

impl Trace {
    /// Whether what is to be done now is written down.
    #[must_use]
    pub const fn is_written_down(self) -> bool {
        matches!(self, Self::WrittenDown | Self::InDoubt { written_down: true })
    }

    /// Whether an earlier try may have taken effect.
    #[must_use]
    pub const fn is_in_doubt(self) -> bool {
        matches!(self, Self::InDoubt { .. })
    }
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Action {
    /// Make a customer with the derived id.
    Create(Person),
    /// Write VAKA's data to the customer that the user is.
    Update {
        /// The customer.
        customer: CustomerId,
        /// What VAKA has.
        person: Person,
    },
    /// Link the user to a customer that is there already.
    Adopt {
        /// The customer.
        customer: CustomerId,
        /// What VAKA has, to be written where it differs; `None` when another user of the
        /// company is the same customer: what its system says stays.
        write: Option<Person>,
    },
    /// Take over a customer that an earlier try to create has made: it is counted as created.
    Claim {
        /// The customer.
        customer: CustomerId,
        /// What VAKA has, when that has changed since.
        write: Option<Person>,
    },
    /// Nothing more: this has become of it.
    Done {
        /// What.
        outcome: Outcome,
        /// The customer the user is, if there is one.
        customer: Linked,
    },
    /// Leave the user out.
    Skip {
        /// Why.
        reason: SkipReason,
        /// The customer the user is, if there is one.
        customer: Linked,
    },
}

impl Action {
    /// The most writes that it takes, with the link's.
    #[must_use]
    pub const fn writes(&self) -> usize {
        match self {
            Self::Create(_)
            | Self::Update { .. }
            | Self::Adopt { write: Some(_), .. }
            | Self::Claim { write: Some(_), .. } => 2,
            Self::Adopt { write: None, .. }
            | Self::Claim { write: None, .. }
            | Self::Done { .. }
            | Self::Skip { .. } => 1,
        }
    }
}

impl Plan {
    /// A plan that nobody has tried.
    #[must_use]
    pub fn new(person: PersonKey, fingerprint: Fingerprint, before: Before, action: Action) -> Self {
        let (in_vain, derived) = (asked_in_vain(fingerprint, before), OnceLock::new());
        let (trace, fails) = (Trace::Untried, false);
        Self { person, fingerprint, before, action, trace, in_vain, fails, imprint: None, derived }
    }

    /// The same with what its customer will be found by.
    #[must_use]
    pub const fn found_by(mut self, imprint: Imprint) -> Self {
        self.imprint = Some(imprint);
        self
    }

    /// The same with the [derived id](derived_id) of its user's customer, which is known.
    #[must_use]
    pub fn with_derived(mut self, derived: CustomerId) -> Self {
        self.derived = OnceLock::from(derived);
        self
    }

    /// The [derived id](derived_id) of its user's customer: a hash, so it is worked out once.
    #[must_use]
    pub fn derived(&self, company: CompanyId) -> CustomerId {
        *self.derived.get_or_init(|| derived_id(company, &self.person))
    }

    /// The customer that it writes, if it writes one, and what is written.
    #[must_use]
    pub fn written(&self, company: CompanyId) -> Option<(CustomerId, &Person)> {
        match &self.action {
            Action::Create(person) => Some((self.derived(company), person)),
            Action::Update { customer, person }
            | Action::Adopt { customer, write: Some(person) }
            | Action::Claim { customer, write: Some(person) } => Some((*customer, person)),
            Action::Adopt { write: None, .. }
            | Action::Claim { write: None, .. }
            | Action::Done { .. }
            | Action::Skip { .. } => None,
        }
    }

    /// Whether it writes the customer that another plan writes.
    #[must_use]
    pub fn writes_customer_of(&self, other: &Self, company: CompanyId) -> bool {
        // A derived id is a hash, and new users are gathered by the dozen: each is compared with all.
        if let (Action::Create(_), Action::Create(_)) = (&self.action, &other.action) {
            return self.person == other.person;
        }
        let written = |plan: &Self| plan.written(company).map(|(customer, _)| customer);
        written(self).is_some_and(|customer| written(other) == Some(customer))
    }

    /// Lets whoever is looked for after this one see the customers as they will be.
    pub fn show(&self, company: CompanyId, key: &FingerprintKey, index: &mut CustomerIndex) {
        let imprint_of = |person| self.imprint.unwrap_or_else(|| key.imprint_of(person));
        match &self.action {
            Action::Create(person) => index.make(self.derived(company), imprint_of(person)),
            Action::Update { customer, person }
            | Action::Adopt { customer, write: Some(person) }
            | Action::Claim { customer, write: Some(person) } => index.change(*customer, imprint_of(person)),
            Action::Adopt { customer, write: None } | Action::Claim { customer, write: None } => index.link(*customer),
            Action::Done { customer, .. } => {
                customer.customer(company, &self.person).iter().for_each(|customer| index.link(*customer));
            }
            Action::Skip { .. } => {}
        }
    }
}

/// What is decided about a user without a link, when its e-mail address has been looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Nobody yet.
    New,
    /// This customer.
    Is {
        /// The customer.
        id: CustomerId,
        /// Whether another user of the company is this customer as well.
        linked: bool,
    },
    /// It cannot be told; an administrator decides.
    Ambiguous,
    /// It depends on whether another user has the address too: known when all have been seen.
    Later,
}

/// Who has an e-mail address in the source, as far as it has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Not all users have been seen.
    NotYetKnown,
    /// This user alone.
    Alone,
    /// Several users.
    Shared,
}

/// Who a user without a link is.
///
/// The name decides first. Without it, a customer is adopted by the address alone only when
/// nobody else has that address, in VAKA or in BokaMera, and no other user is that customer.
#[must_use]
pub const fn identify(candidates: Candidates, sharing: Sharing) -> Identity {
    match (candidates, sharing) {
        (Candidates::Nobody | Candidates::KnownOthers, _) => Identity::New,
        (Candidates::Namesake { id, linked }, _) => Identity::Is { id, linked },
        (Candidates::Namesakes, _) => Identity::Ambiguous,
        (Candidates::OneOther(_) | Candidates::SeveralOthers { .. }, Sharing::NotYetKnown) => Identity::Later,
        (Candidates::OneOther(id), Sharing::Alone) => Identity::Is { id, linked: false },
        (Candidates::SeveralOthers { .. }, Sharing::Alone) => Identity::Ambiguous,
        // A household: its members are separate people, as long as one customer at most is unaccounted for.
        (Candidates::OneOther(_) | Candidates::SeveralOthers { unlinked: 0 | 1 }, Sharing::Shared) => Identity::New,
        (Candidates::SeveralOthers { .. }, Sharing::Shared) => Identity::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ids::{DeviceId, UserId};
    use uuid::Uuid;

    #[test]
    fn who_somebody_is_follows_the_table() {
        use Candidates::{KnownOthers, Namesake, Namesakes, Nobody, OneOther, SeveralOthers};
        use Sharing::{Alone, NotYetKnown, Shared};
        let id = CustomerId::from_uuid(Uuid::from_u128(1));
        for (candidates, sharing, expected) in [
            (Nobody, NotYetKnown, Identity::New),
            (KnownOthers, NotYetKnown, Identity::New),
            (Namesake { id, linked: false }, NotYetKnown, Identity::Is { id, linked: false }),
            (Namesake { id, linked: true }, Shared, Identity::Is { id, linked: true }),
            (Namesakes, NotYetKnown, Identity::Ambiguous),
            (OneOther(id), NotYetKnown, Identity::Later),
            (OneOther(id), Alone, Identity::Is { id, linked: false }),
            (OneOther(id), Shared, Identity::New),
            (SeveralOthers { unlinked: 1 }, NotYetKnown, Identity::Later),
            (SeveralOthers { unlinked: 1 }, Alone, Identity::Ambiguous),
            (SeveralOthers { unlinked: 1 }, Shared, Identity::New),
            (SeveralOthers { unlinked: 2 }, Shared, Identity::Ambiguous),
        ] {
            assert_eq!(identify(candidates, sharing), expected, "{candidates:?} {sharing:?}");
        }
    }

    const COMPANY: CompanyId = CompanyId::from_uuid(Uuid::from_u128(1));

    fn user(n: u128) -> PersonKey {
        PersonKey { device: DeviceId::from_uuid(Uuid::from_u128(5)), user: UserId::from_uuid(Uuid::from_u128(n)) }
    }

    fn person() -> Person {
        let [firstname, lastname, vaka_name] = ["Ada", "Ek", "Ek, Ada"].map(str::to_owned);
        Person { firstname, lastname, vaka_name, email: None, group_name: None, apartment_id: None, reference_id: None }
    }

    fn plan(n: u128, action: Action) -> Plan {
        Plan::new(user(n), Fingerprint(*b"the data"), Before::Absent, action)
    }

    #[test]
    fn each_action_takes_a_write_for_its_link_and_one_for_the_customer_it_writes() {
        let customer = CustomerId::from_uuid(Uuid::from_u128(7));
        let (linked, reason) = (Linked::To(customer), SkipReason::MissingName);
        for (action, writes) in [
            (Action::Create(person()), 2),
            (Action::Update { customer, person: person() }, 2),
            (Action::Adopt { customer, write: Some(person()) }, 2),
            (Action::Adopt { customer, write: None }, 1),
            (Action::Claim { customer, write: Some(person()) }, 2),
            (Action::Claim { customer, write: None }, 1),
            (Action::Done { outcome: Outcome::Created, customer: linked }, 1),
            (Action::Skip { reason, customer: linked }, 1),
        ] {
            assert_eq!(action.writes(), writes, "{action:?}");
            let plan = plan(1, action);
            assert_eq!(plan.written(COMPANY).is_some(), writes == 2, "{plan:?}");
        }
    }

    #[test]
    fn plans_are_about_one_customer_when_both_write_it() {
        let made = derived_id(COMPANY, &user(1));
        let other = CustomerId::from_uuid(Uuid::from_u128(7));
        let create = |n| plan(n, Action::Create(person()));
        let update = |customer| plan(3, Action::Update { customer, person: person() });
        let adopt = |customer| plan(4, Action::Adopt { customer, write: None });
        for (one, two, same) in [
            (create(1), create(1), true),
            (create(1), create(2), false),
            (create(1), update(made), true),
            (create(2), update(made), false),
            (update(other), update(other), true),
            (update(other), update(made), false),
            (update(other), adopt(other), false),
            (adopt(other), adopt(other), false),
        ] {
            assert_eq!(one.writes_customer_of(&two, COMPANY), same, "{one:?} {two:?}");
            assert_eq!(two.writes_customer_of(&one, COMPANY), same, "{two:?} {one:?}");
        }
    }

    #[test]
    fn a_try_is_known_by_what_is_written_down_and_by_what_is_in_doubt() {
        let doubt = |written_down| Trace::InDoubt { written_down };
        for (trace, written_down, in_doubt) in [
            (Trace::Untried, false, false),
            (Trace::WrittenDown, true, false),
            (doubt(true), true, true),
            (doubt(false), false, true),
        ] {
            assert_eq!((trace.is_written_down(), trace.is_in_doubt()), (written_down, in_doubt), "{trace:?}");
        }
    }
}
