//! What a walk thinks about 1,000 users, without what it reads and writes.

use std::collections::HashMap;
use std::hint::black_box;

use shared::ids::JobId;
use shared::outcome::Outcome;
use shared::table::link::{Fingerprint, JobStamp, Link, Linked, derived_id};
use sync::customers::fingerprint::FingerprintKey;
use sync::customers::index::CustomerIndex;
use sync::customers::person::Person;
use sync::source::{Group, GroupId, VakaUser};
use sync::walk::decision::{Sharing, identify};
use sync::walk::ledger::{Ledger, Met};
use uuid::Uuid;

use crate::Part;
use crate::people::{self, COMPANY, THOUSAND};

pub fn parts() -> Vec<Part> {
    vec![
        Part { name: "walk.fingerprints", times: 1, of: "the fingerprints of 1,000 users", prepare: fingerprints },
        Part { name: "walk.identities", times: 5, of: "who 1,000 users without a link are", prepare: identities },
        Part {
            name: "walk.ledger.enter",
            times: 10,
            of: "1,000 links entered into the ledger",
            prepare: || Box::new(|| drop(black_box(ledger()))),
        },
        Part { name: "walk.ledger.meet", times: 10, of: "1,000 unchanged users met in the ledger", prepare: meet },
    ]
}

/// What the company's fingerprints are made with.
pub fn key() -> FingerprintKey {
    FingerprintKey::new(&[7; 32]).expect("32 bytes")
}

/// Users, each with its group.
pub fn users(how_many: u64) -> Vec<(VakaUser, Option<Group>)> {
    let groups: HashMap<GroupId, Group> = people::read(&people::page_of_groups(how_many)).into_iter().collect();
    let group_of = |user: &VakaUser| user.group.and_then(|group| groups.get(&group)).cloned();
    people::read::<VakaUser>(&people::page_of_users(how_many))
        .into_iter()
        .map(|user| {
            let group = group_of(&user);
            (user, group)
        })
        .collect()
}

fn fingerprints() -> Box<dyn FnMut()> {
    let (key, users) = (key(), users(THOUSAND));
    Box::new(move || {
        for (user, group) in &users {
            black_box(key.of(user, group.as_ref()));
        }
    })
}

fn identities() -> Box<dyn FnMut()> {
    let (key, users) = (key(), users(THOUSAND));
    Box::new(move || {
        let mut index = CustomerIndex::default();
        for (number, (user, group)) in (0..).zip(&users) {
            let person = Person::read(user, group.as_ref()).expect("a name");
            let imprint = key.imprint_of(&person);
            black_box(identify(index.candidates(&imprint), Sharing::NotYetKnown));
            index.make(derived_id(COMPANY, &people::person(number)), imprint);
        }
    })
}

fn link(number: u64) -> Link {
    Link {
        person: people::person(number),
        customer: Linked::Derived,
        fingerprint: Fingerprint(number.to_be_bytes()),
        outcome: Outcome::Created,
        decided_by: JobStamp::of(&JobId::from_uuid(Uuid::from_u128(1))),
    }
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::new(COMPANY, JobStamp::of(&JobId::from_uuid(Uuid::from_u128(2))));
    (0..THOUSAND).for_each(|number| ledger.enter(&link(number)));
    ledger
}

fn meet() -> Box<dyn FnMut()> {
    // Each user is met once a walk, so each time needs a ledger of its own.
    let mut ledgers: Vec<_> = (0..11).map(|_| ledger()).collect();
    Box::new(move || {
        let Some(ledger) = ledgers.last_mut() else { return };
        for number in 0..THOUSAND {
            let met = ledger.meet(&people::person(number), Fingerprint(number.to_be_bytes()), Some(number));
            assert_eq!(met, Met::Unchanged);
        }
        // Not freed in here: that is no part of meeting somebody.
        std::mem::forget(ledgers.pop());
    })
}
