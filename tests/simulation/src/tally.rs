//! What all runs together have met.

use std::collections::BTreeMap;
use std::fmt;

use crate::chance::Fate;

/// Counts over one run, or many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<String, u64>);

impl Tally {
    pub(crate) fn call(&mut self, fate: Fate) {
        self.add("calls", 1);
        if fate != Fate::Well {
            self.add(&format!("faults: {}", fate.name()), 1);
        }
    }

    pub(crate) fn messages(&mut self, lost: bool, doubled: bool) {
        self.add("messages", 1);
        self.add("faults: message lost", u64::from(lost));
        self.add("faults: message doubled", u64::from(doubled));
    }

    /// One more of these, or several.
    pub(crate) fn add(&mut self, what: &str, times: u64) {
        if times == 0 {
            return;
        }
        match self.0.get_mut(what) {
            Some(so_far) => *so_far += times,
            None => drop(self.0.insert(what.to_owned(), times)),
        }
    }

    /// How many there were of these.
    #[must_use]
    pub fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    /// How many there were of all whose name begins so.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> u64 {
        self.0.iter().filter(|(what, _)| what.starts_with(kind)).map(|(_, times)| times).sum()
    }

    /// Takes another run's counts in.
    pub fn absorb(&mut self, other: &Self) {
        other.0.iter().for_each(|(what, times)| self.add(what, *times));
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, times)| writeln!(f, "  {what:<32} {times:>12}"))
    }
}
