//! Refusals: records that the target does not want, and how often it is asked again for one.
//!
//! Where it refuses most of what it is asked, or fails at one record whatever it is asked, that says little about
//! the record. The user's link then keeps another fingerprint than the data have, so that the next sync takes the
//! data for changed and asks again. Which fingerprint that is says how often it has been so, and for a few it comes to
//! an end: a company must not pay every night for what will never be taken. It does not while many are refused.
//!
//! That a customer has an account of its own is an answer about that customer. So it is counted once, and after that it
//! ends no sync and keeps nobody else's question open.

use shared::outcome::{Outcome, SkipReason};
use shared::table::link::{Before, Fingerprint};

/// Records before it is judged how many of them were refused.
const FEWEST_JUDGED: u64 = 50;

/// Syncs that ask again for one record: a week of one a night.
const MOST_ASKED_AGAIN: u8 = 7;

/// Records that are refused for good, or at which the target fails, are no more than these where nothing is wrong with it.
pub const A_FEW: u64 = 5;

/// How many records the target was asked to take, and how many it did not want.
#[derive(Debug, Default, Clone, Copy)]
pub struct Refusals {
    asked: u64,
    refused: u64,
}

impl Refusals {
    /// Takes note of what became of a record that so many syncs in a row have asked for in vain.
    pub fn note(&mut self, outcome: Outcome, in_vain: u8) {
        let reason = outcome.reason().filter(|reason| *reason != SkipReason::CustomerDeleted);
        if reason != Some(SkipReason::OwnAccount) || in_vain == 0 {
            self.asked += 1;
            self.refused += u64::from(reason.is_some());
        }
    }

    /// Whether something is wrong with the target, and not with the records.
    #[must_use]
    pub const fn are_too_many(&self) -> bool {
        self.asked >= FEWEST_JUDGED && self.are_most()
    }

    /// Whether a record that was refused is to be asked for again, after so many syncs that have done so in vain.
    #[must_use]
    pub const fn say_little(&self, in_vain: u8) -> bool {
        self.are_most() || (in_vain > 0 && self.asked == 0)
    }

    /// The fingerprint of the link of a user with these data for whom the next sync is to ask again, unless enough have.
    #[must_use]
    pub fn to_be_asked_again(&self, data: Fingerprint, in_vain: u8) -> Fingerprint {
        let are_many = self.asked > A_FEW && self.are_most();
        match in_vain {
            ..MOST_ASKED_AGAIN => marked(data, in_vain + 1),
            _ if are_many => marked(data, MOST_ASKED_AGAIN),
            _ => data,
        }
    }

    /// Whether more are refused than taken.
    const fn are_most(&self) -> bool {
        self.refused * 2 > self.asked
    }
}

/// How many syncs in a row have asked in vain for the user with these data whose link is this.
#[must_use]
pub fn asked_in_vain(data: Fingerprint, before: Before) -> u8 {
    let Before::Was(was) = before else { return 0 };
    (1..=MOST_ASKED_AGAIN).find(|times| marked(data, *times) == was).unwrap_or(0)
}

/// The fingerprint of the link of a user with these data for whom one sync has asked in vain.
#[must_use]
pub fn asked_once(data: Fingerprint) -> Fingerprint {
    marked(data, 1)
}

fn marked(data: Fingerprint, times: u8) -> Fingerprint {
    Fingerprint(data.0.map(|byte| byte ^ times))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: Fingerprint = Fingerprint(*b"the data");
    const REFUSED: Outcome = Outcome::Skipped(SkipReason::OwnAccount);

    fn after(outcomes: &[(u64, Outcome)]) -> Refusals {
        let mut refusals = Refusals::default();
        for (times, outcome) in outcomes {
            (0..*times).for_each(|_| refusals.note(*outcome, 0));
        }
        refusals
    }

    #[test]
    fn more_than_half_of_at_least_fifty_are_too_many() {
        for (taken, not_taken, too_many) in
            [(0, 49, false), (0, 50, true), (25, 25, false), (24, 26, true), (60, 59, false)]
        {
            let refusals = after(&[(taken, Outcome::Created), (not_taken, REFUSED)]);
            assert_eq!(refusals.are_too_many(), too_many, "{taken} and {not_taken}");
        }
    }

    #[test]
    fn who_was_deleted_was_not_refused() {
        assert!(!after(&[(100, Outcome::Skipped(SkipReason::CustomerDeleted))]).are_too_many());
    }

    #[test]
    fn an_account_of_its_own_is_not_counted_again_and_who_is_taken_at_last_is() {
        let mut refusals = after(&[(49, REFUSED)]);
        (0..100).for_each(|_| refusals.note(REFUSED, 1));
        assert!(!refusals.are_too_many());
        let mut others = refusals;
        others.note(Outcome::Skipped(SkipReason::Rejected), 1);
        assert!(others.are_too_many(), "that says nothing about a customer, so it counts each time");
        (0..48).for_each(|_| refusals.note(Outcome::Created, 1));
        assert!(refusals.are_too_many() && refusals.say_little(0));
        (0..1).for_each(|_| refusals.note(Outcome::Created, 1));
        assert!(!refusals.are_too_many() && !refusals.say_little(0));
    }

    #[test]
    fn a_refusal_says_little_where_most_are_refused_or_nobody_else_was_asked_for() {
        for (refusals, in_vain, says_little) in [
            (after(&[]), 0, false),
            (after(&[]), 1, true),
            (after(&[(1, REFUSED)]), 0, true),
            (after(&[(1, REFUSED), (1, Outcome::Created)]), 0, false),
            (after(&[(1, Outcome::Created)]), 3, false),
        ] {
            assert_eq!(refusals.say_little(in_vain), says_little, "{refusals:?} {in_vain}");
        }
    }

    #[test]
    fn a_record_is_asked_for_again_as_often_as_is_said_and_then_no_more_but_where_many_are_refused() {
        let rejected = Outcome::Skipped(SkipReason::Rejected);
        for (refusals, ends) in [
            (after(&[]), true),
            (after(&[(A_FEW, rejected)]), true),
            (after(&[(A_FEW + 1, rejected)]), false),
            (after(&[(A_FEW + 1, rejected), (A_FEW + 1, Outcome::Created)]), true),
        ] {
            let mut link = DATA;
            let mut asked = 0;
            for _ in 0..=MOST_ASKED_AGAIN {
                link = refusals.to_be_asked_again(DATA, asked_in_vain(DATA, Before::Was(link)));
                if link == DATA {
                    break;
                }
                asked = MOST_ASKED_AGAIN.min(asked + 1);
                assert_eq!(asked_in_vain(DATA, Before::Was(link)), asked);
            }
            assert_eq!((asked, link == DATA), (MOST_ASKED_AGAIN, ends), "{refusals:?}");
        }
        assert_eq!(asked_in_vain(DATA, Before::Was(asked_once(DATA))), 1);
        for before in [Before::Absent, Before::Was(DATA), Before::Was(Fingerprint(*b"others !"))] {
            assert_eq!(asked_in_vain(DATA, before), 0, "{before:?}");
        }
    }

    #[test]
    fn no_mark_is_another_or_the_data_whatever_these_are() {
        for data in [[0; 8], [0xff; 8], DATA.0].map(Fingerprint) {
            for times in 1..=MOST_ASKED_AGAIN {
                assert_eq!(asked_in_vain(data, Before::Was(marked(data, times))), times, "{data:?}");
                assert_ne!(marked(data, times), data, "{times}");
            }
        }
    }
}
