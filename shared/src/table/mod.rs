//! The state table: every key, attribute and condition of it is in this folder and nowhere else.
//!
//! Partition key `company`, sort key `item`:
//!
//! | sort key | what it is | written by |
//! | --- | --- | --- |
//! | `LOCK` | the company's lock | acquire; every end; whoever meets it without an active job |
//! | `JOB#<uuid v7>` | one job | acquire, start, commit, hand-over, recovery; every end |
//! | `LINK#<device>#<user>` | which customer a user is, or what is about to be done about it | commit |
//! | `REPORT#<job>#<part>` | what a job decided about whom, for one commit | commit |
//! | `EVENT#<job>` | that a job has ended, until that has been told | every end; removed by the recover function |
//! | `CONNECTION` | the open part of the company's connection | an administrator; its `due_at` by what uses it up |
//!
//! An end is finish, abandon, recovery that gives a job up, cancel, or the removal or switching off of
//! the connection.
//!
//! [`schema`] names the attributes with their units, [`acquire`] and [`lease`] are the steps of
//! the protocol, each one conditional write. The invariant they hold together: at most one job
//! of a company is active, and at most one worker writes for it. [`action`] and [`attributes`] are
//! how what they write is put on the wire.

pub mod acquire;
pub mod action;
pub mod attributes;
pub mod cancel;
pub mod connection;
pub mod due;
pub mod expression;
pub mod intent;
pub mod jobs;
pub mod lapsed;
pub mod lease;
pub mod link;
pub mod outbox;
pub mod report;
pub mod scheduled;
pub mod schema;
#[cfg(test)]
mod standin;
mod transaction;
pub mod unread;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// The state table, and the client it is reached by. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
}

/// A call to the table that came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The table could not be reached, or did not answer properly, after the SDK's retries.
    #[error("{operation} failed: {code}")]
    Unavailable {
        /// Which call.
        operation: &'static str,
        /// The service's error code, or the kind of failure on the way to it.
        code: String,
    },
    /// Other transactions were at the same items for as long as we tried.
    #[error("{operation} met other transactions {tries} times")]
    Contended {
        /// Which call.
        operation: &'static str,
        /// How often it was tried.
        tries: u32,
    },
    /// An item could not be read or written as what it is.
    #[error("the item {item} does not have the expected form")]
    Malformed {
        /// Which kind of item.
        item: &'static str,
        /// What the mapping says.
        #[source]
        source: serde_dynamo::Error,
    },
}

impl TableError {
    pub(crate) fn unavailable<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> Self {
        Self::Unavailable { operation, code: crate::aws::code(error, error.code()) }
    }

    pub(crate) const fn malformed(item: &'static str) -> impl FnOnce(serde_dynamo::Error) -> Self {
        move |source| Self::Malformed { item, source }
    }
}

impl Table {
    /// The state table of this name.
    #[must_use]
    pub fn new(aws: &crate::aws::SdkConfig, name: impl Into<String>) -> Self {
        Self { client: Client::new(aws), name: name.into() }
    }
}
