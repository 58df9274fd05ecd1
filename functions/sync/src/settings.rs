//! What the sync function is started with.

use shared::settings::{SettingsError, required, state_table, sync_queue_url};

use crate::source::VakaSettings;

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
        })
    }
}
