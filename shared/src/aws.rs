//! What the AWS clients are made from, built once per process over one HTTP connection pool.
//!
//! All share one [`crate::http::Client`]. Time-outs are short because every call is made again by the SDK,
//! and a worker's lease goes on running while it waits. Region, credentials and `AWS_ENDPOINT_URL`
//! come from the environment, as Lambda gives them, and from nowhere else: no profile, container or
//! instance is asked.

mod connector;
mod opening;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
pub use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::http::{self, Client};
use crate::settings::{SettingsError, optional, required};
use connector::Connector;
pub use opening::{Service, WITHIN};

/// DynamoDB and SQS answer in milliseconds; a server that does not take a connection is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// One try. A transaction of a hundred actions stays well below it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// One call with its retries: a request that takes the lock in vain and gives it back makes two in a
/// row, and still has to answer within the api function's time.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

/// Tries of one call, the first included; throttling and 5xx are tried again with jitter.
const ATTEMPTS: u32 = 4;

/// AWS, as this process reaches it.
#[derive(Debug)]
pub struct Aws {
    configuration: SdkConfig,
    client: Client,
}

impl Aws {
    /// Reads region, credentials and endpoint; it connects to nothing yet.
    ///
    /// # Errors
    /// [`SettingsError`] names the variable that is missing or cannot be used.
    pub fn from_environment() -> Result<Self, SettingsError> {
        http::roots::from_environment()?;
        let client = Client::new(CONNECT_TIMEOUT);
        Ok(Self { configuration: configuration(client.clone())?, client })
    }

    /// What the AWS clients are made from.
    #[must_use]
    pub const fn configuration(&self) -> &SdkConfig {
        &self.configuration
    }

    /// Opens a connection to each of these, so that the first call finds it there. It cannot fail, and takes no
    /// longer than [`WITHIN`].
    pub async fn open(&self, services: &[Service]) {
        opening::open(&self.client, &self.configuration, services).await;
    }
}

/// Region, credentials, endpoint, time-outs, retries.
fn configuration(client: Client) -> Result<SdkConfig, SettingsError> {
    let mut configuration = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region()?)
        .credentials_provider(SharedCredentialsProvider::new(credentials()?))
        .http_client(http_client(client))
        .sleep_impl(TokioSleep::new())
        .retry_config(retries())
        .timeout_config(timeouts());
    configuration.set_endpoint_url(optional("AWS_ENDPOINT_URL"));
    Ok(configuration.build())
}

/// How often a call is tried.
#[must_use]
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

/// How long a call may take.
#[must_use]
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// Has AWS clients go over these connections.
#[must_use]
pub fn http_client(client: Client) -> SharedHttpClient {
    SharedHttpClient::new(Connector::new(client))
}

/// Lambda sets the first; an operator's shell may have the second alone.
fn region() -> Result<Region, SettingsError> {
    let region = required("AWS_REGION", "the region of the tables and queues");
    region.or_else(|missing| optional("AWS_DEFAULT_REGION").ok_or(missing)).map(Region::new)
}

/// The credentials of the function's role, which live longer than its process.
fn credentials() -> Result<Credentials, SettingsError> {
    Ok(Credentials::new(
        required("AWS_ACCESS_KEY_ID", "the access key of the role that calls AWS")?,
        required("AWS_SECRET_ACCESS_KEY", "the secret key of the role that calls AWS")?,
        optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    ))
}

/// A short name for what went wrong with a call: the service's own code where it answered, else
/// the kind of failure. Never the SDK's debug text, which holds whole answers.
#[must_use]
pub fn code<E, R>(error: &aws_sdk_dynamodb::error::SdkError<E, R>, of_service: Option<&str>) -> String {
    use aws_sdk_dynamodb::error::SdkError;
    match (of_service, error) {
        (Some(code), _) => code.to_owned(),
        (None, SdkError::ConstructionFailure(_)) => "RequestNotBuilt".to_owned(),
        (None, SdkError::TimeoutError(_)) => "TimedOut".to_owned(),
        (None, SdkError::DispatchFailure(_)) => "NotReached".to_owned(),
        (None, SdkError::ResponseError(_)) => "AnswerUnreadable".to_owned(),
        (None, _) => "Unknown".to_owned(),
    }
}
