//! The sync function, as the api function calls it: to have a company's connection tried.
//!
//! Over `aws-sdk-lambda`, though it is a large crate: one operation of it is linked, and it signs,
//! finds the endpoint and reads errors as the other two clients do. The rival was a signed request
//! of our own, with all of that written a second time.
//!
//! What this module does not do: call again. Each call asks VAKA anew, and whoever sits and waits
//! can press the button.

use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::{Client, Config};
use shared::aws::{self, SdkConfig};
use shared::connection_test::{TestConnection, TestReport, WAITING};
use shared::ids::CompanyId;

/// The sync function.
#[derive(Debug, Clone)]
pub struct SyncFunction {
    /// A client is made where it is used, once in many starts: making one reads a table of all regions, which is
    /// a fifth of a start. The connections are those of the other clients all the same.
    config: Config,
    name: String,
}

/// Why a connection was not tried.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// The request could not be written.
    #[error("the request cannot be written")]
    Request(#[source] serde_json::Error),
    /// Lambda did not run the function, or not to its end.
    #[error("the sync function did not answer: {code}")]
    Unreachable {
        /// The service's error code, or the kind of failure on the way to it.
        code: String,
    },
    /// The function failed. What it says is in its own log.
    #[error("the sync function failed")]
    Failed,
    /// The function answered something else.
    #[error("the sync function's answer cannot be read")]
    Answer(#[source] serde_json::Error),
}

impl SyncFunction {
    /// The function of this name; it is not called yet.
    #[must_use]
    pub fn new(aws: &SdkConfig, name: impl Into<String>) -> Self {
        let config = aws_sdk_lambda::config::Builder::from(aws)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder().operation_attempt_timeout(WAITING).operation_timeout(WAITING).build(),
            )
            .build();
        Self { config, name: name.into() }
    }

    /// Has the company's connection tried, and waits; `None` when it has none.
    ///
    /// # Errors
    /// [`TestError`]: try again in a while.
    pub async fn test(&self, company: CompanyId) -> Result<Option<TestReport>, TestError> {
        let payload = serde_json::to_vec(&TestConnection { test_connection: company }).map_err(TestError::Request)?;
        let invoked = Client::from_conf(self.config.clone())
            .invoke()
            .function_name(&self.name)
            .payload(Blob::new(payload))
            .send()
            .await;
        let answer = invoked.map_err(|error| TestError::Unreachable { code: aws::code(&error, error.code()) })?;
        if answer.function_error().is_some() {
            return Err(TestError::Failed);
        }
        let payload = answer.payload().map(Blob::as_ref).unwrap_or_default();
        serde_json::from_slice(payload).map_err(TestError::Answer)
    }
}
