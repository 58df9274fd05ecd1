//! The queue door and the walk: source, decisions, customers.
//!
//! In reading order: [`door`] takes a message and starts a worker on its job, [`slice`](mod@slice) is one
//! worker's time on it, [`walk`] goes through the users and decides about each, [`source`] reads
//! them from VAKA, [`customers`] knows who they are in BokaMera, and [`failure`] says in plain
//! words why a job ended. [`connection_test`](mod@connection_test) tries what a sync will need. [`outgoing`] is how
//! requests are made to servers of other people. [`secrets`] and [`settings`] are what they are started with. What a
//! walk holds in memory lies in [`compact`] collections.

pub mod compact;
pub mod connection_test;
pub mod customers;
pub mod door;
pub mod failure;
pub mod outgoing;
pub mod secrets;
pub mod settings;
pub mod slice;
pub mod source;
pub mod walk;
