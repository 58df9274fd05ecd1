//! Where VAKA Online is, decided by the deployment and never by a company.
//!
//! Both credentials go to these addresses, so each is one that [`address`] trusts.

use shared::http::Url;
use shared::ids::DeviceId;
use shared::settings::{SettingsError, required};

use crate::outgoing::address::{self, trusted};

const BASE_URL: &str = "VAKA_BASE_URL";
const TOKEN_URL: &str = "VAKA_TOKEN_URL";
const SCOPE: &str = "VAKA_SCOPE";

/// The addresses of VAKA Online and of the server that issues its access tokens.
#[derive(Debug, Clone)]
pub struct VakaSettings {
    base_url: Url,
    token_url: Url,
    scope: String,
}

impl VakaSettings {
    /// Reads `VAKA_BASE_URL`, `VAKA_TOKEN_URL` and `VAKA_SCOPE`.
    ///
    /// # Errors
    /// [`SettingsError`] with the name of the variable that is missing or cannot be used.
    pub fn from_environment() -> Result<Self, SettingsError> {
        Self::new(
            &required(BASE_URL, "the address of VAKA Online, https://api.vakaonline.se")?,
            &required(TOKEN_URL, "the address that issues access tokens for VAKA Online")?,
            &required(SCOPE, "the scope that is asked for with a VAKA access token")?,
        )
    }

    /// Settings from their texts.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] when an address is no URL, or one that credentials must not go to.
    pub fn new(base_url: &str, token_url: &str, scope: &str) -> Result<Self, SettingsError> {
        if scope.trim().is_empty() {
            return Err(SettingsError::Invalid { name: SCOPE, fault: "it is empty" });
        }
        Ok(Self {
            base_url: trusted(BASE_URL, base_url)?,
            token_url: trusted(TOKEN_URL, token_url)?,
            scope: scope.trim().to_owned(),
        })
    }

    pub(super) const fn token_url(&self) -> &Url {
        &self.token_url
    }

    pub(super) fn scope(&self) -> &str {
        &self.scope
    }

    /// Every user who may make reservations in a VAKA system.
    pub(super) fn users_url(&self, device: DeviceId) -> Url {
        address::below(&self.base_url, &["v1", "reservations", "users", "fetch", &device.to_string()])
    }

    /// Every user group of a VAKA system.
    pub(super) fn groups_url(&self, device: DeviceId) -> Url {
        address::below(&self.base_url, &["v1", "usergroups", &device.to_string(), "all"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: &str = "https://login.example/oauth2/v2.0/token";

    #[test]
    fn credentials_only_go_over_tls_or_to_this_machine() {
        for (address, accepted) in [
            ("https://api.vakaonline.se", true),
            ("https://api.vakaonline.se/", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8080", true),
            ("http://localhost:8080/vaka", true),
            ("http://api.vakaonline.se", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
            ("ftp://127.0.0.1", false),
            ("file:///etc/passwd", false),
            ("https://user:secret@api.vakaonline.se", false),
            ("https://api.vakaonline.se?key=1", false),
            ("https://api.vakaonline.se#there", false),
            ("api.vakaonline.se", false),
            ("", false),
        ] {
            let settings = VakaSettings::new(address, LOGIN, "scope");
            assert_eq!(settings.is_ok(), accepted, "{address}");
            let settings = VakaSettings::new("https://api.example", address, "scope");
            assert_eq!(settings.is_ok(), accepted, "{address} for tokens");
        }
    }

    #[test]
    fn a_refused_address_is_named_by_its_variable_and_not_repeated() {
        let text = VakaSettings::new("https://u:marked@h", LOGIN, "scope").unwrap_err().to_string();
        assert_eq!(text, "VAKA_BASE_URL cannot be used: it holds a user name or a password");
    }

    #[test]
    fn a_base_address_keeps_its_path() {
        let device = DeviceId::parse("0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f").unwrap();
        for base in ["https://h/vaka", "https://h/vaka/"] {
            let settings = VakaSettings::new(base, LOGIN, "scope").unwrap();
            assert_eq!(
                settings.users_url(device).as_str(),
                "https://h/vaka/v1/reservations/users/fetch/0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f"
            );
            assert_eq!(
                settings.groups_url(device).as_str(),
                "https://h/vaka/v1/usergroups/0199d5c4-a1b2-7c3d-8e4f-5a6b7c8d9e0f/all"
            );
        }
    }
}
