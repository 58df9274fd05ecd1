//! What a proxy does to which requests.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tokio::sync::watch;

use super::Proxy;
use super::operation::Operation;

/// Which of an operation's requests a rule is about; counted from 1, from when the rule was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The nth alone.
    Nth(u64),
    /// The first n.
    First(u64),
    /// The nth and all after it.
    From(u64),
    /// Each nth: 3 is the third, the sixth, and so on.
    Every(u64),
}

impl Which {
    pub(crate) fn holds(self, count: u64) -> bool {
        match self {
            Self::Nth(n) => count == n,
            Self::First(n) => count <= n,
            Self::From(n) => count >= n,
            Self::Every(n) => n != 0 && count.is_multiple_of(n),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Act {
    Refuse,
    LoseAnswer,
    CutShort,
    Answer { status: StatusCode, error: String },
    Say(String),
    Delay(Duration),
    HoldBefore(Gate),
    HoldInstead(Gate),
    HoldAfter(Gate),
}

#[derive(Debug)]
pub(super) struct Rule {
    operation: String,
    containing: Option<String>,
    which: Which,
    act: Act,
    count: u64,
}

impl Rule {
    pub(super) fn judge(&mut self, operation: &Operation, body: &[u8]) -> Option<Act> {
        if !operation.is(&self.operation) || !self.containing.as_ref().is_none_or(|text| holds(body, text)) {
            return None;
        }
        self.count += 1;
        self.which.holds(self.count).then(|| self.act.clone())
    }

    pub(super) fn release(&self) {
        if let Act::HoldBefore(gate) | Act::HoldInstead(gate) | Act::HoldAfter(gate) = &self.act {
            gate.release();
        }
    }
}

/// A rule in the making: which operation is said; which requests of it and what happens is not.
#[derive(Debug)]
pub struct On<'a> {
    proxy: &'a Proxy,
    operation: String,
    containing: Option<String>,
    which: Which,
}

impl<'a> On<'a> {
    pub(super) fn new(proxy: &'a Proxy, operation: &str) -> Self {
        Self { proxy, operation: operation.to_owned(), containing: None, which: Which::From(1) }
    }

    /// Only requests whose body holds this text: a table's name, a key.
    #[must_use]
    pub fn containing(mut self, text: &str) -> Self {
        self.containing = Some(text.to_owned());
        self
    }

    /// Only the nth, counted from 1 and from now.
    #[must_use]
    pub fn nth(self, n: u64) -> Self {
        self.which(Which::Nth(n))
    }

    /// Only the first n from now.
    #[must_use]
    pub fn first(self, n: u64) -> Self {
        self.which(Which::First(n))
    }

    /// Each nth from now.
    #[must_use]
    pub fn every(self, n: u64) -> Self {
        self.which(Which::Every(n))
    }

    /// Any choice. Without one the rule is about all requests of the operation.
    #[must_use]
    pub fn which(mut self, which: Which) -> Self {
        self.which = which;
        self
    }

    /// The server never sees it; the connection closes without an answer.
    pub fn refuse(self) {
        self.act(Act::Refuse);
    }

    /// The server does it; the connection closes without an answer.
    pub fn lose_answer(self) {
        self.act(Act::LoseAnswer);
    }

    /// The server does it; the connection breaks in the middle of the answer's body.
    pub fn cut_short(self) {
        self.act(Act::CutShort);
    }

    /// 500 `InternalServerError`; the server never sees it.
    pub fn fail(self) {
        self.answer(500, "InternalServerError");
    }

    /// 400 `ProvisionedThroughputExceededException`; the server never sees it.
    pub fn throttle(self) {
        self.answer(400, "ProvisionedThroughputExceededException");
    }

    /// This status and AWS error code; the server never sees it.
    pub fn answer(self, status: u16, error: &str) {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.act(Act::Answer { status, error: error.to_owned() });
    }

    /// 200 with this body of JSON; the server never sees it.
    pub fn say(self, body: &serde_json::Value) {
        self.act(Act::Say(body.to_string()));
    }

    /// It is forwarded after this time: latency, for demo and bench.
    pub fn delay(self, pause: Duration) {
        self.act(Act::Delay(pause));
    }

    /// It stands still before the server sees it, until the gate is released.
    #[must_use = "who waits at the gate waits until it is released"]
    pub fn hold_before(self) -> Gate {
        let gate = Gate::default();
        self.act(Act::HoldBefore(gate.clone()));
        gate
    }

    /// The server never sees it; the connection stands still until the gate is released, and closes
    /// then without an answer.
    #[must_use = "who waits at the gate waits until it is released"]
    pub fn hold_instead(self) -> Gate {
        let gate = Gate::default();
        self.act(Act::HoldInstead(gate.clone()));
        gate
    }

    /// The server does it; the answer stands still until the gate is released.
    #[must_use = "who waits at the gate waits until it is released"]
    pub fn hold_after(self) -> Gate {
        let gate = Gate::default();
        self.act(Act::HoldAfter(gate.clone()));
        gate
    }

    fn act(self, act: Act) {
        let Self { proxy, operation, containing, which } = self;
        proxy.add(Rule { operation, containing, which, act, count: 0 });
    }
}

/// A place where requests stand still until a test lets them go.
#[derive(Debug, Clone)]
pub struct Gate {
    waiting: Arc<watch::Sender<u64>>,
    open: Arc<watch::Sender<bool>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { waiting: Arc::new(watch::Sender::new(0)), open: Arc::new(watch::Sender::new(false)) }
    }
}

impl Gate {
    /// Returns when a request stands at the gate, or has stood there.
    pub async fn reached(&self) {
        self.reached_by(1).await;
    }

    /// Returns when this many requests stand at the gate, or have stood there.
    pub async fn reached_by(&self, requests: u64) {
        // Err: every sender is gone, which cannot be while we hold one.
        drop(self.waiting.subscribe().wait_for(|count| *count >= requests).await);
    }

    /// Lets everybody go, those who come later too.
    pub fn release(&self) {
        self.open.send_replace(true);
    }

    pub(crate) async fn stand(&self) {
        self.waiting.send_modify(|count| *count += 1);
        drop(self.open.subscribe().wait_for(|open| *open).await);
    }
}

fn holds(body: &[u8], text: &str) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text.as_bytes())
}
