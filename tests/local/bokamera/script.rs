//! What goes wrong at the false BokaMera, and at which requests.

use super::{BokaMera, Route};
use crate::proxy::{Gate, Which};

/// One way to go wrong.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status with these headers, and nothing is done.
    Status {
        /// The status code.
        status: u16,
        /// Name and value of each header.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: String,
    },
    /// The connection closes without an answer, and nothing is done.
    HangUp,
    /// It is done, and the connection closes without an answer.
    LoseAnswer,
    /// It is done, and the answer is 200 with this text.
    DoneBut(String),
    /// Nothing is done, and the answer is 200 with this text.
    Says(String),
    /// The right answer, as it is when the gate is released.
    Hold(Gate),
}

impl Fault {
    /// An answer with this status and an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: Vec::new(), body: String::new() }
    }

    /// With this body, if the fault is a status.
    #[must_use]
    pub fn saying(mut self, text: &str) -> Self {
        if let Self::Status { body, .. } = &mut self {
            text.clone_into(body);
        }
        self
    }

    /// With one more header, if the fault is a status.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Status { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

#[derive(Debug)]
pub(super) struct Rule {
    route: Route,
    which: Which,
    fault: Fault,
    count: u64,
}

impl Rule {
    pub(super) fn judge(&mut self, route: Route) -> Option<Fault> {
        if route != self.route {
            return None;
        }
        self.count += 1;
        self.which.holds(self.count).then(|| self.fault.clone())
    }

    pub(super) fn release(&self) {
        if let Fault::Hold(gate) = &self.fault {
            gate.release();
        }
    }
}

/// A rule in the making: the door is said; which requests and what goes wrong is not.
#[derive(Debug)]
pub struct On<'a> {
    bokamera: &'a BokaMera,
    route: Route,
    which: Which,
}

impl<'a> On<'a> {
    pub(super) fn new(bokamera: &'a BokaMera, route: Route) -> Self {
        Self { bokamera, route, which: Which::From(1) }
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

    /// Any choice. Without one the rule is about all requests from now.
    #[must_use]
    pub fn which(mut self, which: Which) -> Self {
        self.which = which;
        self
    }

    /// What goes wrong.
    pub fn fault(self, fault: Fault) {
        let Self { bokamera, route, which } = self;
        bokamera.state.lock().rules.push(Rule { route, which, fault, count: 0 });
    }

    /// The requests stand still until the gate is released.
    #[must_use = "who waits at the gate waits until it is released"]
    pub fn hold(self) -> Gate {
        let gate = Gate::default();
        self.fault(Fault::Hold(gate.clone()));
        gate
    }
}
