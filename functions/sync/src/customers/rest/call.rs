//! One call to BokaMera, from the credentials to a whole answer.
//!
//! Every status has its place in [`ask`]: what passes by itself is tried again, 401 gets new
//! credentials once, a 4xx is the record's own affair, but for a 404 that is not BokaMera's own. A
//! request that must not be repeated is repeated only where it is certain that it took no effect, by
//! a connection that was never made or by 429; for all else the reply is [`Reply::Doubtful`]. One that
//! sends back what was read is not repeated after a pause at all: somebody may have changed what was
//! read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shared::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use shared::http::{Method, StatusCode, Url};
use shared::table::schema::CLOCK_SKEW;

use crate::outgoing::budget::{Budget, RanOut};
use crate::outgoing::patience::{Tries, asked_pause};
use crate::outgoing::request::{is_passing, read_small, send};
use crate::outgoing::trouble::Trouble;

use super::Door;
use super::error::{RestError, Server};
use super::record::{Refusal, is_json, refusal_in};

/// A page of a hundred customers with everything that is kept of them.
const ANSWER_BYTES: usize = 8 * 1024 * 1_024;

/// What is asked.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<String>,
    pub(super) kind: Kind,
}

/// What a call does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It changes nothing.
    Read,
    /// It sends back what was read just before, changed; it is made again from what is read anew.
    Anew,
    /// It has an effect each time it is made.
    Once,
}

/// What came of it.
pub(super) enum Reply {
    /// 2xx, with its body: JSON or nothing.
    Done(Vec<u8>),
    /// Any other 4xx, or a 200 that says what is wrong.
    Refused(Refusal),
    /// It may have taken effect. How long BokaMera asks to be left alone, where it does.
    Doubtful(Trouble, Option<Duration>),
}

/// Calls that are made together, within one budget. After the first error none is begun.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) budget: Budget,
    halted: Arc<AtomicBool>,
}

impl Run {
    pub(super) fn new(budget: &Budget) -> Self {
        Self { budget: budget.clone(), halted: Arc::default() }
    }

    /// Takes note of how one of them ended.
    pub(super) fn end<T>(&self, ended: Result<T, RestError>) -> Result<T, RestError> {
        if ended.is_err() {
            self.halted.store(true, Ordering::SeqCst);
        }
        ended
    }
}

/// Asks until there is a reply, a reason not to ask again, or no try left.
pub(super) async fn ask(door: &Door, call: &Call, run: &Run) -> Result<Reply, RestError> {
    let (by, budget) = (Server::BokaMera, &run.budget);
    let mut permit = budget.spend(door.pace.enter()).await?;
    if run.halted.load(Ordering::SeqCst) {
        return Err(RestError::NotBegun);
    }
    let mut tries = Tries::new(by, &door.patience, &door.jitter, budget);
    let mut renewed = false;
    loop {
        let credentials = door.sign_in.credentials(door, budget).await?;
        // By the clock of whoever takes the lease for lapsed, it may have ended that much earlier.
        if call.kind != Kind::Read && budget.left() < longest(door) + CLOCK_SKEW {
            return Err(RestError::OutOfTime);
        }
        let mut request = credentials.credentials.sign(door.http.request(call.method.clone(), call.url.clone()));
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body.clone());
        }
        let sent = match send(request, &door.patience, budget).await {
            // It was under way, and nobody waits for its answer any more.
            Err(RanOut) if call.kind == Kind::Once => return Ok(Reply::Doubtful(Trouble::Silence, None)),
            sent => sent?,
        };
        let mut answer = match sent {
            Ok(answer) => answer,
            Err(trouble @ Trouble::NoConnection(_)) if call.kind != Kind::Anew => {
                tries.pause_after(trouble, None).await?;
                continue;
            }
            Err(trouble) if call.kind != Kind::Read => return Ok(Reply::Doubtful(trouble, None)),
            Err(trouble) => {
                tries.pause_after(trouble, None).await?;
                continue;
            }
        };
        let status = answer.status();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            permit.too_much();
        }
        if is_passing(status) {
            let asked = asked_pause(answer.headers().get(RETRY_AFTER), &door.clock, &door.patience);
            let trouble = Trouble::Status { status: status.as_u16() };
            let is_repeated = match call.kind {
                Kind::Read => true,
                Kind::Once => status == StatusCode::TOO_MANY_REQUESTS,
                Kind::Anew => false,
            };
            if !is_repeated {
                return Ok(Reply::Doubtful(trouble, asked));
            }
            tries.pause_after(trouble, asked).await?;
            continue;
        }
        if status == StatusCode::UNAUTHORIZED {
            if renewed {
                return Err(RestError::Refused { by });
            }
            door.sign_in.refused(&credentials, budget).await?;
            renewed = true;
            continue;
        }
        let read = match read_small(&mut answer, ANSWER_BYTES, &door.patience, budget).await {
            Err(RanOut) if call.kind == Kind::Once => return Ok(Reply::Doubtful(Trouble::Silence, None)),
            read => read?,
        };
        let body = match read {
            Ok(Some(body)) => body,
            Ok(None) if call.kind == Kind::Read => return Err(RestError::NotTheAnswer { by }),
            Ok(None) => Vec::new(),
            Err(_) if status.is_client_error() => Vec::new(),
            Err(trouble) if call.kind != Kind::Read => return Ok(Reply::Doubtful(trouble, None)),
            Err(trouble) => {
                tries.pause_after(trouble, None).await?;
                continue;
            }
        };
        permit.good();
        if status.is_client_error() {
            return Refusal::read(status, &body).map(Reply::Refused).ok_or_else(|| unexpected(by, status));
        }
        if !status.is_success() {
            return Err(unexpected(by, status));
        }
        return Ok(match refusal_in(&body) {
            Some(refusal) => Reply::Refused(refusal),
            None if body.is_empty() || is_json(&body) => Reply::Done(body),
            None if call.kind == Kind::Read => return Err(RestError::NotTheAnswer { by }),
            None => Reply::Doubtful(Trouble::Unreadable, None),
        });
    }
}

/// How long a call with an effect can take.
fn longest(door: &Door) -> Duration {
    door.patience.answer + door.patience.silence
}

pub(super) const fn unexpected(by: Server, status: StatusCode) -> RestError {
    RestError::UnexpectedStatus { by, status: status.as_u16() }
}
