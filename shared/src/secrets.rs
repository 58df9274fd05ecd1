//! The secrets table: what the api function writes there and the sync function reads.
//!
//! | `owner` | attributes |
//! | --- | --- |
//! | `INTEGRATOR` | `client_id`, `client_secret`: the account that the whole deployment signs in with |
//! | `BOKAMERA` | `username`, `password`, `api_key`: the account that customers are written with, where they are at BokaMera |
//! | a company's Guid | `api_key`; `fingerprint_key`, 32 random bytes |
//!
//! A company's fingerprint key is made with its first api key and then left alone, also when the
//! connection is removed: with another one every user of a company that is connected again would
//! look changed, and what was corrected by hand would be written over.
//!
//! What this module does not do: read. Nothing here gives a secret back. No write here has a
//! condition, because a condition that fails can bring the item with it.

use std::fmt;

use crate::ids::CompanyId;
use crate::table::action::Action;
use crate::table::attributes::Attributes;

/// The partition key.
pub const OWNER: &str = "owner";
/// The partition key's value for the deployment's account at VAKA Online.
pub const INTEGRATOR: &str = "INTEGRATOR";
/// The partition key's value for the deployment's account at BokaMera.
pub const BOKAMERA: &str = "BOKAMERA";

/// An api key is sent in a header, among others that a server has to take.
pub const LONGEST_API_KEY: usize = 1_024;

const STORE: &str = "SET #api_key = :api_key, #fingerprint_key = if_not_exists(#fingerprint_key, :fresh)";
const FORGET: &str = "REMOVE #api_key";

/// A company's key to its VAKA systems. It does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// The text cannot be an api key. It does not carry the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the api key is empty, too long, or holds characters that cannot be sent")]
pub struct NotAnApiKey;

impl ApiKey {
    /// Reads an api key; blanks around it are dropped.
    ///
    /// # Errors
    /// [`NotAnApiKey`] when it is empty, longer than [`LONGEST_API_KEY`], or holds anything but
    /// visible ASCII.
    pub fn parse(text: &str) -> Result<Self, NotAnApiKey> {
        let text = text.trim();
        let fits = (1..=LONGEST_API_KEY).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAnApiKey) }
    }

    /// The key itself, for whoever sends or stores it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

/// The key of the fingerprints of a company that has none yet. It does not show itself.
pub struct FreshKey([u8; Self::BYTES]);

impl FreshKey {
    /// As long as the digest that it keys.
    pub const BYTES: usize = 32;

    /// Takes bytes that were drawn at random for this.
    #[must_use]
    pub const fn new(drawn: [u8; Self::BYTES]) -> Self {
        Self(drawn)
    }
}

impl fmt::Debug for FreshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreshKey(redacted)")
    }
}

/// An api key that is to be stored, and what is stored beside the first one.
#[derive(Debug)]
pub struct Keys {
    /// In the place of whichever there was.
    pub api_key: ApiKey,
    /// For a company that has none.
    pub fresh: FreshKey,
}

/// The secrets table, for who may only write to it.
#[derive(Debug, Clone)]
pub struct SecretsTable(String);

impl SecretsTable {
    /// The secrets table of this name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Stores a company's api key.
    pub(crate) fn store(&self, company: CompanyId, keys: &Keys) -> Action {
        let values = Attributes::default().text(":api_key", keys.api_key.reveal()).bytes(":fresh", &keys.fresh.0);
        self.write(company, STORE, Some(&values))
    }

    /// Forgets a company's api key, and not the key of its fingerprints.
    pub(crate) fn forget(&self, company: CompanyId) -> Action {
        self.write(company, FORGET, None)
    }

    /// There is no condition, because what comes back from a failed one is the item.
    fn write(&self, company: CompanyId, change: &str, values: Option<&Attributes>) -> Action {
        Action::update(&self.0, &Attributes::default().guid(OWNER, company.as_uuid()), change, None, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_key_is_visible_ascii_of_some_length() {
        let longest = "k".repeat(LONGEST_API_KEY);
        for (text, kept) in [("key", "key"), ("  k-1_{}~ \n", "k-1_{}~"), (&longest, &longest)] {
            assert_eq!(ApiKey::parse(text).as_ref().map(ApiKey::reveal), Ok(kept));
        }
        for text in ["", "  ", "a b", "a\tb", "nyckel-å", "a\0", "a\r\nb", &format!("{longest}k")] {
            assert_eq!(ApiKey::parse(text), Err(NotAnApiKey), "{text:.20}");
        }
    }

    #[test]
    fn no_key_shows_itself() {
        let api_key = ApiKey::parse("marked").expect("a key");
        let shown = format!("{:?}", Keys { api_key, fresh: FreshKey::new([77; 32]) });
        assert!(!shown.contains("marked") && !shown.contains("77"), "{shown}");
    }
}
