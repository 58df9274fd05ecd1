//! The sync function, as the api function calls it: to have a company's connection tried.
//!
//! What this module does not do: call again. Each call asks VAKA anew, and whoever sits and waits
//! can press the button.

mod invoke;

use std::sync::Arc;

use shared::aws::{self, SdkConfig};
use shared::connection_test::{TestConnection, TestReport};
use shared::ids::CompanyId;

use invoke::{Answer, Call, Refused};

/// The sync function.
#[derive(Debug, Clone)]
pub struct SyncFunction {
    aws: Arc<SdkConfig>,
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
        Self { aws: Arc::new(aws.clone()), name: name.into() }
    }

    /// Has the company's connection tried, and waits; `None` when it has none.
    ///
    /// # Errors
    /// [`TestError`]: try again in a while.
    pub async fn test(&self, company: CompanyId) -> Result<Option<TestReport>, TestError> {
        let payload = serde_json::to_vec(&TestConnection { test_connection: company }).map_err(TestError::Request)?;
        let call = Call { function: self.name.clone(), payload };
        match invoke::operation(&self.aws).invoke(call).await {
            Ok(Answer::Of(payload)) => serde_json::from_slice(&payload).map_err(TestError::Answer),
            Ok(Answer::Failure) => Err(TestError::Failed),
            Err(error) => {
                let of_lambda = error.as_service_error().map(|Refused { code }| code.as_str());
                Err(TestError::Unreachable { code: aws::code(&error, of_lambda) })
            }
        }
    }
}
