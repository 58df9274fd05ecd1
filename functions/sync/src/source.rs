//! The source: the users and user groups of a company's VAKA systems, read from VAKA Online.
//!
//! [`Vaka`] is one per process: the HTTP client and the access token of the integrator account.
//! [`CompanyReader`] adds a company's api key and the time that its worker has left. It gives the
//! groups of a system as a map and its users as a stream, because there can be many.
//!
//! What holds for every list: it is read to its end, or the result is an error. A short, empty
//! or foreign answer is never taken for a complete one. Waiting and trying again are bounded,
//! and no wait outlives the [`Budget`] that the caller gives.
//!
//! Nothing is decided here about customers, nothing is written anywhere, and no record is
//! remembered: a user may come twice, and the walk's ledger is what knows it.
//!
//! In reading order: `system`, its `users` and `groups`, the walk through their pages (`paging`), one page
//! (`body`, `page`), one request (`call`), the two credentials (`token`, `key`), where VAKA is
//! (`settings`), and what can go wrong (`error`). Waits and tries are those of [`crate::outgoing`].

mod body;
mod call;
mod error;
mod groups;
mod key;
pub mod page;
mod paging;
mod settings;
mod system;
mod token;
mod users;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use shared::clock::Clock;
use shared::http::{Client, Url};
use shared::ids::DeviceId;

pub use crate::outgoing::budget::Budget;
pub use crate::outgoing::patience::Patience;
pub use crate::outgoing::trouble::Trouble;
pub use error::{Endless, Server, SourceError};
pub use groups::{Group, GroupId};
pub use key::{ApiKey, ApiKeyRead, CompanyKey, NotAnApiKey, ReadApiKey};
pub use page::PageFault;
pub use settings::VakaSettings;
pub use system::{Opened, Opening, System};
pub use token::{AccountError, AccountRead, IntegratorAccount, ReadAccount};
pub use users::{UserStream, VakaUser};

use crate::outgoing::{self, patience::Jitter};
use token::TokenKeeper;

/// VAKA Online, as this process reaches it. Clones share the connections and the token.
#[derive(Clone)]
pub struct Vaka(Arc<Door>);

/// What every request goes through.
struct Door {
    http: Client,
    settings: VakaSettings,
    patience: Patience,
    jitter: Jitter,
    clock: Clock,
    tokens: TokenKeeper,
}

/// Where the parts of a [`Vaka`] come from.
pub struct VakaParts {
    /// Where VAKA and its token server are.
    pub settings: VakaSettings,
    /// How long to wait and how often to try again.
    pub patience: Patience,
    /// Reads the integrator account, anew for every token.
    pub read_account: ReadAccount,
    /// Tells when a token is to be renewed and how far away a `Retry-After` date is.
    pub clock: Clock,
    /// Spreads the tries of many companies.
    pub random: fastrand::Rng,
}

impl Vaka {
    /// The client for a whole process; it connects to nothing yet.
    #[must_use]
    pub fn new(parts: VakaParts) -> Self {
        Self::over(outgoing::client(&parts.patience), parts)
    }

    /// The same over a client that the process has already.
    #[must_use]
    pub fn over(http: Client, parts: VakaParts) -> Self {
        Self(Arc::new(Door {
            http,
            settings: parts.settings,
            patience: parts.patience,
            jitter: Jitter::new(parts.random),
            clock: parts.clock,
            tokens: TokenKeeper::new(parts.read_account),
        }))
    }

    /// A reader for one company, with the time that its worker has left.
    #[must_use]
    pub fn for_company(&self, api_key: impl Into<CompanyKey>, budget: Budget) -> CompanyReader {
        CompanyReader { vaka: self.clone(), api_key: api_key.into(), budget, reads_groups: true }
    }

    /// Signs in at the token server, unless a token is held that has time left.
    ///
    /// # Errors
    /// [`SourceError`] when there is no token to be had.
    pub async fn sign_in(&self, budget: &Budget) -> Result<(), SourceError> {
        self.0.tokens.token(&self.0, budget).await.map(drop)
    }
}

impl fmt::Debug for Vaka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vaka").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// VAKA Online, as one company may read it.
#[derive(Debug, Clone)]
pub struct CompanyReader {
    vaka: Vaka,
    api_key: CompanyKey,
    budget: Budget,
    reads_groups: bool,
}

impl CompanyReader {
    /// The same, which reads groups with a system or leaves them, for whom they mean nothing.
    #[must_use]
    pub fn reading_groups(self, reads_groups: bool) -> Self {
        Self { reads_groups, ..self }
    }

    /// The user groups of a system.
    ///
    /// # Errors
    /// [`SourceError`] when the list cannot be read to its end.
    pub async fn groups(&self, device: DeviceId) -> Result<HashMap<GroupId, Group>, SourceError> {
        self.groups_by_page(device, || ()).await
    }

    async fn groups_by_page(
        &self,
        device: DeviceId,
        read_one: impl FnMut(),
    ) -> Result<HashMap<GroupId, Group>, SourceError> {
        groups::collect(self.walk(self.vaka.0.settings.groups_url(device)), read_one).await
    }

    /// The users of a system. The reading begins at once, in the background.
    #[must_use]
    pub fn users(&self, device: DeviceId) -> UserStream {
        UserStream::new(self.walk(self.vaka.0.settings.users_url(device)))
    }

    /// Begins to read a system in the background: its groups, and its users after them.
    #[must_use]
    pub fn open(&self, device: DeviceId) -> Opening {
        Opening::begin(self.clone(), device)
    }

    fn walk<R: page::Record>(&self, list: Url) -> paging::Walk<R> {
        paging::Walk::begin(Arc::clone(&self.vaka.0), list, self.api_key.clone(), self.budget.clone())
    }
}
