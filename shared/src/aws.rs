//! What the AWS clients are made from, built once per process over one HTTP connection pool.
//!
//! All share one connector (rustls on ring): one set of root certificates, one pool. Time-outs
//! are short because every call is made again by the SDK, and a worker's lease goes on running
//! while it waits. Region, credentials and `AWS_ENDPOINT_URL` come from the environment, as
//! Lambda gives them.

use std::sync::Once;
use std::time::Duration;

use aws_config::BehaviorVersion;
pub use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::{Builder, tls};

/// DynamoDB and SQS answer in milliseconds; a server that does not take a connection is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// One try. A transaction of a hundred actions stays well below it.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// One call with its retries: a request that takes the lock in vain and gives it back makes two in a
/// row, and still has to answer within the api function's time.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(5);

/// Tries of one call, the first included; throttling and 5xx are tried again with jitter.
const ATTEMPTS: u32 = 4;

/// What the AWS clients are made from: region, credentials, endpoint, time-outs, retries.
pub async fn configuration() -> SdkConfig {
    install_crypto();
    let http = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(OPERATION_TIMEOUT)
                .build(),
        )
        .load()
        .await
}

/// Makes ring the process's TLS provider, for every client that asks rustls for its default.
/// A second call changes nothing.
pub fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Err means that one is installed already, which serves as well.
        drop(rustls::crypto::ring::default_provider().install_default());
    });
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
