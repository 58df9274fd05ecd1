//! What has been asked of the endpoint: requests, units and messages, by what they were about.

use std::collections::BTreeMap;
use std::ops::Sub;

/// What an item is, by the published design of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A customer.
    Customer,
    /// Which customer a user is.
    Link,
    /// A part of a job's report.
    Report,
    /// Job, lock and event of an end.
    Job,
    /// An entry of a sparse index of jobs and due times.
    Index,
    /// A company's connection.
    Connection,
    /// A secret.
    Secret,
}

impl Subject {
    /// Everything that an item can be.
    pub const ALL: [Self; 7] =
        [Self::Customer, Self::Link, Self::Report, Self::Job, Self::Index, Self::Connection, Self::Secret];

    /// What it is called in a table for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customer => "customers",
            Self::Link => "links",
            Self::Report => "report",
            Self::Job => "job, lock and event",
            Self::Index => "indexes",
            Self::Connection => "connection",
            Self::Secret => "secrets",
        }
    }

    /// Whether there is one for each user.
    #[must_use]
    pub const fn is_a_users(self) -> bool {
        matches!(self, Self::Customer | Self::Link)
    }
}

/// Counts since the endpoint started, or between two moments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to DynamoDB, by operation.
    pub requests: BTreeMap<&'static str, u64>,
    /// Write units, by what was written.
    pub write_units: BTreeMap<Subject, u64>,
    /// Half read units, by what was read.
    pub read_half_units: BTreeMap<Subject, u64>,
    /// Messages sent to the queue.
    pub messages: u64,
    /// Events sent to the bus.
    pub events: u64,
}

impl Counts {
    /// All requests to DynamoDB.
    #[must_use]
    pub fn all_requests(&self) -> u64 {
        self.requests.values().sum()
    }

    /// All write units.
    #[must_use]
    pub fn all_write_units(&self) -> u64 {
        self.write_units.values().sum()
    }

    /// Write units of what there is one of for each user.
    #[must_use]
    pub fn users_write_units(&self) -> u64 {
        self.write_units.iter().filter(|(subject, _)| subject.is_a_users()).map(|(_, units)| units).sum()
    }

    /// All read units.
    #[must_use]
    pub fn all_read_units(&self) -> f64 {
        self.read_half_units.values().map(|half| f64::from(u32::try_from(*half).unwrap_or(u32::MAX))).sum::<f64>() / 2.0
    }

    pub(super) fn wrote(&mut self, subject: Subject, units: u64) {
        *self.write_units.entry(subject).or_default() += units;
    }

    pub(super) fn read(&mut self, subject: Subject, half_units: u64) {
        *self.read_half_units.entry(subject).or_default() += half_units;
    }
}

impl Sub<&Self> for Counts {
    type Output = Self;

    fn sub(self, earlier: &Self) -> Self {
        fn less<K: Ord>(mut later: BTreeMap<K, u64>, earlier: &BTreeMap<K, u64>) -> BTreeMap<K, u64> {
            for (key, count) in &mut later {
                *count -= earlier.get(key).copied().unwrap_or_default();
            }
            later.retain(|_, count| *count > 0);
            later
        }
        Self {
            requests: less(self.requests, &earlier.requests),
            write_units: less(self.write_units, &earlier.write_units),
            read_half_units: less(self.read_half_units, &earlier.read_half_units),
            messages: self.messages - earlier.messages,
            events: self.events - earlier.events,
        }
    }
}
