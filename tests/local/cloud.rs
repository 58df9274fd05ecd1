//! The AWS that the functions and tests talk to: MiniStack, started here, or an endpoint given.
//!
//! With `AWS_ENDPOINT_URL` in the environment (LocalStack, as a rule) nothing is started and that
//! endpoint is used. Otherwise MiniStack runs on a free loopback port for as long as the value
//! lives, with every file it writes in a folder of its own.
//!
//! It holds no opinion of what is deployed into it: see [`crate::stack`] and [`crate::fresh`].

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};
use std::{env, io};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_types::SdkConfig;
use thiserror::Error;
use tokio::sync::OnceCell;

use crate::folders;
use crate::plain_http;
use crate::setup::{self, SetupError};
use crate::supervised::{Program, Supervised};

/// The one region that everything local is in: where BokaMera's users are nearest.
pub const REGION: &str = "eu-north-1";

/// The access key and secret that every emulator takes.
pub const KEY: &str = "test";

/// The variable that names an AWS endpoint, as the SDK reads it.
pub const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL";

/// MiniStack is ready in 0.3 s; thirty seconds allow for a machine that is building as well.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// An emulator that does not take a connection is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Often enough not to be felt in a start of 0.3 s.
const READY_POLL: Duration = Duration::from_millis(20);

/// A free port may be taken by another process before MiniStack has it.
const TRIES_FOR_A_PORT: u32 = 3;

/// Where one AWS is reached.
#[derive(Debug, Clone)]
pub struct Endpoint {
    url: String,
}

impl Endpoint {
    /// An AWS at this URL.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        let url: String = url.into();
        Self { url: url.trim_end_matches('/').to_owned() }
    }

    /// The URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the AWS SDK's clients are made from: this endpoint, the local region and keys.
    ///
    /// No retries: a test that counts requests sees each one that it makes.
    #[must_use]
    pub fn sdk(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&self.url)
            .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(Credentials::new(
                KEY, KEY, None, None, "local",
            )))
            .http_client(shared::aws::http_client(shared::http::Client::new(CONNECT_TIMEOUT)))
            .sleep_impl(aws_sdk_dynamodb::config::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
            .retry_config(RetryConfig::disabled())
            .build()
    }

    /// A DynamoDB client.
    #[must_use]
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk())
    }

    /// An SQS client.
    #[must_use]
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk())
    }

    /// An EventBridge client.
    #[must_use]
    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.sdk())
    }

    /// What a function or program needs in its environment to use this AWS.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![(ENDPOINT_VARIABLE, self.url.clone())];
        environment.extend(credentials());
        environment
    }
}

/// Which AWS this is.
#[derive(Debug)]
enum Kind {
    Started(Supervised),
    Given,
}

/// An AWS for as long as the value lives.
#[derive(Debug)]
pub struct Cloud {
    endpoint: Endpoint,
    kind: Kind,
}

/// Why there is no AWS; each text is one line that says what to do.
#[derive(Debug, Error)]
pub enum CloudError {
    /// MiniStack could not be installed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A process, port or file was refused.
    #[error(
        "cannot start MiniStack: {0}: see that loopback ports and processes can be made, and that the disk has room"
    )]
    Start(#[source] io::Error),
    /// MiniStack ended before it was ready.
    #[error("MiniStack ended at its start, saying: {last_line}")]
    Ended {
        /// The last line of its log.
        last_line: String,
    },
    /// MiniStack did not answer in time.
    #[error("MiniStack did not answer within {} s: is the machine overloaded? Try again", READY_WITHIN.as_secs())]
    NotReady,
    /// The endpoint that was given does not answer.
    #[error(
        "nothing answers at {url}, which {ENDPOINT_VARIABLE} names: start it, or unset the variable to use MiniStack"
    )]
    GivenUnreachable {
        /// The endpoint.
        url: String,
    },
    /// Only MiniStack can run the deployed functions.
    #[error("{ENDPOINT_VARIABLE} names {url}, which cannot run functions: unset the variable to use MiniStack")]
    NoFunctions {
        /// The endpoint.
        url: String,
    },
}

impl Cloud {
    /// The endpoint that `AWS_ENDPOINT_URL` names, or else a MiniStack of our own.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn start() -> Result<Self, CloudError> {
        match given() {
            Some(endpoint) => Self::reach(endpoint).await,
            None => Self::ministack(None).await,
        }
    }

    /// A MiniStack of our own, whatever the environment says. The functions deployed into it reach
    /// AWS at `functions_endpoint` if one is given (a [`crate::proxy::Proxy`] in front of this very
    /// MiniStack, as a rule), otherwise directly.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn ministack(functions_endpoint: Option<&str>) -> Result<Self, CloudError> {
        let python = tokio::task::spawn_blocking(|| setup::environment(&setup::MINISTACK))
            .await
            .map_err(|stopped| CloudError::Start(io::Error::other(stopped)))??;
        let mut last = CloudError::NotReady;
        for _ in 0..TRIES_FOR_A_PORT {
            let port = free_port().map_err(CloudError::Start)?;
            match Self::ministack_on(port, &python, functions_endpoint).await {
                Err(ended @ CloudError::Ended { .. }) => last = ended,
                settled => return settled,
            }
        }
        Err(last)
    }

    /// The one cloud of this process, started by whoever asks first.
    ///
    /// It is never dropped; MiniStack ends with the process all the same.
    ///
    /// # Errors
    /// [`CloudError`].
    pub async fn shared() -> Result<&'static Self, CloudError> {
        static SHARED: OnceCell<Cloud> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    /// Where it is reached.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether functions can be deployed into it: only into a MiniStack of our own.
    #[must_use]
    pub fn runs_functions(&self) -> bool {
        matches!(self.kind, Kind::Started(_))
    }

    /// What MiniStack has written so far; empty for an endpoint that was given.
    #[must_use]
    pub fn log(&self) -> String {
        match &self.kind {
            Kind::Started(process) => process.log(),
            Kind::Given => String::new(),
        }
    }

    async fn reach(endpoint: Endpoint) -> Result<Self, CloudError> {
        match plain_http::get(endpoint.url(), READY_WITHIN).await {
            Ok(_) => Ok(Self { endpoint, kind: Kind::Given }),
            Err(_) => Err(CloudError::GivenUnreachable { url: endpoint.url }),
        }
    }

    async fn ministack_on(
        port: u16,
        python: &std::path::Path,
        functions_endpoint: Option<&str>,
    ) -> Result<Self, CloudError> {
        let endpoint = Endpoint::at(format!("http://127.0.0.1:{port}"));
        let scratch = folders::scratch("ministack").map_err(CloudError::Start)?;
        let inside = |name: &str| scratch.join(name).display().to_string();
        let mut environment = vec![
            ("BIND_HOST", Ipv4Addr::LOCALHOST.to_string()),
            ("GATEWAY_PORT", port.to_string()),
            ("MINISTACK_REGION", REGION.to_owned()),
            // Both would open a port of their own.
            ("IOT_MTLS_ENABLED", "0".to_owned()),
            ("SFTP_ENABLED", "0".to_owned()),
            ("STATE_DIR", inside("state")),
            ("S3_DATA_DIR", inside("s3")),
            // No Docker is looked for, so none is waited for.
            ("LAMBDA_EXECUTOR", "local".to_owned()),
            (ENDPOINT_VARIABLE, functions_endpoint.unwrap_or(endpoint.url()).to_owned()),
        ];
        environment.extend(credentials());
        let mut process = Supervised::start(&Program {
            python,
            command: &[&python.display().to_string(), "-m", "ministack"],
            environment: &environment,
            scratch: &scratch,
        })
        .map_err(CloudError::Start)?;

        let ready = format!("{}/_ministack/ready", endpoint.url());
        let deadline = Instant::now() + READY_WITHIN;
        while plain_http::get(&ready, READY_POLL * 50).await.is_err() {
            if process.ended().map_err(CloudError::Start)?.is_some() {
                return Err(CloudError::Ended { last_line: last_line_of(&process.log()) });
            }
            if Instant::now() >= deadline {
                return Err(CloudError::NotReady);
            }
            tokio::time::sleep(READY_POLL).await;
        }
        Ok(Self { endpoint, kind: Kind::Started(process) })
    }
}

/// The endpoint that the environment names, if it names one.
#[must_use]
pub fn given() -> Option<Endpoint> {
    env::var(ENDPOINT_VARIABLE).ok().filter(|url| !url.is_empty()).map(Endpoint::at)
}

/// A loopback port that nobody listens on just now.
///
/// # Errors
/// What the operating system says.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Region and keys in the variables that every AWS SDK reads.
pub(crate) fn credentials() -> [(&'static str, String); 4] {
    [
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", KEY.to_owned()),
    ]
}

pub(crate) fn last_line_of(log: &str) -> String {
    log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing").trim().to_owned()
}
