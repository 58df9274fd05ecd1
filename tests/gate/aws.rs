//! An AWS that answers within the process, with what it was told to say.
//!
//! Everything of the SDK is in what is counted but its sockets: mapping, signing, serializing, and
//! reading the answer.

use std::future::Future;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use tokio::runtime::{Builder, Runtime};

/// What is said to an operation: its name, and a body.
type Answer = (&'static str, String);

#[derive(Debug, Clone)]
struct Answering(std::sync::Arc<Vec<Answer>>);

impl HttpConnector for Answering {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let answer = self.0.iter().find(|(name, _)| *name == operation);
        let (status, body) = answer.map_or((400, "{}"), |(_, body)| (200, body.as_str()));
        let status = StatusCode::try_from(status).expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}

/// What AWS clients are made from; operations that have no answer here are refused.
pub fn answering(answers: Vec<Answer>) -> SdkConfig {
    let answering = Answering(answers.into());
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-north-1"))
        .endpoint_url("http://aws.invalid")
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "key", None, None, "gate")))
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(answering.clone())))
        .retry_config(RetryConfig::disabled())
        .build()
}

/// One thread, as the functions have.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Does the work on a runtime, and wants it to go well.
pub fn done<T, E: std::fmt::Debug>(runtime: &Runtime, work: impl Future<Output = Result<T, E>>) -> T {
    runtime.block_on(work).expect("it goes well")
}
