use std::collections::BTreeSet;

use super::*;
use shared::ids::JobId;
use shared::table::link::derived_id;
use uuid::Uuid;

const COMPANY: CompanyId = CompanyId::from_uuid(Uuid::from_u128(1));
const OLD: Fingerprint = Fingerprint(*b"old data");
const NEW: Fingerprint = Fingerprint(*b"new data");

fn job(n: u128) -> JobStamp {
    JobStamp::of(&JobId::from_uuid(Uuid::from_u128(n)))
}

fn person(n: u128) -> PersonKey {
    PersonKey { device: DeviceId::from_uuid(Uuid::from_u128(5)), user: UserId::from_uuid(Uuid::from_u128(n)) }
}

fn met(outcome: Outcome, customer: Linked, by: JobStamp, fingerprint: Fingerprint) -> Met {
    let mut ledger = Ledger::new(COMPANY, job(2));
    ledger.enter(&Link { person: person(1), customer, fingerprint: OLD, outcome, decided_by: by });
    ledger.meet(&person(1), fingerprint, None)
}

#[test]
fn every_standing_has_its_answer() {
    let other = CustomerId::from_uuid(Uuid::from_u128(9));
    let before = || Before::Was(OLD);
    let still = |reason, customer| Met::StillSkipped { reason, customer };
    let deleted = Outcome::Skipped(SkipReason::CustomerDeleted);
    let nameless = Outcome::Skipped(SkipReason::MissingName);
    let ambiguous = Outcome::Skipped(SkipReason::AmbiguousEmail);
    let derived = derived_id(COMPANY, &person(1));
    for (outcome, customer, by, now, expected) in [
        (Outcome::Created, Linked::Derived, job(2), NEW, Met::Done),
        (Outcome::Created, Linked::Derived, job(1), OLD, Met::Unchanged),
        (Outcome::Created, Linked::Derived, job(1), NEW, Met::Changed { customer: derived, before: before() }),
        (Outcome::Updated, Linked::To(other), job(1), NEW, Met::Changed { customer: other, before: before() }),
        (deleted, Linked::To(other), job(1), NEW, still(SkipReason::CustomerDeleted, Linked::To(other))),
        (nameless, Linked::Nobody, job(1), OLD, still(SkipReason::MissingName, Linked::Nobody)),
        (nameless, Linked::Nobody, job(1), NEW, Met::Unlinked { before: before() }),
        (ambiguous, Linked::Nobody, job(1), OLD, Met::Unlinked { before: before() }),
    ] {
        assert_eq!(met(outcome, customer, by, now), expected, "{outcome:?} {customer:?}");
    }
}

#[test]
fn a_user_that_comes_twice_is_met_once_whatever_its_data() {
    let mut ledger = Ledger::new(COMPANY, job(2));
    assert_eq!(ledger.meet(&person(1), OLD, None), Met::Unlinked { before: Before::Absent });
    assert_eq!(ledger.meet(&person(1), NEW, None), Met::Again);
}

#[test]
fn only_what_this_job_decided_is_counted_from_links() {
    let mut ledger = Ledger::new(COMPANY, job(2));
    for (n, by) in [(1, job(1)), (2, job(2)), (3, job(2))] {
        let link = Link {
            person: person(n),
            customer: Linked::Derived,
            fingerprint: OLD,
            outcome: Outcome::Created,
            decided_by: by,
        };
        ledger.enter(&link);
    }
    assert_eq!(ledger.decided_before(), Counters { found: 2, created: 2, ..Counters::default() });
    assert_eq!(ledger.customers().count(), 3);
}

#[test]
fn an_intent_is_counted_by_nobody_and_met_as_what_may_have_been_done() {
    let mut ledger = Ledger::new(COMPANY, job(2));
    let imprint = Imprint { email: None, name: *b"the name" };
    let other = CustomerId::from_uuid(Uuid::from_u128(9));
    for (n, purpose) in [
        (1, Purpose::Create(imprint)),
        (2, Purpose::Create(imprint)),
        (3, Purpose::Created(Linked::Derived)),
        (4, Purpose::Update(Linked::To(other))),
    ] {
        ledger.enter_intent(&Intent { person: person(n), fingerprint: OLD, purpose, written_by: job(2) });
    }
    assert_eq!(ledger.decided_before(), Counters::default());
    assert_eq!(ledger.uncertain(), [(person(1), imprint), (person(2), imprint)]);
    let found = CustomerId::from_uuid(Uuid::from_u128(8));
    ledger.found(&person(1), found);
    assert_eq!(ledger.customers().count(), 3);
    let before = || Before::Was(OLD);
    let derived = derived_id(COMPANY, &person(3));
    assert_eq!(ledger.meet(&person(1), OLD, None), Met::Made { customer: found, changed: false, before: before() });
    assert_eq!(ledger.meet(&person(2), OLD, None), Met::MayBeMade { before: before() });
    // Whether the data it was to be changed to were written is not known, so they are written again.
    assert_eq!(ledger.meet(&person(3), OLD, None), Met::Made { customer: derived, changed: true, before: before() });
    assert_eq!(ledger.meet(&person(4), OLD, None), Met::Changed { customer: other, before: before() });
}

#[test]
fn who_was_in_doubt_and_has_a_link_is_in_doubt_no_more() {
    let mut ledger = Ledger::new(COMPANY, job(2));
    let purpose = Purpose::Create(Imprint { email: None, name: *b"the name" });
    ledger.enter_intent(&Intent { person: person(1), fingerprint: OLD, purpose, written_by: job(1) });
    ledger.enter(&Link { decided_by: job(2), ..created(person(1)) });
    assert_eq!(ledger.uncertain(), []);
    assert_eq!(ledger.meet(&person(1), OLD, None), Met::Done);
}

#[test]
fn the_addresses_are_those_of_the_users_who_were_met_each_as_it_came_first() {
    let mut ledger = Ledger::new(COMPANY, job(2));
    for (n, by) in [(1, job(1)), (2, job(2)), (3, job(1))] {
        ledger.enter(&Link { decided_by: by, ..created(person(n)) });
    }
    let uncertain = Intent {
        person: person(4),
        fingerprint: OLD,
        purpose: Purpose::Create(Imprint { email: None, name: *b"the name" }),
        written_by: job(1),
    };
    ledger.enter_intent(&uncertain);
    assert_eq!(ledger.addresses().count(), 0);
    // Changed, done before, again with another address, never there before, and without an address.
    for (n, data, address) in
        [(1, NEW, Some(11)), (2, OLD, Some(12)), (1, NEW, Some(13)), (5, OLD, Some(11)), (6, OLD, None)]
    {
        ledger.meet(&person(n), data, address);
    }
    ledger.commit(&created(person(1)));
    let mut addresses: Vec<_> = ledger.addresses().collect();
    addresses.sort_unstable();
    assert_eq!(addresses, [11, 11, 12]);
}

#[test]
fn whoever_has_been_decided_about_is_a_customer_and_no_longer_in_doubt() {
    let mut ledger = Ledger::new(COMPANY, job(2));
    let purpose = Purpose::Create(Imprint { email: None, name: *b"the name" });
    ledger.enter_intent(&Intent { person: person(1), fingerprint: OLD, purpose, written_by: job(1) });
    let other = CustomerId::from_uuid(Uuid::from_u128(9));
    for (n, customer) in [(1, Linked::Derived), (2, Linked::To(other)), (3, Linked::Nobody)] {
        ledger.meet(&person(n), OLD, None);
        ledger.commit(&Link { customer, ..created(person(n)) });
    }
    let customers: BTreeSet<_> = ledger.customers().collect();
    assert_eq!(customers, BTreeSet::from([derived_id(COMPANY, &person(1)), other]));
    assert!(ledger.uncertain().is_empty());
}

#[test]
fn an_entry_is_as_small_as_the_page_says() {
    assert_eq!(size_of::<(Key, Entry)>(), 28);
}

fn created(person: PersonKey) -> Link {
    Link { person, customer: Linked::Derived, fingerprint: OLD, outcome: Outcome::Created, decided_by: job(1) }
}

#[test]
fn a_user_id_of_two_systems_is_two_users() {
    let mut ledger = Ledger::new(COMPANY, job(2));
    let other = |n| PersonKey { device: DeviceId::from_uuid(Uuid::from_u128(6)), ..person(n) };
    ledger.enter(&created(person(1)));
    ledger.enter(&created(other(1)));
    let customers: BTreeSet<_> = ledger.customers().collect();
    assert_eq!(customers, BTreeSet::from([derived_id(COMPANY, &person(1)), derived_id(COMPANY, &other(1))]));
    assert_eq!(ledger.meet(&other(1), OLD, None), Met::Unchanged);
    assert_eq!(ledger.meet(&person(1), OLD, None), Met::Unchanged);
    assert_eq!(ledger.meet(&other(2), OLD, None), Met::Unlinked { before: Before::Absent });
}

#[test]
fn a_ledger_with_a_link_is_not_that_of_a_first_sync() {
    let mut ledger = Ledger::new(COMPANY, job(2));
    assert!(ledger.is_empty());
    ledger.enter(&created(person(1)));
    assert!(!ledger.is_empty());
}

#[test]
fn each_user_is_found_and_counted_as_one_of_the_others() {
    let mut counters = Counters::default();
    let skipped = Outcome::Skipped(SkipReason::MissingName);
    for (outcome, times) in [(Outcome::Created, 1), (Outcome::Updated, 2), (Outcome::Unchanged, 3), (skipped, 4)] {
        (0..times).for_each(|_| count(&mut counters, outcome));
    }
    assert_eq!(counters, Counters { found: 10, created: 1, updated: 2, unchanged: 3, skipped: 4 });
}
