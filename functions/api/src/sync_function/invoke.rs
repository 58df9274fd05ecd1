//! Lambda's `Invoke`: a function is called, and its answer waited for.
//!
//! Over the SDK's parts, which sign, find credentials and keep time, without `aws-sdk-lambda` around them: for one
//! call of one operation that crate was 5 % of the zipped function.
//!
//! Source: AWS Lambda API Reference, Invoke (`POST /2015-03-31/functions/FunctionName/invocations`,
//! `X-Amz-Function-Error`), and its protocol, AWS `restJson1` (`X-Amzn-Errortype`).

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shared::aws::SdkConfig;
use shared::connection_test::WAITING;

/// What stands for itself in a segment of a path (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Which function is called, and with what.
#[derive(Debug)]
pub(super) struct Call {
    pub function: String,
    pub payload: Vec<u8>,
}

/// The function ran.
#[derive(Debug)]
pub(super) enum Answer {
    /// To its end: what it gave.
    Of(Vec<u8>),
    /// It failed. What it says of that may be anything, and is not read.
    Failure,
}

/// Lambda did not run the function.
#[derive(Debug, thiserror::Error)]
#[error("{code}")]
pub(super) struct Refused {
    /// Lambda's own name for why.
    pub code: String,
}

/// Made where it is used: connections are tested seldom, and a start need not pay for it.
pub(super) fn operation(aws: &SdkConfig) -> Operation<Call, Answer, Refused> {
    let time = TimeoutConfig::builder().operation_attempt_timeout(WAITING).operation_timeout(WAITING).build();
    let operation = Operation::builder()
        .service_name("Lambda")
        .operation_name("Invoke")
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&endpoint(aws))
        .no_retry()
        .timeout_config(time)
        .sleep_impl(TokioSleep::new())
        .runtime_plugin(signing(aws));
    with_client(operation, aws).serializer(request).deserializer(answer).build()
}

fn with_client(operation: OperationBuilder, aws: &SdkConfig) -> OperationBuilder {
    match aws.http_client() {
        Some(client) => operation.http_client(client),
        None => operation,
    }
}

/// Where Lambda is. In China its name has an end more; the closed partitions have names of their own, and an address
/// that is given (`AWS_ENDPOINT_URL`) goes before all of them.
fn endpoint(aws: &SdkConfig) -> String {
    let region = aws.region().map_or("", Region::as_ref);
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    aws.endpoint_url().map_or_else(|| format!("https://lambda.{region}.amazonaws.com{end}"), str::to_owned)
}

/// Signed as `lambda` with the function's own credentials.
fn signing(aws: &SdkConfig) -> StaticRuntimePlugin {
    let mut layer = Layer::new("signing");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig::default());
    layer.store_put(SigningName::from_static("lambda"));
    if let Some(region) = aws.region() {
        layer.store_put(SigningRegion::from(region.clone()));
    }
    let mut components = RuntimeComponentsBuilder::new("signing")
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
            StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]),
        )))
        .with_identity_cache(Some(IdentityCache::no_cache()));
    if let Some(credentials) = aws.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, credentials);
    }
    StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
}

fn request(call: Call) -> Result<HttpRequest, BoxError> {
    let function = utf8_percent_encode(&call.function, SEGMENT);
    let request = http::Request::builder()
        .method(http::Method::POST)
        .uri(format!("/2015-03-31/functions/{function}/invocations"))
        .header(http::header::CONTENT_TYPE, "application/octet-stream")
        .header(http::header::CONTENT_LENGTH, call.payload.len())
        .body(SdkBody::from(call.payload))?;
    Ok(HttpRequest::try_from(request)?)
}

fn answer(response: &HttpResponse) -> Result<Answer, OrchestratorError<Refused>> {
    let header = |name| response.headers().get(name);
    if !response.status().is_success() {
        // A namespace may stand before the code and a link after it.
        let told = header("x-amzn-errortype").unwrap_or("Unknown");
        let code = told.split(':').next().and_then(|told| told.rsplit('#').next()).unwrap_or(told);
        return Err(OrchestratorError::operation(Refused { code: code.to_owned() }));
    }
    if header("x-amz-function-error").is_some() {
        return Ok(Answer::Failure);
    }
    Ok(Answer::Of(response.body().bytes().unwrap_or_default().to_vec()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use shared::connection_test::{Finding, TestReport};
    use shared::http::Client;
    use shared::ids::CompanyId;

    use super::super::{SyncFunction, TestError};
    use super::*;

    const COMPANY: &str = "0190f3d2-6c1b-7b1e-9d38-2f6f4c1f9a01";
    const REPORT: &str = r#"{"sign_in":"Works","api_key":"NotTested","devices":[]}"#;

    fn aws(region: &'static str) -> aws_types::sdk_config::Builder {
        let credentials = aws_credential_types::Credentials::new("A-KEY", "a-secret", None, None, "test");
        SdkConfig::builder()
            .region(Region::from_static(region))
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
    }

    /// What a test is told where Lambda answers so; and what Lambda was asked.
    async fn told(
        status: u16,
        headers: &'static [(&'static str, &'static str)],
        body: &'static str,
    ) -> (Result<Option<TestReport>, TestError>, http::request::Parts) {
        let asked = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&asked);
        let client = Client::answered_by(move |request| {
            *keep.lock().expect("nobody panicked") = Some(request.into_parts().0);
            let mut response = http::Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            std::future::ready(Ok(response.body(SdkBody::from(body)).expect("a response")))
        });
        let aws = aws("eu-north-1").http_client(shared::aws::http_client(client)).build();
        let result = SyncFunction::new(&aws, "the-sync-function").test(CompanyId::parse(COMPANY).expect("an id")).await;
        let request = asked.lock().expect("nobody panicked").take().expect("a request");
        (result, request)
    }

    #[tokio::test]
    async fn the_function_is_called_by_its_name_and_the_call_is_signed_for_lambda() {
        let (result, request) = told(200, &[], REPORT).await;
        assert_eq!(result.expect("a report").expect("of a connection").sign_in, Finding::Works);
        assert_eq!(request.method, http::Method::POST);
        let at = "https://lambda.eu-north-1.amazonaws.com/2015-03-31/functions/the-sync-function/invocations";
        assert_eq!(request.uri, at);
        let signature = request.headers["authorization"].to_str().expect("text");
        assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=A-KEY/"), "{signature}");
        assert!(signature.contains("/eu-north-1/lambda/aws4_request, SignedHeaders="), "{signature}");
        assert!(signature.contains(";host;"), "{signature}");
    }

    #[tokio::test]
    async fn a_refusal_is_told_by_its_code_alone() {
        for code in
            ["TooManyRequestsException", "TooManyRequestsException:http://example.test/", "ns#TooManyRequestsException"]
        {
            let headers: &[_] = Box::leak(Box::new([("x-amzn-errortype", code)]));
            let (result, _) = told(429, headers, r#"{"message":"Rate Exceeded."}"#).await;
            let error = result.expect_err("no report");
            assert!(
                matches!(&error, TestError::Unreachable { code } if code == "TooManyRequestsException"),
                "{error:?}"
            );
        }
        let (result, _) = told(502, &[], "<html>").await;
        assert!(matches!(result, Err(TestError::Unreachable { code }) if code == "Unknown"));
    }

    #[tokio::test]
    async fn a_function_that_failed_is_told_from_one_that_answered_something_else() {
        let (result, _) = told(200, &[("x-amz-function-error", "Unhandled")], REPORT).await;
        assert!(matches!(result, Err(TestError::Failed)));
        let (result, _) = told(200, &[], "nothing of the kind").await;
        assert!(matches!(result, Err(TestError::Answer(_))));
    }

    #[test]
    fn lambda_is_in_the_region_or_at_the_address_that_is_given() {
        assert_eq!(endpoint(&aws("eu-north-1").build()), "https://lambda.eu-north-1.amazonaws.com");
        assert_eq!(endpoint(&aws("cn-north-1").build()), "https://lambda.cn-north-1.amazonaws.com.cn");
        assert_eq!(endpoint(&aws("eu-north-1").endpoint_url("http://127.0.0.1:1").build()), "http://127.0.0.1:1");
    }

    #[test]
    fn a_name_stays_within_its_segment_of_the_path() {
        let function = "arn:aws:lambda:eu-north-1:0:function:a/../b?c".to_owned();
        let request = request(Call { function, payload: Vec::new() }).expect("a request");
        let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-north-1%3A0%3Afunction%3Aa%2F..%2Fb%3Fc/invocations";
        assert_eq!(request.uri(), path);
    }
}
