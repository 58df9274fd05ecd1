//! Where BokaMera is and how much at once it is asked, decided by the deployment.

use shared::http::Url;
use shared::ids::{CompanyId, CustomerId};
use shared::settings::{SettingsError, required};

use crate::outgoing::address::{below, trusted};

const BASE_URL: &str = "BOKAMERA_BASE_URL";
const IDENTITY_URL: &str = "BOKAMERA_IDENTITY_URL";
const CONCURRENCY: &str = "BOKAMERA_CONCURRENCY";

/// The realm and the client that BokaMera publishes for those who call its API.
const TOKEN_PATH: [&str; 5] = ["realms", "bookmore-admin", "protocol", "openid-connect", "token"];
pub(super) const CLIENT_ID: &str = "bm-external-api-users";

/// The addresses of BokaMera and of the server that issues its access tokens.
#[derive(Debug, Clone)]
pub struct RestSettings {
    customers: Url,
    token_url: Url,
    concurrency: usize,
}

impl RestSettings {
    /// Reads `BOKAMERA_BASE_URL`, `BOKAMERA_IDENTITY_URL` and `BOKAMERA_CONCURRENCY`.
    ///
    /// # Errors
    /// [`SettingsError`] with the name of the variable that is missing or cannot be used.
    pub fn from_environment() -> Result<Self, SettingsError> {
        let concurrency = required(CONCURRENCY, "how many requests BokaMera is asked at once, at most")?;
        let concurrency = concurrency.parse().ok().filter(|most| *most > 0);
        Self::new(
            &required(BASE_URL, "the address of BokaMera's API")?,
            &required(IDENTITY_URL, "the address of BokaMera's identity server")?,
            concurrency.ok_or(SettingsError::Invalid { name: CONCURRENCY, fault: "it is no number above zero" })?,
        )
    }

    /// Settings from their texts.
    ///
    /// # Errors
    /// [`SettingsError::Invalid`] when an address is no URL, or one that credentials must not go to.
    pub fn new(base_url: &str, identity_url: &str, concurrency: usize) -> Result<Self, SettingsError> {
        Ok(Self {
            customers: below(&trusted(BASE_URL, base_url)?, &["customers"]),
            token_url: below(&trusted(IDENTITY_URL, identity_url)?, &TOKEN_PATH),
            concurrency,
        })
    }

    pub(super) const fn token_url(&self) -> &Url {
        &self.token_url
    }

    pub(super) const fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The customers of a company, for a list with these parameters or for a create with none.
    pub(super) fn customers_url(&self, company: CompanyId, parameters: &[(&str, String)]) -> Url {
        of_company(self.customers.clone(), company, parameters)
    }

    /// One customer of a company.
    pub(super) fn customer_url(&self, company: CompanyId, customer: CustomerId) -> Url {
        of_company(below(&self.customers, &[&customer.to_string()]), company, &[])
    }
}

fn of_company(mut url: Url, company: CompanyId, parameters: &[(&str, String)]) -> Url {
    let mut query = url.query_pairs_mut();
    query.append_pair("CompanyId", &company.to_string());
    query.extend_pairs(parameters);
    drop(query);
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn addresses_are_those_that_bokamera_publishes() {
        let settings = RestSettings::new("https://api.example/v1/", "https://identity.example", 8).unwrap();
        let (company, customer) = (CompanyId::from_uuid(Uuid::from_u128(1)), CustomerId::from_uuid(Uuid::from_u128(2)));
        assert_eq!(
            settings.customer_url(company, customer).as_str(),
            "https://api.example/v1/customers/00000000-0000-0000-0000-000000000002?CompanyId=00000000-0000-0000-0000-000000000001"
        );
        assert_eq!(
            settings.token_url().as_str(),
            "https://identity.example/realms/bookmore-admin/protocol/openid-connect/token"
        );
    }

    #[test]
    fn a_password_goes_over_tls_or_to_this_machine() {
        assert!(RestSettings::new("http://api.example", "https://identity.example", 8).is_err());
        assert!(RestSettings::new("https://api.example", "http://identity.example", 8).is_err());
        assert!(RestSettings::new("http://127.0.0.1:1", "http://localhost:2", 8).is_ok());
    }
}
