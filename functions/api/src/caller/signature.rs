//! The asymmetric allow-list, and the check of one signature against one public key.
//!
//! Why ring alone and no JWT crate: `jsonwebtoken` brings its own cryptography (aws-lc, or the
//! `rsa` crate with RUSTSEC-2023-0071) unless a provider is installed for the whole process,
//! reads the wall clock by itself where our time is an argument, and would leave us three
//! base64 parts and two small structs, which are in [`super::token`].
//!
//! A key says what it is for: its kind, and its `alg` when it has one. A token cannot talk a key
//! into another algorithm; an RSA key under 2048 bits fits no signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature as ring_signature;
use ring::signature::{EcdsaVerificationAlgorithm, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

/// The algorithms that are allowed, all asymmetric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of RFC 7518 say it all")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
}

impl Algorithm {
    /// The algorithm of this name, in exactly this case; `None` for everything not allowed.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            _ => return None,
        })
    }

    fn scheme(self) -> Scheme {
        match self {
            Self::Rs256 => Scheme::Rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Scheme::Rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Scheme::Rsa(&ring_signature::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Scheme::Rsa(&ring_signature::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Scheme::Rsa(&ring_signature::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Scheme::Rsa(&ring_signature::RSA_PSS_2048_8192_SHA512),
            Self::Es256 => Scheme::Ecdsa(Curve::P256, &ring_signature::ECDSA_P256_SHA256_FIXED),
            Self::Es384 => Scheme::Ecdsa(Curve::P384, &ring_signature::ECDSA_P384_SHA384_FIXED),
        }
    }
}

enum Scheme {
    Rsa(&'static RsaParameters),
    Ecdsa(Curve, &'static EcdsaVerificationAlgorithm),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
}

/// A key of an issuer.
#[derive(Debug, Clone)]
pub struct PublicKey {
    material: Material,
    only_for: Option<Algorithm>,
}

#[derive(Debug, Clone)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Ecdsa { curve: Curve, point: Vec<u8> },
}

/// One entry of a key set (RFC 7517), as far as it matters here.
#[derive(Deserialize)]
pub struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// The key and its id; `None` when it is not for checking signatures of the allow-list, or
    /// has no id. A key set may well hold such keys: Keycloak's has one for encryption.
    #[must_use]
    pub fn into_key(self) -> Option<(String, PublicKey)> {
        if self.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let only_for = match self.alg.as_deref() {
            None => None,
            Some(name) => Some(Algorithm::named(name)?),
        };
        let material = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Material::Rsa { modulus: number(self.n.as_deref()?)?, exponent: number(self.e.as_deref()?)? },
            ("EC", Some("P-256")) => point(Curve::P256, &self.x?, &self.y?)?,
            ("EC", Some("P-384")) => point(Curve::P384, &self.x?, &self.y?)?,
            _ => return None,
        };
        Some((self.kid?, PublicKey { material, only_for }))
    }
}

impl PublicKey {
    /// Whether signatures of this algorithm can come from this key.
    #[must_use]
    pub fn serves(&self, algorithm: Algorithm) -> bool {
        let of_its_kind = match (&self.material, algorithm.scheme()) {
            (Material::Rsa { .. }, Scheme::Rsa(_)) => true,
            (Material::Ecdsa { curve, .. }, Scheme::Ecdsa(needed, _)) => *curve == needed,
            (Material::Rsa { .. }, Scheme::Ecdsa(..)) | (Material::Ecdsa { .. }, Scheme::Rsa(_)) => false,
        };
        of_its_kind && self.only_for.is_none_or(|only| only == algorithm)
    }

    /// Whether the holder of this key has signed the message.
    #[must_use]
    pub fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.material, algorithm.scheme()) {
            (Material::Rsa { modulus, exponent }, Scheme::Rsa(parameters)) => {
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature).is_ok()
            }
            (Material::Ecdsa { point, .. }, Scheme::Ecdsa(_, scheme)) => {
                UnparsedPublicKey::new(scheme, point).verify(message, signature).is_ok()
            }
            (Material::Rsa { .. }, Scheme::Ecdsa(..)) | (Material::Ecdsa { .. }, Scheme::Rsa(_)) => false,
        }
    }
}

/// A big-endian number without leading zeros, which ring does not take.
fn number(coded: &str) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(coded).ok()?;
    let significant = bytes.iter().position(|byte| *byte != 0)?;
    Some(bytes[significant..].to_vec())
}

/// An uncompressed point: 4, x, y.
fn point(curve: Curve, x: &str, y: &str) -> Option<Material> {
    let coordinate_bytes = match curve {
        Curve::P256 => 32,
        Curve::P384 => 48,
    };
    let mut point = vec![4];
    for coded in [x, y] {
        let coordinate = URL_SAFE_NO_PAD.decode(coded).ok()?;
        if coordinate.len() != coordinate_bytes {
            return None;
        }
        point.extend(coordinate);
    }
    Some(Material::Ecdsa { curve, point })
}

#[cfg(test)]
mod tests;
