//! Who asks: from the header `Authorization` to a [`Caller`] with roles and a company.
//!
//! In reading order: [`token`] takes the token apart and refuses what need not be looked at,
//! [`keys`] has the key sets of the trusted issuers, [`signature`] checks what was signed,
//! [`claims`] judges whether the token is in force and for us, [`may`] decides what the caller
//! may do. Nothing of a token is believed before its signature is checked, but for the issuer's
//! name and the key's name, which only choose the key.
//!
//! What this room does not do: look at a session, ask the issuer about a token, or remember a
//! caller. A token is good until it expires.

pub mod claims;
pub mod keys;
pub mod may;
pub mod signature;
pub mod token;

use futures_util::future::join_all;
use shared::clock::Clock;
use shared::ids::CompanyId;

use self::claims::ClaimPath;
use self::keys::{Issuer, KeysError};
use self::may::Role;
use self::token::SealedToken;

/// Somebody whose token is good. Who it is is not kept, so that it cannot be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    roles: Vec<Role>,
    company: Option<CompanyId>,
}

/// Why a caller was not recognized. No variant carries anything of the token.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// There is no bearer token.
    #[error("no bearer token")]
    Missing,
    /// The token is longer than [`token::LONGEST_TOKEN_BYTES`].
    #[error("the token is too long")]
    TooLong,
    /// The token is no signed JWT.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// The algorithm is not on the list.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// The issuer is not one of `TRUSTED_ISSUERS`.
    #[error("the token's issuer is not trusted")]
    UntrustedIssuer,
    /// The issuer has no such key.
    #[error("the token's key is unknown to its issuer")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the token's signature is wrong")]
    Signature,
    /// The token is over, or has no end.
    #[error("the token has expired or has no expiry")]
    Expired,
    /// The token begins later.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The token is meant for somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// It is an ID token, a refresh token or the like.
    #[error("the token is not an access token")]
    NotAnAccessToken,
    /// The token cannot be judged, because its issuer's keys have never been seen.
    #[error("the issuer's keys cannot be read")]
    KeysUnavailable(#[source] KeysError),
}

/// Recognizes callers by the tokens of the trusted issuers.
pub struct Callers {
    issuers: Vec<Issuer>,
    audiences: Vec<String>,
    role_claims: Vec<ClaimPath>,
    company_claim: ClaimPath,
    clock: Clock,
}

impl Callers {
    /// Takes the trusted issuers, and where their tokens say what.
    #[must_use]
    pub const fn new(
        issuers: Vec<Issuer>,
        audiences: Vec<String>,
        role_claims: Vec<ClaimPath>,
        company_claim: ClaimPath,
        clock: Clock,
    ) -> Self {
        Self { issuers, audiences, role_claims, company_claim, clock }
    }

    /// Reads the keys of every issuer, as far as that goes in a moment.
    pub async fn read_keys(&self) {
        let now = self.clock.now();
        join_all(self.issuers.iter().map(|issuer| issuer.read_ahead(now))).await;
    }

    /// Recognizes the caller by the header `Authorization`.
    ///
    /// # Errors
    /// Every [`CallerError`]; only [`CallerError::KeysUnavailable`] is not the caller's fault.
    pub async fn recognize(&self, authorization: Option<&str>) -> Result<Caller, CallerError> {
        let token = SealedToken::parse(authorization)?;
        let issuer =
            self.issuers.iter().find(|issuer| issuer.name() == token.issuer()).ok_or(CallerError::UntrustedIssuer)?;
        let key = issuer.key(token.key_id(), self.clock.now()).await?;
        let claims = token.open(&key)?;
        claims.judge(self.clock.now(), &self.audiences)?;
        Ok(Caller { roles: may::roles(claims.texts(&self.role_claims)), company: claims.company(&self.company_claim) })
    }
}
