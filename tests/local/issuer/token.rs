//! Tokens as Keycloak gives them out, and every way in which one can be wrong.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::hmac;
use serde_json::{Map, Value, json};
use thiserror::Error;
use uuid::Uuid;

use super::keys::{KeyError, encoded};
use super::{Realm, RealmState};

/// Keycloak's own default for access tokens.
const LIFE_S: i64 = 300;

/// Far enough from now that no leeway reaches it.
const LONG_S: i64 = 3600;

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signature {
    /// By the realm's RSA key, as it should be.
    #[default]
    Rs256,
    /// By the realm's P-256 key, as it should be.
    Es256,
    /// `alg` is `none` and there is no signature.
    None,
    /// `alg` is `HS256`, and the secret is the realm's public RSA key, which everybody has.
    Hs256WithPublicKey,
    /// RS256, with the realm's key id, by a key that the realm never had.
    ForeignKey,
    /// RS256 by a key that the realm never had, under a key id that nobody knows.
    UnknownKey,
    /// RS256 as it should be, but the header names no key.
    NoKeyId,
    /// RS256 over other claims.
    OfOtherClaims,
    /// RS256, with the header saying ES256.
    OtherAlgorithmInHeader,
}

/// Why a token could not be made.
#[derive(Debug, Error)]
pub enum TokenError {
    /// A key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A token in the making; good until a method makes it bad.
#[derive(Debug, Clone)]
pub struct Token {
    realm: Realm,
    claims: Map<String, Value>,
    signature: Signature,
}

impl Token {
    pub(super) fn new(realm: Realm) -> Self {
        let now = now_s();
        let claims = json!({
            "iss": realm.url(),
            "sub": Uuid::new_v4(),
            "aud": "account",
            "azp": "bookmore-web",
            "typ": "Bearer",
            "jti": Uuid::new_v4(),
            "iat": now,
            "exp": now + LIFE_S,
        });
        let claims = match claims {
            Value::Object(claims) => claims,
            _ => Map::new(),
        };
        Self { realm, claims, signature: Signature::default() }
    }

    /// Of this company, in the claim `company_id`.
    #[must_use]
    pub fn company(self, company: &str) -> Self {
        self.claim("company_id", company)
    }

    /// With one more role of the realm.
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        let access = self.claims.entry("realm_access").or_insert_with(|| json!({"roles": []}));
        if let Some(roles) = access["roles"].as_array_mut() {
            roles.push(role.into());
        }
        self
    }

    /// With one more role at a client: `resource_access.<client>.roles`.
    #[must_use]
    pub fn role_at(mut self, client: &str, role: &str) -> Self {
        let access = self.claims.entry("resource_access").or_insert_with(|| json!({}));
        match access[client]["roles"].as_array_mut() {
            Some(roles) => roles.push(role.into()),
            None => access[client] = json!({ "roles": [role] }),
        }
        self
    }

    /// With this claim, whatever it was.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Without this claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// For this audience.
    #[must_use]
    pub fn audience(self, audience: &str) -> Self {
        self.claim("aud", audience)
    }

    /// Its end this many seconds from now; negative: in the past.
    #[must_use]
    pub fn expires_in_s(self, seconds: i64) -> Self {
        self.claim("exp", now_s() + seconds)
    }

    /// Ended an hour ago.
    #[must_use]
    pub fn expired(self) -> Self {
        self.expires_in_s(-LONG_S)
    }

    /// Valid in an hour.
    #[must_use]
    pub fn not_yet_valid(self) -> Self {
        self.claim("nbf", now_s() + LONG_S).expires_in_s(2 * LONG_S)
    }

    /// An ID token, which tells a web page who signed in and gives no access.
    #[must_use]
    pub fn id_token(self) -> Self {
        let client = self.claims["azp"].clone();
        self.claim("typ", "ID")
            .claim("aud", client)
            .claim("nonce", "n-0S6_WzA2Mj")
            .claim("at_hash", "77QmUPtjPfzWtF2AnpK9RQ")
    }

    /// Made at least this long by a claim that means nothing.
    #[must_use]
    pub fn padded_to(self, bytes: usize) -> Self {
        self.claim("padding", "x".repeat(bytes))
    }

    /// Signed in another way.
    #[must_use]
    pub fn signature(self, signature: Signature) -> Self {
        Self { signature, ..self }
    }

    /// The token in compact form.
    ///
    /// # Errors
    /// When a key fails or the issuer has not this realm.
    pub fn sign(self) -> Result<String, TokenError> {
        let Self { realm, claims, signature } = self;
        let signed = realm.with(|state| sign(state, &claims, signature));
        Ok(signed.unwrap_or(Err(KeyError::NoRealm))?)
    }
}

fn sign(realm: &RealmState, claims: &Map<String, Value>, how: Signature) -> Result<String, KeyError> {
    let keys = &realm.keys;
    let (algorithm, key_id) = match how {
        Signature::Rs256 | Signature::ForeignKey | Signature::OfOtherClaims => ("RS256", Some(keys.rsa_id.clone())),
        Signature::Es256 => ("ES256", Some(keys.ecdsa_id.clone())),
        Signature::OtherAlgorithmInHeader => ("ES256", Some(keys.rsa_id.clone())),
        Signature::None => ("none", None),
        Signature::Hs256WithPublicKey => ("HS256", Some(keys.rsa_id.clone())),
        Signature::UnknownKey => ("RS256", Some(Uuid::new_v4().simple().to_string())),
        Signature::NoKeyId => ("RS256", None),
    };
    let mut header = json!({"alg": algorithm, "typ": "JWT"});
    if let Some(key_id) = key_id {
        header["kid"] = key_id.into();
    }
    let part = |value: &Value| encoded(value.to_string().as_bytes());
    let message = format!("{}.{}", part(&header), part(&Value::Object(claims.clone())));
    let bytes = message.as_bytes();
    let signature = match how {
        Signature::Rs256 | Signature::NoKeyId | Signature::OtherAlgorithmInHeader => keys.sign_rs256(bytes)?,
        Signature::Es256 => keys.sign_es256(bytes)?,
        Signature::None => Vec::new(),
        Signature::Hs256WithPublicKey => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, keys.rsa_public_pem().as_bytes());
            hmac::sign(&key, bytes).as_ref().to_vec()
        }
        Signature::ForeignKey | Signature::UnknownKey => realm.foreign.sign_rs256(bytes)?,
        Signature::OfOtherClaims => keys.sign_rs256(format!("{}.{}", part(&header), part(&json!({}))).as_bytes())?,
    };
    Ok(format!("{message}.{}", encoded(&signature)))
}

fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
