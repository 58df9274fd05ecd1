//! The identifiers of the system, each a type of its own.
//!
//! A value of one of these types has been parsed once, at a door; nothing behind the door
//! handles a raw string, and a device can never be passed where a company is meant.
//! Their text form is always lowercase with hyphens.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::Timestamp;

/// The text was not a Guid in N, D or braced form. It does not carry the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Guid in N, D or braced form")]
pub struct NotAGuid;

macro_rules! guid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Reads the N (`0123…`), D (`0123-…`) or braced (`{0123-…}`) form, in any case.
            ///
            /// # Errors
            /// [`NotAGuid`] for everything else.
            pub fn parse(text: &str) -> Result<Self, NotAGuid> {
                parse(text).map(Self)
            }

            /// Wraps a Guid that has already been parsed.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The Guid itself.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

guid! {
    /// A company of BokaMera: the tenant, and the owner of every item.
    CompanyId
}
guid! {
    /// One sync. A UUID version 7, so that a company's jobs sort by the time they were accepted.
    JobId
}
guid! {
    /// One VAKA system of a company.
    DeviceId
}
guid! {
    /// A user of one VAKA system; only (device, user) names a person.
    UserId
}
guid! {
    /// A customer of a company in BokaMera.
    CustomerId
}

impl JobId {
    /// A new id for a job that is accepted `at` this time.
    #[must_use]
    pub fn mint(at: Timestamp) -> Self {
        let since_epoch_ms = u64::try_from(at.ms()).unwrap_or_default();
        let noise = random().into_bytes();
        let mut tail = [0; 10];
        // The version and variant bits of a v4 are at bytes 6 and 8: bytes 0..6 and 9..13 are all random.
        tail[..6].copy_from_slice(&noise[..6]);
        tail[6..].copy_from_slice(&noise[9..13]);
        Self(uuid::Builder::from_unix_timestamp_millis(since_epoch_ms, &tail).into_uuid())
    }
}

/// A token for one write that no other write has.
#[must_use]
pub fn write_token() -> String {
    random().to_string()
}

#[expect(clippy::disallowed_methods, reason = "the one place where random ids are made")]
fn random() -> Uuid {
    Uuid::new_v4()
}

fn parse(text: &str) -> Result<Uuid, NotAGuid> {
    // The parser of `uuid` also takes URNs, which no client of this API sends.
    if text.len() > 38 {
        return Err(NotAGuid);
    }
    Uuid::parse_str(text).map_err(|_| NotAGuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_read_in_its_three_forms_and_written_in_one() {
        for text in [
            "0199D5C4A1B27C3D8E4F5A6B7C8D9E0F",
            "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
            "{0199D5C4-A1B2-7C3D-8E4F-5A6B7C8D9E0F}",
        ] {
            assert_eq!(
                CompanyId::parse(text).map(|id| id.to_string()),
                Ok("0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f".to_owned())
            );
        }
    }

    #[test]
    fn anything_else_is_not_a_guid() {
        for text in [
            "",
            "x",
            "0199d5c4",
            "urn:uuid:0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
            "0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0\0",
        ] {
            assert_eq!(CompanyId::parse(text), Err(NotAGuid), "{text}");
        }
    }

    #[test]
    fn job_ids_sort_by_the_time_they_were_accepted() {
        let earlier = JobId::mint(Timestamp::from_ms(1_700_000_000_000));
        let later = JobId::mint(Timestamp::from_ms(1_700_000_000_001));
        assert!(earlier.to_string() < later.to_string());
        assert_eq!(earlier.as_uuid().get_version_num(), 7);
    }
}
