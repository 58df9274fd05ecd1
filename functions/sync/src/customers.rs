//! Who a user is in BokaMera.
//!
//! [`person`] reads a user as a person, [`index`] finds the customers that may already be that
//! person, [`embedded`] is the home in which customers are kept, and [`fingerprint`] tells
//! whether VAKA's data have changed since they were last written.

pub mod embedded;
pub mod fingerprint;
pub mod index;
pub mod person;

use shared::ids::{CompanyId, CustomerId};
use shared::table::link::PersonKey;
use uuid::Uuid;

/// The id of the customer that a sync makes for a user: always the same one, so that a create
/// that is repeated after a crash meets its own first try.
#[must_use]
pub fn derived_id(company: CompanyId, person: &PersonKey) -> CustomerId {
    let mut name = [0; 32];
    name[..16].copy_from_slice(person.device.as_uuid().as_bytes());
    name[16..].copy_from_slice(person.user.as_uuid().as_bytes());
    CustomerId::from_uuid(Uuid::new_v5(company.as_uuid(), &name))
}
