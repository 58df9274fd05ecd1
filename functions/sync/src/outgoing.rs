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

use shared::http::Client;
use shared::http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use patience::Patience;

/// How the sync names itself to others.
const NAME: &str = concat!("bokamera-axema-sync/", env!("CARGO_PKG_VERSION"));

/// The header in which both VAKA Online and BokaMera expect their api key.
pub const API_KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");

/// A client for JSON that connects to nothing yet.
#[must_use]
pub fn client(patience: &Patience) -> Client {
    asking_for_json(Client::new(patience.connect))
}

/// The client, which says who asks and for what.
#[must_use]
pub fn asking_for_json(client: Client) -> Client {
    client.with_headers(HeaderMap::from_iter([
        (USER_AGENT, HeaderValue::from_static(NAME)),
        (ACCEPT, HeaderValue::from_static("application/json")),
    ]))
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
