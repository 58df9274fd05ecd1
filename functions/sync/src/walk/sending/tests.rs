//! How many refusals are too many.

use super::*;

#[test]
fn more_than_half_of_at_least_fifty_are_too_many() {
    let refused = Outcome::Skipped(SkipReason::OwnAccount);
    for (taken, not_taken, too_many) in
        [(0, 49, false), (0, 50, true), (25, 25, false), (24, 26, true), (60, 59, false)]
    {
        let mut refusals = Refusals::default();
        (0..taken).for_each(|_| refusals.note(Outcome::Created));
        (0..not_taken).for_each(|_| refusals.note(refused));
        assert_eq!(refusals.are_too_many(), too_many, "{taken} and {not_taken}");
    }
}

#[test]
fn who_was_deleted_was_not_refused() {
    let mut refusals = Refusals::default();
    (0..100).for_each(|_| refusals.note(Outcome::Skipped(SkipReason::CustomerDeleted)));
    assert!(!refusals.are_too_many());
}
