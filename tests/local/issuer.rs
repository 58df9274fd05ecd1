//! A false OpenID issuer: realms with discovery documents and key sets, over real HTTP, and a
//! builder for every good and bad token.
//!
//! Its tokens look like Keycloak's. Each realm has an RS256 and an ES256 key, which a test can
//! rotate; a realm can also stop answering. The RSA keys are test keys of this repository, because
//! making some takes seconds; the others are made at the start.
//!
//! ```no_run
//! # fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local::issuer::{Issuer, Signature};
//! let issuer = Issuer::start(&["bookmore-admin", "bookmore"])?;
//! let realm = issuer.realm("bookmore-admin");     // TRUSTED_ISSUERS = realm.url()
//! let good = realm.token().company("00000000-0000-0000-0000-000000000001")
//!     .role("bookingsupplier-administrator-write").sign()?;
//! let bad = realm.token().signature(Signature::None).sign()?;
//! realm.rotate()?;                                // `good` has a kid that is gone now
//! assert_eq!(realm.key_set_requests(), 0);
//! # Ok(()) }
//! ```

mod keys;
mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use crate::proxy::Gate;
use crate::serving::{Serving, hang_up};
pub use keys::KeyError;
use keys::Keys;
pub use token::{Signature, Token, TokenError};

/// How a realm answers.
#[derive(Debug, Clone, Default)]
pub enum Health {
    /// As it should.
    #[default]
    Well,
    /// It closes the connection without an answer.
    Unreachable,
    /// It answers with this status.
    Status(u16),
    /// It answers 200 with this text.
    Body(String),
    /// It answers when the gate is released.
    Held(Gate),
}

#[derive(Debug)]
struct RealmState {
    keys: Keys,
    /// Signs with a key that the realm never published.
    foreign: Keys,
    health: Health,
    discovery_requests: usize,
    key_set_requests: usize,
}

#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<HashMap<String, RealmState>>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, RealmState>> {
        // A test that panicked while it held the lock has failed already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running issuer; it ends when it is dropped.
#[derive(Debug)]
pub struct Issuer {
    shared: Shared,
    serving: Serving,
}

/// One realm of a running issuer.
#[derive(Debug, Clone)]
pub struct Realm {
    shared: Shared,
    name: String,
    url: String,
}

impl Issuer {
    /// Starts with these realms.
    ///
    /// # Errors
    /// When a key cannot be made, or no port or thread is to be had.
    pub fn start(realms: &[&str]) -> Result<Self, KeyError> {
        let mut states = HashMap::new();
        for name in realms {
            let state = RealmState {
                keys: Keys::new(0)?,
                foreign: Keys::foreign()?,
                health: Health::Well,
                discovery_requests: 0,
                key_set_requests: 0,
            };
            states.insert((*name).to_owned(), state);
        }
        let shared = Shared(Arc::new(Mutex::new(states)));
        let router = Router::new()
            .route("/realms/{realm}/.well-known/openid-configuration", get(discovery))
            .route("/realms/{realm}/protocol/openid-connect/certs", get(key_set))
            .with_state(shared.clone());
        let serving = Serving::router(router).map_err(KeyError::Serve)?;
        Ok(Self { shared, serving })
    }

    /// One of the realms that it was started with.
    #[must_use]
    pub fn realm(&self, name: &str) -> Realm {
        Realm {
            shared: self.shared.clone(),
            name: name.to_owned(),
            url: format!("{}/realms/{name}", self.serving.url()),
        }
    }
}

impl Realm {
    /// The issuer's URL, exactly as in the tokens' `iss`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Begins a token that is good but for having no role and no company.
    #[must_use]
    pub fn token(&self) -> Token {
        Token::new(self.clone())
    }

    /// New keys with new ids; the old ones are published no longer.
    ///
    /// # Errors
    /// When a key cannot be made.
    pub fn rotate(&self) -> Result<(), KeyError> {
        self.with(|realm| {
            realm.keys = realm.keys.next()?;
            Ok(())
        })
        .unwrap_or(Err(KeyError::NoRealm))
    }

    /// How it answers from now on.
    pub fn set_health(&self, health: Health) {
        self.with(|realm| realm.health = health);
    }

    /// How often its discovery document was asked for.
    #[must_use]
    pub fn discovery_requests(&self) -> usize {
        self.with(|realm| realm.discovery_requests).unwrap_or_default()
    }

    /// How often its key set was asked for.
    #[must_use]
    pub fn key_set_requests(&self) -> usize {
        self.with(|realm| realm.key_set_requests).unwrap_or_default()
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut RealmState) -> T) -> Option<T> {
        self.shared.lock().get_mut(&self.name).map(use_it)
    }
}

async fn discovery(State(shared): State<Shared>, Path(name): Path<String>, headers: HeaderMap) -> Response<Body> {
    let authority = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let url = format!("http://{authority}/realms/{name}");
    let document = json!({
        "issuer": url,
        "jwks_uri": format!("{url}/protocol/openid-connect/certs"),
        "authorization_endpoint": format!("{url}/protocol/openid-connect/auth"),
        "token_endpoint": format!("{url}/protocol/openid-connect/token"),
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
    });
    answer(&shared, &name, |realm| {
        realm.discovery_requests += 1;
        document
    })
    .await
}

async fn key_set(State(shared): State<Shared>, Path(name): Path<String>) -> Response<Body> {
    answer(&shared, &name, |realm| {
        realm.key_set_requests += 1;
        realm.keys.published()
    })
    .await
}

async fn answer(shared: &Shared, name: &str, ask: impl FnOnce(&mut RealmState) -> Value) -> Response<Body> {
    let asked = shared.lock().get_mut(name).map(|realm| (ask(realm), realm.health.clone()));
    let Some((document, health)) = asked else {
        return status(StatusCode::NOT_FOUND);
    };
    match health {
        Health::Well => Json(document).into_response(),
        Health::Unreachable => hang_up(),
        Health::Status(code) => status(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)),
        Health::Body(text) => Response::new(Body::from(text)),
        Health::Held(gate) => {
            gate.stand().await;
            Json(document).into_response()
        }
    }
}

fn status(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

#[cfg(test)]
mod tests;
