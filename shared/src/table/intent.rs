//! Intents: what is about to be done to a customer outside the table, written down before it is
//! done, on the lease's condition.
//!
//! A customer that another system keeps cannot be written in the transaction that writes its link.
//! A worker that dies between the two would leave nobody who knows whether the call took effect.
//! So an intent takes the place of the user's link before the call, and the link takes the place
//! of the intent in the commit after it. Whoever finds an intent knows that the call may have
//! taken effect, and looks.
//!
//! An intent is an item with the key and the attributes of a [`link`](super::link), and these:
//!
//! | attribute | what | when absent |
//! | --- | --- | --- |
//! | `o` | `M` a customer is being made, `A` one was made and is being changed before it is counted, `W` one is being written | never |
//! | `e`, `n` | for `M`: keyed hashes of e-mail address and name that the customer is made with | no address; not `M` |
//!
//! Nothing is counted by an intent. It holds no name and no address.

use crate::ids::CompanyId;

use super::Table;
use super::action::Action;
use super::link::{Before, Fingerprint, JobStamp, Letter, LinkItem, Linked, PersonKey, customer_bytes};
use super::report::Imprint;

/// What is about to be done for one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intent {
    /// The user.
    pub person: PersonKey,
    /// The user's data that are being written.
    pub fingerprint: Fingerprint,
    /// What is being done.
    pub purpose: Purpose,
    /// By which job.
    pub written_by: JobStamp,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A customer is made, to be found by this whatever id it is given.
    Create(Imprint),
    /// This customer was made by an earlier try and is changed; it is still to be counted as made.
    Created(Linked),
    /// This customer is changed.
    Update(Linked),
}

impl Table {
    /// The write of one intent, for a commit, on condition that the user's link is still as it was
    /// read.
    #[must_use]
    pub fn intent_write(&self, company: CompanyId, intent: &Intent, before: Before) -> Action {
        self.link_item_write(&to_item(company, intent), before)
    }
}

pub(super) fn to_item(company: CompanyId, intent: &Intent) -> LinkItem {
    let (o, customer, imprint) = match intent.purpose {
        Purpose::Create(imprint) => (Letter::M, Linked::Nobody, Some(imprint)),
        Purpose::Created(customer) => (Letter::A, customer, None),
        Purpose::Update(customer) => (Letter::W, customer, None),
    };
    LinkItem {
        company,
        person: intent.person,
        c: customer_bytes(customer),
        f: intent.fingerprint.0,
        o,
        r: None,
        e: imprint.and_then(|imprint| imprint.email),
        n: imprint.map(|imprint| imprint.name),
        j: intent.written_by.bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CustomerId, DeviceId, JobId, UserId};
    use crate::table::link::{Known, read};
    use uuid::Uuid;

    #[test]
    fn an_intent_is_read_as_it_was_written_and_is_no_link() {
        let company = CompanyId::from_uuid(Uuid::from_u128(7));
        let other = Linked::To(CustomerId::from_uuid(Uuid::from_u128(9)));
        for purpose in [
            Purpose::Create(Imprint { email: Some(*b"an email"), name: *b"the name" }),
            Purpose::Create(Imprint { email: None, name: *b"the name" }),
            Purpose::Created(other),
            Purpose::Created(Linked::Derived),
            Purpose::Update(other),
            Purpose::Update(Linked::Derived),
        ] {
            let intent = Intent {
                person: PersonKey {
                    device: DeviceId::from_uuid(Uuid::from_u128(1)),
                    user: UserId::from_uuid(Uuid::max()),
                },
                fingerprint: Fingerprint(*b"12345678"),
                purpose,
                written_by: JobStamp::of(&JobId::from_uuid(Uuid::max())),
            };
            assert_eq!(read(&to_item(company, &intent)).expect("an intent"), Known::Intent(intent));
        }
    }
}
