//! Every algorithm of the allow-list against real keys, and every key that is none for us.

use std::error::Error;

use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::rsa;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
};
use serde_json::{Value, json};

use super::*;

const ALL: [Algorithm; 8] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Es256,
    Algorithm::Es384,
];

const MESSAGE: &[u8] = b"header.claims";

/// The false issuer's test key; ring makes no RSA keys.
const RSA_PEM: &str = include_str!("../../../../../tests/local/issuer/keys/test-rsa-1.pem");

#[test]
fn an_rsa_signature_fits_its_own_algorithm_and_message_only() -> Result<(), Box<dyn Error>> {
    let pair = rsa_pair()?;
    let parts = rsa::PublicKeyComponents::<Vec<u8>>::from(pair.public());
    // A leading zero, as some issuers write it.
    let modulus = [vec![0], parts.n].concat();
    let key = key(json!({"kty": "RSA", "kid": "k", "n": coded(&modulus), "e": coded(&parts.e)}))?;
    let signers: [(Algorithm, &'static dyn RsaEncoding); 6] = [
        (Algorithm::Rs256, &RSA_PKCS1_SHA256),
        (Algorithm::Rs384, &RSA_PKCS1_SHA384),
        (Algorithm::Rs512, &RSA_PKCS1_SHA512),
        (Algorithm::Ps256, &RSA_PSS_SHA256),
        (Algorithm::Ps384, &RSA_PSS_SHA384),
        (Algorithm::Ps512, &RSA_PSS_SHA512),
    ];
    for (algorithm, encoding) in signers {
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), MESSAGE, &mut signature).map_err(|_| "no signature")?;
        assert_fits_only(&key, algorithm, &signature);
    }
    Ok(())
}

#[test]
fn an_ecdsa_signature_fits_its_own_algorithm_and_message_only() -> Result<(), Box<dyn Error>> {
    let curves: [(Algorithm, &str, &'static EcdsaSigningAlgorithm); 2] = [
        (Algorithm::Es256, "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING),
        (Algorithm::Es384, "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
    ];
    for (algorithm, curve, signing) in curves {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(signing, &random).map_err(|_| "no key")?;
        let pair = EcdsaKeyPair::from_pkcs8(signing, document.as_ref(), &random).map_err(|_| "no pair")?;
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let key = key(json!({"kty": "EC", "crv": curve, "kid": "k", "use": "sig", "x": coded(x), "y": coded(y)}))?;
        let signature = pair.sign(&random, MESSAGE).map_err(|_| "no signature")?;
        assert_fits_only(&key, algorithm, signature.as_ref());
        assert!(!key.has_signed(algorithm, MESSAGE, &signature.as_ref()[1..]));
        assert!(!key.has_signed(algorithm, MESSAGE, &vec![0; signature.as_ref().len()]), "a signature of zeros");
    }
    Ok(())
}

#[test]
fn a_key_serves_the_algorithms_of_its_kind_and_with_one_of_its_own_no_other() -> Result<(), Box<dyn Error>> {
    let parts = rsa::PublicKeyComponents::<Vec<u8>>::from(rsa_pair()?.public());
    let (n, e) = (coded(&parts.n), coded(&parts.e));
    let any = key(json!({"kty": "RSA", "kid": "k", "n": n, "e": e}))?;
    let one = key(json!({"kty": "RSA", "kid": "k", "alg": "RS512", "n": n, "e": e}))?;
    let served = |key: &PublicKey| ALL.into_iter().filter(|algorithm| key.serves(*algorithm)).collect::<Vec<_>>();
    assert_eq!(served(&any), ALL[..6]);
    assert_eq!(served(&one), [Algorithm::Rs512]);
    Ok(())
}

#[test]
fn keys_for_something_else_are_left_out() {
    for json in [
        json!({"kty": "RSA", "kid": "k", "use": "enc", "n": "AKv_", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "k", "alg": "RSA-OAEP", "n": "AKv_", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "k", "n": "AAAA", "e": "AQAB"}),
        json!({"kty": "RSA", "n": "AKv_", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "k", "e": "AQAB"}),
        json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0"}),
        json!({"kty": "EC", "kid": "k", "crv": "P-521", "x": "AA", "y": "AA"}),
        json!({"kty": "EC", "kid": "k", "crv": "P-256", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "kid": "k", "crv": "Ed25519", "x": "AA"}),
    ] {
        assert!(key(json.clone()).is_err(), "{json}");
    }
}

fn assert_fits_only(key: &PublicKey, algorithm: Algorithm, signature: &[u8]) {
    assert!(key.has_signed(algorithm, MESSAGE, signature), "{algorithm:?}");
    assert!(!key.has_signed(algorithm, b"header.other", signature), "{algorithm:?} over another message");
    for other in ALL.into_iter().filter(|other| *other != algorithm) {
        assert!(!key.has_signed(other, MESSAGE, signature), "{algorithm:?} as {other:?}");
    }
}

fn key(jwk: Value) -> Result<PublicKey, Box<dyn Error>> {
    let (id, key) = serde_json::from_value::<Jwk>(jwk)?.into_key().ok_or("no key for us")?;
    assert_eq!(id, "k");
    Ok(key)
}

fn rsa_pair() -> Result<rsa::KeyPair, Box<dyn Error>> {
    let lines = RSA_PEM.lines().skip_while(|line| !line.starts_with("-----BEGIN")).skip(1);
    let body: String = lines.take_while(|line| !line.starts_with("-----END")).collect();
    rsa::KeyPair::from_pkcs8(&STANDARD.decode(body)?).map_err(|_| "no RSA key".into())
}

fn coded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
