//! The facts that the demo shows, each compared with what it should be.

use std::fmt::Display;

use serde_json::Value;
use thiserror::Error;

/// A fact that is not so.
#[derive(Debug, Error)]
pub enum Doubt {
    /// Another value than expected.
    #[error("not so: {fact}: expected {expected}, found {found}")]
    NotSo {
        /// The fact.
        fact: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A job without its counters.
    #[error("the job has no {member}")]
    NoCounter {
        /// The member.
        member: &'static str,
    },
    /// The job cannot be read.
    #[error("the job cannot be read: the HTTP API answered {status}")]
    NoJob {
        /// The status.
        status: u16,
    },
    /// Nothing has happened for too long.
    #[error("the job has shown no progress for {seconds} s")]
    Stuck {
        /// For how long.
        seconds: u64,
    },
}

/// A fact with the value that it should have and the one that it has.
pub(super) fn hold<T: PartialEq + Display>(fact: &'static str, expected: T, found: T) -> Result<(), Doubt> {
    if expected == found {
        return Ok(());
    }
    Err(Doubt::NotSo { fact, expected: expected.to_string(), found: found.to_string() })
}

/// A job's counters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    pub found: usize,
    pub created: usize,
    pub updated: usize,
}

impl Counts {
    pub(super) fn of(job: &Value) -> Result<Self, Doubt> {
        let count = |member: &'static str| {
            let number = job[member].as_u64().and_then(|number| usize::try_from(number).ok());
            number.ok_or(Doubt::NoCounter { member })
        };
        Ok(Self { found: count("UsersFound")?, created: count("UsersCreated")?, updated: count("UsersUpdated")? })
    }
}
