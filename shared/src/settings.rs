//! What a function is started with, read once from its environment.
//!
//! A setting that is missing or cannot be read stops the function at start, with the variable's
//! name and what it is for. No message carries a value.

/// A setting that keeps the function from starting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The variable is absent or empty.
    #[error("{name} is not set: {purpose}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What it is for.
        purpose: &'static str,
    },
    /// The variable is there but cannot be used.
    #[error("{name} cannot be used: {fault}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong with it, without its value.
        fault: &'static str,
    },
}

/// The value of a variable that must be there.
///
/// # Errors
/// [`SettingsError::Missing`] when it is absent or empty.
pub fn required(name: &'static str, purpose: &'static str) -> Result<String, SettingsError> {
    optional(name).ok_or(SettingsError::Missing { name, purpose })
}

/// The value of a variable, `None` when it is absent or empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
pub fn optional(name: &'static str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The entries of a comma-separated variable, without blanks; empty when it is absent.
#[must_use]
pub fn list(name: &'static str) -> Vec<String> {
    optional(name)
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The state table's name, for every function.
///
/// # Errors
/// [`SettingsError::Missing`] when `STATE_TABLE` is not set.
pub fn state_table() -> Result<String, SettingsError> {
    required("STATE_TABLE", "the name of the DynamoDB table that holds locks, jobs and links")
}

/// The address of the queue between the functions, for every function.
///
/// # Errors
/// [`SettingsError::Missing`] when `SYNC_QUEUE_URL` is not set.
pub fn sync_queue_url() -> Result<String, SettingsError> {
    required("SYNC_QUEUE_URL", "the URL of the SQS queue that nudges the sync function")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_setting_is_named_with_its_purpose() {
        let missing = required("A_SETTING_NOBODY_HAS", "what it would be for");
        assert_eq!(
            missing.map_err(|error| error.to_string()),
            Err("A_SETTING_NOBODY_HAS is not set: what it would be for".to_owned())
        );
        assert!(list("A_SETTING_NOBODY_HAS").is_empty());
    }
}
