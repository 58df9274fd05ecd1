//! Who a user is in BokaMera.
//!
//! [`person`] reads a user as a person, [`index`] finds the customers that may already be that
//! person, [`embedded`] is the home in which customers are kept, and [`fingerprint`] tells
//! whether VAKA's data have changed since they were last written.

pub mod embedded;
pub mod fingerprint;
pub mod index;
pub mod person;
