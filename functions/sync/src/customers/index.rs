//! The company's customers by e-mail address: which of them may be a user that has no link yet.
//!
//! It holds keyed hashes and ids only. It is read once per slice, and only when the slice meets a
//! user without a link. From then on it is told of every decision, so that it always says what
//! the customers will say when all that is decided is written: whom a user is found to be does
//! not depend on what happens to be committed, and a dry run, which commits no customer, finds
//! the same.

use std::hash::{BuildHasher, RandomState};

use shared::ids::CustomerId;
use shared::table::report::Imprint;

use crate::compact::{Chains, Chunks};

/// Customers, and who of them has which e-mail address: with a large company 42 bytes for each.
#[derive(Debug, Default)]
pub struct CustomerIndex {
    customers: Chunks<Known>,
    by_id: Chains,
    /// Of those that have one.
    by_email: Chains,
    /// Ids come from outside, and nobody is to choose those of one chain.
    hasher: RandomState,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    id: CustomerId,
    email: [u8; 8],
    name: [u8; 8],
    linked: bool,
}

/// In the place of the hash of an address, where there is none. A keyed hash is this once in 2^64 times.
const NO_EMAIL: [u8; 8] = [0; 8];

impl Known {
    fn new(id: CustomerId, imprint: Imprint, linked: bool) -> Self {
        Self { id, email: imprint.email.unwrap_or(NO_EMAIL), name: imprint.name, linked }
    }

    fn imprint(&self) -> Imprint {
        Imprint { email: Some(self.email).filter(|email| *email != NO_EMAIL), name: self.name }
    }
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
    /// Enters a customer as it is; whether a user is this customer is not known yet.
    pub fn enter(&mut self, id: CustomerId, imprint: Imprint) {
        self.set(Known::new(id, imprint, false));
    }

    /// Notes that a customer is made for a user, or is changed where it is there already.
    pub fn make(&mut self, id: CustomerId, imprint: Imprint) {
        let hash = self.hasher.hash_one(id);
        match self.place_at(hash, &id) {
            Some(place) => self.change_at(place, imprint),
            None => self.add(hash, Known::new(id, imprint, true)),
        }
    }

    /// Notes that a user's customer is changed to this. A write leaves the address as it is where
    /// it has none, and one that is not there is not written.
    pub fn change(&mut self, id: CustomerId, imprint: Imprint) {
        if let Some(place) = self.place_of(&id) {
            self.change_at(place, imprint);
        }
    }

    /// Notes that a user is this customer.
    pub fn link(&mut self, id: CustomerId) {
        if let Some(place) = self.place_of(&id) {
            self.customers[place].linked = true;
        }
    }

    /// Notes that a customer that was to be made has been given another id, or none because it was
    /// not made.
    pub fn rename(&mut self, id: CustomerId, given: Option<CustomerId>) {
        let Some(place) = self.place_of(&id) else { return };
        let known = self.customers[place];
        self.forget_address(place);
        self.by_id.remove(place, self.hasher.hash_one(id));
        // What is left at its place is nobody, and is found by nothing.
        self.customers[place].linked = true;
        if let Some(id) = given {
            self.set(Known { id, ..known });
        }
    }

    /// Whether there is a customer with this id.
    #[must_use]
    pub fn contains(&self, id: &CustomerId) -> bool {
        self.place_of(id).is_some()
    }

    /// Whether a customer other than this one has the address.
    #[must_use]
    pub fn others_share_address(&self, of: &Imprint, but: &CustomerId) -> bool {
        self.with_address(of.email).any(|known| known.id != *but)
    }

    /// A customer that is linked to nobody, has exactly this name and address, and was not there before.
    #[must_use]
    pub fn unlinked_twin(&self, of: &Imprint, before: Option<&Self>) -> Option<CustomerId> {
        let is_new = |known: &Known| before.is_none_or(|before| !before.contains(&known.id));
        let is_twin = |known: &&Known| !known.linked && known.imprint() == *of && is_new(known);
        self.customers.iter().filter(is_twin).map(|known| known.id).min()
    }

    /// The customers that may be a person who would be found by this.
    #[must_use]
    pub fn candidates(&self, person: &Imprint) -> Candidates {
        let found: Vec<_> = self.with_address(person.email).collect();
        let mut namesakes = found.iter().filter(|known| known.name == person.name);
        match (namesakes.next(), namesakes.next()) {
            (Some(known), None) => return Candidates::Namesake { id: known.id, linked: known.linked },
            (Some(_), Some(_)) => return Candidates::Namesakes,
            (None, _) => {}
        }
        let unlinked = found.iter().filter(|known| !known.linked).count();
        match (&found[..], unlinked) {
            ([], _) => Candidates::Nobody,
            (_, 0) => Candidates::KnownOthers,
            ([only], _) => Candidates::OneOther(only.id),
            _ => Candidates::SeveralOthers { unlinked },
        }
    }

    fn place_of(&self, id: &CustomerId) -> Option<usize> {
        self.place_at(self.hasher.hash_one(id), id)
    }

    fn place_at(&self, hash: u64, id: &CustomerId) -> Option<usize> {
        self.by_id.at(hash).find(|place| self.customers[*place].id == *id)
    }

    fn with_address(&self, email: Option<[u8; 8]>) -> impl Iterator<Item = &Known> {
        let with_hash = email.into_iter().flat_map(|email| self.by_email.at(u64::from_le_bytes(email)));
        with_hash.map(|place| &self.customers[place]).filter(move |known| known.imprint().email == email)
    }

    /// Enters a customer, whatever was known of one with its id.
    fn set(&mut self, known: Known) {
        let hash = self.hasher.hash_one(known.id);
        match self.place_at(hash, &known.id) {
            Some(place) => self.set_at(place, known),
            None => self.add(hash, known),
        }
    }

    /// Enters a customer that is not there, whose id has this hash.
    fn add(&mut self, hash: u64, known: Known) {
        let place = self.customers.push(known);
        self.by_id.add(place, hash, |place| self.hasher.hash_one(self.customers[place].id));
        self.find_by_address(place);
    }

    fn change_at(&mut self, place: usize, imprint: Imprint) {
        let known = self.customers[place];
        let imprint = Imprint { email: imprint.email.or(known.imprint().email), ..imprint };
        self.set_at(place, Known::new(known.id, imprint, true));
    }

    fn set_at(&mut self, place: usize, known: Known) {
        self.forget_address(place);
        self.customers[place] = known;
        self.find_by_address(place);
    }

    fn find_by_address(&mut self, place: usize) {
        let hash_at = |place: usize| u64::from_le_bytes(self.customers[place].email);
        if self.customers[place].email != NO_EMAIL {
            self.by_email.add(place, hash_at(place), hash_at);
        }
    }

    fn forget_address(&mut self, place: usize) {
        let email = std::mem::replace(&mut self.customers[place].email, NO_EMAIL);
        if email != NO_EMAIL {
            self.by_email.remove(place, u64::from_le_bytes(email));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

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
            index.enter(id(*n), imprint(email, name));
            if *linked {
                index.link(id(*n));
            }
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
        assert_eq!(index.unlinked_twin(&imprint("home", "tuva"), None), Some(id(2)));
        assert_eq!(index.unlinked_twin(&imprint("", "tuva"), None), Some(id(3)));
        let before = of(&[(2, "home", "tuva", false)]);
        assert_eq!(index.unlinked_twin(&imprint("home", "tuva"), Some(&before)), None);
        assert_eq!(index.unlinked_twin(&imprint("", "tuva"), Some(&before)), Some(id(3)));
        index.link(id(2));
        assert_eq!(index.unlinked_twin(&imprint("home", "tuva"), None), None);
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

    /// What may be a person, said without an index.
    fn expected(customers: &HashMap<CustomerId, (Imprint, bool)>, person: &Imprint) -> Candidates {
        let found: Vec<_> =
            customers.iter().filter(|(_, (of, _))| of.email.is_some() && of.email == person.email).collect();
        let namesakes: Vec<_> = found.iter().filter(|(_, (of, _))| of.name == person.name).collect();
        let unlinked: Vec<_> = found.iter().filter(|(_, (_, linked))| !linked).map(|(id, _)| **id).collect();
        match (&namesakes[..], &unlinked[..], found.len()) {
            ([(id, (_, linked))], _, _) => Candidates::Namesake { id: **id, linked: *linked },
            ([_, ..], _, _) => Candidates::Namesakes,
            ([], _, 0) => Candidates::Nobody,
            ([], [], _) => Candidates::KnownOthers,
            ([], [only], 1) => Candidates::OneOther(*only),
            ([], unlinked, _) => Candidates::SeveralOthers { unlinked: unlinked.len() },
        }
    }

    #[test]
    fn whatever_becomes_of_customers_those_with_an_address_are_found_and_nobody_else() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut index, mut customers) = (CustomerIndex::default(), HashMap::new());
        let texts = ["", "a", "b", "c", "d", "e", "f", "g", "h"];
        for step in 0..20_000 {
            let mut any = |texts: &[&'static str]| random.choice(texts).copied().unwrap_or_default();
            let what = imprint(any(&texts), any(&texts[1..4]));
            let (who, other) = (id(random.u128(0..60)), id(random.u128(0..60)));
            match random.u8(0..6) {
                0 => {
                    index.enter(who, what);
                    customers.insert(who, (what, false));
                }
                act @ (1 | 2) => {
                    if act == 1 {
                        index.make(who, what)
                    } else {
                        index.change(who, what)
                    }
                    match customers.get_mut(&who) {
                        Some((was, linked)) => {
                            (*was, *linked) = (Imprint { email: what.email.or(was.email), ..what }, true);
                        }
                        None if act == 1 => drop(customers.insert(who, (what, true))),
                        None => {}
                    }
                }
                3 => {
                    index.link(who);
                    customers.entry(who).and_modify(|(_, linked)| *linked = true);
                }
                act => {
                    let given = (act == 4).then_some(other);
                    index.rename(who, given);
                    if let Some((known, given)) = customers.remove(&who).map(|known| (known, given)) {
                        given.map(|given| customers.insert(given, known));
                    }
                }
            }
            assert_eq!(index.candidates(&what), expected(&customers, &what), "step {step}");
            assert_eq!(index.contains(&who), customers.contains_key(&who), "step {step}");
            let shares = |(id, (of, _)): (&CustomerId, &(Imprint, bool))| *id != who && of.email == what.email;
            let is_shared = what.email.is_some() && customers.iter().any(shares);
            assert_eq!(index.others_share_address(&what, &who), is_shared, "step {step}");
            let is_twin = |(_, (of, linked)): &(&CustomerId, &(Imprint, bool))| !linked && *of == what;
            let twin = customers.iter().filter(is_twin).map(|(id, _)| *id).min();
            assert_eq!(index.unlinked_twin(&what, None), twin, "step {step}");
        }
    }
}
