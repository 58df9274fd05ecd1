//! An AWS within the process, for unit tests: it answers what the test has it answer.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::region::Region;

use super::Table;
use crate::aws::{self, SdkConfig};
use crate::http::{Body, Client};

/// A status and a body.
pub(super) type Says = (u16, &'static str);

/// What clients are made from whose requests have these answers, without the SDK's own repetitions.
pub(super) fn aws(answer: impl Fn(http::Request<Body>) -> Says + Send + Sync + 'static) -> SdkConfig {
    let client = Client::answered_by(move |request| {
        let (status, body) = answer(request);
        let response = http::Response::builder().status(status).body(Body::from(body));
        std::future::ready(Ok(response.expect("a response")))
    });
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-north-1"))
        .endpoint_url("http://aws.invalid")
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "key", None, None, "test")))
        .http_client(aws::http_client(client))
        .retry_config(aws_smithy_types::retry::RetryConfig::disabled())
        .build()
}

/// A table that answers this to every request.
pub(super) fn table(says: Says) -> Table {
    Table::new(&aws(move |_| says), "t")
}
