use super::*;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::plain_http;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const PATIENCE: Duration = Duration::from_secs(10);

async fn published(realm: &Realm) -> Result<Value, Box<dyn std::error::Error>> {
    let (_, discovery) =
        plain_http::get(&format!("{}/.well-known/openid-configuration", realm.url()), PATIENCE).await?;
    let discovery: Value = serde_json::from_slice(&discovery)?;
    assert_eq!(discovery["issuer"], realm.url());
    let (_, keys) = plain_http::get(discovery["jwks_uri"].as_str().unwrap_or_default(), PATIENCE).await?;
    Ok(serde_json::from_slice(&keys)?)
}

fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap_or_default()).unwrap_or_default()
}

/// Checks a token with the published key that its header names.
fn holds(token: &str, keys: &Value) -> bool {
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    let header = URL_SAFE_NO_PAD.decode(message.split('.').next().unwrap_or_default()).unwrap_or_default();
    let header: Value = serde_json::from_slice(&header).unwrap_or_default();
    let Some(key) = keys["keys"].as_array().into_iter().flatten().find(|key| key["kid"] == header["kid"]) else {
        return false;
    };
    if key["kty"] == "RSA" {
        let key = RsaPublicKeyComponents { n: bytes(&key["n"]), e: bytes(&key["e"]) };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &signature).is_ok()
    } else {
        let point = [vec![4], bytes(&key["x"]), bytes(&key["y"])].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message.as_bytes(), &signature).is_ok()
    }
}

#[tokio::test]
async fn good_signatures_hold_by_the_published_keys_and_bad_ones_do_not() -> Outcome {
    let issuer = Issuer::start(&["one"])?;
    let realm = issuer.realm("one");
    let keys = published(&realm).await?;
    let signed = |how| realm.token().signature(how).sign();
    assert!(holds(&signed(Signature::Rs256)?, &keys));
    assert!(holds(&signed(Signature::Es256)?, &keys));
    for bad in [
        Signature::None,
        Signature::Hs256WithPublicKey,
        Signature::ForeignKey,
        Signature::UnknownKey,
        Signature::NoKeyId,
        Signature::OfOtherClaims,
    ] {
        assert!(!holds(&signed(bad)?, &keys), "{bad:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_rotation_takes_the_old_keys_away() -> Outcome {
    let issuer = Issuer::start(&["one"])?;
    let realm = issuer.realm("one");
    let old = realm.token().sign()?;
    realm.rotate()?;
    let keys = published(&realm).await?;
    assert!(!holds(&old, &keys));
    assert!(holds(&realm.token().sign()?, &keys));
    assert_eq!((realm.discovery_requests(), realm.key_set_requests()), (1, 1));
    Ok(())
}
