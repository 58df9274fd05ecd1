//! A proxy between the functions and one server of the outer world: it counts what passes, and
//! fails where a script says so.
//!
//! Faults are injected here and not in the functions, so that the code under test is the code that
//! is deployed. Every request is read whole, judged by the rules in the order they were made, and
//! forwarded unchanged (the `Host` header too). The first rule that applies decides.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local::{cloud::Cloud, proxy::Proxy};
//! let cloud = Cloud::shared().await?;
//! let proxy = Proxy::in_front_of(cloud.endpoint().url())?;
//!
//! proxy.on("TransactWriteItems").nth(3).lose_answer(); // applied, but nobody hears of it
//! proxy.on("*").every(3).throttle();
//! let gate = proxy.on("SendMessage").nth(1).hold_before(); // stands still until released
//!
//! // ... let the code under test talk to proxy.url() ...
//!
//! gate.reached().await;
//! gate.release();
//! assert_eq!(proxy.seen().requests("SendMessage"), 1);
//! assert_eq!(proxy.seen().writes_to("customers-table"), 100);
//! # Ok(()) }
//! ```

mod operation;
mod right;
mod script;
mod seen;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use hyper::http::uri::PathAndQuery;
use hyper::http::{request, response};
use hyper::{Request, Response, StatusCode, Uri, Version};

use crate::plain_http::{self, PlainClient};
use crate::serving::{Serving, broken_off, hang_up};
pub use operation::{Message, Operation, Write};
pub use right::Right;
use script::{Act, Rule};
pub use script::{Gate, On, Which};
pub use seen::{Entry, Fate, Seen};

/// The header by which an emulator, too, says which exception a JSON answer is.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// SQS refuses a message that is to be kept back longer; MiniStack takes it.
const LONGEST_DELAY_S: u64 = 900;

/// A running proxy; it ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    serving: Serving,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    client: PlainClient,
}

#[derive(Debug, Default)]
struct State {
    upstream: Option<Uri>,
    rules: Vec<Rule>,
    seen: Seen,
}

impl Proxy {
    /// A proxy in front of the server at this URL.
    ///
    /// # Errors
    /// When no port or thread is to be had, or the URL is none.
    pub fn in_front_of(url: &str) -> io::Result<Self> {
        let proxy = Self::in_front_of_nothing_yet()?;
        proxy.forward_to(url)?;
        Ok(proxy)
    }

    /// A proxy whose server is not known yet: until [`Proxy::forward_to`] it answers nobody.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn in_front_of_nothing_yet() -> io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), client: plain_http::client() });
        let serving = Serving::start({
            let shared = Arc::clone(&shared);
            move |request| {
                let shared = Arc::clone(&shared);
                async move { pass(&shared, request).await }
            }
        })?;
        Ok(Self { shared, serving })
    }

    /// Names the server, or another one from now on.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn forward_to(&self, url: &str) -> io::Result<()> {
        let uri: Uri = url.parse().map_err(io::Error::other)?;
        self.shared.lock().upstream = Some(uri);
        Ok(())
    }

    /// Where the code under test finds it.
    #[must_use]
    pub fn url(&self) -> String {
        self.serving.url()
    }

    /// Begins a rule for an operation: `TransactWriteItems`, `SendMessage`, for other servers
    /// `GET /path` (a prefix, without the query), or `*` for every request.
    #[must_use = "a rule needs to say which requests and what happens to them"]
    pub fn on(&self, operation: &str) -> On<'_> {
        On::new(self, operation)
    }

    /// Takes all rules away; who waits at a gate goes on.
    pub fn calm(&self) {
        let rules = std::mem::take(&mut self.shared.lock().rules);
        rules.iter().for_each(Rule::release);
    }

    /// What has passed since the start, or since [`Proxy::forget`].
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.shared.lock().seen.clone()
    }

    /// Begins to count anew.
    pub fn forget(&self) {
        self.shared.lock().seen = Seen::default();
    }

    fn add(&self, rule: Rule) {
        self.shared.lock().rules.push(rule);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.calm();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it held the lock has failed already.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first rule that applies to this request; every rule counts every request of its kind.
    fn judge(&self, operation: &Operation, body: &[u8]) -> Option<Act> {
        let mut state = self.lock();
        let mut decided = None;
        for rule in &mut state.rules {
            let act = rule.judge(operation, body);
            decided = decided.or(act);
        }
        decided
    }

    fn record(&self, operation: Operation, fate: Fate) {
        self.lock().seen.push(Entry { operation, fate });
    }
}

/// One request from arrival to answer.
async fn pass(shared: &Shared, request: Request<Incoming>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return hang_up();
    };
    let operation = Operation::of(&parts, &body);
    if operation.message.as_ref().is_some_and(|message| message.delay_s > LONGEST_DELAY_S) {
        shared.record(operation, Fate::AnsweredHere(StatusCode::BAD_REQUEST.as_u16()));
        return failure(StatusCode::BAD_REQUEST, "InvalidParameterValue");
    }
    match shared.judge(&operation, &body) {
        None => deliver(shared, operation, parts, body).await,
        Some(Act::Refuse) => {
            shared.record(operation, Fate::Refused);
            hang_up()
        }
        Some(Act::LoseAnswer) => {
            drop(deliver(shared, operation, parts, body).await);
            hang_up()
        }
        Some(Act::Answer { status, error }) => {
            shared.record(operation, Fate::AnsweredHere(status.as_u16()));
            failure(status, &error)
        }
        Some(Act::Say(body)) => {
            shared.record(operation, Fate::AnsweredHere(StatusCode::OK.as_u16()));
            json(StatusCode::OK, body)
        }
        Some(Act::CutShort) => cut_short(deliver(shared, operation, parts, body).await).await,
        Some(Act::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            deliver(shared, operation, parts, body).await
        }
        Some(Act::HoldBefore(gate)) => {
            gate.stand().await;
            deliver(shared, operation, parts, body).await
        }
        Some(Act::HoldInstead(gate)) => {
            gate.stand().await;
            shared.record(operation, Fate::Refused);
            hang_up()
        }
        Some(Act::HoldAfter(gate)) => {
            let response = deliver(shared, operation, parts, body).await;
            gate.stand().await;
            response
        }
    }
}

/// Forwards the request and reads the whole answer, so that what was applied is known.
async fn deliver(shared: &Shared, operation: Operation, mut parts: request::Parts, body: Bytes) -> Response<Body> {
    let upstream = shared.lock().upstream.clone();
    let answered = match upstream.and_then(|upstream| at(upstream, parts.uri.path_and_query())) {
        Some(uri) => {
            parts.uri = uri;
            // The body is whole now; hyper writes its length itself.
            parts.headers.remove(TRANSFER_ENCODING);
            parts.headers.insert(CONTENT_LENGTH, body.len().into());
            let answered = shared.client.request(Request::from_parts(parts, Body::from(body))).await;
            match answered {
                Ok(response) => whole(response).await,
                Err(_) => None,
            }
        }
        None => None,
    };
    match answered {
        Some((mut parts, body)) => {
            parts.headers.remove(TRANSFER_ENCODING);
            parts.headers.insert(CONTENT_LENGTH, body.len().into());
            // Between the server and us: LocalStack closes a connection after each answer, AWS does not.
            parts.headers.remove(CONNECTION);
            parts.version = Version::HTTP_11;
            shared.record(operation, Fate::Answered(parts.status.as_u16()));
            Response::from_parts(parts, Body::from(body))
        }
        None => {
            shared.record(operation, Fate::NoServer);
            hang_up()
        }
    }
}

async fn whole(response: Response<Incoming>) -> Option<(response::Parts, Bytes)> {
    let (parts, body) = response.into_parts();
    Some((parts, body.collect().await.ok()?.to_bytes()))
}

fn at(server: Uri, path: Option<&PathAndQuery>) -> Option<Uri> {
    let mut parts = server.into_parts();
    parts.path_and_query = path.cloned();
    Uri::from_parts(parts).ok()
}

/// The answer's head and half its body, then a broken connection.
async fn cut_short(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return hang_up();
    };
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    Response::from_parts(parts, broken_off(body.slice(..body.len() / 2)))
}

/// An answer as AWS's JSON services write their errors.
fn failure(status: StatusCode, error: &str) -> Response<Body> {
    let body = serde_json::json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{error}"),
        "message": "scripted by the proxy",
    });
    let mut response = json(status, body.to_string());
    if let Ok(error) = error.parse() {
        response.headers_mut().insert(ERROR_TYPE, error);
    }
    response
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests;
