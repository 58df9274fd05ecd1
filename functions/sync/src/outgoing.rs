//! Requests to servers of other people: VAKA Online, BokaMera, and those that sign us in there.
//!
//! What both have in common, so that neither room has it twice: how long is waited and how often
//! is tried ([`patience`], within a [`budget`]), one request ([`request`]), what can pass by
//! itself ([`trouble`]), the one token that everybody shares ([`token`]), and to which addresses
//! credentials may go ([`address`]). What an answer means is not known here.

pub mod address;
pub mod budget;
pub mod patience;
pub mod request;
pub mod token;
pub mod trouble;

use reqwest::Client;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;

use patience::Patience;

/// How the sync names itself to others.
const USER_AGENT: &str = concat!("bokamera-axema-sync/", env!("CARGO_PKG_VERSION"));

/// The header in which both VAKA Online and BokaMera expect their api key.
pub const API_KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");

/// A client for JSON that connects to nothing yet.
///
/// # Errors
/// When this machine has no usable TLS roots.
pub fn client(patience: &Patience) -> Result<Client, reqwest::Error> {
    shared::aws::install_crypto();
    Client::builder()
        .user_agent(USER_AGENT)
        .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]))
        .connect_timeout(patience.connect)
        // A redirect would carry credentials to an address that no one configured, and so would a
        // proxy that a stray environment variable names.
        .redirect(Policy::none())
        .no_proxy()
        .build()
}

/// A secret as the value of a header, blanks around it dropped; `None` when it is empty or holds
/// anything but visible ASCII.
#[must_use]
pub fn secret_header(text: &str) -> Option<HeaderValue> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let mut header = HeaderValue::from_str(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}
