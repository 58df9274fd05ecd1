//! The deployed template: its functions run as processes of MiniStack, its tables and queues are
//! in it, and its outputs say how to reach them.
//!
//! What is deployed is `template.yaml` itself, with each function's `CodeUri` at an uploaded
//! package of this machine's binary: what `sam deploy` does.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local::{cloud::Cloud, proxy::Proxy, stack::Stack};
//! // The functions reach AWS through the proxy, because MiniStack hands them this address.
//! let proxy = Proxy::in_front_of_nothing_yet()?;
//! let cloud = Cloud::ministack(Some(&proxy.url())).await?;
//! proxy.forward_to(cloud.endpoint().url())?;
//! let stack = Stack::deploy(&cloud, &[("TrustedIssuers", "http://127.0.0.1:1/realms/r")]).await?;
//! let api = stack.api()?;   // GET {api.url}/codelock/... with the header Host: {api.host}
//! # let _ = api; Ok(()) }
//! ```

mod logs;
mod mapping;
mod worker;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Capability, Parameter, StackStatus};
use axum::body::{Body, Bytes};
use hyper::{Method, Request};
use thiserror::Error;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::bundle::{Binaries, BundleError};
use crate::cloud::{Cloud, Endpoint};
use crate::plain_http::{self, PlainHttpError};
use crate::setup;
use crate::template::{FUNCTION, Template, TemplateError};
pub use logs::LogError;
pub use worker::WorkerError;

/// MiniStack deploys in two seconds; the rest is for a machine that is building as well.
const DEPLOYED_WITHIN: Duration = Duration::from_secs(120);

/// Often enough not to be felt beside a deployment of two seconds.
const DEPLOY_POLL: Duration = Duration::from_millis(100);

/// A package of a debug build has some 60 MB.
const UPLOADED_WITHIN: Duration = Duration::from_secs(60);

/// Where packages are put for CloudFormation.
const BUCKET: &str = "deployment-packages";

const FIRST_RELEASE: u32 = 1;

/// Why the template could not be deployed; each text is one line.
#[derive(Debug, Error)]
pub enum StackError {
    /// The template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The functions could not be built or packed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A package could not be uploaded.
    #[error("cannot upload the package of {binary} to the embedded cloud{}", status.map(|status| format!(": it answered {status}")).unwrap_or_default())]
    Upload {
        /// The binary.
        binary: String,
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// Why there was none.
        #[source]
        source: Option<PlainHttpError>,
    },
    /// CloudFormation refused a call.
    #[error("CloudFormation refuses {call}: {reason}")]
    Refused {
        /// The call.
        call: &'static str,
        /// What it says.
        reason: String,
    },
    /// A resource failed.
    #[error("the template does not deploy: {resource}: {reason}")]
    Failed {
        /// Its logical id.
        resource: String,
        /// What CloudFormation says of it.
        reason: String,
    },
    /// It took too long.
    #[error("the template was not deployed within {} s: is the machine overloaded? Try again", DEPLOYED_WITHIN.as_secs())]
    TooSlow,
    /// The stack has no such output.
    #[error("the stack has no output {name}")]
    NoOutput {
        /// The output.
        name: String,
    },
}

/// How the HTTP API is reached: at an address, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// `http://127.0.0.1:<port>`, where requests go.
    pub url: String,
    /// The `Host` header that they need.
    pub host: String,
    /// The same in one address, for programs that resolve `*.localhost` to this machine, as curl
    /// and browsers do.
    pub browser_url: String,
}

/// A deployed stack. It goes with its MiniStack.
#[derive(Debug)]
pub struct Stack {
    endpoint: Endpoint,
    name: String,
    outputs: BTreeMap<String, String>,
    /// By binary: the digest of its package, which is part of its path when it runs.
    packages: BTreeMap<String, String>,
    release: u32,
}

impl Stack {
    /// Deploys the template with these parameters, under a name of its own.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn deploy(cloud: &Cloud, parameters: &[(&str, &str)]) -> Result<Self, StackError> {
        let endpoint = cloud.endpoint().clone();
        put(&endpoint, BUCKET, Bytes::new()).await.map_err(|failure| failure.of(BUCKET))?;
        let (body, packages) = upload(&endpoint, FIRST_RELEASE).await?;

        let client = Client::new(&endpoint.sdk());
        let name = format!("usersync-{}", &Uuid::new_v4().simple().to_string()[..8]);
        let parameter =
            |(key, value): &(&str, &str)| Parameter::builder().parameter_key(*key).parameter_value(*value).build();
        client
            .create_stack()
            .stack_name(&name)
            .template_body(body)
            .set_parameters(Some(parameters.iter().map(parameter).collect()))
            .capabilities(Capability::CapabilityIam)
            .capabilities(Capability::CapabilityAutoExpand)
            .send()
            .await
            .map_err(|error| refused("CreateStack", &error))?;
        let waited = tokio::time::timeout(DEPLOYED_WITHIN, outputs_of(&client, &name)).await;
        let outputs = waited.map_err(|_| StackError::TooSlow)??;
        let stack = Self { endpoint, name, outputs, packages, release: FIRST_RELEASE };
        mapping::with_numbers(&stack.endpoint, stack.output("SyncFunctionName")?).await?;
        Ok(stack)
    }

    /// Deploys the next release over this one, with the parameters that it has.
    ///
    /// Lambda lets an invocation under way end with the old code; MiniStack kills it, which is the
    /// harder test.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn update(&mut self) -> Result<(), StackError> {
        let release = self.release + 1;
        let (body, packages) = upload(&self.endpoint, release).await?;
        let client = Client::new(&self.endpoint.sdk());
        let described = client.describe_stacks().stack_name(&self.name).send().await;
        let described = described.map_err(|error| refused("DescribeStacks", &error))?;
        let parameters = described.stacks().first().map(|stack| stack.parameters().to_vec());
        client
            .update_stack()
            .stack_name(&self.name)
            .template_body(body)
            .set_parameters(parameters)
            .capabilities(Capability::CapabilityIam)
            .capabilities(Capability::CapabilityAutoExpand)
            .send()
            .await
            .map_err(|error| refused("UpdateStack", &error))?;
        let waited = tokio::time::timeout(DEPLOYED_WITHIN, outputs_of(&client, &self.name)).await;
        self.outputs = waited.map_err(|_| StackError::TooSlow)??;
        (self.packages, self.release) = (packages, release);
        mapping::with_numbers(&self.endpoint, self.output("SyncFunctionName")?).await
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its tables and queues are; not through a proxy.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// One of the template's outputs: `StateTableName`, `SyncQueueUrl`, ...
    ///
    /// # Errors
    /// [`StackError::NoOutput`].
    pub fn output(&self, name: &str) -> Result<&str, StackError> {
        let found = self.outputs.get(name).map(String::as_str);
        found.ok_or_else(|| StackError::NoOutput { name: name.to_owned() })
    }

    /// How its HTTP API is reached.
    ///
    /// # Errors
    /// [`StackError::NoOutput`].
    pub fn api(&self) -> Result<Api, StackError> {
        // https://<api id>.execute-api.<region>.amazonaws.com
        let on_aws = self.output("ApiUrl")?.trim_start_matches("https://");
        let id = on_aws.split('.').next().unwrap_or_default();
        let url = self.endpoint.url().to_owned();
        let port = url.rsplit(':').next().unwrap_or_default();
        let host = format!("{id}.execute-api.localhost");
        Ok(Api { browser_url: format!("http://{host}:{port}"), url, host })
    }
}

/// Uploads the package of each function, and gives the template that names them and their digests
/// by binary.
async fn upload(endpoint: &Endpoint, release: u32) -> Result<(String, BTreeMap<String, String>), StackError> {
    let template = Template::read()?;
    let binaries = binaries().await?;
    let mut packages = BTreeMap::new();
    for function in template.resources_of(FUNCTION) {
        let binary = function.binary()?;
        let package = Bytes::from(binaries.package(binary, release)?);
        let digest = setup::hex(ring::digest::digest(&ring::digest::SHA256, &package).as_ref());
        put(endpoint, &format!("{BUCKET}/{digest}"), package).await.map_err(|failure| failure.of(binary))?;
        packages.insert(binary.to_owned(), digest);
    }
    let body = template.with_code(|function| {
        let digest = packages.get(function.binary()?).map_or("", String::as_str);
        Ok::<_, StackError>(format!("s3://{BUCKET}/{digest}"))
    })?;
    Ok((body.to_string(), packages))
}

/// Built once a process, however many stacks it deploys.
async fn binaries() -> Result<&'static Binaries, StackError> {
    static BUILT: OnceCell<Binaries> = OnceCell::const_new();
    let build = || async {
        let built = tokio::task::spawn_blocking(Binaries::build).await;
        built.unwrap_or_else(|stopped| Err(BundleError::Cargo(std::io::Error::other(stopped))))
    };
    Ok(BUILT.get_or_try_init(build).await?)
}

struct UploadFailure {
    status: Option<u16>,
    source: Option<PlainHttpError>,
}

impl UploadFailure {
    fn of(self, binary: &str) -> StackError {
        StackError::Upload { binary: binary.to_owned(), status: self.status, source: self.source }
    }
}

/// Makes a bucket or an object.
async fn put(endpoint: &Endpoint, path: &str, body: Bytes) -> Result<(), UploadFailure> {
    let request =
        Request::builder().method(Method::PUT).uri(format!("{}/{path}", endpoint.url())).body(Body::from(body));
    let request = request.map_err(|error| UploadFailure { status: None, source: Some(error.into()) })?;
    match plain_http::send(request, UPLOADED_WITHIN).await {
        Ok((status, _)) if status.is_success() => Ok(()),
        Ok((status, _)) => Err(UploadFailure { status: Some(status.as_u16()), source: None }),
        Err(error) => Err(UploadFailure { status: None, source: Some(error) }),
    }
}

async fn outputs_of(client: &Client, name: &str) -> Result<BTreeMap<String, String>, StackError> {
    loop {
        let described = client.describe_stacks().stack_name(name).send().await;
        let described = described.map_err(|error| refused("DescribeStacks", &error))?;
        let stack = described.stacks().first();
        match stack.and_then(|stack| stack.stack_status()) {
            Some(StackStatus::CreateComplete | StackStatus::UpdateComplete) => {
                let outputs = stack.map(|stack| stack.outputs()).unwrap_or_default().iter();
                let pair = |output: &aws_sdk_cloudformation::types::Output| {
                    Some((output.output_key()?.to_owned(), output.output_value()?.to_owned()))
                };
                return Ok(outputs.filter_map(pair).collect());
            }
            Some(
                StackStatus::CreateInProgress
                | StackStatus::UpdateInProgress
                | StackStatus::UpdateCompleteCleanupInProgress,
            )
            | None => tokio::time::sleep(DEPLOY_POLL).await,
            Some(_) => return Err(first_failure(client, name).await),
        }
    }
}

/// The oldest failure is the cause; the others follow from it.
async fn first_failure(client: &Client, name: &str) -> StackError {
    let events = match client.describe_stack_events().stack_name(name).send().await {
        Ok(events) => events,
        Err(error) => return refused("DescribeStackEvents", &error),
    };
    let failed = events
        .stack_events()
        .iter()
        .rev()
        .find(|event| event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED")));
    let of = |text: Option<&str>| text.unwrap_or("(not said)").to_owned();
    StackError::Failed {
        resource: of(failed.and_then(|event| event.logical_resource_id())),
        reason: of(failed.and_then(|event| event.resource_status_reason())),
    }
}

fn refused<E, R>(call: &'static str, error: &aws_sdk_cloudformation::error::SdkError<E, R>) -> StackError
where
    E: aws_sdk_cloudformation::error::ProvideErrorMetadata,
{
    let said = error.as_service_error().and_then(|error| error.meta().message());
    StackError::Refused { call, reason: said.unwrap_or("no answer").to_owned() }
}
