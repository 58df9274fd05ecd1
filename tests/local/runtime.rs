//! One function as a process of its own: the real binary, behind Lambda's Runtime API on loopback.
//!
//! The embedded cloud runs deployed functions; this is for a test that has to hold the process in
//! its hands: it says which event comes when, sees every answer, and can kill the process at any
//! instant. The API is the published one: `GET …/invocation/next`, `POST …/{id}/response` and
//! `…/{id}/error`.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use local::{bundle::Binaries, runtime::{FunctionProcess, Invoked}};
//! let binaries = Binaries::build()?;
//! let mut function = FunctionProcess::start(binaries.path("recover")?, &[("STATE_TABLE", "a-table".to_owned())])?;
//! let answered = function.invoke("{}", Duration::from_secs(60)).await?;
//! function.kill().await?;
//! assert!(matches!(answered, Invoked::Failed(_)));
//! # Ok(()) }
//! ```
//!
//! What it does not do: stop a function whose time is up, or start one anew that has ended.

use std::env;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use uuid::Uuid;

use crate::serving::{Serving, hang_up};

/// Where the Runtime API is, below the address in `AWS_LAMBDA_RUNTIME_API`.
const NEXT: &str = "/2018-06-01/runtime/invocation/next";

/// A running function; it is killed when this value is dropped.
#[derive(Debug)]
pub struct FunctionProcess {
    process: Child,
    events: mpsc::UnboundedSender<Event>,
    answers: mpsc::UnboundedReceiver<Invoked>,
    _serving: Serving,
}

/// What became of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invoked {
    /// The function's answer.
    Answered(String),
    /// The function's error.
    Failed(String),
    /// The process ended before it answered.
    Died,
}

#[derive(Debug)]
struct Event {
    id: String,
    deadline_ms: u128,
    body: String,
}

/// The side of the Runtime API.
#[derive(Debug)]
struct Runtime {
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    answers: mpsc::UnboundedSender<Invoked>,
}

impl FunctionProcess {
    /// Starts the binary. Its environment is what is given here, and what Lambda sets.
    ///
    /// # Errors
    /// When no port, thread or process is to be had.
    pub fn start(binary: &Path, environment: &[(&'static str, String)]) -> io::Result<Self> {
        let (events, to_come) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let runtime = Arc::new(Runtime { events: Mutex::new(to_come), answers: answered });
        let serving = Serving::start(move |request| {
            let runtime = Arc::clone(&runtime);
            async move { runtime.serve(request).await.unwrap_or_else(|()| hang_up()) }
        })?;
        let address = serving.url().trim_start_matches("http://").to_owned();
        let process = Command::new(binary)
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", binary.file_name().unwrap_or(binary.as_os_str()))
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { process, events, answers, _serving: serving })
    }

    /// Gives it an event and this much time, and returns when it has answered or ended.
    ///
    /// # Errors
    /// When the process cannot be waited for.
    pub async fn invoke(&mut self, event: &str, time: Duration) -> io::Result<Invoked> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let event =
            Event { id: Uuid::new_v4().to_string(), deadline_ms: (now + time).as_millis(), body: event.to_owned() };
        // Err: the server is gone, and so is the process.
        drop(self.events.send(event));
        tokio::select! {
            Some(answered) = self.answers.recv() => Ok(answered),
            ended = self.process.wait() => ended.map(|_| Invoked::Died),
        }
    }

    /// Its id at the operating system; none when it has ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Ends the process as a crash does: SIGKILL, in the middle of whatever it does.
    ///
    /// # Errors
    /// What the operating system says.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.process.kill().await
    }
}

impl Runtime {
    /// Err: the function or the test is gone.
    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Body>, ()> {
        let path = request.uri().path().to_owned();
        if request.method() == Method::GET && path == NEXT {
            let event = self.events.lock().await.recv().await.ok_or(())?;
            return Response::builder()
                .header("lambda-runtime-aws-request-id", event.id)
                .header("lambda-runtime-deadline-ms", event.deadline_ms.to_string())
                .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-north-1:000000000000:function:local")
                .body(Body::from(event.body))
                .map_err(drop);
        }
        let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).map_err(drop)?;
        let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
        let answer =
            if path.ends_with("/response") { Invoked::Answered(text(&body)) } else { Invoked::Failed(text(&body)) };
        // Err: nobody waits for it any more.
        drop(self.answers.send(answer));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::ACCEPTED;
        Ok(response)
    }
}
