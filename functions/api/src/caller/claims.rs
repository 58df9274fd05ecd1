//! What a token says, once its signature has been checked, and whether it is in force for us.
//!
//! An access token and nothing else: Keycloak names the kind of a token in the claim `typ`
//! (`Bearer`, `ID`, `Refresh`, `Offline`, `Logout`), so a `typ` other than `Bearer` is refused.
//! Other issuers have no such claim; there a token is an access token when its header says so
//! (RFC 9068), and otherwise unless it has a claim that only ID tokens have (`at_hash`, `c_hash`,
//! `nonce`). Keycloak's older access tokens do have a `nonce`, which is why `typ` is asked first.
//!
//! What this module does not do: know the names of roles ([`super::may`]).

use std::time::Duration;

use serde_json::{Map, Value};
use shared::clock::Timestamp;
use shared::ids::CompanyId;

use super::CallerError;

/// Hosts' clocks may differ by this much, as faults.md has it.
pub const LEEWAY: Duration = Duration::from_secs(30);

const ID_TOKEN_CLAIMS: [&str; 3] = ["at_hash", "c_hash", "nonce"];

/// The claims of a token.
pub struct Claims {
    members: Map<String, Value>,
    is_access_token_by_header: bool,
}

impl Claims {
    /// Takes the claims as they stand in the token.
    #[must_use]
    pub const fn new(members: Map<String, Value>, is_access_token_by_header: bool) -> Self {
        Self { members, is_access_token_by_header }
    }

    /// Whether the token is an access token, in force at this time, and for one of these
    /// audiences (no audiences: for everybody).
    ///
    /// # Errors
    /// [`CallerError::NotAnAccessToken`], [`CallerError::Expired`], [`CallerError::NotYetValid`],
    /// [`CallerError::Audience`].
    pub fn judge(&self, now: Timestamp, audiences: &[String]) -> Result<(), CallerError> {
        if !self.is_access_token() {
            return Err(CallerError::NotAnAccessToken);
        }
        let expires_at = self.time("exp")?.ok_or(CallerError::Expired)?;
        if expires_at.after(LEEWAY) <= now {
            return Err(CallerError::Expired);
        }
        if self.time("nbf")?.is_some_and(|begins_at| begins_at.before(LEEWAY) > now) {
            return Err(CallerError::NotYetValid);
        }
        if !audiences.is_empty() && !self.is_for_one_of(audiences) {
            return Err(CallerError::Audience);
        }
        Ok(())
    }

    /// Every text that stands at one of the paths, alone or in a list.
    pub fn texts<'a>(&'a self, paths: &'a [ClaimPath]) -> impl Iterator<Item = &'a str> {
        paths.iter().flat_map(|path| path.values(&self.members)).flat_map(texts_of)
    }

    /// The company at the path: a Guid, alone or the only one of a list. Anything else is no
    /// company, since taking one of two would be a guess. Nor is the Guid of zeros, which .NET
    /// writes where none was set: everybody without a company would share it.
    #[must_use]
    pub fn company(&self, path: &ClaimPath) -> Option<CompanyId> {
        let mut texts = path.values(&self.members).into_iter().flat_map(texts_of);
        let company = CompanyId::parse(texts.next()?.trim()).ok()?;
        (texts.next().is_none() && !company.as_uuid().is_nil()).then_some(company)
    }

    fn is_access_token(&self) -> bool {
        match self.members.get("typ") {
            Some(Value::String(kind)) => kind.eq_ignore_ascii_case("bearer"),
            Some(_) => false,
            None => {
                self.is_access_token_by_header || !ID_TOKEN_CLAIMS.iter().any(|claim| self.members.contains_key(*claim))
            }
        }
    }

    fn is_for_one_of(&self, audiences: &[String]) -> bool {
        ["aud", "azp"]
            .iter()
            .filter_map(|claim| self.members.get(*claim))
            .flat_map(texts_of)
            .any(|meant| audiences.iter().any(|ours| ours == meant))
    }

    /// A time in seconds since the epoch, whole or not (RFC 7519's NumericDate).
    fn time(&self, claim: &str) -> Result<Option<Timestamp>, CallerError> {
        let Some(value) = self.members.get(claim) else {
            return Ok(None);
        };
        let since_epoch_s = value
            .as_i64()
            .or_else(|| value.as_f64().map(whole))
            .ok_or(CallerError::Malformed("a time is no number"))?;
        Ok(Some(Timestamp::from_ms(since_epoch_s.saturating_mul(1_000))))
    }
}

/// Where in a token something stands: `realm_access.roles`, `resource_access.*.roles`.
///
/// A star stands for every member. The whole text is tried as one name first, so that a claim
/// whose name has dots (`https://id.example/company`) can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath(String);

impl ClaimPath {
    /// Reads a path; `None` when it has an empty step.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.split('.').all(|step| !step.is_empty()).then(|| Self(text.to_owned()))
    }

    fn values<'a>(&self, claims: &'a Map<String, Value>) -> Vec<&'a Value> {
        if let Some(value) = claims.get(&self.0) {
            return vec![value];
        }
        let mut steps = self.0.split('.');
        let first = steps.next().unwrap_or_default();
        steps.fold(below(claims, first), |reached, step| {
            reached.into_iter().filter_map(Value::as_object).flat_map(|members| below(members, step)).collect()
        })
    }
}

fn below<'a>(members: &'a Map<String, Value>, step: &str) -> Vec<&'a Value> {
    if step == "*" { members.values().collect() } else { members.get(step).into_iter().collect() }
}

fn texts_of(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from a float ends at the ends of i64, which lie past every time"
)]
fn whole(seconds: f64) -> i64 {
    seconds.floor() as i64
}

#[cfg(test)]
mod tests;
