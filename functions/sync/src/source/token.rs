//! The access token of the integrator account: one for the whole process, renewed early.
//!
//! The account belongs to the deployment and not to a company, so every company's reader shares
//! one token, which [`crate::outgoing::token`] keeps. The account is read anew for every token,
//! because a secret that was rotated meanwhile is then simply the next one that is used.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use shared::http::header::{HeaderValue, RETRY_AFTER};
use shared::http::{Method, StatusCode};

use crate::outgoing::budget::Budget;
use crate::outgoing::patience::{Tries, asked_pause};
use crate::outgoing::request::{is_passing, read_small, send};
use crate::outgoing::token::{ANSWER_BYTES, Fetched, Grant, Held, Keeper, read_grant};
use crate::outgoing::trouble::Trouble;

use super::Door;
use super::error::{Server, SourceError};

/// The account that the token server knows the deployment by.
#[derive(Clone, PartialEq, Eq)]
pub struct IntegratorAccount {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
}

impl fmt::Debug for IntegratorAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IntegratorAccount(redacted)")
    }
}

/// Why there is no credential: no integrator account to sign in with, or no api key.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// None has been put in.
    #[error("none has been put in")]
    Missing,
    /// The place where it is kept did not give it out.
    #[error("the place where it is kept did not give it out")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AccountError {
    /// Whether it may be readable later without anybody changing anything.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Missing => false,
            Self::Unreadable(_) => true,
        }
    }
}

/// The account once it has been read.
pub type AccountRead = Pin<Box<dyn Future<Output = Result<IntegratorAccount, AccountError>> + Send>>;

/// Reads the account from where it is kept. It is called once for every token, and must not
/// answer from a cache of its own.
pub type ReadAccount = Arc<dyn Fn() -> AccountRead + Send + Sync>;

/// The one place where the token is, and the account that fetches it.
pub(super) struct TokenKeeper {
    read_account: ReadAccount,
    keeper: Keeper<HeaderValue>,
}

impl TokenKeeper {
    pub(super) fn new(read_account: ReadAccount) -> Self {
        Self { read_account, keeper: Keeper::default() }
    }

    /// The token that is held, or a new one when there is none or its time is nearly up.
    pub(super) async fn token(&self, door: &Door, budget: &Budget) -> Result<Held<HeaderValue>, SourceError> {
        self.keeper.get(&door.clock, budget, async |_| self.fetch(door, budget).await).await
    }

    /// Drops the token that VAKA has refused, unless another has taken its place.
    pub(super) async fn refused(&self, refused: &Held<HeaderValue>, budget: &Budget) -> Result<(), SourceError> {
        Ok(self.keeper.refused(refused, budget).await?)
    }

    /// Signs in. An account that is refused is read once more, in case it was just rotated.
    async fn fetch(&self, door: &Door, budget: &Budget) -> Result<Fetched<HeaderValue>, SourceError> {
        let mut tries = Tries::new(Server::Tokens, &door.patience, &door.jitter, budget);
        let mut refused: Option<IntegratorAccount> = None;
        loop {
            let account = budget.spend((self.read_account)()).await?.map_err(SourceError::Account)?;
            if refused.as_ref() == Some(&account) {
                return Err(SourceError::Refused { by: Server::Tokens });
            }
            match sign_in(door, budget, &account).await? {
                SignIn::Granted(fetched) => return Ok(fetched),
                SignIn::Refused if refused.is_some() => return Err(SourceError::Refused { by: Server::Tokens }),
                SignIn::Refused => refused = Some(account),
                SignIn::Trouble(trouble, asked) => tries.pause_after(trouble, asked).await?,
            }
        }
    }
}

enum SignIn {
    Granted(Fetched<HeaderValue>),
    Refused,
    Trouble(Trouble, Option<Duration>),
}

/// One try of the client-credentials grant.
async fn sign_in(door: &Door, budget: &Budget, account: &IntegratorAccount) -> Result<SignIn, SourceError> {
    let request = door.http.request(Method::POST, door.settings.token_url().clone()).form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &account.client_id),
        ("client_secret", &account.client_secret),
        ("scope", door.settings.scope()),
    ]);
    let asked_at = door.clock.now();
    let mut answer = match send(request, &door.patience, budget).await? {
        Ok(answer) => answer,
        Err(trouble) => return Ok(SignIn::Trouble(trouble, None)),
    };
    let status = answer.status();
    if is_passing(status) {
        let asked = asked_pause(answer.headers().get(RETRY_AFTER), &door.clock, &door.patience);
        return Ok(SignIn::Trouble(Trouble::Status { status: status.as_u16() }, asked));
    }
    match status {
        StatusCode::OK => {}
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => return Ok(SignIn::Refused),
        other => return Err(SourceError::UnexpectedStatus { by: Server::Tokens, status: other.as_u16() }),
    }
    match read_small(&mut answer, ANSWER_BYTES, &door.patience, budget).await? {
        Ok(Some(body)) => {
            let Grant { header, renew_at, .. } = read_grant(&body, asked_at).ok_or(SourceError::NotAToken)?;
            Ok(SignIn::Granted(Fetched { credentials: header, renew_at }))
        }
        Ok(None) => Err(SourceError::NotAToken),
        Err(trouble) => Ok(SignIn::Trouble(trouble, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_does_not_show_itself() {
        let account = IntegratorAccount { client_id: "marked-id".into(), client_secret: "marked-secret".into() };
        let shown = format!("{account:?}");
        assert!(!shown.contains("marked"), "{shown}");
    }
}
