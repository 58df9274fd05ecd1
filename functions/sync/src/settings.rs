//! What the sync function is started with.

use shared::settings::{SettingsError, required, state_table, sync_queue_url};

use crate::customers::rest::RestSettings;
use crate::source::VakaSettings;

const CUSTOMERS_HOME: &str = "CUSTOMERS_HOME";

/// The sync function's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The table of locks, jobs and links.
    pub state_table: String,
    /// The table of customers.
    pub customers_table: String,
    /// The table of the integrator account and the api keys.
    pub secrets_table: String,
    /// The queue that nudges this function, and that it nudges itself through.
    pub queue_url: String,
    /// Where VAKA Online is.
    pub vaka: VakaSettings,
    /// Where customers are kept.
    pub customers: CustomersSettings,
}

/// Where customers are kept.
#[derive(Debug, Clone)]
pub enum CustomersSettings {
    /// In the customers table.
    Embedded,
    /// At BokaMera.
    Rest(RestSettings),
}

impl CustomersSettings {
    fn from_environment() -> Result<Self, SettingsError> {
        match required(CUSTOMERS_HOME, "where customers are kept, embedded or rest")?.as_str() {
            "embedded" => Ok(Self::Embedded),
            "rest" => Ok(Self::Rest(RestSettings::from_environment()?)),
            _ => Err(SettingsError::Invalid { name: CUSTOMERS_HOME, fault: "it is neither embedded nor rest" }),
        }
    }
}

impl Settings {
    /// Reads them from the environment.
    ///
    /// # Errors
    /// [`SettingsError`] with the name of the first variable that is missing or cannot be used.
    pub fn from_environment() -> Result<Self, SettingsError> {
        Ok(Self {
            state_table: state_table()?,
            customers_table: required("CUSTOMERS_TABLE", "the name of the DynamoDB table that holds customers")?,
            secrets_table: required("SECRETS_TABLE", "the name of the DynamoDB table that holds api keys")?,
            queue_url: sync_queue_url()?,
            vaka: VakaSettings::from_environment()?,
            customers: CustomersSettings::from_environment()?,
        })
    }
}
