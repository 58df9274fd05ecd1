//! The sign-in at BokaMera's Keycloak: once with the password, then with the refresh token.
//!
//! The api key lies beside the password and goes with every request, so both are one thing: what
//! is sent until it is refused. A renewal in time uses the refresh token and reads no secret. A
//! refusal, of the refresh token or of a request, leads back to the secrets, which are read anew:
//! so whatever was rotated there is what is used next.

use std::fmt;

use shared::http::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use shared::http::{Method, Request, StatusCode};

use crate::outgoing::budget::Budget;
use crate::outgoing::patience::{Tries, asked_pause};
use crate::outgoing::request::{is_passing, read_small, send};
use crate::outgoing::token::{ANSWER_BYTES, Fetched, Grant, Held, Keeper, RefreshToken, read_grant};
use crate::outgoing::trouble::Trouble;
use crate::outgoing::{API_KEY_HEADER, secret_header};
use crate::secrets::Secrets;

use super::error::{RestError, Server};
use super::settings::CLIENT_ID;
use super::{Door, call};

/// The account that the deployment has at BokaMera.
#[derive(Clone, PartialEq, Eq)]
pub struct BokaMeraAccount {
    username: String,
    password: String,
    api_key: HeaderValue,
}

/// The texts cannot be an account. It does not carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the api key is empty or holds characters that cannot be sent")]
pub struct NotAnAccount;

impl BokaMeraAccount {
    /// Reads an account.
    ///
    /// # Errors
    /// [`NotAnAccount`] when the api key cannot be sent.
    pub fn parse(username: String, password: String, api_key: &str) -> Result<Self, NotAnAccount> {
        Ok(Self { username, password, api_key: secret_header(api_key).ok_or(NotAnAccount)? })
    }
}

impl fmt::Debug for BokaMeraAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BokaMeraAccount(redacted)")
    }
}

/// What goes with every request.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    token: HeaderValue,
    api_key: HeaderValue,
    refresh: Option<RefreshToken>,
}

impl Credentials {
    pub(super) fn sign(&self, request: Request) -> Request {
        request.header(AUTHORIZATION, self.token.clone()).header(API_KEY_HEADER, self.api_key.clone())
    }
}

/// The one place where the credentials are.
pub(super) struct SignIn {
    secrets: Secrets,
    keeper: Keeper<Credentials>,
}

impl SignIn {
    pub(super) fn new(secrets: Secrets) -> Self {
        Self { secrets, keeper: Keeper::default() }
    }

    /// What is held, or new ones when there are none or their time is nearly up.
    pub(super) async fn credentials(&self, door: &Door, budget: &Budget) -> Result<Held<Credentials>, RestError> {
        self.keeper
            .get(&door.clock, budget, async |old: Option<Credentials>| {
                if let Some(Credentials { api_key, refresh: Some(refresh), .. }) = old {
                    let form = [
                        ("grant_type", "refresh_token"),
                        ("client_id", CLIENT_ID),
                        ("refresh_token", refresh.reveal()),
                    ];
                    if let Some(grant) = ask(door, budget, &form).await? {
                        return Ok(fetched(grant, api_key));
                    }
                }
                self.with_password(door, budget).await
            })
            .await
    }

    /// Drops what BokaMera has refused, unless something else has taken its place.
    pub(super) async fn refused(&self, refused: &Held<Credentials>, budget: &Budget) -> Result<(), RestError> {
        Ok(self.keeper.refused(refused, budget).await?)
    }

    /// Signs in. An account that is refused is read once more, in case it was just rotated.
    async fn with_password(&self, door: &Door, budget: &Budget) -> Result<Fetched<Credentials>, RestError> {
        let mut refused: Option<BokaMeraAccount> = None;
        loop {
            let account = budget.spend(self.secrets.bokamera()).await?.map_err(RestError::Account)?;
            if refused.as_ref() == Some(&account) {
                return Err(RestError::Refused { by: Server::Identity });
            }
            let form = [
                ("grant_type", "password"),
                ("client_id", CLIENT_ID),
                ("username", account.username.as_str()),
                ("password", account.password.as_str()),
            ];
            match ask(door, budget, &form).await? {
                Some(grant) => return Ok(fetched(grant, account.api_key)),
                None if refused.is_some() => return Err(RestError::Refused { by: Server::Identity }),
                None => refused = Some(account),
            }
        }
    }
}

fn fetched(grant: Grant, api_key: HeaderValue) -> Fetched<Credentials> {
    let Grant { header, renew_at, refresh } = grant;
    Fetched { credentials: Credentials { token: header, api_key, refresh }, renew_at }
}

/// Asks the identity server until it grants or refuses; `None` when it refuses.
async fn ask(door: &Door, budget: &Budget, form: &[(&str, &str)]) -> Result<Option<Grant>, RestError> {
    let by = Server::Identity;
    let mut tries = Tries::new(by, &door.patience, &door.jitter, budget);
    loop {
        let asked_at = door.clock.now();
        let request = door.http.request(Method::POST, door.settings.token_url().clone()).form(form);
        let mut answer = match send(request, &door.patience, budget).await? {
            Ok(answer) => answer,
            Err(trouble) => {
                tries.pause_after(trouble, None).await?;
                continue;
            }
        };
        let status = answer.status();
        if is_passing(status) {
            let asked = asked_pause(answer.headers().get(RETRY_AFTER), &door.clock, &door.patience);
            tries.pause_after(Trouble::Status { status: status.as_u16() }, asked).await?;
            continue;
        }
        match status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED => return Ok(None),
            other => return Err(call::unexpected(by, other)),
        }
        match read_small(&mut answer, ANSWER_BYTES, &door.patience, budget).await? {
            Ok(Some(body)) => {
                return read_grant(&body, asked_at).map(Some).ok_or(RestError::NotTheAnswer { by });
            }
            Ok(None) => return Err(RestError::NotTheAnswer { by }),
            Err(trouble) => tries.pause_after(trouble, None).await?,
        }
    }
}
