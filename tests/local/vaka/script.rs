//! What goes wrong at the false VAKA Online, and at which requests.

use std::time::Duration;

use uuid::Uuid;

use super::{Route, Vaka};
use crate::proxy::{Gate, Which};

/// One way to go wrong.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, these headers, and a short JSON body.
    Status {
        /// The status code.
        status: u16,
        /// Name and value of each header.
        headers: Vec<(&'static str, String)>,
    },
    /// The connection closes without an answer.
    HangUp,
    /// The connection breaks in the middle of the body.
    ResetMidBody,
    /// The right answer, this many bytes at a time with a pause after each.
    Drip {
        /// Bytes at a time.
        bytes: usize,
        /// The pause after each.
        pause: Duration,
    },
    /// 200 with a page for people.
    Html,
    /// 200 with no body.
    EmptyBody,
    /// 200 with JSON that has no list.
    NoList,
    /// 200, whole as HTTP, but the JSON ends in the middle.
    CutShort,
    /// 200 with a well-formed list of people of at least this many bytes.
    Huge {
        /// Bytes of the body.
        bytes: u64,
    },
    /// 200 with the right list behind a member that is nested this deep.
    Deep {
        /// Levels.
        levels: usize,
    },
    /// The right page, but its continuation token is one and the same for ever.
    SameToken,
    /// An empty page; its continuation token is one that nobody has seen.
    NewToken,
    /// An empty page; its continuation token leads to the page that should have come.
    EmptyPage,
    /// 200 with an empty list and no continuation token.
    EmptyList,
    /// 200 with exactly this text as JSON.
    Body(String),
    /// The right answer, after this time.
    Delay(Duration),
    /// The right answer, as it is when the gate is released.
    Hold(Gate),
}

impl Fault {
    /// An answer with this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: Vec::new() }
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
    device: Option<Uuid>,
    which: Which,
    fault: Fault,
    count: u64,
}

impl Rule {
    pub(super) fn judge(&mut self, route: Route, device: Option<Uuid>) -> Option<Fault> {
        if route != self.route || (self.device.is_some() && self.device != device) {
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
    vaka: &'a Vaka,
    route: Route,
    device: Option<Uuid>,
    which: Which,
}

impl<'a> On<'a> {
    pub(super) fn new(vaka: &'a Vaka, route: Route) -> Self {
        Self { vaka, route, device: None, which: Which::From(1) }
    }

    /// Only requests for this system.
    #[must_use]
    pub fn of(mut self, device: Uuid) -> Self {
        self.device = Some(device);
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

    /// Any choice. Without one the rule is about all requests from now.
    #[must_use]
    pub fn which(mut self, which: Which) -> Self {
        self.which = which;
        self
    }

    /// What goes wrong.
    pub fn fault(self, fault: Fault) {
        let Self { vaka, route, device, which } = self;
        vaka.state.lock().rules.push(Rule { route, device, which, fault, count: 0 });
    }

    /// The requests stand still until the gate is released.
    #[must_use = "who waits at the gate waits until it is released"]
    pub fn hold(self) -> Gate {
        let gate = Gate::default();
        self.fault(Fault::Hold(gate.clone()));
        gate
    }
}
