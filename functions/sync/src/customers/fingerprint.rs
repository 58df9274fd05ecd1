//! The keyed fingerprint of a user's data: how a link knows that nothing has changed without
//! holding what there is.
//!
//! The key is the company's own and lies among its secrets, so a link says nothing to whoever
//! reads the state table, and nothing at all once the company's secrets are gone. An [`Imprint`]
//! is made with the same key: what a customer is found by, without what it is.

use std::fmt;

use ring::hmac;
use shared::table::link::Fingerprint;
use shared::table::report::Imprint;

use super::person::{Person, email_key, name_key};
use crate::source::{Group, VakaUser};

/// Changes whenever what is fingerprinted changes, so that every user is looked at again.
const FORM: &[u8] = b"1";
/// Room for what VAKA says of nearly every user, so that it is one piece of memory.
const ROOM_BYTES: usize = 256;
/// So that no imprint is a fingerprint, and no name an address.
const EMAIL: &[u8] = b"email";
const NAME: &[u8] = b"name";

/// A company's key for fingerprints.
pub struct FingerprintKey(hmac::Key);

impl FingerprintKey {
    /// A key of exactly 32 bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == 32).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// The fingerprint of what VAKA says of a user: all that a customer is made from.
    #[must_use]
    pub fn of(&self, user: &VakaUser, group: Option<&Group>) -> Fingerprint {
        let of_group = |member: fn(&Group) -> &Option<Box<str>>| group.and_then(|group| member(group).as_deref());
        let parts = [
            Some(user.name.as_str()),
            user.email.as_deref(),
            of_group(|group| &group.name),
            of_group(|group| &group.apartment_id),
            of_group(|group| &group.reference_id),
        ];
        let mut said = Vec::with_capacity(ROOM_BYTES);
        said.extend_from_slice(FORM);
        for part in parts {
            // Each part behind its length, so that no two lists of parts look alike; u64::MAX is "absent".
            said.extend_from_slice(&part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
            said.extend_from_slice(part.unwrap_or_default().as_bytes());
        }
        Fingerprint(self.hash(&said))
    }

    /// What a customer with this name and address is found by.
    #[must_use]
    pub fn imprint(&self, firstname: &str, lastname: &str, email: Option<&str>) -> Imprint {
        Imprint {
            email: email.map(|email| self.hash(&[EMAIL, email_key(email).as_bytes()].concat())),
            name: self.hash(&[NAME, name_key(firstname, lastname).as_bytes()].concat()),
        }
    }

    /// What a person's customer is found by once it is written.
    #[must_use]
    pub fn imprint_of(&self, person: &Person) -> Imprint {
        self.imprint(&person.firstname, &person.lastname, person.email.as_deref())
    }

    /// Of the whole at once: to go on with a hash that was begun costs more than the hash of what is so short.
    fn hash(&self, said: &[u8]) -> [u8; 8] {
        let mut short = [0; 8];
        short.copy_from_slice(&hmac::sign(&self.0, said).as_ref()[..8]);
        short
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ids::UserId;
    use uuid::Uuid;

    fn user(name: &str, email: Option<&str>) -> VakaUser {
        VakaUser {
            user_id: UserId::from_uuid(Uuid::nil()),
            name: name.to_owned(),
            email: email.map(str::to_owned),
            group: None,
        }
    }

    fn group(name: Option<&str>, apartment: Option<&str>) -> Group {
        Group { name: name.map(Box::from), apartment_id: apartment.map(Box::from), reference_id: None }
    }

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let key = FingerprintKey::new(&[7; 32]).expect("32 bytes");
        let prints = [
            key.of(&user("ab", None), None),
            key.of(&user("a", Some("b")), None),
            key.of(&user("ab", Some("")), None),
            key.of(&user("ab", None), Some(&group(Some("g"), None))),
            key.of(&user("ab", None), Some(&group(None, Some("g")))),
            FingerprintKey::new(&[8; 32]).expect("32 bytes").of(&user("ab", None), None),
        ];
        for (at, print) in prints.iter().enumerate() {
            assert!(!prints[..at].contains(print), "number {at} is not its own");
        }
        assert_eq!(prints[0], key.of(&user("ab", None), None));
    }

    #[test]
    fn a_key_of_another_length_is_none() {
        assert!(FingerprintKey::new(&[7; 31]).is_none());
    }
}
