//! A function's process behind a Runtime API that looks at the clock: when it asked first, and when
//! it answered what.
//!
//! [`crate::runtime`] has the same API for tests, which need no times and never give many events at once.

use std::env;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use uuid::Uuid;

use crate::serving::{Serving, hang_up};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";

/// The time that an event gives the function.
const LIMIT: Duration = Duration::from_secs(60);

/// A running function; it is killed when this value is dropped.
pub(super) struct Process {
    child: Child,
    began: Instant,
    events: Option<mpsc::UnboundedSender<String>>,
    happened: mpsc::UnboundedReceiver<Happened>,
    _serving: Serving,
}

/// When something happened, and the processor time that the process had used by then.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moment {
    pub(super) wall: Duration,
    pub(super) processor: Duration,
}

enum Happened {
    Asked(Instant),
    Answered(Instant, String),
}

struct Runtime {
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    happened: mpsc::UnboundedSender<Happened>,
}

impl Process {
    /// Starts a program with this before its own name, such as a profiler; nothing, as a rule.
    pub(super) fn start(before: &[String], program: &Path, environment: &[(&'static str, String)]) -> io::Result<Self> {
        let (events, to_come) = mpsc::unbounded_channel();
        let (tell, happened) = mpsc::unbounded_channel();
        let runtime = Arc::new(Runtime { events: Mutex::new(to_come), happened: tell });
        let serving = Serving::start(move |request| {
            let runtime = Arc::clone(&runtime);
            async move { runtime.serve(request).await.unwrap_or_else(|()| hang_up()) }
        })?;
        let mut words = before.iter().map(String::as_ref).chain([program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or(program.as_os_str()));
        command
            .args(words)
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_RUNTIME_API", serving.url().trim_start_matches("http://"))
            .env("AWS_LAMBDA_FUNCTION_NAME", "measured")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn()?;
        Ok(Self { child, began, events: Some(events), happened, _serving: serving })
    }

    /// Waits until it asks for its first event.
    pub(super) async fn ready(&mut self) -> io::Result<Moment> {
        loop {
            if let Happened::Asked(at) = self.next().await? {
                return self.moment(at);
            }
        }
    }

    /// Gives it an event and waits for its answer.
    pub(super) async fn invoke(&mut self, event: &str) -> io::Result<(Moment, String)> {
        if let Some(events) = &self.events {
            // Err: the server is gone, and so is the process.
            drop(events.send(event.to_owned()));
        }
        loop {
            if let Happened::Answered(at, answer) = self.next().await? {
                return Ok((self.moment(at)?, answer));
            }
        }
    }

    /// Has no more events for it, upon which a runtime ends, and waits for that.
    pub(super) async fn end(mut self) -> io::Result<()> {
        drop(self.events.take());
        self.child.wait().await.map(drop)
    }

    async fn next(&mut self) -> io::Result<Happened> {
        tokio::select! {
            Some(happened) = self.happened.recv() => Ok(happened),
            ended = self.child.wait() => Err(io::Error::other(format!("the function ended: {}", ended?))),
        }
    }

    fn moment(&self, at: Instant) -> io::Result<Moment> {
        Ok(Moment { wall: at - self.began, processor: self.processor()? })
    }

    /// What its threads have run, to the nanosecond. None of them ends within a measurement.
    fn processor(&self) -> io::Result<Duration> {
        let id = self.child.id().ok_or_else(|| io::Error::other("the function has ended"))?;
        let mut ran = Duration::ZERO;
        for thread in fs::read_dir(format!("/proc/{id}/task"))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse().ok());
            ran += Duration::from_nanos(nanoseconds.ok_or_else(|| io::Error::other("no processor times here"))?);
        }
        Ok(ran)
    }
}

impl Runtime {
    /// Err: there are no more events, or the function is gone.
    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Body>, ()> {
        let path = request.uri().path().to_owned();
        if request.method() == Method::GET && path == NEXT {
            drop(self.happened.send(Happened::Asked(Instant::now())));
            let event = self.events.lock().await.recv().await.ok_or(())?;
            let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + LIMIT;
            return Response::builder()
                .header("lambda-runtime-aws-request-id", Uuid::new_v4().to_string())
                .header("lambda-runtime-deadline-ms", deadline.as_millis().to_string())
                .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-north-1:000000000000:function:local")
                .body(Body::from(event))
                .map_err(drop);
        }
        let body = request.into_body().collect().await.map_err(drop)?.to_bytes();
        let answer = String::from_utf8_lossy(&body).into_owned();
        // Err: nobody waits for it any more.
        drop(self.happened.send(Happened::Answered(Instant::now(), answer)));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::ACCEPTED;
        Ok(response)
    }
}
