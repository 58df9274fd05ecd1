//! A realm's signing keys, and the key set it publishes of them.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256};
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

/// Test keys of this repository; a rotation moves on to the next.
const TEST_RSA_KEYS: [&str; 2] = [include_str!("keys/test-rsa-1.pem"), include_str!("keys/test-rsa-2.pem")];

/// The test key that no realm publishes for signatures.
const FOREIGN_RSA_KEY: &str = include_str!("keys/test-rsa-3.pem");

/// Why a key or the issuer could not be made.
#[derive(Debug, Error)]
pub enum KeyError {
    /// A key file of this repository is damaged.
    #[error("a test key cannot be read")]
    Unreadable,
    /// The system gave no randomness, or a signature failed.
    #[error("the key cannot be made or used")]
    Unusable,
    /// The issuer has no realm of that name.
    #[error("the issuer was started without this realm")]
    NoRealm,
    /// No port or thread.
    #[error("the issuer cannot serve")]
    Serve(#[source] io::Error),
}

pub(super) struct Keys {
    rsa_index: usize,
    rsa: rsa::KeyPair,
    ecdsa: EcdsaKeyPair,
    pub rsa_id: String,
    pub ecdsa_id: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("rsa_id", &self.rsa_id).field("ecdsa_id", &self.ecdsa_id).finish_non_exhaustive()
    }
}

impl Keys {
    pub(super) fn new(rsa_index: usize) -> Result<Self, KeyError> {
        Self::with_rsa(rsa_index, TEST_RSA_KEYS[rsa_index % TEST_RSA_KEYS.len()])
    }

    pub(super) fn next(&self) -> Result<Self, KeyError> {
        Self::new(self.rsa_index + 1)
    }

    pub(super) fn foreign() -> Result<Self, KeyError> {
        Self::with_rsa(0, FOREIGN_RSA_KEY)
    }

    fn with_rsa(rsa_index: usize, pem: &str) -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        let rsa = rsa::KeyPair::from_pkcs8(&der_in(pem)?).map_err(|_| KeyError::Unreadable)?;
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let made = made.map_err(|_| KeyError::Unusable)?;
        let ecdsa = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random);
        let ecdsa = ecdsa.map_err(|_| KeyError::Unusable)?;
        Ok(Self { rsa_index, rsa, ecdsa, rsa_id: new_id(), ecdsa_id: new_id() })
    }

    /// The JSON Web Key Set. Like Keycloak's it also has a key for encryption, which signs nothing.
    pub(super) fn published(&self) -> Value {
        let (n, e) = self.rsa_public();
        let point = self.ecdsa.public_key().as_ref();
        // Uncompressed: 4, then both coordinates of 32 bytes.
        let (x, y) = point[1..].split_at(32);
        json!({"keys": [
            {"kid": self.rsa_id, "kty": "RSA", "alg": "RS256", "use": "sig", "n": encoded(&n), "e": encoded(&e)},
            {"kid": self.ecdsa_id, "kty": "EC", "alg": "ES256", "use": "sig", "crv": "P-256", "x": encoded(x), "y": encoded(y)},
            {"kid": "for-encryption", "kty": "RSA", "alg": "RSA-OAEP", "use": "enc", "n": encoded(&n), "e": encoded(&e)},
        ]})
    }

    pub(super) fn sign_rs256(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.rsa.public().modulus_len()];
        let signed = self.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map(|()| signature).map_err(|_| KeyError::Unusable)
    }

    pub(super) fn sign_es256(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signed = self.ecdsa.sign(&SystemRandom::new(), message);
        signed.map(|signature| signature.as_ref().to_vec()).map_err(|_| KeyError::Unusable)
    }

    /// The RSA public key as everybody can fetch it, in PEM: what an HS256 forger would take as secret.
    pub(super) fn rsa_public_pem(&self) -> String {
        let body = STANDARD.encode(self.rsa.public().as_ref());
        format!("-----BEGIN RSA PUBLIC KEY-----\n{body}\n-----END RSA PUBLIC KEY-----\n")
    }

    fn rsa_public(&self) -> (Vec<u8>, Vec<u8>) {
        let parts = rsa::PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        (parts.n, parts.e)
    }
}

pub(super) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn new_id() -> String {
    Uuid::new_v4().simple().to_string()
}

/// The bytes between a PEM file's first two lines of dashes; text around them is for people.
fn der_in(pem: &str) -> Result<Vec<u8>, KeyError> {
    let lines = pem.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let body: String = lines.take_while(|line| !line.starts_with("-----END")).collect();
    STANDARD.decode(body).map_err(|_| KeyError::Unreadable)
}
