//! The OpenID issuer: one key, and the tokens of every company's administrator.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use uuid::Uuid;

/// The issuer's name, and where its documents are.
pub(crate) const ISSUER: &str = "http://127.0.0.1/realms/simulated";
const KEYS: &str = "http://127.0.0.1/realms/simulated/keys";
const WRITE: &str = "bookingsupplier-administrator-write";
/// 2150: beyond the end of every run.
const EXPIRES_S: i64 = 5_680_281_600;

/// Signs and publishes. Its key is of this process alone, and no line of a trace depends on it.
pub(crate) struct Issuer {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Issuer {
    pub(crate) fn new() -> Option<Self> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).ok()?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).ok()?;
        Some(Self { key, random })
    }

    /// What is at this path.
    pub(crate) fn document(&self, path: &str) -> Option<Value> {
        if path.ends_with("/.well-known/openid-configuration") {
            return Some(json!({"issuer": ISSUER, "jwks_uri": KEYS}));
        }
        // 4, x, y.
        let point = self.key.public_key().as_ref();
        let coordinate = |from: usize| point.get(from..from + 32).map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let key = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "simulated",
            "x": coordinate(1)?, "y": coordinate(33)?,
        });
        path.ends_with("/keys").then(|| json!({ "keys": [key] }))
    }

    /// A token of somebody who may start syncs of this company.
    pub(crate) fn token(&self, company: Uuid) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({"alg": "ES256", "typ": "JWT", "kid": "simulated"}));
        let claims = part(json!({
            "iss": ISSUER, "typ": "Bearer", "exp": EXPIRES_S, "company_id": company,
            "realm_access": {"roles": [WRITE]},
        }));
        let signed = format!("{header}.{claims}");
        let signature = self.key.sign(&self.random, signed.as_bytes());
        let signature = signature.map(|signature| URL_SAFE_NO_PAD.encode(signature)).unwrap_or_default();
        format!("{signed}.{signature}")
    }
}
