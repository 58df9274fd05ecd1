//! An OpenID issuer: its keys, its two documents, and what else a forger may sign with.
//!
//! Not `tests/local/issuer`, which would bring the whole local stack along to be built for fuzzing,
//! and which no forger can have sign a header of its own choice.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256};
use ring::{hmac, rsa};
use serde_json::{Value, json};

const RSA_KEY: &str = include_str!("../../local/issuer/keys/test-rsa-1.pem");

/// The id of the key of kind RSA.
pub const RSA: &str = "rsa";

/// The id of the key on P-256.
pub const EC: &str = "ec";

/// An issuer that serves until the process ends.
pub struct Issuer {
    /// What its tokens call it.
    pub name: String,
    rsa: rsa::KeyPair,
    ec: EcdsaKeyPair,
    foreign: EcdsaKeyPair,
}

/// Who signs, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The issuer, ES256.
    Ec,
    /// The issuer, RS256.
    Rsa,
    /// A key on P-256 that the issuer never had.
    Foreign,
    /// HS256, with the issuer's public RSA key as the secret.
    HmacOfRsa,
    /// HS256, with the issuer's public point on P-256 as the secret.
    HmacOfEc,
    /// Nobody.
    Nobody,
}

impl Issuer {
    /// Begins to serve on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let name = format!("http://{}", listener.local_addr().expect("an address"));
        // The text before the first line of dashes is for people.
        let lines = RSA_KEY.lines().skip_while(|line| !line.starts_with("--")).skip(1);
        let body: String = lines.take_while(|line| !line.starts_with("--")).collect();
        let issuer = Self {
            rsa: rsa::KeyPair::from_pkcs8(&STANDARD.decode(body).expect("base64")).expect("a key"),
            ec: new_key(),
            foreign: new_key(),
            name,
        };
        let discovery = json!({"issuer": issuer.name, "jwks_uri": format!("{}/keys", issuer.name)});
        let keys = issuer.published();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                drop(serve(connection, &discovery, &keys));
            }
        });
        issuer
    }

    fn published(&self) -> Value {
        let rsa = rsa::PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        // Uncompressed: 4, then both coordinates.
        let (x, y) = self.ec.public_key().as_ref()[1..].split_at(32);
        json!({"keys": [
            {"kid": RSA, "kty": "RSA", "use": "sig", "n": encoded(&rsa.n), "e": encoded(&rsa.e)},
            {"kid": EC, "kty": "EC", "use": "sig", "crv": "P-256", "x": encoded(x), "y": encoded(y)},
        ]})
    }

    /// A signature over a text.
    pub fn sign(&self, signer: Signer, text: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        let ec = |key: &EcdsaKeyPair| key.sign(&random, text.as_bytes()).expect("a signature").as_ref().to_vec();
        let hmac =
            |secret: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes()).as_ref().to_vec();
        match signer {
            Signer::Ec => ec(&self.ec),
            Signer::Foreign => ec(&self.foreign),
            Signer::Rsa => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).expect("a signature");
                signature
            }
            Signer::HmacOfRsa => hmac(self.rsa.public().as_ref()),
            Signer::HmacOfEc => hmac(self.ec.public_key().as_ref()),
            Signer::Nobody => Vec::new(),
        }
    }

    /// A token in compact form.
    pub fn token(&self, signer: Signer, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()));
        let signature = encoded(&self.sign(signer, &signed));
        format!("{signed}.{signature}")
    }
}

fn new_key() -> EcdsaKeyPair {
    let (kind, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let made = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), &random).expect("a key")
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn serve(mut connection: TcpStream, discovery: &Value, keys: &Value) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let document = if head.starts_with(b"GET /keys ") { keys } else { discovery };
    let body = document.to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    write!(connection, "{head}Content-Length: {}\r\n\r\n{body}", body.len())
}
