//! The company's customers by e-mail address: which of them may be a user that has no link yet.
//!
//! It holds keyed hashes and ids only. It is read once per slice, and only when the slice meets a
//! user without a link. From then on it is told of every decision, so that it always says what
//! the customers will say when all that is decided is written: whom a user is found to be does
//! not depend on what happens to be committed, and a dry run, which commits no customer, finds
//! the same.

use std::collections::HashMap;

use shared::ids::CustomerId;
use shared::table::report::Imprint;

/// Customers, and who of them has which e-mail address.
#[derive(Debug, Default)]
pub struct CustomerIndex {
    known: HashMap<CustomerId, Known>,
    by_email: HashMap<[u8; 8], Holders>,
}

/// Who has an address: nearly always one, who then needs no memory of its own.
#[derive(Debug)]
enum Holders {
    One(CustomerId),
    Several(Vec<CustomerId>),
}

impl Holders {
    const fn all(&self) -> &[CustomerId] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Several(ids) => ids.as_slice(),
        }
    }

    fn add(&mut self, id: CustomerId) {
        match self {
            Self::One(first) => *self = Self::Several(vec![*first, id]),
            Self::Several(ids) => ids.push(id),
        }
    }

    fn remove(&mut self, id: CustomerId) {
        let mut left = self.all().to_vec();
        left.retain(|other| *other != id);
        *self = Self::Several(left);
    }
}

#[derive(Debug, Clone, Copy)]
struct Known {
    imprint: Imprint,
    linked: bool,
}

/// Which customers have a person's e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidates {
    /// None has.
    Nobody,
    /// Exactly one of those that have it also has the name.
    Namesake {
        /// The customer.
        id: CustomerId,
        /// Whether it is already linked to a user.
        linked: bool,
    },
    /// More than one of those that have it also have the name.
    Namesakes,
    /// All that have it have another name and are linked to users: they are known to be others.
    KnownOthers,
    /// Exactly one has it, under another name, and is linked to nobody.
    OneOther(CustomerId),
    /// Several have it, all under other names.
    SeveralOthers {
        /// How many of them are linked to nobody; at least one.
        unlinked: usize,
    },
}

impl CustomerIndex {
    /// Enters a customer as it is.
    pub fn enter(&mut self, id: CustomerId, imprint: Imprint, linked: bool) {
        self.forget_address(id);
        if let Some(email) = imprint.email {
            self.by_email.entry(email).and_modify(|holders| holders.add(id)).or_insert(Holders::One(id));
        }
        self.known.insert(id, Known { imprint, linked });
    }

    /// Notes that a customer is made for a user, or is changed where it is there already.
    pub fn make(&mut self, id: CustomerId, imprint: Imprint) {
        if self.known.contains_key(&id) {
            self.change(id, imprint);
        } else {
            self.enter(id, imprint, true);
        }
    }

    /// Notes that a user's customer is changed to this. A write leaves the address as it is where
    /// it has none, and one that is not there is not written.
    pub fn change(&mut self, id: CustomerId, imprint: Imprint) {
        if let Some(known) = self.known.get(&id) {
            let email = imprint.email.or(known.imprint.email);
            self.enter(id, Imprint { email, ..imprint }, true);
        }
    }

    /// Notes that a user is this customer.
    pub fn link(&mut self, id: CustomerId) {
        if let Some(known) = self.known.get_mut(&id) {
            known.linked = true;
        }
    }

    /// Notes that a customer that was to be made has been given another id, or none because it was
    /// not made.
    pub fn rename(&mut self, id: CustomerId, given: Option<CustomerId>) {
        self.forget_address(id);
        if let Some((known, given)) = self.known.remove(&id).zip(given) {
            self.enter(given, known.imprint, known.linked);
        }
    }

    /// Whether there is a customer with this id.
    #[must_use]
    pub fn contains(&self, id: &CustomerId) -> bool {
        self.known.contains_key(id)
    }

    /// Whether a customer other than this one has the address.
    #[must_use]
    pub fn others_share_address(&self, of: &Imprint, but: &CustomerId) -> bool {
        let with_address = of.email.and_then(|email| self.by_email.get(&email));
        with_address.is_some_and(|holders| holders.all().iter().any(|id| id != but))
    }

    /// A customer that is linked to nobody and has exactly this name and address.
    #[must_use]
    pub fn unlinked_twin(&self, of: &Imprint) -> Option<CustomerId> {
        let is_twin = |known: &Known| !known.linked && known.imprint == *of;
        self.known.iter().filter(|(_, known)| is_twin(known)).map(|(id, _)| *id).min()
    }

    /// The customers that may be a person who would be found by this.
    #[must_use]
    pub fn candidates(&self, person: &Imprint) -> Candidates {
        let with_address = person.email.and_then(|email| self.by_email.get(&email));
        let found: Vec<_> = with_address
            .into_iter()
            .flat_map(Holders::all)
            .filter_map(|id| Some((*id, *self.known.get(id)?)))
            .collect();
        let mut namesakes = found.iter().filter(|(_, known)| known.imprint.name == person.name);
        match (namesakes.next(), namesakes.next()) {
            (Some((id, known)), None) => return Candidates::Namesake { id: *id, linked: known.linked },
            (Some(_), Some(_)) => return Candidates::Namesakes,
            (None, _) => {}
        }
        let unlinked = found.iter().filter(|(_, known)| !known.linked).count();
        match (&found[..], unlinked) {
            ([], _) => Candidates::Nobody,
            (_, 0) => Candidates::KnownOthers,
            ([(only, _)], _) => Candidates::OneOther(*only),
            _ => Candidates::SeveralOthers { unlinked },
        }
    }

    fn forget_address(&mut self, id: CustomerId) {
        let email = self.known.get(&id).and_then(|known| known.imprint.email);
        if let Some(holders) = email.and_then(|email| self.by_email.get_mut(&email)) {
            holders.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(n: u128) -> CustomerId {
        CustomerId::from_uuid(Uuid::from_u128(n))
    }

    fn imprint(email: &str, name: &str) -> Imprint {
        let short = |text: &str| {
            let mut bytes = [0; 8];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            bytes
        };
        Imprint { email: (!email.is_empty()).then(|| short(email)), name: short(name) }
    }

    fn of(customers: &[(u128, &str, &str, bool)]) -> CustomerIndex {
        let mut index = CustomerIndex::default();
        for (n, email, name, linked) in customers {
            index.enter(id(*n), imprint(email, name), *linked);
        }
        index
    }

    #[test]
    fn the_name_decides_and_then_who_is_linked() {
        use Candidates::{KnownOthers, Namesake, Namesakes, Nobody, OneOther, SeveralOthers};
        for (customers, expected) in [
            (&[][..], Nobody),
            (&[(1, "other", "tuva", false), (2, "", "tuva", false)], Nobody),
            (&[(1, "home", "tuva", true), (2, "home", "ivar", false)], Namesake { id: id(1), linked: true }),
            (&[(1, "home", "tuva", false), (2, "home", "tuva", true)], Namesakes),
            (&[(1, "home", "ivar", true)], KnownOthers),
            (&[(1, "home", "ivar", false)], OneOther(id(1))),
            (&[(1, "home", "ivar", false), (2, "home", "ylva", true)], SeveralOthers { unlinked: 1 }),
        ] {
            assert_eq!(of(customers).candidates(&imprint("home", "tuva")), expected, "{customers:?}");
        }
    }

    #[test]
    fn a_change_moves_a_customer_to_its_new_address_and_name() {
        let mut index = of(&[(1, "old", "tuva", false)]);
        index.change(id(1), imprint("new", "ivar"));
        assert_eq!(index.candidates(&imprint("old", "tuva")), Candidates::Nobody);
        let namesake = Candidates::Namesake { id: id(1), linked: true };
        assert_eq!(index.candidates(&imprint("new", "ivar")), namesake);
        index.change(id(1), imprint("", "ylva"));
        assert_eq!(index.candidates(&imprint("new", "ylva")), namesake);
        assert_eq!(index.candidates(&imprint("new", "ivar")), Candidates::KnownOthers);
    }

    #[test]
    fn a_twin_has_both_name_and_address_or_neither_address_and_is_linked_to_nobody() {
        let mut index = of(&[
            (1, "home", "tuva", true),
            (2, "home", "tuva", false),
            (3, "", "tuva", false),
            (4, "home", "ivar", false),
        ]);
        assert_eq!(index.unlinked_twin(&imprint("home", "tuva")), Some(id(2)));
        assert_eq!(index.unlinked_twin(&imprint("", "tuva")), Some(id(3)));
        index.link(id(2));
        assert_eq!(index.unlinked_twin(&imprint("home", "tuva")), None);
        assert!(index.others_share_address(&imprint("home", "knut"), &id(1)));
        assert!(!of(&[(1, "home", "tuva", true)]).others_share_address(&imprint("home", "knut"), &id(1)));
    }

    #[test]
    fn a_customer_that_was_given_another_id_is_found_under_that_and_one_that_was_not_made_is_not() {
        let mut index = of(&[(1, "home", "tuva", true), (2, "other", "ivar", true)]);
        index.rename(id(1), Some(id(7)));
        index.rename(id(2), None);
        let namesake = Candidates::Namesake { id: id(7), linked: true };
        assert_eq!(index.candidates(&imprint("home", "tuva")), namesake);
        assert_eq!(index.candidates(&imprint("other", "ivar")), Candidates::Nobody);
        assert!(!index.contains(&id(1)) && index.contains(&id(7)));
    }

    #[test]
    fn who_is_gone_is_not_changed_and_who_is_there_is_not_made_twice() {
        let mut index = of(&[(1, "home", "tuva", false)]);
        index.change(id(2), imprint("home", "tuva"));
        index.link(id(2));
        index.make(id(1), imprint("", "tuva"));
        assert_eq!(index.candidates(&imprint("home", "tuva")), Candidates::Namesake { id: id(1), linked: true });
    }
}
