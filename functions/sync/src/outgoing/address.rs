//! Addresses that credentials may go to, decided by the deployment and never by a company.
//!
//! An address that could hand them to somebody else is refused: plain `http` anywhere but on this
//! machine, a user name, a query, a fragment.

use std::net::IpAddr;

use shared::http::Url;
use shared::settings::SettingsError;

/// The address in a variable of this name.
///
/// # Errors
/// [`SettingsError::Invalid`] when it is no URL, or one that credentials must not go to.
pub fn trusted(name: &'static str, text: &str) -> Result<Url, SettingsError> {
    let invalid = |fault| SettingsError::Invalid { name, fault };
    let url = Url::parse(text.trim()).map_err(|_| invalid("it is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it holds a user name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it holds a query or a fragment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        "http" => Err(invalid("http is only accepted on this machine; credentials need https")),
        _ => Err(invalid("it is neither https nor http")),
    }
}

/// The address below another one; the path of that one is kept.
#[must_use]
pub fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    // An http or https URL always has a path, so there is no Err to meet here.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
