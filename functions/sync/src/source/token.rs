//! The access token of the integrator account: one for the whole process, renewed early.
//!
//! The account belongs to the deployment and not to a company, so every company's reader shares
//! one token. It is fetched when it is first needed, kept until shortly before it expires, and
//! fetched by one caller at a time while the others wait for that one answer. The account is
//! read anew for every token, because a secret that was rotated meanwhile is then simply the
//! next one that is used.
//!
//! VAKA may refuse a token before its time. [`TokenKeeper::refused`] drops it, but only if it is
//! still the one that was refused: of ten readers that meet the same 401, one fetches a new one.
//!
//! The token is opaque. Nothing in here looks into it, and nothing in here logs it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderValue, RETRY_AFTER};
use serde::Deserialize;
use serde_json::value::RawValue;
use shared::clock::Timestamp;
use tokio::sync::Mutex;

use super::Door;
use super::budget::Budget;
use super::call::{is_passing, read_small, send};
use super::error::{Server, SourceError, Trouble};
use super::patience::{Tries, asked_pause};

/// A token is renewed this long before it expires: longer than any one request takes.
const RENEWAL_MARGIN: Duration = Duration::from_secs(300);

/// What is believed of an answer that does not say how long its token lives.
const UNSTATED_LIFETIME: Duration = Duration::from_secs(300);

/// The longest lifetime that is believed; real ones are 60 to 90 minutes.
const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 3_600);

/// A token with its envelope is a few kilobytes.
const ANSWER_BYTES: usize = 64 * 1_024;

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

/// An access token, ready to be sent.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// `Bearer …`, marked as sensitive.
    pub(super) header: HeaderValue,
    serial: u64,
}

/// The one place where the token is.
pub(super) struct TokenKeeper {
    read_account: ReadAccount,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<(Token, Timestamp)>,
    /// Of the last token that was fetched; tells a refused token from its successor.
    serial: u64,
}

impl TokenKeeper {
    pub(super) fn new(read_account: ReadAccount) -> Self {
        Self { read_account, held: Mutex::default() }
    }

    /// The token that is held, or a new one when there is none or its time is nearly up.
    pub(super) async fn token(&self, door: &Door, budget: &Budget) -> Result<Token, SourceError> {
        let ran_out = |_| SourceError::OutOfTime;
        let mut held = budget.spend(self.held.lock()).await.map_err(ran_out)?;
        if let Some((token, renew_at)) = &held.token
            && door.clock.now() < *renew_at
        {
            return Ok(token.clone());
        }
        let (header, renew_at) = self.fetch(door, budget).await?;
        held.serial += 1;
        let token = Token { header, serial: held.serial };
        held.token = Some((token.clone(), renew_at));
        Ok(token)
    }

    /// Drops the token that VAKA has refused, unless another has taken its place.
    pub(super) async fn refused(&self, refused: &Token, budget: &Budget) -> Result<(), SourceError> {
        let mut held = budget.spend(self.held.lock()).await.map_err(|_| SourceError::OutOfTime)?;
        if held.token.as_ref().is_some_and(|(token, _)| token.serial == refused.serial) {
            held.token = None;
        }
        Ok(())
    }

    /// Signs in. An account that is refused is read once more, in case it was just rotated.
    async fn fetch(&self, door: &Door, budget: &Budget) -> Result<(HeaderValue, Timestamp), SourceError> {
        let mut tries = Tries::new(Server::Tokens, &door.patience, &door.jitter, budget);
        let mut refused: Option<IntegratorAccount> = None;
        loop {
            let account = budget
                .spend((self.read_account)())
                .await
                .map_err(|_| SourceError::OutOfTime)?
                .map_err(SourceError::Account)?;
            if refused.as_ref() == Some(&account) {
                return Err(SourceError::Refused { by: Server::Tokens });
            }
            match sign_in(door, budget, &account).await? {
                SignIn::Granted(header, renew_at) => return Ok((header, renew_at)),
                SignIn::Refused if refused.is_some() => return Err(SourceError::Refused { by: Server::Tokens }),
                SignIn::Refused => refused = Some(account),
                SignIn::Trouble(trouble, asked) => tries.pause_after(trouble, asked).await?,
            }
        }
    }
}

enum SignIn {
    Granted(HeaderValue, Timestamp),
    Refused,
    Trouble(Trouble, Option<Duration>),
}

/// One try of the client-credentials grant.
async fn sign_in(door: &Door, budget: &Budget, account: &IntegratorAccount) -> Result<SignIn, SourceError> {
    let request = door.http.post(door.settings.token_url().clone()).form(&[
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
            let (header, lifetime) = parse_grant(&body).ok_or(SourceError::NotAToken)?;
            Ok(SignIn::Granted(header, asked_at.after(lifetime - margin(lifetime))))
        }
        Ok(None) => Err(SourceError::NotAToken),
        Err(trouble) => Ok(SignIn::Trouble(trouble, None)),
    }
}

#[derive(Deserialize)]
struct Grant<'a> {
    access_token: String,
    /// A number, but some versions of the server write it as a string.
    #[serde(borrow)]
    expires_in: Option<&'a RawValue>,
}

fn parse_grant(body: &[u8]) -> Option<(HeaderValue, Duration)> {
    let grant: Grant<'_> = serde_json::from_slice(body).ok()?;
    if grant.access_token.is_empty() {
        return None;
    }
    let mut header = HeaderValue::from_str(&format!("Bearer {}", grant.access_token)).ok()?;
    header.set_sensitive(true);
    let stated_s = grant.expires_in.and_then(|raw| raw.get().trim_matches('"').parse::<u64>().ok());
    let lifetime = stated_s
        .filter(|seconds| *seconds > 0)
        .map_or(UNSTATED_LIFETIME, |seconds| Duration::from_secs(seconds).min(LONGEST_LIFETIME));
    Some((header, lifetime))
}

/// A short-lived token is used for half its life, so that a margin never leaves nothing of it.
fn margin(lifetime: Duration) -> Duration {
    RENEWAL_MARGIN.min(lifetime / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifetime_of(body: &str) -> Option<u64> {
        parse_grant(body.as_bytes()).map(|(_, lifetime)| lifetime.as_secs())
    }

    #[test]
    fn a_lifetime_is_believed_within_reason() {
        for (expires_in, lifetime_s) in [
            ("3599", 3_599),
            ("\"5400\"", 5_400),
            ("1", 1),
            ("0", 300),
            ("-5", 300),
            ("null", 300),
            ("3600.5", 300),
            ("\"soon\"", 300),
            ("99999999999999999999999", 300),
            ("18446744073709551615", 86_400),
        ] {
            let body = format!(r#"{{"token_type":"Bearer","expires_in":{expires_in},"access_token":"t"}}"#);
            assert_eq!(lifetime_of(&body), Some(lifetime_s), "{expires_in}");
        }
        assert_eq!(lifetime_of(r#"{"access_token":"t"}"#), Some(300));
    }

    #[test]
    fn an_answer_without_a_usable_token_is_none() {
        for body in [
            "",
            "<html>",
            "{}",
            "[]",
            r#"{"access_token":null}"#,
            r#"{"access_token":7}"#,
            r#"{"access_token":""}"#,
            r#"{"access_token":"a\nb"}"#,
        ] {
            assert_eq!(lifetime_of(body), None, "{body}");
        }
    }

    #[test]
    fn a_token_is_renewed_before_it_expires_however_short_it_lives() {
        assert_eq!(margin(Duration::from_secs(3_600)), Duration::from_secs(300));
        assert_eq!(margin(Duration::from_secs(10)), Duration::from_secs(5));
    }

    #[test]
    fn neither_account_nor_token_shows_itself() {
        let account = IntegratorAccount { client_id: "marked-id".into(), client_secret: "marked-secret".into() };
        let (header, _) = parse_grant(br#"{"access_token":"marked-token"}"#).unwrap();
        let shown = format!("{account:?} {:?}", Token { header, serial: 1 });
        assert!(!shown.contains("marked"), "{shown}");
    }
}
