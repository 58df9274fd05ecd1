//! `cargo lambda watch` over tables and queues of our own, and its invocations.
//!
//! One watch serves all three functions, so its environment is all of theirs. There is no queue
//! behind it: what a function sends stays in the embedded cloud.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::CheckError;
use super::tools::Tools;
use crate::fresh::Fresh;
use crate::supervised::{Program, Supervised};
use crate::{cloud, folders};

/// It reads the workspace and binds a port: a second, or some more on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Short against the second that a start takes.
const READY_POLL: Duration = Duration::from_millis(50);

/// A port of this machine where nothing listens: no event here gets as far as a token or a VAKA.
const NOBODY: &str = "http://127.0.0.1:9";

/// Where `cargo lambda invoke` looks when it is told nothing.
const USUAL: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 9000);

/// One event for one function, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub struct Invocation {
    /// The function's binary.
    pub function: &'static str,
    /// The event's file below `tests/events`.
    pub event: &'static str,
    expected: &'static str,
    fits: fn(&Value) -> bool,
}

/// Every event, with what an empty world makes of it.
pub const INVOCATIONS: [Invocation; 5] = [
    without_token("api/start_sync.json"),
    without_token("api/list_syncs.json"),
    without_token("api/get_sync.json"),
    Invocation {
        function: "sync",
        event: "sync/message_of_no_job.json",
        expected: "that no message failed",
        fits: |answer| *answer == json!({"batchItemFailures": []}),
    },
    Invocation {
        function: "recover",
        event: "recover/each_minute.json",
        expected: "without an error",
        fits: |answer| answer.get("errorType").is_none(),
    },
];

const fn without_token(event: &'static str) -> Invocation {
    Invocation {
        function: "api",
        event,
        expected: "401 and a ResponseStatus, as there is no token in it",
        fits: |answer| {
            let body = answer["body"].as_str().and_then(|body| serde_json::from_str::<Value>(body).ok());
            answer["statusCode"] == 401
                && body.is_some_and(|body| body["ResponseStatus"]["ErrorCode"] == "Unauthorized")
        },
    }
}

/// A running `cargo lambda watch`.
#[derive(Debug)]
pub struct Watch {
    process: Supervised,
    address: SocketAddr,
}

impl Watch {
    /// Starts it where `cargo lambda invoke` looks, or else on a free port, and returns when it can
    /// be invoked.
    ///
    /// # Errors
    /// [`CheckError::NoWatch`] with what it wrote.
    pub async fn start(tools: &Tools, world: &Fresh) -> Result<Self, CheckError> {
        let refused = |source| CheckError::Refused { what: "start cargo lambda watch", source };
        let address = usual_or_free().map_err(refused)?;
        let scratch = folders::scratch("watch").map_err(refused)?;
        let manifest = folders::root().join("Cargo.toml").display().to_string();
        let mut environment = tools.environment();
        environment.extend(of_functions(world));
        let process = Supervised::start(&Program {
            python: tools.python(),
            command: &[
                "cargo",
                "lambda",
                "watch",
                // It watches the folder it runs in, where its own output goes: a build that prints would be
                // taken for a change, and be begun again for ever.
                "--ignore-changes",
                "--manifest-path",
                &manifest,
                "--invoke-address",
                &address.ip().to_string(),
                "--invoke-port",
                &address.port().to_string(),
            ],
            environment: &environment,
            scratch: &scratch,
        })
        .map_err(refused)?;
        let mut watch = Self { process, address };
        let deadline = Instant::now() + READY_WITHIN;
        while TcpStream::connect(address).await.is_err() {
            if watch.process.ended().map_err(refused)?.is_some() || Instant::now() >= deadline {
                return Err(CheckError::NoWatch { log: watch.process.log() });
            }
            tokio::time::sleep(READY_POLL).await;
        }
        Ok(watch)
    }

    /// Invokes one function with one event and judges its answer.
    ///
    /// # Errors
    /// [`CheckError::Answer`].
    pub async fn invoke(&self, tools: &Tools, invocation: Invocation) -> Result<(), CheckError> {
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        let event = file(invocation);
        let address = ["--invoke-address", &host, "--invoke-port", &port, "--data-file", &event];
        let arguments = [&["lambda", "invoke", invocation.function][..], &address[..]].concat();
        let output = tools.command("cargo", &arguments).output().await;
        let output = output.map_err(|source| CheckError::Refused { what: "start cargo lambda invoke", source })?;
        let answer = serde_json::from_slice(&output.stdout).ok();
        if output.status.success() && answer.is_some_and(|answer| (invocation.fits)(&answer)) {
            return Ok(());
        }
        let said = [&output.stdout[..], &output.stderr[..], self.process.log().as_bytes()].concat();
        Err(CheckError::Answer {
            function: invocation.function,
            event: invocation.event,
            expected: invocation.expected,
            said: String::from_utf8_lossy(&said).into_owned(),
        })
    }

    /// The same invocation as a person types it.
    pub fn as_typed(&self, tools: &Tools, invocation: Invocation) -> String {
        let program = tools.folder().join("cargo-lambda");
        let options = if self.address == USUAL {
            String::new()
        } else {
            format!(" --invoke-address {} --invoke-port {}", self.address.ip(), self.address.port())
        };
        format!("{} lambda invoke {}{options} --data-file {}", program.display(), invocation.function, file(invocation))
    }
}

fn usual_or_free() -> io::Result<SocketAddr> {
    match TcpListener::bind(USUAL) {
        Ok(_) => Ok(USUAL),
        // The port is taken, or this machine has no IPv6.
        Err(_) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, cloud::free_port()?))),
    }
}

fn file(invocation: Invocation) -> String {
    format!("tests/events/{}", invocation.event)
}

fn of_functions(world: &Fresh) -> Vec<(&'static str, String)> {
    let mut environment = world.environment(&world.endpoint);
    environment.extend([
        ("TRUSTED_ISSUERS", format!("{NOBODY}/realms/nobody")),
        ("VAKA_BASE_URL", NOBODY.to_owned()),
        ("VAKA_TOKEN_URL", format!("{NOBODY}/token")),
        ("VAKA_SCOPE", "nobody".to_owned()),
    ]);
    environment
}
