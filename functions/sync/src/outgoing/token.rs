//! The one access token that a process has at a server, shared by all who ask there.
//!
//! It is fetched when it is first needed, kept until shortly before it expires, and fetched by one
//! caller at a time while the others wait for that one answer. A server may refuse a token before
//! its time: [`Keeper::refused`] drops it, but only if it is still the one that was refused, so of
//! ten callers that meet the same 401, one fetches a new one.
//!
//! The token is opaque. Nothing in here looks into it, and nothing in here logs it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::clock::{Clock, Timestamp};
use shared::http::HeaderValue;
use shared::telemetry::Chain;
use tokio::sync::Mutex;

use super::budget::{Budget, RanOut};

/// A token is renewed this long before it expires: longer than any one request takes.
const RENEWAL_MARGIN: Duration = Duration::from_secs(300);

/// What is believed of an answer that does not say how long its token lives.
const UNSTATED_LIFETIME: Duration = Duration::from_secs(300);

/// The longest lifetime that is believed.
const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 3_600);

/// A token with its envelope is a few kilobytes.
pub const ANSWER_BYTES: usize = 64 * 1_024;

/// What is sent with a request, as long as it is accepted.
#[derive(Debug, Clone)]
pub struct Held<T> {
    /// The credentials.
    pub credentials: T,
    serial: u64,
}

/// How long a token that could not be renewed is used before that is tried again.
const FETCH_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Credentials, and until when they serve.
#[derive(Debug)]
pub struct Fetched<T> {
    /// The credentials.
    pub credentials: T,
    /// When they are to be renewed.
    pub renew_at: Timestamp,
}

/// The one place where the credentials are.
pub struct Keeper<T>(Mutex<Kept<T>>);

struct Kept<T> {
    held: Option<(Held<T>, Timestamp)>,
    /// Of the last that were fetched; tells refused ones from their successor.
    serial: u64,
}

impl<T> Default for Keeper<T> {
    fn default() -> Self {
        Self(Mutex::new(Kept { held: None, serial: 0 }))
    }
}

impl<T: Clone> Keeper<T> {
    /// What is held, or what is fetched in its place when its time is nearly up, or there is none. What cannot be
    /// renewed is used until it is refused.
    ///
    /// # Errors
    /// Those of `fetch`, and [`RanOut`] when the budget ends while somebody else fetches.
    pub async fn get<E: From<RanOut> + std::error::Error + 'static>(
        &self,
        clock: &Clock,
        budget: &Budget,
        fetch: impl AsyncFnOnce(Option<T>) -> Result<Fetched<T>, E>,
    ) -> Result<Held<T>, E> {
        let mut kept = budget.spend(self.0.lock()).await?;
        if let Some((held, renew_at)) = &kept.held
            && clock.now() < *renew_at
        {
            return Ok(held.clone());
        }
        let old = kept.held.as_ref().map(|(held, _)| held.clone());
        let fetched = fetch(old.clone().map(|held| held.credentials)).await;
        let Fetched { credentials, renew_at } = match (fetched, old) {
            (Ok(fetched), _) => fetched,
            // It has some time left; where it has not, it is refused, and then there is none.
            (Err(error), Some(held)) => {
                tracing::warn!(
                    event = "token.not_renewed", error = %Chain(&error),
                    "a token could not be renewed; it is used until it is refused"
                );
                kept.held = Some((held.clone(), clock.now().after(FETCH_AGAIN_AFTER)));
                return Ok(held);
            }
            (Err(error), None) => return Err(error),
        };
        kept.serial += 1;
        let held = Held { credentials, serial: kept.serial };
        kept.held = Some((held.clone(), renew_at));
        Ok(held)
    }

    /// Drops what was refused, unless something else has taken its place.
    ///
    /// # Errors
    /// [`RanOut`] when the budget ends while somebody fetches.
    pub async fn refused(&self, refused: &Held<T>, budget: &Budget) -> Result<(), RanOut> {
        let mut kept = budget.spend(self.0.lock()).await?;
        if kept.held.as_ref().is_some_and(|(held, _)| held.serial == refused.serial) {
            kept.held = None;
        }
        Ok(())
    }
}

/// What a token server has granted.
#[derive(Debug)]
pub struct Grant {
    /// `Bearer …`, marked as sensitive.
    pub header: HeaderValue,
    /// When the token is to be renewed.
    pub renew_at: Timestamp,
    /// Fetches the next one, where the server gives such a thing.
    pub refresh: Option<RefreshToken>,
}

/// A token that fetches the next access token.
#[derive(Clone)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// For the form that is sent to the token server, and for nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(redacted)")
    }
}

#[derive(Deserialize)]
struct WireGrant<'a> {
    access_token: String,
    /// A number, but some servers write it as a string.
    #[serde(borrow)]
    expires_in: Option<&'a RawValue>,
    #[serde(default)]
    refresh_token: Option<String>,
}

/// Reads the answer of a token server to a question asked then; `None` when it has no usable token.
#[must_use]
pub fn read_grant(body: &[u8], asked_at: Timestamp) -> Option<Grant> {
    let (grant, lifetime) = parse(body)?;
    let mut header = HeaderValue::from_str(&format!("Bearer {}", grant.access_token)).ok()?;
    header.set_sensitive(true);
    let refresh = grant.refresh_token.filter(|token| !token.is_empty()).map(RefreshToken);
    Some(Grant { header, renew_at: asked_at.after(lifetime - margin(lifetime)), refresh })
}

fn parse(body: &[u8]) -> Option<(WireGrant<'_>, Duration)> {
    let grant: WireGrant<'_> = serde_json::from_slice(body).ok()?;
    if grant.access_token.is_empty() {
        return None;
    }
    let stated_s = grant.expires_in.and_then(|raw| raw.get().trim_matches('"').parse::<u64>().ok());
    let lifetime = stated_s
        .filter(|seconds| *seconds > 0)
        .map_or(UNSTATED_LIFETIME, |seconds| Duration::from_secs(seconds).min(LONGEST_LIFETIME));
    Some((grant, lifetime))
}

/// A short-lived token is used for half its life, so that a margin never leaves nothing of it.
fn margin(lifetime: Duration) -> Duration {
    RENEWAL_MARGIN.min(lifetime / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(0);

    fn lifetime_of(body: &str) -> Option<u64> {
        parse(body.as_bytes()).map(|(_, lifetime)| lifetime.as_secs())
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
            assert!(read_grant(body.as_bytes(), NOW).is_none(), "{body}");
        }
    }

    #[test]
    fn a_token_is_renewed_before_it_expires_however_short_it_lives() {
        assert_eq!(margin(Duration::from_secs(3_600)), Duration::from_secs(300));
        assert_eq!(margin(Duration::from_secs(10)), Duration::from_secs(5));
    }

    #[test]
    fn no_token_shows_itself() {
        let grant = read_grant(br#"{"access_token":"marked-token","refresh_token":"marked-too"}"#, NOW).unwrap();
        assert_eq!(grant.refresh.as_ref().map(RefreshToken::reveal), Some("marked-too"));
        let shown = format!("{grant:?} {:?}", Held { credentials: grant.header.clone(), serial: 1 });
        assert!(!shown.contains("marked"), "{shown}");
    }

    #[derive(Debug, PartialEq, Eq, thiserror::Error)]
    #[error("the token server is away")]
    struct Away;

    impl From<RanOut> for Away {
        fn from(_: RanOut) -> Self {
            Self
        }
    }

    #[tokio::test]
    async fn what_cannot_be_renewed_is_used_until_it_is_refused_and_tried_again_after_a_while() {
        let clock = Clock::set_to(NOW);
        let budget = Budget::until(NOW.after(Duration::from_secs(900)), clock.clone());
        let keeper = Keeper::<u8>::default();
        let granted =
            |token, renew_at| async move |_: Option<u8>| Ok::<_, Away>(Fetched { credentials: token, renew_at });
        let away = async |_: Option<u8>| Err::<Fetched<u8>, _>(Away);
        let unasked = async |_: Option<u8>| -> Result<Fetched<u8>, Away> { panic!("it is too early to ask") };

        assert_eq!(
            keeper.get(&clock, &budget, away).await.map(|held| held.credentials),
            Err(Away),
            "there is none yet"
        );
        let renew_at = NOW.after(Duration::from_secs(60));
        keeper.get(&clock, &budget, granted(1, renew_at)).await.unwrap();
        clock.turn_to(renew_at);
        let held = keeper.get(&clock, &budget, away).await.unwrap();
        assert_eq!(held.credentials, 1);
        assert_eq!(keeper.get(&clock, &budget, unasked).await.map(|held| held.credentials), Ok(1));

        clock.advance(FETCH_AGAIN_AFTER);
        let renewed =
            keeper.get(&clock, &budget, granted(2, clock.now().after(Duration::from_secs(60)))).await.unwrap();
        assert_eq!(renewed.credentials, 2);
        keeper.refused(&held, &budget).await.unwrap();
        assert_eq!(
            keeper.get(&clock, &budget, unasked).await.map(|held| held.credentials),
            Ok(2),
            "another was refused"
        );
        keeper.refused(&renewed, &budget).await.unwrap();
        assert_eq!(keeper.get(&clock, &budget, away).await.map(|held| held.credentials), Err(Away));
    }
}
