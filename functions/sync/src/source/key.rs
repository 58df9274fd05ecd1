//! A company's api key, and what becomes of it when it is refused.
//!
//! The readers of a company share it. An administrator may store another one while a sync runs:
//! VAKA then refuses the old one, and whoever meets that reads the key again from where it is
//! kept. A key that is the same as the refused one is not tried again.
//!
//! What this module does not do: read the key before it is refused. Who begins to read a company
//! has just read it.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use shared::http::HeaderValue;
use shared::secrets;

use crate::outgoing;
use crate::outgoing::budget::Budget;

use super::error::SourceError;
use super::token::AccountError;

/// A company's key to its VAKA systems, one for each customer integration.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(HeaderValue);

/// The text cannot be an api key: it is empty or cannot be sent. It does not carry the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the api key is empty or holds characters that cannot be sent")]
pub struct NotAnApiKey;

impl ApiKey {
    /// Reads an api key, as whoever stored it did; blanks around it are dropped.
    ///
    /// # Errors
    /// [`NotAnApiKey`] when it is empty or holds anything but visible ASCII.
    pub fn parse(text: &str) -> Result<Self, NotAnApiKey> {
        let stored = secrets::ApiKey::parse(text).map_err(|_| NotAnApiKey)?;
        outgoing::secret_header(stored.reveal()).map(Self).ok_or(NotAnApiKey)
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

/// The key once it has been read again.
pub type ApiKeyRead = Pin<Box<dyn Future<Output = Result<ApiKey, AccountError>> + Send>>;

/// Reads the key from where it is kept. It must not answer from a cache of its own.
pub type ReadApiKey = Arc<dyn Fn() -> ApiKeyRead + Send + Sync>;

/// The key that a company is read with, now. Clones share it.
#[derive(Clone)]
pub struct CompanyKey {
    held: Arc<Mutex<ApiKey>>,
    read: Option<ReadApiKey>,
}

/// What reading a refused key again has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadAgain {
    /// Another one is in its place.
    Another,
    /// It is still the same.
    Same,
}

impl CompanyKey {
    /// A key that has just been read, and how it is read again.
    #[must_use]
    pub fn new(read_now: ApiKey, read: ReadApiKey) -> Self {
        Self { held: Arc::new(Mutex::new(read_now)), read: Some(read) }
    }

    pub(super) fn current(&self) -> ApiKey {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the key again, unless another reader has replaced the refused one meanwhile.
    pub(super) async fn read_again(&self, refused: &ApiKey, budget: &Budget) -> Result<ReadAgain, SourceError> {
        if self.current() != *refused {
            return Ok(ReadAgain::Another);
        }
        let Some(read) = &self.read else { return Ok(ReadAgain::Same) };
        let stored = budget.spend(read()).await.map_err(|_| SourceError::OutOfTime)?.map_err(SourceError::ApiKey)?;
        if stored == *refused {
            return Ok(ReadAgain::Same);
        }
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = stored;
        Ok(ReadAgain::Another)
    }
}

/// A key that is tried as it is, and not read again.
impl From<ApiKey> for CompanyKey {
    fn from(api_key: ApiKey) -> Self {
        Self { held: Arc::new(Mutex::new(api_key)), read: None }
    }
}

impl fmt::Debug for CompanyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompanyKey(redacted)")
    }
}
