//! The key sets of the trusted issuers, found through OpenID discovery and kept.
//!
//! | what is known | what a look-up does |
//! | --- | --- |
//! | the key, and the set is younger than [`FRESH_FOR`] | takes it, no traffic |
//! | the set, but not the key | reads the set again, at most once per [`PAUSE`] |
//! | the set, but older | reads it again, at most once per [`PAUSE`]; the old one serves if that fails |
//! | nothing yet | reads the set; when that fails, [`CallerError::KeysUnavailable`] |
//!
//! So a flood of tokens with unknown keys costs one read per pause, whatever is in them; a key
//! that was rotated in is known within a pause; an issuer that is away disturbs only tokens it
//! signed with keys nobody has seen. One read at a time per issuer: whoever comes meanwhile
//! waits for it and shares its result. A function that starts reads the sets ahead, within [`AHEAD_WITHIN`].
//!
//! What is read is believed only as far as OpenID discovery demands: the document names the very
//! issuer it was asked of, and the keys come over https, or over http from this machine.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::clock::Timestamp;
use shared::http::header::{ACCEPT, HeaderMap, HeaderValue};
use shared::http::{Client, Error, Method, StatusCode, Url};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::CallerError;
use super::signature::{Jwk, PublicKey};

/// A key that an issuer has withdrawn is believed no longer than this, as long as the issuer can be read: while it
/// cannot, the old set serves.
pub const FRESH_FOR: Duration = Duration::from_secs(60 * 60);

/// Between two reads of a set that did not help.
pub const PAUSE: Duration = Duration::from_secs(30);

/// Between two tries while there is no set at all: requests are being refused, so try soon, but
/// not once per request.
pub const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(2);

/// An issuer that does not take a connection is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// One document. Two are read in turn, and the function's own 15 s must leave room for the work.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// Both documents are a few kilobytes; what is larger is something else.
const LARGEST_DOCUMENT_BYTES: usize = 512 * 1024;

/// A start waits no longer for keys that nobody has asked for yet.
pub const AHEAD_WITHIN: Duration = Duration::from_millis(500);

const DISCOVERY: &str = ".well-known/openid-configuration";

/// Why a key set could not be read.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The issuer did not answer, or not in full.
    #[error("the issuer cannot be reached")]
    Unreachable(#[source] Error),
    /// The issuer did not answer in time.
    #[error("the issuer answers too slowly")]
    TooSlow,
    /// The issuer answered with another status than 200.
    #[error("the issuer answered with status {0}")]
    Status(u16),
    /// A document is over its limit.
    #[error("the issuer's answer is too large")]
    TooLarge,
    /// A document is not what it should be.
    #[error("the issuer's answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// The discovery document is somebody else's.
    #[error("the discovery document names another issuer")]
    OtherIssuer,
    /// The keys would come over an open line.
    #[error("the address of the keys is neither https nor on this machine")]
    OpenLine,
    /// The set has no key of use.
    #[error("the key set has no key for checking signatures")]
    NoKeys,
    /// It was tried a moment ago.
    #[error("the last try is too recent to try again")]
    TriedJustNow,
}

/// One trusted issuer and what is known of its keys.
pub struct Issuer {
    name: String,
    discovery: Url,
    http: Client,
    known: RwLock<Option<Known>>,
    last_try: Mutex<Option<Timestamp>>,
}

#[derive(Clone)]
struct Known {
    keys: Arc<HashMap<String, PublicKey>>,
    read_at: Timestamp,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// The client for all issuers.
#[must_use]
pub fn client() -> Client {
    let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    Client::new(CONNECT_TIMEOUT).with_headers(headers)
}

/// Whether documents may be read from there: over https, or from this machine.
#[must_use]
pub fn is_closed_line(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost")),
        _ => false,
    }
}

impl Issuer {
    /// An issuer by its name, which is exactly what tokens call it; `None` when it is no URL
    /// that documents may be read from.
    #[must_use]
    pub fn new(name: &str, http: Client) -> Option<Self> {
        let discovery =
            Url::parse(&format!("{}/{DISCOVERY}", name.trim_end_matches('/'))).ok().filter(is_closed_line)?;
        Some(Self { name: name.to_owned(), discovery, http, known: RwLock::new(None), last_try: Mutex::new(None) })
    }

    /// The name, as tokens call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the set before anybody asks for a key. What fails is tried again by the first who asks.
    pub async fn read_ahead(&self, now: Timestamp) {
        let mut last_try = self.last_try.lock().await;
        if !matches!(timeout(AHEAD_WITHIN, self.try_again(&mut last_try, now)).await, Ok(Ok(()))) {
            *last_try = None;
        }
    }

    /// The key with this id.
    ///
    /// # Errors
    /// [`CallerError::UnknownKey`] when the issuer has no such key, as far as is known;
    /// [`CallerError::KeysUnavailable`] when nothing is known.
    pub async fn key(&self, id: &str, now: Timestamp) -> Result<PublicKey, CallerError> {
        if let Some(key) = self.fresh_key(id, now) {
            return Ok(key);
        }
        let mut last_try = self.last_try.lock().await;
        // Whoever held the lock before may have read it meanwhile.
        if let Some(key) = self.fresh_key(id, now) {
            return Ok(key);
        }
        let tried = self.try_again(&mut last_try, now).await;
        drop(last_try);
        match (self.known(), tried) {
            (Some(known), tried) => {
                if let Err(error) = tried
                    && !matches!(error, KeysError::TriedJustNow)
                {
                    tracing::warn!(
                        error = crate::log::chain(&error),
                        "an issuer's keys could not be read again; the old ones serve"
                    );
                }
                known.keys.get(id).cloned().ok_or(CallerError::UnknownKey)
            }
            (None, Err(error)) => Err(CallerError::KeysUnavailable(error)),
            (None, Ok(())) => Err(CallerError::UnknownKey),
        }
    }

    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fresh_key(&self, id: &str, now: Timestamp) -> Option<PublicKey> {
        let known = self.known()?;
        if known.read_at.after(FRESH_FOR) <= now {
            return None;
        }
        known.keys.get(id).cloned()
    }

    async fn try_again(&self, last_try: &mut Option<Timestamp>, now: Timestamp) -> Result<(), KeysError> {
        let pause = if self.known().is_some() { PAUSE } else { PAUSE_WITHOUT_KEYS };
        if last_try.is_some_and(|at| at <= now && now < at.after(pause)) {
            return Err(KeysError::TriedJustNow);
        }
        *last_try = Some(now);
        let keys = Arc::new(self.read().await?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Known { keys, read_at: now });
        Ok(())
    }

    async fn read(&self) -> Result<HashMap<String, PublicKey>, KeysError> {
        let discovery: Discovery = self.document(self.discovery.clone()).await?;
        if discovery.issuer != self.name {
            return Err(KeysError::OtherIssuer);
        }
        let address = Url::parse(&discovery.jwks_uri).ok().filter(is_closed_line).ok_or(KeysError::OpenLine)?;
        let set: KeySet = self.document(address).await?;
        // An entry that cannot be read is one that is not for us; it does not spoil the others.
        let keys: HashMap<_, _> =
            set.keys.into_iter().filter_map(|entry| serde_json::from_value::<Jwk>(entry).ok()?.into_key()).collect();
        if keys.is_empty() { Err(KeysError::NoKeys) } else { Ok(keys) }
    }

    async fn document<T: DeserializeOwned>(&self, address: Url) -> Result<T, KeysError> {
        let read = timeout(READ_TIMEOUT, self.bytes(address)).await.map_err(|_| KeysError::TooSlow)?;
        serde_json::from_slice(&read?).map_err(KeysError::Unreadable)
    }

    async fn bytes(&self, address: Url) -> Result<Vec<u8>, KeysError> {
        let mut answer = self.http.request(Method::GET, address).send().await.map_err(KeysError::Unreachable)?;
        if answer.status() != StatusCode::OK {
            return Err(KeysError::Status(answer.status().as_u16()));
        }
        let mut document = Vec::new();
        while let Some(piece) = answer.piece().await.map_err(KeysError::Unreachable)? {
            if document.len() + piece.len() > LARGEST_DOCUMENT_BYTES {
                return Err(KeysError::TooLarge);
            }
            document.extend_from_slice(&piece);
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_trusted_over_https_or_on_this_machine_only() {
        for (name, fits) in [
            ("https://id.example/realms/a", true),
            ("https://id.example/realms/a/", true),
            ("http://127.0.0.1:8080/realms/a", true),
            ("http://localhost/realms/a", true),
            ("http://[::1]:1/a", true),
            ("http://id.example/realms/a", false),
            ("http://127.0.0.1.example/a", false),
            ("ftp://id.example", false),
            ("id.example", false),
            ("", false),
        ] {
            let issuer = Issuer::new(name, client());
            assert_eq!(issuer.is_some(), fits, "{name}");
        }
    }

    #[test]
    fn the_discovery_document_lies_below_the_issuer_with_one_slash() {
        for name in ["https://id.example/realms/a", "https://id.example/realms/a/"] {
            let issuer = Issuer::new(name, client());
            let address = issuer.map(|issuer| issuer.discovery.to_string());
            assert_eq!(address.as_deref(), Some("https://id.example/realms/a/.well-known/openid-configuration"));
        }
    }
}
