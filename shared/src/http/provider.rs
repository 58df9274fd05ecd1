//! Which cryptography TLS is spoken with: ring's, without its private keys.
//!
//! A client here proves who it is within TLS to nobody, but rustls' own provider brings the code to sign
//! with every kind of key, because it cannot know that none will come.

use std::sync::Arc;

use rustls::Error;
use rustls::crypto::ring::default_provider;
use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;

#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("no client here has a private key".to_owned()))
    }
}

/// The provider.
pub(super) fn without_keys() -> CryptoProvider {
    CryptoProvider { key_provider: &NoKeys, ..default_provider() }
}
