//! A bearer token, taken apart: three parts, a header on the allow-list, a name for the issuer.
//!
//! Refused before any key is looked for: a token over [`LONGEST_TOKEN_BYTES`], `alg` outside
//! the asymmetric allow-list (so `none` and every HMAC), a header `typ` of another kind of
//! token, a header with `crit` (its extensions would have to be understood), and a token
//! without `kid`: every issuer here publishes several keys, and a token that does not say which
//! one it means would be tried against all of them.
//!
//! What this module does not do: believe a claim. [`SealedToken`] gives out the issuer's name to
//! choose the keys by; everything else comes out of [`SealedToken::open`] after the signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::CallerError;
use super::claims::Claims;
use super::signature::{Algorithm, PublicKey};

/// Keycloak's tokens with hundreds of roles stay below; API Gateway takes 10 KB of headers.
pub const LONGEST_TOKEN_BYTES: usize = 16 * 1024;

/// The kinds of token that a header may name; without a name it is one of these too.
const HEADER_TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

/// The header type of RFC 9068, which only an access token has.
const ACCESS_TOKEN_TYPES: [&str; 2] = ["at+jwt", "application/at+jwt"];

/// A token whose signature has not been checked.
pub struct SealedToken<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    algorithm: Algorithm,
    key_id: String,
    issuer: String,
    claims: Claims,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl<'a> SealedToken<'a> {
    /// Takes the header `Authorization` apart.
    ///
    /// # Errors
    /// [`CallerError::Missing`], [`CallerError::TooLong`], [`CallerError::Malformed`],
    /// [`CallerError::Algorithm`], [`CallerError::NotAnAccessToken`].
    pub fn parse(authorization: Option<&'a str>) -> Result<Self, CallerError> {
        let text = bearer(authorization.ok_or(CallerError::Missing)?)?;
        let (signed, signature) = text.rsplit_once('.').ok_or(CallerError::Malformed("not three parts"))?;
        let (header, claims) = signed.split_once('.').ok_or(CallerError::Malformed("not three parts"))?;
        let header: Header = part(header)?;
        let algorithm = Algorithm::named(&header.alg).ok_or(CallerError::Algorithm)?;
        let header_type = header.typ.map(|typ| typ.to_ascii_lowercase());
        if header_type.as_deref().is_some_and(|typ| !HEADER_TYPES.contains(&typ)) {
            return Err(CallerError::NotAnAccessToken);
        }
        if header.crit.is_some() {
            return Err(CallerError::Malformed("critical header extensions"));
        }
        let claims: serde_json::Map<String, Value> = part(claims)?;
        let issuer = claims.get("iss").and_then(Value::as_str).ok_or(CallerError::Malformed("no issuer"))?;
        Ok(Self {
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).map_err(|_| CallerError::Malformed("not base64url"))?,
            algorithm,
            key_id: header.kid.filter(|kid| !kid.is_empty()).ok_or(CallerError::Malformed("no key id"))?,
            issuer: issuer.to_owned(),
            claims: Claims::new(claims, header_type.is_some_and(|typ| ACCESS_TOKEN_TYPES.contains(&typ.as_str()))),
        })
    }

    /// The issuer that the token names.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The key that the token names.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Checks the signature and gives out the claims.
    ///
    /// # Errors
    /// [`CallerError::Algorithm`] when the key is not for the token's algorithm,
    /// [`CallerError::Signature`] when the signature does not fit.
    pub fn open(self, key: &PublicKey) -> Result<Claims, CallerError> {
        if !key.serves(self.algorithm) {
            return Err(CallerError::Algorithm);
        }
        if !key.has_signed(self.algorithm, self.signed.as_bytes(), &self.signature) {
            return Err(CallerError::Signature);
        }
        Ok(self.claims)
    }
}

fn bearer(authorization: &str) -> Result<&str, CallerError> {
    let (scheme, token) = authorization.trim().split_once(' ').ok_or(CallerError::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(CallerError::Missing);
    }
    let token = token.trim_start();
    if token.len() > LONGEST_TOKEN_BYTES {
        return Err(CallerError::TooLong);
    }
    Ok(token)
}

fn part<T: serde::de::DeserializeOwned>(coded: &str) -> Result<T, CallerError> {
    let json = URL_SAFE_NO_PAD.decode(coded).map_err(|_| CallerError::Malformed("not base64url"))?;
    serde_json::from_slice(&json).map_err(|_| CallerError::Malformed("not a JSON object with the members of a JWT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        format!("Bearer {}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_signed_token_gives_out_its_issuer_and_key_and_nothing_else() {
        let text = token(r#"{"alg":"RS256","kid":"k1","typ":"JWT"}"#, r#"{"iss":"https://id.example"}"#);
        let sealed = SealedToken::parse(Some(&text));
        assert!(sealed.is_ok_and(|sealed| sealed.issuer() == "https://id.example" && sealed.key_id() == "k1"));
    }

    #[test]
    fn only_the_bearer_scheme_counts_in_any_case() {
        for authorization in [None, Some(""), Some("Bearer"), Some("Basic dTpw"), Some("eyJ.e30.x")] {
            assert!(matches!(SealedToken::parse(authorization), Err(CallerError::Missing)), "{authorization:?}");
        }
        let text = token(r#"{"alg":"ES256","kid":"k"}"#, r#"{"iss":"i"}"#).replace("Bearer ", "bEARER  ");
        assert!(SealedToken::parse(Some(&text)).is_ok());
    }

    #[test]
    fn every_algorithm_outside_the_allow_list_is_refused() {
        for alg in ["none", "None", "", "HS256", "HS384", "HS512", "rs256", "EdDSA", "ES256K", "ES512", "RS1", "dir"] {
            let text = token(&format!(r#"{{"alg":"{alg}","kid":"k"}}"#), r#"{"iss":"i"}"#);
            assert!(matches!(SealedToken::parse(Some(&text)), Err(CallerError::Algorithm)), "{alg}");
        }
        let unsigned = token(r#"{"alg":"none","kid":"k"}"#, r#"{"iss":"i"}"#).replace(".c2ln", ".");
        assert!(matches!(SealedToken::parse(Some(&unsigned)), Err(CallerError::Algorithm)));
    }

    #[test]
    fn a_token_that_is_no_plain_jwt_is_malformed() {
        for text in [
            "Bearer x".to_owned(),
            "Bearer x.y".to_owned(),
            "Bearer ..".to_owned(),
            "Bearer a.b.c.d".to_owned(),
            token("{}", "{}"),
            token(r#"{"alg":"RS256"}"#, r#"{"iss":"i"}"#),
            token(r#"{"alg":"RS256","kid":""}"#, r#"{"iss":"i"}"#),
            token(r#"{"alg":"RS256","kid":"k","kid":"l"}"#, r#"{"iss":"i"}"#),
            token(r#"{"alg":"RS256","kid":"k","crit":["b64"],"b64":false}"#, r#"{"iss":"i"}"#),
            token(r#"{"alg":"RS256","kid":"k"}"#, "{}"),
            token(r#"{"alg":"RS256","kid":"k"}"#, r#"{"iss":["i"]}"#),
            token(r#"{"alg":"RS256","kid":"k"}"#, "[]"),
            token(r#"{"alg":"RS256","kid":"k"}"#, &"[".repeat(4_000)),
        ] {
            assert!(matches!(SealedToken::parse(Some(&text)), Err(CallerError::Malformed(_))), "{text:.60}");
        }
    }

    #[test]
    fn another_kind_of_token_is_refused_by_its_header() {
        for typ in ["logout+jwt", "dpop+jwt", "secevent+jwt", "JWE"] {
            let text = token(&format!(r#"{{"alg":"RS256","kid":"k","typ":"{typ}"}}"#), r#"{"iss":"i"}"#);
            assert!(matches!(SealedToken::parse(Some(&text)), Err(CallerError::NotAnAccessToken)), "{typ}");
        }
    }

    #[test]
    fn a_hundred_kilobytes_of_token_are_refused_by_their_length() {
        let text = format!("Bearer {}", "a".repeat(100 * 1024));
        assert!(matches!(SealedToken::parse(Some(&text)), Err(CallerError::TooLong)));
    }
}
