//! What the function is started with. See `shared::settings` for what a missing one does.

use std::time::Duration;

use shared::http::Url;
use shared::settings::{SettingsError, list, optional, required, state_table, sync_queue_url};

use crate::ANSWER_WITHIN;
use crate::caller::claims::ClaimPath;
use crate::caller::keys::is_closed_line;

const TRUSTED_ISSUERS: &str = "TRUSTED_ISSUERS";
const ROLE_CLAIMS: &str = "ROLE_CLAIMS";
const COMPANY_CLAIM: &str = "COMPANY_CLAIM";

/// Where Keycloak writes roles: those of the realm, and those of every client.
const KEYCLOAK_ROLES: [&str; 2] = ["realm_access.roles", "resource_access.*.roles"];

/// Where the company is, unless the deployment says otherwise.
const COMPANY_ID: &str = "company_id";

/// The settings of the api function.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `STATE_TABLE`: the table of locks and jobs.
    pub state_table: String,
    /// `SYNC_QUEUE_URL`: the queue of the workers.
    pub sync_queue_url: String,
    /// `SECRETS_TABLE`: the table of the api keys, which this function only writes to.
    pub secrets_table: String,
    /// `SYNC_FUNCTION`: the function that tries connections.
    pub sync_function: String,
    /// `TRUSTED_ISSUERS`: the issuers whose tokens count, each exactly as its tokens name it.
    pub trusted_issuers: Vec<String>,
    /// `TOKEN_AUDIENCES`: one of these must be in `aud` or `azp`; empty: any will do.
    pub token_audiences: Vec<String>,
    /// `ROLE_CLAIMS`: where tokens have roles.
    pub role_claims: Vec<ClaimPath>,
    /// `COMPANY_CLAIM`: where tokens have the company.
    pub company_claim: ClaimPath,
    /// `CORS_ORIGINS`: who may call from a browser, `*` for everybody.
    pub cors_origins: Vec<String>,
    /// The time there is for an answer; no variable, but shorter in tests.
    pub answer_within: Duration,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`SettingsError`] names the variable that is missing or cannot be used.
    pub fn from_env() -> Result<Self, SettingsError> {
        Ok(Self {
            state_table: state_table()?,
            sync_queue_url: sync_queue_url()?,
            secrets_table: required("SECRETS_TABLE", "the name of the DynamoDB table that api keys are stored in")?,
            sync_function: required("SYNC_FUNCTION", "the name of the sync function, which tries connections")?,
            trusted_issuers: trusted(list(TRUSTED_ISSUERS))?,
            token_audiences: list("TOKEN_AUDIENCES"),
            role_claims: role_claims(&list(ROLE_CLAIMS))?,
            company_claim: claim(COMPANY_CLAIM, &optional(COMPANY_CLAIM).unwrap_or_else(|| COMPANY_ID.to_owned()))?,
            cors_origins: list("CORS_ORIGINS"),
            answer_within: ANSWER_WITHIN,
        })
    }
}

fn trusted(issuers: Vec<String>) -> Result<Vec<String>, SettingsError> {
    if issuers.is_empty() {
        return Err(SettingsError::Missing {
            name: TRUSTED_ISSUERS,
            purpose: "the OpenID issuers whose tokens are accepted, separated by commas",
        });
    }
    if issuers.iter().all(|issuer| Url::parse(issuer).is_ok_and(|url| is_closed_line(&url))) {
        Ok(issuers)
    } else {
        Err(SettingsError::Invalid {
            name: TRUSTED_ISSUERS,
            fault: "every issuer is an https URL (or http on this machine)",
        })
    }
}

fn role_claims(paths: &[String]) -> Result<Vec<ClaimPath>, SettingsError> {
    if paths.is_empty() {
        return KEYCLOAK_ROLES.iter().map(|path| claim(ROLE_CLAIMS, path)).collect();
    }
    paths.iter().map(|path| claim(ROLE_CLAIMS, path)).collect()
}

fn claim(name: &'static str, path: &str) -> Result<ClaimPath, SettingsError> {
    ClaimPath::parse(path).ok_or(SettingsError::Invalid { name, fault: "a claim path is names separated by dots" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_that_are_missing_or_on_an_open_line_stop_the_function_by_name() {
        assert!(matches!(trusted(Vec::new()), Err(SettingsError::Missing { name: "TRUSTED_ISSUERS", .. })));
        let open = vec!["https://id.example/a".to_owned(), "http://id.example/b".to_owned()];
        assert!(matches!(trusted(open), Err(SettingsError::Invalid { name: "TRUSTED_ISSUERS", .. })));
    }

    #[test]
    fn a_claim_path_that_is_none_stops_the_function_by_name() {
        assert!(matches!(role_claims(&["a..b".to_owned()]), Err(SettingsError::Invalid { name: "ROLE_CLAIMS", .. })));
        assert!(role_claims(&[]).is_ok_and(|paths| paths.len() == 2));
    }
}
