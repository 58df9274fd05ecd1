//! The company's customers by e-mail address: which of them may be a user that has no link yet.
//!
//! It holds hashes and ids only. It is read once per slice, and only when the slice meets a user
//! without a link; customers that the slice makes are added as they are made.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use shared::ids::CustomerId;

use super::person::{Person, email_key, name_key};

/// Customers by e-mail address.
#[derive(Debug, Default)]
pub struct CustomerIndex {
    by_email: HashMap<u64, Vec<Known>>,
    hasher: RandomState,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    id: CustomerId,
    name: u64,
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
    /// Adds a customer.
    pub fn add(&mut self, id: CustomerId, email: &str, firstname: &str, lastname: &str, linked: bool) {
        let name = self.hasher.hash_one(name_key(firstname, lastname));
        self.by_email.entry(self.email(email)).or_default().push(Known { id, name, linked });
    }

    /// Notes that a customer with this address is linked now.
    pub fn link(&mut self, id: CustomerId, email: &str) {
        let email = self.email(email);
        for known in self.by_email.get_mut(&email).into_iter().flatten().filter(|known| known.id == id) {
            known.linked = true;
        }
    }

    /// The customers that may be this person with this address.
    #[must_use]
    pub fn candidates(&self, person: &Person, email: &str) -> Candidates {
        let Some(known) = self.by_email.get(&self.email(email)) else { return Candidates::Nobody };
        let name = self.hasher.hash_one(name_key(&person.firstname, &person.lastname));
        let mut namesakes = known.iter().filter(|known| known.name == name);
        match (namesakes.next(), namesakes.next()) {
            (Some(only), None) => return Candidates::Namesake { id: only.id, linked: only.linked },
            (Some(_), Some(_)) => return Candidates::Namesakes,
            (None, _) => {}
        }
        let unlinked = known.iter().filter(|known| !known.linked).count();
        match (&known[..], unlinked) {
            (_, 0) => Candidates::KnownOthers,
            ([only], _) => Candidates::OneOther(only.id),
            _ => Candidates::SeveralOthers { unlinked },
        }
    }

    /// A number that stands for an address within this index.
    #[must_use]
    pub fn email(&self, email: &str) -> u64 {
        self.hasher.hash_one(email_key(email))
    }
}
