//! What more than one function needs, and nothing else.
//!
//! In reading order: who ([`ids`]), when ([`clock`]), what ([`job`], [`outcome`]), where it is kept
//! ([`table`], and [`secrets`] apart from it), how a connection is tried
//! ([`connection_test`](mod@connection_test)), how a worker is nudged ([`queue`]), how both together accept a job
//! ([`handoff`]) and rescue it ([`recovery`]), when a job starts by itself ([`schedule`]), and what a process is
//! started with ([`settings`], [`aws`] over [`mod@http`], [`telemetry`]).
//!
//! A thing is in here only if two functions open its door.

pub mod aws;
pub mod clock;
pub mod connection_test;
pub mod handoff;
pub mod http;
pub mod ids;
pub mod job;
pub mod outcome;
pub mod queue;
pub mod recovery;
pub mod schedule;
pub mod secrets;
pub mod settings;
pub mod table;
pub mod telemetry;
