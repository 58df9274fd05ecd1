//! Who a user is in BokaMera.
//!
//! [`person`] reads a user as a person, [`index`] finds the customers that may already be that
//! person, [`home`] is where customers are kept, which is the [`embedded`] table or BokaMera's
//! [`rest`] API, and [`fingerprint`] tells whether VAKA's data have changed since they were last
//! written.

pub mod embedded;
pub mod fingerprint;
pub mod home;
pub mod index;
pub mod person;
pub mod rest;
