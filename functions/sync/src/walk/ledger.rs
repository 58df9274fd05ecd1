//! The ledger: what is known of each user of the company at this moment of the walk.
//!
//! It is filled from the company's links when a slice begins, and kept as the walk goes on, so a
//! user that the source lists twice is counted once, and a user that an earlier slice of the
//! same job dealt with costs nothing more. It holds ids, outcomes, and hashes of data and addresses; with a large
//! company it is what grows, so an entry is 28 bytes, and 33 with what the map takes to find it.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use shared::ids::{CompanyId, CustomerId, DeviceId, JobId, UserId};
use shared::job::Counters;
use shared::outcome::{Outcome, SkipReason};
use shared::table::intent::{Intent, Purpose};
use shared::table::link::{Before, Fingerprint, JobStamp, Link, Linked, PersonKey};
use shared::table::report::Imprint;
use uuid::Uuid;

use crate::compact::Map;

use super::refusals::asked_once;

/// What is known of each user.
#[derive(Debug)]
pub struct Ledger {
    company: CompanyId,
    job: JobStamp,
    devices: Vec<DeviceId>,
    entries: Map<Key, Entry>,
    decided_before: Counters,
    adopted: HashMap<Key, CustomerId>,
    /// Customers that may have been made, by what they are found by.
    uncertain: HashMap<Key, Imprint>,
    /// Jobs before this one that have left intents.
    left_by: Vec<JobStamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    /// The place among the devices; as bytes, which need no room to be aligned.
    device: [u8; 2],
    user: UserId,
}

impl Hash for Key {
    /// Both have one length each, which need not be hashed.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.device);
        state.write(self.user.as_uuid().as_bytes());
    }
}

/// In the place of an address that is not there. A hash is this once in 2^64 times.
const NO_ADDRESS: [u8; 8] = [0; 8];

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The fingerprint of what was decided on last. When the walk has come to the user, nobody asks for that again, and
    /// the user's address is here.
    hash: [u8; 8],
    standing: Standing,
    customer: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Standing {
    /// The walk has come to the user.
    Met,
    /// An earlier slice of this job has decided about the user.
    Decided,
    /// There is a link.
    Linked(Outcome),
    /// A customer may have been made, by a worker that did not come to write the link.
    MayBeMade,
    /// The customer was made, and is counted by nobody yet.
    Made,
    /// The same, and it may have been changed since.
    MadeAndMayBeChanged,
    /// The customer may have been changed, and that is counted by nobody yet.
    MayBeChanged,
}

impl Standing {
    const fn is_met(self) -> bool {
        matches!(self, Self::Met)
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Derived,
    Adopted,
    Nobody,
}

/// What the walk meets when it comes to a user.
#[derive(Debug, PartialEq, Eq)]
pub enum Met {
    /// The source has listed this user before, in this walk.
    Again,
    /// An earlier slice of this job has decided about the user: it is counted already.
    Done,
    /// Nothing has changed for a user who is this customer.
    Unchanged,
    /// The user is left out again, for the same reason.
    StillSkipped {
        /// Why.
        reason: SkipReason,
        /// The customer the user is, if there is one.
        customer: Linked,
    },
    /// The user is this customer, and VAKA's data have changed.
    Changed {
        /// The customer.
        customer: CustomerId,
        /// What the link still has to be.
        before: Before,
    },
    /// A customer may have been made for the user, and was not found.
    MayBeMade {
        /// What the link still has to be.
        before: Before,
    },
    /// This customer was made for the user by an earlier try, and is to be counted.
    Made {
        /// The customer.
        customer: CustomerId,
        /// Whether VAKA's data have changed since.
        changed: bool,
        /// What the link still has to be.
        before: Before,
    },
    /// No customer is known for the user.
    Unlinked {
        /// What the link still has to be.
        before: Before,
    },
}

impl Ledger {
    /// An empty ledger for a walk of this job.
    #[must_use]
    pub fn new(company: CompanyId, job: JobStamp) -> Self {
        Self {
            company,
            job,
            devices: Vec::new(),
            entries: Map::default(),
            decided_before: Counters::default(),
            adopted: HashMap::new(),
            uncertain: HashMap::new(),
            left_by: Vec::new(),
        }
    }

    /// Enters a link as it was read.
    pub fn enter(&mut self, link: &Link) {
        let key = self.key(&link.person);
        // Of a dry run, an earlier slice has found out what became of the customer. To ask costs a hash.
        if !self.uncertain.is_empty() {
            self.uncertain.remove(&key);
        }
        let customer = self.kind(key, link.customer);
        let standing = if link.decided_by == self.job {
            count(&mut self.decided_before, link.outcome);
            Standing::Decided
        } else {
            Standing::Linked(link.outcome)
        };
        self.entries.insert(key, Entry { hash: link.fingerprint.0, standing, customer });
    }

    /// Notes the link of a user whom the walk has come to, as it has been committed.
    pub fn commit(&mut self, link: &Link) {
        let key = self.key(&link.person);
        self.uncertain.remove(&key);
        let customer = self.kind(key, link.customer);
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.customer = customer;
        }
    }

    /// Whether an intent of this job is in the ledger, which is not the one that the ledger is for.
    #[must_use]
    pub fn has_intent_of(&self, job: &JobId) -> bool {
        self.left_by.contains(&JobStamp::of(job))
    }

    /// Whether a job before this one has left an intent.
    #[must_use]
    pub const fn has_intents_of_others(&self) -> bool {
        !self.left_by.is_empty()
    }

    /// Enters an intent as it was read.
    pub fn enter_intent(&mut self, intent: &Intent) {
        if intent.written_by != self.job && !self.left_by.contains(&intent.written_by) {
            self.left_by.push(intent.written_by);
        }
        let key = self.key(&intent.person);
        let (standing, customer) = match intent.purpose {
            Purpose::Create(imprint) => {
                self.uncertain.insert(key, imprint);
                (Standing::MayBeMade, Kind::Nobody)
            }
            Purpose::Created(customer) => (Standing::MadeAndMayBeChanged, self.kind(key, customer)),
            Purpose::Update(customer) => (Standing::MayBeChanged, self.kind(key, customer)),
        };
        self.entries.insert(key, Entry { hash: intent.fingerprint.0, standing, customer });
    }

    /// The users for whom a customer may have been made, with what it is found by.
    #[must_use]
    pub fn uncertain(&self) -> Vec<(PersonKey, Imprint)> {
        let mut uncertain: Vec<_> = self.uncertain.iter().map(|(key, imprint)| (self.person(key), *imprint)).collect();
        uncertain.sort_unstable_by_key(|(person, _)| *person);
        uncertain
    }

    /// Notes that the customer that may have been made for a user is this one.
    pub fn found(&mut self, person: &PersonKey, customer: CustomerId) {
        let key = self.key(person);
        self.uncertain.remove(&key);
        let kind = self.kind(key, Linked::To(customer));
        if let Some(entry) = self.entries.get_mut(&key) {
            (entry.standing, entry.customer) = (Standing::Made, kind);
        }
    }

    /// Whether the company has no link at all, so that no sync has found anybody so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a sync has found somebody in this system.
    #[must_use]
    pub fn knows_somebody_of(&self, device: DeviceId) -> bool {
        let place = self.devices.iter().position(|known| *known == device).and_then(|place| u16::try_from(place).ok());
        place.is_some_and(|place| self.entries.iter().any(|(key, _)| key.device == place.to_ne_bytes()))
    }

    /// The links that are to take the place of the intents to whose users the walk has not come, and the fingerprints of
    /// these. No job has decided them, and a user who comes back is looked at again.
    #[must_use]
    pub fn leftovers(&self) -> Vec<(Link, Fingerprint)> {
        let link = |(key, entry): &(Key, Entry)| {
            let outcome = match entry.standing {
                Standing::MayBeMade => Outcome::Skipped(SkipReason::Rejected),
                Standing::Made | Standing::MadeAndMayBeChanged => Outcome::Created,
                Standing::MayBeChanged => Outcome::Updated,
                Standing::Met | Standing::Decided | Standing::Linked(_) => return None,
            };
            let (was, decided_by) = (Fingerprint(entry.hash), JobStamp::of(&JobId::from_uuid(Uuid::nil())));
            let (person, customer) = (self.person(key), self.linked(key, entry.customer));
            Some((Link { person, customer, fingerprint: asked_once(was), outcome, decided_by }, was))
        };
        self.entries.iter().filter_map(link).collect()
    }

    /// What earlier slices of this job have decided, by its links.
    #[must_use]
    pub const fn decided_before(&self) -> Counters {
        self.decided_before
    }

    /// The customers that some user is linked to.
    pub fn customers(&self) -> impl Iterator<Item = CustomerId> + '_ {
        self.entries
            .iter()
            .filter_map(|(key, entry)| self.linked(key, entry.customer).customer(self.company, &self.person(key)))
    }

    /// Comes to a user whose data have this fingerprint, and remembers that it was seen, and with which address.
    pub fn meet(&mut self, person: &PersonKey, fingerprint: Fingerprint, address: Option<u64>) -> Met {
        let key = self.key(person);
        let address = address.map_or(NO_ADDRESS, u64::to_ne_bytes);
        let unknown = Entry { hash: address, standing: Standing::Met, customer: Kind::Nobody };
        let Some(entry) = self.entries.get_or_put(key, unknown) else {
            return Met::Unlinked { before: Before::Absent };
        };
        let Entry { hash, standing, customer } = *entry;
        if !standing.is_met() {
            *entry = Entry { hash: address, standing: Standing::Met, customer };
        }
        let before = Before::Was(Fingerprint(hash));
        let same = hash == fingerprint.0;
        let customer = self.linked(&key, customer);
        let outcome = match standing {
            Standing::Met => return Met::Again,
            Standing::Decided => return Met::Done,
            Standing::MayBeMade => return Met::MayBeMade { before },
            Standing::Made | Standing::MadeAndMayBeChanged => {
                let changed = !same || matches!(standing, Standing::MadeAndMayBeChanged);
                let made = customer.customer(self.company, person);
                return made.map_or(Met::MayBeMade { before }, |customer| Met::Made { customer, changed, before });
            }
            Standing::MayBeChanged => {
                let changed = customer.customer(self.company, person);
                return changed.map_or(Met::Unlinked { before }, |customer| Met::Changed { customer, before });
            }
            Standing::Linked(outcome) => outcome,
        };
        match outcome {
            // A sync never brings an erased person back, whatever VAKA says of it now.
            Outcome::Skipped(reason @ SkipReason::CustomerDeleted) => Met::StillSkipped { reason, customer },
            // Whether the address is still ambiguous is up to the customers, not to VAKA.
            Outcome::Skipped(SkipReason::AmbiguousEmail) => Met::Unlinked { before },
            Outcome::Skipped(reason) if same => Met::StillSkipped { reason, customer },
            // Nearly everybody is, and a derived id is a hash: it is not worked out for them.
            _ if same && customer != Linked::Nobody => Met::Unchanged,
            _ => {
                let changed = customer.customer(self.company, person);
                changed.map_or(Met::Unlinked { before }, |customer| Met::Changed { customer, before })
            }
        }
    }

    /// The address of each user whom the walk has come to and who has one.
    pub fn addresses(&self) -> impl Iterator<Item = u64> + '_ {
        let met = self.entries.iter().filter(|(_, entry)| entry.standing.is_met() && entry.hash != NO_ADDRESS);
        met.map(|(_, entry)| u64::from_ne_bytes(entry.hash))
    }

    fn kind(&mut self, key: Key, customer: Linked) -> Kind {
        match customer {
            Linked::Derived => Kind::Derived,
            Linked::Nobody => Kind::Nobody,
            Linked::To(customer) => {
                self.adopted.insert(key, customer);
                Kind::Adopted
            }
        }
    }

    fn linked(&self, key: &Key, customer: Kind) -> Linked {
        match customer {
            Kind::Derived => Linked::Derived,
            Kind::Adopted => self.adopted.get(key).map_or(Linked::Nobody, |customer| Linked::To(*customer)),
            Kind::Nobody => Linked::Nobody,
        }
    }

    fn key(&mut self, person: &PersonKey) -> Key {
        let known = self.devices.iter().position(|device| *device == person.device);
        let place = known.unwrap_or_else(|| {
            self.devices.push(person.device);
            self.devices.len() - 1
        });
        // A company has a handful of systems: beyond 65,535 its links would not fit any partition.
        Key { device: u16::try_from(place).unwrap_or(u16::MAX).to_ne_bytes(), user: person.user }
    }

    fn person(&self, key: &Key) -> PersonKey {
        PersonKey { device: self.devices[usize::from(u16::from_ne_bytes(key.device))], user: key.user }
    }
}

/// Counts one user.
pub fn count(counters: &mut Counters, outcome: Outcome) {
    counters.found += 1;
    match outcome {
        Outcome::Created => counters.created += 1,
        Outcome::Updated => counters.updated += 1,
        Outcome::Unchanged => counters.unchanged += 1,
        Outcome::Skipped(_) => counters.skipped += 1,
    }
}

#[cfg(test)]
mod tests;
